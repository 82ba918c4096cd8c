/* share.c -- registers for the variables. Variables that are never alive together take one register where that needs
 * no selection in front of it: a value that is only handed on stays where it is, and words of one port go to one
 * register. Selections between operators are left alone: on LUTs they cost more than the register.
 *
 * Liveness is that of regions; within a block, that of cycles. As after Chaitin, a variable interferes with what is
 * alive where it is set, unless that holds the very same value. */
#include "schedule.h"
#include "share.h"

typedef uint64_t *set;

/* A block sets a variable as `cycle` ends; the ways out count as the last cycle. */
struct definition {
    unsigned variable;
    struct node *value;
    int cycle;
};

struct sharing {
    struct program *p;
    unsigned n, words;
    struct map number_of; /* variable to its number + 1 */
    set *live_in;         /* by region: variables */
    set *conflict;        /* by variable: variables */
};

static unsigned number(const struct sharing *s, const struct variable *v)
{
    return (unsigned)(uintptr_t)map_get(&s->number_of, v) - 1;
}

static set new_set(struct sharing *s)
{
    return arena_alloc(s->p->arena, s->words * sizeof(uint64_t));
}

static bool has(const uint64_t *a, unsigned i)
{
    return a[i / 64] >> i % 64 & 1;
}

static void add(set a, unsigned i)
{
    a[i / 64] |= (uint64_t)1 << i % 64;
}

static void drop(set a, unsigned i)
{
    a[i / 64] &= ~((uint64_t)1 << i % 64);
}

static bool join(struct sharing *s, set a, const uint64_t *b)
{
    bool changed = false;
    for (unsigned w = 0; w < s->words; w++) {
        changed |= (b[w] & ~a[w]) != 0;
        a[w] |= b[w];
    }
    return changed;
}

/* The bits of n may be those of an argument, under another width. */
static const struct node *bare(const struct node *n)
{
    while ((n->op == OP_ZEXT || n->op == OP_SEXT || n->op == OP_TRUNC || n->op == OP_BOUND) &&
           n->arg[0]->bits == n->bits && n->arg[0]->is_signed == n->is_signed)
        n = n->arg[0];
    return n;
}

static bool same_value(const struct node *a, const struct node *b)
{
    a = bare(a), b = bare(b);
    return a == b || (a->op == OP_VAR && b->op == OP_VAR && a->variable == b->variable);
}

static bool holds(const struct node *value, const struct variable *v)
{
    value = bare(value);
    return value->op == OP_VAR && value->variable == v;
}

/* ---- liveness ---- */

static bool sets(const struct region *r, const struct variable *v)
{
    for (unsigned i = 0; i < r->liveouts.n; i++)
        if (r->liveouts.at[i].to == v)
            return true;
    return false;
}

/* What is alive as a way out is taken and its moves are done. */
static set live_after(struct sharing *s, const struct edge *e)
{
    return e->to ? s->live_in[((struct region *)map_get(&s->p->region_of, e->to))->id] : NULL;
}

static set live_out(struct sharing *s, const struct region *r)
{
    set out = new_set(s);
    for (unsigned i = 0; i < r->edges.n; i++) {
        const struct edge *e = &r->edges.at[i];
        set after = live_after(s, e), before = new_set(s);
        if (after)
            join(s, before, after);
        for (unsigned k = 0; k < e->moves.n; k++)
            drop(before, number(s, e->moves.at[k].to));
        join(s, out, before);
    }
    return out;
}

static bool find_live_in(struct sharing *s, const struct region *r)
{
    set in = live_out(s, r);
    for (unsigned i = 0; i < r->liveouts.n; i++)
        drop(in, number(s, r->liveouts.at[i].to));
    for (unsigned i = 0; i < r->nodes.n; i++) { /* a loop's ways out may read what it sets */
        const struct node *n = r->nodes.at[i];
        if (n->op == OP_VAR && !(r->is_loop && sets(r, n->variable)))
            add(in, number(s, n->variable));
    }
    for (unsigned i = 0; i < r->phis.n; i++)
        add(in, number(s, r->phis.at[i]->variable));
    return join(s, s->live_in[r->id], in);
}

static void find_liveness(struct sharing *s)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = s->p->regions.n; i-- > 0;)
            changed |= find_live_in(s, s->p->regions.at[i]);
    }
}

/* The last cycle of a block in which each of its nodes is read, -1 for none. */
int *share_last_uses(struct arena *arena, const struct region *r)
{
    int *last = arena_alloc(arena, (r->nodes.n + 1) * sizeof *last);
    struct map index = {0};
    for (unsigned i = 0; i < r->nodes.n; i++) {
        last[i] = -1;
        map_put(arena, &index, r->nodes.at[i], &last[i]);
    }
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        for (unsigned k = 0; k < n->nargs; k++) {
            int *use = map_get(&index, n->arg[k]);
            if (use && *use < n->cycle)
                *use = n->cycle;
        }
    }
    for (unsigned i = 0; i < r->edges.n; i++) {
        int *use = map_get(&index, r->edges.at[i].condition);
        if (use)
            *use = r->depth;
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
            if ((use = map_get(&index, r->edges.at[i].moves.at[k].value)))
                *use = r->depth;
    }
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        int *use = map_get(&index, r->liveouts.at[i].value);
        if (use && share_set_cycle(r, &r->liveouts.at[i]) == r->depth)
            *use = r->depth;
    }
    return last;
}

struct variable *share_kept(const struct region *r, const struct node *n)
{
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        struct variable *v = r->liveouts.at[i].to;
        if (r->liveouts.at[i].value == n && !v->memory && v->bits == n->bits &&
            v->is_signed == n->is_signed)
            return v;
    }
    return NULL;
}

int share_set_cycle(const struct region *r, const struct liveout *o)
{
    return o->to->memory || ir_is_steady(o->value) ? r->depth : schedule_ready(o->value);
}

/* ---- interference ---- */

static void interfere(struct sharing *s, unsigned a, unsigned b)
{
    if (a != b) {
        add(s->conflict[a], b);
        add(s->conflict[b], a);
    }
}

static void interfere_with_all(struct sharing *s, unsigned a, const uint64_t *b)
{
    for (unsigned i = 0; i < s->n; i++)
        if (has(b, i))
            interfere(s, a, i);
}

static void interfere_at_edge(struct sharing *s, const struct edge *e)
{
    set after = live_after(s, e);
    for (unsigned i = 0; i < e->moves.n; i++) {
        const struct move *m = &e->moves.at[i];
        const unsigned a = number(s, m->to);
        set others = new_set(s);
        if (after)
            join(s, others, after);
        for (unsigned k = 0; k < e->moves.n; k++) {
            drop(others, number(s, e->moves.at[k].to));
            if (!same_value(m->value, e->moves.at[k].value))
                interfere(s, a, number(s, e->moves.at[k].to));
        }
        for (unsigned k = 0; k < s->n; k++)
            if (has(others, k) && !holds(m->value, s->p->variables.at[k]))
                interfere(s, a, k);
    }
}

/* A loop leaves behind in variable a what its state in variable b becomes, and does not read a before. */
static bool is_last_state(struct sharing *s, const struct region *r, unsigned a, unsigned b)
{
    for (unsigned i = 0; i < r->liveouts.n; i++)
        for (unsigned k = 0; k < r->phis.n; k++)
            if (number(s, r->liveouts.at[i].to) == a && number(s, r->phis.at[k]->variable) == b &&
                share_is_last_state(&r->liveouts.at[i], r->phis.at[k]))
                return !has(s->live_in[r->id], a);
    return false;
}

/* A loop sets its state and what it leaves behind at any time. */
static void interfere_in_loop(struct sharing *s, const struct region *r)
{
    set all = live_out(s, r), own = new_set(s);
    join(s, all, s->live_in[r->id]);
    for (unsigned i = 0; i < r->liveouts.n; i++)
        add(own, number(s, r->liveouts.at[i].to));
    for (unsigned i = 0; i < r->phis.n; i++)
        add(own, number(s, r->phis.at[i]->variable));
    join(s, all, own);
    for (unsigned i = 0; i < s->n; i++)
        for (unsigned k = 0; has(own, i) && k < s->n; k++)
            if (has(all, k) && !is_last_state(s, r, i, k) && !is_last_state(s, r, k, i))
                interfere(s, i, k);
}

/* In which cycle a block reads each variable last. */
static int *find_reads(struct sharing *s, const struct region *r)
{
    int *last = share_last_uses(s->p->arena, r);
    int *read = arena_alloc(s->p->arena, s->n * sizeof *read);
    for (unsigned i = 0; i < s->n; i++)
        read[i] = -1;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        if (n->op == OP_VAR && read[number(s, n->variable)] < last[i])
            read[number(s, n->variable)] = last[i];
    }
    for (unsigned i = 0; i < r->liveouts.n; i++) { /* the register serves the block as well */
        const struct liveout *o = &r->liveouts.at[i];
        for (unsigned k = 0; k < r->nodes.n; k++)
            if (r->nodes.at[k] == o->value && o->value->op != OP_VAR)
                read[number(s, o->to)] = last[k];
    }
    return read;
}

static void interfere_in_block(struct sharing *s, const struct region *r)
{
    const int *read = find_reads(s, r);
    set out = live_out(s, r);
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        const struct liveout *o = &r->liveouts.at[i];
        const unsigned a = number(s, o->to);
        const int cycle = share_set_cycle(r, o);
        for (unsigned k = 0; k < r->liveouts.n; k++) {
            const struct liveout *b = &r->liveouts.at[k];
            const unsigned at = number(s, b->to);
            bool over = share_set_cycle(r, b) < cycle && read[at] <= cycle && !has(out, at);
            bool before = share_set_cycle(r, b) > cycle;
            if (!same_value(o->value, b->value) && !over && !before)
                interfere(s, a, at);
        }
        for (unsigned k = 0; k < s->n; k++) {
            const struct variable *v = s->p->variables.at[k];
            bool read_later = has(s->live_in[r->id], k) && read[k] > cycle;
            bool lives_on = has(out, k) && !sets(r, v) && !holds(o->value, v);
            if (read_later || lives_on)
                interfere(s, a, k);
        }
        for (unsigned k = 0; k < r->edges.n; k++)
            for (unsigned j = 0; j < r->edges.at[k].moves.n; j++)
                if (!same_value(o->value, r->edges.at[k].moves.at[j].value) &&
                    (cycle == r->depth || has(out, a)))
                    interfere(s, a, number(s, r->edges.at[k].moves.at[j].to));
    }
}

static void find_conflicts(struct sharing *s)
{
    for (unsigned i = 0; i < s->p->regions.n; i++) {
        const struct region *r = s->p->regions.at[i];
        for (unsigned k = 0; k < r->edges.n; k++)
            interfere_at_edge(s, &r->edges.at[k]);
        if (r->is_loop)
            interfere_in_loop(s, r);
        else
            interfere_in_block(s, r);
    }
}

/* ---- registers ---- */

bool share_is_last_state(const struct liveout *o, const struct node *phi)
{
    return same_value(o->value, phi->next);
}

bool share_is_there(struct variable *to, const struct node *value)
{
    value = bare(value);
    return value->op == OP_VAR && share_register(value->variable) == share_register(to);
}

struct variable *share_register(struct variable *v)
{
    while (v->shares)
        v = v->shares;
    return v;
}

static bool sharable(const struct program *p, const struct variable *v)
{
    return !v->memory && !v->has_reset && v != p->result;
}

static void try_to_share(struct sharing *s, struct variable *a, struct variable *b)
{
    a = share_register(a), b = share_register(b);
    unsigned i = number(s, a), k = number(s, b);
    if (a == b || !sharable(s->p, a) || !sharable(s->p, b) || has(s->conflict[i], k))
        return;
    if (a->bits < b->bits) { /* a narrower one takes its low bits */
        try_to_share(s, b, a);
        return;
    }
    b->shares = a;
    a->is_shared = true;
    interfere_with_all(s, i, s->conflict[k]);
}

typedef void visitor(struct sharing *s, struct region *r, struct variable *to, struct node *value);

static void visit_definitions(struct sharing *s, visitor *visit)
{
    for (unsigned i = 0; i < s->p->regions.n; i++) {
        struct region *r = s->p->regions.at[i];
        for (unsigned k = 0; k < r->edges.n; k++)
            for (unsigned j = 0; j < r->edges.at[k].moves.n; j++)
                visit(s, r, r->edges.at[k].moves.at[j].to, r->edges.at[k].moves.at[j].value);
        for (unsigned k = 0; k < r->liveouts.n; k++)
            visit(s, r, r->liveouts.at[k].to, r->liveouts.at[k].value);
    }
}

static void share_handed_on(struct sharing *s, struct region *r, struct variable *to,
                            struct node *value)
{
    const struct node *from = bare(value);
    if (from->op == OP_VAR)
        try_to_share(s, to, from->variable);
    for (unsigned i = 0; i < r->liveouts.n; i++) /* one value for two variables */
        if (same_value(r->liveouts.at[i].value, value))
            try_to_share(s, to, r->liveouts.at[i].to);
    for (unsigned i = 0; i < r->phis.n; i++)
        if (same_value(r->phis.at[i]->next, value))
            try_to_share(s, to, r->phis.at[i]->variable);
}

/* The port that a value comes from, or NULL. */
static const void *only_port(const struct node *value)
{
    if (value->op == OP_READ)
        return value->stream;
    bool is_port = value->op == OP_LOAD && value->memory->kind != MEMORY_REGISTERS;
    return is_port ? &value->memory->bank[value->bank] : NULL;
}

/* Words of one port in different states; a ROM has a port for each copy. */
static void share_one_port(struct sharing *s, struct region *r, struct variable *to,
                           struct node *value)
{
    const void *port = only_port(value);
    for (unsigned i = 0; port && !r->is_loop && i < s->p->regions.n; i++) {
        struct region *other = s->p->regions.at[i];
        for (unsigned k = 0; !other->is_loop && k < other->liveouts.n; k++)
            if (only_port(other->liveouts.at[k].value) == port &&
                other->liveouts.at[k].value->copy == value->copy)
                try_to_share(s, to, other->liveouts.at[k].to);
    }
}

/* What a block needs beyond the cycle in which it is there gets a variable. */
static void add_kept(struct program *p, struct region *r)
{
    const int *last = share_last_uses(p->arena, r);
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        if (n->width == 0 || ir_is_steady(n) || n->op == OP_MUL || last[i] <= schedule_ready(n) ||
            share_kept(r, n))
            continue;
        struct variable *v = ir_new_variable(p, n->width, n->hint);
        v->live = true;
        v->range = n->range;
        v->bits = n->bits;
        v->is_signed = n->is_signed;
        VEC_PUSH(p->arena, &r->liveouts, (struct liveout){v, n});
    }
}

void share_registers(struct program *p)
{
    for (unsigned i = 0; i < p->regions.n; i++)
        if (!p->regions.at[i]->is_loop)
            add_kept(p, p->regions.at[i]);
    struct sharing s = {.p = p, .n = p->variables.n, .words = (p->variables.n + 63) / 64};
    s.live_in = arena_alloc(p->arena, (p->regions.n + 1) * sizeof *s.live_in);
    s.conflict = arena_alloc(p->arena, (s.n + 1) * sizeof *s.conflict);
    for (unsigned i = 0; i < s.n; i++) {
        map_put(p->arena, &s.number_of, p->variables.at[i], (void *)(uintptr_t)(i + 1));
        s.conflict[i] = new_set(&s);
    }
    for (unsigned i = 0; i < p->regions.n; i++)
        s.live_in[i] = new_set(&s);
    find_liveness(&s);
    find_conflicts(&s);
    visit_definitions(&s, share_handed_on);
    visit_definitions(&s, share_one_port);
}
