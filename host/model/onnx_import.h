/* onnx_import.h -- inside the ONNX reader: a graph is executed symbolically, node by node.
 *
 * A value of the graph is a constant, the signal (the data on its way from input to output), or something
 * that is only known when the model runs. Layout operators permute the axes that a signal carries; computing operators
 * consume the signal and extend the chain (onnx_chain.c). An operator is one handler in the table of
 * onnx_ops.c (computing) or onnx_layout.c (moving axes). What is not understood is refused, never guessed.
 */
#ifndef EDDY_ONNX_IMPORT_H
#define EDDY_ONNX_IMPORT_H

#include "model.h"

#include <onnx.pb-c.h>

enum { ONNX_MAX_RANK = 6 };

/* Integers are exact up to 2^53, which covers shapes and axes. */
struct onnx_constant {
    size_t rank, n_elems;
    int64_t dims[ONNX_MAX_RANK];
    double *values;
    bool integer;
};

/* What an axis of a signal is. The input's two leading axes are time and batch, in an order that the first
 * recurrent node decides; an axis of length 1 that a node made is AXIS_UNIT. */
enum onnx_axis { AXIS_FIRST, AXIS_SECOND, AXIS_UNIT, AXIS_CHANNELS };

struct onnx_signal {
    size_t rank;
    enum onnx_axis axes[ONNX_MAX_RANK];
    size_t n_channels;
    size_t version; /* computing operators between the input and here */
};

enum onnx_value_kind {
    VALUE_TENSOR, /* an initializer, not yet decoded */
    VALUE_CONSTANT,
    VALUE_SIGNAL,
    VALUE_ZERO,       /* zeros of a shape known at run time */
    VALUE_SHAPE,      /* lengths known at run time */
    VALUE_LAST_STATE, /* a recurrent node's state after the last step */
};

struct onnx_value {
    const char *name; /* borrowed from the graph */
    enum onnx_value_kind kind;
    const Onnx__TensorProto *tensor;
    struct onnx_constant constant; /* values owned */
    struct onnx_signal signal;
};

/* A layer as imported, in double. */
struct chain_layer {
    enum eddy_cell cell;
    enum eddy_activation activation;
    bool linear_before_reset;
    size_t n_in, n_out, n_rows; /* n_rows: of all gates */
    double *w, *r, *b, *rb, *p; /* owned, shapes as in model.h */
    bool has_bias;
};

/* The model so far: [input affine] layers [affine still to be applied]. */
struct onnx_chain {
    size_t n_in, n_layers, width;
    struct chain_layer *layers;
    double *in_scale, *in_offset; /* NULL until the first layer */
    double *scale, *offset;       /* (width) */
    bool affine;                  /* scale and offset are not the identity */
    bool residual;
};

struct onnx_import {
    struct eddy_context *context;
    const char *path;
    const Onnx__GraphProto *graph;
    int64_t opset;
    size_t node_index; /* of the node at work */
    size_t n_values, capacity;
    struct onnx_value *values;
    size_t n_axes;      /* 2: input (time, batch, channels) in some order; 1: (time, channels) */
    int64_t extents[2]; /* of AXIS_FIRST, AXIS_SECOND; -1: not fixed */
    bool has_sequence;  /* which of the two is time is known: */
    enum onnx_axis sequence;
    size_t version; /* of the newest signal */
    struct onnx_chain chain;
};

typedef int onnx_handler(struct onnx_import *import, const Onnx__NodeProto *node);

/* One operator; attributes that it understands, each between spaces. */
struct onnx_operator {
    const char *op_type;
    onnx_handler *handler;
    const char *attributes;
};

extern const struct onnx_operator onnx_compute_operators[], onnx_layout_operators[];

/* onnx_wire.c: EDDY_ERROR_FORMAT for bytes that cannot be a ModelProto, or are nested without end. */
int onnx_check_wire(struct eddy_context *context, const char *path, const uint8_t *bytes,
                    size_t size_bytes);

/* onnx_tensor.c. `constant` is freed with free(constant->values). */
int onnx_decode_tensor(struct onnx_import *import, const Onnx__TensorProto *tensor,
                       struct onnx_constant *constant);

/* onnx_node.c: what handlers are made of. */
const char *onnx_text(const char *text); /* "" for NULL */
int onnx_refuse(struct onnx_import *import, const Onnx__NodeProto *node, int error,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name);
int onnx_int_attribute(struct onnx_import *import, const Onnx__NodeProto *node, const char *name,
                       int64_t otherwise, int64_t *value);
int onnx_float_attribute(struct onnx_import *import, const Onnx__NodeProto *node, const char *name,
                         double otherwise, double *value);
bool onnx_has_input(const Onnx__NodeProto *node, size_t i);
struct onnx_value *onnx_find(struct onnx_import *import, const char *name);
/* The value, whatever it is; an initializer is decoded. */
int onnx_input(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
               struct onnx_value **value);
int onnx_input_constant(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                        const char *what, const struct onnx_constant **constant);
/* The newest signal, channels last, for an operator that computes. */
int onnx_input_signal(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                      struct onnx_signal *signal);
/* Makes output i of a node. `*value` is NULL when nobody asked for that output. */
int onnx_define(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                enum onnx_value_kind kind, struct onnx_value **value);
int onnx_define_signal(struct onnx_import *import, const Onnx__NodeProto *node,
                       const struct onnx_signal *signal);
/* The integers of attribute `name`, or those of constant input i when the operator set is at least since_opset.
 * *n is 0 when neither is there. */
int onnx_axes(struct onnx_import *import, const Onnx__NodeProto *node, const char *name, size_t i,
              int64_t since_opset, size_t *n, int64_t values[ONNX_MAX_RANK]);
/* -rank..rank-1 to 0..rank-1. */
int onnx_normal_axis(struct onnx_import *import, const Onnx__NodeProto *node, size_t rank,
                     int64_t axis, size_t *normal);
/* Records that `sequence` is time, so that the other axis is the batch, of length 1. */
int onnx_set_sequence(struct onnx_import *import, const Onnx__NodeProto *node,
                      enum onnx_axis sequence);

/* onnx_chain.c. w (n_out, n_in), r (n_out, n_out) or NULL, b (n_out): the chain owns them, also on failure. */
int chain_start(struct onnx_import *import, size_t n_in);
int chain_add_layer(struct onnx_import *import, const Onnx__NodeProto *node,
                    struct chain_layer *layer);
/* v * scale[i] + offset[i]. */
int chain_scale(struct onnx_import *import, const Onnx__NodeProto *node, const double *scale);
void chain_offset(struct onnx_import *import, const double *offset);
int chain_tanh(struct onnx_import *import, const Onnx__NodeProto *node);
int chain_finish(struct onnx_import *import, struct eddy_model **model);
void chain_free(struct onnx_chain *chain);
void chain_layer_free(struct chain_layer *layer);

#endif
