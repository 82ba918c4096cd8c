#define _POSIX_C_SOURCE 200809L /* strdup */

#include "spec.h"

#include "lib/context.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_COUNT, KIND_BOOL, KIND_CHOICE, KIND_COLUMNS, KIND_NODE };

/* A key of an object and where its value goes. */
struct field {
    const char *key;
    enum kind kind;
    bool required;
    void *to;                   /* char *, double, size_t, bool, int, or json_t * borrowed */
    double min, max;            /* of numbers and counts */
    const char *const *choices; /* NULL-terminated: the index is stored */
};

struct reader {
    struct eddy_context *context;
    struct eddy_spec *spec;
    char where[96]; /* path of the object being read, with the final point, or "" */
};

static const char *const task_names[] = {"next", "columns", "class", NULL};
static const char *const cell_names[] = {"dense", "rnn", "gru", "lstm", NULL};
static const char *const activation_names[] = {"none", "tanh", "relu", "sigmoid", NULL};
static const char *const loss_names[] = {"mse", "cross_entropy", NULL};

static int refuse(const struct reader *reader, const char *key, const char *what)
{
    /* Of an object itself, its path without the final point. */
    const int where_bytes = (int)strlen(reader->where) - (key[0] ? 0 : 1);
    return eddy_fail(reader->context, EDDY_ERROR_FORMAT, "%s: %.*s%s: %s", reader->spec->path,
                     where_bytes, reader->where, key, what);
}

static void join(char *list, size_t size_bytes, const char *word)
{
    const size_t used = strlen(list);
    snprintf(list + used, size_bytes - used, "%s%s", used ? ", " : "", word);
}

static int refuse_choice(const struct reader *reader, const struct field *field)
{
    char list[128] = "", what[160];
    for (size_t i = 0; field->choices[i]; i++)
        join(list, sizeof list, field->choices[i]);
    snprintf(what, sizeof what, "choose one of: %s", list);
    return refuse(reader, field->key, what);
}

static int refuse_unknown(const struct reader *reader, const char *key, const struct field *fields)
{
    char list[256] = "", what[300];
    for (; fields->key; fields++)
        join(list, sizeof list, fields->key);
    snprintf(what, sizeof what, "unknown key; known here: %s", list);
    return refuse(reader, key, what);
}

static int refuse_range(const struct reader *reader, const struct field *field)
{
    char what[128];
    snprintf(what, sizeof what, "must be a %s from %.15g to %.15g",
             field->kind == KIND_COUNT ? "whole number" : "number", field->min, field->max);
    return refuse(reader, field->key, what);
}

static int read_number(const struct reader *reader, const struct field *field, const json_t *value)
{
    const bool is_count = field->kind == KIND_COUNT;
    if (is_count ? !json_is_integer(value) : !json_is_number(value))
        return refuse_range(reader, field);
    const double number = json_number_value(value);
    if (!(number >= field->min && number <= field->max))
        return refuse_range(reader, field);
    if (is_count)
        *(size_t *)field->to = (size_t)json_integer_value(value);
    else
        *(double *)field->to = number;
    return EDDY_OK;
}

static int read_field(const struct reader *reader, const struct field *field, json_t *value)
{
    switch (field->kind) {
    case KIND_TEXT:
        if (!json_is_string(value) || json_string_length(value) == 0)
            return refuse(reader, field->key, "must be a text");
        *(char **)field->to = strdup(json_string_value(value));
        return *(char **)field->to ? EDDY_OK : EDDY_ERROR_MEMORY;
    case KIND_NUMBER:
    case KIND_COUNT: return read_number(reader, field, value);
    case KIND_BOOL:
        if (!json_is_boolean(value))
            return refuse(reader, field->key, "must be true or false");
        *(bool *)field->to = json_is_true(value);
        return EDDY_OK;
    case KIND_CHOICE:
        for (int i = 0; json_is_string(value) && field->choices[i]; i++)
            if (strcmp(json_string_value(value), field->choices[i]) == 0) {
                *(int *)field->to = i;
                return EDDY_OK;
            }
        return refuse_choice(reader, field);
    case KIND_COLUMNS:
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *const column = json_array_get(value, i);
            if (!json_is_integer(column) || json_integer_value(column) < 0)
                value = NULL;
        }
        if (json_array_size(value) == 0)
            return refuse(reader, field->key, "must be a list of column numbers, from 0");
        break;
    case KIND_NODE: break;
    }
    *(json_t **)field->to = value;
    return EDDY_OK;
}

/* Reads an object by its fields (ended by one without key): nothing unknown, nothing required
 * missing. */
static int read_object(const struct reader *reader, json_t *object, const struct field *fields)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return refuse(reader, reader->where[0] ? "" : "the file", "must be an object { ... }");
    json_object_foreach(object, key, value)
    {
        const struct field *field = fields;
        while (field->key && strcmp(field->key, key) != 0)
            field++;
        if (!field->key)
            return refuse_unknown(reader, key, fields);
        const int error = read_field(reader, field, value);
        if (error)
            return error;
    }
    for (; fields->key; fields++)
        if (fields->required && !json_object_get(object, fields->key))
            return fields->kind == KIND_CHOICE ? refuse_choice(reader, fields)
                                               : refuse(reader, fields->key, "is missing");
    return EDDY_OK;
}

static int take_columns(struct reader *reader, const json_t *inputs, const json_t *targets)
{
    struct eddy_dataset_options *const options = &reader->spec->dataset;
    const bool wanted = options->task == EDDY_TASK_COLUMNS;
    if (wanted != (inputs != NULL) || wanted != (targets != NULL))
        return refuse(reader, wanted == (inputs != NULL) ? "targets" : "inputs",
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
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "data.");
    int error = read_object(reader, node, fields);
    if (!error) {
        spec->dataset.task = (enum eddy_task)task;
        spec->data_path = resolve(spec->path, file);
        error = spec->data_path ? take_columns(reader, inputs, targets) : EDDY_ERROR_MEMORY;
    }
    free(file);
    if (!error && spec->dataset.residual && spec->dataset.task != EDDY_TASK_NEXT)
        error = refuse(reader, "residual", "goes with the task \"next\" only: remove it");
    return error;
}

static int read_layer(struct reader *reader, size_t i, json_t *node)
{
    int cell = 0, activation = -1;
    size_t units = 0;
    bool linear_before_reset = false, peephole = false;
    const struct field fields[] = {
        {"cell", KIND_CHOICE, true, &cell, 0, 0, cell_names},
        {"units", KIND_COUNT, true, &units, 1, 65536, NULL},
        {"activation", KIND_CHOICE, false, &activation, 0, 0, activation_names},
        {"linear_before_reset", KIND_BOOL, false, &linear_before_reset, 0, 0, NULL},
        {"peephole", KIND_BOOL, false, &peephole, 0, 0, NULL},
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "model.layers[%zu].", i);
    const int error = read_object(reader, node, fields);
    if (error)
        return error;
    if (activation < 0)
        activation = cell != EDDY_CELL_DENSE ? EDDY_ACTIVATION_TANH : EDDY_ACTIVATION_NONE;
    reader->spec->layers[i] =
        (struct eddy_layer_shape){.cell = (enum eddy_cell)cell,
                                  .activation = (enum eddy_activation)activation,
                                  .n_out = units,
                                  .linear_before_reset = linear_before_reset,
                                  .peephole = peephole};
    return EDDY_OK;
}

static int read_model(struct reader *reader, json_t *node)
{
    json_t *layers = NULL;
    const struct field fields[] = {{"layers", KIND_NODE, true, &layers, 0, 0, NULL}, {0}};
    snprintf(reader->where, sizeof reader->where, "model.");
    int error = read_object(reader, node, fields);
    if (error)
        return error;
    if (json_array_size(layers) == 0)
        return refuse(reader, "layers", "must be a list of layers [ {\"cell\": ...}, ... ]");
    reader->spec->n_layers = json_array_size(layers);
    reader->spec->layers = calloc(reader->spec->n_layers, sizeof *reader->spec->layers);
    if (!reader->spec->layers)
        return EDDY_ERROR_MEMORY;
    for (size_t i = 0; i < reader->spec->n_layers && !error; i++)
        error = read_layer(reader, i, json_array_get(layers, i));
    return error;
}

static int read_training(struct reader *reader, json_t *node)
{
    struct eddy_train_options *const o = &reader->spec->training;
    size_t seed = (size_t)o->seed, weight_bits = o->weight_bits;
    int loss =
        reader->spec->dataset.task == EDDY_TASK_CLASS ? (int)EDDY_LOSS_CROSS_ENTROPY : (int)o->loss;
    const struct field fields[] = {
        {"loss", KIND_CHOICE, false, &loss, 0, 0, loss_names},
        {"seed", KIND_COUNT, false, &seed, 0, 0x1p53, NULL},
        {"batches", KIND_COUNT, false, &o->batches, 1, 1e9, NULL},
        {"batch", KIND_COUNT, false, &o->batch, 1, 1e6, NULL},
        {"threads", KIND_COUNT, false, &o->threads, 1, 1024, NULL},
        {"steps", KIND_COUNT, false, &o->steps, 1, 1e6, NULL},
        {"warmup_steps", KIND_COUNT, false, &o->warmup_steps, 0, 1e6, NULL},
        {"learning_rate", KIND_NUMBER, false, &o->learning_rate, 1e-12, 1e3, NULL},
        {"final_learning_rate", KIND_NUMBER, false, &o->final_learning_rate, 0, 1e3, NULL},
        {"beta1", KIND_NUMBER, false, &o->beta1, 0, 0.999999, NULL},
        {"beta2", KIND_NUMBER, false, &o->beta2, 0, 0.999999, NULL},
        {"epsilon", KIND_NUMBER, false, &o->epsilon, 1e-30, 1, NULL},
        {"weight_decay", KIND_NUMBER, false, &o->weight_decay, 0, 1e3, NULL},
        {"clip_norm", KIND_NUMBER, false, &o->clip_norm, 0, 1e9, NULL},
        {"weight_bits", KIND_COUNT, false, &weight_bits, 0, 16, NULL},
        {"block_rows", KIND_COUNT, false, &o->block_rows, 1, 65536, NULL},
        {"round_from", KIND_NUMBER, false, &o->round_from, 0, 1, NULL},
        {0},
    };
    snprintf(reader->where, sizeof reader->where, "training.");
    const int error = node ? read_object(reader, node, fields) : EDDY_OK;
    if (error)
        return error;
    o->loss = (enum eddy_loss)loss;
    o->seed = seed;
    o->weight_bits = (unsigned)weight_bits;
    if (o->weight_bits == 1)
        return refuse(reader, "weight_bits", "must be 0 (float) or from 2 to 16");
    if (o->threads > o->batch)
        return refuse(reader, "threads", "must be at most batch: each needs a sequence");
    if (o->warmup_steps >= o->steps)
        return refuse(reader, "warmup_steps", "must be less than steps");
    if ((o->loss == EDDY_LOSS_CROSS_ENTROPY) != (reader->spec->dataset.task == EDDY_TASK_CLASS))
        return refuse(reader, "loss",
                      "the task class goes with cross_entropy, the other tasks with mse");
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
    int error = read_object(reader, root, fields);
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
    FILE *const file = fopen(path, "r");
    if (!file) {
        error = eddy_fail(context, EDDY_ERROR_IO, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (!spec || !(spec->path = strdup(path)))
        goto done;
    spec->scale = 1;
    eddy_dataset_options_init(&spec->dataset);
    eddy_train_options_init(&spec->training);
    root = json_loadf(file, JSON_REJECT_DUPLICATES, &fault);
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
    if (file)
        fclose(file);
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

int eddy_spec_dataset(struct eddy_context *context, const struct eddy_spec *spec,
                      const char *data_path, struct eddy_table *table_out,
                      struct eddy_dataset **dataset)
{
    struct eddy_table table = {0};
    int error =
        eddy_table_read(context, data_path ? data_path : spec->data_path, spec->data_name, &table);
    if (error)
        return error;
    for (size_t i = 0; i < table.n_rows * table.n_columns; i++) {
        const bool is_class =
            spec->dataset.task == EDDY_TASK_CLASS && i % table.n_columns == table.n_columns - 1;
        if (!is_class)
            table.values[i] = (float)((double)table.values[i] * spec->scale + spec->offset);
    }
    error = eddy_dataset_create(context, &table, &spec->dataset, dataset);
    if (error || !table_out)
        eddy_table_free(&table);
    else
        *table_out = table;
    return error;
}
