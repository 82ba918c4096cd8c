/* refused.h -- what a call that must fail says. */
#ifndef TESTS_REFUSED_H
#define TESTS_REFUSED_H

#include "context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* actual: what the call returned; message: the detail that it recorded. */
static inline void expect_refused(int actual, int error, const char *message)
{
    assert_int_equal(actual, error);
    assert_string_equal(eddy_last_error(context), message);
}

#endif
