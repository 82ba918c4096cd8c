/* divide.c -- division and remainder as a chain of steps, one for each bit of the quotient: shift
 * a bit into the remainder, subtract the divisor where it fits. The scheduler cuts the chain into
 * stages like any other. */
#include "ir.h"

struct node *ir_magnitude(struct program *p, struct region *r, struct node *a,
                          struct node *is_negative)
{
    struct node *zero = ir_const(p, r, 0, a->width);
    return ir_make(p, r, OP_SELECT, a->width, is_negative,
                   ir_make(p, r, OP_SUB, a->width, zero, a, NULL), a);
}

struct quotient {
    struct node *quotient, *remainder;
};

static struct node *bit_of(struct program *p, struct region *r, struct node *a, unsigned k)
{
    struct node *low = ir_make(p, r, OP_LSHR, a->width, a, ir_const(p, r, k, a->width), NULL);
    return ir_resize(p, r, low, 1, false);
}

/* Before step k the remainder is below the divisor and below 2^(w - 1 - k), so with one bit more it
 * fits into `bits`; the subtraction looks at these alone. */
static struct quotient divide_unsigned(struct program *p, struct region *r, struct node *a,
                                       struct node *b)
{
    const unsigned w = a->width;
    unsigned most = b->op == OP_CONST ? bit_length(b->value) + 1 : w;
    struct quotient q = {ir_const(p, r, 0, w), ir_const(p, r, 0, 1)};
    for (unsigned k = w; k-- > 0;) {
        unsigned bits = w - k < most ? w - k : most;
        struct node *t = ir_resize(p, r, q.remainder, bits, false);
        t = ir_make(p, r, OP_SHL, bits, t, ir_const(p, r, 1, bits), NULL);
        if (bits == 1)
            t = ir_const(p, r, 0, 1);
        t = ir_or(p, r, t, ir_resize(p, r, bit_of(p, r, a, k), bits, false));
        struct node *d = ir_resize(p, r, b, bits, false);
        struct node *fits = bits == 1 ? ir_and(p, r, t, d) : ir_compare(p, r, CMP_UGE, t, d);
        if (bits < w) {
            struct node *above = ir_make(p, r, OP_LSHR, w, b, ir_const(p, r, bits, w), NULL);
            fits = ir_and(p, r, fits, ir_compare(p, r, CMP_EQ, above, ir_const(p, r, 0, w)));
        }
        struct node *less =
            bits == 1 ? ir_const(p, r, 0, 1) : ir_make(p, r, OP_SUB, bits, t, d, NULL);
        q.remainder = ir_make(p, r, OP_SELECT, bits, fits, less, t);
        q.quotient = ir_or(
            p, r, q.quotient,
            ir_make(p, r, OP_SHL, w, ir_resize(p, r, fits, w, false), ir_const(p, r, k, w), NULL));
    }
    q.remainder = ir_resize(p, r, q.remainder, w, false);
    return q;
}

struct node *ir_divide(struct program *p, struct region *r, struct node *a, struct node *b,
                       bool is_signed, bool remainder)
{
    if (!is_signed) {
        struct quotient q = divide_unsigned(p, r, a, b);
        return remainder ? q.remainder : q.quotient;
    }
    struct node *zero = ir_const(p, r, 0, a->width);
    struct node *a_negative = ir_compare(p, r, CMP_SLT, a, zero);
    struct node *b_negative = ir_compare(p, r, CMP_SLT, b, zero);
    struct quotient q =
        divide_unsigned(p, r, ir_magnitude(p, r, a, a_negative), ir_magnitude(p, r, b, b_negative));
    if (remainder)
        return ir_magnitude(p, r, q.remainder, a_negative);
    return ir_magnitude(p, r, q.quotient, ir_make(p, r, OP_XOR, 1, a_negative, b_negative, NULL));
}
