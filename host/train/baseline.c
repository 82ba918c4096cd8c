#include "baseline.h"

#include "lib/context.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define CHUNK_ROWS 1024

/* The regressors of row t: the `order` rows before it, oldest first, and 1. */
static void fill_regressors(const float *values, size_t t, size_t order, double *row)
{
    for (size_t k = 0; k < order; k++)
        row[k] = values[t - order + k];
    row[order] = 1;
}

/* Adds the normal equations of rows order .. n_train-1: a (n, n) += X^T X, b (n) += X^T y. */
static void accumulate(const float *values, size_t n_train, size_t order, double *chunk, double *a,
                       double *b)
{
    const size_t n = order + 1;
    for (size_t t = order; t < n_train;) {
        size_t rows = 0;
        for (; rows < CHUNK_ROWS && t < n_train; rows++, t++) {
            fill_regressors(values, t, order, chunk + rows * n);
            cblas_daxpy((int)n, values[t], chunk + rows * n, 1, b, 1);
        }
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)n, (int)rows, 1, chunk,
                    (int)n, chunk, (int)n, 1, a, (int)n);
    }
}

/* Solves a x = b in place (x in b) by Cholesky: a (n, n) symmetric, positive with a small ridge,
 * which a constant signal needs. */
static void solve(size_t n, double *a, double *b)
{
    double trace = 0;
    for (size_t i = 0; i < n; i++)
        trace += a[i * n + i];
    for (size_t i = 0; i < n; i++) {
        a[i * n + i] += 1e-12 * trace;
        for (size_t j = 0; j <= i; j++) {
            const double sum = a[i * n + j] - cblas_ddot((int)j, a + i * n, 1, a + j * n, 1);
            a[i * n + j] = i == j ? sqrt(sum > 0 ? sum : 1e-12 * trace) : sum / a[j * n + j];
        }
    }
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, a, (int)n, b, 1);
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)n, a, (int)n, b, 1);
}

static void score(const struct eddy_table *table, size_t n_train, size_t order,
                  const double *coefficients, double *row, struct eddy_baselines *baselines)
{
    const float *const v = table->values;
    double persistence = 0, linear = 0, autoregression = 0;
    for (size_t t = n_train + 1; t < table->n_rows; t++) {
        const double y = v[t], one = v[t - 1], two = v[t - 2];
        fill_regressors(v, t, order, row);
        const double error = y - cblas_ddot((int)order + 1, coefficients, 1, row, 1);
        persistence += (y - one) * (y - one);
        linear += (y - 2 * one + two) * (y - 2 * one + two);
        autoregression += error * error;
    }
    const double n = (double)(table->n_rows - n_train - 1);
    baselines->persistence = sqrt(persistence / n);
    baselines->linear = sqrt(linear / n);
    baselines->autoregression = sqrt(autoregression / n);
}

int eddy_baselines_measure(struct eddy_context *context, const struct eddy_table *table,
                           size_t n_train, size_t order, struct eddy_baselines *baselines)
{
    if (order == 0 || order > 1000)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the autoregression has order %zu: choose 1 to 1000", order);
    if (table->n_columns != 1)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "baselines need one column, the data has %zu",
                         table->n_columns);
    if (n_train < 2 * order + 1 || table->n_rows < 2 || n_train > table->n_rows - 2)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%zu rows, %zu of them to train: an autoregression of order %zu needs at "
                         "least %zu to train and 2 to test",
                         table->n_rows, n_train, order, 2 * order + 1);
    const size_t n = order + 1;
    double *const work = calloc(n * (n + 1 + CHUNK_ROWS), sizeof *work);
    if (!work)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the baselines");
    double *const a = work, *const b = a + n * n, *const chunk = b + n;
    accumulate(table->values, n_train, order, chunk, a, b);
    solve(n, a, b);
    score(table, n_train, order, b, chunk, baselines);
    free(work);
    return EDDY_OK;
}
