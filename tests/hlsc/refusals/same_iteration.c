#include "hls.h"

void f(const uint8_t image[HLS_SIZE(128)], uint32_t out[HLS_SIZE(32)], int32_t n)
{
    static uint32_t local[32];
    uint8_t previous = 0;
    uint32_t count = 0;
    for (int32_t i = 0; i < n; i++) {
        HLS_PIPELINE(2);
        const uint8_t now = image[i] >> 3;
        if (i > 0 && now == previous) {
            count++;
        } else {
            if (i > 0)
                local[previous] = count;
            count = local[now] + 1;
        }
        previous = now;
    }
    out[previous] = local[previous] + count;
}
