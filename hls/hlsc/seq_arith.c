/* seq_arith.c -- sums, logic, selections, products: the words of a value, one after the other. */
#include "seq.h"

static unsigned stored_words(const struct seq_program *s, const struct node *n)
{
    unsigned words = 0;
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_has_word(s, n, w))
            words = w + 1;
    return words;
}

/* The operand that A holds, or that is no number, comes first where both may. */
static bool second_first(struct seq_program *s, const struct node *n, unsigned w)
{
    unsigned number;
    const struct seq_slot *a = seq_find(s, n->arg[0], w, &number);
    const struct seq_slot *b = seq_find(s, n->arg[1], w, &number);
    return n->op != OP_SUB && b && (!a || (b == s->in_a && a != s->in_a));
}

static void bitwise(struct seq_program *s, const struct node *n, enum seq_op op)
{
    for (unsigned w = 0; w < SEQ_WORDS; w++) {
        if (!seq_has_word(s, n, w))
            continue;
        const bool turned = second_first(s, n, w);
        seq_word(s, SEQ_LD, n->arg[turned], w);
        seq_word(s, op, n->arg[!turned], w);
        seq_store(s, n, w);
    }
}

/* A number of the compiler's own. */
static struct node *own_number(struct seq_program *s, uint64_t value, unsigned width)
{
    struct node *n = arena_alloc(s->p->arena, sizeof *n);
    *n = (struct node){.op = OP_CONST, .width = width, .value = value & mask_of(width)};
    seq_mark_number(s, n);
    return n;
}

/* From the lowest word to the last that is stored, with the carry between them. */
static void sum(struct seq_program *s, const struct node *n)
{
    const unsigned words = stored_words(s, n);
    const uint64_t off = seq_taken_off(n);
    const struct node *b = off ? own_number(s, off, n->width) : n->arg[1];
    const enum seq_op first = n->op == OP_ADD && !off ? SEQ_ADD : SEQ_SUB;
    for (unsigned w = 0; w < words; w++) {
        const bool turned = !off && second_first(s, n, w);
        seq_word(s, SEQ_LD, turned ? b : n->arg[0], w);
        seq_word(s, w == 0 ? first : first + 1, turned ? n->arg[0] : b, w);
        if (seq_has_word(s, n, w))
            seq_store(s, n, w);
    }
}

static void copy(struct seq_program *s, const struct node *n, const struct node *from)
{
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_has_word(s, n, w)) {
            seq_word(s, SEQ_LD, from, w);
            seq_store(s, n, w);
        }
}

/* n = condition ? a : b. */
static void choose(struct seq_program *s, const struct node *n, const struct node *condition,
                   const struct node *a, const struct node *b)
{
    struct seq_label *other = seq_new_label(s), *end = seq_new_label(s);
    const unsigned words = stored_words(s, n);
    seq_branch(s, condition, false, other);
    if (words == 1) { /* A is stored behind both ways */
        seq_word(s, SEQ_LD, a, 0);
        seq_jump(s, SEQ_JMP, end);
        seq_put_label(s, other);
        seq_word(s, SEQ_LD, b, 0);
        seq_put_label(s, end);
        seq_store(s, n, 0);
        return;
    }
    copy(s, n, a);
    seq_jump(s, SEQ_JMP, end);
    seq_put_label(s, other);
    copy(s, n, b);
    seq_put_label(s, end);
}

/* A condition of the compiler's own, which only branches. */
static struct node *own_compare(struct seq_program *s, enum compare compare, struct node *a,
                                struct node *b)
{
    struct node *n = arena_alloc(s->p->arena, sizeof *n);
    *n = (struct node){.op = OP_CMP, .compare = compare, .width = 1, .nargs = 2, .arg = {a, b}};
    seq_mark_branch(s, n);
    return n;
}

static void extreme(struct seq_program *s, const struct node *n)
{
    static const enum compare compare[] = {
        [OP_SMIN] = CMP_SLT, [OP_SMAX] = CMP_SGT, [OP_UMIN] = CMP_ULT, [OP_UMAX] = CMP_UGT};
    choose(s, n, own_compare(s, compare[n->op], n->arg[0], n->arg[1]), n->arg[0], n->arg[1]);
}

/* To n->value bits and a sign. */
static void saturate(struct seq_program *s, const struct node *n)
{
    struct node *a = n->arg[0];
    struct node *most = own_number(s, mask_of((unsigned)n->value), a->width);
    struct node *least = own_number(s, ~mask_of((unsigned)n->value), a->width);
    struct seq_label *above = seq_new_label(s), *below = seq_new_label(s);
    struct seq_label *end = seq_new_label(s);
    seq_branch(s, own_compare(s, CMP_SGT, a, most), true, above);
    seq_branch(s, own_compare(s, CMP_SLT, a, least), true, below);
    copy(s, n, a);
    seq_jump(s, SEQ_JMP, end);
    seq_put_label(s, above);
    copy(s, n, most);
    seq_jump(s, SEQ_JMP, end);
    seq_put_label(s, below);
    copy(s, n, least);
    seq_put_label(s, end);
}

/* By shifting and adding, while bits of b are left. */
static void product(struct seq_program *s, const struct node *n)
{
    const unsigned words = stored_words(s, n);
    struct seq_slot *a[SEQ_WORDS], *b[SEQ_WORDS], *sums[SEQ_WORDS];
    for (unsigned w = 0; w < words; w++) {
        a[w] = seq_new_slot(s, "factor", 1);
        b[w] = seq_new_slot(s, "rest", 1);
        sums[w] = seq_new_slot(s, "product", 1);
        seq_word(s, SEQ_LD, n->arg[0], w);
        seq_memory(s, SEQ_ST, a[w]);
        seq_word(s, SEQ_LD, n->arg[1], w);
        seq_memory(s, SEQ_ST, b[w]);
        seq_number(s, SEQ_LD, 0);
        seq_memory(s, SEQ_ST, sums[w]);
    }
    struct seq_label *again = seq_new_label(s), *even = seq_new_label(s), *end = seq_new_label(s);
    seq_put_label(s, again);
    seq_memory(s, SEQ_LD, b[0]);
    for (unsigned w = 1; w < words; w++)
        seq_memory(s, SEQ_OR, b[w]);
    seq_jump(s, SEQ_JZ, end);
    seq_memory(s, SEQ_LD, b[0]);
    seq_number(s, SEQ_AND, 1);
    seq_jump(s, SEQ_JZ, even);
    for (unsigned w = 0; w < words; w++) {
        seq_memory(s, SEQ_LD, sums[w]);
        seq_memory(s, w == 0 ? SEQ_ADD : SEQ_ADC, a[w]);
        seq_memory(s, SEQ_ST, sums[w]);
    }
    seq_put_label(s, even);
    for (unsigned w = 0; w < words; w++) {
        seq_memory(s, SEQ_LD, a[w]);
        seq_memory(s, w == 0 ? SEQ_ADD : SEQ_ADC, a[w]);
        seq_memory(s, SEQ_ST, a[w]);
    }
    seq_shift_slots(s, b, words, SEQ_SHR, 1);
    seq_jump(s, SEQ_JMP, again);
    seq_put_label(s, end);
    seq_store_slots(s, n, sums, words);
}

void seq_compute(struct seq_program *s, const struct node *n)
{
    if (stored_words(s, n) == 0)
        return;
    switch (n->op) {
    case OP_AND: bitwise(s, n, SEQ_AND); break;
    case OP_OR: bitwise(s, n, SEQ_OR); break;
    case OP_XOR: bitwise(s, n, SEQ_XOR); break;
    case OP_ADD:
    case OP_SUB: sum(s, n); break;
    case OP_MUL: product(s, n); break;
    case OP_NOT:
        seq_word(s, SEQ_LD, n->arg[0], 0);
        seq_number(s, SEQ_XOR, 1);
        seq_store(s, n, 0);
        break;
    case OP_CMP: seq_compare(s, n); break;
    case OP_SELECT: choose(s, n, n->arg[0], n->arg[1], n->arg[2]); break;
    case OP_SMIN:
    case OP_SMAX:
    case OP_UMIN:
    case OP_UMAX: extreme(s, n); break;
    case OP_SAT: saturate(s, n); break;
    case OP_SEXT: seq_extend(s, n); break;
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: seq_shift(s, n); break;
    default: copy(s, n, n->arg[0]); break; /* TRUNC */
    }
}
