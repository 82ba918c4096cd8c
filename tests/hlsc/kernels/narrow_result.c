/* A result of one bit that extends by its sign. */
#include "hls.h"

int32_t narrow_result(uint32_t a, hls_stream_u32 *out)
{
    hls_write(out, a >> 1);
    return -(int32_t)(a & 1);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
