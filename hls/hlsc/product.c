/* product.c -- products beyond the multiplier blocks are made of LUTs. One that takes longer than the period becomes a
 * sum of two, each with half of the bits of the smaller factor, until they fit; the scheduler spreads them over cycles. */
#include "ir.h"
#include "tech.h"

/* The smallest products go first. */
static void spare_multipliers(struct program *p)
{
    for (;;) {
        unsigned used = 0;
        struct node *least = NULL;
        for (unsigned i = 0; i < p->regions.n; i++)
            for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
                struct node *n = p->regions.at[i]->nodes.at[k];
                if (n->op != OP_MUL || n->in_luts)
                    continue;
                used++;
                if (!least ||
                    n->arg[0]->bits * n->arg[1]->bits < least->arg[0]->bits * least->arg[1]->bits)
                    least = n;
            }
        if (used <= p->options->multipliers)
            return;
        least->in_luts = true;
    }
}

/* Halves help if their sum fits. */
static bool to_be_halved(const struct program *p, const struct node *n)
{
    if (n->op != OP_MUL || !n->in_luts || ir_terms_of(n)->bits < 3)
        return false;
    struct node sum = *n;
    sum.op = OP_ADD;
    const double period = p->options->clock_ns;
    return tech_alone(p->tech, n) > period && tech_alone(p->tech, &sum) <= period;
}

static struct node *part(struct program *p, node_vec *nodes, enum op op, const struct node *like,
                         struct node *a, struct node *b)
{
    struct node *n = ir_new(p, op, like->width);
    n->nargs = 2;
    n->arg[0] = a;
    n->arg[1] = b;
    n->in_luts = op == OP_MUL;
    n->loc = like->loc;
    n->hint = like->hint;
    n->live = true;
    VEC_PUSH(p->arena, nodes, n);
    return n;
}

static struct node *number(struct program *p, node_vec *nodes, const struct node *like,
                           uint64_t value)
{
    struct node *n = ir_new(p, OP_CONST, like->width);
    n->value = value;
    n->live = true;
    VEC_PUSH(p->arena, nodes, n);
    return n;
}

/* x * by = x * low + (x * high << k), by = low + (high << k); n becomes the sum, so that all who use it remain. */
static void halve(struct program *p, node_vec *nodes, struct node *n)
{
    struct node *by = ir_terms_of(n), *x = n->arg[0] == by ? n->arg[1] : n->arg[0];
    const unsigned k = by->bits / 2;
    struct node *shift = number(p, nodes, n, k);
    struct node *low = part(p, nodes, OP_AND, n, by, number(p, nodes, n, mask_of(k)));
    struct node *high = part(p, nodes, by->is_signed ? OP_ASHR : OP_LSHR, n, by, shift);
    struct node *products[] = {part(p, nodes, OP_MUL, n, x, low),
                               part(p, nodes, OP_MUL, n, x, high)};
    n->arg[0] = products[0];
    n->arg[1] = part(p, nodes, OP_SHL, n, products[1], shift);
    n->op = OP_ADD;
    n->in_luts = false;
}

static bool halve_all(struct program *p, struct region *r)
{
    node_vec nodes = {0};
    bool any = false;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        if (to_be_halved(p, n)) {
            halve(p, &nodes, n);
            any = true;
        }
        VEC_PUSH(p->arena, &nodes, n);
    }
    r->nodes = nodes;
    return any;
}

void products_prepare(struct program *p)
{
    spare_multipliers(p);
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < p->regions.n; i++)
            again |= halve_all(p, p->regions.at[i]);
        if (again)
            width_analyse(p);
    }
}
