/* file.h -- whole files, in and out. */
#ifndef EDDY_LIB_FILE_H
#define EDDY_LIB_FILE_H

#include <eddy/eddy.h>

/* Whether a file's name ends so: in ".npy", or ".NPY", say. */
bool file_ends_in(const char *path, const char *ending);

/* Reads a file into memory that the caller frees. EDDY_ERROR_IO, EDDY_ERROR_MEMORY. */
int file_read(struct eddy_context *context, const char *path, uint8_t **bytes, size_t *size_bytes);

/* Up to n_bytes of what `source` has next: how many, 0 at its end, negative for a failure. */
typedef int64_t (*file_reader)(void *source, void *bytes, size_t n_bytes);

/* Reads a source of unknown length to its end, into memory that the caller frees. EDDY_ERROR_MEMORY, or EDDY_ERROR_IO
 * when the reader failed: the caller then knows why, no detail is recorded. `name` is for messages. */
int file_read_all(struct eddy_context *context, const char *name, file_reader reader, void *source,
                  uint8_t **bytes, size_t *size_bytes);

/* Writes a file whole or not at all: into PATH.tmp beside it, synced, then renamed; a device or a pipe is written as it
 * is. EDDY_ERROR_IO. */
int file_write(struct eddy_context *context, const char *path, const void *bytes,
               size_t size_bytes);

#endif
