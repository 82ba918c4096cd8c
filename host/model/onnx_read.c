/* onnx_read.c -- ONNX in. What is read:
 *
 *   RNN (tanh, ReLU), GRU, LSTM with all attributes, every step or the state after the last; Gemm, MatMul; Gather of a
 *   table by the graph's input as an embedding; Tanh, Relu, Sigmoid; Softmax at the end;
 *   Add, Sub, Mul, Div with a constant per channel; Add of the graph's own input at the end;
 *   Identity, Dropout, Cast, Transpose, Squeeze, Unsqueeze, Reshape as far as they only move axes of a batch of 1;
 *   Gather, Slice, Concat of the last step, of directions and of final states; Constant, Shape and what exporters hang on
 *   it to make zero initial states and shapes.
 *
 * Everything else is refused with the node's name, operator and the attribute or tensor in question. */
#include "onnx_import.h"

#include "lib/context.h"
#include "lib/file.h"

#include <stdlib.h>
#include <string.h>

enum {
    OLDEST_OPSET = 7,
    NEWEST_OPSET = 24,
    MAX_NODES = 4096,
    MAX_CHANNELS = 1 << 20,
    MAX_STEPS = 1 << 25, /* of a sequence of fixed length */
};

static int refuse(struct onnx_import *import, int error, const char *what)
{
    return eddy_fail(import->context, error, "%s: %s", import->path, what);
}

static bool is_standard_domain(const char *domain)
{
    return *onnx_text(domain) == 0 || strcmp(domain, "ai.onnx") == 0;
}

static int read_opset(struct onnx_import *import, const Onnx__ModelProto *file)
{
    import->opset = -1;
    for (size_t i = 0; i < file->n_opset_import; i++)
        if (is_standard_domain(file->opset_import[i]->domain))
            import->opset = file->opset_import[i]->version;
    if (import->opset < 0)
        return refuse(import, EDDY_ERROR_FORMAT,
                      "not an ONNX model: it names no operator set; export it again");
    if (import->opset < OLDEST_OPSET || import->opset > NEWEST_OPSET)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s: operator set %lld is not supported, only %d to %d; export with "
                         "opset 17",
                         import->path, (long long)import->opset, OLDEST_OPSET, NEWEST_OPSET);
    return EDDY_OK;
}

static int read_initializers(struct onnx_import *import)
{
    const Onnx__GraphProto *graph = import->graph;
    if (graph->n_sparse_initializer)
        return refuse(import, EDDY_ERROR_UNSUPPORTED,
                      "sparse initializers are not supported; export dense weights");
    import->capacity = graph->n_initializer + 1;
    for (size_t i = 0; i < graph->n_node; i++)
        import->capacity += graph->node[i]->n_output;
    if (graph->n_node > MAX_NODES || import->capacity > 4 * MAX_NODES)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s: a graph of %zu nodes is no stack of layers", import->path,
                         graph->n_node);
    import->values = calloc(import->capacity, sizeof *import->values);
    if (!import->values)
        return refuse(import, EDDY_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const char *name = onnx_text(graph->initializer[i]->name);
        if (!*name || onnx_find(import, name))
            return eddy_fail(import->context, EDDY_ERROR_FORMAT,
                             "%s: initializer '%.80s' has no name or occurs twice", import->path,
                             name);
        import->values[import->n_values++] = (struct onnx_value){
            .name = name, .kind = VALUE_TENSOR, .tensor = graph->initializer[i]};
    }
    return EDDY_OK;
}

/* The lengths of an input or output, -1 where they are not fixed. */
static int read_shape(struct onnx_import *import, const Onnx__ValueInfoProto *info, size_t *rank,
                      int64_t dims[3], bool *integer)
{
    const char *name = onnx_text(info->name);
    const Onnx__TypeProto__Tensor *tensor =
        info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? info->type->tensor_type
            : NULL;
    if (!tensor)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED, "%s: '%.80s' is not a tensor",
                         import->path, name);
    *integer = tensor->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 ||
               tensor->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    if (!*integer && tensor->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
        tensor->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s: '%.80s' has elements of ONNX type %d; export in float32",
                         import->path, name, (int)tensor->elem_type);
    *rank = tensor->shape ? tensor->shape->n_dim : 0;
    for (size_t i = 0; i < *rank && i < 3; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = tensor->shape->dim[i];
        const bool fixed = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims[i] = fixed && dim->dim_value > 0 ? dim->dim_value : -1;
    }
    return EDDY_OK;
}

/* Whether every node that reads a value makes integers of it: token numbers written as float. */
static bool becomes_integer(const Onnx__GraphProto *graph, const char *name)
{
    size_t n_casts = 0;
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_input; k++) {
            if (strcmp(onnx_text(graph->node[i]->input[k]), name) != 0)
                continue;
            const Onnx__AttributeProto *to = onnx_attribute(graph->node[i], "to");
            if (strcmp(onnx_text(graph->node[i]->op_type), "Cast") != 0 || !to ||
                (to->i != ONNX__TENSOR_PROTO__DATA_TYPE__INT32 &&
                 to->i != ONNX__TENSOR_PROTO__DATA_TYPE__INT64))
                return false;
            n_casts++;
        }
    return n_casts > 0;
}

static int check_extents(struct onnx_import *import, const Onnx__ValueInfoProto *info,
                         const int64_t dims[3], size_t rank)
{
    if (rank == 2 && dims[0] > 1 && dims[1] > 1)
        return eddy_fail(import->context, EDDY_ERROR_SHAPE,
                         "%s: input '%.80s' is (%lld, %lld%s): neither time nor batch is free; "
                         "export with batch 1",
                         import->path, onnx_text(info->name), (long long)dims[0],
                         (long long)dims[1], ", ...");
    for (size_t i = 0; i < rank; i++)
        if (dims[i] > MAX_STEPS)
            return eddy_fail(import->context, EDDY_ERROR_SHAPE,
                             "%s: input '%.80s' has an axis of fixed length %lld; export with a "
                             "free or a shorter one",
                             import->path, onnx_text(info->name), (long long)dims[i]);
    return EDDY_OK;
}

/* (time, batch, channels) or (batch, time, channels), of batch 1, or (time, channels); token numbers have no axis of
 * channels. */
static int start_signal(struct onnx_import *import, const Onnx__ValueInfoProto *info)
{
    int64_t dims[3] = {-1, -1, -1};
    size_t rank = 0;
    bool integer;
    int error = read_shape(import, info, &rank, dims, &integer);
    if (error)
        return error;
    const bool tokens = integer || becomes_integer(import->graph, onnx_text(info->name));
    const size_t n_axes = rank - !tokens;
    if (rank < (tokens ? 1U : 2U) || n_axes > 2)
        return eddy_fail(import->context, EDDY_ERROR_SHAPE,
                         "%s: input '%.80s' has %zu axes; Eddy reads (time, batch 1, channels), "
                         "(batch 1, time, channels) or (time, channels)%s",
                         import->path, onnx_text(info->name), rank,
                         tokens ? ", of token numbers without channels" : "");
    const int64_t n_channels = tokens ? 1 : dims[rank - 1];
    if (n_channels < 1 || n_channels > MAX_CHANNELS)
        return eddy_fail(import->context, EDDY_ERROR_SHAPE,
                         "%s: input '%.80s': its last axis has no fixed, sensible length; export "
                         "with a fixed number of channels",
                         import->path, onnx_text(info->name));
    error = check_extents(import, info, dims, n_axes);
    if (error)
        return error;
    import->n_axes = n_axes;
    import->extents[0] = dims[0];
    import->extents[1] = n_axes == 2 ? dims[1] : -1;
    import->has_sequence = n_axes == 1;
    import->sequence = AXIS_FIRST;
    struct onnx_value *x = &import->values[import->n_values++];
    *x = (struct onnx_value){.name = onnx_text(info->name), .kind = VALUE_SIGNAL};
    x->signal = (struct onnx_signal){.rank = rank,
                                     .axes = {AXIS_FIRST, AXIS_SECOND, AXIS_CHANNELS},
                                     .tokens = tokens,
                                     .n_channels = (size_t)n_channels,
                                     .n_parts = 1};
    if (!tokens)
        x->signal.axes[rank - 1] = AXIS_CHANNELS;
    return chain_start(import, (size_t)n_channels);
}

/* The one input; old files list initializers as inputs too. */
static int read_inputs(struct onnx_import *import)
{
    const Onnx__GraphProto *graph = import->graph;
    const Onnx__ValueInfoProto *input = NULL;
    for (size_t i = 0; i < graph->n_input; i++) {
        const char *name = onnx_text(graph->input[i]->name);
        if (onnx_find(import, name))
            continue;
        if (input)
            return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                             "%s has two inputs, '%.60s' and '%.60s'; export with the sequence as "
                             "the only input, and constant initial states",
                             import->path, onnx_text(input->name), name);
        input = graph->input[i];
    }
    if (!input || !*onnx_text(input->name))
        return refuse(import, EDDY_ERROR_FORMAT, "the graph has no input");
    return start_signal(import, input);
}

static const struct onnx_operator *find_operator(const struct onnx_operator *table,
                                                 const char *op_type)
{
    while (table->op_type && strcmp(table->op_type, op_type) != 0)
        table++;
    return table->op_type ? table : NULL;
}

static int check_attributes(struct onnx_import *import, const Onnx__NodeProto *node,
                            const char *known)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        const char *name = onnx_text(node->attribute[i]->name);
        const char *at = *name && !strchr(name, ' ') ? strstr(known, name) : NULL;
        while (at && !(at[-1] == ' ' && at[strlen(name)] == ' '))
            at = strstr(at + 1, name);
        if (!at)
            return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                               "attribute '%.60s' is not supported; export without it", name);
        if (onnx_attribute(node, name) != node->attribute[i])
            return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute '%.60s' occurs twice",
                               name);
    }
    return EDDY_OK;
}

static const struct onnx_operator *operator_of(const Onnx__NodeProto *node)
{
    const struct onnx_operator *const tables[] = {
        onnx_recurrent_operators, onnx_dense_operators,  onnx_elementwise_operators,
        onnx_layout_operators,    onnx_select_operators, onnx_constant_operators,
    };
    const struct onnx_operator *op = NULL;
    for (size_t i = 0; !op && i < sizeof tables / sizeof *tables; i++)
        op = find_operator(tables[i], onnx_text(node->op_type));
    return op;
}

static int run_node(struct onnx_import *import, const Onnx__NodeProto *node)
{
    const struct onnx_operator *op = operator_of(node);
    if (!is_standard_domain(node->domain))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "operator of domain '%.60s' is not supported; use standard ONNX "
                           "operators",
                           node->domain);
    if (!op)
        return onnx_refuse(
            import, node, EDDY_ERROR_UNSUPPORTED,
            "operator not supported; Eddy reads RNN, GRU, LSTM, Gemm, MatMul, embeddings, "
            "activations, and Add, Sub, Mul, Div with constants");
    if (strcmp(op->attributes, ONNX_ANY_ATTRIBUTE) != 0) {
        const int error = check_attributes(import, node, op->attributes);
        if (error)
            return error;
    }
    return op->handler(import, node);
}

/* Loops first: what exporters compute around them would be refused for lesser reasons. */
static int refuse_loops(struct onnx_import *import)
{
    static const char *const loops[] = {"Loop", "Scan", "If"};
    for (import->node_index = 0; import->node_index < import->graph->n_node; import->node_index++)
        for (size_t k = 0; k < sizeof loops / sizeof *loops; k++) {
            const Onnx__NodeProto *node = import->graph->node[import->node_index];
            if (strcmp(onnx_text(node->op_type), loops[k]) == 0)
                return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                                   "loops and branches are not supported; export the layer as an "
                                   "RNN, GRU or LSTM node");
        }
    return EDDY_OK;
}

/* Time first, then parts, then channels: steps of numbers as the model makes them. */
static bool is_in_order(const struct onnx_signal *signal)
{
    static const int places[] = {
        [AXIS_FIRST] = 0, [AXIS_SECOND] = 0, [AXIS_PARTS] = 1, [AXIS_CHANNELS] = 2};
    int at = 0;
    for (size_t i = 0; i < signal->rank; i++) {
        if (signal->axes[i] == AXIS_UNIT)
            continue;
        if (places[signal->axes[i]] < at)
            return false;
        at = places[signal->axes[i]];
    }
    return true;
}

static int check_output_layout(struct onnx_import *import, const struct onnx_signal *signal,
                               const Onnx__ValueInfoProto *info)
{
    int64_t dims[3] = {-1, -1, -1};
    const int64_t n_channels = (int64_t)import->chain.width;
    size_t rank = 0;
    bool integer;
    if (!is_in_order(signal) ||
        (signal->axes[signal->rank ? signal->rank - 1 : 0] != AXIS_CHANNELS && n_channels != 1))
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s: the channels of output '%.80s' are not its last axis", import->path,
                         onnx_text(info->name));
    if (!info->type)
        return EDDY_OK;
    const int error = read_shape(import, info, &rank, dims, &integer);
    if (error)
        return error;
    if (rank == 0 || rank > 3 || rank != signal->rank || signal->axes[rank - 1] != AXIS_CHANNELS)
        return EDDY_OK;
    if (dims[rank - 1] != -1 && dims[rank - 1] != onnx_length(import, signal, rank - 1))
        return eddy_fail(import->context, EDDY_ERROR_SHAPE,
                         "%s: output '%.80s' is declared with %lld channels, the graph makes %lld",
                         import->path, onnx_text(info->name), (long long)dims[rank - 1],
                         (long long)onnx_length(import, signal, rank - 1));
    return EDDY_OK;
}

static int check_output(struct onnx_import *import)
{
    const Onnx__GraphProto *graph = import->graph;
    if (graph->n_output == 0)
        return refuse(import, EDDY_ERROR_FORMAT, "the graph has no output");
    if (graph->n_output > 1)
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s has %zu outputs ('%.60s', '%.60s', ...); export the output sequence "
                         "only",
                         import->path, graph->n_output, onnx_text(graph->output[0]->name),
                         onnx_text(graph->output[1]->name));
    const char *name = onnx_text(graph->output[0]->name);
    const struct onnx_value *value = onnx_find(import, name);
    if (!value)
        return eddy_fail(import->context, EDDY_ERROR_FORMAT,
                         "%s: output '%.80s' is made by no node; export it again", import->path,
                         name);
    if (value->kind != VALUE_SIGNAL || !onnx_is_newest(import, &value->signal))
        return eddy_fail(import->context, EDDY_ERROR_UNSUPPORTED,
                         "%s: output '%.80s' is not what the last layer makes; remove what follows "
                         "it or lies beside it",
                         import->path, name);
    if (value->signal.last && !import->chain.last)
        chain_take_last(import);
    return check_output_layout(import, &value->signal, graph->output[0]);
}

static int import_graph(struct onnx_import *import, const Onnx__ModelProto *file,
                        struct eddy_model **model)
{
    int error = read_opset(import, file);
    if (!error && !file->graph)
        error = refuse(import, EDDY_ERROR_FORMAT, "not an ONNX model: it holds no graph");
    import->graph = file->graph;
    if (!error)
        error = read_initializers(import);
    if (!error)
        error = refuse_loops(import);
    if (!error)
        error = read_inputs(import);
    for (size_t i = 0; !error && i < import->graph->n_node; i++) {
        import->node_index = i;
        error = run_node(import, import->graph->node[i]);
    }
    if (!error)
        error = check_output(import);
    return error ? error : chain_finish(import, model);
}

int eddy_model_read_onnx(struct eddy_context *context, const char *path, struct eddy_model **model)
{
    struct onnx_import import = {.context = context, .path = path};
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    *model = NULL;
    int error = file_read(context, path, &bytes, &size_bytes);
    if (!error)
        error = onnx_check_wire(context, path, bytes, size_bytes);
    if (error) {
        free(bytes);
        return error;
    }
    Onnx__ModelProto *file = onnx__model_proto__unpack(NULL, size_bytes, bytes);
    free(bytes);
    if (!file)
        return refuse(&import, EDDY_ERROR_FORMAT, "not an ONNX file, or damaged; export it again");
    error = import_graph(&import, file, model);
    for (size_t i = 0; i < import.n_values; i++)
        free(import.values[i].constant.values);
    free(import.values);
    chain_free(&import.chain);
    onnx__model_proto__free_unpacked(file, NULL);
    return error;
}
