#include "network.h"

#include <string.h>

const struct eddy_network_layer *eddy_network_last(const struct eddy_network *network)
{
    return &network->layers[network->n_layers - 1];
}

/* Steps of the last layer's outputs, and of those of sequence b. */
struct span {
    size_t first, end;
};

static struct span loss_span(const struct eddy_network_layer *last, size_t warmup_steps, size_t b)
{
    if (last->out_steps == 1)
        return (struct span){0, 1};
    return (struct span){warmup_steps, last->lengths[b]};
}

size_t eddy_loss_terms(const struct eddy_network *network, size_t warmup_steps)
{
    const struct eddy_network_layer *const last = eddy_network_last(network);
    size_t terms = 0;
    for (size_t b = 0; b < last->size.batch; b++) {
        const struct span span = loss_span(last, warmup_steps, b);
        terms += span.end > span.first ? span.end - span.first : 0;
    }
    return terms;
}

/* The loss of output i = t * B + b, over terms; sets its dy. */
static double square_error(const struct eddy_network_layer *last, size_t i, size_t terms,
                           const eddy_real *target)
{
    const size_t n_out = last->n_out;
    const double n = (double)terms * (double)n_out;
    const eddy_real slope = (eddy_real)(2 / n);
    double sum = 0;
    for (size_t o = i * n_out; o < (i + 1) * n_out; o++) {
        const eddy_real error = last->y[o] - target[o];
        sum += (double)error * (double)error;
        last->dy[o] = slope * error;
    }
    return sum / n;
}

static double cross_entropy(const struct eddy_network_layer *last, size_t i, size_t terms,
                            int label)
{
    const size_t n_out = last->n_out;
    const double n = (double)terms;
    const eddy_real *const y = last->y + i * n_out;
    eddy_real *const dy = last->dy + i * n_out;
    eddy_real max = y[0], sum = 0;
    for (size_t o = 1; o < n_out; o++)
        max = y[o] > max ? y[o] : max;
    for (size_t o = 0; o < n_out; o++)
        sum += dy[o] = eddy_exp(y[o] - max);
    for (size_t o = 0; o < n_out; o++)
        dy[o] /= sum * (eddy_real)n;
    dy[label] -= (eddy_real)(1 / n);
    return (log((double)sum) - (double)(y[label] - max)) / n;
}

/* target or labels. */
static double sum_losses(struct eddy_network *network, size_t warmup_steps, size_t terms,
                         const eddy_real *target, const int *labels)
{
    const struct eddy_network_layer *const last = eddy_network_last(network);
    const size_t batch = last->size.batch;
    double loss = 0;
    memset(last->dy, 0, last->out_steps * batch * last->n_out * sizeof *last->dy);
    for (size_t t = 0; t < last->out_steps; t++)
        for (size_t b = 0; b < batch; b++) {
            const struct span span = loss_span(last, warmup_steps, b);
            const size_t i = t * batch + b;
            if (t >= span.first && t < span.end)
                loss += target ? square_error(last, i, terms, target)
                               : cross_entropy(last, i, terms, labels[i]);
        }
    return loss;
}

double eddy_loss_mse(struct eddy_network *network, size_t warmup_steps, size_t terms,
                     const eddy_real *target)
{
    return sum_losses(network, warmup_steps, terms, target, NULL);
}

double eddy_loss_cross_entropy(struct eddy_network *network, size_t warmup_steps, size_t terms,
                               const int *labels)
{
    return sum_losses(network, warmup_steps, terms, NULL, labels);
}
