/* load.c -- brings a program to a device. */
#include "context.h"
#include "device.h"

#include <stdlib.h>
#include <string.h>

/* The largest payload of a load packet, in words: a bound for the buffer, not of the protocol. */
#define LOAD_WORDS 4096

static int load_layers(struct eddy_device *device, const struct eddy_program *program,
                       uint16_t *packet)
{
    uint16_t *word = packet + PACKET_HEADER_WORDS;
    for (size_t l = 0; l < program->n_layers; l++, word += PROGRAM_LAYER_WORDS) {
        const struct program_layer *layer = &program->layers[l];
        word[LAYER_FLAGS] = (uint16_t)((layer->recurrent ? LAYER_FLAG_RECURRENT : 0) |
                                       (layer->emit ? LAYER_FLAG_EMIT : 0) |
                                       layer->activation << LAYER_ACTIVATION_BIT |
                                       layer->result_shift << LAYER_RESULT_SHIFT_BIT);
        word[LAYER_COLUMNS] = layer->columns;
        word[LAYER_ROWS] = layer->rows;
    }
    const struct request_header header = {
        .opcode = PACKET_PROGRAM,
        .argument = (uint16_t)program->n_layers,
        .length_words = (uint32_t)(program->n_layers * PROGRAM_LAYER_WORDS),
    };
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
            word[ROW_RESERVED] = 0;
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

static int reset_streams(struct eddy_device *device, uint16_t *packet)
{
    int error = EDDY_OK;
    for (unsigned s = 0; s < device->preset->streams && !error; s++)
        error = device_request(
            device, (struct request_header){.opcode = PACKET_RESET, .stream = (uint8_t)s}, packet,
            NULL, 0);
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
    int error = load_layers(device, program, packet);
    if (!error)
        error = load_weights(device, program, packet);
    if (!error)
        error = load_rows(device, program, packet);
    if (!error)
        error = reset_streams(device, packet);
    if (!error)
        device->program = program;
    free(packet);
    return error;
}
