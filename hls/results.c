/* results.c -- the back of the device: beats of DRAINS words become the words of the answers. */
#include "config.h"
#include "hls.h"

HLS_PROCESS void results(hls_stream_u64 *beats, hls_stream_u16 *answers)
{
    uint64_t beat = 0;
    uint8_t left = 0;
    while (left != 0 || hls_more(beats)) {
        HLS_PIPELINE(1);
        if (left == 0)
            beat = hls_read(beats);
        hls_write(answers, (uint16_t)beat);
        beat >>= 16;
        left = (left + DRAINS - 1) % DRAINS;
    }
}
