/* cell.h -- what a kind of layer is to the training: a forward and a backward pass over all time
 * steps.
 *
 * Sequences are time-major: x (T, B, I) holds T steps of B sequences side by side, so that one GEMM
 * serves all steps where no recurrence stands in between. A layer's parameters lie together in the
 * network's one vector: w (O, I), then r (O, O) when recurrent, then b (O). */
#ifndef EDDY_CELL_H
#define EDDY_CELL_H

#include "model/model.h"
#include "random.h"
#include "real.h"

struct eddy_cell_size {
    size_t steps, batch; /* T, B */
    size_t n_in, n_out;  /* I, O */
    enum eddy_activation activation;
};

struct eddy_cell_ops {
    size_t (*params_elems)(size_t n_in, size_t n_out);
    void (*init)(const struct eddy_cell_size *size, struct eddy_random *random, eddy_real *params);
    /* x (T, B, I) -> y (T, B, O), from the zero state. */
    void (*forward)(const struct eddy_cell_size *size, const eddy_real *params, const eddy_real *x,
                    eddy_real *y);
    /* dy (T, B, O): in dL/dy, out dL/d(sum before the activation). dx (T, B, I): out dL/dx, NULL
     * when not wanted. gradient: out, laid out as params. */
    void (*backward)(const struct eddy_cell_size *size, const eddy_real *params, const eddy_real *x,
                     const eddy_real *y, eddy_real *dy, eddy_real *dx, eddy_real *gradient);
};

#define eddy_dense_ops EDDY_CORE(eddy_dense_ops)
#define eddy_rnn_ops EDDY_CORE(eddy_rnn_ops)
extern const struct eddy_cell_ops eddy_dense_ops, eddy_rnn_ops;

/* What both cells share; dense.c. */
#define eddy_project EDDY_CORE(eddy_project)
#define eddy_project_back EDDY_CORE(eddy_project_back)
#define eddy_activate EDDY_CORE(eddy_activate)
#define eddy_activate_back EDDY_CORE(eddy_activate_back)
#define eddy_init_uniform EDDY_CORE(eddy_init_uniform)

/* y (T, B, O) = x (T, B, I) w^T + b, one GEMM. */
void eddy_project(const struct eddy_cell_size *size, const eddy_real *w, const eddy_real *b,
                  const eddy_real *x, eddy_real *y);
/* From ds (T, B, O), the gradient of the sums: dw (O, I), db (O) and, unless NULL, dx (T, B, I). */
void eddy_project_back(const struct eddy_cell_size *size, const eddy_real *w, const eddy_real *x,
                       const eddy_real *ds, eddy_real *dw, eddy_real *db, eddy_real *dx);
/* y = activation(y), in place. */
void eddy_activate(enum eddy_activation activation, size_t n, eddy_real *y);
/* dy *= activation'(the sum that gave y), in place. */
void eddy_activate_back(enum eddy_activation activation, size_t n, const eddy_real *y,
                        eddy_real *dy);
/* Glorot: uniform with the variance 2 / (I + O). */
void eddy_init_uniform(size_t n_in, size_t n_out, struct eddy_random *random, eddy_real *w);

#endif
