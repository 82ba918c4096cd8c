/* lstm.c -- with or without peepholes, from the zero state.
 *
 * work: the gates i, o, f, n (T, B, 4 H), which the backward pass turns into the gradients of their
 * sums; then c (T, B, H); then dL/dc (B, H); then zeros, for peepholes (3 H) and for c before the
 * first step (H). */
#include "cell.h"

#include <string.h>

static size_t lstm_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(4, size->n_in, size->n_out) +
           (size->peephole ? 3 * size->n_out : 0);
}

static size_t lstm_work_elems(const struct eddy_cell_size *size)
{
    return (5 * size->steps + 1) * size->batch * size->n_out + 4 * size->n_out;
}

/* The forget gate starts open: bias 1 (https://proceedings.mlr.press/v37/jozefowicz15.html). */
static void lstm_init(const struct eddy_cell_size *size, struct eddy_random *random,
                      eddy_real *params)
{
    const size_t n = size->n_out, elems = eddy_recurrent_params_elems(4, size->n_in, n);
    eddy_recurrent_init(size, 4, random, params);
    memset(params + elems, 0, (lstm_params_elems(size) - elems) * sizeof *params);
    for (size_t j = 0; j < n; j++)
        params[elems - 2 * n + j] = 1;
}

/* zeros (4 H): no peepholes and no c. */
static const eddy_real *zeros(const struct eddy_cell_size *size, eddy_real *work)
{
    const size_t elems = 4 * size->n_out;
    return memset(work + lstm_work_elems(size) - elems, 0, elems * sizeof *work);
}

static const eddy_real *peepholes(const struct eddy_cell_size *size, const eddy_real *params,
                                  const eddy_real *zero)
{
    return size->peephole ? params + eddy_recurrent_params_elems(4, size->n_in, size->n_out) : zero;
}

/* One step of one sequence. g: sums in, gates out. */
EDDY_VECTORS static void gates_forward(size_t n, const eddy_real *restrict p,
                                       const eddy_real *restrict c_before, eddy_real *restrict g,
                                       eddy_real *restrict c, eddy_real *restrict y)
{
    for (size_t j = 0; j < n; j++) {
        const eddy_real before = c_before[j];
        const eddy_real in = eddy_sigmoid(g[j] + p[j] * before);
        const eddy_real keep = eddy_sigmoid(g[2 * n + j] + p[2 * n + j] * before);
        const eddy_real next = eddy_tanh(g[3 * n + j]);
        const eddy_real cell = keep * before + in * next;
        const eddy_real out = eddy_sigmoid(g[n + j] + p[n + j] * cell);
        g[j] = in;
        g[n + j] = out;
        g[2 * n + j] = keep;
        g[3 * n + j] = next;
        c[j] = cell;
        y[j] = out * eddy_tanh(cell);
    }
}

static void lstm_forward(const struct eddy_cell_size *size, const eddy_real *params,
                         const eddy_real *x, eddy_real *y, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const zero = zeros(size, work), *const p = peepholes(size, params, zero);
    const eddy_real *const r = params + 4 * n * size->n_in;
    eddy_real *const c = work + 4 * size->steps * elems;
    eddy_project(size, 4 * n, params, r + 4 * n * n, x, work);
    for (size_t t = 0; t < size->steps; t++) {
        if (t > 0)
            eddy_recurrent_add(size, 4 * n, r, y + (t - 1) * elems, work + 4 * t * elems, 4 * n);
        for (size_t b = 0; b < size->batch; b++) {
            const size_t at = t * elems + b * n;
            gates_forward(n, p, t > 0 ? c + at - elems : zero, work + 4 * at, c + at, y + at);
        }
    }
}

/* One step of one sequence. g: gates in, gradients of the sums out; dc: in dL/dc_t but for this
 * step's h, out dL/dc_{t-1}. */
EDDY_VECTORS static void gates_backward(size_t n, const eddy_real *restrict p,
                                        const eddy_real *restrict c_before,
                                        const eddy_real *restrict c, const eddy_real *restrict dy,
                                        eddy_real *restrict g, eddy_real *restrict dc)
{
    for (size_t j = 0; j < n; j++) {
        const eddy_real before = c_before[j], squashed = eddy_tanh(c[j]);
        const eddy_real in = g[j], out = g[n + j], keep = g[2 * n + j], next = g[3 * n + j];
        const eddy_real dout = dy[j] * squashed * out * (1 - out);
        const eddy_real d = dc[j] + dy[j] * out * (1 - squashed * squashed) + p[n + j] * dout;
        const eddy_real din = d * next * in * (1 - in), dkeep = d * before * keep * (1 - keep);
        g[j] = din;
        g[n + j] = dout;
        g[2 * n + j] = dkeep;
        g[3 * n + j] = d * in * (1 - next * next);
        dc[j] = d * keep + p[j] * din + p[2 * n + j] * dkeep;
    }
}

EDDY_VECTORS static void peephole_gradient(const struct eddy_cell_size *size, const eddy_real *ds,
                                           const eddy_real *c, eddy_real *dp)
{
    const size_t n = size->n_out, rows = size->steps * size->batch;
    memset(dp, 0, 3 * n * sizeof *dp);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) {
            const eddy_real before = i >= size->batch ? c[(i - size->batch) * n + j] : 0;
            dp[j] += ds[i * 4 * n + j] * before;
            dp[n + j] += ds[i * 4 * n + n + j] * c[i * n + j];
            dp[2 * n + j] += ds[i * 4 * n + 2 * n + j] * before;
        }
}

static void lstm_backward(const struct eddy_cell_size *size, const eddy_real *params,
                          const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                          eddy_real *gradient, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const zero = zeros(size, work), *const p = peepholes(size, params, zero);
    const eddy_real *const r = params + 4 * n * size->n_in;
    eddy_real *const c = work + 4 * size->steps * elems, *const dc = c + size->steps * elems;
    eddy_real *const dr = gradient + 4 * n * size->n_in, *const db = dr + 4 * n * n;
    memset(dc, 0, elems * sizeof *dc);
    for (size_t t = size->steps; t-- > 0;) {
        for (size_t b = 0; b < size->batch; b++) {
            const size_t at = t * elems + b * n;
            gates_backward(n, p, t > 0 ? c + at - elems : zero, c + at, dy + at, work + 4 * at,
                           dc + b * n);
        }
        if (t > 0)
            eddy_recurrent_back(size, 4 * n, r, work + 4 * t * elems, 4 * n, dy + (t - 1) * elems);
    }
    if (size->peephole)
        peephole_gradient(size, work, c, db + 4 * n);
    eddy_recurrent_gradient(size, 4 * n, work, 4 * n, y, dr);
    eddy_project_back(size, 4 * n, params, x, work, gradient, db, dx);
}

const struct eddy_cell_ops eddy_lstm_ops = {4,         lstm_params_elems, lstm_work_elems,
                                            lstm_init, lstm_forward,      lstm_backward};
