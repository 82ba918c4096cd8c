/* node.c -- properties of nodes. */
#include "ir.h"

const struct node *ir_predicate(const struct node *n)
{
    switch (n->op) {
    case OP_LOAD: return n->predicate;
    case OP_STORE: return n->arg[2];
    case OP_READ: return n->arg[0];
    case OP_WRITE: return n->arg[1];
    default: return NULL;
    }
}

static bool opposite(const struct node *a, const struct node *b)
{
    if ((a->op == OP_NOT && a->arg[0] == b) || (b->op == OP_NOT && b->arg[0] == a))
        return true;
    if (a->op == OP_CMP && b->op == OP_CMP && a->arg[0] == b->arg[0]) {
        if (a->compare == CMP_EQ && b->compare == CMP_EQ)
            return a->arg[1]->op == OP_CONST && b->arg[1]->op == OP_CONST &&
                   a->arg[1]->value != b->arg[1]->value;
        if (a->arg[1] == b->arg[1])
            return (a->compare == CMP_EQ && b->compare == CMP_NE) ||
                   (a->compare == CMP_NE && b->compare == CMP_EQ);
    }
    return false;
}

/* Depth bounds the search: a missed proof costs a port, never correctness. */
static bool disjoint(const struct node *a, const struct node *b, int depth)
{
    if (opposite(a, b) || ir_is_const(a, 0) || ir_is_const(b, 0))
        return true;
    if (depth == 0)
        return false;
    const struct node *side[2] = {a, b};
    for (int s = 0; s < 2; s++) {
        const struct node *x = side[s], *y = side[1 - s];
        if (x->width != 1)
            continue;
        if (x->op == OP_AND &&
            (disjoint(x->arg[0], y, depth - 1) || disjoint(x->arg[1], y, depth - 1)))
            return true;
        if (x->op == OP_OR && disjoint(x->arg[0], y, depth - 1) &&
            disjoint(x->arg[1], y, depth - 1))
            return true;
        if (x->op == OP_NOT && x->arg[0]->op == OP_OR) {
            const struct node *either = x->arg[0];
            if (either->arg[0] == y || either->arg[1] == y)
                return true;
            for (int k = 0; k < 2; k++) /* !(u | v) implies !u */
                if (either->arg[k]->op == OP_OR) {
                    struct node not_inner = {
                        .op = OP_NOT, .width = 1, .nargs = 1, .arg = {either->arg[k]}};
                    if (disjoint(&not_inner, y, depth - 1))
                        return true;
                }
        }
    }
    return false;
}

bool ir_disjoint(const struct node *a, const struct node *b)
{
    return a && b && disjoint(a, b, 6);
}

static bool implies(const struct node *a, const struct node *b, int depth)
{
    if (a == b || ir_is_const(a, 0) || ir_is_const(b, 1))
        return true;
    if (depth == 0 || a->width != 1 || b->width != 1)
        return false;
    if (a->op == OP_NOT && b->op == OP_NOT)
        return implies(b->arg[0], a->arg[0], depth - 1);
    if (a->op == OP_AND && (implies(a->arg[0], b, depth - 1) || implies(a->arg[1], b, depth - 1)))
        return true;
    if (b->op == OP_OR && (implies(a, b->arg[0], depth - 1) || implies(a, b->arg[1], depth - 1)))
        return true;
    if (b->op == OP_AND)
        return implies(a, b->arg[0], depth - 1) && implies(a, b->arg[1], depth - 1);
    if (b->op == OP_NOT)
        return disjoint(a, b->arg[0], depth - 1);
    return a->op == OP_OR && implies(a->arg[0], b, depth - 1) && implies(a->arg[1], b, depth - 1);
}

bool ir_implies(const struct node *a, const struct node *b)
{
    return implies(a, b, 5);
}

struct node *ir_terms_of(const struct node *product)
{
    struct node *a = product->arg[0], *b = product->arg[1];
    return a->op == OP_CONST || (b->op != OP_CONST && b->bits < a->bits) ? b : a;
}

unsigned ir_latency(const struct node *n)
{
    if (n->op == OP_LOAD)
        return n->memory->kind == MEMORY_REGISTERS ? 0 : 1;
    return n->op == OP_MUL ? 1 : 0;
}

bool ir_is_steady(const struct node *n)
{
    return n->op == OP_CONST || n->op == OP_PARAM || n->op == OP_VAR || n->steady;
}
