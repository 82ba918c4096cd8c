/* results.c -- the back of the device: beats of DRAINS words become the words of the answers. */
#include "config.h"
#include "hls.h"

HLS_PROCESS void results(hls_stream_u64 *beats, hls_stream_u16 *answers)
{
    while (hls_more(beats)) {
        uint64_t beat = hls_read(beats);
        for (int k = 0; k < DRAINS; k++) {
            hls_write(answers, (uint16_t)beat);
            beat >>= 16;
        }
    }
}
