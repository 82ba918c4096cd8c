/* quantise.c -- from a float model to a program: number formats, integer weights, layout.
 *
 * All scales are powers of two. With u the input of a layer at fx fraction bits and h at fh, a row that sums at F
 * fraction bits has integer weights round(w * 2^(F - fx)) and round(r * 2^(F - fh)), the bias round(b * 2^F), and
 * its sum is shifted right by F - fp, where fp is the format that the activation takes. F is, for each row, the
 * largest at which every weight still fits the weight bits.
 */
#include "program.h"
#include "model.h"
#include "table.h"

#include "../../hls/packet.h"
#include "lib/context.h"

#include <math.h>
#include <stdlib.h>

#define TANH_IN_FRACTION_BITS 12
#define TANH_OUT_FRACTION_BITS 15 /* less the result shift */
#define MAX_RESULT_SHIFT 7
/* Calibration sees typical data, not the extremes: formats hold this much more. */
#define HEADROOM 1.25f
/* Without calibration. */
#define ASSUMED_LIMIT (8.0f / HEADROOM)

/* The largest |u| of the input, and of every layer's outputs. */
struct limits {
    float input;
    float *layer;
};

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static void note_limits(const struct eddy_model *model, const float *x, const float *state,
                        struct limits *limits)
{
    for (size_t i = 0; i < eddy_model_inputs(model); i++)
        limits->input =
            larger(limits->input, fabsf(x[i] * model->in_scale[i] + model->in_offset[i]));
    for (size_t l = 0; l < model->n_layers; l++)
        for (size_t i = 0; i < model->layers[l].n_out; i++)
            limits->layer[l] = larger(limits->layer[l], fabsf(*state++));
}

static int calibrate(struct eddy_context *context, const struct eddy_model *model,
                     const struct eddy_table *data, struct limits *limits)
{
    const size_t inputs = eddy_model_inputs(model);
    if (!data || !data->n_rows) {
        limits->input = ASSUMED_LIMIT;
        for (size_t l = 0; l < model->n_layers; l++)
            limits->layer[l] = ASSUMED_LIMIT;
        return EDDY_OK;
    }
    if (data->n_columns != inputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the calibration data has %zu columns, the model takes %zu",
                         data->n_columns, inputs);
    float *state = calloc(eddy_model_state_elems(model), sizeof *state);
    float *y = calloc(eddy_model_outputs(model), sizeof *y);
    const bool made = state && y;
    for (size_t t = 0; made && t < data->n_rows; t++) {
        const float *x = data->values + t * inputs;
        eddy_model_run_float(model, state, 1, x, y);
        note_limits(model, x, state, limits);
    }
    free(state);
    free(y);
    return made ? EDDY_OK : eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
}

/* The most fraction bits, at most 15, at which 16 bits hold `limit` with headroom. */
static int fraction_bits_for(float limit)
{
    int exponent;
    frexpf(larger(limit * HEADROOM, 1e-6f), &exponent); /* limit * HEADROOM < 2^exponent */
    return exponent > 15 ? 0 : exponent < 0 ? 15 : 15 - exponent;
}

/* The columns of a row share one scale, so an h with more fraction bits than x gets fewer bits of its weights. With
 * 16-bit weights there are bits to spare and h keeps its own; with 8-bit ones h takes the format of x. */
static int tanh_result_shift(int weight_bits, int in_fraction_bits)
{
    const int difference = TANH_OUT_FRACTION_BITS - in_fraction_bits;
    return weight_bits == 16 ? 0 : difference > MAX_RESULT_SHIFT ? MAX_RESULT_SHIFT : difference;
}

static struct program_layer layer_of(const struct eddy_layer *layer, int weight_bits,
                                     int in_fraction_bits, float limit)
{
    const bool is_tanh = layer->activation == EDDY_ACTIVATION_TANH;
    const int result_shift = is_tanh ? tanh_result_shift(weight_bits, in_fraction_bits) : 0;
    return (struct program_layer){
        .columns = (uint16_t)layer->n_in,
        .rows = (uint16_t)layer->n_out,
        .recurrent = layer->cell == EDDY_CELL_RNN,
        .activation = is_tanh ? ACTIVATION_TANH : ACTIVATION_NONE,
        .in_fraction_bits = (int8_t)in_fraction_bits,
        .result_shift = (uint8_t)result_shift,
        .out_fraction_bits =
            (int8_t)(is_tanh ? TANH_OUT_FRACTION_BITS - result_shift : fraction_bits_for(limit)),
    };
}

/* ---- one row ---- */

/* A row of a layer: its float weights, and where its integers go. */
struct row {
    const float *w, *r; /* r NULL for dense */
    size_t n_in, n_out;
    float bias;
    int x_fraction_bits, h_fraction_bits; /* of the operands */
    int sum_to_bits;                      /* format that the activation takes */
};

static float largest(const float *v, size_t n)
{
    float limit = 0;
    for (size_t i = 0; v && i < n; i++)
        limit = larger(limit, fabsf(v[i]));
    return limit;
}

/* Whether the row's weights and bias fit at sum_bits fraction bits of the sum. */
static bool row_fits(const struct row *row, int sum_bits, int weight_bits)
{
    const float weight_limit = ldexpf(1.0f, weight_bits - 1) - 0.5f;
    return ldexpf(largest(row->w, row->n_in), sum_bits - row->x_fraction_bits) < weight_limit &&
           ldexpf(largest(row->r, row->n_out), sum_bits - row->h_fraction_bits) < weight_limit &&
           ldexpf(fabsf(row->bias), sum_bits) < 2147483520.0f;
}

/* Returns the shift of the row, 1 to 32, or 0 when its weights are too large for any. */
static int row_shift(const struct row *row, int weight_bits)
{
    for (int shift = 32; shift >= 1; shift--)
        if (row_fits(row, row->sum_to_bits + shift, weight_bits))
            return shift;
    return 0;
}

static void write_columns(const float *v, size_t n, int fraction_bits, size_t lanes, int16_t *to)
{
    for (size_t i = 0; i < n; i++)
        to[i * lanes] = (int16_t)lrintf(ldexpf(v[i], fraction_bits));
}

static int quantise_row(struct eddy_context *context, const struct row *row, size_t layer,
                        size_t index, size_t row_constant, int16_t *to,
                        struct eddy_program *program)
{
    const size_t lanes = program->preset->lanes;
    const int shift = row_shift(row, program->preset->weight_bits);
    if (!shift)
        return eddy_fail(context, EDDY_ERROR_RANGE,
                         "layer %zu, row %zu: weights or bias are too large for %d-bit weights "
                         "at this input range; scale the input down or train with weight decay",
                         layer + 1, index + 1, program->preset->weight_bits);
    const int sum_bits = row->sum_to_bits + shift;
    write_columns(row->w, row->n_in, sum_bits - row->x_fraction_bits, lanes, to);
    if (row->r)
        write_columns(row->r, row->n_out, sum_bits - row->h_fraction_bits, lanes,
                      to + row->n_in * lanes);
    program->biases[row_constant] = (int32_t)lrintf(ldexpf(row->bias, sum_bits));
    program->shifts[row_constant] = (uint8_t)shift;
    return EDDY_OK;
}

static int quantise_layer(struct eddy_context *context, const struct eddy_layer *layer,
                          size_t index, size_t first_row, int16_t *to, struct eddy_program *program)
{
    const struct program_layer *formats = &program->layers[index];
    const size_t lanes = program->preset->lanes;
    const size_t block_elems = program_block_columns(formats) * lanes;
    const bool is_tanh = formats->activation == ACTIVATION_TANH;
    for (size_t n = 0; n < layer->n_out; n++) {
        const struct row row = {
            .w = layer->w + n * layer->n_in,
            .r = layer->r ? layer->r + n * layer->n_out : NULL,
            .n_in = layer->n_in,
            .n_out = layer->n_out,
            .bias = layer->b[n],
            .x_fraction_bits = formats->in_fraction_bits,
            .h_fraction_bits = formats->out_fraction_bits,
            .sum_to_bits = is_tanh ? TANH_IN_FRACTION_BITS : formats->out_fraction_bits,
        };
        const int error = quantise_row(context, &row, index, n, first_row + n,
                                       to + n / lanes * block_elems + n % lanes, program);
        if (error)
            return error;
    }
    return EDDY_OK;
}

/* ---- the whole ---- */

static int check_capacity(struct eddy_context *context, const char *what, size_t need, size_t have,
                          const struct eddy_preset *preset)
{
    if (need <= have)
        return EDDY_OK;
    return eddy_fail(context, EDDY_ERROR_CAPACITY,
                     "the model needs %zu %s, preset %s has %zu: %zu too many; "
                     "use a smaller model or a larger preset",
                     need, what, preset->name, have, need - have);
}

static int check_fits(struct eddy_context *context, const struct eddy_model *model,
                      const struct eddy_preset *preset)
{
    size_t rows = 0, weight_words = 0;
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        const size_t blocks = (layer->n_out + (size_t)preset->lanes - 1) / preset->lanes;
        rows += layer->n_out;
        weight_words += blocks * (layer->n_in + (layer->r ? layer->n_out : 0));
    }
    const size_t inputs = eddy_model_inputs(model);
    int error = check_capacity(context, "layers", model->n_layers, preset->layers, preset);
    if (!error)
        error = check_capacity(context, "inputs", inputs, preset->input_rows, preset);
    if (!error)
        error = check_capacity(context, "words of state (outputs of all layers)", rows,
                               preset->state_rows, preset);
    if (!error)
        error = check_capacity(context, "rows of weights", rows, preset->rows, preset);
    if (!error)
        error = check_capacity(context, "weight words (columns of all row blocks)", weight_words,
                               preset->weight_words, preset);
    return error;
}

static void copy_scales(const struct eddy_model *model, struct eddy_program *program)
{
    for (size_t i = 0; i < eddy_model_inputs(model); i++) {
        program->in_scale[i] = model->in_scale[i];
        program->in_offset[i] = model->in_offset[i];
    }
    for (size_t i = 0; i < eddy_model_outputs(model); i++) {
        program->out_scale[i] = model->out_scale[i];
        program->out_offset[i] = model->out_offset[i];
    }
    program->residual = model->residual;
}

static int quantise(struct eddy_context *context, const struct eddy_model *model,
                    const struct limits *limits, bool emit_all, const struct eddy_preset *preset,
                    struct eddy_program **program)
{
    struct program_layer *layers = calloc(model->n_layers, sizeof *layers);
    if (!layers)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    int fraction_bits = fraction_bits_for(limits->input);
    for (size_t l = 0; l < model->n_layers; l++) {
        layers[l] =
            layer_of(&model->layers[l], preset->weight_bits, fraction_bits, limits->layer[l]);
        layers[l].emit = emit_all || l + 1 == model->n_layers;
        fraction_bits = layers[l].out_fraction_bits;
    }
    struct eddy_program *p = NULL;
    int error = program_create(context, preset, model->n_layers, layers, &p);
    free(layers);
    if (error)
        return error;
    copy_scales(model, p);
    size_t first_row = 0;
    int16_t *to = p->weights;
    for (size_t l = 0; l < model->n_layers && !error; l++) {
        error = quantise_layer(context, &model->layers[l], l, first_row, to, p);
        first_row += p->layers[l].rows;
        to += program_blocks(preset, &p->layers[l]) * program_block_columns(&p->layers[l]) *
              preset->lanes;
    }
    if (error) {
        eddy_program_free(p);
        return error;
    }
    *program = p;
    return EDDY_OK;
}

int eddy_program_compile(struct eddy_context *context, const struct eddy_model *model,
                         const struct eddy_compile_options *options, struct eddy_program **program)
{
    const struct eddy_compile_options defaults = {.struct_size = sizeof defaults};
    const struct eddy_compile_options *o = options ? options : &defaults;
    if (o->struct_size != sizeof *o)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "eddy_compile_options: struct_size is not that of this library");
    const struct eddy_preset *preset = o->preset ? eddy_preset_find(o->preset) : eddy_preset_at(0);
    if (!preset)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "no preset '%s'; eddy devices lists them",
                         o->preset);
    int error = check_fits(context, model, preset);
    if (error)
        return error;
    struct limits limits = {.layer = calloc(model->n_layers, sizeof *limits.layer)};
    if (!limits.layer)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    error = calibrate(context, model, o->calibration, &limits);
    if (!error)
        error = quantise(context, model, &limits, o->emit_all_layers, preset, program);
    free(limits.layer);
    return error;
}
