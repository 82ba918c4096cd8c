/* pointer.c -- pointers that move become indices. A pointer that a loop carries on, `*p++`, or that is one of two, is rewritten to
 * its array and an index, if there is one array that it can point into. */
#include <string.h>

#include "lower.h"

/* Phis and selections of pointers that are made of each other. */
struct web {
    struct program *p;
    LLVMBuilderRef builder;
    LLVMTypeRef number; /* of an index */
    value_vec joins;
    struct map seen;
    struct map index; /* of a join */
    LLVMValueRef array;
    LLVMTypeRef row; /* that an index counts */
    uint64_t row_bytes;
};

static bool is_join(LLVMValueRef v)
{
    return (LLVMIsAPHINode(v) || LLVMIsASelectInst(v)) &&
           LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind;
}

static LLVMTypeRef element_of(LLVMTypeRef type)
{
    while (LLVMGetTypeKind(type) == LLVMArrayTypeKind)
        type = LLVMGetElementType(type);
    return type;
}

/* What an array parameter consists of: structs that are indexed, or what is loaded and stored. */
static LLVMTypeRef row_of_parameter(const struct web *w)
{
    LLVMTypeRef row = NULL;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(w->p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            const bool loads = LLVMIsALoadInst(i), stores = LLVMIsAStoreInst(i);
            LLVMValueRef base = loads             ? LLVMGetOperand(i, 0)
                                : stores          ? LLVMGetOperand(i, 1)
                                : lower_is_gep(i) ? i
                                                  : NULL;
            base = base ? lower_array_of(base) : NULL;
            if (!base || (base != w->array && !map_get(&w->seen, base)))
                continue;
            LLVMTypeRef type = lower_is_gep(i) ? element_of(LLVMGetGEPSourceElementType(i))
                               : loads         ? LLVMTypeOf(i)
                                               : LLVMTypeOf(LLVMGetOperand(i, 0));
            if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
                return type;
            row = loads || stores ? type : row;
        }
    return row;
}

static void find_row(struct web *w)
{
    LLVMValueRef a = w->array;
    w->row = LLVMIsAGlobalVariable(a) ? element_of(LLVMGlobalGetValueType(a))
             : LLVMIsAAllocaInst(a)   ? element_of(LLVMGetAllocatedType(a))
                                      : row_of_parameter(w);
    w->row_bytes = w->row ? size_of(w->p, w->row) : 0;
}

/* ---- which pointers belong together ---- */

static bool is_array(LLVMValueRef v)
{
    return LLVMIsAGlobalVariable(v) || LLVMIsAAllocaInst(v) || LLVMIsAArgument(v);
}

static bool add_pointer(struct web *w, LLVMValueRef v)
{
    v = lower_array_of(v);
    if (is_join(v)) {
        if (!map_get(&w->seen, v))
            VEC_PUSH(w->p->arena, &w->joins, v);
        map_put(w->p->arena, &w->seen, v, v);
        return true;
    }
    const bool is_array = LLVMIsAGlobalVariable(v) || LLVMIsAAllocaInst(v) || LLVMIsAArgument(v);
    if (!is_array || (w->array && w->array != v))
        return false;
    w->array = v;
    return true;
}

static unsigned first_pointer(LLVMValueRef join)
{
    return LLVMIsASelectInst(join) ? 1 : 0;
}

static bool collect(struct web *w, LLVMValueRef join)
{
    bool known = add_pointer(w, join);
    for (unsigned i = 0; known && i < w->joins.n; i++)
        for (unsigned k = first_pointer(w->joins.at[i]);
             known && k < (unsigned)LLVMGetNumOperands(w->joins.at[i]); k++)
            known = add_pointer(w, LLVMGetOperand(w->joins.at[i], k));
    return known && w->array;
}

/* ---- steps of whole rows ---- */

/* What the pointer moves by: calls `move` for each index with the bytes that one of it is, and with no index for a constant
 * number of bytes. Returns whether all calls did. */
typedef bool (*move_function)(struct web *w, LLVMValueRef index, int64_t bytes, LLVMValueRef *sum);

static bool each_move(struct web *w, LLVMValueRef gep, move_function move, LLVMValueRef *sum)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(w->p->module);
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    int64_t bytes = 0;
    bool moved = true;
    for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(gep); k++) {
        LLVMValueRef index = LLVMGetOperand(gep, k);
        if (k > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
            const unsigned field = (unsigned)LLVMConstIntGetZExtValue(index);
            bytes += (int64_t)LLVMOffsetOfElement(layout, type, field);
            type = LLVMStructGetTypeAtIndex(type, field);
            continue;
        }
        if (k > 1)
            type = LLVMGetElementType(type);
        const int64_t each = (int64_t)size_of(w->p, type);
        if (LLVMIsAConstantInt(index))
            bytes += LLVMConstIntGetSExtValue(index) * each;
        else
            moved &= move(w, index, each, sum);
    }
    return moved & move(w, NULL, bytes, sum);
}

static bool is_whole(struct web *w, LLVMValueRef index, int64_t bytes, LLVMValueRef *sum)
{
    (void)index, (void)sum;
    return bytes % (int64_t)w->row_bytes == 0;
}

static bool moves_by_rows(struct web *w, LLVMValueRef v)
{
    for (; lower_is_gep(v); v = LLVMGetOperand(v, 0))
        if (!each_move(w, v, is_whole, NULL))
            return false;
    return true;
}

static bool all_move_by_rows(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++)
        for (unsigned k = first_pointer(w->joins.at[i]);
             k < (unsigned)LLVMGetNumOperands(w->joins.at[i]); k++)
            if (!moves_by_rows(w, LLVMGetOperand(w->joins.at[i], k)))
                return false;
    return true;
}

/* ---- indices in their place ---- */

static bool add_move(struct web *w, LLVMValueRef index, int64_t bytes, LLVMValueRef *sum)
{
    const int64_t rows = bytes / (int64_t)w->row_bytes;
    LLVMValueRef by = LLVMConstInt(w->number, (uint64_t)rows, true);
    if (index)
        by = LLVMBuildMul(w->builder, LLVMBuildIntCast2(w->builder, index, w->number, true, ""), by,
                          "");
    *sum = LLVMBuildAdd(w->builder, *sum, by, "");
    return true;
}

static LLVMValueRef make_selection(struct web *w, LLVMValueRef select);

/* Of the pointer v, built before `at`. */
static LLVMValueRef make_index(struct web *w, LLVMValueRef v, LLVMValueRef at)
{
    LLVMValueRef base = lower_array_of(v), sum = LLVMConstInt(w->number, 0, false);
    if (base != w->array) {
        sum = map_get(&w->index, base);
        sum = sum ? sum : make_selection(w, base);
    }
    LLVMPositionBuilderBefore(w->builder, at);
    for (; lower_is_gep(v); v = LLVMGetOperand(v, 0))
        each_move(w, v, add_move, &sum);
    return sum;
}

static LLVMValueRef make_selection(struct web *w, LLVMValueRef select)
{
    LLVMValueRef a = make_index(w, LLVMGetOperand(select, 1), select);
    LLVMValueRef b = make_index(w, LLVMGetOperand(select, 2), select);
    LLVMPositionBuilderBefore(w->builder, select);
    LLVMValueRef index = LLVMBuildSelect(w->builder, LLVMGetOperand(select, 0), a, b, "");
    map_put(w->p->arena, &w->index, select, index);
    return index;
}

static void make_phi(struct web *w, LLVMValueRef phi)
{
    size_t length;
    LLVMPositionBuilderBefore(w->builder, phi);
    map_put(w->p->arena, &w->index, phi,
            LLVMBuildPhi(w->builder, w->number, LLVMGetValueName2(phi, &length)));
}

static void fill_phi(struct web *w, LLVMValueRef phi)
{
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, i);
        LLVMValueRef index =
            make_index(w, LLVMGetIncomingValue(phi, i), LLVMGetBasicBlockTerminator(from));
        LLVMAddIncoming(map_get(&w->index, phi), &index, &from, 1);
    }
}

static void make_indices(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++)
        if (LLVMIsAPHINode(w->joins.at[i]))
            make_phi(w, w->joins.at[i]);
    for (unsigned i = 0; i < w->joins.n; i++)
        if (LLVMIsAPHINode(w->joins.at[i]))
            fill_phi(w, w->joins.at[i]);
        else if (!map_get(&w->index, w->joins.at[i]))
            make_selection(w, w->joins.at[i]);
}

static void replace_joins(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++) {
        LLVMValueRef join = w->joins.at[i], index = map_get(&w->index, join), at = join;
        while (LLVMIsAPHINode(at))
            at = LLVMGetNextInstruction(at);
        LLVMPositionBuilderBefore(w->builder, at);
        LLVMReplaceAllUsesWith(join,
                               LLVMBuildInBoundsGEP2(w->builder, w->row, w->array, &index, 1, ""));
    }
    for (unsigned i = 0; i < w->joins.n; i++)
        LLVMInstructionEraseFromParent(w->joins.at[i]);
}

/* ---- the function ---- */

/* A row of banks is more than an index can choose. */
static bool has_banks(struct program *p, LLVMValueRef array)
{
    const struct annotation *a = annotation_of(p, array);
    return a && a->partition;
}

static bool rewrite(struct program *p, LLVMBuilderRef builder, LLVMValueRef join)
{
    struct web w = {.p = p, .builder = builder, .number = LLVMInt32TypeInContext(p->context)};
    if (!collect(&w, join) || has_banks(p, w.array))
        return false;
    find_row(&w);
    if (w.row_bytes == 0 || !all_move_by_rows(&w))
        return false;
    make_indices(&w);
    replace_joins(&w);
    return true;
}

/* The next join that is not among the n that stay. */
static LLVMValueRef next_join(struct program *p, const struct map *stays)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (is_join(i) && !map_get(stays, i))
                return i;
    return NULL;
}

static bool rewrite_joins(struct program *p, LLVMBuilderRef builder)
{
    struct map stays = {0};
    bool changed = false;
    for (LLVMValueRef join; (join = next_join(p, &stays));) {
        const bool rewritten = rewrite(p, builder, join);
        if (!rewritten)
            map_put(p->arena, &stays, join, join);
        changed |= rewritten;
    }
    return changed;
}

/* ---- comparisons and differences of pointers into one array ---- */

static LLVMIntPredicate of_indices(LLVMIntPredicate of_pointers)
{
    switch (of_pointers) {
    case LLVMIntULT: return LLVMIntSLT;
    case LLVMIntULE: return LLVMIntSLE;
    case LLVMIntUGT: return LLVMIntSGT;
    case LLVMIntUGE: return LLVMIntSGE;
    default: return of_pointers;
    }
}

/* a and b as indices of the same array, where they are. */
static bool index_both(struct web *w, LLVMValueRef a, LLVMValueRef b, LLVMValueRef at,
                       LLVMValueRef index[2])
{
    w->array = lower_array_of(a);
    if (lower_array_of(b) != w->array || !is_array(w->array))
        return false;
    find_row(w);
    if (w->row_bytes == 0 || !moves_by_rows(w, a) || !moves_by_rows(w, b))
        return false;
    index[0] = make_index(w, a, at);
    index[1] = make_index(w, b, at);
    return true;
}

static LLVMValueRef compare_indices(struct web *w, LLVMValueRef i)
{
    LLVMValueRef a = LLVMGetOperand(i, 0), b = LLVMGetOperand(i, 1), index[2];
    if (LLVMGetTypeKind(LLVMTypeOf(a)) != LLVMPointerTypeKind || !index_both(w, a, b, i, index))
        return NULL;
    return LLVMBuildICmp(w->builder, of_indices(LLVMGetICmpPredicate(i)), index[0], index[1], "");
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
            struct web w = {
                .p = p, .builder = builder, .number = LLVMInt32TypeInContext(p->context)};
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
    const bool joins = rewrite_joins(p, builder), comparisons = rewrite_comparisons(p, builder);
    LLVMDisposeBuilder(builder);
    return joins || comparisons;
}
