/* Where a pattern first occurs in a text: nested loops with breaks; -1 if nowhere. */
#include "hls.h"

int32_t string_search(const uint8_t text[HLS_SIZE(256)], const uint8_t pattern[HLS_SIZE(8)], uint8_t length)
{
    for (int at = 0; at + length <= 256; at++) {
        bool same = true;
        for (int i = 0; i < length; i++)
            if (text[at + i] != pattern[i & 7]) {
                same = false;
                break;
            }
        if (same)
            return at;
    }
    return -1;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 256; i++)
        rig_put(k, 0, i, 'a' + rig_below(2));
    for (unsigned i = 0; i < 8; i++)
        rig_put(k, 1, i, 'a' + rig_below(round == 2 ? 4 : 2));
    rig_set(k, 2, rig_below(9));
}
#endif
