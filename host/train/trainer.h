/* trainer.h -- inside the training: all that one holds. */
#ifndef EDDY_TRAINER_H
#define EDDY_TRAINER_H

#include "checkpoint.h"
#include "sampler.h"
#include "team.h"
#include "train.h"

/* What one thread has of every mini-batch. */
struct eddy_part {
    struct eddy_network *network; /* for these sequences alone */
    size_t first, batch;          /* of the mini-batch */
    struct eddy_range *samples;   /* (B of the part) */
    float *target;                /* (out_steps, B of the part, outputs) */
    int *labels;                  /* (out_steps, B of the part) */
    double loss;
};

/* Layers [0, n_encoder) read, the others answer; n_encoder 0: one stack does both. */
struct eddy_stack {
    size_t n_encoder, n_layers;
    const struct eddy_layer_shape *layers;
};

/* All that a training holds; nothing is allocated once it runs. */
struct eddy_trainer {
    struct eddy_context *context;
    const struct eddy_dataset *dataset;
    struct eddy_stack stack;
    const struct eddy_train_options *options;
    struct eddy_sampler sampler;
    struct eddy_team *team;
    struct eddy_part *parts;      /* (threads) */
    struct eddy_network *network; /* of the first part; has the whole batch's gradient in the end */
    size_t terms;                 /* of the loss, of all parts */
    /* What the optimiser moves, its moments (Adam's), and how far it is. */
    struct eddy_checkpoint state;
};

/* Checks the arguments in it (context, dataset, stack, options) and makes the rest: at its beginning, or
 * where its checkpoint stands. Returns an error whose detail is recorded; eddy_trainer_close then, too. */
int eddy_trainer_open(struct eddy_trainer *trainer);
void eddy_trainer_close(struct eddy_trainer *trainer);

/* For eddy_trainer_open: whether options, stack and dataset go together; and, once the sampler is open, whether the
 * sequences do. */
int eddy_trainer_check(const struct eddy_trainer *trainer);
int eddy_trainer_check_data(const struct eddy_trainer *trainer);
/* The parameters of options->start into the network, for data scaled as the dataset's.
 * EDDY_ERROR_SHAPE: it is of another stack. */
int eddy_trainer_load_start(const struct eddy_trainer *trainer);

/* Layers [first, end) of the network's parameters as a model. */
int eddy_trainer_store(const struct eddy_trainer *trainer, size_t first, size_t end,
                       struct eddy_model **model);
/* All of them; models[0], the encoder, stays as it is when there is none. */
int eddy_trainer_store_models(const struct eddy_trainer *trainer, struct eddy_model *models[2]);
/* Chooses the formats of the device's numbers by how the network now answers the data. */
int eddy_trainer_calibrate(struct eddy_trainer *trainer);

#endif
