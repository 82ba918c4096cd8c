/* Indices of banks with a constant part, negative or not, beside rows that have one. */
#include "hls.h"

static uint16_t four[8][4] HLS_PARTITION(2);
static uint16_t three[8][3] HLS_PARTITION(2);

uint16_t lanes(uint8_t n, uint16_t m)
{
    n = (n & 3) + 1;
    uint16_t *row = four[n];
    for (uint8_t j = 1; j <= 4; j++) {
        HLS_PIPELINE(1);
        row[j - 1] = (uint16_t)(j * 100 + m);
    }
    uint16_t *fixed = four[6];
    for (uint8_t j = 1; j <= 4; j++) {
        HLS_PIPELINE(1);
        fixed[j - 1] = (uint16_t)(j * 77 ^ m);
    }
    uint16_t *low = three[n - 1];
    for (uint8_t j = 1; j <= 3; j++) {
        HLS_PIPELINE(1);
        low[j - 1] = (uint16_t)(j * 55 + m);
    }
    for (uint8_t j = 1; j <= 4; j++) {
        HLS_PIPELINE(2);
        four[n + 1][j - 1] = m + j;
        four[n + 2][4 - j] = m - j;
    }
    for (uint8_t j = 1; j <= 3; j++) {
        HLS_PIPELINE(2);
        three[n - 1][j - 1] = m - j;
        three[n + 2][j - 1] = m ^ j;
    }
    for (int8_t j = -1; j < 2; j++) {
        HLS_PIPELINE(1);
        three[n][j + 1] = (uint16_t)(m * 5 + j);
    }
    uint16_t *const end = four[n] + 4; /* pointers over the end of a row, and back */
    for (int8_t k = 3; k > 0; k--) {
        HLS_PIPELINE(1);
        end[-k] = (uint16_t)(m ^ k);
    }
    for (uint8_t k = 7; k < 10; k++) {
        HLS_PIPELINE(4);
        low[k - 7] = m * k;
        low[(2 * k - 14) >> (k > 8)] = m + k;
    }
    uint16_t sum = 0;
    for (uint8_t i = 0; i < 8; i++) {
        HLS_PIPELINE(2);
        sum = (uint16_t)(sum * 3 + four[i][0] + four[i][1] * 5 + four[i][2] * 7 + (four[i][3] ^ i));
        sum ^= (uint16_t)(three[i][0] + three[i][1] * 9 + three[i][2] * 11);
    }
    return sum;
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
