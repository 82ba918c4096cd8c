/* onnx_chain.c -- the stack of layers that a graph turns out to be. Scales and offsets between layers are folded into the
 * layer that follows; those before the first layer and behind the last are the model's own. */
#include "onnx_import.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>

static int no_memory(struct onnx_import *import)
{
    return eddy_fail(import->context, EDDY_ERROR_MEMORY, "%s: out of memory", import->path);
}

static int reset_affine(struct onnx_import *import, size_t width)
{
    struct onnx_chain *chain = &import->chain;
    chain->scale = calloc(width, sizeof *chain->scale);
    chain->offset = calloc(width, sizeof *chain->offset);
    chain->width = width;
    chain->affine = false;
    if (!chain->scale || !chain->offset)
        return no_memory(import);
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
    struct chain_layer *layers = realloc(chain->layers, (chain->n_layers + 1) * sizeof *layers);
    if (!layers || layer->n_in != chain->width) {
        chain->layers = layers ? layers : chain->layers;
        const size_t n_in = layer->n_in;
        chain_layer_free(layer);
        return layers ? onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                                    "its weights are for %zu channels, its input has %zu", n_in,
                                    chain->width)
                      : no_memory(import);
    }
    chain->layers = layers;
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

int chain_tanh(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_chain *chain = &import->chain;
    struct chain_layer *last = chain->n_layers ? &chain->layers[chain->n_layers - 1] : NULL;
    if (!last || last->cell != EDDY_CELL_DENSE || last->activation != EDDY_ACTIVATION_NONE)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "a tanh that does not follow a dense layer is not supported; put a "
                           "dense layer before it");
    for (size_t row = 0; chain->affine && row < last->n_out; row++) {
        for (size_t i = 0; i < last->n_in; i++)
            last->w[row * last->n_in + i] *= chain->scale[row];
        last->b[row] = last->b[row] * chain->scale[row] + chain->offset[row];
    }
    last->activation = EDDY_ACTIVATION_TANH;
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

static bool fill_model(const struct onnx_chain *chain, struct eddy_model *m)
{
    bool finite = to_floats(m->in_scale, chain->in_scale, chain->n_in) &&
                  to_floats(m->in_offset, chain->in_offset, chain->n_in) &&
                  to_floats(m->out_scale, chain->scale, chain->width) &&
                  to_floats(m->out_offset, chain->offset, chain->width);
    for (size_t l = 0; finite && l < chain->n_layers; l++) {
        const struct chain_layer *from = &chain->layers[l];
        struct eddy_layer *to = &m->layers[l];
        finite = to_floats(to->w, from->w, from->n_rows * from->n_in) &&
                 to_floats(to->b, from->b, from->n_rows) &&
                 (!from->r || to_floats(to->r, from->r, from->n_rows * from->n_out)) &&
                 (!from->rb || to_floats(to->rb, from->rb, from->n_out)) &&
                 (!from->p || to_floats(to->p, from->p, 3 * from->n_out));
    }
    m->residual = chain->residual;
    return finite;
}

int chain_finish(struct onnx_import *import, struct eddy_model **model)
{
    const struct onnx_chain *chain = &import->chain;
    if (chain->n_layers == 0)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s has no layer: neither RNN, GRU, LSTM, Gemm nor MatMul", import->path);
    struct eddy_layer_shape *shapes = calloc(chain->n_layers, sizeof *shapes);
    if (!shapes)
        return no_memory(import);
    for (size_t l = 0; l < chain->n_layers; l++)
        shapes[l] =
            (struct eddy_layer_shape){.cell = chain->layers[l].cell,
                                      .activation = chain->layers[l].activation,
                                      .n_out = chain->layers[l].n_out,
                                      .linear_before_reset = chain->layers[l].linear_before_reset,
                                      .peephole = chain->layers[l].p != NULL};
    struct eddy_model *m;
    int error = eddy_model_create(import->context, chain->n_in, chain->n_layers, shapes, &m);
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
