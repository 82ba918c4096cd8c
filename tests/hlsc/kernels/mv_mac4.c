/* The matrix-vector product of the peers, four lanes. */
/* hlsc: --pipeline */
#include "../peers/mv_mac4.c"

#ifdef RIG
#define MOST_CYCLES (2048+64)
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays */
}
#endif
