#include "exchange.h"

#include "lib/request.h"

/* Looks between two at the health of the card. */
#define HEALTH_LOOKS 32

/* What moves now. False: the card failed. */
static bool move(struct card *card, struct exchange *e, bool *moved)
{
    uint32_t sent = 0, received = 0;
    const uint32_t commands_head = card->commands.head;
    if (e->sent < e->send_words &&
        !card_send(card, e->send + e->sent, e->send_words - e->sent, &sent))
        return false;
    if (!card_receive(card, e->receive + e->received, e->want_words - e->received, &received))
        return false;
    e->sent += sent;
    e->received += received;
    *moved = sent || received || card->commands.head != commands_head;
    return true;
}

static bool is_over(const struct exchange *e)
{
    return e->want_words
               ? e->received >= packet_answer_words(e->receive, e->received, e->want_words)
               : e->sent == e->send_words;
}

bool exchange_words(struct card *card, struct pace *pace, struct exchange *e, double silence_us)
{
    const double until_us = now_us() + EXCHANGE_US;
    bool moved;
    if (!pace->waits)
        pace_begin(pace);
    for (unsigned looks = 1; move(card, e, &moved); looks++) {
        const double now = now_us();
        if (moved)
            pace->moved_us = now;
        e->silent = now - pace->moved_us >= silence_us;
        if (is_over(e) || e->silent)
            pace_end(pace);
        if (!pace->waits)
            return !e->silent || card_healthy(card);
        if (looks % HEALTH_LOOKS == 0 && !card_healthy(card))
            return false;
        if (now >= until_us)
            return true;
        if (!moved)
            pace_pause(pace);
    }
    return false;
}
