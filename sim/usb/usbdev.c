#include "usbdev.h"

#include <errno.h>
#include <string.h>

#define PACKET_BYTES 64 /* of a full-speed bulk or control endpoint */
#define GAP_BITS 3      /* the host's pause between two packets, after the J of EOP */
/* In bits: SYNC and EOP of a packet; a token; a handshake; the longest that the board may take to answer. */
#define FRAMING_BITS 11
#define TOKEN_BITS (FRAMING_BITS + 24)
#define HANDSHAKE_BITS (FRAMING_BITS + 8)
#define TURNAROUND_BITS 8
#define PATIENCE_ROUNDS 3
#define STRIKES 3
#define CONTROL_NAKS 20000
#define LANGUAGE 0x0409 /* of strings: English */

static unsigned slot(uint8_t endpoint)
{
    return (endpoint & 0xf) | (endpoint & 0x80 ? 0x10u : 0);
}

/* ---- frames ---- */

static void start_frame(struct usbdev *dev)
{
    dev->frame_begin_bits = dev->bus.bits;
    dev->frames++;
    bus_sof(&dev->bus, ++dev->frame);
    bus_hold(&dev->bus, LINE_J, dev->gap_bits);
}

void usbdev_next_frame(struct usbdev *dev)
{
    const uint64_t used = dev->bus.bits - dev->frame_begin_bits;
    if (used < BUS_FRAME_BITS)
        bus_hold(&dev->bus, LINE_J, (unsigned)(BUS_FRAME_BITS - used));
    start_frame(dev);
}

/* Waits for the next frame when a transaction of so many bytes may not fit into this one: with a stuffed bit for every six. */
static void make_room(struct usbdev *dev, size_t n_bytes)
{
    const unsigned data_bits = 8 * (unsigned)n_bytes + 24;
    const unsigned bits = TOKEN_BITS + FRAMING_BITS + data_bits + data_bits / 6 + TURNAROUND_BITS +
                          HANDSHAKE_BITS + 2 * dev->gap_bits;
    if (dev->bus.bits - dev->frame_begin_bits + bits > BUS_FRAME_BITS)
        usbdev_next_frame(dev);
}

/* ---- transactions ---- */

static int handshake_result(struct usbdev *dev, int length, const uint8_t *bytes, int moved)
{
    bus_hold(&dev->bus, LINE_J, dev->gap_bits);
    if (length != 1)
        return -EILSEQ;
    switch (bytes[0] & 0xf) {
    case PID_ACK: return moved;
    case PID_NAK: dev->naks++; return -EAGAIN;
    case PID_STALL: return -EPIPE;
    default: return -EILSEQ;
    }
}

int usbdev_out(struct usbdev *dev, enum usb_pid token, unsigned endpoint, bool *toggle,
               const uint8_t *data, size_t n_bytes)
{
    uint8_t answer[BUS_PACKET_BYTES];
    make_room(dev, n_bytes);
    bus_token(&dev->bus, token, dev->address, endpoint);
    bus_hold(&dev->bus, LINE_J, dev->gap_bits);
    bus_data(&dev->bus, *toggle ? PID_DATA1 : PID_DATA0, data, n_bytes);
    const int length = bus_receive(&dev->bus, answer);
    const int result = handshake_result(dev, length, answer, (int)n_bytes);
    if (result >= 0) {
        *toggle = !*toggle;
        dev->packets_out++;
        dev->bytes_out += n_bytes;
    }
    return result;
}

int usbdev_in(struct usbdev *dev, unsigned endpoint, bool *toggle, uint8_t *data, size_t room)
{
    uint8_t packet[BUS_PACKET_BYTES];
    make_room(dev, PACKET_BYTES);
    bus_token(&dev->bus, PID_IN, dev->address, endpoint);
    const int length = bus_receive(&dev->bus, packet);
    if (length == 1)
        return (packet[0] & 0xf) == PID_ACK ? -EILSEQ : handshake_result(dev, length, packet, 0);
    bus_hold(&dev->bus, LINE_J, dev->gap_bits);
    if (!bus_data_good(packet, length))
        return -EILSEQ;
    const bool again = ((packet[0] & 0xf) == PID_DATA1) != *toggle;
    const size_t n_bytes = (size_t)length - 3;
    if (!again && (n_bytes > PACKET_BYTES || n_bytes > room))
        return -EOVERFLOW;
    bus_handshake(&dev->bus, PID_ACK);
    bus_hold(&dev->bus, LINE_J, dev->gap_bits);
    if (again)
        return -EAGAIN; /* our acknowledgement of it was lost */
    memcpy(data, packet + 1, n_bytes);
    *toggle = !*toggle;
    dev->packets_in++;
    dev->bytes_in += n_bytes;
    return (int)n_bytes;
}

/* ---- control transfers ---- */

/* Repeats a transaction through NAKs and errors. */
static int insist(struct usbdev *dev, enum usb_pid token, bool *toggle, uint8_t *data,
                  size_t n_bytes)
{
    unsigned errors = 0;
    for (unsigned naks = 0; naks < CONTROL_NAKS; naks++) {
        const int result = token == PID_IN ? usbdev_in(dev, 0, toggle, data, n_bytes)
                                           : usbdev_out(dev, token, 0, toggle, data, n_bytes);
        if (result != -EAGAIN && result != -EILSEQ)
            return result;
        if (result == -EAGAIN)
            errors = 0;
        else if (++errors == STRIKES)
            return -EPROTO;
    }
    return -ETIMEDOUT;
}

static int control_data(struct usbdev *dev, bool in, uint8_t *data, size_t length)
{
    bool toggle = true;
    size_t moved = 0;
    while (moved < length) {
        const size_t room =
            in ? PACKET_BYTES : (length - moved < PACKET_BYTES ? length - moved : PACKET_BYTES);
        uint8_t packet[PACKET_BYTES];
        if (!in)
            memcpy(packet, data + moved, room);
        const int result = insist(dev, in ? PID_IN : PID_OUT, &toggle, packet, room);
        if (result < 0)
            return result;
        if ((size_t)result > length - moved)
            return -EOVERFLOW;
        if (in)
            memcpy(data + moved, packet, (size_t)result);
        moved += (size_t)result;
        if (result < PACKET_BYTES)
            break;
    }
    return (int)moved;
}

int usbdev_control(struct usbdev *dev, const uint8_t setup[8], uint8_t *data)
{
    uint8_t request[8], nothing[PACKET_BYTES];
    const bool in = setup[0] & 0x80;
    const size_t length = setup[6] | (size_t)setup[7] << 8;
    if (!usbdev_plugged(dev))
        return -ENODEV;
    memcpy(request, setup, sizeof request);
    bool toggle = false;
    int error = insist(dev, PID_SETUP, &toggle, request, sizeof request);
    if (error < 0)
        return error;
    const int moved = control_data(dev, in, data, length);
    if (moved < 0)
        return moved;
    toggle = true;
    error = insist(dev, in && length ? PID_OUT : PID_IN, &toggle, nothing, 0);
    return error < 0 ? error : moved;
}

int usbdev_request(struct usbdev *dev, uint8_t type, uint8_t code, uint16_t value, uint16_t index,
                   uint8_t *data, uint16_t length)
{
    const uint8_t setup[8] = {type,
                              code,
                              (uint8_t)value,
                              (uint8_t)(value >> 8),
                              (uint8_t)index,
                              (uint8_t)(index >> 8),
                              (uint8_t)length,
                              (uint8_t)(length >> 8)};
    return usbdev_control(dev, setup, data);
}

/* ---- the device ---- */

static int enumerate(struct usbdev *dev)
{
    memset(dev->toggles, 0, sizeof dev->toggles);
    dev->address = 0;
    bus_hold(&dev->bus, LINE_J, 1200);
    bus_hold(&dev->bus, LINE_SE0, 1200); /* 100 us stand for the 10 ms of a real reset */
    bus_hold(&dev->bus, LINE_J, 120);
    start_frame(dev);
    int error = usbdev_request(dev, 0x80, 6, 0x0100, 0, dev->device_descriptor, 18);
    if (error >= 0)
        error = usbdev_request(dev, 0x00, 5, 2, 0, NULL, 0);
    if (error < 0)
        return error;
    dev->address = 2;
    error = usbdev_request(dev, 0x80, 6, 0x0100, 0, dev->device_descriptor, 18);
    if (error >= 0)
        error =
            usbdev_request(dev, 0x80, 6, 0x0200, 0, dev->configuration, sizeof dev->configuration);
    dev->configuration_bytes = error > 0 ? (size_t)error : 0;
    if (error >= 0)
        error = usbdev_request(dev, 0x00, 9, dev->configuration[5], 0, NULL, 0);
    return error < 0 ? error : 0;
}

static void read_string(struct usbdev *dev, uint8_t index, char text[USBDEV_TEXT_BYTES])
{
    uint8_t descriptor[255];
    size_t n = 0;
    const int n_bytes = index ? usbdev_request(dev, 0x80, 6, (uint16_t)(0x0300 | index), LANGUAGE,
                                               descriptor, sizeof descriptor)
                              : 0;
    for (int i = 2; i + 1 < n_bytes && n + 1 < USBDEV_TEXT_BYTES; i += 2)
        text[n++] = descriptor[i + 1] ? '?' : (char)descriptor[i];
    text[n] = '\0';
}

int usbdev_plug(struct usbdev *dev, struct board *board)
{
    *dev = (struct usbdev){0};
    dev->gap_bits = GAP_BITS;
    dev->patience_rounds = PATIENCE_ROUNDS;
    bus_open(&dev->bus, board);
    const int error = enumerate(dev);
    for (unsigned i = 0; i < USBDEV_STRINGS && !error; i++)
        read_string(dev, dev->device_descriptor[14 + i], dev->strings[i]);
    return error;
}

bool usbdev_plugged(const struct usbdev *dev)
{
    return dev->bus.board != NULL;
}

static void cancel_all(struct usbdev *dev, int status)
{
    for (unsigned i = 0; i < USBDEV_ENDPOINTS; i++)
        while (dev->queues[i])
            usbdev_cancel(dev, dev->queues[i], status);
}

void usbdev_unplug(struct usbdev *dev)
{
    dev->bus.board = NULL;
    cancel_all(dev, -ESHUTDOWN);
}

int usbdev_reset(struct usbdev *dev)
{
    if (!usbdev_plugged(dev))
        return -ENODEV;
    cancel_all(dev, -ECONNRESET);
    return enumerate(dev);
}

static int begin_again(struct usbdev *dev, int error)
{
    if (error >= 0)
        memset(dev->toggles, 0, sizeof dev->toggles);
    return error < 0 ? error : 0;
}

int usbdev_set_configuration(struct usbdev *dev, uint8_t number)
{
    return begin_again(dev, usbdev_request(dev, 0x00, 9, number, 0, NULL, 0));
}

int usbdev_set_interface(struct usbdev *dev, uint8_t number, uint8_t setting)
{
    return begin_again(dev, usbdev_request(dev, 0x01, 11, setting, number, NULL, 0));
}

int usbdev_clear_halt(struct usbdev *dev, uint8_t endpoint)
{
    const int error = usbdev_request(dev, 0x02, 1, 0, endpoint, NULL, 0);
    if (error < 0)
        return error;
    dev->toggles[slot(endpoint)] = false;
    return 0;
}

/* ---- transfers ---- */

int usbdev_submit(struct usbdev *dev, struct usbdev_urb *urb)
{
    if (!usbdev_plugged(dev))
        return -ENODEV;
    urb->actual_bytes = 0;
    urb->errors = 0;
    urb->status = 0;
    urb->next = NULL;
    urb->ending = urb->length_bytes == 0;
    struct usbdev_urb **last = &dev->queues[slot(urb->endpoint)];
    while (*last)
        last = &(*last)->next;
    *last = urb;
    return 0;
}

void usbdev_cancel(struct usbdev *dev, struct usbdev_urb *urb, int status)
{
    for (struct usbdev_urb **p = &dev->queues[slot(urb->endpoint)]; *p; p = &(*p)->next) {
        if (*p == urb) {
            *p = urb->next;
            urb->status = status;
            urb->done(urb);
            return;
        }
    }
}

bool usbdev_busy(const struct usbdev *dev)
{
    for (unsigned i = 0; i < USBDEV_ENDPOINTS; i++)
        if (dev->queues[i])
            return true;
    return false;
}

static void finish(struct usbdev *dev, struct usbdev_urb *urb, int status)
{
    usbdev_cancel(dev, urb, status);
}

static void run_out(struct usbdev *dev, struct usbdev_urb *urb, int moved)
{
    urb->actual_bytes += (size_t)moved;
    if (urb->actual_bytes < urb->length_bytes)
        return;
    if (!urb->ending && urb->zero_packet && urb->length_bytes % PACKET_BYTES == 0)
        urb->ending = true;
    else
        finish(dev, urb, 0);
}

static void run_in(struct usbdev *dev, struct usbdev_urb *urb, int moved)
{
    urb->actual_bytes += (size_t)moved;
    if (moved < PACKET_BYTES && urb->actual_bytes < urb->length_bytes)
        finish(dev, urb, urb->short_not_ok ? -EREMOTEIO : 0);
    else if (urb->actual_bytes == urb->length_bytes)
        finish(dev, urb, 0);
}

static int transact(struct usbdev *dev, struct usbdev_urb *urb)
{
    const unsigned endpoint = urb->endpoint & 0xf;
    bool *toggle = &dev->toggles[slot(urb->endpoint)];
    uint8_t *data = urb->data + urb->actual_bytes;
    const size_t left = urb->length_bytes - urb->actual_bytes;
    if (urb->endpoint & 0x80)
        return usbdev_in(dev, endpoint, toggle, data, left);
    return usbdev_out(dev, PID_OUT, endpoint, toggle, data,
                      left < PACKET_BYTES ? left : PACKET_BYTES);
}

static bool run_urb(struct usbdev *dev, struct usbdev_urb *urb)
{
    const int result = transact(dev, urb);
    if (result >= 0) {
        urb->errors = 0;
        (urb->endpoint & 0x80 ? run_in : run_out)(dev, urb, result);
    } else if (result == -EILSEQ) {
        dev->retries++;
        if (++urb->errors == STRIKES)
            finish(dev, urb, -EPROTO);
    } else if (result == -EAGAIN) {
        urb->errors = 0;
    } else {
        finish(dev, urb, result);
    }
    return result != -EAGAIN;
}

bool usbdev_run(struct usbdev *dev)
{
    bool further = false;
    for (unsigned i = 0; i < USBDEV_ENDPOINTS && usbdev_plugged(dev); i++) {
        if (!dev->queues[i])
            continue;
        if (dev->passed_over[i]) {
            dev->passed_over[i]--;
            continue;
        }
        const bool moved = run_urb(dev, dev->queues[i]);
        further |= moved;
        dev->passed_over[i] = moved ? 0 : dev->patience_rounds;
    }
    if (!further) /* the bus is free for all */
        memset(dev->passed_over, 0, sizeof dev->passed_over);
    return further;
}
