/* test_card.c -- the kernel's movers, with a loopback in place of the engine, over a memory that is late, pauses, answers
 * with errors and is reset; a watch on the bus finds each breach of AXI. Compiled for each width of the memory port. */
#include "xrt/card.h"
#include "xrt/registers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING_BYTES 4096u
#define RING_WORDS (RING_BYTES / 2)
#define COMMANDS 0x10000u
#define RESULTS 0x22000u
#define PATIENCE_CYCLES 2000000

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t get(struct card *card, uint32_t offset)
{
    uint32_t value;
    assert_true(card_read(card, offset, &value));
    return value;
}

static void put(struct card *card, uint32_t offset, uint32_t value)
{
    assert_true(card_write(card, offset, value));
}

static void start(struct card *card, uint32_t tail, uint32_t end, uint32_t control)
{
    put(card, XRT_OFFSET_COMMANDS, COMMANDS);
    put(card, XRT_OFFSET_COMMANDS + 4, 0);
    put(card, XRT_OFFSET_RESULTS, RESULTS);
    put(card, XRT_OFFSET_RESULTS + 4, 0);
    put(card, XRT_OFFSET_RING_BYTES, RING_BYTES);
    put(card, XRT_OFFSET_COMMAND_TAIL, tail);
    put(card, XRT_OFFSET_RESULT_HEAD, 0);
    put(card, XRT_OFFSET_RESULT_END, end);
    put(card, XRT_OFFSET_CONTROL, control);
    assert_int_equal(get(card, XRT_AP_CTRL) & XRT_AP_IDLE, XRT_AP_IDLE);
    put(card, XRT_AP_CTRL, XRT_AP_START);
    assert_int_equal(get(card, XRT_AP_CTRL) & (XRT_AP_IDLE | XRT_AP_DONE), 0);
}

static void wait_done(struct card *card)
{
    for (unsigned n = 0; n < PATIENCE_CYCLES / 64; n++) {
        card_run(card, 64);
        const uint32_t control = get(card, XRT_AP_CTRL);
        if (control & XRT_AP_DONE) {
            assert_int_equal(control & XRT_AP_IDLE, XRT_AP_IDLE);
            assert_int_equal(get(card, XRT_AP_CTRL) & XRT_AP_DONE, 0);
            return;
        }
    }
    fail_msg("the session does not end: command head %u, result tail %u, status %u",
             get(card, XRT_OFFSET_COMMAND_HEAD), get(card, XRT_OFFSET_RESULT_TAIL),
             get(card, XRT_OFFSET_STATUS));
}

static uint16_t *words_at(struct card *card, uint32_t address)
{
    return (uint16_t *)(void *)(card_memory(card) + address);
}

/* One session of n words, put and taken in pieces of random length. */
static void run_session(struct card *card, uint32_t n_words)
{
    uint16_t *sent = malloc((n_words + 1) * sizeof *sent);
    uint32_t put_words = 0, taken = 0, head = 0;
    for (uint32_t n = 0; n < n_words; n++)
        sent[n] = (uint16_t)random_next();
    start(card, 0, 0, XRT_RESET);
    for (unsigned idle = 0; taken < n_words && idle < PATIENCE_CYCLES / 256; idle++) {
        const uint32_t room = RING_WORDS - (put_words - head), left = n_words - put_words;
        uint32_t n = (uint32_t)(random_next() % (random_next() % 2 ? 700 : 9));
        n = n < room ? n : room;
        n = n < left ? n : left;
        for (uint32_t k = 0; k < n; k++)
            words_at(card, COMMANDS)[(put_words + k) % RING_WORDS] = sent[put_words + k];
        put_words += n;
        if (n)
            put(card, XRT_OFFSET_COMMAND_TAIL, put_words);
        card_run(card, (unsigned)(random_next() % 256));
        head = get(card, XRT_OFFSET_COMMAND_HEAD);
        const uint32_t tail = get(card, XRT_OFFSET_RESULT_TAIL);
        assert_in_range(tail - taken, 0, RING_WORDS);
        for (; taken < tail; taken++, idle = 0)
            assert_int_equal(words_at(card, RESULTS)[taken % RING_WORDS], sent[taken]);
        put(card, XRT_OFFSET_RESULT_HEAD, taken);
    }
    assert_int_equal(taken, n_words);
    put(card, XRT_OFFSET_RESULT_END, n_words);
    put(card, XRT_OFFSET_CONTROL, XRT_STOP);
    wait_done(card);
    assert_int_equal(get(card, XRT_OFFSET_STATUS), 0);
    assert_int_equal(card_broken(card), 0);
    free(sent);
}

static struct card *open_card(struct card_options options)
{
    struct card *card = card_open(&options);
    assert_non_null(card);
    random_state = options.seed;
    return card;
}

static void words_arrive_whatever_the_memory_does(void **state)
{
    static const struct card_options options[] = {
        {.seed = 1},
        {.seed = 2, .latency_max = 3, .pause_percent = 20},
        {.seed = 3, .latency_min = 1, .latency_max = 300, .pause_percent = 50},
        {.seed = 4, .latency_min = 60, .latency_max = 60},
        {.seed = 5, .latency_min = 500, .latency_max = 2000, .pause_percent = 90},
    };
    (void)state;
    for (size_t n = 0; n < sizeof options / sizeof *options; n++) {
        struct card *card = open_card(options[n]);
        for (int session = 0; session < 4; session++)
            run_session(card, 1 + (uint32_t)(random_next() % 6000));
        card_close(card);
    }
}

/* Error answers end the session, with the status that says which. */
static void errors_end_the_session(void **state)
{
    static const struct {
        uint64_t from, to;
        uint32_t status;
    } cases[] = {
        {COMMANDS, COMMANDS + 1024, XRT_STATUS_READ_ERROR},
        {COMMANDS + 1024, COMMANDS + 1028, XRT_STATUS_READ_ERROR},
        {RESULTS, RESULTS + 1024, XRT_STATUS_WRITE_ERROR},
        {RESULTS + 2048, RESULTS + 2052, XRT_STATUS_WRITE_ERROR},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        struct card *card = open_card((struct card_options){.seed = n,
                                                            .latency_max = 99,
                                                            .pause_percent = 30,
                                                            .bad_from = cases[n].from,
                                                            .bad_to = cases[n].to});
        start(card, 2000, 2000, XRT_STOP | XRT_RESET);
        wait_done(card);
        assert_int_equal(get(card, XRT_OFFSET_STATUS), cases[n].status);
        assert_in_range(get(card, XRT_OFFSET_RESULT_TAIL), 0, 1024);
        assert_int_equal(card_broken(card), 0);
        card_close(card);
    }
}

static void a_reset_in_flight_leaves_nothing(void **state)
{
    struct card *card = open_card((struct card_options){
        .seed = 6, .latency_min = 5, .latency_max = 200, .pause_percent = 40});
    (void)state;
    for (int n = 0; n < 40; n++) {
        start(card, 1500, 1500, XRT_STOP | XRT_RESET);
        card_run(card, (unsigned)(random_next() % 3000));
        assert_int_equal(card_broken(card), 0);
        card_reset(card);
        run_session(card, 300);
    }
    card_close(card);
}

/* Registers are written and read at once, under pauses on all five channels; a reset strikes at any moment of that. */
static void registers_hold_what_is_written(void **state)
{
    struct card *card = open_card((struct card_options){.seed = 8, .pause_percent = 60});
    uint32_t before = 0, read;
    (void)state;
    for (int n = 0; n < 2000; n++) {
        const uint32_t value = (uint32_t)random_next();
        if (random_next() % 4 == 0) {
            card_write_and_read(card, XRT_OFFSET_RESULT_END, value, XRT_OFFSET_IDENTITY, &read,
                                (unsigned)(random_next() % 12));
            assert_int_equal(card_broken(card), 0);
            card_reset(card);
            assert_int_equal(get(card, XRT_OFFSET_RESULT_END), 0);
            before = 0;
        }
        assert_true(card_write_and_read(card, XRT_OFFSET_RESULT_END, value, XRT_OFFSET_RESULT_END,
                                        &read, PATIENCE_CYCLES));
        assert_true(read == before || read == value);
        assert_int_equal(get(card, XRT_OFFSET_RESULT_END), value);
        assert_int_equal(get(card, XRT_OFFSET_IDENTITY), XRT_IDENTITY);
        before = value;
    }
    assert_int_equal(card_broken(card), 0);
    card_close(card);
}

static void an_abort_ends_what_is_under_way(void **state)
{
    struct card *card = open_card((struct card_options){
        .seed = 7, .latency_min = 5, .latency_max = 200, .pause_percent = 40});
    (void)state;
    for (int n = 0; n < 40; n++) {
        start(card, 1500, 0, XRT_RESET);
        card_run(card, (unsigned)(random_next() % 3000));
        put(card, XRT_OFFSET_CONTROL, XRT_ABORT);
        wait_done(card);
        run_session(card, 300);
    }
    card_close(card);
}

/* Cycles of the whole session, counted in the RTL, against the beats that the words need. */
static void the_bus_is_used(void **state)
{
    struct card *card = open_card((struct card_options)CARD_OPTIONS_DEFAULT);
    const uint32_t words = 60000;
    uint32_t taken = 0;
    (void)state;
    start(card, RING_WORDS, words, XRT_STOP | XRT_RESET);
    while (taken < words) {
        card_run(card, 16);
        const uint32_t head = get(card, XRT_OFFSET_COMMAND_HEAD) + RING_WORDS;
        put(card, XRT_OFFSET_COMMAND_TAIL, head < words ? head : words);
        taken = get(card, XRT_OFFSET_RESULT_TAIL);
        put(card, XRT_OFFSET_RESULT_HEAD, taken);
    }
    const double cycles = get(card, XRT_OFFSET_CYCLES);
    const uint32_t starved = get(card, XRT_OFFSET_READ_STARVED);
    const uint32_t blocked = get(card, XRT_OFFSET_WRITE_BLOCKED);
    printf("%d-bit port, latency 40 to 80 cycles: %u words in %.0f cycles (%.1f %% of a word a "
           "cycle), read %u beats, write %u beats, starved %u cycles, blocked %u cycles\n",
           DATA_BITS, words, cycles, 100 * words / cycles, get(card, XRT_OFFSET_READ_BEATS),
           get(card, XRT_OFFSET_WRITE_BEATS), starved, blocked);
    assert_true(words / cycles >= 0.9);
    assert_int_equal(card_broken(card), 0);
    card_close(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_arrive_whatever_the_memory_does),
        cmocka_unit_test(errors_end_the_session),
        cmocka_unit_test(a_reset_in_flight_leaves_nothing),
        cmocka_unit_test(registers_hold_what_is_written),
        cmocka_unit_test(an_abort_ends_what_is_under_way),
        cmocka_unit_test(the_bus_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
