/* test_initial.c -- initial states of a model on the device, however large. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS = 12, INPUTS = 3, UNITS = 7 };

static struct random numbers = {3};

static float *filled(float *v, size_t n, float limit)
{
    for (size_t i = 0; v && i < n; i++)
        v[i] = limit * (float)random_between(&numbers, -10000, 10000) / 10000;
    return v;
}

/* Every step's output is near that of float. */
static void check_states(struct eddy_layer_shape shape, float h0, float c0)
{
    struct eddy_model *model;
    struct eddy_program *program;
    struct eddy_device *device;
    struct eddy_stream *stream;
    float x[STEPS * INPUTS], y[STEPS * UNITS], expected[STEPS * UNITS], state[2 * UNITS];
    size_t n_out;
    shape.n_out = UNITS;
    assert_int_equal(eddy_model_create(context, INPUTS, 1, &shape, &model), EDDY_OK);
    struct eddy_layer *layer = model->layers;
    const size_t rows = eddy_cell_gates(layer->cell) * UNITS;
    filled(layer->w, rows * INPUTS, 0.5f);
    filled(layer->r, rows * UNITS, 0.4f);
    filled(layer->b, rows, 0.2f);
    filled(layer->rb, UNITS, 0.2f);
    layer->h0 = filled(calloc(UNITS, sizeof(float)), UNITS, h0);
    layer->c0 =
        layer->cell == EDDY_CELL_LSTM ? filled(calloc(UNITS, sizeof(float)), UNITS, c0) : NULL;
    layer->h0[2] = h0;
    filled(x, STEPS * INPUTS, 2);
    eddy_model_initial_state(model, state);
    assert_int_equal(
        eddy_model_run_sequence(context, model, state, STEPS, x, expected, &n_out, NULL, NULL),
        EDDY_OK);
    assert_int_equal(eddy_program_compile(context, model, NULL, &program), EDDY_OK);
    assert_int_equal(eddy_device_open(context, "cpu:", &device), EDDY_OK);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
    assert_int_equal(eddy_stream_sequence(stream, STEPS, x, y, &n_out), EDDY_OK);
    for (size_t i = 0; i < STEPS * UNITS; i++)
        if (!(fabsf(y[i] - expected[i]) <= 0.01f))
            fail_msg("%s: step %zu: %g is not %g", eddy_cell_name(shape.cell), i / UNITS,
                     (double)y[i], (double)expected[i]);
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    eddy_model_free(model);
}

static void states_of_any_size_fit(void **state)
{
    (void)state;
    const enum eddy_activation tanh_ = EDDY_ACTIVATION_TANH;
    static const float sizes[] = {0.5f, 1, 1.5f, 4, 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const float h0 = sizes[i], c0 = h0 < 4 ? 3 * h0 : 12;
        check_states((struct eddy_layer_shape){EDDY_CELL_RNN, tanh_}, h0, 0);
        check_states((struct eddy_layer_shape){EDDY_CELL_RNN, EDDY_ACTIVATION_RELU}, h0, 0);
        check_states((struct eddy_layer_shape){EDDY_CELL_GRU, tanh_}, h0, 0);
        check_states((struct eddy_layer_shape){.cell = EDDY_CELL_GRU,
                                               .activation = tanh_,
                                               .linear_before_reset = true},
                     h0, 0);
        check_states((struct eddy_layer_shape){EDDY_CELL_LSTM, tanh_}, h0, c0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states_of_any_size_fit)};
    return cmocka_run_group_tests(tests, open_context, close_context);
}
