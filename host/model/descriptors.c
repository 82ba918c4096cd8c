/* descriptors.c -- walks a step of a pass group by group, block by block: which columns the lanes take, what the drain does
 * with the sums, and how long each must wait for what the drain before it stores (hls/README.md).
 */
#include "descriptors.h"

/* How long ago the drain began the latest phase that wrote to a memory: iterations, at least. A unit's number is as
 * old, for the reader goes through the units no faster than the writer. */
struct ages {
    unsigned factor, carry, cell;
};

#define OLDEST (MAX_HOLD + 1) /* than any distance */

struct writer {
    const struct eddy_program *program;
    uint64_t *words;
    size_t n;
    struct ages ages;
};

static void put(struct writer *w, uint64_t word)
{
    if (w->words)
        w->words[w->n] = word;
    w->n++;
}

/* ---- drains ---- */

static unsigned older(unsigned age, unsigned iterations)
{
    return age + iterations < OLDEST ? age + iterations : OLDEST;
}

static unsigned still_to_wait(bool reads, unsigned age, unsigned distance)
{
    return reads && age < distance ? distance - age : 0;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* The drain goes through `groups` of a phase, from its first unit on if it `begins`. Returns the iterations that it
 * waits before, so that what it reads is old enough. */
static unsigned pass_phase(const struct eddy_preset *preset, struct ages *ages, struct phase phase,
                           bool begins, unsigned groups)
{
    const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
    const bool to_cell = phase.destination == DESTINATION_CELL;
    const bool reads_factor = phase.factor == FACTOR_FIRST || phase.factor == FACTOR_SECOND ||
                              interpolates || (phase.adds_second && to_cell);
    const bool reads_carry = phase.adds_second && !to_cell;
    const bool reads_cell = phase.factor == FACTOR_CELL || phase.factor == FACTOR_TANH_CELL ||
                            interpolates || phase.peephole;
    const bool to_second = begins && phase.destination == DESTINATION_SECOND;
    const bool to_factor = to_second || (begins && phase.destination == DESTINATION_FIRST);
    const bool writes_cell = begins && (to_cell || phase.destination == DESTINATION_STATE_CELL);
    unsigned hold = still_to_wait(begins && reads_factor, ages->factor, preset->factor_distance);
    hold = larger(hold, still_to_wait(begins && reads_carry, ages->carry, preset->carry_distance));
    hold = larger(hold, still_to_wait(begins && reads_cell, ages->cell, preset->cell_distance));
    ages->factor = to_factor ? groups : older(ages->factor, hold + groups);
    ages->carry = to_second ? groups : older(ages->carry, hold + groups);
    ages->cell = writes_cell ? groups : older(ages->cell, hold + groups);
    return hold;
}

/* The state may be read from its first element on when it is old enough. The units before the last piece left the drain
 * at least unit / drains iterations before it; reading goes on one unit an iteration, not faster than the drain. */
static unsigned gap_after(const struct eddy_preset *preset, size_t unit)
{
    const size_t before = unit / preset->drains;
    return before < preset->state_distance ? (unsigned)(preset->state_distance - before) : 0;
}

/* Where a group is in its rows, which are phase by phase, unit by unit. */
struct walk {
    size_t row, phase, unit;
};

/* Rows of one phase, the next `n` ones. */
static void write_drain(struct writer *w, const struct program_group *g, struct walk at, size_t n,
                        bool releases)
{
    const struct eddy_preset *preset = w->program->preset;
    const struct phase phase = g->phases[at.phase];
    const bool largest = phase.destination == DESTINATION_LARGEST;
    const bool last_phase = at.phase + 1u == g->n_phases;
    const bool ends_phase = at.unit + n == program_padded(preset, g->units);
    const bool gaps = last_phase && ends_phase && (largest || g->guard);
    const unsigned groups = (unsigned)(n / preset->drains);
    const unsigned gap = largest ? preset->state_distance + groups : gap_after(preset, at.unit);
    const struct drain drain = {
        .groups = (uint8_t)groups,
        .phase = phase,
        .cell_shift = g->cell_shift,
        .emit = g->emit && last_phase && (ends_phase || !largest),
        .releases = releases,
        .hold = (uint8_t)pass_phase(preset, &w->ages, phase, at.unit == 0, groups),
        .gap = gaps ? (uint8_t)gap : 0,
        .place = (uint16_t)(largest ? g->place : g->place + at.unit),
        .row = (uint16_t)(g->row + at.row),
    };
    put(w, drain_pack(drain));
}

static struct walk write_drains(struct writer *w, const struct program_group *g, struct walk at,
                                size_t rows)
{
    const size_t units = program_padded(w->program->preset, g->units);
    while (rows != 0) {
        const size_t n = units - at.unit < rows ? units - at.unit : rows;
        write_drain(w, g, at, n, n == rows);
        rows -= n;
        at.row += n;
        at.unit = (at.unit + n) % units;
        at.phase += at.unit == 0;
    }
    return at;
}

/* ---- blocks ---- */

struct block {
    bool first; /* of its step: x_t arrives */
    bool ends_group, ends_step;
    size_t weight;
};

/* x_t, or what a layer below puts out, then h. */
static void write_segments(struct writer *w, const struct program_group *g, struct block b)
{
    const bool guard = b.ends_group && g->guard;
    const struct segment x = {
        .source = !g->data  ? SOURCE_STATE
                  : b.first ? SOURCE_DATA
                            : SOURCE_KEPT,
        .token = g->token,
        .ends_block = g->h_length == 0,
        .guard = guard,
        .stop = b.ends_step,
        .current = true,
        .length = g->token ? 1 : g->x_length,
        .weight = (uint16_t)b.weight,
        .address = g->x_place,
    };
    const struct segment h = {
        .source = g->gated ? SOURCE_GATED : SOURCE_STATE,
        .ends_block = true,
        .guard = guard,
        .stop = b.ends_step,
        .length = g->h_length,
        .weight = (uint16_t)(b.weight + g->x_length),
        .address = g->place,
    };
    if (g->x_length != 0)
        put(w, segment_pack(x));
    if (g->h_length != 0)
        put(w, segment_pack(h));
}

static void write_group(struct writer *w, const struct program_group *g, bool first, bool last)
{
    const size_t lanes = w->program->preset->lanes;
    const size_t rows = g->n_phases * program_padded(w->program->preset, g->units);
    struct walk at = {0};
    while (at.row < rows) {
        const bool ends_group = rows - at.row <= lanes;
        const struct block block = {.first = first && at.row == 0,
                                    .ends_group = ends_group,
                                    .ends_step = last && ends_group,
                                    .weight = g->weight +
                                              at.row / lanes * ((size_t)g->x_length + g->h_length)};
        write_segments(w, g, block);
        at = write_drains(w, g, at, ends_group ? rows - at.row : lanes);
    }
}

/* ---- passes ---- */

static void write_step(struct writer *w, const struct program_pass *pass)
{
    for (size_t n = 0; n < pass->n_groups; n++)
        write_group(w, &w->program->groups[pass->first_group + n], n == 0,
                    n + 1u == pass->n_groups);
}

/* The waits are those of a step that follows another one. */
static void write_pass(struct writer *w, const struct program_pass *pass)
{
    struct writer dry = {.program = w->program, .ages = {OLDEST, OLDEST, OLDEST}};
    write_step(&dry, pass);
    w->ages = dry.ages;
    put(w, pass_pack((struct pass){.swaps = w->program->groups[pass->first_group].h_length != 0,
                                   .inputs = pass->inputs,
                                   .answered = pass->answered,
                                   .units = pass->state_units,
                                   .feedback = pass->feedback_place,
                                   .length = (uint16_t)dry.n}));
    write_step(w, pass);
}

size_t program_write_descriptors(const struct eddy_program *program, uint64_t *descriptors)
{
    struct writer w = {.program = program, .words = descriptors};
    for (size_t n = 0; n < program->n_passes; n++)
        write_pass(&w, &program->passes[n]);
    return w.n;
}
