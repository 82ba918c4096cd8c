/* train.h -- backpropagation through time on the CPU.
 *
 *   eddy_spec_read -> eddy_spec_dataset -> eddy_train -> eddy_evaluate, eddy_model_write_onnx
 *
 * spec.h reads all of it from a file; the functions here do the work and can be used without one.
 */
#ifndef EDDY_TRAIN_H
#define EDDY_TRAIN_H

#include "model/model.h"
#include "train/dataset.h"

enum eddy_loss { EDDY_LOSS_MSE, EDDY_LOSS_CROSS_ENTROPY };
enum eddy_optimiser { EDDY_OPTIMISER_ADAM, EDDY_OPTIMISER_SGD };
/* How the learning rate falls from learning_rate to final_learning_rate: half a cosine, a line, or
 * not at all. */
enum eddy_schedule { EDDY_SCHEDULE_COSINE, EDDY_SCHEDULE_LINEAR, EDDY_SCHEDULE_CONSTANT };

/* After a batch. */
struct eddy_train_progress {
    size_t batch, batches; /* done, in all */
    double loss; /* of this batch: mean square error in units of the target's deviation, or nats */
    double gradient_norm; /* before clipping */
    double learning_rate;
    double
        validation; /* after this batch: RMSE in the data's units, or nats; NAN when not measured */
};

/* Processes that train together, each with its share of every mini-batch: all call eddy_train with
 * the same arguments and get the same model. */
struct eddy_train_group {
    size_t rank, size; /* of this process, from 0; how many */
    void *arg;
    /* values (n) become their sums over all processes, to the same bits in each. Returns 0 or an
     * error. */
    int (*sum)(void *arg, size_t n, float *values);
    int (*sum_doubles)(void *arg, size_t n, double *values);
    /* For the caller of eddy_train, not called by it: ends all processes when one of them cannot go on. May be
     * NULL, and does not return. */
    void (*give_up)(void *arg);
};

struct eddy_train_options {
    size_t struct_size;
    enum eddy_loss loss; /* mean square error, or softmax and cross entropy for the task class */
    uint64_t seed;
    size_t batches; /* optimiser steps */
    size_t batch;   /* sequences of a mini-batch */
    size_t threads; /* that share them, in each process of a group; all of them together 1 to
                            batch; another number sums in another order */
    size_t steps;   /* time steps of a sequence; 0: as the longest of the data */
    bool carry;     /* of a long recording, truncated backpropagation: sequence b of a batch goes on
                            where that of the batch before ended, from its state; not with reverse
                            or bidirectional layers */
    size_t warmup_steps; /* first of them that carry no loss (the state settles); < steps */
    enum eddy_schedule schedule;
    double learning_rate, final_learning_rate;
    size_t rise_batches; /* before it falls, the rate rises from almost 0 */
    enum eddy_optimiser optimiser;
    double momentum;              /* of SGD */
    double beta1, beta2, epsilon; /* Adam */
    double weight_decay;          /* AdamW: taken off each weight, times the rate */
    double dropout;       /* between layers: this fraction of their outputs is zero, 0 to below 1 */
    double clip_norm;     /* of the whole gradient; 0: none */
    unsigned weight_bits; /* 0: float; 2 to 16: the network learns with weights rounded as the
                             device rounds them (straight-through gradient), and the model has the
                             rounded weights */
    size_t block_rows;    /* rows that share a scale then */
    double round_from;    /* the rounding begins after this fraction of the batches, 0 to 1 */
    bool fixed_point; /* from then on activations and states are the device's numbers as well: its
                             formats, chosen by the training data, its rounding, saturation and tables
                             (straight-through gradient); with weight_bits */
    const struct eddy_model *start; /* begin with its weights, in place of random ones; the layers
                                       are those of the stack. NULL: none */
    /* After every validate_every batches (0: never) the validation part of the dataset is measured, and
     * the model has the weights that were best at it. patience: the training ends after so many
     * measurements without a better one; 0: never. */
    size_t validate_every, patience;
    /* Called after each batch; non-zero stops the training early, with EDDY_OK and the model so
     * far. */
    int (*progress)(void *arg, const struct eddy_train_progress *progress);
    void *progress_arg;
    /* Where the training stands, after every checkpoint_every batches (0: never) and when progress
     * stopped it; written whole or not at all. A training with the same arguments (but for
     * progress and these three) and resume goes on from it, to the same bits. NULL: none. */
    const char *checkpoint; /* of the first process of a group, which all of them read */
    size_t checkpoint_every;
    bool resume;
    const struct eddy_train_group *group; /* NULL: this process alone */
};

EDDY_API void eddy_train_options_init(struct eddy_train_options *options);

/* Trains a new model of the given stack on the dataset's training part, with its normalisation
 * built in. Of a recording, mini-batches are stretches of it; of sequences, whole ones, padded to
 * `steps`, and the padding carries no loss. A stack whose last recurrent layer is last_only learns
 * the target of each sequence's last sample. The same arguments give the same bits on the same
 * machine. Runs in the calling thread and options->threads - 1 more, and holds OpenBLAS (one setting
 * for the process) to one thread in each meanwhile. The caller frees *model.
 * Returns 0, EDDY_ERROR_ARGUMENT (options, no layer, a checkpoint of another training),
 * EDDY_ERROR_SHAPE (the last layer does not fit the data, a sequence does not fit the steps, or start does
 * not fit the stack),
 * EDDY_ERROR_RANGE (the loss left the finite numbers), EDDY_ERROR_IO or EDDY_ERROR_FORMAT (of the
 * checkpoint) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_train(struct eddy_context *context, const struct eddy_dataset *dataset,
                        size_t n_layers, const struct eddy_layer_shape *shapes,
                        const struct eddy_train_options *options, struct eddy_model **model);

/* An encoder, shapes [0, n_encoder), and a decoder, the rest, that learn the task translate: the
 * decoder's k-th recurrent layer starts from the final state of the encoder's, so both have the same
 * forward ones (those of the encoder may be reverse), and it is told the right token before
 * (teacher forcing). Each becomes a model of its own, whose states have the same layout. As
 * eddy_train otherwise. */
EDDY_API int eddy_train_pair(struct eddy_context *context, const struct eddy_dataset *dataset,
                             size_t n_encoder, size_t n_layers,
                             const struct eddy_layer_shape *shapes,
                             const struct eddy_train_options *options, struct eddy_model **encoder,
                             struct eddy_model **decoder);

struct eddy_evaluation {
    size_t samples; /* outputs measured */
    double rmse; /* root of the mean square error over samples and targets, in the data's units; 0
                    for class */
    double cross_entropy; /* nats; 0 unless class */
    double accuracy; /* fraction of samples whose class has the largest output; 0 unless class */
};

/* Runs a range of the dataset (its .train, .validation or .test) through the float reference, each
 * sequence from the initial state. Returns 0, EDDY_ERROR_SHAPE (the model does not fit the data, or the range
 * is empty) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_evaluate(struct eddy_context *context, const struct eddy_model *model,
                           const struct eddy_dataset *dataset, struct eddy_range range,
                           struct eddy_evaluation *evaluation);

/* Cross entropy of each token of the answers, the ones before it given; accuracy: of whole answers
 * that the decoder gives by itself, told the first token and then always its own most likely one
 * (greedy decoding). samples: tokens. Errors as eddy_evaluate. */
EDDY_API int eddy_evaluate_pair(struct eddy_context *context, const struct eddy_model *encoder,
                                const struct eddy_model *decoder,
                                const struct eddy_dataset *dataset, struct eddy_range range,
                                struct eddy_evaluation *evaluation);

#endif
