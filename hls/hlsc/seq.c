/* seq.c -- the regions of a process, one behind the other. */
#include "seq.h"

/* ---- words that move at once ---- */

struct transfer {
    struct seq_slot *to;
    const struct node *value;
    unsigned w;
};
typedef VEC(struct transfer) transfer_vec;
typedef VEC(struct seq_slot *) slot_vec;

static void add_transfers(struct seq_program *s, transfer_vec *all, struct variable *to,
                          const struct node *value)
{
    for (unsigned w = 0; w < SEQ_WORDS; w++) {
        if (!seq_keeps_word(s, to, w))
            continue;
        struct seq_slot *slot = seq_values_of(s, to, to->hint)->word[w];
        unsigned number;
        if (seq_find(s, value, w, &number) != slot)
            VEC_PUSH(s->p->arena, all, (struct transfer){slot, value, w});
    }
}

static bool is_read(struct seq_program *s, const transfer_vec *all, unsigned but)
{
    unsigned number;
    for (unsigned i = 0; i < all->n; i++)
        if (i != but && seq_find(s, all->at[i].value, all->at[i].w, &number) == all->at[but].to)
            return true;
    return false;
}

/* What `slot` holds is read from a copy from now on. */
static void save(struct seq_program *s, struct seq_slot *slot, slot_vec *saved)
{
    struct seq_slot *copy = seq_new_slot(s, slot->name, 1);
    seq_memory(s, SEQ_LD, slot);
    seq_memory(s, SEQ_ST, copy);
    map_put(s->p->arena, &s->moved_to, slot, copy);
    VEC_PUSH(s->p->arena, saved, slot);
}

static void forget(struct seq_program *s, slot_vec *saved)
{
    for (unsigned i = 0; i < saved->n; i++)
        map_put(s->p->arena, &s->moved_to, saved->at[i], NULL);
    saved->n = 0;
}

/* First what nothing still to come reads; a ring is broken by a copy. */
static void transfer(struct seq_program *s, transfer_vec *all, slot_vec *saved)
{
    while (all->n > 0) {
        unsigned next = 0;
        while (next < all->n && is_read(s, all, next))
            next++;
        if (next == all->n) {
            save(s, all->at[0].to, saved);
            next = 0;
        }
        seq_word(s, SEQ_LD, all->at[next].value, all->at[next].w);
        seq_memory(s, SEQ_ST, all->at[next].to);
        for (unsigned i = next + 1; i < all->n; i++)
            all->at[i - 1] = all->at[i];
        all->n--;
    }
}

/* ---- the end of a region ---- */

static bool reads_value(struct seq_program *s, const struct node *n, const struct seq_slot *slot)
{
    unsigned number;
    for (unsigned w = 0; w < seq_words(n); w++)
        if (seq_find(s, n, w, &number) == slot)
            return true;
    return false;
}

static bool reads_condition(struct seq_program *s, const struct node *n,
                            const struct seq_slot *slot)
{
    bool reads = !seq_only_branches(s, n) && reads_value(s, n, slot);
    for (unsigned i = 0; seq_only_branches(s, n) && i < n->nargs; i++)
        reads |=
            n->op == OP_CMP ? reads_value(s, n->arg[i], slot) : reads_condition(s, n->arg[i], slot);
    return reads;
}

/* Do the ways out of the region need what the slot holds before it? */
static bool is_needed_after(struct seq_program *s, const struct region *r,
                            const struct seq_slot *slot)
{
    bool needed = false;
    for (unsigned i = 0; i < r->edges.n; i++) {
        const struct edge *e = &r->edges.at[i];
        needed |= i + 1 < r->edges.n && reads_condition(s, e->condition, slot);
        for (unsigned k = 0; k < e->moves.n; k++)
            needed |= reads_value(s, e->moves.at[k].value, slot);
    }
    return needed;
}

static void emit_liveouts(struct seq_program *s, const struct region *r, slot_vec *saved)
{
    transfer_vec all = {0};
    for (unsigned i = 0; i < r->liveouts.n; i++)
        add_transfers(s, &all, r->liveouts.at[i].to, r->liveouts.at[i].value);
    for (unsigned i = 0; i < all.n; i++)
        if (is_needed_after(s, r, all.at[i].to))
            save(s, all.at[i].to, saved);
    transfer(s, &all, saved);
}

static struct seq_label *label_of(struct seq_program *s, const struct region *r)
{
    struct seq_label *label = map_get(&s->label_of, r);
    if (!label) {
        label = seq_new_label(s);
        map_put(s->p->arena, &s->label_of, r, label);
    }
    return label;
}

static void emit_return(struct seq_program *s, struct seq_label *idle)
{
    const struct variable *result = s->p->result;
    for (unsigned w = 0; result && w < (result->width + 15) / 16; w++) {
        if (seq_keeps_word(s, result, w))
            seq_memory(s, SEQ_LD, seq_values_of(s, result, "result")->word[w]);
        else
            seq_number(s, SEQ_LD, 0);
        seq_port(s, SEQ_OUT, (struct seq_port){.kind = SEQ_PORT_RESULT, .word = w});
    }
    seq_jump(s, SEQ_JMP, idle);
}

static void emit_edges(struct seq_program *s, const struct region *r, struct seq_label *idle)
{
    for (unsigned i = 0; i < r->edges.n; i++) {
        const struct edge *e = &r->edges.at[i];
        struct seq_label *other = seq_new_label(s);
        if (i + 1 < r->edges.n)
            seq_branch(s, e->condition, false, other);
        transfer_vec all = {0};
        slot_vec saved = {0};
        for (unsigned k = 0; k < e->moves.n; k++)
            add_transfers(s, &all, e->moves.at[k].to, e->moves.at[k].value);
        transfer(s, &all, &saved);
        forget(s, &saved);
        if (e->to)
            seq_jump(s, SEQ_JMP, label_of(s, map_get(&s->p->region_of, e->to)));
        else
            emit_return(s, idle);
        seq_put_label(s, other);
    }
}

static bool is_effect(const struct node *n)
{
    return ir_is_effect(n) || n->op == OP_LOAD || n->op == OP_EMPTY || n->op == OP_PARAM ||
           n->op == OP_CLOCK;
}

static void emit_region(struct seq_program *s, const struct region *r, struct seq_label *idle)
{
    slot_vec saved = {0};
    s->line = r->loc.line;
    seq_put_label(s, label_of(s, r));
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        if (!seq_is_used(s, n) || seq_is_alias(s, n) || seq_only_branches(s, n))
            continue;
        s->line = n->loc.line ? n->loc.line : s->line;
        if (is_effect(n))
            seq_effect(s, n);
        else
            seq_compute(s, n);
    }
    emit_liveouts(s, r, &saved);
    emit_edges(s, r, idle);
    forget(s, &saved);
}

/* ---- the whole ---- */

static unsigned size_of(const struct node *n, unsigned depth)
{
    unsigned size = 1;
    for (unsigned i = 0; depth > 0 && i < n->nargs; i++)
        size += size_of(n->arg[i], depth - 1);
    return size;
}

/* One way out of a region is taken: that with the longest condition is what is left when no other is. */
static void order_edges(struct program *p)
{
    for (unsigned i = 0; i < p->regions.n; i++) {
        struct region *r = p->regions.at[i];
        unsigned last = 0;
        for (unsigned k = 1; k < r->edges.n; k++)
            if (size_of(r->edges.at[k].condition, 6) >= size_of(r->edges.at[last].condition, 6))
                last = k;
        if (r->edges.n == 0)
            continue;
        const struct edge longest = r->edges.at[last];
        for (unsigned k = last; k + 1 < r->edges.n; k++)
            r->edges.at[k] = r->edges.at[k + 1];
        r->edges.at[r->edges.n - 1] = longest;
    }
}

static void emit_resets(struct seq_program *s)
{
    for (unsigned i = 0; i < s->p->variables.n; i++) {
        struct variable *v = s->p->variables.at[i];
        for (unsigned w = 0; v->has_reset && w < SEQ_WORDS; w++)
            if (seq_keeps_word(s, v, w)) {
                seq_number(s, SEQ_LD, (unsigned)(v->reset >> 16 * w & 0xffff));
                seq_memory(s, SEQ_ST, seq_values_of(s, v, v->hint)->word[w]);
            }
    }
}

static void refuse_array_parameters(const struct program *p)
{
    for (unsigned i = 0; i < p->memories.n; i++)
        if (p->memories.at[i]->kind == MEMORY_PORT)
            diag_fail(p->diag, p->memories.at[i]->loc, "leave --sequencer away",
                      "'%s': a sequencer has no array parameters", p->memories.at[i]->name);
}

struct seq_program *seq_compile(struct program *p)
{
    refuse_array_parameters(p);
    struct seq_program *s = arena_alloc(p->arena, sizeof *s);
    s->p = p;
    struct seq_label *idle = seq_new_label(s);
    order_edges(p);
    seq_find_bits(s);
    seq_count_uses(s);
    live_find_unreached(p);
    emit_resets(s);
    seq_put_label(s, idle);
    if (p->returns)
        seq_port(s, SEQ_IN, (struct seq_port){.kind = SEQ_PORT_START});
    for (unsigned i = 0; i < p->regions.n; i++)
        if (!p->regions.at[i]->empty)
            emit_region(s, p->regions.at[i], idle);
    seq_settle(s);
    return s;
}
