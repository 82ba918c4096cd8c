/* seq_bits.c -- bits that are known to be zero, forwards, and bits that anyone looks at, backwards to a fixpoint. A word
 * all of whose bits are one or the other is neither computed nor stored. */
#include "seq.h"

static struct seq_bits *bits_of(struct seq_program *s, const void *of)
{
    struct seq_bits *b = map_get(&s->bits_of, of);
    if (!b) {
        b = arena_alloc(s->p->arena, sizeof *b);
        map_put(s->p->arena, &s->bits_of, of, b);
    }
    return b;
}

uint64_t seq_zero(const struct seq_program *s, const struct node *n)
{
    const struct seq_bits *b = map_get(&s->bits_of, n);
    return b ? b->zero : ~mask_of(n->width);
}

bool seq_is_positive(const struct seq_program *s, const struct node *n)
{
    return seq_zero(s, n) >> (n->width - 1) & 1;
}

uint64_t seq_needed(const struct seq_program *s, const void *of)
{
    const struct seq_bits *b = map_get(&s->bits_of, of);
    return b ? b->needed : 0;
}

bool seq_has_word(const struct seq_program *s, const struct node *n, unsigned w)
{
    return ((seq_needed(s, n) & ~seq_zero(s, n)) >> 16 * w & 0xffff) != 0;
}

/* The words up to the last that is stored: zeros above are not looked up. */
static uint64_t stored(const struct seq_program *s, const struct node *n)
{
    const unsigned bits = bit_length(seq_needed(s, n) & ~seq_zero(s, n));
    return mask_of((bits + 15) / 16 * 16);
}

static uint64_t all_words(const struct node *n)
{
    return mask_of(seq_words(n) * 16);
}

static bool is_shift_by_number(const struct node *n)
{
    return (n->op == OP_SHL || n->op == OP_LSHR || n->op == OP_ASHR) && n->arg[1]->op == OP_CONST;
}

/* ---- zeros ---- */

static uint64_t zero_of_range(struct range r)
{
    return r.lo >= 0 && r.lo <= r.hi ? ~mask_of(bit_length((uint64_t)r.hi)) : 0;
}

static uint64_t zero_of_operation(const struct seq_program *s, const struct node *n)
{
    const uint64_t a = n->nargs > 0 ? seq_zero(s, n->arg[0]) : 0;
    const uint64_t b = n->nargs > 1 ? seq_zero(s, n->arg[1]) : 0;
    const uint64_t shift = is_shift_by_number(n) ? n->arg[1]->value : 64;
    switch (n->op) {
    case OP_CONST: return ~n->value;
    case OP_AND: return a | b;
    case OP_OR:
    case OP_XOR: return a & b;
    case OP_SELECT: return b & seq_zero(s, n->arg[2]);
    case OP_ZEXT:
    case OP_TRUNC:
    case OP_BOUND: return a;
    case OP_SHL: return shift < n->width ? a << shift | mask_of((unsigned)shift) : 0;
    case OP_LSHR: return shift < n->width && shift > 0 ? a >> shift | ~(~(uint64_t)0 >> shift) : 0;
    default: return 0;
    }
}

static void find_zeros(struct seq_program *s)
{
    for (unsigned i = 0; i < s->p->regions.n; i++)
        for (unsigned k = 0; k < s->p->regions.at[i]->nodes.n; k++) {
            const struct node *n = s->p->regions.at[i]->nodes.at[k];
            bits_of(s, n)->zero =
                ~mask_of(n->width) | zero_of_range(n->range) | zero_of_operation(s, n);
        }
}

void seq_mark_number(struct seq_program *s, const struct node *n)
{
    bits_of(s, n)->zero = ~n->value;
}

/* ---- sums that cannot leave their words ---- */

uint64_t seq_taken_off(const struct node *n)
{
    const struct node *b = n->nargs > 1 ? n->arg[1] : NULL;
    const bool negative = n->op == OP_ADD && b->op == OP_CONST && b->value >> (n->width - 1);
    return negative ? mask_of(n->width) - b->value + 1 : 0;
}

/* True if no carry or borrow goes beyond the width. */
static bool stays_in_width(const struct seq_program *s, const struct node *n)
{
    const wide most = (wide)mask_of(n->width), off = (wide)seq_taken_off(n);
    const wide a = (wide)~seq_zero(s, n->arg[0]), b = (wide)~seq_zero(s, n->arg[1]);
    if (n->op == OP_ADD && off == 0)
        return a + b <= most;
    const struct range x = n->arg[0]->range;
    return x.lo >= 0 && x.lo <= x.hi && (off ? off : b) <= x.lo;
}

uint64_t seq_excess(const struct seq_program *s, const struct node *n)
{
    const uint64_t wanted = seq_needed(s, n) & stored(s, n);
    const uint64_t above = wanted & ~mask_of(n->width);
    switch (n->op) {
    case OP_ADD:
    case OP_SUB: return stays_in_width(s, n) ? 0 : above;
    case OP_MUL: return above;
    case OP_ASHR:
    case OP_SEXT: return above;
    case OP_TRUNC: return above & ~seq_zero(s, n->arg[0]);
    case OP_SHL:
        return is_shift_by_number(n) && n->arg[1]->value < n->width
                   ? above & ~(seq_zero(s, n->arg[0]) << n->arg[1]->value)
                   : above;
    case OP_AND: /* by a number: what it clears, if nothing else does */
        return n->arg[1]->op == OP_CONST ? wanted & ~n->arg[1]->value & ~seq_zero(s, n->arg[0]) : 0;
    default: return 0;
    }
}

/* ---- needs ---- */

static bool need(struct seq_program *s, const void *of, uint64_t bits)
{
    struct seq_bits *b = bits_of(s, of);
    const bool more = (bits & ~b->needed) != 0;
    b->needed |= bits;
    return more;
}

static bool need_whole(struct seq_program *s, const struct node *n)
{
    return need(s, n, all_words(n));
}

static bool need_shifted(struct seq_program *s, struct node *n, uint64_t d)
{
    if (!is_shift_by_number(n) || n->arg[1]->value >= n->width)
        return need_whole(s, n->arg[0]) | need_whole(s, n->arg[1]);
    const unsigned k = (unsigned)n->arg[1]->value;
    if (n->op == OP_SHL)
        return need(s, n->arg[0], d >> k);
    if (n->op == OP_LSHR)
        return need(s, n->arg[0], d << k);
    return need_whole(s, n->arg[0]);
}

static const struct bank *bank_of(const struct node *n)
{
    return &n->memory->bank[n->memory->partitioned ? 0 : n->bank];
}

static bool need_arguments(struct seq_program *s, struct node *n)
{
    bool more = false;
    const uint64_t needed = seq_needed(s, n), d = needed & stored(s, n);
    switch (n->op) {
    case OP_CONST: return false;
    case OP_VAR: return need(s, n->variable, needed);
    case OP_STORE:
        more = need(s, n->arg[1], seq_needed(s, bank_of(n))) | need_whole(s, n->arg[0]) |
               need_whole(s, n->arg[2]);
        return (n->nargs > 3 && need_whole(s, n->arg[3])) | more;
    case OP_WRITE: return need_whole(s, n->arg[0]) | need_whole(s, n->arg[1]);
    case OP_READ: return need_whole(s, n->arg[0]);
    case OP_LOAD: return need_whole(s, n->arg[0]) | need(s, bank_of(n), needed & all_words(n));
    case OP_AND:
        if (n->arg[1]->op == OP_CONST)
            return need(s, n->arg[0], d & (n->arg[1]->value | seq_zero(s, n->arg[0])));
        return need(s, n->arg[0], d) | need(s, n->arg[1], d);
    case OP_OR:
    case OP_XOR: return need(s, n->arg[0], d) | need(s, n->arg[1], d);
    case OP_SELECT: return need_whole(s, n->arg[0]) | need(s, n->arg[1], d) | need(s, n->arg[2], d);
    case OP_ZEXT:
    case OP_BOUND: return need(s, n->arg[0], d);
    case OP_TRUNC: return need(s, n->arg[0], d & (mask_of(n->width) | seq_zero(s, n->arg[0])));
    case OP_ADD:
    case OP_SUB:
    case OP_MUL: /* carries go upwards */
        return need(s, n->arg[0], mask_of(bit_length(d))) |
               need(s, n->arg[1], mask_of(bit_length(d)));
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: return need_shifted(s, n, d);
    default:
        for (unsigned i = 0; i < n->nargs; i++)
            more |= need_whole(s, n->arg[i]);
        return more;
    }
}

static bool is_computed(const struct seq_program *s, const struct node *n)
{
    return ir_is_effect(n) || n->op == OP_LOAD || seq_needed(s, n) != 0;
}

static bool need_in_region(struct seq_program *s, struct region *r)
{
    bool more = false;
    for (unsigned i = 0; i < r->liveouts.n; i++)
        more |= need(s, r->liveouts.at[i].value, seq_needed(s, r->liveouts.at[i].to));
    for (unsigned i = 0; i < r->edges.n; i++) {
        more |= need_whole(s, r->edges.at[i].condition);
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
            more |= need(s, r->edges.at[i].moves.at[k].value,
                         seq_needed(s, r->edges.at[i].moves.at[k].to));
    }
    for (unsigned i = r->nodes.n; i-- > 0;)
        if (is_computed(s, r->nodes.at[i]))
            more |= need_arguments(s, r->nodes.at[i]);
    return more;
}

bool seq_keeps_word(const struct seq_program *s, const struct variable *v, unsigned w)
{
    const uint64_t kept = seq_needed(s, v) & ~zero_of_range(v->range) & mask_of(v->width);
    return (kept >> 16 * w & 0xffff) != 0;
}

void seq_find_bits(struct seq_program *s)
{
    find_zeros(s);
    if (s->p->result)
        need(s, s->p->result, mask_of(s->p->result->width));
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = s->p->regions.n; i-- > 0;)
            more |= need_in_region(s, s->p->regions.at[i]);
    }
}
