/* cell.h -- what a kind of layer is to the training: a forward and a backward pass over all time
 * steps.
 *
 * Sequences are time-major: x (T, B, I) holds T steps of B sequences side by side, so that one GEMM
 * serves all steps where no recurrence stands in between. A layer's parameters lie together in the
 * network's one vector, direction by direction, as in model.h: w (G O, I), r (G O, O) when recurrent, b (G O), rb (O) of a
 * gru with linear_before_reset, p (3 O) of an lstm with peepholes. */
#ifndef EDDY_CELL_H
#define EDDY_CELL_H

#include "fixed_point.h"
#include "multiply.h"
#include "random.h"
#include "real.h"

struct eddy_cell_size {
    size_t steps, batch; /* T, B */
    size_t n_in, n_out;  /* I, O: of one direction */
    enum eddy_activation activation;
    bool linear_before_reset, peephole;
};

/* What a pass reads and writes. Sequence b has lengths[b] steps; what follows is padding, whose x is
 * zero and whose dy must be zero: it then adds nothing to any gradient. */
struct eddy_cell_pass {
    const size_t *lengths;                 /* (B), each 1 to T */
    const struct eddy_cell_format *format; /* NULL: float, else as the device computes */
    const eddy_real *params;
    const eddy_real *x;       /* (T, B, I); token numbers (T, B) of an embedding */
    eddy_real *y;             /* (T, B, O) */
    eddy_real *work;          /* written by forward, read and overwritten by backward */
    const eddy_real *h0, *c0; /* (B, O): states before the first step; of recurrent cells */
    eddy_real *c_end;         /* (B, O): out, lstm: c after the last step */
    eddy_real *dy;            /* (T, B, O): in dL/dy, out undefined */
    eddy_real *dx;            /* (T, B, I): out dL/dx, NULL when not wanted */
    eddy_real *gradient;      /* out, laid out as params */
    const eddy_real *dc_end;  /* (B, O): in dL/dc_end */
    eddy_real *dh0, *dc0;     /* (B, O): out */
};

struct eddy_cell_ops {
    size_t gates; /* G */
    bool recurrent;
    size_t (*params_elems)(const struct eddy_cell_size *size);
    size_t (*work_elems)(const struct eddy_cell_size *size);
    void (*init)(const struct eddy_cell_size *size, struct eddy_random *random, eddy_real *params);
    void (*forward)(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass);
    void (*backward)(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass);
};

#define eddy_dense_ops EDDY_CORE(eddy_dense_ops)
#define eddy_embedding_ops EDDY_CORE(eddy_embedding_ops)
#define eddy_rnn_ops EDDY_CORE(eddy_rnn_ops)
#define eddy_gru_ops EDDY_CORE(eddy_gru_ops)
#define eddy_lstm_ops EDDY_CORE(eddy_lstm_ops)
extern const struct eddy_cell_ops eddy_dense_ops, eddy_embedding_ops, eddy_rnn_ops, eddy_gru_ops,
    eddy_lstm_ops;

/* What all cells share; dense.c. rows is G O. */
#define eddy_project EDDY_CORE(eddy_project)
#define eddy_project_back EDDY_CORE(eddy_project_back)
#define eddy_bias_gradient EDDY_CORE(eddy_bias_gradient)
#define eddy_activate_as EDDY_CORE(eddy_activate_as)
#define eddy_activate_back EDDY_CORE(eddy_activate_back)
#define eddy_init_uniform EDDY_CORE(eddy_init_uniform)

/* sums (T, B, rows) = x w^T + b, one GEMM; w is the first of params. */
void eddy_project(const struct eddy_cell_size *size, size_t rows, const struct eddy_cell_pass *pass,
                  const eddy_real *b, eddy_real *sums);
/* From ds (T, B, rows), the gradient of the sums, and the pass's x: dw (rows, I), the first of its
 * gradient, db (rows) and its dx. */
void eddy_project_back(const struct eddy_cell_size *size, size_t rows,
                       const struct eddy_cell_pass *pass, const eddy_real *ds, eddy_real *db);
/* db (rows): ds (T, B, rows) summed over steps and batch. */
void eddy_bias_gradient(const struct eddy_cell_size *size, size_t rows, const eddy_real *ds,
                        eddy_real *db);
/* y = activation(y), in place. format: of the pass. */
void eddy_activate_as(const struct eddy_cell_format *format, enum eddy_activation activation,
                      size_t n, eddy_real *y);
/* dy *= activation'(the sum that gave y), in place. */
void eddy_activate_back(enum eddy_activation activation, size_t n, const eddy_real *y,
                        eddy_real *dy);
/* Glorot: uniform with the variance 2 / (I + O). */
void eddy_init_uniform(size_t n_in, size_t n_out, struct eddy_random *random, eddy_real *w);

/* What recurrent cells share; recurrent.c. A stride is that of the sums of one sequence. */
#define eddy_recurrent_params_elems EDDY_CORE(eddy_recurrent_params_elems)
#define eddy_recurrent_init EDDY_CORE(eddy_recurrent_init)
#define eddy_recurrent_packed_elems EDDY_CORE(eddy_recurrent_packed_elems)
#define eddy_recurrent_pack EDDY_CORE(eddy_recurrent_pack)
#define eddy_recurrent_pack_back EDDY_CORE(eddy_recurrent_pack_back)
#define eddy_recurrent_add EDDY_CORE(eddy_recurrent_add)
#define eddy_recurrent_back EDDY_CORE(eddy_recurrent_back)
#define eddy_recurrent_gradient EDDY_CORE(eddy_recurrent_gradient)

/* Elements of w, r and b. */
size_t eddy_recurrent_params_elems(size_t gates, size_t n_in, size_t n_out);
/* w uniform, r orthogonal gate by gate, b zero. */
void eddy_recurrent_init(const struct eddy_cell_size *size, size_t gates,
                         struct eddy_random *random, eddy_real *params);
/* r (rows, O) as the steps forward multiply by it, or those backward; one after the other may be in
 * the same place. */
size_t eddy_recurrent_packed_elems(const struct eddy_cell_size *size, size_t rows);
void eddy_recurrent_pack(const struct eddy_cell_size *size, size_t rows, const eddy_real *r,
                         eddy_real *packed);
void eddy_recurrent_pack_back(const struct eddy_cell_size *size, size_t rows, const eddy_real *r,
                              eddy_real *packed);
/* One step: sums (B, rows) += h (B, O) r^T. */
void eddy_recurrent_add(const struct eddy_cell_size *size, size_t rows, const eddy_real *packed,
                        const eddy_real *h, eddy_real *sums, size_t sums_stride);
/* One step: dh (B, O) += ds (B, rows) r. */
void eddy_recurrent_back(const struct eddy_cell_size *size, size_t rows, const eddy_real *packed,
                         const eddy_real *ds, size_t ds_stride, eddy_real *dh);
/* dr (rows, O) from ds (T, B, rows) and h (T, B, O), where step t met h[t - 1] and step 0 met h0
 * (B, O). One GEMM over all steps but the first. */
void eddy_recurrent_gradient(const struct eddy_cell_size *size, size_t rows, const eddy_real *ds,
                             size_t ds_stride, const eddy_real *h0, const eddy_real *h,
                             eddy_real *dr);

#endif
