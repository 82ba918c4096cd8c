/* natural.c -- whether an index is never negative: a proof by induction over how it is made, and by the tests on the way to where
 * it is used. */
#include "lower.h"

enum { MOST_STEPS = 300 };

struct proof {
    struct program *p;
    struct cfg cfg;
    value_vec assumed; /* phis; an alternative that fails takes back its own */
    unsigned steps;
};

static bool is_assumed(const struct proof *n, LLVMValueRef v)
{
    for (unsigned i = 0; i < n->assumed.n; i++)
        if (n->assumed.at[i] == v)
            return true;
    return false;
}

/* The least that v, which is not negative, is where the comparison with a constant holds, or does not. */
static int64_t least_by(LLVMIntPredicate test, int64_t limit, bool holds)
{
    switch (test) {
    case LLVMIntSGT:
    case LLVMIntUGT: return holds ? limit + 1 : 0;
    case LLVMIntSGE:
    case LLVMIntUGE: return holds ? limit : 0;
    case LLVMIntSLT:
    case LLVMIntULT: return holds ? 0 : limit;
    case LLVMIntSLE:
    case LLVMIntULE: return holds ? 0 : limit + 1;
    case LLVMIntNE: return holds && limit == 0;
    case LLVMIntEQ: return !holds && limit == 0;
    default: return 0;
    }
}

/* Does the branch on the comparison lead to the block by this way alone, and is v at least so much then? */
static bool leads_to(const struct proof *n, LLVMValueRef branch, LLVMValueRef compare,
                     const struct block *at, int64_t least)
{
    const struct block *from = map_get(&n->cfg.block_of, LLVMGetInstructionParent(branch));
    const int64_t limit = LLVMConstIntGetSExtValue(LLVMGetOperand(compare, 1));
    for (unsigned k = 0; from && limit >= 0 && k < 2; k++) {
        const struct block *way = map_get(&n->cfg.block_of, LLVMGetSuccessor(branch, k));
        if (way && way->pred.n == 1 && way->pred.at[0] == from && cfg_dominates(way, at) &&
            LLVMGetSuccessor(branch, 0) != LLVMGetSuccessor(branch, 1) &&
            least_by(LLVMGetICmpPredicate(compare), limit, k == 0) >= least)
            return true;
    }
    return false;
}

static bool is_tested(const struct proof *n, LLVMValueRef v, const struct block *at, int64_t least)
{
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef compare = LLVMGetUser(u);
        if (!LLVMIsAICmpInst(compare) || LLVMGetOperand(compare, 0) != v ||
            !LLVMIsAConstantInt(LLVMGetOperand(compare, 1)))
            continue;
        for (LLVMUseRef b = LLVMGetFirstUse(compare); b; b = LLVMGetNextUse(b))
            if (LLVMIsABranchInst(LLVMGetUser(b)) &&
                leads_to(n, LLVMGetUser(b), compare, at, least))
                return true;
    }
    return false;
}

/* How many bits hold v there, fewer than its type has; NONE if it may be negative. */
enum { NONE = 1000, STEP_BITS = 16 };

static unsigned bits_of(struct proof *n, LLVMValueRef v, const struct block *at);

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned bits_of_operand(struct proof *n, LLVMValueRef v, unsigned k, const struct block *at)
{
    return bits_of(n, LLVMGetOperand(v, k), at);
}

/* The smaller of two alternatives, either of which may fail. */
static unsigned bits_of_mask(struct proof *n, LLVMValueRef v, const struct block *at)
{
    const unsigned assumed = n->assumed.n;
    const unsigned a = bits_of_operand(n, v, 0, at);
    if (a == NONE)
        n->assumed.n = assumed;
    const unsigned kept = n->assumed.n, b = bits_of_operand(n, v, 1, at);
    if (b == NONE)
        n->assumed.n = kept;
    return a < b ? a : b;
}

/* A counter takes longer to leave its type than anything runs. */
static unsigned bits_of_sum(struct proof *n, LLVMValueRef v, const struct block *at)
{
    LLVMValueRef b = LLVMGetOperand(v, 1);
    const bool subtracts = LLVMGetInstructionOpcode(v) == LLVMSub;
    const int64_t number = LLVMIsAConstantInt(b) ? LLVMConstIntGetSExtValue(b) : 0,
                  step = subtracts ? -number : number;
    const unsigned of_a = bits_of_operand(n, v, 0, at);
    if (of_a == NONE || step < 0)
        return of_a != NONE && is_tested(n, LLVMGetOperand(v, 0), at, -step) ? of_a : NONE;
    const unsigned of_b = subtracts ? NONE : bits_of(n, b, at);
    const bool counts = step > 0 && of_b <= STEP_BITS;
    return of_b == NONE ? NONE : LLVMGetNSW(v) || counts ? width_of(v) - 1 : larger(of_a, of_b) + 1;
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

static unsigned bits_of_phi(struct proof *n, LLVMValueRef phi)
{
    VEC_PUSH(n->p->arena, &n->assumed, phi);
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        const struct block *from = map_get(&n->cfg.block_of, LLVMGetIncomingBlock(phi, i));
        if (from && bits_of(n, LLVMGetIncomingValue(phi, i), from) == NONE)
            return NONE;
    }
    return width_of(phi) - 1;
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
    case LLVMZExt: return width_of(LLVMGetOperand(v, 0));
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
    case LLVMSExt:
    case LLVMTrunc:
    case LLVMFreeze: return bits_of_operand(n, v, 0, at);
    case LLVMPHI: return bits_of_phi(n, v);
    default: return NONE;
    }
}

static unsigned bits_of(struct proof *n, LLVMValueRef v, const struct block *at)
{
    if (LLVMIsAConstantInt(v))
        return LLVMConstIntGetSExtValue(v) < 0 ? NONE : bit_length(LLVMConstIntGetZExtValue(v));
    if (is_assumed(n, v))
        return width_of(v) - 1;
    if (!LLVMIsAInstruction(v) || n->steps == 0)
        return NONE;
    n->steps--;
    const unsigned bits = bits_of_instruction(n, v, at);
    return bits < width_of(v) ? bits : NONE;
}

bool value_is_natural(struct program *p, LLVMValueRef v, LLVMValueRef at)
{
    struct proof n = {.p = p, .steps = MOST_STEPS};
    cfg_build(p, &n.cfg);
    const struct block *b = map_get(&n.cfg.block_of, LLVMGetInstructionParent(at));
    return b && bits_of(&n, v, b) != NONE;
}
