/* pointer.c -- pointers that move become indices. A pointer that a loop carries on, `*p++`, or that is one of two, is rewritten to
 * its array and an index; where it may point into several arrays, see choose.c. */
#include "web.h"

static void replace_joins(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++) {
        LLVMValueRef join = w->joins.at[i], index = map_get(&w->index, join);
        LLVMPositionBuilderBefore(w->builder, lower_place_after(join));
        LLVMReplaceAllUsesWith(
            join, LLVMBuildInBoundsGEP2(w->builder, w->row, w->arrays.at[0], &index, 1, ""));
    }
    for (unsigned i = 0; i < w->joins.n; i++)
        LLVMInstructionEraseFromParent(w->joins.at[i]);
}

/* A row of banks is more than an index can choose. */
static bool has_banks(struct program *p, LLVMValueRef array)
{
    const struct annotation *a = annotation_of(p, array);
    return a && a->partition;
}

static bool rewrite(struct web *w)
{
    if (w->arrays.n > 1 || has_banks(w->p, w->arrays.at[0]))
        return false;
    web_find_row(w, w->arrays.at[0]);
    if (w->row_bytes == 0 || !web_all_move_by_rows(w))
        return false;
    web_make_indices(w);
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

static LLVMValueRef compare_indices(struct web *w, LLVMValueRef i)
{
    LLVMValueRef a = LLVMGetOperand(i, 0), b = LLVMGetOperand(i, 1), index[2];
    if (LLVMGetTypeKind(LLVMTypeOf(a)) != LLVMPointerTypeKind || !index_both(w, a, b, i, index))
        return NULL;
    return LLVMBuildICmp(w->builder, web_order(LLVMGetICmpPredicate(i)), index[0], index[1], "");
}

static LLVMValueRef subtract_indices(struct web *w, LLVMValueRef i)
{
    LLVMValueRef a = LLVMGetOperand(i, 0), b = LLVMGetOperand(i, 1), index[2];
    if (!LLVMIsAPtrToIntInst(a) || !LLVMIsAPtrToIntInst(b) || LLVMTypeOf(i) != w->number ||
        !index_both(w, LLVMGetOperand(a, 0), LLVMGetOperand(b, 0), i, index))
        return NULL;
    LLVMValueRef rows = LLVMBuildSub(w->builder, index[0], index[1], "");
    return LLVMBuildNSWMul(w->builder, rows, LLVMConstInt(w->number, w->row_bytes, false), "");
}

static bool rewrite_comparisons(struct program *p, LLVMBuilderRef builder)
{
    bool changed = false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            struct web w = web_begin(p, builder);
            const bool subtracts =
                LLVMIsABinaryOperator(i) && LLVMGetInstructionOpcode(i) == LLVMSub;
            LLVMValueRef by_index = LLVMIsAICmpInst(i) ? compare_indices(&w, i)
                                    : subtracts        ? subtract_indices(&w, i)
                                                       : NULL;
            if (by_index)
                LLVMReplaceAllUsesWith(i, by_index);
            changed |= by_index != NULL;
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
