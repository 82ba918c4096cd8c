/* baseline.h -- what a network has to beat: predictors of the next sample of one column that need
 * no network. */
#ifndef EDDY_BASELINE_H
#define EDDY_BASELINE_H

#include "model/table.h"

struct eddy_baselines {
    double persistence;    /* the sample before */
    double linear;         /* the line through the two samples before */
    double autoregression; /* the best linear mix of the `order` samples before, with a constant */
};

/* Root mean square errors over rows n_train + 1 to the end of a table of one column, each predicted
 * from the rows before it (those of the training part too); the autoregression is fitted to the
 * first n_train rows by least squares.
 * Returns 0, EDDY_ERROR_ARGUMENT (order 0 or above 1000), EDDY_ERROR_SHAPE (not one column, or too
 * few rows) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_baselines_measure(struct eddy_context *context, const struct eddy_table *table,
                                    size_t n_train, size_t order, struct eddy_baselines *baselines);

#endif
