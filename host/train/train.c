#include "train.h"

#include "lib/context.h"
#include "network.h"
#include "rounding.h"
#include "team.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one thread has of every mini-batch. */
struct part {
    struct eddy_network *network; /* for these sequences alone */
    float *target;                /* (T, B of the part, outputs) */
    int *labels;                  /* (T, B of the part) */
    double loss;
};

/* All that a training holds; nothing is allocated once it runs. */
struct trainer {
    const struct eddy_dataset *dataset;
    const struct eddy_train_options *options;
    struct eddy_team *team;
    struct part *parts;           /* (threads) */
    struct eddy_network *network; /* of the first part; has the whole batch's gradient in the end */
    struct eddy_random random;
    size_t terms;      /* of the loss, of all parts */
    float *x, *target; /* the training part, normalised */
    float *weights;    /* (params): what the optimiser moves; the network may see it rounded */
    float *first_moment, *second_moment; /* (params): Adam's */
};

void eddy_train_options_init(struct eddy_train_options *options)
{
    *options = (struct eddy_train_options){
        .struct_size = sizeof *options,
        .loss = EDDY_LOSS_MSE,
        .seed = 1,
        .batches = 1000,
        .batch = 64,
        .threads = 1,
        .steps = 128,
        .learning_rate = 0.003,
        .final_learning_rate = 0.00003,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .clip_norm = 1,
        .block_rows = 1, /* as the device: each row has its own */
    };
}

/* What is wrong with the options, or NULL. */
static const char *find_fault(const struct eddy_train_options *o)
{
    if (o->struct_size != sizeof *o)
        return "options of another version: call eddy_train_options_init()";
    if (o->batches == 0 || o->batch == 0 || o->steps == 0)
        return "batches, batch and steps must be at least 1";
    if (o->threads == 0 || o->threads > o->batch)
        return "threads must be from 1 to batch: each needs a sequence";
    if (o->warmup_steps >= o->steps)
        return "warmup_steps must be less than steps, or no step carries a loss";
    if (!(o->learning_rate > 0 && isfinite(o->learning_rate)) ||
        !(o->final_learning_rate >= 0 && isfinite(o->final_learning_rate)))
        return "learning_rate must be above 0, final_learning_rate at least 0";
    if (!(o->beta1 >= 0 && o->beta1 < 1 && o->beta2 >= 0 && o->beta2 < 1 && o->epsilon > 0))
        return "beta1 and beta2 must be from 0 to below 1, epsilon above 0";
    if (!(o->weight_decay >= 0 && isfinite(o->weight_decay)) || !(o->clip_norm >= 0))
        return "weight_decay and clip_norm must be at least 0";
    if (o->weight_bits != 0 && (o->weight_bits < 2 || o->weight_bits > 16 || o->block_rows == 0))
        return "weight_bits must be 0 (float) or 2 to 16, block_rows at least 1";
    if (!(o->round_from >= 0 && o->round_from <= 1))
        return "round_from must be from 0 to 1";
    return NULL;
}

static int check(struct eddy_context *context, const struct eddy_dataset *dataset, size_t n_layers,
                 const struct eddy_layer_shape *shapes, const struct eddy_train_options *options)
{
    const char *const fault = find_fault(options);
    if (fault)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "training: %s", fault);
    if (n_layers == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "the model needs at least one layer");
    if ((options->loss == EDDY_LOSS_CROSS_ENTROPY) != (dataset->task == EDDY_TASK_CLASS))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the task \"class\" goes with the loss \"cross_entropy\", the other tasks "
                         "with \"mse\"");
    if (shapes[n_layers - 1].n_out != dataset->n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the last layer has %zu units, the data needs %zu (%s)",
                         shapes[n_layers - 1].n_out, dataset->n_outputs,
                         dataset->labels ? "one for each class" : "one for each target");
    if (options->steps > dataset->train.count)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence has %zu steps, the training part %zu samples: lower steps, or "
                         "bring more data",
                         options->steps, dataset->train.count);
    return EDDY_OK;
}

/* Normalises the training part once; targets as the network should give them. */
static void prepare(struct trainer *trainer)
{
    const struct eddy_dataset *const d = trainer->dataset;
    for (size_t i = 0; i < d->train.count * d->n_inputs; i++) {
        const size_t k = i % d->n_inputs;
        trainer->x[i] = d->raw[i] * d->in_scale[k] + d->in_offset[k];
    }
    if (!d->target)
        return;
    for (size_t i = 0; i < d->train.count * d->n_outputs; i++) {
        const size_t k = i % d->n_outputs;
        const float base = d->residual ? d->raw[i] : 0;
        trainer->target[i] = (d->target[i] - base - d->out_offset[k]) / d->out_scale[k];
    }
}

static int open_part(const struct trainer *trainer, size_t n_layers,
                     const struct eddy_layer_shape *shapes, size_t batch, struct part *part)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const size_t steps = trainer->options->steps;
    const struct eddy_network_shape shape = {.n_in = d->n_inputs,
                                             .n_layers = n_layers,
                                             .layers = shapes,
                                             .steps = steps,
                                             .batch = batch};
    const int error = eddy_network_create(&shape, &part->network);
    if (error)
        return error;
    if (d->labels)
        part->labels = calloc(steps * batch, sizeof(int));
    else
        part->target = calloc(steps * batch * d->n_outputs, sizeof(float));
    return part->labels || part->target ? EDDY_OK : EDDY_ERROR_MEMORY;
}

/* The sequences of a mini-batch, as even as they go. */
static int open_parts(struct trainer *trainer, size_t n_layers,
                      const struct eddy_layer_shape *shapes)
{
    const size_t threads = trainer->options->threads, batch = trainer->options->batch;
    int error = EDDY_OK;
    trainer->parts = calloc(threads, sizeof *trainer->parts);
    if (!trainer->parts)
        return EDDY_ERROR_MEMORY;
    for (size_t k = 0; k < threads && !error; k++)
        error = open_part(trainer, n_layers, shapes, batch / threads + (k < batch % threads),
                          &trainer->parts[k]);
    trainer->network = trainer->parts[0].network;
    return error ? error : eddy_team_create(threads, &trainer->team);
}

static int open_trainer(struct trainer *trainer, size_t n_layers,
                        const struct eddy_layer_shape *shapes)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const int error = open_parts(trainer, n_layers, shapes);
    if (error)
        return error;
    const size_t n_params = trainer->network->params_elems;
    trainer->x = calloc(d->train.count * d->n_inputs, sizeof(float));
    trainer->weights = calloc(n_params, sizeof(float));
    trainer->first_moment = calloc(n_params, sizeof(float));
    trainer->second_moment = calloc(n_params, sizeof(float));
    if (!trainer->x || !trainer->weights || !trainer->first_moment || !trainer->second_moment)
        return EDDY_ERROR_MEMORY;
    if (!d->labels) {
        trainer->target = calloc(d->train.count * d->n_outputs, sizeof(float));
        if (!trainer->target)
            return EDDY_ERROR_MEMORY;
    }
    prepare(trainer);
    eddy_random_seed(&trainer->random, trainer->options->seed);
    eddy_network_init(trainer->network, &trainer->random);
    memcpy(trainer->weights, trainer->network->params, n_params * sizeof(float));
    return EDDY_OK;
}

static void close_trainer(struct trainer *trainer)
{
    eddy_team_free(trainer->team);
    for (size_t k = 0; trainer->parts && k < trainer->options->threads; k++) {
        eddy_network_free(trainer->parts[k].network);
        free(trainer->parts[k].target);
        free(trainer->parts[k].labels);
    }
    free(trainer->parts);
    free(trainer->x);
    free(trainer->target);
    free(trainer->weights);
    free(trainer->first_moment);
    free(trainer->second_moment);
}

/* Cuts sequence b of a part out of the training part, from sample `start` on. */
static void cut_sequence(const struct trainer *trainer, struct part *part, size_t b, size_t start)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const size_t batch = part->network->layers[0].size.batch;
    for (size_t t = 0; t < trainer->options->steps; t++) {
        const size_t from = start + t, to = t * batch + b;
        memcpy(part->network->x + to * d->n_inputs, trainer->x + from * d->n_inputs,
               d->n_inputs * sizeof(float));
        if (d->labels)
            part->labels[to] = d->labels[from];
        else
            memcpy(part->target + to * d->n_outputs, trainer->target + from * d->n_outputs,
                   d->n_outputs * sizeof(float));
    }
}

/* A mini-batch: each sequence starts anywhere, evenly likely. */
static void draw_batch(struct trainer *trainer)
{
    const size_t starts = trainer->dataset->train.count - trainer->options->steps + 1;
    for (size_t k = 0; k < trainer->options->threads; k++)
        for (size_t b = 0; b < trainer->parts[k].network->layers[0].size.batch; b++)
            cut_sequence(trainer, &trainer->parts[k], b,
                         eddy_random_below(&trainer->random, starts));
}

/* The weights as the device will hold them into the network. */
static void round_into_network(struct trainer *trainer)
{
    struct eddy_network *const network = trainer->network;
    memcpy(network->params, trainer->weights, network->params_elems * sizeof(float));
    for (size_t i = 0; i < network->n_layers; i++) {
        const struct eddy_cell_size *const size = &network->layers[i].size;
        float *const w = network->params + network->layers[i].params_offset_elems;
        const size_t rows = network->layers[i].ops->gates * size->n_out;
        const bool recurrent = network->layers[i].ops != &eddy_dense_ops;
        eddy_round_weights(trainer->options->weight_bits, trainer->options->block_rows, size->n_in,
                           rows, size->n_out, w, recurrent ? w + rows * size->n_in : NULL);
    }
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

/* The mini-batch's loss, which is returned, and its gradient, into the first part's. */
static double pass(struct trainer *trainer)
{
    struct eddy_network *const network = trainer->network;
    double loss = 0;
    trainer->terms = 0;
    for (size_t k = 0; k < trainer->options->threads; k++)
        trainer->terms +=
            eddy_loss_terms(trainer->parts[k].network, trainer->options->warmup_steps);
    eddy_team_run(trainer->team, pass_part, trainer);
    for (size_t k = 0; k < trainer->options->threads; k++) {
        loss += trainer->parts[k].loss;
        if (k > 0)
            add(network->params_elems, trainer->parts[k].network->gradient, network->gradient);
    }
    return loss;
}

static double clip(struct trainer *trainer)
{
    struct eddy_network *const network = trainer->network;
    double squares = 0;
    for (size_t i = 0; i < network->params_elems; i++)
        squares += (double)network->gradient[i] * (double)network->gradient[i];
    const double norm = sqrt(squares), limit = trainer->options->clip_norm;
    if (limit > 0 && norm > limit)
        for (size_t i = 0; i < network->params_elems; i++)
            network->gradient[i] *= (float)(limit / norm);
    return norm;
}

/* Adam with decoupled weight decay; batch counts from 1. */
EDDY_VECTORS static void update(struct trainer *trainer, size_t batch, double rate)
{
    const struct eddy_train_options *const o = trainer->options;
    const float *const gradient = trainer->network->gradient;
    float *const m = trainer->first_moment, *const v = trainer->second_moment;
    const float beta1 = (float)o->beta1, beta2 = (float)o->beta2;
    const double unbias2 = 1 - pow(o->beta2, (double)batch);
    const float slope = (float)(rate * sqrt(unbias2) / (1 - pow(o->beta1, (double)batch)));
    const float epsilon = (float)(o->epsilon * sqrt(unbias2));
    const float keep = (float)(1 - rate * o->weight_decay);
    for (size_t i = 0; i < trainer->network->params_elems; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * gradient[i];
        v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i];
        trainer->weights[i] = keep * trainer->weights[i] - slope * m[i] / (sqrtf(v[i]) + epsilon);
    }
}

static double rate_at(const struct eddy_train_options *o, size_t done)
{
    const double turn = 3.141592653589793 * (double)done / (double)o->batches;
    return o->final_learning_rate +
           (o->learning_rate - o->final_learning_rate) * 0.5 * (1 + cos(turn));
}

static bool rounds(const struct eddy_train_options *o, size_t done)
{
    return o->weight_bits != 0 && (double)done >= o->round_from * (double)o->batches;
}

/* One batch; `done` batches came before. */
static void train_batch(struct trainer *trainer, size_t done, struct eddy_train_progress *progress)
{
    const struct eddy_train_options *const o = trainer->options;
    struct eddy_network *const network = trainer->network;
    draw_batch(trainer);
    if (rounds(o, done))
        round_into_network(trainer);
    else
        memcpy(network->params, trainer->weights, network->params_elems * sizeof(float));
    progress->loss = pass(trainer);
    progress->gradient_norm = clip(trainer);
    progress->learning_rate = rate_at(o, done);
    progress->batch = done + 1;
    update(trainer, done + 1, progress->learning_rate);
}

static int run(struct eddy_context *context, struct trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    struct eddy_train_progress progress = {.batches = o->batches};
    for (size_t done = 0; done < o->batches; done++) {
        train_batch(trainer, done, &progress);
        if (!isfinite(progress.loss) || !isfinite(progress.gradient_norm))
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "the loss left the finite numbers at batch %zu: lower learning_rate, "
                             "or set clip_norm",
                             done + 1);
        if (o->progress && o->progress(o->progress_arg, &progress))
            break;
    }
    if (o->weight_bits != 0)
        round_into_network(trainer);
    else
        memcpy(trainer->network->params, trainer->weights,
               trainer->network->params_elems * sizeof(float));
    return EDDY_OK;
}

static void store(const struct trainer *trainer, struct eddy_model *model)
{
    const struct eddy_dataset *const d = trainer->dataset;
    eddy_network_store(trainer->network, trainer->network->params, model);
    memcpy(model->in_scale, d->in_scale, d->n_inputs * sizeof(float));
    memcpy(model->in_offset, d->in_offset, d->n_inputs * sizeof(float));
    memcpy(model->out_scale, d->out_scale, d->n_outputs * sizeof(float));
    memcpy(model->out_offset, d->out_offset, d->n_outputs * sizeof(float));
    model->residual = d->residual;
}

int eddy_train(struct eddy_context *context, const struct eddy_dataset *dataset, size_t n_layers,
               const struct eddy_layer_shape *shapes, const struct eddy_train_options *options,
               struct eddy_model **out)
{
    struct eddy_model *model = NULL;
    struct trainer trainer = {.dataset = dataset, .options = options};
    const int threads = openblas_get_num_threads();
    int error = check(context, dataset, n_layers, shapes, options);
    if (error)
        return error;
    openblas_set_num_threads(1);
    error = open_trainer(&trainer, n_layers, shapes);
    if (error) {
        eddy_fail(context, error,
                  error == EDDY_ERROR_MEMORY
                      ? "out of memory for the training: lower batch, steps or units"
                      : "a layer is of a cell or direction that the training does not have, has no "
                        "units, or too many for a batch");
        goto done;
    }
    error = eddy_model_create(context, dataset->n_inputs, n_layers, shapes, &model);
    if (!error)
        error = run(context, &trainer);
    if (error)
        goto done;
    store(&trainer, model);
    *out = model;
    model = NULL;
done:
    openblas_set_num_threads(threads);
    eddy_model_free(model);
    close_trainer(&trainer);
    return error;
}
