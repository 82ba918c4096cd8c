/* lstm.c -- with or without peepholes. */
#include "cell.h"

#include <string.h>

/* The work of a pass. */
struct lstm_work {
    eddy_real
        *gates; /* (T, B, 4 H): i, o, f, n; backward turns them into the gradients of their sums */
    eddy_real *c;    /* (T, B, H) */
    eddy_real *zero; /* (3 H): in place of peepholes */
    eddy_real *r;    /* packed */
};

static struct lstm_work lstm_divide(const struct eddy_cell_size *size, eddy_real *work)
{
    eddy_real *const c = work + 4 * size->steps * size->batch * size->n_out;
    eddy_real *const zero = c + size->steps * size->batch * size->n_out;
    return (struct lstm_work){work, c, zero, zero + 3 * size->n_out};
}

static size_t lstm_params_elems(const struct eddy_cell_size *size)
{
    return eddy_recurrent_params_elems(4, size->n_in, size->n_out) +
           (size->peephole ? 3 * size->n_out : 0);
}

static size_t lstm_work_elems(const struct eddy_cell_size *size)
{
    return 5 * size->steps * size->batch * size->n_out + 3 * size->n_out +
           eddy_recurrent_packed_elems(size, 4 * size->n_out);
}

/* The forget gate starts open: bias 1 (https://proceedings.mlr.press/v37/jozefowicz15.html). */
static void lstm_init(const struct eddy_cell_size *size, struct eddy_random *random,
                      eddy_real *params)
{
    const size_t n = size->n_out, elems = eddy_recurrent_params_elems(4, size->n_in, n);
    eddy_recurrent_init(size, 4, random, params);
    memset(params + elems, 0, (lstm_params_elems(size) - elems) * sizeof *params);
    for (size_t j = 0; j < n; j++)
        params[elems - 2 * n + j] = 1;
}

/* p of the parameters, or zeros. */
static const eddy_real *peepholes(const struct eddy_cell_size *size, const eddy_real *params,
                                  const struct lstm_work *work)
{
    if (size->peephole)
        return params + eddy_recurrent_params_elems(4, size->n_in, size->n_out);
    return memset(work->zero, 0, 3 * size->n_out * sizeof *work->zero);
}

/* One step of one sequence. g: sums in, gates out. */
EDDY_VECTORS static void gates_forward(size_t n, const eddy_real *restrict p,
                                       const eddy_real *restrict c_before, eddy_real *restrict g,
                                       eddy_real *restrict c, eddy_real *restrict y)
{
    for (size_t j = 0; j < n; j++) {
        const eddy_real before = c_before[j];
        const eddy_real in = eddy_sigmoid(g[j] + p[j] * before);
        const eddy_real keep = eddy_sigmoid(g[2 * n + j] + p[2 * n + j] * before);
        const eddy_real next = eddy_tanh(g[3 * n + j]);
        const eddy_real cell = keep * before + in * next;
        const eddy_real out = eddy_sigmoid(g[n + j] + p[n + j] * cell);
        g[j] = in;
        g[n + j] = out;
        g[2 * n + j] = keep;
        g[3 * n + j] = next;
        c[j] = cell;
        y[j] = out * eddy_tanh(cell);
    }
}

/* c and h after each sequence's own last step. */
static void take_end(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass,
                     const eddy_real *c)
{
    const size_t n = size->n_out;
    for (size_t b = 0; b < size->batch; b++)
        memcpy(pass->c_end + b * n, c + ((pass->lengths[b] - 1) * size->batch + b) * n,
               n * sizeof *c);
}

static void lstm_forward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const struct lstm_work work = lstm_divide(size, pass->work);
    const eddy_real *const r = pass->params + 4 * n * size->n_in;
    const eddy_real *const p = peepholes(size, pass->params, &work);
    const eddy_real *h = pass->h0, *c = pass->c0;
    eddy_recurrent_pack(size, 4 * n, r, work.r);
    eddy_project(size, 4 * n, pass, r + 4 * n * n, work.gates);
    for (size_t t = 0; t < size->steps; t++) {
        const size_t at = t * elems;
        eddy_recurrent_add(size, 4 * n, work.r, h, work.gates + 4 * at, 4 * n);
        for (size_t i = 0; i < elems; i += n)
            if (pass->format)
                eddy_fixed_lstm(pass->format, n, p, c + i, work.gates + 4 * (at + i),
                                work.c + at + i, pass->y + at + i);
            else
                gates_forward(n, p, c + i, work.gates + 4 * (at + i), work.c + at + i,
                              pass->y + at + i);
        h = pass->y + at;
        c = work.c + at;
    }
    take_end(size, pass, work.c);
}

/* One step of one sequence. g: gates in, gradients of the sums out; dc: in dL/dc_t but for this
 * step's h, out dL/dc_{t-1}. */
EDDY_VECTORS static void gates_backward(size_t n, const eddy_real *restrict p,
                                        const eddy_real *restrict c_before,
                                        const eddy_real *restrict c, const eddy_real *restrict dy,
                                        eddy_real *restrict g, eddy_real *restrict dc)
{
    for (size_t j = 0; j < n; j++) {
        const eddy_real before = c_before[j], squashed = eddy_tanh(c[j]);
        const eddy_real in = g[j], out = g[n + j], keep = g[2 * n + j], next = g[3 * n + j];
        const eddy_real dout = dy[j] * squashed * out * (1 - out);
        const eddy_real d = dc[j] + dy[j] * out * (1 - squashed * squashed) + p[n + j] * dout;
        const eddy_real din = d * next * in * (1 - in), dkeep = d * before * keep * (1 - keep);
        g[j] = din;
        g[n + j] = dout;
        g[2 * n + j] = dkeep;
        g[3 * n + j] = d * in * (1 - next * next);
        dc[j] = d * keep + p[j] * din + p[2 * n + j] * dkeep;
    }
}

EDDY_VECTORS static void peephole_gradient(const struct eddy_cell_size *size, const eddy_real *ds,
                                           const eddy_real *c0, const eddy_real *c, eddy_real *dp)
{
    const size_t n = size->n_out, elems = size->batch * n;
    memset(dp, 0, 3 * n * sizeof *dp);
    for (size_t i = 0; i < size->steps * elems; i += n) {
        const eddy_real *const before = i < elems ? c0 + i : c + i - elems;
        for (size_t j = 0; j < n; j++) {
            dp[j] += ds[4 * i + j] * before[j];
            dp[n + j] += ds[4 * i + n + j] * c[i + j];
            dp[2 * n + j] += ds[4 * i + 2 * n + j] * before[j];
        }
    }
}

/* dc += the gradient of c_end of the sequences that end with step t. */
static void add_end(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass, size_t t)
{
    const size_t n = size->n_out;
    for (size_t b = 0; b < size->batch; b++)
        for (size_t i = b * n; pass->lengths[b] == t + 1 && i < (b + 1) * n; i++)
            pass->dc0[i] += pass->dc_end[i];
}

static void lstm_steps_backward(const struct eddy_cell_size *size,
                                const struct eddy_cell_pass *pass, const struct lstm_work *work)
{
    const size_t n = size->n_out, elems = size->batch * n;
    const eddy_real *const p = peepholes(size, pass->params, work);
    memset(pass->dh0, 0, elems * sizeof *pass->dh0);
    memset(pass->dc0, 0, elems * sizeof *pass->dc0);
    for (size_t t = size->steps; t-- > 0;) {
        const size_t at = t * elems;
        const eddy_real *const c = t > 0 ? work->c + at - elems : pass->c0;
        add_end(size, pass, t);
        for (size_t i = 0; i < elems; i += n)
            gates_backward(n, p, c + i, work->c + at + i, pass->dy + at + i,
                           work->gates + 4 * (at + i), pass->dc0 + i);
        eddy_recurrent_back(size, 4 * n, work->r, work->gates + 4 * at, 4 * n,
                            t > 0 ? pass->dy + at - elems : pass->dh0);
    }
}

static void lstm_backward(const struct eddy_cell_size *size, const struct eddy_cell_pass *pass)
{
    const size_t n = size->n_out;
    const struct lstm_work work = lstm_divide(size, pass->work);
    eddy_real *const dr = pass->gradient + 4 * n * size->n_in, *const db = dr + 4 * n * n;
    eddy_recurrent_pack_back(size, 4 * n, pass->params + 4 * n * size->n_in, work.r);
    lstm_steps_backward(size, pass, &work);
    if (size->peephole)
        peephole_gradient(size, work.gates, pass->c0, work.c, db + 4 * n);
    eddy_recurrent_gradient(size, 4 * n, work.gates, 4 * n, pass->h0, pass->y, dr);
    eddy_project_back(size, 4 * n, pass, work.gates, db);
}

const struct eddy_cell_ops eddy_lstm_ops = {
    4, true, lstm_params_elems, lstm_work_elems, lstm_init, lstm_forward, lstm_backward};
