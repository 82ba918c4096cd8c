/* network.h -- inside the training: a stack of layers, or an encoder and a decoder, with all that
 * its passes need, allocated once. */
#ifndef EDDY_NETWORK_H
#define EDDY_NETWORK_H

#include "cell.h"

/* Whether the passes over a layer see a sequence as it is, or from its last step to its first. */
struct eddy_network_direction {
    bool reverse;
    struct eddy_cell_pass pass; /* in its own order of steps */
    eddy_real *states;          /* (6, B, H): h0, c0, dh0, dc0, c_end, dc_end; recurrent layers */
};

struct eddy_network_layer {
    const struct eddy_cell_ops *ops;
    struct eddy_cell_size size; /* of one direction */
    size_t n_x, n_out;          /* columns of the layer's input, and of its output */
    size_t out_steps;           /* T, or 1 when only the last output goes on */
    const size_t *lengths;      /* (B): of its input sequences */
    size_t n_directions;        /* D */
    size_t params_offset_elems; /* of the first direction; the second follows */
    eddy_real *y, *dy;          /* (out_steps, B, n_out) */
    struct eddy_network_direction directions[2];
    bool is_direct;                     /* the one direction's y and dy are those of the layer */
    eddy_real *mask, *dropped;          /* (T, B, n_x): what dropout leaves of the layer's input */
    struct eddy_network_layer *partner; /* encoder: of the decoder, and the other way round */
};

struct eddy_network {
    size_t n_layers, n_encoder;
    struct eddy_network_layer *layers;
    size_t params_elems;
    eddy_real *params, *gradient; /* (params_elems), layer by layer */
    /* Filled by the caller: the inputs (T, B, I of the first layer), those of a decoder (target_steps,
     * B, I of its first layer), and how long each sequence is (B), at first all its steps. */
    eddy_real *x, *decoder_x;
    size_t *lengths, *decoder_lengths;
    double dropout;
    struct eddy_random random; /* of the dropout: the caller seeds it before a forward pass */
    size_t *ones;              /* (B): lengths of sequences of one step */
};

struct eddy_network_shape {
    size_t n_in, n_layers;
    const struct eddy_layer_shape *layers;
    size_t n_encoder;    /* as in model.h; 0: one stack */
    size_t decoder_n_in; /* of the decoder's first layer */
    size_t steps, decoder_steps, batch;
    double dropout; /* this fraction of what goes from layer to layer is zero, the rest larger */
};

#define eddy_network_create EDDY_CORE(eddy_network_create)
#define eddy_network_free EDDY_CORE(eddy_network_free)
#define eddy_network_init EDDY_CORE(eddy_network_init)
#define eddy_network_inputs EDDY_CORE(eddy_network_inputs)
#define eddy_network_forward EDDY_CORE(eddy_network_forward)
#define eddy_network_backward EDDY_CORE(eddy_network_backward)
#define eddy_network_carry EDDY_CORE(eddy_network_carry)
#define eddy_network_set_formats EDDY_CORE(eddy_network_set_formats)
#define eddy_network_states_elems EDDY_CORE(eddy_network_states_elems)
#define eddy_network_copy_states EDDY_CORE(eddy_network_copy_states)
#define eddy_network_load EDDY_CORE(eddy_network_load)
#define eddy_network_store EDDY_CORE(eddy_network_store)
#define eddy_network_last EDDY_CORE(eddy_network_last)
#define eddy_loss_terms EDDY_CORE(eddy_loss_terms)
#define eddy_loss_mse EDDY_CORE(eddy_loss_mse)
#define eddy_loss_cross_entropy EDDY_CORE(eddy_loss_cross_entropy)

/* Returns 0, EDDY_ERROR_ARGUMENT (a stack that cannot be, or a pass with more elements than BLAS can
 * count) or EDDY_ERROR_MEMORY. Parameters are zero. */
int eddy_network_create(const struct eddy_network_shape *shape, struct eddy_network **network);
void eddy_network_free(struct eddy_network *network);
/* Random parameters. */
void eddy_network_init(struct eddy_network *network, struct eddy_random *random);
/* What layer i reads, dropout aside: (T, B, n_x). */
const eddy_real *eddy_network_inputs(const struct eddy_network *network, size_t i);
/* x, and decoder_x, to the last layer's y, which is returned. */
const eddy_real *eddy_network_forward(struct eddy_network *network);
/* The next forward pass begins in the states in which the last one ended, or, unless go_on, in zero.
 * Of one stack. */
void eddy_network_carry(struct eddy_network *network, bool go_on);
/* From now on forward passes compute as the device does, in these formats of all layers, or, NULL, in
 * float. The network keeps the pointer. */
void eddy_network_set_formats(struct eddy_network *network, const struct eddy_cell_format *formats);
/* Where the sequences ended, of one stack: layer by layer h and c, each (whole_batch, H). Of such
 * states this network's sequences are those from `first` on. give: the network takes them as if its last
 * pass had ended there; else they are copied out of it. */
size_t eddy_network_states_elems(const struct eddy_network *network, size_t whole_batch);
void eddy_network_copy_states(struct eddy_network *network, size_t first, size_t whole_batch,
                              bool give, eddy_real *states);
/* From the last layer's dy, zero in padding, to network->gradient. Needs the forward pass before. */
void eddy_network_backward(struct eddy_network *network);
/* Copies the parameters of layers `first` and on into a model of these layers. */
void eddy_network_store(const struct eddy_network *network, size_t first, struct eddy_model *model);
/* And from it, into the parameters. */
void eddy_network_load(struct eddy_network *network, size_t first, const struct eddy_model *model);
const struct eddy_network_layer *eddy_network_last(const struct eddy_network *network);

/* Outputs of the last layer that carry a loss, as vectors: those of each sequence from warmup_steps
 * on, or the one of a network that hands on its last. */
size_t eddy_loss_terms(const struct eddy_network *network, size_t warmup_steps);
/* Square errors of these outputs against target (out_steps, B, O), over terms * O; sets the last
 * layer's dy. With terms of several networks together their losses and gradients add up to the mean
 * over all. */
double eddy_loss_mse(struct eddy_network *network, size_t warmup_steps, size_t terms,
                     const eddy_real *target);
/* Cross entropy, in nats, of softmax(outputs) against labels (out_steps, B), each below O, over
 * terms. Sets dy likewise. */
double eddy_loss_cross_entropy(struct eddy_network *network, size_t warmup_steps, size_t terms,
                               const int *labels);

#endif
