/* multiply_kernel.h -- a panel of a packed matrix times rows of another; multiply.c includes it
 * once for each instruction set:
 *
 *   KERNEL        the name of the function
 *   KERNEL_TARGET its attribute
 *   KERNEL_BYTES  of a vector register
 *   KERNEL_ROWS   that are multiplied at once: their sums stay in registers */
#define KERNEL_NAME(suffix) KERNEL_JOIN(KERNEL, suffix)

typedef eddy_real KERNEL_NAME(_vector)
    __attribute__((vector_size(KERNEL_BYTES), aligned(sizeof(eddy_real)), may_alias));

/* rows, at most KERNEL_ROWS, is a constant of the caller. */
KERNEL_TARGET static inline __attribute__((always_inline)) void
KERNEL_NAME(_rows)(size_t rows, size_t k, const eddy_real *a, size_t a_stride,
                   const eddy_real *panel, eddy_real *c, size_t c_stride)
{
    enum { LANES = KERNEL_BYTES / sizeof(eddy_real), VECTORS = PANEL / LANES };
    KERNEL_NAME(_vector) sums[KERNEL_ROWS][VECTORS];
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++)
            sums[i][v] = *(const KERNEL_NAME(_vector) *)(c + i * c_stride + v * LANES);
    for (size_t p = 0; p < k; p++) {
        const KERNEL_NAME(_vector) *const b = (const KERNEL_NAME(_vector) *)(panel + p * PANEL);
#pragma GCC unroll 16
        for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 16
            for (size_t v = 0; v < VECTORS; v++)
                sums[i][v] += a[i * a_stride + p] * b[v];
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++)
            *(KERNEL_NAME(_vector) *)(c + i * c_stride + v * LANES) = sums[i][v];
}

/* c (m, PANEL) += a (m, k) panel (k, PANEL) */
KERNEL_TARGET static void KERNEL(size_t m, size_t k, const eddy_real *a, size_t a_stride,
                                 const eddy_real *panel, eddy_real *c, size_t c_stride)
{
    size_t i = 0;
    for (; i + KERNEL_ROWS <= m; i += KERNEL_ROWS)
        KERNEL_NAME(_rows)
    (KERNEL_ROWS, k, a + i * a_stride, a_stride, panel, c + i * c_stride, c_stride);
#if KERNEL_ROWS > 4
    for (; i + 4 <= m; i += 4)
        KERNEL_NAME(_rows)(4, k, a + i * a_stride, a_stride, panel, c + i * c_stride, c_stride);
#endif
    for (; i < m; i++)
        KERNEL_NAME(_rows)(1, k, a + i * a_stride, a_stride, panel, c + i * c_stride, c_stride);
}

#undef KERNEL_NAME
#undef KERNEL
#undef KERNEL_TARGET
#undef KERNEL_BYTES
#undef KERNEL_ROWS
