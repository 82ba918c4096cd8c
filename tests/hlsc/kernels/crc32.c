/* CRC-32 of bytes, eight unrolled steps for each: a recurrence of one cycle. */
#include "hls.h"

void crc32(hls_stream_u16 *in, hls_stream_u32 *out)
{
    const uint16_t n = hls_read(in);
    uint32_t crc = 0xffffffff;
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        crc ^= hls_read(in) & 255;
        HLS_UNROLL
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    hls_write(out, ~crc);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    static const char check[] = "123456789"; /* its CRC is cbf43926 */
    const unsigned n = round == 0 ? 9 : rig_below(100);
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, round == 0 ? (unsigned char)check[i] : rig_random());
}
#endif
