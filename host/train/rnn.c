/* rnn.c -- h_t = activation(w x_t + r h_{t-1} + b), h_{-1} = 0. */
#include "cell.h"

#include <string.h>

static size_t rnn_params_elems(size_t n_in, size_t n_out)
{
    return n_out * (n_in + n_out + 1);
}

/* Rows of r become orthonormal, by Gram-Schmidt (modified, twice: once is not exact enough). */
static void init_orthogonal(size_t n, struct eddy_random *random, eddy_real *r)
{
    for (size_t i = 0; i < n; i++) {
        eddy_real *const row = r + i * n;
        for (size_t k = 0; k < n; k++)
            row[k] = (eddy_real)eddy_random_normal(random);
        for (size_t j = 0; j < 2 * i; j++) {
            const eddy_real *const other = r + (j % i) * n;
            double dot = 0;
            for (size_t k = 0; k < n; k++)
                dot += (double)row[k] * (double)other[k];
            for (size_t k = 0; k < n; k++)
                row[k] -= (eddy_real)dot * other[k];
        }
        double norm = 0;
        for (size_t k = 0; k < n; k++)
            norm += (double)row[k] * (double)row[k];
        for (size_t k = 0; k < n; k++)
            row[k] /= (eddy_real)sqrt(norm);
    }
}

static void rnn_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    eddy_real *const r = params + size->n_out * size->n_in;
    eddy_init_uniform(size->n_in, size->n_out, random, params);
    init_orthogonal(size->n_out, random, r);
    memset(r + size->n_out * size->n_out, 0, size->n_out * sizeof *r);
}

static void rnn_forward(const struct eddy_cell_size *size, const eddy_real *params,
                        const eddy_real *x, eddy_real *y)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    const eddy_real *const r = params + n_out * size->n_in;
    eddy_project(size, params, r + n_out * n_out, x, y);
    for (size_t t = 0; t < size->steps; t++) {
        eddy_real *const y_t = y + t * step_elems;
        if (t > 0)
            eddy_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)size->batch, (int)n_out,
                      (int)n_out, 1, y_t - step_elems, (int)n_out, r, (int)n_out, 1, y_t,
                      (int)n_out);
        eddy_activate(size->activation, step_elems, y_t);
    }
}

static void rnn_backward(const struct eddy_cell_size *size, const eddy_real *params,
                         const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                         eddy_real *gradient)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    const eddy_real *const r = params + n_out * size->n_in;
    eddy_real *const dr = gradient + n_out * size->n_in;
    for (size_t t = size->steps; t-- > 0;) {
        eddy_real *const dy_t = dy + t * step_elems;
        eddy_activate_back(size->activation, step_elems, y + t * step_elems, dy_t);
        if (t > 0)
            eddy_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)size->batch, (int)n_out,
                      (int)n_out, 1, dy_t, (int)n_out, r, (int)n_out, 1, dy_t - step_elems,
                      (int)n_out);
    }
    /* h_{-1} is zero: step 0 adds nothing to dr. */
    const size_t n = (size->steps - 1) * size->batch;
    if (n > 0)
        eddy_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n_out, (int)n_out, (int)n, 1,
                  dy + step_elems, (int)n_out, y, (int)n_out, 0, dr, (int)n_out);
    else
        memset(dr, 0, n_out * n_out * sizeof *dr);
    eddy_project_back(size, params, x, dy, gradient, dr + n_out * n_out, dx);
}

const struct eddy_cell_ops eddy_rnn_ops = {rnn_params_elems, rnn_init, rnn_forward, rnn_backward};
