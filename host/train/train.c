#include "train.h"

#include "lib/context.h"
#include "optimise.h"
#include "rounding.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every process draws the whole batch, and so keeps the same randomness. */
static void draw_batch(struct eddy_trainer *trainer)
{
    const size_t batch = trainer->options->batch, n = trainer->state.batch * batch;
    struct eddy_part *part = trainer->parts;
    const struct eddy_part *const end = part + trainer->options->threads;
    for (size_t i = 0; i < batch; i++) {
        const struct eddy_range samples =
            eddy_sampler_draw(&trainer->sampler, &trainer->state.random, n + i);
        if (part < end && i == part->first + part->batch)
            part++;
        if (part == end || i < part->first)
            continue;
        part->samples[i - part->first] = samples;
        eddy_sampler_measure(&trainer->sampler, samples, part->network, i - part->first);
    }
}

/* Other outputs are dropped in each part of each batch. */
static void seed_dropout(struct eddy_trainer *trainer)
{
    const uint64_t seed = eddy_random_next(&trainer->state.random);
    for (size_t k = 0; k < trainer->options->threads; k++)
        eddy_random_seed(&trainer->parts[k].network->random, seed + trainer->parts[k].first);
}

/* The weights as the device will hold them. */
static void round_params(const struct eddy_trainer *trainer)
{
    const struct eddy_network *const network = trainer->network;
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_network_layer *const layer = &network->layers[i];
        const size_t n_in = layer->size.n_in, rows = layer->ops->gates * layer->size.n_out;
        float *w = network->params + layer->params_offset_elems;
        for (size_t d = 0; d < layer->n_directions; d++) {
            eddy_round_weights(trainer->options->weight_bits, trainer->options->block_rows, n_in,
                               rows, layer->size.n_out, w,
                               layer->ops->recurrent ? w + rows * n_in : NULL);
            w += layer->ops->params_elems(&layer->size);
        }
    }
}

static void set_params(const struct eddy_trainer *trainer, bool rounded)
{
    memcpy(trainer->network->params, trainer->state.weights,
           trainer->state.params_elems * sizeof(float));
    if (rounded)
        round_params(trainer);
}

/* Loss and gradient of a part, with the parameters of the first. */
static void pass_part(void *arg, size_t k)
{
    const struct eddy_trainer *const trainer = arg;
    const struct eddy_train_options *const o = trainer->options;
    struct eddy_part *const part = &trainer->parts[k];
    struct eddy_network *const network = part->network;
    if (k > 0)
        memcpy(network->params, trainer->network->params, network->params_elems * sizeof(float));
    for (size_t b = 0; b < part->batch; b++)
        eddy_sampler_cut(&trainer->sampler, part->samples[b], network, b, part->labels,
                         part->target);
    eddy_network_forward(network);
    part->loss =
        o->loss == EDDY_LOSS_MSE
            ? eddy_loss_mse(network, o->warmup_steps, trainer->terms, part->target)
            : eddy_loss_cross_entropy(network, o->warmup_steps, trainer->terms, part->labels);
    eddy_network_backward(network);
}

EDDY_VECTORS static void add(size_t n, const float *restrict from, float *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* Over all processes. */
static int sum_number(const struct eddy_trainer *trainer, double *number)
{
    const struct eddy_train_group *const group = trainer->options->group;
    return group ? group->sum_doubles(group->arg, 1, number) : EDDY_OK;
}

static int count_terms(struct eddy_trainer *trainer)
{
    double terms = 0;
    for (size_t k = 0; k < trainer->options->threads; k++)
        terms += (double)eddy_loss_terms(trainer->parts[k].network, trainer->options->warmup_steps);
    const int error = sum_number(trainer, &terms);
    trainer->terms = (size_t)terms;
    return error;
}

/* The mini-batch's loss, and its gradient, into the first part's. */
static int pass(struct eddy_trainer *trainer, double *loss)
{
    const struct eddy_train_group *const group = trainer->options->group;
    struct eddy_network *const network = trainer->network;
    int error = count_terms(trainer);
    if (error)
        return error;
    *loss = 0;
    eddy_team_run(trainer->team, pass_part, trainer);
    for (size_t k = 0; k < trainer->options->threads; k++) {
        *loss += trainer->parts[k].loss;
        if (k > 0)
            add(network->params_elems, trainer->parts[k].network->gradient, network->gradient);
    }
    error = sum_number(trainer, loss);
    if (!error && group)
        error = group->sum(group->arg, network->params_elems, network->gradient);
    return error;
}

static bool rounds(const struct eddy_train_options *o, size_t done)
{
    return o->weight_bits != 0 && (double)done >= o->round_from * (double)o->batches;
}

/* Batches from one choice of formats to the next: the limits of what they hold grow slowly. */
enum { CALIBRATE_EVERY = 200 };

/* This batch computes as the device does. */
static int set_formats(struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t first = (size_t)ceil(o->round_from * (double)o->batches);
    int error = EDDY_OK;
    if ((trainer->state.batch - first) % CALIBRATE_EVERY == 0)
        error = eddy_trainer_calibrate(trainer);
    for (size_t k = 0; k < o->threads; k++)
        eddy_network_set_formats(trainer->parts[k].network, trainer->state.formats);
    return error;
}

static int train_batch(struct eddy_trainer *trainer, struct eddy_train_progress *progress)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t done = trainer->state.batch;
    draw_batch(trainer);
    for (size_t k = 0; o->carry && k < o->threads; k++)
        eddy_network_carry(trainer->parts[k].network,
                           eddy_sampler_goes_on(&trainer->sampler, done));
    if (o->dropout > 0)
        seed_dropout(trainer);
    set_params(trainer, rounds(o, done));
    const int error = o->fixed_point && rounds(o, done) ? set_formats(trainer) : EDDY_OK;
    if (error)
        return error;
    if (pass(trainer, &progress->loss))
        return eddy_fail(trainer->context, EDDY_ERROR_IO,
                         "batch %zu: the processes of the training lost each other", done + 1);
    progress->gradient_norm = eddy_optimise_clip(o->clip_norm, trainer->network->params_elems,
                                                 trainer->network->gradient);
    progress->learning_rate = eddy_optimise_rate(o, done);
    progress->batch = done + 1;
    if (!isfinite(progress->loss) || !isfinite(progress->gradient_norm))
        return eddy_fail(trainer->context, EDDY_ERROR_RANGE,
                         "the loss left the finite numbers at batch %zu: lower learning_rate, or "
                         "set clip_norm",
                         done + 1);
    eddy_optimise_step(o, trainer->network->gradient, progress->learning_rate, &trainer->state);
    return EDDY_OK;
}

static void free_models(struct eddy_model *models[2])
{
    eddy_model_free(models[0]);
    eddy_model_free(models[1]);
}

/* Measures the validation part, and keeps the weights when they are better. */
static int validate(struct eddy_trainer *trainer, double *score)
{
    const struct eddy_dataset *const d = trainer->dataset;
    struct eddy_checkpoint *const state = &trainer->state;
    struct eddy_model *models[2] = {NULL, NULL};
    struct eddy_evaluation e;
    set_params(trainer, trainer->options->weight_bits != 0);
    int error = eddy_trainer_store_models(trainer, models);
    if (!error)
        error = models[0] ? eddy_evaluate_pair(trainer->context, models[0], models[1], d,
                                               d->validation, &e)
                          : eddy_evaluate(trainer->context, models[1], d, d->validation, &e);
    free_models(models);
    if (error)
        return error;
    *score = d->labels ? e.cross_entropy : e.rmse;
    state->validations++;
    if (state->last_better != 0 && !(*score < state->best_score))
        return EDDY_OK;
    state->best_score = *score;
    state->last_better = state->validations;
    memcpy(state->best, state->weights, state->params_elems * sizeof(float));
    return EDDY_OK;
}

/* Whether progress, in any process, says to stop. */
static int ask(const struct eddy_trainer *trainer, const struct eddy_train_progress *progress,
               bool *stop)
{
    const struct eddy_train_options *const o = trainer->options;
    double wishes = o->progress && o->progress(o->progress_arg, progress);
    if (sum_number(trainer, &wishes))
        return eddy_fail(trainer->context, EDDY_ERROR_IO,
                         "the processes of the training lost each other");
    *stop = wishes > 0;
    return EDDY_OK;
}

/* The states in which the batch ended, from all processes. */
static int gather_states(struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    struct eddy_checkpoint *const state = &trainer->state;
    memset(state->states, 0, state->states_elems * sizeof *state->states);
    for (size_t k = 0; k < o->threads; k++)
        eddy_network_copy_states(trainer->parts[k].network, trainer->parts[k].first, o->batch,
                                 false, state->states);
    return o->group ? o->group->sum(o->group->arg, state->states_elems, state->states) : EDDY_OK;
}

static int keep(struct eddy_trainer *trainer, bool stop)
{
    const struct eddy_train_options *const o = trainer->options;
    const bool due = o->checkpoint_every && trainer->state.batch % o->checkpoint_every == 0;
    if (!o->checkpoint || !(stop || due))
        return EDDY_OK;
    const int error = o->carry ? gather_states(trainer) : EDDY_OK;
    if (error)
        return eddy_fail(trainer->context, EDDY_ERROR_IO,
                         "the processes of the training lost each other");
    if (o->group && o->group->rank > 0)
        return EDDY_OK;
    return eddy_checkpoint_write(trainer->context, o->checkpoint, &trainer->state);
}

/* Whether validation has not become better for too long. */
static bool is_over(const struct eddy_trainer *trainer)
{
    const size_t patience = trainer->options->patience;
    return patience && trainer->state.validations - trainer->state.last_better >= patience;
}

static int run(struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    struct eddy_train_progress progress = {.batches = o->batches};
    bool stop = false;
    while (trainer->state.batch < o->batches && !stop && !is_over(trainer)) {
        int error = train_batch(trainer, &progress);
        progress.validation = NAN;
        if (!error && o->validate_every && progress.batch % o->validate_every == 0)
            error = validate(trainer, &progress.validation);
        if (!error)
            error = ask(trainer, &progress, &stop);
        if (!error)
            error = keep(trainer, stop);
        if (error)
            return error;
    }
    if (trainer->state.last_better != 0)
        memcpy(trainer->state.weights, trainer->state.best,
               trainer->state.params_elems * sizeof(float));
    set_params(trainer, o->weight_bits != 0);
    return EDDY_OK;
}

int eddy_train_pair(struct eddy_context *context, const struct eddy_dataset *dataset,
                    size_t n_encoder, size_t n_layers, const struct eddy_layer_shape *shapes,
                    const struct eddy_train_options *options, struct eddy_model **encoder,
                    struct eddy_model **decoder)
{
    struct eddy_trainer trainer = {.context = context,
                                   .dataset = dataset,
                                   .stack = {n_encoder, n_layers, shapes},
                                   .options = options};
    struct eddy_model *models[2] = {NULL, NULL};
    const int threads = openblas_get_num_threads();
    openblas_set_num_threads(1);
    int error = eddy_trainer_open(&trainer);
    if (!error)
        error = run(&trainer);
    if (!error)
        error = eddy_trainer_store_models(&trainer, models);
    if (error) {
        free_models(models);
    } else {
        if (n_encoder)
            *encoder = models[0];
        *decoder = models[1];
    }
    openblas_set_num_threads(threads);
    eddy_trainer_close(&trainer);
    return error;
}

int eddy_train(struct eddy_context *context, const struct eddy_dataset *dataset, size_t n_layers,
               const struct eddy_layer_shape *shapes, const struct eddy_train_options *options,
               struct eddy_model **model)
{
    return eddy_train_pair(context, dataset, 0, n_layers, shapes, options, NULL, model);
}
