/* choose.c -- pointers into one of several arrays, as of two buffers that change places: a number chooses the array of each
 * access. */
#include <llvm-c/DebugInfo.h>

#include "web.h"

/* What is done with pointers of a web. */
struct pointer_uses {
    value_vec accesses, comparisons;
};

static bool is_comparison(const struct web *w, LLVMValueRef v)
{
    return LLVMIsAICmpInst(v) && map_get(&w->seen, lower_array_of(LLVMGetOperand(v, 0))) &&
           map_get(&w->seen, lower_array_of(LLVMGetOperand(v, 1)));
}

/* False if there are other uses than these and joins of the web. */
static bool find_uses(const struct web *w, LLVMValueRef pointer, struct pointer_uses *uses)
{
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool loads = LLVMIsALoadInst(user);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) != pointer;
        if (loads || stores)
            VEC_PUSH(w->p->arena, &uses->accesses, user);
        else if (is_comparison(w, user))
            VEC_PUSH(w->p->arena, &uses->comparisons, user);
        else if (!map_get(&w->seen, user) && (!lower_is_gep(user) || !find_uses(w, user, uses)))
            return false;
    }
    return true;
}

static bool is_of_row(struct web *w, LLVMValueRef access)
{
    return lower_accessed_type(access) == w->row && web_moves_by_rows(w, lower_pointer_of(access));
}

static bool same_rows(struct web *w)
{
    LLVMTypeRef row = w->row;
    for (unsigned i = 0; i < w->arrays.n; i++) {
        web_find_row(w, w->arrays.at[i]);
        if (w->row != row)
            return false;
    }
    return true;
}

/* ---- an access as a function of the array's number, the index and all arrays, to be inlined ---- */

enum { WHICH, INDEX, WORD, FIRST_ARRAY }; /* its parameters; a load ignores the word */

static LLVMValueRef declare_access(struct web *w, bool stores)
{
    struct program *p = w->p;
    const unsigned n = FIRST_ARRAY + w->arrays.n;
    LLVMTypeRef *types = arena_alloc(p->arena, n * sizeof *types);
    types[WHICH] = types[INDEX] = w->number;
    types[WORD] = w->row;
    for (unsigned i = 0; i < w->arrays.n; i++)
        types[FIRST_ARRAY + i] = LLVMPointerTypeInContext(p->context, 0);
    LLVMTypeRef result = stores ? LLVMVoidTypeInContext(p->context) : w->row;
    LLVMValueRef f =
        LLVMAddFunction(p->module, "__hlsc_choose", LLVMFunctionType(result, types, n, false));
    LLVMSetLinkage(f, LLVMInternalLinkage);
    front_add_attribute(p, f, LLVMAttributeFunctionIndex, "alwaysinline", 0);
    return f;
}

static LLVMValueRef make_access(struct web *w, bool stores)
{
    LLVMContextRef context = w->p->context;
    LLVMValueRef f = declare_access(w, stores), index = LLVMGetParam(f, INDEX);
    LLVMBasicBlockRef entry = LLVMAppendBasicBlockInContext(context, f, "entry"),
                      last = LLVMAppendBasicBlockInContext(context, f, "last");
    LLVMPositionBuilderAtEnd(w->builder, entry);
    LLVMValueRef choose = LLVMBuildSwitch(w->builder, LLVMGetParam(f, WHICH), last, w->arrays.n);
    for (unsigned i = 0; i < w->arrays.n; i++) {
        const bool is_last = i + 1 == w->arrays.n;
        LLVMBasicBlockRef at = is_last ? last : LLVMAppendBasicBlockInContext(context, f, "array");
        if (!is_last)
            LLVMAddCase(choose, LLVMConstInt(w->number, i, false), at);
        LLVMPositionBuilderAtEnd(w->builder, at);
        LLVMValueRef place =
            LLVMBuildGEP2(w->builder, w->row, LLVMGetParam(f, FIRST_ARRAY + i), &index, 1, "");
        if (stores) {
            LLVMBuildStore(w->builder, LLVMGetParam(f, WORD), place);
            LLVMBuildRetVoid(w->builder);
        } else {
            LLVMBuildRet(w->builder, LLVMBuildLoad2(w->builder, w->row, place, ""));
        }
    }
    return f;
}

static LLVMValueRef which_of(struct web *w, struct map *which, LLVMValueRef pointer)
{
    LLVMValueRef base = lower_array_of(pointer), number = map_get(which, base);
    return number ? number : LLVMConstInt(w->number, web_position(w, base), false);
}

static void replace_access(struct web *w, struct map *which, LLVMValueRef access)
{
    const bool stores = LLVMIsAStoreInst(access);
    const unsigned n = FIRST_ARRAY + w->arrays.n;
    LLVMValueRef pointer = lower_pointer_of(access), f = make_access(w, stores);
    LLVMValueRef *args = arena_alloc(w->p->arena, n * sizeof *args);
    args[WHICH] = which_of(w, which, pointer);
    args[INDEX] = web_index(w, pointer, access);
    args[WORD] = stores ? LLVMGetOperand(access, 0) : LLVMGetUndef(w->row);
    for (unsigned i = 0; i < w->arrays.n; i++)
        args[FIRST_ARRAY + i] = w->arrays.at[i];
    LLVMPositionBuilderBefore(w->builder, access);
    LLVMSetCurrentDebugLocation2(w->builder, LLVMInstructionGetDebugLoc(access));
    LLVMValueRef call = LLVMBuildCall2(w->builder, LLVMGlobalGetValueType(f), f, args, n, "");
    LLVMSetCurrentDebugLocation2(w->builder, NULL);
    if (!stores)
        LLVMReplaceAllUsesWith(access, call);
    LLVMInstructionEraseFromParent(access);
}

/* Pointers into different arrays are compared for equality only. */
static void replace_comparison(struct web *w, struct map *which, LLVMValueRef compare)
{
    LLVMValueRef a = LLVMGetOperand(compare, 0), b = LLVMGetOperand(compare, 1);
    const LLVMIntPredicate order = web_order(LLVMGetICmpPredicate(compare));
    LLVMValueRef index[2] = {web_index(w, a, compare), web_index(w, b, compare)};
    LLVMPositionBuilderBefore(w->builder, compare);
    LLVMValueRef result = LLVMBuildICmp(w->builder, order, index[0], index[1], "");
    if (order == LLVMIntEQ || order == LLVMIntNE) {
        LLVMValueRef arrays =
            LLVMBuildICmp(w->builder, order, which_of(w, which, a), which_of(w, which, b), "");
        result = order == LLVMIntEQ ? LLVMBuildAnd(w->builder, result, arrays, "")
                                    : LLVMBuildOr(w->builder, result, arrays, "");
    }
    LLVMReplaceAllUsesWith(compare, result);
}

static bool all_of_rows(struct web *w, const struct pointer_uses *uses)
{
    for (unsigned i = 0; i < uses->accesses.n; i++)
        if (!is_of_row(w, uses->accesses.at[i]))
            return false;
    for (unsigned i = 0; i < uses->comparisons.n; i++)
        if (!web_moves_by_rows(w, LLVMGetOperand(uses->comparisons.at[i], 0)) ||
            !web_moves_by_rows(w, LLVMGetOperand(uses->comparisons.at[i], 1)))
            return false;
    return web_all_move_by_rows(w);
}

static struct map number_arrays(struct web *w)
{
    w->counts_arrays = true;
    web_make_indices(w);
    const struct map which = w->index;
    w->index = (struct map){0};
    w->counts_arrays = false;
    return which;
}

static bool rewrite(struct web *w)
{
    struct pointer_uses uses = {0};
    web_find_row(w, w->arrays.at[0]);
    if (w->arrays.n < 2 || w->row_bytes == 0 || !same_rows(w))
        return false;
    for (unsigned i = 0; i < w->joins.n; i++)
        if (!find_uses(w, w->joins.at[i], &uses))
            return false;
    if (!all_of_rows(w, &uses))
        return false;
    struct map which = number_arrays(w);
    web_make_indices(w);
    for (unsigned i = 0; i < uses.comparisons.n; i++)
        replace_comparison(w, &which, uses.comparisons.at[i]);
    for (unsigned i = 0; i < uses.accesses.n; i++)
        replace_access(w, &which, uses.accesses.at[i]);
    for (unsigned i = 0; i < w->joins.n; i++) /* nothing but each other uses them */
        LLVMReplaceAllUsesWith(w->joins.at[i], LLVMGetUndef(LLVMTypeOf(w->joins.at[i])));
    for (unsigned i = 0; i < w->joins.n; i++)
        LLVMInstructionEraseFromParent(w->joins.at[i]);
    return true;
}

bool pointer_choose(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    const bool changed = web_rewrite(p, builder, rewrite);
    LLVMDisposeBuilder(builder);
    return changed;
}
