/* Fields packed into a word by hand and as bit fields, kept, and asked for one by one. */
#include "hls.h"

struct header {
    uint32_t version : 4, length : 4, service : 8;
    int32_t offset : 12;
    uint32_t last : 1;
};
static struct header before;
static uint32_t word_before;

void fields(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    struct header h;
    h.version = word & 15;
    h.length = word >> 4 & 15;
    h.service = word >> 8 & 255;
    h.offset = (int32_t)(word >> 16 & 0xfff);
    h.last = word >> 31;
    hls_write(out, (uint32_t)(h.offset * 3 + h.version + before.service + before.length * 7));
    hls_write(out, before.last ? 1000 : 0);
    hls_write(out, word_before & 0x10000000 ? 1000 : 0);
    before = h;
    word_before = (word & 0x0fffffff) | (word >> 3 & 0x10000000);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
