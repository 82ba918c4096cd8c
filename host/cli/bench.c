/* bench.c -- eddy bench: what a layer costs, as the device counts it, and whether its bits are
 * right. */
#include "bench.h"
#include "lib/device.h"
#include "model/program.h"
#include "packet.h"
#include "timed.h"
#include "train/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_CELL = KEY_OWN,
    KEY_INPUT,
    KEY_HIDDEN,
    KEY_LAYERS,
    KEY_STREAMS,
    KEY_CLOCK,
    KEY_EACH,
    KEY_TRAIN,
    KEY_BATCH,
    KEY_THREADS
};

static const struct bench_cell cells[] = {
    {"rnn", {.cell = EDDY_CELL_RNN, .activation = EDDY_ACTIVATION_TANH}},
    {"rnn-relu", {.cell = EDDY_CELL_RNN, .activation = EDDY_ACTIVATION_RELU}},
    {"gru",
     {.cell = EDDY_CELL_GRU, .activation = EDDY_ACTIVATION_TANH, .linear_before_reset = true}},
    {"gru-0", {.cell = EDDY_CELL_GRU, .activation = EDDY_ACTIVATION_TANH}},
    {"lstm", {.cell = EDDY_CELL_LSTM, .activation = EDDY_ACTIVATION_TANH}},
    {"lstm-peephole",
     {.cell = EDDY_CELL_LSTM, .activation = EDDY_ACTIVATION_TANH, .peephole = true}},
    {"dense", {.cell = EDDY_CELL_DENSE, .activation = EDDY_ACTIVATION_TANH}},
};

static const struct argp_option option_table[] = {
    OPTION_DEVICE,
    OPTION("cell", KEY_CELL, "CELL",
           "rnn (default), rnn-relu, gru (reset after the product, as PyTorch), gru-0 (before it), "
           "lstm, lstm-peephole or dense"),
    OPTION("input", KEY_INPUT, "N", "length of x (default 16)"),
    OPTION("hidden", KEY_HIDDEN, "N", "units of a layer (default 64)"),
    OPTION("layers", KEY_LAYERS, "N", "layers of that kind (default 1)"),
    OPTION("streams", KEY_STREAMS, "N", "streams side by side (default 1)"),
    OPTION_STEPS("how many time steps (default 1000)"),
    OPTION_SEED,
    OPTIONS_COMPILE,
    OPTION("clock-mhz", KEY_CLOCK, "F", "also give the time of a step at this clock"),
    OPTION("each", KEY_EACH, NULL, "each step in a call of its own, as samples arrive"),
    OPTION("train", KEY_TRAIN, NULL, "measure the training on the CPU, not a device"),
    OPTION("batch", KEY_BATCH, "N", "with --train: sequences of a mini-batch (default 32)"),
    OPTION("threads", KEY_THREADS, "N",
           "with --train: threads (default one for each processor, at most the batch)"),
    OPTION_JSON,
    OPTION_QUIET,
    {0}};

static const struct bench_cell *parse_cell(struct argp_state *state, const char *arg)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(arg, cells[i].name) == 0)
            return &cells[i];
    argp_error(state,
               "--cell %s: there are rnn, rnn-relu, gru, gru-0, lstm, lstm-peephole and dense",
               arg);
    return cells;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bench_options *o = state->input;
    switch (key) {
    case KEY_CELL: o->cell = parse_cell(state, arg); break;
    case KEY_INPUT: o->input = parse_count(state, "input", arg, 1, 65535); break;
    case KEY_HIDDEN: o->hidden = parse_count(state, "hidden", arg, 1, 65535); break;
    case KEY_LAYERS: o->layers = parse_count(state, "layers", arg, 1, BENCH_LAYERS); break;
    case KEY_STREAMS: o->streams = parse_count(state, "streams", arg, 1, 64); break;
    case KEY_CLOCK:
        o->clock_mhz = parse_real(state, "clock-mhz", arg);
        if (o->clock_mhz <= 0)
            argp_error(state, "--clock-mhz %s: give a positive number", arg);
        break;
    case KEY_EACH: o->each = true; break;
    case KEY_TRAIN: o->train = true; break;
    case KEY_BATCH: o->batch = parse_count(state, "batch", arg, 1, 65535); break;
    case KEY_THREADS: o->threads = parse_count(state, "threads", arg, 1, 1024); break;
    case ARGP_KEY_END:
        if (o->threads > o->batch)
            argp_error(state, "--threads %zu: each needs a sequence of the batch, which has %zu",
                       o->threads, o->batch);
        return options_parse(key, arg, state);
    default: return options_parse(key, arg, state);
    }
    return 0;
}

static const struct argp argp = {
    option_table,
    parse,
    NULL,
    "Runs layers with random weights on a device, every output "
    "answered, and compares each with cpu:.\v"
    "mac_utilisation is useful MACs / (lanes * cycles), as counted by "
    "the device; cpu: counts no cycles. sim: also says how fast the "
    "simulation is, and what part of its CPU time goes to anything but the RTL. "
    "process_us_per_step is this process's CPU time (for cpu: and sim: with the engine in it), "
    "library_us_per_step what of it the library takes outside of the carrier to the device. "
    "With one step of one stream, x late, it counts the cycles between the first word of x at "
    "the input port and the last of y at the output port: latency_columns of "
    "them for the columns that need x, latency_drain in the drain, latency_gates "
    "in the stages of its pipeline and between dependent gates, latency_transport for the "
    "rest.\n"
    "--train measures whole mini-batches of eddy train, the median: "
    "samples are sequences, steps their time steps, operations those "
    "of the matrix products. sgemm is OpenBLAS's on large matrices, "
    "in the same run and threads, with the kernels of blas_core; "
    "OPENBLAS_CORETYPE in the environment chooses others.",
    NULL,
    NULL,
    NULL};

static void fill(struct eddy_random *random, size_t n, float *v, double limit)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(limit * (2 * eddy_random_uniform(random) - 1));
}

/* Weights small enough that the state neither dies nor explodes. */
static void fill_layer(struct eddy_random *random, struct eddy_layer *layer)
{
    const size_t rows = eddy_cell_gates(layer->cell) * layer->n_hidden;
    fill(random, rows * layer->n_in, layer->w, sqrt(1.5 / (double)layer->n_in));
    fill(random, rows, layer->b, 0.1);
    if (layer->r)
        fill(random, rows * layer->n_hidden, layer->r,
             sqrt((layer->activation == EDDY_ACTIVATION_RELU ? 0.5 : 2.0) /
                  (double)layer->n_hidden));
    if (layer->rb)
        fill(random, layer->n_hidden, layer->rb, 0.1);
    if (layer->p)
        fill(random, 3 * layer->n_hidden, layer->p, 0.3);
}

void bench_shapes(const struct bench_options *options, struct eddy_layer_shape shapes[])
{
    for (size_t l = 0; l < options->layers; l++) {
        shapes[l] = options->cell->shape;
        shapes[l].n_out = options->hidden;
    }
}

static int make_model(struct eddy_context *context, const struct bench_options *o,
                      struct eddy_model **model)
{
    struct eddy_layer_shape shapes[BENCH_LAYERS];
    bench_shapes(o, shapes);
    const int error = eddy_model_create(context, o->input, o->layers, shapes, model);
    if (error)
        return error;
    struct eddy_random random;
    eddy_random_seed(&random, o->shared.seed);
    for (size_t l = 0; l < o->layers; l++)
        fill_layer(&random, &(*model)->layers[l]);
    return EDDY_OK;
}

struct result {
    struct eddy_program_info info;
    struct eddy_counters counters;
    size_t mismatches;
    bool simulated;
    double simulated_khz, outside_rtl;
    double process_us, library_us; /* of CPU time, a step */
    struct {
        size_t cycles, columns, drain, gates, transport;
    } latency; /* of a single step whose sample the engine waits for; cycles 0: not measured */
};

/* The latest step from port to port. */
static void measure_latency(const struct eddy_device *device, const struct eddy_program *program,
                            struct result *r)
{
    const struct eddy_counters *c = &r->counters;
    struct sim_figures figures;
    const size_t inputs = program_inputs(program);
    if (!c->counts_all || !device_figures(device, inputs - 1, ANSWER_RUN_TRAILER_WORDS, &figures))
        return;
    const struct program_layer *first = &program->layers[0];
    const bool recurrent = eddy_cell_is_recurrent((enum eddy_cell)first->cell);
    const size_t waits = c->wait_control + c->wait_input + c->wait_state + c->wait_drain;
    const size_t before_input = recurrent ? first->n_hidden : 0;
    r->latency.cycles = figures.given_at - figures.taken_at + 1;
    r->latency.columns = c->columns - before_input + c->wait_state + c->wait_drain;
    r->latency.drain = program_last_drain(program);
    r->latency.gates = c->cycles - c->columns - waits - r->latency.drain;
    r->latency.transport =
        r->latency.cycles - r->latency.columns - r->latency.drain - r->latency.gates;
}

/* The steps, in calls of `chunk` steps; the CPU time that they take goes to the result. */
static int run_steps(struct eddy_device *device, struct eddy_stream *const *streams,
                     const struct bench_options *o, const int16_t *x, int16_t *y,
                     struct result *result)
{
    const size_t n_steps = o->shared.steps, chunk = o->each ? 1 : n_steps;
    struct timed_carrier timed;
    int error = EDDY_OK;
    timed_begin(&timed, device);
    const uint64_t begin = cpu_ns(), process_begin = process_ns();
    for (size_t t = 0; t < n_steps && !error; t += chunk)
        error = eddy_streams_step_fixed(streams, o->streams, chunk, x + t * o->streams * o->input,
                                        y + t * o->streams * o->hidden);
    const uint64_t outside = cpu_ns() - begin - timed.carrier_ns;
    const uint64_t looking = timed.n_transfers * timed.clock_ns;
    result->process_us = (double)(process_ns() - process_begin) / 1e3 / (double)n_steps;
    result->library_us =
        (outside > looking ? (double)(outside - looking) : 0) / 1e3 / (double)n_steps;
    timed_end(&timed, device);
    return error;
}

/* All streams side by side, each with the same rows. */
static int run_streams(struct eddy_context *context, const char *uri, const struct bench_options *o,
                       const struct eddy_program *program, const int16_t *x, int16_t *y,
                       struct result *result)
{
    const size_t n_streams = o->streams;
    struct eddy_stream *streams[64];
    struct session session;
    struct sim_figures before, after;
    int error = session_open(context, uri, program, &session);
    size_t opened = 1;
    streams[0] = session.stream;
    while (!error && opened < n_streams)
        if (!(error = eddy_stream_open(session.device, &streams[opened])))
            opened++;
    if (!error)
        result->simulated = device_figures(session.device, 0, 0, &before);
    const uint64_t begin = cpu_ns();
    if (!error)
        error = run_steps(session.device, streams, o, x, y, result);
    const double busy_ns = (double)(cpu_ns() - begin);
    if (!error)
        eddy_stream_get_counters(session.stream, &result->counters);
    if (!error && result->simulated) {
        device_figures(session.device, 0, 0, &after);
        result->simulated_khz = (double)(after.cycles - before.cycles) * 1e6 / busy_ns;
        result->outside_rtl = fmax(0, 1 - (double)(after.rtl_ns - before.rtl_ns) / busy_ns);
        if (n_streams == 1 && o->shared.steps == 1)
            measure_latency(session.device, program, result);
    }
    for (size_t k = 1; k < opened; k++)
        eddy_stream_close(streams[k]);
    session_close(&session);
    return error;
}

/* The step once more, its sample not there before the engine waits for it: its latency goes to the result. */
static int run_late(struct eddy_context *context, const struct bench_options *o,
                    const struct eddy_program *program, const int16_t *x, int16_t *y,
                    struct result *result)
{
    const char *uri = o->shared.device;
    const bool has_options = uri[strcspn(uri, ":")] && uri[strcspn(uri, ":") + 1];
    struct result late = {0};
    char late_uri[512];
    snprintf(late_uri, sizeof late_uri, "%s%sstall=late", uri, has_options ? "," : "");
    const int error = run_streams(context, late_uri, o, program, x, y, &late);
    result->latency = late.latency;
    return error;
}

/* Both devices on the same input. */
static int measure(struct eddy_context *context, const struct bench_options *o,
                   const struct eddy_program *program, const struct eddy_table *data,
                   struct result *result)
{
    const size_t vectors = o->shared.steps * o->streams, outputs = vectors * o->hidden;
    struct result unused;
    int16_t *x = malloc(vectors * o->input * sizeof *x);
    int16_t *y = malloc(outputs * sizeof *y), *expected = malloc(outputs * sizeof *expected);
    int error = x && y && expected ? EDDY_OK : refuse("out of memory; use fewer --steps");
    for (size_t t = 0; t < vectors && !error; t++)
        eddy_program_quantise_input(program, data->values + t / o->streams * o->input,
                                    x + t * o->input);
    if (!error)
        error = run_streams(context, "cpu:", o, program, x, expected, &unused);
    if (!error)
        error = run_streams(context, o->shared.device, o, program, x, y, result);
    if (!error && result->simulated && o->streams == 1 && o->shared.steps == 1)
        error = run_late(context, o, program, x, y, result);
    eddy_program_get_info(program, &result->info);
    result->mismatches = 0;
    for (size_t i = 0; i < outputs && !error; i++)
        result->mismatches += y[i] != expected[i];
    free(x);
    free(y);
    free(expected);
    return error;
}

/* null where the device does not count. */
static json_t *waited(const struct eddy_counters *c, uint64_t cycles)
{
    return c->counts_all ? json_integer((json_int_t)cycles) : json_null();
}

static json_t *to_json(const struct bench_options *o, const struct result *r)
{
    const struct eddy_program_info *info = &r->info;
    const struct eddy_counters *c = &r->counters;
    const double cycles = (double)c->cycles, steps = (double)c->steps;
    const double macs = (double)info->useful_macs_per_step * steps;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:f, s:o, s:o, s:o, "
        "s:o, s:I, "
        "s:I}",
        "device", o->shared.device, "preset", info->preset, "cell", o->cell->name, "input",
        (json_int_t)o->input, "hidden", (json_int_t)o->hidden, "layers", (json_int_t)o->layers,
        "streams", (json_int_t)o->streams, "lanes", (json_int_t)info->lanes, "weight_bits",
        (json_int_t)info->weight_bits, "steps", (json_int_t)c->steps, "cycles",
        (json_int_t)c->cycles, "cycles_per_step", cycles / steps, "useful_macs", (json_int_t)macs,
        "mac_utilisation", cycles > 0 ? macs / ((double)info->lanes * cycles) : 0.0, "wait_input",
        waited(c, c->wait_input), "wait_state", waited(c, c->wait_state), "wait_drain",
        waited(c, c->wait_drain), "wait_control", waited(c, c->wait_control), "saturations",
        (json_int_t)(c->clipped_output + c->clipped_cell), "mismatches", (json_int_t)r->mismatches);
    if (json)
        json_object_update_new(json, json_pack("{s:f, s:f}", "process_us_per_step", r->process_us,
                                               "library_us_per_step", r->library_us));
    if (json && o->clock_mhz > 0)
        json_object_set_new(json, "us_per_step", json_real(cycles / steps / o->clock_mhz));
    if (json && r->latency.cycles != 0)
        json_object_update_new(json, json_pack("{s:I, s:I, s:I, s:I, s:I}", "latency_cycles",
                                               (json_int_t)r->latency.cycles, "latency_columns",
                                               (json_int_t)r->latency.columns, "latency_drain",
                                               (json_int_t)r->latency.drain, "latency_gates",
                                               (json_int_t)r->latency.gates, "latency_transport",
                                               (json_int_t)r->latency.transport));
    if (json && r->simulated)
        json_object_update_new(json, json_pack("{s:f, s:f}", "simulated_khz", r->simulated_khz,
                                               "outside_rtl", r->outside_rtl));
    return json;
}

int bench_print(const struct bench_options *o, json_t *json)
{
    const char *key;
    json_t *value;
    if (!json)
        return refuse("out of memory");
    if (o->shared.json) {
        json_dumpf(json, stdout, JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        json_object_foreach(json, key, value)
        {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
            printf("%-16s %s\n", key, text ? text : "");
            free(text);
        }
    }
    json_decref(json);
    return EDDY_OK;
}

static int bench_device(struct eddy_context *context, const struct bench_options *options)
{
    struct eddy_compile_options compile = {.struct_size = sizeof compile};
    struct eddy_model *model = NULL;
    struct eddy_program *program = NULL;
    struct eddy_table data = {0};
    struct result result = {0};
    int error = preset_choose(&options->shared, &compile.preset);
    if (!error)
        error = make_model(context, options, &model);
    if (!error)
        error =
            data_make(model, options->input, 0, options->shared.steps, options->shared.seed, &data);
    compile.calibration = &data;
    if (!error)
        error = eddy_program_compile(context, model, &compile, &program);
    if (!error)
        error = measure(context, options, program, &data, &result);
    if (!error)
        error = bench_print(options, to_json(options, &result));
    if (!error && result.mismatches)
        error = refuse("%zu outputs of %s differ from cpu:; this is a fault of the engine, please "
                       "report it with the seed",
                       result.mismatches, options->shared.device);
    eddy_program_free(program);
    eddy_table_free(&data);
    eddy_model_free(model);
    return error;
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct bench_options options = {{OPTIONS_DEFAULT}, .cell = cells, .input = 16, .hidden = 64,
                                    .layers = 1,       .streams = 1,  .batch = 32};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return options.train ? bench_train(context, &options) : bench_device(context, &options);
}

const struct command command_bench = {"bench", "cycles, utilisation and exactness of a layer", run,
                                      true};
