#include "hls.h"

uint32_t f(uint32_t n)
{
    uint16_t bank[8][2] HLS_PARTITION(2);
    for (uint32_t i = 0; i < 8; i++)
        bank[i][i & 1] = (uint16_t)(n >> i);
    return bank[n & 7][0];
}
