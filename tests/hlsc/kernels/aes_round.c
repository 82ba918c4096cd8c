/* One round of AES in place: SubBytes by sixteen table look-ups, ShiftRows, MixColumns, AddRoundKey. */
#include "hls.h"

static uint8_t sbox[256];

static inline uint8_t twice(uint8_t v)
{
    return (uint8_t)(v << 1 ^ (v & 128 ? 0x1b : 0));
}

static void load(hls_stream_u16 *table)
{
    for (int i = 0; i < 256; i++) {
        HLS_PIPELINE(1);
        sbox[i] = (uint8_t)hls_read(table);
    }
}

void aes_round(hls_stream_u16 *table, const uint8_t key[HLS_SIZE(16)], uint8_t state[HLS_SIZE(16)])
{
    static uint8_t s[16] HLS_REGISTERS;
    load(table);
    for (int i = 0; i < 16; i++) {
        HLS_PIPELINE(1);
        s[i] = sbox[state[(i + (i & 3) * 4) & 15]];
    }
    for (int c = 0; c < 4; c++) {
        HLS_FLATTEN;
        for (int r = 0; r < 4; r++) {
            HLS_PIPELINE(1);
            const uint8_t a = s[c * 4 + r], b = s[c * 4 + ((r + 1) & 3)];
            const uint8_t d = s[c * 4 + ((r + 2) & 3)], e = s[c * 4 + ((r + 3) & 3)];
            state[c * 4 + r] = twice(a) ^ twice(b) ^ b ^ d ^ e ^ key[c * 4 + r];
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < 256; i++)
        rig_send(k, 0, i * 167u + 99u + (i >> 3));
}
#endif
