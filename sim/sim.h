/* sim.h -- the Verilated device behind a small C interface. */
#ifndef EDDY_SIM_H
#define EDDY_SIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sim_stall {
    SIM_STALL_NONE,
    SIM_STALL_CYCLIC, /* ports pause in a fixed rhythm, a different one on each side */
    SIM_STALL_RANDOM, /* ports pause at random, a third of the cycles on each side */
    SIM_STALL_BURST,  /* ports pause and flow in stretches of up to 500 cycles */
    SIM_STALL_LATE,   /* what follows the header of a packet comes when the device waits for it */
};

struct sim_options {
    enum sim_stall stall;
    uint64_t seed;          /* of SIM_STALL_RANDOM and SIM_STALL_BURST */
    const char *trace_path; /* an FST waveform, or NULL */
};

struct sim;

/* What a simulation has done since the device came out of reset. */
struct sim_figures {
    uint64_t cycles;
    uint64_t rtl_ns;             /* inside of the RTL, by the average of every SIM_SAMPLEth cycle */
    uint64_t taken_at, given_at; /* the cycles in which two words went through the ports */
};
#define SIM_SAMPLE 64
#define SIM_LOGGED_WORDS 1024
/* A device in which nothing has moved for so long waits: it is more than any operation takes. */
#define SIM_WAITING_CYCLES 200

/* One Verilated build configuration. */
struct sim_model {
    /* NULL: out of memory. The device comes out of reset. */
    struct sim *(*open)(const struct sim_options *options);
    void (*close)(struct sim *sim);
    /* Clocks the device until receive is full (until send is empty when there is nothing to receive), or until
     * nothing moved, at the ports or inside, for SIM_SILENT_CYCLES.
     * Takes *sent of send_words words, gives *received of at most receive_words. Returns 0, or -1 when the RTL's own
     * checks found a broken promise of the HLS C. */
    int (*transfer)(struct sim *sim, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received);
    /* taken_ago, given_ago: how many words went through after the two, less than SIM_LOGGED_WORDS. */
    void (*figures)(const struct sim *sim, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures);
};

/* More than any segment has columns. */
#define SIM_SILENT_CYCLES 20000

/* eddy_sim_<number>, one for each preset of config.h. */
#define EDDY_SIM_NAME_(number) eddy_sim_##number
#define EDDY_SIM_NAME(number) EDDY_SIM_NAME_(number)

#ifdef __cplusplus
}
#endif
#endif
