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

/* As round_shift, but what is beyond 18 bits becomes some number of 19 bits that is beyond them too. */
static inline int32_t round_shift18(int64_t v, int shift)
{
    const int64_t shifted = hls_wrap(v, SUM_BITS) >> shift, most = (1 << 18) - 1;
    const int32_t limited = (int32_t)(shifted > most ? most : shifted < ~most ? ~most : shifted);
    return (limited + 1) >> 1;
}

/* |tanh| of a Q3.12 number in Q0.15: monotonic, linear between the 512 points of the table at multiples of
 * 1/64; the error is below 1 LSB of Q0.14 for every argument. */
static inline int tanh_magnitude(int16_t v, int unit)
{
    const int absolute = (v < 0 ? -v : v) & 0xffff;
    const int magnitude = (absolute | -(absolute >> 15)) & 0x7fff; /* of -2^15: as of -2^15 + 1 */
    const int index = magnitude >> 6, fraction = magnitude & 63;
    return tanh_value[index][unit] + ((tanh_step[index][unit] * fraction + 32) >> 6);
}

/* The same in two iterations, from one table: in the first the point below v is read, in the second the one above. From 6.0
 * on all points are one. */
static inline int tanh_magnitude_of_two(int16_t v, int unit, bool second, uint16_t *before)
{
    const int absolute = (v < 0 ? -v : v) & 0xffff;
    const int index = absolute >= 6 << 12 ? 6 << 6 : absolute >> 6, fraction = absolute & 63;
    const int point = tanh_value[index + second][unit], below = *before;
    *before = (uint16_t)point;
    return below + ((((point - below) & 1023) * fraction + 32) >> 6);
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

/* The activation of a phase: sigmoid and the magnitude of tanh from the magnitude of tanh, rounded to the fraction bits of the
 * result; then with sign and limits, or the linear ones. The sigmoid is (1 + tanh(v/2)) / 2 of a Q4.11 number: half of it is
 * the same integer in Q3.12. */
static inline int curve(int16_t v, int magnitude, int activation, int result_shift)
{
    const bool is_tanh = activation == ACTIVATION_TANH;
    const int with_sign = ((v < 0) & !is_tanh) ? -magnitude : magnitude;
    const int unrounded = is_tanh ? magnitude : (with_sign & 0xffff) ^ 32768; /* 2^15 + tanh */
    return round_result(unrounded, result_shift + !is_tanh);
}

static inline int16_t activated(int16_t v, int curve, int activation)
{
    const bool negative = v < 0, is_tanh = activation == ACTIVATION_TANH;
    const int limited = curve > INT16_MAX ? INT16_MAX : curve; /* sigmoid of 1 */
    const int curved = (is_tanh & negative) ? -limited : limited;
    const int linear = ((activation == ACTIVATION_RELU) & negative) ? 0 : v;
    const bool is_linear = activation == ACTIVATION_NONE || activation == ACTIVATION_RELU;
    return (int16_t)(is_linear ? linear : curved);
}

static inline int16_t activate(int16_t v, int activation, int result_shift, int unit)
{
    return activated(v, curve(v, tanh_magnitude(v, unit), activation, result_shift), activation);
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
