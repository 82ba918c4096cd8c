/* fill.c -- objects that are copied or cleared as a whole. What clang says as memset, memcpy and memmove of bytes becomes loads
 * and stores of elements: one by one where the optimiser would make a single wider word of it, by loops where the object
 * outlives optimisation. Here is found what there is to copy; fill_put.c copies it. */
#include <llvm-c/Target.h>

#include "fill.h"
#include "web.h"

static LLVMTypeRef type_of(struct program *p, LLVMValueRef pointer);

/* Of the elements that all objects have of which the join is one. */
static LLVMTypeRef type_of_join(struct program *p, LLVMValueRef join)
{
    struct web w = web_begin(p, NULL);
    if (!web_collect(&w, join))
        return NULL;
    LLVMTypeRef type = lower_element_of(type_of(p, w.arrays.at[0]));
    for (unsigned i = 1; i < w.arrays.n; i++)
        if (lower_element_of(type_of(p, w.arrays.at[i])) != type)
            return NULL;
    return type;
}

/* Of an array parameter, of its elements. */
static LLVMTypeRef type_of(struct program *p, LLVMValueRef pointer)
{
    LLVMValueRef array = lower_array_of(pointer);
    if (web_is_join(array))
        return type_of_join(p, array);
    if (LLVMIsAAllocaInst(array))
        return LLVMGetAllocatedType(array);
    if (!LLVMIsAGlobalVariable(array))
        return map_get(&p->element_of, array);
    LLVMTypeRef type = memory_shape(p, LLVMGlobalGetValueType(array));
    return declared_is_split(type) ? NULL : type;
}

/* ---- what is at an address ---- */

static bool is_array(struct program *p, LLVMValueRef pointer)
{
    return is_kind(type_of(p, pointer), LLVMArrayTypeKind) ||
           map_get(&p->element_of, lower_array_of(pointer));
}

/* The part of an object at a number of bytes from its beginning, and how many are left: some if it is within an integer, all of
 * its size or more in the padding after it. NULL outside of the object. */
static LLVMTypeRef part_at(struct program *p, LLVMTypeRef type, int64_t *bytes)
{
    bool is_inside = type && *bytes >= 0 && *bytes < (int64_t)size_of(p, type);
    LLVMTypeRef part = is_inside ? type : NULL;
    while (is_inside && *bytes != 0 && !is_kind(part, LLVMIntegerTypeKind)) {
        if (is_kind(part, LLVMStructTypeKind)) {
            const unsigned k =
                LLVMElementAtOffset(LLVMGetModuleDataLayout(p->module), part, (uint64_t)*bytes);
            *bytes -= (int64_t)fill_offset_of(p, part, k);
            part = LLVMStructGetTypeAtIndex(part, k);
        } else {
            part = is_kind(part, LLVMArrayTypeKind) ? LLVMGetElementType(part) : NULL;
            *bytes %= part ? (int64_t)size_of(p, part) : 1; /* not 0: the byte is in it */
        }
        is_inside = part && *bytes < (int64_t)size_of(p, part);
    }
    return part;
}

/* What an address is of, but for a number of bytes after its beginning. All that is constant is known in bytes: an element beyond the
 * last of an array is in the next member. Of a pointer of which nothing is known, as of what it is moved by. */
static LLVMTypeRef type_before(struct program *p, LLVMValueRef pointer, int64_t *bytes)
{
    LLVMTypeRef moved_by = NULL;
    int64_t bytes_after = 0;
    for (; lower_is_gep(pointer); pointer = LLVMGetOperand(pointer, 0)) {
        LLVMTypeRef type = lower_last_type(pointer);
        LLVMValueRef index = LLVMGetOperand(pointer, 1);
        if (LLVMGetNumOperands(pointer) != 2 || !LLVMIsAConstantInt(index))
            return type;
        const int64_t size = (int64_t)size_of(p, type);
        if (!moved_by && size > 1) {
            moved_by = type;
            bytes_after = *bytes;
        }
        *bytes += LLVMConstIntGetSExtValue(index) * size;
    }
    LLVMTypeRef type = type_of(p, pointer);
    if (!type && moved_by)
        *bytes = bytes_after;
    return type ? type : moved_by;
}

/* An address of an element may have been moved on by elements. */
static LLVMTypeRef type_at(struct program *p, LLVMValueRef pointer)
{
    int64_t bytes = 0;
    LLVMTypeRef type = type_before(p, pointer, &bytes);
    bytes %= type && size_of(p, type) > 0 ? (int64_t)size_of(p, type) : 1;
    type = part_at(p, type, &bytes);
    return bytes == 0 ? type : NULL;
}

static bool is_padding(struct program *p, LLVMValueRef pointer, uint64_t n)
{
    int64_t from = 0;
    LLVMTypeRef type = type_before(p, pointer, &from);
    for (uint64_t k = 0; k < n; k++) {
        int64_t bytes = from + (int64_t)k;
        LLVMTypeRef part = part_at(p, type, &bytes);
        if (!part || bytes < (int64_t)size_of(p, part))
            return false;
    }
    return n > 0;
}

/* ---- what is filled ---- */

/* Do the first bytes of the struct end where a member does? */
static bool ends_with_member(struct program *p, LLVMTypeRef type, uint64_t bytes)
{
    for (unsigned k = 0; k < LLVMCountStructElementTypes(type); k++)
        if (fill_offset_of(p, type, k) + size_of(p, LLVMStructGetTypeAtIndex(type, k)) == bytes)
            return true;
    return false;
}

/* The type of an object at an address: of an array, of its elements. */
static LLVMTypeRef largest_at(struct program *p, LLVMValueRef pointer)
{
    LLVMTypeRef type = type_at(p, pointer);
    return lower_element_of(type ? type : type_of(p, pointer));
}

/* Of what a struct begins with. */
static LLVMTypeRef first_of(LLVMTypeRef type)
{
    return is_kind(type, LLVMStructTypeKind) && LLVMCountStructElementTypes(type) > 0
               ? lower_element_of(LLVMStructGetTypeAtIndex(type, 0))
               : NULL;
}

/* Do rows of that type, as many bytes as that, begin it? Elements of its own type may go on after it. */
static bool begins_with(struct program *p, LLVMTypeRef type, LLVMTypeRef row, uint64_t bytes)
{
    uint64_t room = UINT64_MAX;
    for (; type && type != row; type = first_of(type))
        if (first_of(type))
            room = size_of(p, LLVMStructGetTypeAtIndex(type, 0));
    return type && bytes <= room;
}

/* Are the bytes rows of that type, or its first members? */
static bool makes_up(struct program *p, LLVMTypeRef row, LLVMValueRef bytes)
{
    const uint64_t size = size_of(p, row);
    if (size == 0 || !LLVMIsAConstantInt(bytes))
        return size > 0 && value_is_multiple(bytes, size);
    const uint64_t n = LLVMConstIntGetZExtValue(bytes);
    return n % size == 0 ||
           (is_kind(row, LLVMStructTypeKind) && n < size && ends_with_member(p, row, n));
}

/* Is it so of as many bytes, or of more than one row where that is not known? */
static bool begins_length(struct program *p, LLVMTypeRef type, LLVMTypeRef row, LLVMValueRef bytes)
{
    return begins_with(p, type, row,
                       LLVMIsAConstantInt(bytes) ? LLVMConstIntGetZExtValue(bytes)
                                                 : 2 * size_of(p, row));
}

/* What begins at both addresses and makes up the bytes: an integer, or a struct of which they are some members or several.
 * Padding is not copied: both sides must have it. Of an address of which nothing is known, anything may be. */
static LLVMTypeRef row_of(struct program *p, LLVMValueRef to, LLVMValueRef from, LLVMValueRef bytes)
{
    LLVMTypeRef largest = largest_at(p, to), other = from ? largest_at(p, from) : NULL;
    if (!largest) {
        largest = other;
        other = NULL;
    }
    LLVMTypeRef row = largest;
    while (row && !(makes_up(p, row, bytes) && begins_length(p, largest, row, bytes) &&
                    (!other || begins_length(p, other, row, bytes))))
        row = first_of(row);
    return row;
}

/* May both point into one object? */
static bool may_meet(struct program *p, LLVMValueRef to, LLVMValueRef from)
{
    struct web a = web_begin(p, NULL), b = web_begin(p, NULL);
    if (lower_array_of(to) == lower_array_of(from))
        return true;
    if (!web_collect(&a, to) || !web_collect(&b, from))
        return false; /* what is not known is no fill of rows */
    for (unsigned i = 0; i < a.arrays.n; i++)
        if (web_position(&b, a.arrays.at[i]) < b.arrays.n)
            return true;
    return false;
}

/* Is it a fill of whole rows? */
static bool read_fill(struct program *p, LLVMValueRef v, struct fill *f)
{
    const bool moves = is_call_of(v, "llvm.memmove"),
               copies = moves || is_call_of(v, "llvm.memcpy");
    if (!copies && !is_call_of(v, "llvm.memset"))
        return false;
    LLVMValueRef to = LLVMGetOperand(v, 0), from = LLVMGetOperand(v, 1),
                 bytes = LLVMGetOperand(v, 2);
    const uint64_t n = LLVMIsAConstantInt(bytes) ? LLVMConstIntGetZExtValue(bytes) : 0;
    *f = (struct fill){.call = v, .copies = copies};
    if (is_padding(p, to, n) || (copies && is_padding(p, from, n)))
        return true;
    f->row = row_of(p, to, copies ? from : NULL, bytes);
    const bool meets = moves && may_meet(p, to, from);
    if (!f->row || (moves && !meets && !(type_of(p, to) && type_of(p, from))))
        return false;
    f->row_bytes = size_of(p, f->row);
    f->may_overlap = meets;
    if (!LLVMIsAConstantInt(bytes))
        return true;
    if (n < f->row_bytes)
        f->row_bytes = n;
    f->rows = f->row_bytes ? n / f->row_bytes : 0;
    return n > 0;
}

/* ---- which are replaced ---- */

/* What a pointer points to may be, until its function is inlined. */
static bool may_be_static(LLVMValueRef pointer)
{
    LLVMValueRef array = lower_array_of(pointer);
    return !LLVMIsAAllocaInst(array) &&
           !(LLVMIsAGlobalVariable(array) && LLVMIsGlobalConstant(array));
}

static bool is_static(struct program *p, LLVMValueRef pointer)
{
    return is_array(p, pointer) || (may_be_static(pointer) && type_of(p, pointer));
}

/* Would the optimiser make words of it, of many elements or members? Structs of numbers that are only variables are
 * safe from that. */
static bool becomes_words(struct program *p, const struct fill *f)
{
    LLVMValueRef to = LLVMGetOperand(f->call, 0),
                 from = f->copies ? LLVMGetOperand(f->call, 1) : to;
    const bool is_struct = is_kind(f->row, LLVMStructTypeKind);
    if (!f->row || f->rows == 0)
        return false;
    if (f->rows * f->row_bytes > FILL_WORD_BYTES)
        return is_struct && f->rows == 1 && (is_static(p, to) || is_static(p, from));
    return f->rows > 1 || is_array(p, to) ||
           (is_struct && (may_be_static(to) || is_array(p, from) || may_be_static(from) ||
                          shape_has_parts(f->row)));
}

static bool is_chosen(LLVMValueRef pointer)
{
    return web_is_join(lower_array_of(pointer));
}

/* Is it in an object that is to be shaped while addresses are as in the source? */
static bool is_in_parts(struct program *p, LLVMValueRef pointer)
{
    LLVMTypeRef row = lower_element_of(type_of(p, pointer));
    return is_kind(row, LLVMStructTypeKind) && shape_has_parts(row);
}

/* May a length of bytes turn out to be of whole structs of that size? */
static bool may_count(LLVMValueRef bytes, uint64_t size)
{
    while (LLVMIsATruncInst(bytes) || LLVMIsAZExtInst(bytes) || LLVMIsASExtInst(bytes))
        bytes = LLVMGetOperand(bytes, 0);
    return LLVMIsABinaryOperator(bytes) && LLVMGetInstructionOpcode(bytes) == LLVMMul &&
           value_is_multiple(LLVMGetOperand(bytes, 1), size);
}

/* Is it known what is filled? Of structs, that a length is of whole ones may be seen only later. */
static bool is_seen(struct program *p, const struct fill *f)
{
    LLVMTypeRef largest = largest_at(p, LLVMGetOperand(f->call, 0));
    return f->rows > 0 || f->row == largest ||
           (largest && !may_count(LLVMGetOperand(f->call, 2), size_of(p, largest)));
}

static bool is_wanted(struct program *p, const struct fill *f, enum fill_which which)
{
    LLVMValueRef to = LLVMGetOperand(f->call, 0),
                 from = f->copies ? LLVMGetOperand(f->call, 1) : to;
    switch (which) {
    case FILL_WORDS: return becomes_words(p, f);
    case FILL_LENGTHS: return f->row && f->rows == 0 && is_seen(p, f);
    case FILL_CHOSEN:
        return f->row && (is_chosen(to) || is_chosen(from) ||
                          (is_seen(p, f) && (is_in_parts(p, to) || is_in_parts(p, from))));
    default: return true;
    }
}

enum { MOST_AT_ONCE = 64 };

/* A pipelined loop has no loops in it. */
static bool is_pipelined(const struct cfg *cfg, const struct fill *f)
{
    const struct block *b = map_get(&cfg->block_of, LLVMGetInstructionParent(f->call));
    return b && b->loop && f->rows > 0 && f->rows * f->row_bytes <= MOST_AT_ONCE &&
           cfg_own_marker(cfg, b->loop, "__hls_pipeline");
}

bool fill_expand(struct program *p, enum fill_which which)
{
    VEC(struct fill) fills = {0};
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
                struct fill x;
                if (read_fill(p, i, &x) && is_wanted(p, &x, which))
                    VEC_PUSH(p->arena, &fills, x);
            }
    struct cfg cfg = {0};
    if (fills.n > 0 && which != FILL_WORDS)
        cfg_build(p, &cfg);
    for (unsigned k = 0; k < fills.n; k++) {
        const struct fill *f = &fills.at[k];
        if (f->row)
            fill_put(p, f,
                     which == FILL_WORDS     ? FILL_MEMBERS
                     : is_pipelined(&cfg, f) ? FILL_AT_ONCE
                                             : FILL_BY_LOOP);
        LLVMInstructionEraseFromParent(f->call);
    }
    return fills.n > 0;
}
