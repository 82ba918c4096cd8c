/* test_program.c -- quantisation, capacity, .eddy images. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"
#include "model/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static float uniform(struct random *random, float limit)
{
    return limit * (float)random_between(random, -10000, 10000) / 10000;
}

static void fill(struct random *random, float *v, size_t n, float limit)
{
    for (size_t i = 0; v && i < n; i++)
        v[i] = uniform(random, limit);
}

/* A stable random stack: rnn layers of `hidden` units, then a dense layer of two outputs. */
static struct eddy_model *random_model(struct random *random, size_t inputs, size_t n_rnn,
                                       size_t hidden)
{
    struct eddy_layer_shape shapes[701];
    for (size_t l = 0; l < n_rnn; l++)
        shapes[l] = (struct eddy_layer_shape){EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, hidden};
    shapes[n_rnn] = (struct eddy_layer_shape){EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, inputs, n_rnn + 1, shapes, &model), EDDY_OK);
    for (size_t l = 0; l < model->n_layers; l++) {
        struct eddy_layer *layer = &model->layers[l];
        fill(random, layer->w, layer->n_in * layer->n_out, 1.0f / sqrtf((float)layer->n_in));
        fill(random, layer->r, layer->n_out * layer->n_out, 1.2f / sqrtf((float)layer->n_out));
        fill(random, layer->b, layer->n_out, 0.1f);
    }
    return model;
}

/* The normalised mean square error of a preset against float, over n_steps of random input. */
static double nmse(const struct eddy_model *model, const char *preset, struct random *random)
{
    const size_t steps = 100, inputs = eddy_model_inputs(model);
    const size_t outputs = eddy_model_outputs(model);
    struct eddy_table data = {steps, inputs, malloc(steps * inputs * sizeof(float))};
    fill(random, data.values, steps * inputs, 2.0f);
    float *state = calloc(eddy_model_state_elems(model) + 1, sizeof *state);
    float *expected = malloc(steps * outputs * sizeof *expected);
    float *y = malloc(steps * outputs * sizeof *y);
    size_t n_out;
    assert_int_equal(eddy_model_run_sequence(context, model, state, steps, data.values, expected,
                                             &n_out, NULL, NULL),
                     EDDY_OK);
    const struct eddy_compile_options options = {
        .struct_size = sizeof options, .preset = preset, .calibration = &data};
    struct eddy_program *program;
    struct eddy_device *device;
    struct eddy_stream *stream;
    char uri[64];
    snprintf(uri, sizeof uri, "cpu:preset=%s", preset);
    assert_int_equal(eddy_program_compile(context, model, &options, &program), EDDY_OK);
    assert_int_equal(eddy_device_open(context, uri, &device), EDDY_OK);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
    assert_int_equal(eddy_stream_sequence(stream, steps, data.values, y, &n_out), EDDY_OK);
    assert_int_equal(n_out, steps);
    double difference = 0, power = 0;
    for (size_t i = 0; i < outputs * steps; i++) {
        difference += (y[i] - expected[i]) * (double)(y[i] - expected[i]);
        power += expected[i] * (double)expected[i];
    }
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    free(state);
    free(expected);
    free(y);
    eddy_table_free(&data);
    return difference / power;
}

static void test_fixed_point_is_close_to_float(void **state)
{
    (void)state;
    struct random random = {99};
    for (size_t n_rnn = 1; n_rnn <= 3; n_rnn++) {
        struct eddy_model *model = random_model(&random, 4, n_rnn, 32);
        assert_true(nmse(model, "sim-small", &random) < 1e-6);
        assert_true(nmse(model, "sim-small-w8", &random) < 5e-3);
        eddy_model_free(model);
    }
}

/* A stable random layer of 64 or 128 units, its own outputs compared; error in 16 and in 8 bits. */
static void expect_close_cell(struct random *random, struct eddy_layer_shape shape)
{
    struct eddy_model *model;
    const size_t units = shape.direction == EDDY_DIRECTION_BIDIRECTIONAL ? 64 : 128;
    shape.n_out = units;
    assert_int_equal(eddy_model_create(context, 16, 1, &shape, &model), EDDY_OK);
    struct eddy_layer *layer = model->layers;
    const size_t rows = eddy_layer_directions(layer) * eddy_cell_gates(layer->cell) * units;
    fill(random, layer->w, rows * 16, 0.4f);
    fill(random, layer->r, rows * units, 0.1f);
    fill(random, layer->b, rows, 0.1f);
    fill(random, layer->rb, layer->n_out, 0.1f);
    fill(random, layer->p, 3 * layer->n_out, 0.3f);
    const double bits_16 = nmse(model, "sim-small", random);
    const double bits_8 = nmse(model, "sim-small-w8", random);
    if (!(bits_16 <= 1e-6 && bits_8 <= 1e-3))
        print_message("%s: NMSE %g, %g\n", eddy_cell_name(shape.cell), bits_16, bits_8);
    assert_true(bits_16 <= 1e-6);
    assert_true(bits_8 <= 1e-3);
    eddy_model_free(model);
}

static void test_every_cell_is_close_to_float(void **state)
{
    (void)state;
    const enum eddy_activation tanh_ = EDDY_ACTIVATION_TANH;
    struct random random = {101};
    expect_close_cell(&random, (struct eddy_layer_shape){EDDY_CELL_RNN, tanh_});
    expect_close_cell(&random, (struct eddy_layer_shape){EDDY_CELL_RNN, EDDY_ACTIVATION_RELU});
    expect_close_cell(&random, (struct eddy_layer_shape){EDDY_CELL_GRU, tanh_});
    expect_close_cell(&random, (struct eddy_layer_shape){.cell = EDDY_CELL_GRU,
                                                         .activation = tanh_,
                                                         .linear_before_reset = true});
    expect_close_cell(&random, (struct eddy_layer_shape){EDDY_CELL_LSTM, tanh_});
    expect_close_cell(&random, (struct eddy_layer_shape){
                                   .cell = EDDY_CELL_LSTM, .activation = tanh_, .peephole = true});
    expect_close_cell(&random, (struct eddy_layer_shape){EDDY_CELL_DENSE, EDDY_ACTIVATION_SIGMOID});
    expect_close_cell(
        &random, (struct eddy_layer_shape){EDDY_CELL_LSTM, tanh_, 0, EDDY_DIRECTION_BIDIRECTIONAL});
}

static void test_scales_and_residual_are_applied(void **state)
{
    (void)state;
    const struct eddy_layer_shape shape = {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1};
    struct eddy_model *model;
    struct eddy_program *program;
    assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), EDDY_OK);
    model->layers[0].w[0] = 0.5f;
    model->layers[0].b[0] = 0.25f;
    model->in_scale[0] = 2;
    model->in_offset[0] = 1;
    model->out_scale[0] = 10;
    model->out_offset[0] = -3;
    model->residual = true;
    assert_int_equal(eddy_program_compile(context, model, NULL, &program), EDDY_OK);
    struct eddy_device *device;
    struct eddy_stream *stream;
    assert_int_equal(eddy_device_open(context, "cpu:", &device), EDDY_OK);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
    const float x[2] = {1.5f, NAN};
    float y[2] = {0, 7};
    assert_int_equal(eddy_stream_step(stream, 1, x, y), EDDY_OK);
    /* u = 4, v = 0.5 * 4 + 0.25, y = 10 v - 3 + x */
    assert_true(fabsf(y[0] - (22.5f - 3 + 1.5f)) < 0.02f);
    assert_int_equal(eddy_stream_step(stream, 2, x, y), EDDY_ERROR_RANGE);
    assert_string_equal(eddy_last_error(context), "input row 2, column 1 is not a finite number");
    assert_true(y[1] == 7);
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    eddy_model_free(model);
}

static void expect_capacity_error(size_t inputs, size_t n_rnn, size_t hidden, const char *detail)
{
    struct random random = {1};
    struct eddy_model *model = random_model(&random, inputs, n_rnn, hidden);
    struct eddy_program *program;
    assert_int_equal(eddy_program_compile(context, model, NULL, &program), EDDY_ERROR_CAPACITY);
    assert_string_equal(eddy_last_error(context), detail);
    eddy_model_free(model);
}

/* The input of the last layer is longer than the state behind its outputs: there need be no room to feed them back. */
static void test_what_fits_is_loaded(void **state)
{
    (void)state;
    const struct eddy_layer_shape shapes[] = {{.cell = EDDY_CELL_RNN,
                                               .activation = EDDY_ACTIVATION_TANH,
                                               .n_out = 69,
                                               .direction = EDDY_DIRECTION_BIDIRECTIONAL},
                                              {.cell = EDDY_CELL_RNN,
                                               .activation = EDDY_ACTIVATION_TANH,
                                               .n_out = 64,
                                               .direction = EDDY_DIRECTION_REVERSE}};
    struct eddy_compile_options options = {.struct_size = sizeof options, .preset = "up5k"};
    struct eddy_model *model;
    struct eddy_program *program;
    struct eddy_device *device;
    assert_int_equal(eddy_model_create(context, 12, 2, shapes, &model), EDDY_OK);
    assert_int_equal(eddy_program_compile(context, model, &options, &program), EDDY_OK);
    assert_int_equal(eddy_device_open(context, "cpu:preset=up5k", &device), EDDY_OK);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    eddy_device_close(device);
    eddy_program_free(program);
    eddy_model_free(model);
}

static void test_models_too_large_are_refused(void **state)
{
    (void)state;
    expect_capacity_error(
        1, 700, 1,
        "the model needs 2103 descriptors, preset sim-small has 2048: 55 too many; "
        "use a smaller model or a larger preset");
    expect_capacity_error(600, 1, 4,
                          "the model needs 600 inputs, preset sim-small has 512: 88 too many; "
                          "use a smaller model or a larger preset");
    expect_capacity_error(4, 1, 2000,
                          "the model needs 2002 units, preset sim-small has 1024: 978 too many; "
                          "use a smaller model or a larger preset");
    expect_capacity_error(
        4, 1, 400,
        "the model needs 20600 columns of weights, preset sim-small has 16384: 4216 too many; "
        "use a smaller model or a larger preset");
}

static void test_weights_too_large_are_refused(void **state)
{
    (void)state;
    const struct eddy_layer_shape shape = {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1};
    struct eddy_model *model;
    struct eddy_program *program;
    assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), EDDY_OK);
    model->layers[0].w[0] = 1e9f;
    assert_int_equal(eddy_program_compile(context, model, NULL, &program), EDDY_ERROR_RANGE);
    assert_non_null(
        strstr(eddy_last_error(context), "layer 1, row 1: weights or bias are too large"));
    eddy_model_free(model);
}

/* ---- images ---- */

static char path[] = "/tmp/eddy-test-XXXXXX";

static size_t file_size(void)
{
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    fclose(file);
    return (size_t)size;
}

static struct eddy_program *small_program(void)
{
    struct random random = {17};
    return random_program(&random, eddy_preset_at(1),
                          &(struct random_limits){.layers = 3, .units = 9, .columns = 4});
}

static void test_images_come_back_as_they_were(void **state)
{
    (void)state;
    struct eddy_program *program = small_program(), *read;
    close(mkstemp(path));
    program->residual = true;
    program->in_scale[0] = 3.5f;
    assert_int_equal(eddy_program_write(context, program, path), EDDY_OK);
    assert_int_equal(eddy_program_read(context, path, &read), EDDY_OK);
    assert_ptr_equal(read->preset, program->preset);
    assert_int_equal(read->n_layers, program->n_layers);
    for (size_t l = 0; l < program->n_layers; l++) {
        assert_int_equal(read->layers[l].cell, program->layers[l].cell);
        assert_int_equal(read->layers[l].n_hidden, program->layers[l].n_hidden);
        assert_int_equal(read->layers[l].activation, program->layers[l].activation);
    }
    assert_memory_equal(read->weights, program->weights,
                        program->n_weight_words * program->preset->lanes * sizeof(int16_t));
    assert_memory_equal(read->biases, program->biases, program->n_rows * sizeof(int32_t));
    assert_memory_equal(read->shifts, program->shifts, program->n_rows);
    assert_memory_equal(read->peepholes, program->peepholes, program->n_rows * sizeof(int16_t));
    assert_int_equal(read->n_descriptors, program->n_descriptors);
    assert_memory_equal(read->descriptors, program->descriptors,
                        program->n_descriptors * sizeof *read->descriptors);
    assert_true(read->residual && read->in_scale[0] == 3.5f);
    eddy_program_free(read);
    eddy_program_free(program);
    unlink(path);
}

static void test_damaged_images_are_refused(void **state)
{
    (void)state;
    struct eddy_program *program = small_program(), *read;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    assert_int_equal(eddy_program_write(context, program, path), EDDY_OK);
    const size_t size = file_size();
    unsigned char *bytes = malloc(size);
    FILE *file = fopen(path, "rb");
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    for (size_t cut = 0; cut < size; cut += 1 + cut / 16) { /* truncated, then one byte flipped */
        file = fopen(path, "wb");
        fwrite(bytes, 1, cut, file);
        fclose(file);
        assert_int_equal(eddy_program_read(context, path, &read), EDDY_ERROR_FORMAT);
        bytes[cut] ^= 0x10;
        file = fopen(path, "wb");
        fwrite(bytes, 1, size, file);
        fclose(file);
        bytes[cut] ^= 0x10;
        assert_int_equal(eddy_program_read(context, path, &read), EDDY_ERROR_FORMAT);
    }
    unlink(path);
    assert_int_equal(eddy_program_read(context, path, &read), EDDY_ERROR_IO);
    assert_int_equal(eddy_program_write(context, program, "/nowhere/x.eddy"), EDDY_ERROR_IO);
    eddy_program_free(program);
    free(bytes);
}

/* A unit that counts its steps: how far depends on where the sequences end. */
static void calibration_knows_sequences(void **state)
{
    (void)state;
    enum { ROWS = 102 };
    static const struct {
        size_t sequence_rows, fraction_bits;
    } cases[] = {{0, 8}, {200, 8}, {5, 12}}; /* 102 and 5, with headroom, below 128 and 8 */
    float ones[ROWS];
    const struct eddy_table data = {ROWS, 1, ones};
    for (size_t t = 0; t < ROWS; t++)
        ones[t] = 1;
    for (size_t i = 0; i < 6; i++) {
        const struct eddy_layer_shape shape = {EDDY_CELL_RNN, EDDY_ACTIVATION_RELU, 1,
                                               .last_only = i < 3};
        const struct eddy_compile_options options = {.struct_size = sizeof options,
                                                     .calibration = &data,
                                                     .sequence_rows = cases[i % 3].sequence_rows};
        struct eddy_model *model;
        struct eddy_program *program;
        struct eddy_layer_format format;
        assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), EDDY_OK);
        *model->layers[0].w = *model->layers[0].r = 1;
        assert_int_equal(eddy_program_compile(context, model, &options, &program), EDDY_OK);
        eddy_program_get_format(program, 0, &format);
        assert_int_equal(format.out_fraction_bits, cases[i % 3].fraction_bits);
        eddy_program_free(program);
        eddy_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calibration_knows_sequences),
        cmocka_unit_test(test_fixed_point_is_close_to_float),
        cmocka_unit_test(test_every_cell_is_close_to_float),
        cmocka_unit_test(test_scales_and_residual_are_applied),
        cmocka_unit_test(test_what_fits_is_loaded),
        cmocka_unit_test(test_models_too_large_are_refused),
        cmocka_unit_test(test_weights_too_large_are_refused),
        cmocka_unit_test(test_images_come_back_as_they_were),
        cmocka_unit_test(test_damaged_images_are_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
