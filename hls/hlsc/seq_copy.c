/* seq_copy.c -- what is alive where, over the whole program, and slots that need not be two. */
#include <string.h>

#include "seq.h"

struct bits {
    uint64_t *word;
    unsigned words;
};

static struct bits new_bits(struct seq_program *s, unsigned n)
{
    const unsigned words = (n + 63) / 64;
    return (struct bits){arena_alloc(s->p->arena, words * sizeof(uint64_t)), words};
}

static bool has(struct bits b, unsigned i)
{
    return b.word[i / 64] >> i % 64 & 1;
}

static void set(struct bits b, unsigned i)
{
    b.word[i / 64] |= (uint64_t)1 << i % 64;
}

static void clear(struct bits b, unsigned i)
{
    b.word[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* True if b grew. */
static bool add(struct bits b, struct bits more)
{
    bool grew = false;
    for (unsigned i = 0; i < b.words; i++) {
        grew |= (more.word[i] & ~b.word[i]) != 0;
        b.word[i] |= more.word[i];
    }
    return grew;
}

/* ---- what is alive before each instruction ---- */

static bool reads(const struct seq_instruction *c)
{
    return c->slot && !c->slot->memory && c->op != SEQ_ST;
}

static bool writes(const struct seq_instruction *c)
{
    return c->slot && !c->slot->memory && c->op == SEQ_ST;
}

/* What is alive behind instruction i. */
static void alive_behind(const struct seq_program *s, const struct bits *before, unsigned i,
                         struct bits behind)
{
    const struct seq_instruction *c = &s->code.at[i];
    memset(behind.word, 0, behind.words * sizeof *behind.word);
    if (c->op != SEQ_JMP && i + 1 < s->code.n)
        add(behind, before[i + 1]);
    if (seq_jumps(c))
        add(behind, before[c->label->address]);
}

static struct bits *find_alive(struct seq_program *s)
{
    struct bits *before = arena_alloc(s->p->arena, (s->code.n + 1) * sizeof *before);
    struct bits behind = new_bits(s, s->slots.n);
    for (unsigned i = 0; i < s->code.n; i++)
        before[i] = new_bits(s, s->slots.n);
    for (bool grew = true; grew;) {
        grew = false;
        for (unsigned i = s->code.n; i-- > 0;) {
            const struct seq_instruction *c = &s->code.at[i];
            alive_behind(s, before, i, behind);
            if (writes(c))
                clear(behind, c->slot->index);
            if (reads(c))
                set(behind, c->slot->index);
            grew |= add(before[i], behind);
        }
    }
    return before;
}

/* ---- which slots differ while both are wanted ---- */

/* The slot whose word instruction i copies, or NULL. */
static struct seq_slot *copied(const struct seq_program *s, unsigned i)
{
    if (i == 0 || !writes(&s->code.at[i]))
        return NULL;
    const struct seq_instruction *from = &s->code.at[i - 1];
    const bool known = from->op == SEQ_LD || from->op == SEQ_ST;
    return known && from->mode == SEQ_MEMORY && from->slot && !from->slot->memory ? from->slot
                                                                                  : NULL;
}

static struct bits *find_clashes(struct seq_program *s, const struct bits *before)
{
    struct bits *clash = arena_alloc(s->p->arena, s->slots.n * sizeof *clash);
    struct bits behind = new_bits(s, s->slots.n);
    for (unsigned i = 0; i < s->slots.n; i++)
        clash[i] = new_bits(s, s->slots.n);
    for (unsigned i = 0; i < s->code.n; i++) {
        if (!writes(&s->code.at[i]))
            continue;
        const unsigned to = s->code.at[i].slot->index;
        const struct seq_slot *from = copied(s, i);
        alive_behind(s, before, i, behind);
        clear(behind, to);
        if (from)
            clear(behind, from->index);
        add(clash[to], behind);
        for (unsigned k = 0; k < s->slots.n; k++)
            if (has(behind, k))
                set(clash[k], to);
    }
    return clash;
}

static struct seq_slot *joined(struct seq_slot *slot)
{
    while (slot->joins)
        slot = slot->joins;
    return slot;
}

static void join(struct seq_program *s, struct bits *clash, struct seq_slot *a, struct seq_slot *b)
{
    for (unsigned k = 0; k < s->slots.n; k++)
        if (has(clash[b->index], k))
            set(clash[k], a->index);
    add(clash[a->index], clash[b->index]);
    b->joins = a;
}

void seq_join_copies(struct seq_program *s)
{
    for (unsigned i = 0; i < s->slots.n; i++)
        s->slots.at[i]->index = i;
    seq_number_labels(s);
    struct bits *clash = find_clashes(s, find_alive(s));
    for (unsigned i = 0; i < s->code.n; i++) {
        struct seq_slot *from = copied(s, i);
        if (!from)
            continue;
        struct seq_slot *a = joined(s->code.at[i].slot), *b = joined(from);
        if (a != b && !has(clash[a->index], b->index))
            join(s, clash, a, b);
    }
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].slot)
            s->code.at[i].slot = joined(s->code.at[i].slot);
}
