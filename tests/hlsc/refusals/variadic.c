#include "hls.h"

#include <stdarg.h>

static uint32_t first(int n, ...)
{
    va_list a;
    va_start(a, n);
    const uint32_t v = va_arg(a, uint32_t);
    va_end(a);
    return v;
}

void f(uint32_t n, hls_stream_u32 *out)
{
    hls_write(out, first(1, n));
}
