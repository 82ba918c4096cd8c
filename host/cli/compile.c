/* compile.c -- eddy compile: quantises a model and lays it out for a preset. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_FEEDBACK = KEY_OWN, KEY_LARGEST, KEY_LAYERS, KEY_DECODER };

struct compile_options {
    struct options shared;
    const char *decoder;
    bool feedback, largest, all_layers;
};

static const struct argp_option option_table[] = {
    OPTION_OUTPUT("the image to write (required)"),
    OPTIONS_COMPILE,
    OPTION_DATA("calibrate",
                "typical input (.csv, .npy, .npz): chooses the number formats; without it "
                "normalised inputs and outputs within [-8, 8) are assumed"),
    OPTIONS_NUMBERS,
    OPTION_RESET_EACH,
    OPTION("feedback", KEY_FEEDBACK, NULL,
           "outputs can be fed back as the next inputs, on the device: for eddy run --generate"),
    OPTION("largest", KEY_LARGEST, NULL,
           "answer the number of the largest output, a token, instead of the outputs"),
    OPTION("all-layers", KEY_LAYERS, NULL,
           "answer every layer's outputs: for eddy run --all-layers"),
    OPTION("decoder", KEY_DECODER, "FILE",
           "the decoder, ONNX, of the encoder MODEL.onnx: both become one image, which reads a "
           "sequence and then writes tokens"),
    OPTION_QUIET,
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct compile_options *o = state->input;
    switch (key) {
    case KEY_FEEDBACK: o->feedback = true; return 0;
    case KEY_LARGEST: o->largest = true; return 0;
    case KEY_LAYERS: o->all_layers = true; return 0;
    case KEY_DECODER: o->decoder = arg; return 0;
    case ARGP_KEY_END:
        if (!o->shared.output)
            argp_error(state, "say with -o where to write the image");
    }
    return options_parse(key, arg, state);
}

static const struct argp argp = {
    option_table, parse,
    "MODEL.onnx", "Quantises a model, lays it out for a preset, and says what a step costs.",
    NULL,         NULL,
    NULL};

/* Runs n_steps of zeros, x, with room for what is answered, y. */
typedef int run_steps(struct eddy_stream *stream, const struct eddy_program_info *info,
                      size_t n_steps, const int16_t *x, int16_t *y);

static int run_packet(struct eddy_stream *stream, const struct eddy_program_info *info,
                      size_t n_steps, const int16_t *x, int16_t *y)
{
    (void)info;
    return eddy_stream_step_fixed(stream, n_steps, x, y);
}

static int run_fed_back(struct eddy_stream *stream, const struct eddy_program_info *info,
                        size_t n_steps, const int16_t *x, int16_t *y)
{
    (void)info;
    return eddy_stream_generate_fixed(stream, n_steps, x, y);
}

static void ignore(void *user, size_t layer, size_t n_steps, size_t n_out, const int16_t *y)
{
    (void)user, (void)layer, (void)n_steps, (void)n_out, (void)y;
}

static int run_sequence(struct eddy_stream *stream, const struct eddy_program_info *info,
                        size_t n_steps, const int16_t *x, int16_t *y)
{
    (void)info, (void)y;
    return eddy_stream_sequence_fixed(stream, n_steps, x, ignore, NULL);
}

static int translate(struct eddy_stream *stream, const struct eddy_program_info *info,
                     size_t n_source, size_t n_tokens)
{
    float *x = calloc(n_source * info->inputs, sizeof *x), *y = malloc(n_tokens * sizeof *y);
    const int error = x && y ? eddy_stream_translate(stream, n_source, x, 0, n_tokens, y)
                             : refuse("out of memory");
    free(x);
    free(y);
    return error;
}

static int run_source(struct eddy_stream *stream, const struct eddy_program_info *info,
                      size_t n_steps, const int16_t *x, int16_t *y)
{
    (void)x, (void)y;
    return translate(stream, info, n_steps, 1);
}

static int run_tokens(struct eddy_stream *stream, const struct eddy_program_info *info,
                      size_t n_steps, const int16_t *x, int16_t *y)
{
    (void)x, (void)y;
    return translate(stream, info, 1, n_steps);
}

/* How many lengths are counted. The queues between control and datapath are full, or empty, after a few steps. */
#define COUNTED 6

/* Cycles of 1 to COUNTED steps, counted by the RTL itself: they do not depend on the data. */
static int count_cycles(struct eddy_context *context, const struct eddy_program *program,
                        run_steps *run, size_t cycles[COUNTED])
{
    struct eddy_program_info info;
    struct session session = {0};
    eddy_program_get_info(program, &info);
    int16_t *x = calloc(COUNTED * info.inputs, sizeof *x);
    int16_t *y = malloc(COUNTED * info.answers * sizeof *y);
    int error = x && y ? session_open(context, "sim:", program, &session) : refuse("out of memory");
    uint64_t before = 0;
    for (size_t n = 1; n <= COUNTED && !error; n++) {
        struct eddy_counters counters;
        error = run(session.stream, &info, n, x, y);
        eddy_stream_get_counters(session.stream, &counters);
        cycles[n - 1] = (size_t)(counters.cycles - before);
        before = counters.cycles;
    }
    session_close(&session);
    free(x);
    free(y);
    return error;
}

/* The lengths before every further step costs the same, one by one, then the rule for the others. */
static int print_cycles(struct eddy_context *context, const struct eddy_program *program,
                        const char *label, run_steps *run)
{
    size_t c[COUNTED];
    const int error = count_cycles(context, program, run, c);
    if (error)
        return error;
    const size_t further = c[COUNTED - 1] - c[COUNTED - 2];
    size_t steady = COUNTED - 1;
    while (steady > 1 && c[steady - 1] - c[steady - 2] == further)
        steady--;
    fputs(label, stdout);
    for (size_t n = 1; n < steady; n++)
        printf(" %zu step%s %zu,", n, n == 1 ? "" : "s", c[n - 1]);
    printf(" n steps %zu + (n - %zu) * %zu\n", c[steady - 1], steady, further);
    return EDDY_OK;
}

static int print_all_cycles(struct eddy_context *context, const struct eddy_program *program)
{
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    const bool stack = info.decoder_tokens == 0;
    const struct {
        bool applies;
        const char *label;
        run_steps *run;
    } kinds[] = {
        {stack && info.causal, "cycles of a packet, whatever the data:", run_packet},
        {stack && !info.causal, "cycles of a sequence, whatever the data:", run_sequence},
        {info.feedback && stack, "cycles of a packet fed back:", run_fed_back},
        {!stack, "cycles of a source of n steps and one token:", run_source},
        {!stack, "cycles of a source of one step and n tokens:", run_tokens},
    };
    int error = EDDY_OK;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && !error; k++)
        if (kinds[k].applies)
            error = print_cycles(context, program, kinds[k].label, kinds[k].run);
    return error;
}

/* How often numbers saturate when the data that chose the formats runs. */
static int print_saturations(struct eddy_context *context, const struct eddy_program *program,
                             const struct eddy_table *data, size_t sequence_rows)
{
    struct eddy_program_info info;
    struct session session = {0};
    struct eddy_counters c = {0};
    size_t n_out;
    eddy_program_get_info(program, &info);
    if (info.decoder_tokens) /* there is no data for the decoder */
        return EDDY_OK;
    float *y = malloc(data->n_rows * info.answers * sizeof *y);
    int error = y ? session_open(context, "cpu:", program, &session) : refuse("out of memory");
    for (size_t t = 0; t < data->n_rows && !error; t += sequence_rows) {
        const size_t left = data->n_rows - t;
        error = eddy_stream_reset(session.stream);
        if (!error)
            error =
                eddy_stream_sequence(session.stream, left < sequence_rows ? left : sequence_rows,
                                     data->values + t * data->n_columns, y, &n_out);
    }
    if (!error) {
        eddy_stream_get_counters(session.stream, &c);
        printf("calibration: in %zu rows %zu inputs, %zu linear results and %zu cell states "
               "saturate\n",
               data->n_rows, (size_t)c.clipped_input, (size_t)c.clipped_output,
               (size_t)c.clipped_cell);
    }
    session_close(&session);
    free(y);
    return error;
}

static void print_cost(const struct options *options, const struct eddy_program *program)
{
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    const size_t slots = info.columns_per_step * info.lanes;
    printf("%s for %s: %zu lanes, %zu-bit weights\n", options->output, info.preset, info.lanes,
           info.weight_bits);
    printf("inputs %zu, outputs %zu, layers %zu, weights %zu\n", info.inputs, info.outputs,
           info.layers, info.useful_macs_per_step);
    printf(
        "a step: %zu useful MACs in %zu columns of %zu lanes (%.1f %% of them), so %zu cycles at "
        "least\n",
        info.useful_macs_per_step, info.columns_per_step, info.lanes,
        100.0 * (double)info.useful_macs_per_step / (double)slots, info.columns_per_step);
    for (size_t l = 0; l < info.layers; l++) {
        struct eddy_layer_format f;
        eddy_program_get_format(program, l, &f);
        printf("layer %zu: %zu rows, in Q%d.%d, out Q%d.%d\n", l + 1, f.rows,
               15 - f.in_fraction_bits, f.in_fraction_bits, 15 - f.out_fraction_bits,
               f.out_fraction_bits);
    }
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct compile_options own = {{OPTIONS_DEFAULT, .expects = "MODEL.onnx"}};
    argp_parse(&argp, argc, argv, 0, NULL, &own);
    const struct options *options = &own.shared;
    struct eddy_compile_options compile = {.struct_size = sizeof compile,
                                           .feedback = own.feedback || own.decoder,
                                           .largest = own.largest || own.decoder,
                                           .emit_all_layers = own.all_layers};
    struct eddy_model *model = NULL;
    struct eddy_program *program = NULL;
    struct eddy_table data = {0};
    int error = preset_choose(options, &compile.preset);
    if (!error)
        error = model_read(context, options->file, own.decoder, &model);
    if (!error && options->data) {
        error = data_read(context, options, eddy_model_inputs(model), &data);
        compile.calibration = &data;
        compile.sequence_rows = options->reset_each;
    }
    if (!error)
        error = eddy_program_compile(context, model, &compile, &program);
    if (!error)
        error = eddy_program_write(context, program, options->output);
    if (!error && !options->quiet) {
        print_cost(options, program);
        if (options->data)
            error = print_saturations(context, program, &data,
                                      options->reset_each ? options->reset_each : data.n_rows);
        if (!error)
            error = print_all_cycles(context, program);
    }
    eddy_program_free(program);
    eddy_table_free(&data);
    eddy_model_free(model);
    return error;
}

const struct command command_compile = {"compile", "quantise a model for a device", run};
