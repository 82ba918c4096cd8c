/* One block of SHA-256; the message schedule runs in a ring of registers. */
#include "hls.h"

static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline uint32_t rotate(uint32_t v, int n)
{
    return v >> n | v << (32 - n);
}

void sha256(const uint32_t block[HLS_SIZE(16)], uint32_t digest[HLS_SIZE(8)])
{
    uint32_t s[8], w[16] = {0};
    HLS_UNROLL
    for (int i = 0; i < 8; i++)
        s[i] = digest[i];
    for (int t = 0; t < 64; t++) {
        HLS_PIPELINE(4);
        const uint32_t a = rotate(w[1], 7) ^ rotate(w[1], 18) ^ w[1] >> 3;
        const uint32_t b = rotate(w[14], 17) ^ rotate(w[14], 19) ^ w[14] >> 10;
        const uint32_t next = t < 16 ? block[t & 15] : w[0] + a + w[9] + b;
        HLS_UNROLL
        for (int i = 0; i < 15; i++)
            w[i] = w[i + 1];
        w[15] = next;
        const uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        const uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[t] + next;
        const uint32_t c = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        const uint32_t t2 = c + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        HLS_UNROLL
        for (int i = 7; i > 0; i--)
            s[i] = s[i - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    HLS_UNROLL
    for (int i = 0; i < 8; i++)
        digest[i] += s[i];
}

#ifdef RIG
#define MOST_CYCLES (64 * 4 + 40)
static void stimulus(struct rig_kernel *rig, unsigned round)
{
    (void)rig;
    (void)round; /* random arrays */
}
#endif
