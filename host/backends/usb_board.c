#include "usb_board.h"

#include "lib/context.h"
#include "preset.h"
#include "rtl_hash.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CONTROL_TIMEOUT_MS 2000
#define LOOK_INTERVAL_MS 100

static const struct eddy_preset *preset_of(uint16_t number)
{
    for (size_t i = 0; i < eddy_preset_count(); i++)
        if (eddy_preset_at(i)->number == number)
            return eddy_preset_at(i);
    return NULL;
}

static const char *open_problem(int error)
{
    switch (error) {
    case LIBUSB_ERROR_ACCESS:
        return "no permission; install hw/boards/70-eddy.rules in /etc/udev/rules.d (eddy doctor)";
    case LIBUSB_ERROR_BUSY: return "in use by another program";
    case LIBUSB_ERROR_NO_DEVICE: return "unplugged";
    default: return libusb_strerror(error);
    }
}

/* ---- one board ---- */

static int read_identity(struct usb_board *board)
{
    uint8_t id[EDDY_USB_ID_BYTES];
    const int length = libusb_control_transfer(
        board->handle, LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE,
        EDDY_USB_REQUEST_ID, 0, 0, id, sizeof id, CONTROL_TIMEOUT_MS);
    if (length < 0)
        return length;
    if (length != sizeof id || memcmp(id + EDDY_USB_ID_MAGIC, "EDDY", 4) != 0)
        return LIBUSB_ERROR_OTHER;
    board->preset = (uint16_t)(id[EDDY_USB_ID_PRESET] | id[EDDY_USB_ID_PRESET + 1] << 8);
    memcpy(board->hash, id + EDDY_USB_ID_HASH, sizeof board->hash);
    return 0;
}

static int read_serial(libusb_device_handle *handle, libusb_device *device, char *serial)
{
    struct libusb_device_descriptor descriptor;
    libusb_get_device_descriptor(device, &descriptor);
    const int length = libusb_get_string_descriptor_ascii(
        handle, descriptor.iSerialNumber, (unsigned char *)serial, USB_SERIAL_CHARS);
    return length < 0 ? length : 0;
}

static bool is_board(libusb_device *device)
{
    struct libusb_device_descriptor descriptor;
    return libusb_get_device_descriptor(device, &descriptor) == 0 &&
           descriptor.idVendor == EDDY_USB_VENDOR && descriptor.idProduct == EDDY_USB_PRODUCT;
}

/* Opens a device of ours; 0, or what libusb says. */
static int open_device(libusb_device *device, struct usb_board *board)
{
    int error = libusb_open(device, &board->handle);
    if (error) {
        board->handle = NULL;
        return error;
    }
    error = read_serial(board->handle, device, board->serial);
    if (!error)
        error = read_identity(board);
    return error;
}

static void close_handle(struct usb_board *board)
{
    if (board->handle)
        libusb_close(board->handle);
    board->handle = NULL;
}

/* ---- the boards there are ---- */

int usb_board_list(struct eddy_context *context, backend_found found, void *user)
{
    libusb_context *usb;
    libusb_device **devices;
    const int error = libusb_init(&usb);
    if (error)
        return eddy_fail(context, EDDY_ERROR_DEVICE, "usb: %s", libusb_strerror(error));
    const ssize_t n_devices = libusb_get_device_list(usb, &devices);
    for (ssize_t i = 0; i < n_devices; i++) {
        struct usb_board board = {.serial = "?"};
        if (!is_board(devices[i]))
            continue;
        const int problem = open_device(devices[i], &board);
        const struct eddy_preset *preset = problem ? NULL : preset_of(board.preset);
        found(board.serial, preset,
              problem  ? open_problem(problem)
              : preset ? NULL
                       : "its preset is not in this library; rebuild one of them",
              user);
        close_handle(&board);
    }
    if (n_devices >= 0)
        libusb_free_device_list(devices, 1);
    libusb_exit(usb);
    return EDDY_OK;
}

/* Opens the one board that is meant. Returns how many there are that could be; *problem is libusb's for the last
 * that did not open. */
static unsigned find(struct usb_board *board, const char *serial, int *problem)
{
    libusb_device **devices;
    unsigned matches = 0;
    const ssize_t n_devices = libusb_get_device_list(board->usb, &devices);
    *problem = 0;
    for (ssize_t i = 0; i < n_devices; i++) {
        struct usb_board candidate = {.usb = board->usb};
        if (!is_board(devices[i]))
            continue;
        const int error = open_device(devices[i], &candidate);
        if (error)
            *problem = error;
        const bool meant = !error && (!*serial || strcasecmp(serial, candidate.serial) == 0);
        matches += meant;
        if (meant && matches == 1)
            *board = candidate;
        else
            close_handle(&candidate);
    }
    if (n_devices >= 0)
        libusb_free_device_list(devices, 1);
    return matches;
}

static int find_or_wait(struct eddy_context *context, const struct carrier_options *options,
                        struct usb_board *board)
{
    unsigned matches;
    int problem;
    for (unsigned waited_ms = 0;; waited_ms += LOOK_INTERVAL_MS) {
        matches = find(board, options->serial, &problem);
        if (matches || waited_ms >= options->wait_ms)
            break;
        const struct timespec interval = {.tv_nsec = LOOK_INTERVAL_MS * 1000000L};
        nanosleep(&interval, NULL);
    }
    if (matches > 1 && !*options->serial)
        return eddy_fail(context, EDDY_ERROR_DEVICE,
                         "%u boards are on USB; choose one with usb:serial=..., eddy devices lists "
                         "them",
                         matches);
    if (matches)
        return EDDY_OK;
    if (problem)
        return eddy_fail(context, EDDY_ERROR_DEVICE,
                         "usb: a board is there but cannot be opened: %s", open_problem(problem));
    return eddy_fail(context, EDDY_ERROR_DEVICE,
                     "usb: no board%s%s is on USB; plug it in, or add wait=SECONDS; eddy doctor "
                     "checks the rest",
                     *options->serial ? " with serial number " : "", options->serial);
}

/* ---- getting it ready ---- */

/* Checks that board and library are of the same engine. */
static int check_identity(struct eddy_context *context, const struct usb_board *board,
                          const struct carrier_options *options)
{
    const struct eddy_preset *preset = preset_of(board->preset);
    char hash[2 * EDDY_USB_HASH_BYTES + 1];
    if (preset != options->preset)
        return eddy_fail(context, EDDY_ERROR_DEVICE,
                         "usb:serial=%s was built as preset %s, not %s; compile the model with "
                         "--preset %s, or flash the board with %s",
                         board->serial, preset ? preset->name : "unknown", options->preset->name,
                         preset ? preset->name : "...", options->preset->name);
    for (size_t i = 0; i < EDDY_USB_HASH_BYTES; i++)
        snprintf(hash + 2 * i, 3, "%02x", board->hash[i]);
    if (!options->any_hash && strcmp(hash, rtl_hashes[preset->number]) != 0)
        return eddy_fail(context, EDDY_ERROR_DEVICE,
                         "usb:serial=%s holds the engine %s, this library was built with %s; flash "
                         "the board again, or accept it with hash=any",
                         board->serial, hash, rtl_hashes[preset->number]);
    return EDDY_OK;
}

/* Whatever a client before has left half done is gone after this. */
static int empty(struct usb_board *board)
{
    int error = libusb_control_transfer(
        board->handle, LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE,
        EDDY_USB_REQUEST_RESET, 0, 0, NULL, 0, CONTROL_TIMEOUT_MS);
    if (error >= 0)
        error = libusb_clear_halt(board->handle, EDDY_USB_ENDPOINT_OUT);
    if (error >= 0)
        error = libusb_clear_halt(board->handle, EDDY_USB_ENDPOINT_IN);
    return error < 0 ? error : 0;
}

static int claim(struct usb_board *board)
{
    int error = libusb_claim_interface(board->handle, 0);
    if (!error)
        error = empty(board);
    /* Once more after a reset of the port. */
    if (error && error != LIBUSB_ERROR_BUSY && error != LIBUSB_ERROR_NO_DEVICE) {
        error = libusb_reset_device(board->handle);
        if (!error)
            error = libusb_claim_interface(board->handle, 0);
        if (!error)
            error = empty(board);
    }
    return error;
}

int usb_board_open(struct eddy_context *context, const struct carrier_options *options,
                   struct usb_board *board)
{
    *board = (struct usb_board){0};
    int error = libusb_init(&board->usb);
    if (error) {
        board->usb = NULL;
        return eddy_fail(context, EDDY_ERROR_DEVICE, "usb: %s", libusb_strerror(error));
    }
    error = find_or_wait(context, options, board);
    if (!error)
        error = check_identity(context, board, options);
    if (!error) {
        const int problem = claim(board);
        if (problem)
            error = eddy_fail(context, EDDY_ERROR_DEVICE, "usb:serial=%s: %s", board->serial,
                              open_problem(problem));
    }
    if (error)
        usb_board_close(board);
    return error;
}

void usb_board_close(struct usb_board *board)
{
    if (board->handle)
        libusb_release_interface(board->handle, 0);
    close_handle(board);
    if (board->usb)
        libusb_exit(board->usb);
    board->usb = NULL;
}
