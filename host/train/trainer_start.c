/* trainer_start.c -- a training that begins with the weights of a model. */
#include "lib/context.h"
#include "trainer.h"

#include <string.h>

static int refuse_start(const struct eddy_trainer *trainer, size_t layer, const char *what)
{
    return eddy_fail(trainer->context, EDDY_ERROR_SHAPE,
                     "the model to start from, layer %zu: %s: give model.layers as it has them",
                     layer + 1, what);
}

/* What makes a layer another one than that of the stack, or NULL. */
static const char *difference(const struct eddy_layer *layer, const struct eddy_layer_shape *shape,
                              size_t n_in)
{
    const bool chooses = shape->cell == EDDY_CELL_DENSE || shape->cell == EDDY_CELL_RNN;
    if (layer->cell != shape->cell)
        return "another cell";
    if (layer->n_hidden != shape->n_out || layer->n_in != n_in)
        return "other numbers of inputs or units";
    if (layer->direction != shape->direction || layer->last_only != shape->last_only)
        return "another direction or last_only";
    if (chooses && layer->activation != shape->activation)
        return "another activation";
    if (layer->linear_before_reset != shape->linear_before_reset ||
        (layer->p != NULL) != shape->peephole)
        return "another linear_before_reset or peephole";
    if (layer->clip > 0 || layer->h0 || layer->c0)
        return "clip or an initial state, which the training does not have";
    return NULL;
}

/* u of the model = x * in_scale + in_offset; that of the data has scale and offset of its own. */
static void rescale_inputs(const struct eddy_trainer *trainer, const struct eddy_model *start)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const struct eddy_network_layer *const layer = &trainer->network->layers[0];
    const size_t n = layer->size.n_in, rows = layer->ops->gates * layer->size.n_out;
    const size_t elems = layer->ops->params_elems(&layer->size);
    for (size_t i = 0; i < layer->n_directions * rows; i++) {
        float *const params = trainer->network->params + i / rows * elems;
        float *const w = params + i % rows * n;
        float *const b =
            params + rows * (n + (layer->ops->recurrent ? layer->size.n_out : 0)) + i % rows;
        for (size_t k = 0; k < n; k++) {
            const float ratio = start->in_scale[k] / d->in_scale[k];
            *b += w[k] * (start->in_offset[k] - d->in_offset[k] * ratio);
            w[k] *= ratio;
        }
    }
}

/* y = v * out_scale + out_offset, likewise; the last layer is linear and dense. */
static void rescale_outputs(const struct eddy_trainer *trainer, const struct eddy_model *start)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const struct eddy_network_layer *const layer = eddy_network_last(trainer->network);
    const size_t n = layer->size.n_in;
    float *const w = trainer->network->params + layer->params_offset_elems;
    float *const b = w + layer->size.n_out * n;
    for (size_t i = 0; i < layer->size.n_out; i++) {
        const float ratio = start->out_scale[i] / d->out_scale[i];
        for (size_t k = 0; k < n; k++)
            w[i * n + k] *= ratio;
        b[i] = b[i] * ratio + (start->out_offset[i] - d->out_offset[i]) / d->out_scale[i];
    }
}

int eddy_trainer_load_start(const struct eddy_trainer *trainer)
{
    const struct eddy_model *const start = trainer->options->start;
    const struct eddy_stack *const stack = &trainer->stack;
    const struct eddy_layer_shape *const last = &stack->layers[stack->n_layers - 1];
    const struct eddy_dataset *const d = trainer->dataset;
    const size_t n = d->n_outputs * sizeof(float);
    if (start->n_layers != stack->n_layers || start->n_encoder || stack->n_encoder)
        return eddy_fail(trainer->context, EDDY_ERROR_SHAPE,
                         "the model to start from has %zu layers, the training %zu; an encoder and "
                         "decoder cannot be started from a model",
                         start->n_layers, stack->n_layers);
    for (size_t i = 0; i < stack->n_layers; i++) {
        const char *const other =
            difference(&start->layers[i], &stack->layers[i], trainer->network->layers[i].size.n_in);
        if (other)
            return refuse_start(trainer, i, other);
    }
    const bool linear = last->cell == EDDY_CELL_DENSE && last->activation == EDDY_ACTIVATION_NONE;
    if (start->residual != d->residual ||
        (!linear && (memcmp(start->out_scale, d->out_scale, n) != 0 ||
                     memcmp(start->out_offset, d->out_offset, n) != 0)))
        return refuse_start(trainer, stack->n_layers - 1,
                            "outputs of another scale, or residual where the data is not");
    eddy_network_load(trainer->network, 0, start);
    if (!d->n_tokens)
        rescale_inputs(trainer, start);
    if (linear)
        rescale_outputs(trainer, start);
    return EDDY_OK;
}
