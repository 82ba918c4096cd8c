/* usbfs.h -- /dev/bus/usb as the kernel's usbfs serves it, by FUSE, for devices behind virtual host controllers. */
#ifndef EDDY_SIM_USB_USBFS_H
#define EDDY_SIM_USB_USBFS_H

#include "usbdev.h"

#include <sys/types.h>

#define USBFS_DEVICES 4
#define USBFS_BUS 1

struct usbfs;

/* Serves bus USBFS_BUS at mount_point; device n is file n + 2, mode `mode`. Returns NULL with errno. */
struct usbfs *usbfs_open(const char *mount_point, mode_t mode);
void usbfs_close(struct usbfs *fs);
int usbfs_fd(const struct usbfs *fs);
/* Serves one request, when usbfs_fd is readable. Returns whether the file system is still mounted. */
bool usbfs_serve(struct usbfs *fs);
/* The device appears and vanishes; its open files live on. */
void usbfs_plug(struct usbfs *fs, unsigned n, struct usbdev *dev);
void usbfs_unplug(struct usbfs *fs, unsigned n);

#endif
