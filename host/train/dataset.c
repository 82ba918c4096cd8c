#include "dataset.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>

#define MAX_CLASSES 4096
#define MAX_TOKENS 65536

void eddy_dataset_options_init(struct eddy_dataset_options *options)
{
    *options = (struct eddy_dataset_options){
        .struct_size = sizeof *options, .task = EDDY_TASK_NEXT, .train = 0.8};
}

static bool predicts_tokens(enum eddy_task task)
{
    return task == EDDY_TASK_NEXT_TOKEN || task == EDDY_TASK_TRANSLATE;
}

bool eddy_task_is_class(enum eddy_task task)
{
    return task == EDDY_TASK_CLASS || predicts_tokens(task);
}

/* Rows that a target lies ahead of its sample. */
static size_t lead_of(enum eddy_task task)
{
    return task == EDDY_TASK_NEXT || predicts_tokens(task) ? 1 : 0;
}

/* Columns that are no values. */
static size_t taken_columns(const struct eddy_dataset_options *options)
{
    return (options->sequence_column ? 1 : 0) + (options->side_column ? 1 : 0);
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
    if (options->sequence_column && *options->sequence_column >= table->n_columns)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "there is no column %zu with the number of the sequence: the data has "
                         "columns 0 to %zu",
                         *options->sequence_column, table->n_columns - 1);
    if (options->task == EDDY_TASK_CLASS && options->sequence_column &&
        *options->sequence_column == table->n_columns - 1)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "column %zu is the class, it cannot number the sequences as well",
                         *options->sequence_column);
    const bool sides = options->side_column;
    if (sides != (options->task == EDDY_TASK_TRANSLATE) || (sides && !options->sequence_column))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the task \"translate\", and no other, needs a column that numbers the "
                         "sequences and one that says 0 for source and 1 for answer");
    if (sides && (*options->side_column >= table->n_columns ||
                  *options->side_column == *options->sequence_column))
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "column %zu cannot say what is source and what is answer: the data has "
                         "columns 0 to %zu, and %zu numbers the sequences",
                         *options->side_column, table->n_columns - 1, *options->sequence_column);
    const size_t columns = table->n_columns - taken_columns(options);
    if (columns == 0 || (options->task == EDDY_TASK_CLASS && columns < 2))
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the task needs input columns and, if it is \"class\", last a column of "
                         "classes; the data has %zu column(s) for them",
                         columns);
    return options->task == EDDY_TASK_COLUMNS ? check_columns(context, table, options) : EDDY_OK;
}

/* ---- sequences ---- */

/* Whether row i begins a sequence. */
static bool begins(const struct eddy_table *table, const struct eddy_dataset_options *options,
                   size_t i)
{
    if (i == 0 || i == table->n_rows)
        return true;
    if (options->sequence_rows)
        return i % options->sequence_rows == 0;
    const float *const number = table->values + *options->sequence_column;
    return number[i * table->n_columns] != number[(i - 1) * table->n_columns];
}

/* Rows of the source of the sequence [first, end), which its answer follows; 0 when it is not so. */
static size_t count_source(const struct eddy_table *table,
                           const struct eddy_dataset_options *options, size_t first, size_t end)
{
    const float *const side = table->values + *options->side_column;
    size_t source = first, row;
    while (source < end && side[source * table->n_columns] == 0)
        source++;
    for (row = source; row < end && side[row * table->n_columns] == 1; row++)
        ;
    return row == end && end - source >= 2 ? source - first : 0;
}

/* Beyond 2^24 a float32, as which the table has them, does not tell neighbours apart. */
static int check_numbers(struct eddy_context *context, const struct eddy_table *table,
                         const struct eddy_dataset_options *options)
{
    const float most = 0x1p24F;
    for (size_t i = 0; options->sequence_column && i < table->n_rows; i++) {
        const float number = table->values[i * table->n_columns + *options->sequence_column];
        if (!(fabsf(number) < most))
            return eddy_fail(
                context, EDDY_ERROR_RANGE,
                "row %zu: the number of the sequence is %.0f, and %.0f and more cannot "
                "be told apart: number the sequences from 0",
                i + 1, (double)number, (double)most);
    }
    return EDDY_OK;
}

static int find_sequences(struct eddy_context *context, const struct eddy_table *table,
                          const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    const size_t lead = lead_of(options->task);
    if (!options->sequence_rows && !options->sequence_column)
        return EDDY_OK;
    const int error = check_numbers(context, table, options);
    if (error)
        return error;
    if (options->sequence_rows && table->n_rows % options->sequence_rows != 0)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%zu rows are no whole number of sequences of %zu rows", table->n_rows,
                         options->sequence_rows);
    dataset->sequences = calloc(table->n_rows, sizeof *dataset->sequences);
    if (!dataset->sequences)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
    for (size_t first = 0, i = 1; i <= table->n_rows; i++) {
        if (!begins(table, options, i))
            continue;
        if (i - first <= lead)
            return eddy_fail(context, EDDY_ERROR_SHAPE,
                             "row %zu: the sequence has %zu row(s), the task needs %zu at least",
                             first + 1, i - first, lead + 1);
        const size_t count =
            options->side_column ? count_source(table, options, first, i) : i - first - lead;
        if (count == 0)
            return eddy_fail(context, EDDY_ERROR_SHAPE,
                             "rows %zu to %zu: a sequence needs a source, rows with 0, and then an "
                             "answer, at least two rows with 1",
                             first + 1, i);
        dataset->sequences[dataset->n_sequences++] = (struct eddy_range){first, count};
        first = i;
    }
    return EDDY_OK;
}

struct eddy_range eddy_dataset_stretch(const struct eddy_dataset *dataset, struct eddy_range range,
                                       size_t from)
{
    const size_t end = range.first + range.count;
    size_t low = 0, high = dataset->n_sequences;
    if (dataset->n_sequences == 0)
        return from <= range.first ? range : (struct eddy_range){from, 0};
    from = from < range.first ? range.first : from;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (dataset->sequences[middle].first < from)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == dataset->n_sequences || dataset->sequences[low].first >= end)
        return (struct eddy_range){end, 0};
    const struct eddy_range sequence = dataset->sequences[low];
    const size_t left = end - sequence.first;
    return (struct eddy_range){sequence.first, sequence.count < left ? sequence.count : left};
}

struct eddy_range eddy_dataset_answer(const struct eddy_dataset *dataset, struct eddy_range source)
{
    const struct eddy_range all = {0, dataset->n_samples + 1};
    const size_t first = source.first + source.count;
    return (struct eddy_range){first, eddy_dataset_stretch(dataset, all, first).first - first - 1};
}

/* The row in which unit i begins, a sequence or, without them, a row. */
static size_t row_of(const struct eddy_table *table, const struct eddy_dataset *dataset, size_t i)
{
    if (dataset->n_sequences == 0)
        return i;
    return i < dataset->n_sequences ? dataset->sequences[i].first : table->n_rows;
}

/* Sets which samples train, validate and test: whole sequences, or rows. */
static int split(struct eddy_context *context, const struct eddy_table *table,
                 const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    const size_t lead = lead_of(options->task);
    const size_t units = dataset->n_sequences ? dataset->n_sequences : table->n_rows;
    const size_t least = dataset->n_sequences ? 1 : lead + 1;
    const size_t train = (size_t)((double)units * options->train + 0.5);
    const size_t held = (size_t)((double)train * options->validation + 0.5);
    if (train < held + least)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%zu of %zu %s are left to train on: raise the training fraction "
                         "or bring more data",
                         train - held, units, dataset->n_sequences ? "sequences" : "rows");
    const size_t validation_row = row_of(table, dataset, train - held);
    const size_t test_row = row_of(table, dataset, train);
    dataset->n_samples = table->n_rows - lead;
    dataset->n_test_rows = table->n_rows - test_row;
    dataset->train = (struct eddy_range){0, validation_row - lead};
    if (test_row - validation_row > lead)
        dataset->validation = (struct eddy_range){validation_row, test_row - validation_row - lead};
    if (dataset->n_test_rows > lead)
        dataset->test = (struct eddy_range){test_row, dataset->n_test_rows - lead};
    return EDDY_OK;
}

/* ---- inputs and targets ---- */

/* A value of the table that must be a whole number below `limit`. */
static int read_number(struct eddy_context *context, const struct eddy_table *table, size_t row,
                       size_t column, const char *what, int limit, int *number)
{
    const float value = table->values[row * table->n_columns + column];
    if (!(value >= 0 && value < (float)limit) || value != truncf(value))
        return eddy_fail(context, EDDY_ERROR_RANGE,
                         "row %zu: the %s is %g: number the %s 0, 1, 2 ... up to %d", row + 1, what,
                         (double)value, what[0] == 'c' ? "classes" : "tokens", limit - 1);
    *number = (int)value;
    return EDDY_OK;
}

/* Input column k of the table. */
static size_t input_column(const struct eddy_dataset_options *options, size_t k)
{
    if (options->task == EDDY_TASK_COLUMNS)
        return options->input_columns[k];
    size_t column = 0;
    for (;; column++) {
        const bool taken = (options->sequence_column && column == *options->sequence_column) ||
                           (options->side_column && column == *options->side_column);
        if (!taken && k-- == 0)
            return column;
    }
}

static int expect_all_classes(struct eddy_context *context, const struct eddy_dataset *dataset)
{
    bool occurs[MAX_CLASSES] = {false};
    const struct eddy_range train = dataset->train;
    struct eddy_range stretch = {0};
    while ((stretch = eddy_dataset_stretch(dataset, train, stretch.first + stretch.count)).count)
        for (size_t i = 0; i < stretch.count; i++)
            occurs[dataset->labels[stretch.first + i]] = true;
    for (size_t c = 0; c < dataset->n_outputs; c++)
        if (!occurs[c])
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "class %zu of 0 to %zu does not occur in the training part (the first "
                             "%zu rows): shuffle the data or raise the training fraction",
                             c, dataset->n_outputs - 1, train.count);
    return EDDY_OK;
}

/* Labels of the task class: the last column. */
static int read_labels(struct eddy_context *context, const struct eddy_table *table,
                       struct eddy_dataset *dataset)
{
    int last = 0, error = EDDY_OK;
    for (size_t i = 0; i < table->n_rows && !error; i++) {
        error = read_number(context, table, i, table->n_columns - 1, "class", MAX_CLASSES,
                            &dataset->labels[i]);
        last = !error && dataset->labels[i] > last ? dataset->labels[i] : last;
    }
    dataset->n_outputs = (size_t)last + 1;
    return error ? error : expect_all_classes(context, dataset);
}

static int read_tokens(struct eddy_context *context, const struct eddy_table *table,
                       const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    const bool next = predicts_tokens(options->task);
    const bool vectors = options->side_column && dataset->n_inputs > 1;
    if (dataset->n_inputs != 1 && !(vectors && options->tokens))
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "tokens are one column of numbers; the data has %zu input columns%s",
                         dataset->n_inputs,
                         vectors ? ": begin the decoder, which reads the first of them, with an "
                                   "embedding"
                                 : "");
    for (size_t i = 0; i < table->n_rows; i++) {
        int token = 0;
        if (vectors && table->values[i * table->n_columns + *options->side_column] == 0)
            continue; /* of a source */
        const int error = read_number(context, table, i, input_column(options, 0), "token",
                                      next ? MAX_CLASSES : MAX_TOKENS, &token);
        if (error)
            return error;
        dataset->n_tokens =
            (size_t)token >= dataset->n_tokens ? (size_t)token + 1 : dataset->n_tokens;
        if (next && i > 0)
            dataset->labels[i - 1] = token;
    }
    if (next)
        dataset->n_outputs = dataset->n_tokens;
    if (!options->tokens)
        dataset->n_tokens = 0;
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
            raw[k] = row[input_column(options, k)];
        if (dataset->answers)
            dataset->answers[i] = raw[0];
        float *const target = dataset->target + i * dataset->n_outputs;
        for (size_t k = 0; dataset->target && k < dataset->n_outputs; k++)
            target[k] = options->task == EDDY_TASK_COLUMNS
                            ? row[options->target_columns[k]]
                            : row[table->n_columns + input_column(options, k)];
    }
}

/* Mean and deviation of column k of a, or of a - b, over the training samples; a constant has
 * deviation 1. */
static void measure(const struct eddy_dataset *dataset, const float *a, const float *b, size_t n,
                    size_t k, double *mean, double *deviation)
{
    double sum[2] = {0, 0};
    size_t count = 0;
    *mean = 0;
    for (int power = 0; power < 2; power++) {
        struct eddy_range s = {0};
        count = 0;
        while ((s = eddy_dataset_stretch(dataset, dataset->train, s.first + s.count)).count) {
            for (size_t i = s.first; i < s.first + s.count; i++) {
                const double d = (double)a[i * n + k] - (b ? (double)b[i * n + k] : 0) - *mean;
                sum[power] += power ? d * d : d;
            }
            count += s.count;
        }
        if (power == 0)
            *mean = sum[0] / (double)count;
    }
    *deviation = sqrt(sum[1] / (double)count);
    if (*deviation <= 1e-6 * fabs(*mean) || *deviation < 1e-30)
        *deviation = 1;
}

static int normalise(struct eddy_context *context, struct eddy_dataset *dataset)
{
    double mean, deviation;
    for (size_t k = 0; k < dataset->n_inputs; k++) {
        dataset->in_scale[k] = 1;
        dataset->in_offset[k] = 0;
        if (eddy_dataset_reads_tokens(dataset))
            continue;
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
        if (!isfinite(dataset->out_scale[k]) || !isfinite(dataset->out_offset[k]))
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "target %zu: its differences are more than a float32 holds: scale the "
                             "data down",
                             k + 1);
    }
    return EDDY_OK;
}

/* The labels, or room for the targets; how many outputs there are. */
static int take_targets(struct eddy_context *context, const struct eddy_table *table,
                        const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    int error = EDDY_OK;
    if (eddy_task_is_class(options->task)) {
        dataset->labels = calloc(dataset->n_samples, sizeof *dataset->labels);
        if (!dataset->labels)
            return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
    }
    if (options->task == EDDY_TASK_CLASS)
        error = read_labels(context, table, dataset);
    if (!error && (options->tokens || predicts_tokens(options->task)))
        error = read_tokens(context, table, options, dataset);
    if (error || dataset->labels)
        return error;
    dataset->target = calloc(dataset->n_samples * dataset->n_outputs, sizeof(float));
    return dataset->target ? EDDY_OK
                           : eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
}

static int fill(struct eddy_context *context, const struct eddy_table *table,
                const struct eddy_dataset_options *options, struct eddy_dataset *dataset)
{
    dataset->task = options->task;
    dataset->residual = options->residual;
    dataset->n_inputs = table->n_columns - taken_columns(options);
    dataset->n_outputs = dataset->n_inputs;
    if (options->task == EDDY_TASK_CLASS)
        dataset->n_inputs--;
    if (options->task == EDDY_TASK_COLUMNS) {
        dataset->n_inputs = options->n_inputs;
        dataset->n_outputs = options->n_targets;
    }
    const int error = take_targets(context, table, options, dataset);
    if (error)
        return error;
    dataset->raw = calloc(dataset->n_samples * dataset->n_inputs, sizeof(float));
    dataset->in_scale = calloc(2 * dataset->n_inputs, sizeof(float));
    dataset->out_scale = calloc(2 * dataset->n_outputs, sizeof(float));
    if (options->side_column)
        dataset->answers = calloc(dataset->n_samples, sizeof(float));
    if (!dataset->raw || !dataset->in_scale || !dataset->out_scale ||
        (options->side_column && !dataset->answers))
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for the dataset");
    dataset->in_offset = dataset->in_scale + dataset->n_inputs;
    dataset->out_offset = dataset->out_scale + dataset->n_outputs;
    gather(table, options, dataset);
    return normalise(context, dataset);
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
    error = find_sequences(context, table, options, dataset);
    if (!error)
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
    free(dataset->sequences);
    free(dataset->raw);
    free(dataset->answers);
    free(dataset->target);
    free(dataset->labels);
    free(dataset->in_scale);  /* with in_offset */
    free(dataset->out_scale); /* with out_offset */
    free(dataset);
}
