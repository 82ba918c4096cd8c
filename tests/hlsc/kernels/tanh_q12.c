/* The interpolated tanh of the peers, a word in and out each cycle. */
/* hlsc: --clock-ns 20 */
#define tanh_q12 tanh_of
#include "../peers/tanh_q12.c"
#undef tanh_q12
#include "hls.h"

void tanh_q12(hls_stream_u16 *in, hls_stream_u16 *out)
{
    while (hls_more(in)) {
        HLS_PIPELINE(1);
        hls_write(out, (uint16_t)tanh_of((int16_t)hls_read(in)));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 200; i++)
        rig_send(k, 0, round == 0 ? i * 328 : rig_random());
}
#endif
