/* weights.h -- the weights of a model in a file that other tools read. */
#ifndef EDDY_WEIGHTS_H
#define EDDY_WEIGHTS_H

#include "model/model.h"

/* Writes, by the end of the path, .npz (NumPy arrays) or .safetensors
 * (https://github.com/huggingface/safetensors): float32, named layers.N.w, r, b,
 * rb, p, h0, c0 with the shapes of model.h, and in_scale, in_offset, out_scale, out_offset. With an encoder, NULL if
 * there is none, both models, their names behind "encoder." and "decoder.". Whole or not
 * at all. Returns 0, EDDY_ERROR_ARGUMENT (another ending), EDDY_ERROR_IO or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_model_write_weights(struct eddy_context *context,
                                      const struct eddy_model *encoder,
                                      const struct eddy_model *model, const char *path);
/* Whether the path ends as one of them: 0 or EDDY_ERROR_ARGUMENT, for before the work. */
EDDY_API int eddy_weights_check(struct eddy_context *context, const char *path);

#endif
