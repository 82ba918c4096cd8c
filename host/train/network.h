/* network.h -- inside the training: a stack of layers with all that its passes need, allocated
 * once. */
#ifndef EDDY_NETWORK_H
#define EDDY_NETWORK_H

#include "cell.h"

struct eddy_network_layer {
    const struct eddy_cell_ops *ops;
    struct eddy_cell_size size;
    size_t params_offset_elems;
    eddy_real *y, *dy; /* (T, B, O) */
    eddy_real *work;   /* of the cell, NULL when it needs none */
};

struct eddy_network {
    size_t n_layers;
    struct eddy_network_layer *layers;
    size_t params_elems;
    eddy_real *params, *gradient; /* (params_elems), layer by layer */
    eddy_real *x;                 /* (T, B, I of the first layer), filled by the caller */
};

#define eddy_network_create EDDY_CORE(eddy_network_create)
#define eddy_network_free EDDY_CORE(eddy_network_free)
#define eddy_network_init EDDY_CORE(eddy_network_init)
#define eddy_network_forward EDDY_CORE(eddy_network_forward)
#define eddy_network_backward EDDY_CORE(eddy_network_backward)
#define eddy_network_store EDDY_CORE(eddy_network_store)
#define eddy_loss_mse EDDY_CORE(eddy_loss_mse)
#define eddy_loss_cross_entropy EDDY_CORE(eddy_loss_cross_entropy)

/* Returns 0, EDDY_ERROR_ARGUMENT (a cell, direction or
 * last_only that the training does not have, or a pass with more elements than BLAS can
 * count) or EDDY_ERROR_MEMORY. Parameters are zero. */
int eddy_network_create(size_t n_in, size_t n_layers, const struct eddy_layer_shape *shapes,
                        size_t steps, size_t batch, struct eddy_network **network);
void eddy_network_free(struct eddy_network *network);
/* Random parameters. */
void eddy_network_init(struct eddy_network *network, struct eddy_random *random);
/* network->x to the last layer's y, which is returned. */
const eddy_real *eddy_network_forward(struct eddy_network *network);
/* From the last layer's dy to network->gradient. Needs the forward pass before. */
void eddy_network_backward(struct eddy_network *network);
/* Copies params (params_elems) into a model of the same stack. */
void eddy_network_store(const struct eddy_network *network, const eddy_real *params,
                        struct eddy_model *model);

/* Mean square error of the last layer's outputs against target (T, B, O) over the steps from
 * warmup_steps on; sets that layer's dy. */
double eddy_loss_mse(struct eddy_network *network, size_t warmup_steps, const eddy_real *target);
/* Mean cross entropy, in nats, of softmax(outputs) against labels (T, B), each below O.
 * Sets dy likewise. */
double eddy_loss_cross_entropy(struct eddy_network *network, size_t warmup_steps,
                               const int *labels);

#endif
