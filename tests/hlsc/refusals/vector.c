#include "hls.h"

typedef uint32_t four __attribute__((vector_size(16)));

void f(uint32_t n, hls_stream_u32 *out)
{
    four a = {n, n + 1, n + 2, n + 3};
    a = a * a;
    hls_write(out, a[n & 3]);
}
