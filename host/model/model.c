#include "model.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *filled(size_t n_elems, float value)
{
    float *array = calloc(n_elems, sizeof *array);
    for (size_t i = 0; array && i < n_elems; i++)
        array[i] = value;
    return array;
}

static bool create_layer(struct eddy_layer *layer, size_t n_in,
                         const struct eddy_layer_shape *shape)
{
    const bool recurrent = shape->cell != EDDY_CELL_DENSE;
    layer->cell = shape->cell;
    layer->activation = shape->activation;
    layer->n_in = n_in;
    layer->n_out = shape->n_out;
    if (n_in > SIZE_MAX / layer->n_out || (recurrent && layer->n_out > SIZE_MAX / layer->n_out))
        return false;
    layer->w = calloc(layer->n_out * n_in, sizeof *layer->w);
    layer->r = recurrent ? calloc(layer->n_out * layer->n_out, sizeof *layer->r) : NULL;
    layer->b = calloc(layer->n_out, sizeof *layer->b);
    return layer->w && layer->b && (layer->r || !recurrent);
}

static int check_shapes(struct eddy_context *context, size_t n_in, size_t n_layers,
                        const struct eddy_layer_shape *shapes)
{
    if (n_in == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "a model needs at least one input");
    if (n_layers == 0 || !shapes)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "a model needs at least one layer");
    for (size_t l = 0; l < n_layers; l++) {
        if (shapes[l].n_out == 0)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT, "layer %zu has no rows", l);
        if (shapes[l].cell != EDDY_CELL_DENSE && shapes[l].cell != EDDY_CELL_RNN)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT, "layer %zu: unknown cell %d", l,
                             (int)shapes[l].cell);
        if (shapes[l].activation != EDDY_ACTIVATION_NONE &&
            shapes[l].activation != EDDY_ACTIVATION_TANH)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT, "layer %zu: unknown activation %d", l,
                             (int)shapes[l].activation);
    }
    return EDDY_OK;
}

int eddy_model_create(struct eddy_context *context, size_t n_in, size_t n_layers,
                      const struct eddy_layer_shape *shapes, struct eddy_model **model)
{
    *model = NULL;
    const int error = check_shapes(context, n_in, n_layers, shapes);
    if (error)
        return error;
    struct eddy_model *m = calloc(1, sizeof *m);
    if (!m)
        goto no_memory;
    m->layers = calloc(n_layers, sizeof *m->layers);
    if (!m->layers)
        goto no_memory;
    m->n_layers = n_layers;
    size_t width = n_in, widest = 0;
    for (size_t l = 0; l < n_layers; l++) {
        if (!create_layer(&m->layers[l], width, &shapes[l]))
            goto no_memory;
        width = shapes[l].n_out;
        widest = width > widest ? width : widest;
    }
    m->in_scale = filled(n_in, 1);
    m->in_offset = filled(n_in, 0);
    m->out_scale = filled(width, 1);
    m->out_offset = filled(width, 0);
    m->scratch = filled(n_in + widest, 0);
    if (!m->in_scale || !m->in_offset || !m->out_scale || !m->out_offset || !m->scratch)
        goto no_memory;
    *model = m;
    return EDDY_OK;

no_memory:
    eddy_model_free(m);
    return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a model of %zu layers",
                     n_layers);
}

void eddy_model_free(struct eddy_model *model)
{
    if (!model)
        return;
    for (size_t l = 0; l < model->n_layers; l++) {
        free(model->layers[l].w);
        free(model->layers[l].r);
        free(model->layers[l].b);
    }
    free(model->layers);
    free(model->in_scale);
    free(model->in_offset);
    free(model->out_scale);
    free(model->out_offset);
    free(model->scratch);
    free(model);
}

size_t eddy_model_inputs(const struct eddy_model *model)
{
    return model->layers[0].n_in;
}

size_t eddy_model_outputs(const struct eddy_model *model)
{
    return model->layers[model->n_layers - 1].n_out;
}

size_t eddy_model_state_elems(const struct eddy_model *model)
{
    size_t elems = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        elems += model->layers[l].n_out;
    return elems;
}

static float dot(size_t n, const float *a, const float *b)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* h (n_out): h_{t-1} in, h_t out. next (n_out) is scratch. */
static void run_layer(const struct eddy_layer *layer, const float *x, float *h, float *next)
{
    for (size_t row = 0; row < layer->n_out; row++) {
        float sum = layer->b[row] + dot(layer->n_in, layer->w + row * layer->n_in, x);
        if (layer->r)
            sum += dot(layer->n_out, layer->r + row * layer->n_out, h);
        next[row] = layer->activation == EDDY_ACTIVATION_TANH ? tanhf(sum) : sum;
    }
    memcpy(h, next, layer->n_out * sizeof *h);
}

void eddy_model_run_float(const struct eddy_model *model, float *state, size_t n_steps,
                          const float *x, float *y)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    float *u = model->scratch, *next = u + n_in;
    for (size_t t = 0; t < n_steps; t++, x += n_in, y += n_out) {
        for (size_t i = 0; i < n_in; i++)
            u[i] = x[i] * model->in_scale[i] + model->in_offset[i];
        const float *below = u;
        float *h = state;
        for (size_t l = 0; l < model->n_layers; l++) {
            run_layer(&model->layers[l], below, h, next);
            below = h;
            h += model->layers[l].n_out;
        }
        for (size_t i = 0; i < n_out; i++) {
            const float v = below[i] * model->out_scale[i] + model->out_offset[i];
            y[i] = model->residual ? v + x[i] : v;
        }
    }
}
