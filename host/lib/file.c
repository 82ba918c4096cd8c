#include "file.h"

#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), n = strlen(ending);
    return length >= n && strcasecmp(path + length - n, ending) == 0;
}

static int fail_io(struct eddy_context *context, const char *path, const char *verb)
{
    return eddy_fail(context, EDDY_ERROR_IO, "cannot %s %s: %s", verb, path, strerror(errno));
}

int file_read_all(struct eddy_context *context, const char *name, file_reader reader, void *source,
                  uint8_t **bytes, size_t *size_bytes)
{
    size_t capacity = 1 << 16, size = 0;
    uint8_t *buffer = malloc(capacity);
    int64_t n = 0;
    while (buffer && (n = reader(source, buffer + size, capacity - size)) > 0) {
        size += (size_t)n;
        if (size < capacity)
            continue;
        capacity *= 2;
        uint8_t *grown = realloc(buffer, capacity);
        if (!grown)
            free(buffer);
        buffer = grown;
    }
    if (!buffer)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", name);
    if (n < 0) {
        free(buffer);
        return EDDY_ERROR_IO;
    }
    *bytes = buffer;
    *size_bytes = size;
    return EDDY_OK;
}

static int64_t read_stream(void *file, void *bytes, size_t n_bytes)
{
    const size_t n = fread(bytes, 1, n_bytes, file);
    return n == 0 && ferror(file) ? -1 : (int64_t)n;
}

int file_read(struct eddy_context *context, const char *path, uint8_t **bytes, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail_io(context, path, "open");
    int error = file_read_all(context, path, read_stream, file, bytes, size_bytes);
    if (error == EDDY_ERROR_IO)
        error = fail_io(context, path, "read");
    fclose(file);
    return error;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size_bytes)
{
    while (size_bytes) {
        const ssize_t n = write(fd, bytes, size_bytes);
        if (n < 0 && errno != EINTR)
            return false;
        bytes += n < 0 ? 0 : n;
        size_bytes -= n < 0 ? 0 : (size_t)n;
    }
    return fsync(fd) == 0;
}

int file_write(struct eddy_context *context, const char *path, const void *bytes, size_t size_bytes)
{
    char *temporary = malloc(strlen(path) + sizeof ".XXXXXX");
    if (!temporary)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    sprintf(temporary, "%s.XXXXXX", path);
    int error = EDDY_OK;
    const int fd = mkstemp(temporary);
    if (fd < 0) {
        error = fail_io(context, path, "write");
        goto out;
    }
    const mode_t mask = umask(0);
    umask(mask);
    bool written = write_all(fd, bytes, size_bytes) && fchmod(fd, 0666 & ~mask) == 0;
    written = close(fd) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        error = fail_io(context, path, "write");
        unlink(temporary);
    }
out:
    free(temporary);
    return error;
}
