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

/* A model of the link, not a measurement: PCIe 3.0 with 16 lanes, packets of at most 256 bytes, each with 24 of framing and headers,
 * and reads that take 0.9 us there and back, as in Neugebauer et al., "Understanding PCIe performance for end host
 * networking", SIGCOMM 2018. A copy is a doorbell, a descriptor and the data fetched, and a note of completion; the time that
 * the driver's software takes is left out. The kernel's clock is that of link.cfg. */
#define LINK_BYTES_PER_US (16 * 8e3 / 8 * 128 / 130 * 256 / (256 + 24))
#define LINK_READ_US 0.9
#define LINK_WRITE_US (LINK_READ_US / 2)
#define LINK_COPY_US (2 * LINK_WRITE_US + 2 * LINK_READ_US)
#define KERNEL_CYCLE_US 0.014
#define COPIES 2 /* of a step: the packet and its answer */

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

/* What the calls of a step would take on the link, waiting for the card by reads one after the other. */
static void print_model(const char *name, struct cost cost, unsigned n_steps)
{
    const double n_writes = (double)cost.calls / n_steps - COPIES;
    const double bytes = (PACKET_HEADER_WORDS + ANSWER_WORDS) * 2;
    const double card_us = (double)cost.cycles / n_steps * KERNEL_CYCLE_US;
    const double copies_us = COPIES * LINK_COPY_US + bytes / LINK_BYTES_PER_US;
    const double writes_us = n_writes * LINK_WRITE_US;
    const double reads_us = LINK_READ_US * ((int)(card_us / LINK_READ_US) + 1);
    printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f |\n", name, copies_us, writes_us, card_us,
           reads_us, copies_us + writes_us + (reads_us > card_us ? reads_us : card_us));
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
    const struct cost ring = measure(&card, n_steps, ring_step, XRT_OFFSET_STEP_CYCLES);
    card_end(&card);
    const struct cost launch = measure(&card, n_steps, launch_step, XRT_OFFSET_CYCLES);
    print_row("through the ring", ring, n_steps);
    print_row("one launch each", launch, n_steps);
    printf(
        "\n| a step, modelled for PCIe 3.0 x16, in us | copies | register writes | card | polls | "
        "all |\n|---|---:|---:|---:|---:|---:|\n");
    print_model("through the ring", ring, n_steps);
    print_model("one launch each", launch, n_steps);
    card_close(&card);
    return EXIT_SUCCESS;
}
