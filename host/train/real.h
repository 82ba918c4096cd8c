/* real.h -- the number type of the training core: float, or double where gradients are checked.
 *
 * With EDDY_REAL_DOUBLE the core (network.c, rnn.c, dense.c, loss.c) compiles to double and its functions get other
 * names, so that both builds link into one program. */
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
#define eddy_tanh tanhf
#define eddy_exp expf
#endif

#endif
