/* test_packets.c -- malformed requests: the device answers errors, keeps weights and state, and
 * serves the next good packet. Runs on cpu: and, with EDDY_TEST_DEVICE, on any other device. */
#include "../support/random_program.h"
#include "lib/device.h"
#include "lib/request.h"
#include "model/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER_ROOM 65536

static struct eddy_context *context;
static struct eddy_device *device;
static struct eddy_program *program;
static struct eddy_stream *stream;
static struct random rng;

static int open_loaded(void **state)
{
    (void)state;
    const char *uri = getenv("EDDY_TEST_DEVICE");
    rng.state = 5;
    int error = eddy_context_open(&context);
    error = error || eddy_device_open(context, uri ? uri : "cpu:", &device);
    if (error)
        return error;
    program = random_program(
        &rng, device->preset,
        &(struct random_limits){.layers = 2, .units = 20, .columns = 6, .causal = true});
    error = !program || eddy_device_load(device, program);
    return error || eddy_stream_open(device, &stream);
}

static int close_loaded(void **state)
{
    (void)state;
    eddy_stream_close(stream);
    eddy_device_close(device);
    eddy_program_free(program);
    eddy_context_close(context);
    return 0;
}

/* Sends words, expects answers of these statuses, each without payload, in this order, and nothing else. */
static void expect_statuses(const uint16_t *words, size_t n_words, const uint16_t *statuses,
                            size_t n_statuses)
{
    uint16_t *answer = malloc(ANSWER_ROOM * sizeof *answer);
    size_t received;
    assert_int_equal(eddy_device_exchange(device, words, n_words, answer, ANSWER_ROOM, &received),
                     EDDY_OK);
    assert_int_equal(received, n_statuses * PACKET_HEADER_WORDS);
    for (size_t n = 0; n < n_statuses; n++) {
        struct answer_header header;
        assert_true(packet_read_answer(answer + n * PACKET_HEADER_WORDS, &header));
        assert_int_equal(header.status, statuses[n]);
        assert_int_equal(header.length_words, 0);
    }
    free(answer);
}

/* The device still has program, weights and state: it goes on exactly as the reference does. */
static void expect_unharmed(int16_t *reference_state)
{
    const size_t inputs = program_inputs(program), answered = program_answered(program);
    int16_t *x = malloc(3 * inputs * sizeof *x);
    int16_t *y = malloc(3 * answered * sizeof *y), *expected = malloc(3 * answered * sizeof *y);
    struct clipped clipped = {0};
    random_inputs(&rng, program, 0, false, 3, (uint16_t *)x);
    reference_run(program, 0, reference_state, 3, x, expected, &clipped);
    assert_int_equal(eddy_stream_step_fixed(stream, 3, x, y), EDDY_OK);
    assert_memory_equal(y, expected, 3 * answered * sizeof *y);
    free(x);
    free(y);
    free(expected);
}

static void test_refused_requests_are_skipped(void **state)
{
    (void)state;
    const struct eddy_preset *p = eddy_preset_at(0);
    const uint32_t column_words = p->lanes * (uint32_t)p->weight_bits / 16;
    const uint16_t inputs = (uint16_t)program_inputs(program);
    const struct {
        struct request_header header;
        uint16_t status;
    } cases[] = {
        {{.opcode = 0}, PACKET_STATUS_OPCODE},
        {{.opcode = 99, .length_words = 20}, PACKET_STATUS_OPCODE},
        {{.opcode = PACKET_QUERY, .stream = (uint8_t)p->streams}, PACKET_STATUS_STREAM},
        {{.opcode = PACKET_QUERY, .length_words = 3}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_PROGRAM, .argument = 0}, PACKET_STATUS_RANGE},
        {{.opcode = PACKET_PROGRAM, .argument = (uint16_t)(p->descriptors + 1)},
         PACKET_STATUS_RANGE},
        {{.opcode = PACKET_PROGRAM, .argument = 1, .length_words = 5}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_WEIGHTS, .length_words = 0}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_WEIGHTS, .length_words = column_words - 1}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_WEIGHTS,
          .argument = (uint16_t)(p->weight_words - 1),
          .length_words = 2 * column_words},
         PACKET_STATUS_RANGE},
        {{.opcode = PACKET_ROWS, .argument = p->rows, .length_words = ROW_WORDS},
         PACKET_STATUS_RANGE},
        {{.opcode = PACKET_RUN, .argument = 0}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_RUN, .argument = 2, .length_words = inputs}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_WRITE_STATE, .length_words = 1}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_READ_STATE, .length_words = 1}, PACKET_STATUS_LENGTH},
        {{.opcode = PACKET_RESET, .length_words = 1}, PACKET_STATUS_LENGTH},
    };
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t words[PACKET_HEADER_WORDS + 64] = {0};
        packet_write_request(&cases[i].header, words);
        expect_statuses(words, PACKET_HEADER_WORDS + cases[i].header.length_words, &cases[i].status,
                        1);
        expect_unharmed(reference);
    }
    free(reference);
}

/* Sends descriptors as a program. */
static void send_program(const uint64_t *descriptors, size_t n, uint16_t status)
{
    const size_t n_words = n * DESCRIPTOR_WORDS;
    uint16_t *words = malloc((PACKET_HEADER_WORDS + n_words) * sizeof *words);
    packet_write_request(&(struct request_header){.opcode = PACKET_PROGRAM,
                                                  .argument = (uint16_t)n,
                                                  .length_words = (uint32_t)n_words},
                         words);
    for (size_t k = 0; k < n_words; k++)
        words[PACKET_HEADER_WORDS + k] =
            (uint16_t)(descriptors[k / DESCRIPTOR_WORDS] >> 16 * (k % DESCRIPTOR_WORDS));
    expect_statuses(words, PACKET_HEADER_WORDS + n_words, &status, 1);
    free(words);
}

static void expect_no_program(void)
{
    uint16_t words[PACKET_HEADER_WORDS];
    const uint16_t status = PACKET_STATUS_PROGRAM;
    packet_write_request(&(struct request_header){.opcode = PACKET_RESET}, words);
    expect_statuses(words, PACKET_HEADER_WORDS, &status, 1);
}

#define SEGMENT(...) segment_pack((struct segment){__VA_ARGS__})
#define DRAIN(...) drain_pack((struct drain){__VA_ARGS__})
#define X_OF(n) .source = SOURCE_DATA, .length = (n), .current = true
#define H .source = SOURCE_STATE, .length = 2, .weight = 3
#define ROWS_OF(n) .groups = (n), .phase = {.destination = DESTINATION_STATE}

static uint64_t pass_of(bool swaps, unsigned inputs, unsigned answered, unsigned units,
                        unsigned feedback, unsigned length)
{
    return pass_pack((struct pass){.swaps = swaps,
                                   .inputs = (uint16_t)inputs,
                                   .answered = (uint16_t)answered,
                                   .units = (uint16_t)units,
                                   .feedback = (uint16_t)feedback,
                                   .length = (uint16_t)length});
}

/* Two units of x_t, three numbers, and h; then two of x_t alone, whose outputs are answered. */
static void small_program(uint64_t d[6])
{
    d[0] = pass_of(true, 3, 2, 2, 0, 5);
    d[1] = SEGMENT(X_OF(3));
    d[2] = SEGMENT(H, .ends_block = true);
    d[3] = DRAIN(ROWS_OF(2), .releases = true);
    d[4] = SEGMENT(.source = SOURCE_KEPT, .length = 3, .ends_block = true, .stop = true);
    d[5] = DRAIN(ROWS_OF(2), .emit = true, .releases = true);
}

/* A program that the device cannot hold, or that would not end, is refused and leaves none; weights and states stay. */
static void test_refused_program_leaves_none(void **state)
{
    (void)state;
    const struct eddy_preset *p = eddy_preset_at(0);
    const struct {
        size_t at;
        uint64_t descriptor;
    } faults[] = {
        {0, 3},
        {0, SEGMENT(H)},
        {0, pass_of(false, 3, 2, 2, 0, 5)},
        {0, pass_of(true, 0, 2, 2, 0, 5)},
        {0, pass_of(true, 2, 2, 2, 0, 5)},
        {0, pass_of(true, p->input_rows + 1, 2, 2, 0, 5)},
        {0, pass_of(true, 3, 3, 2, 0, 5)},
        {0, pass_of(true, 3, 2, p->state_rows + 1, 0, 5)},
        {0, pass_of(true, 3, 2, 2, p->state_rows - 2, 5)},
        {0, pass_of(true, 3, 2, 2, 0, 4)},
        {0, pass_of(true, 3, 2, 2, 0, 6)},
        {0, pass_of(true, 3, 2, 2, 0, 0)},
        {1, pass_of(true, 3, 2, 2, 0, 5)},
        {1, SEGMENT(H)},
        {1, SEGMENT(X_OF(2))},
        {1, SEGMENT(X_OF(3), .stop = true)},
        {1, SEGMENT(X_OF(3), .ends_block = true)},
        {1, DRAIN(ROWS_OF(2))},
        {2, SEGMENT(H)},
        {2, SEGMENT(H, .ends_block = true, .stop = true)},
        {2, SEGMENT(X_OF(3), .ends_block = true)},
        {2, SEGMENT(.source = SOURCE_STATE, .ends_block = true)},
        {2, SEGMENT(.source = SOURCE_STATE, .length = 2, .ends_block = true,
                    .weight = (uint16_t)(p->weight_words - 1))},
        {2, SEGMENT(.source = SOURCE_STATE, .length = 2, .ends_block = true,
                    .address = p->state_rows - 1u)},
        {2, SEGMENT(.source = SOURCE_STATE, .length = 2, .ends_block = true, .address = 0x80000)},
        {2, DRAIN(ROWS_OF(2), .releases = true)},
        {3, DRAIN(ROWS_OF(2))},
        {3, DRAIN(ROWS_OF(2), .emit = true, .releases = true)},
        {3, SEGMENT(H, .ends_block = true)},
        {4, SEGMENT(.source = SOURCE_KEPT, .length = 3, .ends_block = true)},
        {4, SEGMENT(.source = SOURCE_KEPT, .length = 3, .stop = true)},
        {4, DRAIN(ROWS_OF(2), .releases = true)},
        {5, DRAIN(ROWS_OF(2), .emit = true)},
        {5, DRAIN(ROWS_OF(1), .emit = true, .releases = true)},
        {5, DRAIN(ROWS_OF(2), .releases = true)},
        {5, DRAIN(ROWS_OF((uint8_t)(p->lanes + 1)), .emit = true, .releases = true)},
        {5, DRAIN(ROWS_OF(2), .emit = true, .releases = true, .home = 1)},
        {5, DRAIN(ROWS_OF(2), .emit = true, .releases = true, .row = (uint16_t)(p->rows - 1))},
        {5,
         DRAIN(ROWS_OF(2), .emit = true, .releases = true, .place = (uint16_t)(p->state_rows - 1))},
        {5, DRAIN(.groups = 2, .emit = true, .releases = true, .phase = {.factor = FACTORS})},
        {5, DRAIN(.groups = 2, .emit = true, .releases = true,
                  .phase = {.destination = DESTINATIONS})},
    };
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    uint64_t d[7] = {0};
    small_program(d);
    send_program(d, 6, PACKET_STATUS_OK);
    send_program(d, 5, PACKET_STATUS_RANGE);
    send_program(d, 7, PACKET_STATUS_RANGE);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        small_program(d);
        d[faults[i].at] = faults[i].descriptor;
        send_program(d, 6, PACKET_STATUS_RANGE);
        expect_no_program();
        send_program(program->descriptors, program->n_descriptors, PACKET_STATUS_OK);
        expect_unharmed(reference);
    }
    free(reference);
}

static void test_runs_need_a_program(void **state)
{
    (void)state;
    if (getenv("EDDY_TEST_DEVICE"))
        skip(); /* this one needs a device that was never loaded */
    struct eddy_device *loaded = device;
    assert_int_equal(eddy_device_open(context, "cpu:preset=sim-small-w8", &device), EDDY_OK);
    for (uint8_t opcode = PACKET_RUN; opcode <= PACKET_RESET; opcode++) {
        uint16_t words[PACKET_HEADER_WORDS];
        const uint16_t status = PACKET_STATUS_PROGRAM;
        packet_write_request(&(struct request_header){.opcode = opcode}, words);
        expect_statuses(words, PACKET_HEADER_WORDS, &status, 1);
    }
    eddy_device_close(device);
    device = loaded;
}

static void test_random_words_do_no_harm(void **state)
{
    (void)state;
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    for (int round = 0; round < 50; round++) {
        uint16_t words[300];
        const size_t n = (size_t)random_between(&rng, PACKET_HEADER_WORDS, 300);
        for (size_t i = 0; i < n; i++)
            words[i] = (uint16_t)(random_next(&rng) >> 20);
        /* Magic in every other word: headers that only the check can refuse. */
        for (size_t i = 0; i < n && round % 2; i += 2)
            words[i] = (uint16_t)(PACKET_MAGIC << 8 | (words[i] & 0xff));
        const uint16_t status = PACKET_STATUS_HEADER;
        expect_statuses(words, n, &status, 1);
        expect_unharmed(reference);
    }
    free(reference);
}

static void test_flipped_bits_in_a_header_are_noticed(void **state)
{
    (void)state;
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    for (int bit = 0; bit < 16 * PACKET_HEADER_WORDS; bit++) {
        uint16_t words[PACKET_HEADER_WORDS];
        const uint16_t status = PACKET_STATUS_HEADER;
        packet_write_request(&(struct request_header){.opcode = PACKET_RESET}, words);
        words[bit / 16] ^= (uint16_t)(1 << bit % 16);
        expect_statuses(words, PACKET_HEADER_WORDS, &status, 1);
        expect_unharmed(reference);
    }
    free(reference);
}

static void test_no_packet_is_longer_than_its_length_field_allows(void **state)
{
    (void)state;
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    uint16_t words[PACKET_HEADER_WORDS];
    const uint16_t no_header = PACKET_STATUS_HEADER;
    packet_write_request(
        &(struct request_header){.opcode = PACKET_QUERY,
                                 .length_words = UINT32_C(1) << PACKET_LENGTH_BITS},
        words);
    expect_statuses(words, PACKET_HEADER_WORDS, &no_header, 1);
    expect_unharmed(reference);
    free(reference);
}

static void test_last_only_answers_the_last_step(void **state)
{
    (void)state;
    const size_t inputs = program_inputs(program), answered = program_answered(program);
    const size_t steps = 5;
    uint16_t *words = malloc((PACKET_HEADER_WORDS + steps * inputs) * sizeof *words);
    int16_t *expected = malloc(steps * answered * sizeof *expected);
    int16_t *reference = calloc(program_state_words(program), sizeof *reference);
    uint16_t answer[512];
    size_t received;
    packet_write_request(
        &(struct request_header){.opcode = PACKET_RUN,
                                 .flags = PACKET_FLAG_RESET | PACKET_FLAG_LAST_ONLY,
                                 .argument = (uint16_t)steps,
                                 .length_words = (uint32_t)(steps * inputs)},
        words);
    struct clipped clipped = {0};
    random_inputs(&rng, program, 0, false, steps, words + PACKET_HEADER_WORDS);
    for (int round = 0; round < 2; round++) { /* the second one must begin at zero again */
        memset(reference, 0, program_state_words(program) * sizeof *reference);
        reference_run(program, 0, reference, steps, (int16_t *)words + PACKET_HEADER_WORDS,
                      expected, &clipped);
        assert_int_equal(eddy_device_exchange(device, words, PACKET_HEADER_WORDS + steps * inputs,
                                              answer, 512, &received),
                         EDDY_OK);
        assert_int_equal(received, PACKET_HEADER_WORDS + answered + ANSWER_RUN_TRAILER_WORDS);
        assert_memory_equal(answer + PACKET_HEADER_WORDS, expected + (steps - 1) * answered,
                            answered * sizeof *expected);
    }
    expect_unharmed(reference);
    free(words);
    free(expected);
    free(reference);
}

static void test_a_header_tells_where_its_answer_ends(void **state)
{
    enum { WHOLE = PACKET_HEADER_WORDS + ID_WORDS, ROOM = 500 };
    static const uint8_t opcodes[] = {PACKET_QUERY, 0x7e};
    static const size_t lengths[] = {WHOLE, PACKET_HEADER_WORDS};
    uint16_t request[PACKET_HEADER_WORDS], answer[ROOM];
    size_t received;
    (void)state;
    for (int i = 0; i < 2; i++) {
        packet_write_request(&(struct request_header){.opcode = opcodes[i]}, request);
        assert_int_equal(
            eddy_device_exchange(device, request, PACKET_HEADER_WORDS, answer, ROOM, &received),
            EDDY_OK);
        assert_int_equal(received, lengths[i]);
        assert_int_equal(packet_answer_words(answer, PACKET_HEADER_WORDS - 1, ROOM), ROOM);
        assert_int_equal(packet_answer_words(answer, PACKET_HEADER_WORDS, ROOM), lengths[i]);
        assert_int_equal(packet_answer_words(answer, received, WHOLE - 1),
                         i ? PACKET_HEADER_WORDS : WHOLE - 1);
        assert_int_equal(packet_answer_words(answer, 3, 3), 3);
    }
    answer[0] ^= 1;
    assert_int_equal(packet_answer_words(answer, received, ROOM), PACKET_HEADER_WORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused_requests_are_skipped, open_loaded,
                                        close_loaded),
        cmocka_unit_test_setup_teardown(test_refused_program_leaves_none, open_loaded,
                                        close_loaded),
        cmocka_unit_test_setup_teardown(test_runs_need_a_program, open_loaded, close_loaded),
        cmocka_unit_test_setup_teardown(test_random_words_do_no_harm, open_loaded, close_loaded),
        cmocka_unit_test_setup_teardown(test_flipped_bits_in_a_header_are_noticed, open_loaded,
                                        close_loaded),
        cmocka_unit_test_setup_teardown(test_no_packet_is_longer_than_its_length_field_allows,
                                        open_loaded, close_loaded),
        cmocka_unit_test_setup_teardown(test_a_header_tells_where_its_answer_ends, open_loaded,
                                        close_loaded),
        cmocka_unit_test_setup_teardown(test_last_only_answers_the_last_step, open_loaded,
                                        close_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
