/* phase.h -- what the drain does with the sums of one gate: a word of the program.
 *
 * A cell is a list of phases. Each takes one sum for each unit through this line, for LSTM, GRU and all others alike:
 *
 *   argument = (sum [+ peephole * cell]) / 2^shift [+ carry]
 *   gate     = activation(argument)
 *   value    = gate                                     without factor
 *            = gate * factor / 2^15+k [+ second]        with one
 *            = gate + first * (cell - gate) / 2^15      to interpolate
 *   destination = value
 *
 * first, second and carry hold one number for each unit, from one phase of a layer to a later one; cell is
 * the cell state of LSTM, and the h_{t-1} of GRU that the drain reads.
 */
#ifndef EDDY_PHASE_H
#define EDDY_PHASE_H

#include "hls.h"

enum phase_activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_SIGMOID, ACTIVATION_TANH };

enum phase_factor {
    FACTOR_NONE,
    FACTOR_FIRST,
    FACTOR_SECOND,
    FACTOR_CELL,
    FACTOR_TANH_CELL,
    FACTOR_INTERPOLATE,
    FACTORS
};

enum phase_destination {
    DESTINATION_FIRST,
    DESTINATION_SECOND, /* and carry */
    DESTINATION_CELL,
    DESTINATION_STATE,      /* an output of the layer */
    DESTINATION_STATE_CELL, /* both */
    DESTINATION_GATED,      /* r * h_{t-1}, to be a vector of columns */
    DESTINATION_LARGEST,    /* the number of the largest output so far */
    DESTINATIONS
};

struct phase {
    uint8_t activation;
    uint8_t result_shift;  /* of sigmoid and tanh: Q0.15 less so many fraction bits */
    uint8_t product_shift; /* k above */
    uint8_t factor;
    bool
        adds_second; /* second to the product when the destination is cell, else carry to the argument */
    uint8_t destination;
    bool peephole; /* the product of cell and the row's peephole is part of the sum */
};

static inline uint16_t phase_pack(struct phase p)
{
    return (uint16_t)(p.activation | p.result_shift << 2 | p.product_shift << 5 | p.factor << 8 |
                      p.adds_second << 11 | p.destination << 12 | p.peephole << 15);
}

static inline struct phase phase_unpack(uint16_t w)
{
    return (struct phase){.activation = w & 3,
                          .result_shift = w >> 2 & 7,
                          .product_shift = w >> 5 & 7,
                          .factor = w >> 8 & 7,
                          .adds_second = w >> 11 & 1,
                          .destination = w >> 12 & 7,
                          .peephole = w >> 15 & 1};
}

#endif
