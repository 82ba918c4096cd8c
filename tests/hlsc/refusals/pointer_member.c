#include "hls.h"

static const uint8_t odd[4] = {1, 3, 5, 7}, even[4] = {2, 4, 6, 8};
static const struct {
    const uint8_t *numbers;
    uint32_t factor;
} tables[2] = {{odd, 3}, {even, 4}};

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    hls_write(out, tables[word & 1].numbers[word >> 1 & 3] * tables[word & 1].factor);
}
