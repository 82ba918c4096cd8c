/* rounding.h -- weights as the device will hold them: few bits, one power-of-two scale for each
 * block of rows. */
#ifndef EDDY_ROUNDING_H
#define EDDY_ROUNDING_H

#include "model/model.h"

/* Rounds w (n_rows, n_in) and, unless NULL, r (n_rows, n_hidden) in place: each block of block_rows
 * rows, the columns of both together, to whole multiples of the smallest power of two with which
 * `bits` hold the largest weight. Rounding twice changes nothing more. bits 2 to 16. */
void eddy_round_weights(unsigned bits, size_t block_rows, size_t n_in, size_t n_rows,
                        size_t n_hidden, float *w, float *r);
/* All layers of a model. Returns 0 or EDDY_ERROR_ARGUMENT. */
EDDY_API int eddy_model_round_weights(struct eddy_context *context, unsigned bits,
                                      size_t block_rows, struct eddy_model *model);

#endif
