/* table.h -- numbers in files: .csv, .npy and .npz in, .csv and .npy out. */
#ifndef EDDY_TABLE_H
#define EDDY_TABLE_H

#include <eddy/eddy.h>
#include <stdio.h>

/* Rows of samples, columns of channels: values (n_rows, n_columns), row-major, owned by the table. */
struct eddy_table {
    size_t n_rows, n_columns;
    float *values;
};

EDDY_API void
eddy_table_free(struct eddy_table *table); /* frees values, not the struct; zeroes it */

/* Reads .npy (1-D or 2-D, C or Fortran order, f4 f8 i1..i8 u1..u8, either endianness) and .npz (a member:
 * `name`, or the only one when name is NULL), both known by their first bytes; anything else is .csv
 * (comma, semicolon or white space; an optional header line, without any number; '#' comments).
 * Returns 0, EDDY_ERROR_IO, EDDY_ERROR_FORMAT (file, line and column named), EDDY_ERROR_RANGE (NaN or infinity, its
 * place named), EDDY_ERROR_SHAPE (empty, ragged), EDDY_ERROR_ARGUMENT (no such member: the message lists
 * them), EDDY_ERROR_MEMORY. */
EDDY_API int eddy_table_read(struct eddy_context *context, const char *path, const char *name,
                             struct eddy_table *table);
/* Writes .npy (f4) or .csv (%.9g) by ending, atomically. */
EDDY_API int eddy_table_write(struct eddy_context *context, const char *path,
                              const struct eddy_table *table);

/* A CSV stream row by row, for pipes: reads one row of n_columns numbers into row (n_columns); skips a header line, blank lines
 * and '#' comments. `line` counts lines for messages (start at 0). Returns 1 for a row, 0 at the end of the
 * stream, or an error as above; EDDY_ERROR_SHAPE for a wrong column count. */
EDDY_API int eddy_csv_read_row(struct eddy_context *context, FILE *stream, const char *stream_name,
                               size_t *line, size_t n_columns, float *row);

#endif
