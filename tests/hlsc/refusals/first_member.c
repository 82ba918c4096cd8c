#include "hls.h"

#include <string.h>

static struct {
    uint8_t level[2];
    uint16_t delay;
} pins[3];

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    uint8_t bytes[12];
    pins[hls_read(in) % 3].level[0] = 1;
    memcpy(bytes, pins, sizeof bytes);
    hls_write(out, bytes[hls_read(in) % 12]);
}
