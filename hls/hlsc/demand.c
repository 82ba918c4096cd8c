/* demand.c -- how many low bits of each value anyone looks at, backwards from effects, conditions and results. */
#include "ir.h"

static bool demand(unsigned *of, unsigned bits, unsigned width)
{
    bits = bits < width ? bits : width;
    if (bits <= *of)
        return false;
    *of = bits;
    return true;
}

static bool demand_node(struct node *n, unsigned bits)
{
    bool changed = demand(&n->demand, bits, n->width);
    if (n->op == OP_VAR || n->op == OP_PHI)
        changed |= demand(&n->variable->demand, bits, n->width);
    if (n->op == OP_LOAD) {
        struct bank *bank = &n->memory->bank[n->memory->partitioned ? 0 : n->bank];
        changed |= demand(&bank->demand, bits, n->width);
        for (unsigned row = 0; bank->cell && row < n->memory->rows; row++)
            changed |= demand(&bank->cell[row]->demand, bits, n->width);
    }
    return changed;
}

static bool demand_all(struct node *n)
{
    return demand_node(n, n->width);
}

static bool demand_shift(struct node *n, unsigned d)
{
    struct node *by = n->arg[1];
    bool changed = by->op != OP_CONST && demand_all(by);
    if (n->op == OP_SHL) {
        uint64_t k = by->op == OP_CONST ? by->value : 0;
        return (d > k && demand_node(n->arg[0], d - (unsigned)k)) || changed;
    }
    uint64_t k = by->op == OP_CONST && by->value < n->width ? by->value : n->width;
    return demand_node(n->arg[0], d + (unsigned)k) || changed;
}

static bool demand_args(struct node *n)
{
    unsigned d = n->demand;
    bool changed = false;
    switch (n->op) {
    case OP_STORE: {
        const struct bank *bank = &n->memory->bank[n->memory->partitioned ? 0 : n->bank];
        changed |=
            demand_all(n->arg[0]) | demand_node(n->arg[1], bank->demand) | demand_all(n->arg[2]);
        return n->nargs > 3 ? demand_all(n->arg[3]) || changed : changed;
    }
    case OP_READ:
    case OP_WRITE:
    case OP_LOAD:
        for (unsigned i = 0; i < n->nargs; i++)
            changed |= demand_all(n->arg[i]);
        if (n->predicate)
            changed |= demand_all(n->predicate);
        return changed;
    default: break;
    }
    if (d == 0)
        return false;
    switch (n->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_OR:
    case OP_XOR:
    case OP_NOT: /* low bits depend on low bits */
        for (unsigned i = 0; i < n->nargs; i++)
            changed |= demand_node(n->arg[i], d);
        return changed;
    case OP_AND:
        for (int i = 0; i < 2; i++) {
            const struct node *other = n->arg[1 - i];
            unsigned bits = other->op == OP_CONST ? bit_length(other->value) : d;
            changed |= demand_node(n->arg[i], bits < d ? bits : d);
        }
        return changed;
    case OP_SELECT:
        return demand_all(n->arg[0]) | demand_node(n->arg[1], d) | demand_node(n->arg[2], d);
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: return demand_shift(n, d);
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC: return demand_node(n->arg[0], d);
    case OP_BOUND:
        return demand_node(n->arg[0], d < bit_length(n->value) ? d : bit_length(n->value));
    case OP_PHI:
    case OP_VAR: return false;
    default: /* compares, minima, saturation look at every bit */
        for (unsigned i = 0; i < n->nargs; i++)
            changed |= demand_all(n->arg[i]);
        return changed;
    }
}

static bool region_demands(struct region *r)
{
    bool changed = false;
    for (unsigned i = 0; i < r->phis.n; i++)
        changed |= demand_node(r->phis.at[i]->next, r->phis.at[i]->variable->demand);
    for (unsigned i = 0; i < r->liveouts.n; i++)
        changed |= demand_node(r->liveouts.at[i].value, r->liveouts.at[i].to->demand);
    for (unsigned i = 0; i < r->edges.n; i++) {
        struct edge *e = &r->edges.at[i];
        for (unsigned k = 0; k < e->moves.n; k++)
            changed |= demand_node(e->moves.at[k].value, e->moves.at[k].to->demand);
        changed |= demand_all(e->condition);
        if (e->taken)
            changed |= demand(&e->taken->demand, 1, 1);
    }
    if (r->again)
        changed |= demand_all(r->again);
    for (unsigned i = 0; i < r->steadies.n; i++)
        changed |= demand_all(r->steadies.at[i].condition);
    for (unsigned i = r->nodes.n; i-- > 0;)
        changed |= demand_args(r->nodes.at[i]);
    return changed;
}

/* An indexed register demands the same of all cells. */
static bool cell_demands(struct program *p)
{
    bool changed = false;
    for (unsigned i = 0; i < p->memories.n; i++) {
        struct memory *m = p->memories.at[i];
        for (unsigned b = 0; b < m->nbanks; b++)
            for (unsigned row = 0; m->bank[b].cell && row < m->rows; row++)
                changed |=
                    demand(&m->bank[b].demand, m->bank[b].cell[row]->demand, m->bank[b].width);
    }
    return changed;
}

void demand_analyse(struct program *p)
{
    if (p->result)
        demand(&p->result->demand, p->result->width, p->result->width);
    for (bool changed = true; changed;) {
        changed = cell_demands(p);
        for (unsigned i = 0; i < p->regions.n; i++)
            changed |= region_demands(p->regions.at[i]);
    }
}
