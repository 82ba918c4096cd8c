/* onnx_write.c -- a model as standard ONNX nodes, layout (time, batch 1, channels):
 *
 *   x -> [Mul in_scale] -> [Add in_offset]
 *     -> [an embedding: Gather of its table by x, then token numbers of layout (time, batch 1)]
 *     -> per recurrent layer: RNN, GRU or LSTM, then Squeeze (the axis of directions), or Transpose and Reshape (two
 *        directions side by side)
 *     -> per dense layer: MatMul -> Add -> [Tanh, Relu or Sigmoid]
 *     -> [Mul out_scale] -> [Add out_offset] -> [Add x] -> [Softmax] -> y
 *
 * Nodes in brackets are written only when they do something. A layer that hands on its last output only is read at Y_h,
 * which is one step to what follows. */
#include "model.h"

#include "lib/context.h"
#include "lib/file.h"

#include <onnx.pb-c.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IR_VERSION = 8,
    OPSET = 17,
    NAME_BYTES = 48,
    MAX_INPUTS = 8,
    MAX_ATTRIBUTES = 6,
    MAX_DIMS = 3
};

/* Protobuf structs with room for what they point to. */
struct node {
    Onnx__NodeProto proto;
    char name[NAME_BYTES], out[NAME_BYTES];
    char in[MAX_INPUTS][NAME_BYTES];
    char *input[MAX_INPUTS], *output[2];
    Onnx__AttributeProto attribute[MAX_ATTRIBUTES], *attributes[MAX_ATTRIBUTES];
    ProtobufCBinaryData activations[6];
    int64_t perm[4];
};

struct tensor {
    Onnx__TensorProto proto;
    char name[NAME_BYTES];
    int64_t dims[MAX_DIMS];
    uint8_t *raw; /* owned */
};

struct writer {
    struct eddy_context *context;
    const char *path;
    size_t n_nodes, n_tensors;
    struct node *nodes;
    struct tensor *tensors;
    Onnx__NodeProto **node_list;
    Onnx__TensorProto **tensor_list;
    const char *value; /* name of what the next node reads */
    bool last;         /* it is one step: the state after the last */
};

static struct node *add_node(struct writer *w, const char *op, const char *name,
                             const char *second_input)
{
    struct node *node = &w->nodes[w->n_nodes];
    w->node_list[w->n_nodes++] = &node->proto;
    onnx__node_proto__init(&node->proto);
    snprintf(node->name, sizeof node->name, "%s", name);
    snprintf(node->out, sizeof node->out, "%s_out", name);
    snprintf(node->in[0], sizeof node->in[0], "%s", w->value);
    snprintf(node->in[1], sizeof node->in[1], "%s", second_input ? second_input : "");
    for (size_t i = 0; i < MAX_INPUTS; i++)
        node->input[i] = node->in[i];
    for (size_t i = 0; i < MAX_ATTRIBUTES; i++)
        node->attributes[i] = &node->attribute[i];
    node->output[0] = node->out;
    node->proto.name = node->name;
    node->proto.op_type = (char *)op;
    node->proto.n_input = second_input ? 2 : 1;
    node->proto.input = node->input;
    node->proto.n_output = 1;
    node->proto.output = node->output;
    node->proto.attribute = node->attributes;
    w->value = node->out;
    return node;
}

static Onnx__AttributeProto *add_attribute(struct node *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = &node->attribute[node->proto.n_attribute++];
    onnx__attribute_proto__init(attribute);
    attribute->name = (char *)name;
    attribute->has_type = 1;
    attribute->type = type;
    return attribute;
}

/* A tensor with n_elems zeros of elem_bytes; the caller fills raw. NULL: out of memory. */
static struct tensor *add_tensor(struct writer *w, const char *name, int32_t type,
                                 size_t elem_bytes, size_t n_dims, const size_t *dims)
{
    struct tensor *tensor = &w->tensors[w->n_tensors];
    size_t n_elems = 1;
    for (size_t i = 0; i < n_dims; i++) {
        tensor->dims[i] = (int64_t)dims[i];
        n_elems *= dims[i];
    }
    tensor->raw = calloc(n_elems, elem_bytes);
    if (!tensor->raw) {
        eddy_fail(w->context, EDDY_ERROR_MEMORY, "out of memory writing %s", w->path);
        return NULL;
    }
    w->tensor_list[w->n_tensors++] = &tensor->proto;
    onnx__tensor_proto__init(&tensor->proto);
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->proto.name = tensor->name;
    tensor->proto.has_data_type = 1;
    tensor->proto.data_type = type;
    tensor->proto.n_dims = n_dims;
    tensor->proto.dims = tensor->dims;
    tensor->proto.has_raw_data = 1;
    tensor->proto.raw_data.data = tensor->raw;
    tensor->proto.raw_data.len = n_elems * elem_bytes;
    return tensor;
}

static void put_float(uint8_t *raw, size_t i, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (size_t byte = 0; byte < sizeof bits; byte++)
        raw[i * sizeof bits + byte] = (uint8_t)(bits >> 8 * byte);
}

/* Values (rows, columns) row-major become raw little-endian data of dims, transposed when asked. */
static int add_floats(struct writer *w, const char *name, const float *values, size_t rows,
                      size_t columns, bool transpose, size_t n_dims, const size_t *dims)
{
    struct tensor *tensor =
        add_tensor(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof(float), n_dims, dims);
    if (!tensor)
        return EDDY_ERROR_MEMORY;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const float value = values[r * columns + c];
            if (!isfinite(value))
                return eddy_fail(w->context, EDDY_ERROR_RANGE,
                                 "%s: %s[%zu] is not finite; the model is not written", w->path,
                                 name, r * columns + c);
            put_float(tensor->raw, transpose ? c * rows + r : r * columns + c, value);
        }
    return EDDY_OK;
}

/* Mul or Add with one value per column, left out when every value is the identity. */
static int write_affine(struct writer *w, const char *op, const char *name, const float *values,
                        size_t n, float identity)
{
    bool needed = false;
    for (size_t i = 0; i < n; i++)
        needed = needed || values[i] != identity;
    if (!needed)
        return EDDY_OK;
    char node_name[NAME_BYTES];
    snprintf(node_name, sizeof node_name, "%s_%s", name, op);
    add_node(w, op, node_name, name);
    return add_floats(w, name, values, 1, n, false, 1, &n);
}

/* B (D, 2 G H): for each direction the biases of W, then those of R, which are 0 but for gru's candidate with
 * linear_before_reset. */
static int write_biases(struct writer *w, const struct eddy_layer *layer, const char *name)
{
    const size_t directions = eddy_layer_directions(layer), h = layer->n_hidden;
    const size_t rows = eddy_cell_gates(layer->cell) * h;
    float *all = calloc(directions * 2 * rows, sizeof *all);
    if (!all)
        return eddy_fail(w->context, EDDY_ERROR_MEMORY, "out of memory writing %s", w->path);
    for (size_t d = 0; d < directions; d++) {
        float *of_w = all + d * 2 * rows;
        memcpy(of_w, layer->b + d * rows, rows * sizeof *all);
        if (layer->rb)
            memcpy(of_w + 2 * rows - h, layer->rb + d * h, h * sizeof *all);
    }
    const int error = add_floats(w, name, all, directions, 2 * rows, false, 2,
                                 (const size_t[]){directions, 2 * rows});
    free(all);
    return error;
}

/* The inputs of a recurrent node behind X, those that there are. */
static int write_inputs(struct writer *w, const struct eddy_layer *layer, const char *name,
                        struct node *node)
{
    static const char *const suffixes[MAX_INPUTS] = {NULL, "w", "r", "b", NULL, "h0", "c0", "p"};
    const size_t h = layer->n_hidden, d = eddy_layer_directions(layer);
    const size_t rows = eddy_cell_gates(layer->cell) * h;
    const float *const values[MAX_INPUTS] = {NULL, layer->w,  layer->r,  layer->b,
                                             NULL, layer->h0, layer->c0, layer->p};
    const size_t columns[MAX_INPUTS] = {0, layer->n_in, h, 0, 0, h, h, 3 * h};
    int error = EDDY_OK;
    for (size_t i = 1; i < MAX_INPUTS && !error; i++) {
        if (!values[i])
            continue;
        snprintf(node->in[i], NAME_BYTES, "%.30s_%s", name, suffixes[i]);
        node->proto.n_input = i + 1;
        const bool matrix = i < 3, state = i == 5 || i == 6;
        const size_t dims[] = {d, matrix ? rows : state ? 1 : columns[i], columns[i]};
        error = i == 3 ? write_biases(w, layer, node->in[i])
                       : add_floats(w, node->in[i], values[i], d * (matrix ? rows : 1), columns[i],
                                    false, matrix || state ? 3 : 2, dims);
    }
    return error;
}

static void add_activations(struct node *node, const struct eddy_layer *layer)
{
    static char tanh_[] = "Tanh", relu[] = "Relu", sigmoid[] = "Sigmoid";
    char *const first = layer->cell != EDDY_CELL_RNN                ? sigmoid
                        : layer->activation == EDDY_ACTIVATION_RELU ? relu
                                                                    : tanh_;
    const size_t n = layer->cell == EDDY_CELL_LSTM ? 3 : layer->cell == EDDY_CELL_GRU ? 2 : 1;
    Onnx__AttributeProto *attribute =
        add_attribute(node, "activations", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    attribute->n_strings = n * eddy_layer_directions(layer);
    for (size_t i = 0; i < attribute->n_strings; i++) {
        char *const text = i % n ? tanh_ : first;
        node->activations[i] = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    }
    attribute->strings = node->activations;
}

static void add_int(struct node *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute =
        add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    attribute->has_i = 1;
    attribute->i = value;
}

static void add_cell_attributes(struct node *node, const struct eddy_layer *layer)
{
    static char *const directions[EDDY_DIRECTIONS] = {
        [EDDY_DIRECTION_FORWARD] = (char *)"forward",
        [EDDY_DIRECTION_REVERSE] = (char *)"reverse",
        [EDDY_DIRECTION_BIDIRECTIONAL] = (char *)"bidirectional",
    };
    char *const direction = directions[layer->direction];
    add_int(node, "hidden_size", (int64_t)layer->n_hidden);
    Onnx__AttributeProto *attribute =
        add_attribute(node, "direction", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    attribute->has_s = 1;
    attribute->s = (ProtobufCBinaryData){strlen(direction), (uint8_t *)direction};
    add_activations(node, layer);
    if (layer->cell == EDDY_CELL_GRU)
        add_int(node, "linear_before_reset", layer->linear_before_reset);
    if (layer->clip > 0) {
        attribute = add_attribute(node, "clip", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
        attribute->has_f = 1;
        attribute->f = layer->clip;
    }
}

/* A list of integers that several nodes share, written once. */
static int share_integers(struct writer *w, const char *name, size_t n, const int64_t *values)
{
    for (size_t i = 0; i < w->n_tensors; i++)
        if (strcmp(w->tensors[i].name, name) == 0)
            return EDDY_OK;
    struct tensor *tensor =
        add_tensor(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, sizeof(int64_t), 1, &n);
    for (size_t i = 0; tensor && i < n; i++)
        for (size_t byte = 0; byte < sizeof(int64_t); byte++)
            tensor->raw[i * sizeof(int64_t) + byte] = (uint8_t)((uint64_t)values[i] >> 8 * byte);
    return tensor ? EDDY_OK : EDDY_ERROR_MEMORY;
}

static void add_transpose(struct writer *w, const char *name, size_t rank, const int64_t *perm)
{
    struct node *node = add_node(w, "Transpose", name, NULL);
    Onnx__AttributeProto *attribute =
        add_attribute(node, "perm", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    memcpy(node->perm, perm, rank * sizeof *perm);
    attribute->n_ints = rank;
    attribute->ints = node->perm;
}

/* Y (time, D, 1, H) or Y_h (D, 1, H) to (time, 1, D H). */
static int write_join(struct writer *w, const struct eddy_layer *layer, const char *name)
{
    char first[NAME_BYTES], second[NAME_BYTES];
    const bool two = eddy_layer_directions(layer) == 2;
    if (!two && layer->last_only)
        return EDDY_OK;
    snprintf(first, sizeof first, "%.30s_%s", name, two ? "transpose" : "squeeze");
    if (!two) {
        add_node(w, "Squeeze", first, "direction_axis");
        return share_integers(w, "direction_axis", 1, (const int64_t[]){1});
    }
    snprintf(second, sizeof second, "%.30s_join", name);
    if (layer->last_only)
        add_transpose(w, first, 3, (const int64_t[]){1, 0, 2});
    else
        add_transpose(w, first, 4, (const int64_t[]){0, 2, 1, 3});
    add_node(w, "Reshape", second, layer->last_only ? "joined_states" : "joined_directions");
    return layer->last_only
               ? share_integers(w, "joined_states", 3, (const int64_t[]){1, 1, -1})
               : share_integers(w, "joined_directions", 3, (const int64_t[]){0, 0, -1});
}

static int write_rnn(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    static char none[] = "";
    const char *const op = layer->cell == EDDY_CELL_LSTM  ? "LSTM"
                           : layer->cell == EDDY_CELL_GRU ? "GRU"
                                                          : "RNN";
    char name[32];
    snprintf(name, sizeof name, "%s_%zu", eddy_cell_name(layer->cell), l);
    struct node *node = add_node(w, op, name, "");
    add_cell_attributes(node, layer);
    if (layer->last_only) {
        node->output[0] = none;
        node->output[1] = node->out;
        node->proto.n_output = 2;
        w->last = true;
    }
    const int error = write_inputs(w, layer, name, node);
    return error ? error : write_join(w, layer, name);
}

/* Table (tokens, n_out). */
static int write_embedding(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    char name[32], table[NAME_BYTES];
    snprintf(name, sizeof name, "embedding_%zu", l);
    snprintf(table, sizeof table, "%s_w", name);
    struct node *node = add_node(w, "Gather", name, "");
    snprintf(node->in[1], NAME_BYTES, "%s", node->in[0]);
    snprintf(node->in[0], NAME_BYTES, "%s", table);
    return add_floats(w, table, layer->w, layer->n_out, layer->n_in, true, 2,
                      (const size_t[]){layer->n_in, layer->n_out});
}

/* What of a model no node is written for, or NULL. */
static const char *unwritten(const struct eddy_model *model)
{
    if (model->n_encoder)
        return "an encoder-decoder";
    if (model->residual && eddy_model_tokens(model))
        return "token numbers added to the outputs";
    for (size_t l = 0; l < model->n_layers; l++)
        if (model->residual && model->layers[l].last_only)
            return "the input added to the last output only";
        else if (model->layers[l].cell == EDDY_CELL_RNN &&
                 model->layers[l].activation != EDDY_ACTIVATION_TANH &&
                 model->layers[l].activation != EDDY_ACTIVATION_RELU)
            return "an rnn layer with an activation other than tanh or ReLU";
    return NULL;
}

static int write_dense(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    static const char *const ops[EDDY_ACTIVATIONS] = {[EDDY_ACTIVATION_TANH] = "Tanh",
                                                      [EDDY_ACTIVATION_RELU] = "Relu",
                                                      [EDDY_ACTIVATION_SIGMOID] = "Sigmoid"};
    static const char *const suffixes[EDDY_ACTIVATIONS] = {[EDDY_ACTIVATION_TANH] = "tanh",
                                                           [EDDY_ACTIVATION_RELU] = "relu",
                                                           [EDDY_ACTIVATION_SIGMOID] = "sigmoid"};
    char matmul[32], weights[NAME_BYTES], add[NAME_BYTES], bias[NAME_BYTES], name[NAME_BYTES];
    snprintf(matmul, sizeof matmul, "dense_%zu", l);
    snprintf(weights, sizeof weights, "%s_w", matmul);
    snprintf(bias, sizeof bias, "%s_b", matmul);
    snprintf(add, sizeof add, "%s_bias", matmul);
    add_node(w, "MatMul", matmul, weights);
    add_node(w, "Add", add, bias);
    if (ops[layer->activation]) {
        snprintf(name, sizeof name, "%s_%s", matmul, suffixes[layer->activation]);
        add_node(w, ops[layer->activation], name, NULL);
    }
    const int error = add_floats(w, weights, layer->w, layer->n_out, layer->n_in, true, 2,
                                 (const size_t[]){layer->n_in, layer->n_out});
    return error ? error : add_floats(w, bias, layer->b, 1, layer->n_out, false, 1, &layer->n_out);
}

static int write_layer(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    switch (layer->cell) {
    case EDDY_CELL_DENSE: return write_dense(w, l, layer);
    case EDDY_CELL_EMBEDDING: return write_embedding(w, l, layer);
    default: return write_rnn(w, l, layer);
    }
}

static int write_nodes(struct writer *w, const struct eddy_model *model)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    const char *const reason = unwritten(model);
    int error = EDDY_OK;
    if (reason)
        return eddy_fail(w->context, EDDY_ERROR_UNSUPPORTED, "%s: %s cannot be written as ONNX",
                         w->path, reason);
    w->value = "x";
    if (!eddy_model_tokens(model)) {
        error = write_affine(w, "Mul", "in_scale", model->in_scale, n_in, 1);
        if (!error)
            error = write_affine(w, "Add", "in_offset", model->in_offset, n_in, 0);
    }
    for (size_t l = 0; !error && l < model->n_layers; l++)
        error = write_layer(w, l, &model->layers[l]);
    if (!error)
        error = write_affine(w, "Mul", "out_scale", model->out_scale, n_out, 1);
    if (!error)
        error = write_affine(w, "Add", "out_offset", model->out_offset, n_out, 0);
    if (!error && model->residual)
        add_node(w, "Add", "residual", "x");
    if (!error && model->softmax)
        add_int(add_node(w, "Softmax", "softmax", NULL), "axis", -1);
    if (!error)
        snprintf(w->nodes[w->n_nodes - 1].out, NAME_BYTES, "y");
    return error;
}

/* A value of shape (time, 1, channels), or of token numbers (time, 1). */
struct value_info {
    Onnx__ValueInfoProto proto;
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dim[3], *dims[3];
};

static void describe_value(struct value_info *info, const char *name, size_t n_channels,
                           bool tokens, bool one_step)
{
    onnx__value_info_proto__init(&info->proto);
    onnx__type_proto__init(&info->type);
    onnx__type_proto__tensor__init(&info->tensor);
    onnx__tensor_shape_proto__init(&info->shape);
    for (size_t i = 0; i < 3; i++) {
        onnx__tensor_shape_proto__dimension__init(&info->dim[i]);
        info->dim[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        info->dim[i].dim_value = i == 2 ? (int64_t)n_channels : 1;
        info->dims[i] = &info->dim[i];
    }
    if (!one_step) {
        info->dim[0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        info->dim[0].dim_param = (char *)"time";
    }
    info->shape.n_dim = tokens ? 2 : 3;
    info->shape.dim = info->dims;
    info->tensor.has_elem_type = 1;
    info->tensor.elem_type =
        tokens ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    info->tensor.shape = &info->shape;
    info->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type.tensor_type = &info->tensor;
    info->proto.name = (char *)name;
    info->proto.type = &info->type;
}

static int write_file(struct writer *w, const struct eddy_model *model)
{
    struct value_info x, y;
    describe_value(&x, "x", eddy_model_inputs(model), eddy_model_tokens(model), false);
    describe_value(&y, "y", eddy_model_outputs(model), false, w->last);
    Onnx__ValueInfoProto *inputs[] = {&x.proto}, *outputs[] = {&y.proto};
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    graph.name = (char *)"eddy";
    graph.n_node = w->n_nodes;
    graph.node = w->node_list;
    graph.n_initializer = w->n_tensors;
    graph.initializer = w->tensor_list;
    graph.n_input = graph.n_output = 1;
    graph.input = inputs;
    graph.output = outputs;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[] = {&opset};
    opset.domain = (char *)"";
    opset.has_version = 1;
    opset.version = OPSET;
    Onnx__ModelProto file = ONNX__MODEL_PROTO__INIT;
    file.has_ir_version = 1;
    file.ir_version = IR_VERSION;
    file.producer_name = (char *)"eddy";
    file.producer_version = (char *)eddy_version();
    file.doc_string = (char *)"eddy: x (time, 1, inputs) -> y (time, 1, outputs)";
    file.n_opset_import = 1;
    file.opset_import = opsets;
    file.graph = &graph;
    const size_t size_bytes = onnx__model_proto__get_packed_size(&file);
    uint8_t *bytes = malloc(size_bytes);
    if (!bytes)
        return eddy_fail(w->context, EDDY_ERROR_MEMORY, "out of memory writing %s", w->path);
    onnx__model_proto__pack(&file, bytes);
    const int error = file_write(w->context, w->path, bytes, size_bytes);
    free(bytes);
    return error;
}

int eddy_model_write_onnx(struct eddy_context *context, const struct eddy_model *model,
                          const char *path)
{
    /* nodes: 4 for scales and offsets, residual, softmax, 3 for a layer; tensors: 4, 3 shared lists, 6 for a layer */
    const size_t capacity = 8 + 6 * model->n_layers;
    struct writer w = {.context = context, .path = path};
    w.nodes = calloc(capacity, sizeof *w.nodes);
    w.tensors = calloc(capacity, sizeof *w.tensors);
    w.node_list = calloc(capacity, sizeof *w.node_list);
    w.tensor_list = calloc(capacity, sizeof *w.tensor_list);
    int error;
    if (!w.nodes || !w.tensors || !w.node_list || !w.tensor_list)
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory writing %s", path);
    else
        error = write_nodes(&w, model);
    if (!error)
        error = write_file(&w, model);
    for (size_t i = 0; i < w.n_tensors; i++)
        free(w.tensors[i].raw);
    free(w.nodes);
    free(w.tensors);
    free(w.node_list);
    free(w.tensor_list);
    return error;
}
