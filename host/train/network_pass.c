/* network_pass.c -- forward and backward through all layers. */
#include "network.h"

#include <string.h>

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

size_t eddy_network_states_elems(const struct eddy_network *network, size_t whole_batch)
{
    size_t elems = 0;
    for (size_t i = 0; i < network->n_layers; i++)
        elems += network->layers[i].ops->recurrent ? 2 * network->layers[i].size.n_out : 0;
    return elems * whole_batch;
}

static void copy(bool give, size_t n, eddy_real *own, eddy_real *states)
{
    memcpy(give ? own : states, give ? states : own, n * sizeof *own);
}

void eddy_network_copy_states(struct eddy_network *network, size_t first, size_t whole_batch,
                              bool give, eddy_real *states)
{
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const struct eddy_cell_pass *const pass = &layer->directions[0].pass;
        const size_t n = layer->size.n_out;
        if (!layer->ops->recurrent)
            continue;
        for (size_t b = 0; b < layer->size.batch; b++)
            copy(give, n, pass->y + end_of(layer, b), states + (first + b) * n);
        states += whole_batch * n;
        copy(give, layer->size.batch * n, pass->c_end, states + first * n);
        states += whole_batch * n;
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

void eddy_network_set_formats(struct eddy_network *network, const struct eddy_cell_format *formats)
{
    for (size_t i = 0; i < network->n_layers; i++)
        for (size_t d = 0; d < network->layers[i].n_directions; d++)
            network->layers[i].directions[d].pass.format = formats ? &formats[i] : NULL;
}

/* The numbers that a first layer reads as the device gets them; tokens stay. */
static void round_inputs(const struct eddy_network_layer *layer, eddy_real *x)
{
    const struct eddy_cell_format *const format = layer->directions[0].pass.format;
    if (format && layer->ops != &eddy_embedding_ops)
        eddy_fixed_input(format->in, layer->size.steps * layer->size.batch * layer->n_x, x);
}

const eddy_real *eddy_network_forward(struct eddy_network *network)
{
    round_inputs(&network->layers[0], network->x);
    if (network->n_encoder > 0)
        round_inputs(&network->layers[network->n_encoder], network->decoder_x);
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const eddy_real *const x = layer->mask ? layer->dropped : eddy_network_inputs(network, i);
        if (layer->partner && is_decoder(network, i))
            take_states(layer, layer->partner);
        if (layer->mask)
            drop(network, layer, eddy_network_inputs(network, i));
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
