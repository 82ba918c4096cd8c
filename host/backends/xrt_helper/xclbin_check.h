/* xclbin_check.h -- an xclbin looked over before XRT sees it. */
#ifndef EDDY_XCLBIN_CHECK_H
#define EDDY_XCLBIN_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct xclbin {
    bool emulated; /* for hardware emulation */
};

/* Returns NULL when the file is an xclbin that is whole and holds the kernel of hw/xrt/registers.h; else what is wrong with it. */
const char *xclbin_check(const char *path, struct xclbin *xclbin);

#endif
