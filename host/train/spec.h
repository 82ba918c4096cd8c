/* spec.h -- the specification file of a training run: data, model, training; JSON.
 *
 *   { "data":     { "file": "ecg.dat", "name": "ecg", "scale": 0.005, "offset": -5.12,
 *                   "task": "next", "residual": true, "train": 0.8 },
 *     "model":    { "layers": [ {"cell": "rnn", "units": 32}, {"cell": "dense", "units": 1} ] },
 *     "training": { "loss": "mse", "batches": 4000, "batch": 64, "steps": 128, "seed": 1 } }
 *
 * data.file (required) is relative to the folder of the specification; .csv, .npy, .npz, or .txt:
 * its bytes as tokens. data.task (required): next, columns (with "inputs": [0, 1], "targets": [2]),
 * class, next_token or translate. data.sequence_rows or data.sequence_column: the data is sequences, of so many
 * rows or numbered by a column; otherwise one long recording. The task translate needs
 * data.sequence_column, data.side_column (0 source, 1 answer) and model.decoder; a source is tokens or, in
 * several columns, vectors (an image to a text), an answer the tokens in the first of them. model.decoder and
 * model.layers: cell and units required,
 * cell dense, rnn, gru (linear_before_reset true or false), lstm (peephole true or false) or
 * embedding (the first; as many tokens as the data has); activation none, tanh, relu or sigmoid for
 * dense (default none), tanh or relu for rnn (default tanh), for no other cell; direction forward, reverse or
 * bidirectional (then units in each) and last_only true or false for rnn, gru and lstm. training
 * takes the names of struct eddy_train_options, with its defaults (but steps of sequences: as the
 * longest), and for sequences epochs in place of batches; data.validation, a fraction of the training rows, needs
 * training.validate_every; "weight_bits": 8, "fixed_point": true learn with the
 * device's numbers.
 */
#ifndef EDDY_SPEC_H
#define EDDY_SPEC_H

#include "train/train.h"

struct eddy_spec {
    char *path;           /* of the specification, for messages */
    char *data_path;      /* resolved */
    char *data_name;      /* member of an .npz, or NULL */
    double scale, offset; /* value = number in the file * scale + offset; never to classes */
    struct eddy_dataset_options dataset;
    size_t *columns; /* inputs, then targets */
    size_t sequence_column, side_column;
    double epochs;    /* in place of training.batches, 0: none; eddy_spec_batches */
    size_t n_encoder; /* of the layers, of the task translate */
    size_t n_layers;
    struct eddy_layer_shape *layers; /* those of the decoder last */
    struct eddy_train_options training;
};

/* Returns 0, EDDY_ERROR_IO, EDDY_ERROR_FORMAT (not JSON, or a key that is unknown, missing or of no
 * use: file and key are named) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_spec_read(struct eddy_context *context, const char *path,
                            struct eddy_spec **spec);
EDDY_API void eddy_spec_free(struct eddy_spec *spec);
/* training.batches, or as many as training.epochs of the dataset need. */
EDDY_API size_t eddy_spec_batches(const struct eddy_spec *spec, const struct eddy_dataset *dataset);

/* Reads the data, from data_path when not NULL, else from where the specification says. `table`,
 * unless NULL, gets the scaled data (eddy_table_free). Errors as eddy_table_read and
 * eddy_dataset_create. */
EDDY_API int eddy_spec_dataset(struct eddy_context *context, const struct eddy_spec *spec,
                               const char *data_path, struct eddy_table *table,
                               struct eddy_dataset **dataset);

#endif
