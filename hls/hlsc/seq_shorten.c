/* seq_shorten.c -- instructions that the program can do without. */
#include "seq.h"

bool seq_jumps(const struct seq_instruction *i)
{
    return i->op >= SEQ_JMP && i->op <= SEQ_JNC;
}

/* What leads nowhere else: jumps to the next place, and what stands behind a jump without a label. */
static bool drop_jumps(struct seq_program *s)
{
    seq_code left = {0};
    bool reached = true;
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        bool to_next = false;
        for (unsigned k = i + 1; seq_jumps(c) && k < s->code.n && s->code.at[k].op == SEQ_LABEL;
             k++)
            to_next |= s->code.at[k].label == c->label;
        if (c->op == SEQ_LABEL)
            reached = true;
        if (reached && !to_next)
            VEC_PUSH(s->p->arena, &left, *c);
        if (c->op == SEQ_JMP)
            reached = false;
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static enum seq_op opposite_jump(enum seq_op op)
{
    return op == SEQ_JZ ? SEQ_JNZ : op == SEQ_JNZ ? SEQ_JZ : op == SEQ_JC ? SEQ_JNC : SEQ_JC;
}

/* A jump over a jump is one, the other way. */
static bool turn_jumps(struct seq_program *s)
{
    bool turned = false;
    for (unsigned i = 0; i + 2 < s->code.n; i++) {
        struct seq_instruction *c = &s->code.at[i];
        const struct seq_instruction *over = c + 1, *past = c + 2;
        if (c->op >= SEQ_JZ && c->op <= SEQ_JNC && over->op == SEQ_JMP && past->op == SEQ_LABEL &&
            past->label == c->label) {
            struct seq_instruction both = *c;
            both.op = opposite_jump(c->op);
            both.label = over->label;
            c[0] = both;
            c[1] = *past;
            turned = true;
        }
    }
    return turned;
}

/* A jump to a jump goes where that one does. */
static bool thread_jumps(struct seq_program *s)
{
    bool threaded = false;
    for (unsigned i = 0; i + 1 < s->code.n; i++) {
        unsigned k = i;
        while (k < s->code.n && s->code.at[k].op == SEQ_LABEL)
            k++;
        if (k > i && k < s->code.n && s->code.at[k].op == SEQ_JMP)
            s->code.at[i].label->leads_to = s->code.at[k].label;
    }
    for (unsigned i = 0; i < s->code.n; i++) {
        struct seq_instruction *c = &s->code.at[i];
        struct seq_label *to = c->label ? c->label->leads_to : NULL;
        if (seq_jumps(c) && to && to != c->label && to->leads_to != c->label) {
            c->label = to;
            threaded = true;
        }
    }
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].label)
            s->code.at[i].label->leads_to = NULL;
    return threaded;
}

/* Labels that nothing jumps to, and stores that nothing reads. */
bool seq_drop_unused(struct seq_program *s)
{
    for (unsigned i = 0; i < s->slots.n; i++)
        s->slots.at[i]->is_read = false;
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].op == SEQ_LABEL)
            s->code.at[i].label->is_used = false;
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        if (c->slot && c->op != SEQ_ST && c->op != SEQ_STX)
            c->slot->is_read = true;
        if (seq_jumps(c))
            c->label->is_used = true;
    }
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        const bool dead = (c->op == SEQ_ST || c->op == SEQ_STX) ? !c->slot->is_read
                          : c->op == SEQ_LABEL                  ? !c->label->is_used
                                                                : false;
        if (!dead)
            VEC_PUSH(s->p->arena, &left, *c);
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static bool needs_a(const struct seq_instruction *c)
{
    return !(c->op == SEQ_LD || c->op == SEQ_JMP || c->op == SEQ_LABEL || c->op == SEQ_JC ||
             c->op == SEQ_JNC ||
             (c->op == SEQ_DO && (c->action == SEQ_CARRY || c->action == SEQ_IN)));
}

static bool sets_a(const struct seq_instruction *c)
{
    return c->op <= SEQ_SBC || (c->op == SEQ_DO && c->action != SEQ_INDEX && c->action != SEQ_OUT);
}

/* Loads that nothing looks at, whichever way the program goes. */
static bool drop_loads(struct seq_program *s)
{
    bool *needed = arena_alloc(s->p->arena, s->code.n + 1); /* A, before the instruction */
    seq_number_labels(s);
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = s->code.n; i-- > 0;) {
            const struct seq_instruction *c = &s->code.at[i];
            bool behind = c->op != SEQ_JMP && needed[i + 1];
            if (seq_jumps(c))
                behind |= needed[c->label->address];
            const bool here = needs_a(c) || (behind && !sets_a(c));
            more |= here && !needed[i];
            needed[i] |= here;
        }
    }
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].op != SEQ_LD || needed[i + 1])
            VEC_PUSH(s->p->arena, &left, s->code.at[i]);
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static unsigned jumps_to(const struct seq_program *s, const struct seq_label *label)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->code.n; i++)
        n += seq_jumps(&s->code.at[i]) && s->code.at[i].label == label;
    return n;
}

/* Whether instruction i has this form. */
static bool is_form(const struct seq_program *s, unsigned i, enum seq_op op)
{
    return i < s->code.n && s->code.at[i].op == op;
}

/* A choice that may leave a word as it is: jump L1; ld a; jmp L2; L1: ld d; L2: st d -- if nothing wants it in A. */
static bool drop_kept(struct seq_program *s)
{
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        VEC_PUSH(s->p->arena, &left, *c);
        const bool form = is_form(s, i, SEQ_LD) && is_form(s, i + 1, SEQ_JMP) &&
                          is_form(s, i + 2, SEQ_LABEL) && is_form(s, i + 3, SEQ_LD) &&
                          is_form(s, i + 4, SEQ_LABEL) && is_form(s, i + 5, SEQ_ST) &&
                          is_form(s, i + 6, SEQ_LD);
        if (!form || c[1].label != c[4].label || c[3].mode != SEQ_MEMORY ||
            c[3].slot != c[5].slot || c[5].slot->memory || jumps_to(s, c[4].label) != 1)
            continue;
        VEC_PUSH(s->p->arena, &left, c[5]);
        VEC_PUSH(s->p->arena, &left, c[2]);
        i += 5;
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

/* What A is known to hold: a number, and words of memory. */
struct known {
    bool is_number;
    unsigned number;
    struct seq_slot *slot[8];
    unsigned n;
};

static bool is_known(const struct known *a, const struct seq_instruction *c)
{
    if (c->mode == SEQ_IMMEDIATE)
        return a->is_number && a->number == c->number;
    for (unsigned i = 0; c->mode == SEQ_MEMORY && !c->slot->memory && i < a->n; i++)
        if (a->slot[i] == c->slot)
            return true;
    return false;
}

static void forget_slot(struct known *a, const struct seq_slot *slot)
{
    for (unsigned i = 0; i < a->n; i++)
        if (a->slot[i] == slot)
            a->slot[i--] = a->slot[--a->n];
}

static void learn(struct known *a, const struct seq_instruction *c)
{
    const bool keeps = c->op == SEQ_ST || c->op == SEQ_STX || seq_jumps(c) ||
                       (c->op == SEQ_DO && (c->action == SEQ_INDEX || c->action == SEQ_OUT));
    if (!keeps)
        *a = (struct known){0};
    if (c->op == SEQ_LD && c->mode == SEQ_IMMEDIATE) {
        a->is_number = true;
        a->number = c->number;
    }
    const bool has =
        (c->op == SEQ_ST || (c->op == SEQ_LD && c->mode == SEQ_MEMORY)) && !c->slot->memory;
    if (has)
        forget_slot(a, c->slot);
    if (has && a->n < 8)
        a->slot[a->n++] = c->slot;
}

/* Loads of what A holds, and stores of what is there. */
static bool drop_known(struct seq_program *s)
{
    seq_code left = {0};
    struct known a = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        if ((c->op == SEQ_LD || c->op == SEQ_ST) && is_known(&a, c))
            continue;
        learn(&a, c);
        VEC_PUSH(s->p->arena, &left, *c);
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

/* ---- the same end twice ---- */

static bool same(const struct seq_instruction *a, const struct seq_instruction *b)
{
    return a->op == b->op && a->op != SEQ_LABEL && a->mode == b->mode && a->action == b->action &&
           a->slot == b->slot && a->offset == b->offset && a->number == b->number &&
           a->label == b->label;
}

/* Instructions before i and before k, backwards, that are the same. */
static unsigned same_before(const struct seq_program *s, unsigned i, unsigned k)
{
    unsigned n = 0;
    while (n < i && n < k && same(&s->code.at[i - 1 - n], &s->code.at[k - 1 - n]))
        n++;
    return n;
}

/* What the jump at i leads to is entered from before k as well: by a jump, or as what follows. */
static bool leads_there(const struct seq_program *s, unsigned k, const struct seq_label *to)
{
    const struct seq_instruction *c = &s->code.at[k];
    return c->label == to && (c->op == SEQ_JMP || c->op == SEQ_LABEL);
}

/* The jump at i and the n instructions before it become a jump to the n before k. */
static void merge_end(struct seq_program *s, unsigned i, unsigned k, unsigned n)
{
    seq_code left = {0};
    struct seq_label *label = seq_new_label(s);
    for (unsigned at = 0; at < s->code.n; at++) {
        if (at == k - n)
            VEC_PUSH(s->p->arena, &left, (struct seq_instruction){.op = SEQ_LABEL, .label = label});
        if (at >= i - n && at < i)
            continue;
        VEC_PUSH(s->p->arena, &left, s->code.at[at]);
        if (at == i)
            left.at[left.n - 1].label = label;
    }
    s->code = left;
}

static bool merge_ends(struct seq_program *s)
{
    for (unsigned i = 0; i < s->code.n; i++) {
        unsigned best = 0, where = 0;
        for (unsigned k = 0; s->code.at[i].op == SEQ_JMP && k < s->code.n; k++) {
            const unsigned n =
                k != i && leads_there(s, k, s->code.at[i].label) ? same_before(s, i, k) : 0;
            if (n > best && (k < i - n || i < k - n)) {
                best = n;
                where = k;
            }
        }
        if (best > 0) {
            merge_end(s, i, where, best);
            return true;
        }
    }
    return false;
}

void seq_shorten(struct seq_program *s)
{
    while (thread_jumps(s) | drop_jumps(s) | turn_jumps(s) | drop_kept(s) | seq_drop_unused(s) |
           drop_known(s) | drop_loads(s))
        ;
}

void seq_merge_ends(struct seq_program *s)
{
    while (merge_ends(s))
        ;
}
