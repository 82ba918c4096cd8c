/* value.c -- what can be said of an LLVM value by how it is made. */
#include "lower.h"

bool value_is_in(const value_vec *all, LLVMValueRef v)
{
    for (unsigned i = 0; i < all->n; i++)
        if (all->at[i] == v)
            return true;
    return false;
}

enum { MOST_PARTS = 6 }; /* that are looked into */

/* Is a multiple that starts again at 2^32 one still? */
static bool stays_multiple(LLVMValueRef v, uint64_t n)
{
    return (n & (n - 1)) == 0 || LLVMGetNUW(v) || LLVMGetNSW(v);
}

static bool is_multiple(LLVMValueRef v, uint64_t n, int depth)
{
    if (n == 1)
        return true;
    if (LLVMIsAConstantInt(v))
        return LLVMConstIntGetSExtValue(v) % (int64_t)n == 0;
    if (!LLVMIsAInstruction(v) || depth == 0)
        return false;
    const LLVMOpcode op = LLVMGetInstructionOpcode(v);
    const unsigned first = op == LLVMSelect, operands = (unsigned)LLVMGetNumOperands(v);
    bool all = true, any = false;
    switch (op) {
    case LLVMShl:
        return LLVMIsAConstantInt(LLVMGetOperand(v, 1)) &&
               ((uint64_t)1 << (LLVMConstIntGetZExtValue(LLVMGetOperand(v, 1)) & 31)) % n == 0 &&
               stays_multiple(v, n);
    case LLVMSelect:
    case LLVMPHI:
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMAnd:
    case LLVMOr:
    case LLVMZExt:
    case LLVMSExt:
    case LLVMTrunc: break;
    default: return false;
    }
    for (unsigned i = first; i < operands; i++) {
        const bool one = is_multiple(LLVMGetOperand(v, i), n, depth - 1);
        all &= one;
        any |= one;
    }
    if (op == LLVMAnd || op == LLVMOr)
        return (n & (n - 1)) == 0 && (op == LLVMAnd ? any : all);
    if (op == LLVMMul)
        return any && stays_multiple(v, n);
    const bool wraps = op == LLVMAdd || op == LLVMSub || op == LLVMTrunc;
    return all && (!wraps || stays_multiple(v, n));
}

bool value_is_multiple(LLVMValueRef v, uint64_t n)
{
    return is_multiple(v, n, MOST_PARTS);
}

/* A proof by induction that a value can only be 0 or 1. An alternative that fails takes back what was assumed for it: that
 * may not be so. */
struct truth {
    struct program *p;
    value_vec assumed; /* phis */
    unsigned steps;    /* that may still be made: alternatives multiply */
};
enum { MOST_STEPS = 1000 };

static bool is_truth(struct truth *t, LLVMValueRef v);

static bool are_truths(struct truth *t, LLVMValueRef v, unsigned first)
{
    for (unsigned i = first; i < (unsigned)LLVMGetNumOperands(v); i++)
        if (!is_truth(t, LLVMGetOperand(v, i)))
            return false;
    return true;
}

static bool is_truth(struct truth *t, LLVMValueRef v)
{
    if (LLVMIsAConstantInt(v))
        return LLVMConstIntGetZExtValue(v) <= 1;
    if (LLVMIsUndef(v) || LLVMIsPoison(v) || value_is_in(&t->assumed, v))
        return true;
    if (!LLVMIsAInstruction(v) || t->steps == 0)
        return false;
    t->steps--;
    const unsigned assumed = t->assumed.n;
    switch (LLVMGetInstructionOpcode(v)) {
    case LLVMZExt: return width_of(LLVMGetOperand(v, 0)) == 1 || are_truths(t, v, 0);
    case LLVMAnd:
        if (is_truth(t, LLVMGetOperand(v, 0)))
            return true;
        t->assumed.n = assumed;
        return is_truth(t, LLVMGetOperand(v, 1));
    case LLVMTrunc:
    case LLVMFreeze:
    case LLVMOr:
    case LLVMXor: return are_truths(t, v, 0);
    case LLVMSelect: return are_truths(t, v, 1);
    case LLVMPHI: VEC_PUSH(t->p->arena, &t->assumed, v); return are_truths(t, v, 0);
    default: return false;
    }
}

bool value_is_truth(struct program *p, LLVMValueRef v)
{
    struct truth t = {.p = p, .steps = MOST_STEPS};
    return is_truth(&t, v);
}
