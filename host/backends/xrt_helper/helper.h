/* helper.h -- between the library and eddy-xrt, the process in which XRT runs: XRT may print, abort, wait for ever or
 * signal its process group, and none of that must reach the user's program.
 *
 * They speak over a socket, HELPER_SOCKET of the helper. First the helper answers once the card is open; then each request, which is a
 * helper_request and send_words words, has one answer: a helper_answer, then `received` words, or, after an error,
 * that many bytes of text. The helper ends when the socket is closed. */
#ifndef EDDY_XRT_HELPER_H
#define EDDY_XRT_HELPER_H

#include <stdint.h>

#define HELPER_SOCKET 3
#define HELPER_MAX_WORDS 65536 /* of a request, each way */
#define HELPER_LOG "log"       /* what XRT prints, in the working directory */

struct helper_request {
    uint32_t send_words, want_words;
};

struct helper_answer {
    int32_t error; /* 0, or a negative enum eddy_error */
    uint32_t sent, received;
};

#endif
