/* checkpoint.h -- inside the training: where it stands, in a file, so that it goes on bit for bit. */
#ifndef EDDY_CHECKPOINT_H
#define EDDY_CHECKPOINT_H

#include "fixed_point.h"
#include "random.h"

#include <eddy/eddy.h>

/* All that changes from batch to batch. */
struct eddy_checkpoint {
    uint64_t run;   /* fingerprint of data, stack and options: of no use to another training */
    uint64_t batch; /* batches done */
    struct eddy_random random;
    size_t params_elems;
    float *weights, *first_moment, *second_moment; /* (params_elems) */
    float *best;       /* (params_elems): weights of the best validation so far */
    double best_score; /* its, the lower the better */
    uint64_t validations,
        last_better; /* how many, and which of them was the best, from 1; 0: none */
    size_t states_elems;
    float *states; /* (states_elems): in which the sequences of the batch ended, with carry */
    size_t n_formats;
    struct eddy_cell_format *formats; /* (n_formats): of the layers, with fixed_point */
};

/* Fingerprint of bytes behind those of `before` (FNV-1a, 64 bits). */
uint64_t eddy_fingerprint(uint64_t before, const void *bytes, size_t n_bytes);
#define EDDY_FINGERPRINT_EMPTY UINT64_C(0xcbf29ce484222325)

/* Whole or not at all: the file before stays when it fails. Returns 0, EDDY_ERROR_IO or
 * EDDY_ERROR_MEMORY. */
int eddy_checkpoint_write(struct eddy_context *context, const char *path,
                          const struct eddy_checkpoint *checkpoint);
/* run and the lengths are set by the caller, and must be those of the file. Returns 0,
 * EDDY_ERROR_IO, EDDY_ERROR_FORMAT (no checkpoint, or a damaged one), EDDY_ERROR_ARGUMENT (of another
 * training) or EDDY_ERROR_MEMORY. */
int eddy_checkpoint_read(struct eddy_context *context, const char *path,
                         struct eddy_checkpoint *checkpoint);

#endif
