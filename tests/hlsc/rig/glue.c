/* glue.c -- compiled once for each kernel, with KERNEL_SOURCE, TOP and PORTS: the kernel natively. */
#define RIG
#include "rig.h"

#include KERNEL_SOURCE

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define ARGUMENT(i)                                                                                \
    (k->port[i].kind == RIG_INPUT || k->port[i].kind == RIG_OUTPUT ? k->port[i].stream             \
                                                                   : k->port[i].words)

static void call(struct rig_kernel *k)
{
    CALL;
}

void JOIN(fill_, TOP)(struct rig_kernel *k)
{
    *k = (struct rig_kernel){.name = STRING(TOP), .call = call, .stimulus = stimulus};
#ifdef MOST_CYCLES
    k->most_cycles = MOST_CYCLES;
#endif
#ifdef EXPECT_CHECK_FAILED
    k->expect_check_failed = true;
#endif
}
