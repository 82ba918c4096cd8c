/* program.h -- a compiled model: what the device is loaded with, and how to talk to it. */
#ifndef EDDY_PROGRAM_H
#define EDDY_PROGRAM_H

#include "backends/preset.h"
#include "model.h"

#include "../../hls/packet.h"
#include "../../hls/phase.h"

/* A layer of a model in the device's numbers; see model.h for what the cells compute. */
struct program_layer {
    uint8_t cell, activation, direction; /* enum eddy_... */
    bool linear_before_reset, last_only, peephole;
    bool emit;    /* its outputs are answered; so are those of the last layer of a pass */
    bool largest; /* dense, last: answers the number of its largest output, a token */
    uint16_t n_in, n_hidden; /* n_in of an embedding: tokens */
    int8_t in_fraction_bits, out_fraction_bits;
    int8_t cell_fraction_bits; /* of c, lstm: 11 to 14 */
};

/* A run of groups that steps through a sequence by itself. A causal stack is one pass. A reverse or bidirectional layer,
 * and what stands above a layer with last_only, are passes of their own: the host turns sequences round between them. */
struct program_pass {
    uint16_t first_layer, n_layers;
    bool reverse;   /* from the last step to the first */
    bool joins;     /* same x as the pass before; its outputs stand beside that one's */
    bool last_only; /* hands on its last output only */
    uint16_t first_group, n_groups;
    uint16_t inputs;   /* words of x each step */
    uint16_t outputs;  /* of its last layer and direction */
    uint16_t answered; /* words that the device answers each step: whole groups of DRAINS rows */
    uint16_t state_place, state_units;
    uint16_t feedback_place;
};

#define MAX_PHASES 4

/* Rows that share their columns, in up to four phases, each with a row for each unit, padded to a multiple of `drains`; its
 * rows are dealt to blocks of `lanes`. Places are in the state of a stream. */
struct program_group {
    bool data;          /* x is the data of the run */
    bool token;         /* x is one number, that of the column to take; only with data */
    bool gated;         /* h is r * h */
    bool emit;          /* the outputs of its last phase are answered */
    bool guard;         /* they are read by a group, of this step or the next */
    uint8_t cell_shift; /* cells have 11 + cell_shift fraction bits */
    uint8_t n_phases;
    struct phase phases[MAX_PHASES];
    uint16_t units;
    uint16_t x_length, h_length; /* columns; of a token: the number of tokens */
    uint16_t x_place, place; /* of x in this step's state, unless data; of its units, and of h */
    size_t row, weight;      /* first row constant, first column */
};

struct eddy_program {
    const struct eddy_preset *preset;
    size_t n_layers, n_passes, n_groups, n_descriptors;
    size_t n_encoder; /* layers of the encoder, as in model.h; 0: one stack */
    struct program_layer *layers;
    struct program_pass *passes;
    struct program_group *groups;
    uint64_t *descriptors; /* hls/descriptor.h */
    /* Weights in the order of use, (n_weight_words, lanes); row constants, (n_rows). */
    size_t n_weight_words, n_rows;
    int16_t *weights;
    int32_t *biases;
    uint8_t *shifts; /* 1 to 32 */
    int16_t *peepholes;
    /* u = x * in_scale + in_offset; y = v * out_scale + out_offset [+ x], as in model.h */
    float *in_scale, *in_offset, *out_scale, *out_offset;
    bool residual, softmax;
    bool feedback; /* the outputs can be the next step's x */
    /* The state that streams begin with: for each pass its h, then its cells (2 state_units); NULL for zero. */
    int16_t *initial;
};

/* The layers (n_layers of the model) as eddy_program_compile chooses their formats, for a device with weights of so
 * many bits. Returns 0, EDDY_ERROR_SHAPE (of the calibration data) or EDDY_ERROR_MEMORY. */
int program_formats(struct eddy_context *context, const struct eddy_model *model,
                    const struct eddy_compile_options *options, int weight_bits,
                    struct program_layer *layers);
/* Values of x and of y each step of the model. */
size_t program_inputs(const struct eddy_program *program);
size_t program_outputs(const struct eddy_program *program);
size_t program_layer_outputs(const struct program_layer *layer);
/* Numbers that one direction of a layer answers each step, if it answers. */
size_t program_layer_answers(const struct program_layer *layer);
/* Words that the device answers each step, of all passes, without padding. */
size_t program_answered(const struct eddy_program *program);
/* Words of state of one stream: of every pass its h, then its cells. */
size_t program_state_words(const struct eddy_program *program);
bool program_is_causal(const struct eddy_program *program);
/* Units in rows of the device. */
size_t program_padded(const struct eddy_preset *preset, size_t units);
/* The iterations that the drain takes for the last block of a step. */
size_t program_last_drain(const struct eddy_program *program);
/* Whether the program begins with an embedding: x is a token number. */
bool program_takes_tokens(const struct eddy_program *program);

/* Gates as in model.h, and one more: the recurrent half of gru's candidate with linear_before_reset. */
#define GRU_RECURRENT_CANDIDATE 3
/* Gates of a layer that have rows of their own: G, one more for that gru. */
size_t program_gates(const struct program_layer *layer);

/* Where the numbers of one row are: columns of x and of h are `lanes` numbers apart. */
struct program_row {
    int16_t *x, *h;  /* NULL: the row has no such columns */
    size_t constant; /* index of bias, shift and peephole */
    int sum_bits;    /* fraction bits that the row's sum is shifted to */
};

struct program_row program_row(const struct eddy_program *program, size_t layer, size_t direction,
                               size_t gate, size_t unit);

/* Lays out passes, groups and memories for the layers given; all numbers are zero, all shifts 1.
 * Returns 0, EDDY_ERROR_MEMORY, EDDY_ERROR_CAPACITY (more than the preset holds) or EDDY_ERROR_UNSUPPORTED (a cell that the
 * preset leaves out). */
int program_create(struct eddy_context *context, const struct eddy_preset *preset, size_t n_layers,
                   size_t n_encoder, const struct program_layer *layers, bool feedback,
                   struct eddy_program **program);
/* The pass of a direction of a layer. */
const struct program_pass *program_pass_of(const struct eddy_program *program, size_t layer,
                                           size_t direction);
/* Where the units of a layer begin in the state of its pass. */
size_t program_place(const struct eddy_program *program, size_t layer);

#endif
