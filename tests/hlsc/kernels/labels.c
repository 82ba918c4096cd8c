/* Names that could meet in the module: labels, states, Verilog's words, ports. */
#include "hls.h"

static uint16_t state;

uint16_t labels(uint16_t wires, uint16_t cell_1, hls_stream_u16 *in, hls_stream_u16 *out)
{
    uint16_t S_idle = wires;
    if (wires & 1)
        goto a;
    S_idle += hls_read(in);
    S_idle *= hls_read(in);
a:
    hls_write(out, S_idle);
    hls_write(out, cell_1);
    state += S_idle;
    if (cell_1 & 1)
        goto a_1;
    hls_write(out, hls_read(in));
a_1:
    hls_write(out, state);
    return state;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 4; i++)
        rig_send(k, 2, rig_random());
}
#endif
