/* card.h -- the Verilated kernel with a model of device memory, behind a small C interface. */
#ifndef EDDY_XRT_CARD_H
#define EDDY_XRT_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARD_MEMORY_BYTES (16u << 20)

/* Registers of the simulated card alone: XRT's calls so far that read a register, and all others. */
#define CARD_POLLS 0xff8
#define CARD_CALLS 0xffc

/* How the memory behaves. Responses come in order. */
struct card_options {
    uint64_t seed;
    unsigned latency_min, latency_max; /* cycles from a burst to its answer */
    unsigned pause_percent;            /* of the cycles, of each channel; of s_axi_control's, too */
    uint64_t bad_from, bad_to;         /* addresses that answer SLVERR */
};

#define CARD_OPTIONS_DEFAULT                                                                       \
    {                                                                                              \
        .seed = 1, .latency_min = 40, .latency_max = 80, .pause_percent = 0                        \
    }

struct card;

/* NULL: out of memory. The card comes out of reset. */
struct card *card_open(const struct card_options *options);
void card_close(struct card *card);
/* Resets kernel and bus; what the memory holds stays. */
void card_reset(struct card *card);
uint8_t *card_memory(struct card *card);
/* One access to s_axi_control; the clock runs meanwhile. False: the kernel did not answer. */
bool card_write(struct card *card, uint32_t offset, uint32_t value);
bool card_read(struct card *card, uint32_t offset, uint32_t *value);
/* Both at once, left as they are after n_cycles: only a reset may follow. */
bool card_write_and_read(struct card *card, uint32_t write_offset, uint32_t value,
                         uint32_t read_offset, uint32_t *read, unsigned n_cycles);
/* Runs the clock; returns false when nothing moves any more until a register is written. */
bool card_run(struct card *card, unsigned n_cycles);
/* Rules of AXI that were broken since the reset, a bit each (axi_protocol.sv): of m_axi_gmem, then of s_axi_control. */
uint32_t card_broken(const struct card *card);

#ifdef __cplusplus
}
#endif
#endif
