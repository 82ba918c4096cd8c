#include "tech.h"

#include <math.h>
#include <string.h>

static const struct technology families[] = {
    {"ice40", 2.8, 1.3, 0.36, 1.0, 3.0, 0.5, 12.0, 1.0, 3.0, 30.0},
    {"ecp5", 1.2, 0.6, 0.04, 0.5, 6.7, 4.0, 5.5, 0.8, 1.5, 15.0},
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

static unsigned factor_bits(const struct node *n)
{
    unsigned a = n->arg[0]->bits, b = n->arg[1]->bits;
    return a < b ? a : b;
}

static double compare_delay(const struct technology *t, const struct node *n)
{
    unsigned bits = operand_bits(n);
    bool constant = n->arg[1]->op == OP_CONST;
    if (n->compare == CMP_EQ || n->compare == CMP_NE)
        return bits == 1 && constant ? 0 : t->lut_ns * levels(constant ? bits : 2 * bits);
    bool minus_one = constant && n->compare == CMP_SGT && ir_is_const(n->arg[1], ~(uint64_t)0);
    if ((constant && n->arg[1]->value == 0) || minus_one)
        return 0; /* the sign */
    return t->lut_ns + t->carry_ns * bits;
}

double tech_delay(const struct technology *t, const struct node *n)
{
    switch (n->op) {
    case OP_ADD:
    case OP_SUB: return n->bits == 1 ? t->gate_ns : t->lut_ns + t->carry_ns * n->bits;
    case OP_MUL:
        if (n->in_luts) /* a tree of adders over the smaller factor's bits */
            return (t->lut_ns + t->carry_ns * n->bits) * bit_length(factor_bits(n) - 1);
        return t->product_ns + (n->bits > 36 ? 2 * t->lut_ns : 0);
    case OP_AND:
    case OP_OR:
    case OP_XOR:
        if (n->arg[1]->op == OP_CONST)
            return 0;
        return n->bits == 1 ? t->gate_ns : 0.8 * t->lut_ns;
    case OP_SELECT: return n->bits == 1 ? t->gate_ns : 0.8 * t->lut_ns;
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR:
        if (n->arg[1]->op == OP_CONST)
            return 0;
        return 0.5 * t->lut_ns * (n->arg[1]->bits < 6 ? n->arg[1]->bits + 1 : 7);
    case OP_CMP: return compare_delay(t, n);
    case OP_SMIN:
    case OP_SMAX:
    case OP_UMIN:
    case OP_UMAX: return 1.8 * t->lut_ns + t->carry_ns * operand_bits(n);
    case OP_SAT: return t->lut_ns * (1 + levels(n->arg[0]->bits - (unsigned)n->value + 1));
    case OP_LOAD: /* address to the memory; registers: a multiplexer over the rows */
        return n->memory->kind == MEMORY_REGISTERS ? t->lut_ns * levels(n->memory->rows)
                                                   : t->address_ns;
    case OP_STORE:
    case OP_WRITE:
    case OP_READ: return t->lut_ns;
    default: return 0;
    }
}

bool tech_is_source(const struct node *n)
{
    return ir_is_steady(n) || n->op == OP_PHI || n->op == OP_EMPTY || n->op == OP_CLOCK ||
           n->op == OP_READ || ir_latency(n) > 0;
}

double tech_arrival(const struct technology *t, const struct node *n)
{
    switch (n->op) {
    case OP_CONST: return 0;
    case OP_READ:
    case OP_EMPTY: return t->input_ns;
    case OP_LOAD: return t->ram_ns;
    case OP_MUL: return t->product_out_ns;
    default: return t->register_ns;
    }
}
