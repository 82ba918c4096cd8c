/* check_share.c -- proves again, without the code of share.c, that a register holds the variable that is read: follows what
 * each register holds through all regions, cycle by cycle in blocks. Runs on every compilation. */
#include "check.h"
#include "schedule.h"
#include "share.h"

struct contents {
    const struct program *p;
    bool **entry; /* by region, by variable: its register holds it */
    const char *reason;
};

struct put {
    struct variable *to;
    const struct node *value;
};
typedef VEC(struct put) put_vec;

static unsigned index_of(const struct program *p, const struct variable *v)
{
    unsigned i = 0;
    while (p->variables.at[i] != v)
        i++;
    return i;
}

static const struct node *bits_of(const struct node *n)
{
    while ((n->op == OP_ZEXT || n->op == OP_SEXT || n->op == OP_TRUNC || n->op == OP_BOUND) &&
           n->bits == n->arg[0]->bits && n->is_signed == n->arg[0]->is_signed)
        n = n->arg[0];
    return n;
}

static bool equal(const struct node *a, const struct node *b)
{
    a = bits_of(a), b = bits_of(b);
    return a == b || (a->op == OP_VAR && b->op == OP_VAR && a->variable == b->variable);
}

/* Whether n is what v holds, if that was set in r or before. */
static bool is_in(const struct region *r, const struct variable *v, const struct node *n)
{
    for (unsigned i = 0; i < r->liveouts.n; i++)
        if (r->liveouts.at[i].to == v)
            return equal(r->liveouts.at[i].value, n);
    n = bits_of(n);
    return n->op == OP_VAR && n->variable == v;
}

static void complain(struct contents *c, const char *what, const struct variable *v,
                     const struct region *r)
{
    if (!c->reason)
        c->reason = arena_printf(c->p->arena, "%s: %s in '%s', line %u", what,
                                 v->hint ? v->hint : "a value", r->name, r->loc.line);
}

/* The registers take their values, all at once. */
static void put_all(struct contents *c, const struct region *r, bool *held, const put_vec *puts)
{
    bool *after = arena_alloc(c->p->arena, c->p->variables.n + 1);
    for (unsigned i = 0; i < c->p->variables.n; i++) {
        struct variable *v = c->p->variables.at[i];
        after[i] = held[i];
        for (unsigned k = 0; k < puts->n; k++)
            if (share_register(puts->at[k].to) == share_register(v))
                after[i] &= is_in(r, v, puts->at[k].value);
    }
    for (unsigned i = 0; i < puts->n; i++) {
        after[index_of(c->p, puts->at[i].to)] = true;
        for (unsigned k = 0; k < i; k++)
            if (share_register(puts->at[i].to) == share_register(puts->at[k].to) &&
                !equal(puts->at[i].value, puts->at[k].value))
                complain(c, "one register takes two values", puts->at[i].to, r);
    }
    for (unsigned i = 0; i < c->p->variables.n; i++)
        held[i] = after[i];
}

/* The value is read in this cycle of the block: from the register of a variable, if it has one. */
static void read_value(struct contents *c, const struct region *r, const bool *held,
                       const struct node *n, int cycle)
{
    if (n->op == OP_VAR && !held[index_of(c->p, n->variable)])
        complain(c, "a register lost its variable", n->variable, r);
    if (ir_is_steady(n) || r->is_loop)
        return;
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        struct variable *to = r->liveouts.at[i].to;
        if (r->liveouts.at[i].value == n && !to->memory && schedule_ready(n) < cycle &&
            !held[index_of(c->p, to)])
            complain(c, "a register lost its value", to, r);
    }
}

static void follow_block(struct contents *c, const struct region *r, bool *held)
{
    for (int cycle = 0; cycle <= r->depth; cycle++) {
        put_vec puts = {0};
        for (unsigned i = 0; i < r->nodes.n; i++)
            for (unsigned k = 0; r->nodes.at[i]->cycle == cycle && k < r->nodes.at[i]->nargs; k++)
                read_value(c, r, held, r->nodes.at[i]->arg[k], cycle);
        for (unsigned i = 0; i < r->edges.n && cycle == r->depth; i++) {
            read_value(c, r, held, r->edges.at[i].condition, cycle);
            for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
                read_value(c, r, held, r->edges.at[i].moves.at[k].value, cycle);
        }
        for (unsigned i = 0; i < r->liveouts.n; i++) {
            const struct liveout *o = &r->liveouts.at[i];
            if (share_set_cycle(r, o) != cycle)
                continue;
            read_value(c, r, held, o->value, cycle);
            VEC_PUSH(c->p->arena, &puts, (struct put){o->to, o->value});
        }
        if (cycle < r->depth)
            put_all(c, r, held, &puts);
        for (unsigned i = 0; i < r->edges.n && cycle == r->depth; i++)
            for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
                for (unsigned j = 0; j < puts.n; j++)
                    if (share_register(r->edges.at[i].moves.at[k].to) ==
                            share_register(puts.at[j].to) &&
                        !equal(r->edges.at[i].moves.at[k].value, puts.at[j].value))
                        complain(c, "one register takes two values", puts.at[j].to, r);
        if (cycle == r->depth)
            put_all(c, r, held, &puts);
    }
}

/* A loop changes its own registers all the time, and leaves them with its own values. */
static void follow_loop(struct contents *c, const struct region *r, bool *held)
{
    put_vec puts = {0};
    for (unsigned i = 0; i < r->liveouts.n; i++)
        VEC_PUSH(c->p->arena, &puts, (struct put){r->liveouts.at[i].to, r->liveouts.at[i].value});
    for (unsigned i = 0; i < r->phis.n; i++)
        VEC_PUSH(c->p->arena, &puts, (struct put){r->phis.at[i]->variable, r->phis.at[i]->next});
    put_all(c, r, held, &puts);
    for (unsigned i = 0; i < r->nodes.n; i++)
        read_value(c, r, held, r->nodes.at[i], 0);
}

/* What the registers hold at the far end of an edge; true if that is less than was known. */
static bool follow_edge(struct contents *c, const struct region *r, const bool *held,
                        const struct edge *e)
{
    if (!e->to)
        return false;
    bool *at = c->entry[((const struct region *)map_get(&c->p->region_of, e->to))->id];
    bool *after = arena_alloc(c->p->arena, c->p->variables.n + 1), changed = false;
    put_vec puts = {0};
    for (unsigned i = 0; i < e->moves.n; i++)
        VEC_PUSH(c->p->arena, &puts, (struct put){e->moves.at[i].to, e->moves.at[i].value});
    for (unsigned i = 0; i < c->p->variables.n; i++)
        after[i] = held[i];
    put_all(c, r, after, &puts);
    for (unsigned i = 0; i < c->p->variables.n; i++) {
        changed |= at[i] && !after[i];
        at[i] &= after[i];
    }
    return changed;
}

static bool follow_regions(struct contents *c)
{
    bool changed = false;
    for (unsigned i = 0; i < c->p->regions.n; i++) {
        const struct region *r = c->p->regions.at[i];
        bool *held = arena_alloc(c->p->arena, c->p->variables.n + 1);
        for (unsigned k = 0; k < c->p->variables.n; k++)
            held[k] = c->entry[i][k];
        if (r->is_loop)
            follow_loop(c, r, held);
        else
            follow_block(c, r, held);
        for (unsigned k = 0; k < r->edges.n; k++)
            changed |= follow_edge(c, r, held, &r->edges.at[k]);
    }
    return changed;
}

const char *check_registers(const struct program *p)
{
    struct contents c = {.p = p};
    c.entry = arena_alloc(p->arena, (p->regions.n + 1) * sizeof *c.entry);
    for (unsigned i = 0; i < p->regions.n; i++) {
        c.entry[i] = arena_alloc(p->arena, p->variables.n + 1);
        for (unsigned k = 0; k < p->variables.n; k++)
            c.entry[i][k] = true;
    }
    while (follow_regions(&c))
        c.reason = NULL;
    c.reason = NULL;
    follow_regions(&c);
    return c.reason;
}
