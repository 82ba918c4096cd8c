#include "hls.h"

uint64_t f(uint64_t a)
{
    const long x = -1;
    return (a + (unsigned long)x) >> 4;
}
