#include "environment.h"

#include "lib/paths.h"

#include <experimental/xrt_ini.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* XRT's emulation keeps one buffer for its calls and loses it when that grows: the first call, which carries the
 * settings, is made the largest. */
#define PACKET_BYTES 65536
#define PAD_BYTES (PACKET_BYTES + 4096)

static int find_xrt(struct dl_phdr_info *info, size_t size, void *folder)
{
    (void)size;
    const char *slash = strrchr(info->dlpi_name, '/');
    if (!slash || strncmp(slash + 1, "libxrt_coreutil", 15) != 0)
        return 0;
    snprintf(folder, 256, "%.*s", (int)(slash - info->dlpi_name), info->dlpi_name);
    return 1;
}

/* XILINX_XRT leads XRT to its driver; where it is not set, a folder of our own does, to the one beside XRT's library. */
static const char *find_driver(const char *driver, const char *root)
{
    static char failure[400];
    const char *given = getenv("XILINX_XRT");
    char folder[256] = "", path[512], link[64];
    if (given) {
        snprintf(path, sizeof path, "%s/lib/%s", given, driver);
        snprintf(failure, sizeof failure,
                 "XILINX_XRT=%.200s holds no lib/%s; unset it or correct it", given, driver);
        return access(path, R_OK) ? failure : NULL;
    }
    dl_iterate_phdr(find_xrt, folder);
    snprintf(path, sizeof path, "%s/%s", folder, driver);
    snprintf(link, sizeof link, "lib/%s", driver);
    snprintf(failure, sizeof failure, "XRT's %s is not in %s; 'make deps' installs it", driver,
             folder);
    setenv("XILINX_XRT", root, 1);
    return access(path, R_OK) || mkdir("lib", 0700) || symlink(path, link) ? failure : NULL;
}

const char *environment_prepare(bool emulated)
{
    static char pad[PAD_BYTES + 1], root[256], program[PATH_MAX];
    if (!getcwd(root, sizeof root))
        return "the working directory is gone";
    const char *failure = find_driver(emulated ? "libxrt_hwemu.so.2" : "libxrt_core.so.2", root);
    if (failure || !emulated) {
        unsetenv("XCL_EMULATION_MODE");
        return failure;
    }
    if (!program_find("unzip", program) || !program_find("chmod", program))
        return "XRT runs unzip and chmod, which PATH does not hold; 'make deps' installs them";
    setenv("XCL_EMULATION_MODE", "hw_emu", 1);
    /* XRT's sockets are in /tmp/$USER: in the working directory, which nobody else writes to. */
    setenv("USER", strrchr(root, '/') + 1, 1);
    setenv("SDACCEL_EM_RUN_DIR", root, 1);
    memset(pad, 'x', PAD_BYTES);
    return xrtIniStringSet("Emulation.system_dpa", "false") ||
                   xrtIniStringSet("Emulation.keep_run_dir", "false") ||
                   xrtIniUintSet("Emulation.packet_size", PACKET_BYTES) ||
                   xrtIniStringSet("Debug.pad", pad)
               ? "XRT does not take its settings"
               : NULL;
}
