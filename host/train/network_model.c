/* network_model.c -- parameters of a network to those of a model, and back. */
#include "network.h"

/* What a direction of a layer has, in the order of the network's parameters. */
enum { PARTS = 5 };
struct part {
    float *values; /* NULL: the layer has none */
    size_t n;
};

static void list_parts(const struct eddy_layer *layer, size_t d, struct part parts[PARTS])
{
    const size_t n = layer->n_hidden, rows = eddy_cell_gates(layer->cell) * n;
    const bool has_bias = layer->cell != EDDY_CELL_EMBEDDING;
    parts[0] = (struct part){layer->w + d * rows * layer->n_in, rows * layer->n_in};
    parts[1] = (struct part){layer->r ? layer->r + d * rows * n : NULL, rows * n};
    parts[2] = (struct part){has_bias ? layer->b + d * rows : NULL, rows};
    parts[3] = (struct part){layer->rb ? layer->rb + d * n : NULL, n};
    parts[4] = (struct part){layer->p ? layer->p + d * 3 * n : NULL, 3 * n};
}

static eddy_real *copy_direction(eddy_real *params, const struct eddy_layer *layer, size_t d,
                                 bool store)
{
    struct part parts[PARTS];
    list_parts(layer, d, parts);
    for (size_t k = 0; k < PARTS; k++)
        for (size_t i = 0; parts[k].values && i < parts[k].n; i++, params++)
            if (store)
                parts[k].values[i] = (float)*params;
            else
                *params = parts[k].values[i];
    return params;
}

static void copy_layers(const struct eddy_network *network, size_t first,
                        const struct eddy_model *model, bool store)
{
    eddy_real *params = network->params + network->layers[first].params_offset_elems;
    for (size_t i = 0; i < model->n_layers; i++)
        for (size_t d = 0; d < network->layers[first + i].n_directions; d++)
            params = copy_direction(params, &model->layers[i], d, store);
}

void eddy_network_store(const struct eddy_network *network, size_t first, struct eddy_model *model)
{
    copy_layers(network, first, model, true);
}

void eddy_network_load(struct eddy_network *network, size_t first, const struct eddy_model *model)
{
    copy_layers(network, first, model, false);
}
