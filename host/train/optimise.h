/* optimise.h -- inside the training: what a gradient does to the weights. */
#ifndef EDDY_OPTIMISE_H
#define EDDY_OPTIMISE_H

#include "checkpoint.h"
#include "train.h"

/* What is wrong with the options, or NULL. */
const char *eddy_train_options_fault(const struct eddy_train_options *options);
/* Learning rate after so many batches. */
double eddy_optimise_rate(const struct eddy_train_options *options, size_t done);
/* Scales gradient (n) to the length `limit` when it is longer; 0: never. Returns its length
 * before. */
double eddy_optimise_clip(double limit, size_t n, float *gradient);
/* One step of the optimiser with gradient (params_elems); counts the batch. */
void eddy_optimise_step(const struct eddy_train_options *options, const float *gradient,
                        double rate, struct eddy_checkpoint *state);

#endif
