/* check.c -- proves each schedule again, from the meaning of the program and without the
 * scheduler's code: values are there when read, paths fit into the period, no two iterations want
 * one port, every element is loaded after its last store. Runs on every compilation; a complaint is
 * a fault of the compiler. */
#include "check.h"

#include <limits.h>

#include "tech.h"

static int output_cycle(const struct node *n)
{
    bool registered = n->op == OP_MUL || (n->op == OP_LOAD && n->memory->kind != MEMORY_REGISTERS);
    return n->cycle + (registered ? 1 : 0);
}

static bool lasting(const struct node *n)
{
    bool made =
        n->steady && n->nargs > 0 && n->op != OP_LOAD && n->op != OP_MUL && n->op != OP_READ;
    for (unsigned i = 0; i < n->nargs; i++)
        made = made && lasting(n->arg[i]);
    return made || n->op == OP_CONST || n->op == OP_VAR || n->op == OP_PARAM;
}

static int takes_next(const struct node *phi)
{
    int ready = lasting(phi->next) ? phi->cycle : output_cycle(phi->next);
    return ready < phi->cycle ? phi->cycle : ready;
}

static const char *complain(const struct program *p, const char *what, const struct node *n)
{
    return arena_printf(p->arena, "%s: %s %%%u in cycle %d, line %u", what, op_names[n->op], n->id,
                        n->cycle, n->loc.line);
}

static const char *check_values(const struct program *p, const struct region *r,
                                struct arrival *arrival)
{
    const double start = p->tech->register_ns;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        struct arrival arg[4];
        bool chained = false;
        if (n->cycle < 0)
            return complain(p, "before the start", n);
        for (unsigned k = 0; k < n->nargs; k++) {
            const struct node *a = n->arg[k];
            if (!lasting(a) && output_cycle(a) > n->cycle)
                return complain(p, "reads a value before it is there", n);
            arg[k] = (struct arrival){start, start};
            if (a->op == OP_CONST)
                arg[k] = tech_source(p->tech, a);
            const bool here = lasting(a) ? a->nargs > 0 : output_cycle(a) == n->cycle;
            for (unsigned j = 0; j < i && here; j++)
                arg[k] = r->nodes.at[j] == a ? arrival[j] : arg[k];
            chained |= arg[k].highest > start;
        }
        bool head = r->is_loop && (n->op == OP_READ || n->op == OP_EMPTY);
        const struct arrival end = tech_through(p->tech, n, arg);
        if (head && n->cycle != 0)
            return complain(p, "waits for a stream after the first stage", n);
        if (end.highest + tech_end(p->tech, n) > p->options->clock_ns && chained && !head)
            return complain(p, "the path is longer than the period", n);
        bool source = n->op == OP_PHI || n->op == OP_READ || n->op == OP_EMPTY ||
                      n->op == OP_CLOCK || (lasting(n) && n->nargs == 0) ||
                      output_cycle(n) > n->cycle;
        arrival[i] = source ? tech_source(p->tech, n) : end;
    }
    return NULL;
}

/* A block's way out hangs on its condition; where that is late, it is a register's, of a cycle before. */
static const char *check_ways_out(const struct program *p, const struct region *r,
                                  const struct arrival *arrival)
{
    const double after = p->tech->end_ns + p->tech->leave_ns;
    for (unsigned i = 0; i + 1 < r->edges.n; i++) {
        const struct node *condition = r->edges.at[i].condition;
        if (lasting(condition) || output_cycle(condition) < r->depth ||
            p->tech->register_ns + after > p->options->clock_ns)
            continue;
        for (unsigned k = 0; k < r->nodes.n; k++)
            if (r->nodes.at[k] == condition && arrival[k].highest + after > p->options->clock_ns)
                return complain(p, "the way out is decided too late in the period", condition);
    }
    return NULL;
}

static const char *check_state(const struct program *p, const struct region *r)
{
    for (unsigned i = 0; i < r->phis.n; i++) {
        const struct node *phi = r->phis.at[i];
        if (takes_next(phi) + 1 > phi->cycle + r->ii)
            return complain(p, "the next iteration reads the state before it is updated", phi);
        if (takes_next(phi) < phi->cycle)
            return complain(p, "the state is updated before it is read", phi);
    }
    if (r->again && !lasting(r->again) && output_cycle(r->again) > r->ii - 1)
        return complain(p, "whether to go on is known too late", r->again);
    return NULL;
}

/* ---- who meets whom ---- */

static bool one_port(const struct node *a, const struct node *b)
{
    if (a->op != b->op)
        return false;
    if (a->stream || b->stream)
        return a->stream == b->stream && a->op != OP_EMPTY;
    if (a->op != OP_LOAD && a->op != OP_STORE)
        return false;
    bool lanes = a->nargs == 4 || b->nargs == 4;
    return a->memory == b->memory && a->memory->kind != MEMORY_REGISTERS &&
           (lanes || a->bank == b->bank) && a->copy == b->copy;
}

static const char *check_ports(const struct program *p, const struct region *r)
{
    for (unsigned i = 0; i < r->effects.n; i++)
        for (unsigned k = 0; k < i; k++) {
            const struct node *a = r->effects.at[i], *b = r->effects.at[k];
            int apart = a->cycle - b->cycle;
            if (!one_port(a, b) || (r->is_loop ? apart % r->ii != 0 : apart != 0))
                continue;
            bool same_word = a->op == OP_LOAD && a->arg[0] == b->arg[0];
            if (apart == 0 && (same_word || ir_disjoint(ir_predicate(a), ir_predicate(b))))
                continue;
            return complain(p, "two accesses at one port", a);
        }
    return NULL;
}

/* row = constant + state, the state advancing by `step` each iteration; or unknown. */
struct affine {
    const struct node *state;
    uint64_t constant, step;
    bool known;
};

static bool counts_from(const struct node *n, const struct node *state)
{
    return n == state || (n->op == OP_BOUND && n->arg[0] == state);
}

static struct affine affine_of(const struct node *row)
{
    struct affine a = {NULL, 0, 0, false};
    while (row->op == OP_TRUNC || row->op == OP_BOUND ||
           (row->op == OP_ADD && row->arg[1]->op == OP_CONST)) {
        a.constant += row->op == OP_ADD ? row->arg[1]->value : 0;
        row = row->arg[0];
    }
    if (row->op == OP_CONST) {
        a.constant += row->value;
        a.known = true;
    } else if (row->op == OP_PHI && row->next->op == OP_ADD &&
               counts_from(row->next->arg[0], row) && row->next->arg[1]->op == OP_CONST) {
        a.state = row;
        a.step = row->next->arg[1]->value;
        a.known = true;
    } else {
        a.state = row; /* comparable within one iteration */
    }
    return a;
}

/* May y, `distance` iterations after x, touch what x touched? */
static bool may_meet(const struct node *x, const struct node *y, int distance)
{
    if (x->memory != y->memory || (x->nargs != 4 && y->nargs != 4 && x->bank != y->bank))
        return false;
    if (distance == 0 && ir_disjoint(ir_predicate(x), ir_predicate(y)))
        return false;
    struct affine a = affine_of(x->arg[0]), b = affine_of(y->arg[0]);
    if (a.state != b.state || (distance > 0 && (!a.known || !b.known)))
        return true;
    uint64_t difference = a.constant - b.constant - (uint64_t)distance * b.step;
    return (difference & mask_of(x->memory->address_bits)) == 0;
}

static int promised(const struct region *r, const struct memory *m)
{
    int distance = 0;
    for (unsigned i = 0; i < r->promises.n; i++)
        if (r->promises.at[i].memory == m && (int)r->promises.at[i].distance > distance)
            distance = (int)r->promises.at[i].distance;
    return distance;
}

/* Cycles of a block from x to y, which comes later in the program, where one of them is about time. */
static int clock_lead(const struct node *x, const struct node *y)
{
    const bool x_time = x->op == OP_CLOCK || x->op == OP_START;
    const bool y_time = y->op == OP_CLOCK || y->op == OP_START;
    const bool x_waits = x->op == OP_READ || x->op == OP_WRITE;
    const bool y_waits = y->op == OP_READ || y->op == OP_WRITE;
    if (x_time && (y_waits || (y_time && x->op == OP_START)))
        return 1;
    return y_time && (x_waits || x_time) ? 0 : INT_MIN;
}

static const char *check_pair(const struct program *p, const struct region *r, const struct node *x,
                              const struct node *y, int distance)
{
    int lead = y->cycle + distance * r->ii - x->cycle;
    bool memory =
        (x->op == OP_LOAD || x->op == OP_STORE) && (y->op == OP_LOAD || y->op == OP_STORE);
    if (memory && (x->op == OP_STORE || y->op == OP_STORE) && may_meet(x, y, distance)) {
        if (x->op == OP_STORE && y->op == OP_LOAD && distance < promised(r, x->memory))
            return NULL;
        if (lead < (x->op == OP_STORE ? 1 : 0))
            return complain(p, "an element is touched out of order", y);
    }
    if (x->op == OP_WRITE && y->op == OP_WRITE && x->stream == y->stream) {
        bool exclusive = distance == 0 && ir_disjoint(ir_predicate(x), ir_predicate(y));
        if (lead < 1 && !exclusive)
            return complain(p, "words are written out of order", y);
    }
    bool waits = (x->op == OP_READ || x->op == OP_WRITE) && (y->op == OP_READ || y->op == OP_WRITE);
    if (!r->is_loop && waits && lead < 1)
        return complain(p, "two streams are waited for together", y);
    if (!r->is_loop && lead < clock_lead(x, y))
        return complain(p, "the clock is read out of order", y);
    return NULL;
}

static const char *check_order(const struct program *p, const struct region *r)
{
    int overlap = r->is_loop ? r->depth / r->ii + 2 : 0;
    for (unsigned i = 0; i < r->effects.n; i++)
        for (unsigned k = 0; k < r->effects.n; k++)
            for (int distance = 0; distance <= overlap; distance++) {
                const struct node *x = r->effects.at[i], *y = r->effects.at[k];
                if (distance == 0 && x->order >= y->order)
                    continue;
                const char *reason = check_pair(p, r, x, y, distance);
                if (reason)
                    return reason;
            }
    return NULL;
}

const char *check_region(const struct program *p, const struct region *r)
{
    struct arrival *arrival = arena_alloc(p->arena, (r->nodes.n + 1) * sizeof *arrival);
    const char *reason = check_values(p, r, arrival);
    if (!reason)
        reason = r->is_loop ? check_state(p, r) : check_ways_out(p, r, arrival);
    if (!reason)
        reason = check_ports(p, r);
    if (!reason)
        reason = check_order(p, r);
    return reason;
}

void check_program(struct program *p)
{
    const char *lost = check_registers(p);
    if (lost)
        diag_fail(p->diag, (struct loc){0}, "report this source as a fault of hlsc",
                  "registers are shared wrongly: %s", lost);
    for (unsigned i = 0; i < p->regions.n; i++) {
        const char *reason = check_region(p, p->regions.at[i]);
        if (reason)
            diag_fail(p->diag, p->regions.at[i]->loc, "report this source as a fault of hlsc",
                      "the schedule is wrong: %s", reason);
    }
}
