/* descriptors.h -- a program as its device reads it: the segments and drains of one step of each pass. */
#ifndef EDDY_DESCRIPTORS_H
#define EDDY_DESCRIPTORS_H

#include "program.h"

#include "../../hls/descriptor.h"

/* The descriptors of all passes in order, as many as there are; written unless `descriptors` is NULL. */
size_t program_write_descriptors(const struct eddy_program *program, uint64_t *descriptors);

#endif
