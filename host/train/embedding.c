/* embedding.c -- y = column x of w, x a token number. */
#include "cell.h"

#include <string.h>

static size_t embedding_params_elems(const struct eddy_cell_size *size)
{
    return size->n_out * size->n_in;
}

static size_t embedding_work_elems(const struct eddy_cell_size *size)
{
    (void)size;
    return 0;
}

/* Normal with the deviation 0.5: vectors far enough apart for the layer above. */
static void embedding_init(const struct eddy_cell_size *size, struct eddy_random *random,
                           eddy_real *params)
{
    for (size_t i = 0; i < embedding_params_elems(size); i++)
        params[i] = (eddy_real)(0.5 * eddy_random_normal(random));
}

static void embedding_forward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    for (size_t i = 0; i < size->steps * size->batch; i++)
        for (size_t o = 0; o < size->n_out; o++)
            pass->y[i * size->n_out + o] = pass->params[o * size->n_in + (size_t)pass->x[i]];
    if (pass->format)
        eddy_fixed_round(pass->format->out, size->steps * size->batch * size->n_out, pass->y);
}

static void embedding_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    memset(pass->gradient, 0, embedding_params_elems(size) * sizeof *pass->gradient);
    for (size_t i = 0; i < size->steps * size->batch; i++)
        for (size_t o = 0; o < size->n_out; o++)
            pass->gradient[o * size->n_in + (size_t)pass->x[i]] += pass->dy[i * size->n_out + o];
}

const struct eddy_cell_ops eddy_embedding_ops = {1,
                                                 false,
                                                 embedding_params_elems,
                                                 embedding_work_elems,
                                                 embedding_init,
                                                 embedding_forward,
                                                 embedding_backward};
