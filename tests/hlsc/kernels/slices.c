/* Words counted bit by bit, in columns: three words hold the counters of 32 columns. Each carry is the "and" of what may only be
 * proved to be a truth value by assuming that another is. */
#include "hls.h"

void slices(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    uint32_t ones = 0, twos = 0, fours = 0;
    for (int i = 0; i < 8; i++) {
        const uint32_t moved = word >> i;
        const uint32_t carry = ones & moved;
        ones ^= moved;
        fours |= twos & carry;
        twos ^= carry;
    }
    hls_write(out, ones);
    hls_write(out, twos);
    hls_write(out, fours);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
