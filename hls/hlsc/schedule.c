/* schedule.c -- a cycle for every node. As soon as possible, with chaining of operations within a
 * cycle by the delay model; precedences between iterations raise lower bounds until nothing moves.
 * A bound that runs away is a recurrence that does not fit into the interval. Then sink.c saves
 * registers. */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#include "tech.h"

int schedule_ready(const struct node *n)
{
    return n->cycle + (int)ir_latency(n);
}

int schedule_update_cycle(const struct node *phi)
{
    int ready = ir_is_steady(phi->next) ? 0 : schedule_ready(phi->next);
    return ready > phi->cycle ? ready : phi->cycle;
}

unsigned schedule_index(const struct scheduler *s, const struct node *n)
{
    return (unsigned)(uintptr_t)map_get(&s->index_of, n) - 1;
}

/* Raises the bound of n and remembers why. */
static bool raise_bound(struct scheduler *s, struct node *n, int cycle, struct node *cause)
{
    if (n->cycle >= cycle)
        return false;
    unsigned i = schedule_index(s, n);
    if (s->lower[i] < cycle)
        s->lower[i] = cycle;
    s->cause[i] = cause;
    return true;
}

static bool port_taken(const struct scheduler *s, const struct node *n)
{
    for (unsigned i = 0; i < s->r->effects.n; i++) {
        const struct node *other = s->r->effects.at[i];
        if (other != n && other->cycle >= 0 && port_conflict(s->r, n, other))
            return true;
    }
    return false;
}

bool schedule_is_head(const struct region *r, const struct node *n)
{
    return r->is_loop && (n->op == OP_READ || n->op == OP_EMPTY);
}

/* The part of the period that may be used up to the end of n. */
static double time_for(const struct program *p, const struct region *r, const struct node *n)
{
    const struct options *o = p->options;
    return r->leaves_room ? o->clock_ns * (1 - o->uncertainty) - tech_detour(p->tech, n)
                          : o->clock_ns;
}

bool schedule_fits(const struct program *p, const struct region *r, struct node *n)
{
    const struct technology *t = p->tech;
    struct arrival arg[4];
    bool chained = false;
    for (unsigned k = 0; k < n->nargs; k++) {
        const struct node *a = n->arg[k];
        arg[k] = (struct arrival){t->register_ns, t->register_ns};
        if (a->op == OP_CONST || a->steady || (!ir_is_steady(a) && schedule_ready(a) == n->cycle))
            arg[k] = a->arrival;
        chained |= arg[k].highest > t->register_ns;
    }
    const struct arrival out = tech_through(t, n, arg);
    n->arrival = tech_is_source(n) ? tech_source(t, n) : out;
    n->reach = out.highest + tech_end(t, n);
    return n->reach <= time_for(p, r, n) || !chained || schedule_is_head(r, n);
}

/* Does the block take its way out i by what is decided in its last cycle? */
static bool decides_last(const struct region *r, unsigned i)
{
    const struct node *n = r->edges.at[i].condition;
    const bool is_needed = i + 1 < r->edges.n; /* the last way is what is left */
    return !r->is_loop && is_needed && n->op != OP_CONST &&
           (ir_is_steady(n) || schedule_ready(n) >= r->depth);
}

bool schedule_leaves(const struct program *p, const struct region *r, unsigned i)
{
    const struct node *n = r->edges.at[i].condition;
    const struct technology *t = p->tech;
    const double best = t->register_ns + t->end_ns + t->leave_ns, clock = p->options->clock_ns;
    const double room = time_for(p, r, n), period = best > room ? clock : room;
    return !decides_last(r, i) || ir_is_steady(n) || tech_leave(t, n) <= period || best > period;
}

/* An access that is never made in the same iteration shares a port in the same cycle alone: it moves to that of n. Returns
 * whether there was one in an earlier cycle. */
static bool meet_at(struct scheduler *s, const struct node *n, int cycle)
{
    bool met = false;
    for (unsigned i = 0; i < s->r->effects.n; i++) {
        struct node *other = s->r->effects.at[i];
        const unsigned k = schedule_index(s, other);
        if (other == n || other->op != n->op || other->memory != n->memory || other->cycle < 0 ||
            s->lower[k] >= cycle || !ir_disjoint(ir_predicate(n), ir_predicate(other)))
            continue;
        s->lower[k] = cycle;
        met = true;
    }
    s->moved |= met;
    return met;
}

static void place_node(struct scheduler *s, unsigned i)
{
    struct node *n = s->r->nodes.at[i];
    int cycle = s->lower[i];
    struct node *cause = s->cause[i];
    for (unsigned k = 0; k < n->nargs; k++) {
        struct node *a = n->arg[k];
        if (ir_is_steady(a))
            continue;
        int ready = schedule_ready(a);
        bool follows = cause && cause->op == OP_PHI; /* a state comes after what it is made of */
        if (ready > cycle || (ready == cycle && follows && a->op != OP_PHI)) {
            cycle = ready;
            cause = a;
        }
    }
    n->cycle = cycle;
    if (!schedule_fits(s->p, s->r, n))
        n->cycle = ++cycle;
    for (unsigned k = 0; k < n->nargs && !schedule_fits(s->p, s->r, n); k++) {
        s->unsteady |= n->arg[k]->steady; /* it gets a register after all */
        n->arg[k]->steady = false;
    }
    if ((ir_is_memory_access(n) || ir_is_effect(n)) && !schedule_is_head(s->r, n))
        while (!s->crowded && port_taken(s, n)) {
            n->cycle++;
            if (!s->r->is_loop || n->cycle - cycle <= s->r->ii + 64)
                continue;
            if (!s->moved && !meet_at(s, n, cycle))
                s->crowded = n;
            n->cycle = cycle;
            break;
        }
    schedule_fits(s->p, s->r, n);
    s->cause[i] = cause;
}

/* ---- what went wrong ---- */

static const char *describe(struct program *p, const struct node *n)
{
    const char *what = op_names[n->op];
    if (n->memory)
        what = arena_printf(p->arena, "%s of '%s'", what, n->memory->name);
    else if (n->stream)
        what = arena_printf(p->arena, "%s of '%s'", what, n->stream->name);
    else if (n->hint)
        what = arena_printf(p->arena, "%s '%s'", n->op == OP_PHI ? "state" : what, n->hint);
    return n->loc.line ? arena_printf(p->arena, "%s (line %u)", what, n->loc.line) : what;
}

struct failure {
    struct loc loc;
    const char *reason;
    const char *remedy;
    struct memory *memory; /* that a recurrence goes through */
};

enum { MOST_SHOWN = 8 };

/* How much of a recurrence is told: each node that has a place in the source, or only memories and states. */
static bool tells(const struct node *n, bool all)
{
    return n->op == OP_PHI || n->memory || (all && n->loc.line);
}

static unsigned length_of_recurrence(struct scheduler *s, struct node *n)
{
    unsigned length = 0;
    struct node *x = n;
    do {
        length += tells(x, true);
        x = s->cause[schedule_index(s, x)];
    } while (x && x != n);
    return length;
}

/* What has a place in the source, of a value and what it is made of. */
static const struct node *with_place(const struct node *n)
{
    while (!n->loc.line && n->nargs > 0 && n->op != OP_PHI)
        n = n->arg[0];
    return n;
}

/* Follows the causes back until they repeat: that is the recurrence. */
static const char *describe_recurrence(struct scheduler *s, struct node *n, struct failure *f)
{
    for (unsigned i = 0; i < s->r->nodes.n && s->cause[schedule_index(s, n)]; i++)
        n = s->cause[schedule_index(s, n)];
    const char *text = "";
    struct node *x = n;
    const bool all = length_of_recurrence(s, n) <= MOST_SHOWN;
    unsigned shown = 0;
    do {
        if (x->loc.line && !f->loc.line)
            f->loc = x->loc;
        if (x->op == OP_STORE && x->memory->kind == MEMORY_RAM)
            f->memory = x->memory;
        if (tells(x, all) && shown < MOST_SHOWN) {
            text =
                arena_printf(s->p->arena, "%s%s%s", describe(s->p, x), *text ? " <- " : "", text);
            shown++;
        }
        x = s->cause[schedule_index(s, x)];
    } while (x && x != n);
    return *text ? text : describe(s->p, with_place(n));
}

static bool over_port(const struct region *r, const struct node *a, const struct node *b)
{
    return r->is_loop && a->op == b->op &&
           ((a->stream && a->stream == b->stream) ||
            (ir_is_memory_access(a) && a->memory == b->memory && a->bank == b->bank &&
             a->memory->kind != MEMORY_REGISTERS && a->copy == b->copy &&
             !(a->op == OP_LOAD && a->arg[0] == b->arg[0]))) &&
           !ir_disjoint(ir_predicate(a), ir_predicate(b));
}

/* More accesses of a port in an iteration than the interval has cycles. */
static bool ports_fit(struct scheduler *s, struct failure *f)
{
    struct region *r = s->r;
    for (unsigned i = 0; i < r->effects.n; i++) {
        const struct node *a = r->effects.at[i];
        if (!r->is_loop || a->op == OP_EMPTY || a->op == OP_CLOCK)
            continue;
        int uses = 1;
        for (unsigned k = 0; k < i; k++)
            uses += over_port(r, r->effects.at[k], a);
        int room = a->op == OP_READ ? 1 : r->ii;
        if (uses > room) {
            f->loc = a->loc;
            f->reason = arena_printf(s->p->arena, "%d accesses in an iteration, but one port: %s",
                                     uses, describe(s->p, a));
            f->remedy = a->op == OP_READ
                            ? "read it once in an iteration, in a wider word if need be"
                        : a->stream ? "write less in an iteration"
                                    : "partition the array, or access it less in an iteration";
            return false;
        }
    }
    return true;
}

/* Loads of a ROM that do not fit its port get copies of it. */
static void assign_copies(struct region *r)
{
    for (unsigned i = 0; r->is_loop && i < r->effects.n; i++) {
        struct node *a = r->effects.at[i];
        if (a->op != OP_LOAD || a->memory->kind != MEMORY_ROM)
            continue;
        unsigned before = 0;
        struct node *same = NULL;
        for (unsigned k = 0; k < i && !same; k++) {
            struct node *b = r->effects.at[k];
            if (b->op != OP_LOAD || b->memory != a->memory || b->bank != a->bank)
                continue;
            before++;
            same = b->arg[0] == a->arg[0] ? b : NULL;
        }
        a->copy = same ? same->copy : before / (unsigned)r->ii;
        if (a->copy >= a->memory->copies)
            a->memory->copies = a->copy + 1;
    }
}

static bool raise_bounds(struct scheduler *s)
{
    struct region *r = s->r;
    bool moved = false;
    for (unsigned i = 0; i < s->order.n; i++) {
        const struct precedence *o = &s->order.at[i];
        moved |= schedule_heeds(r, o) &&
                 raise_bound(s, o->to, o->from->cycle + o->latency - r->ii * o->distance, o->from);
    }
    for (unsigned i = 0; i < r->phis.n; i++) {
        struct node *phi = r->phis.at[i];
        if (!ir_is_steady(phi->next))
            moved |= raise_bound(s, phi, schedule_ready(phi->next) - r->ii + 1, phi->next);
    }
    return moved;
}

static bool needs_memory(const struct scheduler *s, const struct node *n)
{
    for (unsigned i = 0; n && i < s->r->nodes.n; i++, n = s->cause[schedule_index(s, n)])
        if (n->op == OP_LOAD && n->memory->kind != MEMORY_REGISTERS)
            return true;
    return false;
}

static bool heads_are_first(struct scheduler *s, struct failure *f)
{
    for (unsigned i = 0; i < s->r->nodes.n; i++) {
        struct node *n = s->r->nodes.at[i];
        if (!schedule_is_head(s->r, n) || n->cycle == 0)
            continue;
        const char *what = describe(s->p, n);
        f->loc = n->loc;
        if (needs_memory(s, n)) {
            f->reason = arena_printf(
                s->p->arena, "%s must wait for a later cycle: its condition needs memory", what);
            f->remedy = "read the stream whatever is in memory, or in a loop of its own";
        } else {
            f->reason = arena_printf(
                s->p->arena,
                "%s must wait for a later cycle: its condition takes longer than the period", what);
            f->remedy = "make the condition known one iteration ahead, or give a longer --clock-ns";
        }
        return false;
    }
    return true;
}

static bool is_combinational(const struct node *n)
{
    return n->nargs > 0 && n->width > 0 && ir_latency(n) == 0 && n->op != OP_LOAD &&
           n->op != OP_MUL && n->op != OP_READ;
}

/* Values of a loop that are made of steady ones, and soon after the edge of the clock. */
static void find_steady(struct program *p, struct region *r)
{
    const double most = 0.4 * p->options->clock_ns;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        struct arrival arg[4];
        n->steady = is_combinational(n);
        for (unsigned k = 0; k < n->nargs; k++) {
            n->steady &= ir_is_steady(n->arg[k]);
            arg[k] = n->arg[k]->steady ? n->arg[k]->arrival : tech_source(p->tech, n->arg[k]);
        }
        if (!n->steady)
            continue;
        n->arrival = tech_through(p->tech, n, arg);
        n->steady = n->arrival.highest <= most;
    }
}

static bool attempt_with(struct scheduler *s, bool room, struct failure *f)
{
    struct region *r = s->r;
    r->leaves_room = room;
    if (r->steadies.n)
        find_steady(s->p, r);
    memset(s->lower, 0, r->nodes.n * sizeof *s->lower);
    memset(s->cause, 0, r->nodes.n * sizeof *s->cause);
    s->crowded = NULL;
    s->moved = false;
    assign_copies(r);
    if (!ports_fit(s, f))
        return false;
    int limit = 80 + (int)r->nodes.n / 4;
    for (;;) {
        struct node *highest = NULL;
        for (unsigned i = 0; i < r->effects.n; i++)
            r->effects.at[i]->cycle = -1;
        for (unsigned i = 0; i < r->nodes.n; i++) {
            place_node(s, i);
            if (!highest || r->nodes.at[i]->cycle > highest->cycle)
                highest = r->nodes.at[i];
        }
        if (s->crowded) {
            f->loc = s->crowded->loc;
            f->reason = arena_printf(s->p->arena, "no cycle has a port left: %s",
                                     describe(s->p, s->crowded));
            f->remedy = "partition the array, or access it less in an iteration";
            return false;
        }
        if (!heads_are_first(s, f))
            return false;
        if (r->again && schedule_ready(r->again) > r->ii - 1) {
            f->loc = r->again->loc;
            f->reason =
                arena_printf(s->p->arena, "the loop's condition is known only in cycle %d: %s",
                             schedule_ready(r->again), describe_recurrence(s, r->again, f));
            return false;
        }
        if (highest && highest->cycle > limit) {
            f->reason =
                arena_printf(s->p->arena, "recurrence %s", describe_recurrence(s, highest, f));
            return false;
        }
        if (!raise_bounds(s) && !s->unsteady && !s->moved)
            return true;
        s->unsteady = s->moved = false;
    }
}

static int last_cycle(const struct region *r)
{
    int last = 0;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        if (!ir_is_steady(n) && schedule_ready(n) > last)
            last = schedule_ready(n);
    }
    for (unsigned i = 0; i < r->phis.n; i++)
        if (schedule_update_cycle(r->phis.at[i]) > last)
            last = schedule_update_cycle(r->phis.at[i]);
    return last;
}

/* How many iterations are under way while one of them is. */
static int overlap(const struct region *r)
{
    return last_cycle(r) / r->ii + 1;
}

/* A register that is read in any stage keeps its value while an iteration is under way. */
static const struct steady *changes_early(const struct region *r)
{
    for (unsigned i = 0; i < r->steadies.n; i++)
        if ((int)r->steadies.at[i].distance < overlap(r))
            return &r->steadies.at[i];
    return NULL;
}

bool schedule_heeds(const struct region *r, const struct precedence *o)
{
    return r->shares_cycles || !o->shares;
}

static bool may_share(const struct scheduler *s)
{
    bool shares = false;
    for (unsigned i = 0; i < s->order.n; i++)
        shares |= s->order.at[i].shares;
    return shares;
}

/* Routing is not known yet: a part of the period is left to it, unless that costs the interval or a promise. A third access may
 * keep two that could share a cycle apart. */
static bool attempt(struct scheduler *s, struct failure *f)
{
    for (int shares = 1; shares >= (may_share(s) ? 0 : 1); shares--) {
        s->r->shares_cycles = shares;
        if (s->p->options->uncertainty > 0 && attempt_with(s, true, f) && !changes_early(s->r))
            return true;
        if (attempt_with(s, false, f))
            return true;
    }
    return false;
}

static bool leaves_in_time(const struct scheduler *s)
{
    for (unsigned i = 0; i < s->r->edges.n; i++)
        if (!schedule_leaves(s->p, s->r, i))
            return false;
    return true;
}

/* A block's conditions exclude each other, and one of them holds: the one that is known last need not be. */
static void put_latest_last(struct region *r)
{
    unsigned latest = r->edges.n - 1;
    for (unsigned i = 0; i < r->edges.n; i++)
        if (decides_last(r, i) && r->edges.at[i].condition->arrival.highest >
                                      r->edges.at[latest].condition->arrival.highest)
            latest = i;
    const struct edge last = r->edges.at[r->edges.n - 1];
    r->edges.at[r->edges.n - 1] = r->edges.at[latest];
    r->edges.at[latest] = last;
}

static void reach_end(struct node *condition, double ns)
{
    condition->reach = ns > condition->reach ? ns : condition->reach;
}

static void find_reach_of_ends(const struct program *p, struct region *r)
{
    for (unsigned i = 0; i < r->edges.n; i++)
        if (decides_last(r, i))
            reach_end(r->edges.at[i].condition, tech_leave(p->tech, r->edges.at[i].condition));
    if (r->is_loop && r->again && !ir_is_steady(r->again))
        reach_end(r->again, tech_go_on(p->tech, r->again));
}

static void finish_region(struct scheduler *s)
{
    struct region *r = s->r;
    r->depth = last_cycle(r);
    if (!leaves_in_time(s))
        put_latest_last(r);
    r->depth += !leaves_in_time(s);
    find_reach_of_ends(s->p, r);
    for (unsigned i = 0; i < r->promises.n; i++) {
        struct promise *m = &r->promises.at[i];
        for (unsigned a = 0; a < r->effects.n; a++)
            for (unsigned b = 0; b < r->effects.n; b++) {
                const struct node *store = r->effects.at[a], *load = r->effects.at[b];
                if (store->op != OP_STORE || load->op != OP_LOAD || store->memory != m->memory ||
                    load->memory != m->memory)
                    continue;
                int lag = store->cycle + 1 - load->cycle;
                int needed = lag <= 0 ? 0 : (lag + r->ii - 1) / r->ii;
                if (needed > (int)m->required)
                    m->required = (unsigned)needed;
            }
    }
}

static void check_steadies(struct program *p, const struct region *r)
{
    const struct steady *s = changes_early(r);
    if (s)
        diag_fail(p->diag, s->loc,
                  arena_printf(p->arena, "promise %d iterations, if that holds", overlap(r)),
                  "the iterations of the loop take longer than '%s' is steady",
                  s->phi->hint ? s->phi->hint : "a variable");
}

/* A loop without a marker: the smallest interval, or else states. A nest that was made one loop
 * must be fast, or its inner loops are better off alone. */
static void find_interval(struct scheduler *s, struct failure *f)
{
    struct region *r = s->r;
    const int most = r->automatic && strcmp(r->name, "nest") == 0 ? 2 : 64;
    bool ordered = true; /* what is read before it is written may wait for itself */
    for (unsigned i = 0; i < r->effects.n; i++)
        for (unsigned k = 0; k < i; k++)
            ordered &= r->effects.at[i]->op != OP_READ || r->effects.at[k]->op != OP_WRITE;
    for (r->ii = 1; (ordered || !r->automatic) && r->ii <= most; r->ii++)
        if (attempt(s, f))
            return;
    if (!r->automatic)
        diag_fail(s->p->diag, f->loc.line ? f->loc : r->loc, "leave it to states",
                  "the nest cannot be one loop: %s", f->reason);
    VEC_PUSH(s->p->arena, &s->p->sequential, r->loc);
    s->p->again = true;
    longjmp(s->p->diag->escape, 1);
}

enum { LONGEST_DISTANCE = 64 }; /* that is tried */

/* The distance at which the loop would fit with a promise about the memory, and if need be with longer ones about
 * the other promised memories; 0 for none. */
static unsigned distance_needed(struct scheduler *s, struct memory *m, bool others)
{
    struct region *r = s->r;
    const unsigned promises = r->promises.n;
    unsigned distance = 0;
    struct failure ignored = {0};
    for (unsigned i = 0; others && i < promises; i++)
        if (r->promises.at[i].memory != m) {
            const struct promise longer = {r->promises.at[i].memory, .distance = LONGEST_DISTANCE};
            VEC_PUSH(s->p->arena, &r->promises, longer);
        }
    const struct promise none = {.memory = m};
    VEC_PUSH(s->p->arena, &r->promises, none);
    struct promise *promise = &r->promises.at[r->promises.n - 1];
    while (distance == 0 && promise->distance++ < LONGEST_DISTANCE) {
        s->order.n = 0;
        depend_find(s->p, r, &s->order);
        distance = attempt(s, &ignored) ? promise->distance : 0;
    }
    r->promises.n = promises;
    s->order.n = 0;
    depend_find(s->p, r, &s->order);
    return distance;
}

static const char *promise_needed(struct scheduler *s, struct memory *m)
{
    unsigned distance = distance_needed(s, m, false);
    if (distance)
        return arena_printf(s->p->arena, "promise HLS_DISTANCE(%s, %u), if that holds", m->name,
                            distance);
    distance = distance_needed(s, m, true);
    return !distance ? NULL
                     : arena_printf(s->p->arena,
                                    "promise HLS_DISTANCE(%s, %u), if that holds, and more for "
                                    "other arrays",
                                    m->name, distance);
}

static _Noreturn void refuse_interval(struct scheduler *s, const struct failure *f)
{
    struct region *r = s->r;
    struct arena *arena = s->p->arena;
    const char *remedy = f->remedy ? f->remedy : "shorten the recurrence";
    const char *promise = f->memory ? promise_needed(s, f->memory) : NULL;
    if (promise)
        remedy = promise;
    struct failure ignored = {0};
    int fits = 0;
    for (r->ii++; r->ii <= 64 && !fits; r->ii++)
        fits = attempt(s, &ignored) ? r->ii : 0;
    if (fits)
        remedy = arena_printf(arena, "%s, or write HLS_PIPELINE(%d)", remedy, fits);
    diag_fail(s->p->diag, f->loc.line ? f->loc : r->loc, remedy,
              "the loop cannot start an iteration every %d cycle%s: %s", r->ii_wanted,
              r->ii_wanted == 1 ? "" : "s", f->reason);
}

static void schedule_region(struct program *p, struct region *r)
{
    struct scheduler s = {.p = p, .r = r};
    s.lower = arena_alloc(p->arena, (r->nodes.n + 1) * sizeof *s.lower);
    s.cause = arena_alloc(p->arena, (r->nodes.n + 1) * sizeof *s.cause);
    for (unsigned i = 0; i < r->nodes.n; i++)
        map_put(p->arena, &s.index_of, r->nodes.at[i], (void *)(uintptr_t)(i + 1));
    if (!r->is_loop)
        r->ii = 1 << 20; /* iterations never overlap */
    tech_mark(p, r);
    depend_find(p, r, &s.order);
    struct failure f = {0};
    if (r->is_loop && r->ii_wanted == 0)
        find_interval(&s, &f);
    else if (!attempt(&s, &f))
        refuse_interval(&s, &f);
    finish_region(&s);
    sink_nodes(&s);
    finish_region(&s);
    check_steadies(p, r);
}

bool schedule_is_legal(struct program *p, struct region *r)
{
    struct scheduler s = {.p = p, .r = r};
    depend_find(p, r, &s.order);
    return schedule_legal(&s);
}

void schedule_program(struct program *p)
{
    for (unsigned i = 0; i < p->regions.n; i++)
        schedule_region(p, p->regions.at[i]);
}
