/* faults.c -- a stream on a simulated board that is disturbed at random.
 *
 *   faults URI RUNS [SEED]       below with-board
 *
 * Each run streams through a random program and meets one fault: bits lost on the bus, a halted endpoint, the board
 * unplugged, the client killed, the port reset. It must end in the right outputs or in an error; afterwards the board
 * must give the right outputs again.
 */
#include "../support/random_program.h"
#include "backends/preset.h"

#include <inttypes.h>
#include <libusb-1.0/libusb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "usb/usb_format.h"

#define STEPS 60
#define RUN_LIMIT_S 120

enum fault { NOISE, HALT, UNPLUG, KILL, RESET, FAULTS };
static const char *const fault_names[FAULTS] = {"noise", "halt", "unplug", "kill", "reset"};

struct run {
    struct eddy_context *context;
    struct eddy_program *program;
    const char *uri;
    size_t inputs, answered;
    int16_t *x, *y, *expected;
};

static void command(const char *format, unsigned a, unsigned b)
{
    FILE *file = fopen(getenv("EDDY_BOARDS_CONTROL"), "w");
    if (!file)
        return;
    fprintf(file, format, a, b);
    fputc('\n', file);
    fclose(file);
}

/* All steps on a device, in packets of a few; 0 or an error. `pace` is written to after each packet. */
static int stream(struct run *run, const char *uri, int16_t *y, int pace)
{
    struct eddy_device *device = NULL;
    struct eddy_stream *stream = NULL;
    int error = eddy_device_open(run->context, uri, &device);
    if (!error)
        error = eddy_device_load(device, run->program);
    if (!error)
        error = eddy_stream_open(device, &stream);
    for (size_t t = 0; t < STEPS && !error; t += 3) {
        error = eddy_stream_step_fixed(stream, 3, run->x + t * run->inputs, y + t * run->answered);
        if (pace >= 0 && write(pace, "", 1) != 1)
            error = EDDY_ERROR_IO;
    }
    eddy_stream_close(stream);
    eddy_device_close(device);
    return error;
}

static bool right(const struct run *run)
{
    return memcmp(run->y, run->expected, STEPS * run->answered * sizeof *run->y) == 0;
}

/* What the disturbed process ends with. */
enum { ENDED_RIGHT, ENDED_WRONG, ENDED_ERROR };

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

static void strike(enum fault fault, struct random *random, pid_t client)
{
    switch (fault) {
    case HALT:
        command("halt 0 %x",
                random_between(random, 0, 1) ? EDDY_USB_ENDPOINT_IN : EDDY_USB_ENDPOINT_OUT, 0);
        break;
    case UNPLUG: command("unplug 0", 0, 0); break;
    case KILL: kill(client, SIGKILL); break;
    case RESET: reset_port(); break;
    default: break;
    }
}

/* Streams in a process of its own, strikes after a random packet. Returns whether that ended well. */
static bool disturbed(struct run *run, enum fault fault, struct random *random, int *ended)
{
    int pace[2];
    char byte;
    if (pipe(pace))
        return false;
    if (fault == NOISE)
        command("noise %u %u", (unsigned)random_between(random, 5, 40),
                (unsigned)random_between(random, 0, 1 << 20));
    fflush(NULL);
    const pid_t client = fork();
    if (client == 0) {
        close(pace[0]);
        alarm(RUN_LIMIT_S);
        const int error = stream(run, run->uri, run->y, pace[1]);
        if (error && !*eddy_last_error(run->context))
            _exit(ENDED_WRONG);
        _exit(error ? ENDED_ERROR : right(run) ? ENDED_RIGHT : ENDED_WRONG);
    }
    close(pace[1]);
    for (int packets = random_between(random, 0, STEPS / 3 - 1); packets > 0; packets--)
        if (read(pace[0], &byte, 1) != 1)
            break;
    strike(fault, random, client);
    while (read(pace[0], &byte, 1) == 1)
        ;
    close(pace[0]);
    int status;
    waitpid(client, &status, 0);
    command("noise 0 0", 0, 0);
    if (fault == UNPLUG)
        command("plug 0", 0, 0);
    *ended = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return WIFEXITED(status) ? *ended != ENDED_WRONG : fault == KILL && WTERMSIG(status) == SIGKILL;
}

static bool run_once(const char *uri, uint64_t seed, unsigned tally[FAULTS][2])
{
    struct random random = {seed};
    struct run run = {.uri = uri};
    const struct eddy_preset *preset = eddy_preset_at(0);
    const struct random_limits limits = {.layers = 3, .units = 12, .columns = 10, .causal = true};
    for (int n = 0; n < 8; n++)
        random_next(&random);
    if (eddy_context_open(&run.context))
        return false;
    run.program = random_program(&random, preset, &limits);
    run.inputs = program_inputs(run.program);
    run.answered = program_answered(run.program);
    run.x = malloc(STEPS * run.inputs * sizeof *run.x);
    run.y = calloc(STEPS * run.answered, sizeof *run.y);
    run.expected = calloc(STEPS * run.answered, sizeof *run.expected);
    for (size_t i = 0; i < STEPS * run.inputs; i++)
        run.x[i] = (int16_t)(random_next(&random) >> 24);
    bool well = stream(&run, "cpu:", run.expected, -1) == EDDY_OK;
    const enum fault fault = (enum fault)random_between(&random, 0, FAULTS - 1);
    int ended = -1;
    if (!well || !disturbed(&run, fault, &random, &ended)) {
        printf("seed %" PRIu64 ", %s: ended with %d\n", seed, fault_names[fault], ended);
        well = false;
    }
    tally[fault][ended == ENDED_RIGHT]++;
    char again[128];
    snprintf(again, sizeof again, "%swait=20", uri);
    if (well && (stream(&run, again, run.y, -1) || !right(&run))) {
        printf("seed %" PRIu64 ", %s: not well afterwards: %s\n", seed, fault_names[fault],
               eddy_last_error(run.context));
        well = false;
    }
    eddy_program_free(run.program);
    eddy_context_close(run.context);
    free(run.x);
    free(run.y);
    free(run.expected);
    return well;
}

int main(int argc, char **argv)
{
    unsigned tally[FAULTS][2] = {{0}}, failed = 0;
    if (argc < 3) {
        fputs("usage: faults URI RUNS [SEED]\n", stderr);
        return 2;
    }
    const unsigned runs = (unsigned)strtoul(argv[2], NULL, 0);
    const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    for (unsigned n = 0; n < runs; n++)
        failed += !run_once(argv[1], seed * 1000003 + n, tally);
    printf("faults: seed %" PRIu64 ", %u runs:", seed, runs);
    for (int f = 0; f < FAULTS; f++)
        printf(" %s %u (%u right)", fault_names[f], tally[f][0] + tally[f][1], tally[f][1]);
    printf("\n[  PASSED  ] %u test(s).\n", runs - failed);
    if (failed)
        printf("[  FAILED  ] %u test(s).\n", failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
