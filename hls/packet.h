/* packet.h -- what travels between host and device: the only definition, for host C, HLS C and tests.
 *
 * Two streams of 16-bit little-endian words. The host sends requests, the device answers each one, in
 * order. A request is a header of PACKET_HEADER_WORDS words and `length` payload words:
 *
 *   word 0   PACKET_MAGIC << 8 | opcode
 *   word 1   stream << 8 | flags
 *   word 2   sequence number, echoed by the answer
 *   word 3   argument
 *   word 4   streams << 8 | pass
 *   word 5   length of the payload in words, low half
 *   word 6   ... high half, below 256: at most 2^24 - 1 words
 *   word 7   check: the complement of the sum of words 0 to 6, modulo 2^16
 *
 * An answer has the same header with ANSWER_MAGIC, the status in place of the argument, and its own
 * length and payload. A run answers at once, with PACKET_STATUS_OK, then its outputs as they are computed,
 * then ANSWER_RUN_TRAILER_WORDS words of counters.
 *
 * A header whose check, magic or length is wrong is answered once with PACKET_STATUS_HEADER; words are then skipped until
 * eight of them make a good header. Any other refused request is skipped by its length. Neither touches
 * state, program or weights, but for a program that is read and found wrong.
 *
 *   opcode                 argument      payload                            answer
 *   PACKET_QUERY           -             -                                  the ID block below
 *   PACKET_PROGRAM         descriptors   descriptors x DESCRIPTOR_WORDS     -
 *   PACKET_WEIGHTS         first column  columns x LANES weights            -
 *   PACKET_ROWS            first row     rows x ROW_WORDS                   -
 *   PACKET_RUN             steps         x, see below                       outputs, then the trailer
 *   PACKET_READ_STATE      -             -                                  the pass's h, then its cells
 *   PACKET_WRITE_STATE     -             the pass's h, then its cells       -
 *   PACKET_RESET           -             -                                  -   (h and cells = 0)
 *
 * The last four are about one pass of the program in one stream. A run takes `streams` streams (0 and 1: one) from `stream`
 * on, side by side: its payload is (steps, streams, inputs), its outputs (steps, streams, answered). With PACKET_FLAG_FEEDBACK
 * the payload is (streams, inputs), for the first step; the x of the others is what the pass puts out.
 *
 * 8-bit weights travel two to a word, the lower lane in the lower byte.
 */
#ifndef EDDY_PACKET_H
#define EDDY_PACKET_H

#include "hls.h"

#define PACKET_VERSION 3
#define PACKET_MAGIC 0xED
#define ANSWER_MAGIC 0xEA
#define PACKET_HEADER_WORDS 8
#define PACKET_LENGTH_BITS 24

/* The sum of the words of a header, modulo 2^16: all ones when the check is right. */
static inline uint16_t packet_sum(const uint16_t words[PACKET_HEADER_WORDS])
{
    uint16_t sum = 0;
    HLS_UNROLL
    for (int k = 0; k < PACKET_HEADER_WORDS; k++)
        sum = (uint16_t)(sum + words[k]);
    return sum;
}

/* Whether words are a good header: of a request with PACKET_MAGIC, of an answer with ANSWER_MAGIC. */
static inline bool packet_is_header(const uint16_t words[PACKET_HEADER_WORDS], uint8_t magic)
{
    return words[0] >> 8 == magic && words[6] >> (PACKET_LENGTH_BITS - 16) == 0 &&
           packet_sum(words) == 0xffff;
}

#define PACKET_QUERY 1
#define PACKET_PROGRAM 2
#define PACKET_WEIGHTS 3
#define PACKET_ROWS 4
#define PACKET_RUN 5
#define PACKET_READ_STATE 6
#define PACKET_WRITE_STATE 7
#define PACKET_RESET 8

/* flags of PACKET_RUN */
#define PACKET_FLAG_RESET 1     /* state of the stream = 0 before the first step */
#define PACKET_FLAG_LAST_ONLY 2 /* answer the outputs of the last step only */
#define PACKET_FLAG_FEEDBACK 4  /* x of every step but the first is the output before */

/* status of an answer */
#define PACKET_STATUS_OK 0
#define PACKET_STATUS_HEADER 1 /* no packet began here; words skipped */
#define PACKET_STATUS_OPCODE 2 /* unknown opcode */
#define PACKET_STATUS_STREAM 3 /* stream number beyond the capacity */
#define PACKET_STATUS_LENGTH 4 /* payload length does not fit opcode and argument */
#define PACKET_STATUS_RANGE                                                                        \
    5 /* addresses beyond the memories, or a program that the device cannot hold or follow */
#define PACKET_STATUS_PROGRAM 6 /* no program is loaded, or it has no such pass */

/* A program is a list of descriptors (descriptor.h), DESCRIPTOR_WORDS words each: for each pass one that describes it, then
 * the blocks of one step in their order. A block is one or two segments, then its drains. Weights lie in the order of
 * use: for each block, x columns, then h columns. The drains' `hold` and `gap` say what the distances of config.h ask for.
 *
 * A pass is what one step of a run goes through. Its x is the data of the run. A unit of a layer has the same place in h, in
 * the cells and between phases. A program that is refused, or not whole, leaves none loaded. */

/* The constants of a row: ROW_WORDS words. */
#define ROW_BIAS_LOW 0 /* bias at the scale of the sums, 32 bits */
#define ROW_BIAS_HIGH 1
#define ROW_SHIFT 2    /* right shift of the sum, 1 to 32, to nearest, less one */
#define ROW_PEEPHOLE 3 /* factor of the cell state in the sum */
#define ROW_WORDS 4

/* The ID block, the answer to PACKET_QUERY: 16-bit words in this order. */
#define ID_MAGIC 0   /* ID_MAGIC_VALUE */
#define ID_VERSION 1 /* PACKET_VERSION */
#define ID_PRESET 2  /* EDDY_PRESET */
#define ID_LANES 3
#define ID_WEIGHT_BITS 4
#define ID_WEIGHT_WORDS 5 /* modulo 2^16: 0 is 65536 */
#define ID_ROWS 6
#define ID_STATE_ROWS 7
#define ID_INPUT_ROWS 8
#define ID_STREAMS 9
#define ID_DESCRIPTORS 10
#define ID_PASSES 11
#define ID_DRAINS 12
#define ID_FEATURES 13
#define ID_LOADED_PASSES 14 /* passes of the loaded program, 0 without one */
#define ID_ERRORS 15        /* requests refused since reset, modulo 2^16 */
#define ID_WORDS 16
#define ID_MAGIC_VALUE 0x5EDD

/* The trailer of a run: 32-bit counters, low half first. */
#define TRAILER_CYCLES 0  /* clock cycles from the run's first operand to its last result; cpu: 0 */
#define TRAILER_COLUMNS 1 /* iterations in which the lanes worked */
#define TRAILER_WAIT_INPUT 2       /* iterations without work for lack of input */
#define TRAILER_WAIT_STATE 3       /* ... until state just computed may be read */
#define TRAILER_WAIT_DRAIN 4       /* ... until the drain takes the sums */
#define TRAILER_WAIT_CONTROL 5     /* ... until the next segment is known */
#define TRAILER_ROWS 6             /* iterations in which the drain worked */
#define TRAILER_CLIPPED_ARGUMENT 7 /* arguments of sigmoid and tanh beyond their range: harmless */
#define TRAILER_CLIPPED_OUTPUT 8   /* linear and ReLU results clipped to 16 bits */
#define TRAILER_CLIPPED_CELL 9     /* cell states and products clipped to 16 bits */
#define TRAILER_COUNTERS 10
#define ANSWER_RUN_TRAILER_WORDS (2 * TRAILER_COUNTERS)

#endif
