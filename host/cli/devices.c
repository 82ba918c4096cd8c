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
    "  stall=none|cyclic|random, seed=N   sim: pauses on both ports, for tests\n"
    "  trace=FILE      sim: an FST waveform of everything\n",
    NULL,
    NULL,
    NULL};

static int print_device(struct eddy_context *context, const struct backend *backend,
                        const struct eddy_preset *preset)
{
    char uri[64];
    struct eddy_device *device;
    struct eddy_device_info info;
    snprintf(uri, sizeof uri, "%s:preset=%s", backend->scheme, preset->name);
    const int error = eddy_device_open(context, uri, &device);
    if (error)
        return error;
    eddy_device_get_info(device, &info);
    printf("%-25s %5zu %8zu %12zu %7zu %7zu %7zu %8zu\n", uri, info.lanes, info.weight_bits,
           info.weight_words * info.lanes, info.groups, info.input_rows, info.state_rows,
           info.streams);
    eddy_device_close(device);
    return EDDY_OK;
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    static const struct backend *const backends[] = {&eddy_backend_cpu, &eddy_backend_sim};
    struct options options = {OPTIONS_DEFAULT};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    printf("%-25s %5s %8s %12s %7s %7s %7s %8s\n", "device", "lanes", "bits", "weights", "groups",
           "inputs", "state", "streams");
    for (size_t b = 0; b < sizeof backends / sizeof *backends; b++) {
        for (size_t p = 0; p < eddy_preset_count(); p++) {
            const int error = print_device(context, backends[b], eddy_preset_at(p));
            if (error)
                return error;
        }
    }
    if (!options.quiet)
        for (size_t b = 0; b < sizeof backends / sizeof *backends; b++)
            printf("%s%s: %s\n", b ? "" : "\n", backends[b]->scheme, backends[b]->summary);
    return EDDY_OK;
}

const struct command command_devices = {"devices", "list devices and what they hold", run};
