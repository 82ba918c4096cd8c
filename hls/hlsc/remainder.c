/* remainder.c -- remainders that are wrap-arounds. Where an index is kept below a constant by the remainder that makes its next
 * value, `pos = (pos + 1) % 10`, the optimiser is told so, and makes a comparison and a subtraction of the division. */
#include <string.h>

#include "lower.h"

enum { MOST_SUMS = 6 }; /* that are looked through */

/* A proof by induction that values stay within 0..limit-1: what is already assumed to. All of it must hold: no step may try
 * another way after one that failed. */
struct claim {
    struct program *p;
    uint64_t limit;
    struct map seen;
    value_vec values; /* phis, and loads of statics */
};

static bool is_opcode(LLVMValueRef v, LLVMOpcode opcode)
{
    return LLVMIsAInstruction(v) && LLVMGetInstructionOpcode(v) == opcode;
}

static bool is_below(LLVMValueRef v, uint64_t limit)
{
    return LLVMIsAConstantInt(v) && LLVMGetIntTypeWidth(LLVMTypeOf(v)) <= 64 &&
           LLVMConstIntGetZExtValue(v) < limit;
}

/* Are all numbers below the limit, as this type has them, not negative? */
static bool is_signed_safe(LLVMValueRef v, uint64_t limit)
{
    return limit <= (uint64_t)1 << (LLVMGetIntTypeWidth(LLVMTypeOf(v)) - 1);
}

static bool stays_below(struct claim *c, LLVMValueRef v);

/* A static that only loads and stores as a whole use. */
static bool global_stays_below(struct claim *c, LLVMValueRef global, LLVMTypeRef type)
{
    if (!LLVMIsAGlobalVariable(global) || LLVMIsDeclaration(global) ||
        LLVMGetLinkage(global) != LLVMInternalLinkage || LLVMGlobalGetValueType(global) != type ||
        !is_below(LLVMGetInitializer(global), c->limit))
        return false;
    if (map_get(&c->seen, global))
        return true;
    map_put(c->p->arena, &c->seen, global, global);
    for (LLVMUseRef u = LLVMGetFirstUse(global); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool loads = LLVMIsALoadInst(user), stores = LLVMIsAStoreInst(user);
        if (!(loads && LLVMTypeOf(user) == type) && !(stores && LLVMGetOperand(user, 1) == global &&
                                                      LLVMTypeOf(LLVMGetOperand(user, 0)) == type &&
                                                      stays_below(c, LLVMGetOperand(user, 0))))
            return false;
    }
    return true;
}

/* The sum v is of something and a constant, both so small that the sum is not negative. */
static bool is_small_sum(struct claim *c, LLVMValueRef v)
{
    const uint64_t half = (uint64_t)1 << (LLVMGetIntTypeWidth(LLVMTypeOf(v)) - 1);
    return c->limit < half && is_below(LLVMGetOperand(v, 1), half - c->limit) &&
           stays_below(c, LLVMGetOperand(v, 0));
}

static bool remainder_stays_below(struct claim *c, LLVMValueRef v)
{
    LLVMValueRef dividend = LLVMGetOperand(v, 0);
    if (!is_below(LLVMGetOperand(v, 1), c->limit + 1))
        return false;
    if (is_opcode(v, LLVMURem))
        return true;
    return is_opcode(dividend, LLVMAdd) ? is_small_sum(c, dividend)
                                        : is_signed_safe(v, c->limit) && stays_below(c, dividend);
}

static bool phi_stays_below(struct claim *c, LLVMValueRef v)
{
    for (unsigned i = 0; i < LLVMCountIncoming(v); i++)
        if (!stays_below(c, LLVMGetIncomingValue(v, i)))
            return false;
    return true;
}

static bool stays_below(struct claim *c, LLVMValueRef v)
{
    if (is_below(v, c->limit) || map_get(&c->seen, v))
        return true;
    if (!LLVMIsAInstruction(v) || LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMIntegerTypeKind)
        return false;
    const unsigned width = LLVMGetIntTypeWidth(LLVMTypeOf(v));
    if (width > 64 || (width < 64 && c->limit >= (uint64_t)1 << width))
        return false;
    map_put(c->p->arena, &c->seen, v, v);
    switch (LLVMGetInstructionOpcode(v)) {
    case LLVMURem:
    case LLVMSRem: return remainder_stays_below(c, v);
    case LLVMSExt:
        return is_signed_safe(LLVMGetOperand(v, 0), c->limit) &&
               stays_below(c, LLVMGetOperand(v, 0));
    case LLVMZExt:
    case LLVMTrunc:
    case LLVMFreeze: return stays_below(c, LLVMGetOperand(v, 0));
    case LLVMSelect:
        return stays_below(c, LLVMGetOperand(v, 1)) && stays_below(c, LLVMGetOperand(v, 2));
    case LLVMPHI: VEC_PUSH(c->p->arena, &c->values, v); return phi_stays_below(c, v);
    case LLVMLoad:
        VEC_PUSH(c->p->arena, &c->values, v);
        return global_stays_below(c, LLVMGetOperand(v, 0), LLVMTypeOf(v));
    default: return false;
    }
}

static void assume(struct program *p, LLVMBuilderRef builder, LLVMValueRef v, uint64_t limit)
{
    const unsigned id = LLVMLookupIntrinsicID("llvm.assume", 11);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(p->module, id, NULL, 0);
    LLVMPositionBuilderBefore(builder, lower_place_after(v));
    LLVMValueRef below =
        LLVMBuildICmp(builder, LLVMIntULT, v, LLVMConstInt(LLVMTypeOf(v), limit, false), "");
    LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, &below, 1, "");
}

/* Tells what is known of the phis and statics that v is made of by sums. */
static void tell(struct program *p, LLVMBuilderRef builder, LLVMValueRef v, uint64_t limit,
                 int depth)
{
    if (!LLVMIsAInstruction(v) || depth == 0)
        return;
    struct claim c = {.p = p, .limit = limit};
    switch (LLVMGetInstructionOpcode(v)) {
    case LLVMAdd:
    case LLVMSub:
        tell(p, builder, LLVMGetOperand(v, 1), limit, depth - 1);
        tell(p, builder, LLVMGetOperand(v, 0), limit, depth - 1);
        break;
    case LLVMZExt:
    case LLVMSExt:
    case LLVMTrunc: tell(p, builder, LLVMGetOperand(v, 0), limit, depth - 1); break;
    case LLVMPHI:
    case LLVMLoad:
        if (stays_below(&c, v))
            for (unsigned i = 0; i < c.values.n; i++)
                assume(p, builder, c.values.at[i], limit);
        break;
    default: break;
    }
}

/* (v + step) % limit with v below the limit: its two cases side by side, the one where it wraps found by v itself. */
static void wrap_around(LLVMBuilderRef builder, LLVMValueRef remainder, LLVMValueRef v,
                        uint64_t step)
{
    const uint64_t limit = LLVMConstIntGetZExtValue(LLVMGetOperand(remainder, 1));
    LLVMTypeRef type = LLVMTypeOf(v);
    LLVMValueRef first = LLVMConstInt(type, limit - step, false); /* that wraps */
    LLVMPositionBuilderBefore(builder, remainder);
    LLVMValueRef wraps = LLVMBuildICmp(builder, step == 1 ? LLVMIntEQ : LLVMIntUGE, v, first, "");
    LLVMValueRef wrapped = LLVMBuildSub(builder, v, first, "");
    LLVMValueRef next = LLVMBuildSelect(builder, wraps, wrapped, LLVMGetOperand(remainder, 0), "");
    LLVMReplaceAllUsesWith(remainder, next);
}

static bool is_wrap_around(struct program *p, LLVMValueRef remainder)
{
    struct claim c = {.p = p, .limit = LLVMConstIntGetZExtValue(LLVMGetOperand(remainder, 1))};
    LLVMValueRef sum = LLVMGetOperand(remainder, 0);
    return is_opcode(sum, LLVMAdd) && is_below(LLVMGetOperand(sum, 1), c.limit) &&
           is_signed_safe(sum, 2 * c.limit) && stays_below(&c, LLVMGetOperand(sum, 0));
}

static void tell_all(struct program *p, LLVMBuilderRef builder, value_vec *remainders)
{
    for (unsigned i = 0; i < remainders->n; i++) {
        LLVMValueRef r = remainders->at[i];
        tell(p, builder, LLVMGetOperand(r, 0), LLVMConstIntGetZExtValue(LLVMGetOperand(r, 1)),
             MOST_SUMS);
    }
}

static value_vec remainders_of(struct program *p)
{
    value_vec found = {0};
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if ((is_opcode(i, LLVMURem) || is_opcode(i, LLVMSRem)) &&
                is_below(LLVMGetOperand(i, 1), UINT32_MAX) &&
                LLVMConstIntGetZExtValue(LLVMGetOperand(i, 1)) > 0)
                VEC_PUSH(p->arena, &found, i);
    return found;
}

bool remainder_tell(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    value_vec all = remainders_of(p), wrap = {0};
    tell_all(p, builder, &all);
    for (unsigned i = 0; i < all.n; i++) /* proofs first: they need the remainders */
        if (is_wrap_around(p, all.at[i]))
            VEC_PUSH(p->arena, &wrap, all.at[i]);
    for (unsigned i = 0; i < wrap.n; i++) {
        LLVMValueRef sum = LLVMGetOperand(wrap.at[i], 0);
        wrap_around(builder, wrap.at[i], LLVMGetOperand(sum, 0),
                    LLVMConstIntGetZExtValue(LLVMGetOperand(sum, 1)));
    }
    LLVMDisposeBuilder(builder);
    return LLVMGetNamedFunction(p->module, "llvm.assume") != NULL;
}

void remainder_bound(struct program *p)
{
    LLVMValueRef function = LLVMGetNamedFunction(p->module, "llvm.assume");
    for (LLVMUseRef u = function ? LLVMGetFirstUse(function) : NULL, next; u; u = next) {
        LLVMValueRef call = LLVMGetUser(u), below = LLVMGetOperand(call, 0);
        next = LLVMGetNextUse(u);
        LLVMBasicBlockRef at = LLVMGetInstructionParent(call);
        LLVMInstructionEraseFromParent(call);
        if (!LLVMIsAICmpInst(below) || LLVMGetICmpPredicate(below) != LLVMIntULT)
            continue;
        LLVMValueRef v = LLVMGetOperand(below, 0), limit = LLVMGetOperand(below, 1);
        if (!LLVMGetFirstUse(below))
            LLVMInstructionEraseFromParent(below);
        const bool is_plain =
            (LLVMIsAPHINode(v) || LLVMIsALoadInst(v)) && LLVMGetFirstUse(v) &&
            LLVMGetInstructionParent(v) == at; /* else it holds on some ways only */
        if (is_plain && is_below(limit, UINT32_MAX) &&
            is_signed_safe(v, LLVMConstIntGetZExtValue(limit))) /* a bound is of signed numbers */
            bound_name(p, v, (int64_t)LLVMConstIntGetZExtValue(limit) - 1);
    }
}
