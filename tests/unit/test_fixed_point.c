/* test_fixed_point.c -- what a network computes in the device's numbers while it trains, against the
 * device; training that starts from a model. */
#include "../support/context.h"
#include "model/program.h"
#include "train/network.h"
#include "train/rounding.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIME_STEPS 40
#define COLUMNS 3

static struct eddy_random randomness;

static float uniform(float limit)
{
    return limit * (2 * (float)eddy_random_uniform(&randomness) - 1);
}

/* Weights that the device holds as they are, so few bits that float sums of products are exact, and large enough that gates and sums saturate here and there. */
static void fill_params(struct eddy_network *network)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const size_t elems = layer->ops->params_elems(&layer->size);
        const size_t n_in = layer->size.n_in, rows = layer->ops->gates * layer->size.n_out;
        float *w = network->params + layer->params_offset_elems;
        for (size_t d = 0; d < layer->n_directions; d++, w += elems) {
            for (size_t k = 0; k < elems; k++)
                w[k] = roundf(uniform(1.5F) * 64) / 64;
            eddy_round_weights(8, 1, n_in, rows, layer->size.n_out, w,
                               layer->ops->recurrent ? w + rows * n_in : NULL);
        }
    }
}

/* y (TIME_STEPS, outputs) of the device, and the formats of its layers. */
static size_t run_device(const struct eddy_model *model, const struct eddy_table *x, float *y,
                         struct eddy_cell_format *formats)
{
    const struct eddy_compile_options options = {
        .struct_size = sizeof options, .preset = "sim-small-w8", .calibration = x};
    struct eddy_program *program;
    struct eddy_device *device;
    struct eddy_stream *stream;
    size_t n_out;
    if (eddy_program_compile(context, model, &options, &program))
        fail_msg("%s", eddy_last_error(context));
    for (size_t i = 0; i < model->n_layers; i++)
        formats[i] = (struct eddy_cell_format){program->layers[i].in_fraction_bits,
                                               program->layers[i].out_fraction_bits,
                                               program->layers[i].cell_fraction_bits};
    assert_int_equal(eddy_device_open(context, "cpu:preset=sim-small-w8", &device), 0);
    assert_int_equal(eddy_device_load(device, program), 0);
    assert_int_equal(eddy_stream_open(device, &stream), 0);
    assert_int_equal(eddy_stream_sequence(stream, x->n_rows, x->values, y, &n_out), 0);
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    return n_out;
}

static size_t count_equal(const float *a, const float *b, size_t n)
{
    size_t equal = 0;
    for (size_t i = 0; i < n; i++)
        equal += a[i] == b[i];
    return equal;
}

static void expect_computes_as_the_device(size_t n_layers, const struct eddy_layer_shape *shapes)
{
    const bool embeds = shapes[0].cell == EDDY_CELL_EMBEDDING;
    const size_t n_x = embeds ? 1 : COLUMNS, n_in = embeds ? 5 : COLUMNS;
    const struct eddy_network_shape shape = {
        .n_in = n_in, .n_layers = n_layers, .layers = shapes, .steps = TIME_STEPS, .batch = 1};
    float x[TIME_STEPS * COLUMNS], fixed[TIME_STEPS * 16], device[TIME_STEPS * 16];
    const struct eddy_table table = {TIME_STEPS, n_x, x};
    struct eddy_cell_format formats[4];
    struct eddy_network *network;
    struct eddy_model *model;
    assert_int_equal(eddy_network_create(&shape, &network), 0);
    fill_params(network);
    for (size_t i = 0; i < TIME_STEPS * n_x; i++)
        x[i] = embeds ? (float)eddy_random_below(&randomness, 5) : uniform(3);
    assert_int_equal(eddy_model_create(context, n_in, n_layers, shapes, &model), 0);
    eddy_network_store(network, 0, model);
    const size_t elems = run_device(model, &table, device, formats) * eddy_model_outputs(model);
    memcpy(network->x, x, TIME_STEPS * n_x * sizeof *x);
    eddy_network_set_formats(network, formats);
    memcpy(fixed, eddy_network_forward(network), elems * sizeof *fixed);
    eddy_network_set_formats(network, NULL);
    memcpy(network->x, x, TIME_STEPS * n_x * sizeof *x);
    const size_t same = count_equal(fixed, device, elems);
    const size_t same_float = count_equal(eddy_network_forward(network), device, elems);
    if (same < elems || same_float > elems / 2)
        fail_msg("%s of %zu: %zu of %zu outputs are those of the device, %zu in float",
                 eddy_cell_name(shapes[0].cell), n_layers, same, elems, same_float);
    eddy_model_free(model);
    eddy_network_free(network);
}

static void test_computes_as_the_device(void **state)
{
    (void)state;
    static const struct eddy_layer_shape stacks[][3] = {
        {{EDDY_CELL_DENSE, EDDY_ACTIVATION_TANH, 7}},
        {{EDDY_CELL_DENSE, EDDY_ACTIVATION_SIGMOID, 7}},
        {{EDDY_CELL_DENSE, EDDY_ACTIVATION_RELU, 7}, {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 3}},
        {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 9}},
        {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 9}},
        {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 9, .linear_before_reset = true}},
        {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 9}},
        {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 9, .peephole = true}},
        {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 5, EDDY_DIRECTION_BIDIRECTIONAL},
         {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 5, EDDY_DIRECTION_REVERSE}},
        {{EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 4},
         {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 6, .linear_before_reset = true},
         {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 4}},
    };
    eddy_random_seed(&randomness, 3);
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        size_t n_layers = 1;
        while (n_layers < 3 && stacks[i][n_layers].n_out)
            n_layers++;
        expect_computes_as_the_device(n_layers, stacks[i]);
    }
}

/* ---- a model to start from ---- */

static float waves[300 * 2];

static struct eddy_dataset *open_waves(float scale, float offset, enum eddy_task task)
{
    static const struct eddy_table table = {300, 2, waves};
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    for (size_t t = 0; t < 300; t++) {
        waves[2 * t] = scale * sinf((float)t / 5) + offset;
        waves[2 * t + 1] = scale * cosf((float)(t * t) / 90) - offset;
    }
    eddy_dataset_options_init(&options);
    options.task = task;
    assert_int_equal(eddy_dataset_create(context, &table, &options, &dataset), 0);
    return dataset;
}

static const struct eddy_layer_shape gru_dense[] = {
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 6, .linear_before_reset = true},
    {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};

/* One step that changes nothing: the model comes back, in the scale of other data. */
static void test_starts_from_a_model(void **state)
{
    (void)state;
    struct eddy_dataset *const first = open_waves(1, 0, EDDY_TASK_NEXT);
    struct eddy_train_options options;
    struct eddy_model *start, *model;
    float states[2][6] = {{0}}, y[2][100 * 2];
    eddy_train_options_init(&options);
    options.batches = 60;
    options.batch = 8;
    options.steps = 20;
    assert_int_equal(eddy_train(context, first, 2, gru_dense, &options, &start), 0);
    eddy_dataset_free(first);
    struct eddy_dataset *const other = open_waves(3, 0.7F, EDDY_TASK_NEXT);
    options.batches = 1;
    options.learning_rate = 1e-30;
    options.final_learning_rate = 0;
    options.start = start;
    assert_int_equal(eddy_train(context, other, 2, gru_dense, &options, &model), 0);
    assert_true(start->in_scale[0] != model->in_scale[0]);
    eddy_model_run_float(start, states[0], 100, waves, y[0]);
    eddy_model_run_float(model, states[1], 100, waves, y[1]);
    for (size_t i = 0; i < 200; i++)
        if (!(fabsf(y[0][i] - y[1][i]) < 1e-4F))
            fail_msg("output %zu: %g, was %g", i, (double)y[1][i], (double)y[0][i]);
    eddy_model_free(model);
    eddy_model_free(start);
    eddy_dataset_free(other);
}

static void test_refuses_to_start_from_another_stack(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = open_waves(1, 0, EDDY_TASK_NEXT);
    struct eddy_layer_shape shapes[] = {gru_dense[0], gru_dense[1]};
    struct eddy_train_options options;
    struct eddy_model *start, *model;
    eddy_train_options_init(&options);
    options.start = NULL;
    assert_int_equal(eddy_model_create(context, 2, 2, gru_dense, &start), 0);
    options.start = start;
    shapes[0].linear_before_reset = false;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &model), EDDY_ERROR_SHAPE);
    assert_string_equal(eddy_last_error(context),
                        "the model to start from, layer 1: another linear_before_reset or "
                        "peephole: give model.layers as it has them");
    shapes[0] = gru_dense[0];
    shapes[0].n_out = 7;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &model), EDDY_ERROR_SHAPE);
    assert_int_equal(eddy_train(context, dataset, 1, gru_dense + 1, &options, &model),
                     EDDY_ERROR_SHAPE);
    eddy_model_free(start);
    eddy_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_computes_as_the_device),
        cmocka_unit_test(test_starts_from_a_model),
        cmocka_unit_test(test_refuses_to_start_from_another_stack),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
