/* test_model.c -- models in float: what they compute, and what cannot be made. */
#include "../support/context.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_close(float actual, double expected)
{
    if (fabs((double)actual - expected) > 1e-6)
        fail_msg("%.9g is not %.9g", (double)actual, expected);
}

/* Two rnn rows, then one dense row; scales and offsets on both ends. */
static void a_stack_is_computed_by_hand(void **state)
{
    (void)state;
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 2},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 1, 2, shapes, &model), EDDY_OK);
    memcpy(model->layers[0].w, (float[]){0.5f, -0.25f}, 2 * sizeof(float));
    memcpy(model->layers[0].r, (float[]){0.1f, 0.2f, 0.3f, 0.4f}, 4 * sizeof(float));
    memcpy(model->layers[0].b, (float[]){0.05f, -0.05f}, 2 * sizeof(float));
    memcpy(model->layers[1].w, (float[]){2, -1}, 2 * sizeof(float));
    model->layers[1].b[0] = 0.25f;
    model->in_scale[0] = 0.5f;
    model->in_offset[0] = 1;
    model->out_scale[0] = 10;
    model->out_offset[0] = -3;
    assert_int_equal(eddy_model_inputs(model), 1);
    assert_int_equal(eddy_model_outputs(model), 1);
    assert_int_equal(eddy_model_state_elems(model), 2);

    float h[2] = {0}, y[2];
    eddy_model_run_float(model, h, 2, (const float[]){2, -4}, y);
    /* step 0: u = 2; step 1: u = -1 */
    const double a0 = tanh(0.5 * 2 + 0.05), b0 = tanh(-0.25 * 2 - 0.05);
    const double a1 = tanh(-0.5 + 0.1 * a0 + 0.2 * b0 + 0.05);
    const double b1 = tanh(0.25 + 0.3 * a0 + 0.4 * b0 - 0.05);
    assert_close(y[0] / 10, (10 * (2 * a0 - b0 + 0.25) - 3) / 10);
    assert_close(y[1] / 10, (10 * (2 * a1 - b1 + 0.25) - 3) / 10);
    assert_close(h[0], a1);
    assert_close(h[1], b1);

    model->residual = true;
    memset(h, 0, sizeof h);
    float with_input;
    eddy_model_run_float(model, h, 1, (const float[]){2}, &with_input);
    assert_close(with_input, (double)y[0] + 2);
    eddy_model_free(model);
}

static void dense_layers_take_tanh(void **state)
{
    (void)state;
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_DENSE, EDDY_ACTIVATION_TANH, 3},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 2, 2, shapes, &model), EDDY_OK);
    memcpy(model->layers[0].w, (float[]){1, 2, 3, 4, 5, 6}, 6 * sizeof(float));
    memcpy(model->layers[1].w, (float[]){1, 0, 0, 0, 1, -1}, 6 * sizeof(float));
    float h[5] = {0}, y[2];
    eddy_model_run_float(model, h, 1, (const float[]){0.1f, -0.2f}, y);
    assert_close(y[0], tanh(0.1 - 0.4));
    assert_close(y[1], tanh(0.3 - 0.8) - tanh(0.5 - 1.2));
    eddy_model_free(model);
}

/* Steps one by one carry the same state as all at once. */
static void state_is_carried(void **state)
{
    (void)state;
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 4},
                                              {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 3}};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 2, 2, shapes, &model), EDDY_OK);
    for (size_t l = 0; l < 2; l++) {
        struct eddy_layer *layer = &model->layers[l];
        for (size_t i = 0; i < layer->n_out * layer->n_in; i++)
            layer->w[i] = sinf((float)(i + l));
        for (size_t i = 0; i < layer->n_out * layer->n_out; i++)
            layer->r[i] = cosf((float)(i + l)) / 2;
    }
    float x[20], at_once[30], one_by_one[30], h[7] = {0}, k[7] = {0};
    for (size_t i = 0; i < 20; i++)
        x[i] = sinf((float)i);
    eddy_model_run_float(model, h, 10, x, at_once);
    for (size_t t = 0; t < 10; t++)
        eddy_model_run_float(model, k, 1, x + 2 * t, one_by_one + 3 * t);
    assert_memory_equal(at_once, one_by_one, sizeof at_once);
    assert_memory_equal(h, k, sizeof h);
    eddy_model_free(model);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    const struct eddy_layer_shape good = {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 4};
    const struct eddy_layer_shape empty = {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 0};
    const struct eddy_layer_shape huge = {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, SIZE_MAX / 2};
    const struct eddy_layer_shape cell = {(enum eddy_cell)99, EDDY_ACTIVATION_TANH, 4};
    const struct eddy_layer_shape relu = {EDDY_CELL_GRU, EDDY_ACTIVATION_RELU, 4};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 1, 1, &relu, &model), EDDY_ERROR_ARGUMENT);
    assert_string_equal(eddy_last_error(context), "layer 0: gru and lstm layers have tanh");
    assert_int_equal(eddy_model_create(context, 0, 1, &good, &model), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_model_create(context, 1, 0, &good, &model), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_model_create(context, 1, 1, &empty, &model), EDDY_ERROR_ARGUMENT);
    assert_string_equal(eddy_last_error(context), "layer 0 has no rows");
    assert_int_equal(eddy_model_create(context, 1, 1, &cell, &model), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_model_create(context, 4, 1, &huge, &model), EDDY_ERROR_MEMORY);
    assert_null(model);
    eddy_model_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_is_computed_by_hand),
        cmocka_unit_test(dense_layers_take_tanh),
        cmocka_unit_test(state_is_carried),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
