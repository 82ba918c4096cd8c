/* Operations that compilers find by themselves: saturation, rotation, bytes and bits turned round, bits counted. */
#include "hls.h"

static int32_t clamp32(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

void bits(uint64_t a, uint64_t b, uint32_t c, int8_t d, hls_stream_u64 *out)
{
    hls_write(out, (uint64_t)__builtin_popcountll(a) | (uint64_t)__builtin_popcount(c) << 32);
    hls_write(out, (uint64_t)__builtin_clzll(a | 1) | (uint64_t)__builtin_ctzll(b | 1ull << 40) << 32);
    hls_write(out, (uint64_t)(c >> 9 ? __builtin_clz(c >> 9) : 32) | (uint64_t)(c ? __builtin_ctz(c) : 99) << 32);
    hls_write(out, __builtin_bswap64(a) ^ __builtin_bswap32(c) ^ __builtin_bswap16((uint16_t)b));
    hls_write(out, (a << (b & 63) | a >> (-b & 63)) + (c >> (b & 31) | c << (-b & 31)));
    hls_write(out, (uint64_t)clamp32((int64_t)(int32_t)a + (int32_t)c) ^ (uint64_t)clamp32((int64_t)(int32_t)b - (int32_t)c));
    hls_write(out, (uint64_t)(a > b ? a - b : 0) + (c > UINT32_MAX - (uint32_t)a ? UINT32_MAX : c + (uint32_t)a));
    hls_write(out, (uint64_t)(int64_t)(d < 0 ? -d : d) ^ (a < b ? a : b) ^ ((int64_t)a > (int64_t)b ? a : b));
    hls_write(out, (uint64_t)__builtin_parityll(a) + (uint64_t)__builtin_ffs((int)c));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
    rig_set(k, 2, rig_random() >> rig_below(32));
}
#endif
