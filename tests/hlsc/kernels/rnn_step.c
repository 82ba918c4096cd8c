/* The recurrent cell of the peers. */
/* hlsc: --pipeline */
#include "../peers/rnn_step.c"

#ifdef RIG
#define MOST_CYCLES (1900)
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays */
}
#endif
