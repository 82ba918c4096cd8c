/* Quotients and remainders of variables and of constants, signed and not, in a pipeline and in states. */
#include "hls.h"

void division(hls_stream_u64 *in, hls_stream_u64 *out)
{
    const uint64_t a = hls_read(in), b = hls_read(in);
    if (b != 0) {
        hls_write(out, a / b);
        hls_write(out, a % b);
    }
    if ((uint16_t)b != 0)
        hls_write(out, (uint32_t)((int32_t)a / (int16_t)b) ^ (uint64_t)((int32_t)a % (int16_t)b) << 32);
    for (int i = 0; i < 40; i++) {
        HLS_PIPELINE(1);
        const uint64_t v = hls_read(in);
        const int32_t n = (int32_t)v, d = (int32_t)(v >> 32) | 1;
        const uint32_t un = (uint32_t)n, ud = (uint32_t)d;
        uint64_t r = un / ud;
        r += un % ud;
        if (!(n == INT32_MIN && d == -1))
            r ^= (uint64_t)(int64_t)(n / d) * 3 + (uint64_t)(int64_t)(n % d);
        r ^= (uint64_t)(n / 10) << 20;
        r += un % 1000u + (uint8_t)v / 7 + (uint64_t)(n % -3);
        hls_write(out, r);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 42; i++) {
        uint64_t v = (uint64_t)rig_random() << 32 | rig_random();
        if (rig_below(2))
            v &= 0xffffffff00000000u >> rig_below(32) | 0xffffffffu >> rig_below(32);
        rig_send(k, 0, i < 2 && round % 4 == 1 ? v >> 40 : v);
    }
}
#endif
