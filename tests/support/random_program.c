#include "random_program.h"

#include "../../hls/packet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * 0x2545f4914f6cdd1du;
}

int random_between(struct random *random, int low, int high)
{
    return low + (int)((random_next(random) >> 16) % (uint64_t)(high - low + 1));
}

static int32_t random_number(struct random *random, int bits, bool extreme)
{
    const int64_t high = (INT64_C(1) << (bits - 1)) - 1;
    if (extreme && random_between(random, 0, 3))
        return (int32_t)(random_between(random, 0, 1) ? high : -high - 1);
    return (int32_t)((int64_t)(random_next(random) >> 8) % (high + 1)) *
           (random_between(random, 0, 1) ? 1 : -1);
}

static void random_layers(struct random *random, const struct random_limits *limits,
                          struct program_layer *layers, size_t n_layers)
{
    uint16_t columns = (uint16_t)random_between(random, 1, limits->columns);
    for (size_t l = 0; l < n_layers; l++) {
        layers[l] = (struct program_layer){
            .columns = columns,
            .rows = (uint16_t)random_between(random, 1, limits->rows),
            .recurrent = random_between(random, 0, 1),
            .emit = l + 1 == n_layers || limits->emit_all || !random_between(random, 0, 3),
            .activation = (uint8_t)random_between(random, ACTIVATION_NONE, ACTIVATION_TANH),
            .result_shift =
                (uint8_t)(random_between(random, 0, 1) ? random_between(random, 0, 7) : 0),
        };
        columns = layers[l].rows;
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
}

struct eddy_program *random_program(struct random *random, const struct eddy_preset *preset,
                                    const struct random_limits *limits)
{
    struct program_layer layers[16];
    struct eddy_program *p = NULL;
    const size_t n_layers = (size_t)random_between(random, 1, limits->layers);
    do {
        eddy_program_free(p);
        p = NULL;
        random_layers(random, limits, layers, n_layers);
        if (program_create(NULL, preset, n_layers, layers, &p))
            return NULL;
    } while (p->n_weight_words > preset->weight_words || p->n_rows > preset->state_rows);
    random_numbers(random, limits->extreme, p);
    return p;
}

static int64_t clip(int64_t v)
{
    return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

/* tanh of Q3.12 in Q0.15, then with `shift` fewer bits: the chord between the points at multiples of 1/64, in the
 * integers of the table. */
static int64_t reference_tanh(int64_t v, int shift)
{
    const int64_t magnitude = llabs(v) > 32767 ? 32767 : llabs(v);
    const int64_t below = magnitude / 64;
    const int64_t y0 = clip(llrintl(32768 * tanhl((long double)below / 64)));
    const int64_t y1 = clip(llrintl(32768 * tanhl((long double)(below + 1) / 64)));
    const int64_t q15 = y0 + ((y1 - y0) * (magnitude % 64) + 32) / 64, unit = INT64_C(1) << shift;
    const int64_t y = (q15 + unit / 2) / unit;
    return v < 0 ? -y : y;
}

static int64_t reference_row(const struct eddy_program *p, const struct program_layer *layer,
                             size_t row_constant, const int16_t *weights, const int16_t *x,
                             const int16_t *h)
{
    __int128 sum = p->biases[row_constant];
    for (size_t c = 0; c < program_block_columns(layer); c++)
        sum += (__int128)weights[c * p->preset->lanes] *
               (c < layer->columns ? x[c] : h[c - layer->columns]);
    const __int128 unit = (__int128)1 << p->shifts[row_constant];
    __int128 quotient = (sum + unit / 2) / unit; /* towards zero */
    if (quotient * unit > sum + unit / 2)
        quotient--;
    return (int64_t)quotient;
}

size_t reference_run(const struct eddy_program *p, int16_t *state, size_t n_steps, const int16_t *x,
                     int16_t *y)
{
    const size_t lanes = p->preset->lanes;
    size_t clipped = 0;
    int16_t *old = malloc(p->n_rows * sizeof *old);
    for (size_t t = 0; t < n_steps; t++, x += program_inputs(p)) {
        memcpy(old, state, p->n_rows * sizeof *old);
        const int16_t *in = x, *weights = p->weights;
        size_t first = 0;
        for (size_t l = 0; l < p->n_layers; l++) {
            const struct program_layer *layer = &p->layers[l];
            const size_t block = program_block_columns(layer) * lanes;
            for (size_t r = 0; r < layer->rows; r++) {
                const int64_t v = reference_row(
                    p, layer, first + r, weights + r / lanes * block + r % lanes, in, old + first);
                const bool is_tanh = layer->activation == ACTIVATION_TANH;
                clipped += !is_tanh && clip(v) != v;
                state[first + r] =
                    (int16_t)(is_tanh ? reference_tanh(clip(v), layer->result_shift) : clip(v));
                if (layer->emit)
                    *y++ = state[first + r];
            }
            in = state + first;
            weights += program_blocks(p->preset, layer) * block;
            first += layer->rows;
        }
    }
    free(old);
    return clipped;
}
