/* A list in an array of structs: the index of the next one is loaded from one array or another. */
#include "hls.h"

static struct {
    uint8_t next;
    uint16_t value;
} node[17];

void list(hls_stream_u32 *in, hls_stream_u32 *out)
{
    static uint8_t head = 16;
    node[16].value = 0xffff;
    for (uint8_t i = 0; i < 10; i++) {
        const uint16_t word = (uint16_t)hls_read(in);
        uint8_t at = head, before = 16;
        while (at != 16 && node[at].value < word) {
            node[at].value++;
            before = at;
            at = node[at].next;
        }
        node[i].value = word;
        node[i].next = at;
        if (before == 16)
            head = i;
        else
            node[before].next = i;
    }
    uint8_t last = head;
    for (uint8_t at = head; at != 16; at = node[at].next) {
        hls_write(out, node[at].value);
        last = at;
    }
    hls_write(out, last);
    head = 16;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 10; i++)
        rig_send(k, 0, rig_random());
}
#endif
