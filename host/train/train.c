#include "train.h"

#include "checkpoint.h"
#include "lib/context.h"
#include "optimise.h"
#include "rounding.h"
#include "sampler.h"
#include "team.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one thread has of every mini-batch. */
struct part {
    struct eddy_network *network; /* for these sequences alone */
    size_t first, batch;          /* of the mini-batch */
    struct eddy_range *samples;   /* (B of the part) */
    float *target;                /* (out_steps, B of the part, outputs) */
    int *labels;                  /* (out_steps, B of the part) */
    double loss;
};

/* Layers [0, n_encoder) read, the others answer; n_encoder 0: one stack does both. */
struct stack {
    size_t n_encoder, n_layers;
    const struct eddy_layer_shape *layers;
};

/* All that a training holds; nothing is allocated once it runs. */
struct trainer {
    struct eddy_context *context;
    const struct eddy_dataset *dataset;
    struct stack stack;
    const struct eddy_train_options *options;
    struct eddy_sampler sampler;
    struct eddy_team *team;
    struct part *parts;           /* (threads) */
    struct eddy_network *network; /* of the first part; has the whole batch's gradient in the end */
    size_t terms;                 /* of the loss, of all parts */
    /* What the optimiser moves, its moments (Adam's), and how far it is. */
    struct eddy_checkpoint state;
};

static size_t processes(const struct eddy_train_options *o)
{
    return o->group ? o->group->size : 1;
}

static int check(struct eddy_context *context, const struct eddy_dataset *dataset,
                 const struct stack *stack, const struct eddy_train_options *options)
{
    const char *const fault = eddy_train_options_fault(options);
    if (fault)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "training: %s", fault);
    if (stack->n_layers == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "the model needs at least one layer");
    if ((options->loss == EDDY_LOSS_CROSS_ENTROPY) != eddy_task_is_class(dataset->task))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the tasks \"class\" and \"next_token\" go with the loss "
                         "\"cross_entropy\", the other tasks with \"mse\"");
    if ((stack->n_encoder > 0) != (dataset->task == EDDY_TASK_TRANSLATE) ||
        stack->n_encoder >= stack->n_layers)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the task \"translate\", and no other, needs an encoder and a decoder");
    const bool embeds = stack->layers[0].cell == EDDY_CELL_EMBEDDING;
    const bool decoder_embeds = stack->layers[stack->n_encoder].cell == EDDY_CELL_EMBEDDING;
    if (embeds != eddy_dataset_reads_tokens(dataset) || decoder_embeds != (dataset->n_tokens > 0))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "an embedding reads tokens, and tokens need one as the first layer");
    const struct eddy_layer_shape *const last = &stack->layers[stack->n_layers - 1];
    const size_t n_out =
        last->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 * last->n_out : last->n_out;
    if (n_out != dataset->n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the last layer has %zu units, the data needs %zu (%s)", n_out,
                         dataset->n_outputs,
                         dataset->labels ? "one for each class" : "one for each target");
    return EDDY_OK;
}

static int check_lengths(const struct trainer *trainer)
{
    struct eddy_context *const context = trainer->context;
    const struct eddy_sampler *const s = &trainer->sampler;
    const size_t count = trainer->dataset->train.count, warmup = trainer->options->warmup_steps;
    if (s->steps == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "training: steps must be at least 1: the data is one long recording");
    if (s->longest > s->steps)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence of the data has %zu steps, those of the training have %zu: "
                         "raise steps, or set it to 0 for the longest",
                         s->longest, s->steps);
    if (s->n_sequences > 0 && s->shortest <= warmup)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence of the data has %zu steps, and warmup_steps is %zu: lower it",
                         s->shortest, warmup);
    if (trainer->options->validate_every && trainer->dataset->validation.count == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "validate_every needs a validation part of the data: set validation");
    if (s->n_sequences == 0 && s->steps > count)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence has %zu steps, the training part %zu samples: lower steps, or "
                         "bring more data",
                         s->steps, count);
    return EDDY_OK;
}

static int check_carry(const struct trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t count = trainer->dataset->train.count;
    bool forward = true;
    for (size_t i = 0; i < trainer->stack.n_layers; i++)
        forward &= trainer->stack.layers[i].direction == EDDY_DIRECTION_FORWARD;
    if (!o->carry)
        return EDDY_OK;
    if (trainer->sampler.n_sequences || !forward || o->checkpoint)
        return eddy_fail(trainer->context, EDDY_ERROR_ARGUMENT,
                         "carry goes with one long recording and forward layers, and without a "
                         "checkpoint");
    if (count / o->batch < trainer->sampler.steps)
        return eddy_fail(
            trainer->context, EDDY_ERROR_SHAPE,
            "with carry each of the %zu sequences of a batch has a stretch of its own: "
            "of %zu samples that is less than %zu steps; lower batch or steps",
            o->batch, count, trainer->sampler.steps);
    return EDDY_OK;
}

static int open_part(const struct trainer *trainer, struct part *part)
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
static int open_parts(struct trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t parts = o->threads * processes(o);
    const size_t before = o->group ? o->group->rank * o->threads : 0;
    int error = EDDY_OK;
    trainer->parts = calloc(o->threads, sizeof *trainer->parts);
    if (!trainer->parts)
        return EDDY_ERROR_MEMORY;
    for (size_t k = 0; k < o->threads && !error; k++) {
        struct part *const part = &trainer->parts[k];
        part->first = (before + k) * o->batch / parts;
        part->batch = (before + k + 1) * o->batch / parts - part->first;
        error = open_part(trainer, part);
    }
    trainer->network = trainer->parts[0].network;
    return error ? error : eddy_team_create(o->threads, &trainer->team);
}

/* Weights, moments and randomness of a new training. */
static int begin(struct trainer *trainer)
{
    struct eddy_checkpoint *const state = &trainer->state;
    state->params_elems = trainer->network->params_elems;
    state->weights = calloc(state->params_elems, sizeof(float));
    state->first_moment = calloc(state->params_elems, sizeof(float));
    state->second_moment = calloc(state->params_elems, sizeof(float));
    state->best = calloc(state->params_elems, sizeof(float));
    if (!state->weights || !state->first_moment || !state->second_moment || !state->best)
        return EDDY_ERROR_MEMORY;
    eddy_random_seed(&state->random, trainer->options->seed);
    eddy_network_init(trainer->network, &state->random);
    memcpy(state->weights, trainer->network->params, state->params_elems * sizeof(float));
    return EDDY_OK;
}

static uint64_t fingerprint_numbers(uint64_t before, size_t n, const double *numbers)
{
    return eddy_fingerprint(before, numbers, n * sizeof *numbers);
}

/* Of all that decides about the bits of a training. */
static uint64_t fingerprint(const struct trainer *trainer)
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
                              (double)d->n_tokens,
                              (double)trainer->sampler.n_sequences,
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
    f = eddy_fingerprint(f, trainer->sampler.x, d->train.count * d->n_inputs * sizeof(float));
    return d->labels ? eddy_fingerprint(f, d->labels, d->train.count * sizeof(int))
                     : eddy_fingerprint(f, trainer->sampler.target,
                                        d->train.count * d->n_outputs * sizeof(float));
}

/* Returns an error whose detail is recorded. */
static int open_trainer(struct trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    int error = eddy_sampler_open(trainer->dataset, o->seed, o->steps, &trainer->sampler);
    if (!error) {
        error = check_lengths(trainer);
        if (!error)
            error = check_carry(trainer);
        if (error)
            return error;
        if (o->carry)
            eddy_sampler_follow(&trainer->sampler, o->batch);
        error = open_parts(trainer);
    }
    if (!error)
        error = begin(trainer);
    if (error)
        return eddy_fail(trainer->context, error,
                         error == EDDY_ERROR_MEMORY
                             ? "out of memory for the training: lower batch, steps or units"
                             : "a layer is of a cell or direction that the training does not have, "
                               "has no units, or too many for a batch");
    if (!o->checkpoint)
        return EDDY_OK;
    trainer->state.run = fingerprint(trainer);
    return o->resume ? eddy_checkpoint_read(trainer->context, o->checkpoint, &trainer->state)
                     : EDDY_OK;
}

static void close_trainer(struct trainer *trainer)
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
}

/* Every process draws the whole batch, and so keeps the same randomness. */
static void draw_batch(struct trainer *trainer)
{
    const size_t batch = trainer->options->batch, n = trainer->state.batch * batch;
    struct part *part = trainer->parts;
    const struct part *const end = part + trainer->options->threads;
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
static void seed_dropout(struct trainer *trainer)
{
    const uint64_t seed = eddy_random_next(&trainer->state.random);
    for (size_t k = 0; k < trainer->options->threads; k++)
        eddy_random_seed(&trainer->parts[k].network->random, seed + trainer->parts[k].first);
}

/* The weights as the device will hold them. */
static void round_params(const struct trainer *trainer)
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

static void set_params(const struct trainer *trainer, bool rounded)
{
    memcpy(trainer->network->params, trainer->state.weights,
           trainer->state.params_elems * sizeof(float));
    if (rounded)
        round_params(trainer);
}

/* Loss and gradient of a part, with the parameters of the first. */
static void pass_part(void *arg, size_t k)
{
    const struct trainer *const trainer = arg;
    const struct eddy_train_options *const o = trainer->options;
    struct part *const part = &trainer->parts[k];
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
static int sum_number(const struct trainer *trainer, double *number)
{
    const struct eddy_train_group *const group = trainer->options->group;
    return group ? group->sum_doubles(group->arg, 1, number) : EDDY_OK;
}

static int count_terms(struct trainer *trainer)
{
    double terms = 0;
    for (size_t k = 0; k < trainer->options->threads; k++)
        terms += (double)eddy_loss_terms(trainer->parts[k].network, trainer->options->warmup_steps);
    const int error = sum_number(trainer, &terms);
    trainer->terms = (size_t)terms;
    return error;
}

/* The mini-batch's loss, and its gradient, into the first part's. */
static int pass(struct trainer *trainer, double *loss)
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

static int train_batch(struct trainer *trainer, struct eddy_train_progress *progress)
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

/* Layers [first, end) as a model. */
static int store(const struct trainer *trainer, size_t first, size_t end, struct eddy_model **model)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const int error = eddy_model_create(trainer->context, trainer->network->layers[first].size.n_in,
                                        end - first, trainer->stack.layers + first, model);
    if (error)
        return error;
    eddy_network_store(trainer->network, first, *model);
    if (first == 0) { /* a decoder reads what is not scaled */
        memcpy((*model)->in_scale, d->in_scale, d->n_inputs * sizeof(float));
        memcpy((*model)->in_offset, d->in_offset, d->n_inputs * sizeof(float));
    }
    if (end < trainer->stack.n_layers)
        return EDDY_OK;
    memcpy((*model)->out_scale, d->out_scale, d->n_outputs * sizeof(float));
    memcpy((*model)->out_offset, d->out_offset, d->n_outputs * sizeof(float));
    (*model)->residual = d->residual;
    return EDDY_OK;
}

/* What the parameters of the network are, as models; of one stack only the second. */
static int store_models(const struct trainer *trainer, struct eddy_model *models[2])
{
    const size_t n_encoder = trainer->stack.n_encoder;
    int error = n_encoder ? store(trainer, 0, n_encoder, &models[0]) : EDDY_OK;
    if (!error)
        error = store(trainer, n_encoder, trainer->stack.n_layers, &models[1]);
    return error;
}

static void free_models(struct eddy_model *models[2])
{
    eddy_model_free(models[0]);
    eddy_model_free(models[1]);
}

/* Measures the validation part, and keeps the weights when they are better. */
static int validate(struct trainer *trainer, double *score)
{
    const struct eddy_dataset *const d = trainer->dataset;
    struct eddy_checkpoint *const state = &trainer->state;
    struct eddy_model *models[2] = {NULL, NULL};
    struct eddy_evaluation e;
    set_params(trainer, trainer->options->weight_bits != 0);
    int error = store_models(trainer, models);
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
static int ask(const struct trainer *trainer, const struct eddy_train_progress *progress,
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

static int keep(const struct trainer *trainer, bool stop)
{
    const struct eddy_train_options *const o = trainer->options;
    const bool due = o->checkpoint_every && trainer->state.batch % o->checkpoint_every == 0;
    if (!o->checkpoint || !(stop || due) || (o->group && o->group->rank > 0))
        return EDDY_OK;
    return eddy_checkpoint_write(trainer->context, o->checkpoint, &trainer->state);
}

/* Whether validation has not become better for too long. */
static bool is_over(const struct trainer *trainer)
{
    const size_t patience = trainer->options->patience;
    return patience && trainer->state.validations - trainer->state.last_better >= patience;
}

static int run(struct trainer *trainer)
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
    struct trainer trainer = {.context = context,
                              .dataset = dataset,
                              .stack = {n_encoder, n_layers, shapes},
                              .options = options};
    struct eddy_model *models[2] = {NULL, NULL};
    const int threads = openblas_get_num_threads();
    int error = check(context, dataset, &trainer.stack, options);
    if (error)
        return error;
    openblas_set_num_threads(1);
    error = open_trainer(&trainer);
    if (!error)
        error = run(&trainer);
    if (!error)
        error = store_models(&trainer, models);
    if (error) {
        free_models(models);
    } else {
        if (n_encoder)
            *encoder = models[0];
        *decoder = models[1];
    }
    openblas_set_num_threads(threads);
    close_trainer(&trainer);
    return error;
}

int eddy_train(struct eddy_context *context, const struct eddy_dataset *dataset, size_t n_layers,
               const struct eddy_layer_shape *shapes, const struct eddy_train_options *options,
               struct eddy_model **model)
{
    return eddy_train_pair(context, dataset, 0, n_layers, shapes, options, NULL, model);
}
