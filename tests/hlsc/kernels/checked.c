/* Sums, differences and products that are asked whether they fit their type: the builtins of every width, and tests that the
 * optimiser takes for them. */
#include "hls.h"

#define CHECKED(op, type)                                                                          \
    static uint64_t op##_##type(type a, type b)                                                    \
    {                                                                                              \
        type r;                                                                                    \
        const bool over = __builtin_##op##_overflow(a, b, &r);                                     \
        return ((uint64_t)r & 0xffffffffu) * 2 + over;                                             \
    }
#define CHECKED_TYPE(type) CHECKED(add, type) CHECKED(sub, type) CHECKED(mul, type)
CHECKED_TYPE(int8_t)
CHECKED_TYPE(uint8_t)
CHECKED_TYPE(int16_t)
CHECKED_TYPE(uint16_t)
CHECKED_TYPE(int32_t)
CHECKED_TYPE(uint32_t)
CHECKED_TYPE(int64_t)
CHECKED_TYPE(uint64_t)

#define CHECK(type)                                                                                \
    (add_##type((type)a, (type)b) ^ sub_##type((type)a, (type)b) << 8 ^                            \
     mul_##type((type)a, (type)b) << 16)

static uint32_t saturated(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

/* Of a 16-bit sum, also what is left of it. */
static uint32_t clipped(int16_t a, int16_t b)
{
    const int32_t sum = a + b;
    return ((uint32_t)(sum + 32768) > 65535u) << 16 | (uint16_t)sum;
}

/* The sum of a loop is looked at behind it. */
static uint32_t counted(uint32_t a, uint32_t turns)
{
    uint32_t sum = 0;
    bool over = false;
    for (uint32_t i = 0; i < turns; i++)
        over = __builtin_add_overflow(sum, a, &sum);
    return sum << 1 | over;
}

static void check(uint64_t a, uint64_t b, hls_stream_u64 *out)
{
    hls_write(out, CHECK(int8_t) ^ CHECK(uint8_t) << 20);
    hls_write(out, CHECK(int16_t) ^ CHECK(uint16_t) << 20);
    hls_write(out, CHECK(int32_t) ^ CHECK(uint32_t) << 20);
    hls_write(out, CHECK(int64_t));
    hls_write(out, CHECK(uint64_t));
    int32_t narrower;
    const bool over = __builtin_sub_overflow((uint16_t)a, (uint32_t)b, &narrower);
    hls_write(out, (uint32_t)narrower * 2u + over);
    hls_write(out, saturated((uint32_t)a, (uint32_t)b));
    hls_write(out, clipped((int16_t)a, (int16_t)b));
    hls_write(out, counted((uint32_t)a, b & 7));
}

void checked(hls_stream_u64 *in, hls_stream_u64 *out)
{
    for (int i = 0; i < 8; i++) {
        const uint64_t a = hls_read(in);
        check(a, hls_read(in), out);
    }
}

#ifdef RIG
/* At the ends of all types, at their halves and roots, and one beside. */
static uint64_t corner(void)
{
    const uint64_t some = (uint64_t)rig_random() << 32 | rig_random();
    const uint64_t end = (uint64_t)1 << (some & 63);
    switch (some >> 6 & 7) {
    case 0: return end - 1;
    case 1: return -end;
    case 2: return -end - 1;
    case 3: return some >> (some >> 9 & 63);
    case 4: return (uint64_t)((int64_t)some >> (some >> 9 & 63));
    default: return end;
    }
}

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 16; i++)
        rig_send(k, 0, corner());
}
#endif
