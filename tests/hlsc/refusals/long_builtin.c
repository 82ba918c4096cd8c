#include "hls.h"

uint32_t f(uint32_t a)
{
    uint32_t b = (uint32_t)__builtin_clzll(a);
    return b + (__builtin_usubl_overflow(a, b, (void *)&b) ? 1 : 2);
}
