/* request.h -- request headers and answers of the device protocol (hls/packet.h). */
#ifndef EDDY_LIB_REQUEST_H
#define EDDY_LIB_REQUEST_H

#include "../../hls/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request_header {
    uint8_t opcode, stream, flags, pass, streams;
    uint16_t sequence, argument;
    uint32_t length_words;
};

struct answer_header {
    uint8_t opcode, stream, flags;
    uint16_t sequence, status;
    uint32_t length_words;
};

void packet_write_request(const struct request_header *header, uint16_t words[PACKET_HEADER_WORDS]);
/* False when the words are not the header of an answer. */
bool packet_read_answer(const uint16_t words[PACKET_HEADER_WORDS], struct answer_header *header);
/* Of an answer for which `wanted` words were asked, and `received` are there: how many it has, header and payload. Fewer than
 * wanted when the device refuses; PACKET_HEADER_WORDS when it is no answer; wanted as long as nobody knows. */
size_t packet_answer_words(const uint16_t *words, size_t received, size_t wanted);
/* What a PACKET_STATUS means, for messages. */
const char *packet_status_text(uint16_t status);

#endif
