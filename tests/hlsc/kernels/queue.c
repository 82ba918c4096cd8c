/* Messages with a body, copied into a ring and out of it through pointers. */
#include "hls.h"
struct msg {
    uint8_t kind;
    uint8_t len;
    uint8_t body[14];
};
static struct msg messages[8];
static uint8_t head, tail;
static bool push(const struct msg *m)
{
    if ((uint8_t)(head - tail) == 8)
        return false;
    messages[head++ & 7] = *m;
    return true;
}
static bool pop(struct msg *m)
{
    if (head == tail)
        return false;
    *m = messages[tail++ & 7];
    return true;
}
void queue(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 30; i++) {
        uint32_t w = hls_read(in);
        struct msg m = {0};
        if (w & 1) {
            m.kind = (uint8_t)(w >> 8);
            m.len = (uint8_t)((w >> 4) % 14);
            for (int k = 0; k < m.len; k++)
                m.body[k] = (uint8_t)(w >> k);
            if (!push(&m))
                hls_write(out, 0xffffffff);
        } else if (pop(&m)) {
            uint32_t s = m.kind;
            for (int k = 0; k < 14; k++)
                s = s * 7 + m.body[k];
            hls_write(out, s);
        }
    }
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 30; i++)
        rig_send(k, 0, rig_random());
}
#endif
