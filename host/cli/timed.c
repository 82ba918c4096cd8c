#include "timed.h"

#include "backends/carrier.h"

#include <time.h>

#define CLOCK_LOOKS 1000

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t process_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static int transfer(struct carrier *carrier, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received)
{
    struct timed_carrier *t = (struct timed_carrier *)carrier;
    const uint64_t begin = cpu_ns();
    const int error =
        t->inner->ops->transfer(t->inner, send, send_words, sent, receive, receive_words, received);
    t->carrier_ns += cpu_ns() - begin;
    t->n_transfers++;
    return error;
}

static void figures(const struct carrier *carrier, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures)
{
    const struct timed_carrier *t = (const struct timed_carrier *)carrier;
    t->inner->ops->figures(t->inner, taken_ago, given_ago, figures);
}

void timed_begin(struct timed_carrier *timed, struct eddy_device *device)
{
    struct carrier *inner = device->carrier;
    const uint64_t begin = cpu_ns();
    for (int n = 0; n < CLOCK_LOOKS; n++)
        cpu_ns();
    *timed = (struct timed_carrier){
        .base = {.ops = &timed->ops, .context = inner->context},
        .inner = inner,
        .ops = {.transfer = transfer, .figures = inner->ops->figures ? figures : NULL},
        .clock_ns = (cpu_ns() - begin) / CLOCK_LOOKS};
    device->carrier = &timed->base;
}

void timed_end(struct timed_carrier *timed, struct eddy_device *device)
{
    device->carrier = timed->inner;
}
