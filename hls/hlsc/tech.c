#include "tech.h"

#include <math.h>
#include <string.h>

static const struct technology families[] = {
    {.family = "ice40",
     .lut_ns = 2.8,
     .gate_ns = 1.3,
     .logic_ns = 2.0,
     .carry_ns = 0.36,
     .register_ns = 1.4,
     .ram_ns = 5.8,
     .address_ns = 0.5,
     .product_ns = 12.0,
     .product_out_ns = 1.0,
     .input_ns = 3.0,
     .choice_ns = 2.8,
     .leave_ns = 8.4,
     .word_ns = 5.6,
     .write_ns = 5.6,
     .shift_ns = 2.8,
     .equal_ns = 3.9,
     .compare_ns = 2.1,
     .fanout_ns = 0.03,
     .inverted_ns = 2.8,
     .extreme_ns = 2.8,
     .twice_ns = 1.3,
     .ripples = true,
     .clock_ns = 30.0},
    {.family = "ecp5",
     .lut_ns = 1.2,
     .gate_ns = 0.6,
     .logic_ns = 0.96,
     .carry_ns = 0.04,
     .register_ns = 0.5,
     .ram_ns = 6.7,
     .address_ns = 4.0,
     .product_ns = 5.5,
     .product_out_ns = 0.8,
     .factor_bits = 18,
     .input_ns = 1.5,
     .end_ns = 2.6,
     .leave_ns = 1.2,
     .word_ns = 1.2,
     .write_ns = 3.6,
     .shift_ns = 0.6,
     .equal_ns = 1.2,
     .extreme_ns = 1.8,
     .clear_ns = 1.2,
     .clock_ns = 15.0},
};

const struct technology *tech_find(const char *family)
{
    for (unsigned i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].family, family) == 0)
            return &families[i];
    return NULL;
}

/* Levels of four-input LUTs that reduce k bits to one. */
static double levels(unsigned k)
{
    double n = 0;
    for (unsigned reach = 1; reach < k; reach *= 4)
        n++;
    return n;
}

static unsigned operand_bits(const struct node *n)
{
    unsigned bits = 1;
    for (unsigned i = 0; i < n->nargs; i++)
        if (n->arg[i]->op != OP_CONST && n->arg[i]->bits > bits)
            bits = n->arg[i]->bits;
    return bits;
}

/* Levels that make two numbers of k, each level two of three. */
static unsigned compressors(unsigned k)
{
    unsigned n = 0;
    for (; k > 2; k -= k / 3)
        n++;
    return n;
}

static double compare_delay(const struct technology *t, const struct node *n)
{
    unsigned bits = operand_bits(n);
    bool constant = n->arg[1]->op == OP_CONST;
    if (n->compare == CMP_EQ || n->compare == CMP_NE)
        return bits == 1 && constant ? 0 : t->equal_ns * levels(constant ? bits : 2 * bits);
    bool minus_one = constant && n->compare == CMP_SGT && ir_is_const(n->arg[1], ~(uint64_t)0);
    if ((constant && n->arg[1]->value == 0) || minus_one)
        return 0; /* the sign */
    const bool swaps = n->compare == CMP_UGT || n->compare == CMP_ULE || n->compare == CMP_SGT ||
                       n->compare == CMP_SLE;
    const bool inverts = !constant || swaps; /* the subtrahend; a constant costs nothing */
    return t->lut_ns + t->carry_ns * bits + t->compare_ns + (inverts ? t->inverted_ns : 0);
}

/* The sum of the products of several blocks. */
static double several_blocks(const struct technology *t, const struct node *n)
{
    const unsigned a = n->arg[0]->bits, b = n->arg[1]->bits, least = a < b ? a : b;
    return n->bits > 36                               ? 3 * t->lut_ns
           : least > t->factor_bits && t->factor_bits ? 2 * t->lut_ns
                                                      : 0;
}

/* From a signal to the bits that it selects; with more of them than the bound, paths are shorter than their sum says. */
static double fan_out(const struct technology *t, unsigned bits)
{
    const unsigned most = 64;
    return t->fanout_ns * (bits < most ? bits : most);
}

/* What the lowest bit of an address selects: one of each pair of rows, in all banks. */
static unsigned bits_of_pairs(const struct memory *m)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < m->nbanks; i++)
        bits += m->bank[i].bits;
    return bits * (m->rows / 2);
}

/* From the last input of n to its output, or to its register where it has one. */
static double delay_of(const struct technology *t, const struct node *n)
{
    switch (n->op) {
    case OP_ADD:
    case OP_SUB:
        if (n->bits == 1)
            return t->gate_ns;
        return t->lut_ns + t->carry_ns * n->bits + (n->op == OP_SUB ? t->inverted_ns : 0);
    case OP_MUL:
        if (n->in_luts) /* terms, compressed to two, and their sum */
            return t->lut_ns * (2 + 1.15 * compressors(ir_terms_of(n)->bits)) +
                   t->carry_ns * n->bits;
        return t->product_ns + several_blocks(t, n);
    case OP_AND:
    case OP_OR:
    case OP_XOR:
        if (n->arg[1]->op == OP_CONST)
            return 0;
        return n->bits == 1 ? t->gate_ns : t->logic_ns;
    case OP_SELECT: return n->bits == 1 ? t->gate_ns : t->logic_ns;
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR:
        if (n->arg[1]->op == OP_CONST)
            return 0;
        return t->shift_ns * (n->arg[1]->bits < 6 ? n->arg[1]->bits + 1 : 7);
    case OP_CMP: return compare_delay(t, n);
    case OP_SMIN:
    case OP_SMAX:
    case OP_UMIN:
    case OP_UMAX:
        return 1.8 * t->lut_ns + t->carry_ns * operand_bits(n) +
               (n->arg[1]->op == OP_CONST ? 0 : t->extreme_ns) + (n->is_compared ? t->twice_ns : 0);
    case OP_SAT: return t->lut_ns * (1 + levels(n->arg[0]->bits - (unsigned)n->value + 1));
    case OP_LOAD: /* address to the memory; registers: a multiplexer over the rows */
        if (n->memory->kind != MEMORY_REGISTERS)
            return t->address_ns;
        return n->arg[0]->op == OP_CONST ? 0
                                         : t->lut_ns * (1 + bit_length(n->memory->rows - 1)) +
                                               fan_out(t, bits_of_pairs(n->memory));
    case OP_WRITE: return t->word_ns;
    case OP_STORE:
    case OP_READ: return t->lut_ns;
    default: return 0;
    }
}

bool tech_is_source(const struct node *n)
{
    return (ir_is_steady(n) && !n->steady) || n->op == OP_PHI || n->op == OP_EMPTY ||
           n->op == OP_CLOCK || n->op == OP_READ || ir_latency(n) > 0;
}

static struct arrival at_once(double ns)
{
    return (struct arrival){ns, ns};
}

struct arrival tech_source(const struct technology *t, const struct node *n)
{
    switch (n->op) {
    case OP_CONST: return at_once(0);
    case OP_READ:
    case OP_EMPTY: return at_once(t->input_ns);
    case OP_LOAD: return at_once(t->ram_ns);
    case OP_MUL: return at_once(t->product_out_ns);
    default: return at_once(t->register_ns);
    }
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* The part of a delay in which a carry goes from the lowest bit to the highest. */
static double ripple(const struct technology *t, const struct node *n)
{
    const bool adds = (n->op == OP_ADD || n->op == OP_SUB) && n->bits > 1;
    const bool orders = n->op == OP_CMP && n->compare != CMP_EQ && n->compare != CMP_NE;
    const unsigned bits = operand_bits(n), ends = 3; /* what it takes into a chain and out of it */
    if (!t->ripples || bits <= ends || !(adds || orders))
        return 0;
    const double chain = t->carry_ns * (bits - ends), late = orders ? t->lut_ns : 0;
    return chain > late ? chain - late : 0;
}

/* Does each bit of the result need no higher bit of the arguments? */
static bool goes_upwards(const struct node *n)
{
    switch (n->op) {
    case OP_SHL: return n->arg[1]->op == OP_CONST;
    case OP_ADD:
    case OP_SUB:
    case OP_AND:
    case OP_OR:
    case OP_XOR:
    case OP_NOT:
    case OP_SELECT:
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC:
    case OP_BOUND: return true;
    default: return false;
    }
}

/* Synthesis makes a selection of two sums that share an operand one sum, of a selection. */
static bool selects_before_sum(const struct node *n)
{
    const struct node *a = n->arg[1], *b = n->arg[2];
    const bool sums = (a->op == OP_ADD || a->op == OP_SUB) && (b->op == OP_ADD || b->op == OP_SUB);
    return sums && a->uses == 1 && b->uses == 1 && a->cycle == n->cycle && b->cycle == n->cycle &&
           (a->arg[0] == b->arg[0] || a->arg[1] == b->arg[1]);
}

/* From the condition of a selection to all bits of it. */
static double decide_delay(const struct technology *t, const struct node *n)
{
    const double one = n->bits > 1 ? fan_out(t, n->arg[0]->selected) : 0;
    return one + (selects_before_sum(n) ? delay_of(t, n->arg[1]) : 0);
}

struct arrival tech_through(const struct technology *t, const struct node *n,
                            const struct arrival *arg)
{
    struct arrival in = at_once(0);
    for (unsigned i = 0; i < n->nargs; i++) {
        const bool decides = n->op == OP_SELECT && i == 0;
        const bool writes = n->op == OP_WRITE && i == 1 && n->arg[i]->op != OP_CONST;
        const double to_all = decides ? decide_delay(t, n) : writes ? t->write_ns : 0;
        in.lowest = later(in.lowest, (decides ? arg[i].highest : arg[i].lowest) + to_all);
        in.highest = later(in.highest, arg[i].highest + to_all);
    }
    const double delay = delay_of(t, n), above_first = delay - ripple(t, n);
    const double last = later(in.highest + above_first, in.lowest + delay);
    return (struct arrival){goes_upwards(n) ? in.lowest + above_first : last, last};
}

double tech_end(const struct technology *t, const struct node *n)
{
    return t->end_ns + n->choices * t->choice_ns;
}

/* Synthesis makes such a selection the set or reset of a register, and joins the state's condition to it. */
static bool sets_or_clears(const struct node *n)
{
    return n->op == OP_SELECT && (n->arg[1]->op == OP_CONST || n->arg[2]->op == OP_CONST);
}

double tech_detour(const struct technology *t, const struct node *n)
{
    const double cell = n->uses > 1 && n->choices == 0 ? t->choice_ns : 0;
    return cell + (sets_or_clears(n) ? t->clear_ns : 0);
}

double tech_alone(const struct technology *t, const struct node *n)
{
    const struct arrival start = at_once(t->register_ns), arg[4] = {start, start, start, start};
    return tech_through(t, n, arg).highest + tech_end(t, n);
}

double tech_leave(const struct technology *t, const struct node *condition)
{
    return condition->arrival.highest + t->end_ns + t->leave_ns;
}

double tech_go_on(const struct technology *t, const struct node *condition)
{
    return condition->arrival.highest + t->end_ns + t->choice_ns;
}

static void mark(struct node *n, unsigned choices)
{
    if (!ir_is_steady(n) && n->choices < choices)
        n->choices = choices;
}

/* Does a loop's state start with a value? Constants are given by a register's reset, without a selection. */
static bool starts_with_value(const struct program *p, const struct variable *state)
{
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        for (unsigned k = 0; k < r->edges.n; k++)
            for (unsigned m = 0; m < r->edges.at[k].moves.n; m++)
                if (r->edges.at[k].moves.at[m].to == state &&
                    r->edges.at[k].moves.at[m].value->op != OP_CONST)
                    return true;
    }
    return false;
}

static bool is_compared(const struct region *r, const struct node *extreme)
{
    const struct node *a = extreme->arg[0], *b = extreme->arg[1];
    for (unsigned i = 0; i < r->nodes.n; i++) {
        const struct node *n = r->nodes.at[i];
        if (n->op == OP_CMP &&
            ((n->arg[0] == a && n->arg[1] == b) || (n->arg[0] == b && n->arg[1] == a)))
            return true;
    }
    return false;
}

static void mark_sharing(struct region *r)
{
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        for (unsigned k = 0; k < n->nargs; k++)
            n->arg[k]->uses++;
        if (n->op == OP_SELECT)
            n->arg[0]->selected += n->bits;
        if (n->op == OP_SMIN || n->op == OP_SMAX || n->op == OP_UMIN || n->op == OP_UMAX)
            n->is_compared = n->arg[1]->op != OP_CONST && is_compared(r, n);
    }
}

void tech_mark(const struct program *p, struct region *r)
{
    mark_sharing(r);
    for (unsigned i = 0; i < r->phis.n; i++) {
        const struct node *phi = r->phis.at[i];
        phi->next->uses++;
        /* the last LUT of anything but a sum has room for one selection */
        const bool is_sum = phi->next->op == OP_ADD || phi->next->op == OP_SUB;
        mark(phi->next, is_sum && starts_with_value(p, phi->variable) ? 2 : 1);
    }
    for (unsigned i = 0; i < r->nodes.n; i++)
        if (sets_or_clears(r->nodes.at[i]))
            mark(r->nodes.at[i], 1);
    for (unsigned i = 0; i < r->liveouts.n; i++)
        mark(r->liveouts.at[i].value, 1);
    for (unsigned i = 0; i < r->edges.n; i++) {
        if (r->is_loop) /* a block's: tech_leave */
            mark(r->edges.at[i].condition, 1);
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
            mark(r->edges.at[i].moves.at[k].value, 1);
    }
}
