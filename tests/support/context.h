/* context.h -- the context of a group of tests: opened by its setup, closed by its teardown. */
#ifndef TESTS_CONTEXT_H
#define TESTS_CONTEXT_H

#include <eddy/eddy.h>

static struct eddy_context *context;

static int open_context(void **state)
{
    (void)state;
    return eddy_context_open(&context);
}

static int close_context(void **state)
{
    (void)state;
    eddy_context_close(context);
    return 0;
}

#endif
