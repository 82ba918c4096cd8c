/* onnx_node.c -- inputs, outputs and attributes of a node, and the way to refuse one. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *onnx_text(const char *text)
{
    return text ? text : "";
}

int onnx_no_memory(struct onnx_import *import)
{
    return eddy_fail(import->context, EDDY_ERROR_MEMORY, "%s: out of memory", import->path);
}

int onnx_refuse(struct onnx_import *import, const Onnx__NodeProto *node, int error,
                const char *format, ...)
{
    char message[320], label[100];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (*onnx_text(node->name))
        snprintf(label, sizeof label, "node '%.80s'", node->name);
    else
        snprintf(label, sizeof label, "node #%zu", import->node_index);
    return eddy_fail(import->context, error, "%s: %s (%.40s): %s", import->path, label,
                     onnx_text(node->op_type), message);
}

const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(onnx_text(node->attribute[i]->name), name) == 0)
            return node->attribute[i];
    return NULL;
}

int onnx_int_attribute(struct onnx_import *import, const Onnx__NodeProto *node, const char *name,
                       int64_t otherwise, int64_t *value)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    *value = attribute ? attribute->i : otherwise;
    if (attribute && !attribute->has_i)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute '%s' is not an integer",
                           name);
    return EDDY_OK;
}

int onnx_float_attribute(struct onnx_import *import, const Onnx__NodeProto *node, const char *name,
                         double otherwise, double *value)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    *value = attribute ? (double)attribute->f : otherwise;
    if (attribute && !attribute->has_f)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute '%s' is not a number", name);
    if (!(*value >= -1e30 && *value <= 1e30))
        return onnx_refuse(import, node, EDDY_ERROR_RANGE, "attribute '%s' is %g", name, *value);
    return EDDY_OK;
}

bool onnx_has_input(const Onnx__NodeProto *node, size_t i)
{
    return i < node->n_input && *onnx_text(node->input[i]);
}

struct onnx_value *onnx_find(struct onnx_import *import, const char *name)
{
    for (size_t i = 0; i < import->n_values; i++)
        if (strcmp(import->values[i].name, name) == 0)
            return &import->values[i];
    return NULL;
}

int onnx_input(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
               struct onnx_value **value)
{
    if (!onnx_has_input(node, i))
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "input %zu is missing", i);
    struct onnx_value *found = onnx_find(import, node->input[i]);
    if (!found)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                           "input '%.80s' is made by no initializer and no earlier node",
                           node->input[i]);
    if (found->kind == VALUE_TENSOR) {
        const int error = onnx_decode_tensor(import, found->tensor, &found->constant);
        if (error)
            return error;
        found->kind = VALUE_CONSTANT;
    }
    *value = found;
    return EDDY_OK;
}

int onnx_input_constant(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                        const char *what, const struct onnx_constant **constant)
{
    struct onnx_value *value;
    const int error = onnx_input(import, node, i, &value);
    if (error)
        return error;
    if (value->kind != VALUE_CONSTANT)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "%s ('%.60s') is not constant; export the model with constant %s", what,
                           value->name, what);
    *constant = &value->constant;
    return EDDY_OK;
}

int onnx_input_numbers(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                       const char *what, const struct onnx_constant **constant)
{
    const int error = onnx_input_constant(import, node, i, what, constant);
    if (!error && ((*constant)->integer || (*constant)->stands_in))
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "%s holds integers", what);
    return error;
}

bool onnx_is_newest(const struct onnx_import *import, const struct onnx_signal *signal)
{
    bool newest = signal->n_parts * signal->n_channels == import->chain.width;
    for (size_t k = 0; k < signal->n_parts; k++)
        newest = newest && signal->parts[k].version == import->version &&
                 signal->parts[k].direction == k;
    return newest;
}

static int check_layout(struct onnx_import *import, const Onnx__NodeProto *node,
                        const struct onnx_value *value, bool channels_last)
{
    const struct onnx_signal *signal = &value->signal;
    if (signal->tokens)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' are token numbers; only an embedding (Gather) reads them",
                           value->name);
    for (size_t i = 0; i < signal->rank; i++)
        if (signal->axes[i] == AXIS_PARTS)
            return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                               "the two directions of '%.60s' lie on an axis of their own; join "
                               "them as channels first",
                               value->name);
    if (channels_last && (signal->rank == 0 || signal->axes[signal->rank - 1] != AXIS_CHANNELS))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "the channels of '%.60s' are not its last axis", value->name);
    return EDDY_OK;
}

int onnx_input_signal(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                      bool channels_last, struct onnx_signal *signal)
{
    struct onnx_value *value;
    int error = onnx_input(import, node, i, &value);
    if (error)
        return error;
    if (value->kind == VALUE_CELL_STATE)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' is the cell state of an LSTM; only its output can be read",
                           value->name);
    if (value->kind != VALUE_SIGNAL)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "input '%.60s' does not come from the graph's input", value->name);
    if (import->chain.residual || import->chain.softmax)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           import->chain.softmax
                               ? "nothing may follow a softmax"
                               : "nothing may follow the addition of the graph's input");
    if (value->signal.n_parts && value->signal.parts[0].version != import->version)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' is read by more than one node; only a chain of layers is "
                           "supported, and an addition of the graph's input at its end",
                           value->name);
    error = check_layout(import, node, value, channels_last);
    if (error)
        return error;
    if (!onnx_is_newest(import, &value->signal))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' is a part of what the layer below makes, or has its directions "
                           "in another order; use all of it, forward first",
                           value->name);
    if (value->signal.last && !import->chain.last)
        chain_take_last(import);
    *signal = value->signal;
    signal->n_channels = import->chain.width;
    signal->n_parts = 1;
    return EDDY_OK;
}

int onnx_define(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                enum onnx_value_kind kind, struct onnx_value **value)
{
    *value = NULL;
    if (i >= node->n_output || !*onnx_text(node->output[i]))
        return EDDY_OK;
    if (onnx_find(import, node->output[i]))
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "output '%.80s' is made twice",
                           node->output[i]);
    *value = &import->values[import->n_values++];
    **value = (struct onnx_value){.name = node->output[i], .kind = kind};
    return EDDY_OK;
}

int onnx_define_signal(struct onnx_import *import, const Onnx__NodeProto *node,
                       const struct onnx_signal *signal)
{
    struct onnx_value *value;
    const int error = onnx_define(import, node, 0, VALUE_SIGNAL, &value);
    if (value)
        value->signal = *signal;
    return error;
}

int onnx_define_next(struct onnx_import *import, const Onnx__NodeProto *node,
                     struct onnx_signal *signal)
{
    signal->last = import->chain.last;
    signal->n_channels = import->chain.width;
    signal->n_parts = 1;
    signal->parts[0] =
        (struct onnx_part){.version = import->version, .layer = import->chain.n_layers - 1};
    return onnx_define_signal(import, node, signal);
}

int onnx_pass_on(struct onnx_import *import, const Onnx__NodeProto *node,
                 const struct onnx_value *in)
{
    struct onnx_value *out;
    struct onnx_constant *copy;
    if (in->kind == VALUE_CONSTANT)
        return onnx_define_constant(import, node, &in->constant, in->constant.rank,
                                    in->constant.dims, &copy);
    if (in->kind == VALUE_SIGNAL)
        return onnx_define_signal(import, node, &in->signal);
    return onnx_define(import, node, 0, in->kind, &out);
}

int64_t onnx_integer(double value)
{
    const double most = 4611686018427387904.0; /* 2^62; exporters write 2^63 - 1 for "to the end" */
    return (int64_t)(value > most ? most : value < -most ? -most : value);
}

int onnx_axes(struct onnx_import *import, const Onnx__NodeProto *node, const char *name, size_t i,
              int64_t since_opset, size_t *n, int64_t values[ONNX_MAX_RANK])
{
    *n = 0;
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    if (import->opset < since_opset && attribute) {
        *n = attribute->n_ints;
        for (size_t k = 0; k < *n && k < ONNX_MAX_RANK; k++)
            values[k] = attribute->ints[k];
    } else if (attribute) {
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                           "attribute '%s' does not belong to operator set %lld", name,
                           (long long)import->opset);
    } else if (import->opset >= since_opset && onnx_has_input(node, i)) {
        const struct onnx_constant *constant;
        const int error = onnx_input_constant(import, node, i, name, &constant);
        if (error)
            return error;
        if (!constant->integer || constant->rank > 1)
            return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "%s are not a list of integers",
                               name);
        *n = constant->n_elems;
        for (size_t k = 0; k < *n && k < ONNX_MAX_RANK; k++)
            values[k] = onnx_integer(constant->values[k]);
    }
    if (*n > ONNX_MAX_RANK)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "%zu %s, at most %d are understood", *n, name, ONNX_MAX_RANK);
    return EDDY_OK;
}

int onnx_normal_axis(struct onnx_import *import, const Onnx__NodeProto *node, size_t rank,
                     int64_t axis, size_t *normal)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "axis %lld of a value of %zu axes",
                           (long long)axis, rank);
    *normal = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
    return EDDY_OK;
}

int onnx_set_sequence(struct onnx_import *import, const Onnx__NodeProto *node,
                      enum onnx_axis sequence)
{
    if (import->has_sequence && import->sequence != sequence)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it takes the batch axis for time; transpose its input, or export with "
                           "the layout that the model was trained in");
    if (import->has_sequence)
        return EDDY_OK;
    const enum onnx_axis batch = sequence == AXIS_FIRST ? AXIS_SECOND : AXIS_FIRST;
    if (import->n_axes == 2 && import->extents[batch] > 1)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "exported with a batch of %lld; export with batch 1",
                           (long long)import->extents[batch]);
    import->has_sequence = true;
    import->sequence = sequence;
    return EDDY_OK;
}

/* Primes below 2^26: products of two of them with a few small numbers are exact in a double. */
static const int64_t stand_ins[2] = {67108859, 67108837};

bool onnx_stands_in(int64_t length)
{
    return length == stand_ins[0] || length == stand_ins[1];
}

bool onnx_is_unit(const struct onnx_import *import, enum onnx_axis axis)
{
    if (axis == AXIS_UNIT)
        return true;
    return (axis == AXIS_FIRST || axis == AXIS_SECOND) && import->has_sequence &&
           axis != import->sequence;
}

int64_t onnx_length(const struct onnx_import *import, const struct onnx_signal *signal, size_t axis)
{
    bool apart = false;
    for (size_t i = 0; i < signal->rank; i++)
        apart = apart || signal->axes[i] == AXIS_PARTS;
    const enum onnx_axis kind = signal->axes[axis];
    if (onnx_is_unit(import, kind))
        return 1;
    switch (kind) {
    case AXIS_PARTS: return (int64_t)signal->n_parts;
    case AXIS_CHANNELS: return (int64_t)(signal->n_channels * (apart ? 1 : signal->n_parts));
    default: return import->extents[kind] > 0 ? import->extents[kind] : stand_ins[kind];
    }
}
