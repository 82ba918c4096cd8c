/* output.h -- files that are there as a whole or not at all. */
#ifndef HLSC_OUTPUT_H
#define HLSC_OUTPUT_H

#include "util.h"

struct output {
    const char *path, *content;
    const char *beside; /* where it is written until all is well */
};

/* Writes all of them; NULL, or the path that failed, with errno. */
const char *output_write(struct arena *arena, struct output *outputs, unsigned n);
bool output_is_same_file(const char *a, const char *b);
/* Removes a regular file. */
void output_remove(const char *path);

#endif
