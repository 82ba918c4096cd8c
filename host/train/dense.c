/* dense.c -- y = activation(w x + b), and what every cell shares with it: the projection of the
 * inputs. */
#include "cell.h"

#include <string.h>

void eddy_project(const struct eddy_cell_size *size, const eddy_real *w, const eddy_real *b,
                  const eddy_real *x, eddy_real *y)
{
    const size_t n = size->steps * size->batch, n_in = size->n_in, n_out = size->n_out;
    for (size_t i = 0; i < n; i++)
        memcpy(y + i * n_out, b, n_out * sizeof *b);
    eddy_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n_out, (int)n_in, 1, x,
              (int)n_in, w, (int)n_in, 1, y, (int)n_out);
}

void eddy_project_back(const struct eddy_cell_size *size, const eddy_real *w, const eddy_real *x,
                       const eddy_real *ds, eddy_real *dw, eddy_real *db, eddy_real *dx)
{
    const size_t n = size->steps * size->batch, n_in = size->n_in, n_out = size->n_out;
    eddy_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n_out, (int)n_in, (int)n, 1, ds,
              (int)n_out, x, (int)n_in, 0, dw, (int)n_in);
    memset(db, 0, n_out * sizeof *db);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < n_out; o++)
            db[o] += ds[i * n_out + o];
    if (dx)
        eddy_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n_in, (int)n_out, 1, ds,
                  (int)n_out, w, (int)n_in, 0, dx, (int)n_in);
}

void eddy_activate(enum eddy_activation activation, size_t n, eddy_real *y)
{
    if (activation == EDDY_ACTIVATION_TANH)
        for (size_t i = 0; i < n; i++)
            y[i] = eddy_tanh(y[i]);
}

void eddy_activate_back(enum eddy_activation activation, size_t n, const eddy_real *y,
                        eddy_real *dy)
{
    if (activation == EDDY_ACTIVATION_TANH)
        for (size_t i = 0; i < n; i++)
            dy[i] *= 1 - y[i] * y[i];
}

void eddy_init_uniform(size_t n_in, size_t n_out, struct eddy_random *random, eddy_real *w)
{
    const double limit = sqrt(6.0 / (double)(n_in + n_out));
    for (size_t i = 0; i < n_in * n_out; i++)
        w[i] = (eddy_real)(limit * (2 * eddy_random_uniform(random) - 1));
}

static size_t dense_params_elems(size_t n_in, size_t n_out)
{
    return n_out * (n_in + 1);
}

static void dense_init(const struct eddy_cell_size *size, struct eddy_random *random,
                       eddy_real *params)
{
    eddy_init_uniform(size->n_in, size->n_out, random, params);
    memset(params + size->n_out * size->n_in, 0, size->n_out * sizeof *params);
}

static void dense_forward(const struct eddy_cell_size *size, const eddy_real *params,
                          const eddy_real *x, eddy_real *y)
{
    eddy_project(size, params, params + size->n_out * size->n_in, x, y);
    eddy_activate(size->activation, size->steps * size->batch * size->n_out, y);
}

static void dense_backward(const struct eddy_cell_size *size, const eddy_real *params,
                           const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                           eddy_real *gradient)
{
    eddy_activate_back(size->activation, size->steps * size->batch * size->n_out, y, dy);
    eddy_project_back(size, params, x, dy, gradient, gradient + size->n_out * size->n_in, dx);
}

const struct eddy_cell_ops eddy_dense_ops = {dense_params_elems, dense_init, dense_forward,
                                             dense_backward};
