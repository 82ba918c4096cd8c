#include "network.h"

#include <string.h>

static const struct eddy_network_layer *last_layer(const struct eddy_network *network)
{
    return &network->layers[network->n_layers - 1];
}

double eddy_loss_mse(struct eddy_network *network, size_t warmup_steps, const eddy_real *target)
{
    const struct eddy_network_layer *const last = last_layer(network);
    const size_t step_elems = last->size.batch * last->size.n_out;
    const size_t first = warmup_steps * step_elems, end = last->size.steps * step_elems;
    const double n = (double)(end - first);
    const eddy_real slope = (eddy_real)(2 / n);
    double sum = 0;
    memset(last->dy, 0, first * sizeof *last->dy);
    for (size_t i = first; i < end; i++) {
        const eddy_real error = last->y[i] - target[i];
        sum += (double)error * (double)error;
        last->dy[i] = slope * error;
    }
    return sum / n;
}

double eddy_loss_cross_entropy(struct eddy_network *network, size_t warmup_steps, const int *labels)
{
    const struct eddy_network_layer *const last = last_layer(network);
    const size_t n_out = last->size.n_out;
    const size_t first = warmup_steps * last->size.batch, end = last->size.steps * last->size.batch;
    const double n = (double)(end - first);
    double loss = 0;
    memset(last->dy, 0, first * n_out * sizeof *last->dy);
    for (size_t i = first; i < end; i++) {
        const eddy_real *const y = last->y + i * n_out;
        eddy_real *const dy = last->dy + i * n_out;
        eddy_real max = y[0], sum = 0;
        for (size_t o = 1; o < n_out; o++)
            max = y[o] > max ? y[o] : max;
        for (size_t o = 0; o < n_out; o++)
            sum += dy[o] = eddy_exp(y[o] - max);
        for (size_t o = 0; o < n_out; o++)
            dy[o] /= sum * (eddy_real)n;
        dy[labels[i]] -= (eddy_real)(1 / n);
        loss += log((double)sum) - (double)(y[labels[i]] - max);
    }
    return loss / n;
}
