#include "hls.h"

static uint32_t next(uint32_t x) { return x + 1; }
static uint32_t twice(uint32_t x) { return x * 2; }

void f(uint32_t n, hls_stream_u32 *out)
{
    uint32_t (*chosen)(uint32_t) = n & 1 ? next : twice;
    hls_write(out, chosen(n));
}
