/* preset.h -- the presets that the library carries, by name and by number. */
#ifndef EDDY_BACKENDS_PRESET_H
#define EDDY_BACKENDS_PRESET_H

#include "carrier.h"

size_t eddy_preset_count(void);
const struct eddy_preset *eddy_preset_at(size_t index);
/* NULL when there is none of that name. */
const struct eddy_preset *eddy_preset_find(const char *name);

#endif
