/* onnx_layout.c -- operators that only move axes, of a signal or a constant alike. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>
#include <string.h>

static int identity(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    const int error = onnx_input(import, node, 0, &in);
    return error ? error : onnx_pass_on(import, node, in);
}

static int dropout(struct onnx_import *import, const Onnx__NodeProto *node)
{
    if (onnx_has_input(node, 2)) {
        const struct onnx_constant *training;
        const int error = onnx_input_constant(import, node, 2, "training_mode", &training);
        if (error)
            return error;
        if (training->n_elems != 1 || training->values[0] != 0)
            return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                               "exported in training mode; export for inference");
    }
    return identity(import, node);
}

/* Between kinds of numbers that hold the same values; float tokens become integers. */
static int cast(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    int64_t to;
    int error = onnx_input(import, node, 0, &in);
    if (!error)
        error = onnx_int_attribute(import, node, "to", -1, &to);
    if (error)
        return error;
    const bool to_float =
        to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || to == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    const bool to_integer =
        to == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 || to == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    const bool is_integer = (in->kind == VALUE_CONSTANT && in->constant.integer) ||
                            (in->kind == VALUE_SIGNAL && in->signal.tokens);
    if (is_integer ? !to_integer : !to_float)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "a conversion to ONNX type %lld is not supported; export in float32",
                           (long long)to);
    return onnx_pass_on(import, node, in);
}

/* A permutation of the axes of a value: perm, or the reverse order. */
static int read_perm(struct onnx_import *import, const Onnx__NodeProto *node, size_t rank,
                     size_t perm[ONNX_MAX_RANK])
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, "perm");
    bool used[ONNX_MAX_RANK] = {false};
    for (size_t i = 0; i < rank; i++) {
        const int64_t axis = !attribute                  ? (int64_t)(rank - 1 - i)
                             : attribute->n_ints == rank ? attribute->ints[i]
                                                         : -1;
        if (axis < 0 || axis >= (int64_t)rank || used[axis])
            return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                               "attribute 'perm' is no permutation of %zu axes", rank);
        used[axis] = true;
        perm[i] = (size_t)axis;
    }
    return EDDY_OK;
}

static int transpose_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                              const struct onnx_constant *in, const size_t *perm)
{
    int64_t dims[ONNX_MAX_RANK];
    size_t stride[ONNX_MAX_RANK], step = 1, index[ONNX_MAX_RANK] = {0};
    for (size_t i = in->rank; i-- > 0;) {
        stride[i] = step;
        step *= (size_t)in->dims[i];
        dims[i] = in->dims[perm[i]];
    }
    const double *from = in->values;
    struct onnx_constant *out;
    const int error = onnx_define_constant(import, node, in, in->rank, dims, &out);
    if (error || !out)
        return error;
    for (size_t n = 0; n < out->n_elems; n++) {
        size_t at = 0;
        for (size_t i = 0; i < out->rank; i++)
            at += index[i] * stride[perm[i]];
        out->values[n] = from[at];
        for (size_t i = out->rank; i-- > 0 && ++index[i] == (size_t)dims[i];)
            index[i] = 0;
    }
    return EDDY_OK;
}

static int transpose(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    size_t perm[ONNX_MAX_RANK];
    int error = onnx_input(import, node, 0, &in);
    if (error)
        return error;
    if (in->kind != VALUE_CONSTANT && in->kind != VALUE_SIGNAL)
        return onnx_pass_on(import, node, in);
    const size_t rank = in->kind == VALUE_SIGNAL ? in->signal.rank : in->constant.rank;
    error = read_perm(import, node, rank, perm);
    if (error)
        return error;
    if (in->kind == VALUE_CONSTANT)
        return transpose_constant(import, node, &in->constant, perm);
    struct onnx_signal out = in->signal;
    for (size_t i = 0; i < rank; i++)
        out.axes[i] = in->signal.axes[perm[i]];
    return onnx_define_signal(import, node, &out);
}

/* Marks which of `rank` axes are named. */
static int mark_axes(struct onnx_import *import, const Onnx__NodeProto *node, size_t rank, size_t n,
                     const int64_t *axes, bool marked[ONNX_MAX_RANK])
{
    for (size_t i = 0; i < n; i++) {
        size_t axis;
        const int error = onnx_normal_axis(import, node, rank, axes[i], &axis);
        if (error)
            return error;
        if (marked[axis])
            return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "axis %zu is named twice", axis);
        marked[axis] = true;
    }
    return EDDY_OK;
}

/* Whether axis i of a signal is known to have length 1 and is not time. */
static int check_removable(struct onnx_import *import, const Onnx__NodeProto *node,
                           const struct onnx_signal *signal, size_t i)
{
    const enum onnx_axis axis = signal->axes[i];
    if (onnx_is_unit(import, axis))
        return EDDY_OK;
    if (axis == AXIS_CHANNELS || axis == AXIS_PARTS)
        return onnx_length(import, signal, i) == 1
                   ? EDDY_OK
                   : onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                                 "it removes the axis of %s, which has length %lld",
                                 axis == AXIS_PARTS ? "directions" : "channels",
                                 (long long)onnx_length(import, signal, i));
    if (import->n_axes != 2 || import->extents[axis] != 1)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it removes an axis that is not known to have length 1; export with "
                           "batch 1");
    return onnx_set_sequence(import, node, axis == AXIS_FIRST ? AXIS_SECOND : AXIS_FIRST);
}

/* The value and the axes that Squeeze and Unsqueeze work on; `done` when the value has no axes to change. */
static int read_operands(struct onnx_import *import, const Onnx__NodeProto *node,
                         struct onnx_value **in, size_t *n, int64_t axes[ONNX_MAX_RANK], bool *done)
{
    *done = false;
    int error = onnx_input(import, node, 0, in);
    if (!error)
        error = onnx_axes(import, node, "axes", 1, 13, n, axes);
    if (error || (*in)->kind == VALUE_CONSTANT || (*in)->kind == VALUE_SIGNAL)
        return error;
    *done = true;
    return onnx_pass_on(import, node, *in);
}

static int squeeze(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    int64_t axes[ONNX_MAX_RANK], dims[ONNX_MAX_RANK];
    size_t n, kept = 0;
    bool gone[ONNX_MAX_RANK] = {false};
    bool done;
    int error = read_operands(import, node, &in, &n, axes, &done);
    if (error || done)
        return error;
    const bool is_signal = in->kind == VALUE_SIGNAL;
    const size_t rank = is_signal ? in->signal.rank : in->constant.rank;
    if (n == 0)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "axes are not given; export with explicit axes");
    error = mark_axes(import, node, rank, n, axes, gone);
    struct onnx_signal out = in->signal;
    for (size_t i = 0; !error && i < rank; i++) {
        if (gone[i] && is_signal)
            error = check_removable(import, node, &in->signal, i);
        else if (gone[i] && in->constant.dims[i] != 1)
            error = onnx_refuse(import, node, EDDY_ERROR_SHAPE, "axis %zu has length %lld, not 1",
                                i, (long long)in->constant.dims[i]);
        if (gone[i])
            continue;
        if (is_signal)
            out.axes[kept++] = in->signal.axes[i];
        else
            dims[kept++] = in->constant.dims[i];
    }
    if (error)
        return error;
    out.rank = kept;
    struct onnx_constant *copy;
    return is_signal ? onnx_define_signal(import, node, &out)
                     : onnx_define_constant(import, node, &in->constant, kept, dims, &copy);
}

static int unsqueeze(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    int64_t axes[ONNX_MAX_RANK], dims[ONNX_MAX_RANK];
    size_t n, taken = 0;
    bool made[ONNX_MAX_RANK] = {false};
    bool done;
    int error = read_operands(import, node, &in, &n, axes, &done);
    if (error || done)
        return error;
    const bool is_signal = in->kind == VALUE_SIGNAL;
    const size_t rank = n + (is_signal ? in->signal.rank : in->constant.rank);
    if (n == 0 || rank > ONNX_MAX_RANK)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED, "it makes %zu axes of %zu", rank,
                           rank - n);
    error = mark_axes(import, node, rank, n, axes, made);
    if (error)
        return error;
    struct onnx_signal out = in->signal;
    out.rank = rank;
    for (size_t i = 0; i < rank; i++) {
        if (is_signal)
            out.axes[i] = made[i] ? AXIS_UNIT : in->signal.axes[taken++];
        else
            dims[i] = made[i] ? 1 : in->constant.dims[taken++];
    }
    struct onnx_constant *copy;
    return is_signal ? onnx_define_signal(import, node, &out)
                     : onnx_define_constant(import, node, &in->constant, rank, dims, &copy);
}

/* ---- reshape: axes of length 1 may come and go, parts and channels may join or part, nothing else may move ---- */

/* The axes of a signal that may be longer than 1, in their order; false when there are two that may be time. Without
 * axis of channels there is one channel. */
static bool long_axes(const struct onnx_import *import, const struct onnx_signal *in, size_t *n,
                      enum onnx_axis axes[ONNX_MAX_RANK], int64_t lengths[ONNX_MAX_RANK])
{
    size_t n_time = 0;
    *n = 0;
    for (size_t i = 0; i < in->rank; i++) {
        const int64_t length = onnx_length(import, in, i);
        const bool is_time = in->axes[i] == AXIS_FIRST || in->axes[i] == AXIS_SECOND;
        if (length == 1 && in->axes[i] != AXIS_CHANNELS)
            continue;
        n_time += is_time;
        axes[*n] = in->axes[i];
        lengths[(*n)++] = length;
    }
    return n_time <= 1 && !in->tokens;
}

/* Replaces -1 by the length that it stands for. */
static void infer_length(size_t rank, int64_t *shape, size_t n, const int64_t *lengths)
{
    int64_t total = 1, others = 1;
    size_t n_inferred = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        total *= lengths[i];
    for (size_t i = 0; i < rank; i++) {
        if (shape[i] == -1) {
            at = i;
            n_inferred++;
        } else if (shape[i] < 1 || others > total / shape[i]) {
            return;
        } else {
            others *= shape[i];
        }
    }
    if (n_inferred == 1 && total % others == 0)
        shape[at] = total / others;
}

/* Walks the new shape along the long axes of the old one. */
static bool match_axes(const struct onnx_signal *in, size_t n, const enum onnx_axis *axes,
                       const int64_t *lengths, size_t rank, const int64_t *shape,
                       struct onnx_signal *out)
{
    const int64_t n_channels = (int64_t)in->n_channels, n_parts = (int64_t)in->n_parts;
    size_t k = 0;
    for (size_t i = 0; i < rank; i++) {
        const bool more = k < n;
        if (more && axes[k] == AXIS_PARTS && k + 1 < n && axes[k + 1] == AXIS_CHANNELS &&
            shape[i] == n_parts * n_channels) { /* parts join */
            out->axes[i] = AXIS_CHANNELS;
            k += 2;
        } else if (more && axes[k] == AXIS_CHANNELS && n_parts > 1 &&
                   lengths[k] == n_parts * n_channels && i + 1 < rank && shape[i] == n_parts &&
                   shape[i + 1] == n_channels) { /* parts part */
            out->axes[i++] = AXIS_PARTS;
            out->axes[i] = AXIS_CHANNELS;
            k++;
        } else if (more && shape[i] == lengths[k] && (shape[i] != 1 || i + 1 == rank)) {
            out->axes[i] = axes[k++];
        } else if (shape[i] == 1) {
            out->axes[i] = AXIS_UNIT;
        } else {
            return false;
        }
    }
    /* One channel may go without axis. */
    return k == n || (k + 1 == n && axes[k] == AXIS_CHANNELS && lengths[k] == 1);
}

static int reshape_signal(struct onnx_import *import, const Onnx__NodeProto *node,
                          const struct onnx_signal *in, size_t rank, int64_t *shape)
{
    struct onnx_signal out = *in;
    enum onnx_axis axes[ONNX_MAX_RANK];
    int64_t lengths[ONNX_MAX_RANK];
    size_t n;
    bool good = long_axes(import, in, &n, axes, lengths);
    for (size_t i = 0; good && i < rank && i < in->rank; i++)
        if (shape[i] == 0) /* copies a length */
            shape[i] = onnx_length(import, in, i);
    if (good)
        infer_length(rank, shape, n, lengths);
    out.rank = rank;
    if (!good || !match_axes(in, n, axes, lengths, rank, shape, &out))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it may mix time, batch and channels; export with batch 1 and fixed "
                           "shapes");
    return onnx_define_signal(import, node, &out);
}

static int reshape_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                            const struct onnx_constant *in, size_t rank, const int64_t *shape)
{
    int64_t dims[ONNX_MAX_RANK];
    size_t n_elems = 1, inferred = ONNX_MAX_RANK;
    bool good = true;
    for (size_t i = 0; good && i < rank; i++) {
        dims[i] = i < in->rank && shape[i] == 0 ? in->dims[i] : shape[i];
        if (dims[i] == -1) {
            good = inferred == ONNX_MAX_RANK;
            inferred = i;
            continue;
        }
        good = dims[i] > 0 && n_elems <= in->n_elems / (size_t)dims[i];
        n_elems *= good ? (size_t)dims[i] : 1;
    }
    if (good && inferred < ONNX_MAX_RANK) {
        dims[inferred] = (int64_t)(in->n_elems / n_elems);
        n_elems *= (size_t)dims[inferred];
    }
    if (!good || n_elems != in->n_elems)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "%zu elements do not fit its shape",
                           in->n_elems);
    struct onnx_constant *copy;
    return onnx_define_constant(import, node, in, rank, dims, &copy);
}

static int reshape(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    int64_t shape[ONNX_MAX_RANK] = {0}, allow_zero;
    size_t rank = 0;
    int error = onnx_input(import, node, 0, &in);
    if (!error)
        error = onnx_axes(import, node, "shape", 1, 5, &rank, shape);
    if (!error)
        error = onnx_int_attribute(import, node, "allowzero", 0, &allow_zero);
    for (size_t i = 0; !error && i < rank; i++)
        if (allow_zero && shape[i] == 0)
            error = onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                                "attribute 'allowzero' makes an empty value");
    if (error)
        return error;
    if (in->kind == VALUE_SIGNAL)
        return reshape_signal(import, node, &in->signal, rank, shape);
    if (in->kind == VALUE_CONSTANT)
        return reshape_constant(import, node, &in->constant, rank, shape);
    return onnx_pass_on(import, node, in);
}

const struct onnx_operator onnx_layout_operators[] = {
    {"Identity", identity, " "},         {"Dropout", dropout, " ratio seed "},
    {"Cast", cast, " to saturate "},     {"Transpose", transpose, " perm "},
    {"Squeeze", squeeze, " axes "},      {"Unsqueeze", unsqueeze, " axes "},
    {"Reshape", reshape, " allowzero "}, {NULL, NULL, NULL},
};
