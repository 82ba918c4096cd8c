/* rig.h -- what a kernel under test tells the rig: how to call it natively, and what to feed it.
 *
 * A kernel's source ends with, under RIG:
 *   static void stimulus(struct rig_kernel *k, unsigned round)
 * which fills the ports, numbered like the parameters, for one call. Ports that it leaves alone hold
 * random numbers: arrays all of their elements, scalars one; streams are empty.
 */
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rig_kind { RIG_UNUSED, RIG_SCALAR, RIG_MEMORY, RIG_INPUT, RIG_OUTPUT };
enum { RIG_PORTS = 12, RIG_ROOM_WORDS = 1 << 14 };

struct rig_port {
    enum rig_kind kind;
    unsigned width, address_bits;
    uint64_t value; /* of a scalar */
    void *words;    /* of an array, or of a stream's ring */
    size_t count;   /* words put into a stream */
    void *stream;   /* hls_stream_u16 and so on */
};

struct rig_kernel {
    const char *name;
    void (*call)(struct rig_kernel *k);
    void (*stimulus)(struct rig_kernel *k, unsigned round);
    struct rig_port port[RIG_PORTS];
    unsigned nports, result_width;
    bool returns;
    uint64_t result;
    long latency_cycles; /* from start to done by the report, or 0 */
    long most_cycles;    /* limit on them where nothing stalls, or 0 */
    unsigned slowness;   /* of a sequencer: its limits are as many times as far away */
    bool expect_check_failed;
};

#ifdef __cplusplus
extern "C" {
#endif
uint32_t rig_random(void);
uint32_t rig_below(uint32_t n);
/* Appends a word to an input stream. */
void rig_send(struct rig_kernel *k, unsigned port, uint64_t word);
void rig_set(struct rig_kernel *k, unsigned port, uint64_t value);
/* Element i of an array. */
void rig_put(struct rig_kernel *k, unsigned port, size_t i, uint64_t value);
#ifdef __cplusplus
}
#endif
#endif
