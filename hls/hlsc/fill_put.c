/* fill_put.c -- loads and stores of what is copied or filled as a whole. */
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "fill.h"
#include "web.h"

uint64_t fill_offset_of(struct program *p, LLVMTypeRef type, unsigned member)
{
    return LLVMOffsetOfElement(LLVMGetModuleDataLayout(p->module), type, member);
}

enum { MOST_STEPS = 16 };

/* The place that is being filled: steps from `to`, and from `from`. */
struct emission {
    struct program *p;
    LLVMBuilderRef b;
    const struct fill *f;
    LLVMValueRef to, from;
    LLVMValueRef byte, rows; /* i8, i32 */
    LLVMValueRef is_behind;  /* i1: `to`, in the same object */
    enum fill_how how;
    bool backwards;
    enum { PUT, LOAD, STORE } what; /* if rows overlap, all is loaded before it is stored */
    value_vec loaded;
    unsigned stored;
    LLVMValueRef step[MOST_STEPS];
    unsigned depth;
};

static LLVMValueRef number(struct emission *e, uint64_t value)
{
    return LLVMConstInt(LLVMInt32TypeInContext(e->p->context), value, false);
}

static LLVMValueRef place_in(struct emission *e, LLVMValueRef pointer)
{
    return LLVMBuildInBoundsGEP2(e->b, e->f->row, pointer, e->step, e->depth, "");
}

static LLVMValueRef every_byte(struct emission *e, LLVMTypeRef word)
{
    LLVMValueRef byte = LLVMBuildZExt(e->b, e->byte, word, "");
    return LLVMBuildMul(e->b, byte, LLVMConstInt(word, 0x0101010101010101, false), "");
}

static void put(struct emission *e, LLVMTypeRef type);

static void put_step(struct emission *e, LLVMTypeRef type, LLVMValueRef step)
{
    if (e->depth == MOST_STEPS)
        diag_fail(e->p->diag, loc_of(e->p, e->f->call), "copy its members one by one",
                  "structs and arrays in each other, more than %d", MOST_STEPS);
    e->step[e->depth++] = step;
    put(e, type);
    e->depth--;
}

static LLVMBasicBlockRef append(struct emission *e, const char *name)
{
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(e->b));
    return LLVMAppendBasicBlockInContext(e->p->context, function, name);
}

static LLVMValueRef less(struct emission *e, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildICmp(e->b, LLVMIntULT, a, b, "");
}

static void put_loop(struct emission *e, LLVMTypeRef type, LLVMValueRef count)
{
    LLVMBasicBlockRef before = LLVMGetInsertBlock(e->b), body = append(e, "fill"),
                      end = append(e, "filled");
    LLVMBuildCondBr(e->b, less(e, number(e, 0), count), body, end);
    LLVMPositionBuilderAtEnd(e->b, body);
    LLVMValueRef row = LLVMBuildPhi(e->b, LLVMTypeOf(count), "row");
    LLVMValueRef next = LLVMBuildAdd(e->b, row, number(e, 1), "next");
    put_step(e, type, e->backwards ? LLVMBuildSub(e->b, count, next, "") : row);
    LLVMBasicBlockRef latch = LLVMGetInsertBlock(e->b);
    LLVMBuildCondBr(e->b, less(e, next, count), body, end);
    LLVMAddIncoming(row, (LLVMValueRef[]){number(e, 0), next}, (LLVMBasicBlockRef[]){before, latch},
                    2);
    LLVMPositionBuilderAtEnd(e->b, end);
}

static bool is_one(LLVMValueRef count)
{
    return LLVMIsAConstantInt(count) && LLVMConstIntGetZExtValue(count) == 1;
}

static void put_each(struct emission *e, LLVMTypeRef type, LLVMValueRef count)
{
    if (e->how == FILL_BY_LOOP && !is_one(count)) {
        put_loop(e, type, count);
        return;
    }
    for (uint64_t i = 0; i < LLVMConstIntGetZExtValue(count); i++)
        put_step(e, type, number(e, i));
}

static LLVMValueRef value_of(struct emission *e, LLVMTypeRef type)
{
    if (e->what == STORE)
        return e->loaded.at[e->stored++];
    return e->f->copies ? LLVMBuildLoad2(e->b, type, place_in(e, e->from), "")
                        : every_byte(e, type);
}

static void put_integer(struct emission *e, LLVMTypeRef type)
{
    LLVMValueRef value = value_of(e, type);
    if (e->what == LOAD)
        VEC_PUSH(e->p->arena, &e->loaded, value);
    else
        LLVMBuildStore(e->b, value, place_in(e, e->to));
}

/* An array in a struct, if it does not become a word, may wait. */
static bool waits(struct emission *e, LLVMTypeRef type)
{
    return e->how == FILL_MEMBERS && e->what == PUT && size_of(e->p, type) > FILL_WORD_BYTES;
}

static void put_later(struct emission *e, LLVMTypeRef type)
{
    LLVMValueRef bytes = number(e, size_of(e->p, type)), to = place_in(e, e->to);
    if (e->f->copies)
        LLVMBuildMemCpy(e->b, to, 1, place_in(e, e->from), 1, bytes);
    else
        LLVMBuildMemSet(e->b, to, e->byte, bytes, 1);
}

static void put(struct emission *e, LLVMTypeRef type)
{
    if (is_kind(type, LLVMArrayTypeKind)) {
        if (waits(e, type))
            put_later(e, type);
        else
            put_each(e, LLVMGetElementType(type), number(e, LLVMGetArrayLength2(type)));
    } else if (is_kind(type, LLVMStructTypeKind)) {
        const bool is_row = e->depth == 1;
        for (unsigned k = 0; k < LLVMCountStructElementTypes(type); k++)
            if (!is_row || fill_offset_of(e->p, type, k) < e->f->row_bytes)
                put_step(e, LLVMStructGetTypeAtIndex(type, k), number(e, k));
    } else {
        put_integer(e, type);
    }
}

/* Downwards if the rows that are replaced are behind, and may be copied from. */
static void put_moved(struct emission *e)
{
    LLVMBasicBlockRef up = append(e, "up"), down = append(e, "down"), end = append(e, "moved");
    LLVMBuildCondBr(e->b, e->is_behind, down, up);
    LLVMPositionBuilderAtEnd(e->b, up);
    put_each(e, e->f->row, e->rows);
    LLVMBuildBr(e->b, end);
    e->backwards = true;
    LLVMPositionBuilderAtEnd(e->b, down);
    put_each(e, e->f->row, e->rows);
    LLVMBuildBr(e->b, end);
    LLVMPositionBuilderAtEnd(e->b, end);
}

/* How far an address is from the object that it is in, its index in bytes; with `common` from the pointer that both are made
 * of. */
static LLVMValueRef bytes_into(struct emission *e, LLVMValueRef pointer, bool common)
{
    struct web w = web_begin(e->p, e->b);
    w.row_bytes = 1;
    if (common)
        map_put(e->p->arena, &w.index, lower_array_of(pointer), number(e, 0));
    else if (web_collect(&w, pointer))
        web_make_indices(&w);
    return web_index(&w, pointer, e->f->call);
}

/* Is `to` behind `from`, if both are in one object? */
static LLVMValueRef is_behind(struct emission *e, LLVMValueRef to, LLVMValueRef from)
{
    if (!e->f->may_overlap)
        return LLVMConstInt(LLVMInt1TypeInContext(e->p->context), 0, 0);
    const bool common = lower_array_of(to) == lower_array_of(from);
    return less(e, bytes_into(e, from, common), bytes_into(e, to, common));
}

/* void fill(to, from, byte, rows, is_behind), to be inlined. */
static LLVMValueRef make_function(struct emission *e)
{
    LLVMContextRef c = e->p->context;
    LLVMTypeRef pointer = LLVMPointerTypeInContext(c, 0);
    LLVMTypeRef types[5] = {pointer, pointer, LLVMInt8TypeInContext(c), LLVMInt32TypeInContext(c),
                            LLVMInt1TypeInContext(c)};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(c), types, 5, false);
    LLVMValueRef fill = LLVMAddFunction(e->p->module, "__hlsc_fill", type);
    LLVMSetLinkage(fill, LLVMInternalLinkage);
    front_add_attribute(e->p, fill, LLVMAttributeFunctionIndex, "alwaysinline", 0);
    LLVMPositionBuilderAtEnd(e->b, LLVMAppendBasicBlockInContext(c, fill, "entry"));
    e->to = LLVMGetParam(fill, 0);
    e->from = LLVMGetParam(fill, 1);
    e->byte = LLVMGetParam(fill, 2);
    e->rows = e->f->rows ? number(e, e->f->rows) : LLVMGetParam(fill, 3);
    e->is_behind = LLVMGetParam(fill, 4);
    if (e->f->may_overlap)
        put_moved(e);
    else
        put_each(e, e->f->row, e->rows);
    LLVMBuildRetVoid(e->b);
    return fill;
}

static void position_before(struct emission *e, LLVMValueRef call)
{
    LLVMPositionBuilderBefore(e->b, call);
    LLVMSetCurrentDebugLocation2(e->b, LLVMInstructionGetDebugLoc(call));
}

static LLVMValueRef rows_of(struct emission *e)
{
    const struct fill *f = e->f;
    return f->rows ? number(e, f->rows)
                   : LLVMBuildUDiv(e->b, LLVMGetOperand(f->call, 2), number(e, f->row_bytes), "");
}

static void put_at_once(struct emission *e, LLVMValueRef rows)
{
    e->what = e->f->may_overlap ? LOAD : PUT;
    put_each(e, e->f->row, rows);
    if (e->what == PUT)
        return;
    e->what = STORE;
    put_each(e, e->f->row, rows);
}

void fill_put(struct program *p, const struct fill *f, enum fill_how how)
{
    struct emission e = {.p = p, .f = f, .how = how, .b = LLVMCreateBuilderInContext(p->context)};
    LLVMValueRef to = LLVMGetOperand(f->call, 0), second = LLVMGetOperand(f->call, 1);
    LLVMValueRef none = LLVMConstInt(LLVMInt8TypeInContext(p->context), 0, false);
    LLVMValueRef fill = how == FILL_BY_LOOP ? make_function(&e) : NULL;
    position_before(&e, f->call);
    LLVMValueRef from = f->copies ? second : to;
    LLVMValueRef behind = is_behind(&e, to, from);
    LLVMValueRef all[5] = {to, from, f->copies ? none : second, rows_of(&e), behind};
    if (fill) {
        LLVMBuildCall2(e.b, LLVMGlobalGetValueType(fill), fill, all, 5, "");
    } else {
        e.to = all[0];
        e.from = all[1];
        e.byte = all[2];
        put_at_once(&e, all[3]);
    }
    LLVMDisposeBuilder(e.b);
}
