/* check.h -- the independent checker of schedules. */
#ifndef HLSC_CHECK_H
#define HLSC_CHECK_H

#include "ir.h"

/* NULL, or what is wrong with the schedule of r. */
const char *check_region(const struct program *p, const struct region *r);
/* NULL, or which register does not hold what is read from it. */
const char *check_registers(const struct program *p);

#endif
