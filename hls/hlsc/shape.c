/* shape.c -- arrays and structs as the memories that they become: a struct with arrays in it is one array for each member, and so
 * is a struct in banks; of an array in banks, the dimension that counts them is the last. Objects that are not only loaded,
 * stored and indexed keep their shape. */
#include <string.h>

#include <llvm-c/Target.h>

#include "path.h"

/* ---- an object in place of another ---- */

LLVMValueRef shape_initial_value(struct program *p, LLVMValueRef init, LLVMTypeRef type,
                                 uint64_t bytes)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(p->module);
    if (is_kind(type, LLVMIntegerTypeKind))
        return LLVMConstInt(type, memory_initial_at(p, init, type, bytes), false);
    if (is_kind(type, LLVMPointerTypeKind)) {
        LLVMValueRef pointer = memory_scalar_at(p, init, &bytes);
        return pointer ? pointer : LLVMConstNull(type);
    }
    const bool is_array = is_kind(type, LLVMArrayTypeKind);
    LLVMTypeRef element = is_array ? LLVMGetElementType(type) : NULL;
    const unsigned n =
        is_array ? (unsigned)LLVMGetArrayLength2(type) : LLVMCountStructElementTypes(type);
    LLVMValueRef *parts = arena_alloc(p->arena, (n + 1) * sizeof *parts);
    for (unsigned i = 0; i < n; i++)
        parts[i] = is_array ? shape_initial_value(p, init, element, bytes + i * size_of(p, element))
                            : shape_initial_value(p, init, LLVMStructGetTypeAtIndex(type, i),
                                                  bytes + LLVMOffsetOfElement(layout, type, i));
    return is_array ? LLVMConstArray2(element, parts, n) : LLVMConstNamedStruct(type, parts, n);
}

static LLVMTypeRef array_over(const axis_vec *axes, LLVMTypeRef leaf)
{
    for (unsigned i = axes->n; i-- > 0;)
        leaf = LLVMArrayType2(leaf, axes->at[i].count);
    return leaf;
}

static LLVMValueRef initial_over(struct program *p, LLVMValueRef init, const axis_vec *axes,
                                 unsigned from, LLVMTypeRef leaf, uint64_t bytes)
{
    if (from == axes->n)
        return shape_initial_value(p, init, leaf, bytes);
    const struct axis *a = &axes->at[from];
    const axis_vec rest = {.at = axes->at + from + 1, .n = axes->n - from - 1};
    LLVMValueRef *parts = arena_alloc(p->arena, (a->count + 1) * sizeof *parts);
    for (uint64_t i = 0; i < a->count; i++)
        parts[i] = initial_over(p, init, axes, from + 1, leaf, bytes + i * a->stride_bytes);
    return LLVMConstArray2(array_over(&rest, leaf), parts, a->count);
}

static unsigned debug_kind(struct program *p)
{
    return LLVMGetMDKindIDInContext(p->context, "dbg", 3);
}

/* What the debugger is told of a global, or NULL. */
static LLVMMetadataRef debug_of(struct program *p, LLVMValueRef global)
{
    size_t n;
    LLVMValueMetadataEntry *entries = LLVMGlobalCopyAllMetadata(global, &n);
    LLVMMetadataRef found = NULL;
    for (unsigned i = 0; i < n; i++)
        if (LLVMValueMetadataEntriesGetKind(entries, i) == debug_kind(p))
            found = LLVMValueMetadataEntriesGetMetadata(entries, i);
    LLVMDisposeValueMetadataEntries(entries);
    return found;
}

LLVMValueRef shape_make_global(struct program *p, LLVMValueRef like, LLVMTypeRef type,
                               LLVMValueRef initial, const char *name)
{
    LLVMValueRef g = LLVMAddGlobal(p->module, type, name);
    LLVMSetInitializer(g, initial);
    LLVMSetLinkage(g, LLVMInternalLinkage);
    LLVMSetGlobalConstant(g, LLVMIsGlobalConstant(like));
    LLVMMetadataRef debug = debug_of(p, like);
    if (debug)
        LLVMGlobalSetMetadata(g, debug_kind(p), debug);
    return g;
}

/* The new object, which begins at the given bytes of an element of the old. */
static LLVMValueRef make_part(struct object *o, const axis_vec *axes, LLVMTypeRef leaf,
                              uint64_t bytes, const char *name)
{
    LLVMTypeRef type = array_over(axes, leaf);
    if (LLVMIsAAllocaInst(o->value)) {
        LLVMPositionBuilderBefore(o->builder, o->value);
        return LLVMBuildAlloca(o->builder, type, name);
    }
    LLVMValueRef init = LLVMGetInitializer(o->value);
    const bool is_zero = LLVMIsNull(init) || LLVMIsUndef(init);
    return shape_make_global(
        o->p, o->value, type,
        is_zero ? LLVMConstNull(type) : initial_over(o->p, init, axes, 0, leaf, bytes), name);
}

static void annotate(struct program *p, const struct annotation *like, LLVMValueRef value)
{
    if (!like)
        return;
    size_t length;
    struct annotation *a = arena_alloc(p->arena, sizeof *a);
    *a = *like;
    a->array = arena_printf(p->arena, "%s", LLVMGetValueName2(value, &length));
    VEC_PUSH(p->arena, &p->annotations, a);
}

/* Ways into a block from one other have one value. */
static LLVMValueRef value_from_same_block(const struct use *use)
{
    for (unsigned k = 0; LLVMIsAPHINode(use->user) && k < use->operand; k++)
        if (LLVMGetIncomingBlock(use->user, k) == LLVMGetIncomingBlock(use->user, use->operand))
            return LLVMGetIncomingValue(use->user, k);
    return NULL;
}

/* The use is of the part, by the steps of its axes and then those of its path from `rest` on. */
static void redirect(struct object *o, const struct use *use, LLVMValueRef part, LLVMTypeRef type,
                     const axis_vec *axes, const struct path *at, unsigned rest)
{
    value_vec steps = {0};
    VEC_PUSH(o->p->arena, &steps, path_number(o->p, 0));
    for (unsigned i = 0; i < axes->n; i++)
        VEC_PUSH(o->p->arena, &steps, at->step.at[axes->at[i].step]);
    for (unsigned i = rest; i < at->step.n; i++)
        VEC_PUSH(o->p->arena, &steps, at->step.at[i]);
    LLVMTypeRef operand = LLVMTypeOf(LLVMGetOperand(use->user, use->operand));
    LLVMValueRef value = value_from_same_block(use);
    LLVMPositionBuilderBefore(o->builder, path_place_before(use));
    if (!value)
        value = LLVMBuildInBoundsGEP2(o->builder, type, part, steps.at, steps.n, "");
    if (is_kind(operand, LLVMIntegerTypeKind))
        value = LLVMBuildPtrToInt(o->builder, value, operand, "");
    LLVMSetOperand(use->user, use->operand, value);
}

/* ---- names, from what the debugger would be told ---- */

static LLVMValueRef operand_of(struct program *p, LLVMValueRef node, unsigned k)
{
    const unsigned n = node ? LLVMGetMDNodeNumOperands(node) : 0;
    LLVMValueRef *all = arena_alloc(p->arena, (n + 1) * sizeof *all);
    if (n)
        LLVMGetMDNodeOperands(node, all);
    return k < n ? all[k] : NULL;
}

/* Of DWARF types in LLVM's form: the third operand is the name, the fourth the type that it is made of, the fifth the members. */
enum { DI_NAME = 2, DI_BASE = 3, DI_ELEMENTS = 4 };

static LLVMValueRef debug_type_of(struct program *p, LLVMValueRef global)
{
    LLVMMetadataRef debug = debug_of(p, global);
    LLVMValueRef expression = debug ? LLVMMetadataAsValue(p->context, debug) : NULL;
    return operand_of(p, operand_of(p, expression, 0), DI_BASE);
}

/* The member k of a struct, below arrays and names of types. */
static LLVMValueRef debug_member(struct program *p, LLVMValueRef type, unsigned k)
{
    LLVMValueRef base;
    while ((base = operand_of(p, type, DI_BASE)))
        type = base;
    return operand_of(p, operand_of(p, type, DI_ELEMENTS), k);
}

static const char *part_name(struct object *o, unsigned k, LLVMValueRef member)
{
    size_t length;
    unsigned n = 0;
    const char *name = LLVMGetValueName2(o->value, &length);
    LLVMValueRef own = operand_of(o->p, member, DI_NAME);
    const char *text = own ? LLVMGetMDString(own, &n) : NULL;
    return text ? arena_printf(o->p->arena, "%s_%.*s", name, (int)n, text)
                : arena_printf(o->p->arena, "%s_f%u", name, k);
}

/* ---- structs ---- */

bool shape_has_parts(LLVMTypeRef type)
{
    for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++)
        if (!is_kind(LLVMStructGetTypeAtIndex(type, i), LLVMIntegerTypeKind))
            return true;
    return false;
}

static void split_struct(struct object *o, const struct path *paths)
{
    struct program *p = o->p;
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(p->module);
    const struct annotation *note = annotation_of(p, o->value);
    LLVMTypeRef element = o->type;
    const axis_vec axes = path_axes(p, &element);
    for (unsigned k = 0; k < LLVMCountStructElementTypes(element); k++) {
        LLVMTypeRef member = LLVMStructGetTypeAtIndex(element, k);
        LLVMValueRef debug = debug_member(p, o->debug, k);
        LLVMValueRef part = make_part(o, &axes, member, LLVMOffsetOfElement(layout, element, k),
                                      part_name(o, k, debug));
        map_put(p->arena, o->debug_of, part, operand_of(p, debug, DI_BASE));
        annotate(p, note, part);
        for (unsigned i = 0; i < o->uses.n; i++)
            if (LLVMConstIntGetZExtValue(paths[i].step.at[axes.n]) == k)
                redirect(o, &o->uses.at[i], part, array_over(&axes, member), &axes, &paths[i],
                         axes.n + 1);
    }
}

/* ---- banks ---- */

static void turn_banks_last(struct object *o, const struct path *paths)
{
    struct program *p = o->p;
    struct annotation *note = annotation_of(p, o->value);
    LLVMTypeRef element = o->type;
    const axis_vec before = path_axes(p, &element);
    axis_vec axes = {0};
    for (unsigned i = 0; i < before.n; i++)
        if (i != note->partition - 1)
            VEC_PUSH(p->arena, &axes, before.at[i]);
    VEC_PUSH(p->arena, &axes, before.at[note->partition - 1]);
    size_t length;
    const char *name = arena_printf(p->arena, "%s", LLVMGetValueName2(o->value, &length));
    LLVMSetValueName2(o->value, "", 0);
    LLVMValueRef part = make_part(o, &axes, element, 0, name);
    note->partition = axes.n;
    for (unsigned i = 0; i < o->uses.n; i++)
        redirect(o, &o->uses.at[i], part, array_over(&axes, element), &axes, &paths[i], axes.n);
}

/* ---- all objects ---- */

/* What is the same for all objects. */
struct shaping {
    struct program *p;
    LLVMBuilderRef builder;
    struct map debug_of;
    bool as_written;
};

static bool reshape(struct shaping *s, LLVMValueRef value, LLVMTypeRef type)
{
    struct program *p = s->p;
    const struct annotation *note = annotation_of(p, value);
    struct object o = {.p = p,
                       .builder = s->builder,
                       .value = value,
                       .type = memory_shape(p, type),
                       .partition = note ? note->partition : 0,
                       .as_written = s->as_written,
                       .debug_of = &s->debug_of};
    LLVMTypeRef element = o.type;
    const unsigned dimensions = path_axes(p, &element).n;
    const bool splits =
        is_kind(element, LLVMStructTypeKind) && (shape_has_parts(element) || o.partition > 0);
    const bool turns = !splits && o.partition > 0 && o.partition < dimensions;
    if (!(splits || turns) || path_collect(&o, value) || o.uses.n == 0)
        return false;
    struct path *paths = arena_alloc(p->arena, o.uses.n * sizeof *paths);
    if (path_find_all(&o, paths))
        return false;
    o.debug = map_get(&s->debug_of, value);
    if (!o.debug && LLVMIsAGlobalVariable(value))
        o.debug = debug_type_of(p, value);
    if (splits)
        split_struct(&o, paths);
    else
        turn_banks_last(&o, paths);
    for (unsigned i = 0; i < o.lifetimes.n; i++)
        LLVMInstructionEraseFromParent(o.lifetimes.at[i]);
    return true;
}

static bool reshape_globals(struct shaping *s)
{
    bool changed = false;
    for (LLVMValueRef g = LLVMGetFirstGlobal(s->p->module); g; g = LLVMGetNextGlobal(g))
        if (!LLVMIsDeclaration(g) && LLVMGetLinkage(g) != LLVMAppendingLinkage)
            changed |= reshape(s, g, LLVMGlobalGetValueType(g));
    return changed;
}

static bool reshape_locals(struct shaping *s)
{
    bool changed = false;
    LLVMValueRef top = s->p->top;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsAAllocaInst(i) && LLVMIsAConstantInt(LLVMGetOperand(i, 0)))
                changed |= reshape(s, i, LLVMGetAllocatedType(i));
    return changed;
}

bool shape_objects(struct program *p, bool as_written)
{
    bool changed = false;
    struct shaping s = {
        .p = p, .builder = LLVMCreateBuilderInContext(p->context), .as_written = as_written};
    while (reshape_globals(&s) || reshape_locals(&s))
        changed = true;
    LLVMDisposeBuilder(s.builder);
    return changed;
}
