/* faults.c -- a stream on a simulated card that is disturbed at random (tests/support/disturb.h): the process of the card or XRT's
 * killed or stopped, the client killed, memory that answers with errors. */
#include "../support/disturb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KILL_CARD, STOP_CARD, KILL_XRT, STOP_XRT, KILL_CLIENT, MEMORY };

/* The only child of a process; 0 when there is none. */
static pid_t child_of(pid_t parent)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *children = parent ? fopen(path, "r") : NULL;
    if (children && fscanf(children, "%d", &child) != 1)
        child = 0;
    if (children)
        fclose(children);
    return child;
}

/* Any memory; for its errors, a few beats anywhere at the beginning of a ring: some runs meet them. */
static void begin(int kind, struct random *random)
{
    char options[128];
    const int bad = random_between(random, 0, 2000) * 4 + random_between(random, 0, 1) * 0x40000;
    const int length = kind == MEMORY ? 64 : 0;
    snprintf(options, sizeof options, "seed=%d,latency=0-%d,pause=%d,bad=%d-%d",
             random_between(random, 1, 1000), random_between(random, 0, 300),
             random_between(random, 0, 60), bad, bad + length);
    setenv("EDDY_XRT_CARD", options, 1);
}

static void strike(int kind, struct random *random, pid_t client)
{
    const pid_t xrt = child_of(client), card = child_of(xrt);
    const pid_t victims[] = {[KILL_CARD] = card,
                             [STOP_CARD] = card,
                             [KILL_XRT] = xrt,
                             [STOP_XRT] = xrt,
                             [KILL_CLIENT] = client};
    usleep((useconds_t)random_between(random, 0, 3000));
    if (kind != MEMORY && victims[kind])
        kill(victims[kind], kind == STOP_CARD || kind == STOP_XRT ? SIGSTOP : SIGKILL);
}

static void end(int kind)
{
    (void)kind;
    unsetenv("EDDY_XRT_CARD");
}

int main(int argc, char **argv)
{
    static const struct fault faults[] = {
        {"card killed", KILL_CARD, false},    {"card stopped", STOP_CARD, false},
        {"XRT killed", KILL_XRT, false},      {"XRT stopped", STOP_XRT, false},
        {"client killed", KILL_CLIENT, true}, {"memory errors", MEMORY, false}};
    static const struct disturbance xrt = {faults, 6, begin, strike, end};
    return disturb_main(&xrt, argc, argv);
}
