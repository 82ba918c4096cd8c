/* doctor.c -- eddy doctor: whether each kind of device works here, and what is missing. */
#include "cli.h"

#include <stdio.h>

static const struct argp_option option_table[] = {OPTION_QUIET, {0}};
static const struct argp argp = {option_table,
                                 options_parse,
                                 NULL,
                                 "Opens each kind of device and says what keeps it from working.\v"
                                 "xrt: takes ten seconds in emulation: XRT sleeps as it starts.\n",
                                 NULL,
                                 NULL,
                                 NULL};

static int run(struct eddy_context *context, int argc, char **argv)
{
    static const char *const uris[] = {"cpu:", "sim:", "usb:", "xrt:"};
    struct options options = {OPTIONS_DEFAULT};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct eddy_device *device = NULL;
        progress_show(&options, "opening %s", uris[i]);
        const int error = eddy_device_open(context, uris[i], &device);
        progress_end();
        printf("%s %s\n", uris[i], error ? eddy_last_error(context) : "works");
        eddy_device_close(device);
    }
    return EDDY_OK;
}

const struct command command_doctor = {"doctor", "what works here, and what is missing", run};
