/* load.c -- brings a program to a device. */
#include "context.h"
#include "device.h"
#include "model/descriptors.h"

#include <stdlib.h>
#include <string.h>

/* The largest payload of a load packet, in words: a bound for the buffer, not of the protocol. */
#define LOAD_WORDS 8192

static int load_descriptors(struct eddy_device *device, const struct eddy_program *program,
                            uint16_t *packet)
{
    const size_t words = program->n_descriptors * DESCRIPTOR_WORDS;
    for (size_t n = 0; n < words; n++)
        packet[PACKET_HEADER_WORDS + n] =
            (uint16_t)(program->descriptors[n / DESCRIPTOR_WORDS] >> 16 * (n % DESCRIPTOR_WORDS));
    const struct request_header header = {.opcode = PACKET_PROGRAM,
                                          .argument = (uint16_t)program->n_descriptors,
                                          .length_words = (uint32_t)words};
    return device_request(device, header, packet, NULL, 0);
}

/* Copies the weights of the columns from `first` on, as they travel; returns how many columns. */
static size_t pack_weights(const struct eddy_program *program, size_t first, uint16_t *payload)
{
    const size_t lanes = program->preset->lanes, per_word = 16u / program->preset->weight_bits;
    const size_t room = LOAD_WORDS * per_word / lanes, left = program->n_weight_words - first;
    const size_t columns = left < room ? left : room;
    const uint16_t mask = (uint16_t)((1u << program->preset->weight_bits) - 1);
    memset(payload, 0, LOAD_WORDS * sizeof *payload);
    for (size_t n = 0; n < columns * lanes; n++)
        payload[n / per_word] |= (uint16_t)((program->weights[first * lanes + n] & mask)
                                            << n % per_word * program->preset->weight_bits);
    return columns;
}

static int load_weights(struct eddy_device *device, const struct eddy_program *program,
                        uint16_t *packet)
{
    const size_t column_words = program->preset->lanes * (size_t)program->preset->weight_bits / 16;
    size_t columns;
    for (size_t first = 0; first < program->n_weight_words; first += columns) {
        columns = pack_weights(program, first, packet + PACKET_HEADER_WORDS);
        const struct request_header header = {.opcode = PACKET_WEIGHTS,
                                              .argument = (uint16_t)first,
                                              .length_words = (uint32_t)(columns * column_words)};
        const int error = device_request(device, header, packet, NULL, 0);
        if (error)
            return error;
    }
    return EDDY_OK;
}

static int load_rows(struct eddy_device *device, const struct eddy_program *program,
                     uint16_t *packet)
{
    size_t rows;
    for (size_t first = 0; first < program->n_rows; first += rows) {
        const size_t left = program->n_rows - first;
        rows = left < LOAD_WORDS / ROW_WORDS ? left : LOAD_WORDS / ROW_WORDS;
        for (size_t r = 0; r < rows; r++) {
            uint16_t *word = packet + PACKET_HEADER_WORDS + r * ROW_WORDS;
            word[ROW_BIAS_LOW] = (uint16_t)program->biases[first + r];
            word[ROW_BIAS_HIGH] = (uint16_t)((uint32_t)program->biases[first + r] >> 16);
            word[ROW_SHIFT] = program->shifts[first + r] - 1;
            word[ROW_PEEPHOLE] = (uint16_t)program->peepholes[first + r];
        }
        const struct request_header header = {.opcode = PACKET_ROWS,
                                              .argument = (uint16_t)first,
                                              .length_words = (uint32_t)(rows * ROW_WORDS)};
        const int error = device_request(device, header, packet, NULL, 0);
        if (error)
            return error;
    }
    return EDDY_OK;
}

int device_reset_stream(struct eddy_device *device, const struct eddy_program *program,
                        uint8_t stream, uint16_t *packet)
{
    const int16_t *initial = program->initial;
    int error = EDDY_OK;
    for (size_t n = 0; n < program->n_passes && !error; n++) {
        const size_t words = 2u * program->passes[n].state_units;
        struct request_header header = {
            .opcode = PACKET_RESET, .stream = stream, .pass = (uint8_t)n};
        if (initial) {
            header.opcode = PACKET_WRITE_STATE;
            header.length_words = (uint32_t)words;
            memcpy(packet + PACKET_HEADER_WORDS, initial, words * sizeof *initial);
            initial += words;
        }
        error = device_request(device, header, packet, NULL, 0);
    }
    return error;
}

static int reset_streams(struct eddy_device *device, const struct eddy_program *program,
                         uint16_t *packet)
{
    int error = EDDY_OK;
    for (unsigned s = 0; s < device->preset->streams && !error; s++)
        error = device_reset_stream(device, program, (uint8_t)s, packet);
    return error;
}

int eddy_device_load(struct eddy_device *device, const struct eddy_program *program)
{
    if (program->preset != device->preset)
        return eddy_fail(device->context, EDDY_ERROR_DEVICE,
                         "the program was compiled for preset %s, the device is %s; compile it "
                         "with --preset %s, or open the device with preset=%s",
                         program->preset->name, device->preset->name, device->preset->name,
                         program->preset->name);
    if (device->open_streams)
        return eddy_fail(device->context, EDDY_ERROR_ARGUMENT,
                         "close the streams of the device before another program is loaded");
    uint16_t *packet = malloc((PACKET_HEADER_WORDS + LOAD_WORDS) * sizeof *packet);
    if (!packet)
        return eddy_fail(device->context, EDDY_ERROR_MEMORY, "out of memory");
    device->program = NULL;
    int error = load_descriptors(device, program, packet);
    if (!error)
        error = load_weights(device, program, packet);
    if (!error)
        error = load_rows(device, program, packet);
    if (!error)
        error = reset_streams(device, program, packet);
    if (!error)
        device->program = program;
    free(packet);
    return error;
}
