/* value.c -- what can be said of an LLVM value by how it is made. */
#include "lower.h"

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
    case LLVMSExt: break;
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
    return all && ((op != LLVMAdd && op != LLVMSub) || stays_multiple(v, n));
}

bool value_is_multiple(LLVMValueRef v, uint64_t n)
{
    return is_multiple(v, n, MOST_PARTS);
}
