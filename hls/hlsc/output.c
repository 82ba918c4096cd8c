/* output.c -- files that are there as a whole or not at all: written beside their place, and moved there once all of
 * them are complete. */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_special(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && !S_ISREG(s.st_mode);
}

bool output_is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

void output_remove(const char *path)
{
    if (path && !is_special(path))
        unlink(path);
}

/* Devices and pipes are written in place. */
static FILE *open_beside(struct arena *arena, struct output *o)
{
    if (is_special(o->path))
        return fopen(o->path, "w");
    char *beside = arena_printf(arena, "%s.XXXXXX", o->path);
    int fd = mkstemp(beside);
    if (fd < 0)
        return NULL;
    o->beside = beside;
    const mode_t mask = umask(0);
    umask(mask);
    FILE *f = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
    if (!f)
        close(fd);
    return f;
}

static bool write_beside(struct arena *arena, struct output *o)
{
    FILE *f = open_beside(arena, o);
    if (!f)
        return false;
    bool written = fputs(o->content, f) >= 0;
    return fclose(f) == 0 && written;
}

const char *output_write(struct arena *arena, struct output *outputs, unsigned n)
{
    const char *failed = NULL;
    for (unsigned i = 0; i < n && !failed; i++)
        if (!write_beside(arena, &outputs[i]))
            failed = outputs[i].path;
    for (unsigned i = 0; i < n && !failed; i++)
        if (outputs[i].beside && rename(outputs[i].beside, outputs[i].path) != 0)
            failed = outputs[i].path;
    const int cause = errno;
    for (unsigned i = 0; i < n && failed; i++)
        if (outputs[i].beside)
            unlink(outputs[i].beside);
    errno = cause;
    return failed;
}
