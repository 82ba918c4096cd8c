/* onnx_constant.c -- constants, and lengths: what exporters compute at run time to make zero initial states and shapes. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>
#include <string.h>

/* Of all constants that a graph computes: bounds what a file may ask for. */
#define MAX_FOLDED_ELEMS ((size_t)1 << 25)

int onnx_define_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                         const struct onnx_constant *from, size_t rank, const int64_t *dims,
                         struct onnx_constant **to)
{
    struct onnx_value *value;
    size_t n_elems = 1;
    *to = NULL;
    for (size_t i = 0; i < rank; i++) {
        if (dims[i] < 0 || (dims[i] == 0 && rank > 1) ||
            (dims[i] && n_elems > MAX_FOLDED_ELEMS / (size_t)dims[i]))
            return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                               "it makes a constant with an axis of %lld elements",
                               (long long)dims[i]);
        n_elems *= (size_t)dims[i];
    }
    import->folded_elems += n_elems;
    if (import->folded_elems > MAX_FOLDED_ELEMS)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "the graph computes constants of more than %zu elements",
                           MAX_FOLDED_ELEMS);
    double *values = calloc(n_elems + 1, sizeof *values);
    if (!values)
        return onnx_no_memory(import);
    const int error = onnx_define(import, node, 0, VALUE_CONSTANT, &value);
    if (error || !value) {
        free(values);
        return error;
    }
    if (n_elems == from->n_elems)
        memcpy(values, from->values, n_elems * sizeof *values);
    value->constant = (struct onnx_constant){.rank = rank,
                                             .n_elems = n_elems,
                                             .values = values,
                                             .integer = from->integer,
                                             .stands_in = from->stands_in};
    for (size_t i = 0; i < rank; i++)
        value->constant.dims[i] = dims[i];
    *to = &value->constant;
    return EDDY_OK;
}

/* A list of integers; has room for ONNX_MAX_RANK. */
static int define_list(struct onnx_import *import, const Onnx__NodeProto *node, size_t n,
                       const int64_t *list)
{
    static const struct onnx_constant none = {.n_elems = SIZE_MAX, .integer = true};
    struct onnx_constant *out;
    const int error =
        onnx_define_constant(import, node, &none, 1, (const int64_t[]){(int64_t)n}, &out);
    for (size_t i = 0; !error && out && i < n; i++) {
        out->values[i] = (double)list[i];
        out->stands_in = out->stands_in || onnx_stands_in(list[i]);
    }
    return error;
}

static int constant(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *value;
    const Onnx__AttributeProto *attribute = onnx_attribute(node, "value");
    const Onnx__AttributeProto *integer = onnx_attribute(node, "value_int"),
                               *integers = onnx_attribute(node, "value_ints");
    if (integers && integers->n_ints <= ONNX_MAX_RANK)
        return define_list(import, node, integers->n_ints, integers->ints);
    if (integer) {
        const struct onnx_constant one = {
            .n_elems = 1, .values = &(double){(double)integer->i}, .integer = true};
        struct onnx_constant *out;
        return onnx_define_constant(import, node, &one, 0, NULL, &out);
    }
    if (!attribute || !attribute->t)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "only a tensor in attribute 'value', or 'value_int', 'value_ints', is "
                           "supported");
    const int error = onnx_define(import, node, 0, VALUE_TENSOR, &value);
    if (value)
        value->tensor = attribute->t;
    return error;
}

/* The axes from `start` up to `end`. */
static int shape_of(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    int64_t lengths[ONNX_MAX_RANK], start, end;
    int error = onnx_input(import, node, 0, &in);
    if (error)
        return error;
    if (in->kind != VALUE_SIGNAL && in->kind != VALUE_CONSTANT)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "the shape of '%.60s' is not known before the model runs", in->name);
    const bool is_signal = in->kind == VALUE_SIGNAL;
    const size_t rank = is_signal ? in->signal.rank : in->constant.rank;
    error = onnx_int_attribute(import, node, "start", 0, &start);
    if (!error)
        error = onnx_int_attribute(import, node, "end", (int64_t)rank, &end);
    if (error)
        return error;
    start = start < 0 ? start + (int64_t)rank : start;
    end = end < 0 ? end + (int64_t)rank : end;
    size_t n = 0;
    for (size_t i = 0; i < rank; i++)
        if ((int64_t)i >= start && (int64_t)i < end)
            lengths[n++] = is_signal ? onnx_length(import, &in->signal, i) : in->constant.dims[i];
    return define_list(import, node, n, lengths);
}

/* Zeros, as exporters make initial states; other values only where the shape is known. */
static int constant_of_shape(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *value;
    struct onnx_constant *out, fill = {0};
    const struct onnx_constant *shape;
    const Onnx__AttributeProto *attribute = onnx_attribute(node, "value");
    int64_t dims[ONNX_MAX_RANK];
    int error = onnx_input_constant(import, node, 0, "the shape", &shape);
    if (!error && attribute && attribute->t)
        error = onnx_decode_tensor(import, attribute->t, &fill);
    const double v = fill.values && fill.n_elems ? fill.values[0] : 0;
    const bool integer = fill.integer;
    free(fill.values);
    if (error)
        return error;
    if (v == 0 && !integer)
        return onnx_define(import, node, 0, VALUE_ZERO, &value);
    if (shape->stands_in || shape->n_elems > ONNX_MAX_RANK)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "only zeros of a shape that is not known before the model runs are "
                           "supported");
    const size_t rank = shape->n_elems;
    for (size_t i = 0; i < rank; i++)
        dims[i] = onnx_integer(shape->values[i]);
    const struct onnx_constant none = {.n_elems = SIZE_MAX, .integer = integer};
    error = onnx_define_constant(import, node, &none, rank, dims, &out);
    for (size_t i = 0; !error && out && i < out->n_elems; i++)
        out->values[i] = v;
    return error;
}

/* The shape of a constant of `rank` axes broadcast to a list of lengths; a length that stands in is a batch of 1. */
static bool broadcast_dims(const struct onnx_constant *in, const struct onnx_constant *shape,
                           size_t *rank, int64_t dims[ONNX_MAX_RANK])
{
    *rank = in->rank > shape->n_elems ? in->rank : shape->n_elems;
    bool good = *rank <= ONNX_MAX_RANK;
    for (size_t i = 0; good && i < *rank; i++) {
        const size_t skipped = *rank - in->rank, unshaped = *rank - shape->n_elems;
        const int64_t own = i < skipped ? 1 : in->dims[i - skipped];
        int64_t wanted = i < unshaped ? 1 : onnx_integer(shape->values[i - unshaped]);
        wanted = onnx_stands_in(wanted) ? 1 : wanted;
        good = own == wanted || own == 1 || wanted == 1;
        dims[i] = own == 1 ? wanted : own;
    }
    return good;
}

static int expand(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in, *out_value;
    const struct onnx_constant *shape;
    struct onnx_constant *out;
    int64_t dims[ONNX_MAX_RANK];
    size_t rank, index[ONNX_MAX_RANK] = {0};
    int error = onnx_input(import, node, 0, &in);
    if (!error)
        error = onnx_input_constant(import, node, 1, "the shape", &shape);
    if (error)
        return error;
    bool zero = in->kind == VALUE_ZERO || (in->kind == VALUE_CONSTANT && !in->constant.integer);
    for (size_t i = 0; in->kind == VALUE_CONSTANT && zero && i < in->constant.n_elems; i++)
        zero = in->constant.values[i] == 0;
    if (zero)
        return onnx_define(import, node, 0, VALUE_ZERO, &out_value);
    if (in->kind != VALUE_CONSTANT || !broadcast_dims(&in->constant, shape, &rank, dims))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "only constants may be expanded, to a shape that they fit");
    const struct onnx_constant from = in->constant;
    const struct onnx_constant kind = {
        .n_elems = SIZE_MAX, .integer = from.integer, .stands_in = from.stands_in};
    error = onnx_define_constant(import, node, &kind, rank, dims, &out);
    for (size_t n = 0; !error && out && n < out->n_elems; n++) {
        size_t at = 0;
        for (size_t i = rank - from.rank; i < rank; i++) {
            const size_t own = (size_t)from.dims[i - (rank - from.rank)];
            at = at * own + (own == 1 ? 0 : index[i]);
        }
        out->values[n] = from.values[at];
        for (size_t i = rank; i-- > 0 && ++index[i] == (size_t)dims[i];)
            index[i] = 0;
    }
    return error;
}

/* The product of a list of lengths. */
static int reduce_product(struct onnx_import *import, const Onnx__NodeProto *node)
{
    const struct onnx_constant *in;
    struct onnx_constant *out;
    int64_t keep_dims, axes[ONNX_MAX_RANK];
    size_t n;
    int error = onnx_input_constant(import, node, 0, "what it multiplies", &in);
    if (!error)
        error = onnx_int_attribute(import, node, "keepdims", 1, &keep_dims);
    if (!error)
        error = onnx_axes(import, node, "axes", 1, 18, &n, axes);
    if (error)
        return error;
    if (in->rank != 1)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "only a list of lengths is multiplied");
    double product = 1;
    for (size_t i = 0; i < in->n_elems; i++)
        product *= in->values[i];
    const struct onnx_constant one = {
        .n_elems = 1, .values = &product, .integer = in->integer, .stands_in = in->stands_in};
    return onnx_define_constant(import, node, &one, keep_dims ? 1 : 0, (const int64_t[]){1}, &out);
}

const struct onnx_operator onnx_constant_operators[] = {
    {"Constant", constant, ONNX_ANY_ATTRIBUTE},
    {"Shape", shape_of, " start end "},
    {"ConstantOfShape", constant_of_shape, " value "},
    {"Expand", expand, " "},
    {"ReduceProd", reduce_product, " axes keepdims noop_with_empty_axes "},
    {NULL, NULL, NULL},
};
