/* front.h -- how simulated boards are shown to programs. */
#ifndef EDDY_SIM_USB_FRONT_H
#define EDDY_SIM_USB_FRONT_H

#include "usbdev.h"

#include <sys/types.h>

#define FRONT_DEVICES 4

struct front;

struct front_ops {
    /* Device n appears; it vanishes, and its transfers under way end. Return 0 or -1 with errno. */
    int (*plug)(struct front *front, unsigned n, struct usbdev *dev);
    int (*unplug)(struct front *front, unsigned n);
    /* What there is to do, when fd is readable. Returns false when the front is broken. */
    bool (*serve)(struct front *front);
    void (*close)(struct front *front);
};

struct front {
    const struct front_ops *ops;
    int fd;
    const char *folder; /* for the files of with-board */
};

/* Both return NULL with errno and *what, the step that failed.
 *
 * usbfs.c: /dev/bus/usb as the kernel's usbfs serves it, by FUSE, and what libusb and libudev read in /sys: all in
 * namespaces of our own, which this enters. Device n is file n + 2 of bus 1, with `mode`. */
struct front *front_open_usbfs(mode_t mode, const char **what);
/* usbredir.c: sockets board1, board2, ... in a folder, which speak usbredir as QEMU's usb-redir does. */
struct front *front_open_usbredir(const char *folder, unsigned n_devices, const char **what);

#endif
