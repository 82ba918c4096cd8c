/* seq_branch.c -- comparisons and conditions. */
#include "seq.h"

static bool is_known_zero(struct seq_program *s, const struct node *n, unsigned w)
{
    unsigned number;
    return !seq_find(s, n, w, &number) && number == 0;
}

/* ---- order ---- */

/* A sign turned over makes signed numbers follow each other as unsigned ones do. */
static struct seq_slot *turn_sign(struct seq_program *s, const struct node *n)
{
    struct seq_slot *turned = seq_new_slot(s, "turned", 1);
    seq_word(s, SEQ_LD, n, seq_words(n) - 1);
    seq_number(s, SEQ_XOR, 1u << (n->width - 1) % 16);
    seq_memory(s, SEQ_ST, turned);
    return turned;
}

/* C = a >= b. What is zero in both need not be looked at. */
static void subtract(struct seq_program *s, const struct node *a, const struct node *b,
                     bool is_signed)
{
    unsigned top = seq_words(a) - 1;
    is_signed &= !seq_is_positive(s, a) || !seq_is_positive(s, b);
    while (!is_signed && top > 0 && is_known_zero(s, a, top) && is_known_zero(s, b, top))
        top--;
    struct seq_slot *turned_a = is_signed ? turn_sign(s, a) : NULL;
    struct seq_slot *turned_b = is_signed ? turn_sign(s, b) : NULL;
    for (unsigned w = 0; w <= top; w++) {
        const enum seq_op op = w == 0 ? SEQ_SUB : SEQ_SBC;
        if (w == top && is_signed) {
            seq_memory(s, SEQ_LD, turned_a);
            seq_memory(s, op, turned_b);
        } else {
            seq_word(s, SEQ_LD, a, w);
            seq_word(s, op, b, w);
        }
    }
}

/* Leaves in C what decides; says whether the comparison holds if C is set. */
static bool order(struct seq_program *s, const struct node *n)
{
    const struct node *a = n->arg[0], *b = n->arg[1];
    switch (n->compare) {
    case CMP_ULT: subtract(s, a, b, false); return false;
    case CMP_UGE: subtract(s, a, b, false); return true;
    case CMP_UGT: subtract(s, b, a, false); return false;
    case CMP_ULE: subtract(s, b, a, false); return true;
    case CMP_SLT: subtract(s, a, b, true); return false;
    case CMP_SGE: subtract(s, a, b, true); return true;
    case CMP_SGT: subtract(s, b, a, true); return false;
    default: subtract(s, b, a, true); return true;
    }
}

static bool is_equality(const struct node *n)
{
    return n->compare == CMP_EQ || n->compare == CMP_NE;
}

/* A is 0 if word w is the same in both. */
static void difference(struct seq_program *s, const struct node *n, unsigned w)
{
    const bool first_is_zero = is_known_zero(s, n->arg[0], w);
    seq_word(s, SEQ_LD, n->arg[first_is_zero], w);
    seq_word(s, SEQ_XOR, n->arg[!first_is_zero], w);
}

static void branch_if_equal(struct seq_program *s, const struct node *n, bool equal,
                            struct seq_label *to)
{
    struct seq_label *differs = equal ? seq_new_label(s) : to;
    for (unsigned w = 0; w < seq_words(n->arg[0]); w++) {
        if (is_known_zero(s, n->arg[0], w) && is_known_zero(s, n->arg[1], w))
            continue;
        difference(s, n, w);
        seq_jump(s, SEQ_JNZ, differs);
    }
    if (equal) {
        seq_jump(s, SEQ_JMP, to);
        seq_put_label(s, differs);
    }
}

/* ---- conditions ---- */

static void branch_on_logic(struct seq_program *s, const struct node *n, bool when,
                            struct seq_label *to)
{
    const bool both = (n->op == OP_AND) == when; /* must be as `when` says */
    struct seq_label *past = both ? seq_new_label(s) : NULL;
    if (both)
        seq_branch(s, n->arg[0], !when, past);
    else
        seq_branch(s, n->arg[0], when, to);
    seq_branch(s, n->arg[1], when, to);
    if (both)
        seq_put_label(s, past);
}

void seq_branch(struct seq_program *s, const struct node *n, bool when, struct seq_label *to)
{
    if (n->op == OP_CONST) {
        if ((n->value != 0) == when)
            seq_jump(s, SEQ_JMP, to);
        return;
    }
    if (!seq_only_branches(s, n)) {
        seq_word(s, SEQ_LD, n, 0);
        seq_jump(s, when ? SEQ_JNZ : SEQ_JZ, to);
    } else if (n->op == OP_NOT) {
        seq_branch(s, n->arg[0], !when, to);
    } else if (n->op != OP_CMP) {
        branch_on_logic(s, n, when, to);
    } else if (is_equality(n)) {
        branch_if_equal(s, n, (n->compare == CMP_EQ) == when, to);
    } else {
        const bool if_set = order(s, n);
        seq_jump(s, if_set == when ? SEQ_JC : SEQ_JNC, to);
    }
}

/* The only word that may differ, or -1 if there are several or none. */
static int only_word(struct seq_program *s, const struct node *n)
{
    int only = -1;
    for (unsigned w = 0; w < seq_words(n->arg[0]); w++)
        if (!is_known_zero(s, n->arg[0], w) || !is_known_zero(s, n->arg[1], w)) {
            if (only >= 0)
                return -1;
            only = (int)w;
        }
    return only;
}

void seq_compare(struct seq_program *s, const struct node *n)
{
    if (!is_equality(n)) {
        const bool if_set = order(s, n);
        seq_do(s, SEQ_CARRY, 0);
        if (!if_set)
            seq_number(s, SEQ_XOR, 1);
    } else if (only_word(s, n) >= 0) {
        difference(s, n, (unsigned)only_word(s, n));
        seq_do(s, SEQ_NOT, 0);
        if (n->compare == CMP_NE)
            seq_number(s, SEQ_XOR, 1);
    } else {
        struct seq_label *differs = seq_new_label(s), *end = seq_new_label(s);
        branch_if_equal(s, n, false, differs);
        seq_number(s, SEQ_LD, n->compare == CMP_EQ);
        seq_jump(s, SEQ_JMP, end);
        seq_put_label(s, differs);
        seq_number(s, SEQ_LD, n->compare != CMP_EQ);
        seq_put_label(s, end);
    }
    seq_store(s, n, 0);
}
