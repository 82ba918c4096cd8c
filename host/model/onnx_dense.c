/* onnx_dense.c -- matrix products: MatMul, Gemm; and Gather as an embedding's table look-up. */
#include "onnx_import.h"

#include "lib/context.h"

#include <stdlib.h>

/* Weights of a MatMul or Gemm: (n_in, n_out), or (n_out, n_in) when transposed. */
static int read_dense(struct onnx_import *import, const Onnx__NodeProto *node,
                      const struct onnx_signal *signal, bool transposed, double alpha,
                      struct chain_layer *layer)
{
    const struct onnx_constant *weights;
    int error = onnx_input_numbers(import, node, 1, "the weight matrix", &weights);
    if (error)
        return error;
    if (weights->rank != 2 || weights->n_elems == 0)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its weights are no matrix of numbers (%zu axes, %zu elements)",
                           weights->rank, weights->n_elems);
    const size_t rows = (size_t)weights->dims[0], columns = (size_t)weights->dims[1];
    const size_t n_in = transposed ? columns : rows, n_out = transposed ? rows : columns;
    if (n_in != signal->n_channels)
        return onnx_refuse(import, node, EDDY_ERROR_SHAPE,
                           "its weights are for %zu channels, its input has %zu", n_in,
                           signal->n_channels);
    error = chain_create_dense(import, EDDY_CELL_DENSE, n_in, n_out, layer);
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
    int error = onnx_input_signal(import, node, 0, true, &signal);
    if (!error)
        error = read_dense(import, node, &signal, false, 1, &layer);
    if (!error)
        error = chain_add_layer(import, node, &layer);
    return error ? error : onnx_define_next(import, node, &signal);
}

static int read_gemm_bias(struct onnx_import *import, const Onnx__NodeProto *node,
                          const struct onnx_signal *signal, double beta, struct chain_layer *layer)
{
    if (!onnx_has_input(node, 2))
        return EDDY_OK;
    const struct onnx_constant *bias;
    double *values = NULL;
    int error = onnx_input_numbers(import, node, 2, "the bias", &bias);
    if (!error)
        error = onnx_broadcast(import, node, bias, signal->rank, layer->n_out, &values);
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
    int error = onnx_input_signal(import, node, 0, true, &signal);
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
    return error ? error : onnx_define_next(import, node, &signal);
}

/* ---- embedding ---- */

int onnx_embed(struct onnx_import *import, const Onnx__NodeProto *node,
               const struct onnx_constant *table, const struct onnx_signal *tokens)
{
    struct chain_layer layer;
    struct onnx_signal out = *tokens;
    int64_t axis;
    int error = onnx_int_attribute(import, node, "axis", 0, &axis);
    if (error)
        return error;
    if (axis != 0 || table->rank != 2 || table->n_elems == 0 || table->integer)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "an embedding takes rows of a matrix of numbers (axis 0)");
    if (import->version != 0 || out.rank + 1 > ONNX_MAX_RANK)
        return onnx_refuse(import, node, EDDY_ERROR_UNSUPPORTED,
                           "an embedding is the first layer, and there is only one");
    const size_t n_tokens = (size_t)table->dims[0], n = (size_t)table->dims[1];
    error = chain_create_dense(import, EDDY_CELL_EMBEDDING, n_tokens, n, &layer);
    for (size_t token = 0; !error && token < n_tokens; token++)
        for (size_t u = 0; u < n; u++)
            layer.w[u * n_tokens + token] = table->values[token * n + u];
    if (!error)
        error = chain_add_layer(import, node, &layer);
    if (error)
        return error;
    out.tokens = false;
    out.axes[out.rank++] = AXIS_CHANNELS;
    return onnx_define_next(import, node, &out);
}

const struct onnx_operator onnx_dense_operators[] = {
    {"Gemm", gemm, " alpha beta transA transB "},
    {"MatMul", matmul, " "},
    {NULL, NULL, NULL},
};
