/* model.h -- a recurrent network in float, as trained, imported, exported and quantised.
 *
 *   u = x * in_scale + in_offset            (input normalisation, per column; not before an embedding)
 *   layer 0 .. n_layers-1                   (recurrent, dense and embedding layers, a stack)
 *   y = v * out_scale + out_offset [+ x]    (output de-normalisation, per column; residual adds the raw input)
 *   y = softmax(y)                          (when the model says so)
 *
 * Gates lie in the order of ONNX: GRU z r h, LSTM i o f c; directions one after the other, forward first.
 */
#ifndef EDDY_MODEL_H
#define EDDY_MODEL_H

#include <eddy/eddy.h>

enum eddy_cell {
    EDDY_CELL_DENSE,
    EDDY_CELL_RNN,
    EDDY_CELL_GRU,
    EDDY_CELL_LSTM,
    EDDY_CELL_EMBEDDING, /* layer 0 only: x is one column of token numbers, 0 <= token < n_in */
    EDDY_CELLS
};
enum eddy_activation {
    EDDY_ACTIVATION_NONE,
    EDDY_ACTIVATION_TANH,
    EDDY_ACTIVATION_RELU,
    EDDY_ACTIVATION_SIGMOID,
    EDDY_ACTIVATIONS
};
enum eddy_direction {
    EDDY_DIRECTION_FORWARD,
    EDDY_DIRECTION_REVERSE,       /* from the last step to the first */
    EDDY_DIRECTION_BIDIRECTIONAL, /* both; outputs of a step side by side, forward first */
    EDDY_DIRECTIONS
};

/* One layer, weights row-major and owned by the model. D directions (2 when bidirectional), H = n_hidden units,
 * G gates (rnn 1, gru 3, lstm 4; dense 1). s() is the sigmoid, * between vectors is by element.
 *
 * dense:     y = activation(w x + b)
 * embedding: y = column x of w
 * rnn:       h_t = activation(w x_t + r h_{t-1} + b)
 * gru:       z = s(w_z x + r_z h + b_z), r = s(w_r x + r_r h + b_r), h = h_{t-1}
 *            n = tanh(w_h x + r_h (r * h) + b_h)               linear_before_reset false (Keras reset_after=False)
 *            n = tanh(w_h x + b_h + r * (r_h h + rb))          linear_before_reset true (PyTorch, cuDNN)
 *            h_t = (1 - z) * n + z * h
 * lstm:      i = s(w_i x + r_i h + p_i * c + b_i), f = s(w_f x + r_f h + p_f * c + b_f), c = c_{t-1}
 *            c_t = f * c + i * tanh(w_c x + r_c h + b_c)
 *            o = s(w_o x + r_o h + p_o * c_t + b_o), h_t = o * tanh(c_t)
 * (https://onnx.ai/onnx/operators/, RNN, GRU, LSTM) */
struct eddy_layer {
    enum eddy_cell cell;
    enum eddy_activation
        activation; /* of dense (any) and rnn (tanh or relu); tanh for gru and lstm */
    enum eddy_direction direction; /* forward for dense and embedding */
    bool linear_before_reset;      /* gru */
    bool
        last_only; /* a recurrent layer that hands on only its final h (each direction's own): the layers above see one step */
    /* > 0: sums of gates are limited to [-clip, clip] before their activations; c_t of lstm is not, as in ONNX Runtime */
    float clip;
    size_t n_in, n_hidden, n_out; /* n_out = D n_hidden */
    float *w;                     /* (D, G H, n_in) */
    float *r;                     /* (D, G H, H), NULL unless recurrent */
    float *b;                     /* (D, G H); zero for embedding */
    float *rb;                    /* (D, H): gru with linear_before_reset, else NULL */
    float *p;                     /* (D, 3 H): peepholes of i, o, f; lstm, or NULL */
    float *h0, *c0;               /* (D, H): states before the first step, or NULL for zero */
    char *name; /* of the ONNX node that it was read from, or NULL; owned by the model */
};

struct eddy_model {
    size_t n_layers;
    struct eddy_layer *layers;
    /* Encoder-decoder: layers [0, n_encoder) read the source, layers [n_encoder, n_layers) write the target, token by token,
     * beginning with an embedding; the k-th recurrent layer of the decoder starts from the final state of the k-th of the
     * encoder. 0: one stack. */
    size_t n_encoder;
    float *in_scale, *in_offset;   /* (n_in of the first layer, 1 for an embedding) */
    float *out_scale, *out_offset; /* (n_out of the last layer) */
    bool residual;                 /* needs inputs == n_out */
    bool softmax;                  /* of the outputs, on the host */
    size_t widest;                 /* the longest n_out */
    float *scratch;                /* of the float reference */
};

/* Geometry of one layer to make. Zero is forward, every output, no peepholes, linear_before_reset false. */
struct eddy_layer_shape {
    enum eddy_cell cell;
    enum eddy_activation activation;
    size_t n_out; /* H: units of one direction */
    enum eddy_direction direction;
    bool linear_before_reset, peephole, last_only;
};

/* A model of the given stack with zero weights, scale 1, offset 0, no residual. n_in: of the first layer (tokens of an
 * embedding).
 * Returns 0, EDDY_ERROR_ARGUMENT (no layer, a length of 0, an activation or direction that the cell does not have,
 * an embedding that is not the first layer) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_model_create(struct eddy_context *context, size_t n_in, size_t n_layers,
                               const struct eddy_layer_shape *shapes, struct eddy_model **model);
EDDY_API void eddy_model_free(struct eddy_model *model);
/* An encoder and a decoder as one model; both stay as they are. EDDY_ERROR_SHAPE: the recurrent layers of both are not alike,
 * one by one, or the decoder is no causal stack behind an embedding with as many tokens as outputs. */
EDDY_API int eddy_model_join(struct eddy_context *context, const struct eddy_model *encoder,
                             const struct eddy_model *decoder, struct eddy_model **model);
/* Values of x each step: 1 for an embedding. */
EDDY_API size_t eddy_model_inputs(const struct eddy_model *model);
EDDY_API size_t eddy_model_outputs(const struct eddy_model *model);
/* Tokens of the embedding that the model begins with, or 0: x is then numbers. */
EDDY_API size_t eddy_model_tokens(const struct eddy_model *model);
/* "dense", "rnn", "gru", "lstm", "embedding". */
EDDY_API const char *eddy_cell_name(enum eddy_cell cell);
/* Gates of a cell (G above), and directions of a layer (D). */
EDDY_API size_t eddy_cell_gates(enum eddy_cell cell);
EDDY_API bool eddy_cell_is_recurrent(enum eddy_cell cell);
/* The number of the largest of y (n), n > 0; of equal ones the first. */
size_t eddy_model_largest(const float *y, size_t n);
/* exp(y) / sum of exp(y), in place and without overflow; y (n), n > 0. */
void eddy_model_softmax(float *y, size_t n);
EDDY_API size_t eddy_layer_directions(const struct eddy_layer *layer);
/* Whether step t's output needs only steps up to t: no layer is reverse, bidirectional or last_only. */
EDDY_API bool eddy_model_is_causal(const struct eddy_model *model);

/* ---- float reference: plain loops, no BLAS; one thread at a time for a model, since it uses its scratch ---- */

/* state (eddy_model_state_elems): layer by layer, direction by direction, h (H) of recurrent layers, and c (H) of
 * lstm. eddy_model_initial_state fills in h0 and c0. */
EDDY_API size_t eddy_model_state_elems(const struct eddy_model *model);
EDDY_API void eddy_model_initial_state(const struct eddy_model *model, float *state);
/* One causal stack, step by step: x (n_steps, inputs), y (n_steps, outputs); state in/out. observe, unless NULL, gets
 * every layer's output of every step, for calibration. */
typedef void eddy_observe(void *user, size_t layer, size_t n_out, const float *y);
EDDY_API void eddy_model_run_float(const struct eddy_model *model, float *state, size_t n_steps,
                                   const float *x, float *y);
/* Any model without encoder, a whole sequence: y (*n_out_steps, outputs), room for n_steps; *n_out_steps is n_steps, or 1 when a layer is
 * last_only. state in/out: a reverse direction starts from its part of the state too.
 * Returns 0, EDDY_ERROR_MEMORY, EDDY_ERROR_RANGE (a token out of range), EDDY_ERROR_ARGUMENT (there is an encoder). */
EDDY_API int eddy_model_run_sequence(struct eddy_context *context, const struct eddy_model *model,
                                     float *state, size_t n_steps, const float *x, float *y,
                                     size_t *n_out_steps, eddy_observe *observe, void *user);

/* An encoder-decoder: reads the source x (n_source, inputs), then writes the numbers of the largest outputs, each the
 * decoder's next token: y (n_steps). start: the first token that the decoder is told.
 * Returns 0, EDDY_ERROR_ARGUMENT (the model is one stack), EDDY_ERROR_SHAPE (no source), EDDY_ERROR_MEMORY,
 * EDDY_ERROR_RANGE (a token out of range). */
EDDY_API int eddy_model_translate(struct eddy_context *context, const struct eddy_model *model,
                                  size_t n_source, const float *x, size_t start, size_t n_steps,
                                  float *y);

/* ---- ONNX, standard nodes only ----
 * Reads what exporters write for such stacks (see onnx_read.c), refuses everything else naming node and attribute.
 * Returns 0, EDDY_ERROR_IO, EDDY_ERROR_FORMAT (not an ONNX file, truncated), EDDY_ERROR_UNSUPPORTED,
 * EDDY_ERROR_SHAPE, EDDY_ERROR_RANGE (a weight is not finite), EDDY_ERROR_MEMORY. */
EDDY_API int eddy_model_read_onnx(struct eddy_context *context, const char *path,
                                  struct eddy_model **model);
/* Writes path atomically (a temporary file beside it, then rename). */
EDDY_API int eddy_model_write_onnx(struct eddy_context *context, const struct eddy_model *model,
                                   const char *path);

#endif
