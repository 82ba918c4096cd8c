/* carrier.h -- what carries the two word streams between the library and a device. */
#ifndef EDDY_CARRIER_H
#define EDDY_CARRIER_H

#include "sim.h"

#include <eddy/eddy.h>

/* The sizes of a build configuration, and its number in packets. */
struct eddy_preset {
    const char *name;
    uint16_t number, lanes, weight_bits, rows, state_rows, input_rows, streams, descriptors, passes,
        drains, features; /* FEATURE_... of hls/config.h */
    uint8_t state_distance, carry_distance, cell_distance, factor_distance;
    uint32_t weight_words;
};

/* The options of a device URI. */
struct carrier_options {
    const struct eddy_preset *preset;
    enum sim_stall stall;
    uint64_t seed;
    char trace_path[256]; /* "" for none */
    char serial[64];      /* of a board; "" for the only one */
    unsigned timeout_ms;  /* a board that moves nothing for so long is silent */
    unsigned wait_ms;     /* for a board that is not there yet */
    bool any_hash;        /* a board whose engine is not the library's is accepted */
    char xclbin[256];     /* "" for the simulated card of the preset */
    char bdf[32];         /* of a card under XRT; "" for the first */
};

/* Default of carrier_options.timeout_ms. */
#define CARRIER_TIMEOUT_MS 5000

struct carrier;

struct carrier_ops {
    /* Moves words both ways until receive is full (until send is empty when there is nothing to receive), holds an answer that
     * is shorter (packet_answer_words), or the device can go no further for now: takes *sent of send_words, gives *received of
     * at most receive_words. With *sent == *received == 0 the device is silent: it waits for words or for room, or it is lost. */
    int (*transfer)(struct carrier *carrier, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received);
    void (*close)(struct carrier *carrier);
    /* See sim.h; NULL where nothing is simulated. */
    void (*figures)(const struct carrier *carrier, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures);
};

/* First member of every carrier. */
struct carrier {
    const struct carrier_ops *ops;
    struct eddy_context *context;
};

/* A device that was found: its serial number, its preset or NULL, and why it cannot be used or NULL. */
typedef void (*backend_found)(const char *serial, const struct eddy_preset *preset,
                              const char *problem, void *user);

struct backend {
    const char *scheme; /* of the URI */
    const char *summary;
    int (*open)(struct eddy_context *context, const struct carrier_options *options,
                struct carrier **carrier);
    /* NULL: there is a device of each preset. */
    int (*list)(struct eddy_context *context, backend_found found, void *user);
};

extern const struct backend eddy_backend_cpu, eddy_backend_sim, eddy_backend_usb, eddy_backend_xrt;

#endif
