/* cli.h -- the command eddy: one file for each subcommand, and what they share. */
#ifndef EDDY_CLI_H
#define EDDY_CLI_H

#include "model/model.h"
#include "model/table.h"

#include <argp.h>

/* A subcommand. run returns 0, a negative enum eddy_error whose detail is eddy_last_error(), or the
 * positive value of refuse(). argv[0] is "eddy NAME". */
struct command {
    const char *name, *summary;
    int (*run)(struct eddy_context *context, int argc, char **argv);
    bool trains;
};

extern const struct command command_devices, command_train, command_compile, command_run,
    command_check, command_bench, command_trace, command_doctor, command_flash;

/* Prints "eddy: ..." to stderr; returns a positive value, for the caller to return. */
int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- options.c: options that mean the same everywhere ---- */

/* First member of every command's own options. */
struct options {
    const char *expects; /* what the one argument is that is no option; NULL: there is none */
    const char *file;
    const char *output, *device, *data, *data_name, *preset;
    double scale, offset; /* value = number in the file * scale + offset */
    size_t skip, rows;    /* of the data: how many rows are passed over, and then taken (0: all) */
    size_t weight_bits, steps;
    size_t reset_each; /* rows of the data that are a sequence; 0: all are one */
    uint64_t seed;
    bool quiet, json;
};

#define OPTIONS_DEFAULT .device = "sim:", .scale = 1, .steps = 1000, .seed = 1

enum {
    KEY_NAME = 256,
    KEY_SCALE,
    KEY_OFFSET,
    KEY_SKIP,
    KEY_ROWS,
    KEY_PRESET,
    KEY_WEIGHT_BITS,
    KEY_STEPS,
    KEY_SEED,
    KEY_RESET_EACH,
    KEY_JSON,
    KEY_OWN, /* the first key for a command's own options */
};

/* clang-format off */
#define OPTION(name, key, arg, text) {name, key, arg, 0, text, 0}
#define OPTION_OUTPUT(text) OPTION("output", 'o', "FILE", text)
#define OPTION_DEVICE \
    OPTION("device", 'd', "URI", "where to run: cpu:, sim: (default); see eddy devices")
#define OPTION_DATA(name, text) OPTION(name, 'i', "FILE", text)
#define OPTIONS_NUMBERS \
    OPTION("name", KEY_NAME, "MEMBER", "which array of an .npz file"), \
    OPTION("scale", KEY_SCALE, "F", "value = number in the data * F + offset (default 1)"), \
    OPTION("offset", KEY_OFFSET, "F", "see --scale (default 0)"), \
    OPTION("skip", KEY_SKIP, "N", "pass over the first N rows of the data"), \
    OPTION("rows", KEY_ROWS, "N", "take N rows of the data at most")
#define OPTIONS_COMPILE \
    OPTION("preset", KEY_PRESET, "NAME", "build configuration to compile for (default sim-small)"), \
    OPTION("weight-bits", KEY_WEIGHT_BITS, "8|16", "the preset with weights of that width")
#define OPTION_STEPS(text) OPTION("steps", KEY_STEPS, "N", text)
#define OPTION_RESET_EACH \
    OPTION("reset-each", KEY_RESET_EACH, "N", "back to the zero state after every N rows")
#define OPTION_SEED OPTION("seed", KEY_SEED, "N", "of everything random (default 1)")
#define OPTION_JSON OPTION("json", KEY_JSON, NULL, "print one JSON object")
#define OPTION_QUIET OPTION("quiet", 'q', NULL, "print results and errors only")
/* clang-format on */

/* The default case of every parser; state->input is the command's options. */
error_t options_parse(int key, char *arg, struct argp_state *state);
/* For a command's own numbers; wrong ones end the program as wrong use. */
size_t parse_count(struct argp_state *state, const char *option, const char *arg, size_t low,
                   size_t high);
double parse_real(struct argp_state *state, const char *option, const char *arg);

/* ---- sha256.c ---- */

#define SHA256_HEX 65 /* with its end */
void sha256_hex(const uint8_t *bytes, size_t n_bytes, char hex[SHA256_HEX]);

/* ---- data.c ---- */

/* Reads the chosen rows of options->data, scaled: must have `columns` columns. */
int data_read(struct eddy_context *context, const struct options *options, size_t columns,
              struct eddy_table *table);
/* Noise, uniform in [-1, 1): in the units of the data when there is no model, else after its
 * normalisation. With tokens: one column of numbers below that. */
int data_make(const struct eddy_model *model, size_t n_columns, size_t tokens, size_t n_rows,
              uint64_t seed, struct eddy_table *table);

/* ---- session.c: a program on a device ---- */

struct session {
    struct eddy_device *device;
    struct eddy_stream *stream;
};

/* Opens the device of a URI, by default as the preset that the program was compiled for, loads it
 * and opens a stream. */
int session_open(struct eddy_context *context, const char *uri, const struct eddy_program *program,
                 struct session *session);
void session_close(struct session *session);

/* A model of an ONNX file, or, unless decoder is NULL, of two: an encoder and a decoder. */
int model_read(struct eddy_context *context, const char *file, const char *decoder,
               struct eddy_model **model);

/* ---- runner.c: a model at work: compiled on a device, or, with the URI float:, itself in float ---- */

enum {
    RUN_LARGEST = 1,    /* in float: y is the number of the largest output */
    RUN_ALL_LAYERS = 2, /* y is the outputs of every layer, first layer first */
};

struct runner {
    struct eddy_context *context;
    unsigned flags;
    size_t inputs, outputs, tokens;
    bool causal, translates;      /* an encoder and decoder; outputs are then token numbers */
    struct eddy_program *program; /* on a device, with its session */
    struct session session;
    struct eddy_model *model; /* in float, with its state */
    float *state;
    float *fed_back; /* x of the next step that is generated */
};

/* file: an .eddy image for a device, an .onnx file for float:, with the decoder's, or NULL. */
int runner_open(struct eddy_context *context, const char *uri, const char *file,
                const char *decoder, unsigned flags, struct runner *runner);
void runner_close(struct runner *runner);
/* As eddy_stream_reset, eddy_stream_step and eddy_stream_sequence; for models that are causal, and the others. */
int runner_reset(struct runner *runner);
int runner_step(struct runner *runner, size_t n_steps, const float *x, float *y);
int runner_sequence(struct runner *runner, size_t n_steps, const float *x, float *y,
                    size_t *n_out_steps);
/* As eddy_stream_generate, and eddy_stream_translate. */
int runner_generate(struct runner *runner, size_t n_steps, const float *x, float *y);
int runner_translate(struct runner *runner, size_t n_source, const float *x, size_t start,
                     size_t n_steps, float *y);

/* options->preset, or the first preset with options->weight_bits; NULL for the default. */
int preset_choose(const struct options *options, const char **preset);

/* ---- progress.c ---- */

/* A line on the terminal, ten times a second at most; nothing when stderr is no terminal or options
 * say quiet. */
void progress_show(const struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the line away. */
void progress_end(void);

/* ---- plot.c ---- */

/* A plot of loss over batches [first, end), counted from 0, as PNG, by gnuplot. Whole or not at all. */
int plot_loss(const char *path, size_t first, size_t end, const double *loss);

/* ---- blas.c ---- */

/* OpenBLAS chooses its kernels when the program starts, and on a processor that it does not know
 * the oldest ones (0.3.21 on Sapphire Rapids: SSE3, a quarter of the speed). Then starts the program
 * again with those that fit, unless OPENBLAS_CORETYPE is set. */
void blas_choose_kernels(char **argv);

/* ---- files ---- */

/* Whether a file can be made at path, which must be no folder: for before the work, not after it. */
int output_check(const char *path);

#endif
