/* onnx_elementwise.c -- operators that treat every number by itself, and softmax. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>
#include <string.h>

int onnx_broadcast(struct onnx_import *import, const Onnx__NodeProto *node,
                   const struct onnx_constant *constant, size_t rank, size_t n, double **values)
{
    const bool per_channel = constant->rank && constant->dims[constant->rank - 1] == (int64_t)n;
    if (constant->rank > rank || constant->n_elems != (per_channel ? n : 1))
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its constant has %zu elements in %zu axes; the input has %zu channels",
                           constant->n_elems, constant->rank, n);
    *values = calloc(n, sizeof **values);
    if (!*values)
        return onnx_no_memory(import);
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
            return onnx_no_memory(import);
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
    const bool b_is_input = a->parts[0].version != 0;
    const struct onnx_signal *newest = b_is_input ? a : b, *input = b_is_input ? b : a;
    bool same = newest->rank == input->rank && !newest->last;
    for (size_t i = 0; same && i < input->rank; i++)
        same = plain_axis(import, newest->axes[i]) == plain_axis(import, input->axes[i]);
    if (input->parts[0].version != 0 || newest->parts[0].version == 0 ||
        !onnx_is_newest(import, newest) || import->chain.residual || import->chain.softmax ||
        input->tokens || !same || import->chain.n_layers == 0)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "two signals are added; only the graph's own input may be added, in the "
                           "same layout, behind the last layer");
    if (import->chain.width != import->chain.n_in)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "%zu channels are added to the input's %zu", import->chain.width,
                           import->chain.n_in);
    struct onnx_signal sum = *newest;
    import->chain.residual = true;
    import->version++;
    return onnx_define_next(import, node, &sum);
}

static double apply(char op, double a, double b)
{
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
    }
}

/* Two constants, as exporters compute shapes with them. */
static int fold_constants(struct onnx_import *import, const Onnx__NodeProto *node, char op,
                          const struct onnx_constant *a, const struct onnx_constant *b)
{
    const struct onnx_constant *shape = b->n_elems == 1 ? a : b;
    bool same = a->n_elems == 1 || b->n_elems == 1 || a->rank == b->rank;
    for (size_t i = 0; same && a->n_elems > 1 && b->n_elems > 1 && i < a->rank; i++)
        same = a->dims[i] == b->dims[i];
    if (!same || (a->integer && op == '/'))
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "two constants of these shapes or types are not computed; export with "
                           "constant folding");
    const struct onnx_constant x = *a, y = *b;
    struct onnx_constant *out;
    const int error = onnx_define_constant(import, node, shape, shape->rank, shape->dims, &out);
    if (error || !out)
        return error;
    out->integer = x.integer && y.integer;
    out->stands_in = x.stands_in || y.stands_in;
    for (size_t i = 0; i < out->n_elems; i++)
        out->values[i] =
            apply(op, x.values[x.n_elems == 1 ? 0 : i], y.values[y.n_elems == 1 ? 0 : i]);
    return EDDY_OK;
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
    if (a->kind == VALUE_CONSTANT && b->kind == VALUE_CONSTANT)
        return fold_constants(import, node, op, &a->constant, &b->constant);
    const bool constant_first = a->kind == VALUE_CONSTANT;
    const struct onnx_constant *constant;
    struct onnx_signal signal;
    double *values = NULL;
    error = onnx_input_signal(import, node, constant_first, true, &signal);
    if (!error)
        error = onnx_input_numbers(import, node, !constant_first, "its other operand", &constant);
    if (!error)
        error = onnx_broadcast(import, node, constant, signal.rank, signal.n_channels, &values);
    if (!error)
        error = apply_affine(import, node, op, constant_first, values);
    free(values);
    return error ? error : onnx_define_next(import, node, &signal);
}

/* ---- activations ---- */

static int activation(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    int error = onnx_input_signal(import, node, 0, false, &signal);
    if (!error)
        error = chain_activate(import, node,
                               *node->op_type == 'T'   ? EDDY_ACTIVATION_TANH
                               : *node->op_type == 'R' ? EDDY_ACTIVATION_RELU
                                                       : EDDY_ACTIVATION_SIGMOID);
    return error ? error : onnx_define_next(import, node, &signal);
}

/* Of the channels, at the end of the model. */
static int softmax(struct onnx_import *import, const Onnx__NodeProto *node)
{
    struct onnx_signal signal;
    int64_t axis;
    size_t normal = 0;
    int error = onnx_input_signal(import, node, 0, true, &signal);
    if (!error)
        error = onnx_int_attribute(import, node, "axis", import->opset < 13 ? 1 : -1, &axis);
    if (!error)
        error = onnx_normal_axis(import, node, signal.rank, axis, &normal);
    if (error)
        return error;
    if (normal + 1 != signal.rank)
        return onnx_refuse(
            import, node, EDDY_ERROR_UNSUPPORTED,
            "attribute 'axis' is %lld; only a softmax of the channels, the last axis, "
            "is read",
            (long long)axis);
    import->chain.softmax = true;
    import->version++;
    return onnx_define_next(import, node, &signal);
}

static int unsupported_activation(struct onnx_import *import, const Onnx__NodeProto *node)
{
    return onnx_refuse(
        import, node, EDDY_ERROR_UNSUPPORTED,
        "activation not supported; use tanh, relu or sigmoid, or softmax at the end");
}

const struct onnx_operator onnx_elementwise_operators[] = {
    {"Add", elementwise, " "},
    {"Sub", elementwise, " "},
    {"Mul", elementwise, " "},
    {"Div", elementwise, " "},
    {"Tanh", activation, " "},
    {"Relu", activation, " "},
    {"Sigmoid", activation, " "},
    {"Softmax", softmax, " axis "},
    {"LogSoftmax", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"LeakyRelu", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"PRelu", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"Elu", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"Selu", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"Gelu", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"HardSigmoid", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"Softplus", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {"Softsign", unsupported_activation, ONNX_ANY_ATTRIBUTE},
    {NULL, NULL, NULL},
};
