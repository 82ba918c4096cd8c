/* helper.h -- between the library and eddy-xrt, the process in which XRT runs: XRT may print, abort, wait for ever or
 * signal its process group, and none of that must reach the user's program.
 *
 * They speak over a socket that keeps messages whole (SOCK_SEQPACKET), HELPER_SOCKET of the helper. First the helper answers
 * once the card is open; then each request has one answer. After an error the answer carries text instead of words, and the
 * helper ends; so it does when the socket is closed. */
#ifndef EDDY_XRT_HELPER_H
#define EDDY_XRT_HELPER_H

#include <stdint.h>

#define HELPER_PROGRAM "eddy-xrt"
#define HELPER_SOCKET 3
#define HELPER_MAX_WORDS 65536         /* of a request, each way */
#define HELPER_FOLDER "/tmp/eddy-xrt-" /* and six characters: the working directory */
#define HELPER_LOG "log"               /* what XRT prints, in the working directory */
#define HELPER_TEXT_BYTES 400

struct helper_request {
    uint32_t send_words, want_words;
    uint16_t words[HELPER_MAX_WORDS]; /* only send_words are sent */
};

/* Only `received` words are sent, or the text up to its end. */
struct helper_answer {
    int32_t error; /* 0, or a negative enum eddy_error */
    uint32_t sent, received;
    uint32_t silent; /* the card moves nothing any more; else it is at work */
    union {
        uint16_t words[HELPER_MAX_WORDS];
        char text[HELPER_TEXT_BYTES];
    };
};

#endif
