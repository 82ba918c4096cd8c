/* memory.c -- arrays and statics of the program: their shape, banks, kind and initial values. */
#include <string.h>

#include <llvm-c/Target.h>

#include "lower.h"

uint64_t size_of(struct program *p, LLVMTypeRef type)
{
    return LLVMABISizeOfType(LLVMGetModuleDataLayout(p->module), type);
}

bool is_kind(LLVMTypeRef type, LLVMTypeKind kind)
{
    return type && LLVMGetTypeKind(type) == kind;
}

struct variable *ir_new_variable(struct program *p, unsigned width, const char *hint)
{
    struct variable *v = arena_alloc(p->arena, sizeof *v);
    v->width = width;
    v->hint = hint;
    v->range = (struct range){1, 0};
    VEC_PUSH(p->arena, &p->variables, v);
    return v;
}

LLVMValueRef memory_scalar_at(struct program *p, LLVMValueRef init, uint64_t *byte)
{
    while (!LLVMIsNull(init) && !LLVMIsUndef(init)) {
        LLVMTypeRef type = LLVMTypeOf(init);
        if (LLVMGetTypeKind(type) == LLVMArrayTypeKind) {
            uint64_t size = size_of(p, LLVMGetElementType(type));
            init = LLVMGetAggregateElement(init, (unsigned)(*byte / size));
            *byte %= size;
        } else if (LLVMGetTypeKind(type) == LLVMStructTypeKind) {
            LLVMTargetDataRef layout = LLVMGetModuleDataLayout(p->module);
            unsigned field = LLVMElementAtOffset(layout, type, *byte);
            *byte -= LLVMOffsetOfElement(layout, type, field);
            init = LLVMGetAggregateElement(init, field);
        } else {
            return init;
        }
    }
    return NULL;
}

uint64_t memory_initial_at(struct program *p, LLVMValueRef init, LLVMTypeRef type,
                           uint64_t offset_bytes)
{
    const unsigned width = LLVMGetIntTypeWidth(type), bytes = (width + 7) / 8;
    uint64_t value = 0;
    for (unsigned k = 0, taken; k < bytes; k += taken) {
        uint64_t byte = offset_bytes + k;
        LLVMValueRef integer = memory_scalar_at(p, init, &byte);
        const unsigned size = integer ? (LLVMGetIntTypeWidth(LLVMTypeOf(integer)) + 7) / 8 : 0;
        taken = byte < size ? size - (unsigned)byte : 1;
        if (byte < size)
            value |= LLVMConstIntGetZExtValue(integer) >> 8 * byte << 8 * k;
    }
    return value & mask_of(width);
}

/* Of a struct with arrays in it that could not be made one memory for each member. */
static _Noreturn void refuse_struct(struct program *p, const struct memory *m)
{
    LLVMValueRef obstacle = path_obstacle(p, m->global);
    LLVMValueRef use =
        obstacle || LLVMIsAArgument(m->global) ? obstacle : path_astray(p, m->global);
    const struct loc at = use ? loc_of(p, use) : m->loc;
    if (obstacle)
        diag_fail(p->diag, at.line ? at : m->loc,
                  "use its members one by one, by an index in place of a pointer",
                  "'%s': a struct with arrays or structs in it is used as more than its members",
                  m->name);
    diag_fail(p->diag, at.line ? at : m->loc,
              "use its members as they are declared, from their begin on by an index that is not "
              "negative; let bit fields side by side have 8, 16, 32 or 64 bits in all",
              "'%s': what is accessed is not seen to be in one member", m->name);
}

static _Noreturn void refuse_element(struct program *p, const struct memory *m, LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMPointerTypeKind:
        diag_fail(p->diag, m->loc,
                  "keep an index, or a number that chooses the array, in place of a pointer",
                  "'%s': pointers in memory are not supported", m->name);
    case LLVMStructTypeKind:
    case LLVMArrayTypeKind: refuse_struct(p, m);
    default:
        diag_fail(p->diag, m->loc, "use integers: fixed point",
                  "'%s': elements that are not integers", m->name);
    }
}

static void add_bank(struct program *p, struct memory *m, LLVMTypeRef type, unsigned offset_bytes,
                     unsigned *room)
{
    if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
        refuse_element(p, m, type);
    if (m->nbanks == *room) {
        struct bank *grown = arena_alloc(p->arena, 2 * *room * sizeof *grown);
        memcpy(grown, m->bank, m->nbanks * sizeof *grown);
        m->bank = grown;
        *room *= 2;
    }
    m->bank[m->nbanks++] = (struct bank){
        .width = LLVMGetIntTypeWidth(type), .offset_bytes = offset_bytes, .range = {1, 0}};
}

/* Splits one row, of the given type, into banks. */
static void split_row(struct program *p, struct memory *m, LLVMTypeRef row)
{
    unsigned room = 8;
    m->bank = arena_alloc(p->arena, room * sizeof *m->bank);
    if (m->partitioned) {
        LLVMTypeRef element = LLVMGetElementType(row);
        unsigned lanes = (unsigned)LLVMGetArrayLength2(row);
        for (unsigned i = 0; i < lanes; i++)
            add_bank(p, m, element, i * (unsigned)size_of(p, element), &room);
    } else if (LLVMGetTypeKind(row) == LLVMStructTypeKind) {
        LLVMTargetDataRef layout = LLVMGetModuleDataLayout(p->module);
        for (unsigned i = 0; i < LLVMCountStructElementTypes(row); i++)
            add_bank(p, m, LLVMStructGetTypeAtIndex(row, i),
                     (unsigned)LLVMOffsetOfElement(layout, row, i), &room);
    } else {
        add_bank(p, m, row, 0, &room);
    }
}

static void take_initial(struct program *p, struct memory *m, LLVMValueRef init)
{
    if (!init || LLVMIsNull(init) || LLVMIsUndef(init))
        return;
    for (unsigned b = 0; b < m->nbanks; b++) {
        m->bank[b].initial = arena_alloc(p->arena, m->rows * sizeof(uint64_t));
        for (unsigned row = 0; row < m->rows; row++)
            m->bank[b].initial[row] =
                memory_initial_at(p, init, LLVMIntTypeInContext(p->context, m->bank[b].width),
                                  (uint64_t)row * m->row_bytes + m->bank[b].offset_bytes);
    }
}

static void make_cells(struct program *p, struct memory *m, bool persistent)
{
    for (unsigned b = 0; b < m->nbanks; b++) {
        m->bank[b].cell = arena_alloc(p->arena, m->rows * sizeof *m->bank[b].cell);
        for (unsigned row = 0; row < m->rows; row++) {
            const char *hint = m->name;
            if (m->rows > 1)
                hint = arena_printf(p->arena, "%s_%u", hint, row);
            if (m->nbanks > 1)
                hint = arena_printf(p->arena, "%s_f%u", hint, b);
            struct variable *v = ir_new_variable(p, m->bank[b].width, hint);
            v->memory = m;
            v->has_reset = persistent;
            v->reset = m->bank[b].initial ? m->bank[b].initial[row] : 0;
            m->bank[b].cell[row] = v;
        }
    }
}

static LLVMTypeRef element_of(LLVMTypeRef part)
{
    return LLVMGetTypeKind(part) == LLVMArrayTypeKind ? LLVMGetElementType(part) : part;
}

LLVMTypeRef memory_shape(struct program *p, LLVMTypeRef type)
{
    const bool split = LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMIsPackedStruct(type) &&
                       LLVMCountStructElementTypes(type) > 1;
    if (!split)
        return type;
    const unsigned parts = LLVMCountStructElementTypes(type);
    LLVMTypeRef element = element_of(LLVMStructGetTypeAtIndex(type, parts - 1));
    for (unsigned i = 0; i < parts; i++) {
        LLVMTypeRef part = LLVMStructGetTypeAtIndex(type, i);
        if (part != element && element_of(part) != element)
            return type;
    }
    return LLVMArrayType2(element, size_of(p, type) / size_of(p, element));
}

static bool has_outer_elements(LLVMTypeRef type)
{
    uint64_t elements = 1;
    for (; LLVMGetTypeKind(LLVMGetElementType(type)) == LLVMArrayTypeKind;
         type = LLVMGetElementType(type))
        elements *= LLVMGetArrayLength2(type);
    return elements != 1;
}

/* Banks of one row each are registers: any index reaches any of them. */
static bool wants_registers(const struct annotation *a, const struct memory *m)
{
    return a && (a->registers || (a->partition && !m->partitioned));
}

enum { MOST_ROWS = 1 << 24 };

static void add_memory(struct program *p, LLVMValueRef g, LLVMTypeRef type, LLVMValueRef init,
                       bool constant, bool persistent, struct loc loc)
{
    const struct annotation *a = annotation_of(p, g);
    type = memory_shape(p, type);
    struct memory *m = arena_alloc(p->arena, sizeof *m);
    m->name = hint_of(p, g);
    m->global = g;
    m->loc = a ? a->loc : loc;
    m->rows = 1;
    m->scalar = LLVMGetTypeKind(type) == LLVMIntegerTypeKind;
    unsigned dimensions = 0;
    for (LLVMTypeRef t = type; LLVMGetTypeKind(t) == LLVMArrayTypeKind; t = LLVMGetElementType(t))
        dimensions++;
    if (a && a->partition && a->partition != dimensions)
        diag_fail(p->diag, m->loc,
                  a->partition > dimensions ? "count dimensions from 1, the outermost"
                                            : "index it directly, or partition its last dimension",
                  "'%s': dimension %u of %u cannot be partitioned", m->name, a->partition,
                  dimensions);
    m->partitioned = a && a->partition && (constant || has_outer_elements(type));
    m->single_port = a && a->single_port;
    uint64_t rows = 1;
    for (unsigned d = m->partitioned ? 1 : 0; d < dimensions; d++) {
        rows *= LLVMGetArrayLength2(type);
        if (rows == 0 || rows > MOST_ROWS)
            diag_fail(p->diag, m->loc, "keep large arrays outside, behind an array parameter",
                      "'%s' has no elements, or more than %d", m->name, MOST_ROWS);
        m->rows = (unsigned)rows;
        type = LLVMGetElementType(type);
    }
    m->row_bytes = (unsigned)size_of(p, type);
    m->address_bits = m->rows > 1 ? bit_length(m->rows - 1) : 1;
    split_row(p, m, type);
    take_initial(p, m, init);
    m->kind = constant ? MEMORY_ROM
              : m->scalar || m->rows == 1 || (wants_registers(a, m) && !p->options->sequencer)
                  ? MEMORY_REGISTERS
                  : MEMORY_RAM;
    if (m->kind == MEMORY_REGISTERS)
        make_cells(p, m, persistent);
    VEC_PUSH(p->arena, &p->memories, m);
    map_put(p->arena, &p->memory_of, g, m);
}

/* ---- array parameters ---- */

/* The first access through a pointer; NULL if there is none, or if streams are called with it. */
static LLVMValueRef first_access(LLVMValueRef pointer)
{
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (LLVMIsALoadInst(user) || LLVMIsAStoreInst(user))
            return user;
        bool leads_on = LLVMIsAGetElementPtrInst(user) || LLVMIsASelectInst(user);
        LLVMValueRef access = leads_on ? first_access(user) : NULL;
        if (access)
            return access;
    }
    return NULL;
}

/* What it is indexed as. */
static LLVMTypeRef indexed_type(LLVMValueRef pointer)
{
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u))
        if (lower_is_gep(LLVMGetUser(u)))
            return LLVMGetGEPSourceElementType(LLVMGetUser(u));
    return NULL;
}

void memory_note_parameters(struct program *p)
{
    for (unsigned i = 0; i < LLVMCountParams(p->top); i++) {
        LLVMValueRef v = LLVMGetParam(p->top, i);
        if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMPointerTypeKind)
            continue;
        LLVMValueRef access = first_access(v);
        map_put(p->arena, &p->element_of, v,
                access ? lower_accessed_type(access) : indexed_type(v));
    }
}

/* Rows that the declaration promises, as in `int16_t x[static 64]`; 0 if unknown. */
static unsigned promised_rows(struct program *p, unsigned number, unsigned row_bytes)
{
    static const char name[] = "dereferenceable";
    LLVMAttributeRef a =
        LLVMGetEnumAttributeAtIndex(p->top, (LLVMAttributeIndex)(number + 1),
                                    LLVMGetEnumAttributeKindForName(name, sizeof name - 1));
    return a ? (unsigned)(LLVMGetEnumAttributeValue(a) / row_bytes) : 0;
}

static void add_parameter(struct program *p, unsigned number)
{
    LLVMValueRef v = LLVMGetParam(p->top, number);
    LLVMValueRef access =
        LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind ? first_access(v) : NULL;
    if (!access)
        return;
    unsigned width = width_of(LLVMIsAStoreInst(access) ? LLVMGetOperand(access, 0) : access);
    struct memory *m = arena_alloc(p->arena, sizeof *m);
    m->name = hint_of(p, v);
    m->global = v;
    m->kind = MEMORY_PORT;
    m->loc = loc_of(p, access);
    if (width < 8 || width > 64 || (width & (width - 1)) != 0)
        diag_fail(p->diag, m->loc, "use integers of 8, 16, 32 or 64 bits",
                  "'%s': elements that are not such integers", m->name);
    m->row_bytes = width / 8;
    m->rows = promised_rows(p, number, m->row_bytes);
    m->address_bits = m->rows > 1 ? bit_length(m->rows - 1) : m->rows ? 1 : 32;
    m->nbanks = 1;
    m->bank = arena_alloc(p->arena, sizeof *m->bank);
    m->bank[0] = (struct bank){.width = width,
                               .range = {-((wide)1 << (width - 1)), ((wide)1 << (width - 1)) - 1},
                               .demand = width};
    VEC_PUSH(p->arena, &p->memories, m);
    map_put(p->arena, &p->memory_of, v, m);
}

/* Where it is declared, or used: clang's own constants are not declared, nor are local arrays here. */
static struct loc place_of(struct program *p, LLVMValueRef array)
{
    LLVMValueRef at = array;
    while (loc_of(p, at).line == 0 && (at == array || !LLVMIsAInstruction(at)) &&
           LLVMGetFirstUse(at))
        at = LLVMGetUser(LLVMGetFirstUse(at));
    const struct loc found = loc_of(p, at);
    return found.line ? found : loc_of(p, p->top);
}

void memory_collect(struct program *p)
{
    for (unsigned i = 0; i < LLVMCountParams(p->top); i++)
        add_parameter(p, i);

    for (LLVMValueRef g = LLVMGetFirstGlobal(p->module); g; g = LLVMGetNextGlobal(g)) {
        size_t length;
        const char *name = LLVMGetValueName2(g, &length);
        if (strncmp(name, "llvm.", 5) == 0 || !LLVMGetFirstUse(g))
            continue;
        add_memory(p, g, LLVMGlobalGetValueType(g), LLVMGetInitializer(g), LLVMIsGlobalConstant(g),
                   true, place_of(p, g));
    }
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsAAllocaInst(i) && !LLVMIsAConstantInt(LLVMGetOperand(i, 0)))
                diag_fail(p->diag, loc_of(p, i), "give the array a constant size",
                          "an array of variable size");
            else if (LLVMIsAAllocaInst(i))
                add_memory(p, i, LLVMGetAllocatedType(i), NULL, false, false, place_of(p, i));
}
