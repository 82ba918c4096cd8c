/* sysfs.h -- what libusb and libudev read of the system, in namespaces of our own: the bus in /sys, udev's
 * announcements. */
#ifndef EDDY_SIM_USB_SYSFS_H
#define EDDY_SIM_USB_SYSFS_H

#include "usbdev.h"

/* Enters mount and network namespaces and lays empty file systems over the places of USB. Returns 0, or -1 with errno
 * and *what, the step that failed. */
int sysfs_enter(const char **what);
/* Shows device n as file n + 2 of bus 1, and announces it; takes it away again. Return 0 or -1 with errno. */
int sysfs_add(unsigned n, const struct usbdev *dev);
int sysfs_remove(unsigned n);

#endif
