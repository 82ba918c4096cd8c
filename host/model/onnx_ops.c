/* onnx_ops.c -- operators that compute. Each consumes the signal and extends the chain. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int no_memory(struct onnx_import *import)
{
    return eddy_fail(import->context, EDDY_ERROR_MEMORY, "%s: out of memory", import->path);
}

static int define_next(struct onnx_import *import, const Onnx__NodeProto *node,
                       struct onnx_signal *signal)
{
    signal->version = import->version;
    signal->n_channels = import->chain.width;
    return onnx_define_signal(import, node, signal);
}

/* ---- one value per channel ---- */

/* A constant as (n) numbers by ONNX broadcasting; anything that would enlarge the signal is refused. */
static int broadcast(struct onnx_import *import, const Onnx__NodeProto *node,
                     const struct onnx_constant *constant, const struct onnx_signal *signal,
                     double **values)
{
    const size_t n = signal->n_channels;
    const bool per_channel = constant->rank && constant->dims[constant->rank - 1] == (int64_t)n;
    if (constant->integer)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "its constant holds integers");
    if (constant->rank > signal->rank || constant->n_elems != (per_channel ? n : 1))
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its constant has %zu elements in %zu axes; the input has %zu channels",
                           constant->n_elems, constant->rank, n);
    *values = calloc(n, sizeof **values);
    if (!*values)
        return no_memory(import);
    for (size_t i = 0; i < n; i++)
        (*values)[i] = constant->values[constant->n_elems == 1 ? 0 : i];
    return EDDY_OK;
}

/* v op c, or c op v when the constant is input 0. */
static int apply_affine(struct onnx_import *import, const Onnx__NodeProto *node, char op,
                        bool constant_first, double *c)
{
    const size_t n = import->chain.width;
    int error = EDDY_OK;
    if (op == '/' && constant_first)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "a constant divided by a signal is not supported; only the other way "
                           "round");
    for (size_t i = 0; op == '/' && i < n; i++) {
        if (c[i] == 0)
            return onnx_refuse(import, node, EDDY_ERROR_RANGE, "it divides column %zu by 0", i);
        c[i] = 1 / c[i];
    }
    if (op == '*' || op == '/')
        return chain_scale(import, node, c);
    if (op == '-' && constant_first) {
        double *minus = calloc(n, sizeof *minus);
        if (!minus)
            return no_memory(import);
        for (size_t i = 0; i < n; i++)
            minus[i] = -1;
        error = chain_scale(import, node, minus);
        free(minus);
    }
    for (size_t i = 0; op == '-' && !constant_first && i < n; i++)
        c[i] = -c[i];
    if (!error)
        chain_offset(import, c);
    return error;
}

static enum onnx_axis plain_axis(const struct onnx_import *import, enum onnx_axis axis)
{
    if (!import->has_sequence || axis == AXIS_CHANNELS || axis == import->sequence)
        return axis;
    return AXIS_UNIT;
}

/* The addition of the graph's input to what the layers made of it. */
static int add_residual(struct onnx_import *import, const Onnx__NodeProto *node,
                        const struct onnx_signal *a, const struct onnx_signal *b)
{
    const struct onnx_signal *newest = a->version ? a : b, *input = a->version ? b : a;
    bool same = newest->rank == input->rank;
    for (size_t i = 0; same && i < input->rank; i++)
        same = plain_axis(import, newest->axes[i]) == plain_axis(import, input->axes[i]);
    if (input->version != 0 || newest->version != import->version || newest->version == 0 ||
        import->chain.residual || !same || import->chain.n_layers == 0)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "two signals are added; only the graph's own input may be added, in the "
                           "same layout, behind the last layer");
    if (newest->n_channels != import->chain.n_in)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "%zu channels are added to the input's %zu", newest->n_channels,
                           import->chain.n_in);
    struct onnx_signal sum = *newest;
    import->chain.residual = true;
    import->version++;
    return define_next(import, node, &sum);
}

static int elementwise(struct onnx_import *import, const Onnx__NodeProto *node)
{
    const char op = *node->op_type == 'A'   ? '+'
                    : *node->op_type == 'S' ? '-'
                    : *node->op_type == 'M' ? '*'
                                            : '/';
    struct onnx_value *a, *b;
    int error = onnx_input(import, node, 0, &a);
    if (!error)
        error = onnx_input(import, node, 1, &b);
    if (error)
        return error;
    if (a->kind == VALUE_SIGNAL && b->kind == VALUE_SIGNAL && op == '+')
        return add_residual(import, node, &a->signal, &b->signal);
    const bool constant_first = a->kind == VALUE_CONSTANT;
    const struct onnx_constant *constant;
    struct onnx_signal signal;
    double *values = NULL;
    error = onnx_input_signal(import, node, constant_first, &signal);
    if (!error)
        error = onnx_input_constant(import, node, !constant_first, "its other operand", &constant);
    if (!error)
        error = broadcast(import, node, constant, &signal, &values);
    if (!error)
        error = apply_affine(import, node, op, constant_first, values);
    free(values);
    return error ? error : define_next(import, node, &signal);
}

/* ---- dense ---- */

static int create_dense(struct onnx_import *import, size_t n_in, size_t n_out,
                        struct chain_layer *layer)
{
    *layer = (struct chain_layer){
        .cell = EDDY_CELL_DENSE, .n_in = n_in, .n_out = n_out, .n_rows = n_out};
    layer->w = calloc(n_out * n_in, sizeof *layer->w);
    layer->b = calloc(n_out, sizeof *layer->b);
    if (layer->w && layer->b)
        return EDDY_OK;
    chain_layer_free(layer);
    return no_memory(import);
}

/* Weights of a MatMul or Gemm: (n_in, n_out), or (n_out, n_in) when transposed. */
static int read_dense(struct onnx_import *import, const Onnx__NodeProto *node,
                      const struct onnx_signal *signal, bool transposed, double alpha,
                      struct chain_layer *layer)
{
    const struct onnx_constant *weights;
    int error = onnx_input_constant(import, node, 1, "the weight matrix", &weights);
    if (error)
        return error;
    if (weights->rank != 2 || weights->n_elems == 0 || weights->integer)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its weights are no matrix of numbers (%zu axes, %zu elements)",
                           weights->rank, weights->n_elems);
    const size_t rows = (size_t)weights->dims[0], columns = (size_t)weights->dims[1];
    const size_t n_in = transposed ? columns : rows, n_out = transposed ? rows : columns;
    if (n_in != signal->n_channels)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its weights are for %zu channels, its input has %zu", n_in,
                           signal->n_channels);
    error = create_dense(import, n_in, n_out, layer);
    for (size_t o = 0; !error && o < n_out; o++)
        for (size_t i = 0; i < n_in; i++)
            layer->w[o * n_in + i] =
                alpha * weights->values[transposed ? o * n_in + i : i * n_out + o];
    return error;
}

static int matmul(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    struct chain_layer layer;
    int error = onnx_input_signal(import, node, 0, &signal);
    if (!error)
        error = read_dense(import, node, &signal, false, 1, &layer);
    if (!error)
        error = chain_add_layer(import, node, &layer);
    return error ? error : define_next(import, node, &signal);
}

static int read_gemm_bias(struct onnx_import *import, const Onnx__NodeProto *node,
                          const struct onnx_signal *signal, double beta, struct chain_layer *layer)
{
    if (!onnx_has_input(node, 2))
        return EDDY_OK;
    const struct onnx_constant *bias;
    struct onnx_signal out = *signal;
    out.n_channels = layer->n_out;
    double *values = NULL;
    int error = onnx_input_constant(import, node, 2, "the bias", &bias);
    if (!error)
        error = broadcast(import, node, bias, &out, &values);
    for (size_t i = 0; !error && i < layer->n_out; i++)
        layer->b[i] = beta * values[i];
    free(values);
    layer->has_bias = true;
    return error;
}

static int gemm(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    struct chain_layer layer;
    double alpha, beta;
    int64_t trans_a, trans_b;
    int error = onnx_input_signal(import, node, 0, &signal);
    if (!error)
        error = onnx_float_attribute(import, node, "alpha", 1, &alpha);
    if (!error)
        error = onnx_float_attribute(import, node, "beta", 1, &beta);
    if (!error)
        error = onnx_int_attribute(import, node, "transA", 0, &trans_a);
    if (!error)
        error = onnx_int_attribute(import, node, "transB", 0, &trans_b);
    if (error)
        return error;
    if (trans_a)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "attribute 'transA' is %lld; a transposed input is not supported",
                           (long long)trans_a);
    if (signal.rank != 2)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "its input has %zu axes, not 2",
                           signal.rank);
    error = read_dense(import, node, &signal, trans_b != 0, alpha, &layer);
    if (error)
        return error;
    error = read_gemm_bias(import, node, &signal, beta, &layer);
    if (error) {
        chain_layer_free(&layer);
        return error;
    }
    error = chain_add_layer(import, node, &layer);
    return error ? error : define_next(import, node, &signal);
}

static int tanh_node(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    int error = onnx_input_signal(import, node, 0, &signal);
    if (!error)
        error = chain_tanh(import, node);
    return error ? error : define_next(import, node, &signal);
}

/* ---- recurrent ---- */

static bool is_text(const ProtobufCBinaryData *data, const char *text)
{
    return data->len == strlen(text) && strncasecmp((const char *)data->data, text, data->len) == 0;
}

/* What sets the cells apart, in the terms of ONNX. */
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

static int check_activations(struct onnx_import *import, const Onnx__NodeProto *node,
                             enum eddy_activation *activation)
{
    const struct cell_node *cell = cell_of(node);
    const Onnx__AttributeProto *list = onnx_attribute(node, "activations");
    *activation = EDDY_ACTIVATION_TANH;
    if (!list)
        return EDDY_OK;
    if (cell->cell == EDDY_CELL_RNN && list->n_strings == 1 && is_text(&list->strings[0], "Relu")) {
        *activation = EDDY_ACTIVATION_RELU;
        return EDDY_OK;
    }
    bool usual = list->n_strings == cell->n_activations;
    for (size_t i = 0; usual && i < cell->n_activations; i++)
        usual = is_text(&list->strings[i], cell->activations[i]);
    if (usual)
        return EDDY_OK;
    return onnx_refuse(
        import, node, EDDY_ERROR_UNSUPPORTED,
        "attribute 'activations' begins with '%.*s'; Eddy runs RNN with Tanh or Relu, "
        "GRU and LSTM with Sigmoid and Tanh",
        list->n_strings && list->strings[0].len < 20 ? (int)list->strings[0].len : 0,
        list->n_strings ? (const char *)list->strings[0].data : "");
}

static int check_rnn_attributes(struct onnx_import *import, const Onnx__NodeProto *node)
{
    const Onnx__AttributeProto *direction = onnx_attribute(node, "direction");
    int64_t input_forget;
    if (direction && !is_text(&direction->s, "forward"))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "attribute 'direction' is '%.*s'; only forward is read",
                           (int)(direction->s.len < 20 ? direction->s.len : 20),
                           direction->s.data ? (const char *)direction->s.data : "");
    const int error = onnx_int_attribute(import, node, "input_forget", 0, &input_forget);
    if (!error && input_forget)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "attribute 'input_forget' is %lld; only separate gates are read",
                           (long long)input_forget);
    return error;
}

static int check_initial_state(struct onnx_import *import, const Onnx__NodeProto *node,
                               size_t input, const char *name, size_t h)
{
    struct onnx_value *value;
    if (!onnx_has_input(node, input))
        return EDDY_OK;
    const int error = onnx_input(import, node, input, &value);
    if (error || value->kind == VALUE_ZERO)
        return error;
    bool zero = value->kind == VALUE_CONSTANT;
    for (size_t i = 0; zero && i < value->constant.n_elems; i++)
        zero = value->constant.values[i] == 0;
    if (!zero)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "%s ('%.60s') is not constant zero; Eddy starts from zero: export "
                           "without an initial state",
                           name, value->name);
    if (value->constant.n_elems != h)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "%s has %zu elements, not %zu; export with batch 1", name,
                           value->constant.n_elems, h);
    return EDDY_OK;
}

/* sequence_lens may only say what is true anyway: the whole sequence. */
static int check_sequence_lens(struct onnx_import *import, const Onnx__NodeProto *node,
                               enum onnx_axis time)
{
    struct onnx_value *value;
    if (!onnx_has_input(node, 4))
        return EDDY_OK;
    const int error = onnx_input(import, node, 4, &value);
    if (error)
        return error;
    if (value->kind != VALUE_CONSTANT || value->constant.n_elems != 1 ||
        value->constant.values[0] != (double)import->extents[time])
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "sequence_lens ('%.60s') is not supported; export without masks or "
                           "sequence lengths",
                           value->name);
    return EDDY_OK;
}

/* A zero must not turn -0 into 0. */
static double sum_of(double a, double b)
{
    return b == 0 ? a : a + b;
}

/* B: the biases of W for every gate, then those of R. With linear_before_reset the candidate's stay apart. */
static int read_biases(struct onnx_import *import, const struct onnx_constant *b,
                       struct chain_layer *layer)
{
    const size_t h = layer->n_out;
    const bool apart = layer->cell == EDDY_CELL_GRU && layer->linear_before_reset;
    if (apart && !(layer->rb = calloc(h, sizeof *layer->rb)))
        return no_memory(import);
    for (size_t i = 0; b && i < layer->n_rows; i++) {
        const double of_r = b->values[layer->n_rows + i];
        const bool candidate = apart && i >= 2 * h;
        if (candidate)
            layer->rb[i - 2 * h] = of_r;
        layer->b[i] = candidate ? b->values[i] : sum_of(b->values[i], of_r);
    }
    return EDDY_OK;
}

static int read_peepholes(struct onnx_import *import, const Onnx__NodeProto *node,
                          struct chain_layer *layer)
{
    const struct onnx_constant *p;
    if (layer->cell != EDDY_CELL_LSTM || !onnx_has_input(node, 7))
        return EDDY_OK;
    const int error = onnx_input_constant(import, node, 7, "P", &p);
    if (error)
        return error;
    if (p->n_elems != 3 * layer->n_out || p->integer)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "P is not (1, %zu)", 3 * layer->n_out);
    layer->p = calloc(p->n_elems, sizeof *layer->p);
    if (!layer->p)
        return no_memory(import);
    memcpy(layer->p, p->values, p->n_elems * sizeof *layer->p);
    return EDDY_OK;
}

/* Makes the layer of checked W, R and B. */
static int fill_cell(struct onnx_import *import, const Onnx__NodeProto *node,
                     const struct onnx_constant *w, const struct onnx_constant *r,
                     const struct onnx_constant *b, size_t h, struct chain_layer *layer)
{
    int64_t linear_before_reset = 0;
    int error = onnx_int_attribute(import, node, "linear_before_reset", 0, &linear_before_reset);
    if (!error)
        error = check_activations(import, node, &layer->activation);
    layer->cell = cell_of(node)->cell;
    layer->linear_before_reset = layer->cell == EDDY_CELL_GRU && linear_before_reset;
    layer->n_rows = eddy_cell_gates(layer->cell) * h;
    layer->n_out = h;
    layer->w = calloc(w->n_elems, sizeof *layer->w);
    layer->r = calloc(r->n_elems, sizeof *layer->r);
    layer->b = calloc(layer->n_rows, sizeof *layer->b);
    if (!error && (!layer->w || !layer->r || !layer->b))
        error = no_memory(import);
    if (error)
        return error;
    memcpy(layer->w, w->values, w->n_elems * sizeof *layer->w);
    memcpy(layer->r, r->values, r->n_elems * sizeof *layer->r);
    error = read_biases(import, b, layer);
    return error ? error : read_peepholes(import, node, layer);
}

/* Checks W (1,GH,I), R (1,GH,H), B (1,2GH) and makes the layer of them. */
static int read_rnn(struct onnx_import *import, const Onnx__NodeProto *node,
                    const struct onnx_signal *signal, struct chain_layer *layer)
{
    const struct onnx_constant *w, *r, *b = NULL;
    const int64_t gates = (int64_t)eddy_cell_gates(cell_of(node)->cell);
    int64_t hidden;
    int error = onnx_input_constant(import, node, 1, "W", &w);
    if (!error)
        error = onnx_input_constant(import, node, 2, "R", &r);
    if (!error && onnx_has_input(node, 3))
        error = onnx_input_constant(import, node, 3, "B", &b);
    if (!error)
        error = onnx_int_attribute(import, node, "hidden_size",
                                   w->rank == 3 ? w->dims[1] / gates : 0, &hidden);
    if (error)
        return error;
    const int64_t channels = (int64_t)signal->n_channels;
    if (w->rank != 3 || w->dims[0] != 1 || hidden < 1 || hidden > INT32_MAX ||
        w->dims[1] != gates * hidden || w->dims[2] != channels || w->integer)
        return onnx_refuse(
            import, node, EDDY_ERROR_SHAPE,
            gates == 1 ? "W is not (1, hidden_size %lld, input channels %lld)"
                       : "W is not (1, gates x hidden_size %lld, input channels %lld)",
            (long long)(hidden < INT32_MAX ? gates * hidden : hidden), (long long)channels);
    if (r->rank != 3 || r->dims[0] != 1 || r->dims[1] != gates * hidden || r->dims[2] != hidden ||
        r->integer)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "R is not (1, %lld, %lld)",
                           (long long)(gates * hidden), (long long)hidden);
    if (b && (b->rank != 2 || b->dims[0] != 1 || b->dims[1] != 2 * gates * hidden || b->integer))
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE, "B is not (1, %lld)",
                           (long long)(2 * gates * hidden));
    *layer = (struct chain_layer){.n_in = signal->n_channels};
    error = fill_cell(import, node, w, r, b, (size_t)hidden, layer);
    if (error)
        chain_layer_free(layer);
    return error;
}

/* Which axis of the input is time, checked against everything known. */
static int find_time(struct onnx_import *import, const Onnx__NodeProto *node,
                     const struct onnx_signal *signal, int64_t layout, enum onnx_axis *time)
{
    if (layout != 0 && layout != 1)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT, "attribute 'layout' is %lld",
                           (long long)layout);
    if (signal->rank != 3)
        return onnx_refuse(import, node, EDDY_ERROR_FORMAT,
                           "its input has %zu axes, not 3 (time, batch, channels)", signal->rank);
    *time = signal->axes[layout];
    if (*time != AXIS_FIRST && *time != AXIS_SECOND)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "its time axis has length 1: what should be time is taken for the "
                           "batch; transpose its input");
    return onnx_set_sequence(import, node, *time);
}

static int rnn(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    struct chain_layer layer;
    enum onnx_axis time = AXIS_FIRST;
    int64_t layout = 0;
    int error = check_rnn_attributes(import, node);
    if (!error)
        error = onnx_input_signal(import, node, 0, &signal);
    if (!error)
        error = onnx_int_attribute(import, node, "layout", 0, &layout);
    if (!error)
        error = find_time(import, node, &signal, layout, &time);
    if (!error)
        error = check_sequence_lens(import, node, time);
    if (!error)
        error = read_rnn(import, node, &signal, &layer);
    if (error)
        return error;
    error = check_initial_state(import, node, 5, "initial_h", layer.n_out);
    if (!error && layer.cell == EDDY_CELL_LSTM)
        error = check_initial_state(import, node, 6, "initial_c", layer.n_out);
    if (error) {
        chain_layer_free(&layer);
        return error;
    }
    error = chain_add_layer(import, node, &layer);
    if (error)
        return error;
    /* Y: (time, direction, batch, hidden), layout 1: (batch, time, direction, hidden) */
    signal.rank = 4;
    signal.axes[0] = layout ? AXIS_UNIT : time;
    signal.axes[1] = layout ? time : AXIS_UNIT;
    signal.axes[2] = AXIS_UNIT;
    signal.axes[3] = AXIS_CHANNELS;
    struct onnx_value *last;
    error = define_next(import, node, &signal);
    if (!error)
        error = onnx_define(import, node, 1, VALUE_LAST_STATE, &last);
    if (!error && cell_of(node)->cell == EDDY_CELL_LSTM)
        error = onnx_define(import, node, 2, VALUE_LAST_STATE, &last);
    return error;
}

static int part_of_sequence(struct onnx_import *import, const Onnx__NodeProto *node)
{
    return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                       "it takes a part of the sequence; Eddy answers every step: use the whole "
                       "sequence (Keras: return_sequences=True)");
}

static int unsupported_activation(struct onnx_import *import, const Onnx__NodeProto *node)
{
    return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                       "activation not supported; use tanh, or none behind the last layer");
}

#define ANY "*"

const struct onnx_operator onnx_compute_operators[] = {
    {"RNN", rnn, " activations direction hidden_size layout "},
    {"GRU", rnn, " activations direction hidden_size layout linear_before_reset "},
    {"LSTM", rnn, " activations direction hidden_size layout input_forget "},
    {"Gemm", gemm, " alpha beta transA transB "},
    {"MatMul", matmul, " "},
    {"Add", elementwise, " "},
    {"Sub", elementwise, " "},
    {"Mul", elementwise, " "},
    {"Div", elementwise, " "},
    {"Tanh", tanh_node, " "},
    {"ReduceMean", part_of_sequence, ANY},
    {"Relu", unsupported_activation, ANY},
    {"Sigmoid", unsupported_activation, ANY},
    {"Softmax", unsupported_activation, ANY},
    {NULL, NULL, NULL},
};
