/* onnx_write.c -- a model as standard ONNX nodes, layout (time, batch 1, channels):
 *
 *   x -> [Mul in_scale] -> [Add in_offset]
 *     -> per recurrent layer: RNN, GRU or LSTM -> Squeeze (the axis of directions)
 *     -> per dense layer: MatMul -> Add -> [Tanh]
 *     -> [Mul out_scale] -> [Add out_offset] -> [Add x] -> y
 *
 * Nodes in brackets are written only when they do something. */
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
    MAX_ATTRIBUTES = 4,
    MAX_DIMS = 3
};

/* Protobuf structs with room for what they point to. */
struct node {
    Onnx__NodeProto proto;
    char name[NAME_BYTES], out[NAME_BYTES];
    char in[MAX_INPUTS][NAME_BYTES];
    char *input[MAX_INPUTS], *output[1];
    Onnx__AttributeProto attribute[MAX_ATTRIBUTES], *attributes[MAX_ATTRIBUTES];
    ProtobufCBinaryData activations[3];
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

/* B (1, 2 G H): biases of W, then of R, which are 0 but for gru's candidate with linear_before_reset. */
static int write_biases(struct writer *w, const struct eddy_layer *layer, const char *name)
{
    const size_t rows = eddy_cell_gates(layer->cell) * layer->n_hidden;
    float *all = calloc(2 * rows, sizeof *all);
    if (!all)
        return eddy_fail(w->context, EDDY_ERROR_MEMORY, "out of memory writing %s", w->path);
    memcpy(all, layer->b, rows * sizeof *all);
    if (layer->rb)
        memcpy(all + 2 * rows - layer->n_hidden, layer->rb, layer->n_hidden * sizeof *all);
    const int error =
        add_floats(w, name, all, 1, 2 * rows, false, 2, (const size_t[]){1, 2 * rows});
    free(all);
    return error;
}

static int write_rnn_weights(struct writer *w, const struct eddy_layer *layer,
                             char names[][NAME_BYTES])
{
    const size_t h = layer->n_hidden, rows = eddy_cell_gates(layer->cell) * h;
    int error = add_floats(w, names[1], layer->w, rows, layer->n_in, false, 3,
                           (const size_t[]){1, rows, layer->n_in});
    if (!error)
        error = add_floats(w, names[2], layer->r, rows, h, false, 3, (const size_t[]){1, rows, h});
    if (!error)
        error = write_biases(w, layer, names[3]);
    if (!error && layer->p)
        error = add_floats(w, names[7], layer->p, 1, 3 * h, false, 2, (const size_t[]){1, 3 * h});
    return error;
}

static void add_activations(struct node *node, const struct eddy_layer *layer)
{
    static char tanh_[] = "Tanh", relu[] = "Relu", sigmoid[] = "Sigmoid";
    char *const first = layer->cell != EDDY_CELL_RNN                ? sigmoid
                        : layer->activation == EDDY_ACTIVATION_RELU ? relu
                                                                    : tanh_;
    Onnx__AttributeProto *attribute =
        add_attribute(node, "activations", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    attribute->n_strings = layer->cell == EDDY_CELL_LSTM ? 3 : layer->cell == EDDY_CELL_GRU ? 2 : 1;
    for (size_t i = 0; i < attribute->n_strings; i++) {
        char *const text = i ? tanh_ : first;
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

static int write_rnn(struct writer *w, size_t l, const struct eddy_layer *layer, bool *has_axes)
{
    const char *const op = layer->cell == EDDY_CELL_LSTM  ? "LSTM"
                           : layer->cell == EDDY_CELL_GRU ? "GRU"
                                                          : "RNN";
    char name[32], squeeze[NAME_BYTES];
    snprintf(name, sizeof name, "%s_%zu", eddy_cell_name(layer->cell), l);
    struct node *node = add_node(w, op, name, "");
    node->proto.n_input = layer->p ? 8 : 4;
    snprintf(node->in[1], NAME_BYTES, "%s_w", name);
    snprintf(node->in[2], NAME_BYTES, "%s_r", name);
    snprintf(node->in[3], NAME_BYTES, "%s_b", name);
    if (layer->p)
        snprintf(node->in[7], NAME_BYTES, "%s_p", name);
    add_int(node, "hidden_size", (int64_t)layer->n_hidden);
    Onnx__AttributeProto *attribute =
        add_attribute(node, "direction", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    attribute->has_s = 1;
    attribute->s = (ProtobufCBinaryData){7, (uint8_t *)"forward"};
    add_activations(node, layer);
    if (layer->cell == EDDY_CELL_GRU)
        add_int(node, "linear_before_reset", layer->linear_before_reset);
    snprintf(squeeze, sizeof squeeze, "%s_squeeze", name);
    add_node(w, "Squeeze", squeeze, "direction_axis");
    const int error = write_rnn_weights(w, layer, node->in);
    if (error || *has_axes)
        return error;
    struct tensor *axes = add_tensor(w, "direction_axis", ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
                                     sizeof(int64_t), 1, (const size_t[]){1});
    if (!axes)
        return EDDY_ERROR_MEMORY;
    axes->raw[0] = 1;
    *has_axes = true;
    return EDDY_OK;
}

/* What of a layer no node is written for, or NULL. */
static const char *unwritten(const struct eddy_layer *layer)
{
    const bool dense = layer->cell == EDDY_CELL_DENSE;
    if (layer->cell == EDDY_CELL_EMBEDDING)
        return "an embedding";
    if (layer->direction != EDDY_DIRECTION_FORWARD)
        return "a direction other than forward";
    if (layer->last_only)
        return "the last output only";
    if (layer->clip > 0 || layer->h0 || layer->c0)
        return "clip or an initial state";
    if (dense && layer->activation != EDDY_ACTIVATION_NONE &&
        layer->activation != EDDY_ACTIVATION_TANH)
        return "a dense layer with ReLU or sigmoid";
    if (layer->cell == EDDY_CELL_RNN && layer->activation != EDDY_ACTIVATION_TANH &&
        layer->activation != EDDY_ACTIVATION_RELU)
        return "a recurrent layer without activation";
    return NULL;
}

static int write_dense(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    char matmul[32], weights[NAME_BYTES], add[NAME_BYTES], bias[NAME_BYTES], tanh_name[NAME_BYTES];
    snprintf(matmul, sizeof matmul, "dense_%zu", l);
    snprintf(weights, sizeof weights, "%s_w", matmul);
    snprintf(bias, sizeof bias, "%s_b", matmul);
    snprintf(add, sizeof add, "%s_bias", matmul);
    snprintf(tanh_name, sizeof tanh_name, "%s_tanh", matmul);
    add_node(w, "MatMul", matmul, weights);
    add_node(w, "Add", add, bias);
    if (layer->activation == EDDY_ACTIVATION_TANH)
        add_node(w, "Tanh", tanh_name, NULL);
    const int error = add_floats(w, weights, layer->w, layer->n_out, layer->n_in, true, 2,
                                 (const size_t[]){layer->n_in, layer->n_out});
    return error ? error : add_floats(w, bias, layer->b, 1, layer->n_out, false, 1, &layer->n_out);
}

static int write_nodes(struct writer *w, const struct eddy_model *model)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    bool has_axes = false;
    w->value = "x";
    int error = write_affine(w, "Mul", "in_scale", model->in_scale, n_in, 1);
    if (!error)
        error = write_affine(w, "Add", "in_offset", model->in_offset, n_in, 0);
    for (size_t l = 0; !error && l < model->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        const char *const reason = unwritten(layer);
        if (reason)
            error =
                eddy_fail(w->context, EDDY_ERROR_UNSUPPORTED,
                          "%s: layer %zu: %s cannot be written as ONNX yet", w->path, l, reason);
        else
            error = layer->cell == EDDY_CELL_DENSE ? write_dense(w, l, layer)
                                                   : write_rnn(w, l, layer, &has_axes);
    }
    if (!error && (model->softmax || model->n_encoder))
        error = eddy_fail(w->context, EDDY_ERROR_UNSUPPORTED,
                          "%s: softmax and encoders cannot be written as ONNX yet", w->path);
    if (!error)
        error = write_affine(w, "Mul", "out_scale", model->out_scale, n_out, 1);
    if (!error)
        error = write_affine(w, "Add", "out_offset", model->out_offset, n_out, 0);
    if (!error && model->residual)
        add_node(w, "Add", "residual", "x");
    if (!error)
        snprintf(w->nodes[w->n_nodes - 1].out, NAME_BYTES, "y");
    return error;
}

/* A value of shape (time, 1, channels). */
struct value_info {
    Onnx__ValueInfoProto proto;
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dim[3], *dims[3];
};

static void describe_value(struct value_info *info, const char *name, size_t n_channels)
{
    onnx__value_info_proto__init(&info->proto);
    onnx__type_proto__init(&info->type);
    onnx__type_proto__tensor__init(&info->tensor);
    onnx__tensor_shape_proto__init(&info->shape);
    for (size_t i = 0; i < 3; i++) {
        onnx__tensor_shape_proto__dimension__init(&info->dim[i]);
        info->dim[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        info->dims[i] = &info->dim[i];
    }
    info->dim[0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    info->dim[0].dim_param = (char *)"time";
    info->dim[1].dim_value = 1;
    info->dim[2].dim_value = (int64_t)n_channels;
    info->shape.n_dim = 3;
    info->shape.dim = info->dims;
    info->tensor.has_elem_type = 1;
    info->tensor.elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    info->tensor.shape = &info->shape;
    info->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type.tensor_type = &info->tensor;
    info->proto.name = (char *)name;
    info->proto.type = &info->type;
}

static int write_file(struct writer *w, const struct eddy_model *model)
{
    struct value_info x, y;
    describe_value(&x, "x", eddy_model_inputs(model));
    describe_value(&y, "y", eddy_model_outputs(model));
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
    /* 5 for scales, offsets and the residual, and the shared axis; 4 for a layer */
    const size_t capacity = 6 + 4 * model->n_layers;
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
