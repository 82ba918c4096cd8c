#include "random.h"

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * 0x2545f4914f6cdd1du;
}

int random_between(struct random *random, int low, int high)
{
    return low + (int)((random_next(random) >> 16) % (uint64_t)(high - low + 1));
}
