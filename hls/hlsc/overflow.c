/* overflow.c -- sums, differences and products that say whether they fit their type: of __builtin_add_overflow and its like, and of
 * tests that the optimiser takes for such. */
#include <string.h>

#include "lower.h"

enum { WIDEST = 64, HALF = 32 };

struct sum {
    struct program *p;
    struct region *r;
    enum op op;
    bool is_signed;
    unsigned width;
    struct node *a, *b;
};

static struct node *make(const struct sum *s, enum op op, struct node *a, struct node *b)
{
    return ir_make(s->p, s->r, op, a->width, a, b, NULL);
}

static struct node *number(const struct sum *s, const struct node *like, uint64_t value)
{
    return ir_const(s->p, s->r, value, like->width);
}

static struct node *is_some(const struct sum *s, struct node *n)
{
    return ir_compare(s->p, s->r, CMP_NE, n, number(s, n, 0));
}

static struct node *is_negative(const struct sum *s, struct node *n)
{
    return ir_compare(s->p, s->r, CMP_SLT, n, number(s, n, 0));
}

static struct node *shifted(const struct sum *s, enum op op, struct node *n, unsigned by)
{
    return make(s, op, n, number(s, n, by));
}

/* In so many bits that it cannot overflow, those beyond the type, and of a signed type its highest, are not all the same. */
static struct node *overflows_narrow(const struct sum *s, unsigned wider)
{
    struct node *exact = make(s, s->op, ir_resize(s->p, s->r, s->a, wider, s->is_signed),
                              ir_resize(s->p, s->r, s->b, wider, s->is_signed));
    if (!s->is_signed)
        return is_some(s, shifted(s, OP_LSHR, exact, s->width));
    return ir_compare(s->p, s->r, CMP_NE, shifted(s, OP_ASHR, exact, s->width - 1),
                      shifted(s, OP_ASHR, exact, wider - 1));
}

/* A signed sum that overflows has turned the sign against both operands, a difference against the first alone. */
static struct node *sum_overflows(const struct sum *s)
{
    const bool adds = s->op == OP_ADD;
    struct node *sum = make(s, s->op, s->a, s->b);
    if (!s->is_signed)
        return ir_compare(s->p, s->r, CMP_ULT, adds ? sum : s->a, adds ? s->a : s->b);
    struct node *other = make(s, OP_XOR, adds ? sum : s->a, s->b);
    return is_negative(s, make(s, OP_AND, make(s, OP_XOR, sum, s->a), other));
}

/* Of magnitudes, by their halves: one of the upper ones is zero, or the product is beyond 64 bits. */
static struct node *product_overflows(const struct sum *s)
{
    struct program *p = s->p;
    struct node *a = ir_resize(p, s->r, s->a, WIDEST, s->is_signed),
                *b = ir_resize(p, s->r, s->b, WIDEST, s->is_signed), *no = ir_const(p, s->r, 0, 1),
                *a_negative = s->is_signed ? is_negative(s, a) : no,
                *b_negative = s->is_signed ? is_negative(s, b) : no;
    a = ir_magnitude(p, s->r, a, a_negative);
    b = ir_magnitude(p, s->r, b, b_negative);
    struct node *half = number(s, a, mask_of(HALF)), *a_low = make(s, OP_AND, a, half),
                *b_low = make(s, OP_AND, b, half), *a_high = shifted(s, OP_LSHR, a, HALF),
                *b_high = shifted(s, OP_LSHR, b, HALF);
    struct node *cross =
                    make(s, OP_ADD, make(s, OP_MUL, a_high, b_low), make(s, OP_MUL, a_low, b_high)),
                *low = make(s, OP_MUL, a_low, b_low),
                *product = make(s, OP_ADD, low, shifted(s, OP_SHL, cross, HALF));
    struct node *beyond = ir_and(p, s->r, is_some(s, a_high), is_some(s, b_high));
    beyond = ir_or(p, s->r, beyond, is_some(s, shifted(s, OP_LSHR, cross, HALF)));
    beyond = ir_or(p, s->r, beyond, ir_compare(p, s->r, CMP_ULT, product, low));
    struct node *negative = make(s, OP_XOR, a_negative, b_negative),
                *most = make(s, OP_ADD, number(s, product, mask_of(s->width - s->is_signed)),
                             ir_resize(p, s->r, negative, WIDEST, false));
    return ir_or(p, s->r, beyond, ir_compare(p, s->r, CMP_UGT, product, most));
}

static struct node *overflows(const struct sum *s)
{
    const unsigned wider = s->op == OP_MUL ? 2 * s->width : s->width + 1;
    if (wider <= WIDEST)
        return overflows_narrow(s, wider);
    return s->op == OP_MUL ? product_overflows(s) : sum_overflows(s);
}

struct node *lower_overflow(struct lowering *l, LLVMValueRef part)
{
    LLVMValueRef call = LLVMGetOperand(part, 0);
    const char *name = LLVMIsACallInst(call) ? callee_name(call) : "";
    if (!strstr(name, ".with.overflow."))
        diag_fail(l->p->diag, loc_of(l->p, part), "name its members",
                  "a struct is used as a value");
    name += strlen("llvm.");
    struct sum s = {.p = l->p,
                    .r = l->r,
                    .op = strncmp(name + 1, "add", 3) == 0   ? OP_ADD
                          : strncmp(name + 1, "sub", 3) == 0 ? OP_SUB
                                                             : OP_MUL,
                    .is_signed = *name == 's',
                    .a = lower_value(l, LLVMGetOperand(call, 0)),
                    .b = lower_value(l, LLVMGetOperand(call, 1))};
    s.width = s.a->width;
    return *LLVMGetIndices(part) == 0 ? make(&s, s.op, s.a, s.b) : overflows(&s);
}
