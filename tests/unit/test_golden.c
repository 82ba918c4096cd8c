/* test_golden.c -- models written by other people's exporters (tests/golden, see the scripts there): float: answers what
 * the exporter's own reference does, or the file is refused as refusals.txt says; and whatever is changed in them,
 * reading never crashes. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"
#include "model/table.h"

#include <onnx.pb-c.h>

#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "tests/golden/"
#define SUFFIX ".onnx"

static glob_t models;
static char scratch[] = "/tmp/eddy_golden_XXXXXX";

static int set_up(void **state)
{
    const int file = mkstemp(scratch);
    if (file < 0 || close(file) || glob(FOLDER "*/*" SUFFIX, 0, NULL, &models))
        return -1;
    return open_context(state);
}

static int tear_down(void **state)
{
    globfree(&models);
    unlink(scratch);
    return close_context(state);
}

/* "torch/lstm" of its path. */
static void name_of(const char *path, char name[96])
{
    snprintf(name, 96, "%.*s", (int)(strlen(path) - strlen(FOLDER) - strlen(SUFFIX)),
             path + strlen(FOLDER));
}

/* ---- answers ---- */

/* Runs the rows of a table from the initial state; y for the caller to free. */
static float *run(const struct eddy_model *model, const struct eddy_table *x, size_t *n_out)
{
    float *state = calloc(eddy_model_state_elems(model) + 1, sizeof *state);
    float *y = calloc(x->n_rows * eddy_model_outputs(model), sizeof *y);
    eddy_model_initial_state(model, state);
    if (eddy_model_run_sequence(context, model, state, x->n_rows, x->values, y, n_out, NULL, NULL))
        fail_msg("%s", eddy_last_error(context));
    free(state);
    return y;
}

static void check_answers(const char *name, const struct eddy_model *model)
{
    char path[128];
    struct eddy_table x, y;
    size_t n_out;
    snprintf(path, sizeof path, FOLDER "%s.npz", name);
    if (eddy_table_read(context, path, "x", &x) || eddy_table_read(context, path, "y", &y))
        fail_msg("%s", eddy_last_error(context));
    assert_int_equal(eddy_model_inputs(model), x.n_columns);
    assert_int_equal(eddy_model_outputs(model), y.n_columns);
    float *answer = run(model, &x, &n_out);
    assert_int_equal(n_out, y.n_rows);
    for (size_t i = 0; i < y.n_rows * y.n_columns; i++)
        if (!(fabsf(answer[i] - y.values[i]) <= 1e-5f))
            fail_msg("%s: answer %zu is %.9g, not %.9g", name, i, (double)answer[i],
                     (double)y.values[i]);

    /* Written by us and read again it answers bit for bit the same. */
    struct eddy_model *back;
    if (eddy_model_write_onnx(context, model, scratch) ||
        eddy_model_read_onnx(context, scratch, &back))
        fail_msg("%s: %s", name, eddy_last_error(context));
    float *again = run(back, &x, &n_out);
    assert_int_equal(n_out, y.n_rows);
    assert_memory_equal(again, answer, y.n_rows * y.n_columns * sizeof *answer);
    eddy_model_free(back);
    free(again);
    free(answer);
    eddy_table_free(&x);
    eddy_table_free(&y);
}

/* What refusals.txt has behind the name, lines of "NAME: MESSAGE"; "" when it has none. */
static void find_refusal(const char *name, char message[512])
{
    char line[640];
    const size_t length = strlen(name);
    FILE *file = fopen(FOLDER "refusals.txt", "r");
    assert_non_null(file);
    *message = 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0 && strchr(": ", line[length]))
            snprintf(message, 512, "%.*s", (int)strcspn(line + length, "\n"), line + length);
    fclose(file);
}

static void exporters_models_answer_as_their_references(void **state)
{
    (void)state;
    size_t n_answered = 0, n_refused = 0;
    for (size_t i = 0; i < models.gl_pathc; i++) {
        const char *path = models.gl_pathv[i];
        char name[96], message[512];
        struct eddy_model *model;
        name_of(path, name);
        find_refusal(name, message);
        if (!*message) {
            if (eddy_model_read_onnx(context, path, &model))
                fail_msg("%s", eddy_last_error(context));
            check_answers(name, model);
            n_answered++;
        } else {
            assert_int_not_equal(eddy_model_read_onnx(context, path, &model), EDDY_OK);
            assert_int_equal(strncmp(eddy_last_error(context), path, strlen(path)), 0);
            assert_string_equal(eddy_last_error(context) + strlen(path), message);
            n_refused++;
        }
        eddy_model_free(model);
    }
    print_message("%zu models answered, %zu refused\n", n_answered, n_refused);
    assert_true(n_answered >= 30 && n_refused >= 15);
}

/* ---- changed files ---- */

static struct random numbers = {11};

static size_t below(size_t n)
{
    return (size_t)random_between(&numbers, 0, (int)n - 1);
}

static int64_t odd_integer(void)
{
    static const int64_t odd[] = {0,  1,  2, 3,         4,         5,         6,         7,
                                  -1, -2, 8, INT64_MAX, INT64_MIN, INT32_MAX, 1LL << 40, 67108859};
    return odd[below(sizeof odd / sizeof *odd)];
}

static void set(char **text, const char *to)
{
    char *copy = strdup(to ? to : "");
    if (*text && *text != (char *)protobuf_c_empty_string)
        free(*text);
    *text = copy;
}

/* The name of any value of the graph. */
static const char *any_value(const Onnx__GraphProto *graph)
{
    const size_t n = below(graph->n_node + graph->n_initializer + 1);
    if (n < graph->n_node && graph->node[n]->n_output)
        return graph->node[n]->output[below(graph->node[n]->n_output)];
    return n < graph->n_node + graph->n_initializer && n >= graph->n_node
               ? graph->initializer[n - graph->n_node]->name
               : graph->input[0]->name;
}

static void change_attribute(Onnx__NodeProto *node)
{
    if (!node->n_attribute)
        return;
    Onnx__AttributeProto *attribute = node->attribute[below(node->n_attribute)];
    if (attribute->has_i)
        attribute->i = odd_integer();
    if (attribute->n_ints)
        attribute->ints[below(attribute->n_ints)] = odd_integer();
    if (attribute->t && attribute->t->has_raw_data && attribute->t->raw_data.len >= 8)
        memcpy(attribute->t->raw_data.data, &(int64_t){odd_integer()}, 8);
    if (attribute->has_s && strcmp(attribute->name, "direction") == 0) {
        static const char *const directions[] = {"forward", "reverse", "bidirectional"};
        free(attribute->s.data);
        attribute->s.data = (uint8_t *)strdup(directions[below(3)]);
        attribute->s.len = strlen((char *)attribute->s.data);
    }
}

static void change_tensor(Onnx__TensorProto *tensor)
{
    if (tensor->n_dims && below(2))
        tensor->dims[below(tensor->n_dims)] = odd_integer();
    else if (tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 && tensor->raw_data.len >= 8)
        memcpy(tensor->raw_data.data, &(int64_t){odd_integer()}, 8);
    else if (tensor->n_dims > 1) { /* the same elements in another shape */
        const int64_t first = tensor->dims[0];
        tensor->dims[0] = tensor->dims[1];
        tensor->dims[1] = first;
    }
}

static void change_input(Onnx__GraphProto *graph)
{
    Onnx__ValueInfoProto *info = graph->input[0];
    if (!info->type || !info->type->tensor_type || !info->type->tensor_type->shape->n_dim)
        return;
    Onnx__TensorShapeProto *shape = info->type->tensor_type->shape;
    Onnx__TensorShapeProto__Dimension *dim = shape->dim[below(shape->n_dim)];
    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
        dim->dim_value = odd_integer();
    if (below(4) == 0)
        info->type->tensor_type->elem_type = (int32_t)below(12);
}

/* One change that leaves the file well formed. */
static void change(Onnx__ModelProto *file)
{
    static const char *const ops[] = {
        "RNN",     "GRU",       "LSTM",    "Gemm",    "MatMul",
        "Add",     "Mul",       "Div",     "Squeeze", "Unsqueeze",
        "Reshape", "Transpose", "Slice",   "Gather",  "Concat",
        "Shape",   "Expand",    "Softmax", "Relu",    "Identity",
        "Cast",    "Constant",  "Dropout", "Tanh",    "ConstantOfShape",
        "Sub",     "ReduceProd"};
    Onnx__GraphProto *graph = file->graph;
    Onnx__NodeProto *node = graph->node[below(graph->n_node)];
    switch (below(8)) {
    case 0: set(&node->op_type, ops[below(sizeof ops / sizeof *ops)]); break;
    case 1:
        if (node->n_input)
            set(&node->input[below(node->n_input)], any_value(graph));
        break;
    case 2: change_attribute(node); break;
    case 3:
        if (graph->n_initializer)
            change_tensor(graph->initializer[below(graph->n_initializer)]);
        break;
    case 4: change_input(graph); break;
    case 5: set(&graph->output[0]->name, any_value(graph)); break;
    case 6: file->opset_import[0]->version = (int64_t)below(20) + 5; break;
    default:
        if (node->n_input > 1)
            set(&node->input[node->n_input - 1], "");
    }
}

static void store(const uint8_t *bytes, size_t size_bytes)
{
    FILE *file = fopen(scratch, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

/* Reads the scratch file; what is accepted must run, from zero. Returns whether it was. */
static bool try(void)
{
    struct eddy_model *model;
    if (eddy_model_read_onnx(context, scratch, &model)) {
        assert_null(model);
        assert_true(*eddy_last_error(context));
        return false;
    }
    const size_t inputs = eddy_model_inputs(model);
    struct eddy_table x = {3, inputs, calloc(3 * inputs, sizeof(float))};
    size_t n_out;
    assert_non_null(x.values);
    free(run(model, &x, &n_out));
    eddy_table_free(&x);
    eddy_model_free(model);
    return true;
}

static uint8_t *load(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1 << 16);
    *size_bytes = fread(bytes, 1, 1 << 16, file);
    assert_true(feof(file));
    fclose(file);
    return bytes;
}

/* 1 to 3 changes of what the file says. */
static bool try_changed(const uint8_t *bytes, size_t size_bytes)
{
    Onnx__ModelProto *file = onnx__model_proto__unpack(NULL, size_bytes, bytes);
    assert_non_null(file);
    for (size_t n = 0; n <= below(3); n++)
        change(file);
    const size_t size = onnx__model_proto__get_packed_size(file);
    uint8_t *packed = malloc(size);
    onnx__model_proto__pack(file, packed);
    onnx__model_proto__free_unpacked(file, NULL);
    store(packed, size);
    free(packed);
    return try();
}

/* Bytes overwritten, or the end missing. */
static void try_damaged(const uint8_t *bytes, size_t size_bytes)
{
    uint8_t *bad = malloc(size_bytes);
    memcpy(bad, bytes, size_bytes);
    for (size_t n = 0; n <= below(4); n++)
        bad[below(size_bytes)] = (uint8_t)below(256);
    store(bad, below(4) ? size_bytes : below(size_bytes));
    free(bad);
    try();
}

static void changed_models_never_crash(void **state)
{
    (void)state;
    enum { CHANGED = 100, DAMAGED = 40 };
    size_t n_accepted = 0;
    for (size_t i = 0; i < models.gl_pathc; i++) {
        size_t size_bytes;
        uint8_t *bytes = load(models.gl_pathv[i], &size_bytes);
        for (size_t n = 0; n < CHANGED; n++)
            n_accepted += try_changed(bytes, size_bytes);
        for (size_t n = 0; n < DAMAGED; n++)
            try_damaged(bytes, size_bytes);
        free(bytes);
    }
    print_message("%zu of %zu changed models accepted, seed 11\n", n_accepted,
                  models.gl_pathc * CHANGED);
    assert_true(n_accepted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exporters_models_answer_as_their_references),
        cmocka_unit_test(changed_models_never_crash),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
