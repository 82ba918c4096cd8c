/* eddy.h -- libeddy: recurrent networks on the Eddy accelerator.
 *
 *   eddy_context -> eddy_device -> eddy_program -> eddy_stream
 *
 * Every function returns 0 or a negative enum eddy_error, with its results in out-parameters, last. The
 * detail of the latest failure, with what to do about it, is eddy_last_error(). The library never prints, exits or
 * aborts. Every *_close and *_free takes NULL. One context and all that was made from it belong to one
 * thread at a time; different contexts are independent.
 */
#ifndef EDDY_EDDY_H
#define EDDY_EDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EDDY_API __attribute__((visibility("default")))

enum eddy_error {
    EDDY_OK = 0,
    EDDY_ERROR_ARGUMENT = -1,    /* a parameter of the call makes no sense */
    EDDY_ERROR_MEMORY = -2,      /* out of memory */
    EDDY_ERROR_IO = -3,          /* a file cannot be read or written */
    EDDY_ERROR_FORMAT = -4,      /* a file is not what it should be */
    EDDY_ERROR_UNSUPPORTED = -5, /* a model needs what Eddy or the device does not have */
    EDDY_ERROR_CAPACITY = -6,    /* a model is too large for the device */
    EDDY_ERROR_SHAPE = -7,       /* data does not have the model's shape */
    EDDY_ERROR_RANGE = -8,       /* a number is not finite, or out of range */
    EDDY_ERROR_DEVICE = -9,      /* a device cannot be found or opened, or was lost */
    EDDY_ERROR_PROTOCOL = -10,   /* the device refused a packet, or its answer makes no sense */
};

struct eddy_context;
struct eddy_device;
struct eddy_model;
struct eddy_program;
struct eddy_stream;

EDDY_API const char *eddy_strerror(int error);
EDDY_API const char *eddy_version(void);

EDDY_API int eddy_context_open(struct eddy_context **context);
EDDY_API void eddy_context_close(struct eddy_context *context);
/* The latest failure of a call on this context, one line, or "" . Valid until the next failure. */
EDDY_API const char *eddy_last_error(const struct eddy_context *context);

/* ---- programs: compiled models, .eddy images ---- */

struct eddy_table;

struct eddy_compile_options {
    size_t struct_size;
    const char *preset;                   /* "sim-small", "sim-small-w8"; NULL: sim-small */
    const struct eddy_table *calibration; /* rows of typical input, or NULL: formats then assume
                                             normalised inputs within [-8, 8) and outputs likewise */
    bool feedback;                        /* for eddy_stream_generate_fixed */
    bool largest; /* answer the number of the largest output of a last, dense layer: a token */
    bool emit_all_layers; /* answer every layer's outputs, first layer first, in fixed
                                             point only: for finding the layer where a difference is born */
    size_t sequence_rows; /* of the calibration: so many rows are a sequence, each from the initial
                             state; 0: all are one */
};

/* What a program costs and needs. */
struct eddy_program_info {
    const char *preset;
    size_t inputs, outputs, layers;
    size_t lanes, weight_bits;
    size_t columns_per_step;     /* LANES-wide weight words read each step */
    size_t useful_macs_per_step; /* products that the model asks for */
    bool causal;   /* a step's output needs only the steps up to it: eddy_stream_step serves it */
    size_t tokens; /* x is one token number below this; 0: x is numbers */
    bool largest, feedback; /* as compiled */
    bool all_layers;        /* every layer's outputs are answered: */
    size_t answers;         /* numbers answered each step, of all layers that answer */
    size_t decoder_tokens;  /* of an encoder and decoder, for eddy_stream_translate; 0: one stack */
};

/* Quantises a model and lays it out for a preset. EDDY_ERROR_CAPACITY says by how much it is too large.
 * The calibration run is in float: no device is needed. */
EDDY_API int eddy_program_compile(struct eddy_context *context, const struct eddy_model *model,
                                  const struct eddy_compile_options *options,
                                  struct eddy_program **program);
/* Returns 0, EDDY_ERROR_IO, EDDY_ERROR_FORMAT (not an image, damaged, from another version). */
EDDY_API int eddy_program_read(struct eddy_context *context, const char *path,
                               struct eddy_program **program);
/* Atomic: a temporary file beside path, then rename. */
EDDY_API int eddy_program_write(struct eddy_context *context, const struct eddy_program *program,
                                const char *path);
EDDY_API void eddy_program_free(struct eddy_program *program);
EDDY_API void eddy_program_get_info(const struct eddy_program *program,
                                    struct eddy_program_info *info);

/* Fixed-point format of a layer: value = number / 2^fraction_bits. */
struct eddy_layer_format {
    size_t rows;
    int in_fraction_bits, out_fraction_bits;
};
/* layer < layers; the input format of layer 0 is that of x, the output format of the last layer that of y. */
EDDY_API void eddy_program_get_format(const struct eddy_program *program, size_t layer,
                                      struct eddy_layer_format *format);
/* Between the model's units and the device's numbers, one step: x, y (inputs) and (outputs). Rounds to nearest
 * and saturates. Returns how many numbers were clipped. */
EDDY_API size_t eddy_program_quantise_input(const struct eddy_program *program, const float *x,
                                            int16_t *fixed);
EDDY_API void eddy_program_dequantise_output(const struct eddy_program *program, const float *x,
                                             const int16_t *fixed, float *y);

/* ---- devices ---- */

/* What a device says of itself, from its ID block. */
struct eddy_device_info {
    const char *preset;
    size_t lanes, weight_bits;
    size_t weight_words; /* columns of lanes weights on chip */
    size_t rows, state_rows, input_rows, streams;
    size_t descriptors, passes; /* of a program, see hls/packet.h */
};

/* Opens "cpu:", "sim:" with comma-separated options after the colon:
 *   preset=NAME           the build configuration (default sim-small)
 *   stall=none|cyclic|random|burst|late, seed=N   sim: pauses on both ports, for tests
 *   trace=FILE            sim: an FST waveform of everything from now on
 * One cpu: device of a preset may be open in a process at a time.
 * Returns 0, EDDY_ERROR_ARGUMENT, EDDY_ERROR_DEVICE, EDDY_ERROR_PROTOCOL, EDDY_ERROR_MEMORY. */
EDDY_API int eddy_device_open(struct eddy_context *context, const char *uri,
                              struct eddy_device **device);
EDDY_API void eddy_device_close(struct eddy_device *device);
EDDY_API void eddy_device_get_info(const struct eddy_device *device, struct eddy_device_info *info);

/* Loads program, weights and row constants; the device copies them, streams start from zero state.
 * EDDY_ERROR_DEVICE when the image was compiled for another preset. */
EDDY_API int eddy_device_load(struct eddy_device *device, const struct eddy_program *program);

/* Raw exchange, for tests and tools: sends words, collects what comes back until the device falls silent or
 * receive is full. Malformed packets are allowed: the device answers them. */
EDDY_API int eddy_device_exchange(struct eddy_device *device, const uint16_t *send,
                                  size_t send_words, uint16_t *receive, size_t receive_words,
                                  size_t *received);

/* ---- streams: independent states on one device ---- */

/* Counted by the device over the runs of a stream; cycles are 0 on cpu:. */
struct eddy_counters {
    uint64_t steps, cycles;
    uint64_t columns;          /* cycles in which the MAC lanes worked */
    uint64_t wait_input;       /* lanes idle: x_t had not arrived */
    uint64_t wait_state;       /* lanes idle: h_{t-1} was still in the drain */
    uint64_t wait_drain;       /* lanes idle: the drain held the sums of the block before */
    uint64_t wait_control;     /* lanes idle: the next segment was not known yet */
    uint64_t rows;             /* cycles in which the drain worked */
    uint64_t clipped_argument; /* of sigmoid or tanh, beyond +-16 or +-8: harmless */
    bool counts_all;           /* false: the device leaves out the six above, which are 0 */
    uint64_t clipped_output;   /* linear and ReLU results clipped to 16 bits */
    uint64_t clipped_cell;     /* cell states and products of gates clipped to 16 bits */
    uint64_t clipped_input;    /* x clipped to its format, by the host */
};

/* A stream needs a loaded device. EDDY_ERROR_CAPACITY: all streams of the device are open. */
EDDY_API int eddy_stream_open(struct eddy_device *device, struct eddy_stream **stream);
EDDY_API void eddy_stream_close(struct eddy_stream *stream);

/* Runs n_steps from the state that the step before left. x (n_steps, inputs), y (n_steps, outputs) in the
 * model's own units. EDDY_ERROR_RANGE: x is not finite, or no token number; nothing was run. EDDY_ERROR_UNSUPPORTED: the
 * model is not causal. */
EDDY_API int eddy_stream_step(struct eddy_stream *stream, size_t n_steps, const float *x, float *y);
/* The same in the device's numbers: x and y are 16-bit fixed point, see eddy_program_get_format. Here and in the calls below
 * EDDY_ERROR_RANGE: x is no token number of a model that takes them. */
EDDY_API int eddy_stream_step_fixed(struct eddy_stream *stream, size_t n_steps, const int16_t *x,
                                    int16_t *y);
/* Several streams of one device side by side, opened one after the other: the steps of one fill the pauses of another.
 * x (n_steps, n_streams, inputs), y (n_steps, n_streams, outputs). What the device counts goes to the first stream. */
EDDY_API int eddy_streams_step_fixed(struct eddy_stream *const *streams, size_t n_streams,
                                     size_t n_steps, const int16_t *x, int16_t *y);
/* Feeds its outputs back on the device: x (inputs) is the first step's, y (n_steps, outputs). Needs a program compiled with
 * feedback. */
EDDY_API int eddy_stream_generate_fixed(struct eddy_stream *stream, size_t n_steps,
                                        const int16_t *x, int16_t *y);
/* The same in the model's own units. x NULL goes on from what was generated last. y of a program compiled with largest is
 * token numbers. */
EDDY_API int eddy_stream_generate(struct eddy_stream *stream, size_t n_steps, const float *x,
                                  float *y);
/* A whole sequence through any program: y (*n_out_steps, outputs), room for n_steps; 1 step comes out when a layer hands
 * on its last output only. Errors as above, EDDY_ERROR_SHAPE (no step). */
EDDY_API int eddy_stream_sequence(struct eddy_stream *stream, size_t n_steps, const float *x,
                                  float *y, size_t *n_out_steps);
/* The same in the device's numbers: observe is called for every layer that answers, in order, y (n_steps, n_out). */
typedef void eddy_observe_fixed(void *user, size_t layer, size_t n_steps, size_t n_out,
                                const int16_t *y);
EDDY_API int eddy_stream_sequence_fixed(struct eddy_stream *stream, size_t n_steps,
                                        const int16_t *x, eddy_observe_fixed *observe, void *user);
/* An encoder and a decoder, from the state that streams begin with: reads the source x (n_source, inputs), hands the
 * encoder's state to the decoder, and lets that write tokens y (n_steps), each fed back on the device; `start` is the first
 * that it is told. EDDY_ERROR_UNSUPPORTED: the program is one stack; EDDY_ERROR_SHAPE: no source; EDDY_ERROR_RANGE. */
EDDY_API int eddy_stream_translate(struct eddy_stream *stream, size_t n_source, const float *x,
                                   size_t start, size_t n_steps, float *y);
/* Back to the state that streams begin with: zero, or the initial state of the model. */
EDDY_API int eddy_stream_reset(struct eddy_stream *stream);
/* The state (eddy_stream_state_elems): for each pass of the program every layer's h in layer order, then every layer's
 * cell (c of lstm, h of gru, else unused). */
EDDY_API size_t eddy_stream_state_elems(const struct eddy_stream *stream);
EDDY_API int eddy_stream_get_state(struct eddy_stream *stream, int16_t *state);
EDDY_API int eddy_stream_set_state(struct eddy_stream *stream, const int16_t *state);
EDDY_API void eddy_stream_get_counters(const struct eddy_stream *stream,
                                       struct eddy_counters *counters);

#ifdef __cplusplus
}
#endif
#endif
