/* bench.h -- what eddy bench of a device and eddy bench --train share. */
#ifndef EDDY_BENCH_H
#define EDDY_BENCH_H

#include "cli.h"

#include <jansson.h>

#define BENCH_LAYERS 64

/* What --cell names. */
struct bench_cell {
    const char *name;
    struct eddy_layer_shape shape;
};

struct bench_options {
    struct options shared;
    const struct bench_cell *cell;
    size_t input, hidden, layers, streams;
    double clock_mhz;
    bool each; /* step in a call of its own */
    bool train;
    size_t batch, threads; /* of the training; threads 0: as many as the machine has processors */
};

/* The stack that the options ask for. */
void bench_shapes(const struct bench_options *options, struct eddy_layer_shape shapes[]);
/* Prints as the options ask and frees json; NULL is refused. */
int bench_print(const struct bench_options *options, json_t *json);

/* bench_train.c */
int bench_train(struct eddy_context *context, const struct bench_options *options);

#endif
