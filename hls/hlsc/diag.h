/* diag.h -- diagnostics. The first error ends the compilation: diag_fail jumps back to the driver.
 */
#ifndef HLSC_DIAG_H
#define HLSC_DIAG_H

#include <setjmp.h>

struct loc {
    const char *file;
    unsigned line, column;
};

struct diag {
    jmp_buf escape;
    const char *source; /* the file named where an error has no place of its own */
};

/* Prints "file:line:col: error: reason" and, if not NULL, a line with the remedy. */
_Noreturn void diag_fail(struct diag *diag, struct loc loc, const char *remedy, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
void diag_warn(struct diag *diag, struct loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
