#include "dataset.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>

#define MAX_CLASSES 4096

void eddy_dataset_options_init(struct eddy_dataset_options *options)
{
    *options = (struct eddy_dataset_options){
        .struct_size = sizeof *options, .task = EDDY_TASK_NEXT, .train = 0.8};
}

static int check_columns(struct eddy_context *context, const struct eddy_table *table,
                         const struct eddy_dataset_options *options)
{
    if (options->n_inputs == 0 || options->n_targets == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the task \"columns\" needs at least one input and one target column");
    for (size_t i = 0; i < options->n_inputs + options->n_targets; i++) {
        const size_t column = i < options->n_inputs
                                  ? options->input_columns[i]
                                  : options->target_columns[i - options->n_inputs];
        if (column >= table->n_columns)
            return eddy_fail(context, EDDY_ERROR_SHAPE,
                             "there is no column %zu: the data has columns 0 to %zu", column,
                             table->n_columns - 1);
    }
    return EDDY_OK;
}

static int check_options(struct eddy_context *context, const struct eddy_table *table,
                         const struct eddy_dataset_options *options)
{
    if (options->struct_size != sizeof *options)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "dataset options of another version: call eddy_dataset_options_init()");
    if (!(options->train > 0 && options->train <= 1))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the training fraction is %g: choose it above 0 and up to 1",
                         options->train);
    if (!(options->validation >= 0 && options->validation < 1))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the validation fraction is %g: choose it from 0 to below 1",
                         options->validation);
    if (options->residual && options->task != EDDY_TASK_NEXT)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "residual goes with the task \"next\" only: switch it off");
    if (table->n_rows == 0 || table->n_columns == 0)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "the data is empty");
    if (options->task == EDDY_TASK_CLASS && table->n_columns < 2)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the task \"class\" needs input columns and, last, a column of classes; "
                         "the data has 1 column");
    return options->task == EDDY_TASK_COLUMNS ? check_columns(context, table, options) : EDDY_OK;
}

/* Sets which samples train, validate and test. */
static int split(struct eddy_context *context, const struct eddy_table *table,
                 const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    const size_t lead = options->task == EDDY_TASK_NEXT ? 1 : 0; /* rows a target lies ahead */
    const size_t train_rows = (size_t)((double)table->n_rows * options->train + 0.5);
    const size_t held_rows = (size_t)((double)train_rows * options->validation + 0.5);
    if (train_rows < held_rows + lead + 1)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%zu of %zu rows are left to train on: raise the training fraction "
                         "or bring more data",
                         train_rows - held_rows, table->n_rows);
    dataset->n_samples = table->n_rows - lead;
    dataset->n_test_rows = table->n_rows - train_rows;
    dataset->train = (struct eddy_range){0, train_rows - held_rows - lead};
    if (held_rows > lead)
        dataset->validation = (struct eddy_range){train_rows - held_rows, held_rows - lead};
    if (dataset->n_test_rows > lead)
        dataset->test = (struct eddy_range){train_rows, dataset->n_test_rows - lead};
    return EDDY_OK;
}

static int read_labels(struct eddy_context *context, const struct eddy_table *table,
                       struct eddy_dataset *dataset)
{
    size_t counts[MAX_CLASSES] = {0};
    int last = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        const float value = table->values[(i + 1) * table->n_columns - 1];
        if (!(value >= 0 && value < MAX_CLASSES) || value != truncf(value))
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "row %zu: the class is %g: number the classes 0, 1, 2 ... up to %d",
                             i + 1, (double)value, MAX_CLASSES - 1);
        dataset->labels[i] = (int)value;
        last = dataset->labels[i] > last ? dataset->labels[i] : last;
        if (i < dataset->train.count)
            counts[dataset->labels[i]]++;
    }
    for (int c = 0; c <= last; c++)
        if (counts[c] == 0)
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "class %d of 0 to %d does not occur in the training part (the first "
                             "%zu rows): shuffle the data or raise the training fraction",
                             c, last, dataset->train.count);
    dataset->n_outputs = (size_t)last + 1;
    return EDDY_OK;
}

/* Copies inputs and targets out of the table. */
static void gather(const struct eddy_table *table, const struct eddy_dataset_options *options,
                   struct eddy_dataset *dataset)
{
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const float *const row = table->values + i * table->n_columns;
        float *const raw = dataset->raw + i * dataset->n_inputs;
        for (size_t k = 0; k < dataset->n_inputs; k++)
            raw[k] = row[options->task == EDDY_TASK_COLUMNS ? options->input_columns[k] : k];
        float *const target = dataset->target + i * dataset->n_outputs;
        for (size_t k = 0; dataset->target && k < dataset->n_outputs; k++)
            target[k] = options->task == EDDY_TASK_COLUMNS ? row[options->target_columns[k]]
                                                           : row[table->n_columns + k];
    }
}

/* Mean and deviation of column k of a, or of a - b, over the training samples; a constant has
 * deviation 1. */
static void measure(const struct eddy_dataset *dataset, const float *a, const float *b, size_t n,
                    size_t k, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < dataset->train.count; i++)
        sum += (double)a[i * n + k] - (b ? (double)b[i * n + k] : 0);
    *mean = sum / (double)dataset->train.count;
    for (size_t i = 0; i < dataset->train.count; i++) {
        const double d = (double)a[i * n + k] - (b ? (double)b[i * n + k] : 0) - *mean;
        squares += d * d;
    }
    *deviation = sqrt(squares / (double)dataset->train.count);
    if (*deviation <= 1e-6 * fabs(*mean) || *deviation < 1e-30)
        *deviation = 1;
}

static void normalise(struct eddy_dataset *dataset)
{
    double mean, deviation;
    for (size_t k = 0; k < dataset->n_inputs; k++) {
        measure(dataset, dataset->raw, NULL, dataset->n_inputs, k, &mean, &deviation);
        dataset->in_scale[k] = (float)(1 / deviation);
        dataset->in_offset[k] = (float)(-mean / deviation);
    }
    for (size_t k = 0; k < dataset->n_outputs; k++) {
        dataset->out_scale[k] = 1;
        dataset->out_offset[k] = 0;
        if (!dataset->target)
            continue;
        measure(dataset, dataset->target, dataset->residual ? dataset->raw : NULL,
                dataset->n_outputs, k, &mean, &deviation);
        dataset->out_scale[k] = (float)deviation;
        dataset->out_offset[k] = (float)mean;
    }
}

static int fill(struct eddy_context *context, const struct eddy_table *table,
                const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    const bool is_class = options->task == EDDY_TASK_CLASS;
    dataset->task = options->task;
    dataset->residual = options->residual;
    dataset->n_inputs = dataset->n_outputs = table->n_columns;
    if (options->task == EDDY_TASK_COLUMNS) {
        dataset->n_inputs = options->n_inputs;
        dataset->n_outputs = options->n_targets;
    }
    if (is_class) {
        dataset->n_inputs = table->n_columns - 1;
        dataset->labels = calloc(dataset->n_samples, sizeof *dataset->labels);
        if (!dataset->labels)
            return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
        const int error = read_labels(context, table, dataset);
        if (error)
            return error;
    } else {
        dataset->target = calloc(dataset->n_samples * dataset->n_outputs, sizeof(float));
    }
    dataset->raw = calloc(dataset->n_samples * dataset->n_inputs, sizeof(float));
    dataset->in_scale = calloc(2 * dataset->n_inputs, sizeof(float));
    dataset->out_scale = calloc(2 * dataset->n_outputs, sizeof(float));
    if ((!is_class && !dataset->target) || !dataset->raw || !dataset->in_scale ||
        !dataset->out_scale)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
    dataset->in_offset = dataset->in_scale + dataset->n_inputs;
    dataset->out_offset = dataset->out_scale + dataset->n_outputs;
    gather(table, options, dataset);
    normalise(dataset);
    return EDDY_OK;
}

int eddy_dataset_create(struct eddy_context *context, const struct eddy_table *table,
                        const struct eddy_dataset_options *options, struct eddy_dataset **out)
{
    int error = check_options(context, table, options);
    if (error)
        return error;
    struct eddy_dataset *const dataset = calloc(1, sizeof *dataset);
    if (!dataset)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
    error = split(context, table, options, dataset);
    if (!error)
        error = fill(context, table, options, dataset);
    if (error) {
        eddy_dataset_free(dataset);
        return error;
    }
    *out = dataset;
    return EDDY_OK;
}

void eddy_dataset_free(struct eddy_dataset *dataset)
{
    if (!dataset)
        return;
    free(dataset->raw);
    free(dataset->target);
    free(dataset->labels);
    free(dataset->in_scale);  /* with in_offset */
    free(dataset->out_scale); /* with out_offset */
    free(dataset);
}
