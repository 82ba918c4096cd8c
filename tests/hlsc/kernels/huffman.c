/* Canonical Huffman decoding, a bit at a time: code lengths first, then the text until the end symbol. */
#include "hls.h"

static uint8_t length[64];
static uint16_t count[16], first[16], offset[16];
static uint8_t symbol[64];

static void build(hls_stream_u16 *in)
{
    for (int i = 0; i < 16; i++)
        count[i] = 0;
    for (int i = 0; i < 64; i++) {
        length[i] = hls_read(in) & 15;
        count[length[i]]++;
    }
    count[0] = 0;
    uint16_t code = 0, total = 0;
    for (int l = 1; l < 16; l++) {
        code = (uint16_t)((code + count[l - 1]) << 1);
        first[l] = code;
        offset[l] = total;
        total += count[l];
    }
    uint16_t next[16];
    for (int l = 0; l < 16; l++)
        next[l] = offset[l];
    for (int i = 0; i < 64; i++)
        if (length[i])
            symbol[next[length[i]]++ & 63] = (uint8_t)i;
}

void huffman(hls_stream_u16 *in, hls_stream_u16 *out)
{
    build(in);
    uint16_t word = 0, code = 0;
    int left = 0, l = 0;
    for (uint16_t bits = hls_read(in); bits != 0; bits--) {
        HLS_PIPELINE(3);
        if (left == 0) {
            word = hls_read(in);
            left = 16;
        }
        code = (uint16_t)(code << 1 | word >> 15);
        word <<= 1;
        left--;
        l++;
        const uint16_t at = (uint16_t)(code - first[l & 15]);
        if (at < count[l & 15] || l == 15) {
            hls_write(out, symbol[(offset[l & 15] + at) & 63]);
            code = 0;
            l = 0;
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 64; i++)
        rig_send(k, 0, i < 8 ? 4 : i < 16 ? 5 : 8);
    rig_send(k, 0, 640);
    for (int i = 0; i < 40; i++)
        rig_send(k, 0, rig_random());
}
#endif
