/* steps.c -- holds the program, and hands its descriptors to the datapath, step by step, as control says. x_t goes its
 * own way: control hands it on meanwhile.
 */
#include "descriptor.h"

#if DRAIN_STEPS == 1
static uint16_t program[DESCRIPTORS][DESCRIPTOR_WORDS] HLS_PARTITION(2);

static inline void store_descriptor(uint16_t at, uint64_t w)
{
    HLS_UNROLL
    for (int k = 0; k < DESCRIPTOR_WORDS; k++)
        program[at & (DESCRIPTORS - 1)][k] = (uint16_t)(w >> 16 * k);
}

static inline uint64_t load_descriptor(uint32_t at)
{
    uint64_t w = 0;
    HLS_UNROLL
    for (int k = 0; k < DESCRIPTOR_WORDS; k++)
        w |= (uint64_t)program[at & (DESCRIPTORS - 1)][k] << 16 * k;
    return w;
}
#else /* word by word, as the drain takes its constants */
static uint16_t program[DESCRIPTORS][DESCRIPTOR_WORDS] HLS_SINGLE_PORT;

static inline void store_descriptor(uint16_t at, uint64_t w)
{
    for (uint8_t k = 0; k < DESCRIPTOR_WORDS; k++) {
        program[at & (DESCRIPTORS - 1)][k] = (uint16_t)w;
        w >>= 16;
    }
}

static inline uint64_t load_descriptor(uint32_t at)
{
    uint64_t w = 0;
    for (uint8_t k = 0; k < DESCRIPTOR_WORDS; k++)
        w = w >> 16 | (uint64_t)program[at & (DESCRIPTORS - 1)][k] << 48;
    return w;
}
#endif

static inline uint64_t drain_of(struct step s, uint64_t w)
{
    const uint64_t kept = s.emit ? w : w & ~(UINT64_C(1) << DRAIN_EMIT_BIT);
    return kept | (uint64_t)(s.home & (2 * STREAMS - 1)) << DRAIN_HOME_BIT;
}

static inline uint64_t segment_of(struct step s, bool swapped, uint64_t w)
{
    struct segment g = segment_unpack(w);
    const bool fed_back = s.fed_back & ((g.source == SOURCE_DATA) | (g.source == SOURCE_KEPT));
    g.source = fed_back ? SOURCE_STATE : g.source;
    g.address = (fed_back ? s.feedback : g.address) & (STATE_ROWS - 1);
    if (g.source == SOURCE_STATE)
        g.address |= ((s.home ^ (fed_back | !g.current)) & (2 * STREAMS - 1u)) * STATE_ROWS;
    g.ends_block ^= swapped;
    g.stop &= s.last & g.ends_block;
    return segment_pack(g);
}

static void step(hls_stream_u64 *segments, hls_stream_u64 *drains, struct step s)
{
    const uint16_t end = (uint16_t)(s.at + s.length) & (DESCRIPTORS - 1);
    uint8_t swaps = s.swaps ? 2 : 0; /* the two segments still to come */
    uint16_t n = s.at;
    do {
        const uint64_t w = load_descriptor(swaps == 2 ? n + 1u : swaps == 1 ? n - 1u : n);
        if (descriptor_kind(w) == DESCRIPTOR_DRAIN)
            hls_write(drains, drain_of(s, w));
        else
            hls_write(segments, segment_of(s, swaps != 0, w));
        swaps = swaps != 0 ? swaps - 1 : 0;
        n = (n + 1) & (DESCRIPTORS - 1);
    } while (n != end);
}

HLS_PROCESS void steps(hls_stream_u64 *descriptors, hls_stream_u64 *segments,
                       hls_stream_u64 *drains)
{
    uint16_t end = 0; /* of the program */
    while (hls_more(descriptors)) {
        const uint64_t w = hls_read(descriptors);
        if (descriptor_kind(w) != DESCRIPTOR_STEP)
            store_descriptor(end++, w);
        else if (step_unpack(w).loads)
            end = 0;
        else
            step(segments, drains, step_unpack(w));
    }
}
