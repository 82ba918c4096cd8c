/* rnn.c -- h_t = activation(w x_t + r h_{t-1} + b), h_{-1} = 0. */
#include "cell.h"

static size_t rnn_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(1, size->n_in, size->n_out);
}

static size_t rnn_work_elems(const struct eddy_cell_size *size)
{
    (void)size;
    return 0;
}

static void rnn_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    eddy_recurrent_init(size, 1, random, params);
}

static void rnn_forward(const struct eddy_cell_size *size, const eddy_real *params,
                        const eddy_real *x, eddy_real *y, eddy_real *work)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    const eddy_real *const r = params + n_out * size->n_in;
    (void)work;
    eddy_project(size, n_out, params, r + n_out * n_out, x, y);
    for (size_t t = 0; t < size->steps; t++) {
        eddy_real *const y_t = y + t * step_elems;
        if (t > 0)
            eddy_recurrent_add(size, n_out, r, y_t - step_elems, y_t, n_out);
        eddy_activate(size->activation, step_elems, y_t);
    }
}

static void rnn_backward(const struct eddy_cell_size *size, const eddy_real *params,
                         const eddy_real *x, const eddy_real *y, eddy_real *dy, eddy_real *dx,
                         eddy_real *gradient, eddy_real *work)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    const eddy_real *const r = params + n_out * size->n_in;
    eddy_real *const dr = gradient + n_out * size->n_in;
    (void)work;
    for (size_t t = size->steps; t-- > 0;) {
        eddy_real *const dy_t = dy + t * step_elems;
        eddy_activate_back(size->activation, step_elems, y + t * step_elems, dy_t);
        if (t > 0)
            eddy_recurrent_back(size, n_out, r, dy_t, n_out, dy_t - step_elems);
    }
    eddy_recurrent_gradient(size, n_out, dy, n_out, y, dr);
    eddy_project_back(size, n_out, params, x, dy, gradient, dr + n_out * n_out, dx);
}

const struct eddy_cell_ops eddy_rnn_ops = {1,        rnn_params_elems, rnn_work_elems,
                                           rnn_init, rnn_forward,      rnn_backward};
