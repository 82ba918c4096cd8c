/* onnx_import.h -- inside the ONNX reader: a graph is executed symbolically, node by node.
 *
 * A value of the graph is a constant, the signal (the data on its way from input to output), or zeros of a shape that is
 * only known when the model runs. Layout operators permute the axes that a signal carries; computing operators consume
 * the signal and extend the chain (onnx_chain.c). An operator is one handler in a table: onnx_elementwise.c,
 * onnx_dense.c and onnx_recurrent.c compute, onnx_layout.c moves axes, onnx_select.c takes parts and joins them,
 * onnx_constant.c folds constants. What is not understood is refused, never guessed.
 */
#ifndef EDDY_ONNX_IMPORT_H
#define EDDY_ONNX_IMPORT_H

#include "model.h"

#include <onnx.pb-c.h>

enum { ONNX_MAX_RANK = 6, ONNX_MAX_PARTS = 16 };

/* Integers are exact up to 2^53, which covers shapes and axes. */
struct onnx_constant {
    size_t rank, n_elems;
    int64_t dims[ONNX_MAX_RANK];
    double *values;
    bool integer;
    bool stands_in; /* holds lengths that are only known at run time, see onnx_length */
};

/* What an axis of a signal is. The input's two leading axes are time and batch, in an order that the first
 * recurrent node decides; an axis of length 1 that a node made is AXIS_UNIT. */
enum onnx_axis {
    AXIS_FIRST,
    AXIS_SECOND,
    AXIS_UNIT,
    AXIS_PARTS, /* two parts or more */
    AXIS_CHANNELS,
};

/* The outputs of one direction of a layer, or of all of a layer that has none. */
struct onnx_part {
    size_t version, layer, direction;
};

struct onnx_signal {
    size_t rank;
    enum onnx_axis axes[ONNX_MAX_RANK];
    bool tokens; /* numbers of rows of an embedding; there is no axis of channels */
    bool last;   /* the state after the last step: no axis is time */
    /* Parts lie side by side on their own axis, or one behind the other in the channels. */
    size_t n_channels; /* of one part */
    size_t n_parts;
    struct onnx_part parts[ONNX_MAX_PARTS];
};

enum onnx_value_kind {
    VALUE_TENSOR, /* an initializer, not yet decoded */
    VALUE_CONSTANT,
    VALUE_SIGNAL,
    VALUE_ZERO,       /* zeros of a shape known at run time */
    VALUE_CELL_STATE, /* c of an lstm after the last step */
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
    const Onnx__NodeProto *node;
    enum eddy_cell cell;
    enum eddy_activation activation;
    enum eddy_direction direction;
    bool linear_before_reset, last_only;
    double clip;
    size_t n_in, n_hidden, n_out, n_rows; /* n_rows: of all gates and directions */
    double *w, *r, *b, *rb, *p, *h0, *c0; /* owned, shapes as in model.h */
    bool has_bias;
};

/* The model so far: [input affine] layers [affine still to be applied]. */
struct onnx_chain {
    size_t n_in, n_layers, width;
    struct chain_layer *layers;
    double *in_scale, *in_offset; /* NULL until the first layer */
    double *scale, *offset;       /* (width) */
    bool affine;                  /* scale and offset are not the identity */
    bool last;                    /* a layer hands on its last output only */
    bool residual, softmax;
};

struct onnx_import {
    struct eddy_context *context;
    const char *path;
    const Onnx__GraphProto *graph;
    int64_t opset;
    size_t node_index; /* of the node at work */
    size_t n_values, capacity;
    struct onnx_value *values;
    size_t folded_elems; /* of all constants that were computed */
    size_t n_axes;       /* 2: input (time, batch, channels) in some order; 1: (time, channels) */
    int64_t extents[2];  /* of AXIS_FIRST, AXIS_SECOND; -1: not fixed */
    bool has_sequence;   /* which of the two is time is known: */
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

#define ONNX_ANY_ATTRIBUTE "*"

extern const struct onnx_operator onnx_elementwise_operators[], onnx_dense_operators[],
    onnx_recurrent_operators[], onnx_layout_operators[], onnx_select_operators[],
    onnx_constant_operators[];

/* onnx_wire.c: EDDY_ERROR_FORMAT for bytes that cannot be a ModelProto, or are nested without end. */
int onnx_check_wire(struct eddy_context *context, const char *path, const uint8_t *bytes,
                    size_t size_bytes);

/* onnx_tensor.c. `constant` is freed with free(constant->values). */
int onnx_decode_tensor(struct onnx_import *import, const Onnx__TensorProto *tensor,
                       struct onnx_constant *constant);

/* onnx_node.c: what handlers are made of. */
const char *onnx_text(const char *text); /* "" for NULL */
int onnx_no_memory(struct onnx_import *import);
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
/* A constant of real numbers; `what` as above. */
int onnx_input_numbers(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                       const char *what, const struct onnx_constant **constant);
/* The newest signal, for an operator that computes: all of its channels, as one part. */
int onnx_input_signal(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                      bool channels_last, struct onnx_signal *signal);
/* Whether a signal is all that the newest layer makes, each direction in its place. */
bool onnx_is_newest(const struct onnx_import *import, const struct onnx_signal *signal);
/* Makes output i of a node. `*value` is NULL when nobody asked for that output. */
int onnx_define(struct onnx_import *import, const Onnx__NodeProto *node, size_t i,
                enum onnx_value_kind kind, struct onnx_value **value);
int onnx_define_signal(struct onnx_import *import, const Onnx__NodeProto *node,
                       const struct onnx_signal *signal);
/* What the chain makes now, in the layout of `signal`. */
int onnx_define_next(struct onnx_import *import, const Onnx__NodeProto *node,
                     struct onnx_signal *signal);
/* The integers of attribute `name`, or those of constant input i when the operator set is at least since_opset.
 * *n is 0 when neither is there. */
int onnx_axes(struct onnx_import *import, const Onnx__NodeProto *node, const char *name, size_t i,
              int64_t since_opset, size_t *n, int64_t values[ONNX_MAX_RANK]);
/* A value of an integer constant, limited to +-2^62. */
int64_t onnx_integer(double value);
/* -rank..rank-1 to 0..rank-1. */
int onnx_normal_axis(struct onnx_import *import, const Onnx__NodeProto *node, size_t rank,
                     int64_t axis, size_t *normal);
/* Records that `sequence` is time, so that the other axis is the batch, of length 1. */
int onnx_set_sequence(struct onnx_import *import, const Onnx__NodeProto *node,
                      enum onnx_axis sequence);
/* The length of an axis of a signal. A length that is only known at run time has a large prime to stand in for it, which
 * no product of other lengths can be mistaken for. */
int64_t onnx_length(const struct onnx_import *import, const struct onnx_signal *signal,
                    size_t axis);
bool onnx_stands_in(int64_t length);
/* Whether an axis of a signal is known to have length 1. */
bool onnx_is_unit(const struct onnx_import *import, enum onnx_axis axis);
/* The same value under another name. */
int onnx_pass_on(struct onnx_import *import, const Onnx__NodeProto *node,
                 const struct onnx_value *in);

/* onnx_elementwise.c: a constant as (n) numbers by ONNX broadcasting to a signal of n channels and `rank` axes; anything
 * that would enlarge the signal is refused. */
int onnx_broadcast(struct onnx_import *import, const Onnx__NodeProto *node,
                   const struct onnx_constant *constant, size_t rank, size_t n, double **values);

/* onnx_dense.c: Gather of rows of a constant by the graph's input. */
int onnx_embed(struct onnx_import *import, const Onnx__NodeProto *node,
               const struct onnx_constant *table, const struct onnx_signal *tokens);

/* onnx_constant.c: makes output 0 a constant of a shape, for the caller to fill; its values are a copy of `from`'s when that
 * has as many. *to is NULL when nobody asked for it. */
int onnx_define_constant(struct onnx_import *import, const Onnx__NodeProto *node,
                         const struct onnx_constant *from, size_t rank, const int64_t *dims,
                         struct onnx_constant **to);

/* onnx_chain.c. The chain owns the arrays of a layer, also on failure. */
int chain_start(struct onnx_import *import, size_t n_in);
int chain_add_layer(struct onnx_import *import, const Onnx__NodeProto *node,
                    struct chain_layer *layer);
/* A layer without recurrence, zero. */
int chain_create_dense(struct onnx_import *import, enum eddy_cell cell, size_t n_in, size_t n_out,
                       struct chain_layer *layer);
/* v * scale[i] + offset[i]. */
int chain_scale(struct onnx_import *import, const Onnx__NodeProto *node, const double *scale);
void chain_offset(struct onnx_import *import, const double *offset);
/* Of the dense layer at the end, or of one that does nothing else. */
int chain_activate(struct onnx_import *import, const Onnx__NodeProto *node,
                   enum eddy_activation activation);
/* From here on there is only the state after the last step. Needs a recurrent layer. */
void chain_take_last(struct onnx_import *import);
int chain_finish(struct onnx_import *import, struct eddy_model **model);
void chain_free(struct onnx_chain *chain);
void chain_layer_free(struct chain_layer *layer);

#endif
