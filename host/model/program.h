/* program.h -- a compiled model: what the device is loaded with, and how to talk to it. */
#ifndef EDDY_PROGRAM_H
#define EDDY_PROGRAM_H

#include "backends/preset.h"

/* A layer of the device; y = activation((W [x ; h] + b) / 2^shift). */
struct program_layer {
    uint16_t columns, rows;
    bool recurrent, emit;
    uint8_t activation;   /* ACTIVATION_... of hls/packet.h */
    uint8_t result_shift; /* of tanh: 15 - out_fraction_bits, 0 to 7 */
    int8_t in_fraction_bits, out_fraction_bits;
};

struct eddy_program {
    const struct eddy_preset *preset;
    size_t n_layers;
    struct program_layer *layers;
    /* Weights in the order of use, (n_weight_words, lanes); row constants, (n_rows). */
    size_t n_weight_words, n_rows;
    int16_t *weights;
    int32_t *biases;
    uint8_t *shifts; /* 1 to 32 */
    /* u = x * in_scale + in_offset; y = v * out_scale + out_offset [+ x], as in model.h */
    float *in_scale, *in_offset, *out_scale, *out_offset;
    bool residual;
};

size_t program_inputs(const struct eddy_program *program);
/* Rows of the last layer: the model's outputs. */
size_t program_outputs(const struct eddy_program *program);
/* Words that the device answers each step: outputs, or every layer's rows. */
size_t program_answered(const struct eddy_program *program);
/* Blocks of lanes rows of a layer, and the columns of each. */
size_t program_blocks(const struct eddy_preset *preset, const struct program_layer *layer);
size_t program_block_columns(const struct program_layer *layer);

/* Allocates the arrays for the layers given; n_rows and n_weight_words follow. */
int program_create(struct eddy_context *context, const struct eddy_preset *preset, size_t n_layers,
                   const struct program_layer *layers, struct eddy_program **program);

#endif
