/* sim.c -- sim: the HLS C compiled to RTL and Verilated, as a carrier. */
#include "carrier.h"
#include "config.h"
#include "lib/context.h"

#include <stdlib.h>

#define DECLARE_SIM(number) extern const struct sim_model EDDY_SIM_NAME(number);
#define LIST_SIM(number) [number] = &EDDY_SIM_NAME(number),

EDDY_PRESETS(DECLARE_SIM)
static const struct sim_model *const models[] = {EDDY_PRESETS(LIST_SIM)};

struct sim_carrier {
    struct carrier base;
    const struct sim_model *model;
    struct sim *sim;
};

static int transfer(struct carrier *carrier, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received)
{
    struct sim_carrier *c = (struct sim_carrier *)carrier;
    if (c->model->transfer(c->sim, send, send_words, sent, receive, receive_words, received))
        return eddy_fail(carrier->context, EDDY_ERROR_DEVICE,
                         "sim: the RTL read state before it was written (HLS_DISTANCE is broken); "
                         "this is a fault of the engine, please report it");
    return EDDY_OK;
}

static void figures(const struct carrier *carrier, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures)
{
    const struct sim_carrier *c = (const struct sim_carrier *)carrier;
    c->model->figures(c->sim, taken_ago, given_ago, figures);
}

static void close_sim(struct carrier *carrier)
{
    struct sim_carrier *c = (struct sim_carrier *)carrier;
    c->model->close(c->sim);
    free(c);
}

static int open_sim(struct eddy_context *context, const struct carrier_options *options,
                    struct carrier **carrier)
{
    static const struct carrier_ops ops = {transfer, close_sim, figures};
    const struct sim_model *model = models[options->preset->number];
    const struct sim_options sim_options = {
        .stall = options->stall,
        .seed = options->seed,
        .trace_path = *options->trace_path ? options->trace_path : NULL,
    };
    struct sim_carrier *c = malloc(sizeof *c);
    struct sim *sim = c ? model->open(&sim_options) : NULL;
    if (!sim) {
        free(c);
        return eddy_fail(context, EDDY_ERROR_MEMORY, "sim: out of memory");
    }
    *c = (struct sim_carrier){{&ops, context}, model, sim};
    *carrier = &c->base;
    return EDDY_OK;
}

const struct backend eddy_backend_sim = {"sim", "the RTL in Verilator, bit- and cycle-exact",
                                         open_sim};
