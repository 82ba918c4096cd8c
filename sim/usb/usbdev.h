/* usbdev.h -- a virtual USB host controller with one device plugged in: what a kernel's usbcore offers, for the fronts
 * that show the device to libusb. Time passes only in usbdev_run and in the calls that talk to the device.
 */
#ifndef EDDY_SIM_USB_USBDEV_H
#define EDDY_SIM_USB_USBDEV_H

#include "bus.h"

#define USBDEV_CONFIGURATION_BYTES 256
#define USBDEV_ENDPOINTS 32 /* 16 OUT, 16 IN */
#define USBDEV_TEXT_BYTES 64
enum { USBDEV_MANUFACTURER, USBDEV_PRODUCT, USBDEV_SERIAL, USBDEV_STRINGS };

struct usbdev;

/* A bulk transfer. The caller owns it until done is called. */
struct usbdev_urb {
    uint8_t endpoint; /* 0x80: IN */
    uint8_t *data;
    size_t length_bytes, actual_bytes;
    bool zero_packet, short_not_ok;
    int status; /* 0, or a negative errno as usbfs reports it */
    void (*done)(struct usbdev_urb *urb);
    void *user;
    /* inside */
    unsigned errors;
    bool ending; /* the zero-length packet is left */
    struct usbdev_urb *next;
};

struct usbdev {
    struct bus bus;
    unsigned address;
    unsigned frame;
    uint64_t frame_begin_bits;
    unsigned gap_bits; /* between two packets, after the J of EOP; 1 is the least that USB allows */
    /* An endpoint that said NAK is passed over in so many rounds that move data elsewhere: each poll takes the time of a tenth of a
     * packet. 0: it is polled in every round, as an OHCI controller does. */
    unsigned patience_rounds;
    unsigned passed_over[USBDEV_ENDPOINTS];
    bool toggles[USBDEV_ENDPOINTS];
    struct usbdev_urb *queues[USBDEV_ENDPOINTS];
    uint8_t device_descriptor[18], configuration[USBDEV_CONFIGURATION_BYTES];
    size_t configuration_bytes;
    char strings[USBDEV_STRINGS][USBDEV_TEXT_BYTES]; /* empty: it has none */
    /* Figures. */
    uint64_t frames, packets_out, packets_in, bytes_out, bytes_in, naks, retries;
};

/* Plugs the board in, resets and enumerates it. Returns 0 or a negative errno. */
int usbdev_plug(struct usbdev *dev, struct board *board);
/* Every transfer under way ends with -ESHUTDOWN; whatever follows fails with -ENODEV. The board is the caller's. */
void usbdev_unplug(struct usbdev *dev);
bool usbdev_plugged(const struct usbdev *dev);
/* A bus reset, then address and configuration again. Transfers under way end with -ECONNRESET. */
int usbdev_reset(struct usbdev *dev);
/* A control transfer, whole. Returns the bytes of its data stage or a negative errno. */
int usbdev_control(struct usbdev *dev, const uint8_t setup[8], uint8_t *data);
int usbdev_request(struct usbdev *dev, uint8_t type, uint8_t code, uint16_t value, uint16_t index,
                   uint8_t *data, uint16_t length);
/* The requests that begin an endpoint's toggles again. Return 0 or a negative errno. */
int usbdev_set_configuration(struct usbdev *dev, uint8_t number);
int usbdev_set_interface(struct usbdev *dev, uint8_t number, uint8_t setting);
int usbdev_clear_halt(struct usbdev *dev, uint8_t endpoint);
int usbdev_submit(struct usbdev *dev, struct usbdev_urb *urb);
/* The transfer ends with `status`, unless it ended before. */
void usbdev_cancel(struct usbdev *dev, struct usbdev_urb *urb, int status);
bool usbdev_busy(const struct usbdev *dev);
/* One transaction for every endpoint with a transfer under way. Returns whether any got further than NAK. */
bool usbdev_run(struct usbdev *dev);

/* Leaves the bus idle until the next frame begins. */
void usbdev_next_frame(struct usbdev *dev);
/* One transaction; returns the bytes moved or a negative errno: -EAGAIN for NAK, -EPIPE for STALL, -EILSEQ for silence
 * or a broken packet, -EOVERFLOW for too long a packet. */
int usbdev_out(struct usbdev *dev, enum usb_pid token, unsigned endpoint, bool *toggle,
               const uint8_t *data, size_t n_bytes);
int usbdev_in(struct usbdev *dev, unsigned endpoint, bool *toggle, uint8_t *data, size_t room);

#endif
