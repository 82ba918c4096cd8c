/* choose.c -- pointers into one of several arrays, as of two buffers that change places: a number chooses the array of each
 * access. */
#include <llvm-c/DebugInfo.h>

#include "web.h"

/* What is done with pointers of a web. */
struct pointer_uses {
    value_vec accesses, pairs; /* that are compared or subtracted */
    struct map listed;         /* pairs */
};

static void add_pair(const struct web *w, struct pointer_uses *uses, LLVMValueRef user)
{
    if (!map_get(&uses->listed, user))
        VEC_PUSH(w->p->arena, &uses->pairs, user);
    map_put(w->p->arena, &uses->listed, user, user);
}

/* One of the two pointers that are compared or subtracted, or NULL. */
static LLVMValueRef pointer_of(LLVMValueRef pair, unsigned operand)
{
    LLVMValueRef v = LLVMGetOperand(pair, operand);
    return LLVMIsAICmpInst(pair) ? v : web_addressed(v);
}

static bool is_pair(struct web *w, LLVMValueRef user)
{
    if (!LLVMIsAICmpInst(user) && !web_subtracts(user))
        return false;
    LLVMValueRef a = pointer_of(user, 0), b = pointer_of(user, 1);
    return a && b && (web_asks_null(user) || (web_takes(w, a) && web_takes(w, b)));
}

/* The address as a number: false if more is done with it than to subtract it. */
static bool find_differences(struct web *w, LLVMValueRef number, struct pointer_uses *uses)
{
    for (LLVMUseRef u = LLVMGetFirstUse(number); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (is_pair(w, user))
            add_pair(w, uses, user);
        else if (!LLVMIsATruncInst(user) || !find_differences(w, user, uses))
            return false;
    }
    return true;
}

/* False if there are other uses than these and joins. */
static bool find_uses(struct web *w, LLVMValueRef pointer, struct pointer_uses *uses)
{
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool loads = LLVMIsALoadInst(user);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) != pointer;
        if (loads || stores)
            VEC_PUSH(w->p->arena, &uses->accesses, user);
        else if (is_pair(w, user))
            add_pair(w, uses, user);
        else if (web_is_number(user) ? !find_differences(w, user, uses)
                 : web_is_join(user) ? !web_takes(w, user)
                                     : !lower_is_gep(user) || !find_uses(w, user, uses))
            return false;
    }
    return true;
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

/* ---- an access as a function of the array's number and the place in each, to be inlined ---- */

enum { WHICH, WORD, FIRST_PLACE }; /* its parameters; a load ignores the word */

static LLVMValueRef declare_access(struct web *w, LLVMTypeRef word, bool stores)
{
    struct program *p = w->p;
    const unsigned n = FIRST_PLACE + w->arrays.n;
    LLVMTypeRef *types = arena_alloc(p->arena, n * sizeof *types);
    types[WHICH] = w->number;
    types[WORD] = word;
    for (unsigned i = 0; i < w->arrays.n; i++)
        types[FIRST_PLACE + i] = LLVMPointerTypeInContext(p->context, 0);
    LLVMTypeRef result = stores ? LLVMVoidTypeInContext(p->context) : word;
    LLVMValueRef f =
        LLVMAddFunction(p->module, "__hlsc_choose", LLVMFunctionType(result, types, n, false));
    LLVMSetLinkage(f, LLVMInternalLinkage);
    front_add_attribute(p, f, LLVMAttributeFunctionIndex, "alwaysinline", 0);
    return f;
}

static LLVMValueRef make_access(struct web *w, LLVMTypeRef word, bool stores)
{
    LLVMContextRef context = w->p->context;
    LLVMValueRef f = declare_access(w, word, stores);
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
        LLVMValueRef place = LLVMGetParam(f, FIRST_PLACE + i);
        if (stores) {
            LLVMBuildStore(w->builder, LLVMGetParam(f, WORD), place);
            LLVMBuildRetVoid(w->builder);
        } else {
            LLVMBuildRet(w->builder, LLVMBuildLoad2(w->builder, word, place, ""));
        }
    }
    return f;
}

static LLVMValueRef which_of(struct web *w, struct map *which, LLVMValueRef pointer)
{
    LLVMValueRef base = lower_array_of(pointer), number = map_get(which, base);
    return number ? number : LLVMConstInt(w->number, web_position(w, base), false);
}

static bool has_one_row(const struct web *w, LLVMValueRef array)
{
    LLVMTypeRef type = LLVMIsAGlobalVariable(array) ? LLVMGlobalGetValueType(array)
                       : LLVMIsAAllocaInst(array)   ? LLVMGetAllocatedType(array)
                                                    : NULL;
    return type && size_of(w->p, type) == w->row_bytes;
}

/* The address in another array: the same row of it, and the same way on from there. */
static LLVMValueRef place_in(struct web *w, LLVMValueRef pointer, LLVMValueRef array,
                             LLVMValueRef access)
{
    if (!lower_is_gep(pointer) || web_moves_by_rows(w, pointer)) {
        if (has_one_row(w, array))
            return array;
        LLVMValueRef index = web_index(w, pointer, access);
        LLVMPositionBuilderBefore(w->builder, access);
        return LLVMBuildGEP2(w->builder, w->row, array, &index, 1, "");
    }
    value_vec steps = {0};
    for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(pointer); k++)
        VEC_PUSH(w->p->arena, &steps, LLVMGetOperand(pointer, k));
    LLVMValueRef base = place_in(w, LLVMGetOperand(pointer, 0), array, access);
    LLVMPositionBuilderBefore(w->builder, access);
    return LLVMBuildInBoundsGEP2(w->builder, LLVMGetGEPSourceElementType(pointer), base, steps.at,
                                 steps.n, "");
}

static void replace_access(struct web *w, struct map *which, LLVMValueRef access)
{
    const bool stores = LLVMIsAStoreInst(access);
    const unsigned n = FIRST_PLACE + w->arrays.n;
    LLVMTypeRef word = lower_accessed_type(access);
    LLVMValueRef pointer = lower_pointer_of(access), f = make_access(w, word, stores);
    LLVMValueRef *args = arena_alloc(w->p->arena, n * sizeof *args);
    args[WHICH] = which_of(w, which, pointer);
    args[WORD] = stores ? LLVMGetOperand(access, 0) : LLVMGetUndef(word);
    for (unsigned i = 0; i < w->arrays.n; i++)
        args[FIRST_PLACE + i] = place_in(w, pointer, w->arrays.at[i], access);
    LLVMPositionBuilderBefore(w->builder, access);
    LLVMSetCurrentDebugLocation2(w->builder, LLVMInstructionGetDebugLoc(access));
    LLVMValueRef call = LLVMBuildCall2(w->builder, LLVMGlobalGetValueType(f), f, args, n, "");
    LLVMSetCurrentDebugLocation2(w->builder, NULL);
    if (!stores)
        LLVMReplaceAllUsesWith(access, call);
    LLVMInstructionEraseFromParent(access);
}

/* Pointers into different arrays are compared for equality only. */
static LLVMValueRef compare(struct web *w, struct map *which, LLVMValueRef user,
                            LLVMValueRef index[2])
{
    const LLVMIntPredicate order = web_order(LLVMGetICmpPredicate(user));
    LLVMValueRef result = LLVMBuildICmp(w->builder, order, index[0], index[1], "");
    if (order != LLVMIntEQ && order != LLVMIntNE)
        return result;
    LLVMValueRef arrays =
        LLVMBuildICmp(w->builder, order, which_of(w, which, LLVMGetOperand(user, 0)),
                      which_of(w, which, LLVMGetOperand(user, 1)), "");
    return order == LLVMIntEQ ? LLVMBuildAnd(w->builder, result, arrays, "")
                              : LLVMBuildOr(w->builder, result, arrays, "");
}

static void replace_pair(struct web *w, struct map *which, LLVMValueRef user)
{
    LLVMValueRef index[2] = {web_index(w, pointer_of(user, 0), user),
                             web_index(w, pointer_of(user, 1), user)};
    LLVMPositionBuilderBefore(w->builder, user);
    LLVMReplaceAllUsesWith(user, LLVMIsAICmpInst(user)
                                     ? compare(w, which, user, index)
                                     : web_difference(w, index, LLVMTypeOf(user)));
    LLVMInstructionEraseFromParent(user);
}

static bool pairs_are_rows(struct web *w, const struct pointer_uses *uses)
{
    for (unsigned i = 0; i < uses->pairs.n; i++)
        if (!web_moves_by_rows(w, pointer_of(uses->pairs.at[i], 0)) ||
            !web_moves_by_rows(w, pointer_of(uses->pairs.at[i], 1)))
            return false;
    return true;
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
    for (unsigned i = 0; i < w->joins.n; i++)
        if (!find_uses(w, w->joins.at[i], &uses))
            return false;
    web_find_row(w, w->arrays.at[0]);
    if (w->arrays.n < 2 || w->row_bytes == 0 || !same_rows(w))
        return false;
    if (!pairs_are_rows(w, &uses) || !web_all_move_by_rows(w))
        return false;
    struct map which = number_arrays(w);
    web_make_indices(w);
    for (unsigned i = 0; i < uses.pairs.n; i++)
        replace_pair(w, &which, uses.pairs.at[i]);
    for (unsigned i = 0; i < uses.accesses.n; i++)
        replace_access(w, &which, uses.accesses.at[i]);
    for (unsigned i = 0; i < w->joins.n; i++) /* nothing but each other uses them */
        LLVMReplaceAllUsesWith(w->joins.at[i], LLVMGetUndef(LLVMTypeOf(w->joins.at[i])));
    for (unsigned i = 0; i < w->joins.n; i++)
        LLVMInstructionEraseFromParent(w->joins.at[i]);
    return true;
}

/* ---- loads that the optimiser made one ---- */

/* The only use of a pointer phi: a load behind it, before which nothing is stored or called. */
static LLVMValueRef only_load(LLVMValueRef phi)
{
    LLVMUseRef use = LLVMGetFirstUse(phi);
    LLVMValueRef load = use && !LLVMGetNextUse(use) ? LLVMGetUser(use) : NULL;
    if (!load || !LLVMIsALoadInst(load))
        return NULL;
    LLVMValueRef i = LLVMGetFirstInstruction(LLVMGetInstructionParent(phi));
    while (i && i != load && !LLVMIsAStoreInst(i) && !LLVMIsACallInst(i))
        i = LLVMGetNextInstruction(i);
    return i == load ? load : NULL;
}

static void load_before(LLVMBuilderRef builder, LLVMValueRef phi, LLVMValueRef load)
{
    LLVMTypeRef type = LLVMTypeOf(load);
    LLVMPositionBuilderBefore(builder, phi);
    LLVMValueRef word = LLVMBuildPhi(builder, type, "");
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, i);
        LLVMPositionBuilderBefore(builder, LLVMGetBasicBlockTerminator(from));
        LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(load));
        LLVMValueRef each = LLVMBuildLoad2(builder, type, LLVMGetIncomingValue(phi, i), "");
        LLVMSetCurrentDebugLocation2(builder, NULL);
        LLVMAddIncoming(word, &each, &from, 1);
    }
    LLVMReplaceAllUsesWith(load, word);
    LLVMInstructionEraseFromParent(load);
    LLVMInstructionEraseFromParent(phi);
}

void pointer_split_loads(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    LLVMValueRef next;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i && LLVMIsAPHINode(i); i = next) {
            next = LLVMGetNextInstruction(i);
            LLVMValueRef load = web_is_join(i) ? only_load(i) : NULL;
            if (load)
                load_before(builder, i, load);
        }
    LLVMDisposeBuilder(builder);
}

/* ---- all pointers ---- */

/* Is the object made of several memories, which have to be known before the optimiser joins their addresses? */
static bool rewrite_shaped(struct web *w)
{
    web_find_row(w, w->arrays.at[0]);
    bool is_shaped = w->row && LLVMGetTypeKind(w->row) == LLVMStructTypeKind;
    for (unsigned i = 0; i < w->arrays.n; i++) {
        const struct annotation *a = annotation_of(w->p, w->arrays.at[i]);
        is_shaped |= a && a->partition > 0;
    }
    return is_shaped && rewrite(w);
}

bool pointer_choose(struct program *p, bool shaped)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    const bool changed = web_rewrite(p, builder, shaped ? rewrite_shaped : rewrite);
    LLVMDisposeBuilder(builder);
    return changed;
}
