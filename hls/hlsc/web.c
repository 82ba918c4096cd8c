/* web.c -- pointers that are made of each other: which they are, whether they move by whole rows, and their indices. */
#include "web.h"

struct web web_begin(struct program *p, LLVMBuilderRef builder)
{
    return (struct web){.p = p, .builder = builder, .number = LLVMInt32TypeInContext(p->context)};
}

bool web_is_join(LLVMValueRef v)
{
    return (LLVMIsAPHINode(v) || LLVMIsASelectInst(v)) &&
           LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind;
}

/* What an array parameter consists of: structs that are indexed, or what is loaded and stored. */
static LLVMTypeRef row_of_parameter(const struct web *w, LLVMValueRef array)
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
            if (!base || (base != array && !map_get(&w->seen, base)))
                continue;
            LLVMTypeRef type = lower_is_gep(i) ? lower_element_of(LLVMGetGEPSourceElementType(i))
                               : loads         ? LLVMTypeOf(i)
                                               : LLVMTypeOf(LLVMGetOperand(i, 0));
            if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
                return type;
            row = loads || stores ? type : row;
        }
    return row;
}

void web_find_row(struct web *w, LLVMValueRef array)
{
    w->row = LLVMIsAGlobalVariable(array)
                 ? lower_element_of(memory_shape(w->p, LLVMGlobalGetValueType(array)))
             : LLVMIsAAllocaInst(array) ? lower_element_of(LLVMGetAllocatedType(array))
                                        : row_of_parameter(w, array);
    w->row_bytes = w->row ? size_of(w->p, w->row) : 0;
}

/* ---- which pointers belong together ---- */

bool web_is_array(LLVMValueRef v)
{
    return LLVMIsAGlobalVariable(v) || LLVMIsAAllocaInst(v) || LLVMIsAArgument(v);
}

static bool add_pointer(struct web *w, LLVMValueRef v)
{
    v = lower_array_of(v);
    if (LLVMIsNull(v) || LLVMIsUndef(v)) {
        w->has_null = true;
        return true;
    }
    if (web_is_join(v)) {
        if (!map_get(&w->seen, v))
            VEC_PUSH(w->p->arena, &w->joins, v);
        map_put(w->p->arena, &w->seen, v, v);
        return true;
    }
    if (!web_is_array(v))
        return false;
    if (!map_get(&w->seen, v))
        VEC_PUSH(w->p->arena, &w->arrays, v);
    map_put(w->p->arena, &w->seen, v, v);
    return true;
}

bool web_asks_null(LLVMValueRef v)
{
    return LLVMIsAICmpInst(v) &&
           LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(v, 0))) == LLVMPointerTypeKind &&
           LLVMIsNull(LLVMGetOperand(v, 1));
}

bool web_is_number(LLVMValueRef v)
{
    return LLVMIsAPtrToIntInst(v) ||
           (LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMPtrToInt);
}

LLVMValueRef web_addressed(LLVMValueRef number)
{
    if (LLVMIsATruncInst(number))
        number = LLVMGetOperand(number, 0);
    return web_is_number(number) ? LLVMGetOperand(number, 0) : NULL;
}

bool web_subtracts(LLVMValueRef v)
{
    return LLVMIsABinaryOperator(v) && LLVMGetInstructionOpcode(v) == LLVMSub;
}

static unsigned first_pointer(LLVMValueRef join)
{
    return LLVMIsASelectInst(join) ? 1 : 0;
}

bool web_collect(struct web *w, LLVMValueRef join)
{
    bool known = add_pointer(w, join);
    for (unsigned i = 0; known && i < w->joins.n; i++)
        for (unsigned k = first_pointer(w->joins.at[i]);
             known && k < (unsigned)LLVMGetNumOperands(w->joins.at[i]); k++)
            known = add_pointer(w, LLVMGetOperand(w->joins.at[i], k));
    return known && w->arrays.n > 0;
}

bool web_takes(struct web *w, LLVMValueRef pointer)
{
    LLVMValueRef base = lower_array_of(pointer);
    return map_get(&w->seen, base) || (web_is_join(base) && web_collect(w, base));
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
    (void)sum;
    return bytes % (int64_t)w->row_bytes == 0 ||
           (index && bytes == 1 && value_is_multiple(index, w->row_bytes));
}

bool web_moves_by_rows(struct web *w, LLVMValueRef v)
{
    for (; lower_is_gep(v); v = LLVMGetOperand(v, 0))
        if (!each_move(w, v, is_whole, NULL))
            return false;
    return true;
}

bool web_all_move_by_rows(struct web *w)
{
    for (unsigned i = 0; i < w->joins.n; i++)
        for (unsigned k = first_pointer(w->joins.at[i]);
             k < (unsigned)LLVMGetNumOperands(w->joins.at[i]); k++)
            if (!web_moves_by_rows(w, LLVMGetOperand(w->joins.at[i], k)))
                return false;
    return true;
}

/* ---- indices in their place ---- */

static bool add_move(struct web *w, LLVMValueRef index, int64_t bytes, LLVMValueRef *sum)
{
    const int64_t rows = bytes / (int64_t)w->row_bytes;
    LLVMValueRef by = LLVMConstInt(w->number, (uint64_t)rows, true);
    if (index && bytes % (int64_t)w->row_bytes != 0)
        by = LLVMBuildExactSDiv(w->builder,
                                LLVMBuildIntCast2(w->builder, index, w->number, true, ""),
                                LLVMConstInt(w->number, w->row_bytes, false), "");
    else if (index)
        by = LLVMBuildMul(w->builder, LLVMBuildIntCast2(w->builder, index, w->number, true, ""), by,
                          "");
    *sum = LLVMBuildAdd(w->builder, *sum, by, "");
    return true;
}

static const unsigned no_index = 1u << 31; /* of no pointer: no array is so large */

static LLVMValueRef make_selection(struct web *w, LLVMValueRef select);

unsigned web_position(const struct web *w, LLVMValueRef array)
{
    unsigned k = 0;
    while (k < w->arrays.n && w->arrays.at[k] != array)
        k++;
    return k;
}

LLVMValueRef web_index(struct web *w, LLVMValueRef pointer, LLVMValueRef at)
{
    LLVMValueRef base = lower_array_of(pointer), sum = map_get(&w->index, base);
    if (!sum && web_is_join(base))
        sum = make_selection(w, base);
    if (!sum)
        sum = LLVMConstInt(w->number,
                           w->counts_arrays     ? web_position(w, base)
                           : web_is_array(base) ? 0
                                                : no_index,
                           false);
    LLVMPositionBuilderBefore(w->builder, at);
    for (; !w->counts_arrays && lower_is_gep(pointer); pointer = LLVMGetOperand(pointer, 0))
        each_move(w, pointer, add_move, &sum);
    return sum;
}

static LLVMValueRef make_selection(struct web *w, LLVMValueRef select)
{
    LLVMValueRef a = web_index(w, LLVMGetOperand(select, 1), select);
    LLVMValueRef b = web_index(w, LLVMGetOperand(select, 2), select);
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
            web_index(w, LLVMGetIncomingValue(phi, i), LLVMGetBasicBlockTerminator(from));
        LLVMAddIncoming(map_get(&w->index, phi), &index, &from, 1);
    }
}

void web_make_indices(struct web *w)
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

LLVMIntPredicate web_order(LLVMIntPredicate of_pointers)
{
    switch (of_pointers) {
    case LLVMIntULT: return LLVMIntSLT;
    case LLVMIntULE: return LLVMIntSLE;
    case LLVMIntUGT: return LLVMIntSGT;
    case LLVMIntUGE: return LLVMIntSGE;
    default: return of_pointers;
    }
}

LLVMValueRef web_difference(struct web *w, LLVMValueRef index[2], LLVMTypeRef type)
{
    LLVMValueRef rows = LLVMBuildSub(w->builder, index[0], index[1], "");
    LLVMValueRef each = LLVMConstInt(w->number, w->row_bytes, false);
    return LLVMBuildIntCast2(w->builder, LLVMBuildNSWMul(w->builder, rows, each, ""), type, true,
                             "");
}

/* ---- all webs of a function ---- */

/* The next join that is not among those that stay. */
static LLVMValueRef next_join(struct program *p, const struct map *stays)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (web_is_join(i) && !map_get(stays, i))
                return i;
    return NULL;
}

bool web_rewrite(struct program *p, LLVMBuilderRef builder, bool (*rewrite)(struct web *w))
{
    struct map stays = {0};
    bool changed = false;
    for (LLVMValueRef join; (join = next_join(p, &stays));) {
        struct web w = web_begin(p, builder);
        const bool rewritten = web_collect(&w, join) && rewrite(&w);
        if (!rewritten)
            map_put(p->arena, &stays, join, join);
        changed |= rewritten;
    }
    return changed;
}
