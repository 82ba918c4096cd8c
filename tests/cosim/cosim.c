/* cosim.c -- the RTL against the native engine: random models, weights, packets and stalls, word for word.
 *
 *   cosim STEPS [SEED] [FST] [PRESET]
 *
 * A session opens one sim: device with one stall pattern and the cpu: device beside it, and gives both the same
 * random packets. A session that differs is run again with a waveform of it in FST.
 */
#include "../support/random_program.h"
#include "lib/request.h"

#include "../../hls/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSION_PROGRAMS 6
#define PROGRAM_PACKETS 8
#define PACKET_STEPS 24
#define MAX_WORDS 262144
#define MAX_LAYERS 8

static const char *const stall_names[] = {"none", "cyclic", "random", "burst"};

struct pair {
    struct eddy_context *context;
    struct eddy_device *sim, *cpu;
    uint16_t *from_sim, *from_cpu;
};

/* The axes of the matrix, and their values. */
enum { AXIS_CELL, AXIS_LAYERS, AXIS_DIRECTION, AXIS_STREAMS, AXIS_STALL, AXIS_PRESET, AXES };
#define AXIS_VALUES 16

struct tally {
    uint64_t steps, packets, words, programs, refused, fed_back, extreme;
    uint32_t seen_streams; /* of the program under way: a bit for each number side by side */
    uint64_t values[AXES][AXIS_VALUES];
    uint64_t pairs[AXES][AXIS_VALUES][AXES][AXIS_VALUES];
};

static int open_pair(struct pair *pair, const struct eddy_preset *preset, int stall, uint64_t seed,
                     const char *trace)
{
    char uri[512];
    int error = eddy_context_open(&pair->context);
    snprintf(uri, sizeof uri, "sim:preset=%s,stall=%s,seed=%" PRIu64 "%s%s", preset->name,
             stall_names[stall], seed, trace ? ",trace=" : "", trace ? trace : "");
    pair->sim = pair->cpu = NULL;
    error = error || eddy_device_open(pair->context, uri, &pair->sim);
    snprintf(uri, sizeof uri, "cpu:preset=%s", preset->name);
    error = error || eddy_device_open(pair->context, uri, &pair->cpu);
    pair->from_sim = malloc(MAX_WORDS * sizeof *pair->from_sim);
    pair->from_cpu = malloc(MAX_WORDS * sizeof *pair->from_cpu);
    return error;
}

static void close_pair(struct pair *pair)
{
    eddy_device_close(pair->sim);
    eddy_device_close(pair->cpu);
    eddy_context_close(pair->context);
    free(pair->from_sim);
    free(pair->from_cpu);
}

/* The counters that depend on the clock and on stalls are not part of the bits that must agree. */
static void blank_counter(uint16_t *words, size_t trailer, int counter)
{
    words[trailer + 2 * (size_t)counter] = words[trailer + 2 * (size_t)counter + 1] = 0;
}

static void blank_counters(uint16_t *words, size_t trailer)
{
    blank_counter(words, trailer, TRAILER_CYCLES);
    blank_counter(words, trailer, TRAILER_WAIT_INPUT);
    blank_counter(words, trailer, TRAILER_WAIT_STATE);
    blank_counter(words, trailer, TRAILER_WAIT_DRAIN);
    blank_counter(words, trailer, TRAILER_WAIT_CONTROL);
}

/* Sends a packet to both and compares what comes back. Returns whether they agree. */
static bool exchange(struct pair *pair, const uint16_t *packet, size_t words, struct tally *tally)
{
    struct answer_header header;
    size_t n_cpu, n_sim, answer_words;
    if (eddy_device_exchange(pair->cpu, packet, words, pair->from_cpu, MAX_WORDS, &n_cpu) ||
        n_cpu < PACKET_HEADER_WORDS || !packet_read_answer(pair->from_cpu, &header))
        return false;
    /* The answer's own length tells how much to wait for; a device that sends less falls silent. */
    answer_words = n_cpu;
    if (eddy_device_exchange(pair->sim, packet, words, pair->from_sim, answer_words, &n_sim)) {
        fprintf(stderr, "%s\n", eddy_last_error(pair->context));
        return false;
    }
    if (header.opcode == PACKET_RUN && header.status == PACKET_STATUS_OK &&
        n_cpu == PACKET_HEADER_WORDS + header.length_words && n_sim == n_cpu) {
        blank_counters(pair->from_cpu, n_cpu - ANSWER_RUN_TRAILER_WORDS);
        blank_counters(pair->from_sim, n_cpu - ANSWER_RUN_TRAILER_WORDS);
    }
    tally->packets++;
    tally->words += n_cpu;
    tally->refused += header.status != PACKET_STATUS_OK;
    size_t same = 0;
    while (same < n_cpu && same < n_sim && pair->from_sim[same] == pair->from_cpu[same])
        same++;
    if (same == n_cpu && n_sim == n_cpu)
        return true;
    fprintf(stderr,
            "opcode %d, pass %d, %d streams from %d, argument %d, flags %d: %zu words from cpu:, "
            "%zu from sim:; first difference at word %zu: %04x, %04x\n",
            header.opcode, packet[4] & 0xff, packet[4] >> 8, packet[1] >> 8, packet[3],
            packet[1] & 0xff, n_cpu, n_sim, same, same < n_cpu ? pair->from_cpu[same] : 0u,
            same < n_sim ? pair->from_sim[same] : 0u);
    return false;
}

static uint8_t random_pass(struct random *random, const struct eddy_program *program)
{
    return (uint8_t)random_between(random, 0, (int)program->n_passes - 1);
}

static size_t run_packet(struct random *random, const struct eddy_program *program,
                         uint16_t *packet, struct tally *tally)
{
    const uint16_t steps = (uint16_t)random_between(random, 1, PACKET_STEPS);
    const int stream = random_between(random, 0, program->preset->streams - 1);
    const int most = program->preset->streams - stream;
    const int streams = random_between(random, 0, 2) ? random_between(random, 1, most) : 1;
    const uint8_t pass = random_pass(random, program);
    const bool feedback = program->feedback && random_between(random, 0, 1);
    const size_t vectors = (feedback ? 1 : steps) * (size_t)streams;
    packet_write_request(
        &(struct request_header){
            .opcode = PACKET_RUN,
            .stream = (uint8_t)stream,
            .flags =
                (uint8_t)(random_between(random, 0, 3) | (feedback ? PACKET_FLAG_FEEDBACK : 0)),
            .sequence = (uint16_t)random_next(random),
            .argument = steps,
            .pass = pass,
            .streams = (uint8_t)streams,
            .length_words = (uint32_t)(vectors * program->passes[pass].inputs)},
        packet);
    random_inputs(random, program, pass, !random_between(random, 0, 3), vectors,
                  packet + PACKET_HEADER_WORDS);
    tally->steps += (uint64_t)(steps * streams);
    tally->fed_back += feedback;
    tally->seen_streams |= 1u << streams;
    return PACKET_HEADER_WORDS + vectors * program->passes[pass].inputs;
}

static size_t state_packet(struct random *random, const struct eddy_program *program,
                           uint16_t *packet)
{
    const uint8_t opcode = (uint8_t)random_between(random, PACKET_READ_STATE, PACKET_RESET);
    const uint8_t pass = random_pass(random, program);
    const size_t words = opcode == PACKET_WRITE_STATE ? 2u * program->passes[pass].state_units : 0;
    packet_write_request(&(struct request_header){.opcode = opcode,
                                                  .pass = pass,
                                                  .stream = (uint8_t)random_between(
                                                      random, 0, program->preset->streams - 1),
                                                  .length_words = (uint32_t)words},
                         packet);
    for (size_t i = 0; i < words; i++)
        packet[PACKET_HEADER_WORDS + i] = (uint16_t)random_next(random);
    return PACKET_HEADER_WORDS + words;
}

static size_t broken_packet(struct random *random, uint16_t *packet)
{
    const size_t words = (size_t)random_between(random, PACKET_HEADER_WORDS, 60);
    packet_write_request(
        &(struct request_header){.opcode = (uint8_t)random_between(random, 0, 12),
                                 .argument = (uint16_t)random_between(random, 0, 20),
                                 .stream = (uint8_t)random_between(random, 0, 12),
                                 .pass = (uint8_t)random_between(random, 0, 2),
                                 .streams = (uint8_t)random_between(random, 0, 9),
                                 .length_words = (uint32_t)(words - PACKET_HEADER_WORDS)},
        packet);
    for (size_t i = PACKET_HEADER_WORDS; i < words; i++)
        packet[i] = (uint16_t)random_next(random);
    if (random_between(random, 0, 1))
        packet[random_between(random, 0, PACKET_HEADER_WORDS - 1)] ^= 0x0100;
    return words;
}

static bool run_program(struct random *random, struct pair *pair,
                        const struct eddy_program *program, struct tally *tally)
{
    uint16_t *packet = malloc(MAX_WORDS * sizeof *packet);
    bool agree = !eddy_device_load(pair->cpu, program) && !eddy_device_load(pair->sim, program);
    if (!agree)
        fprintf(stderr, "load: %s\n", eddy_last_error(pair->context));
    for (int n = 0; n < PROGRAM_PACKETS && agree; n++) {
        agree = exchange(pair, packet, run_packet(random, program, packet, tally), tally);
        if (agree && !random_between(random, 0, 3))
            agree = exchange(pair, packet, state_packet(random, program, packet), tally);
    }
    /* Last, since a broken packet may change the program: both devices must do the same with it. */
    if (agree && !random_between(random, 0, 1))
        agree = exchange(pair, packet, broken_packet(random, packet), tally);
    free(packet);
    return agree;
}

static bool cell_in_preset(int cell, const struct eddy_preset *preset)
{
    static const unsigned needs[] = {0,
                                     0,
                                     0,
                                     FEATURE_GRU,
                                     FEATURE_GRU,
                                     FEATURE_LSTM,
                                     FEATURE_LSTM | FEATURE_PEEPHOLE,
                                     FEATURE_TOKEN};
    return (needs[cell] & ~(unsigned)preset->features) == 0;
}

static const char *const axis_names[AXES] = {"cells",   "layers", "directions",
                                             "streams", "stalls", "presets"};
static const char *const cell_names[] = {"dense", "rnn-tanh", "rnn-relu",      "gru-0",
                                         "gru-1", "lstm",     "lstm-peephole", "embedding"};
static const char *const direction_names[] = {"forward", "reverse", "bidirectional"};

static int cell_value(const struct program_layer *l)
{
    switch (l->cell) {
    case EDDY_CELL_RNN: return l->activation == EDDY_ACTIVATION_TANH ? 1 : 2;
    case EDDY_CELL_GRU: return l->linear_before_reset ? 4 : 3;
    case EDDY_CELL_LSTM: return l->peephole ? 6 : 5;
    case EDDY_CELL_EMBEDDING: return 7;
    default: return 0;
    }
}

static void describe(const struct eddy_program *program)
{
    fprintf(stderr, "  the program: preset %s, %zu passes%s\n", program->preset->name,
            program->n_passes, program->feedback ? ", with feedback" : "");
    for (size_t l = 0; l < program->n_layers; l++) {
        const struct program_layer *layer = &program->layers[l];
        fprintf(stderr, "  layer %zu: %s %s%s, %d inputs, %d units%s\n", l + 1,
                cell_names[cell_value(layer)], direction_names[layer->direction],
                layer->last_only ? ", last only" : "", layer->n_in, layer->n_hidden,
                layer->largest ? ", largest" : "");
    }
}

static const char *value_name(int axis, int value)
{
    static char number[8];
    switch (axis) {
    case AXIS_CELL: return cell_names[value];
    case AXIS_DIRECTION: return direction_names[value];
    case AXIS_STALL: return stall_names[value];
    case AXIS_PRESET: return eddy_preset_at((size_t)value)->name;
    default: snprintf(number, sizeof number, "%d", value); return number;
    }
}

/* First and past-the-last value of an axis. */
static void axis_range(int axis, int *first, int *end)
{
    const int ends[AXES] = {[AXIS_CELL] = sizeof cell_names / sizeof *cell_names,
                            [AXIS_LAYERS] = MAX_LAYERS + 1,
                            [AXIS_DIRECTION] = EDDY_DIRECTIONS,
                            [AXIS_STREAMS] = 9,
                            [AXIS_STALL] = 4,
                            [AXIS_PRESET] = (int)eddy_preset_count()};
    *first = axis == AXIS_LAYERS || axis == AXIS_STREAMS;
    *end = ends[axis];
}

static void count_pairs(struct tally *tally, const int values[AXES])
{
    for (int a = 0; a < AXES; a++) {
        tally->values[a][values[a]]++;
        for (int b = 0; b < AXES; b++)
            tally->pairs[a][values[a]][b][values[b]]++;
    }
}

static void count_program(const struct eddy_program *program, bool extreme, int stall, int preset,
                          struct tally *tally)
{
    tally->programs++;
    tally->extreme += extreme;
    for (size_t l = 0; l < program->n_layers; l++)
        for (int streams = 1; streams <= 8; streams++)
            if (tally->seen_streams >> streams & 1)
                count_pairs(tally, (const int[AXES]){
                                       cell_value(&program->layers[l]), (int)program->n_layers,
                                       program->layers[l].direction, streams, stall, preset});
    tally->seen_streams = 0;
}

/* A pair that cannot be: dense layers and embeddings are forward, presets leave cells and streams out. */
static bool impossible(int a, int va, int b, int vb)
{
    if (a > b)
        return impossible(b, vb, a, va);
    const bool gated = va != 0 && va != 7;
    if (a == AXIS_CELL && b == AXIS_DIRECTION)
        return !gated && vb != EDDY_DIRECTION_FORWARD;
    if (a == AXIS_STREAMS && b == AXIS_PRESET)
        return va > eddy_preset_at((size_t)vb)->streams;
    return a == AXIS_CELL && b == AXIS_PRESET && !cell_in_preset(va, eddy_preset_at((size_t)vb));
}

static void print_coverage(const struct tally *t)
{
    size_t seen = 0, all = 0;
    for (int a = 0; a < AXES; a++) {
        int first_a, end_a;
        axis_range(a, &first_a, &end_a);
        printf("  %s:", axis_names[a]);
        for (int v = first_a; v < end_a; v++)
            printf(" %s %" PRIu64, value_name(a, v), t->values[a][v]);
        printf("\n");
        for (int b = a + 1; b < AXES; b++) {
            int first_b, end_b;
            axis_range(b, &first_b, &end_b);
            for (int v = first_a; v < end_a; v++)
                for (int w = first_b; w < end_b; w++) {
                    if (impossible(a, v, b, w))
                        continue;
                    all++;
                    seen += t->pairs[a][v][b][w] != 0;
                    if (!t->pairs[a][v][b][w] && t->steps >= 100000)
                        printf("  not seen: %s %s\n", value_name(a, v), value_name(b, w));
                }
        }
    }
    printf("  pairs of values seen: %zu of %zu\n", seen, all);
}

/* One device and its packets, of one preset or any; the same for the same seed. */
static bool run_session(uint64_t seed, const struct eddy_preset *only, const char *trace,
                        struct tally *tally)
{
    struct random random = {seed * 2 + 1};
    for (int n = 0; n < 8; n++)
        random_next(&random);
    const int drawn = random_between(&random, 0, (int)eddy_preset_count() - 1);
    const struct eddy_preset *preset = only ? only : eddy_preset_at((size_t)drawn);
    const int stall = random_between(&random, 0, 3);
    struct pair pair;
    bool agree = !open_pair(&pair, preset, stall, seed, trace);
    if (!agree)
        fprintf(stderr, "%s\n", eddy_last_error(pair.context));
    for (int n = 0; n < SESSION_PROGRAMS && agree; n++) {
        const bool large = !random_between(&random, 0, 4);
        const struct random_limits limits = {
            .layers = large ? 3 : MAX_LAYERS,
            .units = large ? 70 : 20,
            .columns = large ? 60 : 12,
            .extreme = random_between(&random, 0, 1),
            .causal = random_between(&random, 0, 1),
        };
        struct eddy_program *program = random_program(&random, preset, &limits);
        agree = program && run_program(&random, &pair, program, tally);
        if (program && !agree)
            describe(program);
        if (program)
            count_program(program, limits.extreme, stall, preset->number, tally);
        eddy_program_free(program);
    }
    close_pair(&pair);
    return agree;
}

static void print_tally(const struct tally *t, uint64_t seed)
{
    printf("cosim: seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " programs, %" PRIu64
           " packets (%" PRIu64 " refused), %" PRIu64 " words compared\n",
           seed, t->steps, t->programs, t->packets, t->refused, t->words);
    printf("  packets fed back %" PRIu64 ", programs with extreme weights %" PRIu64
           "; layers by values of each axis:\n",
           t->fed_back, t->extreme);
    print_coverage(t);
}

int main(int argc, char **argv)
{
    const uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    const char *trace = argc > 3 ? argv[3] : "cosim.fst";
    const struct eddy_preset *only = argc > 4 ? eddy_preset_find(argv[4]) : NULL;
    if (argc > 4 && !only) {
        fprintf(stderr, "cosim: no preset '%s'\n", argv[4]);
        return 1;
    }
    static struct tally tally;
    for (uint64_t session = 0; tally.steps < steps; session++) {
        const uint64_t session_seed = seed * 1000003 + session;
        if (!run_session(session_seed, only, NULL, &tally)) {
            static struct tally again;
            run_session(session_seed, only, trace, &again);
            print_tally(&tally, seed);
            printf("  MISMATCH in session %" PRIu64 "; its waveform is in %s\n"
                   "[  FAILED  ] 1 test(s).\n",
                   session, trace);
            return 1;
        }
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\rcosim: %" PRIu64 " of %" PRIu64 " steps", tally.steps, steps);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    print_tally(&tally, seed);
    printf("  mismatches 0\n[  PASSED  ] 1 test(s).\n");
    return 0;
}
