/* model.h -- a recurrent network in float, as trained, imported, exported and quantised.
 *
 *   u = x * in_scale + in_offset            (input normalisation, per column)
 *   layer 0 .. n_layers-1                   (recurrent layers and dense layers, a stack)
 *   y = v * out_scale + out_offset [+ x]    (output de-normalisation, per column; residual adds the raw input)
 */
#ifndef EDDY_MODEL_H
#define EDDY_MODEL_H

#include <eddy/eddy.h>

enum eddy_cell { EDDY_CELL_DENSE, EDDY_CELL_RNN };
enum eddy_activation { EDDY_ACTIVATION_NONE, EDDY_ACTIVATION_TANH };

/* One layer, weights row-major and owned by the model.
 * dense: y = activation(w x + b)
 * rnn:   h_t = activation(w x_t + r h_{t-1} + b), h_{-1} = 0 */
struct eddy_layer {
    enum eddy_cell cell;
    enum eddy_activation activation;
    size_t n_in, n_out;
    float *w; /* (n_out, n_in) */
    float *r; /* (n_out, n_out), NULL for dense */
    float *b; /* (n_out) */
};

struct eddy_model {
    size_t n_layers;
    struct eddy_layer *layers;
    float *in_scale, *in_offset;   /* (n_in of the first layer) */
    float *out_scale, *out_offset; /* (n_out of the last layer) */
    bool residual;                 /* needs n_in == n_out */
    float *scratch;                /* of eddy_model_run_float: (n_in + longest n_out) */
};

/* Geometry of one layer to make. */
struct eddy_layer_shape {
    enum eddy_cell cell;
    enum eddy_activation activation;
    size_t n_out;
};

/* A model of the given stack with zero weights, scale 1, offset 0, no residual.
 * Returns 0, EDDY_ERROR_ARGUMENT (no layer, a length of 0) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_model_create(struct eddy_context *context, size_t n_in, size_t n_layers,
                               const struct eddy_layer_shape *shapes, struct eddy_model **model);
EDDY_API void eddy_model_free(struct eddy_model *model);
EDDY_API size_t eddy_model_inputs(const struct eddy_model *model);
EDDY_API size_t eddy_model_outputs(const struct eddy_model *model);

/* The float reference: state is (sum of n_out over all layers), in/out, layer by layer; it holds every layer's output
 * of the latest step. x (n_steps, n_in), y (n_steps, n_out). Plain loops in float, no BLAS; one thread at a time
 * for a model, since it uses the model's scratch. */
EDDY_API size_t eddy_model_state_elems(const struct eddy_model *model);
EDDY_API void eddy_model_run_float(const struct eddy_model *model, float *state, size_t n_steps,
                                   const float *x, float *y);

/* ONNX, standard nodes only. Reads what exporters write for such stacks (see onnx_read.c), refuses everything
 * else naming node and attribute.
 * Returns 0, EDDY_ERROR_IO, EDDY_ERROR_FORMAT (not an ONNX file, truncated), EDDY_ERROR_UNSUPPORTED,
 * EDDY_ERROR_SHAPE, EDDY_ERROR_RANGE (a weight is not finite), EDDY_ERROR_MEMORY. */
EDDY_API int eddy_model_read_onnx(struct eddy_context *context, const char *path,
                                  struct eddy_model **model);
/* Writes path atomically (a temporary file beside it, then rename). */
EDDY_API int eddy_model_write_onnx(struct eddy_context *context, const struct eddy_model *model,
                                   const char *path);

#endif
