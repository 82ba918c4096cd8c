#include "fixed_point.h"

#include "../../hls/fixed.h"

/* Fraction bits of the arguments of sigmoid and tanh, and of the gates. */
enum { SIGMOID_BITS = 11, TANH_BITS = 12, GATE_BITS = 15, LEAST_CELL_BITS = 11 };
/* A sum as the drain gets it has more bits than its argument. */
enum { SUM_SHIFT = 12 };

static eddy_real scale_of(int fraction_bits)
{
    return (eddy_real)ldexp(1, fraction_bits);
}

/* A number that has so many fraction bits. */
static int integer_of(eddy_real v, eddy_real scale)
{
    return (int)lrint((double)(v * scale));
}

/* round_shift of the drain. A number that is none becomes 0: its gradient tells. */
static int64_t argument_of(eddy_real sum, eddy_real scale)
{
    const double limit = 0x1p40, v = (double)(sum * scale) * (1 << SUM_SHIFT);
    const double below = v < limit ? v : limit, limited = below > -limit ? below : -limit;
    return v == v ? round_shift(llrint(limited), SUM_SHIFT - 1) : 0;
}

static eddy_real sigmoid_of(eddy_real sum)
{
    const int16_t v = saturate16(argument_of(sum, (eddy_real)(1 << SIGMOID_BITS)));
    return (eddy_real)activate(v, ACTIVATION_SIGMOID, 0, 0) / (1 << GATE_BITS);
}

void eddy_fixed_input(int fraction_bits, size_t n, eddy_real *v)
{
    const eddy_real scale = scale_of(fraction_bits);
    for (size_t i = 0; i < n; i++) {
        const double limited = fmax(INT16_MIN, fmin(INT16_MAX, (double)(v[i] * scale)));
        v[i] = (eddy_real)lrint(limited) / scale;
    }
}

void eddy_fixed_round(int fraction_bits, size_t n, eddy_real *v)
{
    const eddy_real scale = scale_of(fraction_bits);
    for (size_t i = 0; i < n; i++)
        v[i] = (eddy_real)saturate16(argument_of(v[i], scale)) / scale;
}

void eddy_fixed_activate(const struct eddy_cell_format *format, enum eddy_activation activation,
                         size_t n, eddy_real *y)
{
    const bool is_sigmoid = activation == EDDY_ACTIVATION_SIGMOID;
    const int kind = is_sigmoid ? ACTIVATION_SIGMOID : ACTIVATION_TANH;
    const eddy_real scale = scale_of(format->out);
    if (activation == EDDY_ACTIVATION_NONE || activation == EDDY_ACTIVATION_RELU) {
        eddy_fixed_round(format->out, n, y);
        for (size_t i = 0; i < n && activation == EDDY_ACTIVATION_RELU; i++)
            y[i] = y[i] > 0 ? y[i] : 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t v = argument_of(y[i], scale_of(is_sigmoid ? SIGMOID_BITS : TANH_BITS));
        y[i] = (eddy_real)activate(saturate16(v), kind, GATE_BITS - format->out, 0) / scale;
    }
}

void eddy_fixed_gru_gates(const struct eddy_cell_format *format, size_t n, const eddy_real *h,
                          eddy_real *g, eddy_real *reset_h)
{
    const eddy_real scale = scale_of(format->out);
    for (size_t j = 0; j < 2 * n; j++)
        g[j] = sigmoid_of(g[j]);
    for (size_t j = 0; reset_h && j < n; j++) {
        const int reset = integer_of(g[n + j], 1 << GATE_BITS);
        reset_h[j] =
            (eddy_real)saturate16(scale_product(integer_of(h[j], scale) * reset, 0)) / scale;
    }
}

void eddy_fixed_gru_blend(const struct eddy_cell_format *format, size_t n, const eddy_real *h,
                          eddy_real *inner, eddy_real *g, eddy_real *y)
{
    const eddy_real scale = scale_of(format->out);
    for (size_t j = 0; j < n; j++) {
        const int update = integer_of(g[j], 1 << GATE_BITS);
        const int reset = integer_of(g[n + j], 1 << GATE_BITS), before = integer_of(h[j], scale);
        int64_t v = argument_of(g[2 * n + j], 1 << TANH_BITS);
        if (inner) {
            const int16_t recurrent = saturate16(argument_of(inner[j], 1 << TANH_BITS));
            v += saturate16(scale_product(recurrent * reset, 0));
            inner[j] = (eddy_real)recurrent / (1 << TANH_BITS);
        }
        const int16_t next = activate(saturate16(v), ACTIVATION_TANH, GATE_BITS - format->out, 0);
        const int32_t way = scale_product(saturate16(before - next) * update, 0);
        g[2 * n + j] = (eddy_real)next / scale;
        y[j] = (eddy_real)saturate16(next + way) / scale;
    }
}

void eddy_fixed_lstm(const struct eddy_cell_format *format, size_t n, const eddy_real *p,
                     const eddy_real *c_before, eddy_real *g, eddy_real *c, eddy_real *y)
{
    const eddy_real gate_scale = 1 << GATE_BITS, cell_scale = scale_of(format->cell);
    for (size_t j = 0; j < n; j++) {
        const int before = integer_of(c_before[j], cell_scale);
        g[j] = sigmoid_of(g[j] + p[j] * c_before[j]);
        g[2 * n + j] = sigmoid_of(g[2 * n + j] + p[2 * n + j] * c_before[j]);
        const int16_t next =
            activate(saturate16(argument_of(g[3 * n + j], 1 << TANH_BITS)), ACTIVATION_TANH, 0, 0);
        const int16_t kept =
            saturate16(scale_product(before * integer_of(g[2 * n + j], gate_scale), 0));
        const int16_t cell = saturate16(
            scale_product(next * integer_of(g[j], gate_scale), GATE_BITS - format->cell) + kept);
        g[3 * n + j] = (eddy_real)next / gate_scale;
        c[j] = (eddy_real)cell / cell_scale;
        g[n + j] = sigmoid_of(g[n + j] + p[n + j] * c[j]);
        const int16_t squashed =
            tanh_q12(cell_argument(cell, format->cell - LEAST_CELL_BITS), 0, 1);
        y[j] = (eddy_real)saturate16(scale_product(squashed * integer_of(g[n + j], gate_scale),
                                                   GATE_BITS - format->out)) /
               scale_of(format->out);
    }
}
