/* run.c -- eddy run: rows in, through a model on a device or in float, rows out. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_CHUNK = KEY_OWN,
    KEY_FOLLOW,
    KEY_COUNTERS,
    KEY_GENERATE,
    KEY_LARGEST,
    KEY_LAYERS,
    KEY_DECODER,
    KEY_START,
    KEY_STOP
};

struct run_options {
    struct options shared;
    size_t chunk, generate;
    size_t start, stop; /* tokens; stop SIZE_MAX: none */
    const char *decoder;
    bool follow, counters, largest, all_layers;
};

static const struct argp_option option_table[] = {
    OPTION(
        "device", 'd', "URI",
        "where to run: cpu:, sim: (default), see eddy devices; float: runs an .onnx file itself, "
        "in float, as the reference"),
    OPTION_DATA("input", "rows of input: .csv, .npy, .npz, or - for CSV from a pipe (default)"),
    OPTIONS_NUMBERS,
    OPTION_OUTPUT("rows of output: .csv, .npy, or - for CSV to a pipe (default)"),
    OPTION("chunk", KEY_CHUNK, "N",
           "rows to run at a time (default 256); the state is kept between"),
    OPTION("follow", KEY_FOLLOW, NULL, "answer each row as it comes: chunks of one row"),
    OPTION_RESET_EACH,
    OPTION(
        "generate", KEY_GENERATE, "N",
        "run N steps more from the last row of input on, each fed with the outputs of the step "
        "before, on the device; the rows before it set the state. Only these N steps are answered"),
    OPTION(
        "largest", KEY_LARGEST, NULL,
        "float: answer the number of the largest output; a device does that for an image compiled "
        "with --largest"),
    OPTION(
        "all-layers", KEY_LAYERS, NULL,
        "answer every layer's outputs, first layer first; a device does that for an image compiled "
        "with --all-layers"),
    OPTION(
        "decoder", KEY_DECODER, "FILE",
        "float: the decoder of the encoder MODEL; a device has both in an image compiled with "
        "--decoder. With --generate each sequence of rows (--reset-each, or the file) is answered "
        "with N tokens"),
    OPTION("start", KEY_START, "TOKEN", "the first that a decoder is told (default 0)"),
    OPTION("stop", KEY_STOP, "TOKEN", "the last that is taken from a decoder (default: none)"),
    OPTION("counters", KEY_COUNTERS, NULL, "print what the device counted, to stderr"),
    OPTION_QUIET,
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run_options *o = state->input;
    switch (key) {
    case KEY_CHUNK: o->chunk = parse_count(state, "chunk", arg, 1, 1000000); break;
    case KEY_FOLLOW: o->follow = true; break;
    case KEY_COUNTERS: o->counters = true; break;
    case KEY_GENERATE: o->generate = parse_count(state, "generate", arg, 1, SIZE_MAX / 4096); break;
    case KEY_LARGEST: o->largest = true; break;
    case KEY_DECODER: o->decoder = arg; break;
    case KEY_START: o->start = parse_count(state, "start", arg, 0, INT16_MAX); break;
    case KEY_STOP: o->stop = parse_count(state, "stop", arg, 0, INT16_MAX); break;
    case KEY_LAYERS: o->all_layers = true; break;
    case ARGP_KEY_END:
        if (is_pipe(o->shared.data) && (o->shared.skip || o->shared.rows))
            argp_error(state, "--skip and --rows need a file: --input FILE");
        if (o->counters && strncmp(o->shared.device, "float:", 6) == 0)
            argp_error(state, "--counters: float: is no device and counts nothing");
        if (o->largest && strncmp(o->shared.device, "float:", 6) != 0)
            argp_error(state, "--largest is for float:; a device needs an image compiled with it");
        if (o->generate && o->all_layers)
            argp_error(state, "give --generate or --all-layers, not both");
        if (o->largest && o->all_layers)
            argp_error(state, "give --largest or --all-layers, not both");
        return options_parse(key, arg, state);
    default: return options_parse(key, arg, state);
    }
    return 0;
}

static const struct argp argp = {
    option_table,
    parse,
    "MODEL",
    "Streams rows of numbers through a model, one row a time step: an .eddy image on a "
    "device, an .onnx file with --device float:.",
    NULL,
    NULL,
    NULL};

/* The rows of the next chunk: resets fall between chunks. */
static size_t chunk_rows(const struct run_options *o, size_t done)
{
    const size_t chunk = o->follow ? 1 : o->chunk;
    const size_t left =
        o->shared.reset_each ? o->shared.reset_each - done % o->shared.reset_each : chunk;
    return left < chunk ? left : chunk;
}

/* A model that needs whole sequences gets them: --reset-each rows each, or the file as one. */
static int sequence_rows(struct eddy_context *context, const struct run_options *o,
                         struct runner *runner, struct source *source, struct sink *sink)
{
    const size_t length = o->shared.reset_each ? o->shared.reset_each : source->table.n_rows;
    if (!length)
        return refuse("the model needs whole sequences: say with --reset-each N how many rows make "
                      "one, or give them as a file with --input");
    float *x = malloc(length * source->columns * sizeof *x);
    float *y = malloc(length * sink->table.n_columns * sizeof *y);
    int error = x && y ? EDDY_OK : refuse("out of memory for sequences of %zu rows", length);
    for (size_t rows = length, n_out; rows == length && !error;) {
        rows = source_read(context, source, length, x, &error);
        if (rows && !error)
            error = runner_reset(runner);
        if (rows && !error)
            error = runner_sequence(runner, rows, x, y, &n_out);
        if (rows && !error)
            error = sink_write(sink, n_out, y);
        progress_show(&o->shared, "eddy run: %zu rows", source->next);
    }
    free(x);
    free(y);
    return error;
}

static int stream_rows(struct eddy_context *context, const struct run_options *o,
                       struct runner *runner, struct source *source, struct sink *sink)
{
    float *x = malloc(o->chunk * source->columns * sizeof *x);
    float *y = malloc(o->chunk * sink->table.n_columns * sizeof *y);
    int error = x && y ? EDDY_OK : refuse("out of memory; use a smaller --chunk");
    int bad_row = EDDY_OK;
    for (size_t done = 0, rows = 1; rows && !error && !bad_row; done += rows) {
        if (done && o->shared.reset_each && done % o->shared.reset_each == 0)
            error = runner_reset(runner);
        rows = error ? 0 : source_read(context, source, chunk_rows(o, done), x, &bad_row);
        char detail[512] = "";
        if (bad_row) /* the rows before it count; its message must outlive their run */
            snprintf(detail, sizeof detail, "%s", eddy_last_error(context));
        if (rows)
            error = runner_step(runner, rows, x, y);
        if (rows && !error)
            error = sink_write(sink, rows, y);
        if (bad_row && !error)
            error = refuse("%s", detail);
        progress_show(&o->shared, "eddy run: %zu rows", done + rows);
    }
    if (!error && !source->next)
        error = refuse("the input is empty; give at least one row (columns: %zu)", source->columns);
    free(x);
    free(y);
    return error;
}

/* The rows before the last are the past; what they answer is not asked for. */
static int generate_rows(struct eddy_context *context, const struct run_options *o,
                         struct runner *runner, struct source *source, struct sink *sink)
{
    const size_t columns = source->columns;
    if (o->shared.reset_each)
        return refuse("--generate goes on from one state: give no --reset-each");
    float *x = malloc(2 * columns * sizeof *x);
    float *y = malloc((o->chunk + 1) * sink->table.n_columns * sizeof *y);
    int error = x && y ? EDDY_OK : refuse("out of memory; use a smaller --chunk");
    if (!error && !source_read(context, source, 1, x, &error) && !error)
        error = refuse("the input is empty; give at least one row (columns: %zu)", columns);
    while (!error && source_read(context, source, 1, x + columns, &error) && !error) {
        error = runner_step(runner, 1, x, y);
        memcpy(x, x + columns, columns * sizeof *x);
    }
    for (size_t done = 0, rows; done < o->generate && !error; done += rows) {
        rows = o->generate - done < o->chunk ? o->generate - done : o->chunk;
        error = runner_generate(runner, rows, done ? NULL : x, y);
        if (!error)
            error = sink_write(sink, rows, y);
        progress_show(&o->shared, "eddy run: %zu steps generated", done + rows);
    }
    free(x);
    free(y);
    return error;
}

/* Each sequence of rows is a source: --reset-each rows each, or the file as one. */
static int translate_rows(struct eddy_context *context, const struct run_options *o,
                          struct runner *runner, struct source *source, struct sink *sink)
{
    const size_t length = o->shared.reset_each ? o->shared.reset_each : source->table.n_rows;
    if (!length || !o->generate)
        return refuse(
            "the model is an encoder and a decoder: say with --generate how many tokens to "
            "write at most, and give the source as a file, or with --reset-each N how many "
            "rows make one");
    float *x = malloc(length * source->columns * sizeof *x);
    float *y = malloc(o->generate * sizeof *y);
    int error = x && y ? EDDY_OK : refuse("out of memory for sequences of %zu rows", length);
    for (size_t rows = length; rows == length && !error;) {
        rows = source_read(context, source, length, x, &error);
        if (!rows || error)
            break;
        error = runner_translate(runner, rows, x, o->start, o->generate, y);
        size_t n = 1;
        while (n < o->generate && y[n - 1] != (float)o->stop)
            n++;
        if (!error)
            error = sink_write(sink, n, y);
        progress_show(&o->shared, "eddy run: %zu rows", source->next);
    }
    free(x);
    free(y);
    return error;
}

static void print_counters(const struct eddy_stream *stream)
{
    struct eddy_counters c;
    eddy_stream_get_counters(stream, &c);
    const double steps = c.steps ? (double)c.steps : 1;
    fprintf(stderr, "steps %zu, cycles %zu (%.2f a step), columns %zu, ", (size_t)c.steps,
            (size_t)c.cycles, (double)c.cycles / steps, (size_t)c.columns);
    if (c.counts_all)
        fprintf(stderr, "waits: input %zu, state %zu, drain %zu, control %zu", (size_t)c.wait_input,
                (size_t)c.wait_state, (size_t)c.wait_drain, (size_t)c.wait_control);
    else
        fprintf(stderr, "waits: not counted by this preset");
    fprintf(stderr, "; clipped: inputs %zu, outputs %zu, cells %zu, arguments ",
            (size_t)c.clipped_input, (size_t)c.clipped_output, (size_t)c.clipped_cell);
    if (c.counts_all)
        fprintf(stderr, "%zu\n", (size_t)c.clipped_argument);
    else
        fprintf(stderr, "not counted\n");
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct run_options options = {
        {OPTIONS_DEFAULT, .expects = "MODEL"}, .chunk = 256, .stop = SIZE_MAX};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct options *o = &options.shared;
    struct runner runner = {0};
    struct source source = {0};
    struct sink sink = {.is_pipe = is_pipe(o->output)};
    int error = sink.is_pipe ? EDDY_OK : output_check(o->output);
    if (!error)
        error = runner_open(context, o->device, o->file, options.decoder,
                            (options.largest ? RUN_LARGEST : 0) |
                                (options.all_layers ? RUN_ALL_LAYERS : 0),
                            &runner);
    sink.table.n_columns = runner.outputs;
    if (!error)
        error = source_open(context, o, runner.inputs, &source);
    if (!error)
        error = (runner.translates  ? translate_rows
                 : options.generate ? generate_rows
                 : runner.causal    ? stream_rows
                                    : sequence_rows)(context, &options, &runner, &source, &sink);
    if (!error)
        error = sink_close(context, &sink, o->output);
    progress_end();
    if (!error && options.counters)
        print_counters(runner.session.stream);
    runner_close(&runner);
    eddy_table_free(&source.table);
    eddy_table_free(&sink.table);
    return error;
}

const struct command command_run = {"run", "stream data through a model", run};
