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

/* What layer i reads: (T, B, n_x). */
static const eddy_real *inputs_of(const struct eddy_network *network, size_t i)
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
            pass->x = layer->mask ? layer->dropped : inputs_of(network, i);
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

/* ---- passes ---- */

/* The vector of step t of sequence b, as a direction sees it, in (T, B) of the layer. Padding stays
 * where it is. */
static size_t place(const struct eddy_network_layer *layer, bool reverse, size_t t, size_t b)
{
    const size_t length = layer->lengths[b];
    return (reverse && t < length ? length - 1 - t : t) * layer->size.batch + b;
}

/* x of the layer, in the direction's order. */
static void reverse_inputs(const struct eddy_network_layer *layer, const eddy_real *x,
                           eddy_real *reversed)
{
    const size_t n = layer->n_x, batch = layer->size.batch;
    for (size_t t = 0; t < layer->size.steps; t++)
        for (size_t b = 0; b < batch; b++)
            memcpy(reversed + (t * batch + b) * n, x + place(layer, true, t, b) * n, n * sizeof *x);
}

static void add_reversed(const struct eddy_network_layer *layer, const eddy_real *reversed,
                         eddy_real *dx)
{
    const size_t n = layer->n_x, batch = layer->size.batch;
    for (size_t t = 0; t < layer->size.steps; t++)
        for (size_t b = 0; b < batch; b++)
            for (size_t i = 0, to = place(layer, true, t, b) * n; i < n; i++)
                dx[to + i] += reversed[(t * batch + b) * n + i];
}

/* Between y (T, B, H) of direction d and that of the layer; with `back`, of the gradients, from the
 * layer to the direction. */
static void exchange(const struct eddy_network_layer *layer, size_t d, bool back)
{
    const struct eddy_network_direction *const direction = &layer->directions[d];
    const size_t n = layer->size.n_out, batch = layer->size.batch;
    const bool last_only = layer->out_steps < layer->size.steps;
    for (size_t t = 0; t < layer->size.steps; t++)
        for (size_t b = 0; b < batch; b++) {
            if (last_only && t + 1 != layer->lengths[b])
                continue;
            const size_t row = last_only ? b : place(layer, direction->reverse, t, b);
            const size_t own = (t * batch + b) * n, whole = row * layer->n_out + d * n;
            if (back)
                memcpy(direction->pass.dy + own, layer->dy + whole, n * sizeof(eddy_real));
            else
                memcpy(layer->y + whole, direction->pass.y + own, n * sizeof(eddy_real));
        }
}

/* The vector of (T, B, H) after each sequence's last step. */
static size_t end_of(const struct eddy_network_layer *layer, size_t b)
{
    return ((layer->lengths[b] - 1) * layer->size.batch + b) * layer->size.n_out;
}

/* States before the first step: those in which a layer, in its first direction, ended. */
static void take_states(const struct eddy_network_layer *layer,
                        const struct eddy_network_layer *ended)
{
    const struct eddy_cell_pass *const from = &ended->directions[0].pass;
    const size_t n = layer->size.n_out, elems = layer->size.batch * n;
    eddy_real *const states = layer->directions[0].states;
    for (size_t b = 0; b < layer->size.batch; b++)
        memcpy(states + b * n, from->y + end_of(ended, b), n * sizeof *states);
    memcpy(states + elems, from->c_end, elems * sizeof *states);
}

void eddy_network_carry(struct eddy_network *network, bool go_on)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const size_t elems = layer->size.batch * layer->size.n_out;
        if (layer->ops->recurrent && go_on)
            take_states(layer, layer);
        else if (layer->ops->recurrent)
            memset(layer->directions[0].states, 0, 2 * elems * sizeof(eddy_real));
    }
}

/* Their gradients, to the encoder's layer. */
static void return_states(const struct eddy_network_layer *layer)
{
    const struct eddy_network_direction *const to = &layer->directions[0];
    const struct eddy_cell_pass *const from = &layer->partner->directions[0].pass;
    const size_t n = layer->size.n_out, elems = layer->size.batch * n;
    for (size_t b = 0; b < layer->size.batch; b++)
        for (size_t i = 0; i < n; i++)
            to->pass.dy[end_of(layer, b) + i] += from->dh0[b * n + i];
    memcpy(to->states + 5 * elems, from->dc0, elems * sizeof(eddy_real));
}

/* Inverted dropout (https://jmlr.org/papers/v15/srivastava14a.html): the mean stays. */
static void drop(struct eddy_network *network, const struct eddy_network_layer *layer,
                 const eddy_real *x)
{
    const size_t n = layer->size.steps * layer->size.batch * layer->n_x;
    const eddy_real keep = (eddy_real)(1 / (1 - network->dropout));
    for (size_t i = 0; i < n; i++) {
        layer->mask[i] = eddy_random_uniform(&network->random) < network->dropout ? 0 : keep;
        layer->dropped[i] = x[i] * layer->mask[i];
    }
}

static bool is_decoder(const struct eddy_network *network, size_t i)
{
    return network->n_encoder > 0 && i >= network->n_encoder;
}

const eddy_real *eddy_network_forward(struct eddy_network *network)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const eddy_real *const x = layer->mask ? layer->dropped : inputs_of(network, i);
        if (layer->partner && is_decoder(network, i))
            take_states(layer, layer->partner);
        if (layer->mask)
            drop(network, layer, inputs_of(network, i));
        for (size_t d = 0; d < layer->n_directions; d++) {
            const struct eddy_network_direction *const direction = &layer->directions[d];
            if (direction->reverse)
                reverse_inputs(layer, x, (eddy_real *)direction->pass.x);
            layer->ops->forward(&layer->size, &direction->pass);
            if (!layer->is_direct)
                exchange(layer, d, false);
        }
    }
    return network->layers[network->n_layers - 1].y;
}

/* dx: of the layer's inputs, NULL when not wanted. */
static void layer_backward(const struct eddy_network_layer *layer, bool is_encoder, eddy_real *dx)
{
    const size_t sequences = layer->size.steps * layer->size.batch;
    for (size_t d = 0; d < layer->n_directions; d++) {
        const struct eddy_network_direction *const direction = &layer->directions[d];
        if (!layer->is_direct) {
            memset(direction->pass.dy, 0, sequences * layer->size.n_out * sizeof(eddy_real));
            exchange(layer, d, true);
        }
        if (layer->partner && is_encoder)
            return_states(layer);
        layer->ops->backward(&layer->size, &direction->pass);
        if (!direction->reverse || !dx)
            continue;
        if (d == 0)
            memset(dx, 0, sequences * layer->n_x * sizeof *dx);
        add_reversed(layer, direction->pass.dx, dx);
    }
}

void eddy_network_backward(struct eddy_network *network)
{
    for (size_t i = network->n_layers; i-- > 0;) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const bool is_first = i == 0 || i == network->n_encoder;
        if (i + 1 == network->n_encoder) /* no loss reaches the encoder but through its states */
            memset(layer->dy, 0,
                   layer->out_steps * layer->size.batch * layer->n_out * sizeof *layer->dy);
        eddy_real *const dx = is_first ? NULL : layer[-1].dy;
        layer_backward(layer, !is_decoder(network, i), dx);
        for (size_t k = 0; layer->mask && k < layer->size.steps * layer->size.batch * layer->n_x;
             k++)
            dx[k] *= layer->mask[k];
    }
}

/* ---- models ---- */

static const eddy_real *copy_to_float(const eddy_real *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
    return from + n;
}

static const eddy_real *store_direction(const eddy_real *params, size_t d, struct eddy_layer *layer)
{
    const size_t n = layer->n_hidden, rows = eddy_cell_gates(layer->cell) * n;
    params = copy_to_float(params, rows * layer->n_in, layer->w + d * rows * layer->n_in);
    if (layer->r)
        params = copy_to_float(params, rows * n, layer->r + d * rows * n);
    if (layer->cell != EDDY_CELL_EMBEDDING)
        params = copy_to_float(params, rows, layer->b + d * rows);
    if (layer->rb)
        params = copy_to_float(params, n, layer->rb + d * n);
    if (layer->p)
        params = copy_to_float(params, 3 * n, layer->p + d * 3 * n);
    return params;
}

void eddy_network_store(const struct eddy_network *network, size_t first, struct eddy_model *model)
{
    const eddy_real *params = network->params + network->layers[first].params_offset_elems;
    for (size_t i = 0; i < model->n_layers; i++)
        for (size_t d = 0; d < network->layers[first + i].n_directions; d++)
            params = store_direction(params, d, &model->layers[i]);
}
