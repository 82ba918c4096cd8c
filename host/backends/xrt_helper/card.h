/* card.h -- a card under XRT, with a session of the kernel on it. */
#ifndef EDDY_XRT_HELPER_CARD_H
#define EDDY_XRT_HELPER_CARD_H

#include <stdbool.h>
#include <stdint.h>
#include <xrt.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#define CARD_RING_BYTES (256u << 10)
#define CARD_RING_WORDS (CARD_RING_BYTES / 2)

/* A ring in device memory and its image on the host. Positions count words, modulo 2^32. */
struct ring {
    xrtBufferHandle buffer;
    uint16_t *words;
    uint32_t head, tail;
};

struct card {
    xrtDeviceHandle device;
    xrtKernelHandle kernel;
    bool started; /* a session */
    struct ring commands, results;
    uint32_t result_head; /* that the card knows of */
    const char *failure;  /* set by what fails */
};

/* Opens the card of a BDF, or the first one when it is empty, and loads the xclbin. False: card->failure. */
bool card_load(struct card *card, const char *bdf, const char *xclbin);
/* Starts a session. False: card->failure. */
bool card_start(struct card *card);
/* Ends the session; the card stays open. */
bool card_end(struct card *card);
/* Ends the session and closes what was opened. */
void card_close(struct card *card);
/* Puts words into the command ring, as many as it has room for. */
bool card_send(struct card *card, const uint16_t *words, uint32_t n_words, uint32_t *sent);
/* Takes words that the results hold now. */
bool card_receive(struct card *card, uint16_t *words, uint32_t n_words, uint32_t *received);
/* Whether the session goes on. False: card->failure says why it does not. */
bool card_healthy(struct card *card);

#endif
