/* evaluate.c -- how good a model is on a part of a dataset. */
#include "lib/context.h"
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void score_classes(size_t n, size_t n_classes, const float *y, const int *labels,
                          struct eddy_evaluation *evaluation)
{
    size_t right = 0;
    double nats = 0;
    for (size_t i = 0; i < n; i++, y += n_classes) {
        size_t best = 0;
        double sum = 0;
        for (size_t k = 1; k < n_classes; k++)
            best = y[k] > y[best] ? k : best;
        for (size_t k = 0; k < n_classes; k++)
            sum += exp((double)y[k] - (double)y[best]);
        nats += log(sum) + (double)y[best] - (double)y[labels[i]];
        right += best == (size_t)labels[i];
    }
    evaluation->cross_entropy = nats / (double)n;
    evaluation->accuracy = (double)right / (double)n;
}

static void score_values(size_t n, const float *y, const float *target,
                         struct eddy_evaluation *evaluation)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double error = (double)y[i] - (double)target[i];
        sum += error * error;
    }
    evaluation->rmse = sqrt(sum / (double)n);
}

int eddy_evaluate(struct eddy_context *context, const struct eddy_model *model,
                  const struct eddy_dataset *dataset, struct eddy_range range,
                  struct eddy_evaluation *evaluation)
{
    const size_t n_outputs = dataset->n_outputs;
    if (eddy_model_inputs(model) != dataset->n_inputs || eddy_model_outputs(model) != n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the model has %zu inputs and %zu outputs, the data %zu and %zu",
                         eddy_model_inputs(model), eddy_model_outputs(model), dataset->n_inputs,
                         n_outputs);
    if (range.count == 0 || range.first > dataset->n_samples ||
        range.count > dataset->n_samples - range.first)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "that part of the data has no samples");
    float *const state = calloc(eddy_model_state_elems(model), sizeof *state);
    float *const y = calloc(range.count * n_outputs, sizeof *y);
    int error = EDDY_OK;
    if (!state || !y) {
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the evaluation");
        goto done;
    }
    memset(evaluation, 0, sizeof *evaluation);
    evaluation->samples = range.count;
    eddy_model_run_float(model, state, range.count, dataset->raw + range.first * dataset->n_inputs,
                         y);
    if (dataset->labels)
        score_classes(range.count, n_outputs, y, dataset->labels + range.first, evaluation);
    else
        score_values(range.count * n_outputs, y, dataset->target + range.first * n_outputs,
                     evaluation);
done:
    free(state);
    free(y);
    return error;
}
