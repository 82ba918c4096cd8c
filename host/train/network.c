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
    case EDDY_CELL_EMBEDDING: return &eddy_embedding_ops;
    default: return NULL;
    }
}

/* Zeroed and aligned, so that sums run in the same order on every run. */
static eddy_real *new_reals(size_t n)
{
    const size_t bytes = (n * sizeof(eddy_real) + 63) / 64 * 64;
    eddy_real *const reals = aligned_alloc(64, bytes > 0 ? bytes : 64);
    if (reals)
        memset(reals, 0, bytes);
    return reals;
}

static size_t *new_lengths(size_t batch, size_t steps)
{
    size_t *const lengths = calloc(batch, sizeof *lengths);
    for (size_t b = 0; lengths && b < batch; b++)
        lengths[b] = steps;
    return lengths;
}

/* T * B * n stays countable in BLAS's int; so does everything smaller. */
static bool fits(size_t steps, size_t batch, size_t n)
{
    return steps > 0 && batch > 0 && n > 0 && steps <= INT_MAX / batch &&
           n <= INT_MAX / (steps * batch) && n <= INT_MAX / n;
}

/* ---- creation ---- */

static size_t direction_params(const struct eddy_network_layer *layer)
{
    return layer->ops->params_elems(&layer->size);
}

/* What is a layer's whatever the buffers: false when the training cannot do it. */
static bool describe_layer(const struct eddy_layer_shape *shape, size_t n_in, size_t steps,
                           size_t batch, struct eddy_network_layer *layer)
{
    const size_t n = shape->n_out;
    layer->ops = find_ops(shape->cell);
    if (!layer->ops || n == 0 || n > SIZE_MAX / 8)
        return false;
    const size_t rows = layer->ops->gates * n;
    if (!fits(steps, batch, n_in) || !fits(steps, batch, 2 * rows) || n_in > INT_MAX / rows)
        return false;
    const bool sideways = shape->direction != EDDY_DIRECTION_FORWARD || shape->last_only;
    if (shape->direction >= EDDY_DIRECTIONS || (sideways && !layer->ops->recurrent))
        return false;
    layer->size = (struct eddy_cell_size){.steps = steps,
                                          .batch = batch,
                                          .n_in = n_in,
                                          .n_out = n,
                                          .activation = shape->activation,
                                          .linear_before_reset = shape->linear_before_reset,
                                          .peephole = shape->peephole};
    layer->n_directions = shape->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    layer->n_x = shape->cell == EDDY_CELL_EMBEDDING ? 1 : n_in;
    layer->n_out = layer->n_directions * n;
    layer->out_steps = shape->last_only ? 1 : steps;
    layer->is_direct = !sideways;
    layer->directions[0].reverse = shape->direction == EDDY_DIRECTION_REVERSE;
    layer->directions[1].reverse = layer->n_directions == 2;
    return true;
}

static bool allocate_direction(struct eddy_network_layer *layer,
                               struct eddy_network_direction *direction)
{
    const struct eddy_cell_size *const size = &layer->size;
    struct eddy_cell_pass *const pass = &direction->pass;
    const size_t sequences = size->steps * size->batch, elems = size->batch * size->n_out;
    eddy_real *const states = direction->states =
        layer->ops->recurrent ? new_reals(6 * elems) : NULL;
    pass->lengths = layer->lengths;
    pass->work = new_reals(layer->ops->work_elems(size));
    pass->y = layer->is_direct ? layer->y : new_reals(sequences * size->n_out);
    pass->dy = layer->is_direct ? layer->dy : new_reals(sequences * size->n_out);
    if (!pass->work || !pass->y || !pass->dy || (layer->ops->recurrent && !states))
        return false;
    if (states) {
        pass->h0 = states;
        pass->c0 = states + elems;
        pass->dh0 = states + 2 * elems;
        pass->dc0 = states + 3 * elems;
        pass->c_end = states + 4 * elems;
        pass->dc_end = states + 5 * elems;
    }
    if (!direction->reverse)
        return true;
    pass->dx = new_reals(sequences * layer->n_x);
    pass->x = new_reals(sequences * layer->n_x);
    return pass->x && pass->dx;
}

/* with_mask: dropout before the layer. */
static bool allocate_layer(struct eddy_network_layer *layer, bool with_mask)
{
    const size_t inputs = layer->size.steps * layer->size.batch * layer->n_x;
    const size_t elems = layer->out_steps * layer->size.batch * layer->n_out;
    layer->y = new_reals(elems);
    layer->dy = new_reals(elems);
    layer->mask = with_mask ? new_reals(inputs) : NULL;
    layer->dropped = with_mask ? new_reals(inputs) : NULL;
    if (!layer->y || !layer->dy || (with_mask && (!layer->mask || !layer->dropped)))
        return false;
    for (size_t d = 0; d < layer->n_directions; d++)
        if (!allocate_direction(layer, &layer->directions[d]))
            return false;
    return true;
}

static int create_layers(struct eddy_network *network, const struct eddy_network_shape *shape)
{
    size_t n_in = shape->n_in, steps = shape->steps;
    const size_t *lengths = network->lengths;
    for (size_t i = 0; i < network->n_layers; i++) {
        struct eddy_network_layer *const layer = &network->layers[i];
        if (i > 0 && i == shape->n_encoder) {
            n_in = shape->decoder_n_in;
            steps = shape->decoder_steps;
            lengths = network->decoder_lengths;
        }
        layer->lengths = lengths;
        layer->params_offset_elems = network->params_elems;
        if (!describe_layer(&shape->layers[i], n_in, steps, shape->batch, layer) ||
            (shape->layers[i].cell == EDDY_CELL_EMBEDDING && i != 0 && i != shape->n_encoder))
            return EDDY_ERROR_ARGUMENT;
        if (!allocate_layer(layer, shape->dropout > 0 && i != 0 && i != shape->n_encoder))
            return EDDY_ERROR_MEMORY;
        network->params_elems += layer->n_directions * direction_params(layer);
        n_in = layer->n_out;
        if (shape->layers[i].last_only)
            lengths = network->ones;
        steps = layer->out_steps;
    }
    return EDDY_OK;
}

/* The next recurrent layer of [*i, end), NULL when there is none; *i is then behind it. */
static struct eddy_network_layer *next_recurrent(struct eddy_network *network, size_t *i,
                                                 size_t end)
{
    while (*i < end)
        if (network->layers[(*i)++].ops->recurrent)
            return &network->layers[*i - 1];
    return NULL;
}

/* The decoder's recurrent layers start from the final states of the encoder's, one by one. */
static int pair_layers(struct eddy_network *network)
{
    size_t e = 0, d = network->n_encoder;
    while (network->n_encoder > 0) {
        struct eddy_network_layer *const from = next_recurrent(network, &e, network->n_encoder);
        struct eddy_network_layer *const to = next_recurrent(network, &d, network->n_layers);
        if (!from && !to)
            break;
        if (!from || !to || from->ops != to->ops || from->size.n_out != to->size.n_out ||
            from->n_directions == 2 || to->n_directions == 2 || to->directions[0].reverse)
            return EDDY_ERROR_ARGUMENT;
        from->partner = to;
        to->partner = from;
    }
    return EDDY_OK;
}

const eddy_real *eddy_network_inputs(const struct eddy_network *network, size_t i)
{
    if (i == 0)
        return network->x;
    return i == network->n_encoder ? network->decoder_x : network->layers[i - 1].y;
}

/* Where each pass finds its parameters, and, when it sees sequences as they are, its x and dx. */
static void connect(struct eddy_network *network)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        struct eddy_network_layer *const layer = &network->layers[i];
        const bool is_first = i == 0 || i == network->n_encoder;
        for (size_t d = 0; d < layer->n_directions; d++) {
            struct eddy_cell_pass *const pass = &layer->directions[d].pass;
            const size_t offset = layer->params_offset_elems + d * direction_params(layer);
            pass->params = network->params + offset;
            pass->gradient = network->gradient + offset;
            if (layer->directions[d].reverse)
                continue;
            pass->x = layer->mask ? layer->dropped : eddy_network_inputs(network, i);
            pass->dx = is_first ? NULL : layer[-1].dy;
        }
    }
}

static int create(struct eddy_network *network, const struct eddy_network_shape *shape)
{
    network->n_layers = shape->n_layers;
    network->n_encoder = shape->n_encoder;
    network->dropout = shape->dropout;
    if (shape->n_layers == 0 || shape->n_encoder >= shape->n_layers || shape->batch == 0)
        return EDDY_ERROR_ARGUMENT;
    network->layers = calloc(shape->n_layers, sizeof *network->layers);
    network->lengths = new_lengths(shape->batch, shape->steps);
    network->decoder_lengths = new_lengths(shape->batch, shape->decoder_steps);
    network->ones = new_lengths(shape->batch, 1);
    if (!network->layers || !network->lengths || !network->decoder_lengths || !network->ones)
        return EDDY_ERROR_MEMORY;
    int error = create_layers(network, shape);
    if (!error)
        error = pair_layers(network);
    if (error)
        return error;
    network->params = new_reals(network->params_elems);
    network->gradient = new_reals(network->params_elems);
    network->x = new_reals(shape->steps * shape->batch * network->layers[0].n_x);
    network->decoder_x =
        new_reals(shape->decoder_steps * shape->batch * network->layers[shape->n_encoder].n_x);
    if (!network->params || !network->gradient || !network->x || !network->decoder_x)
        return EDDY_ERROR_MEMORY;
    connect(network);
    return EDDY_OK;
}

int eddy_network_create(const struct eddy_network_shape *shape, struct eddy_network **out)
{
    struct eddy_network *const network = calloc(1, sizeof *network);
    if (!network)
        return EDDY_ERROR_MEMORY;
    const int error = create(network, shape);
    if (error)
        eddy_network_free(network);
    else
        *out = network;
    return error;
}

static void free_direction(const struct eddy_network_layer *layer,
                           struct eddy_network_direction *direction)
{
    if (!layer->is_direct) {
        free(direction->pass.y);
        free(direction->pass.dy);
    }
    if (direction->reverse) {
        free((eddy_real *)direction->pass.x);
        free(direction->pass.dx);
    }
    free(direction->pass.work);
    free(direction->states);
}

void eddy_network_free(struct eddy_network *network)
{
    if (!network)
        return;
    for (size_t i = 0; network->layers && i < network->n_layers; i++) {
        struct eddy_network_layer *const layer = &network->layers[i];
        for (size_t d = 0; d < layer->n_directions; d++)
            free_direction(layer, &layer->directions[d]);
        free(layer->y);
        free(layer->dy);
        free(layer->mask);
        free(layer->dropped);
    }
    free(network->layers);
    free(network->params);
    free(network->gradient);
    free(network->x);
    free(network->decoder_x);
    free(network->lengths);
    free(network->decoder_lengths);
    free(network->ones);
    free(network);
}

void eddy_network_init(struct eddy_network *network, struct eddy_random *random)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        for (size_t d = 0; d < layer->n_directions; d++)
            layer->ops->init(&layer->size, random,
                             network->params + layer->params_offset_elems +
                                 d * direction_params(layer));
    }
}
