/* preset.h -- the presets that the library carries, by name and by number. */
#ifndef EDDY_BACKENDS_PRESET_H
#define EDDY_BACKENDS_PRESET_H

#include "carrier.h"

size_t eddy_preset_count(void);
const struct eddy_preset *eddy_preset_at(size_t index);
/* The sizes in the order of the ID block, from ID_LANES on (hls/packet.h). */
#define PRESET_SIZES 11
void eddy_preset_sizes(const struct eddy_preset *preset, uint16_t sizes[PRESET_SIZES]);
/* NULL when there is none of that name. */
const struct eddy_preset *eddy_preset_find(const char *name);

#endif
