/* bench.c -- what a step costs through the ring of a session, and as a launch of its own: in XRT's calls, in cycles of the
 * card, in CPU time of this process. A step is a packet of STEP_WORDS words each way; here the engine answers a query.
 * bench XCLBIN STEPS, in the environment of tests/xrt/emulation.sh with XRT_INI_PATH set. */
#include "backends/xrt_helper/exchange.h"
#include "packet.h"
#include "xrt/card.h"
#include "xrt/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SILENCE_US 5e6
#define ANSWER_WORDS (PACKET_HEADER_WORDS + ID_WORDS)

struct cost {
    uint32_t calls, polls, cycles;
    double cpu_us;
};

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static uint32_t get(struct card *card, uint32_t offset)
{
    uint32_t value = 0;
    if (xrtKernelReadRegister(card->kernel, offset, &value))
        exit(EXIT_FAILURE);
    return value;
}

static void make_query(uint16_t packet[PACKET_HEADER_WORDS])
{
    memset(packet, 0, PACKET_HEADER_WORDS * sizeof *packet);
    packet[0] = PACKET_MAGIC << 8 | PACKET_QUERY;
    packet[PACKET_HEADER_WORDS - 1] = (uint16_t)~packet_sum(packet);
}

static bool ring_step(struct card *card, const uint16_t *query, uint16_t *answer)
{
    static struct pace pace;
    struct exchange e = {.send = query,
                         .send_words = PACKET_HEADER_WORDS,
                         .receive = answer,
                         .want_words = ANSWER_WORDS};
    while (exchange_words(card, &pace, &e, SILENCE_US) && pace.waits)
        ;
    return e.received == ANSWER_WORDS;
}

static bool launch_step(struct card *card, const uint16_t *query, uint16_t *answer)
{
    memcpy(card->commands.words, query, PACKET_HEADER_WORDS * sizeof *query);
    xrtBOSync(card->commands.buffer, XCL_BO_SYNC_BO_TO_DEVICE, PACKET_HEADER_WORDS * 2, 0);
    xrtRunHandle run =
        xrtKernelRun(card->kernel, card->commands.buffer, card->results.buffer, CARD_RING_BYTES,
                     PACKET_HEADER_WORDS, 0, ANSWER_WORDS, XRT_STOP);
    static struct pace pace;
    pace_begin(&pace);
    while (xrtRunState(run) < ERT_CMD_STATE_COMPLETED)
        pace_pause(&pace);
    pace_end(&pace);
    const bool good = xrtRunState(run) == ERT_CMD_STATE_COMPLETED;
    xrtBOSync(card->results.buffer, XCL_BO_SYNC_BO_FROM_DEVICE, ANSWER_WORDS * 2, 0);
    memcpy(answer, card->results.words, ANSWER_WORDS * sizeof *answer);
    xrtRunClose(run);
    return good;
}

static struct cost measure(struct card *card, unsigned n_steps,
                           bool (*step)(struct card *, const uint16_t *, uint16_t *),
                           uint32_t cycles_offset)
{
    uint16_t query[PACKET_HEADER_WORDS], answer[ANSWER_WORDS];
    struct cost cost = {0};
    make_query(query);
    for (unsigned n = 0; n < n_steps; n++) {
        const uint32_t calls = get(card, CARD_CALLS), polls = get(card, CARD_POLLS);
        const double begin_us = cpu_us();
        if (!step(card, query, answer) || answer[PACKET_HEADER_WORDS] != ID_MAGIC_VALUE) {
            fputs("a step failed\n", stderr);
            exit(EXIT_FAILURE);
        }
        cost.cpu_us += cpu_us() - begin_us;
        cost.calls += get(card, CARD_CALLS) - calls;
        /* Without the two reads of this measurement. */
        cost.polls += get(card, CARD_POLLS) - polls - 2;
        cost.cycles += get(card, cycles_offset);
    }
    return cost;
}

static void print_row(const char *name, struct cost cost, unsigned n_steps)
{
    printf("| %s | %.1f | %.1f | %.1f | %.0f |\n", name, (double)cost.calls / n_steps,
           (double)cost.polls / n_steps, (double)cost.cycles / n_steps, cost.cpu_us / n_steps);
}

int main(int argc, char **argv)
{
    struct card card = {0};
    pace_prepare();
    const unsigned n_steps = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (n_steps == 0 || !card_load(&card, "", argv[1]) || !card_start(&card)) {
        fprintf(stderr, "bench: %s\n", card.failure ? card.failure : "usage: bench XCLBIN STEPS");
        return EXIT_FAILURE;
    }
    printf("\n| a step | copies and register writes | polls | device cycles | host CPU in us "
           "|\n|---|---:|---:|---:|---:|\n");
    print_row("through the ring", measure(&card, n_steps, ring_step, XRT_OFFSET_STEP_CYCLES),
              n_steps);
    card_end(&card);
    print_row("one launch each", measure(&card, n_steps, launch_step, XRT_OFFSET_CYCLES), n_steps);
    card_close(&card);
    return EXIT_SUCCESS;
}
