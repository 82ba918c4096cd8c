/* blas.c -- the kernels of OpenBLAS for a processor that is newer than OpenBLAS. */
#include "cli.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *best_kernels(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return NULL;
}

void blas_choose_kernels(char **argv)
{
    const char *const kernels = best_kernels();
    if (!kernels || getenv("OPENBLAS_CORETYPE") || strcmp(openblas_get_corename(), "Prescott") != 0)
        return;
    if (setenv("OPENBLAS_CORETYPE", kernels, 1) == 0)
        execv("/proc/self/exe", argv); /* if that fails, it is slower as it is */
}
