#include "hls.h"

static uint16_t a[16][4] HLS_PARTITION(1);

/* A pointer to a bank that is chosen. */
uint16_t f(uint8_t n)
{
    uint16_t *p = n & 1 ? a[1] : a[2];
    return p[n & 3];
}
