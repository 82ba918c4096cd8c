/* queries.h -- requests of the engine's protocol as bytes on USB, for tests. */
#ifndef TESTS_USB_QUERIES_H
#define TESTS_USB_QUERIES_H

#include "host/lib/request.h"

#define QUERY_BYTES (2 * PACKET_HEADER_WORDS)
#define ANSWER_BYTES (QUERY_BYTES + 2 * ID_WORDS)

void request(uint8_t bytes[QUERY_BYTES], uint8_t opcode, uint16_t sequence, uint32_t length_words);
/* Its answer has ANSWER_BYTES. */
void query(uint8_t bytes[QUERY_BYTES], uint16_t sequence);
/* Writes a line to the simulated boards (with_board.c); 0 or -1. */
int command_boards(const char *line);

#endif
