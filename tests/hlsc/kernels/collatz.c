/* The longest Collatz sequence below a bound, in 64 bits, with a memory of lengths that are known. */
#include "hls.h"

static uint16_t known[256];

uint64_t collatz(uint16_t bound, hls_stream_u64 *out)
{
    uint64_t highest = 0;
    uint16_t best = 0, best_at = 0;
    const uint16_t last = (bound & 127) + 3;
    for (uint16_t start = 2; start < last; start++) {
        uint64_t v = start;
        uint16_t steps = 0;
        while (v != 1) {
            if (v < start) {
                steps += known[v & 255];
                break;
            }
            v = v % 2 == 0 ? v / 2 : 3 * v + 1;
            if (v > highest)
                highest = v;
            steps++;
        }
        known[start & 255] = steps;
        if (steps > best) {
            best = steps;
            best_at = start;
            hls_write(out, (uint64_t)start << 32 | steps);
        }
    }
    hls_write(out, (uint64_t)best_at);
    return highest;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_set(k, 0, rig_random());
}
#endif
