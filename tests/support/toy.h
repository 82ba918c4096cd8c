/* toy.h -- small things to learn, and the options to learn them with. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "train/train.h"

/* 16 units of an rnn and a dense layer of one or two outputs; the last of 12 units of a gru and two outputs. */
extern const struct eddy_layer_shape toy_rnn_1[2], toy_rnn_2[2], toy_last_of_gru[2];

/* A table of random bits; in its second column the one of three rows ago, or the exclusive or of those of
 * two and three rows ago. */
enum { TOY_BIT_ROWS = 4000 };
const struct eddy_table *toy_bits(bool is_parity);
/* Of two columns the first is the input and the second the target, of one the next row is. */
struct eddy_dataset *toy_dataset(struct eddy_context *context, const struct eddy_table *table,
                                 enum eddy_task task);
struct eddy_train_options toy_options(void);

/* 300 ragged sequences of 2 to 9 random tokens 0 or 1 (number, token, class); the class is the first
 * token; where `harder`, 2 * first + last. */
const struct eddy_table *toy_ragged(bool harder);
struct eddy_dataset *toy_ragged_dataset(struct eddy_context *context, bool harder, bool tokens);
/* The easier one, a fifth of it for validation. */
struct eddy_dataset *toy_validated_dataset(struct eddy_context *context);
struct eddy_train_options toy_ragged_options(void);

/* Sequences (number, side, token): 2 to 4 tokens from 2 to 4, and as the answer 0, the same tokens
 * backwards, 1. */
enum { TOY_PAIRS = 400 };
const struct eddy_table *toy_pairs(void);
struct eddy_dataset *toy_pairs_dataset(struct eddy_context *context);

/* Bit for bit. */
bool toy_same_weights(const struct eddy_model *a, const struct eddy_model *b);

#endif
