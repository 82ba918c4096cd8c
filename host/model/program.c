#include "program.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t program_inputs(const struct eddy_program *program)
{
    return program->layers[0].columns;
}

size_t program_outputs(const struct eddy_program *program)
{
    return program->layers[program->n_layers - 1].rows;
}

size_t program_answered(const struct eddy_program *program)
{
    size_t answered = 0;
    for (size_t l = 0; l < program->n_layers; l++)
        answered += program->layers[l].emit ? program->layers[l].rows : 0;
    return answered;
}

size_t program_block_columns(const struct program_layer *layer)
{
    return layer->columns + (layer->recurrent ? layer->rows : 0u);
}

size_t program_blocks(const struct eddy_preset *preset, const struct program_layer *layer)
{
    return (layer->rows + (size_t)preset->lanes - 1) / preset->lanes;
}

int program_create(struct eddy_context *context, const struct eddy_preset *preset, size_t n_layers,
                   const struct program_layer *layers, struct eddy_program **program)
{
    struct eddy_program *p = calloc(1, sizeof *p);
    if (!p)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    p->preset = preset;
    p->n_layers = n_layers;
    for (size_t l = 0; l < n_layers; l++) {
        p->n_rows += layers[l].rows;
        p->n_weight_words += program_blocks(preset, &layers[l]) * program_block_columns(&layers[l]);
    }
    p->layers = calloc(n_layers, sizeof *p->layers);
    p->weights = calloc(p->n_weight_words * preset->lanes, sizeof *p->weights);
    p->biases = calloc(p->n_rows, sizeof *p->biases);
    p->shifts = calloc(p->n_rows, sizeof *p->shifts);
    const size_t inputs = layers[0].columns, outputs = layers[n_layers - 1].rows;
    p->in_scale = calloc(inputs, sizeof *p->in_scale);
    p->in_offset = calloc(inputs, sizeof *p->in_offset);
    p->out_scale = calloc(outputs, sizeof *p->out_scale);
    p->out_offset = calloc(outputs, sizeof *p->out_offset);
    if (!p->layers || !p->weights || !p->biases || !p->shifts || !p->in_scale || !p->in_offset ||
        !p->out_scale || !p->out_offset) {
        eddy_program_free(p);
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    }
    memcpy(p->layers, layers, n_layers * sizeof *layers);
    *program = p;
    return EDDY_OK;
}

void eddy_program_free(struct eddy_program *program)
{
    if (!program)
        return;
    free(program->layers);
    free(program->weights);
    free(program->biases);
    free(program->shifts);
    free(program->in_scale);
    free(program->in_offset);
    free(program->out_scale);
    free(program->out_offset);
    free(program);
}

void eddy_program_get_info(const struct eddy_program *program, struct eddy_program_info *info)
{
    *info = (struct eddy_program_info){
        .preset = program->preset->name,
        .inputs = program_inputs(program),
        .outputs = program_outputs(program),
        .layers = program->n_layers,
        .lanes = program->preset->lanes,
        .weight_bits = program->preset->weight_bits,
        .columns_per_step = program->n_weight_words,
    };
    for (size_t l = 0; l < program->n_layers; l++)
        info->useful_macs_per_step +=
            program->layers[l].rows * program_block_columns(&program->layers[l]);
}

void eddy_program_get_format(const struct eddy_program *program, size_t layer,
                             struct eddy_layer_format *format)
{
    const struct program_layer *l = &program->layers[layer];
    *format = (struct eddy_layer_format){l->rows, l->in_fraction_bits, l->out_fraction_bits};
}

size_t eddy_program_quantise_input(const struct eddy_program *program, const float *x,
                                   int16_t *fixed)
{
    const float scale = ldexpf(1.0f, program->layers[0].in_fraction_bits);
    size_t clipped = 0;
    for (size_t i = 0; i < program_inputs(program); i++) {
        const float v = nearbyintf((x[i] * program->in_scale[i] + program->in_offset[i]) * scale);
        clipped += v > INT16_MAX || v < INT16_MIN;
        fixed[i] = v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : (int16_t)v;
    }
    return clipped;
}

void eddy_program_dequantise_output(const struct eddy_program *program, const float *x,
                                    const int16_t *fixed, float *y)
{
    const float scale = ldexpf(1.0f, -program->layers[program->n_layers - 1].out_fraction_bits);
    for (size_t i = 0; i < program_outputs(program); i++)
        y[i] = fixed[i] * scale * program->out_scale[i] + program->out_offset[i] +
               (program->residual ? x[i] : 0.0f);
}
