/* onnx_select.c -- Gather, Slice and Concat: the last step of a sequence, directions and final states apart and together,
 * tokens through an embedding, and lists of lengths. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>
#include <string.h>

/* `count` places of an axis from `start` on; `removes`: the one place stays, its axis goes. */
struct range {
    size_t axis;
    int64_t start, count;
    bool removes;
};

/* ---- of the signal ---- */

/* The recurrent layer that a part comes from, with only dense layers above it; NULL: there is none. */
static const struct chain_layer *source_of(const struct onnx_import *import,
                                           const struct onnx_part *part)
{
    if (part->version == 0 || part->layer >= import->chain.n_layers)
        return NULL;
    for (size_t l = part->layer + 1; l-- > 0;)
        if (eddy_cell_is_recurrent(import->chain.layers[l].cell))
            return &import->chain.layers[l];
    return NULL;
}

/* One step of the sequence: only the last that each direction makes. */
static int take_step(struct onnx_import *import, const Onnx__NodeProto *node,
                     struct onnx_signal *signal, const struct range *range)
{
    const int64_t length = onnx_length(import, signal, range->axis);
    for (size_t k = 0; k < signal->n_parts; k++) {
        const struct onnx_part *part = &signal->parts[k];
        const struct chain_layer *source = source_of(import, part);
        const bool both = source && source->direction == EDDY_DIRECTION_BIDIRECTIONAL;
        const bool mixed = both && source != &import->chain.layers[part->layer];
        const bool reverse = source && (source->direction == EDDY_DIRECTION_REVERSE ||
                                        (both && part->direction == 1));
        if (!source || mixed || range->count != 1 || range->start != (reverse ? 0 : length - 1))
            return onnx_refuse(
                import, node, EDDY_ERROR_UNSUPPORTED,
                "it takes a part of the sequence; of single steps only the one that ends each "
                "direction can be taken: the last of a forward layer, the first of a reverse one%s",
                both ? " (use the final states of both directions)" : "");
    }
    const int error = onnx_set_sequence(import, node, signal->axes[range->axis]);
    signal->last = true;
    signal->axes[range->axis] = AXIS_UNIT;
    return error;
}

/* Whole directions, on an axis of their own or one behind the other in the channels. */
static int take_parts(struct onnx_import *import, const Onnx__NodeProto *node,
                      struct onnx_signal *signal, const struct range *range)
{
    const bool apart = signal->axes[range->axis] == AXIS_PARTS;
    const int64_t unit = apart ? 1 : (int64_t)signal->n_channels;
    if (signal->axes[range->axis] == AXIS_UNIT || range->start % unit || range->count % unit ||
        range->count == 0 || (!apart && range->removes))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it takes a part of the channels; only whole directions can be taken");
    signal->n_parts = (size_t)(range->count / unit);
    memmove(signal->parts, signal->parts + range->start / unit,
            signal->n_parts * sizeof *signal->parts);
    if (apart && signal->n_parts == 1)
        signal->axes[range->axis] = AXIS_UNIT;
    return EDDY_OK;
}

/* The batch goes, of which there is one: the other axis is time. */
static bool is_batch(struct onnx_import *import, enum onnx_axis kind)
{
    if (onnx_is_unit(import, kind))
        return true;
    const int64_t other = import->extents[kind == AXIS_FIRST];
    return !import->has_sequence && import->n_axes == 2 && import->extents[kind] == 1 && other != 1;
}

static int take_signal(struct onnx_import *import, const Onnx__NodeProto *node,
                       struct onnx_signal *signal, const struct range *range)
{
    const enum onnx_axis kind = signal->axes[range->axis];
    const int64_t length = onnx_length(import, signal, range->axis);
    const bool is_time = kind == AXIS_FIRST || kind == AXIS_SECOND;
    int error = EDDY_OK;
    if (range->count == length && !range->removes)
        return EDDY_OK;
    if (is_time && range->count == length && is_batch(import, kind))
        error = onnx_set_sequence(import, node, kind == AXIS_FIRST ? AXIS_SECOND : AXIS_FIRST);
    else if (is_time)
        error = take_step(import, node, signal, range);
    else if (range->count != length)
        error = take_parts(import, node, signal, range);
    if (error || !range->removes)
        return error;
    signal->rank--;
    for (size_t i = range->axis; i < signal->rank; i++)
        signal->axes[i] = signal->axes[i + 1];
    return EDDY_OK;
}

/* ---- of a constant ---- */

/* Places of an axis, in any order, each below its length; `places` may be NULL: those of the range. */
static int take_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                         const struct onnx_constant *in, const struct range *range,
                         const struct onnx_constant *places)
{
    int64_t dims[ONNX_MAX_RANK];
    size_t rank = 0, inner = 1, outer = 1;
    for (size_t i = 0; i < in->rank; i++) {
        inner *= i > range->axis ? (size_t)in->dims[i] : 1;
        outer *= i < range->axis ? (size_t)in->dims[i] : 1;
        if (i == range->axis && range->removes)
            continue;
        dims[rank++] = i == range->axis ? range->count : in->dims[i];
    }
    const size_t length = (size_t)in->dims[range->axis], count = (size_t)range->count;
    const struct onnx_constant from = *in;
    const struct onnx_constant kind = {
        .n_elems = SIZE_MAX, .integer = in->integer, .stands_in = in->stands_in};
    struct onnx_constant *out;
    const int error = onnx_define_constant(import, node, &kind, rank, dims, &out);
    if (error || !out)
        return error;
    for (size_t o = 0; o < outer; o++)
        for (size_t k = 0; k < count; k++) {
            int64_t place = places ? onnx_integer(places->values[k]) : range->start + (int64_t)k;
            place += place < 0 ? (int64_t)length : 0;
            memcpy(out->values + (o * count + k) * inner,
                   from.values + (o * length + (size_t)place) * inner, inner * sizeof *out->values);
        }
    return EDDY_OK;
}

/* ---- Gather ---- */

/* The places as a range; false when they are not one behind the other, or beyond the axis. */
static bool to_range(const struct onnx_constant *places, int64_t length, struct range *range)
{
    range->count = (int64_t)places->n_elems;
    for (size_t i = 0; i < places->n_elems; i++) {
        int64_t place = onnx_integer(places->values[i]);
        place += place < 0 ? length : 0;
        if (i == 0)
            range->start = place;
        if (place < 0 || place >= length || place != range->start + (int64_t)i)
            return false;
    }
    return places->n_elems > 0 && places->rank <= 1;
}

static int gather_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                           const struct onnx_constant *in, const struct onnx_constant *places,
                           int64_t axis)
{
    struct range range = {.count = (int64_t)places->n_elems, .removes = places->rank == 0};
    const int error = onnx_normal_axis(import, node, in->rank, axis, &range.axis);
    if (error)
        return error;
    bool good = places->rank <= 1;
    for (size_t i = 0; good && i < places->n_elems; i++) {
        const int64_t place = onnx_integer(places->values[i]);
        good = place >= -in->dims[range.axis] && place < in->dims[range.axis];
    }
    return good ? take_constant(import, node, in, &range, places)
                : onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                              "its indices are beyond axis %zu, of length %lld", range.axis,
                              (long long)in->dims[range.axis]);
}

static int gather(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in, *at;
    const struct onnx_constant *places;
    int64_t axis;
    int error = onnx_input(import, node, 0, &in);
    if (!error)
        error = onnx_input(import, node, 1, &at);
    if (!error)
        error = onnx_int_attribute(import, node, "axis", 0, &axis);
    if (error)
        return error;
    if (in->kind == VALUE_CONSTANT && at->kind == VALUE_SIGNAL && at->signal.tokens)
        return onnx_embed(import, node, &in->constant, &at->signal);
    error = onnx_input_constant(import, node, 1, "the list of indices", &places);
    if (!error && !places->integer)
        error = onnx_refuse(import, node, EDDY_ERROR_FORMAT, "its indices are no integers");
    if (error)
        return error;
    if (in->kind == VALUE_CONSTANT)
        return gather_constant(import, node, &in->constant, places, axis);
    if (in->kind != VALUE_SIGNAL)
        return onnx_pass_on(import, node, in);
    struct onnx_signal out = in->signal;
    struct range range = {.removes = places->rank == 0};
    error = onnx_normal_axis(import, node, out.rank, axis, &range.axis);
    if (!error && !to_range(places, onnx_length(import, &out, range.axis), &range))
        error = onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                            "its indices are not one behind the other on axis %zu, of length %lld",
                            range.axis, (long long)onnx_length(import, &out, range.axis));
    if (!error)
        error = take_signal(import, node, &out, &range);
    return error ? error : onnx_define_signal(import, node, &out);
}

/* ---- Slice ---- */

struct slices {
    size_t n;
    struct range ranges[ONNX_MAX_RANK];
};

static int64_t clamped(int64_t place, int64_t length)
{
    place += place < 0 ? length : 0;
    return place < 0 ? 0 : place > length ? length : place;
}

/* The lengths of the axes of a constant or a signal. */
static size_t lengths_of(const struct onnx_import *import, const struct onnx_value *in,
                         int64_t lengths[ONNX_MAX_RANK])
{
    const bool is_signal = in->kind == VALUE_SIGNAL;
    const size_t rank = is_signal ? in->signal.rank : in->constant.rank;
    for (size_t i = 0; i < rank; i++)
        lengths[i] = is_signal ? onnx_length(import, &in->signal, i) : in->constant.dims[i];
    return rank;
}

static int read_slices(struct onnx_import *import, const Onnx__NodeProto *node,
                       const struct onnx_value *in, struct slices *slices)
{
    int64_t starts[ONNX_MAX_RANK], ends[ONNX_MAX_RANK], axes[ONNX_MAX_RANK], steps[ONNX_MAX_RANK];
    int64_t lengths[ONNX_MAX_RANK];
    size_t n_ends = 0, n_axes = 0, n_steps = 0;
    const size_t rank = lengths_of(import, in, lengths);
    int error = onnx_axes(import, node, "starts", 1, 10, &slices->n, starts);
    if (!error)
        error = onnx_axes(import, node, "ends", 2, 10, &n_ends, ends);
    if (!error)
        error = onnx_axes(import, node, "axes", 3, 10, &n_axes, axes);
    if (!error)
        error = onnx_axes(import, node, "steps", 4, 10, &n_steps, steps);
    if (!error && (n_ends != slices->n || (n_axes && n_axes != slices->n) ||
                   (n_steps && n_steps != slices->n)))
        error = onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                            "starts, ends, axes and steps are not as many");
    for (size_t i = 0; !error && i < slices->n; i++) {
        struct range *range = &slices->ranges[i];
        error = onnx_normal_axis(import, node, rank, n_axes ? axes[i] : (int64_t)i, &range->axis);
        if (error)
            break;
        if (n_steps && steps[i] != 1)
            error = onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                                "steps of %lld are not supported, only 1", (long long)steps[i]);
        range->removes = false;
        range->start = clamped(starts[i], lengths[range->axis]);
        range->count = clamped(ends[i], lengths[range->axis]) - range->start;
        range->count = range->count < 0 ? 0 : range->count;
    }
    return error;
}

static int slice(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_value *in;
    struct slices slices = {0};
    int error = onnx_input(import, node, 0, &in);
    if (error)
        return error;
    if (in->kind != VALUE_CONSTANT && in->kind != VALUE_SIGNAL)
        return onnx_pass_on(import, node, in);
    error = read_slices(import, node, in, &slices);
    if (error)
        return error;
    if (in->kind == VALUE_CONSTANT)
        return slices.n == 1
                   ? take_constant(import, node, &in->constant, slices.ranges, NULL)
                   : onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                                 "a constant is cut along %zu axes; export with constant folding",
                                 slices.n);
    struct onnx_signal out = in->signal;
    for (size_t i = 0; !error && i < slices.n; i++)
        error = take_signal(import, node, &out, &slices.ranges[i]);
    return error ? error : onnx_define_signal(import, node, &out);
}

/* ---- Concat ---- */

static int join_constants(struct onnx_import *import, const Onnx__NodeProto *node, int64_t axis,
                          struct onnx_value *const *in, size_t n)
{
    struct onnx_constant kind = in[0]->constant, *out;
    int64_t dims[ONNX_MAX_RANK];
    size_t normal, inner = 1, outer = 1;
    const int error = onnx_normal_axis(import, node, kind.rank, axis, &normal);
    if (error)
        return error;
    memcpy(dims, kind.dims, sizeof dims);
    dims[normal] = 0;
    for (size_t k = 0; k < n; k++) {
        const struct onnx_constant *c = &in[k]->constant;
        bool fits = c->rank == kind.rank && c->integer == kind.integer;
        for (size_t i = 0; fits && i < kind.rank; i++)
            fits = i == normal || c->dims[i] == dims[i];
        if (!fits)
            return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "its inputs do not fit together");
        dims[normal] += c->dims[normal];
        kind.stands_in = kind.stands_in || c->stands_in;
    }
    for (size_t i = 0; i < kind.rank; i++) {
        inner *= i > normal ? (size_t)dims[i] : 1;
        outer *= i < normal ? (size_t)dims[i] : 1;
    }
    kind.n_elems = SIZE_MAX;
    const int failure = onnx_define_constant(import, node, &kind, kind.rank, dims, &out);
    size_t at = 0;
    for (size_t o = 0; !failure && out && o < outer; o++)
        for (size_t k = 0; k < n; k++) {
            const size_t elems = (size_t)in[k]->constant.dims[normal] * inner;
            memcpy(out->values + at, in[k]->constant.values + o * elems,
                   elems * sizeof *out->values);
            at += elems;
        }
    return failure;
}

/* Directions or final states: side by side on an axis of their own, or one behind the other in the channels. */
static int join_signals(struct onnx_import *import, const Onnx__NodeProto *node, int64_t axis,
                        struct onnx_value *const *in, size_t n)
{
    struct onnx_signal out = in[0]->signal;
    size_t normal;
    const int error = onnx_normal_axis(import, node, out.rank, axis, &normal);
    if (error)
        return error;
    const bool channels = out.axes[normal] == AXIS_CHANNELS;
    bool good = !out.tokens;
    out.n_parts = 0;
    for (size_t k = 0; good && k < n; k++) {
        const struct onnx_signal *s = &in[k]->signal;
        good = s->rank == out.rank && s->last == out.last && s->n_channels == out.n_channels &&
               out.n_parts + s->n_parts <= ONNX_MAX_PARTS;
        for (size_t i = 0; good && i < s->rank; i++) {
            const bool unit = onnx_is_unit(import, s->axes[i]);
            good = i != normal ? s->axes[i] == in[0]->signal.axes[i] && s->axes[i] != AXIS_PARTS
                   : channels  ? s->axes[i] == AXIS_CHANNELS
                               : s->axes[i] == AXIS_PARTS || (unit && s->n_parts == 1);
        }
        for (size_t p = 0; good && p < s->n_parts; p++)
            out.parts[out.n_parts++] = s->parts[p];
    }
    if (!good)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "it joins data that are not the directions or final states of layers");
    if (!channels && out.n_parts > 1)
        out.axes[normal] = AXIS_PARTS;
    return onnx_define_signal(import, node, &out);
}

static int join_zeros(struct onnx_import *import, const Onnx__NodeProto *node,
                      struct onnx_value *const *in, size_t n)
{
    struct onnx_value *value;
    bool zero = true;
    for (size_t k = 0; k < n; k++) {
        zero = zero && (in[k]->kind == VALUE_ZERO || in[k]->kind == VALUE_CONSTANT);
        for (size_t i = 0; zero && in[k]->kind == VALUE_CONSTANT && i < in[k]->constant.n_elems;
             i++)
            zero = in[k]->constant.values[i] == 0;
    }
    return zero ? onnx_define(import, node, 0, VALUE_ZERO, &value)
                : onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                              "it joins data with constants or cell states");
}

static int concat(struct onnx_import *import, const Onnx__NodeProto *node)
{
    enum { MAX_INPUTS = 64 };
    struct onnx_value *in[MAX_INPUTS];
    int64_t axis;
    size_t n_constants = 0, n_signals = 0, n_cells = 0;
    const size_t n = node->n_input;
    if (n == 0 || n > MAX_INPUTS)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED, "it joins %zu values", n);
    int error = onnx_int_attribute(import, node, "axis", 0, &axis);
    for (size_t k = 0; !error && k < n; k++) {
        error = onnx_input(import, node, k, &in[k]);
        n_constants += !error && in[k]->kind == VALUE_CONSTANT;
        n_signals += !error && in[k]->kind == VALUE_SIGNAL;
        n_cells += !error && in[k]->kind == VALUE_CELL_STATE;
    }
    if (error)
        return error;
    if (n_cells == n)
        return onnx_pass_on(import, node, in[0]);
    return n_constants == n ? join_constants(import, node, axis, in, n)
           : n_signals == n ? join_signals(import, node, axis, in, n)
                            : join_zeros(import, node, in, n);
}

static int part_of_sequence(struct onnx_import *import, const Onnx__NodeProto *node)
{
    return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                       "it sums up the sequence; of a sequence only all steps or the state after "
                       "the last can be taken");
}

const struct onnx_operator onnx_select_operators[] = {
    {"Gather", gather, " axis "},
    {"Slice", slice, " axes starts ends "},
    {"Concat", concat, " axis "},
    {"ReduceMean", part_of_sequence, ONNX_ANY_ATTRIBUTE},
    {"ReduceMax", part_of_sequence, ONNX_ANY_ATTRIBUTE},
    {"ReduceSum", part_of_sequence, ONNX_ANY_ATTRIBUTE},
    {NULL, NULL, NULL},
};
