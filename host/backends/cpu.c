/* cpu.c -- cpu: the HLS C compiled natively, as a carrier. */
#include "engine.h"
#include "lib/context.h"

#include <stdlib.h>

struct cpu_carrier {
    struct carrier base;
    const struct engine *engine;
};

static int cpu_transfer(struct carrier *carrier, const uint16_t *send, size_t send_words,
                        size_t *sent, uint16_t *receive, size_t receive_words, size_t *received)
{
    const struct engine *engine = ((struct cpu_carrier *)carrier)->engine;
    *sent = *received = 0;
    const int error = engine->send(send, send_words);
    if (error)
        return eddy_fail(carrier->context, error, "cpu: no memory for the queues of the engine");
    *sent = send_words;
    *received = engine->receive(receive, receive_words);
    return EDDY_OK;
}

static void cpu_close(struct carrier *carrier)
{
    ((struct cpu_carrier *)carrier)->engine->close();
    free(carrier);
}

static int cpu_open(struct eddy_context *context, const struct carrier_options *options,
                    struct carrier **carrier)
{
    static const struct carrier_ops ops = {cpu_transfer, cpu_close};
    if (options->stall != SIM_STALL_NONE || *options->trace_path)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "cpu: has no ports to stall and no signals to trace; use sim:");
    const struct engine *engine = eddy_engine_of(options->preset);
    const int error = engine->open();
    if (error == EDDY_ERROR_DEVICE)
        return eddy_fail(context, error,
                         "cpu:preset=%s is already open in this process; close it first",
                         engine->preset.name);
    if (error)
        return eddy_fail(context, error, "cpu: no memory for the queues of the engine");
    struct cpu_carrier *cpu = malloc(sizeof *cpu);
    if (!cpu) {
        engine->close();
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    }
    *cpu = (struct cpu_carrier){{&ops, context}, engine};
    *carrier = &cpu->base;
    return EDDY_OK;
}

const struct backend eddy_backend_cpu = {"cpu", "the HLS C compiled natively, bit-exact", cpu_open};
