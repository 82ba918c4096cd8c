/* engine.h -- the engine's HLS C compiled natively, once for each preset. */
#ifndef EDDY_ENGINE_H
#define EDDY_ENGINE_H

#include "carrier.h"

/* One engine of each preset lives in a process: its memories are the static arrays of the HLS C. */
struct engine {
    struct eddy_preset preset;
    /* Makes the queues. Returns 0, EDDY_ERROR_DEVICE (in use) or EDDY_ERROR_MEMORY. */
    int (*open)(void);
    void (*close)(void);
    /* Appends command words; the engine runs as far as whole packets allow. */
    int (*send)(const uint16_t *words, size_t n_words);
    /* Takes up to n_words result words, returns how many. */
    size_t (*receive)(uint16_t *words, size_t n_words);
};

/* eddy_engine_<number>, one for each preset; the table is in preset.c. */
#define EDDY_ENGINE_NAME_(number) eddy_engine_##number
#define EDDY_ENGINE_NAME(number) EDDY_ENGINE_NAME_(number)

const struct engine *eddy_engine_of(const struct eddy_preset *preset);

#endif
