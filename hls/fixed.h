/* fixed.h -- the arithmetic of the datapath: rounding, saturation, activation.
 *
 * Qm.n has m integer bits beside the sign and n fraction bits; Q3.12 is ap_fixed<16,4>.
 */
#ifndef EDDY_FIXED_H
#define EDDY_FIXED_H

#include "config.h"
#include "hls.h"
#include "phase.h"

#define TANH_UNITS (2 * DRAINS) /* of every drain: one for the gate, one for the cell */
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

/* |tanh| of a Q3.12 number in Q0.15: monotonic, linear between the 512 points of the table at multiples of
 * 1/64; the error is below 1 LSB of Q0.14 for every argument. */
static inline int tanh_magnitude(int16_t v, int unit)
{
    const int magnitude = v == INT16_MIN ? INT16_MAX : v < 0 ? -v : v;
    const int index = magnitude >> 6, fraction = magnitude & 63;
    return tanh_value[index][unit] + ((tanh_step[index][unit] * fraction + 32) >> 6);
}

/* v / 2^shift of a number of at most 17 bits, to nearest, halves up. */
static inline int round_result(int v, int shift)
{
    return (v + ((1 << shift) >> 1)) >> shift;
}

/* tanh of a Q3.12 number: odd. The result has 15 - result_shift fraction bits. */
static inline int16_t tanh_q12(int16_t v, int result_shift, int unit)
{
    const int rounded = round_result(tanh_magnitude(v, unit), result_shift);
    return (int16_t)(v < 0 ? -rounded : rounded);
}

/* The activation of a phase. The sigmoid is (1 + tanh(v/2)) / 2 of a Q4.11 number: half of it is the same integer in
 * Q3.12. */
static inline int16_t activate(int16_t v, int activation, int result_shift, int unit)
{
    const int magnitude = tanh_magnitude(v, unit);
    const bool negative = v < 0, is_tanh = activation == ACTIVATION_TANH;
    const int unrounded = is_tanh ? magnitude : 32768 + (negative ? -magnitude : magnitude);
    const int rounded = round_result(unrounded, result_shift + !is_tanh);
    const int limited = rounded > INT16_MAX ? INT16_MAX : rounded; /* sigmoid of 1 */
    const int curved = (is_tanh & negative) ? -limited : limited;
    const int linear = ((activation == ACTIVATION_RELU) & negative) ? 0 : v;
    const bool is_linear = activation == ACTIVATION_NONE || activation == ACTIVATION_RELU;
    return (int16_t)(is_linear ? linear : curved);
}

/* A cell state of 11 + cell_shift fraction bits as the argument of tanh. */
static inline int16_t cell_argument(int16_t cell, int cell_shift)
{
    return saturate16(round_result(cell * 2, cell_shift));
}

/* The product of two numbers over 2^(15 + shift), to nearest, halves up. */
static inline int32_t scale_product(int32_t product, int shift)
{
    return (((product >> 14) >> shift) + 1) >> 1;
}

#endif
