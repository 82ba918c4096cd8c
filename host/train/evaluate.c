/* evaluate.c -- how good a model is on a part of a dataset. */
#include "lib/context.h"
#include "train.h"

#include <math.h>
#include <stdlib.h>

struct sums {
    size_t outputs, right; /* vectors; those with the largest output where it belongs */
    double nats, squares;
};

static void score_class(size_t n_classes, const float *y, int label, struct sums *sums)
{
    size_t best = 0;
    double sum = 0;
    for (size_t k = 1; k < n_classes; k++)
        best = y[k] > y[best] ? k : best;
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
    if (eddy_model_inputs(model) != dataset->n_inputs ||
        eddy_model_outputs(model) != dataset->n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the model has %zu inputs and %zu outputs, the data %zu and %zu",
                         eddy_model_inputs(model), eddy_model_outputs(model), dataset->n_inputs,
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
