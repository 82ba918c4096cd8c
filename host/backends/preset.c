#include "preset.h"

#include "config.h"
#include "engine.h"

#include <string.h>

#define DECLARE_ENGINE(number) extern const struct engine EDDY_ENGINE_NAME(number);
#define LIST_ENGINE(number) &EDDY_ENGINE_NAME(number),

EDDY_PRESETS(DECLARE_ENGINE)
static const struct engine *const engines[] = {EDDY_PRESETS(LIST_ENGINE)};

size_t eddy_preset_count(void)
{
    return sizeof engines / sizeof *engines;
}

const struct eddy_preset *eddy_preset_at(size_t index)
{
    return &engines[index]->preset;
}

void eddy_preset_sizes(const struct eddy_preset *p, uint16_t sizes[PRESET_SIZES])
{
    const uint16_t list[PRESET_SIZES] = {p->lanes,   p->weight_bits, (uint16_t)p->weight_words,
                                         p->rows,    p->state_rows,  p->input_rows,
                                         p->streams, p->descriptors, p->passes,
                                         p->drains,  p->features};
    memcpy(sizes, list, sizeof list);
}

const struct eddy_preset *eddy_preset_find(const char *name)
{
    for (size_t i = 0; i < eddy_preset_count(); i++)
        if (strcmp(engines[i]->preset.name, name) == 0)
            return &engines[i]->preset;
    return NULL;
}

const struct engine *eddy_engine_of(const struct eddy_preset *preset)
{
    for (size_t i = 0; i < eddy_preset_count(); i++)
        if (&engines[i]->preset == preset)
            return engines[i];
    return NULL;
}
