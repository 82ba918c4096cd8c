/* faults.c -- a stream on a simulated board that is disturbed at random (tests/support/disturb.h): bits lost on the bus, a halted
 * endpoint, the board unplugged, the client killed, the port reset. Below with-board. */
#include "../support/disturb.h"
#include "queries.h"

#include <libusb-1.0/libusb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "usb/usb_format.h"

enum { NOISE, HALT, UNPLUG, KILL, RESET };

static void reset_port(void)
{
    libusb_context *usb;
    if (libusb_init(&usb))
        return;
    libusb_device_handle *handle =
        libusb_open_device_with_vid_pid(usb, EDDY_USB_VENDOR, EDDY_USB_PRODUCT);
    if (handle) {
        libusb_reset_device(handle);
        libusb_close(handle);
    }
    libusb_exit(usb);
}

static void begin(int kind, struct random *random)
{
    char line[64];
    const int one_in = random_between(random, 5, 40);
    snprintf(line, sizeof line, "noise %d %d", one_in, random_between(random, 0, 1 << 20));
    if (kind == NOISE)
        command_boards(line);
}

static void strike(int kind, struct random *random, pid_t client)
{
    char line[32];
    switch (kind) {
    case HALT:
        snprintf(line, sizeof line, "halt 0 %x",
                 random_between(random, 0, 1) ? EDDY_USB_ENDPOINT_IN : EDDY_USB_ENDPOINT_OUT);
        command_boards(line);
        break;
    case UNPLUG: command_boards("unplug 0"); break;
    case KILL: kill(client, SIGKILL); break;
    case RESET: reset_port(); break;
    default: break;
    }
}

static void end(int kind)
{
    if (kind == NOISE)
        command_boards("noise 0 0");
    if (kind == UNPLUG)
        command_boards("plug 0");
}

int main(int argc, char **argv)
{
    static const struct fault faults[] = {{"noise", NOISE, false},
                                          {"halt", HALT, false},
                                          {"unplug", UNPLUG, false},
                                          {"kill", KILL, true},
                                          {"reset", RESET, false}};
    static const struct disturbance usb = {faults, 5, begin, strike, end};
    return disturb_main(&usb, argc, argv);
}
