/* multiply.h -- inside the training: products with a matrix that was packed once for many of them.
 *
 * A step of a recurrence multiplies the few rows of a batch by the same matrix as the step before.
 * BLAS lays the matrix out anew in every product, which takes as long as such a product itself. */
#ifndef EDDY_MULTIPLY_H
#define EDDY_MULTIPLY_H

#include "real.h"

#include <stddef.h>

#define eddy_packed_elems EDDY_CORE(eddy_packed_elems)
#define eddy_pack EDDY_CORE(eddy_pack)
#define eddy_multiply_packed EDDY_CORE(eddy_multiply_packed)

/* Of a packed matrix (k, n). */
size_t eddy_packed_elems(size_t k, size_t n);
/* Packs b (k, n), whose element (i, j) is b[i * stride_k + j * stride_n]. */
void eddy_pack(size_t k, size_t n, const eddy_real *b, size_t stride_k, size_t stride_n,
               eddy_real *packed);
/* c (m, n) += a (m, k) b; c_stride and a_stride: from row to row. Each sum runs over k in order,
 * with fused products where the processor has them: other processors, other bits. */
void eddy_multiply_packed(size_t m, size_t k, size_t n, const eddy_real *a, size_t a_stride,
                          const eddy_real *packed, eddy_real *c, size_t c_stride);

#endif
