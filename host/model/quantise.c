/* quantise.c -- from a float model to a program: number formats, integer weights, layout.
 *
 * All scales are powers of two. With u the input of a layer at fx fraction bits and h at fh, a row that sums at F
 * fraction bits has integer weights round(w * 2^(F - fx)) and round(r * 2^(F - fh)), the bias round(b * 2^F), a peephole
 * round(p * 2^(F - fc)), and its sum is shifted right by F - fp, where fp is the format that the activation takes. F is, for
 * each row, the largest at which every weight still fits the weight bits.
 */
#include "cells.h"
#include "table.h"

#include "../../hls/config.h"
#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_FRACTION_BITS 15 /* of numbers within [-1, 1) */
#define TOKEN_FRACTION_BITS 14
#define MOST_SHIFT 7 /* of a phase: results have at least 8 fraction bits */
/* h - n of gru has 16 bits, so each has one to spare. */
#define GRU_FRACTION_BITS 14
#define LEAST_CELL_BITS 11
#define MOST_CELL_BITS 14
/* Calibration sees typical data, not the extremes: formats hold this much more. */
#define HEADROOM 1.25f
/* Without calibration. */
#define ASSUMED_LIMIT (8.0f / HEADROOM)

/* The largest |u| of the input, of every layer's outputs, and of every lstm's cell state. */
struct limits {
    float input;
    float *layer, *cell;
};

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static void note_output(void *user, size_t layer, size_t n_out, const float *y)
{
    struct limits *limits = user;
    for (size_t i = 0; i < n_out; i++)
        limits->layer[layer] = larger(limits->layer[layer], fabsf(y[i]));
}

/* Cells at the end of a stretch of data: state as in model.h. */
static void note_cells(const struct eddy_model *model, const float *state, struct limits *limits)
{
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        if (!eddy_cell_is_recurrent(layer->cell))
            continue;
        for (size_t d = 0; d < eddy_layer_directions(layer); d++) {
            state += layer->n_hidden;
            for (size_t u = 0; layer->cell == EDDY_CELL_LSTM && u < layer->n_hidden; u++)
                limits->cell[l] = larger(limits->cell[l], fabsf(*state++));
        }
    }
}

static void assume_limits(const struct eddy_model *model, struct limits *limits)
{
    limits->input = ASSUMED_LIMIT;
    for (size_t l = 0; l < model->n_layers; l++)
        limits->layer[l] = limits->cell[l] = ASSUMED_LIMIT;
}

static float largest(const float *v, size_t n)
{
    float limit = 0;
    for (size_t i = 0; v && i < n; i++)
        limit = larger(limit, fabsf(v[i]));
    return limit;
}

/* The most that a row of a layer can sum up to, its inputs within a limit. */
static float largest_sum(const struct eddy_layer *layer, float limit)
{
    float most = 0;
    for (size_t row = 0; row < layer->n_out; row++) {
        float sum = fabsf(layer->b[row]);
        for (size_t i = 0; i < layer->n_in; i++)
            sum += limit * fabsf(layer->w[row * layer->n_in + i]);
        most = larger(most, sum);
    }
    return most;
}

/* What the layers can give at most: without data, or of an encoder and decoder, whose data are not known together. */
static void bound_limits(const struct eddy_model *model, struct limits *limits)
{
    float limit = limits->input;
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        if (layer->cell == EDDY_CELL_EMBEDDING)
            limit = largest(layer->w, layer->n_in * layer->n_out);
        else if (layer->cell == EDDY_CELL_DENSE)
            limit = largest_sum(layer, limit);
        else if (layer->activation == EDDY_ACTIVATION_TANH)
            limit = 1;
        else
            limit = ASSUMED_LIMIT;
        limits->layer[l] = limit;
        limits->cell[l] = ASSUMED_LIMIT;
    }
}

/* Causal models are watched step by step, for their cells too; others see whole sequences of so many rows. */
static int observe_data(struct eddy_context *context, const struct eddy_model *model,
                        const struct eddy_table *data, size_t sequence_rows, struct limits *limits)
{
    const size_t inputs = eddy_model_inputs(model), outputs = eddy_model_outputs(model);
    const size_t stretch = eddy_model_is_causal(model) ? 1 : sequence_rows;
    float *state = calloc(eddy_model_state_elems(model) + 1, sizeof *state);
    float *y = calloc(stretch * outputs, sizeof *y);
    int error = state && y ? EDDY_OK : eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    for (size_t t = 0; t < data->n_rows && !error; t += stretch) {
        const size_t left = data->n_rows - t;
        size_t n_out;
        if (t % sequence_rows == 0)
            eddy_model_initial_state(model, state);
        error = eddy_model_run_sequence(context, model, state, left < stretch ? left : stretch,
                                        data->values + t * inputs, y, &n_out, note_output, limits);
        if (!error)
            note_cells(model, state, limits);
    }
    free(state);
    free(y);
    return error;
}

static int calibrate(struct eddy_context *context, const struct eddy_model *model,
                     const struct eddy_compile_options *o, struct limits *limits)
{
    const struct eddy_table *data = o->calibration;
    const size_t inputs = eddy_model_inputs(model);
    if (!data || !data->n_rows) {
        assume_limits(model, limits);
        if (o->largest) /* clipped outputs would all be the largest */
            bound_limits(model, limits);
        return EDDY_OK;
    }
    if (data->n_columns != inputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the calibration data has %zu columns, the model takes %zu",
                         data->n_columns, inputs);
    for (size_t i = 0; i < data->n_rows * inputs; i++)
        limits->input = larger(limits->input, fabsf(data->values[i] * model->in_scale[i % inputs] +
                                                    model->in_offset[i % inputs]));
    if (!model->n_encoder)
        return observe_data(context, model, data,
                            o->sequence_rows && o->sequence_rows < data->n_rows ? o->sequence_rows
                                                                                : data->n_rows,
                            limits);
    bound_limits(model, limits);
    return EDDY_OK;
}

/* The most fraction bits, at most 15, at which 16 bits hold `limit` with headroom. */
static int fraction_bits_for(float limit)
{
    int exponent;
    frexpf(larger(limit * HEADROOM, 1e-6f), &exponent); /* limit * HEADROOM < 2^exponent */
    return exponent > 15 ? 0 : exponent < 0 ? 15 : 15 - exponent;
}

static int between(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* ---- formats ---- */

/* The columns of a row share one scale, so an h with more fraction bits than x gets fewer bits of its weights. With
 * 16-bit weights there are bits to spare and h keeps its own; with 8-bit ones h takes the format of x. */
static int unit_fraction_bits(int weight_bits, int in_fraction_bits, int most)
{
    return weight_bits == 16 ? most
                             : between(in_fraction_bits, UNIT_FRACTION_BITS - MOST_SHIFT, most);
}

/* Outputs within [-1, 1) have `most` fraction bits, unless they begin with an h0 that needs more room. */
static int state_fraction_bits(const struct eddy_layer *layer, int most)
{
    int exponent = 0;
    if (layer->h0)
        frexpf(largest(layer->h0, layer->n_out), &exponent); /* |h0| < 2^exponent */
    return between(most - (exponent > 0 ? exponent : 0), UNIT_FRACTION_BITS - MOST_SHIFT, most);
}

static int out_fraction_bits(const struct eddy_layer *layer, int weight_bits, int in_fraction_bits,
                             float limit)
{
    if (layer->cell == EDDY_CELL_GRU)
        return unit_fraction_bits(weight_bits, in_fraction_bits,
                                  state_fraction_bits(layer, GRU_FRACTION_BITS));
    if (layer->cell == EDDY_CELL_LSTM || layer->activation == EDDY_ACTIVATION_TANH ||
        layer->activation == EDDY_ACTIVATION_SIGMOID)
        return unit_fraction_bits(weight_bits, in_fraction_bits,
                                  state_fraction_bits(layer, UNIT_FRACTION_BITS));
    return fraction_bits_for(layer->h0 ? larger(limit, largest(layer->h0, layer->n_out)) : limit);
}

static struct program_layer layer_of(const struct eddy_layer *layer, int weight_bits,
                                     int in_fraction_bits, float limit, float cell_limit)
{
    if (layer->c0)
        cell_limit = larger(cell_limit, largest(layer->c0, layer->n_out));
    return (struct program_layer){
        .cell = (uint8_t)layer->cell,
        .activation = (uint8_t)layer->activation,
        .direction = (uint8_t)layer->direction,
        .linear_before_reset = layer->linear_before_reset,
        .last_only = layer->last_only,
        .peephole = layer->p != NULL,
        .n_in = (uint16_t)layer->n_in,
        .n_hidden = (uint16_t)layer->n_hidden,
        .in_fraction_bits = (int8_t)in_fraction_bits,
        .out_fraction_bits = (int8_t)out_fraction_bits(layer, weight_bits, in_fraction_bits, limit),
        .cell_fraction_bits =
            (int8_t)between(fraction_bits_for(cell_limit), LEAST_CELL_BITS, MOST_CELL_BITS),
    };
}

/* ---- one row ---- */

/* A row of a layer in float; NULL: no such columns. */
struct float_row {
    const float *w, *r;
    float bias, peephole;
    size_t w_step; /* of an embedding: its columns are the tokens */
};

static int x_fraction_bits(const struct program_layer *layer)
{
    return layer->cell == EDDY_CELL_EMBEDDING ? TOKEN_FRACTION_BITS : layer->in_fraction_bits;
}

/* Whether the row's weights and bias fit at sum_bits fraction bits of the sum. */
static bool row_fits(const struct program_layer *layer, const struct float_row *row, int sum_bits,
                     int weight_bits)
{
    const float weight_limit = ldexpf(1.0f, weight_bits - 1) - 0.5f;
    return ldexpf(largest(row->w, layer->n_in), sum_bits - x_fraction_bits(layer)) < weight_limit &&
           ldexpf(largest(row->r, layer->n_hidden), sum_bits - layer->out_fraction_bits) <
               weight_limit &&
           ldexpf(fabsf(row->peephole), sum_bits - layer->cell_fraction_bits) < 32767.5f &&
           ldexpf(fabsf(row->bias), sum_bits) < 2147483520.0f;
}

static void write_columns(const float *v, size_t n, int fraction_bits, size_t lanes, int16_t *to)
{
    for (size_t i = 0; v && to && i < n; i++)
        to[i * lanes] = (int16_t)lrintf(ldexpf(v[i], fraction_bits));
}

/* False when the weights are too large for any shift. */
static bool quantise_row(const struct program_layer *layer, const struct float_row *row,
                         struct program_row to, struct eddy_program *program)
{
    const int weight_bits = program->preset->weight_bits;
    const size_t lanes = program->preset->lanes;
    int shift = 32;
    while (shift && !row_fits(layer, row, to.sum_bits + shift, weight_bits))
        shift--;
    if (!shift)
        return false;
    const int sum_bits = to.sum_bits + shift;
    write_columns(row->w, layer->n_in, sum_bits - x_fraction_bits(layer), lanes, to.x);
    write_columns(row->r, layer->n_hidden, sum_bits - layer->out_fraction_bits, lanes, to.h);
    program->biases[to.constant] = (int32_t)lrintf(ldexpf(row->bias, sum_bits));
    program->shifts[to.constant] = (uint8_t)shift;
    program->peepholes[to.constant] =
        (int16_t)lrintf(ldexpf(row->peephole, sum_bits - layer->cell_fraction_bits));
    return true;
}

/* ---- one layer ---- */

/* Row `unit` of a gate, in one direction. The recurrent half of a candidate (GRU_RECURRENT_CANDIDATE) has the recurrent
 * weights of gate 2, whose own row then has only the others. */
static struct float_row row_of(const struct eddy_layer *layer, size_t direction, size_t gate,
                               size_t unit)
{
    static const int peephole_of_gate[] = {0, 1, 2, -1}; /* i o f of i o f c */
    const size_t n = layer->n_hidden, gates = eddy_cell_gates(layer->cell);
    const bool halves = layer->cell == EDDY_CELL_GRU && layer->linear_before_reset;
    const bool recurrent_half = halves && gate == GRU_RECURRENT_CANDIDATE;
    const size_t row = (direction * gates + (recurrent_half ? 2 : gate)) * n + unit;
    const float *peepholes = layer->p && peephole_of_gate[gate] >= 0
                                 ? layer->p + (direction * 3 + (size_t)peephole_of_gate[gate]) * n
                                 : NULL;
    return (struct float_row){
        .w = recurrent_half ? NULL : layer->w + row * layer->n_in,
        .r = !layer->r || (halves && gate == 2) ? NULL : layer->r + row * n,
        .bias = recurrent_half ? layer->rb[direction * n + unit] : layer->b[row],
        .peephole = peepholes ? peepholes[unit] : 0,
    };
}

static int quantise_layer(struct eddy_context *context, const struct eddy_layer *layer,
                          size_t index, struct eddy_program *program)
{
    const struct program_layer *to = &program->layers[index];
    const size_t gates = program_gates(to);
    const size_t rows = eddy_layer_directions(layer) * gates * layer->n_hidden;
    for (size_t n = 0; n < rows; n++) {
        const size_t unit = n % layer->n_hidden, gate = n / layer->n_hidden % gates;
        const size_t direction = n / layer->n_hidden / gates;
        const struct float_row row = row_of(layer, direction, gate, unit);
        if (!quantise_row(to, &row, program_row(program, index, direction, gate, unit), program))
            return eddy_fail(context, EDDY_ERROR_RANGE,
                             "layer %zu, row %zu: weights or bias are too large for %d-bit weights "
                             "at this input range; scale the input down or train with weight decay",
                             index + 1, n + 1, program->preset->weight_bits);
    }
    return EDDY_OK;
}

/* ---- the whole ---- */

static const char *unsupported(const struct eddy_layer *layer)
{
    if (layer->clip > 0)
        return "attribute 'clip': the device does not limit the arguments of activations; train "
               "without clip, or run it on float:";
    if (layer->n_in > UINT16_MAX || layer->n_hidden > UINT16_MAX)
        return "it is wider than any device";
    return NULL;
}

static bool has_output_scale(const struct eddy_model *model)
{
    for (size_t i = 0; i < eddy_model_outputs(model); i++)
        if (model->out_scale[i] != 1 || model->out_offset[i] != 0)
            return true;
    return false;
}

static int check_supported(struct eddy_context *context, const struct eddy_model *model,
                           const struct eddy_compile_options *o)
{
    const struct eddy_layer *last = &model->layers[model->n_layers - 1];
    for (size_t l = 0; l < model->n_layers; l++) {
        const char *reason = unsupported(&model->layers[l]);
        const char *name = model->layers[l].name;
        if (reason)
            return eddy_fail(context, EDDY_ERROR_UNSUPPORTED, "layer %zu%s%s%s: %s", l + 1,
                             name ? " (node '" : "", name ? name : "", name ? "')" : "", reason);
    }
    if (model->n_encoder && !(o->largest && o->feedback))
        return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                         "an encoder and decoder is compiled with largest and feedback: it writes "
                         "tokens");
    const bool linear = last->cell == EDDY_CELL_DENSE && last->activation == EDDY_ACTIVATION_NONE;
    if (o->largest &&
        (last->cell != EDDY_CELL_DENSE || model->residual || (!linear && has_output_scale(model))))
        return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                         "the number of the largest output needs a dense last layer, without "
                         "residual, and without scale or offset behind an activation");
    if (!o->feedback || (model->n_encoder && linear))
        return EDDY_OK;
    const bool tokens = model->layers[0].cell == EDDY_CELL_EMBEDDING;
    if (!eddy_model_is_causal(model) || model->residual || !linear ||
        (model->softmax && !o->largest) ||
        (tokens ? !o->largest || last->n_out > model->layers[0].n_in
                : o->largest || last->n_out != model->layers[0].n_in))
        return eddy_fail(
            context, EDDY_ERROR_UNSUPPORTED,
            "feedback needs a causal model without residual and softmax, with a linear "
            "dense layer last, whose outputs are its inputs: "
            "as many numbers, or the largest output as token of an embedding");
    return EDDY_OK;
}

static int16_t fixed_of(float v, int fraction_bits)
{
    return (int16_t)lrintf(fmaxf(-32768.0f, fminf(32767.0f, ldexpf(v, fraction_bits))));
}

/* Initial states of the layers of a pass: its h, then its cells. */
static void write_initial(const struct eddy_model *model, const struct eddy_program *p,
                          const struct program_pass *pass, int16_t *to)
{
    size_t place = 0;
    for (size_t l = pass->first_layer; l < (size_t)pass->first_layer + pass->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        const size_t offset = pass->joins ? layer->n_hidden : 0;
        for (size_t u = 0; u < layer->n_hidden; u++) {
            const int bits = p->layers[l].out_fraction_bits;
            const int16_t h = layer->h0 ? fixed_of(layer->h0[offset + u], bits) : 0;
            const bool lstm = layer->cell == EDDY_CELL_LSTM;
            const int16_t c = lstm && layer->c0
                                  ? fixed_of(layer->c0[offset + u], p->layers[l].cell_fraction_bits)
                                  : 0;
            to[place + u] = h;
            to[pass->state_units + place + u] = (int16_t)(layer->cell == EDDY_CELL_GRU ? h
                                                          : lstm                       ? c
                                                                                       : 0);
        }
        place += program_padded(p->preset, layer->n_hidden);
    }
}

static bool make_initial(const struct eddy_model *model, struct eddy_program *p)
{
    bool any = false;
    for (size_t l = 0; l < model->n_layers; l++)
        any = any || model->layers[l].h0 || model->layers[l].c0;
    if (!any)
        return true;
    p->initial = calloc(program_state_words(p), sizeof *p->initial);
    int16_t *to = p->initial;
    for (size_t n = 0; to && n < p->n_passes; n++) {
        write_initial(model, p, &p->passes[n], to);
        to += 2u * p->passes[n].state_units;
    }
    return p->initial != NULL;
}

/* The last layer with v * scale + offset of its outputs in a copy of its weights. */
static int quantise_folded(struct eddy_context *context, const struct eddy_model *model,
                           const float *scale, const float *offset, struct eddy_program *p)
{
    const struct eddy_layer *from = &model->layers[model->n_layers - 1];
    struct eddy_layer last = *from;
    last.w = malloc(last.n_out * last.n_in * sizeof *last.w);
    last.b = malloc(last.n_out * sizeof *last.b);
    int error = last.w && last.b ? EDDY_OK : eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < last.n_out && !error; i++) {
        for (size_t c = 0; c < last.n_in; c++)
            last.w[i * last.n_in + c] = from->w[i * last.n_in + c] * scale[i];
        last.b[i] = from->b[i] * scale[i] + offset[i];
    }
    if (!error)
        error = quantise_layer(context, &last, model->n_layers - 1, p);
    free(last.w);
    free(last.b);
    return error;
}

/* Fed back, numbers keep their format, so the last layer must give what the first one takes: u = (v * out_scale + out_offset) *
 * in_scale + in_offset goes into its weights, and the host undoes the input's part. */
static int quantise_feedback(struct eddy_context *context, const struct eddy_model *model,
                             struct eddy_program *p)
{
    const size_t n = eddy_model_outputs(model);
    float *scale = malloc(2 * n * sizeof *scale);
    if (!scale)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    float *offset = scale + n;
    for (size_t i = 0; i < n; i++) {
        const float in_scale = model->in_scale[i];
        scale[i] = model->out_scale[i] * in_scale;
        offset[i] = model->out_offset[i] * in_scale + model->in_offset[i];
        p->out_scale[i] = 1 / in_scale;
        p->out_offset[i] = -model->in_offset[i] / in_scale;
    }
    const int error = quantise_folded(context, model, scale, offset, p);
    free(scale);
    return error;
}

static void copy_scales(const struct eddy_model *model, struct eddy_program *p)
{
    const size_t inputs = eddy_model_inputs(model), outputs = program_outputs(p);
    memcpy(p->in_scale, model->in_scale, inputs * sizeof *p->in_scale);
    memcpy(p->in_offset, model->in_offset, inputs * sizeof *p->in_offset);
    memcpy(p->out_scale, model->out_scale, outputs * sizeof *p->out_scale);
    memcpy(p->out_offset, model->out_offset, outputs * sizeof *p->out_offset);
    p->residual = model->residual;
    p->softmax = model->softmax;
}

/* Fed back numbers have one format at both ends. */
static void join_formats(struct program_layer *layers, size_t n_layers)
{
    struct program_layer *first = &layers[0], *last = &layers[n_layers - 1];
    const int bits = first->in_fraction_bits < last->out_fraction_bits ? first->in_fraction_bits
                                                                       : last->out_fraction_bits;
    first->in_fraction_bits = last->out_fraction_bits = (int8_t)bits;
}

/* Of the last layer's outputs with the model's scale and offset. */
static float scaled_limit(const struct eddy_model *model, float limit)
{
    const size_t n = eddy_model_outputs(model);
    return largest(model->out_scale, n) * limit + largest(model->out_offset, n);
}

static void choose_formats(const struct eddy_model *model, const struct limits *limits,
                           const struct eddy_compile_options *o, int weight_bits,
                           struct program_layer *layers)
{
    int fraction_bits = fraction_bits_for(limits->input);
    for (size_t l = 0; l < model->n_layers; l++) {
        const bool picks = o->largest && l + 1 == model->n_layers;
        layers[l] = layer_of(&model->layers[l], weight_bits, fraction_bits,
                             picks ? scaled_limit(model, limits->layer[l]) : limits->layer[l],
                             limits->cell[l]);
        layers[l].emit = o->emit_all_layers;
        fraction_bits = layers[l].out_fraction_bits;
    }
    layers[model->n_layers - 1].largest = o->largest;
    if (o->feedback && !o->largest)
        join_formats(layers, model->n_layers);
}

static int quantise(struct eddy_context *context, const struct eddy_model *model,
                    const struct limits *limits, const struct eddy_compile_options *o,
                    const struct eddy_preset *preset, struct eddy_program **program)
{
    struct program_layer *layers = calloc(model->n_layers, sizeof *layers);
    if (!layers)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    choose_formats(model, limits, o, preset->weight_bits, layers);
    struct eddy_program *p = NULL;
    int error =
        program_create(context, preset, model->n_layers, model->n_encoder, layers, o->feedback, &p);
    free(layers);
    if (error)
        return error;
    copy_scales(model, p);
    const bool feeds = o->feedback && !o->largest;
    const bool folds = feeds || (o->largest && has_output_scale(model));
    for (size_t l = 0; l + folds < model->n_layers && !error; l++)
        error = quantise_layer(context, &model->layers[l], l, p);
    if (!error && feeds)
        error = quantise_feedback(context, model, p);
    else if (!error && folds) /* what is compared is what the host would have scaled */
        error = quantise_folded(context, model, model->out_scale, model->out_offset, p);
    if (!error && !make_initial(model, p))
        error = eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    if (error) {
        eddy_program_free(p);
        return error;
    }
    *program = p;
    return EDDY_OK;
}

/* The caller frees limits->layer, also after an error. */
static int open_limits(struct eddy_context *context, const struct eddy_model *model,
                       const struct eddy_compile_options *o, struct limits *limits)
{
    *limits = (struct limits){.layer = calloc(2 * model->n_layers, sizeof *limits->layer)};
    if (!limits->layer)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    limits->cell = limits->layer + model->n_layers;
    return calibrate(context, model, o, limits);
}

int program_formats(struct eddy_context *context, const struct eddy_model *model,
                    const struct eddy_compile_options *options, int weight_bits,
                    struct program_layer *layers)
{
    struct limits limits;
    const int error = open_limits(context, model, options, &limits);
    if (!error)
        choose_formats(model, &limits, options, weight_bits, layers);
    free(limits.layer);
    return error;
}

static int calibrate_and_quantise(struct eddy_context *context, const struct eddy_model *model,
                                  const struct eddy_compile_options *o,
                                  const struct eddy_preset *preset, struct eddy_program **program)
{
    struct limits limits;
    int error = open_limits(context, model, o, &limits);
    if (!error)
        error = quantise(context, model, &limits, o, preset, program);
    free(limits.layer);
    return error;
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
    const int error = check_supported(context, model, o);
    return error ? error : calibrate_and_quantise(context, model, o, preset, program);
}
