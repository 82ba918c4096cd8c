/* Several streams: words are merged by a stream of tags, split by a bit, and counted. */
#include "hls.h"

#ifndef __HLSC__
#undef hls_clock
#define hls_clock() (native_clock += 1000)
static uint32_t native_clock;
#endif

static void merge(hls_stream_u16 *tags, hls_stream_u32 *left, hls_stream_u64 *right,
                  hls_stream_u64 *merged, hls_stream_u16 *odd, uint16_t count)
{
    uint16_t n = 0;
    bool more = count != 0;
    while (more) {
        HLS_PIPELINE(1);
        /* a tag is looked at without waiting: no tag, no work */
        bool work = false, from_right = false;
        if (!hls_empty(tags)) {
            from_right = hls_read(tags) & 1;
            work = true;
        }
        uint64_t word = 0;
        if (work & from_right)
            word = hls_read(right);
        if (work & !from_right)
            word = hls_read(left);
        if (work) {
            hls_write(merged, word * 5 + from_right);
            if (word & 1)
                hls_write(odd, (uint16_t)word);
            n++;
        }
        more = n != count;
    }
}

void streams(hls_stream_u16 *tags, hls_stream_u32 *left, hls_stream_u64 *right,
             hls_stream_u64 *merged, hls_stream_u16 *odd)
{
    while (hls_more(tags)) {
        const uint16_t count = hls_read(tags);
        hls_clock_start();
        const uint32_t before = hls_clock();
        merge(tags, left, right, merged, odd, count);
        const uint32_t after = hls_clock();
        hls_write(odd, (uint16_t)(after - before < (uint32_t)count)); /* 0 where a clock runs */
#ifdef __HLSC__
        hls_write(odd, before == 0 || before > 3 || after - before > 100000);
#else
        hls_write(odd, 0);
#endif
        hls_write(merged, (uint64_t)count << 32 | hls_read(left));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned turn = 0; turn < 3; turn++) {
        const unsigned count = round == 0 ? turn : 1 + rig_below(60);
        rig_send(k, 0, count);
        for (unsigned i = 0; i < count; i++) {
            const bool right = rig_below(2);
            rig_send(k, 0, rig_below(100) * 2 + right);
            rig_send(k, right ? 2 : 1, (uint64_t)rig_random() << 32 | rig_random());
        }
        rig_send(k, 1, rig_random());
    }
}
#endif
