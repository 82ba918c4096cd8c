/* gru.c -- both forms of model.h, from the zero state.
 *
 * work: the gates z, r, n (T, B, 3 H), which the backward pass turns into the gradients of their
 * sums; then (T, B, H): r_h h + rb (linear_before_reset) or r * h; then (B, H); then h before the
 * first step, zero (B, H); then its gradient, of no use (B, H). */
#include "cell.h"

#include <string.h>

static size_t gru_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(3, size->n_in, size->n_out) +
           (size->linear_before_reset ? size->n_out : 0);
}

static size_t gru_work_elems(const struct eddy_cell_size *size)
{
    return (4 * size->steps + 3) * size->batch * size->n_out;
}

static void gru_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    const size_t elems = eddy_recurrent_params_elems(3, size->n_in, size->n_out);
    eddy_recurrent_init(size, 3, random, params);
    memset(params + elems, 0, (gru_params_elems(size) - elems) * sizeof *params);
}

/* h before the first step. */
static const eddy_real *zero_state(const struct eddy_cell_size *size, eddy_real *work)
{
    const size_t elems = size->batch * size->n_out;
    return memset(work + (4 * size->steps + 1) * elems, 0, elems * sizeof *work);
}

/* Sums of z and r to the gates, and r * h unless NULL (B, H). */
EDDY_VECTORS static void squash(size_t batch, size_t n, const eddy_real *restrict h,
                                eddy_real *restrict gates, eddy_real *restrict reset_h)
{
    for (size_t b = 0; b < batch; b++) {
        eddy_real *restrict const g = gates + b * 3 * n;
        for (size_t j = 0; j < 2 * n; j++)
            g[j] = eddy_sigmoid(g[j]);
        if (reset_h)
            for (size_t j = 0; j < n; j++)
                reset_h[b * n + j] = g[n + j] * h[b * n + j];
    }
}

/* n, and y = (1 - z) n + z h. inner (B, H), NULL but for linear_before_reset: r_h h + rb. */
EDDY_VECTORS static void blend(size_t batch, size_t n, const eddy_real *restrict h,
                               const eddy_real *restrict inner, eddy_real *restrict gates,
                               eddy_real *restrict y)
{
    for (size_t b = 0; b < batch; b++) {
        eddy_real *restrict const g = gates + b * 3 * n;
        if (inner)
            for (size_t j = 0; j < n; j++)
                g[2 * n + j] += g[n + j] * inner[b * n + j];
        for (size_t j = 0; j < n; j++) {
            const eddy_real next = eddy_tanh(g[2 * n + j]);
            g[2 * n + j] = next;
            y[b * n + j] = next + g[j] * (h[b * n + j] - next);
        }
    }
}

/* One step. gates: sums of the inputs in, z r n out. */
static void gru_step_forward(const struct eddy_cell_size *size, const eddy_real *r,
                             const eddy_real *h, eddy_real *gates, eddy_real *inner, eddy_real *y)
{
    const size_t n = size->n_out;
    const eddy_real *const r_h = r + 2 * n * n, *const rb = r + 3 * n * n + 3 * n;
    const bool linear = size->linear_before_reset;
    eddy_recurrent_add(size, 2 * n, r, h, gates, 3 * n);
    squash(size->batch, n, h, gates, linear ? NULL : inner);
    if (linear) {
        for (size_t b = 0; b < size->batch; b++)
            memcpy(inner + b * n, rb, n * sizeof *rb);
        eddy_recurrent_add(size, n, r_h, h, inner, n);
    } else {
        eddy_recurrent_add(size, n, r_h, inner, gates + 2 * n, 3 * n);
    }
    blend(size->batch, n, h, linear ? inner : NULL, gates, y);
}

static void gru_forward(const struct eddy_cell_size *size, const eddy_real *params,
                        const eddy_real *x, eddy_real *y, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r = params + 3 * n * size->n_in, *h = zero_state(size, work);
    eddy_real *const inner = work + 3 * size->steps * elems;
    eddy_project(size, 3 * n, params, r + 3 * n * n, x, work);
    for (size_t t = 0; t < size->steps; t++) {
        gru_step_forward(size, r, h, work + 3 * t * elems, inner + t * elems, y + t * elems);
        h = y + t * elems;
    }
}

/* Gradients of the sums of z and n in place of both; of r and of inner likewise where inner
 * (linear_before_reset) is given. dh += the part of dL/dh_{t-1} that passes z. */
EDDY_VECTORS static void blend_back(size_t batch, size_t n, const eddy_real *restrict h,
                                    const eddy_real *restrict dy, eddy_real *restrict gates,
                                    eddy_real *restrict inner, eddy_real *restrict dh)
{
    for (size_t b = 0; b < batch; b++) {
        eddy_real *restrict const g = gates + b * 3 * n;
        for (size_t j = 0; j < n; j++) {
            const size_t i = b * n + j;
            const eddy_real z = g[j], next = g[2 * n + j];
            dh[i] += dy[i] * z;
            g[j] = dy[i] * (h[i] - next) * z * (1 - z);
            g[2 * n + j] = dy[i] * (1 - z) * (1 - next * next);
        }
        if (inner)
            for (size_t j = 0; j < n; j++) {
                const size_t i = b * n + j;
                const eddy_real reset = g[n + j], dnew = g[2 * n + j];
                g[n + j] = dnew * inner[i] * reset * (1 - reset);
                inner[i] = dnew * reset;
            }
    }
}

/* From the gradient of r * h (B, H) to that of the sum of r in its place, and dh +=. */
EDDY_VECTORS static void reset_back(size_t batch, size_t n, const eddy_real *restrict h,
                                    const eddy_real *restrict dreset_h, eddy_real *restrict gates,
                                    eddy_real *restrict dh)
{
    for (size_t b = 0; b < batch; b++) {
        eddy_real *restrict const g = gates + b * 3 * n + n;
        for (size_t j = 0; j < n; j++) {
            const size_t i = b * n + j;
            const eddy_real reset = g[j];
            dh[i] += dreset_h[i] * reset;
            g[j] = dreset_h[i] * h[i] * reset * (1 - reset);
        }
    }
}

/* One step; gates: z r n in, gradients of the three sums out; inner: with linear_before_reset the
 * gradient of itself out. dh: += dL/dh_{t-1}. */
static void gru_step_backward(const struct eddy_cell_size *size, const eddy_real *r,
                              const eddy_real *h, eddy_real *gates, eddy_real *inner,
                              const eddy_real *dy, eddy_real *dh, eddy_real *scratch)
{
    const size_t n = size->n_out;
    const eddy_real *const r_h = r + 2 * n * n;
    const bool linear = size->linear_before_reset;
    blend_back(size->batch, n, h, dy, gates, linear ? inner : NULL, dh);
    if (linear) {
        eddy_recurrent_back(size, n, r_h, inner, n, dh);
    } else {
        memset(scratch, 0, size->batch * n * sizeof *scratch);
        eddy_recurrent_back(size, n, r_h, gates + 2 * n, 3 * n, scratch);
        reset_back(size->batch, n, h, scratch, gates, dh);
    }
    eddy_recurrent_back(size, 2 * n, r, gates, 3 * n, dh);
}

static void gru_backward(const struct eddy_cell_size *size, const eddy_real *params,
                         const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                         eddy_real *gradient, eddy_real *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const r = params + 3 * n * size->n_in, *const zero = zero_state(size, work);
    eddy_real *const inner = work + 3 * size->steps * elems;
    eddy_real *const scratch = inner + size->steps * elems, *const dh_first = scratch + 2 * elems;
    eddy_real *const dr = gradient + 3 * n * size->n_in, *const db = dr + 3 * n * n;
    for (size_t t = size->steps; t-- > 0;)
        gru_step_backward(size, r, t > 0 ? y + (t - 1) * elems : zero, work + 3 * t * elems,
                          inner + t * elems, dy + t * elems,
                          t > 0 ? dy + (t - 1) * elems : dh_first, scratch);
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
