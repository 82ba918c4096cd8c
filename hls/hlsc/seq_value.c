/* seq_value.c -- the words of values: where they are, and instructions with them as operands. */
#include "seq.h"

struct seq_values *seq_values_of(struct seq_program *s, const void *of, const char *name)
{
    struct seq_values *v = map_get(&s->values_of, of);
    if (!v) {
        v = arena_alloc(s->p->arena, sizeof *v);
        for (unsigned w = 0; w < SEQ_WORDS; w++)
            v->word[w] =
                seq_new_slot(s, name && w ? arena_printf(s->p->arena, "%s_%u", name, w) : name, 1);
        map_put(s->p->arena, &s->values_of, of, v);
    }
    return v;
}

static bool moves_words(const struct node *n)
{
    return (n->op == OP_SHL || n->op == OP_LSHR) && n->arg[1]->op == OP_CONST &&
           n->arg[1]->value % 16 == 0 && n->arg[1]->value < n->width;
}

bool seq_is_alias(const struct seq_program *s, const struct node *n)
{
    switch (n->op) {
    case OP_CONST:
    case OP_VAR:
    case OP_ZEXT:
    case OP_BOUND: return true;
    case OP_TRUNC: return seq_excess(s, n) == 0;
    case OP_AND: return n->arg[1]->op == OP_CONST && seq_excess(s, n) == 0;
    case OP_SHL:
    case OP_LSHR: return moves_words(n) && seq_excess(s, n) == 0;
    default: return false;
    }
}

struct seq_slot *seq_find(struct seq_program *s, const struct node *n, unsigned w, unsigned *number)
{
    *number = 0;
    for (;;) {
        if (w >= SEQ_WORDS)
            return NULL;
        if (n->op == OP_CONST) {
            *number = (unsigned)(n->value >> 16 * w & 0xffff);
            return NULL;
        }
        if (!seq_has_word(s, n, w))
            return NULL;
        if (n->op == OP_VAR || !seq_is_alias(s, n))
            break;
        const unsigned words = moves_words(n) ? (unsigned)n->arg[1]->value / 16 : 0;
        if (n->op == OP_SHL && w < words)
            return NULL;
        w = n->op == OP_SHL ? w - words : w + words;
        n = n->arg[0];
    }
    const void *of = n->op == OP_VAR ? (const void *)n->variable : n;
    const char *name = n->op == OP_VAR ? n->variable->hint : n->hint;
    struct seq_slot *slot = seq_values_of(s, of, name)->word[w];
    struct seq_slot *copy = map_get(&s->moved_to, slot);
    return copy ? copy : slot;
}

/* Numbers that change nothing. */
static bool is_idle(enum seq_op op, unsigned number)
{
    return (number == 0 && (op == SEQ_OR || op == SEQ_XOR)) || (number == 0xffff && op == SEQ_AND);
}

void seq_word(struct seq_program *s, enum seq_op op, const struct node *n, unsigned w)
{
    unsigned number;
    struct seq_slot *slot = seq_find(s, n, w, &number);
    if (slot)
        seq_memory(s, op, slot);
    else if (!is_idle(op, number))
        seq_number(s, op, number);
}

void seq_store(struct seq_program *s, const struct node *n, unsigned w)
{
    const bool clears = n->op == OP_AND; /* that is what it does */
    if (!clears && seq_excess(s, n) >> 16 * w & 0xffff)
        seq_number(s, SEQ_AND, (unsigned)(mask_of(n->width) >> 16 * w & 0xffff));
    seq_memory(s, SEQ_ST, seq_values_of(s, n, n->hint)->word[w]);
}

void seq_store_slots(struct seq_program *s, const struct node *n, struct seq_slot **slot,
                     unsigned words)
{
    for (unsigned w = 0; w < words; w++)
        if (seq_has_word(s, n, w)) {
            seq_memory(s, SEQ_LD, slot[w]);
            seq_store(s, n, w);
        }
}
