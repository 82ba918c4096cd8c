/* address.c -- from a pointer to a row and a bank of a memory. A pointer is an array plus a
 * constant plus terms coefficient * index, all in bytes; terms that are multiples of a row make the
 * row. */
#include "lower.h"

struct term {
    int64_t bytes;
    struct node *index;
};
struct linear {
    struct memory *memory;
    int64_t bytes;
    VEC(struct term) terms;
    bool strides; /* it moves by elements, not only by indices that stay in their dimension */
};

static LLVMTypeRef source_type(LLVMValueRef gep)
{
    return LLVMGetGEPSourceElementType(gep);
}

bool lower_is_gep(LLVMValueRef v)
{
    return LLVMIsAGetElementPtrInst(v) ||
           (LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMGetElementPtr);
}

LLVMValueRef lower_array_of(LLVMValueRef pointer)
{
    while (lower_is_gep(pointer))
        pointer = LLVMGetOperand(pointer, 0);
    return pointer;
}

LLVMValueRef lower_pointer_of(LLVMValueRef access)
{
    return LLVMGetOperand(access, LLVMIsAStoreInst(access) ? 1 : 0);
}

LLVMTypeRef lower_accessed_type(LLVMValueRef access)
{
    return LLVMTypeOf(LLVMIsAStoreInst(access) ? LLVMGetOperand(access, 0) : access);
}

LLVMTypeRef lower_element_of(LLVMTypeRef type)
{
    while (type && LLVMGetTypeKind(type) == LLVMArrayTypeKind)
        type = LLVMGetElementType(type);
    return type;
}

LLVMTypeRef lower_last_type(LLVMValueRef gep)
{
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    for (unsigned k = 2; k < (unsigned)LLVMGetNumOperands(gep); k++)
        type = LLVMGetTypeKind(type) == LLVMStructTypeKind
                   ? LLVMStructGetTypeAtIndex(
                         type, (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(gep, k)))
                   : LLVMGetElementType(type);
    return type;
}

LLVMValueRef lower_place_after(LLVMValueRef v)
{
    do
        v = LLVMGetNextInstruction(v);
    while (LLVMIsAPHINode(v));
    return v;
}

struct memory *lower_memory_of(struct program *p, LLVMValueRef pointer, LLVMValueRef at)
{
    pointer = lower_array_of(pointer);
    struct memory *m = map_get(&p->memory_of, pointer);
    if (!m && !LLVMIsAGlobalVariable(pointer)) /* a global may have vanished with its accesses */
        diag_fail(p->diag, loc_of(p, at), "index a static array directly",
                  "the pointer is not known at compile time");
    return m;
}

/* Byte offsets are often computed as a whole: sums and shifts in them are terms of their own. */
static void add_term(struct lowering *l, struct linear *x, struct node *n, int64_t bytes)
{
    const struct memory *m = x->memory;
    unsigned unit = !m ? 1 : m->partitioned ? m->bank[0].width / 8 : m->row_bytes;
    bool whole = bytes % (unit ? unit : 1) == 0;
    if (n->op == OP_CONST) {
        x->bytes += sign_extend(n->value, n->width) * bytes;
    } else if (!whole && n->op == OP_SHL && n->arg[1]->op == OP_CONST && n->arg[1]->value < 32) {
        add_term(l, x, n->arg[0], bytes << n->arg[1]->value);
    } else if (!whole && n->op == OP_ADD) {
        add_term(l, x, n->arg[0], bytes);
        add_term(l, x, n->arg[1], bytes);
    } else {
        VEC_PUSH(l->p->arena, &x->terms, (struct term){bytes, n});
    }
}

static void add_index(struct lowering *l, struct linear *x, LLVMValueRef index, uint64_t size_bytes)
{
    if (LLVMIsAConstantInt(index)) {
        x->bytes += LLVMConstIntGetSExtValue(index) * (int64_t)size_bytes;
        return;
    }
    add_term(l, x, lower_value(l, index), (int64_t)size_bytes);
}

static void add_gep(struct lowering *l, struct linear *x, LLVMValueRef gep)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(l->p->module);
    LLVMTypeRef type = source_type(gep);
    for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(gep); k++) {
        LLVMValueRef index = LLVMGetOperand(gep, k);
        if (k > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
            unsigned field = (unsigned)LLVMConstIntGetZExtValue(index);
            x->bytes += (int64_t)LLVMOffsetOfElement(layout, type, field);
            type = LLVMStructGetTypeAtIndex(type, field);
            continue;
        }
        if (k > 1)
            type = LLVMGetElementType(type);
        const uint64_t each_bytes = LLVMABISizeOfType(layout, type);
        const bool moves = !LLVMIsAConstantInt(index) || LLVMConstIntGetSExtValue(index) != 0;
        x->strides |= k == 1 && moves && x->memory && each_bytes < x->memory->row_bytes;
        add_index(l, x, index, each_bytes);
    }
}

static struct linear linearise(struct lowering *l, LLVMValueRef pointer, LLVMValueRef access)
{
    struct linear x = {.memory = lower_memory_of(l->p, pointer, access)};
    while (lower_is_gep(pointer)) {
        add_gep(l, &x, pointer);
        pointer = LLVMGetOperand(pointer, 0);
    }
    return x;
}

/* x * factor in the given width. */
static struct node *scaled(struct lowering *l, struct node *x, int64_t factor, unsigned width)
{
    struct node *n = ir_resize(l->p, l->r, x, width, true);
    return ir_make(l->p, l->r, OP_MUL, width, n, ir_const(l->p, l->r, (uint64_t)factor, width),
                   NULL);
}

static struct node *sum_of(struct lowering *l, struct node *sum, struct node *x)
{
    return sum ? ir_make(l->p, l->r, OP_ADD, sum->width, sum, x, NULL) : x;
}

static unsigned find_bank(struct lowering *l, const struct memory *m, int64_t bytes, unsigned width,
                          LLVMValueRef access)
{
    for (unsigned b = 0; b < m->nbanks; b++)
        if (m->bank[b].offset_bytes == bytes && m->bank[b].width == width)
            return b;
    diag_fail(l->p->diag, loc_of(l->p, access), "access the element with its own type",
              "'%s' is accessed with %u bits at byte %lld of an element", m->name, width,
              (long long)bytes);
}

static struct place select_place(struct lowering *l, LLVMValueRef select, LLVMValueRef access,
                                 unsigned width)
{
    struct node *c = lower_value(l, LLVMGetOperand(select, 0));
    struct place a = lower_place(l, LLVMGetOperand(select, 1), access, width);
    struct place b = lower_place(l, LLVMGetOperand(select, 2), access, width);
    if (a.memory != b.memory || a.bank != b.bank || a.lane || b.lane)
        diag_fail(l->p->diag, loc_of(l->p, access), "select between the values, not the places",
                  "the pointer may point to two arrays");
    a.row = ir_make(l->p, l->r, OP_SELECT, a.row->width, c, a.row, b.row);
    return a;
}

static unsigned lane_count_bits(const struct memory *m)
{
    return bit_length((uint64_t)m->rows * m->nbanks) + 1;
}

/* Lanes that a pointer counts, of lane_count_bits, over the end of its row or before its beginning: full rows of them move the
 * row. */
static void carry_rows(struct lowering *l, struct place *at, struct node *lanes)
{
    struct program *p = l->p;
    struct region *r = l->r;
    const struct memory *m = at->memory;
    const unsigned bits = lanes->width, lane_bits = bit_length(m->nbanks - 1);
    struct node *rows, *lane = lanes;
    if ((m->nbanks & (m->nbanks - 1)) == 0) {
        rows = ir_make(p, r, OP_LSHR, bits, lanes, ir_const(p, r, lane_bits, bits), NULL);
    } else { /* of a number that is not negative */
        struct node *all = ir_const(p, r, (uint64_t)m->rows * m->nbanks, bits);
        struct node *sum = ir_make(p, r, OP_ADD, bits, lanes, all, NULL);
        struct node *each = ir_const(p, r, m->nbanks, bits);
        rows = ir_make(p, r, OP_SUB, bits, ir_divide(p, r, sum, each, false, false),
                       ir_const(p, r, m->rows, bits), NULL);
        lane = ir_divide(p, r, sum, each, false, true);
    }
    at->row = sum_of(l, at->row, ir_resize(p, r, rows, m->address_bits, false));
    at->lane = ir_resize(p, r, lane, lane_bits, false);
}

struct place lower_place(struct lowering *l, LLVMValueRef pointer, LLVMValueRef access,
                         unsigned width)
{
    struct program *p = l->p;
    if (LLVMIsASelectInst(pointer))
        return select_place(l, pointer, access, width);
    struct linear x = linearise(l, pointer, access);
    struct memory *m = x.memory;
    if (!m)
        diag_fail(p->diag, loc_of(p, access), NULL, "access to an unknown object");
    int64_t row_bytes = m->row_bytes;
    int64_t row = x.bytes / row_bytes - (x.bytes % row_bytes < 0),
            in_row = x.bytes - row * row_bytes;
    int64_t element_bytes = m->bank[0].width == 1 ? 1 : m->bank[0].width / 8;
    unsigned lane_bits = m->nbanks > 1 ? bit_length(m->nbanks - 1) : 1;
    const unsigned count_bits = x.strides ? lane_count_bits(m) : lane_bits;
    struct place at = {.memory = m};
    unsigned row_shift = bit_length((uint64_t)row_bytes) - 1;
    struct node *odd = NULL; /* terms in bytes whose sum, not each, is a multiple of a row */
    for (unsigned i = 0; i < x.terms.n; i++) {
        struct term t = x.terms.at[i];
        if (t.bytes % row_bytes == 0)
            at.row = sum_of(l, at.row, scaled(l, t.index, t.bytes / row_bytes, m->address_bits));
        else if (m->partitioned && t.bytes % element_bytes == 0)
            at.lane = sum_of(l, at.lane, scaled(l, t.index, t.bytes / element_bytes, count_bits));
        else if (m->nbanks == 1 && (row_bytes & (row_bytes - 1)) == 0)
            odd = sum_of(l, odd, scaled(l, t.index, t.bytes, m->address_bits + row_shift));
        else
            diag_fail(p->diag, loc_of(p, access), "access fields by name",
                      "'%s' is indexed in a way that crosses its elements", m->name);
    }
    if (odd) {
        unsigned bits = m->address_bits + row_shift;
        odd = ir_make(p, l->r, OP_ADD, bits, odd, ir_const(p, l->r, (uint64_t)in_row, bits), NULL);
        odd = ir_make(p, l->r, OP_LSHR, bits, odd, ir_const(p, l->r, row_shift, bits), NULL);
        at.row = sum_of(l, at.row, ir_resize(p, l->r, odd, m->address_bits, false));
        in_row = 0;
    }
    if (at.lane && x.strides) {
        struct node *constant = ir_const(p, l->r, (uint64_t)(x.bytes / element_bytes), count_bits);
        carry_rows(l, &at, sum_of(l, at.lane, constant));
        row = in_row = 0;
    }
    if (m->kind == MEMORY_REGISTERS && m->rows == 1) { /* whatever the index is */
        at.row = NULL;
        row = 0;
    }
    struct node *row_constant = ir_const(p, l->r, (uint64_t)row, m->address_bits);
    at.row = at.row ? ir_make(p, l->r, OP_ADD, m->address_bits, at.row, row_constant, NULL)
                    : row_constant;
    if (at.lane) {
        struct node *base = ir_const(p, l->r, (uint64_t)(in_row / element_bytes), lane_bits);
        at.lane = ir_make(p, l->r, OP_ADD, lane_bits, at.lane, base, NULL);
        if (width != m->bank[0].width)
            diag_fail(p->diag, loc_of(p, access), "access the element with its own type",
                      "'%s' is accessed with %u bits", m->name, width);
        if (at.lane->op == OP_CONST) {
            at.bank = (unsigned)at.lane->value;
            at.lane = NULL;
        }
    } else {
        at.bank = find_bank(l, m, in_row, width, access);
    }
    return at;
}
