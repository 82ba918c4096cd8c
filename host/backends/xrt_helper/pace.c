#include "pace.h"

#include <sys/prctl.h>
#include <time.h>

#define SPIN_US 20.0
#define LONGEST_PAUSE_US 1000.0
#define TIMER_SLACK_NS 1000

double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

void pace_prepare(void)
{
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
}

void pace_begin(struct pace *pace)
{
    pace->waits = true;
    pace->begin_us = pace->moved_us = now_us();
}

void pace_pause(const struct pace *pace)
{
    const double *lengths_us = pace->lengths_us;
    const double expected_us = lengths_us[0] < lengths_us[1] ? lengths_us[0] : lengths_us[1];
    const double waited_us = now_us() - pace->begin_us;
    if (waited_us < SPIN_US && expected_us < 2 * SPIN_US)
        return;
    double pause_us = waited_us < expected_us / 2 ? expected_us / 2 - waited_us : waited_us / 8;
    if (pause_us > LONGEST_PAUSE_US)
        pause_us = LONGEST_PAUSE_US;
    nanosleep(&(struct timespec){.tv_nsec = (long)(pause_us * 1e3)}, NULL);
}

void pace_end(struct pace *pace)
{
    pace->waits = false;
    pace->lengths_us[0] = pace->lengths_us[1];
    pace->lengths_us[1] = now_us() - pace->begin_us;
}
