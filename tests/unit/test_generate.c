/* test_generate.c -- outputs fed back on the device, and the number of the largest output. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    fill(layer->b, layer->cell == EDDY_CELL_EMBEDDING ? 0 : rows, 0.2f);
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

/* ---- encoder and decoder ---- */

enum { SOURCE_TOKENS = 7, TARGET_TOKENS = 6, SOURCE = 9, ANSWER = 40 };

static struct eddy_model *make(size_t n_in, size_t n_layers, const struct eddy_layer_shape *shapes)
{
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, n_in, n_layers, shapes, &model), EDDY_OK);
    for (size_t l = 0; l < n_layers; l++)
        fill_layer(&model->layers[l]);
    return model;
}

/* Two recurrent layers in each half; the second of the encoder runs backwards. */
static void make_halves(struct eddy_layer_shape cell, struct eddy_model **encoder,
                        struct eddy_model **decoder)
{
    const struct eddy_layer_shape embedding = {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, 4},
                                  outputs = {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, TARGET_TOKENS};
    struct eddy_layer_shape reverse = cell;
    reverse.direction = EDDY_DIRECTION_REVERSE;
    *encoder = make(SOURCE_TOKENS, 3, (struct eddy_layer_shape[]){embedding, cell, reverse});
    *decoder = make(TARGET_TOKENS, 4, (struct eddy_layer_shape[]){embedding, cell, cell, outputs});
    fill((*decoder)->layers[3].w, TARGET_TOKENS * cell.n_out, 3);
}

/* As two models, the state carried by hand and the decoder told the tokens of an answer: each is the largest output,
 * but for what rounding may do. */
static void expect_answer(const struct eddy_model *encoder, const struct eddy_model *decoder,
                          const float *x, size_t start, const float *answer, float tolerance)
{
    float *state = calloc(eddy_model_state_elems(encoder), sizeof *state);
    float v[SOURCE * 16], outputs[TARGET_TOKENS], token = (float)start;
    size_t n_out;
    assert_int_equal(eddy_model_state_elems(encoder), eddy_model_state_elems(decoder));
    assert_int_equal(
        eddy_model_run_sequence(context, encoder, state, SOURCE, x, v, &n_out, NULL, NULL),
        EDDY_OK);
    for (size_t t = 0; t < ANSWER; t++) {
        eddy_model_run_float(decoder, state, 1, &token, outputs);
        token = answer[t];
        assert_true(token >= 0 && token < TARGET_TOKENS);
        for (size_t i = 0; i < TARGET_TOKENS; i++)
            if (outputs[i] > outputs[(size_t)token] + tolerance)
                fail_msg("step %zu: %g is larger than %g", t, (double)outputs[i],
                         (double)outputs[(size_t)token]);
    }
    free(state);
}

static void check_pair(struct eddy_layer_shape cell, const char *preset)
{
    struct eddy_model *encoder, *decoder, *pair;
    float x[SOURCE], y[ANSWER];
    make_halves(cell, &encoder, &decoder);
    assert_int_equal(eddy_model_join(context, encoder, decoder, &pair), EDDY_OK);
    for (size_t t = 0; t < SOURCE; t++)
        x[t] = (float)random_between(&numbers, 0, SOURCE_TOKENS - 1);
    assert_int_equal(eddy_model_translate(context, pair, SOURCE, x, 2, ANSWER, y), EDDY_OK);
    expect_answer(encoder, decoder, x, 2, y, 0);
    struct running r = start(
        pair, (struct eddy_compile_options){.preset = preset, .feedback = true, .largest = true});
    assert_int_equal(eddy_stream_translate(r.stream, SOURCE, x, 2, ANSWER, y), EDDY_OK);
    expect_answer(encoder, decoder, x, 2, y, 0.02f);
    float again[ANSWER];
    assert_int_equal(eddy_stream_translate(r.stream, SOURCE, x, 2, ANSWER, again), EDDY_OK);
    assert_memory_equal(again, y, sizeof y);

    /* Through an image. */
    char path[] = "/tmp/eddy-pair-XXXXXX";
    struct eddy_program *read;
    close(mkstemp(path));
    assert_int_equal(eddy_program_write(context, r.program, path), EDDY_OK);
    assert_int_equal(eddy_program_read(context, path, &read), EDDY_OK);
    unlink(path);
    eddy_stream_close(r.stream);
    assert_int_equal(eddy_device_load(r.device, read), EDDY_OK);
    assert_int_equal(eddy_stream_open(r.device, &r.stream), EDDY_OK);
    assert_int_equal(eddy_stream_translate(r.stream, SOURCE, x, 2, ANSWER, again), EDDY_OK);
    assert_memory_equal(again, y, sizeof y);
    size_t n_out;
    assert_int_equal(eddy_stream_step(r.stream, 1, x, y), EDDY_ERROR_UNSUPPORTED);
    assert_int_equal(eddy_stream_sequence(r.stream, SOURCE, x, y, &n_out), EDDY_ERROR_UNSUPPORTED);
    assert_int_equal(eddy_stream_translate(r.stream, SOURCE, x, TARGET_TOKENS, 1, y),
                     EDDY_ERROR_RANGE);
    assert_int_equal(eddy_stream_translate(r.stream, 0, x, 0, 1, y), EDDY_ERROR_SHAPE);
    x[3] = SOURCE_TOKENS;
    assert_int_equal(eddy_stream_translate(r.stream, SOURCE, x, 0, 1, y), EDDY_ERROR_RANGE);
    stop(&r);
    eddy_program_free(read);
    eddy_model_free(pair);
    eddy_model_free(encoder);
    eddy_model_free(decoder);
}

static void the_decoder_begins_where_the_encoder_ended(void **state)
{
    (void)state;
    const enum eddy_activation tanh_ = EDDY_ACTIVATION_TANH;
    const struct eddy_layer_shape cells[] = {
        {EDDY_CELL_RNN, tanh_, 11},
        {EDDY_CELL_GRU, tanh_, 11},
        {.cell = EDDY_CELL_GRU, .activation = tanh_, .n_out = 11, .linear_before_reset = true},
        {EDDY_CELL_LSTM, tanh_, 11},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        check_pair(cells[i], "sim-small");
}

static void halves_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct eddy_model *encoder, *decoder, *pair, *other;
    make_halves((struct eddy_layer_shape){EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 5}, &encoder,
                &decoder);
    assert_int_equal(eddy_model_join(context, decoder, encoder, &pair), EDDY_ERROR_SHAPE);
    assert_null(pair);
    other = make(3, 1, &(struct eddy_layer_shape){EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 5});
    assert_int_equal(eddy_model_join(context, other, decoder, &pair), EDDY_ERROR_SHAPE);
    eddy_model_free(other);
    assert_int_equal(eddy_model_join(context, encoder, decoder, &pair), EDDY_OK);
    assert_int_equal(eddy_model_join(context, pair, decoder, &other), EDDY_ERROR_SHAPE);
    struct eddy_program *program;
    assert_int_equal(eddy_program_compile(context, pair, NULL, &program), EDDY_ERROR_UNSUPPORTED);
    assert_int_equal(eddy_model_write_onnx(context, pair, "/tmp/x"), EDDY_ERROR_UNSUPPORTED);
    const float x = 0;
    float y;
    assert_int_equal(eddy_model_translate(context, encoder, 1, &x, 0, 1, &y), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_model_translate(context, pair, 0, &x, 0, 1, &y), EDDY_ERROR_SHAPE);
    size_t n_out;
    assert_int_equal(eddy_model_run_sequence(context, pair, NULL, 1, &x, &y, &n_out, NULL, NULL),
                     EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_model_translate(context, pair, 1, &x, 6, 1, &y), EDDY_ERROR_RANGE);
    eddy_model_free(pair);
    eddy_model_free(encoder);
    eddy_model_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_is_that_of_the_scaled_outputs),
        cmocka_unit_test(generation_goes_on_where_it_was),
        cmocka_unit_test(the_decoder_begins_where_the_encoder_ended),
        cmocka_unit_test(halves_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
