/* stream.c -- one state on a device, stepped through a sequence. */
#include "context.h"
#include "device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The most steps of one packet: bounds the buffers and the time until the device hears the next packet. */
#define CHUNK_STEPS 256

struct eddy_stream {
    struct eddy_device *device;
    uint8_t number;
    size_t inputs, answered, state_elems;
    struct eddy_counters counters;
    uint16_t *packet; /* header, then CHUNK_STEPS inputs or the state */
    uint16_t *answer; /* CHUNK_STEPS answers and the trailer, or the state */
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
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
    s->device = device;
    s->number = (uint8_t)number;
    s->inputs = program_inputs(device->program);
    s->answered = program_answered(device->program);
    s->state_elems = device->program->n_rows;
    s->packet = malloc((PACKET_HEADER_WORDS + larger(CHUNK_STEPS * s->inputs, s->state_elems)) *
                       sizeof *s->packet);
    s->answer =
        malloc(larger(CHUNK_STEPS * s->answered + ANSWER_RUN_TRAILER_WORDS, s->state_elems) *
               sizeof *s->answer);
    device->open_streams |= 1u << number;
    const int error = s->packet && s->answer
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
    free(stream);
}

static uint32_t counter(const uint16_t *trailer, int index)
{
    return trailer[2 * index] | (uint32_t)trailer[2 * index + 1] << 16;
}

/* Runs up to CHUNK_STEPS steps on the inputs in the packet; the outputs are then in the answer. */
static int run_chunk(struct eddy_stream *s, size_t n_steps)
{
    const size_t outputs = n_steps * s->answered;
    const struct request_header header = {
        .opcode = PACKET_RUN,
        .stream = s->number,
        .argument = (uint16_t)n_steps,
        .length_words = (uint32_t)(n_steps * s->inputs),
    };
    const int error =
        device_request(s->device, header, s->packet, s->answer, outputs + ANSWER_RUN_TRAILER_WORDS);
    if (error)
        return error;
    const uint16_t *trailer = s->answer + outputs;
    s->counters.steps += n_steps;
    s->counters.cycles += counter(trailer, TRAILER_CYCLES);
    s->counters.columns += counter(trailer, TRAILER_COLUMNS);
    s->counters.wait_input += counter(trailer, TRAILER_WAIT_INPUT);
    s->counters.wait_state += counter(trailer, TRAILER_WAIT_STATE);
    s->counters.wait_drain += counter(trailer, TRAILER_WAIT_DRAIN);
    s->counters.wait_control += counter(trailer, TRAILER_WAIT_CONTROL);
    s->counters.saturated += counter(trailer, TRAILER_SATURATED);
    return EDDY_OK;
}

static int check_finite(struct eddy_stream *s, size_t n_steps, const float *x)
{
    for (size_t i = 0; i < n_steps * s->inputs; i++)
        if (!isfinite(x[i]))
            return eddy_fail(s->device->context, EDDY_ERROR_RANGE,
                             "input row %zu, column %zu is not a finite number", i / s->inputs + 1,
                             i % s->inputs + 1);
    return EDDY_OK;
}

int eddy_stream_step(struct eddy_stream *stream, size_t n_steps, const float *x, float *y)
{
    const struct eddy_program *program = stream->device->program;
    const size_t outputs = program_outputs(program);
    int error = check_finite(stream, n_steps, x);
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        int16_t *in = (int16_t *)stream->packet + PACKET_HEADER_WORDS;
        for (size_t t = 0; t < chunk; t++)
            stream->counters.saturated += eddy_program_quantise_input(
                program, x + t * stream->inputs, in + t * stream->inputs);
        error = run_chunk(stream, chunk);
        for (size_t t = 0; t < chunk && !error; t++)
            eddy_program_dequantise_output(program, x + t * stream->inputs,
                                           (const int16_t *)stream->answer +
                                               (t + 1) * stream->answered - outputs,
                                           y + t * outputs);
        x += chunk * stream->inputs;
        y += chunk * outputs;
        n_steps -= chunk;
    }
    return error;
}

int eddy_stream_step_fixed(struct eddy_stream *stream, size_t n_steps, const int16_t *x, int16_t *y)
{
    int error = EDDY_OK;
    while (n_steps && !error) {
        const size_t chunk = n_steps < CHUNK_STEPS ? n_steps : CHUNK_STEPS;
        memcpy(stream->packet + PACKET_HEADER_WORDS, x, chunk * stream->inputs * sizeof *x);
        error = run_chunk(stream, chunk);
        if (!error)
            memcpy(y, stream->answer, chunk * stream->answered * sizeof *y);
        x += chunk * stream->inputs;
        y += chunk * stream->answered;
        n_steps -= chunk;
    }
    return error;
}

int eddy_stream_reset(struct eddy_stream *stream)
{
    return device_request(stream->device,
                          (struct request_header){.opcode = PACKET_RESET, .stream = stream->number},
                          stream->packet, NULL, 0);
}

size_t eddy_stream_state_elems(const struct eddy_stream *stream)
{
    return stream->state_elems;
}

int eddy_stream_get_state(struct eddy_stream *stream, int16_t *state)
{
    return device_request(
        stream->device,
        (struct request_header){.opcode = PACKET_READ_STATE, .stream = stream->number},
        stream->packet, (uint16_t *)state, stream->state_elems);
}

int eddy_stream_set_state(struct eddy_stream *stream, const int16_t *state)
{
    memcpy(stream->packet + PACKET_HEADER_WORDS, state, stream->state_elems * sizeof *state);
    return device_request(stream->device,
                          (struct request_header){.opcode = PACKET_WRITE_STATE,
                                                  .stream = stream->number,
                                                  .length_words = (uint32_t)stream->state_elems},
                          stream->packet, NULL, 0);
}

void eddy_stream_get_counters(const struct eddy_stream *stream, struct eddy_counters *counters)
{
    *counters = stream->counters;
}
