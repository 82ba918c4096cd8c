/* usbredir.c -- boards at Unix sockets, for QEMU's usb-redir: the host's side of usbredir. One peer a board. */
#include "front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

#define VERSION "with-board"

struct usbredir;

/* A board's socket, and its peer. */
struct port {
    struct usbredir *front;
    unsigned n;
    int listener, peer; /* peer -1: nobody is connected */
    struct usbredirparser *parser;
    struct usbdev *dev; /* NULL: unplugged */
    bool greeted;       /* the peer said hello */
    bool shown;         /* ... and knows the device */
    struct transfer *running;
};

struct transfer {
    struct usbdev_urb urb;
    struct usb_redir_bulk_packet_header header;
    uint64_t id;
    struct port *port;
    struct transfer *next;
};

struct usbredir {
    struct front base;
    unsigned n_ports;
    struct port ports[FRONT_DEVICES];
};

static uint8_t status_of(int error)
{
    switch (error) {
    case 0: return usb_redir_success;
    case -ENOENT:
    case -ECONNRESET: return usb_redir_cancelled;
    case -EINVAL: return usb_redir_inval;
    case -EPIPE: return usb_redir_stall;
    case -ETIMEDOUT: return usb_redir_timeout;
    case -EOVERFLOW: return usb_redir_babble;
    default: return usb_redir_ioerror;
    }
}

/* ---- the socket ---- */

static int read_peer(void *user, uint8_t *data, int n_bytes)
{
    const struct port *port = user;
    const ssize_t n = recv(port->peer, data, (size_t)n_bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n > 0 ? (int)n : -1;
}

static int write_peer(void *user, uint8_t *data, int n_bytes)
{
    const struct port *port = user;
    const ssize_t n = send(port->peer, data, (size_t)n_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return (int)n;
}

static void log_line(void *user, int level, const char *text)
{
    if (level <= usbredirparser_warning)
        fprintf(stderr, "with-board: board%u: %s\n", ((const struct port *)user)->n + 1, text);
}

/* Sends what waits; what does not fit is sent when the socket has room. A peer that is gone is found by reading. */
static void flush(struct port *port)
{
    usbredirparser_do_write(port->parser);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &port->peer};
    if (usbredirparser_has_data_to_write(port->parser))
        event.events |= EPOLLOUT;
    epoll_ctl(port->front->base.fd, EPOLL_CTL_MOD, port->peer, &event);
}

/* ---- what the device is ---- */

static void describe_endpoint(const uint8_t *descriptor, uint8_t interface,
                              struct usb_redir_ep_info_header *endpoints)
{
    const unsigned slot = (descriptor[2] & 0xfu) | (descriptor[2] & 0x80 ? 0x10u : 0);
    endpoints->type[slot] = descriptor[3] & 3;
    endpoints->interval[slot] = descriptor[6];
    endpoints->interface[slot] = interface;
    endpoints->max_packet_size[slot] = (uint16_t)(descriptor[4] | descriptor[5] << 8);
}

/* Interfaces and endpoints, from the descriptors of the configuration. */
static void send_configuration(struct port *port)
{
    struct usb_redir_interface_info_header interfaces = {0};
    struct usb_redir_ep_info_header endpoints = {0};
    const struct usbdev *dev = port->dev;
    memset(endpoints.type, usb_redir_type_invalid, sizeof endpoints.type);
    for (unsigned slot = 0; slot <= 0x10; slot += 0x10) {
        endpoints.type[slot] = usb_redir_type_control;
        endpoints.max_packet_size[slot] = dev->device_descriptor[7];
    }
    uint8_t interface = 0;
    const uint8_t *d = dev->configuration, *end = d + dev->configuration_bytes;
    for (; end - d >= 7 && d[0] >= 2; d += d[0]) {
        if (d[1] == 4 && end - d >= 9 && d[3] == 0 && interfaces.interface_count < 32) {
            const uint32_t i = interfaces.interface_count++;
            interface = interfaces.interface[i] = d[2];
            interfaces.interface_class[i] = d[5];
            interfaces.interface_subclass[i] = d[6];
            interfaces.interface_protocol[i] = d[7];
        } else if (d[1] == 5) {
            describe_endpoint(d, interface, &endpoints);
        }
    }
    usbredirparser_send_interface_info(port->parser, &interfaces);
    usbredirparser_send_ep_info(port->parser, &endpoints);
}

static void show(struct port *port)
{
    const uint8_t *d = port->dev->device_descriptor;
    struct usb_redir_device_connect_header connect = {
        .speed = usb_redir_speed_full,
        .device_class = d[4],
        .device_subclass = d[5],
        .device_protocol = d[6],
        .vendor_id = (uint16_t)(d[8] | d[9] << 8),
        .product_id = (uint16_t)(d[10] | d[11] << 8),
        .device_version_bcd = (uint16_t)(d[12] | d[13] << 8),
    };
    send_configuration(port);
    usbredirparser_send_device_connect(port->parser, &connect);
    port->shown = true;
    flush(port);
}

static void on_hello(void *user, struct usb_redir_hello_header *hello)
{
    struct port *port = user;
    (void)hello;
    port->greeted = true;
    if (port->dev)
        show(port);
}

/* ---- requests ---- */

static void on_reset(void *user)
{
    struct port *port = user;
    if (port->shown)
        usbdev_reset(port->dev);
}

static void on_set_configuration(void *user, uint64_t id,
                                 struct usb_redir_set_configuration_header *set)
{
    struct port *port = user;
    if (!port->shown)
        return;
    const int error = usbdev_set_configuration(port->dev, set->configuration);
    struct usb_redir_configuration_status_header status = {status_of(error), set->configuration};
    send_configuration(port);
    usbredirparser_send_configuration_status(port->parser, id, &status);
}

static void on_get_configuration(void *user, uint64_t id)
{
    struct port *port = user;
    uint8_t number = 0;
    if (!port->shown)
        return;
    const int result = usbdev_request(port->dev, 0x80, 8, 0, 0, &number, 1);
    struct usb_redir_configuration_status_header status = {status_of(result < 0 ? result : 0),
                                                           number};
    usbredirparser_send_configuration_status(port->parser, id, &status);
}

static void on_set_alt_setting(void *user, uint64_t id,
                               struct usb_redir_set_alt_setting_header *set)
{
    struct port *port = user;
    if (!port->shown)
        return;
    const int error = usbdev_set_interface(port->dev, set->interface, set->alt);
    struct usb_redir_alt_setting_status_header status = {status_of(error), set->interface,
                                                         set->alt};
    usbredirparser_send_alt_setting_status(port->parser, id, &status);
}

static void on_get_alt_setting(void *user, uint64_t id,
                               struct usb_redir_get_alt_setting_header *get)
{
    struct port *port = user;
    uint8_t setting = 0;
    if (!port->shown)
        return;
    const int result = usbdev_request(port->dev, 0x81, 10, 0, get->interface, &setting, 1);
    struct usb_redir_alt_setting_status_header status = {status_of(result < 0 ? result : 0),
                                                         get->interface, setting};
    usbredirparser_send_alt_setting_status(port->parser, id, &status);
}

/* CLEAR_FEATURE(ENDPOINT_HALT) is the host controller's business, too: the toggle begins again. */
static int run_control(struct usbdev *dev, const struct usb_redir_control_packet_header *header,
                       uint8_t *data)
{
    if (header->requesttype == 0x02 && header->request == 1 && header->value == 0)
        return usbdev_clear_halt(dev, (uint8_t)header->index);
    return usbdev_request(dev, header->requesttype, header->request, header->value, header->index,
                          data, header->length);
}

static void on_control(void *user, uint64_t id, struct usb_redir_control_packet_header *header,
                       uint8_t *data, int n_bytes)
{
    struct port *port = user;
    const bool in = header->endpoint & 0x80;
    static uint8_t answer[65536];
    int result = -EINVAL;
    if (port->shown && (in || n_bytes == header->length))
        result = run_control(port->dev, header, in ? answer : data);
    header->status = status_of(result < 0 ? result : 0);
    header->length = (uint16_t)(result < 0 ? 0 : result);
    usbredirparser_send_control_packet(port->parser, id, header, in ? answer : NULL,
                                       in ? header->length : 0);
    usbredirparser_free_packet_data(port->parser, data);
}

/* ---- bulk transfers ---- */

static void answer_bulk(struct port *port, uint64_t id, struct usb_redir_bulk_packet_header header,
                        int status, uint8_t *data, size_t n_bytes)
{
    const bool in = header.endpoint & 0x80;
    header.status = status_of(status);
    header.length = (uint16_t)n_bytes;
    header.length_high = (uint16_t)(n_bytes >> 16);
    usbredirparser_send_bulk_packet(port->parser, id, &header, in ? data : NULL,
                                    in ? (int)n_bytes : 0);
    flush(port);
}

static void transfer_done(struct usbdev_urb *urb)
{
    struct transfer *t = urb->user, **p = &t->port->running;
    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    if (t->port->shown)
        answer_bulk(t->port, t->id, t->header, urb->status, urb->data, urb->actual_bytes);
    free(urb->data);
    free(t);
}

static int start_bulk(struct port *port, uint64_t id,
                      const struct usb_redir_bulk_packet_header *header, const uint8_t *data,
                      size_t n_bytes)
{
    struct transfer *t = calloc(1, sizeof *t);
    uint8_t *copy = malloc(n_bytes + 1);
    if (!t || !copy) {
        free(t);
        free(copy);
        return -ENOMEM;
    }
    if (data)
        memcpy(copy, data, n_bytes);
    *t = (struct transfer){
        .urb = {.endpoint = header->endpoint,
                .data = copy,
                .length_bytes = n_bytes,
                .done = transfer_done,
                .user = t},
        .header = *header,
        .id = id,
        .port = port,
        .next = port->running,
    };
    port->running = t;
    return usbdev_submit(port->dev, &t->urb); /* it is plugged in: that goes well */
}

static void on_bulk(void *user, uint64_t id, struct usb_redir_bulk_packet_header *header,
                    uint8_t *data, int n_data)
{
    struct port *port = user;
    const bool in = header->endpoint & 0x80;
    const size_t n_bytes = header->length | (size_t)header->length_high << 16;
    int error = -EINVAL;
    if (port->shown && (in ? n_data == 0 : (size_t)n_data == n_bytes))
        error = start_bulk(port, id, header, data, n_bytes);
    if (error && port->shown)
        answer_bulk(port, id, *header, error, NULL, 0);
    usbredirparser_free_packet_data(port->parser, data);
}

static void on_cancel(void *user, uint64_t id)
{
    struct port *port = user;
    for (struct transfer *t = port->running; t; t = t->next) {
        if (t->id == id) {
            usbdev_cancel(port->dev, &t->urb, -ENOENT);
            return;
        }
    }
}

/* ---- what is passed over: it is for endpoints that no board has, or was not agreed on ---- */

#define PASS_OVER(name)                                                                            \
    static void pass_over_##name(void *user, uint64_t id,                                          \
                                 struct usb_redir_##name##_header *header)                         \
    {                                                                                              \
        (void)user, (void)id, (void)header;                                                        \
    }
#define PASS_OVER_DATA(name)                                                                       \
    static void pass_over_##name(void *user, uint64_t id,                                          \
                                 struct usb_redir_##name##_header *header, uint8_t *data,          \
                                 int n_bytes)                                                      \
    {                                                                                              \
        (void)id, (void)header, (void)n_bytes;                                                     \
        usbredirparser_free_packet_data(((struct port *)user)->parser, data);                      \
    }
static void pass_over(void *user)
{
    (void)user;
}
PASS_OVER(start_iso_stream)
PASS_OVER(stop_iso_stream)
PASS_OVER(start_interrupt_receiving)
PASS_OVER(stop_interrupt_receiving)
PASS_OVER(alloc_bulk_streams)
PASS_OVER(free_bulk_streams)
PASS_OVER(start_bulk_receiving)
PASS_OVER(stop_bulk_receiving)
PASS_OVER_DATA(iso_packet)
PASS_OVER_DATA(interrupt_packet)

/* ---- peers ---- */

static bool start_parser(struct port *port)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    struct usbredirparser *parser = usbredirparser_create();
    if (!parser)
        return false;
    parser->priv = port;
    parser->log_func = log_line;
    parser->read_func = read_peer;
    parser->write_func = write_peer;
    parser->hello_func = on_hello;
    parser->reset_func = on_reset;
    parser->set_configuration_func = on_set_configuration;
    parser->get_configuration_func = on_get_configuration;
    parser->set_alt_setting_func = on_set_alt_setting;
    parser->get_alt_setting_func = on_get_alt_setting;
    parser->control_packet_func = on_control;
    parser->bulk_packet_func = on_bulk;
    parser->cancel_data_packet_func = on_cancel;
    parser->filter_reject_func = pass_over;
    parser->device_disconnect_ack_func = pass_over;
    parser->start_iso_stream_func = pass_over_start_iso_stream;
    parser->stop_iso_stream_func = pass_over_stop_iso_stream;
    parser->start_interrupt_receiving_func = pass_over_start_interrupt_receiving;
    parser->stop_interrupt_receiving_func = pass_over_stop_interrupt_receiving;
    parser->alloc_bulk_streams_func = pass_over_alloc_bulk_streams;
    parser->free_bulk_streams_func = pass_over_free_bulk_streams;
    parser->start_bulk_receiving_func = pass_over_start_bulk_receiving;
    parser->stop_bulk_receiving_func = pass_over_stop_bulk_receiving;
    parser->iso_packet_func = pass_over_iso_packet;
    parser->interrupt_packet_func = pass_over_interrupt_packet;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, VERSION, caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
    port->parser = parser;
    return true;
}

static void end_transfers(struct port *port)
{
    port->shown = false;
    while (port->running)
        usbdev_cancel(port->dev, &port->running->urb, -ENOENT);
}

static void disconnect(struct port *port)
{
    end_transfers(port);
    usbredirparser_destroy(port->parser);
    close(port->peer);
    port->peer = -1;
    port->greeted = false;
}

/* A peer that is gone, or sends what is no usbredir, is let go. */
static void serve_peer(struct port *port)
{
    if (usbredirparser_do_read(port->parser) < 0)
        disconnect(port);
    else
        flush(port);
}

static void accept_peer(struct port *port)
{
    const int peer = accept4(port->listener, NULL, NULL, SOCK_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &port->peer};
    if (peer < 0)
        return;
    if (port->peer >= 0)
        serve_peer(port); /* which may be gone already */
    if (port->peer >= 0 || !start_parser(port)) {
        close(peer);
        return;
    }
    port->peer = peer;
    epoll_ctl(port->front->base.fd, EPOLL_CTL_ADD, peer, &event);
    flush(port);
}

/* ---- the front ---- */

static bool serve(struct front *front)
{
    struct epoll_event events[2 * FRONT_DEVICES];
    const int n = epoll_wait(front->fd, events, 2 * FRONT_DEVICES, 0);
    for (int i = 0; i < n; i++) {
        for (unsigned k = 0; k < FRONT_DEVICES; k++) {
            struct port *port = &((struct usbredir *)front)->ports[k];
            if (events[i].data.ptr == &port->listener)
                accept_peer(port);
            else if (events[i].data.ptr == &port->peer && port->peer >= 0)
                serve_peer(port);
        }
    }
    return n >= 0 || errno == EINTR;
}

static int plug(struct front *front, unsigned n, struct usbdev *dev)
{
    struct port *port = &((struct usbredir *)front)->ports[n];
    port->dev = dev;
    if (port->greeted)
        show(port);
    return 0;
}

/* The peer hears that the device is gone, and no more of its transfers. */
static int unplug(struct front *front, unsigned n)
{
    struct port *port = &((struct usbredir *)front)->ports[n];
    const bool shown = port->shown;
    end_transfers(port);
    usbdev_unplug(port->dev);
    port->dev = NULL;
    if (shown) {
        usbredirparser_send_device_disconnect(port->parser);
        flush(port);
    }
    return 0;
}

static void socket_path(const struct usbredir *front, unsigned n, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "%s/board%u", front->base.folder, n + 1);
}

static void close_usbredir(struct front *front)
{
    struct usbredir *redir = (struct usbredir *)front;
    for (unsigned n = 0; n < redir->n_ports; n++) {
        struct port *port = &redir->ports[n];
        struct sockaddr_un address;
        if (port->peer >= 0)
            disconnect(port);
        if (port->listener < 0)
            continue;
        close(port->listener);
        socket_path(redir, n, &address);
        unlink(address.sun_path);
    }
    close(front->fd);
    free(redir);
}

static int listen_at(struct usbredir *redir, unsigned n)
{
    struct sockaddr_un address;
    struct port *port = &redir->ports[n];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &port->listener};
    *port = (struct port){.front = redir, .n = n, .peer = -1};
    socket_path(redir, n, &address);
    unlink(address.sun_path);
    port->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    redir->n_ports = n + 1;
    return port->listener < 0 ||
           bind(port->listener, (const struct sockaddr *)&address, sizeof address) ||
           listen(port->listener, 1) ||
           epoll_ctl(redir->base.fd, EPOLL_CTL_ADD, port->listener, &event);
}

struct front *front_open_usbredir(const char *folder, unsigned n_devices, const char **what)
{
    static const struct front_ops ops = {plug, unplug, serve, close_usbredir};
    *what = folder;
    if (mkdir(folder, 0755) && errno != EEXIST)
        return NULL;
    struct usbredir *redir = calloc(1, sizeof *redir);
    if (!redir)
        return NULL;
    redir->base = (struct front){&ops, epoll_create1(EPOLL_CLOEXEC), folder};
    int error = redir->base.fd < 0;
    for (unsigned n = 0; n < n_devices && !error; n++)
        error = listen_at(redir, n);
    if (!error)
        return &redir->base;
    error = errno;
    close_usbredir(&redir->base);
    errno = error;
    return NULL;
}
