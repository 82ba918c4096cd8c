/* usb_board.h -- finding boards on USB and getting one ready. */
#ifndef EDDY_BACKENDS_USB_BOARD_H
#define EDDY_BACKENDS_USB_BOARD_H

#include "carrier.h"
#include "usb/usb_format.h"

#include <libusb-1.0/libusb.h>

#define USB_SERIAL_CHARS 64

struct usb_board {
    libusb_context *usb;
    libusb_device_handle *handle; /* NULL: not open */
    char serial[USB_SERIAL_CHARS];
    uint16_t preset; /* its number, from the board's identity */
    uint8_t hash[EDDY_USB_HASH_BYTES];
};

/* Opens the board that options->serial names, or the only one; waits for it up to options->wait_ms. Its identity is
 * checked against the library, its streams are empty and its engine is reset. On failure the board is closed. */
int usb_board_open(struct eddy_context *context, const struct carrier_options *options,
                   struct usb_board *board);
/* Takes a board that is not open, too. */
void usb_board_close(struct usb_board *board);
/* Calls found for each board on USB, with why it cannot be used or NULL. */
int usb_board_list(struct eddy_context *context, backend_found found, void *user);

#endif
