/* trace.c -- eddy trace: a waveform of one run, for GTKWave. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct argp_option option_table[] = {
    OPTION_OUTPUT("the waveform to write, FST (required)"),
    OPTION_DEVICE,
    OPTION_DATA("input", "rows of input: .csv, .npy, .npz (default: noise)"),
    OPTIONS_NUMBERS,
    OPTION_STEPS("how many time steps at most (default 20)"),
    OPTION_SEED,
    OPTION_QUIET,
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    const struct options *o = state->input;
    const error_t result = options_parse(key, arg, state);
    if (key == ARGP_KEY_END && !o->output)
        argp_error(state, "say with -o where to write the waveform");
    if (key == ARGP_KEY_END && strncmp(o->device, "sim:", 4) != 0)
        argp_error(state, "--device %s has no waveform; use sim:", o->device);
    if (key == ARGP_KEY_END && o->output && strchr(o->output, ','))
        argp_error(state, "-o %s: a device URI cannot carry a comma; choose another name",
                   o->output);
    return result;
}

static const struct argp argp = {option_table,
                                 parse,
                                 "MODEL.eddy",
                                 "Runs a few steps on the simulated device and writes every signal "
                                 "to a waveform: loading of the "
                                 "program, then the run.",
                                 NULL,
                                 NULL,
                                 NULL};

/* Rows to run: those of the data, as far as they go, or noise. */
static int make_input(struct eddy_context *context, const struct options *o,
                      const struct eddy_program *program, struct eddy_table *table)
{
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    if (!o->data)
        return data_make(NULL, info.inputs, info.tokens, o->steps, o->seed, table);
    const int error = data_read(context, o, info.inputs, table);
    if (!error && table->n_rows > o->steps)
        table->n_rows = o->steps;
    return error;
}

static int record(struct eddy_context *context, const char *uri, const struct eddy_program *program,
                  const struct eddy_table *input)
{
    struct eddy_program_info info;
    struct session session;
    size_t n_out;
    eddy_program_get_info(program, &info);
    float *y = malloc(input->n_rows * info.outputs * sizeof *y);
    int error = y ? EDDY_OK : refuse("out of memory; use fewer --steps");
    if (!error)
        error = session_open(context, uri, program, &session);
    if (!error) {
        error = eddy_stream_sequence(session.stream, input->n_rows, input->values, y, &n_out);
        session_close(&session);
    }
    free(y);
    return error;
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct options options = {OPTIONS_DEFAULT, .expects = "MODEL.eddy"};
    options.steps = 20;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const size_t uri_bytes = strlen(options.device) + strlen(options.output) + 32;
    char *uri = malloc(uri_bytes), *temporary = malloc(strlen(options.output) + 5);
    struct eddy_program *program = NULL;
    struct eddy_table input = {0};
    int error = uri && temporary ? output_check(options.output) : refuse("out of memory");
    if (!error)
        error = eddy_program_read(context, options.file, &program);
    if (!error)
        error = make_input(context, &options, program, &input);
    if (!error) {
        sprintf(temporary, "%s.tmp", options.output);
        snprintf(uri, uri_bytes, "%s%strace=%s", options.device,
                 options.device[strlen(options.device) - 1] == ':' ? "" : ",", temporary);
        error = record(context, uri, program, &input);
        if (!error && rename(temporary, options.output))
            error = refuse("cannot write %s: %m", options.output);
        if (error)
            unlink(temporary);
    }
    if (!error && !options.quiet)
        printf("%s: %zu steps; open it with gtkwave\n", options.output, input.n_rows);
    free(uri);
    free(temporary);
    eddy_table_free(&input);
    eddy_program_free(program);
    return error;
}

const struct command command_trace = {"trace", "a waveform of a run on sim:", run};
