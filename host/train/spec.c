#define _POSIX_C_SOURCE 200809L /* strdup */

#include "spec_fields.h"

#include "lib/context.h"
#include "lib/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const task_names[] = {"next",       "columns",   "class",
                                         "next_token", "translate", NULL};
static const char *const cell_names[] = {"dense", "rnn", "gru", "lstm", "embedding", NULL};
static const char *const direction_names[] = {"forward", "reverse", "bidirectional", NULL};
static const char *const activation_names[] = {"none", "tanh", "relu", "sigmoid", NULL};
static const char *const optimiser_names[] = {"adam", "sgd", NULL};
static const char *const schedule_names[] = {"cosine", "linear", "constant", NULL};
static const char *const loss_names[] = {"mse", "cross_entropy", NULL};

static int take_columns(struct reader *reader, const json_t *inputs, const json_t *targets)
{
    struct eddy_dataset_options *const options = &reader->spec->dataset;
    const bool wanted = options->task == EDDY_TASK_COLUMNS;
    if (wanted != (inputs != NULL) || wanted != (targets != NULL))
        return spec_refuse(reader, wanted == (inputs != NULL) ? "targets" : "inputs",
                           wanted ? "is missing: the task \"columns\" needs inputs and targets"
                                  : "goes with the task \"columns\" only: remove it");
    if (!wanted)
        return EDDY_OK;
    options->n_inputs = json_array_size(inputs);
    options->n_targets = json_array_size(targets);
    size_t *const columns = calloc(options->n_inputs + options->n_targets, sizeof *columns);
    if (!columns)
        return EDDY_ERROR_MEMORY;
    for (size_t i = 0; i < options->n_inputs; i++)
        columns[i] = (size_t)json_integer_value(json_array_get(inputs, i));
    for (size_t i = 0; i < options->n_targets; i++)
        columns[options->n_inputs + i] = (size_t)json_integer_value(json_array_get(targets, i));
    reader->spec->columns = columns;
    options->input_columns = columns;
    options->target_columns = columns + options->n_inputs;
    return EDDY_OK;
}

/* file as seen from the folder of the specification. */
static char *resolve(const char *spec_path, const char *file)
{
    const char *const slash = strrchr(spec_path, '/');
    const size_t folder_bytes = file[0] == '/' || !slash ? 0 : (size_t)(slash - spec_path) + 1;
    char *const path = malloc(folder_bytes + strlen(file) + 1);
    if (path) {
        memcpy(path, spec_path, folder_bytes);
        strcpy(path + folder_bytes, file);
    }
    return path;
}

static int read_data(struct reader *reader, json_t *node)
{
    struct eddy_spec *const spec = reader->spec;
    json_t *inputs = NULL, *targets = NULL;
    char *file = NULL;
    int task = 0;
    const struct field fields[] = {
        {"file", KIND_TEXT, true, &file, 0, 0, NULL},
        {"name", KIND_TEXT, false, &spec->data_name, 0, 0, NULL},
        {"scale", KIND_NUMBER, false, &spec->scale, -1e30, 1e30, NULL},
        {"offset", KIND_NUMBER, false, &spec->offset, -1e30, 1e30, NULL},
        {"task", KIND_CHOICE, true, &task, 0, 0, task_names},
        {"residual", KIND_BOOL, false, &spec->dataset.residual, 0, 0, NULL},
        {"train", KIND_NUMBER, false, &spec->dataset.train, 0.01, 1, NULL},
        {"validation", KIND_NUMBER, false, &spec->dataset.validation, 0, 0.9, NULL},
        {"inputs", KIND_COLUMNS, false, &inputs, 0, 0, NULL},
        {"targets", KIND_COLUMNS, false, &targets, 0, 0, NULL},
        {"sequence_rows", KIND_COUNT, false, &spec->dataset.sequence_rows, 1, 1e9, NULL},
        {"sequence_column", KIND_COUNT, false, &spec->sequence_column, 0, 65535, NULL},
        {"side_column", KIND_COUNT, false, &spec->side_column, 0, 65535, NULL},
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "data.");
    int error = spec_read_object(reader, node, fields);
    if (!error) {
        spec->dataset.task = (enum eddy_task)task;
        spec->data_path = resolve(spec->path, file);
        error = spec->data_path ? take_columns(reader, inputs, targets) : EDDY_ERROR_MEMORY;
    }
    free(file);
    if (!error && json_object_get(node, "sequence_column"))
        spec->dataset.sequence_column = &spec->sequence_column;
    if (!error && json_object_get(node, "side_column"))
        spec->dataset.side_column = &spec->side_column;
    const bool translates = spec->dataset.task == EDDY_TASK_TRANSLATE;
    if (!error && translates != (spec->dataset.side_column != NULL))
        error = spec_refuse(reader, "side_column",
                            translates ? "is missing: the task \"translate\" needs it"
                                       : "goes with the task \"translate\" only: remove it");
    if (!error && translates && !spec->dataset.sequence_column)
        error =
            spec_refuse(reader, "sequence_column", "is missing: the task \"translate\" needs it");
    if (!error && spec->dataset.sequence_column && spec->dataset.sequence_rows)
        error = spec_refuse(reader, "sequence_rows", "goes without sequence_column: remove one");
    if (!error && spec->dataset.residual && spec->dataset.task != EDDY_TASK_NEXT)
        error = spec_refuse(reader, "residual", "goes with the task \"next\" only: remove it");
    return error;
}

/* NULL, or what is wrong with the activation of a cell. */
static const char *activation_fault(enum eddy_cell cell, enum eddy_activation activation)
{
    const bool tanh = activation == EDDY_ACTIVATION_TANH;
    switch (cell) {
    case EDDY_CELL_DENSE: return NULL;
    case EDDY_CELL_RNN:
        return tanh || activation == EDDY_ACTIVATION_RELU ? NULL : "choose one of: tanh, relu";
    case EDDY_CELL_EMBEDDING:
        return activation == EDDY_ACTIVATION_NONE ? NULL : "an embedding has none: remove it";
    default: return tanh ? NULL : "gru and lstm have tanh: remove it";
    }
}

/* list: "layers" or "decoder", whose layer i is layer `to` of all. */
static int read_layer(struct reader *reader, const char *list, size_t i, size_t to, json_t *node)
{
    int cell = 0, activation = -1, direction = 0;
    size_t units = 0;
    bool linear_before_reset = false, peephole = false, last_only = false;
    const struct field fields[] = {
        {"cell", KIND_CHOICE, true, &cell, 0, 0, cell_names},
        {"units", KIND_COUNT, true, &units, 1, 65536, NULL},
        {"activation", KIND_CHOICE, false, &activation, 0, 0, activation_names},
        {"linear_before_reset", KIND_BOOL, false, &linear_before_reset, 0, 0, NULL},
        {"peephole", KIND_BOOL, false, &peephole, 0, 0, NULL},
        {"direction", KIND_CHOICE, false, &direction, 0, 0, direction_names},
        {"last_only", KIND_BOOL, false, &last_only, 0, 0, NULL},
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "model.%s[%zu].", list, i);
    const int error = spec_read_object(reader, node, fields);
    if (error)
        return error;
    if (activation < 0)
        activation = eddy_cell_is_recurrent((enum eddy_cell)cell) ? EDDY_ACTIVATION_TANH
                                                                  : EDDY_ACTIVATION_NONE;
    const char *const fault =
        activation_fault((enum eddy_cell)cell, (enum eddy_activation)activation);
    if (fault)
        return spec_refuse(reader, "activation", fault);
    const bool recurrent = eddy_cell_is_recurrent((enum eddy_cell)cell);
    if (linear_before_reset && cell != EDDY_CELL_GRU)
        return spec_refuse(reader, "linear_before_reset", "goes with gru only: remove it");
    if (peephole && cell != EDDY_CELL_LSTM)
        return spec_refuse(reader, "peephole", "goes with lstm only: remove it");
    if (!recurrent && (direction != EDDY_DIRECTION_FORWARD || last_only))
        return spec_refuse(reader, last_only ? "last_only" : "direction",
                           "goes with rnn, gru and lstm only: remove it");
    if (cell == EDDY_CELL_EMBEDDING && i > 0)
        return spec_refuse(reader, "cell", "an embedding is the first layer");
    if (cell == EDDY_CELL_EMBEDDING)
        reader->spec->dataset.tokens = true;
    reader->spec->layers[to] =
        (struct eddy_layer_shape){.cell = (enum eddy_cell)cell,
                                  .activation = (enum eddy_activation)activation,
                                  .n_out = units,
                                  .direction = (enum eddy_direction)direction,
                                  .last_only = last_only,
                                  .linear_before_reset = linear_before_reset,
                                  .peephole = peephole};
    return EDDY_OK;
}

static int read_model(struct reader *reader, json_t *node)
{
    struct eddy_spec *const spec = reader->spec;
    const bool translates = spec->dataset.task == EDDY_TASK_TRANSLATE;
    json_t *layers = NULL, *decoder = NULL;
    const struct field fields[] = {{"layers", KIND_NODE, true, &layers, 0, 0, NULL},
                                   {"decoder", KIND_NODE, false, &decoder, 0, 0, NULL},
                                   {0}};
    snprintf(reader->where, sizeof reader->where, "model.");
    int error = spec_read_object(reader, node, fields);
    if (error)
        return error;
    const size_t n_layers = json_array_size(layers), n_decoder = json_array_size(decoder);
    if (n_layers == 0 || (decoder && n_decoder == 0))
        return spec_refuse(reader, n_layers ? "decoder" : "layers",
                           "must be a list of layers [ {\"cell\": ...}, ... ]");
    if (translates != (n_decoder > 0))
        return spec_refuse(reader, "decoder",
                           translates ? "is missing: the task \"translate\" needs it"
                                      : "goes with the task \"translate\" only: remove it");
    spec->n_layers = n_layers + n_decoder;
    spec->n_encoder = n_decoder ? n_layers : 0;
    spec->layers = calloc(spec->n_layers, sizeof *spec->layers);
    if (!spec->layers)
        return EDDY_ERROR_MEMORY;
    for (size_t i = 0; i < n_layers && !error; i++)
        error = read_layer(reader, "layers", i, i, json_array_get(layers, i));
    for (size_t i = 0; i < n_decoder && !error; i++)
        error = read_layer(reader, "decoder", i, n_layers + i, json_array_get(decoder, i));
    return error;
}

static int read_training(struct reader *reader, json_t *node)
{
    struct eddy_train_options *const o = &reader->spec->training;
    size_t seed = (size_t)o->seed, weight_bits = o->weight_bits;
    int optimiser = (int)o->optimiser, schedule = (int)o->schedule;
    const bool is_class = eddy_task_is_class(reader->spec->dataset.task);
    const bool sequences =
        reader->spec->dataset.sequence_rows || reader->spec->dataset.sequence_column;
    int loss = is_class ? (int)EDDY_LOSS_CROSS_ENTROPY : (int)o->loss;
    if (sequences)
        o->steps = 0;
    const struct field fields[] = {
        {"loss", KIND_CHOICE, false, &loss, 0, 0, loss_names},
        {"seed", KIND_COUNT, false, &seed, 0, 0x1p53, NULL},
        {"batches", KIND_COUNT, false, &o->batches, 1, 1e9, NULL},
        {"batch", KIND_COUNT, false, &o->batch, 1, 1e6, NULL},
        {"threads", KIND_COUNT, false, &o->threads, 1, 1024, NULL},
        {"epochs", KIND_NUMBER, false, &reader->spec->epochs, 1e-6, 1e9, NULL},
        {"steps", KIND_COUNT, false, &o->steps, 1, 1e6, NULL},
        {"carry", KIND_BOOL, false, &o->carry, 0, 0, NULL},
        {"warmup_steps", KIND_COUNT, false, &o->warmup_steps, 0, 1e6, NULL},
        {"learning_rate", KIND_NUMBER, false, &o->learning_rate, 1e-12, 1e3, NULL},
        {"final_learning_rate", KIND_NUMBER, false, &o->final_learning_rate, 0, 1e3, NULL},
        {"optimiser", KIND_CHOICE, false, &optimiser, 0, 0, optimiser_names},
        {"schedule", KIND_CHOICE, false, &schedule, 0, 0, schedule_names},
        {"rise_batches", KIND_COUNT, false, &o->rise_batches, 0, 1e9, NULL},
        {"momentum", KIND_NUMBER, false, &o->momentum, 0, 0.999999, NULL},
        {"beta1", KIND_NUMBER, false, &o->beta1, 0, 0.999999, NULL},
        {"beta2", KIND_NUMBER, false, &o->beta2, 0, 0.999999, NULL},
        {"epsilon", KIND_NUMBER, false, &o->epsilon, 1e-30, 1, NULL},
        {"weight_decay", KIND_NUMBER, false, &o->weight_decay, 0, 1e3, NULL},
        {"validate_every", KIND_COUNT, false, &o->validate_every, 0, 1e9, NULL},
        {"patience", KIND_COUNT, false, &o->patience, 0, 1e9, NULL},
        {"dropout", KIND_NUMBER, false, &o->dropout, 0, 0.999, NULL},
        {"clip_norm", KIND_NUMBER, false, &o->clip_norm, 0, 1e9, NULL},
        {"weight_bits", KIND_COUNT, false, &weight_bits, 0, 16, NULL},
        {"block_rows", KIND_COUNT, false, &o->block_rows, 1, 65536, NULL},
        {"fixed_point", KIND_BOOL, false, &o->fixed_point, 0, 0, NULL},
        {"round_from", KIND_NUMBER, false, &o->round_from, 0, 1, NULL},
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "training.");
    const int error = node ? spec_read_object(reader, node, fields) : EDDY_OK;
    if (error)
        return error;
    o->loss = (enum eddy_loss)loss;
    o->optimiser = (enum eddy_optimiser)optimiser;
    o->schedule = (enum eddy_schedule)schedule;
    o->seed = seed;
    o->weight_bits = (unsigned)weight_bits;
    if (o->weight_bits == 1)
        return spec_refuse(reader, "weight_bits", "must be 0 (float) or from 2 to 16");
    if (o->fixed_point && o->weight_bits == 0)
        return spec_refuse(reader, "fixed_point", "goes with weight_bits only: set it to 2 to 16");
    if (o->threads > o->batch)
        return spec_refuse(reader, "threads", "must be at most batch: each needs a sequence");
    if (reader->spec->dataset.validation > 0 && o->validate_every == 0)
        return spec_refuse(reader, "validate_every",
                           "is missing: say after how many batches to measure data.validation");
    if (o->steps && o->warmup_steps >= o->steps)
        return spec_refuse(reader, "warmup_steps", "must be less than steps");
    if ((o->loss == EDDY_LOSS_CROSS_ENTROPY) != is_class)
        return spec_refuse(reader, "loss",
                           "the tasks class, next_token and translate go with cross_entropy, the "
                           "other tasks with mse");
    if (reader->spec->epochs > 0 && (!sequences || json_object_get(node, "batches")))
        return spec_refuse(reader, "epochs",
                           sequences ? "goes without batches: remove one"
                                     : "goes with data of sequences only: remove it");
    return EDDY_OK;
}

static int read_root(struct reader *reader, json_t *root)
{
    json_t *data = NULL, *model = NULL, *training = NULL;
    const struct field fields[] = {
        {"data", KIND_NODE, true, &data, 0, 0, NULL},
        {"model", KIND_NODE, true, &model, 0, 0, NULL},
        {"training", KIND_NODE, false, &training, 0, 0, NULL},
        {0},
    };
    int error = spec_read_object(reader, root, fields);
    if (!error)
        error = read_data(reader, data);
    if (!error)
        error = read_model(reader, model);
    return error ? error : read_training(reader, training);
}

int eddy_spec_read(struct eddy_context *context, const char *path, struct eddy_spec **out)
{
    json_error_t fault;
    json_t *root = NULL;
    int error = EDDY_ERROR_MEMORY;
    struct eddy_spec *const spec = calloc(1, sizeof *spec);
    uint8_t *text = NULL;
    size_t text_bytes;
    if (!spec || !(spec->path = strdup(path)))
        goto done;
    spec->scale = 1;
    eddy_dataset_options_init(&spec->dataset);
    eddy_train_options_init(&spec->training);
    error = file_read(context, path, &text, &text_bytes);
    if (error)
        goto done;
    root = json_loadb((const char *)text, text_bytes, JSON_REJECT_DUPLICATES, &fault);
    if (!root) {
        error = eddy_fail(context, EDDY_ERROR_FORMAT, "%s:%d:%d: not JSON: %s", path, fault.line,
                          fault.column, fault.text);
        goto done;
    }
    struct reader reader = {.context = context, .spec = spec};
    error = read_root(&reader, root);
done:
    if (error == EDDY_ERROR_MEMORY)
        eddy_fail(context, error, "%s: out of memory", path);
    free(text);
    json_decref(root);
    if (error)
        eddy_spec_free(spec);
    else
        *out = spec;
    return error;
}

void eddy_spec_free(struct eddy_spec *spec)
{
    if (!spec)
        return;
    free(spec->path);
    free(spec->data_path);
    free(spec->data_name);
    free(spec->columns);
    free(spec->layers);
    free(spec);
}

size_t eddy_spec_batches(const struct eddy_spec *spec, const struct eddy_dataset *dataset)
{
    size_t sequences = 0;
    struct eddy_range s = {0};
    if (spec->epochs <= 0)
        return spec->training.batches;
    while ((s = eddy_dataset_stretch(dataset, dataset->train, s.first + s.count)).count)
        sequences++;
    return (size_t)ceil(spec->epochs * (double)sequences / (double)spec->training.batch);
}

/* Text: a column with one byte a row, as tokens. */
static int read_text(struct eddy_context *context, const char *path, struct eddy_table *table)
{
    uint8_t *bytes;
    size_t n_bytes;
    int error = file_read(context, path, &bytes, &n_bytes);
    if (error)
        return error;
    *table = (struct eddy_table){n_bytes, 1, calloc(n_bytes + 1, sizeof(float))};
    if (!table->values)
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < n_bytes && !error; i++)
        table->values[i] = bytes[i];
    free(bytes);
    return error;
}

static int read_table(struct eddy_context *context, const char *path, const struct eddy_spec *spec,
                      struct eddy_table *table)
{
    if (file_ends_in(path, ".txt"))
        return read_text(context, path, table);
    return eddy_table_read(context, path, spec->data_name, table);
}

/* Whether a column holds numbers of something: classes, tokens or sequences. */
static bool is_number(const struct eddy_spec *spec, size_t column, size_t n_columns)
{
    const struct eddy_dataset_options *const d = &spec->dataset;
    return (d->task == EDDY_TASK_CLASS && column == n_columns - 1) || d->tokens ||
           d->task == EDDY_TASK_NEXT_TOKEN || (d->sequence_column && column == *d->sequence_column);
}

/* Values as the specification scales them. */
static int scale_table(struct eddy_context *context, const struct eddy_spec *spec,
                       struct eddy_table *table)
{
    for (size_t i = 0; i < table->n_rows * table->n_columns; i++) {
        const size_t column = i % table->n_columns;
        if (is_number(spec, column, table->n_columns))
            continue;
        const float value = (float)((double)table->values[i] * spec->scale + spec->offset);
        if (!isfinite(value))
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "row %zu, column %zu (counted from 0): %g * scale + offset is more "
                             "than a float32 holds: lower data.scale",
                             i / table->n_columns, column, (double)table->values[i]);
        table->values[i] = value;
    }
    return EDDY_OK;
}

int eddy_spec_dataset(struct eddy_context *context, const struct eddy_spec *spec,
                      const char *data_path, struct eddy_table *table_out,
                      struct eddy_dataset **dataset)
{
    struct eddy_table table = {0};
    int error = read_table(context, data_path ? data_path : spec->data_path, spec, &table);
    if (error)
        return error;
    error = scale_table(context, spec, &table);
    if (!error)
        error = eddy_dataset_create(context, &table, &spec->dataset, dataset);
    if (error || !table_out)
        eddy_table_free(&table);
    else
        *table_out = table;
    return error;
}
