/* test_generate.c -- outputs fed back on the device, and the number of the largest output. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct random numbers = {5};

static void fill(float *v, size_t n, float limit)
{
    for (size_t i = 0; v && i < n; i++)
        v[i] = limit * (float)random_between(&numbers, -10000, 10000) / 10000;
}

static void fill_layer(struct eddy_layer *layer)
{
    const size_t rows = eddy_cell_gates(layer->cell) * layer->n_hidden;
    fill(layer->w, rows * layer->n_in, 0.7f);
    fill(layer->b, rows, 0.2f);
    fill(layer->r, rows * layer->n_hidden, 0.5f);
    fill(layer->rb, layer->n_hidden, 0.2f);
}

struct running {
    struct eddy_program *program;
    struct eddy_device *device;
    struct eddy_stream *stream;
};

static struct running start(const struct eddy_model *model, struct eddy_compile_options options)
{
    struct running r;
    options.struct_size = sizeof options;
    if (eddy_program_compile(context, model, &options, &r.program))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(eddy_device_open(context, "cpu:", &r.device), EDDY_OK);
    assert_int_equal(eddy_device_load(r.device, r.program), EDDY_OK);
    assert_int_equal(eddy_stream_open(r.device, &r.stream), EDDY_OK);
    return r;
}

static void stop(struct running *r)
{
    eddy_stream_close(r->stream);
    eddy_device_close(r->device);
    eddy_program_free(r->program);
}

/* Scales and offsets that change which output is the largest must reach the device. */
static void the_largest_is_that_of_the_scaled_outputs(void **state)
{
    (void)state;
    enum { STEPS = 40, OUTPUTS = 5 };
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 6},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, OUTPUTS}};
    struct eddy_model *model;
    float x[STEPS * 2], plain[STEPS], y[STEPS], expected[STEPS * OUTPUTS];
    assert_int_equal(eddy_model_create(context, 2, 2, shapes, &model), EDDY_OK);
    fill_layer(&model->layers[0]);
    fill_layer(&model->layers[1]);
    fill(x, STEPS * 2, 2);
    struct running r = start(model, (struct eddy_compile_options){.largest = true});
    assert_int_equal(eddy_stream_step(r.stream, STEPS, x, plain), EDDY_OK);
    stop(&r);
    fill(model->out_scale, OUTPUTS, 20);
    fill(model->out_offset, OUTPUTS, 3);
    r = start(model, (struct eddy_compile_options){.largest = true});
    struct eddy_program_info info;
    eddy_program_get_info(r.program, &info);
    assert_true(info.largest && !info.feedback && info.outputs == 1 && info.answers == 1);
    assert_int_equal(eddy_stream_step(r.stream, STEPS, x, y), EDDY_OK);
    stop(&r);
    float hidden[6] = {0};
    eddy_model_run_float(model, hidden, STEPS, x, expected);
    size_t changed = 0;
    for (size_t t = 0; t < STEPS; t++) {
        const float *v = expected + t * OUTPUTS;
        const size_t token = (size_t)y[t];
        assert_true(token < OUTPUTS);
        for (size_t i = 0; i < OUTPUTS; i++)
            assert_true(v[i] <= v[token] + 0.05f);
        changed += y[t] != plain[t];
    }
    assert_true(changed > STEPS / 4);

    model->layers[1].activation = EDDY_ACTIVATION_TANH;
    struct eddy_program *program;
    const struct eddy_compile_options largest = {.struct_size = sizeof largest, .largest = true};
    assert_int_equal(eddy_program_compile(context, model, &largest, &program),
                     EDDY_ERROR_UNSUPPORTED);
    eddy_model_free(model);
}

/* In the model's units: one call, several calls that go on, and steps fed by hand are the same. */
static void generation_goes_on_where_it_was(void **state)
{
    (void)state;
    enum { STEPS = 600, WIDTH = 3 };
    const struct eddy_layer_shape shapes[] = {{.cell = EDDY_CELL_GRU,
                                               .activation = EDDY_ACTIVATION_TANH,
                                               .n_out = 9,
                                               .linear_before_reset = true},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, WIDTH}};
    static const float first[WIDTH] = {0.5f, -1, 0.25f};
    struct eddy_model *model;
    float *at_once = malloc(3 * STEPS * WIDTH * sizeof *at_once);
    float *in_parts = at_once + STEPS * WIDTH, *by_hand = in_parts + STEPS * WIDTH;
    assert_int_equal(eddy_model_create(context, WIDTH, 2, shapes, &model), EDDY_OK);
    fill_layer(&model->layers[0]);
    fill_layer(&model->layers[1]);
    for (size_t i = 0; i < WIDTH; i++) {
        model->in_scale[i] = 0.5f;
        model->out_scale[i] = 2;
    }
    struct running r = start(model, (struct eddy_compile_options){.feedback = true});
    assert_int_equal(eddy_stream_generate(r.stream, STEPS, first, at_once), EDDY_OK);
    assert_int_equal(eddy_stream_reset(r.stream), EDDY_OK);
    for (size_t t = 0, n; t < STEPS; t += n) {
        n = t + 13 < STEPS ? 13 : STEPS - t;
        assert_int_equal(eddy_stream_generate(r.stream, n, t ? NULL : first, in_parts + t * WIDTH),
                         EDDY_OK);
    }
    assert_memory_equal(at_once, in_parts, STEPS * WIDTH * sizeof *at_once);
    assert_int_equal(eddy_stream_reset(r.stream), EDDY_OK);
    for (size_t t = 0; t < STEPS; t++)
        assert_int_equal(eddy_stream_step(r.stream, 1, t ? by_hand + (t - 1) * WIDTH : first,
                                          by_hand + t * WIDTH),
                         EDDY_OK);
    assert_memory_equal(at_once, by_hand, STEPS * WIDTH * sizeof *at_once);
    const float bad[WIDTH] = {0, NAN, 0};
    assert_int_equal(eddy_stream_generate(r.stream, 1, bad, by_hand), EDDY_ERROR_RANGE);
    stop(&r);

    model->softmax = true; /* the host's softmax would not be fed back */
    struct eddy_program *program;
    const struct eddy_compile_options feedback = {.struct_size = sizeof feedback, .feedback = true};
    assert_int_equal(eddy_program_compile(context, model, &feedback, &program),
                     EDDY_ERROR_UNSUPPORTED);
    eddy_model_free(model);
    free(at_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_is_that_of_the_scaled_outputs),
        cmocka_unit_test(generation_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
