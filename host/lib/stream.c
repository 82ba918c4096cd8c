/* stream.c -- states on a device, stepped through sequences. */
#include "config.h"
#include "context.h"
#include "device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The most steps of one packet: bounds the buffers and the time until the device hears the next packet. */
#define CHUNK_STEPS 256

struct eddy_stream {
    struct eddy_device *device;
    const struct eddy_program *program;
    uint8_t number;
    struct eddy_counters counters;
    uint16_t *packet;  /* header, then as much payload as any packet of the program has */
    uint16_t *answer;  /* likewise */
    int16_t *fed_back; /* x of the step that would be generated next */
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The longest payloads, in words, to the device and from it, with all streams side by side. */
static void longest_payloads(const struct eddy_program *program, size_t *sent, size_t *received)
{
    *sent = *received = program_state_words(program);
    for (size_t n = 0; n < program->n_passes; n++) {
        const struct program_pass *pass = &program->passes[n];
        const size_t steps = CHUNK_STEPS * (size_t)program->preset->streams;
        *sent = larger(*sent, steps * pass->inputs);
        *received = larger(*received, steps * pass->answered + ANSWER_RUN_TRAILER_WORDS);
    }
}

int eddy_stream_open(struct eddy_device *device, struct eddy_stream **stream)
{
    if (!device->program)
        return eddy_fail(device->context, EDDY_ERROR_ARGUMENT,
                         "load a program before a stream is opened");
    unsigned number = 0;
    while (number < device->preset->streams && device->open_streams >> number & 1)
        number++;
    if (number == device->preset->streams)
        return eddy_fail(device->context, EDDY_ERROR_CAPACITY,
                         "all %u streams of the device are open; close one",
                         device->preset->streams);
    struct eddy_stream *s = calloc(1, sizeof *s);
    if (!s)
        return eddy_fail(device->context, EDDY_ERROR_MEMORY, "out of memory");
    size_t sent, received;
    longest_payloads(device->program, &sent, &received);
    s->device = device;
    s->program = device->program;
    s->number = (uint8_t)number;
    s->packet = malloc((PACKET_HEADER_WORDS + sent) * sizeof *s->packet);
    s->answer = malloc((PACKET_HEADER_WORDS + received) * sizeof *s->answer);
    device->open_streams |= 1u << number;
    s->fed_back = calloc(program_inputs(s->program), sizeof *s->fed_back);
    const int error = s->packet && s->answer && s->fed_back
                          ? eddy_stream_reset(s)
                          : eddy_fail(device->context, EDDY_ERROR_MEMORY, "out of memory");
    if (error) {
        eddy_stream_close(s);
        return error;
    }
    *stream = s;
    return EDDY_OK;
}

void eddy_stream_close(struct eddy_stream *stream)
{
    if (!stream)
        return;
    stream->device->open_streams &= ~(1u << stream->number);
    free(stream->packet);
    free(stream->answer);
    free(stream->fed_back);
    free(stream);
}

/* ---- packets ---- */

static uint32_t counter(const uint16_t *trailer, int index)
{
    return trailer[2 * index] | (uint32_t)trailer[2 * index + 1] << 16;
}

static void add_counters(struct eddy_counters *c, const uint16_t *trailer, size_t n_steps)
{
    c->steps += n_steps;
    c->cycles += counter(trailer, TRAILER_CYCLES);
    c->columns += counter(trailer, TRAILER_COLUMNS);
    c->wait_input += counter(trailer, TRAILER_WAIT_INPUT);
    c->wait_state += counter(trailer, TRAILER_WAIT_STATE);
    c->wait_drain += counter(trailer, TRAILER_WAIT_DRAIN);
    c->wait_control += counter(trailer, TRAILER_WAIT_CONTROL);
    c->rows += counter(trailer, TRAILER_ROWS);
    c->clipped_argument += counter(trailer, TRAILER_CLIPPED_ARGUMENT);
    c->clipped_output += counter(trailer, TRAILER_CLIPPED_OUTPUT);
    c->clipped_cell += counter(trailer, TRAILER_CLIPPED_CELL);
}

/* One packet of a run. */
struct run {
    size_t pass, n_streams, n_steps; /* n_steps at most CHUNK_STEPS */
    bool feedback;
};

static int16_t *payload(struct eddy_stream *s)
{
    return (int16_t *)s->packet + PACKET_HEADER_WORDS;
}

static const uint16_t *answer_payload(const struct eddy_stream *s)
{
    return s->answer + PACKET_HEADER_WORDS;
}

/* Runs on the inputs in the packet; the answers are then in the answer's payload, (n_steps, n_streams, answered). */
static int run_packet(struct eddy_stream *s, struct run run)
{
    const struct program_pass *pass = &s->program->passes[run.pass];
    const size_t answered = run.n_steps * run.n_streams * pass->answered;
    const size_t sent = (run.feedback ? 1 : run.n_steps) * run.n_streams * pass->inputs;
    const struct request_header header = {
        .opcode = PACKET_RUN,
        .stream = s->number,
        .streams = (uint8_t)run.n_streams,
        .pass = (uint8_t)run.pass,
        .flags = run.feedback ? PACKET_FLAG_FEEDBACK : 0,
        .argument = (uint16_t)run.n_steps,
        .length_words = (uint32_t)sent,
    };
    const int error = device_request(s->device, header, s->packet, s->answer,
                                     answered + ANSWER_RUN_TRAILER_WORDS);
    if (!error)
        add_counters(&s->counters, answer_payload(s) + answered, run.n_steps * run.n_streams);
    return error;
}

/* Numbers that a pass answers each step. */
static size_t pass_answers(const struct eddy_program *program, const struct program_pass *pass)
{
    size_t elems = 0;
    for (size_t n = 0; n < pass->n_layers; n++) {
        const struct program_layer *layer = &program->layers[pass->first_layer + n];
        elems += layer->emit ? program_layer_answers(layer) : 0;
    }
    return elems;
}

/* Takes the padding out of answered words: y (n, pass_answers). */
static void unpad(const struct eddy_program *program, const struct program_pass *pass,
                  const uint16_t *words, size_t n, int16_t *y)
{
    for (size_t t = 0; t < n; t++) {
        for (size_t l = 0; l < pass->n_layers; l++) {
            const struct program_layer *layer = &program->layers[pass->first_layer + l];
            if (!layer->emit)
                continue;
            const size_t answers = program_layer_answers(layer);
            memcpy(y, words, answers * sizeof *y);
            y += answers;
            words += program_padded(program->preset, answers);
        }
    }
}

/* x (n_steps, n_streams, inputs) -> y (n_steps, n_streams, pass_answers). */
static int run_pass(struct eddy_stream *s, size_t number, size_t n_streams, size_t n_steps,
                    const int16_t *x, int16_t *y)
{
    const struct program_pass *pass = &s->program->passes[number];
    const size_t out = pass_answers(s->program, pass);
    int error = EDDY_OK;
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        const size_t vectors = chunk * n_streams;
        memcpy(payload(s), x, vectors * pass->inputs * sizeof *x);
        error = run_packet(s, (struct run){number, n_streams, chunk, false});
        if (!error)
            unpad(s->program, pass, answer_payload(s), vectors, y);
        x += vectors * pass->inputs;
        y += vectors * out;
        n_steps -= chunk;
    }
    return error;
}

/* ---- steps ---- */

static int check_causal(struct eddy_stream *s)
{
    if (program_is_causal(s->program))
        return EDDY_OK;
    return eddy_fail(s->device->context, EDDY_ERROR_UNSUPPORTED,
                     "the model has layers that need the whole sequence (reverse, bidirectional or "
                     "last output only); it cannot be stepped, run it on whole sequences");
}

static int check_finite(struct eddy_stream *s, size_t n_steps, const float *x)
{
    const size_t inputs = program_inputs(s->program);
    for (size_t i = 0; i < n_steps * inputs; i++)
        if (!isfinite(x[i]))
            return eddy_fail(s->device->context, EDDY_ERROR_RANGE,
                             "input row %zu, column %zu is not a finite number", i / inputs + 1,
                             i % inputs + 1);
    if (!program_takes_tokens(s->program))
        return EDDY_OK;
    for (size_t i = 0; i < n_steps; i++)
        if (x[i] != rintf(x[i]) || x[i] < 0 || x[i] >= (float)s->program->layers[0].n_in)
            return eddy_fail(s->device->context, EDDY_ERROR_RANGE,
                             "input row %zu is no token number: the model has tokens 0 to %d",
                             i + 1, s->program->layers[0].n_in - 1);
    return EDDY_OK;
}

/* x (n_vectors, inputs) in the device's numbers: a token that the embedding has not would read whatever lies behind it in
 * the memory of the weights. */
static int check_tokens(struct eddy_stream *s, size_t n_vectors, const int16_t *x)
{
    const uint16_t tokens = s->program->layers[0].n_in;
    if (!program_takes_tokens(s->program))
        return EDDY_OK;
    for (size_t i = 0; i < n_vectors; i++)
        if ((uint16_t)x[i] >= tokens)
            return eddy_fail(s->device->context, EDDY_ERROR_RANGE,
                             "input row %zu is %d, no token number: the model has tokens 0 to %d",
                             i + 1, x[i], tokens - 1);
    return EDDY_OK;
}

int eddy_stream_step(struct eddy_stream *stream, size_t n_steps, const float *x, float *y)
{
    const struct eddy_program *program = stream->program;
    const size_t inputs = program_inputs(program), outputs = program_outputs(program);
    const size_t answered = program_answered(program);
    int error = check_causal(stream);
    if (!error)
        error = check_finite(stream, n_steps, x);
    int16_t *fixed = error ? NULL : malloc((CHUNK_STEPS * (inputs + answered)) * sizeof *fixed);
    if (!error && !fixed)
        error = eddy_fail(stream->device->context, EDDY_ERROR_MEMORY, "out of memory");
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        int16_t *out = fixed + CHUNK_STEPS * inputs;
        for (size_t t = 0; t < chunk; t++)
            stream->counters.clipped_input +=
                eddy_program_quantise_input(program, x + t * inputs, fixed + t * inputs);
        error = run_pass(stream, 0, 1, chunk, fixed, out);
        for (size_t t = 0; t < chunk && !error; t++)
            eddy_program_dequantise_output(program, x + t * inputs,
                                           out + (t + 1) * answered - outputs, y + t * outputs);
        x += chunk * inputs;
        y += chunk * outputs;
        n_steps -= chunk;
    }
    free(fixed);
    return error;
}

int eddy_stream_step_fixed(struct eddy_stream *stream, size_t n_steps, const int16_t *x, int16_t *y)
{
    int error = check_causal(stream);
    if (!error)
        error = check_tokens(stream, n_steps, x);
    return error ? error : run_pass(stream, 0, 1, n_steps, x, y);
}

int eddy_streams_step_fixed(struct eddy_stream *const *streams, size_t n_streams, size_t n_steps,
                            const int16_t *x, int16_t *y)
{
    struct eddy_stream *first = streams[0];
    for (size_t k = 1; k < n_streams; k++)
        if (streams[k]->device != first->device || streams[k]->number != first->number + k)
            return eddy_fail(
                first->device->context, EDDY_ERROR_ARGUMENT,
                "streams run side by side when they were opened one after the other on "
                "one device");
    int error = check_causal(first);
    if (!error)
        error = check_tokens(first, n_steps * n_streams, x);
    return error ? error : run_pass(first, 0, n_streams, n_steps, x, y);
}

/* Steps of a pass, each fed with the answers before: y (n_steps, pass_answers). */
static int generate_pass(struct eddy_stream *s, size_t number, size_t n_steps, const int16_t *x,
                         int16_t *y)
{
    const struct program_pass *pass = &s->program->passes[number];
    const size_t answered = pass_answers(s->program, pass);
    int error = EDDY_OK;
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        memcpy(payload(s), x, pass->inputs * sizeof *x);
        error = run_packet(s, (struct run){number, 1, chunk, true});
        if (error)
            break;
        unpad(s->program, pass, answer_payload(s), chunk, y);
        y += chunk * answered;
        x = y - pass->inputs;
        n_steps -= chunk;
    }
    return error;
}

int eddy_stream_generate_fixed(struct eddy_stream *stream, size_t n_steps, const int16_t *x,
                               int16_t *y)
{
    int error = check_causal(stream);
    if (!error && !stream->program->feedback)
        error = eddy_fail(stream->device->context, EDDY_ERROR_UNSUPPORTED,
                          "the program was compiled without feedback; compile it with feedback, as "
                          "eddy compile --feedback does");
    if (!error)
        error = check_tokens(stream, 1, x);
    return error ? error : generate_pass(stream, 0, n_steps, x, y);
}

int eddy_stream_generate(struct eddy_stream *stream, size_t n_steps, const float *x, float *y)
{
    const struct eddy_program *program = stream->program;
    const size_t inputs = program_inputs(program), outputs = program_outputs(program);
    const size_t answered = program_answered(program);
    int error = x ? check_finite(stream, 1, x) : EDDY_OK;
    int16_t *fixed = error ? NULL : malloc(CHUNK_STEPS * answered * sizeof *fixed);
    if (!error && !fixed)
        error = eddy_fail(stream->device->context, EDDY_ERROR_MEMORY, "out of memory");
    if (!error && x)
        stream->counters.clipped_input += eddy_program_quantise_input(program, x, stream->fed_back);
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        error = eddy_stream_generate_fixed(stream, chunk, stream->fed_back, fixed);
        if (error)
            break;
        const int16_t *out = fixed + answered - outputs;
        for (size_t t = 0; t < chunk; t++)
            eddy_program_dequantise_output(program, NULL, out + t * answered, y + t * outputs);
        memcpy(stream->fed_back, out + (chunk - 1) * answered, inputs * sizeof *fixed);
        y += chunk * outputs;
        n_steps -= chunk;
    }
    free(fixed);
    return error;
}

/* ---- whole sequences ---- */

/* One pass over a sequence in its own direction; y is in the order of time again. */
static int sweep(struct eddy_stream *s, size_t number, size_t n_steps, const int16_t *x, int16_t *y)
{
    const struct program_pass *pass = &s->program->passes[number];
    const size_t in = pass->inputs, out = pass_answers(s->program, pass);
    if (!pass->reverse)
        return run_pass(s, number, 1, n_steps, x, y);
    int16_t *turned = malloc((n_steps * (in + out) + 1) * sizeof *turned);
    if (!turned)
        return eddy_fail(s->device->context, EDDY_ERROR_MEMORY, "out of memory");
    int16_t *turned_y = turned + n_steps * in;
    for (size_t t = 0; t < n_steps; t++)
        memcpy(turned + t * in, x + (n_steps - 1 - t) * in, in * sizeof *x);
    const int error = run_pass(s, number, 1, n_steps, turned, turned_y);
    for (size_t t = 0; t < n_steps && !error; t++)
        memcpy(y + t * out, turned_y + (n_steps - 1 - t) * out, out * sizeof *y);
    free(turned);
    return error;
}

/* The answers of one stage, (n_steps, answered) each: a pass, or the two of a bidirectional layer. */
struct stage {
    size_t first_pass, n_passes;
    int16_t *y[2];
};

/* Layer `index` of the stage, its directions side by side: to (n_steps, outputs of the layer). */
static void gather_layer(const struct eddy_program *program, const struct stage *stage,
                         size_t index, size_t n_steps, int16_t *to)
{
    for (size_t k = 0; k < stage->n_passes; k++) {
        const struct program_pass *pass = &program->passes[stage->first_pass + k];
        const struct program_layer *layers = &program->layers[pass->first_layer];
        const size_t answers = pass_answers(program, pass),
                     units = program_layer_answers(&layers[index]);
        size_t offset = 0;
        for (size_t l = 0; l < index; l++)
            offset += layers[l].emit ? program_layer_answers(&layers[l]) : 0;
        for (size_t t = 0; t < n_steps; t++)
            memcpy(to + (t * stage->n_passes + k) * units, stage->y[k] + t * answers + offset,
                   units * sizeof *to);
    }
}

/* Of a sequence of last_only outputs: each direction's own last step. to (1, outputs). */
static void take_last(const struct eddy_program *program, const struct stage *stage,
                      const int16_t *all, size_t n_steps, int16_t *to)
{
    const size_t units = program->passes[stage->first_pass].outputs;
    for (size_t k = 0; k < stage->n_passes; k++) {
        const bool reverse = program->passes[stage->first_pass + k].reverse;
        const size_t t = reverse ? 0 : n_steps - 1;
        memcpy(to + k * units, all + (t * stage->n_passes + k) * units, units * sizeof *to);
    }
}

/* Runs a stage and tells the observer; next: its last layer's outputs, for the stage above. */
static int run_stage(struct eddy_stream *s, struct stage *stage, size_t *n_steps, const int16_t *x,
                     int16_t *next, eddy_observe_fixed *observe, void *user)
{
    const struct eddy_program *program = s->program;
    const struct program_pass *pass = &program->passes[stage->first_pass];
    int error = EDDY_OK;
    for (size_t k = 0; k < stage->n_passes && !error; k++)
        error = sweep(s, stage->first_pass + k, *n_steps, x, stage->y[k]);
    for (size_t l = 0; l < pass->n_layers && !error; l++) {
        const size_t layer = (size_t)pass->first_layer + l;
        const bool last = l + 1 == pass->n_layers;
        if (!program->layers[layer].emit)
            continue;
        gather_layer(program, stage, l, *n_steps, next);
        if (last && pass->last_only) {
            take_last(program, stage, next, *n_steps, stage->y[0]);
            memcpy(next, stage->y[0],
                   program_layer_outputs(&program->layers[layer]) * sizeof *next);
            *n_steps = 1;
        }
        if (observe)
            observe(user, layer, *n_steps, program_layer_outputs(&program->layers[layer]), next);
    }
    return error;
}

/* The passes of layers [0, n_layers), from the first on. */
static int run_passes(struct eddy_stream *stream, size_t n_layers, size_t n_steps, const int16_t *x,
                      eddy_observe_fixed *observe, void *user)
{
    const struct eddy_program *program = stream->program;
    size_t widest = program_inputs(program);
    for (size_t n = 0; n < program->n_passes; n++)
        widest = larger(widest, 2 * pass_answers(program, &program->passes[n]));
    int16_t *buffers = n_steps > SIZE_MAX / 8 / widest
                           ? NULL
                           : malloc(4 * (n_steps + 1) * widest * sizeof *buffers);
    if (!buffers)
        return eddy_fail(stream->device->context, EDDY_ERROR_MEMORY,
                         "out of memory for a sequence of %zu steps", n_steps);
    const size_t size = (n_steps + 1) * widest;
    int16_t *in = buffers, *out = buffers + size;
    memcpy(in, x, n_steps * program_inputs(program) * sizeof *x);
    int error = n_steps ? EDDY_OK
                        : eddy_fail(stream->device->context, EDDY_ERROR_SHAPE,
                                    "a sequence has at least one step");
    for (size_t n = 0;
         n < program->n_passes && program->passes[n].first_layer < n_layers && !error;) {
        const bool two = n + 1 < program->n_passes && program->passes[n + 1].joins;
        struct stage stage = {n, two ? 2 : 1, {buffers + 2 * size, buffers + 3 * size}};
        error = run_stage(stream, &stage, &n_steps, in, out, observe, user);
        n += stage.n_passes;
        int16_t *swap = in;
        in = out;
        out = swap;
    }
    free(buffers);
    return error;
}

int eddy_stream_sequence_fixed(struct eddy_stream *stream, size_t n_steps, const int16_t *x,
                               eddy_observe_fixed *observe, void *user)
{
    if (stream->program->n_encoder)
        return eddy_fail(stream->device->context, EDDY_ERROR_UNSUPPORTED,
                         "the program is an encoder and a decoder; let it translate sequences");
    const int error = check_tokens(stream, n_steps, x);
    return error ? error : run_passes(stream, stream->program->n_layers, n_steps, x, observe, user);
}

/* What eddy_stream_sequence keeps of the last layer. */
struct last_layer {
    const struct eddy_program *program;
    size_t n_steps;
    int16_t *y;
};

static void keep_last(void *user, size_t layer, size_t n_steps, size_t n_out, const int16_t *y)
{
    struct last_layer *last = user;
    if (layer + 1 != last->program->n_layers)
        return;
    last->n_steps = n_steps;
    memcpy(last->y, y, n_steps * n_out * sizeof *y);
}

int eddy_stream_sequence(struct eddy_stream *stream, size_t n_steps, const float *x, float *y,
                         size_t *n_out_steps)
{
    const struct eddy_program *program = stream->program;
    const size_t inputs = program_inputs(program), outputs = program_outputs(program);
    int error = check_finite(stream, n_steps, x);
    if (error)
        return error;
    int16_t *fixed = malloc((n_steps * (inputs + outputs) + 1) * sizeof *fixed);
    if (!fixed)
        return eddy_fail(stream->device->context, EDDY_ERROR_MEMORY,
                         "out of memory for a sequence of %zu steps", n_steps);
    struct last_layer last = {.program = program, .y = fixed + n_steps * inputs};
    for (size_t t = 0; t < n_steps; t++)
        stream->counters.clipped_input +=
            eddy_program_quantise_input(program, x + t * inputs, fixed + t * inputs);
    error = eddy_stream_sequence_fixed(stream, n_steps, fixed, keep_last, &last);
    for (size_t t = 0; t < last.n_steps && !error; t++)
        eddy_program_dequantise_output(program, x + t * inputs, last.y + t * outputs,
                                       y + t * outputs);
    *n_out_steps = last.n_steps;
    free(fixed);
    return error;
}

/* ---- encoder and decoder ---- */

/* A number of the encoder's in the decoder's format. */
static int16_t reformat(int16_t v, int shift)
{
    if (shift >= 0) {
        const int32_t shifted = (int32_t)v * (1 << shift);
        return (int16_t)(shifted > INT16_MAX   ? INT16_MAX
                         : shifted < INT16_MIN ? INT16_MIN
                                               : shifted);
    }
    return (int16_t)((v + (1 << (-shift - 1))) >> -shift);
}

/* The state of layer `from` of the encoder, of state (as eddy_stream_get_state), to layer `to`. */
static void hand_over(const struct eddy_program *program, size_t from, size_t to, int16_t *state)
{
    const struct program_layer *a = &program->layers[from], *b = &program->layers[to];
    const size_t layers[2] = {from, to};
    int16_t *h[2], *cell[2];
    for (size_t k = 0; k < 2; k++) {
        const struct program_pass *pass = program_pass_of(program, layers[k], 0);
        h[k] = state + program_place(program, layers[k]);
        for (const struct program_pass *p = program->passes; p < pass; p++)
            h[k] += 2u * p->state_units;
        cell[k] = h[k] + pass->state_units;
    }
    const int h_shift = b->out_fraction_bits - a->out_fraction_bits;
    const int cell_shift =
        a->cell == EDDY_CELL_LSTM ? b->cell_fraction_bits - a->cell_fraction_bits : h_shift;
    for (size_t u = 0; u < a->n_hidden; u++) {
        h[1][u] = reformat(h[0][u], h_shift);
        cell[1][u] = reformat(cell[0][u], cell_shift);
    }
}

static size_t next_recurrent(const struct eddy_program *program, size_t l, size_t end)
{
    while (l < end && !eddy_cell_is_recurrent((enum eddy_cell)program->layers[l].cell))
        l++;
    return l;
}

/* The decoder's recurrent layers begin where those of the encoder ended, one by one. */
static int hand_states_over(struct eddy_stream *s)
{
    const struct eddy_program *program = s->program;
    int16_t *state = malloc(program_state_words(program) * sizeof *state);
    int error = state ? eddy_stream_get_state(s, state)
                      : eddy_fail(s->device->context, EDDY_ERROR_MEMORY, "out of memory");
    size_t from = next_recurrent(program, 0, program->n_encoder);
    size_t to = next_recurrent(program, program->n_encoder, program->n_layers);
    while (!error && from < program->n_encoder && to < program->n_layers) {
        hand_over(program, from, to, state);
        from = next_recurrent(program, from + 1, program->n_encoder);
        to = next_recurrent(program, to + 1, program->n_layers);
    }
    if (!error)
        error = eddy_stream_set_state(s, state);
    free(state);
    return error;
}

static int check_source(struct eddy_stream *s, size_t n_source, const float *x, size_t start)
{
    const struct eddy_program *program = s->program;
    if (!program->n_encoder)
        return eddy_fail(s->device->context, EDDY_ERROR_UNSUPPORTED,
                         "the program has no decoder; compile it with one");
    if (start >= program->layers[program->n_encoder].n_in)
        return eddy_fail(s->device->context, EDDY_ERROR_RANGE,
                         "the first token is %zu, the decoder has 0 to %d", start,
                         program->layers[program->n_encoder].n_in - 1);
    return check_finite(s, n_source, x);
}

int eddy_stream_translate(struct eddy_stream *stream, size_t n_source, const float *x, size_t start,
                          size_t n_steps, float *y)
{
    const struct eddy_program *program = stream->program;
    const size_t inputs = program_inputs(program), decoder = program->n_passes - 1;
    int error = check_source(stream, n_source, x, start);
    if (error)
        return error;
    const size_t answers = pass_answers(program, &program->passes[decoder]);
    int16_t *fixed = malloc((n_source * inputs + n_steps * answers + 1) * sizeof *fixed);
    if (!fixed)
        return eddy_fail(stream->device->context, EDDY_ERROR_MEMORY, "out of memory");
    for (size_t t = 0; t < n_source; t++)
        stream->counters.clipped_input +=
            eddy_program_quantise_input(program, x + t * inputs, fixed + t * inputs);
    error = eddy_stream_reset(stream);
    if (!error)
        error = run_passes(stream, program->n_encoder, n_source, fixed, NULL, NULL);
    if (!error)
        error = hand_states_over(stream);
    int16_t *tokens = fixed + n_source * inputs;
    if (!error)
        error = generate_pass(stream, decoder, n_steps, &(int16_t){(int16_t)start}, tokens);
    for (size_t t = 0; t < n_steps && !error; t++)
        y[t] = tokens[(t + 1) * answers - 1];
    free(fixed);
    return error;
}

/* ---- state ---- */

int eddy_stream_reset(struct eddy_stream *stream)
{
    return device_reset_stream(stream->device, stream->program, stream->number, stream->packet);
}

size_t eddy_stream_state_elems(const struct eddy_stream *stream)
{
    return program_state_words(stream->program);
}

int eddy_stream_get_state(struct eddy_stream *stream, int16_t *state)
{
    int error = EDDY_OK;
    for (size_t n = 0; n < stream->program->n_passes && !error; n++) {
        const size_t words = 2u * stream->program->passes[n].state_units;
        error = device_request(stream->device,
                               (struct request_header){.opcode = PACKET_READ_STATE,
                                                       .stream = stream->number,
                                                       .pass = (uint8_t)n},
                               stream->packet, stream->answer, words);
        if (!error)
            memcpy(state, answer_payload(stream), words * sizeof *state);
        state += words;
    }
    return error;
}

int eddy_stream_set_state(struct eddy_stream *stream, const int16_t *state)
{
    int error = EDDY_OK;
    for (size_t n = 0; n < stream->program->n_passes && !error; n++) {
        const size_t words = 2u * stream->program->passes[n].state_units;
        memcpy(payload(stream), state, words * sizeof *state);
        error = device_request(stream->device,
                               (struct request_header){.opcode = PACKET_WRITE_STATE,
                                                       .stream = stream->number,
                                                       .pass = (uint8_t)n,
                                                       .length_words = (uint32_t)words},
                               stream->packet, NULL, 0);
        state += words;
    }
    return error;
}

void eddy_stream_get_counters(const struct eddy_stream *stream, struct eddy_counters *counters)
{
    *counters = stream->counters;
    counters->counts_all = stream->device->preset->features & FEATURE_COUNTERS;
    if (!counters->counts_all && stream->program) {
        struct eddy_program_info info;
        eddy_program_get_info(stream->program, &info);
        counters->columns = counters->steps * info.columns_per_step;
    }
}
