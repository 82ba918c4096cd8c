/* sink.c -- fewer registers by moving nodes later, where what they read lives on anyway or is
 * narrower than what they make. Greedy, from the last node to the first; each step keeps the
 * schedule legal. */
#include "schedule.h"
#include "tech.h"

/* What it reads is there, and it fits behind it into the cycle; its arrival is that of this schedule then. */
static bool is_in_time(struct scheduler *s, struct node *n)
{
    bool ready = true;
    for (unsigned k = 0; k < n->nargs; k++)
        ready &= ir_is_steady(n->arg[k]) || schedule_ready(n->arg[k]) <= n->cycle;
    return schedule_fits(s->p, s->r, n) && ready;
}

/* What is between nodes that do not read each other. */
static bool is_in_order(struct scheduler *s)
{
    struct region *r = s->r;
    for (unsigned i = 0; i < r->edges.n; i++)
        if (!schedule_leaves(s->p, r, i))
            return false;
    for (unsigned i = 0; i < s->order.n; i++) {
        const struct precedence *o = &s->order.at[i];
        if (schedule_heeds(r, o) &&
            o->to->cycle < o->from->cycle + o->latency - r->ii * o->distance)
            return false;
    }
    for (unsigned i = 0; i < r->phis.n; i++) {
        const struct node *phi = r->phis.at[i];
        if (!ir_is_steady(phi->next) && phi->cycle < schedule_ready(phi->next) - r->ii + 1)
            return false;
    }
    for (unsigned i = 0; i < r->effects.n; i++)
        for (unsigned k = 0; k < i; k++)
            if (port_conflict(r, r->effects.at[i], r->effects.at[k]))
                return false;
    return !r->again || schedule_ready(r->again) <= r->ii - 1;
}

bool schedule_legal(struct scheduler *s)
{
    for (unsigned i = 0; i < s->r->nodes.n; i++)
        if (!is_in_time(s, s->r->nodes.at[i]))
            return false;
    return is_in_order(s);
}

struct uses {
    VEC(struct node *) nodes;
    VEC(struct node *) phis; /* whose next value it is */
    bool at_end;             /* a block's way out needs it */
};

static struct uses *uses_of(struct map *uses, struct arena *arena, struct node *n)
{
    struct uses *u = map_get(uses, n);
    if (!u) {
        u = arena_alloc(arena, sizeof *u);
        map_put(arena, uses, n, u);
    }
    return u;
}

static void find_uses(struct scheduler *s, struct map *uses)
{
    struct region *r = s->r;
    struct arena *arena = s->p->arena;
    for (unsigned i = 0; i < r->nodes.n; i++)
        for (unsigned k = 0; k < r->nodes.at[i]->nargs; k++)
            VEC_PUSH(arena, &uses_of(uses, arena, r->nodes.at[i]->arg[k])->nodes, r->nodes.at[i]);
    for (unsigned i = 0; i < r->phis.n; i++)
        VEC_PUSH(arena, &uses_of(uses, arena, r->phis.at[i]->next)->phis, r->phis.at[i]);
    for (unsigned i = 0; i < r->edges.n && !r->is_loop; i++) {
        uses_of(uses, arena, r->edges.at[i].condition)->at_end = true;
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
            uses_of(uses, arena, r->edges.at[i].moves.at[k].value)->at_end = true;
    }
    for (unsigned i = 0; i < r->liveouts.n && !r->is_loop; i++)
        if (r->liveouts.at[i].to->memory)
            uses_of(uses, arena, r->liveouts.at[i].value)->at_end = true;
}

/* Register bits that keep n until its last use. */
static unsigned cost_of(struct scheduler *s, struct map *uses, struct node *n)
{
    const struct uses *u = map_get(uses, n);
    if (!u || ir_is_steady(n))
        return 0;
    int ready = schedule_ready(n), last = u->at_end ? s->r->depth : ready;
    for (unsigned i = 0; i < u->nodes.n; i++)
        last = u->nodes.at[i]->cycle > last ? u->nodes.at[i]->cycle : last;
    for (unsigned i = 0; i < u->phis.n; i++) {
        int at = schedule_update_cycle(u->phis.at[i]);
        last = at > last ? at : last;
    }
    if (s->r->is_loop)
        return n->bits * (unsigned)(last - ready);
    return last > ready && n->op != OP_MUL ? n->bits : 0;
}

static unsigned local_cost(struct scheduler *s, struct map *uses, struct node *n)
{
    unsigned cost = cost_of(s, uses, n);
    for (unsigned i = 0; i < n->nargs; i++)
        cost += cost_of(s, uses, n->arg[i]);
    if (n->op == OP_PHI)
        cost += cost_of(s, uses, n->next);
    return cost;
}

static int latest(struct scheduler *s, struct map *uses, struct node *n)
{
    const struct uses *u = map_get(uses, n);
    int last = s->r->depth, latency = (int)ir_latency(n);
    for (unsigned i = 0; u && i < u->nodes.n; i++)
        if (u->nodes.at[i]->cycle < last)
            last = u->nodes.at[i]->cycle;
    return last - latency;
}

/* Brings it up to date; says whether it has moved. */
static bool update_arrival(struct scheduler *s, struct node *n, bool *in_time)
{
    const struct arrival before = n->arrival;
    *in_time &= is_in_time(s, n);
    return n->arrival.lowest != before.lowest || n->arrival.highest != before.highest;
}

/* Puts node i into the cycle, and looks again at what comes later or earlier by that: false if something is too late. */
static bool put(struct scheduler *s, struct map *uses, unsigned i, int cycle)
{
    const struct region *r = s->r;
    bool in_time = true;
    r->nodes.at[i]->cycle = cycle;
    s->stale[i] = true;
    for (unsigned k = i; k < r->nodes.n; k++) {
        if (!s->stale[k])
            continue;
        s->stale[k] = false;
        const struct uses *u = map_get(uses, r->nodes.at[k]);
        if (!update_arrival(s, r->nodes.at[k], &in_time) && k != i)
            continue;
        for (unsigned m = 0; u && m < u->nodes.n; m++)
            s->stale[schedule_index(s, u->nodes.at[m])] = true;
    }
    return in_time;
}

static void move_node(struct scheduler *s, struct map *uses, unsigned i)
{
    struct node *n = s->r->nodes.at[i];
    int best = n->cycle, from = n->cycle, to = latest(s, uses, n);
    if (to <= from)
        return;
    unsigned best_cost = local_cost(s, uses, n);
    for (int c = from + 1; c <= to; c++) {
        n->cycle = c;
        unsigned cost = local_cost(s, uses, n);
        if (cost <= best_cost && put(s, uses, i, c) && is_in_order(s)) {
            best = c;
            best_cost = cost;
        }
    }
    put(s, uses, i, best);
}

void sink_nodes(struct scheduler *s)
{
    struct map uses = {0};
    if (!schedule_legal(s))
        return;
    s->stale = arena_alloc(s->p->arena, (s->r->nodes.n + 1) * sizeof *s->stale);
    find_uses(s, &uses);
    for (int round = 0; round < 2; round++)
        for (unsigned i = s->r->nodes.n; i-- > 0;) {
            const struct node *n = s->r->nodes.at[i];
            bool fixed =
                ir_is_steady(n) || ir_is_effect(n) || n->op == OP_EMPTY || n->op == OP_CLOCK;
            if (!fixed)
                move_node(s, &uses, i);
        }
}
