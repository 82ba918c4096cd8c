/* check.c -- eddy check: float against fixed point against a device, layer by layer. */
#include "cli.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct argp_option option_table[] = {
    OPTION_DEVICE,
    OPTION_DATA("input", "rows of input, which also calibrate: .csv, .npy, .npz (default: noise)"),
    OPTIONS_NUMBERS,
    OPTION_RESET_EACH,
    OPTIONS_COMPILE,
    OPTION_STEPS("how many time steps at most (default 1000)"),
    OPTION_SEED,
    OPTION_JSON,
    OPTION_QUIET,
    {0}};

static const struct argp argp = {
    option_table,
    options_parse,
    "MODEL.onnx",
    "Runs a model in float, in fixed point on cpu:, and on a device, and compares every layer's "
    "outputs "
    "at every step.\v"
    "NMSE: mean square error of fixed point against float, divided by the float outputs' mean "
    "square. "
    "Clipped: outputs at an end of the 16-bit range. Mismatches: numbers of the device that differ "
    "from cpu:; there must be none.",
    NULL,
    NULL,
    NULL};

/* The outputs of a layer at every step, (n_steps, n_out) each. */
struct outputs {
    size_t n_steps, n_out;
    size_t n_fixed, n_device; /* steps of them so far */
    float *real;
    int16_t *fixed, *device;
};

/* What all layers gave, and where the run under way writes. */
struct checked {
    size_t n_layers, capacity_steps, sequence_rows;
    struct outputs *layers;
    bool on_device, out_of_memory;
    struct eddy_counters counters; /* of the device */
};

struct comparison {
    double square_error, square, max_error;
    size_t clipped, mismatches;
};

static void checked_free(struct checked *c)
{
    for (size_t l = 0; c->layers && l < c->n_layers; l++) {
        free(c->layers[l].real);
        free(c->layers[l].fixed);
        free(c->layers[l].device);
    }
    free(c->layers);
}

/* One step of a layer in float. */
static void keep_float(void *user, size_t layer, size_t n_out, const float *y)
{
    struct checked *c = user;
    struct outputs *out = &c->layers[layer];
    if (!out->real) {
        out->n_out = n_out;
        out->real = malloc(c->capacity_steps * n_out * sizeof *out->real);
    }
    c->out_of_memory |= !out->real;
    if (out->real)
        memcpy(out->real + out->n_steps++ * n_out, y, n_out * sizeof *y);
}

/* A layer over a whole sequence in fixed point. */
static void keep_fixed(void *user, size_t layer, size_t n_steps, size_t n_out, const int16_t *y)
{
    struct checked *c = user;
    struct outputs *out = &c->layers[layer];
    int16_t **const to = c->on_device ? &out->device : &out->fixed;
    size_t *const done = c->on_device ? &out->n_device : &out->n_fixed;
    if (!*to)
        *to = malloc(c->capacity_steps * n_out * sizeof **to);
    c->out_of_memory |= !*to;
    if (*to)
        memcpy(*to + *done * n_out, y, n_steps * n_out * sizeof *y);
    *done += n_steps;
}

/* Rows of the sequence that begins at row t. */
static size_t length_at(const struct checked *c, size_t t)
{
    const size_t left = c->capacity_steps - t;
    return left < c->sequence_rows ? left : c->sequence_rows;
}

static int run_float(struct eddy_context *context, const struct eddy_model *model,
                     const struct eddy_table *input, struct checked *checked)
{
    float *state = calloc(eddy_model_state_elems(model) + 1, sizeof *state);
    float *y = malloc(input->n_rows * eddy_model_outputs(model) * sizeof *y);
    size_t n_out;
    int error = state && y ? EDDY_OK : refuse("out of memory; use fewer rows");
    for (size_t t = 0; t < input->n_rows && !error; t += checked->sequence_rows) {
        eddy_model_initial_state(model, state);
        error = eddy_model_run_sequence(context, model, state, length_at(checked, t),
                                        input->values + t * input->n_columns, y, &n_out, keep_float,
                                        checked);
    }
    free(state);
    free(y);
    return error;
}

static int run_fixed(struct eddy_context *context, const char *uri,
                     const struct eddy_program *program, size_t n_inputs, const int16_t *x,
                     struct checked *checked)
{
    struct session session;
    int error = session_open(context, uri, program, &session);
    if (error)
        return error;
    for (size_t t = 0; t < checked->capacity_steps && !error; t += checked->sequence_rows) {
        error = eddy_stream_reset(session.stream);
        if (!error)
            error = eddy_stream_sequence_fixed(session.stream, length_at(checked, t),
                                               x + t * n_inputs, keep_fixed, checked);
    }
    eddy_stream_get_counters(session.stream, &checked->counters);
    session_close(&session);
    return error;
}

static int run_all(struct eddy_context *context, const char *uri, const struct eddy_model *model,
                   const struct eddy_program *program, const struct eddy_table *input,
                   size_t sequence_rows, struct checked *checked)
{
    const size_t inputs = input->n_columns, n_steps = input->n_rows;
    *checked = (struct checked){.n_layers = model->n_layers,
                                .capacity_steps = n_steps,
                                .sequence_rows = sequence_rows ? sequence_rows : n_steps,
                                .layers = calloc(model->n_layers, sizeof *checked->layers)};
    int16_t *x = malloc(n_steps * inputs * sizeof *x);
    int error = x && checked->layers ? run_float(context, model, input, checked)
                                     : refuse("out of memory; use fewer rows");
    for (size_t t = 0; t < n_steps && !error; t++)
        eddy_program_quantise_input(program, input->values + t * inputs, x + t * inputs);
    if (!error)
        error = run_fixed(context, "cpu:", program, inputs, x, checked);
    checked->on_device = true;
    if (!error)
        error = run_fixed(context, uri, program, inputs, x, checked);
    if (!error && checked->out_of_memory)
        error = refuse("out of memory; use fewer rows");
    free(x);
    return error;
}

static struct comparison compare(const struct outputs *out, int fraction_bits)
{
    struct comparison c = {0};
    for (size_t i = 0; i < out->n_steps * out->n_out; i++) {
        const double error = fabs(ldexp(out->fixed[i], -fraction_bits) - out->real[i]);
        c.square_error += error * error;
        c.square += (double)out->real[i] * out->real[i];
        c.max_error = error > c.max_error ? error : c.max_error;
        c.clipped += out->fixed[i] == INT16_MAX || out->fixed[i] == INT16_MIN;
        c.mismatches += out->fixed[i] != out->device[i];
    }
    return c;
}

static json_t *layer_to_json(size_t layer, const struct eddy_layer *shape,
                             const struct eddy_layer_format *format, const struct comparison *c)
{
    return json_pack("{s:I, s:s, s:I, s:I, s:f, s:f, s:I, s:I}", "layer", (json_int_t)layer + 1,
                     "cell", eddy_cell_name(shape->cell), "rows", (json_int_t)format->rows,
                     "fraction_bits", (json_int_t)format->out_fraction_bits, "nmse",
                     c->square > 0 ? c->square_error / c->square : 0.0, "max_error", c->max_error,
                     "clipped", (json_int_t)c->clipped, "mismatches", (json_int_t)c->mismatches);
}

static void print_layer(size_t layer, const struct eddy_layer *shape,
                        const struct eddy_layer_format *format, const struct comparison *c)
{
    char number[16];
    snprintf(number, sizeof number, "Q%d.%d", 15 - format->out_fraction_bits,
             format->out_fraction_bits);
    printf("%5zu  %-9s %5zu  %-6s %10.3g %12.3g %8zu %11zu\n", layer + 1,
           eddy_cell_name(shape->cell), format->rows, number,
           c->square > 0 ? c->square_error / c->square : 0.0, c->max_error, c->clipped,
           c->mismatches);
}

static void print_json(const struct options *o, const char *preset, const struct checked *out,
                       size_t n_steps, json_t *layers, size_t mismatches)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "device", o->device, "preset", preset, "steps",
        (json_int_t)n_steps, "cycles", (json_int_t)out->counters.cycles, "saturations",
        (json_int_t)(out->counters.clipped_output + out->counters.clipped_cell), "mismatches",
        (json_int_t)mismatches, "layers", layers);
    json_dumpf(json, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(json);
}

static int report(const struct options *o, const struct eddy_model *model,
                  const struct eddy_program *program, const struct checked *out, size_t n_steps)
{
    size_t mismatches = 0;
    json_t *layers = json_array();
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    if (!o->json)
        printf("layer  cell       rows  format       NMSE   max. error  clipped  mismatches\n");
    for (size_t l = 0; l < info.layers; l++) {
        struct eddy_layer_format format;
        eddy_program_get_format(program, l, &format);
        const struct comparison c = compare(&out->layers[l], format.out_fraction_bits);
        if (o->json)
            json_array_append_new(layers, layer_to_json(l, &model->layers[l], &format, &c));
        else
            print_layer(l, &model->layers[l], &format, &c);
        mismatches += c.mismatches;
    }
    if (o->json)
        print_json(o, info.preset, out, n_steps, layers, mismatches);
    else
        printf("%zu steps on %s (%s), %zu cycles, %zu saturations, %zu mismatches with cpu:\n",
               n_steps, o->device, info.preset, (size_t)out->counters.cycles,
               (size_t)(out->counters.clipped_output + out->counters.clipped_cell), mismatches);
    if (!o->json)
        json_decref(layers);
    return mismatches
               ? refuse("%s differs from cpu: in %zu numbers; this is a fault of the engine, "
                        "please report it with the model",
                        o->device, mismatches)
               : EDDY_OK;
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct options options = {OPTIONS_DEFAULT, .expects = "MODEL.onnx"};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct eddy_compile_options compile = {.struct_size = sizeof compile, .emit_all_layers = true};
    struct eddy_model *model = NULL;
    struct eddy_program *program = NULL;
    struct eddy_table input = {0};
    struct checked out = {0};
    int error = preset_choose(&options, &compile.preset);
    if (!error)
        error = eddy_model_read_onnx(context, options.file, &model);
    if (!error)
        error = options.data ? data_read(context, &options, eddy_model_inputs(model), &input)
                             : data_make(model, eddy_model_inputs(model), eddy_model_tokens(model),
                                         options.steps, options.seed, &input);
    if (!error && input.n_rows > options.steps)
        input.n_rows = options.steps;
    compile.calibration = &input;
    compile.sequence_rows = options.reset_each;
    if (!error)
        error = eddy_program_compile(context, model, &compile, &program);
    if (!error)
        error = run_all(context, options.device, model, program, &input, options.reset_each, &out);
    if (!error)
        error = report(&options, model, program, &out, input.n_rows);
    checked_free(&out);
    eddy_program_free(program);
    eddy_table_free(&input);
    eddy_model_free(model);
    return error;
}

const struct command command_check = {"check", "compare float, fixed point and a device", run};
