#include "random_program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int32_t random_number(struct random *random, int bits, bool extreme)
{
    const int64_t high = (INT64_C(1) << (bits - 1)) - 1;
    if (extreme && random_between(random, 0, 3))
        return (int32_t)(random_between(random, 0, 1) ? high : -high - 1);
    return (int32_t)((int64_t)(random_next(random) >> 8) % (high + 1)) *
           (random_between(random, 0, 1) ? 1 : -1);
}

static struct program_layer random_layer(struct random *random, const struct random_limits *limits,
                                         uint16_t n_in, bool first, bool last)
{
    const int choice = random_between(random, 0, 9);
    struct program_layer l = {
        .cell = (uint8_t)(choice < 2   ? EDDY_CELL_DENSE
                          : choice < 5 ? EDDY_CELL_RNN
                          : choice < 7 ? EDDY_CELL_GRU
                          : choice < 9 ? EDDY_CELL_LSTM
                          : first      ? EDDY_CELL_EMBEDDING
                                       : EDDY_CELL_DENSE),
        .linear_before_reset = random_between(random, 0, 1),
        .peephole = choice >= 7 && choice < 9 && random_between(random, 0, 1),
        .emit = last || limits->emit_all || !random_between(random, 0, 3),
        .n_in = n_in,
        .n_hidden = (uint16_t)random_between(random, 1, limits->units),
        .out_fraction_bits = (int8_t)random_between(random, 8, 15),
        .cell_fraction_bits = (int8_t)random_between(random, 11, 14),
    };
    const bool recurrent = eddy_cell_is_recurrent((enum eddy_cell)l.cell);
    l.activation =
        (uint8_t)(l.cell == EDDY_CELL_DENSE ? random_between(random, 0, EDDY_ACTIVATIONS - 1)
                  : l.cell == EDDY_CELL_RNN
                      ? random_between(random, EDDY_ACTIVATION_TANH, EDDY_ACTIVATION_RELU)
                  : recurrent ? EDDY_ACTIVATION_TANH
                              : EDDY_ACTIVATION_NONE);
    l.largest = last && l.cell == EDDY_CELL_DENSE && !random_between(random, 0, 2);
    if (recurrent && !limits->causal) {
        l.direction = (uint8_t)random_between(random, 0, EDDY_DIRECTIONS - 1);
        l.last_only = !random_between(random, 0, 5);
    }
    return l;
}

static void random_layers(struct random *random, const struct random_limits *limits,
                          struct program_layer *layers, size_t n_layers)
{
    uint16_t columns = (uint16_t)random_between(random, 1, limits->columns);
    for (size_t l = 0; l < n_layers; l++) {
        layers[l] = random_layer(random, limits, columns, l == 0, l + 1 == n_layers);
        columns = (uint16_t)program_layer_outputs(&layers[l]);
    }
}

static void random_peepholes(struct random *random, struct eddy_program *p)
{
    for (size_t l = 0; l < p->n_layers; l++) {
        const struct program_layer *layer = &p->layers[l];
        if (!layer->peephole)
            continue;
        const size_t directions = layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 : 1;
        for (size_t n = 0; n < directions * 3 * layer->n_hidden; n++) {
            const struct program_row row = program_row(
                p, l, n / (3u * layer->n_hidden), n / layer->n_hidden % 3, n % layer->n_hidden);
            p->peepholes[row.constant] = (int16_t)random_number(random, 16, false);
        }
    }
}

/* Rows that only fill up a beat are zero, as the compiler leaves them. */
static void clear_padding(struct eddy_program *p)
{
    const size_t lanes = p->preset->lanes;
    for (size_t n = 0; n < p->n_groups; n++) {
        const struct program_group *g = &p->groups[n];
        const size_t padded = program_padded(p->preset, g->units);
        const size_t columns = (size_t)g->x_length + g->h_length;
        for (size_t phase = 0; phase < g->n_phases; phase++)
            for (size_t row = phase * padded + g->units; row < (phase + 1) * padded; row++) {
                int16_t *weights =
                    p->weights + (g->weight + row / lanes * columns) * lanes + row % lanes;
                for (size_t c = 0; c < columns; c++)
                    weights[c * lanes] = 0;
                p->biases[g->row + row] = 0;
            }
    }
}

static void random_numbers(struct random *random, bool extreme, struct eddy_program *p)
{
    const int bits = p->preset->weight_bits;
    for (size_t n = 0; n < p->n_weight_words * p->preset->lanes; n++)
        p->weights[n] = (int16_t)random_number(random, bits, extreme);
    for (size_t n = 0; n < p->n_rows; n++) {
        p->biases[n] = random_number(random, extreme ? 32 : bits + 10, extreme);
        /* Around the shift that keeps sums of this width within 16 bits, and the ends. */
        p->shifts[n] =
            (uint8_t)(random_between(random, 0, 9) ? random_between(random, bits - 2, bits + 4)
                                                   : random_between(random, 1, 32));
    }
    random_peepholes(random, p);
    clear_padding(p);
}

/* The outputs of the last layer can be the input when they are as many. */
static bool can_feed_back(const struct program_layer *layers, size_t n_layers)
{
    const struct program_layer *last = &layers[n_layers - 1];
    if (layers[0].cell == EDDY_CELL_EMBEDDING)
        return last->largest && last->n_hidden <= layers[0].n_in;
    return !last->largest && last->n_hidden == layers[0].n_in;
}

struct eddy_program *random_program(struct random *random, const struct eddy_preset *preset,
                                    const struct random_limits *limits)
{
    struct program_layer layers[16];
    struct eddy_program *p = NULL;
    int error;
    do {
        const size_t n_layers = (size_t)random_between(random, 1, limits->layers);
        random_layers(random, limits, layers, n_layers);
        if (limits->causal && !random_between(random, 0, 2) && !layers[n_layers - 1].largest &&
            layers[0].cell != EDDY_CELL_EMBEDDING)
            layers[0].n_in = layers[n_layers - 1].n_hidden;
        error = program_create(NULL, preset, n_layers, 0, layers,
                               limits->causal && can_feed_back(layers, n_layers), &p);
        if (error == EDDY_ERROR_MEMORY)
            return NULL;
    } while (error); /* too large for the preset, or a cell that it leaves out */
    random_numbers(random, limits->extreme, p);
    return p;
}

void random_inputs(struct random *random, const struct eddy_program *program, size_t pass,
                   bool extreme, size_t n_steps, uint16_t *x)
{
    const struct program_pass *p = &program->passes[pass];
    const struct program_layer *first = &program->layers[p->first_layer];
    for (size_t i = 0; i < n_steps * p->inputs; i++)
        x[i] = first->cell == EDDY_CELL_EMBEDDING
                   ? (uint16_t)random_between(random, 0, first->n_in - 1)
               : extreme ? (uint16_t)(random_between(random, 0, 1) ? 0x7fff : 0x8000)
                         : (uint16_t)(random_next(random) >> 24);
}

/* ---- reference ---- */

static int64_t clip(int64_t v)
{
    return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

static int64_t clip_and_count(int64_t v, uint64_t *count)
{
    *count += clip(v) != v;
    return clip(v);
}

/* v / 2^shift, to nearest, halves up. */
static int64_t divide(__int128 v, int shift)
{
    const __int128 unit = (__int128)1 << shift, raised = v + unit / 2;
    __int128 quotient = raised / unit; /* towards zero */
    if (quotient * unit > raised)
        quotient--;
    return (int64_t)quotient;
}

/* |tanh| of Q3.12 in Q0.15: the chord between the points at multiples of 1/64, in the integers of the table. */
static int64_t reference_tanh(int64_t v)
{
    const int64_t magnitude = llabs(v) > 32767 ? 32767 : llabs(v);
    const int64_t below = magnitude / 64;
    const int64_t y0 = clip(llrintl(32768 * tanhl((long double)below / 64)));
    const int64_t y1 = clip(llrintl(32768 * tanhl((long double)(below + 1) / 64)));
    const int64_t q15 = y0 + ((y1 - y0) * (magnitude % 64) + 32) / 64;
    return v < 0 ? -q15 : q15;
}

static int64_t tanh_with(int64_t v, int fraction_bits)
{
    const int64_t t = reference_tanh(v), magnitude = divide(llabs(t), 15 - fraction_bits);
    return t < 0 ? -magnitude : magnitude;
}

static int64_t sigmoid_with(int64_t v, int fraction_bits)
{
    return clip(divide(32768 + reference_tanh(v), 16 - fraction_bits));
}

/* One layer, one direction, one step. */
struct cell_step {
    const struct eddy_program *program;
    const struct program_layer *layer;
    size_t index, direction;
    const int16_t *x, *h; /* h_{t-1} */
    struct clipped *clipped;
};

/* The sum of a row over its shift, with h the vector of its recurrent columns. */
static int64_t row_value(const struct cell_step *s, size_t gate, size_t unit, const int16_t *h,
                         int64_t cell)
{
    const struct eddy_program *p = s->program;
    const struct program_row row = program_row(p, s->index, s->direction, gate, unit);
    __int128 sum = p->biases[row.constant] + (__int128)p->peepholes[row.constant] * cell;
    if (row.x && s->layer->cell == EDDY_CELL_EMBEDDING)
        sum += (__int128)16384 * row.x[(uint16_t)s->x[0] * p->preset->lanes];
    else
        for (size_t c = 0; row.x && c < s->layer->n_in; c++)
            sum += (__int128)row.x[c * p->preset->lanes] * s->x[c];
    for (size_t c = 0; row.h && c < s->layer->n_hidden; c++)
        sum += (__int128)row.h[c * p->preset->lanes] * h[c];
    return divide(sum, p->shifts[row.constant]);
}

static int64_t sigmoid_gate(const struct cell_step *s, size_t gate, size_t unit, int64_t cell)
{
    return sigmoid_with(clip_and_count(row_value(s, gate, unit, s->h, cell), &s->clipped->argument),
                        15);
}

static int16_t plain_unit(const struct cell_step *s, size_t unit)
{
    const int bits = s->layer->out_fraction_bits;
    const int64_t v = row_value(s, 0, unit, s->h, 0);
    switch (s->layer->activation) {
    case EDDY_ACTIVATION_TANH:
        return (int16_t)tanh_with(clip_and_count(v, &s->clipped->argument), bits);
    case EDDY_ACTIVATION_SIGMOID:
        return (int16_t)sigmoid_with(clip_and_count(v, &s->clipped->argument), bits);
    case EDDY_ACTIVATION_RELU: {
        const int64_t y = clip_and_count(v, &s->clipped->output);
        return (int16_t)(y < 0 ? 0 : y);
    }
    default: return (int16_t)clip_and_count(v, &s->clipped->output);
    }
}

static int16_t lstm_unit(const struct cell_step *s, size_t unit, int16_t *cell)
{
    const int cell_bits = s->layer->cell_fraction_bits, bits = s->layer->out_fraction_bits;
    const int64_t i = sigmoid_gate(s, 0, unit, *cell), f = sigmoid_gate(s, 2, unit, *cell);
    const int64_t kept = clip_and_count(divide(f * *cell, 15), &s->clipped->cell);
    const int64_t g =
        tanh_with(clip_and_count(row_value(s, 3, unit, s->h, *cell), &s->clipped->argument), 15);
    *cell = (int16_t)clip_and_count(divide(i * g, 30 - cell_bits) + kept, &s->clipped->cell);
    const int64_t o = sigmoid_gate(s, 1, unit, *cell);
    const int64_t argument = clip(divide(*cell * 2, cell_bits - 11));
    return (int16_t)clip_and_count(divide(o * tanh_with(argument, 15), 30 - bits),
                                   &s->clipped->cell);
}

/* rh (n_hidden): r * h of all units, for the form with the reset gate before the product. */
static int16_t gru_unit(const struct cell_step *s, size_t unit, const int16_t *rh, int16_t *cell)
{
    const int64_t z = sigmoid_gate(s, 0, unit, 0);
    int64_t argument;
    if (s->layer->linear_before_reset) {
        const int64_t r = sigmoid_gate(s, 1, unit, 0);
        const int64_t hn = clip_and_count(row_value(s, 3, unit, s->h, 0), &s->clipped->output);
        argument =
            row_value(s, 2, unit, s->h, 0) + clip_and_count(divide(r * hn, 15), &s->clipped->cell);
    } else {
        argument = row_value(s, 2, unit, rh, 0);
    }
    const int64_t n =
        tanh_with(clip_and_count(argument, &s->clipped->argument), s->layer->out_fraction_bits);
    *cell = (int16_t)clip_and_count(divide(z * clip(*cell - n), 15) + n, &s->clipped->cell);
    return *cell;
}

static void step_layer(const struct cell_step *s, int16_t *next, int16_t *cells)
{
    const size_t units = s->layer->n_hidden;
    int16_t *rh = calloc(units, sizeof *rh);
    const bool before = s->layer->cell == EDDY_CELL_GRU && !s->layer->linear_before_reset;
    for (size_t u = 0; before && u < units; u++)
        rh[u] = (int16_t)clip_and_count(divide(sigmoid_gate(s, 1, u, 0) * cells[u], 15),
                                        &s->clipped->cell);
    for (size_t u = 0; u < units; u++)
        next[u] = s->layer->cell == EDDY_CELL_LSTM  ? lstm_unit(s, u, &cells[u])
                  : s->layer->cell == EDDY_CELL_GRU ? gru_unit(s, u, rh, &cells[u])
                                                    : plain_unit(s, u);
    free(rh);
}

static int16_t *answer_layer(const struct program_layer *layer, const int16_t *h, int16_t *y)
{
    if (!layer->emit)
        return y;
    if (!layer->largest) {
        memcpy(y, h, layer->n_hidden * sizeof *y);
        return y + layer->n_hidden;
    }
    size_t largest = 0;
    for (size_t u = 1; u < layer->n_hidden; u++)
        largest = h[u] > h[largest] ? u : largest;
    *y = (int16_t)largest;
    return y + 1;
}

void reference_run(const struct eddy_program *p, size_t number, int16_t *state, size_t n_steps,
                   const int16_t *x, int16_t *y, struct clipped *clipped)
{
    const struct program_pass *pass = &p->passes[number];
    int16_t *next = calloc(pass->state_units, sizeof *next);
    for (size_t t = 0; t < n_steps; t++, x += pass->inputs) {
        const int16_t *in = x;
        size_t place = 0;
        for (size_t l = pass->first_layer; l < (size_t)pass->first_layer + pass->n_layers; l++) {
            const struct cell_step s = {.program = p,
                                        .layer = &p->layers[l],
                                        .index = l,
                                        .direction = pass->joins,
                                        .x = in,
                                        .h = state + place,
                                        .clipped = clipped};
            step_layer(&s, next + place, state + pass->state_units + place);
            y = answer_layer(&p->layers[l], next + place, y);
            in = next + place;
            place += program_padded(p->preset, p->layers[l].n_hidden);
        }
        memcpy(state, next, pass->state_units * sizeof *state);
    }
    free(next);
}
