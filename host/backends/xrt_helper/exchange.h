/* exchange.h -- words to a card and its answer. */
#ifndef EDDY_XRT_EXCHANGE_H
#define EDDY_XRT_EXCHANGE_H

#include "card.h"
#include "pace.h"

struct exchange {
    const uint16_t *send;
    uint32_t send_words, sent;
    uint16_t *receive;
    uint32_t want_words, received;
    bool silent; /* nothing moved for as long as was allowed */
};

/* The library hears at least so often that the card is at work. */
#define EXCHANGE_US 1e6

/* Moves words until all wanted, or an answer that is shorter, are there (all are sent when none is wanted), or nothing moves for
 * silence_us; or for EXCHANGE_US: the next call goes on. False: card->failure says why. */
bool exchange_words(struct card *card, struct pace *pace, struct exchange *e, double silence_us);

#endif
