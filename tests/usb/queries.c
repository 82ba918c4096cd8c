#include "queries.h"

#include <stdio.h>
#include <stdlib.h>

void request(uint8_t bytes[QUERY_BYTES], uint8_t opcode, uint16_t sequence, uint32_t length_words)
{
    uint16_t words[PACKET_HEADER_WORDS];
    const struct request_header header = {
        .opcode = opcode, .sequence = sequence, .length_words = length_words};
    packet_write_request(&header, words);
    for (int i = 0; i < QUERY_BYTES; i++)
        bytes[i] = (uint8_t)(words[i / 2] >> 8 * (i % 2));
}

void query(uint8_t bytes[QUERY_BYTES], uint16_t sequence)
{
    request(bytes, PACKET_QUERY, sequence, 0);
}

int command_boards(const char *line)
{
    const char *path = getenv("EDDY_BOARDS_CONTROL");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return -1;
    const int written = fprintf(file, "%s\n", line);
    return fclose(file) || written < 0 ? -1 : 0;
}
