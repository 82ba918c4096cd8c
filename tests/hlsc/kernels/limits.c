/* Counters whose first value, or limit, is known at run time only: upwards, downwards, past the limit, around the end of their type. */
#include "hls.h"

static uint16_t sums[32];

/* Of a ring: from one place to another, which may be before it. */
static uint32_t around(uint32_t from, uint32_t to)
{
    uint32_t all = 0;
    for (uint8_t i = (uint8_t)(from & 7); i != (to & 15); i++)
        all = all * 3 + i;
    uint32_t k = from & 7, turns = 0;
    do {
        all ^= k * 77;
        k--;
        if (turns++ == 9)
            return all + sums[k & 31];
    } while (k != 2);
    return all;
}

static uint32_t down(uint32_t from, int32_t to, int32_t step)
{
    uint32_t all = 0;
    for (int32_t i = (int32_t)(from & 31); i > (to & 3); i -= 3)
        all = all * 5 + (uint32_t)i;
    for (int32_t i = (int32_t)(from & 31); i >= (to & 3); i--)
        all = all * 5 + (uint32_t)(i - step);
    for (uint32_t i = from & 31; i > (uint32_t)(to & 3) + 1; i -= 2)
        all += all << 2 ^ i;
    int32_t i = to & 3;
    do {
        all = all * 7 + (uint32_t)i;
        i -= 2;
    } while (i > (to & 1));
    return all + (uint32_t)i;
}

static uint64_t up(size_t n, uint16_t limit)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n % 13; i++)
        all = all * 3 + i;
    for (uint16_t i = (uint16_t)(n & 7); i <= limit; i = (uint16_t)(i + 9000))
        all += i;
    uint32_t last = limit & 63u;
    for (uint32_t i = 0; i < last; i += 7) {
        all ^= (uint64_t)i << 20;
        last -= i & 1;
    }
    uint32_t k = limit & 31;
    do {
        all = all * 3 + k;
        k += 3;
    } while (k < ((uint32_t)n & 7));
    return all;
}

void limits(hls_stream_u64 *in, hls_stream_u64 *out)
{
    const uint64_t a = hls_read(in), b = hls_read(in);
    const uint32_t n = (uint32_t)(b >> 32 & 31);
    for (uint32_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        sums[i] = (uint16_t)(a >> i);
    }
    hls_write(out, around((uint32_t)a, (uint32_t)b));
    hls_write(out, down((uint32_t)a, (int32_t)b, (int32_t)n));
    hls_write(out, up(a, (uint16_t)(b & 0x5fff)));
    for (size_t i = n; i-- > 0;)
        hls_write(out, sums[i]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (int i = 0; i < 2; i++)
        rig_send(k, 0, round % 4 ? (uint64_t)rig_random() << 32 | rig_random() : rig_below(4));
}
#endif
