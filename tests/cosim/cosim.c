/* cosim.c -- the RTL against the native engine: random models, weights, packets and stalls, word for word.
 *
 *   cosim STEPS [SEED] [FST]
 *
 * A session opens one sim: device with one stall pattern and the cpu: device beside it, and gives both the same
 * random packets. A session that differs is run again with a waveform of it in FST.
 */
#include "../support/random_program.h"
#include "lib/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSION_PROGRAMS 6
#define PROGRAM_PACKETS 8
#define PACKET_STEPS 24
#define MAX_WORDS 65536

static const char *const stall_names[] = {"none", "cyclic", "random", "burst"};

struct pair {
    struct eddy_context *context;
    struct eddy_device *sim, *cpu;
    uint16_t *from_sim, *from_cpu;
};

struct tally {
    uint64_t steps, packets, words, programs, refused;
    uint64_t stalls[4], presets[8], layers[16], cells[2][2], extreme;
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
    fprintf(
        stderr,
        "opcode %d: %zu words from cpu:, %zu from sim:; first difference at word %zu: %04x, %04x\n",
        header.opcode, n_cpu, n_sim, same, same < n_cpu ? pair->from_cpu[same] : 0u,
        same < n_sim ? pair->from_sim[same] : 0u);
    return false;
}

static size_t run_packet(struct random *random, const struct eddy_program *program,
                         uint16_t *packet)
{
    const uint16_t steps = (uint16_t)random_between(random, 1, PACKET_STEPS);
    const size_t words = steps * program_inputs(program);
    const bool extreme = !random_between(random, 0, 3);
    packet_write_request(&(struct request_header){.opcode = PACKET_RUN,
                                                  .stream = (uint8_t)random_between(
                                                      random, 0, program->preset->streams - 1),
                                                  .flags = (uint8_t)random_between(random, 0, 3),
                                                  .sequence = (uint16_t)random_next(random),
                                                  .argument = steps,
                                                  .length_words = (uint32_t)words},
                         packet);
    for (size_t i = 0; i < words; i++)
        packet[PACKET_HEADER_WORDS + i] =
            extreme ? (uint16_t)(random_between(random, 0, 1) ? 0x7fff : 0x8000)
                    : (uint16_t)(random_next(random) >> 24);
    return PACKET_HEADER_WORDS + words;
}

static size_t state_packet(struct random *random, const struct eddy_program *program,
                           uint16_t *packet)
{
    const uint8_t opcode = (uint8_t)random_between(random, PACKET_READ_STATE, PACKET_RESET);
    const size_t words = opcode == PACKET_WRITE_STATE ? program->n_rows : 0;
    packet_write_request(&(struct request_header){.opcode = opcode,
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
    for (int n = 0; n < PROGRAM_PACKETS && agree; n++) {
        agree = exchange(pair, packet, run_packet(random, program, packet), tally);
        tally->steps += packet[3];
        if (agree && !random_between(random, 0, 3))
            agree = exchange(pair, packet, state_packet(random, program, packet), tally);
    }
    /* Last, since a broken packet may change the program: both devices must do the same with it. */
    if (agree && !random_between(random, 0, 1))
        agree = exchange(pair, packet, broken_packet(random, packet), tally);
    free(packet);
    return agree;
}

static void count_program(const struct eddy_program *program, bool extreme, struct tally *tally)
{
    tally->programs++;
    tally->extreme += extreme;
    tally->layers[program->n_layers]++;
    for (size_t l = 0; l < program->n_layers; l++)
        tally->cells[program->layers[l].recurrent][program->layers[l].activation]++;
}

/* One device and its packets; the same for the same seed. */
static bool run_session(uint64_t seed, const char *trace, struct tally *tally)
{
    struct random random = {seed * 2 + 1};
    for (int n = 0; n < 8; n++)
        random_next(&random);
    const int preset_index = random_between(&random, 0, (int)eddy_preset_count() - 1);
    const struct eddy_preset *preset = eddy_preset_at((size_t)preset_index);
    const int stall = random_between(&random, 0, 3);
    struct pair pair;
    bool agree = !open_pair(&pair, preset, stall, seed, trace);
    if (!agree)
        fprintf(stderr, "%s\n", eddy_last_error(pair.context));
    for (int n = 0; n < SESSION_PROGRAMS && agree; n++) {
        const bool large = !random_between(&random, 0, 4);
        const struct random_limits limits = {
            .layers = large ? 3 : preset->layers,
            .rows = large ? 70 : 20,
            .columns = large ? 60 : 12,
            .extreme = random_between(&random, 0, 1),
        };
        struct eddy_program *program = random_program(&random, preset, &limits);
        agree = program && run_program(&random, &pair, program, tally);
        if (program)
            count_program(program, limits.extreme, tally);
        eddy_program_free(program);
    }
    tally->stalls[stall]++;
    tally->presets[preset_index]++;
    close_pair(&pair);
    return agree;
}

static void print_tally(const struct tally *t, uint64_t seed)
{
    printf("cosim: seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " programs, %" PRIu64
           " packets (%" PRIu64 " refused), %" PRIu64 " words compared\n",
           seed, t->steps, t->programs, t->packets, t->refused, t->words);
    printf("  sessions by stalls: none %" PRIu64 ", cyclic %" PRIu64 ", random %" PRIu64
           ", burst %" PRIu64 "\n",
           t->stalls[0], t->stalls[1], t->stalls[2], t->stalls[3]);
    printf("  sessions by preset:");
    for (size_t p = 0; p < eddy_preset_count(); p++)
        printf(" %s %" PRIu64, eddy_preset_at(p)->name, t->presets[p]);
    printf("\n  programs by layers:");
    for (int l = 1; l <= 8; l++)
        printf(" %d: %" PRIu64, l, t->layers[l]);
    printf("\n  layers: dense %" PRIu64 ", dense tanh %" PRIu64 ", rnn linear %" PRIu64
           ", rnn tanh %" PRIu64 "; programs with extreme weights %" PRIu64 "\n",
           t->cells[0][0], t->cells[0][1], t->cells[1][0], t->cells[1][1], t->extreme);
}

int main(int argc, char **argv)
{
    const uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    const char *trace = argc > 3 ? argv[3] : "cosim.fst";
    struct tally tally = {0};
    for (uint64_t session = 0; tally.steps < steps; session++) {
        const uint64_t session_seed = seed * 1000003 + session;
        if (!run_session(session_seed, NULL, &tally)) {
            struct tally again = {0};
            run_session(session_seed, trace, &again);
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
