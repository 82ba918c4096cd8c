/* rnn.c -- h_t = activation(w x_t + r h_{t-1} + b). work: r, packed. */
#include "cell.h"

#include <string.h>

static size_t rnn_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(1, size->n_in, size->n_out);
}

static size_t rnn_work_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_packed_elems(size, size->n_out);
}

static void rnn_init(const struct eddy_cell_size *size, struct eddy_random *random,
                     eddy_real *params)
{
    eddy_recurrent_init(size, 1, random, params);
}

static void rnn_forward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    const eddy_real *const r = pass->params + n_out * size->n_in, *h = pass->h0;
    eddy_recurrent_pack(size, n_out, r, pass->work);
    eddy_project(size, n_out, pass, r + n_out * n_out, pass->y);
    for (size_t t = 0; t < size->steps; t++) {
        eddy_real *const y = pass->y + t * step_elems;
        eddy_recurrent_add(size, n_out, pass->work, h, y, n_out);
        eddy_activate_as(pass->format, size->activation, step_elems, y);
        h = y;
    }
}

static void rnn_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n_out = size->n_out, step_elems = size->batch * n_out;
    eddy_real *const dr = pass->gradient + n_out * size->n_in;
    eddy_recurrent_pack_back(size, n_out, pass->params + n_out * size->n_in, pass->work);
    memset(pass->dh0, 0, step_elems * sizeof *pass->dh0);
    for (size_t t = size->steps; t-- > 0;) {
        eddy_real *const dy = pass->dy + t * step_elems;
        eddy_activate_back(size->activation, step_elems, pass->y + t * step_elems, dy);
        eddy_recurrent_back(size, n_out, pass->work, dy, n_out,
                            t > 0 ? dy - step_elems : pass->dh0);
    }
    eddy_recurrent_gradient(size, n_out, pass->dy, n_out, pass->h0, pass->y, dr);
    eddy_project_back(size, n_out, pass, pass->dy, dr + n_out * n_out);
}

const struct eddy_cell_ops eddy_rnn_ops = {1,        true,        rnn_params_elems, rnn_work_elems,
                                           rnn_init, rnn_forward, rnn_backward};
