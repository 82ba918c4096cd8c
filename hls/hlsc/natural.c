/* natural.c -- whether an index is never negative, and how large a number is: a proof by induction over how it is made, and by the
 * tests on the way to where it is used. */
#include "lower.h"

enum { MOST_STEPS = 1000 };

/* Of a value without a sign. */
struct span {
    int64_t least, most;
};

struct claim {
    LLVMValueRef phi;
    struct span within;
};
typedef VEC(struct claim) claim_vec;

struct proof {
    struct program *p;
    struct cfg cfg;
    claim_vec claimed; /* one that fails takes back itself, and what was shown by it */
    unsigned steps;
    bool of_index; /* else of any number */
};

static bool covers(struct span outer, struct span inner)
{
    return outer.least <= inner.least && inner.most <= outer.most;
}

static void narrow(struct span *s, struct span by)
{
    s->least = by.least > s->least ? by.least : s->least;
    s->most = by.most < s->most ? by.most : s->most;
}

static struct span span_of_bits(unsigned bits)
{
    return (struct span){0, (int64_t)mask_of(bits < 63 ? bits : 63)};
}

static struct span span_of_natural(LLVMValueRef v)
{
    return span_of_bits(width_of(v) - 1);
}

static bool is_claimed(const struct proof *n, LLVMValueRef v, struct span s)
{
    for (unsigned i = 0; i < n->claimed.n; i++)
        if (n->claimed.at[i].phi == v && covers(s, n->claimed.at[i].within))
            return true;
    return false;
}

/* What v, which is not negative, is where the comparison with a constant holds, or does not. */
static struct span span_by(LLVMIntPredicate test, int64_t limit, bool holds)
{
    const struct span above = {limit + 1, INT64_MAX}, from = {limit, INT64_MAX},
                      below = {0, limit - 1}, to = {0, limit}, any = {0, INT64_MAX};
    switch (test) {
    case LLVMIntSGT:
    case LLVMIntUGT: return holds ? above : to;
    case LLVMIntSGE:
    case LLVMIntUGE: return holds ? from : below;
    case LLVMIntSLT:
    case LLVMIntULT: return holds ? below : from;
    case LLVMIntSLE:
    case LLVMIntULE: return holds ? to : above;
    case LLVMIntNE: return holds && limit == 0 ? above : any;
    case LLVMIntEQ: return !holds && limit == 0 ? above : any;
    default: return any;
    }
}

/* By the branch on the comparison, if only one of its ways leads to the block. */
static void narrow_by_branch(const struct proof *n, LLVMValueRef branch, LLVMValueRef compare,
                             const struct block *at, struct span *s)
{
    const struct block *from = map_get(&n->cfg.block_of, LLVMGetInstructionParent(branch));
    const int64_t limit = LLVMConstIntGetSExtValue(LLVMGetOperand(compare, 1));
    for (unsigned k = 0; from && limit >= 0 && limit < INT64_MAX && k < 2; k++) {
        const struct block *way = map_get(&n->cfg.block_of, LLVMGetSuccessor(branch, k));
        if (way && way->pred.n == 1 && way->pred.at[0] == from && cfg_dominates(way, at) &&
            LLVMGetSuccessor(branch, 0) != LLVMGetSuccessor(branch, 1))
            narrow(s, span_by(LLVMGetICmpPredicate(compare), limit, k == 0));
    }
}

/* What v, which is not negative, is by the tests on the way to the block. */
static struct span span_by_tests(const struct proof *n, LLVMValueRef v, const struct block *at)
{
    struct span s = span_of_natural(v);
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef compare = LLVMGetUser(u);
        if (!LLVMIsAICmpInst(compare) || LLVMGetOperand(compare, 0) != v ||
            !LLVMIsAConstantInt(LLVMGetOperand(compare, 1)))
            continue;
        for (LLVMUseRef b = LLVMGetFirstUse(compare); b; b = LLVMGetNextUse(b))
            if (LLVMIsABranchInst(LLVMGetUser(b)))
                narrow_by_branch(n, LLVMGetUser(b), compare, at, &s);
    }
    return s;
}

/* How many bits hold v there, fewer than its type has; NONE if it may be negative. */
enum { NONE = 1000, STEP_BITS = 16, COUNTER_BITS = 32 };

static unsigned bits_of(struct proof *n, LLVMValueRef v, const struct block *at);

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned bits_of_operand(struct proof *n, LLVMValueRef v, unsigned k, const struct block *at)
{
    return bits_of(n, LLVMGetOperand(v, k), at);
}

/* The smaller of two alternatives, either of which may fail. */
static unsigned bits_of_mask(struct proof *n, LLVMValueRef v, const struct block *at)
{
    return smaller(bits_of_operand(n, v, 0, at), bits_of_operand(n, v, 1, at));
}

static bool is_within(struct proof *n, LLVMValueRef v, const struct block *at, struct span s);

/* By induction: what comes in is so if the phi has been so far. */
static bool is_phi_within(struct proof *n, LLVMValueRef phi, struct span s)
{
    const unsigned before = n->claimed.n;
    const struct claim claim = {phi, s};
    VEC_PUSH(n->p->arena, &n->claimed, claim);
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        const struct block *from = map_get(&n->cfg.block_of, LLVMGetIncomingBlock(phi, i));
        if (from && !is_within(n, LLVMGetIncomingValue(phi, i), from, s)) {
            n->claimed.n = before;
            return false;
        }
    }
    return true;
}

/* A counter takes longer to leave its type than it is within an array. */
static bool is_counter(const struct proof *n, LLVMValueRef v, unsigned step_bits)
{
    return n->of_index && step_bits <= STEP_BITS && width_of(v) >= COUNTER_BITS;
}

/* A constant that a sum of numbers that are not negative adds. */
static bool is_sum_within(struct proof *n, LLVMValueRef v, const struct block *at, struct span s)
{
    LLVMValueRef a = LLVMGetOperand(v, 0), b = LLVMGetOperand(v, 1);
    const int64_t step = LLVMIsAConstantInt(b) ? LLVMConstIntGetSExtValue(b) : 0;
    const struct span before = {s.least - step, s.most == INT64_MAX ? INT64_MAX : s.most - step};
    return step > 0 && (LLVMGetNSW(v) || is_counter(n, v, bit_length((uint64_t)step))) &&
           bits_of(n, a, at) != NONE && is_within(n, a, at, before);
}

/* Of what loses bits, only some that are like the sign if the compiler knows. */
static bool is_part_within(struct proof *n, LLVMValueRef v, const struct block *at, struct span s)
{
    const struct span part = span_of_bits(width_of(v)), natural = span_of_natural(v);
    if (!LLVMGetNSW(v))
        narrow(&s, part);
    else if (s.most >= natural.most)
        s.most = INT64_MAX;
    return is_within(n, LLVMGetOperand(v, 0), at, s);
}

static bool is_within(struct proof *n, LLVMValueRef v, const struct block *at, struct span s)
{
    if (LLVMIsAConstantInt(v)) {
        const uint64_t number = LLVMConstIntGetZExtValue(v);
        return number <= INT64_MAX && covers(s, (struct span){(int64_t)number, (int64_t)number});
    }
    if (covers(s, span_of_bits(width_of(v))) || is_claimed(n, v, s))
        return true;
    if (!LLVMIsAInstruction(v) || n->steps == 0)
        return false;
    n->steps--;
    const bool is_natural = bits_of(n, v, at) != NONE;
    if (is_natural && covers(s, span_by_tests(n, v, at)))
        return true;
    switch (LLVMGetInstructionOpcode(v)) {
    case LLVMTrunc: return is_part_within(n, v, at, s);
    case LLVMZExt: return is_within(n, LLVMGetOperand(v, 0), at, s);
    case LLVMSExt: return is_natural && is_within(n, LLVMGetOperand(v, 0), at, s);
    case LLVMAdd: return is_sum_within(n, v, at, s);
    case LLVMPHI: return is_phi_within(n, v, s);
    default: return false;
    }
}

/* Of a constant less a counter that is never more than it. */
static unsigned bits_of_rest(struct proof *n, LLVMValueRef v, const struct block *at)
{
    const int64_t all = LLVMConstIntGetSExtValue(LLVMGetOperand(v, 0));
    const bool counts = bits_of_operand(n, v, 1, at) != NONE;
    return all >= 0 && counts && is_within(n, LLVMGetOperand(v, 1), at, (struct span){0, all})
               ? bit_length((uint64_t)all)
               : NONE;
}

static unsigned bits_of_sum(struct proof *n, LLVMValueRef v, const struct block *at)
{
    LLVMValueRef a = LLVMGetOperand(v, 0), b = LLVMGetOperand(v, 1);
    const bool subtracts = LLVMGetInstructionOpcode(v) == LLVMSub;
    if (subtracts && LLVMIsAConstantInt(a))
        return bits_of_rest(n, v, at);
    const int64_t number = LLVMIsAConstantInt(b) ? LLVMConstIntGetSExtValue(b) : 0,
                  step = subtracts ? -number : number;
    const unsigned of_a = bits_of(n, a, at);
    if (of_a == NONE)
        return NONE;
    if (step < 0)
        return is_within(n, a, at, (struct span){-step, INT64_MAX}) ? of_a : NONE;
    const unsigned of_b = subtracts ? NONE : bits_of(n, b, at);
    const bool stays = LLVMGetNSW(v) || (step > 0 && is_counter(n, v, of_b));
    return of_b == NONE ? NONE : stays ? width_of(v) - 1 : larger(of_a, of_b) + 1;
}

static unsigned bits_of_product(struct proof *n, LLVMValueRef v, const struct block *at)
{
    const unsigned a = bits_of_operand(n, v, 0, at), b = bits_of_operand(n, v, 1, at);
    LLVMValueRef by = LLVMGetOperand(v, 1);
    const bool shifts = LLVMGetInstructionOpcode(v) == LLVMShl;
    if (a == NONE || b == NONE)
        return NONE;
    if (LLVMGetNSW(v))
        return width_of(v) - 1;
    if (!shifts)
        return a + b;
    return LLVMIsAConstantInt(by) ? a + (unsigned)LLVMConstIntGetZExtValue(by) : NONE;
}

static unsigned bits_of_part(struct proof *n, LLVMValueRef v, const struct block *at)
{
    const unsigned bits = bits_of_operand(n, v, 0, at), most = width_of(v) - 1;
    return bits != NONE && bits > most && LLVMGetNSW(v) ? most : bits;
}

static unsigned bits_of_phi(struct proof *n, LLVMValueRef phi)
{
    return is_phi_within(n, phi, span_of_natural(phi)) ? width_of(phi) - 1 : NONE;
}

/* Of a division, a remainder or a shift to the right. */
static unsigned bits_of_quotient(struct proof *n, LLVMValueRef v, const struct block *at)
{
    LLVMValueRef by = LLVMGetOperand(v, 1);
    const LLVMOpcode op = LLVMGetInstructionOpcode(v);
    const bool by_number = LLVMIsAConstantInt(by) && LLVMConstIntGetSExtValue(by) > 0;
    if (by_number && op == LLVMLShr)
        return width_of(v) - (unsigned)LLVMConstIntGetZExtValue(by);
    if (by_number && op == LLVMURem)
        return bit_length(LLVMConstIntGetZExtValue(by) - 1);
    return bits_of(n, by, at) == NONE ? NONE : bits_of_operand(n, v, 0, at);
}

static unsigned bits_of_instruction(struct proof *n, LLVMValueRef v, const struct block *at)
{
    switch (LLVMGetInstructionOpcode(v)) {
    case LLVMZExt: return smaller(width_of(LLVMGetOperand(v, 0)), bits_of_operand(n, v, 0, at));
    case LLVMAnd: return bits_of_mask(n, v, at);
    case LLVMAdd:
    case LLVMSub: return bits_of_sum(n, v, at);
    case LLVMMul:
    case LLVMShl: return bits_of_product(n, v, at);
    case LLVMLShr:
    case LLVMUDiv:
    case LLVMSDiv:
    case LLVMURem:
    case LLVMSRem: return bits_of_quotient(n, v, at);
    case LLVMOr: return larger(bits_of_operand(n, v, 0, at), bits_of_operand(n, v, 1, at));
    case LLVMSelect: return larger(bits_of_operand(n, v, 1, at), bits_of_operand(n, v, 2, at));
    case LLVMTrunc: return bits_of_part(n, v, at);
    case LLVMSExt:
    case LLVMFreeze: return bits_of_operand(n, v, 0, at);
    case LLVMPHI: return bits_of_phi(n, v);
    default: return NONE;
    }
}

static unsigned bits_of(struct proof *n, LLVMValueRef v, const struct block *at)
{
    if (LLVMIsAConstantInt(v))
        return LLVMConstIntGetSExtValue(v) < 0 ? NONE : bit_length(LLVMConstIntGetZExtValue(v));
    if (is_claimed(n, v, span_of_natural(v)))
        return width_of(v) - 1;
    if (!LLVMIsAInstruction(v) || n->steps == 0)
        return NONE;
    n->steps--;
    const unsigned bits = bits_of_instruction(n, v, at);
    return bits < width_of(v) ? bits : NONE;
}

static const struct block *block_at(struct proof *n, LLVMValueRef at)
{
    cfg_build(n->p, &n->cfg);
    return map_get(&n->cfg.block_of, LLVMGetInstructionParent(at));
}

unsigned value_bits(struct program *p, LLVMValueRef v, LLVMValueRef at)
{
    struct proof n = {.p = p, .steps = MOST_STEPS};
    const struct block *b = block_at(&n, at);
    const unsigned bits = b ? bits_of(&n, v, b) : NONE;
    return bits == NONE ? width_of(v) : bits;
}

bool value_is_least(struct program *p, LLVMValueRef v, int64_t least, LLVMValueRef at)
{
    struct proof n = {.p = p, .steps = MOST_STEPS};
    const struct block *b = block_at(&n, at);
    return b && is_within(&n, v, b, (struct span){least, INT64_MAX});
}

bool value_is_natural(struct program *p, LLVMValueRef v, LLVMValueRef at)
{
    struct proof n = {.p = p, .steps = MOST_STEPS, .of_index = true};
    const struct block *b = block_at(&n, at);
    return b && bits_of(&n, v, b) != NONE;
}
