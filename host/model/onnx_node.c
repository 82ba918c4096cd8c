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

int onnx_input_signal(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                      struct onnx_signal *signal)
{
    struct onnx_value *value;
    const int error = onnx_input(import, node, i, &value);
    if (error)
        return error;
    if (value->kind == VALUE_LAST_STATE)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' is the state after the last step only; Eddy answers every "
                           "step: use the whole sequence (Keras: return_sequences=True)",
                           value->name);
    if (value->kind != VALUE_SIGNAL)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "input '%.60s' does not come from the graph's input", value->name);
    if (value->signal.version != import->version)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "'%.60s' is read by more than one node; only a chain of layers is "
                           "supported, and an addition of the graph's input at its end",
                           value->name);
    if (import->chain.residual)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "nothing may follow the addition of the graph's input");
    if (value->signal.rank == 0 || value->signal.axes[value->signal.rank - 1] != AXIS_CHANNELS)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "the channels of '%.60s' are not its last axis", value->name);
    *signal = value->signal;
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
            values[k] = (int64_t)constant->values[k];
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
