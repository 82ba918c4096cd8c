#include "sysfs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/devices/software"
#define USB_MAJOR 189

static int make_directory(const char *path)
{
    return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

static int cover(const char *path)
{
    return make_directory(path) || mount("tmpfs", path, "tmpfs", 0, "mode=755");
}

static int write_file(const char *path, const void *data, size_t n_bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    const size_t written = fwrite(data, 1, n_bytes, file);
    return fclose(file) || written != n_bytes ? -1 : 0;
}

int sysfs_enter(const char **what)
{
    *what = "new namespaces";
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return -1;
    static const char *const covered[] = {"/dev/bus", "/sys/bus", DEVICES, "/run/udev"};
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
        *what = covered[i];
        if (cover(covered[i]))
            return -1;
    }
    static const char *const made[] = {"/dev/bus/usb", "/sys/bus/usb", "/sys/bus/usb/devices",
                                       "/run/udev/data"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        *what = made[i];
        if (make_directory(made[i]))
            return -1;
    }
    *what = "/run/udev/control"; /* libudev takes it for a running udevd */
    return write_file(*what, "", 0);
}

/* ---- announcements in the form of libudev ---- */

/* MurmurHash2 of A. Appleby, as libudev's filters use it. */
static uint32_t murmur2(const char *text)
{
    const uint32_t m = 0x5bd1e995;
    size_t length = strlen(text);
    const unsigned char *data = (const unsigned char *)text;
    uint32_t h = (uint32_t)length;
    for (; length >= 4; length -= 4, data += 4) {
        uint32_t k;
        memcpy(&k, data, sizeof k);
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    for (size_t i = length; i > 0; i--)
        h ^= (uint32_t)data[i - 1] << 8 * (i - 1);
    h = length ? h * m : h;
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

static int announce(const char *action, unsigned n)
{
    struct {
        char prefix[8];
        uint32_t magic, header_size, properties_offset, properties_length;
        uint32_t subsystem_hash, devtype_hash, tags_high, tags_low;
    } header = {"libudev",
                htonl(0xfeedcafe),
                sizeof header,
                sizeof header,
                0,
                htonl(murmur2("usb")),
                htonl(murmur2("usb_device")),
                0,
                0};
    static unsigned sequence;
    char message[512];
    const int length = snprintf(
        message + sizeof header, sizeof message - sizeof header,
        "ACTION=%s%cDEVPATH=/devices/software/1-%u%cSUBSYSTEM=usb%cDEVTYPE=usb_device%c"
        "DEVNAME=/dev/bus/usb/001/%03u%cSEQNUM=%u%cMAJOR=%d%cMINOR=%u%cBUSNUM=001%cDEVNUM=%03u",
        action, 0, n + 1, 0, 0, 0, n + 2, 0, ++sequence, 0, USB_MAJOR, 0, n + 1, 0, 0, n + 2);
    header.properties_length = (uint32_t)length + 1;
    memcpy(message, &header, sizeof header);
    const struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 2};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return -1;
    const ssize_t sent = sendto(fd, message, sizeof header + header.properties_length, 0,
                                (const struct sockaddr *)&group, sizeof group);
    const int error = errno;
    close(fd);
    /* Nobody listens: that is all right. */
    return sent < 0 && error != ECONNREFUSED ? -1 : 0;
}

/* ---- the device's directory ---- */

static const char *const string_files[USBDEV_STRINGS] = {
    [USBDEV_MANUFACTURER] = "manufacturer",
    [USBDEV_PRODUCT] = "product",
    [USBDEV_SERIAL] = "serial",
};

static int add_attribute(unsigned n, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, DEVICES "/1-%u/%s", n + 1, name);
    return write_file(path, text, strlen(text));
}

static int add_attributes(unsigned n, const struct usbdev *dev)
{
    char text[256], path[128];
    uint8_t descriptors[18 + USBDEV_CONFIGURATION_BYTES];
    snprintf(text, sizeof text,
             "MAJOR=%d\nMINOR=%u\nDEVNAME=bus/usb/001/%03u\nDEVTYPE=usb_device\nBUSNUM=001\n"
             "DEVNUM=%03u\n",
             USB_MAJOR, n + 1, n + 2, n + 2);
    int error = add_attribute(n, "uevent", text) || add_attribute(n, "busnum", "1\n") ||
                add_attribute(n, "speed", "12\n") || add_attribute(n, "bConfigurationValue", "1\n");
    snprintf(text, sizeof text, "%u\n", n + 2);
    error = error || add_attribute(n, "devnum", text);
    snprintf(text, sizeof text, "%02x%02x\n", dev->device_descriptor[9], dev->device_descriptor[8]);
    error = error || add_attribute(n, "idVendor", text);
    snprintf(text, sizeof text, "%02x%02x\n", dev->device_descriptor[11],
             dev->device_descriptor[10]);
    error = error || add_attribute(n, "idProduct", text);
    for (unsigned i = 0; i < USBDEV_STRINGS; i++) {
        if (!*dev->strings[i])
            continue;
        snprintf(text, sizeof text, "%s\n", dev->strings[i]);
        error = error || add_attribute(n, string_files[i], text);
    }
    memcpy(descriptors, dev->device_descriptor, 18);
    memcpy(descriptors + 18, dev->configuration, dev->configuration_bytes);
    snprintf(path, sizeof path, DEVICES "/1-%u/descriptors", n + 1);
    return error || write_file(path, descriptors, 18 + dev->configuration_bytes);
}

int sysfs_add(unsigned n, const struct usbdev *dev)
{
    char path[128], link[128];
    snprintf(path, sizeof path, DEVICES "/1-%u", n + 1);
    if (make_directory(path) || add_attributes(n, dev))
        return -1;
    snprintf(path, sizeof path, DEVICES "/1-%u/subsystem", n + 1);
    if (symlink("../../../bus/usb", path) && errno != EEXIST)
        return -1;
    snprintf(path, sizeof path, "/run/udev/data/c%d:%u", USB_MAJOR, n + 1);
    if (write_file(path, "I:1\n", 4))
        return -1;
    snprintf(path, sizeof path, "../../../devices/software/1-%u", n + 1);
    snprintf(link, sizeof link, "/sys/bus/usb/devices/1-%u", n + 1);
    if (symlink(path, link) && errno != EEXIST)
        return -1;
    return announce("add", n);
}

static void remove_attribute(unsigned n, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, DEVICES "/1-%u/%s", n + 1, name);
    unlink(path);
}

int sysfs_remove(unsigned n)
{
    static const char *const files[] = {
        "uevent",    "busnum",   "speed",    "bConfigurationValue", "devnum", "descriptors",
        "subsystem", "idVendor", "idProduct"};
    char path[128];
    snprintf(path, sizeof path, "/sys/bus/usb/devices/1-%u", n + 1);
    unlink(path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove_attribute(n, files[i]);
    for (size_t i = 0; i < USBDEV_STRINGS; i++)
        remove_attribute(n, string_files[i]);
    snprintf(path, sizeof path, DEVICES "/1-%u", n + 1);
    return rmdir(path) || announce("remove", n);
}
