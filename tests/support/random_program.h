/* random_program.h -- random programs and inputs for tests, and what they should compute. */
#ifndef TESTS_RANDOM_PROGRAM_H
#define TESTS_RANDOM_PROGRAM_H

#include "model/program.h"
#include "random.h"

struct random_limits {
    int layers, units, columns; /* at most */
    bool extreme;               /* weights and biases mostly at the ends of their range */
    bool causal;                /* one pass: forward layers, every output */
    bool emit_all; /* every layer answers, else a random choice that includes the last */
};

/* A program with random cells, geometry, formats, weights, biases and shifts. NULL: out of memory. */
struct eddy_program *random_program(struct random *random, const struct eddy_preset *preset,
                                    const struct random_limits *limits);
/* x (n_steps, inputs of the pass): numbers of all sizes, or the ends of their range; tokens of an embedding. */
void random_inputs(struct random *random, const struct eddy_program *program, size_t pass,
                   bool extreme, size_t n_steps, uint16_t *x);

struct clipped {
    uint64_t argument, output, cell;
};

/* The arithmetic of hls/phase.h and host/model/model.h in plain loops, written apart from the HLS C: one pass of a program over
 * n_steps in the order given. state: the pass's h (state_units), then its cells, in/out. x (n_steps, inputs), y
 * (n_steps, answered, without padding). Adds up what was clipped. */
void reference_run(const struct eddy_program *program, size_t pass, int16_t *state, size_t n_steps,
                   const int16_t *x, int16_t *y, struct clipped *clipped);

#endif
