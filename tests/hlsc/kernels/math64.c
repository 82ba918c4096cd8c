/* 64-bit arithmetic, pipelined and in states, with widths that the compiler must not get wrong. */
#include "hls.h"

static inline int64_t limit(int64_t v, int64_t lo, int64_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static inline uint64_t rotate(uint64_t v, int k)
{
    return v << k | v >> (64 - k);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void math64(hls_stream_u64 *in, hls_stream_u64 *out)
{
    int64_t sum = 0;
    uint64_t hash = 0;
    int8_t small = -5;
    for (uint16_t n = 0; n < 100; n++) {
        HLS_PIPELINE(1);
        const uint64_t a = hls_read(in);
        const int32_t low = (int32_t)a, high = (int32_t)(a >> 32);
        sum = hls_wrap(sum + (int64_t)low * high, 61);
        hash = rotate(hash, 7) ^ a;
        small = (int8_t)(small * 3 + (int8_t)a);
        const unsigned k = a >> 58;
        uint64_t r = (uint64_t)(sum >> k) ^ (hash << (k & 31)) ^ (a >> (63 - k));
        r += (uint64_t)limit((int64_t)a >> 20, -1000000, 999999);
        r ^= (uint64_t)limit((int64_t)a >> 16, -(1ll << 40), (1ll << 40) - 1) << 3;
        r += (a > hash) + ((int64_t)a > (int64_t)hash) * 2u + (low < high) * 4u +
             ((uint32_t)low < (uint32_t)high) * 8u;
        r ^= (uint64_t)(int64_t)small * 0x10001u;
        r += (uint64_t)((int16_t)a / 16) + (uint64_t)((int64_t)a % 1024);
        hls_write(out, r);
    }
    for (int i = 0; i < 20; i++) {
        const uint64_t a = hls_read(in);
        uint64_t x = mix(a);
        if ((int64_t)x < 0)
            x = ~x + 1;
        hls_write(out, x % 4096 + (a < x ? a - x : x - a));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (int i = 0; i < 120; i++) {
        uint64_t v = (uint64_t)rig_random() << 32 ^ rig_random();
        if (round % 3 == 1)
            v = (uint64_t)((int64_t)v >> rig_below(63));
        if (round % 3 == 2 && i % 3 == 0)
            v = rig_below(2) ? ~0ull : 1ull << rig_below(64);
        rig_send(k, 0, v);
    }
}
#endif
