/* engine.c -- the HLS C as a native device. Compiled once for each preset, with -DEDDY_PRESET. */
#include "engine.h"

#include "control.c"
#include "steps.c"
#include "datapath.c"
#include "results.c"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_WORDS 4096

static hls_stream_u16 commands, data, answers;
static hls_stream_u64 operations, descriptors, segments, drains, beats;
static bool is_open;

/* The host's view of the packet under way: control must not start on a packet whose payload is not there. */
static uint16_t seen[PACKET_HEADER_WORDS];
static size_t seen_words, payload_missing;

/* Doubles a full ring. The words are laid out anew from index 0 of the larger ring. */
#define GROW(width)                                                                                \
    static void grow_u##width(void *stream)                                                        \
    {                                                                                              \
        hls_stream_u##width *s = stream;                                                           \
        const size_t capacity = s->ring.capacity_words, mask = capacity - 1;                       \
        uint##width##_t *words = malloc(2 * capacity * sizeof *words);                             \
        if (!words)                                                                                \
            return;                                                                                \
        for (size_t n = s->ring.head; n != s->ring.tail; n++)                                      \
            words[n & (2 * capacity - 1)] = s->words[n & mask];                                    \
        free(s->words);                                                                            \
        s->words = words;                                                                          \
        s->ring.capacity_words = 2 * capacity;                                                     \
    }                                                                                              \
    static bool make_u##width(hls_stream_u##width *s)                                              \
    {                                                                                              \
        *s = (hls_stream_u##width){                                                                \
            .ring = {.capacity_words = FIRST_CAPACITY_WORDS, .make_room = grow_u##width}};         \
        s->words = malloc(FIRST_CAPACITY_WORDS * sizeof *s->words);                                \
        return s->words != NULL;                                                                   \
    }
GROW(16)
GROW(64)

#define CLEAR(memory) memset(memory, 0, sizeof memory);

/* The state of a device after reset. */
static void reset(void)
{
    memset(weights, 0, sizeof weights);
    ROW_MEMORIES(CLEAR)
    memset(inputs, 0, sizeof inputs);
    memset(state, 0, sizeof state);
    memset(gated, 0, sizeof gated);
    memset(cell, 0, sizeof cell);
    memset(first, 0, sizeof first);
    memset(second, 0, sizeof second);
    memset(carry, 0, sizeof carry);
    memset(program, 0, sizeof program);
    memset(bank, 0, sizeof bank);
    memset(passes, 0, sizeof passes);
    window_words = 0;
    window_sum = 0;
    lost = false;
    errors = 0;
    program_passes = 0;
    seen_words = payload_missing = 0;
}

static void engine_close(void)
{
    free(commands.words);
    free(data.words);
    free(answers.words);
    free(beats.words);
    free(operations.words);
    free(descriptors.words);
    free(segments.words);
    free(drains.words);
    is_open = false;
}

static int engine_open(void)
{
    if (is_open)
        return EDDY_ERROR_DEVICE;
    const bool made[] = {make_u16(&commands),   make_u16(&data),        make_u16(&answers),
                         make_u64(&operations), make_u64(&descriptors), make_u64(&segments),
                         make_u64(&drains),     make_u64(&beats)};
    reset();
    is_open = true;
    for (size_t i = 0; i < sizeof made; i++) {
        if (!made[i]) {
            engine_close();
            return EDDY_ERROR_MEMORY;
        }
    }
    return EDDY_OK;
}

static bool out_of_memory(void)
{
    return commands.ring.faults || data.ring.faults || answers.ring.faults || beats.ring.faults ||
           operations.ring.faults || descriptors.ring.faults || segments.ring.faults ||
           drains.ring.faults;
}

static void run_processes(void)
{
    control(&commands, &operations, &data, &descriptors);
    steps(&descriptors, &segments, &drains);
    datapath(&operations, &data, &segments, &drains, &beats);
    results(&beats, &answers);
}

/* Follows the packets; returns true when `word` leaves control with nothing to wait for. */
static bool follow(uint16_t word)
{
    if (payload_missing)
        return --payload_missing == 0;
    memmove(seen, seen + 1, sizeof seen - sizeof *seen);
    seen[PACKET_HEADER_WORDS - 1] = word;
    seen_words += seen_words < PACKET_HEADER_WORDS;
    if (seen_words < PACKET_HEADER_WORDS || !packet_is_header(seen, PACKET_MAGIC))
        return false;
    seen_words = 0;
    payload_missing = seen[5] | (size_t)seen[6] << 16;
    return payload_missing == 0;
}

static int engine_send(const uint16_t *words, size_t n_words)
{
    for (size_t n = 0; n < n_words; n++) {
        __hls_write_u16(&commands, words[n]);
        if (follow(words[n]))
            run_processes();
    }
    if (!payload_missing)
        run_processes();
    return out_of_memory() ? EDDY_ERROR_MEMORY : EDDY_OK;
}

static size_t engine_receive(uint16_t *words, size_t n_words)
{
    size_t n = 0;
    while (n < n_words && !__hls_empty_u16(&answers))
        words[n++] = __hls_read_u16(&answers);
    return n;
}

const struct engine EDDY_ENGINE_NAME(EDDY_PRESET) = {
    .preset = {.name = EDDY_PRESET_NAME,
               .number = EDDY_PRESET,
               .lanes = LANES,
               .weight_bits = WEIGHT_BITS,
               .weight_words = WEIGHT_WORDS,
               .rows = ROWS,
               .state_rows = STATE_ROWS,
               .input_rows = INPUT_ROWS,
               .streams = STREAMS,
               .descriptors = DESCRIPTORS,
               .passes = PASSES,
               .drains = DRAINS,
               .features = FEATURES,
               .state_distance = STATE_DISTANCE,
               .carry_distance = CARRY_DISTANCE,
               .cell_distance = CELL_DISTANCE,
               .factor_distance = FACTOR_DISTANCE},
    .open = engine_open,
    .close = engine_close,
    .send = engine_send,
    .receive = engine_receive,
};
