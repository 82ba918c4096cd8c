/* The matrix-vector product of the peers, one lane. */
/* hlsc: --pipeline */
#include "../peers/mv_mac.c"

#ifdef RIG
#define MOST_CYCLES (8192 + 64)
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays */
}
#endif
