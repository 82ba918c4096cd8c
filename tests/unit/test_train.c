/* test_train.c -- training through the public functions: it learns, it repeats itself, it refuses;
 * baselines. */
#include "../support/context.h"
#include "lib/file.h"
#include "train/baseline.h"
#include "train/optimise.h"
#include "train/real.h"
#include "train/rounding.h"
#include "train/train.h"
#include "train/weights.h"

#include <jansson.h>
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct eddy_layer_shape rnn_16_dense_1[] = {
    {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 16}, {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
static const struct eddy_layer_shape rnn_16_dense_2[] = {
    {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 16}, {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};

/* A table of random bits; what to learn is in its last column. */
#define BIT_ROWS 4000
static float bit_values[BIT_ROWS * 2];

static const struct eddy_table *bits(bool is_parity)
{
    static const struct eddy_table table = {BIT_ROWS, 2, bit_values};
    uint32_t random = 1;
    for (size_t t = 0; t < BIT_ROWS; t++) {
        random = random * 1664525 + 1013904223;
        bit_values[2 * t] = (float)(random >> 31);
        const int two = t >= 2 ? (int)bit_values[2 * t - 4] : 0;
        const int three = t >= 3 ? (int)bit_values[2 * t - 6] : 0;
        bit_values[2 * t + 1] = (float)(is_parity ? two ^ three : three);
    }
    return &table;
}

static struct eddy_dataset *open_dataset(const struct eddy_table *table, enum eddy_task task)
{
    static const size_t input = 0, target = 1;
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.task = task;
    options.residual = task == EDDY_TASK_NEXT;
    if (task == EDDY_TASK_COLUMNS) {
        options.input_columns = &input;
        options.target_columns = &target;
        options.n_inputs = options.n_targets = 1;
    }
    if (eddy_dataset_create(context, table, &options, &dataset))
        fail_msg("%s", eddy_last_error(context));
    return dataset;
}

static struct eddy_train_options toy_options(void)
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

/* The target is the input of three steps ago: without the gradient through time a network gets
 * stuck far above. */
static void expect_remembers(const struct eddy_layer_shape *shapes)
{
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    const struct eddy_train_options options = toy_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    /* From the first row on: a stream that starts later does not know its first three targets. */
    const struct eddy_range all = {0, dataset->n_samples};
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, all, &evaluation), 0);
    assert_int_equal(evaluation.samples, BIT_ROWS);
    if (!(evaluation.rmse < 0.02)) /* a guess of 1/2 has 0.5 */
        fail_msg("rmse %g", evaluation.rmse);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_learns_to_remember(void **state)
{
    (void)state;
    static const struct eddy_layer_shape dense = {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1};
    const struct eddy_layer_shape gru[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 16}, dense};
    const struct eddy_layer_shape lstm[] = {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 16}, dense};
    expect_remembers(rnn_16_dense_1);
    expect_remembers(gru);
    expect_remembers(lstm);
}

/* Exclusive or of two past inputs: needs memory and a non-linear layer. */
static void test_learns_classes(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_dataset(bits(true), EDDY_TASK_CLASS);
    struct eddy_train_options options = toy_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.batches = 1200;
    assert_int_equal(eddy_train(context, dataset, 2, rnn_16_dense_2, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    if (!(evaluation.accuracy > 0.99 && evaluation.cross_entropy < 0.05))
        fail_msg("accuracy %g, cross entropy %g", evaluation.accuracy, evaluation.cross_entropy);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static bool same_weights(const struct eddy_model *a, const struct eddy_model *b)
{
    for (size_t i = 0; i < a->n_layers; i++) {
        const struct eddy_layer *const p = &a->layers[i], *const q = &b->layers[i];
        const size_t rows = eddy_cell_gates(p->cell) * p->n_out;
        if (memcmp(p->w, q->w, rows * p->n_in * sizeof(float)) != 0 ||
            memcmp(p->b, q->b, rows * sizeof(float)) != 0 ||
            (p->r && memcmp(p->r, q->r, rows * p->n_hidden * sizeof(float)) != 0))
            return false;
    }
    return true;
}

static void test_a_seed_repeats_bit_for_bit(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *models[3];
    options.batches = 50;
    for (size_t i = 0; i < 3; i++) {
        options.seed = i < 2 ? 5 : 6;
        assert_int_equal(eddy_train(context, dataset, 2, rnn_16_dense_1, &options, &models[i]), 0);
    }
    assert_true(same_weights(models[0], models[1]));
    assert_false(same_weights(models[0], models[2]));
    for (size_t i = 0; i < 3; i++)
        eddy_model_free(models[i]);
    eddy_dataset_free(dataset);
}

struct losses {
    double of[50];
};

static int note_loss(void *arg, const struct eddy_train_progress *progress)
{
    ((struct losses *)arg)->of[progress->batch - 1] = progress->loss;
    return 0;
}

/* The same sequences, shared unevenly: the losses differ by the order of sums alone. */
static void test_threads_share_a_batch(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 3, 3};
    const enum eddy_task tasks[] = {EDDY_TASK_COLUMNS, EDDY_TASK_CLASS};
    for (size_t k = 0; k < 2; k++) {
        struct eddy_dataset *const dataset = open_dataset(bits(false), tasks[k]);
        struct eddy_train_options options = toy_options();
        struct eddy_model *models[3];
        struct losses losses[3];
        options.loss = k ? EDDY_LOSS_CROSS_ENTROPY : EDDY_LOSS_MSE;
        options.batches = 50;
        options.batch = 8;
        options.progress = note_loss;
        for (size_t i = 0; i < 3; i++) {
            options.threads = threads[i];
            options.progress_arg = &losses[i];
            assert_int_equal(eddy_train(context, dataset, 2, k ? rnn_16_dense_2 : rnn_16_dense_1,
                                        &options, &models[i]),
                             0);
        }
        assert_true(same_weights(models[1], models[2]));
        assert_false(same_weights(models[0], models[1]));
        for (size_t b = 0; b < 50; b++)
            if (!(fabs(losses[0].of[b] / losses[1].of[b] - 1) < 1e-3))
                fail_msg("batch %zu: loss %g, with 3 threads %g", b + 1, losses[0].of[b],
                         losses[1].of[b]);
        for (size_t i = 0; i < 3; i++)
            eddy_model_free(models[i]);
        eddy_dataset_free(dataset);
    }
}

static int keep_loss(void *arg, const struct eddy_train_progress *progress)
{
    *(double *)arg = progress->loss;
    return 0;
}

/* The target is the input of three steps ago, and a sequence has four steps: only a carried state
 * can know the first three. A guess has the loss 1, one step in four known 0.75. */
static void test_carried_states_remember(void **state)
{
    (void)state;
    const struct eddy_layer_shape gru[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 16},
                                           {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    double loss[2];
    options.steps = 4;
    options.warmup_steps = 0;
    options.threads = 2;
    options.progress = keep_loss;
    for (size_t carry = 0; carry < 2; carry++) {
        struct eddy_model *model;
        options.carry = carry;
        options.progress_arg = &loss[carry];
        assert_int_equal(eddy_train(context, dataset, 2, gru, &options, &model), 0);
        eddy_model_free(model);
    }
    if (!(loss[0] > 0.5 && loss[1] < 0.1))
        fail_msg("loss %g, with carried states %g", loss[0], loss[1]);
    eddy_dataset_free(dataset);
}

/* ---- sequences ---- */

/* Ragged sequences of 2 to 9 random tokens 0 or 1 (number, token, class); the class is the first
 * token; where `harder`, 2 * first + last. */
#define RAGGED_SEQUENCES 300
static float ragged_values[RAGGED_SEQUENCES * 9 * 3];

static const struct eddy_table *ragged(bool harder)
{
    static struct eddy_table table = {0, 3, ragged_values};
    uint32_t random = 1;
    table.n_rows = 0;
    for (size_t s = 0; s < RAGGED_SEQUENCES; s++) {
        random = random * 1664525 + 1013904223;
        const size_t rows = 2 + (random >> 29), first = table.n_rows;
        for (size_t t = 0; t < rows; t++) {
            float *const row = ragged_values + 3 * table.n_rows++;
            random = random * 1664525 + 1013904223;
            row[0] = (float)s;
            row[1] = (float)(random >> 31);
        }
        const float *const begin = ragged_values + 3 * first, *const end = begin + 3 * (rows - 1);
        for (size_t t = 0; t < rows; t++)
            ragged_values[3 * (first + t) + 2] = harder ? 2 * begin[1] + end[1] : begin[1];
    }
    return &table;
}

static struct eddy_dataset *open_ragged(bool harder, bool tokens)
{
    static const size_t number = 0;
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_CLASS;
    options.sequence_column = &number;
    options.tokens = tokens;
    if (eddy_dataset_create(context, ragged(harder), &options, &dataset))
        fail_msg("%s", eddy_last_error(context));
    return dataset;
}

static struct eddy_train_options ragged_options(void)
{
    struct eddy_train_options options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.steps = options.warmup_steps = 0;
    options.batches = 300;
    options.threads = 2;
    return options;
}

#define DENSE(n)                                                                                   \
    {                                                                                              \
        EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, n                                                   \
    }
static const struct eddy_layer_shape last_of_gru[] = {
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 12, .last_only = true}, DENSE(2)};
static const struct eddy_layer_shape last_of_both[] = {
    {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 3},
    {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 6, EDDY_DIRECTION_BIDIRECTIONAL},
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 6, EDDY_DIRECTION_REVERSE, .last_only = true},
    DENSE(4)};

/* How many of the test sequences end with the largest output for their class, compiled and run on
 * cpu:. */
static size_t right_on_device(const struct eddy_dataset *dataset, const struct eddy_model *model)
{
    struct eddy_compile_options options = {.struct_size = sizeof options};
    struct eddy_program *program;
    struct eddy_device *device;
    struct eddy_stream *stream;
    struct eddy_range s = {0};
    float y[9 * 4];
    size_t right = 0, n_out;
    if (eddy_program_compile(context, model, &options, &program))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(eddy_device_open(context, "cpu:", &device), 0);
    assert_int_equal(eddy_device_load(device, program), 0);
    assert_int_equal(eddy_stream_open(device, &stream), 0);
    while ((s = eddy_dataset_stretch(dataset, dataset->test, s.first + s.count)).count) {
        assert_int_equal(eddy_stream_reset(stream), 0);
        assert_int_equal(eddy_stream_sequence(stream, s.count, dataset->raw + s.first, y, &n_out),
                         0);
        const float *const last = y + (n_out - 1) * dataset->n_outputs;
        const float label = last[dataset->labels[s.first + s.count - 1]];
        size_t larger = 0;
        for (size_t k = 0; k < dataset->n_outputs; k++)
            larger += last[k] > label;
        right += larger == 0;
    }
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    return right;
}

static void expect_classifies(const struct eddy_dataset *dataset, size_t n_layers,
                              const struct eddy_layer_shape *shapes, size_t samples)
{
    const struct eddy_train_options options = ragged_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    if (eddy_train(context, dataset, n_layers, shapes, &options, &model))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    assert_int_equal(evaluation.samples, samples);
    if (!(evaluation.accuracy > 0.99))
        fail_msg("accuracy %g", evaluation.accuracy);
    assert_true(right_on_device(dataset, model) >= 59); /* of 60 sequences */
    eddy_model_free(model);
}

static void test_learns_classes_of_ragged_sequences(void **state)
{
    (void)state;
    static const struct eddy_layer_shape every[] = {
        {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 8, EDDY_DIRECTION_BIDIRECTIONAL}, DENSE(2)};
    struct eddy_dataset *dataset = open_ragged(false, false);
    expect_classifies(dataset, 2, last_of_gru, 60); /* a fifth of the sequences */
    expect_classifies(dataset, 2, every, dataset->test.count);
    eddy_dataset_free(dataset);
    dataset = open_ragged(true, true);
    assert_int_equal(dataset->n_tokens, 2);
    expect_classifies(dataset, 4, last_of_both, 60);
    eddy_dataset_free(dataset);
}

/* Each sequence once in an epoch: a gradient with all of them is the same in whatever order. */
static void test_an_epoch_sees_each_sequence_once(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_ragged(false, false);
    struct eddy_train_options options = ragged_options();
    struct losses losses[2];
    options.batches = 3;
    options.batch = 240; /* all that train */
    options.progress = note_loss;
    options.learning_rate = 1e-9;
    options.final_learning_rate = 0;
    for (size_t i = 0; i < 2; i++) {
        struct eddy_model *model;
        options.progress_arg = &losses[i];
        assert_int_equal(eddy_train(context, dataset, 2, last_of_gru, &options, &model), 0);
        eddy_model_free(model);
    }
    for (size_t b = 0; b < 3; b++) {
        assert_true(losses[0].of[b] == losses[1].of[b]);
        assert_true(fabs(losses[0].of[b] / losses[0].of[0] - 1) < 1e-5);
    }
    assert_true(losses[0].of[1] != losses[0].of[0]); /* shuffled anew: summed in another order */
    eddy_dataset_free(dataset);
}

static void test_learns_the_next_token(void **state)
{
    (void)state;
    static const float tokens[] = {2, 0, 1, 2, 0, 3}; /* after 2 0 comes 1 or 3, by turns */
    static const struct eddy_layer_shape shapes[] = {{EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 4},
                                                     {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 16},
                                                     DENSE(4)};
    float values[600];
    const struct eddy_table table = {600, 1, values};
    struct eddy_dataset_options chosen;
    struct eddy_dataset *dataset;
    struct eddy_train_options options = toy_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    for (size_t i = 0; i < 600; i++)
        values[i] = tokens[i % 6];
    eddy_dataset_options_init(&chosen);
    chosen.task = EDDY_TASK_NEXT_TOKEN;
    chosen.tokens = true;
    assert_int_equal(eddy_dataset_create(context, &table, &chosen, &dataset), 0);
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.batches = 200;
    assert_int_equal(eddy_train(context, dataset, 3, shapes, &options, &model), 0);
    assert_int_equal(eddy_model_tokens(model), 4);
    const struct eddy_range all = {0, dataset->n_samples};
    assert_int_equal(eddy_evaluate(context, model, dataset, all, &evaluation), 0);
    if (!(evaluation.accuracy > 0.99))
        fail_msg("accuracy %g", evaluation.accuracy);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void expect_dataset_error(const struct eddy_table *table,
                                 const struct eddy_dataset_options *options, int error,
                                 const char *message)
{
    struct eddy_dataset *dataset;
    assert_int_equal(eddy_dataset_create(context, table, options, &dataset), error);
    assert_string_equal(eddy_last_error(context), message);
}

static void expect_train_error(const struct eddy_dataset *dataset, size_t n_layers,
                               const struct eddy_train_options *options, int error,
                               const char *message)
{
    struct eddy_model *model;
    assert_int_equal(eddy_train(context, dataset, n_layers, rnn_16_dense_2, options, &model),
                     error);
    assert_string_equal(eddy_last_error(context), message);
}

/* ---- encoder and decoder ---- */

/* Sequences (number, side, token): 2 to 4 tokens from 2 to 4, and as the answer 0, the same tokens
 * backwards, 1. */
#define PAIRS 400
static float pair_values[PAIRS * 10 * 3];

static const struct eddy_table *pairs(void)
{
    static struct eddy_table table = {0, 3, pair_values};
    uint32_t random = 1;
    table.n_rows = 0;
    for (size_t s = 0; s < PAIRS; s++) {
        float tokens[10] = {0};
        random = random * 1664525 + 1013904223;
        const size_t n = 2 + (random >> 16) % 3;
        for (size_t t = 0; t < n; t++) {
            random = random * 1664525 + 1013904223;
            tokens[t] = tokens[2 * n - t] = (float)(2 + (random >> 16) % 3);
        }
        tokens[2 * n + 1] = 1;
        for (size_t t = 0; t < 2 * n + 2; t++) {
            float *const row = pair_values + 3 * table.n_rows++;
            row[0] = (float)s;
            row[1] = t >= n;
            row[2] = tokens[t];
        }
    }
    return &table;
}

static struct eddy_dataset *open_pairs(void)
{
    static const size_t number = 0, side = 1;
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_TRANSLATE;
    options.sequence_column = &number;
    options.side_column = &side;
    options.tokens = true;
    if (eddy_dataset_create(context, pairs(), &options, &dataset))
        fail_msg("%s", eddy_last_error(context));
    return dataset;
}

static void test_dataset_finds_answers(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_pairs();
    size_t answers = 0;
    struct eddy_range s = {0};
    const struct eddy_range all = {0, dataset->n_samples};
    assert_int_equal(dataset->n_tokens, 5);
    assert_int_equal(dataset->n_sequences, PAIRS);
    while ((s = eddy_dataset_stretch(dataset, all, s.first + s.count)).count) {
        const struct eddy_range answer = eddy_dataset_answer(dataset, s);
        assert_int_equal(answer.count, s.count + 1);
        assert_true(dataset->raw[answer.first] == 0);
        for (size_t t = 0; t < s.count; t++)
            assert_true(dataset->raw[s.first + t] ==
                        (float)dataset->labels[answer.first + s.count - 1 - t]);
        assert_int_equal(dataset->labels[answer.first + s.count], 1);
        answers++;
    }
    assert_int_equal(answers, PAIRS);
    eddy_dataset_free(dataset);
}

static void test_learns_to_answer_backwards(void **state)
{
    (void)state;
    static const struct eddy_layer_shape shapes[] = {{EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 6},
                                                     {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 24},
                                                     {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 6},
                                                     {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 24},
                                                     DENSE(5)};
    struct eddy_dataset *const dataset = open_pairs();
    struct eddy_train_options options = ragged_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *encoder, *decoder;
    options.batches = 500;
    if (eddy_train_pair(context, dataset, 2, 5, shapes, &options, &encoder, &decoder))
        fail_msg("%s", eddy_last_error(context));
    if (eddy_evaluate_pair(context, encoder, decoder, dataset, dataset->test, &evaluation))
        fail_msg("%s", eddy_last_error(context));
    if (!(evaluation.accuracy > 0.95 && evaluation.cross_entropy < 0.1))
        fail_msg("whole answers %g, cross entropy %g", evaluation.accuracy,
                 evaluation.cross_entropy);
    assert_int_equal(
        eddy_evaluate_pair(context, decoder, encoder, dataset, dataset->test, &evaluation),
        EDDY_ERROR_SHAPE);
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "the task \"translate\", and no other, needs an encoder and a decoder");
    eddy_model_free(encoder);
    eddy_model_free(decoder);
    eddy_dataset_free(dataset);
}

/* One vector, whose largest element is the k-th of three, to the tokens 2 + k, 2 + (k + 1) % 3 and 1. */
static void test_learns_to_answer_vectors(void **state)
{
    (void)state;
    enum { VECTORS = 300, ROWS = 5, COLUMNS = 5 };
    static const struct eddy_layer_shape shapes[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 12},
                                                     {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 6},
                                                     {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 12},
                                                     DENSE(5)};
    static float values[VECTORS * ROWS * COLUMNS];
    const struct eddy_table table = {VECTORS * ROWS, COLUMNS, values};
    const size_t number = 0, side = 1;
    struct eddy_dataset_options dataset_options;
    struct eddy_dataset *dataset;
    uint32_t random = 1;
    for (size_t s = 0; s < VECTORS; s++) {
        float *const row = values + s * ROWS * COLUMNS;
        random = random * 1664525 + 1013904223;
        const size_t k = (random >> 16) % 3;
        const float answer[ROWS] = {0, 0, (float)(2 + k), (float)(2 + (k + 1) % 3), 1};
        for (size_t t = 0; t < ROWS; t++) {
            row[t * COLUMNS] = (float)s;
            row[t * COLUMNS + 1] = t > 0;
            row[t * COLUMNS + 2] = answer[t];
        }
        for (size_t i = 0; i < 3; i++) {
            random = random * 1664525 + 1013904223;
            row[2 + i] = 100 + (i == k ? 8 : 0) + (float)(random >> 16) / 65536;
        }
    }
    eddy_dataset_options_init(&dataset_options);
    dataset_options.task = EDDY_TASK_TRANSLATE;
    dataset_options.sequence_column = &number;
    dataset_options.side_column = &side;
    expect_dataset_error(
        &table, &dataset_options, EDDY_ERROR_SHAPE,
        "tokens are one column of numbers; the data has 3 input columns: begin the "
        "decoder, which reads the first of them, with an embedding");
    dataset_options.tokens = true;
    if (eddy_dataset_create(context, &table, &dataset_options, &dataset))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(dataset->n_inputs, 3);
    assert_int_equal(dataset->n_tokens, 5);
    struct eddy_train_options options = ragged_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *encoder, *decoder;
    options.batches = 300;
    if (eddy_train_pair(context, dataset, 1, 4, shapes, &options, &encoder, &decoder))
        fail_msg("%s", eddy_last_error(context));
    if (eddy_evaluate_pair(context, encoder, decoder, dataset, dataset->test, &evaluation))
        fail_msg("%s", eddy_last_error(context));
    assert_true(evaluation.accuracy == 1);
    eddy_model_free(encoder);
    eddy_model_free(decoder);
    eddy_dataset_free(dataset);
}

static void test_dataset_refuses_pairs(void **state)
{
    (void)state;
    float values[] = {0, 0, 2, 0, 1, 0, 0, 1, 1, 1, 0, 2, 1, 1, 3};
    const struct eddy_table table = {5, 3, values};
    const size_t number = 0, side = 1;
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_TRANSLATE;
    options.sequence_column = &number;
    expect_dataset_error(&table, &options, EDDY_ERROR_ARGUMENT,
                         "the task \"translate\", and no other, needs a column that numbers the "
                         "sequences and one that says 0 for source and 1 for answer");
    options.side_column = &number;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "column 0 cannot say what is source and what is answer: the data has "
                         "columns 0 to 2, and 0 numbers the sequences");
    options.side_column = &side;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "rows 4 to 5: a sequence needs a source, rows with 0, and then an answer, "
                         "at least two rows with 1");
}

static void test_dataset_finds_sequences(void **state)
{
    (void)state;
    float values[] = {7, 1, 7, 2, 7, 3, 5, 4, 5, 6, 7, 7, 7, 9};
    const struct eddy_table table = {7, 2, values};
    const size_t number = 0, beyond = 2;
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.sequence_column = &number;
    options.train = 0.7;
    assert_int_equal(eddy_dataset_create(context, &table, &options, &dataset), 0);
    assert_int_equal(dataset->n_sequences, 3);
    assert_int_equal(dataset->n_inputs, 1);
    assert_int_equal(dataset->sequences[1].first, 3);
    assert_int_equal(dataset->sequences[1].count, 1); /* its last row is a target only */
    assert_int_equal(dataset->train.count, 4);
    assert_int_equal(dataset->test.first, 5);
    assert_true(dataset->raw[0] == 1 && dataset->target[0] == 2 && dataset->target[5] == 9);
    /* 1, 2 and 4 train: what stands between the sequences counts for nothing */
    assert_true(fabsf(dataset->in_offset[0] / dataset->in_scale[0] + 7.0F / 3) < 1e-5F);
    assert_true(fabsf(dataset->out_offset[0] - 11.0F / 3) < 1e-5F);
    assert_int_equal(eddy_dataset_stretch(dataset, dataset->train, 1).first, 3);
    assert_int_equal(eddy_dataset_stretch(dataset, dataset->train, 4).count, 0);
    eddy_dataset_free(dataset);
    options.sequence_column = &beyond;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "there is no column 2 with the number of the sequence: the data has "
                         "columns 0 to 1");
    options.sequence_column = NULL;
    options.sequence_rows = 2;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "7 rows are no whole number of sequences of 2 rows");
    options.sequence_rows = 1;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "row 1: the sequence has 1 row(s), the task needs 2 at least");
    options.sequence_rows = 0;
    options.tokens = true;
    options.task = EDDY_TASK_NEXT_TOKEN;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "tokens are one column of numbers; the data has 2 input columns");
    values[2] = 0.5F;
    const struct eddy_table column = {7, 1, values};
    expect_dataset_error(&column, &options, EDDY_ERROR_RANGE,
                         "row 3: the token is 0.5: number the tokens 0, 1, 2 ... up to 4095");
}

/* ---- checkpoints ---- */

static int stop_at_23(void *arg, const struct eddy_train_progress *progress)
{
    (void)arg;
    return progress->batch == 23;
}

/* Interrupted in the middle, then resumed: the bits of an undisturbed training. */
static void expect_resumes(const struct eddy_dataset *dataset,
                           const struct eddy_layer_shape *shapes, struct eddy_train_options options,
                           const char *path)
{
    struct eddy_model *models[3];
    options.batches = 50;
    options.threads = 2;
    options.weight_bits = 8;
    options.round_from = options.fixed_point ? 0.2 : 0.5;
    options.dropout = 0.1;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[0]), 0);
    options.checkpoint = path;
    options.progress = stop_at_23;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[1]), 0);
    assert_false(same_weights(models[0], models[1]));
    options.progress = NULL;
    options.resume = true;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[2]), 0);
    assert_true(same_weights(models[0], models[2]));
    for (size_t i = 0; i < 3; i++)
        eddy_model_free(models[i]);
}

static void expect_no_resume(const struct eddy_dataset *dataset, struct eddy_train_options options,
                             int error, const char *message)
{
    char whole[512];
    options.batches = 50;
    options.threads = 2;
    options.weight_bits = 8;
    options.round_from = 0.5;
    options.dropout = 0.1;
    options.resume = true;
    snprintf(whole, sizeof whole, "%s: %s", options.checkpoint, message);
    expect_train_error(dataset, 2, &options, error, whole);
}

static void test_resumes_bit_for_bit(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-checkpoint-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    struct eddy_dataset *const ragged_data = open_ragged(false, false);
    struct eddy_dataset *const recording = open_dataset(bits(true), EDDY_TASK_CLASS);
    struct eddy_train_options options = toy_options();
    expect_resumes(ragged_data, last_of_gru, ragged_options(), path);
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    expect_resumes(recording, rnn_16_dense_2, options, path);
    options.checkpoint = path;
    options.seed++;
    expect_no_resume(recording, options, EDDY_ERROR_ARGUMENT,
                     "the checkpoint is of a training with other data, layers or options: give "
                     "those, or begin anew with another file");
    FILE *const file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 200, SEEK_SET), 0);
    assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
    expect_no_resume(recording, options, EDDY_ERROR_FORMAT,
                     "the checkpoint is damaged: remove it and begin anew");
    assert_int_equal(truncate(path, 20), 0);
    expect_no_resume(recording, options, EDDY_ERROR_FORMAT, "not a checkpoint of a training");
    assert_int_equal(unlink(path), 0);
    eddy_dataset_free(recording);
    eddy_dataset_free(ragged_data);
}

/* What else a checkpoint has to hold: carried states, formats of the device, the best so far. */
static void test_resumes_all_that_there_is(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-checkpoint-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    static const struct eddy_layer_shape lstm[] = {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 9},
                                                   {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};
    struct eddy_dataset_options data_options;
    struct eddy_dataset *recording;
    eddy_dataset_options_init(&data_options);
    data_options.task = EDDY_TASK_CLASS;
    data_options.validation = 0.3;
    assert_int_equal(eddy_dataset_create(context, bits(true), &data_options, &recording), 0);
    struct eddy_train_options options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.carry = true;
    expect_resumes(recording, lstm, options, path);
    options.fixed_point = true;
    expect_resumes(recording, lstm, options, path);
    options.carry = false;
    options.validate_every = 6;
    options.learning_rate = options.final_learning_rate = 0.5; /* too high: an early one is best */
    expect_resumes(recording, lstm, options, path);
    assert_int_equal(unlink(path), 0);
    eddy_dataset_free(recording);
}

static void test_rounded_training_gives_rounded_weights(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_evaluation before, after;
    struct eddy_model *model;
    options.weight_bits = 5;
    options.round_from = 0.5;
    assert_int_equal(eddy_train(context, dataset, 2, rnn_16_dense_1, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &before), 0);
    assert_int_equal(eddy_model_round_weights(context, 5, 1, model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &after), 0);
    assert_true(before.rmse == after.rmse);
    assert_true(before.rmse < 0.1);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_rounding_of_a_block(void **state)
{
    (void)state;
    /* 4 bits hold -7 to 7: the largest weight of the first block is 0.99 = 3.96 / 4 -> multiples of
     * 1/4 would make it 4; 1/4 is the smallest that fits, as 1/8 would need 8. The second block has
     * a scale of its own. */
    float w[] = {0.99F, 0.3F, 0.06F, -0.2F},
          r[] = {-0.55F, 0, 0, 0, 0.07F, 0.11F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    eddy_round_weights(4, 2, 1, 4, 4, w, r);
    assert_true(w[0] == 1 && w[1] == 0.25F && r[0] == -0.5F && r[4] == 0 && r[5] == 0);
    assert_true(w[2] == 0.0625F && w[3] == -0.1875F);
    assert_int_equal(eddy_model_round_weights(context, 1, 8, NULL), EDDY_ERROR_ARGUMENT);
}

static void test_rounding_reaches_every_gate(void **state)
{
    (void)state;
    const struct eddy_layer_shape shape = {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 2};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), 0);
    for (size_t i = 0; i < 6; i++) {
        model->layers[0].w[i] = 1;
        model->layers[0].r[2 * i] = model->layers[0].r[2 * i + 1] = 0.3F;
    }
    assert_int_equal(eddy_model_round_weights(context, 4, 1, model), 0);
    for (size_t i = 0; i < 12; i++)
        assert_true(model->layers[0].r[i] == 0.25F);
    eddy_model_free(model);
}

static void test_tanh_is_accurate(void **state)
{
    (void)state;
    for (int i = -1200000; i <= 1200000; i++) {
        const float x = (float)i * 1e-5F;
        if (!(fabs((double)eddy_tanh(x) - tanh((double)x)) < 4e-7))
            fail_msg("tanh(%g) = %.9g", (double)x, (double)eddy_tanh(x));
    }
    assert_true(isnan(eddy_tanh(NAN)));
    assert_true(fabsf(eddy_tanh(INFINITY) - 1) < 4e-7F && fabsf(eddy_tanh(-INFINITY) + 1) < 4e-7F);
}

struct validations {
    double of[200];
    size_t batches;
};

static int note_validation(void *arg, const struct eddy_train_progress *progress)
{
    struct validations *const v = arg;
    v->of[v->batches++] = progress->validation;
    return 0;
}

/* With a learning rate that ruins it the training ends soon, with the weights that were best. */
static void test_stops_early_with_the_best(void **state)
{
    (void)state;
    static const size_t number = 0;
    struct eddy_dataset_options chosen;
    struct eddy_dataset *dataset;
    struct eddy_train_options options = ragged_options();
    struct validations v = {.batches = 0};
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    eddy_dataset_options_init(&chosen);
    chosen.task = EDDY_TASK_CLASS;
    chosen.sequence_column = &number;
    chosen.validation = 0.2;
    assert_int_equal(eddy_dataset_create(context, ragged(false), &chosen, &dataset), 0);
    options.batches = 200;
    options.learning_rate = 3;
    options.validate_every = 4;
    options.patience = 3;
    options.progress = note_validation;
    options.progress_arg = &v;
    assert_int_equal(eddy_train(context, dataset, 2, last_of_gru, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->validation, &evaluation), 0);
    assert_true(v.batches < 200);
    assert_true(isnan(v.of[0]));
    size_t best = 3;
    for (size_t b = 3; b < v.batches; b += 4)
        best = v.of[b] < v.of[best] ? b : best;
    assert_int_equal(v.batches, best + 1 + 3 * 4);
    assert_true(evaluation.cross_entropy == v.of[best]);
    eddy_model_free(model);
    options.patience = 0;
    eddy_dataset_free(dataset);
    dataset = open_ragged(false, false);
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "validate_every needs a validation part of the data: set validation");
    eddy_dataset_free(dataset);
}

/* Up to 3 in four steps, then down to 1 in six. */
static void test_rates(void **state)
{
    (void)state;
    static const double linear[] = {0.75, 1.5, 2.25, 3, 3 - 2.0 / 6, 3 - 4.0 / 6};
    struct eddy_train_options options = toy_options();
    options.batches = 9;
    options.rise_batches = 3;
    options.learning_rate = 3;
    options.final_learning_rate = 1;
    options.schedule = EDDY_SCHEDULE_LINEAR;
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(eddy_optimise_rate(&options, i) - linear[i]) < 1e-12);
    options.schedule = EDDY_SCHEDULE_COSINE;
    assert_true(fabs(eddy_optimise_rate(&options, 2) - 2.25) < 1e-12);
    assert_true(fabs(eddy_optimise_rate(&options, 6) - 2) < 1e-12); /* half way */
    options.schedule = EDDY_SCHEDULE_CONSTANT;
    assert_true(eddy_optimise_rate(&options, 8) == 3);
}

/* Two steps by hand. */
static void test_momentum(void **state)
{
    (void)state;
    float weight = 1, velocity = 0, unused = 0;
    const float gradient = 0.5F;
    struct eddy_checkpoint at = {
        .params_elems = 1, .weights = &weight, .first_moment = &velocity, .second_moment = &unused};
    struct eddy_train_options options = toy_options();
    options.optimiser = EDDY_OPTIMISER_SGD;
    options.weight_decay = 0.25;
    eddy_optimise_step(&options, &gradient, 0.5, &at);
    assert_true(fabsf(weight - (0.875F - 0.25F)) < 1e-6F);
    eddy_optimise_step(&options, &gradient, 0.5, &at);
    assert_true(fabsf(weight - (0.625F * 0.875F - 0.5F * 0.95F)) < 1e-6F);
    assert_int_equal(at.batch, 2);
}

static void test_learns_by_gradient_descent(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_ragged(false, false);
    struct eddy_train_options options = ragged_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    options.optimiser = EDDY_OPTIMISER_SGD;
    options.learning_rate = 0.2;
    options.rise_batches = 20;
    options.batches = 600;
    assert_int_equal(eddy_train(context, dataset, 2, last_of_gru, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    if (!(evaluation.accuracy > 0.99))
        fail_msg("accuracy %g", evaluation.accuracy);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

/* Bytes in use after each of 30 batches, two epochs. */
struct memory {
    size_t bytes[30];
};

static int note_memory(void *arg, const struct eddy_train_progress *progress)
{
    ((struct memory *)arg)->bytes[progress->batch - 1] = mallinfo2().uordblks;
    return 0;
}

static void test_a_step_allocates_nothing(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_ragged(false, false);
    struct eddy_train_options options = ragged_options();
    struct memory memory;
    struct eddy_model *model;
    options.batches = 30;
    options.weight_bits = 8;
    options.progress = note_memory;
    options.progress_arg = &memory;
    assert_int_equal(eddy_train(context, dataset, 2, last_of_gru, &options, &model), 0);
    for (size_t b = 1; b < 30; b++)
        assert_int_equal(memory.bytes[b], memory.bytes[0]);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_weights_as_safetensors(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-weights-XXXXXX";
    const struct eddy_layer_shape shape = {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 2,
                                           EDDY_DIRECTION_BIDIRECTIONAL,
                                           .linear_before_reset = true};
    struct eddy_model *model;
    uint8_t *bytes;
    size_t size_bytes;
    json_int_t begin, end, d, rows, n;
    assert_int_equal(eddy_model_create(context, 3, 1, &shape, &model), 0);
    model->layers[0].r[23] = 7; /* (2, 6, 2): the last */
    assert_int_equal(close(mkstemp(path)), 0);
    assert_int_equal(eddy_model_write_weights(context, model, path), 0);
    assert_int_equal(file_read(context, path, &bytes, &size_bytes), 0);
    const size_t header_bytes = bytes[0] + 256u * bytes[1];
    json_t *const header = json_loadb((char *)bytes + 8, header_bytes, 0, NULL);
    assert_non_null(header);
    assert_int_equal(json_object_size(header), 8);
    assert_int_equal(json_unpack(header, "{s:{s:[I,I], s:[I,I,I]}}", "layers.0.r", "data_offsets",
                                 &begin, &end, "shape", &d, &rows, &n),
                     0);
    assert_true(end - begin == 96 && d == 2 && rows == 6 && n == 2);
    float last;
    memcpy(&last, bytes + 8 + header_bytes + end - sizeof last, sizeof last);
    assert_true(last == 7);
    assert_int_equal(
        json_unpack(header, "{s:{s:[I,I]}}", "out_offset", "data_offsets", &begin, &end), 0);
    assert_int_equal(8 + header_bytes + (size_t)end, size_bytes);
    json_decref(header);
    free(bytes);
    assert_int_equal(unlink(path), 0);
    eddy_model_free(model);
    assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), 0);
    assert_int_equal(eddy_model_write_weights(context, model, "/nowhere/w"), EDDY_ERROR_IO);
    eddy_model_free(model);
}

static void test_weights_as_numpy_arrays(void **state)
{
    (void)state;
    char folder[] = "/tmp/eddy-weights-XXXXXX", path[64];
    const struct eddy_layer_shape shape = {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 2};
    struct eddy_model *model;
    struct eddy_table table;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/w.npz", folder);
    assert_int_equal(eddy_model_create(context, 3, 1, &shape, &model), 0);
    model->in_scale[2] = 7;
    model->out_offset[0] = -3;
    assert_int_equal(eddy_model_write_weights(context, model, path), 0);
    assert_int_equal(eddy_table_read(context, path, "in_scale", &table), 0);
    assert_int_equal(table.n_rows * table.n_columns, 3);
    assert_true(table.values[0] == 1 && table.values[2] == 7);
    eddy_table_free(&table);
    assert_int_equal(eddy_table_read(context, path, "out_offset", &table), 0);
    assert_true(table.n_rows * table.n_columns == 2 && table.values[0] == -3);
    eddy_table_free(&table);
    eddy_model_free(model);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* One to many: a number at the first step, and then its decay, with nothing to read. */
static void test_learns_a_sequence_from_one_input(void **state)
{
    (void)state;
    enum { SEQUENCES = 150, LENGTH = 8 };
    static float values[SEQUENCES * LENGTH * 3];
    static const struct eddy_table table = {SEQUENCES * LENGTH, 3, values};
    static const size_t number = 0, input = 1, target = 2;
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 12},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_train_options options = toy_options();
    struct eddy_dataset_options chosen;
    struct eddy_dataset *dataset;
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    for (size_t i = 0; i < SEQUENCES * LENGTH; i++) {
        const size_t t = i % LENGTH;
        const float begin = sinf(1.7F * (float)(i / LENGTH));
        values[3 * i] = (float)(i / LENGTH);
        values[3 * i + 1] = t == 0 ? begin : 0;
        values[3 * i + 2] = begin * powf(0.8F, (float)t);
    }
    eddy_dataset_options_init(&chosen);
    chosen.task = EDDY_TASK_COLUMNS;
    chosen.sequence_column = &number;
    chosen.input_columns = &input;
    chosen.target_columns = &target;
    chosen.n_inputs = chosen.n_targets = 1;
    assert_int_equal(eddy_dataset_create(context, &table, &chosen, &dataset), 0);
    options.steps = 0;
    options.warmup_steps = 0;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    if (!(evaluation.rmse < 0.03)) /* the deviation of what it should say is 0.4 */
        fail_msg("rmse %g", evaluation.rmse);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static int stop_after_three(void *arg, const struct eddy_train_progress *progress)
{
    size_t *const calls = arg;
    assert_int_equal(progress->batch, ++*calls);
    assert_true(progress->loss > 0 && progress->gradient_norm > 0);
    return *calls == 3;
}

static void test_progress_can_stop_early(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *model;
    size_t calls = 0;
    options.progress = stop_after_three;
    options.progress_arg = &calls;
    assert_int_equal(eddy_train(context, dataset, 2, rnn_16_dense_1, &options, &model), 0);
    assert_int_equal(calls, 3);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_dataset_splits_and_normalises(void **state)
{
    (void)state;
    float values[] = {1, 2, 4, 7, 11, 16, 22, 29, 37, 46};
    const struct eddy_table table = {10, 1, values};
    struct eddy_dataset *const dataset = open_dataset(&table, EDDY_TASK_NEXT);
    assert_int_equal(dataset->train.count, 7); /* targets stay inside the first 8 rows */
    assert_int_equal(dataset->test.first, 8);
    assert_int_equal(dataset->test.count, 1);
    assert_int_equal(dataset->n_test_rows, 2);
    assert_true(dataset->raw[8] == 37 && dataset->target[8] == 46);
    assert_true(fabsf(dataset->out_offset[0] - 4) < 1e-6F); /* differences 1 to 7 */
    assert_true(fabsf(dataset->out_scale[0] - 2) < 1e-6F);
    assert_true(fabsf(dataset->in_offset[0] / dataset->in_scale[0] + 9) < 1e-5F);
    eddy_dataset_free(dataset);
}

static void test_training_refuses(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    expect_train_error(dataset, 2, &options, EDDY_ERROR_SHAPE,
                       "the last layer has 2 units, the data needs 1 (one for each target)");
    expect_train_error(dataset, 0, &options, EDDY_ERROR_ARGUMENT,
                       "the model needs at least one layer");
    options.warmup_steps = options.steps;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: warmup_steps must be less than steps, or no step carries a loss");
    options = toy_options();
    options.threads = options.batch + 1;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: threads must be from 1 to batch: each needs a sequence");
    options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "the tasks \"class\" and \"next_token\" go with the loss "
                       "\"cross_entropy\", the other tasks with \"mse\"");
    eddy_dataset_free(dataset);
    struct eddy_dataset *const classes = open_dataset(bits(true), EDDY_TASK_CLASS);
    options.steps = 3201;
    expect_train_error(classes, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence has 3201 steps, the training part 3200 samples: lower steps, or "
                       "bring more data");
    eddy_dataset_free(classes);
    struct eddy_dataset *const recording = open_dataset(bits(true), EDDY_TASK_CLASS);
    options.carry = true;
    options.batch = 40;
    options.steps = 81;
    expect_train_error(
        recording, 2, &options, EDDY_ERROR_SHAPE,
        "with carry each of the 40 sequences of a batch has a stretch of its own: of "
        "3200 samples that is less than 81 steps; lower batch or steps");
    options.carry = false;
    options.fixed_point = true;
    expect_train_error(recording, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: fixed_point needs weight_bits");
    options.fixed_point = false;
    eddy_dataset_free(recording);
    struct eddy_dataset *const sequences = open_ragged(false, false);
    options.steps = 3;
    options.warmup_steps = 0;
    expect_train_error(sequences, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence of the data has 9 steps, those of the training have 3: raise "
                       "steps, or set it to 0 for the longest");
    options.steps = 0;
    options.warmup_steps = 2;
    expect_train_error(sequences, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence of the data has 2 steps, and warmup_steps is 2: lower it");
    eddy_dataset_free(sequences);
    struct eddy_dataset *const tokens = open_ragged(false, true);
    expect_train_error(tokens, 2, &options, EDDY_ERROR_ARGUMENT,
                       "an embedding reads tokens, and tokens need one as the first layer");
    eddy_dataset_free(tokens);
}

static void test_a_diverging_training_is_an_error(void **state)
{
    (void)state;
    static const struct eddy_layer_shape linear[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_dataset *const dataset = open_dataset(bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *model;
    options.learning_rate = 1e6;
    options.clip_norm = 0;
    assert_int_equal(eddy_train(context, dataset, 1, linear, &options, &model), EDDY_ERROR_RANGE);
    eddy_dataset_free(dataset);
}

static void test_dataset_refuses_classes(void **state)
{
    (void)state;
    static const struct {
        float labels[5];
        const char *message;
    } cases[] = {
        {{0, 1, 0.5F, 1, 0}, "row 3: the class is 0.5: number the classes 0, 1, 2 ... up to 4095"},
        {{0, -1, 0, 1, 0}, "row 2: the class is -1: number the classes 0, 1, 2 ... up to 4095"},
        {{0, 2, 0, 2, 1},
         "class 1 of 0 to 2 does not occur in the training part (the first 4 rows): shuffle the "
         "data or raise the training fraction"},
    };
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_CLASS;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float values[10] = {0};
        const struct eddy_table table = {5, 2, values};
        for (size_t t = 0; t < 5; t++)
            values[2 * t + 1] = cases[i].labels[t];
        assert_int_equal(eddy_dataset_create(context, &table, &options, &dataset),
                         EDDY_ERROR_RANGE);
        assert_string_equal(eddy_last_error(context), cases[i].message);
    }
}

static void test_baselines_of_known_signals(void **state)
{
    (void)state;
    float values[100];
    const struct eddy_table table = {100, 1, values};
    struct eddy_baselines b;
    for (size_t t = 0; t < 100; t++)
        values[t] = 3 * (float)t;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 1, &b), 0);
    assert_true(fabs(b.persistence - 3) < 1e-9 && b.linear < 1e-9 && b.autoregression < 1e-6);
    for (size_t t = 0; t < 100; t++) /* 1, -1, 1: persistence is off by 2, linear by 4 */
        values[t] = t % 2 ? -1 : 1;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 4, &b), 0);
    assert_true(fabs(b.persistence - 2) < 1e-9 && fabs(b.linear - 4) < 1e-9);
    assert_true(b.autoregression < 1e-5);
    for (size_t t = 0; t < 100; t++)
        values[t] = 0;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 4, &b), 0);
    assert_true(b.persistence == 0 && b.linear == 0 && b.autoregression == 0);
}

static void test_baselines_refuse(void **state)
{
    (void)state;
    struct eddy_baselines b;
    const struct eddy_table two = {BIT_ROWS, 2, bit_values}, one = {70, 1, bit_values};
    assert_int_equal(eddy_baselines_measure(context, &two, 80, 4, &b), EDDY_ERROR_SHAPE);
    assert_int_equal(eddy_baselines_measure(context, &one, 60, 0, &b), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_baselines_measure(context, &one, 60, 32, &b), EDDY_ERROR_SHAPE);
    assert_int_equal(eddy_baselines_measure(context, &one, 69, 32, &b), EDDY_ERROR_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_to_remember),
        cmocka_unit_test(test_learns_classes),
        cmocka_unit_test(test_a_seed_repeats_bit_for_bit),
        cmocka_unit_test(test_threads_share_a_batch),
        cmocka_unit_test(test_carried_states_remember),
        cmocka_unit_test(test_learns_classes_of_ragged_sequences),
        cmocka_unit_test(test_an_epoch_sees_each_sequence_once),
        cmocka_unit_test(test_learns_the_next_token),
        cmocka_unit_test(test_dataset_finds_sequences),
        cmocka_unit_test(test_dataset_finds_answers),
        cmocka_unit_test(test_learns_to_answer_backwards),
        cmocka_unit_test(test_learns_to_answer_vectors),
        cmocka_unit_test(test_dataset_refuses_pairs),
        cmocka_unit_test(test_resumes_bit_for_bit),
        cmocka_unit_test(test_resumes_all_that_there_is),
        cmocka_unit_test(test_rounded_training_gives_rounded_weights),
        cmocka_unit_test(test_rounding_of_a_block),
        cmocka_unit_test(test_rounding_reaches_every_gate),
        cmocka_unit_test(test_tanh_is_accurate),
        cmocka_unit_test(test_stops_early_with_the_best),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_momentum),
        cmocka_unit_test(test_learns_by_gradient_descent),
        cmocka_unit_test(test_a_step_allocates_nothing),
        cmocka_unit_test(test_weights_as_safetensors),
        cmocka_unit_test(test_weights_as_numpy_arrays),
        cmocka_unit_test(test_learns_a_sequence_from_one_input),
        cmocka_unit_test(test_progress_can_stop_early),
        cmocka_unit_test(test_dataset_splits_and_normalises),
        cmocka_unit_test(test_training_refuses),
        cmocka_unit_test(test_a_diverging_training_is_an_error),
        cmocka_unit_test(test_dataset_refuses_classes),
        cmocka_unit_test(test_baselines_of_known_signals),
        cmocka_unit_test(test_baselines_refuse),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
