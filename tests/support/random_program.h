/* random_program.h -- random programs and inputs for tests, and what they should compute. */
#ifndef TESTS_RANDOM_PROGRAM_H
#define TESTS_RANDOM_PROGRAM_H

#include "model/program.h"

#include <stdint.h>

/* xorshift64*: small, seeded, the same everywhere. */
struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);
/* Uniform in [low, high]. */
int random_between(struct random *random, int low, int high);

struct random_limits {
    int layers, rows, columns; /* at most */
    bool extreme;              /* weights and biases mostly at the ends of their range */
    bool emit_all; /* every layer answers, else a random choice that includes the last */
};

/* A program with random geometry, weights, biases and shifts. NULL: out of memory. */
struct eddy_program *random_program(struct random *random, const struct eddy_preset *preset,
                                    const struct random_limits *limits);

/* The arithmetic of hls/packet.h in plain loops, written apart from the HLS C. state (sum of rows), in/out;
 * x (n_steps, inputs), y (n_steps, answered). Returns how many results were clipped. */
size_t reference_run(const struct eddy_program *program, int16_t *state, size_t n_steps,
                     const int16_t *x, int16_t *y);

#endif
