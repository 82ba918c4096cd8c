/* dense.c -- y = activation(w x + b), and what every cell shares with it: the projection of the
 * inputs. */
#include "cell.h"

#include <string.h>

void eddy_project(const struct eddy_cell_size *size, size_t rows, const struct eddy_cell_pass *pass,
                  const eddy_real *b, eddy_real *sums)
{
    const size_t n = size->steps * size->batch, n_in = size->n_in;
    for (size_t i = 0; i < n; i++)
        memcpy(sums + i * rows, b, rows * sizeof *b);
    eddy_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)rows, (int)n_in, 1, pass->x,
              (int)n_in, pass->params, (int)n_in, 1, sums, (int)rows);
}

EDDY_VECTORS void eddy_bias_gradient(const struct eddy_cell_size *size, size_t rows,
                                     const eddy_real *ds, eddy_real *db)
{
    const size_t n = size->steps * size->batch;
    memset(db, 0, rows * sizeof *db);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < rows; o++)
            db[o] += ds[i * rows + o];
}

void eddy_project_back(const struct eddy_cell_size *size, size_t rows,
                       const struct eddy_cell_pass *pass, const eddy_real *ds, eddy_real *db)
{
    const size_t n = size->steps * size->batch, n_in = size->n_in;
    eddy_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, (int)n_in, (int)n, 1, ds,
              (int)rows, pass->x, (int)n_in, 0, pass->gradient, (int)n_in);
    eddy_bias_gradient(size, rows, ds, db);
    if (pass->dx)
        eddy_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n_in, (int)rows, 1, ds,
                  (int)rows, pass->params, (int)n_in, 0, pass->dx, (int)n_in);
}

EDDY_VECTORS static void activate_float(enum eddy_activation activation, size_t n, eddy_real *y)
{
    if (activation == EDDY_ACTIVATION_TANH)
        for (size_t i = 0; i < n; i++)
            y[i] = eddy_tanh(y[i]);
    else if (activation == EDDY_ACTIVATION_RELU)
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] > 0 ? y[i] : 0;
    else if (activation == EDDY_ACTIVATION_SIGMOID)
        for (size_t i = 0; i < n; i++)
            y[i] = eddy_sigmoid(y[i]);
}

void eddy_activate_as(const struct eddy_cell_format *format, enum eddy_activation activation,
                      size_t n, eddy_real *y)
{
    if (format)
        eddy_fixed_activate(format, activation, n, y);
    else
        activate_float(activation, n, y);
}

EDDY_VECTORS void eddy_activate_back(enum eddy_activation activation, size_t n, const eddy_real *y,
                                     eddy_real *dy)
{
    if (activation == EDDY_ACTIVATION_TANH)
        for (size_t i = 0; i < n; i++)
            dy[i] *= 1 - y[i] * y[i];
    else if (activation == EDDY_ACTIVATION_RELU)
        for (size_t i = 0; i < n; i++)
            dy[i] = y[i] > 0 ? dy[i] : 0;
    else if (activation == EDDY_ACTIVATION_SIGMOID)
        for (size_t i = 0; i < n; i++)
            dy[i] *= y[i] * (1 - y[i]);
}

void eddy_init_uniform(size_t n_in, size_t n_out, struct eddy_random *random, eddy_real *w)
{
    const double limit = sqrt(6.0 / (double)(n_in + n_out));
    for (size_t i = 0; i < n_in * n_out; i++)
        w[i] = (eddy_real)(limit * (2 * eddy_random_uniform(random) - 1));
}

static size_t dense_params_elems(const struct eddy_cell_size *size)
{
    return size->n_out * (size->n_in + 1);
}

static size_t dense_work_elems(const struct eddy_cell_size *size)
{
    (void)size;
    return 0;
}

static void dense_init(const struct eddy_cell_size *size, struct eddy_random *random,
                       eddy_real *params)
{
    eddy_init_uniform(size->n_in, size->n_out, random, params);
    memset(params + size->n_out * size->n_in, 0, size->n_out * sizeof *params);
}

static void dense_forward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    eddy_project(size, size->n_out, pass, pass->params + size->n_out * size->n_in, pass->y);
    eddy_activate_as(pass->format, size->activation, size->steps * size->batch * size->n_out,
                     pass->y);
}

static void dense_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    eddy_activate_back(size->activation, size->steps * size->batch * size->n_out, pass->y,
                       pass->dy);
    eddy_project_back(size, size->n_out, pass, pass->dy, pass->gradient + size->n_out * size->n_in);
}

const struct eddy_cell_ops eddy_dense_ops = {
    1, false, dense_params_elems, dense_work_elems, dense_init, dense_forward, dense_backward};
