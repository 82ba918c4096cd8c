/* context.h -- inside the library: the context and the one way to report a failure. */
#ifndef EDDY_CONTEXT_H
#define EDDY_CONTEXT_H

#include <eddy/eddy.h>

struct eddy_context {
    char last_error[512];
};

/* Records the detail of a failure (one line: what is wrong, and what to do about it) and returns `error`.
 * `context` may be NULL: the detail is then lost. */
int eddy_fail(struct eddy_context *context, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
