#include "trainer.h"

#include "lib/context.h"
#include "optimise.h"

#include <stdlib.h>
#include <string.h>

static size_t processes(const struct eddy_train_options *o)
{
    return o->group ? o->group->size : 1;
}

static int open_part(const struct eddy_trainer *trainer, struct eddy_part *part)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const struct eddy_network_shape shape = {.n_in = eddy_dataset_n_in(d, false),
                                             .n_layers = trainer->stack.n_layers,
                                             .layers = trainer->stack.layers,
                                             .n_encoder = trainer->stack.n_encoder,
                                             .decoder_n_in = eddy_dataset_n_in(d, true),
                                             .steps = trainer->sampler.steps,
                                             .decoder_steps = trainer->sampler.decoder_steps,
                                             .batch = part->batch,
                                             .dropout = trainer->options->dropout};
    const int error = eddy_network_create(&shape, &part->network);
    if (error)
        return error;
    const size_t outputs = eddy_network_last(part->network)->out_steps * part->batch;
    part->samples = calloc(part->batch, sizeof *part->samples);
    if (d->labels)
        part->labels = calloc(outputs, sizeof(int));
    else
        part->target = calloc(outputs * d->n_outputs, sizeof(float));
    return part->samples && (part->labels || part->target) ? EDDY_OK : EDDY_ERROR_MEMORY;
}

/* The sequences of a mini-batch, as even as they go: over processes, and their threads. */
static int open_parts(struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t parts = o->threads * processes(o);
    const size_t before = o->group ? o->group->rank * o->threads : 0;
    int error = EDDY_OK;
    trainer->parts = calloc(o->threads, sizeof *trainer->parts);
    if (!trainer->parts)
        return EDDY_ERROR_MEMORY;
    for (size_t k = 0; k < o->threads && !error; k++) {
        struct eddy_part *const part = &trainer->parts[k];
        part->first = (before + k) * o->batch / parts;
        part->batch = (before + k + 1) * o->batch / parts - part->first;
        error = open_part(trainer, part);
    }
    trainer->network = trainer->parts[0].network;
    return error ? error : eddy_team_create(o->threads, &trainer->team);
}

/* Weights, moments and randomness of a new training. */
static int begin(struct eddy_trainer *trainer)
{
    struct eddy_checkpoint *const state = &trainer->state;
    state->params_elems = trainer->network->params_elems;
    state->weights = calloc(state->params_elems, sizeof(float));
    state->first_moment = calloc(state->params_elems, sizeof(float));
    state->second_moment = calloc(state->params_elems, sizeof(float));
    state->best = calloc(state->params_elems, sizeof(float));
    if (trainer->options->carry)
        state->states_elems = eddy_network_states_elems(trainer->network, trainer->options->batch);
    if (trainer->options->fixed_point)
        state->n_formats = trainer->stack.n_layers;
    state->states = calloc(state->states_elems + 1, sizeof *state->states);
    state->formats = calloc(state->n_formats + 1, sizeof *state->formats);
    if (!state->weights || !state->first_moment || !state->second_moment || !state->best ||
        !state->states || !state->formats)
        return EDDY_ERROR_MEMORY;
    eddy_random_seed(&state->random, trainer->options->seed);
    eddy_network_init(trainer->network, &state->random);
    const int error = trainer->options->start ? eddy_trainer_load_start(trainer) : EDDY_OK;
    memcpy(state->weights, trainer->network->params, state->params_elems * sizeof(float));
    return error;
}

static uint64_t fingerprint_numbers(uint64_t before, size_t n, const double *numbers)
{
    return eddy_fingerprint(before, numbers, n * sizeof *numbers);
}

/* Of a part of the data, and where its sequences end. */
static uint64_t fingerprint_part(uint64_t f, const struct eddy_dataset *d, struct eddy_range part)
{
    const size_t n_in = d->n_inputs, n_out = d->n_outputs;
    struct eddy_range s = {0};
    while ((s = eddy_dataset_stretch(d, part, s.first + s.count)).count)
        f = eddy_fingerprint(f, &s, sizeof s);
    f = eddy_fingerprint(f, d->raw + part.first * n_in, part.count * n_in * sizeof(float));
    return d->labels ? eddy_fingerprint(f, d->labels + part.first, part.count * sizeof(int))
                     : eddy_fingerprint(f, d->target + part.first * n_out,
                                        part.count * n_out * sizeof(float));
}

/* Of all that decides about the bits of a training, which has just begun. */
static uint64_t fingerprint(const struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const struct eddy_dataset *const d = trainer->dataset;
    const double numbers[] = {o->loss,
                              (double)o->batches,
                              (double)o->batch,
                              (double)(o->threads * processes(o)),
                              (double)trainer->sampler.steps,
                              (double)o->warmup_steps,
                              o->learning_rate,
                              o->final_learning_rate,
                              o->optimiser,
                              o->schedule,
                              (double)o->rise_batches,
                              o->momentum,
                              o->beta1,
                              o->beta2,
                              o->epsilon,
                              o->weight_decay,
                              o->clip_norm,
                              o->weight_bits,
                              (double)o->block_rows,
                              o->round_from,
                              o->fixed_point,
                              o->carry,
                              o->dropout,
                              (double)o->validate_every,
                              (double)o->patience,
                              (double)d->n_tokens,
                              d->residual,
                              (double)trainer->stack.n_encoder};
    uint64_t f =
        fingerprint_numbers(EDDY_FINGERPRINT_EMPTY, sizeof numbers / sizeof *numbers, numbers);
    f = eddy_fingerprint(f, &o->seed, sizeof o->seed);
    for (size_t i = 0; i < trainer->stack.n_layers; i++) {
        const struct eddy_layer_shape *const s = &trainer->stack.layers[i];
        const double shape[] = {s->cell,      s->activation,          (double)s->n_out,
                                s->direction, s->linear_before_reset, s->peephole,
                                s->last_only};
        f = fingerprint_numbers(f, sizeof shape / sizeof *shape, shape);
    }
    f = eddy_fingerprint(f, trainer->state.weights, trainer->state.params_elems * sizeof(float));
    f = fingerprint_part(f, d, d->train);
    return o->validate_every ? fingerprint_part(f, d, d->validation) : f;
}

int eddy_trainer_open(struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    int error = eddy_trainer_check(trainer);
    if (error)
        return error;
    error = eddy_sampler_open(trainer->dataset, o->seed, o->steps, &trainer->sampler);
    if (!error) {
        error = eddy_trainer_check_data(trainer);
        if (error)
            return error;
        if (o->carry)
            eddy_sampler_follow(&trainer->sampler, o->batch);
        error = open_parts(trainer);
    }
    if (!error)
        error = begin(trainer);
    if (error == EDDY_ERROR_SHAPE) /* of the start, and recorded */
        return error;
    if (error)
        return eddy_fail(trainer->context, error,
                         error == EDDY_ERROR_MEMORY
                             ? "out of memory for the training: lower batch, steps or units"
                             : "a layer is of a cell or direction that the training does not have, "
                               "or batch, steps and units are too many together: lower one");
    if (!o->checkpoint)
        return EDDY_OK;
    trainer->state.run = fingerprint(trainer);
    if (!o->resume)
        return EDDY_OK;
    error = eddy_checkpoint_read(trainer->context, o->checkpoint, &trainer->state);
    for (size_t k = 0; o->carry && k < o->threads; k++)
        eddy_network_copy_states(trainer->parts[k].network, trainer->parts[k].first, o->batch, true,
                                 trainer->state.states);
    return error;
}

void eddy_trainer_close(struct eddy_trainer *trainer)
{
    eddy_team_free(trainer->team);
    for (size_t k = 0; trainer->parts && k < trainer->options->threads; k++) {
        eddy_network_free(trainer->parts[k].network);
        free(trainer->parts[k].samples);
        free(trainer->parts[k].target);
        free(trainer->parts[k].labels);
    }
    free(trainer->parts);
    eddy_sampler_close(&trainer->sampler);
    free(trainer->state.weights);
    free(trainer->state.first_moment);
    free(trainer->state.second_moment);
    free(trainer->state.best);
    free(trainer->state.states);
    free(trainer->state.formats);
}
