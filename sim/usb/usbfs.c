/* usbfs.c -- usbfs by FUSE, for devices behind virtual host controllers. */
#define FUSE_USE_VERSION 35
#include "front.h"
#include "sysfs.h"

#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#ifndef USBDEVFS_GET_SPEED
#define USBDEVFS_GET_SPEED _IO('U', 31)
#endif
#define BUS 1
#define SPEED_FULL 2                   /* enum usb_device_speed of linux/usb/ch9.h */
#define MEMORY_LIMIT_BYTES (16u << 20) /* usbfs_memory_mb of the kernel */
enum { INODE_ROOT = FUSE_ROOT_ID, INODE_BUS, INODE_DEVICES };

/* An open file of a device. */
struct handle {
    struct usbfs *fs;
    struct usbdev *dev; /* NULL: unplugged since */
    bool claimed;
    struct submitted *running, *completed, **completed_end;
    struct fuse_pollhandle *poll;
    struct handle *next;
};

/* A URB of a client, and where it lies in the client. */
struct submitted {
    struct usbdev_urb urb;
    struct usbdevfs_urb client;
    uintptr_t address;
    struct handle *handle;
    struct submitted *next;
};

struct usbfs {
    struct front base;
    struct fuse_session *session;
    struct fuse_buf buffer;
    struct usbdev *devices[FRONT_DEVICES];
    struct handle *handles;
    mode_t mode;
    size_t memory_bytes;
};

/* ---- the memory of clients ---- */

static int copy(pid_t pid, uintptr_t address, void *here, size_t n_bytes, bool from_client)
{
    const struct iovec local = {here, n_bytes}, remote = {(void *)address, n_bytes};
    if (n_bytes == 0)
        return 0;
    const ssize_t moved = from_client ? process_vm_readv(pid, &local, 1, &remote, 1, 0)
                                      : process_vm_writev(pid, &local, 1, &remote, 1, 0);
    return moved == (ssize_t)n_bytes ? 0 : EFAULT;
}

static int read_client(fuse_req_t req, const void *address, void *here, size_t n_bytes)
{
    return copy(fuse_req_ctx(req)->pid, (uintptr_t)address, here, n_bytes, true);
}

/* ---- URBs ---- */

static void notify(struct handle *h)
{
    if (!h->poll)
        return;
    struct fuse_pollhandle *poll = h->poll;
    h->poll = NULL;
    fuse_lowlevel_notify_poll(poll);
    fuse_pollhandle_destroy(poll);
}

static void unlink_running(struct submitted *s)
{
    struct submitted **p = &s->handle->running;
    while (*p && *p != s)
        p = &(*p)->next;
    if (*p)
        *p = s->next;
    s->next = NULL;
}

static void urb_done(struct usbdev_urb *urb)
{
    struct submitted *s = urb->user;
    unlink_running(s);
    *s->handle->completed_end = s;
    s->handle->completed_end = &s->next;
    notify(s->handle);
}

static void free_submitted(struct submitted *s)
{
    s->handle->fs->memory_bytes -= s->urb.length_bytes;
    free(s->urb.data);
    free(s);
}

/* A control URB carries its setup packet first; it is carried out at once. */
static int run_control(struct submitted *s)
{
    if (s->urb.length_bytes < 8)
        return EINVAL;
    const uint8_t *setup = s->urb.data;
    if ((setup[6] | (size_t)setup[7] << 8) > s->urb.length_bytes - 8)
        return EINVAL;
    const int result = usbdev_control(s->handle->dev, setup, s->urb.data + 8);
    s->urb.status = result < 0 ? result : 0;
    s->urb.actual_bytes = result < 0 ? 0 : (size_t)result;
    urb_done(&s->urb);
    return 0;
}

static bool claimed_by_another(const struct handle *h)
{
    for (const struct handle *other = h->fs->handles; other; other = other->next)
        if (other != h && other->dev == h->dev && other->claimed)
            return true;
    return false;
}

static int claim(struct handle *h)
{
    if (claimed_by_another(h))
        return EBUSY;
    h->claimed = true;
    return 0;
}

/* Ends the bulk transfers of the interface, too. */
static int release(struct handle *h)
{
    if (!h->claimed)
        return EINVAL;
    h->claimed = false;
    while (h->running)
        usbdev_cancel(h->dev, &h->running->urb, -ENOENT);
    return 0;
}

static bool has_endpoint(const struct usbdev *dev, uint8_t endpoint)
{
    for (size_t i = 0; i + 2 < dev->configuration_bytes && dev->configuration[i];
         i += dev->configuration[i])
        if (dev->configuration[i + 1] == 5 && dev->configuration[i + 2] == endpoint)
            return true;
    return false;
}

static int start(struct submitted *s)
{
    struct handle *h = s->handle;
    s->next = h->running;
    h->running = s;
    int error;
    if (s->client.type == USBDEVFS_URB_TYPE_CONTROL) {
        error = run_control(s);
    } else {
        error = claim(h);
        if (!error)
            error = -usbdev_submit(h->dev, &s->urb);
    }
    if (error)
        unlink_running(s);
    return error;
}

static int submit(fuse_req_t req, struct handle *h, void *arg)
{
    struct usbdevfs_urb client = {0};
    int error = read_client(req, arg, &client, sizeof client);
    if (error)
        return error;
    const bool control = client.type == USBDEVFS_URB_TYPE_CONTROL;
    if (client.buffer_length < 0 || (size_t)client.buffer_length > MEMORY_LIMIT_BYTES ||
        (!control && client.type != USBDEVFS_URB_TYPE_BULK))
        return EINVAL;
    if (!control && !has_endpoint(h->dev, client.endpoint))
        return ENOENT;
    const size_t length = (size_t)client.buffer_length;
    if (h->fs->memory_bytes + length > MEMORY_LIMIT_BYTES)
        return ENOMEM;
    struct submitted *s = calloc(1, sizeof *s);
    uint8_t *data = malloc(length + 64);
    if (!s || !data) {
        free(s);
        free(data);
        return ENOMEM;
    }
    h->fs->memory_bytes += length;
    *s = (struct submitted){
        .urb = {.endpoint = client.endpoint,
                .data = data,
                .length_bytes = length,
                .zero_packet = client.flags & USBDEVFS_URB_ZERO_PACKET,
                .short_not_ok = client.flags & USBDEVFS_URB_SHORT_NOT_OK,
                .done = urb_done,
                .user = s},
        .client = client,
        .address = (uintptr_t)arg,
        .handle = h,
    };
    if (control || !(client.endpoint & 0x80))
        error = read_client(req, client.buffer, data, length);
    if (!error)
        error = start(s);
    if (error)
        free_submitted(s);
    return error;
}

/* Hands the oldest completed URB to the client that asks. */
static int reap(fuse_req_t req, struct handle *h, void *arg)
{
    const pid_t pid = fuse_req_ctx(req)->pid;
    struct submitted *s = h->completed;
    if (!s)
        return h->dev ? EAGAIN : ENODEV;
    h->completed = s->next;
    if (!h->completed)
        h->completed_end = &h->completed;
    const bool control = s->client.type == USBDEVFS_URB_TYPE_CONTROL;
    const uint8_t direction = control ? s->urb.data[0] : s->urb.endpoint;
    const size_t header = control ? 8 : 0;
    s->client.status = s->urb.status;
    s->client.actual_length = (int)s->urb.actual_bytes;
    int error = copy(pid, s->address, &s->client, sizeof s->client, false);
    if (!error && direction & 0x80)
        error = copy(pid, (uintptr_t)s->client.buffer + header, s->urb.data + header,
                     s->urb.actual_bytes, false);
    if (!error)
        error = copy(pid, (uintptr_t)arg, &s->address, sizeof s->address, false);
    free_submitted(s);
    return error;
}

static int discard(struct handle *h, const void *arg)
{
    for (struct submitted *s = h->running; s; s = s->next) {
        if (s->address == (uintptr_t)arg) {
            usbdev_cancel(h->dev, &s->urb, -ENOENT);
            return 0;
        }
    }
    return EINVAL;
}

/* ---- ioctl ---- */

static int control(fuse_req_t req, struct handle *h, void *arg, int *result)
{
    struct usbdevfs_ctrltransfer transfer = {0};
    uint8_t data[4096];
    int error = read_client(req, arg, &transfer, sizeof transfer);
    if (error || transfer.wLength > sizeof data)
        return error ? error : EINVAL;
    const bool in = transfer.bRequestType & 0x80;
    if (!in)
        error = read_client(req, transfer.data, data, transfer.wLength);
    if (error)
        return error;
    *result = usbdev_control(h->dev, (const uint8_t *)&transfer, data);
    if (*result < 0)
        return -*result;
    return in ? copy(fuse_req_ctx(req)->pid, (uintptr_t)transfer.data, data, (size_t)*result, false)
              : 0;
}

static int set_interface(fuse_req_t req, struct handle *h, const void *arg)
{
    struct usbdevfs_setinterface set = {0};
    const int error = read_client(req, arg, &set, sizeof set);
    return error ? error
                 : -usbdev_set_interface(h->dev, (uint8_t)set.interface, (uint8_t)set.altsetting);
}

/* The one configuration that there is, again. */
static int set_configuration(struct handle *h, unsigned number)
{
    if (h->claimed || claimed_by_another(h))
        return EBUSY;
    return number == h->dev->configuration[5] ? -usbdev_set_configuration(h->dev, (uint8_t)number)
                                              : EINVAL;
}

/* The requests whose argument points to a number. */
static int with_number(fuse_req_t req, struct handle *h, unsigned code, const void *arg)
{
    unsigned number = 0;
    const int error = read_client(req, arg, &number, sizeof number);
    if (error)
        return error;
    switch (code) {
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM: return number == 0 ? claim(h) : ENOENT;
    case USBDEVFS_RELEASEINTERFACE: return release(h);
    case USBDEVFS_SETCONFIGURATION: return set_configuration(h, number);
    default: return -usbdev_clear_halt(h->dev, (uint8_t)number);
    }
}

static int plugged_ioctl(fuse_req_t req, struct handle *h, unsigned code, void *arg, int *result)
{
    switch (code) {
    case USBDEVFS_SUBMITURB: return submit(req, h, arg);
    case USBDEVFS_DISCARDURB: return discard(h, arg);
    case USBDEVFS_CONTROL: return control(req, h, arg, result);
    case USBDEVFS_SETINTERFACE: return set_interface(req, h, arg);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESETEP: return with_number(req, h, code, arg);
    case USBDEVFS_RESET: return -usbdev_reset(h->dev);
    case USBDEVFS_GET_SPEED: *result = SPEED_FULL; return 0;
    case USBDEVFS_GETDRIVER:
    case USBDEVFS_IOCTL: return ENODATA; /* no kernel driver holds the interface */
    default: return ENOTTY;
    }
}

static void do_ioctl(fuse_req_t req, fuse_ino_t inode, unsigned code, void *arg,
                     struct fuse_file_info *info, unsigned flags, const void *in, size_t in_bytes,
                     size_t out_bytes)
{
    struct handle *h = (struct handle *)(uintptr_t)info->fh;
    const uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
                                  USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
    int result = 0, error = 0;
    (void)inode, (void)flags, (void)in, (void)in_bytes, (void)out_bytes;
    if (code == USBDEVFS_GET_CAPABILITIES) {
        fuse_reply_ioctl(req, 0, &capabilities, sizeof capabilities);
        return;
    }
    if (code == USBDEVFS_REAPURB || code == USBDEVFS_REAPURBNDELAY)
        error = reap(req, h, arg);
    else if (!h->dev)
        error = ENODEV;
    else
        error = plugged_ioctl(req, h, code, arg, &result);
    if (error)
        fuse_reply_err(req, error);
    else
        fuse_reply_ioctl(req, result, NULL, 0);
}

/* ---- files ---- */

static bool describe(const struct usbfs *fs, fuse_ino_t inode, struct stat *stat)
{
    *stat = (struct stat){.st_ino = inode, .st_nlink = 1, .st_mode = S_IFDIR | 0755};
    if (inode == INODE_ROOT || inode == INODE_BUS)
        return true;
    if (inode < INODE_DEVICES || inode >= INODE_DEVICES + FRONT_DEVICES ||
        !fs->devices[inode - INODE_DEVICES])
        return false;
    stat->st_mode = S_IFREG | fs->mode;
    stat->st_uid = stat->st_gid = 0;
    stat->st_size = 18 + (off_t)fs->devices[inode - INODE_DEVICES]->configuration_bytes;
    return true;
}

static fuse_ino_t inode_of(fuse_ino_t parent, const char *name)
{
    char *end;
    const unsigned long number = strtoul(name, &end, 10);
    if (strlen(name) != 3 || *end)
        return 0;
    if (parent == INODE_ROOT)
        return number == BUS ? INODE_BUS : 0;
    return number >= 2 && number < 2 + FRONT_DEVICES ? INODE_DEVICES + number - 2 : 0;
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param entry = {.ino = inode_of(parent, name)};
    if (!entry.ino || !describe(fuse_req_userdata(req), entry.ino, &entry.attr))
        fuse_reply_err(req, ENOENT);
    else
        fuse_reply_entry(req, &entry);
}

static void do_getattr(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    struct stat stat;
    (void)info;
    if (describe(fuse_req_userdata(req), inode, &stat))
        fuse_reply_attr(req, &stat, 0);
    else
        fuse_reply_err(req, ENOENT);
}

static void do_readdir(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset,
                       struct fuse_file_info *info)
{
    const struct usbfs *fs = fuse_req_userdata(req);
    char buffer[1024], name[8];
    size_t used = 0;
    (void)info;
    for (off_t n = offset; inode == INODE_ROOT ? n < 1 : n < FRONT_DEVICES; n++) {
        struct stat stat;
        const fuse_ino_t child = inode == INODE_ROOT ? INODE_BUS : INODE_DEVICES + (fuse_ino_t)n;
        if (!describe(fs, child, &stat))
            continue;
        snprintf(name, sizeof name, "%03u", inode == INODE_ROOT ? BUS : (unsigned)n + 2);
        used += fuse_add_direntry(req, buffer + used, sizeof buffer - used, name, &stat, n + 1);
    }
    fuse_reply_buf(req, buffer, used < size ? used : size);
}

static void do_open(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    struct usbfs *fs = fuse_req_userdata(req);
    struct usbdev *dev = inode >= INODE_DEVICES ? fs->devices[inode - INODE_DEVICES] : NULL;
    struct handle *h = dev ? calloc(1, sizeof *h) : NULL;
    if (!h) {
        fuse_reply_err(req, dev ? ENOMEM : ENODEV);
        return;
    }
    *h = (struct handle){.fs = fs, .dev = dev, .next = fs->handles};
    h->completed_end = &h->completed;
    fs->handles = h;
    info->fh = (uintptr_t)h;
    info->direct_io = 1;
    info->nonseekable = 0;
    fuse_reply_open(req, info);
}

static void drop_urbs(struct handle *h)
{
    while (h->running)
        usbdev_cancel(h->dev, &h->running->urb, -ENOENT);
    while (h->completed) {
        struct submitted *s = h->completed;
        h->completed = s->next;
        free_submitted(s);
    }
}

static void close_handle(struct handle *h)
{
    struct handle **p = &h->fs->handles;
    while (*p != h)
        p = &(*p)->next;
    *p = h->next;
    drop_urbs(h);
    if (h->poll)
        fuse_pollhandle_destroy(h->poll);
    free(h);
}

static void do_release(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    (void)inode;
    close_handle((struct handle *)(uintptr_t)info->fh);
    fuse_reply_err(req, 0);
}

/* The file's text: its descriptors. */
static void do_read(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset,
                    struct fuse_file_info *info)
{
    const struct usbdev *dev = ((struct handle *)(uintptr_t)info->fh)->dev;
    uint8_t text[18 + USBDEV_CONFIGURATION_BYTES];
    (void)inode;
    if (!dev) {
        fuse_reply_err(req, ENODEV);
        return;
    }
    const size_t length = 18 + dev->configuration_bytes;
    memcpy(text, dev->device_descriptor, 18);
    memcpy(text + 18, dev->configuration, dev->configuration_bytes);
    const size_t begin = (size_t)offset < length ? (size_t)offset : length;
    fuse_reply_buf(req, (char *)text + begin, size < length - begin ? size : length - begin);
}

static void do_poll(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info,
                    struct fuse_pollhandle *poll)
{
    struct handle *h = (struct handle *)(uintptr_t)info->fh;
    (void)inode;
    if (poll) {
        if (h->poll)
            fuse_pollhandle_destroy(h->poll);
        h->poll = poll;
    }
    fuse_reply_poll(req, (h->completed ? POLLOUT : 0u) | (h->dev ? 0u : POLLERR | POLLHUP));
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = do_lookup,
    .getattr = do_getattr,
    .readdir = do_readdir,
    .open = do_open,
    .release = do_release,
    .read = do_read,
    .poll = do_poll,
    .ioctl = do_ioctl,
};

static bool serve(struct front *front)
{
    struct usbfs *fs = (struct usbfs *)front;
    const int received = fuse_session_receive_buf(fs->session, &fs->buffer);
    if (received > 0)
        fuse_session_process_buf(fs->session, &fs->buffer);
    return !fuse_session_exited(fs->session);
}

static int plug(struct front *front, unsigned n, struct usbdev *dev)
{
    ((struct usbfs *)front)->devices[n] = dev;
    return sysfs_add(n, dev);
}

/* Its open files live on. */
static int unplug(struct front *front, unsigned n)
{
    struct usbfs *fs = (struct usbfs *)front;
    struct usbdev *dev = fs->devices[n];
    fs->devices[n] = NULL;
    usbdev_unplug(dev);
    for (struct handle *h = fs->handles; h; h = h->next) {
        if (h->dev == dev) {
            h->dev = NULL;
            notify(h);
        }
    }
    return sysfs_remove(n);
}

static void close_usbfs(struct front *front)
{
    struct usbfs *fs = (struct usbfs *)front;
    while (fs->handles)
        close_handle(fs->handles);
    fuse_session_unmount(fs->session);
    fuse_session_destroy(fs->session);
    free(fs->buffer.mem);
    free(fs);
}

struct front *front_open_usbfs(mode_t mode, const char **what)
{
    static const struct front_ops ops = {plug, unplug, serve, close_usbfs};
    static char name[] = "usbfs", flag[] = "-o",
                text[] = "allow_other,default_permissions,fsname=usbfs";
    char *argv[] = {name, flag, text};
    struct fuse_args args = FUSE_ARGS_INIT(3, argv);
    if (sysfs_enter(what))
        return NULL;
    *what = "/dev/bus/usb by FUSE";
    struct usbfs *fs = calloc(1, sizeof *fs);
    if (!fs)
        return NULL;
    fs->mode = mode;
    fs->session = fuse_session_new(&args, &operations, sizeof operations, fs);
    fuse_opt_free_args(&args);
    if (fs->session && fuse_session_mount(fs->session, "/dev/bus/usb") == 0) {
        fs->base = (struct front){&ops, fuse_session_fd(fs->session), "/run/udev"};
        return &fs->base;
    }
    if (fs->session)
        fuse_session_destroy(fs->session);
    free(fs);
    return NULL;
}
