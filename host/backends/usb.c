/* usb.c -- usb: a board on USB, as a carrier.
 *
 * Transfers are always in flight to read what the board sends; what is to be sent goes into a few more. One thread
 * handles libusb's events: its callbacks fill and empty the buffers below, under one lock.
 */
#include "usb_board.h"

#include "lib/context.h"
#include "lib/request.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* In each direction: a few kilobytes are a few milliseconds of a full-speed bus, and far below usbfs_memory_mb. */
#define TRANSFERS 8
#define TRANSFER_BYTES 4096
#define RING_BYTES 65536 /* a power of two, at least TRANSFERS * TRANSFER_BYTES */

struct slot {
    struct usb_carrier *carrier;
    struct libusb_transfer *transfer;
    bool busy;
    uint8_t data[TRANSFER_BYTES];
};

struct usb_carrier {
    struct carrier base;
    struct usb_board board;
    unsigned timeout_ms;
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Below: under the lock. */
    struct slot in[TRANSFERS], out[TRANSFERS];
    uint8_t ring[RING_BYTES]; /* what was received and not yet taken */
    size_t head, tail;
    size_t wanted_bytes; /* that transfer() waits for; 0: nobody waits for any */
    bool wants_slot;     /* transfer() waits for a free slot to send */
    bool full;           /* the latest read was filled: an empty one may follow */
    unsigned in_flight;
    unsigned progress; /* counts transfers that moved bytes */
    int failure;       /* 0, or the enum libusb_transfer_status that ended the connection */
    bool closing;
};

static const char *failure_text(int status)
{
    switch (status) {
    case LIBUSB_TRANSFER_NO_DEVICE: return "the board was unplugged; plug it in and open it again";
    case LIBUSB_TRANSFER_STALL: return "the board halted an endpoint; close it and open it again";
    case LIBUSB_TRANSFER_OVERFLOW: return "the board sent more than was asked for; open it again";
    case LIBUSB_TRANSFER_CANCELLED: return "the board was reset; open it again";
    default: return "transfers failed repeatedly; check cable and hub, then open it again";
    }
}

/* ---- callbacks, in the thread of events ---- */

/* Under the lock. */
static void submit(struct slot *slot)
{
    struct usb_carrier *c = slot->carrier;
    const int error = libusb_submit_transfer(slot->transfer);
    slot->busy = error == 0;
    if (slot->busy)
        c->in_flight++;
    else if (!c->failure)
        c->failure =
            error == LIBUSB_ERROR_NO_DEVICE ? LIBUSB_TRANSFER_NO_DEVICE : LIBUSB_TRANSFER_ERROR;
}

/* Submits the reads that the ring has room for, those in flight included. */
static void submit_reads(struct usb_carrier *c)
{
    size_t room = RING_BYTES - (c->head - c->tail);
    for (int i = 0; i < TRANSFERS; i++)
        room -= c->in[i].busy ? TRANSFER_BYTES : 0;
    for (int i = 0; i < TRANSFERS && room >= TRANSFER_BYTES && !c->failure && !c->closing; i++) {
        if (!c->in[i].busy) {
            submit(&c->in[i]);
            room -= TRANSFER_BYTES;
        }
    }
}

static void keep(struct usb_carrier *c, const uint8_t *data, size_t n_bytes)
{
    const size_t at = c->head % RING_BYTES,
                 first = RING_BYTES - at < n_bytes ? RING_BYTES - at : n_bytes;
    memcpy(c->ring + at, data, first);
    memcpy(c->ring, data + first, n_bytes - first);
    c->head += n_bytes;
}

/* What a transfer ended with. libusb calls those that a reset of the port took away completed: they are empty, though
 * the board only sends an empty packet behind a full one. */
static int outcome(struct usb_carrier *c, const struct libusb_transfer *transfer)
{
    const bool in = transfer->endpoint & LIBUSB_ENDPOINT_IN,
               full = transfer->actual_length == transfer->length;
    const bool lost = in ? transfer->actual_length == 0 && !c->full : !full;
    if (in)
        c->full = full;
    return transfer->status == LIBUSB_TRANSFER_COMPLETED && lost ? LIBUSB_TRANSFER_CANCELLED
                                                                 : (int)transfer->status;
}

static void LIBUSB_CALL completed(struct libusb_transfer *transfer)
{
    struct slot *slot = transfer->user_data;
    struct usb_carrier *c = slot->carrier;
    const bool in = transfer->endpoint & LIBUSB_ENDPOINT_IN;
    pthread_mutex_lock(&c->lock);
    slot->busy = false;
    c->in_flight--;
    c->progress += transfer->actual_length > 0;
    if (in && transfer->actual_length > 0)
        keep(c, slot->data, (size_t)transfer->actual_length);
    const int status = outcome(c, transfer);
    if (status != LIBUSB_TRANSFER_COMPLETED && !c->failure && !c->closing)
        c->failure = status;
    if (in)
        submit_reads(c);
    if (c->failure || (c->wanted_bytes && c->head - c->tail >= c->wanted_bytes) ||
        (!in && c->wants_slot))
        pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static bool has_work(struct usb_carrier *c)
{
    pthread_mutex_lock(&c->lock);
    const bool work = !c->closing || c->in_flight;
    pthread_mutex_unlock(&c->lock);
    return work;
}

static void *handle_events(void *user)
{
    struct usb_carrier *c = user;
    while (has_work(c)) {
        struct timeval limit = {.tv_sec = 1};
        libusb_handle_events_timeout_completed(c->board.usb, &limit, NULL);
    }
    return NULL;
}

/* ---- transfer ---- */

/* Hands words to free slots; returns how many. */
static size_t send_words(struct usb_carrier *c, const uint16_t *words, size_t n_words)
{
    size_t sent = 0;
    for (int i = 0; i < TRANSFERS && sent < n_words && !c->failure; i++) {
        struct slot *slot = &c->out[i];
        if (slot->busy)
            continue;
        const size_t left = n_words - sent, room = TRANSFER_BYTES / 2;
        const size_t chunk = left < room ? left : room;
        for (size_t w = 0; w < chunk; w++) {
            slot->data[2 * w] = (uint8_t)words[sent + w];
            slot->data[2 * w + 1] = (uint8_t)(words[sent + w] >> 8);
        }
        slot->transfer->length = (int)(2 * chunk);
        submit(slot);
        sent += slot->busy ? chunk : 0;
    }
    return sent;
}

static size_t take_words(struct usb_carrier *c, uint16_t *words, size_t n_words)
{
    const size_t ready = (c->head - c->tail) / 2, n = ready < n_words ? ready : n_words;
    for (size_t w = 0; w < n; w++, c->tail += 2)
        words[w] =
            (uint16_t)(c->ring[c->tail % RING_BYTES] | c->ring[(c->tail + 1) % RING_BYTES] << 8);
    if (n)
        submit_reads(c);
    return n;
}

/* Waits until the words wanted may be there, or a slot is free. False when nothing moved for the timeout. */
static bool wait_change(struct usb_carrier *c, bool wants_slot, size_t wanted_words)
{
    const size_t most = RING_BYTES - (size_t)TRANSFERS * TRANSFER_BYTES;
    const unsigned progress = c->progress;
    struct timespec limit;
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_sec += c->timeout_ms / 1000;
    limit.tv_nsec += (long)(c->timeout_ms % 1000) * 1000000;
    if (limit.tv_nsec >= 1000000000) {
        limit.tv_nsec -= 1000000000;
        limit.tv_sec++;
    }
    c->wants_slot = wants_slot;
    c->wanted_bytes = 2 * wanted_words < most ? 2 * wanted_words : most;
    const int error = pthread_cond_timedwait(&c->changed, &c->lock, &limit);
    c->wants_slot = false;
    c->wanted_bytes = 0;
    return error != ETIMEDOUT || c->progress != progress;
}

static bool all_slots_busy(const struct usb_carrier *c)
{
    for (int i = 0; i < TRANSFERS; i++)
        if (!c->out[i].busy)
            return false;
    return true;
}

static int transfer(struct carrier *carrier, const uint16_t *send, size_t n_send, size_t *sent,
                    uint16_t *receive, size_t n_receive, size_t *received)
{
    struct usb_carrier *c = (struct usb_carrier *)carrier;
    bool alive = true;
    *sent = *received = 0;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        *sent += send_words(c, send + *sent, n_send - *sent);
        *received += take_words(c, receive + *received, n_receive - *received);
        const size_t wanted = packet_answer_words(receive, *received, n_receive);
        const bool done = n_receive ? *received >= wanted : *sent == n_send;
        if (done || !alive || c->failure)
            break;
        alive = wait_change(c, *sent < n_send && all_slots_busy(c), n_receive - *received);
    }
    const int failure = *sent || *received ? 0 : c->failure;
    pthread_mutex_unlock(&c->lock);
    return failure ? eddy_fail(carrier->context, EDDY_ERROR_DEVICE, "usb:serial=%s: %s",
                               c->board.serial, failure_text(failure))
                   : EDDY_OK;
}

/* ---- opening and closing ---- */

static void close_usb(struct carrier *carrier)
{
    struct usb_carrier *c = (struct usb_carrier *)carrier;
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    for (int i = 0; i < TRANSFERS; i++) {
        if (c->in[i].busy)
            libusb_cancel_transfer(c->in[i].transfer);
        if (c->out[i].busy)
            libusb_cancel_transfer(c->out[i].transfer);
    }
    pthread_mutex_unlock(&c->lock);
    if (c->thread_runs) {
        libusb_interrupt_event_handler(c->board.usb);
        pthread_join(c->thread, NULL);
    }
    for (int i = 0; i < TRANSFERS; i++) {
        libusb_free_transfer(c->in[i].transfer);
        libusb_free_transfer(c->out[i].transfer);
    }
    usb_board_close(&c->board);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static bool make_slot(struct usb_carrier *c, struct slot *slot, uint8_t endpoint)
{
    slot->carrier = c;
    slot->transfer = libusb_alloc_transfer(0);
    if (slot->transfer)
        libusb_fill_bulk_transfer(slot->transfer, c->board.handle, endpoint, slot->data,
                                  TRANSFER_BYTES, completed, slot, 0);
    return slot->transfer != NULL;
}

/* Makes the transfers, starts the thread and the first reads. */
static int start(struct usb_carrier *c)
{
    bool made = true;
    for (int i = 0; i < TRANSFERS; i++)
        made = made && make_slot(c, &c->in[i], EDDY_USB_ENDPOINT_IN) &&
               make_slot(c, &c->out[i], EDDY_USB_ENDPOINT_OUT);
    c->thread_runs = made && pthread_create(&c->thread, NULL, handle_events, c) == 0;
    if (!c->thread_runs)
        return eddy_fail(c->base.context, EDDY_ERROR_MEMORY, "usb: out of memory");
    pthread_mutex_lock(&c->lock);
    submit_reads(c);
    const int failure = c->failure;
    pthread_mutex_unlock(&c->lock);
    return failure
               ? eddy_fail(c->base.context, EDDY_ERROR_DEVICE,
                           "usb:serial=%s: no transfer can be started; other programs may hold "
                           "the memory of usbfs (/sys/module/usbcore/parameters/usbfs_memory_mb,"
                           " %d KiB are needed)",
                           c->board.serial, 2 * TRANSFERS * TRANSFER_BYTES / 1024)
               : EDDY_OK;
}

static int open_usb(struct eddy_context *context, const struct carrier_options *options,
                    struct carrier **carrier)
{
    static const struct carrier_ops ops = {transfer, close_usb};
    if (options->stall != SIM_STALL_NONE || *options->trace_path)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "usb: has no ports to stall and no signals to trace; use sim:");
    struct usb_carrier *c = calloc(1, sizeof *c);
    if (!c)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "usb: out of memory");
    c->base = (struct carrier){&ops, context};
    c->timeout_ms = options->timeout_ms;
    c->full = true;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&c->lock, NULL);
    int error = usb_board_open(context, options, &c->board);
    if (!error)
        error = start(c);
    if (error) {
        close_usb(&c->base);
        return error;
    }
    *carrier = &c->base;
    return EDDY_OK;
}

const struct backend eddy_backend_usb = {"usb", "a board on USB (serial=, wait=, timeout=)",
                                         open_usb, usb_board_list};
