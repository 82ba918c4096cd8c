/* dataset.h -- a table turned into what a network learns from: inputs and targets, normalised and
 * split. */
#ifndef EDDY_DATASET_H
#define EDDY_DATASET_H

#include "model/table.h"

enum eddy_task {
    EDDY_TASK_NEXT,       /* all columns in, the next row of the same columns out */
    EDDY_TASK_COLUMNS,    /* some columns in, others of the same row out */
    EDDY_TASK_CLASS,      /* all columns but the last in; the last is the class: 0, 1, 2 ... */
    EDDY_TASK_NEXT_TOKEN, /* one column of token numbers in; the next row's is the class */
    EDDY_TASK_TRANSLATE,  /* sequences of tokens in, other sequences of tokens out */
};

struct eddy_dataset_options {
    size_t struct_size;
    enum eddy_task task;
    bool residual; /* task next: learn the difference to the row before */
    /* The first rows train, this fraction of all; the others test. 0 < train <= 1 */
    double train;
    /* Of the training rows, the last ones, this fraction, only measure. 0 <= validation < 1 */
    double validation;
    /* Task columns: (n_inputs) and (n_targets) column numbers, from 0. */
    const size_t *input_columns, *target_columns;
    size_t n_inputs, n_targets;
    /* The table is one long recording, or sequences that have nothing to do with each other: of
     * sequence_rows rows each, or of rows with the same number in a column (which is no input). */
    size_t sequence_rows;          /* 0: not so */
    const size_t *sequence_column; /* NULL: not so */
    /* Task translate, with a sequence_column: rows of a sequence with 0 in this column are the source,
     * those after them, with 1, the answer, from a token that begins it to one that ends it. */
    const size_t *side_column;
    bool tokens; /* the one input column is token numbers 0, 1, 2 ..., for an embedding */
};

/* Samples [first, first + count). */
struct eddy_range {
    size_t first, count;
};

/* Sample i goes with row i of the table. For the tasks next, next_token and translate the last row
 * of a sequence, or of an answer, is the target of the one before, and no sample. */
struct eddy_dataset {
    enum eddy_task task;
    bool residual;
    size_t n_samples, n_inputs;
    size_t n_outputs;   /* values that the network gives for a sample: targets, or classes */
    size_t n_tokens;    /* of an embedding, of translate the decoder's; 0: the inputs are numbers */
    size_t n_test_rows; /* the table's last rows, which the test samples start from */
    struct eddy_range train, validation, test;
    size_t n_sequences;           /* 0: one long recording; of translate: the sources */
    struct eddy_range *sequences; /* (n_sequences), one after the other */
    float *raw;                   /* (n_samples, n_inputs): the inputs as they are in the table */
    float *answers; /* of translate, else NULL: (n_samples) what the decoder reads, unscaled */
    float *target;  /* (n_samples, n_outputs): in the table's units; NULL when there are labels */
    int *labels;    /* (n_samples): for class and next_token, else NULL */
    float *in_scale, *in_offset; /* (n_inputs): input * scale + offset has mean 0, deviation 1 */
    /* (n_outputs): network output * scale + offset [+ input] = target */
    float *out_scale, *out_offset;
};

/* Whether the inputs are tokens: a source of translate may be vectors, its answer tokens. */
static inline bool eddy_dataset_reads_tokens(const struct eddy_dataset *dataset)
{
    return dataset->n_tokens > 0 && dataset->n_inputs == 1;
}
/* Columns, or tokens, of the first layer, or of the decoder's. */
static inline size_t eddy_dataset_n_in(const struct eddy_dataset *dataset, bool decoder)
{
    if (dataset->n_tokens && (decoder || eddy_dataset_reads_tokens(dataset)))
        return dataset->n_tokens;
    return decoder ? 1 : dataset->n_inputs;
}
/* Whether a task is learnt by cross entropy. */
EDDY_API bool eddy_task_is_class(enum eddy_task task);
/* The stretch of samples of a range that belong together and begin at or after `from`: a sequence,
 * or the range itself; its count is 0 after the last. */
EDDY_API struct eddy_range eddy_dataset_stretch(const struct eddy_dataset *dataset,
                                                struct eddy_range range, size_t from);
/* The samples of the answer to a source, which follow it. */
EDDY_API struct eddy_range eddy_dataset_answer(const struct eddy_dataset *dataset,
                                               struct eddy_range source);

EDDY_API void eddy_dataset_options_init(struct eddy_dataset_options *options);

/* The table is not needed afterwards. Statistics come from the training samples alone.
 * Returns 0, EDDY_ERROR_ARGUMENT (options), EDDY_ERROR_SHAPE (too few rows or columns),
 * EDDY_ERROR_RANGE (a class or token that is no small whole number, a class that never occurs in
 * the training part, numbers too large to be told apart or normalised) or EDDY_ERROR_MEMORY. */
EDDY_API int eddy_dataset_create(struct eddy_context *context, const struct eddy_table *table,
                                 const struct eddy_dataset_options *options,
                                 struct eddy_dataset **dataset);
EDDY_API void eddy_dataset_free(struct eddy_dataset *dataset);

#endif
