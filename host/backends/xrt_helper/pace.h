/* pace.h -- when to look again whether a card has answered. A look is a read over PCIe, or a message to the simulated card, which
 * computes meanwhile.
 *
 * Short waits are spent looking. In a longer one, half of what the waits before took is slept through; then an eighth of
 * the time waited lies between two looks, at most a millisecond. */
#ifndef EDDY_XRT_PACE_H
#define EDDY_XRT_PACE_H

#include <stdbool.h>

struct pace {
    double lengths_us[2]; /* of the latest two waits */
    bool waits;           /* now */
    double begin_us,
        moved_us; /* of this wait, and when words moved last, which the user of it notes */
};

/* Microseconds of a clock that only goes forward. */
double now_us(void);

/* Once in a process, before the first pause: the system may wake it at most so much later. */
void pace_prepare(void);
void pace_begin(struct pace *pace);
/* There was no answer: returns when to look again. */
void pace_pause(const struct pace *pace);
void pace_end(struct pace *pace);

#endif
