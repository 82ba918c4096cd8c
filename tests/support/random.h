/* random.h -- random numbers for tests. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

/* xorshift64*: small, seeded, the same everywhere. */
struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);
/* Uniform in [low, high]. */
int random_between(struct random *random, int low, int high);

#endif
