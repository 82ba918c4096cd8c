/* pointer.c -- pointers that move become indices. A pointer that a loop carries on, `*p++`, or that is one of two, is rewritten to
 * its array and an index; where it may point into several arrays, see choose.c. */
#include "web.h"

static void replace_joins(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++) {
        LLVMValueRef join = w->joins.at[i], index = map_get(&w->index, join);
        LLVMPositionBuilderBefore(w->builder, lower_place_after(join));
        LLVMValueRef array = w->arrays.at[0];
        LLVMReplaceAllUsesWith(
            join, w->has_null ? LLVMBuildGEP2(w->builder, w->row, array, &index, 1, "")
                              : LLVMBuildInBoundsGEP2(w->builder, w->row, array, &index, 1, ""));
    }
    for (unsigned i = 0; i < w->joins.n; i++)
        LLVMInstructionEraseFromParent(w->joins.at[i]);
}

/* A pointer that may be none is known for it within its web alone: by its index. */
static bool stays_within(const struct web *w, LLVMValueRef pointer)
{
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool leaves =
            LLVMIsAICmpInst(user)
                ? !web_asks_null(user) &&
                      !(map_get(&w->seen, lower_array_of(LLVMGetOperand(user, 0))) &&
                        map_get(&w->seen, lower_array_of(LLVMGetOperand(user, 1))))
                : (web_is_join(user) && !map_get(&w->seen, user)) ||
                      (lower_is_gep(user) && !stays_within(w, user));
        if (leaves)
            return false;
    }
    return true;
}

/* An address in an array is never 0: what asks for that asks the index. */
static void ask_indices(struct web *w, LLVMValueRef join)
{
    value_vec asking = {0};
    for (LLVMUseRef u = LLVMGetFirstUse(join); u; u = LLVMGetNextUse(u))
        if (web_asks_null(LLVMGetUser(u)))
            VEC_PUSH(w->p->arena, &asking, LLVMGetUser(u));
    for (unsigned i = 0; i < asking.n; i++) {
        LLVMValueRef ask = asking.at[i], none = LLVMGetOperand(ask, 1);
        LLVMValueRef index[2] = {web_index(w, join, ask), web_index(w, none, ask)};
        LLVMPositionBuilderBefore(w->builder, ask);
        LLVMReplaceAllUsesWith(
            ask, LLVMBuildICmp(w->builder, LLVMGetICmpPredicate(ask), index[0], index[1], ""));
        LLVMInstructionEraseFromParent(ask);
    }
}

static bool rewrite(struct web *w)
{
    if (w->arrays.n > 1)
        return false;
    web_find_row(w, w->arrays.at[0]);
    if (w->row_bytes == 0 || !web_all_move_by_rows(w))
        return false;
    for (unsigned i = 0; w->has_null && i < w->joins.n; i++)
        if (!stays_within(w, w->joins.at[i]))
            return false;
    web_make_indices(w);
    for (unsigned i = 0; i < w->joins.n; i++)
        ask_indices(w, w->joins.at[i]);
    replace_joins(w);
    return true;
}

/* ---- comparisons and differences of pointers into one array ---- */

/* a and b as indices of the same array, where they are. */
static bool index_both(struct web *w, LLVMValueRef a, LLVMValueRef b, LLVMValueRef at,
                       LLVMValueRef index[2])
{
    LLVMValueRef array = lower_array_of(a);
    if (lower_array_of(b) != array || !web_is_array(array))
        return false;
    web_find_row(w, array);
    if (w->row_bytes == 0 || !web_moves_by_rows(w, a) || !web_moves_by_rows(w, b))
        return false;
    index[0] = web_index(w, a, at);
    index[1] = web_index(w, b, at);
    return true;
}

/* Nothing is in two arrays. */
static LLVMValueRef compare_arrays(LLVMValueRef i, LLVMValueRef a, LLVMValueRef b)
{
    const LLVMIntPredicate how = LLVMGetICmpPredicate(i);
    a = lower_array_of(a);
    b = lower_array_of(b);
    const bool differ = a != b && web_is_array(a) && web_is_array(b);
    return differ && (how == LLVMIntEQ || how == LLVMIntNE)
               ? LLVMConstInt(LLVMTypeOf(i), how == LLVMIntNE, false)
               : NULL;
}

static LLVMValueRef compare_indices(struct web *w, LLVMValueRef i)
{
    LLVMValueRef a = LLVMGetOperand(i, 0), b = LLVMGetOperand(i, 1), index[2];
    if (LLVMGetTypeKind(LLVMTypeOf(a)) != LLVMPointerTypeKind)
        return NULL;
    if (!index_both(w, a, b, i, index))
        return compare_arrays(i, a, b);
    return LLVMBuildICmp(w->builder, web_order(LLVMGetICmpPredicate(i)), index[0], index[1], "");
}

static LLVMValueRef subtract_indices(struct web *w, LLVMValueRef i)
{
    LLVMValueRef a = web_addressed(LLVMGetOperand(i, 0)), b = web_addressed(LLVMGetOperand(i, 1)),
                 index[2];
    if (!a || !b || !index_both(w, a, b, i, index))
        return NULL;
    return web_difference(w, index, LLVMTypeOf(i));
}

/* With the numbers of addresses that were made for it: nothing more is asked of the pointers then. */
static void erase_pair(LLVMValueRef pair)
{
    LLVMValueRef number[2] = {LLVMGetOperand(pair, 0), LLVMGetOperand(pair, 1)};
    LLVMInstructionEraseFromParent(pair);
    for (unsigned k = number[0] == number[1]; k < 2; k++)
        if (LLVMIsAPtrToIntInst(number[k]) && !LLVMGetFirstUse(number[k]))
            LLVMInstructionEraseFromParent(number[k]);
}

static bool rewrite_comparisons(struct program *p, LLVMBuilderRef builder)
{
    bool changed = false;
    LLVMValueRef next;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
            next = LLVMGetNextInstruction(i);
            struct web w = web_begin(p, builder);
            LLVMValueRef by_index = LLVMIsAICmpInst(i) ? compare_indices(&w, i)
                                    : web_subtracts(i) ? subtract_indices(&w, i)
                                                       : NULL;
            if (!by_index)
                continue;
            LLVMReplaceAllUsesWith(i, by_index);
            erase_pair(i);
            changed = true;
        }
    return changed;
}

bool pointer_index(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    const bool joins = web_rewrite(p, builder, rewrite),
               comparisons = rewrite_comparisons(p, builder);
    LLVMDisposeBuilder(builder);
    return joins || comparisons;
}

/* ---- addresses where they are used ---- */

static bool is_member(struct program *p, LLVMValueRef gep)
{
    LLVMValueRef array = lower_array_of(gep);
    struct web w = web_begin(p, NULL);
    if (!LLVMIsAGetElementPtrInst(gep) || !web_is_array(array))
        return false;
    web_find_row(&w, array);
    return w.row && LLVMGetTypeKind(w.row) == LLVMStructTypeKind;
}

static void sink_address(LLVMBuilderRef builder, LLVMValueRef user, unsigned operand)
{
    LLVMValueRef pointer = LLVMGetOperand(user, operand);
    if (!LLVMIsAGetElementPtrInst(pointer))
        return;
    if (LLVMGetInstructionParent(pointer) != LLVMGetInstructionParent(user)) {
        LLVMValueRef own = LLVMInstructionClone(pointer);
        LLVMPositionBuilderBefore(builder, user);
        LLVMInsertIntoBuilder(builder, own);
        LLVMSetOperand(user, operand, own);
        pointer = own;
    }
    sink_address(builder, pointer, 0);
}

void pointer_sink_addresses(struct program *p, bool of_members)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v)) {
            const bool accesses = LLVMIsALoadInst(v) || LLVMIsAStoreInst(v);
            if (accesses && (!of_members || is_member(p, lower_pointer_of(v))))
                sink_address(builder, v, LLVMIsAStoreInst(v) ? 1 : 0);
        }
    LLVMDisposeBuilder(builder);
}
