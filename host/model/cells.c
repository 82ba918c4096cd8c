#include "cells.h"

#include "../../hls/config.h"

#include <string.h>

/* Fraction bits of a product of two 16-bit numbers after the drain's fixed shift. */
#define UNIT_FRACTION_BITS 15

static enum phase_activation activation_of(const struct program_layer *layer)
{
    static const enum phase_activation of[EDDY_ACTIVATIONS] = {
        [EDDY_ACTIVATION_NONE] = ACTIVATION_NONE,
        [EDDY_ACTIVATION_TANH] = ACTIVATION_TANH,
        [EDDY_ACTIVATION_RELU] = ACTIVATION_RELU,
        [EDDY_ACTIVATION_SIGMOID] = ACTIVATION_SIGMOID,
    };
    return of[layer->activation];
}

static uint8_t shift_to(int fraction_bits)
{
    return (uint8_t)(UNIT_FRACTION_BITS - fraction_bits);
}

static size_t plain_form(const struct program_layer *layer, struct form_group *g)
{
    const enum phase_activation activation = activation_of(layer);
    const bool curved = activation == ACTIVATION_TANH || activation == ACTIVATION_SIGMOID;
    g[0] = (struct form_group){
        .x = true,
        .h = layer->cell == EDDY_CELL_RNN,
        .guard = true,
        .n_phases = 1,
        .phases = {{0,
                    {.activation = activation,
                     .result_shift = curved ? shift_to(layer->out_fraction_bits) : 0,
                     .destination = layer->largest ? DESTINATION_LARGEST : DESTINATION_STATE}}},
    };
    return 1;
}

static size_t lstm_form(const struct program_layer *layer, struct form_group *g)
{
    g[0] = (struct form_group){
        .x = true,
        .h = true,
        .guard = true,
        .n_phases = 4,
        .phases = {{0,
                    {.activation = ACTIVATION_SIGMOID,
                     .destination = DESTINATION_FIRST,
                     .peephole = layer->peephole}},
                   {2,
                    {.activation = ACTIVATION_SIGMOID,
                     .factor = FACTOR_CELL,
                     .destination = DESTINATION_SECOND,
                     .peephole = layer->peephole}},
                   {3,
                    {.activation = ACTIVATION_TANH,
                     .factor = FACTOR_FIRST,
                     .product_shift = shift_to(layer->cell_fraction_bits),
                     .adds_second = true,
                     .destination = DESTINATION_CELL}},
                   {1,
                    {.activation = ACTIVATION_SIGMOID,
                     .factor = FACTOR_TANH_CELL,
                     .product_shift = shift_to(layer->out_fraction_bits),
                     .destination = DESTINATION_STATE,
                     .peephole = layer->peephole}}},
    };
    return 1;
}

/* n = tanh(...), h_t = n + z (h_{t-1} - n). */
static struct phase gru_output(const struct program_layer *layer, bool carries)
{
    return (struct phase){.activation = ACTIVATION_TANH,
                          .result_shift = shift_to(layer->out_fraction_bits),
                          .factor = FACTOR_INTERPOLATE,
                          .adds_second = carries,
                          .destination = DESTINATION_STATE_CELL};
}

static const struct phase keep_first = {.activation = ACTIVATION_SIGMOID,
                                        .destination = DESTINATION_FIRST};

/* The reset gate after the recurrent product: r (r_h h + rb) waits for the candidate's own sum. */
static size_t gru_after_form(const struct program_layer *layer, struct form_group *g)
{
    g[0] = (struct form_group){
        .x = true,
        .h = true,
        .n_phases = 2,
        .phases = {{1, {.activation = ACTIVATION_SIGMOID, .destination = DESTINATION_SECOND}},
                   {0, keep_first}}};
    g[1] = (struct form_group){
        .h = true,
        .n_phases = 1,
        .phases = {{GRU_RECURRENT_CANDIDATE,
                    {.factor = FACTOR_SECOND, .destination = DESTINATION_SECOND}}}};
    g[2] = (struct form_group){
        .x = true, .guard = true, .n_phases = 1, .phases = {{2, gru_output(layer, true)}}};
    return 3;
}

/* The reset gate before it: the columns of the candidate are r * h, which all units must have left first; the update
 * gates stand in between. */
static size_t gru_before_form(const struct program_layer *layer, struct form_group *g)
{
    g[0] = (struct form_group){.x = true,
                               .h = true,
                               .guard = true,
                               .n_phases = 1,
                               .phases = {{1,
                                           {.activation = ACTIVATION_SIGMOID,
                                            .factor = FACTOR_CELL,
                                            .destination = DESTINATION_GATED}}}};
    g[1] = (struct form_group){.x = true, .h = true, .n_phases = 1, .phases = {{0, keep_first}}};
    g[2] = (struct form_group){.x = true,
                               .h = true,
                               .gated = true,
                               .guard = true,
                               .n_phases = 1,
                               .phases = {{2, gru_output(layer, false)}}};
    return 3;
}

size_t cell_form(const struct program_layer *layer, struct form_group groups[MAX_FORM_GROUPS])
{
    switch (layer->cell) {
    case EDDY_CELL_LSTM: return lstm_form(layer, groups);
    case EDDY_CELL_GRU:
        return layer->linear_before_reset ? gru_after_form(layer, groups)
                                          : gru_before_form(layer, groups);
    default: return plain_form(layer, groups);
    }
}

unsigned cell_features(const struct program_layer *layer)
{
    switch (layer->cell) {
    case EDDY_CELL_LSTM: return FEATURE_LSTM | (layer->peephole ? FEATURE_PEEPHOLE : 0);
    case EDDY_CELL_GRU: return FEATURE_GRU;
    case EDDY_CELL_EMBEDDING: return FEATURE_TOKEN;
    default: return layer->largest ? FEATURE_TOKEN : 0;
    }
}
