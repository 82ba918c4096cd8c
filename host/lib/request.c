#include "request.h"

void packet_write_request(const struct request_header *header, uint16_t words[PACKET_HEADER_WORDS])
{
    words[0] = (uint16_t)(PACKET_MAGIC << 8 | header->opcode);
    words[1] = (uint16_t)(header->stream << 8 | header->flags);
    words[2] = header->sequence;
    words[3] = header->argument;
    words[4] = (uint16_t)(header->streams << 8 | header->pass);
    words[5] = (uint16_t)header->length_words;
    words[6] = (uint16_t)(header->length_words >> 16);
    words[7] = 0;
    words[7] = (uint16_t)~packet_sum(words);
}

bool packet_read_answer(const uint16_t words[PACKET_HEADER_WORDS], struct answer_header *header)
{
    *header = (struct answer_header){
        .opcode = (uint8_t)words[0],
        .stream = (uint8_t)(words[1] >> 8),
        .flags = (uint8_t)words[1],
        .sequence = words[2],
        .status = words[3],
        .length_words = words[5] | (uint32_t)words[6] << 16,
    };
    return packet_is_header(words, ANSWER_MAGIC);
}

size_t packet_answer_words(const uint16_t *words, size_t received, size_t wanted)
{
    struct answer_header header;
    if (received < PACKET_HEADER_WORDS || wanted < PACKET_HEADER_WORDS)
        return wanted;
    if (!packet_read_answer(words, &header))
        return PACKET_HEADER_WORDS;
    const size_t payload_words = wanted - PACKET_HEADER_WORDS;
    return PACKET_HEADER_WORDS +
           (header.length_words < payload_words ? header.length_words : payload_words);
}

const char *packet_status_text(uint16_t status)
{
    static const char *const texts[] = {
        [PACKET_STATUS_OK] = "success",
        [PACKET_STATUS_HEADER] = "no packet began where one was expected",
        [PACKET_STATUS_OPCODE] = "unknown opcode",
        [PACKET_STATUS_STREAM] = "no such stream",
        [PACKET_STATUS_LENGTH] = "the payload length does not fit",
        [PACKET_STATUS_RANGE] = "beyond the memories of the device",
        [PACKET_STATUS_PROGRAM] = "no program is loaded, or it has no such pass",
    };
    return status < sizeof texts / sizeof *texts ? texts[status] : "unknown status";
}
