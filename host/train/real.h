/* real.h -- the number type of the training core: float, or double where gradients are checked.
 *
 * With EDDY_REAL_DOUBLE the core (network.c, the cells, loss.c) compiles to double and its
 * functions get other names, so that both builds link into one program. */
#ifndef EDDY_REAL_H
#define EDDY_REAL_H

#include <cblas.h>
#include <math.h>

#ifdef EDDY_REAL_DOUBLE
typedef double eddy_real;
#define EDDY_CORE(name) name##_double
#define eddy_gemm cblas_dgemm
#define eddy_tanh tanh
#define eddy_exp exp
#else
typedef float eddy_real;
#define EDDY_CORE(name) name
#define eddy_gemm cblas_sgemm
#define eddy_exp expf

/* tanh within 4e-7 as a ratio of polynomials (those of Eigen): compilers vectorise it, unlike
 * tanhf. */
static inline float eddy_tanh(float x)
{
    const float limit = 7.905311F; /* tanh is 1 beyond it; a NaN passes */
    const float below = x > limit ? limit : x, u = below < -limit ? -limit : below, u2 = u * u;
    float p = -2.76076847742355e-16F;
    p = p * u2 + 2.00018790482477e-13F;
    p = p * u2 - 8.60467152213735e-11F;
    p = p * u2 + 5.12229709037114e-08F;
    p = p * u2 + 1.48572235717979e-05F;
    p = p * u2 + 6.37261928875436e-04F;
    p = p * u2 + 4.89352455891786e-03F;
    float q = 1.19825839466702e-06F;
    q = q * u2 + 1.18534705686654e-04F;
    q = q * u2 + 2.26843463243900e-03F;
    q = q * u2 + 4.89352518554385e-03F;
    return u * p / q;
}
#endif

/* For loops over elements: compiled for the widest vectors as well, chosen when the program starts.
 * Products are fused with sums where the processor can, as BLAS does: other processors, other last
 * bits. Sanitizers come too late for the choice. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define EDDY_VECTORS __attribute__((target_clones("default", "arch=haswell", "avx512f")))
#else
#define EDDY_VECTORS
#endif

static inline eddy_real eddy_sigmoid(eddy_real x)
{
    const eddy_real half = (eddy_real)0.5;
    return half + half * eddy_tanh(half * x);
}

#endif
