/* onnx_recurrent.c -- RNN, GRU and LSTM, with all of their attributes. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What sets the operators apart. */
struct cell_node {
    const char *op;
    enum eddy_cell cell;
    size_t n_activations;
    const char *activations[3];
};

static const struct cell_node cell_nodes[] = {
    {"RNN", EDDY_CELL_RNN, 1, {"Tanh"}},
    {"GRU", EDDY_CELL_GRU, 2, {"Sigmoid", "Tanh"}},
    {"LSTM", EDDY_CELL_LSTM, 3, {"Sigmoid", "Tanh", "Tanh"}},
};

static const struct cell_node *cell_of(const Onnx__NodeProto *node)
{
    size_t i = 0;
    while (strcmp(cell_nodes[i].op, node->op_type) != 0)
        i++;
    return &cell_nodes[i];
}

static bool is_text(const ProtobufCBinaryData *data, const char *text)
{
    return data->len == strlen(text) && strncasecmp((const char *)data->data, text, data->len) == 0;
}

/* For messages: at most 20 characters. */
static int shown_bytes(const ProtobufCBinaryData *text)
{
    return (int)(text->len < 20 ? text->len : 20);
}

static const char *shown(const ProtobufCBinaryData *text)
{
    return text->data ? (const char *)text->data : "";
}

/* ---- attributes ---- */

static size_t directions_of(const struct chain_layer *layer)
{
    return layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 : 1;
}

static int read_direction(struct onnx_import *import, const Onnx__NodeProto *node,
                          enum eddy_direction *direction)
{
    static const char *const names[EDDY_DIRECTIONS] = {
        [EDDY_DIRECTION_FORWARD] = "forward",
        [EDDY_DIRECTION_REVERSE] = "reverse",
        [EDDY_DIRECTION_BIDIRECTIONAL] = "bidirectional",
    };
    const Onnx__AttributeProto *attribute = onnx_attribute(node, "direction");
    *direction = EDDY_DIRECTION_FORWARD;
    if (!attribute)
        return EDDY_OK;
    for (unsigned i = 0; i < EDDY_DIRECTIONS; i++)
        if (is_text(&attribute->s, names[i])) {
            *direction = (enum eddy_direction)i;
            return EDDY_OK;
        }
    return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                       "attribute 'direction' is '%.*s'; there are forward, reverse and "
                       "bidirectional",
                       shown_bytes(&attribute->s), shown(&attribute->s));
}

/* The same functions for both directions: those that ONNX has by default, or Relu for all of an RNN. */
static int read_activations(struct onnx_import *import, const Onnx__NodeProto *node,
                            size_t n_directions, enum eddy_activation *activation)
{
    const struct cell_node *cell = cell_of(node);
    const Onnx__AttributeProto *list = onnx_attribute(node, "activations");
    *activation = EDDY_ACTIVATION_TANH;
    if (!list || list->n_strings == 0)
        return EDDY_OK;
    if (list->n_strings != n_directions * cell->n_activations)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                           "attribute 'activations' has %zu functions, not %zu", list->n_strings,
                           n_directions * cell->n_activations);
    if (cell->cell == EDDY_CELL_RNN && is_text(&list->strings[0], "Relu"))
        *activation = EDDY_ACTIVATION_RELU;
    for (size_t i = 0; i < list->n_strings; i++) {
        const char *usual = *activation == EDDY_ACTIVATION_RELU
                                ? "Relu"
                                : cell->activations[i % cell->n_activations];
        if (!is_text(&list->strings[i], usual))
            return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                               "attribute 'activations': function %zu is '%.*s', only '%s' is "
                               "supported there%s",
                               i + 1, shown_bytes(&list->strings[i]), shown(&list->strings[i]),
                               usual,
                               cell->cell == EDDY_CELL_RNN ? ", or 'Relu' for all of an RNN" : "");
    }
    return EDDY_OK;
}

static int read_clip(struct onnx_import *import, const Onnx__NodeProto *node, double *clip)
{
    const int error = onnx_float_attribute(import, node, "clip", 0, clip);
    if (!error && onnx_attribute(node, "clip") && *clip <= 0)
        return onnx_refuse(import, node, EDDY_ERROR_RANGE, "attribute 'clip' is %g", *clip);
    return error;
}

/* All attributes but input_forget, which changes weights; n_hidden is 0 when hidden_size is not given. */
static int read_attributes(struct onnx_import *import, const Onnx__NodeProto *node,
                           struct chain_layer *layer, int64_t *layout)
{
    int64_t linear_before_reset, hidden;
    layer->cell = cell_of(node)->cell;
    int error = read_direction(import, node, &layer->direction);
    if (!error)
        error = read_activations(import, node, directions_of(layer), &layer->activation);
    if (!error)
        error = read_clip(import, node, &layer->clip);
    if (!error)
        error = onnx_int_attribute(import, node, "layout", 0, layout);
    if (!error)
        error = onnx_int_attribute(import, node, "linear_before_reset", 0, &linear_before_reset);
    if (!error)
        error = onnx_int_attribute(import, node, "hidden_size", 0, &hidden);
    if (error)
        return error;
    if (*layout != 0 && *layout != 1)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute 'layout' is %lld",
                           (long long)*layout);
    if (onnx_attribute(node, "hidden_size") && (hidden < 1 || hidden > INT32_MAX))
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute 'hidden_size' is %lld",
                           (long long)hidden);
    layer->n_hidden = (size_t)hidden;
    layer->linear_before_reset = linear_before_reset != 0;
    return EDDY_OK;
}

/* ---- tensors ---- */

static int check_shape(struct onnx_import *import, const Onnx__NodeProto *node, const char *name,
                       const struct onnx_constant *constant, size_t rank, const size_t *dims)
{
    bool good = constant->rank == rank;
    for (size_t i = 0; good && i < rank; i++)
        good = constant->dims[i] == (int64_t)dims[i];
    if (good)
        return EDDY_OK;
    char text[80];
    int length = 0;
    for (size_t i = 0; i < rank; i++)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, i ? ", %zu" : "%zu", dims[i]);
    return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "%s is not (%s)", name, text);
}

/* Input i as an array for the layer to own, NULL when it is not there. */
static int read_tensor(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                       const char *name, size_t rank, const size_t *dims, double **to)
{
    const struct onnx_constant *constant;
    if (!onnx_has_input(node, i))
        return EDDY_OK;
    int error = onnx_input_numbers(import, node, i, name, &constant);
    if (!error)
        error = check_shape(import, node, name, constant, rank, dims);
    if (error)
        return error;
    *to = malloc((constant->n_elems + 1) * sizeof **to);
    if (!*to)
        return onnx_no_memory(import);
    memcpy(*to, constant->values, constant->n_elems * sizeof **to);
    return EDDY_OK;
}

/* A zero must not turn -0 into 0. */
static double sum_of(double a, double b)
{
    return b == 0 ? a : a + b;
}

/* B: for each direction the biases of W for every gate, then those of R. With linear_before_reset those of the candidate
 * stay apart. */
static int read_biases(struct onnx_import *import, const Onnx__NodeProto *node,
                       struct chain_layer *layer)
{
    const size_t h = layer->n_hidden, n_directions = directions_of(layer);
    const size_t rows = layer->n_rows / n_directions;
    const bool apart = layer->cell == EDDY_CELL_GRU && layer->linear_before_reset;
    double *b = NULL;
    int error = read_tensor(import, node, 3, "B", 2, (const size_t[]){n_directions, 2 * rows}, &b);
    layer->b = calloc(layer->n_rows, sizeof *layer->b);
    layer->rb = apart ? calloc(layer->n_out, sizeof *layer->rb) : NULL;
    if (!error && (!layer->b || (apart && !layer->rb)))
        error = onnx_no_memory(import);
    for (size_t i = 0; !error && b && i < layer->n_rows; i++) {
        const size_t d = i / rows, row = i % rows;
        const double of_w = b[d * 2 * rows + row], of_r = b[d * 2 * rows + rows + row];
        const bool candidate = apart && row >= 2 * h;
        if (candidate)
            layer->rb[d * h + row - 2 * h] = of_r;
        layer->b[i] = candidate ? of_w : sum_of(of_w, of_r);
    }
    free(b);
    return error;
}

/* Zeros of a shape known at run time leave the state NULL. Batch is 1, so that its place, by layout, does not matter. */
static int read_state(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                      const char *name, int64_t layout, const struct chain_layer *layer,
                      double **to)
{
    struct onnx_value *value;
    if (!onnx_has_input(node, i))
        return EDDY_OK;
    const int error = onnx_input(import, node, i, &value);
    if (error || value->kind == VALUE_ZERO)
        return error;
    if (value->kind != VALUE_CONSTANT)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "%s ('%.60s') is not constant; export with a constant initial state, or "
                           "none",
                           name, value->name);
    const size_t d = directions_of(layer);
    return read_tensor(import, node, i, name, 3,
                       (const size_t[]){layout ? 1 : d, layout ? d : 1, layer->n_hidden}, to);
}

/* f = 1 - i: since 1 - s(v) = s(-v), the forget gate gets the negated rows of the input gate. */
static void couple_forget_gate(struct chain_layer *layer)
{
    enum { INPUT = 0, FORGET = 2, GATES = 4 };
    const size_t h = layer->n_hidden;
    for (size_t d = 0; d < directions_of(layer); d++)
        for (size_t u = 0; u < h; u++) {
            const size_t i = (d * GATES + INPUT) * h + u, f = (d * GATES + FORGET) * h + u;
            for (size_t c = 0; c < layer->n_in; c++)
                layer->w[f * layer->n_in + c] = -layer->w[i * layer->n_in + c];
            for (size_t c = 0; c < h; c++)
                layer->r[f * h + c] = -layer->r[i * h + c];
            layer->b[f] = -layer->b[i];
            if (layer->p) /* i, o, f */
                layer->p[(d * 3 + 2) * h + u] = -layer->p[d * 3 * h + u];
        }
}

/* W (D, G H, I) says how many units there are when hidden_size does not. */
static int read_hidden(struct onnx_import *import, const Onnx__NodeProto *node,
                       struct chain_layer *layer)
{
    const struct onnx_constant *w;
    const size_t gates = eddy_cell_gates(layer->cell);
    const int error = onnx_input_numbers(import, node, 1, "W", &w);
    if (error)
        return error;
    if (!layer->n_hidden && w->rank == 3)
        layer->n_hidden = (size_t)w->dims[1] / gates;
    if (!layer->n_hidden)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "W is not (%zu, %zu hidden_size, %zu)",
                           directions_of(layer), gates, layer->n_in);
    return EDDY_OK;
}

static int read_tensors(struct onnx_import *import, const Onnx__NodeProto *node, int64_t layout,
                        struct chain_layer *layer)
{
    int64_t input_forget;
    int error = read_hidden(import, node, layer);
    if (error)
        return error;
    const size_t h = layer->n_hidden, d = directions_of(layer);
    const size_t rows = eddy_cell_gates(layer->cell) * h;
    const bool lstm = layer->cell == EDDY_CELL_LSTM;
    layer->n_rows = d * rows;
    layer->n_out = d * h;
    error = read_tensor(import, node, 1, "W", 3, (const size_t[]){d, rows, layer->n_in}, &layer->w);
    if (!error && !onnx_has_input(node, 2))
        error = onnx_refuse(import, node, EDDY_ERROR_FORMAT, "input 2 is missing");
    if (!error)
        error = read_tensor(import, node, 2, "R", 3, (const size_t[]){d, rows, h}, &layer->r);
    if (!error)
        error = read_biases(import, node, layer);
    if (!error && lstm)
        error = read_tensor(import, node, 7, "P", 2, (const size_t[]){d, 3 * h}, &layer->p);
    if (!error)
        error = read_state(import, node, 5, "initial_h", layout, layer, &layer->h0);
    if (!error && lstm)
        error = read_state(import, node, 6, "initial_c", layout, layer, &layer->c0);
    if (!error)
        error = onnx_int_attribute(import, node, "input_forget", 0, &input_forget);
    if (!error && lstm && input_forget)
        couple_forget_gate(layer);
    return error;
}

/* ---- the node ---- */

/* Which axis of the input is time, checked against everything known. *time is AXIS_UNIT for a state after the last step,
 * which is one step to the layers above. */
static int find_time(struct onnx_import *import, const Onnx__NodeProto *node,
                     const struct onnx_signal *signal, int64_t layout, enum onnx_axis *time)
{
    if (signal->rank != 3)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                           "its input has %zu axes, not 3 (time, batch, channels)", signal->rank);
    *time = signal->axes[layout];
    if (signal->last && *time == AXIS_UNIT)
        return EDDY_OK;
    if (*time != AXIS_FIRST && *time != AXIS_SECOND)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "its time axis has length 1: what should be time is taken for the "
                           "batch; transpose its input");
    return onnx_set_sequence(import, node, *time);
}

/* sequence_lens may only say what is true anyway: the whole sequence. */
static int check_sequence_lens(struct onnx_import *import, const Onnx__NodeProto *node,
                               const struct onnx_signal *signal, int64_t layout)
{
    struct onnx_value *value;
    if (!onnx_has_input(node, 4))
        return EDDY_OK;
    const int error = onnx_input(import, node, 4, &value);
    if (error)
        return error;
    const int64_t length = onnx_length(import, signal, (size_t)layout);
    if (value->kind != VALUE_CONSTANT || value->constant.n_elems != 1 ||
        value->constant.values[0] != (double)length ||
        value->constant.stands_in != onnx_stands_in(length))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "sequence_lens ('%.60s') is not supported; export without masks or "
                           "sequence lengths",
                           value->name);
    return EDDY_OK;
}

/* Y (time, directions, batch, hidden) and Y_h without time, with layout 1 the batch first; Y_c. */
static int define_outputs(struct onnx_import *import, const Onnx__NodeProto *node,
                          const struct chain_layer *layer, int64_t layout, enum onnx_axis time)
{
    const enum onnx_axis parts =
        layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? AXIS_PARTS : AXIS_UNIT;
    struct onnx_signal y = {
        .rank = 4,
        .axes = {layout ? AXIS_UNIT : time, layout ? time : parts, layout ? parts : AXIS_UNIT,
                 AXIS_CHANNELS},
        .last = import->chain.last,
        .n_channels = layer->n_hidden,
        .n_parts = directions_of(layer),
    };
    for (size_t d = 0; d < y.n_parts; d++)
        y.parts[d] = (struct onnx_part){import->version, import->chain.n_layers - 1, d};
    struct onnx_signal y_h = y;
    y_h.rank = 3;
    y_h.axes[0] = layout ? AXIS_UNIT : parts;
    y_h.axes[1] = layout ? parts : AXIS_UNIT;
    y_h.axes[2] = AXIS_CHANNELS;
    y_h.last = true;
    struct onnx_value *value;
    int error = onnx_define_signal(import, node, &y);
    if (!error)
        error = onnx_define(import, node, 1, VALUE_SIGNAL, &value);
    if (!error && value)
        value->signal = y_h;
    if (!error && layer->cell == EDDY_CELL_LSTM)
        error = onnx_define(import, node, 2, VALUE_CELL_STATE, &value);
    return error;
}

static int recurrent(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    struct chain_layer layer = {0};
    enum onnx_axis time = AXIS_FIRST;
    int64_t layout = 0;
    int error = read_attributes(import, node, &layer, &layout);
    if (!error)
        error = onnx_input_signal(import, node, 0, true, &signal);
    if (!error)
        error = find_time(import, node, &signal, layout, &time);
    if (!error)
        error = check_sequence_lens(import, node, &signal, layout);
    if (error)
        return error;
    layer.n_in = import->chain.width;
    error = read_tensors(import, node, layout, &layer);
    if (error) {
        chain_layer_free(&layer);
        return error;
    }
    error = chain_add_layer(import, node, &layer);
    return error ? error : define_outputs(import, node, &layer, layout, time);
}

const struct onnx_operator onnx_recurrent_operators[] = {
    {"RNN", recurrent,
     " activation_alpha activation_beta activations clip direction hidden_size layout "},
    {"GRU", recurrent,
     " activation_alpha activation_beta activations clip direction hidden_size layout "
     "linear_before_reset "},
    {"LSTM", recurrent,
     " activation_alpha activation_beta activations clip direction hidden_size layout "
     "input_forget "},
    {NULL, NULL, NULL},
};
