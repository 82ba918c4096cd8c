/* test_sequences.c -- learning from sequences: ragged ones, text, an encoder and a decoder. */
#include "../support/refused.h"
#include "../support/toy.h"
#include "train/train.h"

#include <math.h>
#include <string.h>

#define DENSE(n)                                                                                   \
    {                                                                                              \
        EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, n                                                   \
    }

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
    const struct eddy_train_options options = toy_ragged_options();
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
    struct eddy_dataset *dataset = toy_ragged_dataset(context, false, false);
    expect_classifies(dataset, 2, toy_last_of_gru, 60); /* a fifth of the sequences */
    expect_classifies(dataset, 2, every, dataset->test.count);
    eddy_dataset_free(dataset);
    dataset = toy_ragged_dataset(context, true, true);
    assert_int_equal(dataset->n_tokens, 2);
    expect_classifies(dataset, 4, last_of_both, 60);
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

static void test_learns_to_answer_backwards(void **state)
{
    (void)state;
    static const struct eddy_layer_shape shapes[] = {{EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 6},
                                                     {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 24},
                                                     {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 6},
                                                     {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 24},
                                                     DENSE(5)};
    struct eddy_dataset *const dataset = toy_pairs_dataset(context);
    struct eddy_train_options options = toy_ragged_options();
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
    expect_refused(eddy_train(context, dataset, 2, shapes, &options, &encoder), EDDY_ERROR_ARGUMENT,
                   "the task \"translate\", and no other, needs an encoder and a decoder");
    eddy_model_free(encoder);
    eddy_model_free(decoder);
    eddy_dataset_free(dataset);
}

static void test_refuses_what_is_no_pair(void **state)
{
    (void)state;
    static const struct eddy_layer_shape good[] = {{EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 3},
                                                   {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 4},
                                                   {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 3},
                                                   {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 4},
                                                   DENSE(5)};
    static const struct {
        size_t layer;
        struct eddy_layer_shape shape;
        const char *message;
    } cases[] = {
        {1, {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 5}, NULL},
        {3, {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 4}, NULL},
        {1,
         {EDDY_CELL_DENSE, EDDY_ACTIVATION_TANH, 4},
         "encoder and decoder need as many recurrent layers"},
        {1,
         {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 4, EDDY_DIRECTION_BIDIRECTIONAL},
         "the layers of the encoder are forward or reverse, not bidirectional"},
        {3,
         {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 4, EDDY_DIRECTION_REVERSE},
         "the layers of the decoder are forward, and none is last_only"},
        {3,
         {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 4, .last_only = true},
         "the layers of the decoder are forward, and none is last_only"},
    };
    struct eddy_dataset *const dataset = toy_pairs_dataset(context);
    const struct eddy_train_options options = toy_ragged_options();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eddy_layer_shape shapes[5];
        struct eddy_model *encoder, *decoder;
        memcpy(shapes, good, sizeof good);
        shapes[cases[i].layer] = cases[i].shape;
        expect_refused(
            eddy_train_pair(context, dataset, 2, 5, shapes, &options, &encoder, &decoder),
            EDDY_ERROR_ARGUMENT,
            cases[i].message ? cases[i].message
                             : "the recurrent layers of encoder and decoder must be alike, one by "
                               "one, in cell and units");
    }
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
    expect_refused(eddy_dataset_create(context, &table, &dataset_options, &dataset),
                   EDDY_ERROR_SHAPE,
                   "tokens are one column of numbers; the data has 3 input columns: begin the "
                   "decoder, which reads the first of them, with an embedding");
    dataset_options.tokens = true;
    if (eddy_dataset_create(context, &table, &dataset_options, &dataset))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(dataset->n_inputs, 3);
    assert_int_equal(dataset->n_tokens, 5);
    struct eddy_train_options options = toy_ragged_options();
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_classes_of_ragged_sequences),
        cmocka_unit_test(test_learns_the_next_token),
        cmocka_unit_test(test_learns_to_answer_backwards),
        cmocka_unit_test(test_refuses_what_is_no_pair),
        cmocka_unit_test(test_learns_to_answer_vectors),
        cmocka_unit_test(test_learns_a_sequence_from_one_input),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
