/* Softmax of up to 64 logits in fixed point: maximum, exponentials by table and shift, a division. */
#include "hls.h"

static const uint16_t powers[16] = {32768, 31379, 30048, 28774, 27554, 26386, 25268, 24196,
                                    23170, 22188, 21247, 20347, 19484, 18658, 17867, 17109};
static uint16_t exponential[64];

void softmax(const int16_t logits[HLS_SIZE(64)], uint16_t out[HLS_SIZE(64)], uint8_t n)
{
    const uint8_t count = n & 63;
    int16_t most = -32768;
    for (uint8_t i = 0; i < count; i++) {
        HLS_PIPELINE(1);
        most = logits[i] > most ? logits[i] : most;
    }
    uint32_t sum = 1;
    for (uint8_t i = 0; i < count; i++) {
        HLS_PIPELINE(1);
        const uint32_t d = (uint32_t)(most - logits[i]) * 23 >> 4; /* to the base of 2, Q8 */
        const uint16_t e = d >= 4096 ? 0 : powers[d >> 4 & 15] >> (d >> 8);
        exponential[i] = e;
        sum += e;
    }
    for (uint8_t i = 0; i < count; i++) {
        HLS_PIPELINE(1);
        out[i] = (uint16_t)(((uint32_t)exponential[i] << 15) / sum);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 2, round < 2 ? round : 63);
    for (unsigned i = 0; i < 64; i++)
        rig_put(k, 0, i, rig_random() % 4000);
}
#endif
