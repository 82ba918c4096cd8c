/* gru.c -- both forms of model.h, from the zero state.
 *
 * work: the gates z, r, n (T, B, 3 H), which the backward pass turns into the gradients of their
 * sums; then (T, B, H): r_h h + rb (linear_before_reset) or r * h; then (B, H). */
#include "cell.h"

#include <string.h>

static size_t gru_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(3, size->n_in, size->n_out) +
           (size->linear_before_reset ? size->n_out : 0);
}

static size_t gru_work_elems(const struct eddy_cell_size *size)
{
    return (4 * size->steps + 1) * size->batch * size->n_out;
}

static void gru_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    const size_t elems = eddy_recurrent_params_elems(3, size->n_in, size->n_out);
    eddy_recurrent_init(size, 3, random, params);
    memset(params + elems, 0, (gru_params_elems(size) - elems) * sizeof *params);
}

/* One step; h NULL stands for zero. gates: sums of the inputs in, z r n out. */
static void gru_step_forward(const struct eddy_cell_size *size, const eddy_real *r,
                             const eddy_real *h, eddy_real *gates, eddy_real *inner, eddy_real *y)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r_h = r + 2 * n * n;
    const bool linear = size->linear_before_reset;
    if (h)
        eddy_recurrent_add(size, 2 * n, r, h, gates, 3 * n);
    for (size_t b = 0; b < size->batch; b++)
        for (size_t j = 0; j < 2 * n; j++)
            gates[b * 3 * n + j] = eddy_sigmoid(gates[b * 3 * n + j]);
    if (linear) {
        const eddy_real *const rb = r + 3 * n * n + 3 * n;
        for (size_t b = 0; b < size->batch; b++)
            memcpy(inner + b * n, rb, n * sizeof *rb);
        if (h)
            eddy_recurrent_add(size, n, r_h, h, inner, n);
    } else {
        for (size_t i = 0; i < elems; i++)
            inner[i] = h ? gates[i / n * 3 * n + n + i % n] * h[i] : 0;
        eddy_recurrent_add(size, n, r_h, inner, gates + 2 * n, 3 * n);
    }
    for (size_t b = 0; b < size->batch; b++) {
        eddy_real *const g = gates + b * 3 * n;
        for (size_t j = 0; j < n; j++) {
            const eddy_real before = h ? h[b * n + j] : 0;
            const eddy_real add = linear ? g[n + j] * inner[b * n + j] : 0;
            const eddy_real new = eddy_tanh(g[2 * n + j] + add);
            g[2 * n + j] = new;
            y[b * n + j] = new + g[j] * (before - new);
        }
    }
}

static void gru_forward(const struct eddy_cell_size *size, const eddy_real *params,
                        const eddy_real *x, eddy_real *y, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r = params + 3 * n * size->n_in;
    eddy_real *const inner = work + 3 * size->steps * elems;
    eddy_project(size, 3 * n, params, r + 3 * n * n, x, work);
    for (size_t t = 0; t < size->steps; t++)
        gru_step_forward(size, r, t > 0 ? y + (t - 1) * elems : NULL, work + 3 * t * elems,
                         inner + t * elems, y + t * elems);
}

/* One step; gates: z r n in, gradients of the three sums out; inner: with linear_before_reset the
 * gradient of itself out. dh, NULL at the first step: += dL/dh_{t-1}. */
static void gru_step_backward(const struct eddy_cell_size *size, const eddy_real *r,
                              const eddy_real *h, eddy_real *gates, eddy_real *inner,
                              const eddy_real *dy, eddy_real *dh, eddy_real *scratch)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r_h = r + 2 * n * n;
    const bool linear = size->linear_before_reset;
    for (size_t b = 0; b < size->batch; b++) {
        eddy_real *const g = gates + b * 3 * n;
        for (size_t j = 0; j < n; j++) {
            const size_t i = b * n + j;
            const eddy_real z = g[j], new = g[2 * n + j], before = h ? h[i] : 0;
            const eddy_real dnew = dy[i] * (1 - z) * (1 - new *new);
            if (dh)
                dh[i] += dy[i] * z;
            g[j] = dy[i] * (before - new) * z * (1 - z);
            g[2 * n + j] = dnew;
            if (linear) {
                const eddy_real reset = g[n + j];
                g[n + j] = dnew * inner[i] * reset * (1 - reset);
                inner[i] = dnew * reset;
            }
        }
    }
    if (!linear) {
        memset(scratch, 0, elems * sizeof *scratch);
        eddy_recurrent_back(size, n, r_h, gates + 2 * n, 3 * n, scratch);
        for (size_t i = 0; i < elems; i++) {
            eddy_real *const g = gates + i / n * 3 * n + n + i % n;
            const eddy_real reset = *g;
            if (dh)
                dh[i] += scratch[i] * reset;
            *g = h ? scratch[i] * h[i] * reset * (1 - reset) : 0;
        }
    } else if (dh) {
        eddy_recurrent_back(size, n, r_h, inner, n, dh);
    }
    if (dh)
        eddy_recurrent_back(size, 2 * n, r, gates, 3 * n, dh);
}

static void gru_backward(const struct eddy_cell_size *size, const eddy_real *params,
                         const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                         eddy_real *gradient, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r = params + 3 * n * size->n_in;
    eddy_real *const inner = work + 3 * size->steps * elems;
    eddy_real *const dr = gradient + 3 * n * size->n_in, *const db = dr + 3 * n * n;
    for (size_t t = size->steps; t-- > 0;)
        gru_step_backward(size, r, t > 0 ? y + (t - 1) * elems : NULL, work + 3 * t * elems,
                          inner + t * elems, dy + t * elems, t > 0 ? dy + (t - 1) * elems : NULL,
                          inner + size->steps * elems);
    eddy_recurrent_gradient(size, 2 * n, work, 3 * n, y, dr);
    if (size->linear_before_reset) {
        eddy_recurrent_gradient(size, n, inner, n, y, dr + 2 * n * n);
        eddy_bias_gradient(size, n, inner, db + 3 * n);
    } else {
        eddy_recurrent_gradient(size, n, work + 2 * n, 3 * n, inner + elems, dr + 2 * n * n);
    }
    eddy_project_back(size, 3 * n, params, x, work, gradient, db, dx);
}

const struct eddy_cell_ops eddy_gru_ops = {3,        gru_params_elems, gru_work_elems,
                                           gru_init, gru_forward,      gru_backward};
