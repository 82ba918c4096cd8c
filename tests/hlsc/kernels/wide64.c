/* Arithmetic of 64 bits: modular powers, greatest common divisor by remainders, square root by Newton, population counts. */
#include "hls.h"

static uint64_t product_modulo(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t r = 0;
    while (b) {
        if (b & 1)
            r = r >= m - a ? r - (m - a) : r + a;
        a = a >= m - a ? a - (m - a) : a + a;
        b >>= 1;
    }
    return r;
}

static uint64_t power_modulo(uint64_t x, uint16_t e, uint64_t m)
{
    uint64_t r = 1 % m;
    x %= m;
    for (; e; e >>= 1) {
        if (e & 1)
            r = product_modulo(r, x, m);
        x = product_modulo(x, x, m);
    }
    return r;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static uint32_t root(uint64_t v)
{
    uint64_t x = v, y = (x + 1) / 2;
    if (v < 2)
        return (uint32_t)v;
    do {
        x = y;
        y = (x + v / x) / 2;
    } while (y < x);
    return (uint32_t)x;
}

uint64_t wide64(uint64_t a, uint64_t b, int64_t c, hls_stream_u64 *out)
{
    hls_write(out, power_modulo(a, (uint16_t)b, (b >> 1) | 1));
    hls_write(out, divisor(a, b));
    hls_write(out, root(a));
    hls_write(out, (uint64_t)__builtin_popcountll(a) + (uint64_t)__builtin_clzll(b | 1));
    hls_write(out, (uint64_t)(c / 1000003 + c % 97));
    hls_write(out, a / 10 + a % 10);
    return (uint64_t)(c < 0 ? -(c + 1) : c) * a;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
