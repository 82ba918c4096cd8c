/* A word of fields that is kept from call to call, though some of them are never asked for again. */
#include "hls.h"

struct header {
    uint32_t version : 4, length : 4, service : 8;
    int32_t offset : 12;
    uint32_t last : 1;
};
static struct header before;

void unread(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    struct header now;
    now.version = word & 15;
    now.length = word >> 4 & 15;
    now.service = word >> 8 & 255;
    now.offset = (int32_t)(word >> 16 & 0xfff);
    now.last = word >> 31;
    hls_write(out, (uint32_t)(now.offset * 3 + now.version + before.service + before.length * 7));
    hls_write(out, before.last ? 1000 : 0);
    before = now;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
