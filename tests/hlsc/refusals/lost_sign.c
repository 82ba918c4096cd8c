#include "hls.h"

static struct {
    uint8_t head[8], key[16], tail[8];
} cards[2];

void f(hls_stream_u64 *in, hls_stream_u64 *out)
{
    uint8_t *const key = cards[hls_read(in) & 1].key;
    cards[1].head[3] = 7;
    key[(int)(hls_read(in) >> 1)] = 5;
    hls_write(out, cards[1].head[hls_read(in) & 7] + cards[0].tail[2]);
}
