#include "hls.h"

uint32_t f(long long a, unsigned long long int b)
{
    return (uint32_t)(a + (int64_t)b + (int64_t)sizeof(unsigned long));
}
