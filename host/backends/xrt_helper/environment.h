/* environment.h -- what XRT looks for in its environment; it aborts where it does not find it. */
#ifndef EDDY_XRT_ENVIRONMENT_H
#define EDDY_XRT_ENVIRONMENT_H

#include <stdbool.h>

/* Before XRT's first call, in a working directory of the process's own below /tmp. Returns NULL, or what is missing. */
const char *environment_prepare(bool emulated);

#endif
