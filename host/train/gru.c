/* gru.c -- both forms of model.h. */
#include "cell.h"

#include <string.h>

static size_t gru_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(3, size->n_in, size->n_out) +
           (size->linear_before_reset ? size->n_out : 0);
}

/* The work of a pass. */
struct gru_work {
    eddy_real
        *gates; /* (T, B, 3 H): z, r, n; backward turns them into the gradients of their sums */
    eddy_real *inner;   /* (T, B, H): r_h h + rb (linear_before_reset) or r * h */
    eddy_real *scratch; /* (B, H) */
    eddy_real *zr, *n;  /* r of both gates, and of the candidate, packed */
};

static struct gru_work gru_divide(const struct eddy_cell_size *size, eddy_real *work)
{
    const size_t elems = size->batch * size->n_out;
    eddy_real *const inner = work + 3 * size->steps * elems, *const scratch =
                                                                 inner + size->steps * elems;
    eddy_real *const zr = scratch + elems;
    return (struct gru_work){work, inner, scratch, zr,
                             zr + eddy_recurrent_packed_elems(size, 2 * size->n_out)};
}

static size_t gru_work_elems(const struct eddy_cell_size *size)
{
    return (4 * size->steps + 1) * size->batch * size->n_out +
           eddy_recurrent_packed_elems(size, 2 * size->n_out) +
           eddy_recurrent_packed_elems(size, size->n_out);
}

static void gru_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    const size_t elems = eddy_recurrent_params_elems(3, size->n_in, size->n_out);
    eddy_recurrent_init(size, 3, random, params);
    memset(params + elems, 0, (gru_params_elems(size) - elems) * sizeof *params);
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

/* squash and blend as the device computes. */
static void squash_fixed(const struct eddy_cell_format *format, size_t batch, size_t n,
                         const eddy_real *h, eddy_real *gates, eddy_real *reset_h)
{
    for (size_t i = 0; i < batch * n; i += n)
        eddy_fixed_gru_gates(format, n, h + i, gates + 3 * i, reset_h ? reset_h + i : NULL);
}

static void blend_fixed(const struct eddy_cell_format *format, size_t batch, size_t n,
                        const eddy_real *h, eddy_real *inner, eddy_real *gates, eddy_real *y)
{
    for (size_t i = 0; i < batch * n; i += n)
        eddy_fixed_gru_blend(format, n, h + i, inner ? inner + i : NULL, gates + 3 * i, y + i);
}

/* One step; rb: of the parameters. gates: sums of the inputs in, z r n out. */
static void gru_step_forward(const struct eddy_cell_size *size,
                             const struct eddy_cell_format *format, const struct gru_work *work,
                             const eddy_real *rb, const eddy_real *h, eddy_real *gates,
                             eddy_real *inner, eddy_real *y)
{
    const size_t n = size->n_out;
    const bool linear = size->linear_before_reset;
    eddy_recurrent_add(size, 2 * n, work->zr, h, gates, 3 * n);
    if (format)
        squash_fixed(format, size->batch, n, h, gates, linear ? NULL : inner);
    else
        squash(size->batch, n, h, gates, linear ? NULL : inner);
    if (linear) {
        for (size_t b = 0; b < size->batch; b++)
            memcpy(inner + b * n, rb, n * sizeof *rb);
        eddy_recurrent_add(size, n, work->n, h, inner, n);
    } else {
        eddy_recurrent_add(size, n, work->n, inner, gates + 2 * n, 3 * n);
    }
    if (format)
        blend_fixed(format, size->batch, n, h, linear ? inner : NULL, gates, y);
    else
        blend(size->batch, n, h, linear ? inner : NULL, gates, y);
}

static void gru_forward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const struct gru_work work = gru_divide(size, pass->work);
    const eddy_real *const r = pass->params + 3 * n * size->n_in, *const b = r + 3 * n * n;
    const eddy_real *h = pass->h0;
    eddy_recurrent_pack(size, 2 * n, r, work.zr);
    eddy_recurrent_pack(size, n, r + 2 * n * n, work.n);
    eddy_project(size, 3 * n, pass, b, work.gates);
    for (size_t t = 0; t < size->steps; t++) {
        gru_step_forward(size, pass->format, &work, b + 3 * n, h, work.gates + 3 * t * elems,
                         work.inner + t * elems, pass->y + t * elems);
        h = pass->y + t * elems;
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
static void gru_step_backward(const struct eddy_cell_size *size, const struct gru_work *work,
                              const eddy_real *h, eddy_real *gates, eddy_real *inner,
                              const eddy_real *dy, eddy_real *dh)
{
    const size_t n = size->n_out;
    const bool linear = size->linear_before_reset;
    blend_back(size->batch, n, h, dy, gates, linear ? inner : NULL, dh);
    if (linear) {
        eddy_recurrent_back(size, n, work->n, inner, n, dh);
    } else {
        memset(work->scratch, 0, size->batch * n * sizeof *work->scratch);
        eddy_recurrent_back(size, n, work->n, gates + 2 * n, 3 * n, work->scratch);
        reset_back(size->batch, n, h, work->scratch, gates, dh);
    }
    eddy_recurrent_back(size, 2 * n, work->zr, gates, 3 * n, dh);
}

static void gru_steps_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass,
                               const struct gru_work *work)
{
    const size_t elems = size->batch * size->n_out;
    memset(pass->dh0, 0, elems * sizeof *pass->dh0);
    for (size_t t = size->steps; t-- > 0;) {
        const size_t at = t * elems;
        gru_step_backward(size, work, t > 0 ? pass->y + at - elems : pass->h0, work->gates + 3 * at,
                          work->inner + at, pass->dy + at,
                          t > 0 ? pass->dy + at - elems : pass->dh0);
    }
}

static void gru_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const struct gru_work work = gru_divide(size, pass->work);
    const eddy_real *const r = pass->params + 3 * n * size->n_in;
    eddy_real *const dr = pass->gradient + 3 * n * size->n_in, *const dr_n = dr + 2 * n * n;
    eddy_real *const db = dr + 3 * n * n;
    eddy_recurrent_pack_back(size, 2 * n, r, work.zr);
    eddy_recurrent_pack_back(size, n, r + 2 * n * n, work.n);
    gru_steps_backward(size, pass, &work);
    eddy_recurrent_gradient(size, 2 * n, work.gates, 3 * n, pass->h0, pass->y, dr);
    if (size->linear_before_reset) {
        eddy_recurrent_gradient(size, n, work.inner, n, pass->h0, pass->y, dr_n);
        eddy_bias_gradient(size, n, work.inner, db + 3 * n);
    } else {
        eddy_recurrent_gradient(size, n, work.gates + 2 * n, 3 * n, work.inner, work.inner + elems,
                                dr_n);
    }
    eddy_project_back(size, 3 * n, pass, work.gates, db);
}

const struct eddy_cell_ops eddy_gru_ops = {3,        true,        gru_params_elems, gru_work_elems,
                                           gru_init, gru_forward, gru_backward};
