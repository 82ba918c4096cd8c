/* intrinsic.c -- the operations that LLVM has as functions: extrema, saturating sums, funnel shifts, bits turned, counted. */
#include <string.h>

#include "lower.h"

/* What an intrinsic is built from: its operands and their width. */
struct call {
    struct program *p;
    struct region *r;
    unsigned width;
    struct node *a, *b, *c; /* NULL where there are fewer */
};

static struct node *number(struct call *x, uint64_t value)
{
    return ir_const(x->p, x->r, value, x->width);
}

static struct node *make(struct call *x, enum op op, struct node *a, struct node *b)
{
    return ir_make(x->p, x->r, op, x->width, a, b, NULL);
}

static struct node *choose(struct call *x, struct node *c, struct node *a, struct node *b)
{
    return ir_make(x->p, x->r, OP_SELECT, x->width, c, a, b);
}

static struct node *smin(struct call *x)
{
    return make(x, OP_SMIN, x->a, x->b);
}

static struct node *smax(struct call *x)
{
    return make(x, OP_SMAX, x->a, x->b);
}

static struct node *umin(struct call *x)
{
    return make(x, OP_UMIN, x->a, x->b);
}

static struct node *umax(struct call *x)
{
    return make(x, OP_UMAX, x->a, x->b);
}

static struct node *usub_sat(struct call *x)
{
    return choose(x, ir_compare(x->p, x->r, CMP_UGT, x->a, x->b), make(x, OP_SUB, x->a, x->b),
                  number(x, 0));
}

static struct node *uadd_sat(struct call *x)
{
    struct node *sum = make(x, OP_ADD, x->a, x->b);
    return choose(x, ir_compare(x->p, x->r, CMP_ULT, sum, x->a), number(x, ~(uint64_t)0), sum);
}

/* In one bit more, where there is one. Else: overflow of a signed sum turns the sign against both operands, of a
 * difference against the first alone. */
static struct node *signed_sat(struct call *x, enum op op)
{
    const unsigned w = x->width;
    const uint64_t high = mask_of(w - 1);
    if (w < 64) {
        struct call wider = *x;
        wider.width = w + 1;
        struct node *sum = make(&wider, op, ir_resize(x->p, x->r, x->a, w + 1, true),
                                ir_resize(x->p, x->r, x->b, w + 1, true));
        sum = make(&wider, OP_SMIN, sum, number(&wider, high));
        sum = make(&wider, OP_SMAX, sum, number(&wider, ~high));
        return make(x, OP_TRUNC, sum, NULL);
    }
    struct node *sum = make(x, op, x->a, x->b);
    struct node *other = op == OP_ADD ? make(x, OP_XOR, sum, x->b) : make(x, OP_XOR, x->a, x->b);
    struct node *turned = make(x, OP_AND, make(x, OP_XOR, sum, x->a), other);
    struct node *limit = make(x, OP_XOR, make(x, OP_ASHR, x->a, number(x, w - 1)), number(x, high));
    return choose(x, ir_compare(x->p, x->r, CMP_SLT, turned, number(x, 0)), limit, sum);
}

static struct node *sadd_sat(struct call *x)
{
    return signed_sat(x, OP_ADD);
}

static struct node *ssub_sat(struct call *x)
{
    return signed_sat(x, OP_SUB);
}

static struct node *absolute(struct call *x)
{
    return choose(x, ir_compare(x->p, x->r, CMP_SLT, x->a, number(x, 0)),
                  make(x, OP_SUB, number(x, 0), x->a), x->a);
}

/* The upper (left) or lower word of a:b shifted by c. By a variable, one side goes by k, the other by 1 and then
 * w - 1 - k; NULL if the width is not a power of two. */
static struct node *funnel(struct call *x, bool left)
{
    const unsigned w = x->width;
    if (x->c->op == OP_CONST) {
        uint64_t k = x->c->value % w, up = left ? k : (w - k) % w;
        if (up == 0)
            return left ? x->a : x->b;
        return ir_or(x->p, x->r, make(x, OP_SHL, x->a, number(x, up)),
                     make(x, OP_LSHR, x->b, number(x, w - up)));
    }
    if ((w & (w - 1)) != 0)
        return NULL;
    struct node *mask = number(x, w - 1), *k = ir_and(x->p, x->r, x->c, mask);
    struct node *rest = make(x, OP_XOR, k, mask);
    struct node *high = left ? x->a : make(x, OP_SHL, x->a, number(x, 1));
    struct node *low = left ? make(x, OP_LSHR, x->b, number(x, 1)) : x->b;
    return ir_or(x->p, x->r, make(x, OP_SHL, high, left ? k : rest),
                 make(x, OP_LSHR, low, left ? rest : k));
}

static struct node *fshl(struct call *x)
{
    return funnel(x, true);
}

static struct node *fshr(struct call *x)
{
    return funnel(x, false);
}

/* a in groups of `bits` bits, the last first. */
static struct node *reversed(struct call *x, unsigned bits)
{
    struct node *sum = number(x, 0);
    for (unsigned k = 0; k < x->width; k += bits) {
        struct node *group = make(x, OP_LSHR, x->a, number(x, k));
        group = ir_and(x->p, x->r, group, number(x, mask_of(bits)));
        sum = ir_or(x->p, x->r, sum, make(x, OP_SHL, group, number(x, x->width - bits - k)));
    }
    return sum;
}

static struct node *bitreverse(struct call *x)
{
    return reversed(x, 1);
}

static struct node *bswap(struct call *x)
{
    return reversed(x, 8);
}

/* Sums of pairs of neighbours, in fields twice as wide each time. */
static struct node *ctpop(struct call *x)
{
    struct node *sums = x->a;
    for (unsigned bits = 1; bits < x->width; bits *= 2) {
        uint64_t even = 0;
        for (unsigned k = 0; k < 64; k += 2 * bits)
            even |= mask_of(bits) << k;
        struct node *mask = number(x, even);
        sums = make(x, OP_ADD, ir_and(x->p, x->r, sums, mask),
                    ir_and(x->p, x->r, make(x, OP_LSHR, sums, number(x, bits)), mask));
    }
    return sums;
}

/* Zeros at one end: the half there, if it is zero, counts whole, and the other half is looked at. */
static struct node *zeros(struct call *x, bool leading)
{
    struct node *rest = x->a, *n = number(x, 0);
    unsigned top = 1;
    while (2 * top < x->width)
        top *= 2;
    for (unsigned half = top; half > 0; half /= 2) {
        uint64_t end = leading ? mask_of(half) << (x->width - half) : mask_of(half);
        struct node *none =
            ir_compare(x->p, x->r, CMP_EQ, ir_and(x->p, x->r, rest, number(x, end)), number(x, 0));
        rest = choose(x, none, make(x, leading ? OP_SHL : OP_LSHR, rest, number(x, half)), rest);
        n = make(x, OP_ADD, n, choose(x, none, number(x, half), number(x, 0)));
    }
    return choose(x, ir_compare(x->p, x->r, CMP_EQ, x->a, number(x, 0)), number(x, x->width), n);
}

static struct node *ctlz(struct call *x)
{
    return zeros(x, true);
}

static struct node *cttz(struct call *x)
{
    return zeros(x, false);
}

struct node *lower_intrinsic(struct lowering *l, LLVMValueRef inst, const char *name)
{
    static const struct {
        const char *name;
        struct node *(*build)(struct call *x);
    } known[] = {{"smin.", smin},         {"smax.", smax},         {"umin.", umin},
                 {"umax.", umax},         {"usub.sat.", usub_sat}, {"uadd.sat.", uadd_sat},
                 {"sadd.sat.", sadd_sat}, {"ssub.sat.", ssub_sat}, {"abs.", absolute},
                 {"fshl.", fshl},         {"fshr.", fshr},         {"bitreverse.", bitreverse},
                 {"bswap.", bswap},       {"ctpop.", ctpop},       {"ctlz.", ctlz},
                 {"cttz.", cttz}};
    const unsigned n = LLVMGetNumArgOperands(inst);
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(name + 5, known[i].name, strlen(known[i].name)) != 0) /* after "llvm." */
            continue;
        struct call *x = arena_alloc(l->p->arena, sizeof *x);
        *x = (struct call){.p = l->p, .r = l->r, .width = width_of(inst)};
        x->a = lower_value(l, LLVMGetOperand(inst, 0));
        x->b = n > 1 ? lower_value(l, LLVMGetOperand(inst, 1)) : NULL;
        x->c = n > 2 ? lower_value(l, LLVMGetOperand(inst, 2)) : NULL;
        struct node *value = known[i].build(x);
        if (value)
            return value;
    }
    diag_fail(l->p->diag, loc_of(l->p, inst), "write it with shifts, adds and compares",
              "the operation '%s' is not supported", name);
}
