/* sampler.h -- inside the training: which stretches of a dataset make a mini-batch, and putting
 * them into a network. */
#ifndef EDDY_SAMPLER_H
#define EDDY_SAMPLER_H

#include "dataset.h"
#include "network.h"

struct eddy_sampler {
    const struct eddy_dataset *dataset;
    uint64_t seed;
    size_t steps;         /* of a network's sequences */
    size_t decoder_steps; /* of its answers; 0: there are none */
    float *x, *target; /* the training part, normalised, as the network sees it and should answer */
    size_t n_sequences, longest, shortest; /* of the training part; 0 for one long recording */
    size_t *order;                         /* (n_sequences): of the epoch */
    size_t epoch;
    size_t followed; /* sequences of a batch that follow the recording; 0: they do not */
};

/* steps 0: as the longest sequence. The dataset must outlive the sampler. Returns 0 or
 * EDDY_ERROR_MEMORY. */
int eddy_sampler_open(const struct eddy_dataset *dataset, uint64_t seed, size_t steps,
                      struct eddy_sampler *sampler);
/* From now on the recording is as many equal stretches as a batch has sequences, each read from its
 * begin to its end, again and again. Needs at least `steps` samples for each. */
void eddy_sampler_follow(struct eddy_sampler *sampler, size_t batch);
/* Whether the sequences of a batch go on where those before ended. */
bool eddy_sampler_goes_on(const struct eddy_sampler *sampler, size_t batch);
void eddy_sampler_close(struct eddy_sampler *sampler);

/* The samples of the n-th sequence that a training sees, from 0. Of a recording: a stretch of
 * `steps` that starts anywhere, evenly likely, or follows the one before. Of sequences: each once in an epoch, shuffled anew in
 * each; drawn from the seed and n alone. */
struct eddy_range eddy_sampler_draw(struct eddy_sampler *sampler, struct eddy_random *random,
                                    size_t n);
/* Sets the length of sequence b of the network's inputs, and of its answer. */
void eddy_sampler_measure(const struct eddy_sampler *sampler, struct eddy_range samples,
                          struct eddy_network *network, size_t b);
/* Makes these samples sequence b of the network's inputs (their answer that of its decoder), and sets what it should answer: labels (out_steps, B) or target (out_steps, B, O). */
void eddy_sampler_cut(const struct eddy_sampler *sampler, struct eddy_range samples,
                      struct eddy_network *network, size_t b, int *labels, float *target);

#endif
