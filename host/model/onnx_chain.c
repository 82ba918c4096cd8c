/* onnx_chain.c -- the stack of layers that a graph turns out to be. Scales and offsets between layers are folded into the
 * layer that follows; those before the first layer and behind the last are the model's own. */
#include "onnx_import.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More layers than any program has, and layers that do nothing only up to this width: bounds what a file may ask for. */
enum { MAX_LAYERS = 64, MAX_IDENTITY = 1024 };

static int reset_affine(struct onnx_import *import, size_t width)
{
    struct onnx_chain *chain = &import->chain;
    chain->scale = calloc(width, sizeof *chain->scale);
    chain->offset = calloc(width, sizeof *chain->offset);
    chain->width = width;
    chain->affine = false;
    if (!chain->scale || !chain->offset)
        return onnx_no_memory(import);
    for (size_t i = 0; i < width; i++)
        chain->scale[i] = 1;
    return EDDY_OK;
}

int chain_start(struct onnx_import *import, size_t n_in)
{
    import->chain.n_in = n_in;
    return reset_affine(import, n_in);
}

void chain_layer_free(struct chain_layer *layer)
{
    free(layer->w);
    free(layer->r);
    free(layer->b);
    free(layer->rb);
    free(layer->p);
    free(layer->h0);
    free(layer->c0);
    *layer = (struct chain_layer){0};
}

void chain_free(struct onnx_chain *chain)
{
    for (size_t l = 0; l < chain->n_layers; l++)
        chain_layer_free(&chain->layers[l]);
    free(chain->layers);
    free(chain->in_scale);
    free(chain->in_offset);
    free(chain->scale);
    free(chain->offset);
}

/* w (scale v + offset) + b = (w scale) v + (b + w offset) */
static void fold_before(struct chain_layer *layer, const double *scale, const double *offset)
{
    for (size_t row = 0; row < layer->n_rows; row++)
        for (size_t i = 0; i < layer->n_in; i++) {
            double *w = &layer->w[row * layer->n_in + i];
            layer->b[row] += *w * offset[i];
            *w *= scale[i];
        }
}

int chain_add_layer(struct onnx_import *import, const Onnx__NodeProto *node,
                    struct chain_layer *layer)
{
    struct onnx_chain *chain = &import->chain;
    const size_t n_in = layer->cell == EDDY_CELL_EMBEDDING ? 1 : layer->n_in;
    int error = EDDY_OK;
    if (n_in != chain->width)
        error =
            onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                        "its weights are for %zu channels, its input has %zu", n_in, chain->width);
    else if (chain->n_layers == MAX_LAYERS)
        error =
            onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED, "more than %d layers", MAX_LAYERS);
    struct chain_layer *layers =
        error ? NULL : realloc(chain->layers, (chain->n_layers + 1) * sizeof *layers);
    if (!layers) {
        chain_layer_free(layer);
        return error ? error : onnx_no_memory(import);
    }
    chain->layers = layers;
    layer->node = node;
    layers[chain->n_layers++] = *layer;
    if (chain->n_layers == 1) {
        chain->in_scale = chain->scale;
        chain->in_offset = chain->offset;
    } else {
        if (chain->affine)
            fold_before(&layers[chain->n_layers - 1], chain->scale, chain->offset);
        free(chain->scale);
        free(chain->offset);
    }
    chain->scale = chain->offset = NULL;
    import->version++;
    return reset_affine(import, layers[chain->n_layers - 1].n_out);
}

int chain_create_dense(struct onnx_import *import, enum eddy_cell cell, size_t n_in, size_t n_out,
                       struct chain_layer *layer)
{
    *layer = (struct chain_layer){
        .cell = cell, .n_in = n_in, .n_hidden = n_out, .n_out = n_out, .n_rows = n_out};
    layer->w = calloc(n_out * n_in, sizeof *layer->w);
    layer->b = calloc(n_out, sizeof *layer->b);
    if (layer->w && layer->b)
        return EDDY_OK;
    chain_layer_free(layer);
    return onnx_no_memory(import);
}

void chain_take_last(struct onnx_import *import)
{
    struct onnx_chain *chain = &import->chain;
    size_t l = chain->n_layers;
    while (l && !eddy_cell_is_recurrent(chain->layers[l - 1].cell))
        l--;
    if (l)
        chain->layers[l - 1].last_only = true;
    chain->last = l != 0;
}

int chain_scale(struct onnx_import *import, const Onnx__NodeProto *node, const double *scale)
{
    struct onnx_chain *chain = &import->chain;
    for (size_t i = 0; i < chain->width; i++) {
        chain->scale[i] *= scale[i];
        chain->offset[i] = chain->offset[i] * scale[i] + 0.0; /* no negative zero */
        if (!isfinite(chain->scale[i]) || !isfinite(chain->offset[i]))
            return onnx_refuse(import, node, EDDY_ERROR_RANGE, "column %zu is scaled by %g", i,
                               scale[i]);
    }
    chain->affine = true;
    import->version++;
    return EDDY_OK;
}

void chain_offset(struct onnx_import *import, const double *offset)
{
    struct onnx_chain *chain = &import->chain;
    struct chain_layer *last = chain->n_layers ? &chain->layers[chain->n_layers - 1] : NULL;
    const bool is_bias = last && last->cell == EDDY_CELL_DENSE && !last->has_bias &&
                         last->activation == EDDY_ACTIVATION_NONE && !chain->affine;
    for (size_t i = 0; i < chain->width; i++)
        if (is_bias)
            last->b[i] = offset[i];
        else
            chain->offset[i] += offset[i];
    if (is_bias)
        last->has_bias = true;
    else
        chain->affine = true;
    import->version++;
}

/* A dense layer that hands on what it gets, for an activation that follows none. */
static int add_identity(struct onnx_import *import, const Onnx__NodeProto *node)
{
    const size_t n = import->chain.width;
    struct chain_layer layer;
    if (n > MAX_IDENTITY)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it follows no dense layer, and its %zu channels are more than %d", n,
                           MAX_IDENTITY);
    const int error = chain_create_dense(import, EDDY_CELL_DENSE, n, n, &layer);
    for (size_t i = 0; !error && i < n; i++)
        layer.w[i * n + i] = 1;
    return error ? error : chain_add_layer(import, node, &layer);
}

int chain_activate(struct onnx_import *import, const Onnx__NodeProto *node,
                   enum eddy_activation activation)
{
    struct onnx_chain *chain = &import->chain;
    const struct chain_layer *top = chain->n_layers ? &chain->layers[chain->n_layers - 1] : NULL;
    const int error =
        !top || top->cell != EDDY_CELL_DENSE || top->activation != EDDY_ACTIVATION_NONE
            ? add_identity(import, node)
            : EDDY_OK;
    if (error)
        return error;
    struct chain_layer *last = &chain->layers[chain->n_layers - 1];
    for (size_t row = 0; chain->affine && row < last->n_out; row++) {
        for (size_t i = 0; i < last->n_in; i++)
            last->w[row * last->n_in + i] *= chain->scale[row];
        last->b[row] = last->b[row] * chain->scale[row] + chain->offset[row];
    }
    last->activation = activation;
    free(chain->scale);
    free(chain->offset);
    chain->scale = chain->offset = NULL;
    import->version++;
    return reset_affine(import, last->n_out);
}

static bool to_floats(float *to, const double *from, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
        finite = finite && isfinite(to[i]);
    }
    return finite;
}

/* NULL stays NULL, and so do states that are zero. */
static bool to_state(float **to, const double *from, size_t n)
{
    bool zero = true;
    for (size_t i = 0; from && i < n; i++)
        zero = zero && from[i] == 0;
    if (zero)
        return true;
    *to = calloc(n, sizeof **to);
    return *to && to_floats(*to, from, n);
}

static bool fill_layer(const struct chain_layer *from, struct eddy_layer *to)
{
    const char *name = onnx_text(from->node->name);
    to->clip = (float)from->clip;
    to->name = *name ? strndup(name, 80) : NULL;
    return to_floats(to->w, from->w, from->n_rows * from->n_in) &&
           to_floats(to->b, from->b, from->n_rows) &&
           (!from->r || to_floats(to->r, from->r, from->n_rows * from->n_hidden)) &&
           (!from->rb || to_floats(to->rb, from->rb, from->n_out)) &&
           (!from->p || to_floats(to->p, from->p, 3 * from->n_out)) &&
           to_state(&to->h0, from->h0, from->n_out) && to_state(&to->c0, from->c0, from->n_out);
}

static bool fill_model(const struct onnx_chain *chain, struct eddy_model *m)
{
    bool finite = to_floats(m->in_scale, chain->in_scale, eddy_model_inputs(m)) &&
                  to_floats(m->in_offset, chain->in_offset, eddy_model_inputs(m)) &&
                  to_floats(m->out_scale, chain->scale, chain->width) &&
                  to_floats(m->out_offset, chain->offset, chain->width);
    for (size_t l = 0; finite && l < chain->n_layers; l++)
        finite = fill_layer(&chain->layers[l], &m->layers[l]);
    m->residual = chain->residual;
    m->softmax = chain->softmax;
    return finite;
}

static struct eddy_layer_shape shape_of(const struct chain_layer *layer)
{
    return (struct eddy_layer_shape){.cell = layer->cell,
                                     .activation = layer->activation,
                                     .n_out = layer->n_hidden,
                                     .direction = layer->direction,
                                     .linear_before_reset = layer->linear_before_reset,
                                     .peephole = layer->p != NULL,
                                     .last_only = layer->last_only};
}

int chain_finish(struct onnx_import *import, struct eddy_model **model)
{
    const struct onnx_chain *chain = &import->chain;
    if (chain->n_layers == 0)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s has no layer: neither RNN, GRU, LSTM, Gemm, MatMul nor an embedding",
                         import->path);
    struct eddy_layer_shape *shapes = calloc(chain->n_layers, sizeof *shapes);
    if (!shapes)
        return onnx_no_memory(import);
    for (size_t l = 0; l < chain->n_layers; l++)
        shapes[l] = shape_of(&chain->layers[l]);
    struct eddy_model *m;
    int error =
        eddy_model_create(import->context, chain->layers[0].n_in, chain->n_layers, shapes, &m);
    free(shapes);
    if (error)
        return error;
    if (!fill_model(chain, m)) {
        eddy_model_free(m);
        return eddy_fail(import->context, EDDY_ERROR_RANGE,
                         "%s: weights and scales multiply to more than a float32 can hold",
                         import->path);
    }
    *model = m;
    return EDDY_OK;
}
