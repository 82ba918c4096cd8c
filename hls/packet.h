/* packet.h -- what travels between host and device: the only definition, for host C, HLS C and tests.
 *
 * Two streams of 16-bit little-endian words. The host sends requests, the device answers each one, in
 * order. A request is a header of PACKET_HEADER_WORDS words and `length` payload words:
 *
 *   word 0   PACKET_MAGIC << 8 | opcode
 *   word 1   stream << 8 | flags
 *   word 2   sequence number, echoed by the answer
 *   word 3   argument
 *   word 4   length of the payload in words, low half
 *   word 5   ... high half
 *   word 6   check: the complement of the sum of words 0 to 5, modulo 2^16
 *
 * An answer has the same header with ANSWER_MAGIC, the status in place of the argument, and its own
 * length and payload. A run answers at once, with PACKET_STATUS_OK, then its outputs as they are computed,
 * then ANSWER_RUN_TRAILER_WORDS words of counters.
 *
 * A header whose check or magic is wrong is answered once with PACKET_STATUS_HEADER; words are then skipped until
 * seven of them make a good header. Any other refused request is skipped by its length. Neither touches
 * state, program or weights.
 *
 *   opcode                 argument      payload                            answer
 *   PACKET_QUERY           -             -                                  struct of id_words below
 *   PACKET_PROGRAM         layers        layers x PROGRAM_LAYER_WORDS       -
 *   PACKET_WEIGHTS         first column  columns x LANES weights            -
 *   PACKET_ROWS            first row     rows x ROW_WORDS                   -
 *   PACKET_RUN             steps         steps x inputs words, Qm.n         outputs, then the trailer
 *   PACKET_READ_STATE      -             -                                  state words of the stream
 *   PACKET_WRITE_STATE     -             state words of the stream          -
 *   PACKET_RESET           -             -                                  -     (state of the stream = 0)
 *
 * 8-bit weights travel two to a word, the lower lane in the lower byte.
 */
#ifndef EDDY_PACKET_H
#define EDDY_PACKET_H

#include "hls.h"

#define PACKET_VERSION 1
#define PACKET_MAGIC 0xED
#define ANSWER_MAGIC 0xEA
#define PACKET_HEADER_WORDS 7

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
    return words[0] >> 8 == magic && packet_sum(words) == 0xffff;
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

/* status of an answer */
#define PACKET_STATUS_OK 0
#define PACKET_STATUS_HEADER 1 /* no packet began here; words skipped */
#define PACKET_STATUS_OPCODE 2 /* unknown opcode */
#define PACKET_STATUS_STREAM 3 /* stream number beyond the capacity */
#define PACKET_STATUS_LENGTH 4 /* payload length does not fit opcode and argument */
#define PACKET_STATUS_RANGE                                                                        \
    5 /* addresses beyond the memories, or a layer that the device cannot hold */
#define PACKET_STATUS_PROGRAM 6 /* no program is loaded */

/* A layer of the program: PROGRAM_LAYER_WORDS words.
 *   y = activation((W [x ; h] + b) / 2^shift); x is the layer below (the input for the first layer), h the
 *   layer's own output of the step before, present when LAYER_FLAG_RECURRENT is set. Rows are dealt to blocks of LANES.
 *   Weights lie in the order of use: for each layer, for each block of rows, x columns, then h columns. */
#define PROGRAM_LAYER_WORDS 3
#define LAYER_FLAGS                                                                                \
    0 /* bit 0 recurrent, 1 its outputs are answered, 4-7 activation, 8-10 result shift */
#define LAYER_COLUMNS 1 /* length of x */
#define LAYER_ROWS 2    /* length of y */
#define LAYER_FLAG_RECURRENT 1
#define LAYER_FLAG_EMIT 2
#define LAYER_ACTIVATION_BIT 4
#define LAYER_RESULT_SHIFT_BIT 8
#define ACTIVATION_NONE 0
#define ACTIVATION_TANH                                                                            \
    1 /* argument Q3.12, result Q0.15, shifted right by the result shift, to nearest */

/* The constants of a row, in the order of the layers' rows: ROW_WORDS words. */
#define ROW_BIAS_LOW 0 /* bias at the scale of the sums, 32 bits */
#define ROW_BIAS_HIGH 1
#define ROW_SHIFT 2    /* right shift of the sum, 1 to 32, to nearest, less one */
#define ROW_RESERVED 3 /* 0 */
#define ROW_WORDS 4

/* The ID block, the answer to PACKET_QUERY: 16-bit words in this order. */
#define ID_MAGIC 0   /* ID_MAGIC_VALUE */
#define ID_VERSION 1 /* PACKET_VERSION */
#define ID_PRESET 2  /* EDDY_PRESET */
#define ID_LANES 3
#define ID_WEIGHT_BITS 4
#define ID_WEIGHT_WORDS 5
#define ID_ROWS 6
#define ID_STATE_ROWS 7
#define ID_INPUT_ROWS 8
#define ID_STREAMS 9
#define ID_LAYERS 10
#define ID_LOADED_LAYERS 11 /* layers of the loaded program, 0 without one */
#define ID_ERRORS 12        /* requests refused since reset, modulo 2^16 */
#define ID_WORDS 13
#define ID_MAGIC_VALUE 0x5EDD

/* The trailer of a run: 32-bit counters, low half first. */
#define TRAILER_CYCLES 0  /* clock cycles from the run's first operand to its last result; cpu: 0 */
#define TRAILER_COLUMNS 1 /* iterations in which the lanes worked */
#define TRAILER_WAIT_INPUT 2   /* iterations without work for lack of input */
#define TRAILER_WAIT_STATE 3   /* ... until state just computed may be read */
#define TRAILER_WAIT_DRAIN 4   /* ... until the drain takes the sums */
#define TRAILER_WAIT_CONTROL 5 /* ... until the next segment is known */
#define TRAILER_SATURATED 6    /* results clipped to 16 bits */
#define TRAILER_COUNTERS 7
#define ANSWER_RUN_TRAILER_WORDS (2 * TRAILER_COUNTERS)

#endif
