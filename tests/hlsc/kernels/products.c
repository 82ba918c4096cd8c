/* Products made of LUTs that take longer than the period: in parts, over several cycles; in a loop and in states. */
/* hlsc: --multipliers 0 --clock-ns 24 */
#include "hls.h"

void products(int16_t factor, hls_stream_u64 *in, hls_stream_u32 *out)
{
    const uint16_t n = (uint16_t)hls_read(in);
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        const uint64_t w = hls_read(in);
        const int16_t a = (int16_t)w, b = (int16_t)(w >> 16);
        const uint16_t c = (uint16_t)(w >> 32), d = (uint16_t)(w >> 48);
        uint32_t sum = (uint32_t)(a * b);
        sum ^= (uint32_t)c * d;
        sum += (uint32_t)(a * (int32_t)d);
        sum ^= (uint32_t)((b >> 9) * (int32_t)c);
        sum += (uint32_t)w * (uint32_t)(w >> 32);
        sum ^= (uint32_t)(a * 12345) ^ (uint32_t)(factor * (int32_t)(d & 7));
        hls_write(out, sum);
    }
    int32_t power = factor;
    for (int i = 0; i < 5; i++) {
        power *= factor;
        hls_write(out, (uint32_t)power);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = round ? rig_below(60) : 5;
    rig_set(k, 0, rig_random());
    rig_send(k, 1, n);
    for (unsigned i = 0; i < n; i++) {
        uint64_t w = (uint64_t)rig_random() << 32 ^ rig_random();
        for (int part = 0; part < 64; part += 16)
            if (rig_below(4) == 0)
                w = (w & ~(0xffffull << part)) | (rig_below(2) ? 0x8000ull : 0x7fffull) << part;
        rig_send(k, 1, rig_below(8) ? w : ~0ull);
    }
}
#endif
