/* Numbers of which only inner bits are wanted: sums, differences and products under masks, through banks that a variable
 * chooses; shifts by variables, orders of signed numbers of every size, constants of two bytes and more in each operation. */
#include "hls.h"

static uint64_t bank[8][2] HLS_PARTITION(2);

static uint16_t inner16(uint16_t a, uint16_t b)
{
    return (uint16_t)(((a & 0xff0) + b) & 0xf0f0) ^ (uint16_t)((a - (b & 0x7f8)) & 0x0ff0) ^ (uint16_t)(((a & 0xfe) * b) & 0x3f00);
}

static uint32_t inner32(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xf0f0f000) ^ (((a & 0xffff00) - b) & 0x0f0f0000) ^ ((a * (b | 0x101)) & 0x00ffff00);
}

static uint64_t inner64(uint64_t a, uint64_t b)
{
    return ((a + b) & 0xf0f00f0f00000000) ^ ((a - b) & 0x0f0ff0f0ffff0000) ^ (((a & 0xffffff0000) * b) & 0x00ffff00ff000000);
}

static unsigned orders(int64_t a, int64_t b)
{
    unsigned r = (int8_t)a < (int8_t)b;
    r |= (unsigned)((int16_t)a <= (int16_t)(b >> 3)) << 1;
    r |= (unsigned)((int32_t)a > (int32_t)(b >> 5)) << 2;
    r |= (unsigned)(a >= b) << 3;
    r |= (unsigned)((int8_t)a < -100) << 4;
    r |= (unsigned)((int16_t)b > 300) << 5;
    r |= (unsigned)((int32_t)b <= -70000) << 6;
    r |= (unsigned)(a < 5000000000) << 7;
    r |= (unsigned)((uint16_t)a < (uint16_t)b) << 8;
    return r | (unsigned)((uint32_t)a > 0x12345678) << 9;
}

static uint64_t constants(uint64_t a, uint32_t b)
{
    uint64_t r = (a + 0x1234) ^ (0x123456789 - a) ^ (a - 0x10000) ^ (uint64_t)(uint16_t)(b - 0x200);
    r += (a & 0x1ff0f0f0f0) | (b | 0xabc0de) | (b ^ 0x8000ffff);
    r ^= (uint64_t)(b * 0x1357u) + a * 0x1000001ull;
    r += a == 0x1234 ? 0x4321 : b == 0x100 ? 0x56789 : 0x300;
    r ^= (0x8421u >> (b & 15)) | 0x1020304050607080u << (a & 7) | (uint64_t)((int64_t)0x8765432101234567 >> (b & 63));
    return b > 0x12345 ? r : r ^ 0xffff0000ffff;
}

void masked(uint64_t a, uint64_t b, uint32_t n, hls_stream_u64 *out)
{
    for (uint32_t i = 0; i < 8; i++)
        for (uint32_t k = 0; k < 2; k++)
            bank[i][k] = 0;
    for (uint32_t i = 0; i < 8; i++) {
        const unsigned shift = (n >> i) & 63;
        const uint64_t x = a >> shift | b << (-shift & 63), y = b + (a << shift);
        bank[i][n >> i & 1] = x * 0x10001 + i;
        bank[(i + n) & 7][x & 1] = y - i * 0x300;
        hls_write(out, (uint64_t)inner16((uint16_t)x, (uint16_t)y) | (uint64_t)inner32((uint32_t)x, (uint32_t)y) << 32);
        hls_write(out, inner64(x, y));
        hls_write(out, (uint64_t)orders((int64_t)x, (int64_t)y) | (uint64_t)orders((int64_t)y >> 7, (int64_t)x >> 7) << 16);
        hls_write(out, constants(x, (uint32_t)y));
        hls_write(out, (uint64_t)((int64_t)x >> (y & 63)) ^ (uint64_t)((int32_t)x >> (y & 31)) ^ (uint32_t)x << (x & 31));
        hls_write(out, (uint64_t)((int16_t)x >> (y & 15)) ^ (uint64_t)((uint8_t)y >> (x & 7)) ^ (uint64_t)(uint16_t)((uint16_t)x << (y & 15)));
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 8; i++) {
        sum += (bank[i][0] + bank[i][1]) & 0xfff0ffff0000f000;
        hls_write(out, ((bank[i][0] - sum) & 0x00ffff0000) ^ ((bank[i][1] * n) & 0xff0000));
    }
    hls_write(out, sum);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    if (round < 4)
        rig_set(k, round & 1, round < 2 ? 0xffffffffffffffff : 0x8000000000000000);
    rig_set(k, 2, rig_random() >> rig_below(32));
    if (round >= 4 && round < 7) { /* where an order turns over, by the number itself */
        rig_set(k, 0, 4999999995 + round);
        rig_set(k, 1, 0);
        rig_set(k, 2, 0);
    }
}
#endif
