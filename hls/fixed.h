/* fixed.h -- the arithmetic of the datapath: rounding, saturation, activation.
 *
 * Qm.n has m integer bits beside the sign and n fraction bits; Q3.12 is ap_fixed<16,4>.
 */
#ifndef EDDY_FIXED_H
#define EDDY_FIXED_H

#include "config.h"
#include "hls.h"
#include "packet.h"
#include "tanh_table.h"

static inline int16_t saturate16(int64_t v)
{
    return v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : (int16_t)v;
}

/* v / 2^(shift + 1), to nearest, halves up; v has SUM_BITS bits. */
static inline int64_t round_shift(int64_t v, int shift)
{
    return ((hls_wrap(v, SUM_BITS) >> shift) + 1) >> 1;
}

/* tanh of a Q3.12 number in Q0.15: odd, monotonic, linear between the 512 points of the table at
 * multiples of 1/64; the error is below 1 LSB of Q0.14 for every argument. The result is rounded to
 * 15 - result_shift fraction bits. */
static inline int16_t tanh_q12(int16_t v, int result_shift)
{
    const bool negative = v < 0;
    const int magnitude = v == INT16_MIN ? INT16_MAX : negative ? -v : v;
    const int index = magnitude >> 6, fraction = magnitude & 63;
    const int q15 = tanh_value[index] + ((tanh_step[index] * fraction + 32) >> 6);
    const int result = (q15 + ((1 << result_shift) >> 1)) >> result_shift;
    return (int16_t)(negative ? -result : result);
}

static inline int16_t activate(int16_t v, int activation, int result_shift)
{
    return activation == ACTIVATION_TANH ? tanh_q12(v, result_shift) : v;
}

#endif
