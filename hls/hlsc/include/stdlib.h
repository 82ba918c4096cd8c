/* stdlib.h -- for hlsc, what it can compile of the C library's. */
#ifndef HLSC_STDLIB_H
#define HLSC_STDLIB_H

#include <stddef.h>

static inline int abs(int value)
{
    return value < 0 ? -value : value;
}

#endif
