#include "program.h"

#include "cells.h"
#include "descriptors.h"
#include "lib/context.h"
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t program_layer_outputs(const struct program_layer *layer)
{
    return program_layer_answers(layer) *
           (layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? (size_t)2 : 1);
}

size_t program_layer_answers(const struct program_layer *layer)
{
    return layer->largest ? 1 : layer->n_hidden;
}

bool program_takes_tokens(const struct eddy_program *program)
{
    return program->layers[0].cell == EDDY_CELL_EMBEDDING;
}

size_t program_inputs(const struct eddy_program *program)
{
    return program_takes_tokens(program) ? 1 : program->layers[0].n_in;
}

size_t program_outputs(const struct eddy_program *program)
{
    return program_layer_outputs(&program->layers[program->n_layers - 1]);
}

size_t program_answered(const struct eddy_program *program)
{
    size_t answered = 0;
    for (size_t l = 0; l < program->n_layers; l++)
        answered += program->layers[l].emit ? program_layer_outputs(&program->layers[l]) : 0;
    return answered;
}

size_t program_state_words(const struct eddy_program *program)
{
    size_t words = 0;
    for (size_t n = 0; n < program->n_passes; n++)
        words += 2u * program->passes[n].state_units;
    return words;
}

bool program_is_causal(const struct eddy_program *program)
{
    return program->n_passes == 1 && !program->passes[0].reverse && !program->passes[0].last_only;
}

size_t program_padded(const struct eddy_preset *preset, size_t units)
{
    return (units + preset->drains - 1) / preset->drains * preset->drains;
}

size_t program_gates(const struct program_layer *layer)
{
    return eddy_cell_gates((enum eddy_cell)layer->cell) +
           (layer->cell == EDDY_CELL_GRU && layer->linear_before_reset);
}

/* ---- layout ---- */

/* The memories as far as they are given away. */
struct layout {
    const struct eddy_preset *preset;
    size_t passes, groups, places, rows, weight_words;
    size_t n_encoder;
    bool feedback;
};

static size_t columns_of(const struct program_layer *layer, const struct form_group *form)
{
    return (form->x ? layer->n_in : 0u) + (form->h ? layer->n_hidden : 0u);
}

static size_t blocks_of(const struct layout *at, size_t rows)
{
    return (rows + at->preset->lanes - 1u) / at->preset->lanes;
}

/* What a group has of its neighbours. */
struct surroundings {
    size_t x_place, place;
    bool from_data, read_above;
};

static void lay_group(struct layout *at, const struct program_layer *layer,
                      const struct form_group *form, bool last_group, struct surroundings s,
                      struct program_group *group)
{
    const size_t rows = form->n_phases * program_padded(at->preset, layer->n_hidden);
    const bool recurrent = eddy_cell_is_recurrent((enum eddy_cell)layer->cell);
    const bool is_lstm = layer->cell == EDDY_CELL_LSTM;
    if (group) {
        *group = (struct program_group){
            .data = form->x && s.from_data,
            .token = layer->cell == EDDY_CELL_EMBEDDING,
            .gated = form->gated,
            .emit = layer->emit && last_group,
            .guard = form->guard && (!last_group || recurrent || s.read_above),
            .cell_shift = is_lstm ? (uint8_t)(layer->cell_fraction_bits - 11) : 0,
            .n_phases = form->n_phases,
            .units = layer->n_hidden,
            .x_length = form->x ? layer->n_in : 0,
            .h_length = form->h ? layer->n_hidden : 0,
            .x_place = (uint16_t)(s.from_data ? 0 : s.x_place),
            .place = (uint16_t)s.place,
            .row = at->rows,
            .weight = at->weight_words,
        };
        for (size_t p = 0; p < form->n_phases; p++)
            group->phases[p] = form->phases[p].phase;
    }
    at->groups++;
    at->rows += rows;
    at->weight_words += blocks_of(at, rows) * columns_of(layer, form);
}

static void lay_layer(struct layout *at, const struct program_layer *layer, struct surroundings s,
                      struct program_group *groups)
{
    struct form_group forms[MAX_FORM_GROUPS];
    const size_t n = cell_form(layer, forms);
    for (size_t g = 0; g < n; g++)
        lay_group(at, layer, &forms[g], g + 1 == n, s, groups ? &groups[at->groups] : NULL);
}

/* Layers first to last, in one direction, as one pass. p may be NULL: then nothing is written, only counted. */
static void lay_pass(struct layout *at, const struct program_layer *layers, size_t first, size_t n,
                     struct program_pass pass, struct eddy_program *p)
{
    const size_t first_place = at->places;
    size_t x_place = 0, answered = 0;
    pass.first_layer = (uint16_t)first;
    pass.n_layers = (uint16_t)n;
    pass.first_group = (uint16_t)at->groups;
    pass.inputs = layers[first].cell == EDDY_CELL_EMBEDDING ? 1 : layers[first].n_in;
    pass.outputs = layers[first + n - 1].n_hidden;
    for (size_t l = first; l < first + n; l++) {
        const size_t units = program_padded(at->preset, layers[l].n_hidden);
        struct program_layer layer = layers[l];
        layer.emit = layer.emit || l + 1 == first + n;
        if (p)
            p->layers[l].emit = layer.emit;
        lay_layer(at, &layer,
                  (struct surroundings){.x_place = x_place,
                                        .place = at->places,
                                        .from_data = l == first,
                                        .read_above = l + 1 < first + n || at->feedback},
                  p ? p->groups : NULL);
        x_place = at->places;
        at->places += units;
        if (layer.emit)
            answered += program_padded(at->preset, program_layer_answers(&layer));
    }
    pass.n_groups = (uint16_t)(at->groups - pass.first_group);
    pass.answered = (uint16_t)answered;
    pass.state_place = (uint16_t)first_place;
    pass.state_units = (uint16_t)(at->places - first_place);
    pass.feedback_place = (uint16_t)(at->feedback ? x_place : 0);
    if (p)
        p->passes[at->passes] = pass;
    at->passes++;
}

/* A pass ends below a layer that is not forward, above one that hands on its last output only, and with the encoder. */
static void lay_out(struct layout *at, const struct program_layer *layers, size_t n_layers,
                    struct eddy_program *p)
{
    size_t n;
    for (size_t l = 0; l < n_layers; l += n) {
        n = 1;
        if (layers[l].direction == EDDY_DIRECTION_FORWARD)
            while (!layers[l + n - 1].last_only && l + n < n_layers && l + n != at->n_encoder &&
                   layers[l + n].direction == EDDY_DIRECTION_FORWARD)
                n++;
        const struct program_pass pass = {.last_only = layers[l + n - 1].last_only};
        struct program_pass reverse = pass;
        reverse.reverse = true;
        reverse.joins = layers[l].direction == EDDY_DIRECTION_BIDIRECTIONAL;
        if (layers[l].direction != EDDY_DIRECTION_REVERSE)
            lay_pass(at, layers, l, n, pass, p);
        if (layers[l].direction != EDDY_DIRECTION_FORWARD)
            lay_pass(at, layers, l, n, reverse, p);
    }
}

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

static int check_fits(struct eddy_context *context, const struct layout *need,
                      const struct program_layer *layers)
{
    const struct eddy_preset *p = need->preset;
    const size_t inputs = layers[0].cell == EDDY_CELL_EMBEDDING ? 1 : layers[0].n_in;
    int error = check_capacity(context, "passes", need->passes, p->passes, p);
    if (!error)
        error = check_capacity(context, "inputs", inputs, p->input_rows, p);
    if (!error)
        error = check_capacity(context, "units", need->places, p->state_rows, p);
    if (!error)
        error = check_capacity(context, "row constants", need->rows, p->rows, p);
    if (!error)
        error =
            check_capacity(context, "columns of weights", need->weight_words, p->weight_words, p);
    return error;
}

/* The input of a pass above the first is data of the host too. */
static int check_passes(struct eddy_context *context, const struct eddy_program *p)
{
    int error = EDDY_OK;
    for (size_t n = 0; n < p->n_passes && !error; n++)
        error = check_capacity(context, "inputs of a pass", p->passes[n].inputs,
                               p->preset->input_rows, p->preset);
    if (!error)
        error = check_capacity(context, "descriptors", p->n_descriptors, p->preset->descriptors,
                               p->preset);
    return error;
}

static int write_descriptors(struct eddy_context *context, struct eddy_program *p)
{
    p->n_descriptors = program_write_descriptors(p, NULL);
    int error = check_passes(context, p);
    if (error)
        return error;
    p->descriptors = malloc(p->n_descriptors * sizeof *p->descriptors);
    if (!p->descriptors)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    program_write_descriptors(p, p->descriptors);
    return EDDY_OK;
}

static int check_cells(struct eddy_context *context, const struct eddy_preset *preset,
                       const struct program_layer *layers, size_t n_layers)
{
    for (size_t l = 0; l < n_layers; l++)
        if (cell_features(&layers[l]) & ~(unsigned)preset->features)
            return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                             "layer %zu (%s%s) needs what preset %s leaves out; use another "
                             "preset",
                             l + 1, eddy_cell_name((enum eddy_cell)layers[l].cell),
                             layers[l].peephole  ? " with peepholes"
                             : layers[l].largest ? ", largest output"
                                                 : "",
                             preset->name);
    return EDDY_OK;
}

static bool allocate(struct eddy_program *p, const struct layout *need)
{
    p->n_passes = need->passes;
    p->n_groups = need->groups;
    p->n_rows = need->rows;
    p->n_weight_words = need->weight_words;
    p->passes = calloc(p->n_passes, sizeof *p->passes);
    p->groups = calloc(p->n_groups, sizeof *p->groups);
    p->weights = calloc(p->n_weight_words * p->preset->lanes, sizeof *p->weights);
    p->biases = calloc(p->n_rows, sizeof *p->biases);
    p->shifts = malloc(p->n_rows * sizeof *p->shifts);
    p->peepholes = calloc(p->n_rows, sizeof *p->peepholes);
    const size_t inputs = program_inputs(p), outputs = program_outputs(p);
    p->in_scale = calloc(inputs, sizeof *p->in_scale);
    p->in_offset = calloc(inputs, sizeof *p->in_offset);
    p->out_scale = calloc(outputs, sizeof *p->out_scale);
    p->out_offset = calloc(outputs, sizeof *p->out_offset);
    if (p->shifts)
        memset(p->shifts, 1, p->n_rows);
    return p->passes && p->groups && p->weights && p->biases && p->shifts && p->peepholes &&
           p->in_scale && p->in_offset && p->out_scale && p->out_offset;
}

int program_create(struct eddy_context *context, const struct eddy_preset *preset, size_t n_layers,
                   size_t n_encoder, const struct program_layer *layers, bool feedback,
                   struct eddy_program **program)
{
    struct layout need = {.preset = preset, .n_encoder = n_encoder, .feedback = feedback};
    int error = check_cells(context, preset, layers, n_layers);
    if (error)
        return error;
    lay_out(&need, layers, n_layers, NULL);
    error = check_fits(context, &need, layers);
    if (error)
        return error;
    struct eddy_program *p = calloc(1, sizeof *p);
    if (!p)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    p->preset = preset;
    p->n_layers = n_layers;
    p->n_encoder = n_encoder;
    p->feedback = feedback;
    p->layers = calloc(n_layers, sizeof *p->layers);
    if (p->layers)
        memcpy(p->layers, layers, n_layers * sizeof *layers);
    if (!p->layers || !allocate(p, &need)) {
        eddy_program_free(p);
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    }
    struct layout at = {.preset = preset, .n_encoder = n_encoder, .feedback = feedback};
    lay_out(&at, layers, n_layers, p);
    error = write_descriptors(context, p);
    if (error)
        eddy_program_free(p);
    else
        *program = p;
    return error;
}

/* ---- rows ---- */

const struct program_pass *program_pass_of(const struct eddy_program *program, size_t layer,
                                           size_t direction)
{
    const struct program_pass *pass = program->passes;
    while (layer >= (size_t)pass->first_layer + pass->n_layers)
        pass++;
    return pass + direction;
}

size_t program_place(const struct eddy_program *program, size_t layer)
{
    size_t place = 0;
    for (size_t l = program_pass_of(program, layer, 0)->first_layer; l < layer; l++)
        place += program_padded(program->preset, program->layers[l].n_hidden);
    return place;
}

static int sum_bits_of(const struct program_layer *layer, const struct phase *phase)
{
    switch (phase->activation) {
    case ACTIVATION_SIGMOID: return 11;
    case ACTIVATION_TANH: return 12;
    default: return phase->destination == DESTINATION_SECOND ? 12 : layer->out_fraction_bits;
    }
}

struct program_row program_row(const struct eddy_program *program, size_t layer, size_t direction,
                               size_t gate, size_t unit)
{
    const struct program_pass *pass = program_pass_of(program, layer, direction);
    const size_t lanes = program->preset->lanes;
    struct form_group forms[MAX_FORM_GROUPS];
    size_t group = pass->first_group;
    for (size_t l = pass->first_layer; l < layer; l++)
        group += cell_form(&program->layers[l], forms);
    const struct program_layer *l = &program->layers[layer];
    const size_t units = program_padded(program->preset, l->n_hidden), n = cell_form(l, forms);
    for (size_t g = 0; g < n; g++) {
        for (size_t p = 0; p < forms[g].n_phases; p++) {
            if (forms[g].phases[p].gate != gate)
                continue;
            const struct program_group *laid = &program->groups[group + g];
            const size_t row = p * units + unit, columns = columns_of(l, &forms[g]);
            int16_t *weights =
                program->weights + (laid->weight + row / lanes * columns) * lanes + row % lanes;
            return (struct program_row){
                .x = forms[g].x ? weights : NULL,
                .h = forms[g].h ? weights + (forms[g].x ? l->n_in : 0u) * lanes : NULL,
                .constant = laid->row + row,
                .sum_bits = sum_bits_of(l, &forms[g].phases[p].phase)};
        }
    }
    return (struct program_row){0};
}

void eddy_program_free(struct eddy_program *program)
{
    if (!program)
        return;
    free(program->layers);
    free(program->passes);
    free(program->groups);
    free(program->descriptors);
    free(program->weights);
    free(program->biases);
    free(program->shifts);
    free(program->peepholes);
    free(program->in_scale);
    free(program->in_offset);
    free(program->out_scale);
    free(program->out_offset);
    free(program->initial);
    free(program);
}

static size_t useful_macs(const struct eddy_program *program, const struct program_pass *pass)
{
    size_t macs = 0;
    for (size_t l = pass->first_layer; l < (size_t)pass->first_layer + pass->n_layers; l++) {
        struct form_group forms[MAX_FORM_GROUPS];
        const struct program_layer *layer = &program->layers[l];
        const size_t n = cell_form(layer, forms);
        for (size_t g = 0; g < n; g++)
            macs += forms[g].n_phases * (size_t)layer->n_hidden *
                    (layer->cell == EDDY_CELL_EMBEDDING ? 1 : columns_of(layer, &forms[g]));
    }
    return macs;
}

/* An embedding takes one of its columns. */
static size_t columns_per_step(const struct eddy_program *program)
{
    size_t columns = program->n_weight_words;
    const size_t lanes = program->preset->lanes;
    for (size_t l = 0; l < program->n_layers; l++) {
        const struct program_layer *layer = &program->layers[l];
        const size_t units = program_padded(program->preset, layer->n_hidden);
        if (layer->cell == EDDY_CELL_EMBEDDING)
            columns -= (units + lanes - 1) / lanes * (layer->n_in - 1u);
    }
    return columns;
}

size_t program_last_drain(const struct eddy_program *program)
{
    const struct program_layer *last = &program->layers[program->n_layers - 1];
    struct form_group forms[MAX_FORM_GROUPS];
    const size_t n = cell_form(last, forms), lanes = program->preset->lanes;
    const size_t rows = forms[n - 1].n_phases * program_padded(program->preset, last->n_hidden);
    return ((rows - 1) % lanes + 1) / program->preset->drains;
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
        .columns_per_step = columns_per_step(program),
        .causal = program_is_causal(program),
        .tokens = program_takes_tokens(program) ? program->layers[0].n_in : 0,
        .largest = program->layers[program->n_layers - 1].largest,
        .feedback = program->feedback,
        .decoder_tokens = program->n_encoder ? program->layers[program->n_encoder].n_in : 0,
        .all_layers = true,
        .answers = program_answered(program),
    };
    for (size_t l = 0; l < program->n_layers; l++)
        info->all_layers = info->all_layers && program->layers[l].emit;
    for (size_t n = 0; n < program->n_passes; n++)
        info->useful_macs_per_step += useful_macs(program, &program->passes[n]);
}

void eddy_program_get_format(const struct eddy_program *program, size_t layer,
                             struct eddy_layer_format *format)
{
    const struct program_layer *l = &program->layers[layer];
    *format = (struct eddy_layer_format){program_layer_outputs(l), l->in_fraction_bits,
                                         l->out_fraction_bits};
}

size_t eddy_program_quantise_input(const struct eddy_program *program, const float *x,
                                   int16_t *fixed)
{
    if (program_takes_tokens(program)) {
        fixed[0] = (int16_t)lrintf(x[0]);
        return 0;
    }
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
    const struct program_layer *last = &program->layers[program->n_layers - 1];
    const float scale = ldexpf(1.0f, -last->out_fraction_bits);
    if (last->largest) {
        y[0] = fixed[0];
        return;
    }
    for (size_t i = 0; i < program_outputs(program); i++)
        y[i] = fixed[i] * scale * program->out_scale[i] + program->out_offset[i] +
               (program->residual ? x[i] : 0.0f);
    if (program->softmax)
        eddy_model_softmax(y, program_outputs(program));
}
