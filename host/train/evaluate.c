/* evaluate.c -- how good a model is on a part of a dataset. */
#include "lib/context.h"
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sums {
    size_t outputs, right; /* vectors; those with the largest output where it belongs */
    size_t answers, right_answers;
    double nats, squares;
};

static void score_class(size_t n_classes, const float *y, int label, struct sums *sums)
{
    const size_t best = eddy_model_largest(y, n_classes);
    double sum = 0;
    for (size_t k = 0; k < n_classes; k++)
        sum += exp((double)y[k] - (double)y[best]);
    sums->nats += log(sum) + (double)y[best] - (double)y[label];
    sums->right += best == (size_t)label;
}

static void score_values(size_t n, const float *y, const float *target, struct sums *sums)
{
    for (size_t i = 0; i < n; i++) {
        const double error = (double)y[i] - (double)target[i];
        sums->squares += error * error;
    }
}

/* A stretch from the initial state; room: of its longest sequence, y (count, outputs). */
static int run_stretch(struct eddy_context *context, const struct eddy_model *model,
                       const struct eddy_dataset *d, struct eddy_range stretch, float *state,
                       float *y, struct sums *sums)
{
    const float *const x = d->raw + stretch.first * d->n_inputs;
    size_t n_out = stretch.count;
    int error = EDDY_OK;
    eddy_model_initial_state(model, state);
    if (eddy_model_is_causal(model) && !eddy_model_tokens(model))
        eddy_model_run_float(model, state, stretch.count, x, y);
    else
        error =
            eddy_model_run_sequence(context, model, state, stretch.count, x, y, &n_out, NULL, NULL);
    for (size_t i = 0; i < n_out && !error; i++, y += d->n_outputs) {
        const size_t sample = stretch.first + stretch.count - n_out + i;
        if (d->labels)
            score_class(d->n_outputs, y, d->labels[sample], sums);
        else
            score_values(d->n_outputs, y, d->target + sample * d->n_outputs, sums);
    }
    sums->outputs += n_out;
    return error;
}

static int check(struct eddy_context *context, const struct eddy_model *model,
                 const struct eddy_dataset *dataset, struct eddy_range range)
{
    const size_t n_inputs = dataset->answers ? 1 : dataset->n_inputs;
    if (eddy_model_inputs(model) != n_inputs || eddy_model_outputs(model) != dataset->n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the model has %zu inputs and %zu outputs, the data %zu and %zu",
                         eddy_model_inputs(model), eddy_model_outputs(model), n_inputs,
                         dataset->n_outputs);
    if (range.count == 0 || range.first > dataset->n_samples ||
        range.count > dataset->n_samples - range.first)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "that part of the data has no samples");
    return EDDY_OK;
}

int eddy_evaluate(struct eddy_context *context, const struct eddy_model *model,
                  const struct eddy_dataset *dataset, struct eddy_range range,
                  struct eddy_evaluation *evaluation)
{
    struct sums sums = {0};
    struct eddy_range stretch = {0};
    int error = check(context, model, dataset, range);
    if (error)
        return error;
    float *const state = calloc(eddy_model_state_elems(model) + 1, sizeof *state);
    float *const y = calloc(range.count * dataset->n_outputs, sizeof *y);
    if (!state || !y)
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the evaluation");
    while (!error &&
           (stretch = eddy_dataset_stretch(dataset, range, stretch.first + stretch.count)).count)
        error = run_stretch(context, model, dataset, stretch, state, y, &sums);
    free(state);
    free(y);
    if (error)
        return error;
    const double n = (double)sums.outputs;
    *evaluation = (struct eddy_evaluation){.samples = sums.outputs};
    if (dataset->labels) {
        evaluation->cross_entropy = sums.nats / n;
        evaluation->accuracy = (double)sums.right / n;
    } else {
        evaluation->rmse = sqrt(sums.squares / (n * (double)dataset->n_outputs));
    }
    return EDDY_OK;
}

/* ---- encoder and decoder ---- */

/* The state in which the encoder ends. */
static int encode(struct eddy_context *context, const struct eddy_model *encoder,
                  const struct eddy_dataset *d, struct eddy_range source, float *state, float *y)
{
    size_t n_out;
    eddy_model_initial_state(encoder, state);
    return eddy_model_run_sequence(context, encoder, state, source.count,
                                   d->raw + source.first * d->n_inputs, y, &n_out, NULL, NULL);
}

/* Whether the decoder, told the first token of the answer and then its own, gives all of it. */
static bool decode(const struct eddy_model *decoder, const struct eddy_dataset *d,
                   struct eddy_range answer, float *state, float *y)
{
    float token = d->answers[answer.first];
    for (size_t i = answer.first; i < answer.first + answer.count; i++) {
        eddy_model_run_float(decoder, state, 1, &token, y);
        token = (float)eddy_model_largest(y, d->n_outputs);
        if (token != (float)d->labels[i])
            return false;
    }
    return true;
}

/* room: states of both, and y (longest source or answer, outputs). */
static int score_pair(struct eddy_context *context, const struct eddy_model *encoder,
                      const struct eddy_model *decoder, const struct eddy_dataset *d,
                      struct eddy_range source, float *state, float *y, struct sums *sums)
{
    const struct eddy_range answer = eddy_dataset_answer(d, source);
    const size_t elems = eddy_model_state_elems(decoder);
    float *const start = state + elems;
    size_t n_out;
    int error = encode(context, encoder, d, source, start, y);
    memcpy(state, start, elems * sizeof *state);
    if (!error)
        error = eddy_model_run_sequence(context, decoder, state, answer.count,
                                        d->answers + answer.first, y, &n_out, NULL, NULL);
    for (size_t i = 0; i < answer.count && !error; i++)
        score_class(d->n_outputs, y + i * d->n_outputs, d->labels[answer.first + i], sums);
    sums->outputs += answer.count;
    sums->answers++;
    if (!error)
        sums->right_answers += decode(decoder, d, answer, start, y);
    return error;
}

int eddy_evaluate_pair(struct eddy_context *context, const struct eddy_model *encoder,
                       const struct eddy_model *decoder, const struct eddy_dataset *d,
                       struct eddy_range range, struct eddy_evaluation *evaluation)
{
    struct sums sums = {0};
    struct eddy_range source = {0};
    const size_t elems = eddy_model_state_elems(decoder);
    const size_t widest =
        eddy_model_outputs(encoder) > d->n_outputs ? eddy_model_outputs(encoder) : d->n_outputs;
    int error = check(context, decoder, d, range);
    if (error)
        return error;
    if (d->task != EDDY_TASK_TRANSLATE || eddy_model_inputs(encoder) != d->n_inputs ||
        eddy_model_state_elems(encoder) != elems)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "encoder, decoder and data do not belong together");
    float *const state = calloc(2 * elems + 1, sizeof *state);
    float *const y = calloc((range.count + 1) * widest, sizeof *y);
    if (!state || !y)
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the evaluation");
    while (!error && (source = eddy_dataset_stretch(d, range, source.first + source.count)).count)
        error = score_pair(context, encoder, decoder, d, source, state, y, &sums);
    free(state);
    free(y);
    if (!error)
        *evaluation =
            (struct eddy_evaluation){.samples = sums.outputs,
                                     .cross_entropy = sums.nats / (double)sums.outputs,
                                     .accuracy = (double)sums.right_answers / (double)sums.answers};
    return error;
}
