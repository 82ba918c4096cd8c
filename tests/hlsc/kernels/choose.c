/* Pointers into one of several arrays: two buffers that change places, one chosen by a condition, one of three. */
#include "hls.h"

enum { N = 16 };

static uint16_t left[N], right[N];
static const uint8_t low[8] = {1, 2, 3, 5, 8, 13, 21, 34}, high[8] = {2, 3, 5, 7, 11, 13, 17, 19},
                     other[8] = {9, 8, 7, 6, 5, 4, 3, 2};

static uint16_t total(const uint16_t *of)
{
    uint16_t sum = 0;
    for (int i = 0; i < N; i++)
        sum = (uint16_t)(sum * 3 + of[i]);
    return sum;
}

uint16_t choose(hls_stream_u16 *in, hls_stream_u16 *out, uint8_t rounds)
{
    uint16_t *now = left, *next = right;
    for (int i = 0; i < N; i++)
        now[i] = hls_read(in);
    for (uint8_t r = 0; r < (rounds & 7); r++) {
        for (int i = 0; i < N; i++) {
            HLS_PIPELINE(4);
            next[i] = (uint16_t)(now[i] + 2 * now[(i + 1) % N] + r);
        }
        uint16_t *const last = now;
        now = next;
        next = last;
        hls_write(out, now[r]);
    }
    const uint8_t *table = rounds & 1 ? low : high;
    if (rounds & 16)
        table = other;
    uint16_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (uint16_t)(table[i + (rounds >> 6)] * (i + 1));
    for (const uint8_t *p = table + 7; p >= table; p -= 2)
        sum ^= (uint16_t)(*p << 3);
    if (now == left)
        sum ^= 0x5555;
    return total(rounds & 32 ? now : next) + sum;
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < N; i++)
        rig_send(k, 0, rig_random());
}
#endif
