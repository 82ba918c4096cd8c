#include "file.h"

#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
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
    return true;
}

static bool is_still(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* The temporary file, empty, for this process alone: one that was killed may have left it, one that lives is waited
 * for, and has then given it its own name. Negative: errno says why. */
static int open_temporary(const char *temporary)
{
    int fd;
    while ((fd = open(temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) >= 0) {
        while (flock(fd, LOCK_EX) && errno == EINTR)
            ;
        if (is_still(fd, temporary))
            break;
        close(fd);
    }
    if (fd < 0 || ftruncate(fd, 0) == 0)
        return fd;
    const int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static bool replace_file(const char *path, const char *temporary, const void *bytes,
                         size_t size_bytes)
{
    const int fd = open_temporary(temporary);
    if (fd < 0)
        return false;
    const bool written =
        write_all(fd, bytes, size_bytes) && fsync(fd) == 0 && rename(temporary, path) == 0;
    const int reason = errno;
    if (!written)
        unlink(temporary);
    close(fd);
    errno = reason;
    return written;
}

/* A device or a pipe, which no file may replace. */
static bool write_through(const char *path, const void *bytes, size_t size_bytes)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write_all(fd, bytes, size_bytes);
    return fd >= 0 && close(fd) == 0 && written;
}

int file_write(struct eddy_context *context, const char *path, const void *bytes, size_t size_bytes)
{
    struct stat there;
    char *temporary = malloc(strlen(path) + sizeof ".tmp");
    if (!temporary)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    sprintf(temporary, "%s.tmp", path);
    const bool through =
        stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
    const bool written = through ? write_through(path, bytes, size_bytes)
                                 : replace_file(path, temporary, bytes, size_bytes);
    free(temporary);
    return written ? EDDY_OK : fail_io(context, path, "write");
}
