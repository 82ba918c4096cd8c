#include "disturb.h"

#include "backends/preset.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 60
#define RUN_LIMIT_S 120

struct run {
    const struct disturbance *disturbance;
    const struct fault *fault;
    struct eddy_context *context;
    struct eddy_program *program;
    const char *uri;
    size_t inputs, answered;
    int16_t *x, *y, *expected;
};

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

/* What a process ends with. */
enum { ENDED_RIGHT, ENDED_WRONG, ENDED_ERROR };

/* Streams in a process of its own, strikes after a random packet. Returns whether that ended well. */
static bool disturbed(struct run *run, struct random *random, int *ended)
{
    int pace[2];
    char byte;
    if (pipe(pace))
        return false;
    run->disturbance->begin(run->fault->kind, random);
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
    run->disturbance->strike(run->fault->kind, random, client);
    while (read(pace[0], &byte, 1) == 1)
        ;
    close(pace[0]);
    int status;
    waitpid(client, &status, 0);
    run->disturbance->end(run->fault->kind);
    *ended = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return WIFEXITED(status) ? *ended != ENDED_WRONG
                             : run->fault->kills && WTERMSIG(status) == SIGKILL;
}

static bool prepare(struct run *run, struct random *random)
{
    const struct random_limits limits = {.layers = 3, .units = 12, .columns = 10, .causal = true};
    for (int n = 0; n < 8; n++)
        random_next(random);
    if (eddy_context_open(&run->context))
        return false;
    run->program = random_program(random, eddy_preset_at(0), &limits);
    run->inputs = program_inputs(run->program);
    run->answered = program_answered(run->program);
    run->x = malloc(STEPS * run->inputs * sizeof *run->x);
    run->y = calloc(STEPS * run->answered, sizeof *run->y);
    run->expected = calloc(STEPS * run->answered, sizeof *run->expected);
    random_inputs(random, run->program, 0, false, STEPS, (uint16_t *)run->x);
    return stream(run, "cpu:", run->expected, -1) == EDDY_OK;
}

static void release(struct run *run)
{
    eddy_program_free(run->program);
    eddy_context_close(run->context);
    free(run->x);
    free(run->y);
    free(run->expected);
}

/* One run. The fault's index and how the stream ended go to *fault and *ended. */
static bool run_once(const struct disturbance *disturbance, const char *uri, uint64_t seed,
                     int *fault, int *ended)
{
    struct random random = {seed};
    struct run run = {.disturbance = disturbance, .uri = uri};
    bool well = prepare(&run, &random);
    *fault = random_between(&random, 0, disturbance->n_faults - 1);
    *ended = -1;
    run.fault = &disturbance->faults[*fault];
    if (!well || !disturbed(&run, &random, ended)) {
        printf("seed %" PRIu64 ", %s: ended with %d\n", seed, run.fault->name, *ended);
        well = false;
    }
    char again[128];
    snprintf(again, sizeof again, "%swait=20", uri);
    if (well && (stream(&run, again, run.y, -1) || !right(&run))) {
        printf("seed %" PRIu64 ", %s: not well afterwards: %s\n", seed, run.fault->name,
               eddy_last_error(run.context));
        well = false;
    }
    release(&run);
    return well;
}

/* What a run tells the process that started it: well, fault, ended right. */
struct report {
    unsigned char well, fault, right;
};

/* Runs [first, n_runs) in steps of `step`, their reports to a pipe. */
static void run_some(const struct disturbance *disturbance, const char *uri, uint64_t seed,
                     unsigned first, unsigned n_runs, unsigned step, int reports)
{
    for (unsigned n = first; n < n_runs; n += step) {
        int fault, ended;
        const bool well = run_once(disturbance, uri, seed * 1000003 + n, &fault, &ended);
        const struct report report = {well, (unsigned char)fault, ended == ENDED_RIGHT};
        fflush(stdout);
        if (write(reports, &report, sizeof report) != sizeof report)
            return;
    }
}

int disturb_main(const struct disturbance *disturbance, int argc, char **argv)
{
    int reports[2];
    struct report report;
    unsigned tally[16][2] = {{0}}, passed = 0;
    if (argc < 3 || disturbance->n_faults > 16 || pipe(reports)) {
        fprintf(stderr, "usage: %s URI RUNS [SEED [JOBS]]\n", argv[0]);
        return 2;
    }
    const unsigned runs = (unsigned)strtoul(argv[2], NULL, 0);
    const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    const unsigned jobs = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 0) : 1;
    fflush(NULL);
    for (unsigned j = 0; j < jobs; j++) {
        if (fork() == 0) {
            run_some(disturbance, argv[1], seed, j, runs, jobs, reports[1]);
            _exit(EXIT_SUCCESS);
        }
    }
    close(reports[1]);
    while (read(reports[0], &report, sizeof report) == sizeof report) {
        passed += report.well;
        tally[report.fault][report.right]++;
    }
    while (wait(NULL) > 0)
        ;
    printf("faults: seed %" PRIu64 ", %u runs:", seed, runs);
    for (int f = 0; f < disturbance->n_faults; f++)
        printf(" %s %u (%u right)", disturbance->faults[f].name, tally[f][0] + tally[f][1],
               tally[f][1]);
    printf("\n[  PASSED  ] %u test(s).\n", passed);
    if (passed != runs)
        printf("[  FAILED  ] %u test(s).\n", runs - passed);
    return passed == runs ? EXIT_SUCCESS : EXIT_FAILURE;
}
