/* cells.h -- each cell as groups of rows and phases of the device (hls/packet.h, hls/phase.h). */
#ifndef EDDY_CELLS_H
#define EDDY_CELLS_H

#include "program.h"

struct form_phase {
    uint8_t gate; /* order of model.h */
    struct phase phase;
};

/* Rows that share their columns. */
struct form_group {
    bool x, h;  /* which columns */
    bool gated; /* h is r * h */
    bool guard; /* what its last phase writes becomes columns */
    uint8_t n_phases;
    struct form_phase phases[MAX_PHASES];
};

#define MAX_FORM_GROUPS 3

/* The groups of a layer's cell, with the shifts of the layer's formats. Returns how many. */
size_t cell_form(const struct program_layer *layer, struct form_group groups[MAX_FORM_GROUPS]);
/* FEATURE_... (hls/config.h) that the cell needs of a preset. */
unsigned cell_features(const struct program_layer *layer);

#endif
