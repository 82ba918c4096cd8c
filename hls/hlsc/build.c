/* build.c -- construction of nodes: sharing of equal ones, constant folding, algebraic
 * simplification. */
#include <string.h>

#include "ir.h"

const char *const op_names[OP_COUNT] = {
    "const", "var",  "param", "phi",   "add",    "sub",   "mul",   "and",   "or",    "xor",  "not",
    "shl",   "lshr", "ashr",  "cmp",   "select", "zext",  "sext",  "trunc", "smin",  "smax", "umin",
    "umax",  "sat",  "load",  "store", "read",   "empty", "write", "clock", "start", "bound"};

struct node *ir_new(struct program *p, enum op op, unsigned width)
{
    struct node *n = arena_alloc(p->arena, sizeof *n);
    n->op = op;
    n->width = width;
    n->id = p->next_id++;
    n->range = (struct range){1, 0};
    return n;
}

/* The node equal to `like`, made if there is none. Buckets hang on a hash of op and operands. */
struct bucket {
    struct node *node;
    struct bucket *next;
};

static struct node *shared(struct program *p, struct region *r, const struct node *like)
{
    uint64_t h = (uint64_t)like->op * 31 + like->width * 7 + (uint64_t)like->compare;
    h = (h ^ like->value) * 0x9e3779b97f4a7c15u;
    h ^= (uintptr_t)like->variable;
    for (unsigned i = 0; i < like->nargs; i++)
        h = (h ^ like->arg[i]->id) * 0x9e3779b97f4a7c15u;
    const void *key = (const void *)(uintptr_t)(h | 1);
    struct bucket *first = map_get(&r->cse, key);
    for (struct bucket *b = first; b; b = b->next) {
        const struct node *n = b->node;
        if (n->op == like->op && n->width == like->width && n->compare == like->compare &&
            n->value == like->value && n->variable == like->variable && n->is_any == like->is_any &&
            n->nargs == like->nargs && memcmp(n->arg, like->arg, n->nargs * sizeof *n->arg) == 0)
            return b->node;
    }
    struct node *n = ir_new(p, like->op, like->width);
    n->compare = like->compare;
    n->value = like->value;
    n->variable = like->variable;
    n->is_any = like->is_any;
    n->nargs = like->nargs;
    memcpy(n->arg, like->arg, sizeof n->arg);
    struct bucket *b = arena_alloc(p->arena, sizeof *b);
    *b = (struct bucket){n, first};
    map_put(p->arena, &r->cse, key, b);
    return n;
}

struct node *ir_const(struct program *p, struct region *r, uint64_t value, unsigned width)
{
    return shared(p, r,
                  &(struct node){.op = OP_CONST, .width = width, .value = value & mask_of(width)});
}

struct node *ir_any(struct program *p, struct region *r, unsigned width)
{
    return shared(p, r, &(struct node){.op = OP_CONST, .width = width, .is_any = true});
}

struct node *ir_variable(struct program *p, struct region *r, struct variable *v)
{
    return shared(p, r, &(struct node){.op = OP_VAR, .width = v->width, .variable = v});
}

bool ir_is_const(const struct node *n, uint64_t value)
{
    return n->op == OP_CONST && n->value == (value & mask_of(n->width));
}

static bool compare_values(enum compare compare, uint64_t a, uint64_t b, unsigned width)
{
    int64_t sa = sign_extend(a, width), sb = sign_extend(b, width);
    switch (compare) {
    case CMP_EQ: return a == b;
    case CMP_NE: return a != b;
    case CMP_UGT: return a > b;
    case CMP_UGE: return a >= b;
    case CMP_ULT: return a < b;
    case CMP_ULE: return a <= b;
    case CMP_SGT: return sa > sb;
    case CMP_SGE: return sa >= sb;
    case CMP_SLT: return sa < sb;
    case CMP_SLE: return sa <= sb;
    }
    return false;
}

static uint64_t fold(enum op op, uint64_t a, uint64_t b, unsigned width, unsigned from_width)
{
    bool below = sign_extend(a, width) < sign_extend(b, width);
    switch (op) {
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_AND: return a & b;
    case OP_OR: return a | b;
    case OP_XOR: return a ^ b;
    case OP_NOT: return ~a;
    case OP_SHL: return b < width ? a << b : 0;
    case OP_LSHR: return b < width ? a >> b : 0;
    case OP_ASHR: return (uint64_t)(sign_extend(a, width) >> (b < width ? b : width - 1));
    case OP_SMIN: return below ? a : b;
    case OP_SMAX: return below ? b : a;
    case OP_UMIN: return a < b ? a : b;
    case OP_UMAX: return a < b ? b : a;
    case OP_SEXT: return (uint64_t)sign_extend(a, from_width);
    default: return a; /* ZEXT, TRUNC */
    }
}

struct node *ir_not(struct program *p, struct region *r, struct node *a)
{
    return ir_make(p, r, OP_NOT, 1, a, NULL, NULL);
}

struct node *ir_and(struct program *p, struct region *r, struct node *a, struct node *b)
{
    return ir_make(p, r, OP_AND, a->width, a, b, NULL);
}

struct node *ir_or(struct program *p, struct region *r, struct node *a, struct node *b)
{
    return ir_make(p, r, OP_OR, a->width, a, b, NULL);
}

struct node *ir_resize(struct program *p, struct region *r, struct node *a, unsigned width,
                       bool sign)
{
    if (a->width == width)
        return a;
    return ir_make(p, r,
                   a->width > width ? OP_TRUNC
                   : sign           ? OP_SEXT
                                    : OP_ZEXT,
                   width, a, NULL, NULL);
}

/* smin and smax against 2^k - 1 and -2^k are one saturation. */
static struct node *match_saturation(struct program *p, struct region *r, enum op op,
                                     struct node *a, struct node *b)
{
    enum op other = op == OP_SMIN ? OP_SMAX : OP_SMIN;
    if (b->op != OP_CONST || a->op != other || a->arg[1]->op != OP_CONST)
        return NULL;
    int64_t x = sign_extend(b->value, b->width), y = sign_extend(a->arg[1]->value, b->width);
    int64_t high = op == OP_SMIN ? x : y, low = op == OP_SMIN ? y : x;
    if (high <= 0 || low != -high - 1 || (high & (high + 1)) != 0)
        return NULL;
    return shared(p, r,
                  &(struct node){.op = OP_SAT,
                                 .width = b->width,
                                 .value = bit_length((uint64_t)high),
                                 .nargs = 1,
                                 .arg = {a->arg[0]}});
}

static struct node *simplify_logic(struct program *p, struct region *r, enum op op, struct node *a,
                                   struct node *b)
{
    const uint64_t ones = ~(uint64_t)0;
    bool is_and = op == OP_AND;
    if (ir_is_const(b, is_and ? ones : 0) || a == b)
        return a;
    if (ir_is_const(b, is_and ? 0 : ones))
        return b;
    if (a->width == 1) {
        if ((a->op == OP_NOT && a->arg[0] == b) || (b->op == OP_NOT && b->arg[0] == a))
            return ir_const(p, r, !is_and, 1);
        if (is_and && ir_disjoint(a, b))
            return ir_const(p, r, 0, 1);
        if (ir_implies(a, b))
            return is_and ? a : b;
        if (ir_implies(b, a))
            return is_and ? b : a;
        /* absorption: a & (a | x), a | (a & x); and a | (!a & x) = a | x */
        enum op inner = is_and ? OP_OR : OP_AND;
        for (int swap = 0; swap < 2; swap++) {
            struct node *x = swap ? b : a, *y = swap ? a : b;
            for (int k = 0; y->op == inner && k < 2; k++) {
                if (y->arg[k] == x)
                    return x;
                if (y->arg[k]->op == OP_NOT && y->arg[k]->arg[0] == x)
                    return ir_make(p, r, op, 1, x, y->arg[1 - k], NULL);
            }
            for (int k = 0; y->op == op && k < 2; k++)
                if (y->arg[k] == x)
                    return y;
        }
        /* (c & x) | (!c & x) = x, and its dual */
        if (a->op == inner && b->op == inner)
            for (int i = 0; i < 4; i++) {
                struct node *c = a->arg[i & 1], *d = b->arg[i >> 1];
                bool opposite =
                    (c->op == OP_NOT && c->arg[0] == d) || (d->op == OP_NOT && d->arg[0] == c);
                if (opposite && a->arg[1 - (i & 1)] == b->arg[1 - (i >> 1)])
                    return a->arg[1 - (i & 1)];
            }
    }
    return NULL;
}

static struct node *simplify_select(struct program *p, struct region *r, unsigned width,
                                    struct node *c, struct node *a, struct node *b)
{
    if (c->op == OP_CONST)
        return c->value ? a : b;
    if (a == b)
        return a;
    if (c->op == OP_NOT)
        return ir_make(p, r, OP_SELECT, width, c->arg[0], b, a);
    if (a->op == OP_SELECT && ir_implies(c, a->arg[0]))
        return ir_make(p, r, OP_SELECT, width, c, a->arg[1], b);
    if (a->op == OP_SELECT && ir_disjoint(c, a->arg[0]))
        return ir_make(p, r, OP_SELECT, width, c, a->arg[2], b);
    if (b->op == OP_SELECT && ir_implies(b->arg[0], c))
        return ir_make(p, r, OP_SELECT, width, c, a, b->arg[2]);
    if (width != 1)
        return NULL;
    if (ir_is_const(a, 1) || a == c)
        return ir_or(p, r, c, b);
    if (ir_is_const(b, 0) || b == c)
        return ir_and(p, r, c, a);
    if (ir_is_const(a, 0))
        return ir_and(p, r, ir_not(p, r, c), b);
    if (ir_is_const(b, 1))
        return ir_or(p, r, ir_not(p, r, c), a);
    return NULL;
}

static struct node *simplify_cast(struct program *p, struct region *r, enum op op, unsigned width,
                                  struct node *a)
{
    if (a->width == width)
        return a;
    if (a->op == OP_ZEXT && (op == OP_ZEXT || op == OP_SEXT))
        return ir_make(p, r, OP_ZEXT, width, a->arg[0], NULL, NULL);
    if (a->op == OP_SEXT && op == OP_SEXT)
        return ir_make(p, r, OP_SEXT, width, a->arg[0], NULL, NULL);
    if (op != OP_TRUNC)
        return NULL;
    if (a->op == OP_TRUNC)
        return ir_make(p, r, OP_TRUNC, width, a->arg[0], NULL, NULL);
    if (a->op == OP_ZEXT || a->op == OP_SEXT) {
        struct node *from = a->arg[0];
        return ir_resize(p, r, from, width, a->op == OP_SEXT);
    }
    return NULL;
}

/* Shifted operands of an addition move the shift behind it, so that hls_wrap is seen as what it is.
 */
static struct node *simplify_shifted(struct program *p, struct region *r, enum op op,
                                     unsigned width, struct node *a, struct node *b)
{
    if (a->op != OP_SHL || a->arg[1]->op != OP_CONST || width < 32)
        return NULL;
    unsigned k = (unsigned)a->arg[1]->value;
    struct node *unshifted = NULL;
    if (b->op == OP_SHL && b->arg[1] == a->arg[1])
        unshifted = b->arg[0];
    else if (b->op == OP_CONST && (b->value & mask_of(k)) == 0)
        unshifted = ir_const(p, r, (uint64_t)(sign_extend(b->value, width) >> k), width);
    if (!unshifted)
        return NULL;
    struct node *sum = ir_make(p, r, op, width, a->arg[0], unshifted, NULL);
    return ir_make(p, r, OP_SHL, width, sum, a->arg[1], NULL);
}

static struct node *simplify_arithmetic(struct program *p, struct region *r, enum op op,
                                        unsigned width, struct node *a, struct node *b)
{
    switch (op) {
    case OP_ADD:
        if (ir_is_const(b, 0))
            return a;
        return simplify_shifted(p, r, op, width, a, b);
    case OP_SUB:
        if (ir_is_const(b, 0))
            return a;
        if (a == b)
            return ir_const(p, r, 0, width);
        if (b->op == OP_CONST)
            return ir_make(p, r, OP_ADD, width, a, ir_const(p, r, -b->value, width), NULL);
        return simplify_shifted(p, r, op, width, a, b);
    case OP_MUL:
        if (b->op != OP_CONST)
            return NULL;
        if (b->value == 0)
            return b;
        if ((b->value & (b->value - 1)) == 0)
            return ir_make(p, r, OP_SHL, width, a, ir_const(p, r, bit_length(b->value) - 1, width),
                           NULL);
        if (__builtin_popcountll(b->value) <= 3) { /* few adders beat a multiplier */
            struct node *sum = NULL;
            for (unsigned k = 0; k < width; k++)
                if (b->value >> k & 1) {
                    struct node *x =
                        ir_make(p, r, OP_SHL, width, a, ir_const(p, r, k, width), NULL);
                    sum =
                        sum ? shared(p, r,
                                     &(struct node){
                                         .op = OP_ADD, .width = width, .nargs = 2, .arg = {sum, x}})
                            : x;
                }
            return sum;
        }
        return NULL;
    case OP_XOR:
        if (ir_is_const(b, 0))
            return a;
        if (a == b)
            return ir_const(p, r, 0, width);
        if (width == 1 && ir_is_const(b, 1))
            return ir_not(p, r, a);
        return NULL;
    case OP_ASHR:
        if (b->op == OP_CONST && b->value && a->op == OP_SHL && a->arg[1] == b &&
            b->value < width) {
            struct node *low =
                ir_make(p, r, OP_TRUNC, width - (unsigned)b->value, a->arg[0], NULL, NULL);
            return ir_make(p, r, OP_SEXT, width, low, NULL, NULL);
        }
        if (b->op == OP_CONST && a->op == OP_SHL && a->arg[1]->op == OP_CONST &&
            a->arg[1]->value < b->value && b->value < width) {
            unsigned k = (unsigned)a->arg[1]->value;
            struct node *low = ir_make(p, r, OP_TRUNC, width - k, a->arg[0], NULL, NULL);
            struct node *x = ir_make(p, r, OP_SEXT, width, low, NULL, NULL);
            return ir_make(p, r, OP_ASHR, width, x, ir_const(p, r, b->value - k, width), NULL);
        }
        return ir_is_const(b, 0) ? a : NULL;
    case OP_SHL:
    case OP_LSHR: return ir_is_const(b, 0) ? a : NULL;
    default: return NULL;
    }
}

static bool commutes(enum op op)
{
    return op == OP_ADD || op == OP_MUL || op == OP_AND || op == OP_OR || op == OP_XOR ||
           op == OP_SMIN || op == OP_SMAX || op == OP_UMIN || op == OP_UMAX;
}

/* n in one bit if it is a truth value that was made wider, else NULL. */
static struct node *truth_of(struct program *p, struct region *r, struct node *n)
{
    if (n->op == OP_ZEXT && n->arg[0]->width == 1)
        return n->arg[0];
    return n->op == OP_CONST && n->value <= 1 ? ir_const(p, r, n->value, 1) : NULL;
}

/* Logic on truth values happens in one bit, where conditions are compared and simplified. */
static struct node *narrow_logic(struct program *p, struct region *r, enum op op, unsigned width,
                                 struct node *a, struct node *b, struct node *c)
{
    bool logic = op == OP_AND || op == OP_OR || op == OP_XOR;
    if (width == 1 || (!logic && op != OP_SELECT))
        return NULL;
    struct node *x = truth_of(p, r, logic ? a : b), *y = truth_of(p, r, logic ? b : c);
    if (op == OP_AND && x && !y && a->op == OP_ZEXT)
        y = ir_resize(p, r, b, 1, false);
    if (op == OP_AND && y && !x && b->op == OP_ZEXT)
        x = ir_resize(p, r, a, 1, false);
    if (!x || !y || (op == OP_SELECT && x->op == OP_CONST && y->op == OP_CONST))
        return NULL;
    struct node *bit = logic ? ir_make(p, r, op, 1, x, y, NULL) : ir_make(p, r, op, 1, a, x, y);
    return ir_resize(p, r, bit, width, false);
}

static struct node *simplify(struct program *p, struct region *r, enum op op, unsigned width,
                             struct node *a, struct node *b, struct node *c)
{
    switch (op) {
    case OP_NOT: return a->op == OP_NOT ? a->arg[0] : NULL;
    case OP_AND:
    case OP_OR: return simplify_logic(p, r, op, a, b);
    case OP_SELECT: return simplify_select(p, r, width, a, b, c);
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC: return simplify_cast(p, r, op, width, a);
    case OP_SMIN:
    case OP_SMAX: return match_saturation(p, r, op, a, b);
    default: return simplify_arithmetic(p, r, op, width, a, b);
    }
}

struct node *ir_make(struct program *p, struct region *r, enum op op, unsigned width,
                     struct node *a, struct node *b, struct node *c)
{
    if (op == OP_SELECT && b && c && (b->is_any || c->is_any))
        return b->is_any ? c : b;
    if (a->is_any && (op == OP_ZEXT || op == OP_SEXT || op == OP_TRUNC))
        return ir_any(p, r, width);
    if (commutes(op) && a->op == OP_CONST) {
        struct node *t = a;
        a = b;
        b = t;
    }
    if (op != OP_SELECT && a->op == OP_CONST && (!b || b->op == OP_CONST))
        return ir_const(p, r, fold(op, a->value, b ? b->value : 0, width, a->width), width);
    struct node *simple = narrow_logic(p, r, op, width, a, b, c);
    if (!simple)
        simple = simplify(p, r, op, width, a, b, c);
    if (simple)
        return simple;
    struct node like = {.op = op, .width = width, .arg = {a, b, c}, .nargs = c ? 3 : b ? 2 : 1};
    return shared(p, r, &like);
}

struct node *ir_compare(struct program *p, struct region *r, enum compare compare, struct node *a,
                        struct node *b)
{
    if (a->op == OP_CONST && b->op == OP_CONST)
        return ir_const(p, r, compare_values(compare, a->value, b->value, a->width), 1);
    if (a == b)
        return ir_const(p, r, compare_values(compare, 0, 0, 1), 1);
    if (compare == CMP_UGT && ir_is_const(b, ~(uint64_t)0)) /* nothing is above the largest */
        return ir_const(p, r, 0, 1);
    if ((compare == CMP_EQ || compare == CMP_NE) && b->op == OP_CONST) {
        bool equal = compare == CMP_EQ;
        if (a->width == 1)
            return (b->value != 0) == equal ? a : ir_not(p, r, a);
        if (a->op == OP_ADD && a->arg[1]->op == OP_CONST) /* test before the sum, not behind it */
            return ir_compare(p, r, compare, a->arg[0],
                              ir_const(p, r, b->value - a->arg[1]->value, a->width));
        if (a->op == OP_ZEXT) {
            unsigned width = a->arg[0]->width;
            if (b->value > mask_of(width))
                return ir_const(p, r, !equal, 1);
            return ir_compare(p, r, compare, a->arg[0], ir_const(p, r, b->value, width));
        }
    }
    struct node like = {.op = OP_CMP, .width = 1, .compare = compare, .arg = {a, b}, .nargs = 2};
    return shared(p, r, &like);
}
