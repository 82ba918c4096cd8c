#include "rounding.h"

#include "lib/context.h"

#include <math.h>

static float largest(float max, const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        max = fabsf(v[i]) > max ? fabsf(v[i]) : max;
    return max;
}

static void round_to(int exponent, float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = ldexpf(nearbyintf(ldexpf(v[i], -exponent)), exponent);
}

void eddy_round_weights(unsigned bits, size_t block_rows, size_t n_in, size_t n_rows,
                        size_t n_hidden, float *w, float *r)
{
    for (size_t first = 0; first < n_rows; first += block_rows) {
        const size_t rows = n_rows - first < block_rows ? n_rows - first : block_rows;
        float max = largest(0, w + first * n_in, rows * n_in);
        if (r)
            max = largest(max, r + first * n_hidden, rows * n_hidden);
        if (!(max > 0 && isfinite(max)))
            continue;
        int exponent;
        frexpf(max, &exponent); /* max < 2^exponent */
        exponent -= (int)bits - 1;
        if (nearbyintf(ldexpf(max, -exponent)) > (float)((1 << (bits - 1)) - 1))
            exponent++;
        round_to(exponent, w + first * n_in, rows * n_in);
        if (r)
            round_to(exponent, r + first * n_hidden, rows * n_hidden);
    }
}

int eddy_model_round_weights(struct eddy_context *context, unsigned bits, size_t block_rows,
                             struct eddy_model *model)
{
    if (bits < 2 || bits > 16 || block_rows == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "weights of %u bits in blocks of %zu rows: choose 2 to 16 bits, at "
                         "least 1 row",
                         bits, block_rows);
    for (size_t i = 0; i < model->n_layers; i++) {
        struct eddy_layer *const layer = &model->layers[i];
        const size_t rows =
            eddy_layer_directions(layer) * eddy_cell_gates(layer->cell) * layer->n_hidden;
        eddy_round_weights(bits, block_rows, layer->n_in, rows, layer->n_hidden, layer->w,
                           layer->r);
    }
    return EDDY_OK;
}
