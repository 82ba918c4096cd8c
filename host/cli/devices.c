/* devices.c -- eddy devices: what can be named as --device. */
#include "backends/preset.h"
#include "cli.h"

#include <stdio.h>

static const struct argp_option option_table[] = {OPTION_QUIET, {0}};
static const struct argp argp = {
    option_table,
    options_parse,
    NULL,
    "Lists the devices: which URIs exist and what each preset of them holds.\v"
    "A URI is a scheme and options: sim:preset=sim-small-w8,stall=random,seed=7\n"
    "  preset=NAME     the build configuration (default: that of the model)\n"
    "  stall=none|cyclic|random|burst|late, seed=N   sim: pauses on both ports, for tests\n"
    "  trace=FILE      sim: an FST waveform of everything\n"
    "  serial=HEX      usb: which board; not needed for the only one\n"
    "  wait=S          usb: how long to wait for the board\n"
    "  timeout=S       usb:, xrt: how long a device may be silent (default 5)\n"
    "  hash=any        usb: accept a board that was built from other sources than this library\n"
    "  xclbin=FILE     xrt: the bitstream (default: the simulated card of the preset)\n"
    "  bdf=BDF         xrt: which card (default: the first)\n",
    NULL,
    NULL,
    NULL};

static void print_sizes(const char *uri, const struct eddy_preset *preset)
{
    printf("%-25s %5u %8u %12zu %11u %7u %7u %8u\n", uri, preset->lanes, preset->weight_bits,
           (size_t)preset->weight_words * preset->lanes, preset->descriptors, preset->input_rows,
           preset->state_rows, preset->streams);
}

static int print_device(struct eddy_context *context, const struct backend *backend,
                        const struct eddy_preset *preset)
{
    char uri[64];
    struct eddy_device *device;
    snprintf(uri, sizeof uri, "%s:preset=%s", backend->scheme, preset->name);
    const int error = eddy_device_open(context, uri, &device);
    if (error)
        return error;
    print_sizes(uri, preset);
    eddy_device_close(device);
    return EDDY_OK;
}

/* A board that was found, as its URI. */
static void print_board(const char *serial, const struct eddy_preset *preset, const char *problem,
                        void *user)
{
    char uri[96];
    const struct backend *backend = user;
    snprintf(uri, sizeof uri, "%s:serial=%s", backend->scheme, serial);
    if (problem) {
        printf("%-25s cannot be used: %s\n", uri, problem);
        return;
    }
    print_sizes(uri, preset);
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    static const struct backend *const backends[] = {&eddy_backend_cpu, &eddy_backend_sim,
                                                     &eddy_backend_usb};
    struct options options = {OPTIONS_DEFAULT};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    printf("%-25s %5s %8s %12s %11s %7s %7s %8s\n", "device", "lanes", "bits", "weights",
           "descriptors", "inputs", "state", "streams");
    for (size_t b = 0; b < sizeof backends / sizeof *backends; b++) {
        int error = EDDY_OK;
        if (backends[b]->list)
            error = backends[b]->list(context, print_board, (void *)(uintptr_t)backends[b]);
        for (size_t p = 0; p < eddy_preset_count() && !backends[b]->list && !error; p++)
            error = print_device(context, backends[b], eddy_preset_at(p));
        if (error)
            return error;
    }
    if (!options.quiet)
        for (size_t b = 0; b < sizeof backends / sizeof *backends; b++)
            printf("%s%s: %s\n", b ? "" : "\n", backends[b]->scheme, backends[b]->summary);
    return EDDY_OK;
}

const struct command command_devices = {"devices", "list devices and what they hold", run};
