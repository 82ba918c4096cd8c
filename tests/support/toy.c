#include "toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct eddy_layer_shape toy_rnn_1[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 16},
                                             {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
const struct eddy_layer_shape toy_rnn_2[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 16},
                                             {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};
const struct eddy_layer_shape toy_last_of_gru[] = {
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 12, .last_only = true},
    {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};

static uint32_t next_random(uint32_t *random)
{
    return *random = *random * 1664525 + 1013904223;
}

static struct eddy_dataset *create(struct eddy_context *context, const struct eddy_table *table,
                                   const struct eddy_dataset_options *options)
{
    struct eddy_dataset *dataset;
    if (eddy_dataset_create(context, table, options, &dataset)) {
        fprintf(stderr, "toy data: %s\n", eddy_last_error(context));
        abort();
    }
    return dataset;
}

const struct eddy_table *toy_bits(bool is_parity)
{
    static float values[TOY_BIT_ROWS * 2];
    static const struct eddy_table table = {TOY_BIT_ROWS, 2, values};
    uint32_t random = 1;
    for (size_t t = 0; t < TOY_BIT_ROWS; t++) {
        values[2 * t] = (float)(next_random(&random) >> 31);
        const int two = t >= 2 ? (int)values[2 * t - 4] : 0;
        const int three = t >= 3 ? (int)values[2 * t - 6] : 0;
        values[2 * t + 1] = (float)(is_parity ? two ^ three : three);
    }
    return &table;
}

struct eddy_dataset *toy_dataset(struct eddy_context *context, const struct eddy_table *table,
                                 enum eddy_task task)
{
    static const size_t input = 0, target = 1;
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = task;
    options.residual = task == EDDY_TASK_NEXT;
    if (task == EDDY_TASK_COLUMNS) {
        options.input_columns = &input;
        options.target_columns = &target;
        options.n_inputs = options.n_targets = 1;
    }
    return create(context, table, &options);
}

struct eddy_train_options toy_options(void)
{
    struct eddy_train_options options;
    eddy_train_options_init(&options);
    options.batches = 800;
    options.batch = 16;
    options.steps = 20;
    options.warmup_steps = 4;
    options.learning_rate = 0.01;
    return options;
}

const struct eddy_table *toy_ragged(bool harder)
{
    enum { SEQUENCES = 300, LONGEST = 9 };
    static float values[SEQUENCES * LONGEST * 3];
    static struct eddy_table table = {0, 3, values};
    uint32_t random = 1;
    table.n_rows = 0;
    for (size_t s = 0; s < SEQUENCES; s++) {
        const size_t rows = 2 + (next_random(&random) >> 29), first = table.n_rows;
        for (size_t t = 0; t < rows; t++) {
            float *const row = values + 3 * table.n_rows++;
            row[0] = (float)s;
            row[1] = (float)(next_random(&random) >> 31);
        }
        const float *const begin = values + 3 * first, *const end = begin + 3 * (rows - 1);
        for (size_t t = 0; t < rows; t++)
            values[3 * (first + t) + 2] = harder ? 2 * begin[1] + end[1] : begin[1];
    }
    return &table;
}

static struct eddy_dataset_options ragged_classes(void)
{
    static const size_t number = 0;
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_CLASS;
    options.sequence_column = &number;
    return options;
}

struct eddy_dataset *toy_ragged_dataset(struct eddy_context *context, bool harder, bool tokens)
{
    struct eddy_dataset_options options = ragged_classes();
    options.tokens = tokens;
    return create(context, toy_ragged(harder), &options);
}

struct eddy_dataset *toy_validated_dataset(struct eddy_context *context)
{
    struct eddy_dataset_options options = ragged_classes();
    options.validation = 0.2;
    return create(context, toy_ragged(false), &options);
}

struct eddy_train_options toy_ragged_options(void)
{
    struct eddy_train_options options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.steps = options.warmup_steps = 0;
    options.batches = 300;
    options.threads = 2;
    return options;
}

const struct eddy_table *toy_pairs(void)
{
    enum { LONGEST = 10 };
    static float values[TOY_PAIRS * LONGEST * 3];
    static struct eddy_table table = {0, 3, values};
    uint32_t random = 1;
    table.n_rows = 0;
    for (size_t s = 0; s < TOY_PAIRS; s++) {
        float tokens[LONGEST] = {0};
        const size_t n = 2 + (next_random(&random) >> 16) % 3;
        for (size_t t = 0; t < n; t++)
            tokens[t] = tokens[2 * n - t] = (float)(2 + (next_random(&random) >> 16) % 3);
        tokens[2 * n + 1] = 1;
        for (size_t t = 0; t < 2 * n + 2; t++) {
            float *const row = values + 3 * table.n_rows++;
            row[0] = (float)s;
            row[1] = t >= n;
            row[2] = tokens[t];
        }
    }
    return &table;
}

struct eddy_dataset *toy_pairs_dataset(struct eddy_context *context)
{
    static const size_t number = 0, side = 1;
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_TRANSLATE;
    options.sequence_column = &number;
    options.side_column = &side;
    options.tokens = true;
    return create(context, toy_pairs(), &options);
}

static bool same(const float *a, const float *b, size_t n)
{
    return a && b ? memcmp(a, b, n * sizeof *a) == 0 : a == b;
}

bool toy_same_weights(const struct eddy_model *a, const struct eddy_model *b)
{
    for (size_t i = 0; i < a->n_layers; i++) {
        const struct eddy_layer *const p = &a->layers[i], *const q = &b->layers[i];
        const size_t units = eddy_layer_directions(p) * p->n_hidden;
        const size_t rows = units * eddy_cell_gates(p->cell);
        if (!same(p->w, q->w, rows * p->n_in) || !same(p->r, q->r, rows * p->n_hidden) ||
            !same(p->b, q->b, rows) || !same(p->rb, q->rb, units) || !same(p->p, q->p, 3 * units))
            return false;
    }
    return true;
}
