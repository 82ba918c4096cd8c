#include "multiply.h"

#include <string.h>

/* Columns that are multiplied together. */
enum { PANEL = 32 };

typedef void kernel_function(size_t m, size_t k, const eddy_real *a, size_t a_stride,
                             const eddy_real *panel, eddy_real *c, size_t c_stride);

#define KERNEL_JOIN(name, suffix) KERNEL_JOIN_(name, suffix)
#define KERNEL_JOIN_(name, suffix) name##suffix

#define KERNEL kernel_16
#define KERNEL_TARGET
#define KERNEL_BYTES 16
#define KERNEL_ROWS 1
#include "multiply_kernel.h"

#ifdef __x86_64__
#define KERNEL kernel_32
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define KERNEL_BYTES 32
#define KERNEL_ROWS 3
#include "multiply_kernel.h"

#define KERNEL kernel_64
#define KERNEL_TARGET __attribute__((target("avx512f")))
#define KERNEL_BYTES 64
#define KERNEL_ROWS 12
#include "multiply_kernel.h"
#endif

/* The kernels that this processor runs, the fastest first. Returns how many. */
static size_t list_kernels(kernel_function *kernels[3])
{
    size_t n = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        kernels[n++] = kernel_64;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        kernels[n++] = kernel_32;
#endif
    kernels[n++] = kernel_16;
    return n;
}

size_t eddy_packed_elems(size_t k, size_t n)
{
    return k * ((n + PANEL - 1) / PANEL * PANEL);
}

void eddy_pack(size_t k, size_t n, const eddy_real *b, size_t stride_k, size_t stride_n,
               eddy_real *packed)
{
    for (size_t first = 0; first < n; first += PANEL)
        for (size_t i = 0; i < k; i++)
            for (size_t j = first; j < first + PANEL; j++)
                *packed++ = j < n ? b[i * stride_k + j * stride_n] : 0;
}

/* The last panel, with fewer columns than a kernel writes. */
static void multiply_rest(kernel_function *kernel, size_t m, size_t k, size_t n, const eddy_real *a,
                          size_t a_stride, const eddy_real *panel, eddy_real *c, size_t c_stride)
{
    enum { ROWS = 12 };
    eddy_real rows[ROWS * PANEL] = {0};
    for (size_t i = 0; i < m; i += ROWS) {
        const size_t count = m - i < ROWS ? m - i : ROWS;
        for (size_t r = 0; r < count; r++)
            memcpy(rows + r * PANEL, c + (i + r) * c_stride, n * sizeof *c);
        kernel(count, k, a + i * a_stride, a_stride, panel, rows, PANEL);
        for (size_t r = 0; r < count; r++)
            memcpy(c + (i + r) * c_stride, rows + r * PANEL, n * sizeof *c);
    }
}

static void multiply_by(kernel_function *kernel, size_t m, size_t k, size_t n, const eddy_real *a,
                        size_t a_stride, const eddy_real *packed, eddy_real *c, size_t c_stride)
{
    size_t first = 0;
    for (; first + PANEL <= n; first += PANEL)
        kernel(m, k, a, a_stride, packed + first * k, c + first, c_stride);
    if (first < n)
        multiply_rest(kernel, m, k, n - first, a, a_stride, packed + first * k, c + first,
                      c_stride);
}

void eddy_multiply_packed(size_t m, size_t k, size_t n, const eddy_real *a, size_t a_stride,
                          const eddy_real *packed, eddy_real *c, size_t c_stride)
{
    kernel_function *kernels[3];
    list_kernels(kernels);
    multiply_by(kernels[0], m, k, n, a, a_stride, packed, c, c_stride);
}
