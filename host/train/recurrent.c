/* recurrent.c -- what the recurrent cells share: h_{t-1} r^T of a step, and its gradients. */
#include "cell.h"

#include <string.h>

size_t eddy_recurrent_params_elems(size_t gates, size_t n_in, size_t n_out)
{
    return gates * n_out * (n_in + n_out + 1);
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

void eddy_recurrent_init(const struct eddy_cell_size *size, size_t gates,
                         struct eddy_random *random, eddy_real *params)
{
    const size_t n_in = size->n_in, n_out = size->n_out;
    eddy_real *const r = params + gates * n_out * n_in;
    for (size_t g = 0; g < gates; g++)
        eddy_init_uniform(n_in, n_out, random, params + g * n_out * n_in);
    for (size_t g = 0; g < gates; g++)
        init_orthogonal(n_out, random, r + g * n_out * n_out);
    memset(r + gates * n_out * n_out, 0, gates * n_out * sizeof *r);
}

size_t eddy_recurrent_packed_elems(const struct eddy_cell_size *size, size_t rows)
{
    const size_t forward = eddy_packed_elems(size->n_out, rows);
    const size_t back = eddy_packed_elems(rows, size->n_out);
    return forward > back ? forward : back;
}

void eddy_recurrent_pack(const struct eddy_cell_size *size, size_t rows, const eddy_real *r,
                         eddy_real *packed)
{
    eddy_pack(size->n_out, rows, r, 1, size->n_out, packed);
}

void eddy_recurrent_pack_back(const struct eddy_cell_size *size, size_t rows, const eddy_real *r,
                              eddy_real *packed)
{
    eddy_pack(rows, size->n_out, r, size->n_out, 1, packed);
}

void eddy_recurrent_add(const struct eddy_cell_size *size, size_t rows, const eddy_real *packed,
                        const eddy_real *h, eddy_real *sums, size_t sums_stride)
{
    eddy_multiply_packed(size->batch, size->n_out, rows, h, size->n_out, packed, sums, sums_stride);
}

void eddy_recurrent_back(const struct eddy_cell_size *size, size_t rows, const eddy_real *packed,
                         const eddy_real *ds, size_t ds_stride, eddy_real *dh)
{
    eddy_multiply_packed(size->batch, rows, size->n_out, ds, ds_stride, packed, dh, size->n_out);
}

void eddy_recurrent_gradient(const struct eddy_cell_size *size, size_t rows, const eddy_real *ds,
                             size_t ds_stride, const eddy_real *h0, const eddy_real *h,
                             eddy_real *dr)
{
    const int n_out = (int)size->n_out, batch = (int)size->batch;
    eddy_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, n_out, batch, 1, ds,
              (int)ds_stride, h0, n_out, 0, dr, n_out);
    if (size->steps > 1)
        eddy_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, n_out,
                  (int)(size->steps - 1) * batch, 1, ds + size->batch * ds_stride, (int)ds_stride,
                  h, n_out, 1, dr, n_out);
}
