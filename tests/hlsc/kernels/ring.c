/* Indices that a remainder makes wrap around: a static, the sum of it and a counter, downwards, in longer steps, one that starts
 * too high and is no index below its limit, others that a word or the caller sets. */
#include "hls.h"

enum { N = 10 };

static int16_t line[N];
static uint8_t head;

uint8_t ring(hls_stream_u16 *in, hls_stream_u16 *sums, hls_stream_u32 *out, uint8_t n)
{
    static int down = 3;
    static unsigned far = 200;
    static uint8_t high = 13, set = 2, call = 4, given = 1, wide = 198;
    static int16_t below = -3;
    for (uint8_t k = 0; k < n; k++) {
        HLS_PIPELINE(14);
        const uint16_t word = hls_read(in);
        line[head] = (int16_t)word;
        uint16_t sum = 0;
        HLS_UNROLL
        for (int i = 0; i < N; i++)
            sum += (uint16_t)(line[(head + i) % N] * (i + 1));
        hls_write(sums, sum);
        head = (head + 1) % N;
        hls_write(out, (uint32_t)down << 28 | far << 20 | (uint32_t)high << 12 | (uint32_t)set << 4 |
                           (below & 15));
        down = (down - 1 + 7) % 7;
        far = (far + 13) % 201;
        high = (high + 1) % 12;
        set = word & 64 ? word >> 8 : (set + 3) % 11;
        below = (below + 1) % 5;
    }
    wide = (wide + 1) % 200; /* more than half of the type */
    call = (call + 1) % 6;
    given = (given + 1) % 5;
    if (n & 1)
        given = n;
    return (uint8_t)((call << 5 | given) ^ wide);
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned words = round % 3 * 15 + rig_below(8);
    rig_set(k, 3, words);
    for (unsigned i = 0; i < words; i++)
        rig_send(k, 0, rig_random());
}
#endif
