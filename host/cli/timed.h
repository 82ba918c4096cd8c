/* timed.h -- the CPU time of a device's carrier, told apart from the library's own. */
#ifndef EDDY_TIMED_H
#define EDDY_TIMED_H

#include "lib/device.h"

#include <stdint.h>

/* In place of the carrier of a device, which it forwards to. */
struct timed_carrier {
    struct carrier base, *inner;
    struct carrier_ops ops;
    uint64_t carrier_ns; /* of this thread inside the carrier */
    uint64_t n_transfers;
    uint64_t clock_ns; /* what a look at the clock adds outside of it */
};

/* CPU time of this thread. */
uint64_t cpu_ns(void);
/* CPU time of this process, of all its threads. */
uint64_t process_ns(void);

/* timed lives until timed_end. */
void timed_begin(struct timed_carrier *timed, struct eddy_device *device);
void timed_end(struct timed_carrier *timed, struct eddy_device *device);

#endif
