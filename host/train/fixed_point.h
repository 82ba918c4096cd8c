/* fixed_point.h -- inside the training: the device's own numbers, so that a network learns what the
 * device will compute.
 *
 * Each function does what the drain does with the sums of a gate, by the functions of hls/fixed.h: the argument
 * is rounded and saturated, the activation comes from the table, products are rounded, states saturated.
 * What comes out are floats that hold exactly the device's 16-bit numbers; the gradient passes the
 * roundings as if they were not there (straight-through, https://arxiv.org/abs/1308.3432). Only the sums
 * of products are float: near the middle between two numbers of 16 bits they may fall to the other. */
#ifndef EDDY_FIXED_POINT_H
#define EDDY_FIXED_POINT_H

#include "model/model.h"
#include "real.h"

#include <stddef.h>
#include <stdint.h>

/* Fraction bits of a layer's inputs, outputs and, lstm, cell states. */
struct eddy_cell_format {
    int8_t in, out, cell;
};

#define eddy_fixed_input EDDY_CORE(eddy_fixed_input)
#define eddy_fixed_round EDDY_CORE(eddy_fixed_round)
#define eddy_fixed_activate EDDY_CORE(eddy_fixed_activate)
#define eddy_fixed_gru_gates EDDY_CORE(eddy_fixed_gru_gates)
#define eddy_fixed_gru_blend EDDY_CORE(eddy_fixed_gru_blend)
#define eddy_fixed_lstm EDDY_CORE(eddy_fixed_lstm)

/* Inputs (n) as the host gives them to the device: to the nearest, halves to the even. */
void eddy_fixed_input(int fraction_bits, size_t n, eddy_real *v);
/* v (n) to numbers of 16 bits, fraction_bits of them, in place. */
void eddy_fixed_round(int fraction_bits, size_t n, eddy_real *v);
/* dense, rnn: sums (n) to outputs, in place. */
void eddy_fixed_activate(const struct eddy_cell_format *format, enum eddy_activation activation,
                         size_t n, eddy_real *y);
/* One step of one sequence of n units, each. g: z r n of a gru, i o f n of an lstm, sums in, gates out.
 *
 * z and r; reset_h (n), unless NULL: r * h. */
void eddy_fixed_gru_gates(const struct eddy_cell_format *format, size_t n, const eddy_real *h,
                          eddy_real *g, eddy_real *reset_h);
/* n and y; inner (n), NULL but for linear_before_reset: r_h h + rb in, as the device rounds it out. */
void eddy_fixed_gru_blend(const struct eddy_cell_format *format, size_t n, const eddy_real *h,
                          eddy_real *inner, eddy_real *g, eddy_real *y);
/* p (3 n): peepholes, or zeros. */
void eddy_fixed_lstm(const struct eddy_cell_format *format, size_t n, const eddy_real *p,
                     const eddy_real *c_before, eddy_real *g, eddy_real *c, eddy_real *y);

#endif
