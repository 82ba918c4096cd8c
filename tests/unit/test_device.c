/* test_device.c -- the engine, compiled natively, against plain loops; streams, state and refusals. */
#include "../support/context.h"
#include "../support/random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct eddy_device *open_cpu(const struct eddy_preset *preset)
{
    char uri[64];
    struct eddy_device *device;
    snprintf(uri, sizeof uri, "cpu:preset=%s", preset->name);
    assert_int_equal(eddy_device_open(context, uri, &device), EDDY_OK);
    return device;
}

static int16_t *random_input(struct random *random, const struct eddy_program *program, size_t n)
{
    int16_t *x = malloc(n * program_inputs(program) * sizeof *x);
    random_inputs(random, program, 0, false, n, (uint16_t *)x);
    return x;
}

/* Runs one random program in pieces on the device and at once in the reference. */
static void check_random_program(struct random *random, struct eddy_device *device,
                                 const struct eddy_preset *preset)
{
    const struct random_limits limits = {.layers = 4,
                                         .units = 40,
                                         .columns = 30,
                                         .extreme = !random_between(random, 0, 3),
                                         .causal = true};
    struct eddy_program *program = random_program(random, preset, &limits);
    const size_t steps = (size_t)random_between(random, 1, 20);
    const size_t inputs = program_inputs(program), answered = program_answered(program);
    const size_t units = program->passes[0].state_units;
    int16_t *x = random_input(random, program, steps);
    int16_t *y = malloc(steps * answered * sizeof *y),
            *expected = malloc(steps * answered * sizeof *y);
    int16_t *state = calloc(2 * units, sizeof *state), *read = malloc(2 * units * sizeof *read);
    struct eddy_stream *stream;
    struct eddy_counters counters;
    struct clipped clipped = {0};
    reference_run(program, 0, state, steps, x, expected, &clipped);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
    const size_t half = steps / 2;
    assert_int_equal(eddy_stream_step_fixed(stream, half, x, y), EDDY_OK);
    assert_int_equal(
        eddy_stream_step_fixed(stream, steps - half, x + half * inputs, y + half * answered),
        EDDY_OK);
    assert_memory_equal(y, expected, steps * answered * sizeof *y);
    assert_int_equal(eddy_stream_get_state(stream, read), EDDY_OK);
    for (size_t l = 0, place = 0; l < program->n_layers; l++) {
        const struct program_layer *layer = &program->layers[l];
        const bool gated = layer->cell == EDDY_CELL_LSTM || layer->cell == EDDY_CELL_GRU;
        if (!layer->largest)
            assert_memory_equal(read + place, state + place, layer->n_hidden * sizeof *read);
        if (gated)
            assert_memory_equal(read + units + place, state + units + place,
                                layer->n_hidden * sizeof *read);
        place += program_padded(preset, layer->n_hidden);
    }
    eddy_stream_get_counters(stream, &counters);
    assert_int_equal(counters.steps, steps);
    assert_int_equal(counters.clipped_argument, counters.counts_all ? clipped.argument : 0);
    assert_int_equal(counters.clipped_output, clipped.output);
    assert_int_equal(counters.clipped_cell, clipped.cell);
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    assert_int_equal(counters.columns, steps * info.columns_per_step);
    eddy_stream_close(stream);
    eddy_program_free(program);
    free(x);
    free(y);
    free(expected);
    free(state);
    free(read);
}

static void test_random_programs_equal_plain_loops(void **state)
{
    (void)state;
    struct random random = {20261123};
    for (size_t p = 0; p < eddy_preset_count(); p++) {
        struct eddy_device *device = open_cpu(eddy_preset_at(p));
        for (int n = 0; n < 100; n++)
            check_random_program(&random, device, eddy_preset_at(p));
        eddy_device_close(device);
    }
}

static void test_streams_do_not_leak_into_each_other(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    struct random random = {7};
    struct eddy_device *device = open_cpu(preset);
    struct eddy_program *program = random_program(
        &random, preset,
        &(struct random_limits){.layers = 2, .units = 20, .columns = 5, .causal = true});
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    const size_t answered = program_answered(program);
    struct eddy_stream *streams[8], *ninth;
    int16_t *reference[8], *y = malloc(answered * sizeof *y),
                           *expected = malloc(answered * sizeof *y);
    for (int s = 0; s < 8; s++) {
        assert_int_equal(eddy_stream_open(device, &streams[s]), EDDY_OK);
        reference[s] = calloc(program_state_words(program), sizeof *reference[s]);
    }
    struct clipped clipped = {0};
    assert_int_equal(eddy_stream_open(device, &ninth), EDDY_ERROR_CAPACITY);
    for (int n = 0; n < 200; n++) {
        const int s = random_between(&random, 0, 7);
        int16_t *x = random_input(&random, program, 1);
        reference_run(program, 0, reference[s], 1, x, expected, &clipped);
        assert_int_equal(eddy_stream_step_fixed(streams[s], 1, x, y), EDDY_OK);
        assert_memory_equal(y, expected, answered * sizeof *y);
        free(x);
    }
    for (int s = 0; s < 8; s++) {
        eddy_stream_close(streams[s]);
        free(reference[s]);
    }
    free(y);
    free(expected);
    eddy_program_free(program);
    eddy_device_close(device);
}

/* All streams at once give what each alone gives, from states of their own. */
static void test_streams_side_by_side_equal_plain_loops(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    struct random random = {13};
    struct eddy_device *device = open_cpu(preset);
    for (int round = 0; round < 20; round++) {
        struct eddy_program *program = random_program(
            &random, preset,
            &(struct random_limits){.layers = 3, .units = 20, .columns = 6, .causal = true});
        const size_t n_streams = (size_t)random_between(&random, 2, 8), steps = 5;
        const size_t inputs = program_inputs(program), answered = program_answered(program);
        struct eddy_stream *streams[8];
        struct clipped clipped = {0};
        int16_t *x = random_input(&random, program, steps * n_streams);
        int16_t *y = malloc(steps * n_streams * answered * sizeof *y);
        int16_t *expected = malloc(answered * sizeof *expected);
        assert_int_equal(eddy_device_load(device, program), EDDY_OK);
        for (size_t k = 0; k < n_streams; k++)
            assert_int_equal(eddy_stream_open(device, &streams[k]), EDDY_OK);
        assert_int_equal(eddy_streams_step_fixed(streams, n_streams, steps, x, y), EDDY_OK);
        for (size_t k = 0; k < n_streams; k++) {
            int16_t *reference = calloc(program_state_words(program), sizeof *reference);
            for (size_t t = 0; t < steps; t++) {
                const size_t at = t * n_streams + k;
                reference_run(program, 0, reference, 1, x + at * inputs, expected, &clipped);
                assert_memory_equal(y + at * answered, expected, answered * sizeof *y);
            }
            free(reference);
        }
        struct eddy_stream *swapped[2] = {streams[1], streams[0]};
        assert_int_equal(eddy_streams_step_fixed(swapped, 2, 1, x, y), EDDY_ERROR_ARGUMENT);
        for (size_t k = 0; k < n_streams; k++)
            eddy_stream_close(streams[k]);
        eddy_program_free(program);
        free(x);
        free(y);
        free(expected);
    }
    eddy_device_close(device);
}

/* Outputs that become inputs on the device: numbers, and tokens through an embedding. */
static void test_generation_feeds_back(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    struct random random = {17};
    struct eddy_device *device = open_cpu(preset);
    int of_tokens = 0, of_numbers = 0;
    while (of_tokens < 3 || of_numbers < 10) {
        struct eddy_program *program = random_program(
            &random, preset,
            &(struct random_limits){.layers = 3, .units = 12, .columns = 12, .causal = true});
        const size_t steps = 300, answered = program_answered(program);
        struct eddy_stream *stream;
        struct clipped clipped = {0};
        int16_t *x = random_input(&random, program, 1);
        int16_t *y = malloc(steps * answered * sizeof *y);
        int16_t *expected = malloc(answered * sizeof *expected);
        int16_t *reference = calloc(program_state_words(program), sizeof *reference);
        assert_int_equal(eddy_device_load(device, program), EDDY_OK);
        assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
        if (!program->feedback || answered != program_outputs(program)) {
            if (!program->feedback)
                assert_int_equal(eddy_stream_generate_fixed(stream, 1, x, y),
                                 EDDY_ERROR_UNSUPPORTED);
        } else {
            *(program_takes_tokens(program) ? &of_tokens : &of_numbers) += 1;
            assert_int_equal(eddy_stream_generate_fixed(stream, steps, x, y), EDDY_OK);
            for (size_t t = 0; t < steps; t++) {
                reference_run(program, 0, reference, 1, t ? y + (t - 1) * answered : x, expected,
                              &clipped);
                assert_memory_equal(y + t * answered, expected, answered * sizeof *y);
            }
        }
        eddy_stream_close(stream);
        eddy_program_free(program);
        free(x);
        free(y);
        free(expected);
        free(reference);
    }
    eddy_device_close(device);
}

/* The outputs of the last layer. */
struct sequence {
    size_t layer, n_steps, n_out;
    int16_t y[64 * 64];
};

static void keep_sequence(void *user, size_t layer, size_t n_steps, size_t n_out, const int16_t *y)
{
    struct sequence *s = user;
    s->layer = layer;
    s->n_steps = n_steps;
    s->n_out = n_out;
    memcpy(s->y, y, n_steps * n_out * sizeof *y);
}

/* They would read the weights of whatever was loaded before: another answer on every device. */
static void test_tokens_that_the_embedding_has_not_are_refused(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    const struct program_layer layers[] = {
        {.cell = EDDY_CELL_EMBEDDING, .n_in = 5, .n_hidden = 3, .out_fraction_bits = 15},
        {.cell = EDDY_CELL_DENSE,
         .n_in = 3,
         .n_hidden = 5,
         .out_fraction_bits = 15,
         .largest = true,
         .emit = true}};
    static const int16_t unknown[][2] = {{5, 0}, {0, 5}, {-1, 0}, {4, INT16_MIN}, {INT16_MAX, 0}};
    const int16_t known[] = {4, 0};
    struct eddy_device *device = open_cpu(preset);
    struct eddy_program *program;
    struct eddy_stream *streams[2];
    struct sequence got;
    int16_t y[2];
    assert_int_equal(program_create(context, preset, 2, 0, layers, true, &program), EDDY_OK);
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    for (int k = 0; k < 2; k++)
        assert_int_equal(eddy_stream_open(device, &streams[k]), EDDY_OK);
    for (size_t n = 0; n < sizeof unknown / sizeof *unknown; n++) {
        const int16_t *x = unknown[n], *bad = x + (x[0] >= 0 && x[0] < 5);
        assert_int_equal(eddy_stream_step_fixed(streams[0], 2, x, y), EDDY_ERROR_RANGE);
        assert_non_null(strstr(eddy_last_error(context), "tokens 0 to 4"));
        assert_int_equal(eddy_streams_step_fixed(streams, 2, 1, x, y), EDDY_ERROR_RANGE);
        assert_int_equal(eddy_stream_sequence_fixed(streams[0], 2, x, keep_sequence, &got),
                         EDDY_ERROR_RANGE);
        assert_int_equal(eddy_stream_generate_fixed(streams[0], 2, bad, y), EDDY_ERROR_RANGE);
    }
    assert_int_equal(eddy_stream_step_fixed(streams[0], 2, known, y), EDDY_OK);
    assert_int_equal(eddy_stream_generate_fixed(streams[0], 2, known, y), EDDY_OK);
    for (int k = 0; k < 2; k++)
        eddy_stream_close(streams[k]);
    eddy_program_free(program);
    eddy_device_close(device);
}

/* One layer over a sequence in the reference: x (*n_steps, inputs) -> y (*n_steps, outputs). */
static void reference_layer(const struct eddy_program *program, size_t pass, size_t *n_steps,
                            const int16_t *x, int16_t *y)
{
    const struct program_layer *layer = &program->layers[program->passes[pass].first_layer];
    const size_t directions = layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    const size_t units = layer->n_hidden, inputs = program->passes[pass].inputs;
    struct clipped clipped = {0};
    for (size_t d = 0; d < directions; d++) {
        int16_t state[256] = {0}, out[64];
        const bool back = program->passes[pass + d].reverse;
        for (size_t k = 0; k < *n_steps; k++) {
            const size_t t = back ? *n_steps - 1 - k : k, to = layer->last_only ? 0 : t;
            reference_run(program, pass + d, state, 1, x + t * inputs, out, &clipped);
            memcpy(y + (to * directions + d) * units, out, units * sizeof *y);
        }
    }
    *n_steps = layer->last_only ? 1 : *n_steps;
}

/* Layers of every direction, each a pass of its own, through whole sequences. */
static void test_sequences_equal_plain_loops(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    struct random random = {19};
    struct eddy_device *device = open_cpu(preset);
    for (int round = 0; round < 60;) {
        struct eddy_program *program = random_program(
            &random, preset,
            &(struct random_limits){.layers = 3, .units = 9, .columns = 6, .emit_all = true});
        bool apart = !program->layers[program->n_layers - 1].largest;
        for (size_t n = 0; n < program->n_passes; n++)
            apart = apart && program->passes[n].n_layers == 1;
        if (apart) {
            static struct sequence got;
            int16_t a[1024], b[1024];
            size_t n_steps = (size_t)random_between(&random, 1, 20), expected_steps = n_steps;
            int16_t *x = random_input(&random, program, n_steps), *in = a, *out = b;
            struct eddy_stream *stream;
            memcpy(in, x, n_steps * program_inputs(program) * sizeof *x);
            for (size_t n = 0; n < program->n_passes; n++) {
                if (program->passes[n].joins)
                    continue;
                reference_layer(program, n, &expected_steps, in, out);
                int16_t *swap = in;
                in = out;
                out = swap;
            }
            assert_int_equal(eddy_device_load(device, program), EDDY_OK);
            assert_int_equal(eddy_stream_open(device, &stream), EDDY_OK);
            assert_int_equal(eddy_stream_sequence_fixed(stream, n_steps, x, keep_sequence, &got),
                             EDDY_OK);
            assert_int_equal(got.layer, program->n_layers - 1);
            assert_int_equal(got.n_steps, expected_steps);
            assert_memory_equal(got.y, in, expected_steps * got.n_out * sizeof *in);
            if (!program_is_causal(program))
                assert_int_equal(eddy_stream_step_fixed(stream, 1, x, out), EDDY_ERROR_UNSUPPORTED);
            eddy_stream_close(stream);
            free(x);
            round++;
        }
        eddy_program_free(program);
    }
    eddy_device_close(device);
}

static void test_state_can_be_moved_and_reset(void **state)
{
    (void)state;
    const struct eddy_preset *preset = eddy_preset_at(0);
    struct random random = {11};
    struct eddy_device *device = open_cpu(preset);
    struct eddy_program *program = random_program(
        &random, preset,
        &(struct random_limits){.layers = 3, .units = 20, .columns = 5, .causal = true});
    assert_int_equal(eddy_device_load(device, program), EDDY_OK);
    struct eddy_stream *a, *b;
    assert_int_equal(eddy_stream_open(device, &a), EDDY_OK);
    assert_int_equal(eddy_stream_open(device, &b), EDDY_OK);
    const size_t inputs = program_inputs(program), answered = program_answered(program);
    const size_t elems = eddy_stream_state_elems(a);
    int16_t *x = random_input(&random, program, 3);
    int16_t *moved = malloc(elems * sizeof *moved), *zero = calloc(elems, sizeof *zero);
    int16_t *ya = malloc(answered * sizeof *ya), *yb = malloc(answered * sizeof *yb);
    assert_int_equal(eddy_stream_step_fixed(a, 1, x, ya), EDDY_OK);
    assert_int_equal(eddy_stream_step_fixed(a, 1, x + inputs, ya), EDDY_OK);
    assert_int_equal(eddy_stream_get_state(a, moved), EDDY_OK);
    assert_int_equal(eddy_stream_set_state(b, moved), EDDY_OK);
    assert_int_equal(eddy_stream_step_fixed(a, 1, x + 2 * inputs, ya), EDDY_OK);
    assert_int_equal(eddy_stream_step_fixed(b, 1, x + 2 * inputs, yb), EDDY_OK);
    assert_memory_equal(ya, yb, answered * sizeof *ya);
    assert_int_equal(eddy_stream_reset(a), EDDY_OK);
    assert_int_equal(eddy_stream_get_state(a, moved), EDDY_OK);
    assert_memory_equal(moved, zero, elems * sizeof *moved);
    eddy_stream_close(a);
    eddy_stream_close(b);
    eddy_program_free(program);
    eddy_device_close(device);
    free(x);
    free(moved);
    free(zero);
    free(ya);
    free(yb);
}

static void test_wrong_uris_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *detail;
    } cases[] = {
        {"tpu:", "no device 'tpu:'; use cpu:, sim:, usb: or xrt:, eddy devices lists them"},
        {"cpu", "no device 'cpu'; use cpu:, sim:, usb: or xrt:, eddy devices lists them"},
        {"", "no device ''; use cpu:, sim:, usb: or xrt:, eddy devices lists them"},
        {"cpu:preset=huge", "device URI: no preset 'huge'; eddy devices lists them"},
        {"cpu:stall=often",
         "device URI: stall=often is not one of none, cyclic, random, burst, late"},
        {"cpu:colour=red", "device URI: no option 'colour'; there are preset, stall, seed, trace, "
                           "serial, timeout, wait, xclbin, bdf and hash=any"},
        {"cpu:seed=x", "device URI: seed=x is not a number"},
        {"cpu:stall=random", "cpu: has no ports to stall and no signals to trace; use sim:"},
        {"cpu:trace=x.fst", "cpu: has no ports to stall and no signals to trace; use sim:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eddy_device *device;
        assert_int_equal(eddy_device_open(context, cases[i].uri, &device), EDDY_ERROR_ARGUMENT);
        assert_string_equal(eddy_last_error(context), cases[i].detail);
    }
}

static void test_second_cpu_device_is_refused(void **state)
{
    (void)state;
    struct eddy_device *first = open_cpu(eddy_preset_at(0)), *second;
    assert_int_equal(eddy_device_open(context, "cpu:", &second), EDDY_ERROR_DEVICE);
    eddy_device_close(first);
    first = open_cpu(eddy_preset_at(0));
    eddy_device_close(first);
}

static void test_program_of_another_preset_is_refused(void **state)
{
    (void)state;
    struct random random = {3};
    struct eddy_device *device = open_cpu(eddy_preset_at(0));
    struct eddy_program *program = random_program(
        &random, eddy_preset_at(1), &(struct random_limits){.layers = 1, .units = 4, .columns = 4});
    assert_int_equal(eddy_device_load(device, program), EDDY_ERROR_DEVICE);
    eddy_program_free(program);
    eddy_device_close(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_programs_equal_plain_loops),
        cmocka_unit_test(test_streams_do_not_leak_into_each_other),
        cmocka_unit_test(test_streams_side_by_side_equal_plain_loops),
        cmocka_unit_test(test_generation_feeds_back),
        cmocka_unit_test(test_tokens_that_the_embedding_has_not_are_refused),
        cmocka_unit_test(test_sequences_equal_plain_loops),
        cmocka_unit_test(test_state_can_be_moved_and_reset),
        cmocka_unit_test(test_wrong_uris_are_refused),
        cmocka_unit_test(test_second_cpu_device_is_refused),
        cmocka_unit_test(test_program_of_another_preset_is_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
