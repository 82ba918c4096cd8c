/* Pipelined loops with several ways out, state that is used afterwards, and intervals above one. */
#include "hls.h"

static uint16_t table[64];
static const int16_t wave[32] = {0,    195,  383,   556,  707,  831,  924,  981,  1000, 981,  924,
                                 831,  707,  556,   383,  195,  0,    -195, -383, -556, -707, -831,
                                 -924, -981, -1000, -981, -924, -831, -707, -556, -383, -195};
static uint32_t seen;

static uint16_t find(hls_stream_u16 *in, uint16_t limit)
{
    uint16_t at = 0, previous = 0;
    while (at < limit) {
        HLS_PIPELINE(1);
        const uint16_t v = hls_read(in);
        if (v == 7)
            return at | 0x4000;
        seen += v;
        if (v == previous && at > 3)
            break;
        previous = v;
        at++;
    }
    return at + (previous & 0xff) * 256;
}

static uint16_t look_up(uint16_t key)
{
    uint16_t at = key & 63, hops = 0;
    for (;;) {
        HLS_PIPELINE(3);
        const uint16_t next = table[at];
        hops++;
        if ((next & 63) == (key >> 6 & 63) || hops == 20)
            break;
        at = next & 63;
    }
    return hops * 64 + at;
}

static int32_t mix(hls_stream_u16 *in, uint16_t n)
{
    int32_t low = 0, high = 1;
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(3);
        const int16_t x = (int16_t)hls_read(in);
        low += (x * wave[i & 31]) >> 10;
        high = (high >> 1) + (low ^ wave[x & 31]);
        table[i & 63] = (uint16_t)high;
        table[(i + 7) & 63] ^= (uint16_t)low;
    }
    return high - low;
}

void search(hls_stream_u16 *in, hls_stream_u32 *out)
{
    while (hls_more(in)) {
        const uint16_t n = hls_read(in) & 31;
        hls_write(out, find(in, n));
        hls_write(out, (uint32_t)mix(in, hls_read(in) & 63));
        hls_write(out, look_up(hls_read(in)));
        hls_write(out, seen);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int turn = 0; turn < 8; turn++) {
        const unsigned n = rig_below(32), end = rig_below(3), at = rig_below(32);
        rig_send(k, 0, n);
        uint16_t previous = 0;
        for (unsigned i = 0; i < n; i++) {
            uint16_t v = (uint16_t)(1000 + i * 3 + rig_below(2));
            if (end == 1 && i == at)
                v = 7;
            if (end == 2 && i == at && i > 0)
                v = previous;
            rig_send(k, 0, v);
            if (v == 7 || (v == previous && i > 3))
                break;
            previous = v;
        }
        const unsigned m = rig_below(64);
        rig_send(k, 0, m);
        for (unsigned i = 0; i < m; i++)
            rig_send(k, 0, rig_random());
        rig_send(k, 0, rig_random());
    }
}
#endif
