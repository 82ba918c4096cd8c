/* random.h -- the generator of training: xoshiro256** seeded by splitmix64. The same numbers on
 * every machine. */
#ifndef EDDY_RANDOM_H
#define EDDY_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct eddy_random {
    uint64_t s[4];
};

static inline void eddy_random_seed(struct eddy_random *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        random->s[i] = z ^ (z >> 31);
    }
}

static inline uint64_t eddy_random_rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline uint64_t eddy_random_next(struct eddy_random *random)
{
    uint64_t *s = random->s;
    const uint64_t result = eddy_random_rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = eddy_random_rotate(s[3], 45);
    return result;
}

/* [0, 1), 53 bits. */
static inline double eddy_random_uniform(struct eddy_random *random)
{
    return (double)(eddy_random_next(random) >> 11) * 0x1p-53;
}

/* 0 .. n-1, n >= 1, without bias. */
static inline size_t eddy_random_below(struct eddy_random *random, size_t n)
{
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t r;
    do
        r = eddy_random_next(random);
    while (r >= limit);
    return (size_t)(r % n);
}

/* Mean 0, standard deviation 1 (Box-Muller; the second number of the pair is dropped). */
static inline double eddy_random_normal(struct eddy_random *random)
{
    const double radius = sqrt(-2.0 * log(1.0 - eddy_random_uniform(random)));
    return radius * cos(6.283185307179586 * eddy_random_uniform(random));
}

#endif
