/* bench.c -- eddy bench: what a layer costs, as the device counts it, and whether its bits are
 * right. */
#include "cli.h"
#include "train/random.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CELL = KEY_OWN, KEY_INPUT, KEY_HIDDEN, KEY_CLOCK };

struct bench_options {
    struct options shared;
    enum eddy_cell cell;
    size_t input, hidden;
    double clock_mhz;
};

static const char *const cell_names[] = {[EDDY_CELL_DENSE] = "dense", [EDDY_CELL_RNN] = "rnn"};

static const struct argp_option option_table[] = {
    OPTION_DEVICE,
    OPTION("cell", KEY_CELL, "CELL", "rnn (default) or dense"),
    OPTION("input", KEY_INPUT, "N", "length of x (default 16)"),
    OPTION("hidden", KEY_HIDDEN, "N", "units of the layer (default 64)"),
    OPTION_STEPS("how many time steps (default 1000)"),
    OPTION_SEED,
    OPTIONS_COMPILE,
    OPTION("clock-mhz", KEY_CLOCK, "F", "also give the time of a step at this clock"),
    OPTION_JSON,
    OPTION_QUIET,
    {0}};

static enum eddy_cell parse_cell(struct argp_state *state, const char *arg)
{
    for (size_t i = 0; i < sizeof cell_names / sizeof *cell_names; i++)
        if (strcmp(arg, cell_names[i]) == 0)
            return (enum eddy_cell)i;
    argp_error(state, "--cell %s: there are rnn and dense", arg);
    return EDDY_CELL_RNN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bench_options *o = state->input;
    switch (key) {
    case KEY_CELL: o->cell = parse_cell(state, arg); break;
    case KEY_INPUT: o->input = parse_count(state, "input", arg, 1, 65535); break;
    case KEY_HIDDEN: o->hidden = parse_count(state, "hidden", arg, 1, 65535); break;
    case KEY_CLOCK:
        o->clock_mhz = parse_real(state, "clock-mhz", arg);
        if (o->clock_mhz <= 0)
            argp_error(state, "--clock-mhz %s: give a positive number", arg);
        break;
    default: return options_parse(key, arg, state);
    }
    return 0;
}

static const struct argp argp = {option_table,
                                 parse,
                                 NULL,
                                 "Runs one layer with random weights on a device, every output "
                                 "answered, and compares each with cpu:.\v"
                                 "mac_utilisation is useful MACs / (lanes * cycles), as counted by "
                                 "the device; cpu: counts no cycles.",
                                 NULL,
                                 NULL,
                                 NULL};

static void fill(struct eddy_random *random, size_t n, float *v, double limit)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(limit * (2 * eddy_random_uniform(random) - 1));
}

/* Weights small enough that the state neither dies nor explodes. */
static int make_model(struct eddy_context *context, const struct bench_options *o,
                      struct eddy_model **model)
{
    const struct eddy_layer_shape shape = {o->cell, EDDY_ACTIVATION_TANH, o->hidden};
    const int error = eddy_model_create(context, o->input, 1, &shape, model);
    if (error)
        return error;
    struct eddy_random random;
    struct eddy_layer *layer = (*model)->layers;
    eddy_random_seed(&random, o->shared.seed);
    fill(&random, o->hidden * o->input, layer->w, sqrt(1.5 / (double)o->input));
    fill(&random, o->hidden, layer->b, 0.1);
    if (layer->r)
        fill(&random, o->hidden * o->hidden, layer->r, sqrt(2.0 / (double)o->hidden));
    return EDDY_OK;
}

struct result {
    struct eddy_program_info info;
    struct eddy_counters counters;
    size_t mismatches;
};

/* Both devices on the same input. */
static int measure(struct eddy_context *context, const struct bench_options *o,
                   const struct eddy_program *program, const struct eddy_table *data,
                   struct result *result)
{
    const size_t steps = o->shared.steps, outputs = steps * o->hidden;
    struct eddy_counters unused;
    int16_t *x = malloc(steps * o->input * sizeof *x);
    int16_t *y = malloc(outputs * sizeof *y), *expected = malloc(outputs * sizeof *expected);
    int error = x && y && expected ? EDDY_OK : refuse("out of memory; use fewer --steps");
    for (size_t t = 0; t < steps && !error; t++)
        eddy_program_quantise_input(program, data->values + t * o->input, x + t * o->input);
    if (!error)
        error = session_run_fixed(context, "cpu:", program, steps, x, expected, &unused);
    if (!error)
        error =
            session_run_fixed(context, o->shared.device, program, steps, x, y, &result->counters);
    eddy_program_get_info(program, &result->info);
    result->mismatches = 0;
    for (size_t i = 0; i < outputs && !error; i++)
        result->mismatches += y[i] != expected[i];
    free(x);
    free(y);
    free(expected);
    return error;
}

static json_t *to_json(const struct bench_options *o, const struct result *r)
{
    const struct eddy_program_info *info = &r->info;
    const struct eddy_counters *c = &r->counters;
    const double cycles = (double)c->cycles, steps = (double)c->steps;
    const double macs = (double)info->useful_macs_per_step * steps;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:f, s:I, s:I, s:I, s:I, s:I, "
        "s:I}",
        "device", o->shared.device, "preset", info->preset, "cell", cell_names[o->cell], "input",
        (json_int_t)o->input, "hidden", (json_int_t)o->hidden, "lanes", (json_int_t)info->lanes,
        "weight_bits", (json_int_t)info->weight_bits, "steps", (json_int_t)c->steps, "cycles",
        (json_int_t)c->cycles, "cycles_per_step", cycles / steps, "useful_macs", (json_int_t)macs,
        "mac_utilisation", cycles > 0 ? macs / ((double)info->lanes * cycles) : 0.0, "wait_input",
        (json_int_t)c->wait_input, "wait_state", (json_int_t)c->wait_state, "wait_drain",
        (json_int_t)c->wait_drain, "wait_control", (json_int_t)c->wait_control, "saturations",
        (json_int_t)c->saturated, "mismatches", (json_int_t)r->mismatches);
    if (json && o->clock_mhz > 0)
        json_object_set_new(json, "us_per_step", json_real(cycles / steps / o->clock_mhz));
    return json;
}

static int print_result(const struct bench_options *o, const struct result *result)
{
    const char *key;
    json_t *value, *json = to_json(o, result);
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

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct bench_options options = {
        {OPTIONS_DEFAULT}, .cell = EDDY_CELL_RNN, .input = 16, .hidden = 64};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct eddy_compile_options compile = {.struct_size = sizeof compile};
    struct eddy_model *model = NULL;
    struct eddy_program *program = NULL;
    struct eddy_table data = {0};
    struct result result = {0};
    int error = preset_choose(&options.shared, &compile.preset);
    if (!error)
        error = make_model(context, &options, &model);
    if (!error)
        error = data_make(model, options.input, options.shared.steps, options.shared.seed, &data);
    compile.calibration = &data;
    if (!error)
        error = eddy_program_compile(context, model, &compile, &program);
    if (!error)
        error = measure(context, &options, program, &data, &result);
    if (!error)
        error = print_result(&options, &result);
    if (!error && result.mismatches)
        error = refuse("%zu outputs of %s differ from cpu:; this is a fault of the engine, please "
                       "report it with the seed",
                       result.mismatches, options.shared.device);
    eddy_program_free(program);
    eddy_table_free(&data);
    eddy_model_free(model);
    return error;
}

const struct command command_bench = {"bench", "cycles, utilisation and exactness of a layer", run};
