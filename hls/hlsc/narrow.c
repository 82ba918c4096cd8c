/* narrow.c -- sizes and addresses have 64 bits in the source, as where it runs natively; objects are small: what leads to an element,
 * and lengths, are made of 32 bits from the beginning. */
#include <llvm-c/DebugInfo.h>

#include "lower.h"

enum { INDEX_BITS = 32 };

/* Of clang's target, but for indices; words of 8, 16 and 32 bits are as cheap as any. */
static const char layout[] = "e-m:e-p:64:64:64:32-i64:64-n8:16:32-S128";

/* v, an index or a length of more bits. What does not fit would be outside of any object. */
static LLVMValueRef narrowed(struct program *p, LLVMBuilderRef builder, LLVMValueRef v)
{
    LLVMTypeRef number = LLVMIntTypeInContext(p->context, INDEX_BITS);
    const bool extends = LLVMIsAZExtInst(v) || LLVMIsASExtInst(v);
    if (LLVMIsAConstantInt(v))
        return LLVMConstInt(number, LLVMConstIntGetZExtValue(v), true);
    if (extends && width_of(LLVMGetOperand(v, 0)) <= INDEX_BITS)
        return LLVMBuildIntCast2(builder, LLVMGetOperand(v, 0), number, LLVMIsASExtInst(v) != NULL,
                                 "");
    LLVMValueRef low = LLVMBuildTrunc(builder, v, number, "");
    if (LLVMIsATruncInst(low))
        LLVMSetNSW(low, true);
    return low;
}

static void narrow_indices(struct program *p, LLVMBuilderRef builder, LLVMValueRef gep)
{
    for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(gep); k++)
        if (width_of(LLVMGetOperand(gep, k)) > INDEX_BITS)
            LLVMSetOperand(gep, k, narrowed(p, builder, LLVMGetOperand(gep, k)));
}

/* In bytes, that the source promises of a pointer that a call is given. */
static unsigned alignment_of(LLVMValueRef call, unsigned operand)
{
    static const char name[] = "align";
    LLVMAttributeRef a = LLVMGetCallSiteEnumAttribute(
        call, operand + 1, LLVMGetEnumAttributeKindForName(name, sizeof name - 1));
    return a ? (unsigned)LLVMGetEnumAttributeValue(a) : 1;
}

/* memcpy, memmove or memset of as many bytes. */
static void narrow_length(struct program *p, LLVMBuilderRef builder, LLVMValueRef call)
{
    LLVMValueRef to = LLVMGetOperand(call, 0), from = LLVMGetOperand(call, 1),
                 bytes = narrowed(p, builder, LLVMGetOperand(call, 2));
    const unsigned to_align = alignment_of(call, 0), from_align = alignment_of(call, 1);
    if (is_call_of(call, "llvm.memset"))
        LLVMBuildMemSet(builder, to, from, bytes, to_align);
    else if (is_call_of(call, "llvm.memcpy"))
        LLVMBuildMemCpy(builder, to, to_align, from, from_align, bytes);
    else
        LLVMBuildMemMove(builder, to, to_align, from, from_align, bytes);
    LLVMInstructionEraseFromParent(call);
}

static void narrow_instruction(struct program *p, LLVMBuilderRef builder, LLVMValueRef i)
{
    LLVMPositionBuilderBefore(builder, i);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(i));
    if (LLVMIsAGetElementPtrInst(i))
        narrow_indices(p, builder, i);
    else if (is_call_of(i, "llvm.mem"))
        narrow_length(p, builder, i);
}

void narrow_sizes(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    LLVMValueRef next;
    LLVMSetDataLayout(p->module, layout);
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
                next = LLVMGetNextInstruction(i);
                narrow_instruction(p, builder, i);
            }
    LLVMDisposeBuilder(builder);
}
