#include <string.h>
#include "hls.h"
struct s { uint8_t k, l, m; uint16_t w; };
static uint8_t buffer[16];
void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    struct s s = {0};
    const uint8_t n = hls_read(in) & 3;
    s.k = (uint8_t)hls_read(in); s.l = 3; s.m = 7;
    memcpy(buffer, &s, n);
    for (int i = 0; i < 4; i++) hls_write(out, buffer[i]);
}
