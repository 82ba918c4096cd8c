#include "network.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct eddy_cell_ops *find_ops(enum eddy_cell cell)
{
    switch (cell) {
    case EDDY_CELL_DENSE: return &eddy_dense_ops;
    case EDDY_CELL_RNN: return &eddy_rnn_ops;
    case EDDY_CELL_GRU: return &eddy_gru_ops;
    case EDDY_CELL_LSTM: return &eddy_lstm_ops;
    default: return NULL;
    }
}

/* Zeroed and aligned, so that sums run in the same order on every run. */
static eddy_real *new_reals(size_t n)
{
    const size_t bytes = (n * sizeof(eddy_real) + 63) / 64 * 64;
    eddy_real *const reals = aligned_alloc(64, bytes);
    if (reals)
        memset(reals, 0, bytes);
    return reals;
}

/* T * B * n stays countable in BLAS's int; so does everything smaller. */
static bool fits(size_t steps, size_t batch, size_t n)
{
    return steps > 0 && batch > 0 && n > 0 && steps <= INT_MAX / batch &&
           n <= INT_MAX / (steps * batch) && n <= INT_MAX / n;
}

static int create_layers(struct eddy_network *network, size_t n_in,
                         const struct eddy_layer_shape *shapes, size_t steps, size_t batch)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        struct eddy_network_layer *const layer = &network->layers[i];
        const size_t n_out = shapes[i].n_out;
        layer->ops = find_ops(shapes[i].cell);
        if (!layer->ops || shapes[i].direction != EDDY_DIRECTION_FORWARD || shapes[i].last_only ||
            n_out > SIZE_MAX / layer->ops->gates)
            return EDDY_ERROR_ARGUMENT;
        const size_t rows = layer->ops->gates * n_out;
        if (!fits(steps, batch, n_in) || !fits(steps, batch, rows) || n_in > INT_MAX / rows)
            return EDDY_ERROR_ARGUMENT;
        layer->size = (struct eddy_cell_size){.steps = steps,
                                              .batch = batch,
                                              .n_in = n_in,
                                              .n_out = n_out,
                                              .activation = shapes[i].activation,
                                              .linear_before_reset = shapes[i].linear_before_reset,
                                              .peephole = shapes[i].peephole};
        layer->params_offset_elems = network->params_elems;
        network->params_elems += layer->ops->params_elems(&layer->size);
        const size_t work_elems = layer->ops->work_elems(&layer->size);
        layer->y = new_reals(steps * batch * n_out);
        layer->dy = new_reals(steps * batch * n_out);
        layer->work = work_elems > 0 ? new_reals(work_elems) : NULL;
        if (!layer->y || !layer->dy || (work_elems > 0 && !layer->work))
            return EDDY_ERROR_MEMORY;
        n_in = n_out;
    }
    return EDDY_OK;
}

int eddy_network_create(size_t n_in, size_t n_layers, const struct eddy_layer_shape *shapes,
                        size_t steps, size_t batch, struct eddy_network **out)
{
    int error = EDDY_ERROR_MEMORY;
    struct eddy_network *const network = calloc(1, sizeof *network);
    if (!network)
        return EDDY_ERROR_MEMORY;
    if (n_layers == 0) {
        error = EDDY_ERROR_ARGUMENT;
        goto fail;
    }
    network->layers = calloc(n_layers, sizeof *network->layers);
    if (!network->layers)
        goto fail;
    network->n_layers = n_layers;
    error = create_layers(network, n_in, shapes, steps, batch);
    if (error)
        goto fail;
    network->params = new_reals(network->params_elems);
    network->gradient = new_reals(network->params_elems);
    network->x = new_reals(steps * batch * n_in);
    if (!network->params || !network->gradient || !network->x) {
        error = EDDY_ERROR_MEMORY;
        goto fail;
    }
    *out = network;
    return EDDY_OK;
fail:
    eddy_network_free(network);
    return error;
}

void eddy_network_free(struct eddy_network *network)
{
    if (!network)
        return;
    for (size_t i = 0; i < network->n_layers; i++) {
        free(network->layers[i].y);
        free(network->layers[i].dy);
        free(network->layers[i].work);
    }
    free(network->layers);
    free(network->params);
    free(network->gradient);
    free(network->x);
    free(network);
}

void eddy_network_init(struct eddy_network *network, struct eddy_random *random)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        layer->ops->init(&layer->size, random, network->params + layer->params_offset_elems);
    }
}

const eddy_real *eddy_network_forward(struct eddy_network *network)
{
    const eddy_real *x = network->x;
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        layer->ops->forward(&layer->size, network->params + layer->params_offset_elems, x, layer->y,
                            layer->work);
        x = layer->y;
    }
    return x;
}

void eddy_network_backward(struct eddy_network *network)
{
    for (size_t i = network->n_layers; i-- > 0;) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const struct eddy_network_layer *const below = i > 0 ? layer - 1 : NULL;
        layer->ops->backward(&layer->size, network->params + layer->params_offset_elems,
                             below ? below->y : network->x, layer->y, layer->dy,
                             below ? below->dy : NULL,
                             network->gradient + layer->params_offset_elems, layer->work);
    }
}

static const eddy_real *copy_to_float(const eddy_real *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
    return from + n;
}

void eddy_network_store(const struct eddy_network *network, const eddy_real *params,
                        struct eddy_model *model)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        struct eddy_layer *const layer = &model->layers[i];
        const size_t n = layer->n_hidden, rows = eddy_cell_gates(layer->cell) * n;
        params = copy_to_float(params, rows * layer->n_in, layer->w);
        if (layer->r)
            params = copy_to_float(params, rows * n, layer->r);
        params = copy_to_float(params, rows, layer->b);
        if (layer->rb)
            params = copy_to_float(params, n, layer->rb);
        if (layer->p)
            params = copy_to_float(params, 3 * n, layer->p);
    }
}
