#include "sampler.h"

#include <stdlib.h>
#include <string.h>

/* Normalises the training part once; tokens stay as they are. */
static void normalise(const struct eddy_dataset *d, struct eddy_sampler *sampler)
{
    for (size_t i = 0; i < d->train.count * d->n_inputs; i++) {
        const size_t k = i % d->n_inputs;
        sampler->x[i] = d->raw[i] * d->in_scale[k] + d->in_offset[k];
    }
    for (size_t i = 0; d->target && i < d->train.count * d->n_outputs; i++) {
        const size_t k = i % d->n_outputs;
        const float base = d->residual ? d->raw[i] : 0;
        sampler->target[i] = (d->target[i] - base - d->out_offset[k]) / d->out_scale[k];
    }
}

static void count_sequences(const struct eddy_dataset *d, struct eddy_sampler *sampler)
{
    const size_t end = d->train.first + d->train.count;
    sampler->shortest = d->n_sequences ? d->sequences[0].count : 0;
    while (sampler->n_sequences < d->n_sequences &&
           d->sequences[sampler->n_sequences].first < end) {
        const size_t count = d->sequences[sampler->n_sequences++].count;
        sampler->longest = count > sampler->longest ? count : sampler->longest;
        sampler->shortest = count < sampler->shortest ? count : sampler->shortest;
        if (d->task != EDDY_TASK_TRANSLATE)
            continue;
        const size_t answer = eddy_dataset_answer(d, d->sequences[sampler->n_sequences - 1]).count;
        sampler->decoder_steps = answer > sampler->decoder_steps ? answer : sampler->decoder_steps;
    }
}

int eddy_sampler_open(const struct eddy_dataset *dataset, uint64_t seed, size_t steps,
                      struct eddy_sampler *sampler)
{
    const size_t count = dataset->train.count;
    *sampler = (struct eddy_sampler){.dataset = dataset, .seed = seed, .epoch = SIZE_MAX};
    count_sequences(dataset, sampler);
    sampler->steps = steps ? steps : sampler->longest;
    sampler->x = calloc(count * dataset->n_inputs, sizeof(float));
    sampler->order = calloc(sampler->n_sequences + 1, sizeof *sampler->order);
    if (dataset->target)
        sampler->target = calloc(count * dataset->n_outputs, sizeof(float));
    if (!sampler->x || !sampler->order || (dataset->target && !sampler->target))
        return EDDY_ERROR_MEMORY;
    normalise(dataset, sampler);
    return EDDY_OK;
}

void eddy_sampler_close(struct eddy_sampler *sampler)
{
    free(sampler->x);
    free(sampler->target);
    free(sampler->order);
}

/* Fisher-Yates, from the seed and the epoch. */
static void shuffle(struct eddy_sampler *sampler, size_t epoch)
{
    struct eddy_random random;
    eddy_random_seed(&random, sampler->seed + UINT64_C(0x9e3779b97f4a7c15) * (epoch + 1));
    for (size_t i = 0; i < sampler->n_sequences; i++) {
        const size_t j = eddy_random_below(&random, i + 1);
        sampler->order[i] = sampler->order[j];
        sampler->order[j] = i;
    }
    sampler->epoch = epoch;
}

void eddy_sampler_follow(struct eddy_sampler *sampler, size_t batch)
{
    sampler->followed = batch;
}

/* Batches until the recording begins again. */
static size_t follow_batches(const struct eddy_sampler *sampler)
{
    return sampler->dataset->train.count / sampler->followed / sampler->steps;
}

bool eddy_sampler_goes_on(const struct eddy_sampler *sampler, size_t batch)
{
    return batch % follow_batches(sampler) != 0;
}

static struct eddy_range follow(const struct eddy_sampler *sampler, size_t n)
{
    const size_t batch = n / sampler->followed % follow_batches(sampler);
    const size_t first =
        n % sampler->followed * (sampler->dataset->train.count / sampler->followed);
    return (struct eddy_range){first + batch * sampler->steps, sampler->steps};
}

struct eddy_range eddy_sampler_draw(struct eddy_sampler *sampler, struct eddy_random *random,
                                    size_t n)
{
    const struct eddy_dataset *const d = sampler->dataset;
    if (sampler->followed)
        return follow(sampler, n);
    if (sampler->n_sequences == 0)
        return (struct eddy_range){eddy_random_below(random, d->train.count - sampler->steps + 1),
                                   sampler->steps};
    if (n / sampler->n_sequences != sampler->epoch)
        shuffle(sampler, n / sampler->n_sequences);
    return d->sequences[sampler->order[n % sampler->n_sequences]];
}

void eddy_sampler_measure(const struct eddy_sampler *sampler, struct eddy_range samples,
                          struct eddy_network *network, size_t b)
{
    network->lengths[b] = samples.count;
    if (sampler->decoder_steps > 0)
        network->decoder_lengths[b] = eddy_dataset_answer(sampler->dataset, samples).count;
}

/* Sequence b of x (steps, B, n): rows of the samples, out of `from` (all samples, n), then zeros. */
static void cut_inputs(const float *from, size_t n, struct eddy_range samples, size_t steps,
                       size_t batch, size_t b, float *x)
{
    for (size_t t = 0; t < steps; t++) {
        float *const to = x + (t * batch + b) * n;
        if (t < samples.count)
            memcpy(to, from + (samples.first + t) * n, n * sizeof *to);
        else
            memset(to, 0, n * sizeof *to);
    }
}

void eddy_sampler_cut(const struct eddy_sampler *sampler, struct eddy_range samples,
                      struct eddy_network *network, size_t b, int *labels, float *target)
{
    const struct eddy_dataset *const d = sampler->dataset;
    const struct eddy_network_layer *const last = eddy_network_last(network);
    const size_t n_out = d->n_outputs, batch = last->size.batch;
    eddy_sampler_measure(sampler, samples, network, b);
    cut_inputs(sampler->x, d->n_inputs, samples, sampler->steps, batch, b, network->x);
    if (sampler->decoder_steps > 0) {
        samples = eddy_dataset_answer(d, samples);
        cut_inputs(d->answers, 1, samples, sampler->decoder_steps, batch, b, network->decoder_x);
    }
    const size_t end = samples.first + samples.count;
    for (size_t t = 0; t < last->out_steps; t++) {
        const size_t from = last->out_steps == 1 ? end - 1 : samples.first + t, to = t * batch + b;
        if (from >= end)
            break;
        if (labels)
            labels[to] = d->labels[from];
        else
            memcpy(target + to * n_out, sampler->target + from * n_out, n_out * sizeof *target);
    }
}
