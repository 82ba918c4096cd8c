#include "hls.h"

#define LIMIT 0xca62c1d6L

uint32_t f(int32_t a, int64_t b)
{
    return (uint32_t)(b + 5LL + 0x7ffffffffffull) + (a < LIMIT);
}
