#include "hls.h"

uint64_t f(uint8_t a)
{
    uint_fast8_t narrow = a;
    uint_fast32_t wide = narrow * 70000u;
    return wide * wide;
}
