/* usb_format.h -- what host and board agree on over USB: the only definition, for the board's ROM and RTL (rom.c makes
 * both from it), the simulation, the library and the tests.
 *
 * Full speed, one configuration, one vendor-class interface, bulk OUT (commands) and bulk IN (results). Both
 * carry the bytes of 16-bit little-endian words of hls/packet.h, without regard to the limits of USB packets;
 * a packet of the IN endpoint holds whole words.
 */
#ifndef EDDY_USB_FORMAT_H
#define EDDY_USB_FORMAT_H

/* pid.codes' pair for private tests. */
#define EDDY_USB_VENDOR 0x1209
#define EDDY_USB_PRODUCT 0x0001
#define EDDY_USB_RELEASE 0x0100 /* bcdDevice: of this format */

#define EDDY_USB_ENDPOINT_OUT 0x01
#define EDDY_USB_ENDPOINT_IN 0x81
#define EDDY_USB_PACKET_BYTES 64 /* of every endpoint */

#define EDDY_USB_MANUFACTURER "Eddy"
#define EDDY_USB_PRODUCT_NAME "Eddy RNN engine"
#define EDDY_USB_SERIAL_DIGITS 8 /* hexadecimal */

/* Vendor requests, recipient device. */
#define EDDY_USB_REQUEST_RESET 1 /* OUT, no data: empties both streams, resets the engine */
#define EDDY_USB_REQUEST_ID 2    /* IN: the board's identity, EDDY_USB_ID_BYTES bytes */

/* The board's identity. */
#define EDDY_USB_ID_MAGIC 0  /* "EDDY" */
#define EDDY_USB_ID_PRESET 4 /* 16 bits, little-endian: EDDY_PRESET */
#define EDDY_USB_ID_HASH 6   /* of the RTL of the engine: the first bytes of its SHA-256 */
#define EDDY_USB_HASH_BYTES 8
#define EDDY_USB_ID_BYTES (EDDY_USB_ID_HASH + EDDY_USB_HASH_BYTES)

#endif
