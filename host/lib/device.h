/* device.h -- inside the library: a device and the streams on it. */
#ifndef EDDY_LIB_DEVICE_H
#define EDDY_LIB_DEVICE_H

#include "model/program.h"
#include "request.h"

struct eddy_device {
    struct eddy_context *context;
    struct carrier *carrier;
    const struct eddy_preset *preset;
    uint16_t sequence;
    const struct eddy_program *program; /* NULL: none is loaded; borrowed */
    uint32_t open_streams;              /* a bit each */
};

/* Sends one request and receives its answer. packet: PACKET_HEADER_WORDS words for the header, made here, then
 * header.length_words of payload. answer: room for PACKET_HEADER_WORDS, then exactly answer_words of payload; NULL when there
 * are none. */
int device_request(struct eddy_device *device, struct request_header header, uint16_t *packet,
                   uint16_t *answer, size_t answer_words);

/* What a simulated device has done, see sim.h. False: it is not simulated. */
bool device_figures(const struct eddy_device *device, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures);

/* Every pass of a stream back to the state that streams begin with. packet: room for the header and the state. */
int device_reset_stream(struct eddy_device *device, const struct eddy_program *program,
                        uint8_t stream, uint16_t *packet);

#endif
