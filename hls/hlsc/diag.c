#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

static void place(const struct diag *diag, struct loc loc, const char *kind)
{
    if (loc.line)
        fprintf(stderr, "%s:%u:%u: %s: ", loc.file, loc.line, loc.column, kind);
    else
        fprintf(stderr, "%s: %s: ", diag->source, kind);
}

void diag_fail(struct diag *diag, struct loc loc, const char *remedy, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    place(diag, loc, "error");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    if (remedy)
        fprintf(stderr, "  remedy: %s\n", remedy);
    longjmp(diag->escape, 1);
}

void diag_warn(struct diag *diag, struct loc loc, const char *format, ...)
{
    va_list args;
    place(diag, loc, "warning");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
