/* shape.c -- arrays and structs as the memories that they become: a struct with arrays in it is one array for each member, and so
 * is a struct in banks; of an array in banks, the dimension that counts them is the last. Objects that are not only loaded,
 * stored and indexed keep their shape. */
#include <string.h>

#include <llvm-c/Target.h>

#include "lower.h"

/* A place in an object: the indices and members on the way to it, and bytes from there that no type has been seen for yet. */
struct path {
    LLVMTypeRef type;
    int64_t bytes;
    value_vec step;
    bool ends_in_array; /* the last step is an index */
    uint64_t loose; /* of step k, 1 << k: its index is a pointer's, which may leave the dimension */
};

struct object {
    struct program *p;
    LLVMBuilderRef builder;
    LLVMValueRef value; /* a global or an alloca */
    LLVMTypeRef type;
    unsigned partition;
    value_vec accesses; /* loads and stores */
    value_vec lifetimes;
    LLVMValueRef debug;   /* its type, or NULL */
    struct map *debug_of; /* of parts */
};

static LLVMValueRef number(struct program *p, int64_t value)
{
    return LLVMConstInt(LLVMInt32TypeInContext(p->context), (uint64_t)value, true);
}

/* ---- what is done with an object ---- */

/* Lists the accesses; returns the first use that is more than one, or than an address in the object. */
static LLVMValueRef collect(struct object *o, LLVMValueRef pointer)
{
    LLVMValueRef obstacle = NULL;
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u && !obstacle; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool loads = LLVMIsALoadInst(user);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == pointer &&
                            LLVMGetOperand(user, 0) != pointer;
        if (loads || stores)
            VEC_PUSH(o->p->arena, &o->accesses, user);
        else if (is_call_of(user, "llvm.lifetime"))
            VEC_PUSH(o->p->arena, &o->lifetimes, user);
        else if (lower_is_gep(user) && LLVMGetOperand(user, 0) == pointer)
            obstacle = collect(o, user);
        else
            obstacle = user;
    }
    return obstacle;
}

LLVMValueRef shape_obstacle(struct program *p, LLVMValueRef object)
{
    struct object o = {.p = p};
    return collect(&o, object);
}

/* ---- dimensions ---- */

/* A dimension of a new array: how many, how far apart they were, and which step of a path is its index. */
struct axis {
    uint64_t count, stride_bytes;
    unsigned step;
};
typedef VEC(struct axis) axis_vec;

static axis_vec axes_of(struct program *p, LLVMTypeRef *type)
{
    axis_vec axes = {0};
    for (; is_kind(*type, LLVMArrayTypeKind); *type = LLVMGetElementType(*type)) {
        const struct axis a = {LLVMGetArrayLength2(*type), size_of(p, LLVMGetElementType(*type)),
                               axes.n};
        VEC_PUSH(p->arena, &axes, a);
    }
    return axes;
}

/* ---- the way to an access ---- */

static void push(struct object *o, struct path *at, LLVMValueRef step, bool is_index)
{
    VEC_PUSH(o->p->arena, &at->step, step);
    at->ends_in_array = is_index;
}

/* On to the part of the given type at the bytes that are left. */
static bool descend(struct object *o, struct path *at, LLVMTypeRef type)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(o->p->module);
    while (at->type != type || at->bytes != 0) {
        if (at->bytes < 0 || at->bytes >= (int64_t)size_of(o->p, at->type))
            return false;
        if (is_kind(at->type, LLVMArrayTypeKind)) {
            at->type = LLVMGetElementType(at->type);
            const int64_t each = (int64_t)size_of(o->p, at->type);
            push(o, at, number(o->p, at->bytes / each), true);
            at->bytes %= each;
        } else if (is_kind(at->type, LLVMStructTypeKind)) {
            const unsigned k = LLVMElementAtOffset(layout, at->type, (uint64_t)at->bytes);
            at->bytes -= (int64_t)LLVMOffsetOfElement(layout, at->type, k);
            at->type = LLVMStructGetTypeAtIndex(at->type, k);
            push(o, at, number(o->p, k), false);
        } else {
            return false;
        }
    }
    return true;
}

static LLVMValueRef as_index(struct object *o, LLVMValueRef v)
{
    return LLVMBuildIntCast2(o->builder, v, LLVMInt32TypeInContext(o->p->context), true, "");
}

static bool follow_gep(struct object *o, struct path *at, LLVMValueRef gep)
{
    LLVMTypeRef source = LLVMGetGEPSourceElementType(gep);
    LLVMValueRef first = LLVMGetOperand(gep, 1);
    const bool in_bytes = LLVMIsAConstantInt(first) && LLVMGetNumOperands(gep) == 2 &&
                          is_kind(source, LLVMIntegerTypeKind) && size_of(o->p, source) == 1;
    if (in_bytes) {
        at->bytes += LLVMConstIntGetSExtValue(first);
        return true;
    }
    if (!descend(o, at, source))
        return false;
    if (!LLVMIsAConstantInt(first) || LLVMConstIntGetSExtValue(first) != 0) {
        if (!at->ends_in_array)
            return false;
        LLVMValueRef *last = &at->step.at[at->step.n - 1];
        *last = LLVMBuildAdd(o->builder, *last, as_index(o, first), "");
        at->loose |= (uint64_t)1 << (at->step.n - 1);
    }
    for (unsigned k = 2; k < (unsigned)LLVMGetNumOperands(gep); k++) {
        const bool is_index = is_kind(at->type, LLVMArrayTypeKind);
        LLVMValueRef step = LLVMGetOperand(gep, k);
        push(o, at, as_index(o, step), is_index);
        at->type =
            is_index ? LLVMGetElementType(at->type)
                     : LLVMStructGetTypeAtIndex(at->type, (unsigned)LLVMConstIntGetZExtValue(step));
    }
    return true;
}

static bool follow(struct object *o, struct path *at, LLVMValueRef pointer)
{
    return pointer == o->value ||
           (follow(o, at, LLVMGetOperand(pointer, 0)) && follow_gep(o, at, pointer));
}

/* How many dimensions of `count` an index has left, rounded down. Of one that is inside it costs nothing. */
static LLVMValueRef dimensions_left(struct object *o, LLVMValueRef index, uint64_t count)
{
    LLVMBuilderRef b = o->builder;
    if ((count & (count - 1)) == 0)
        return LLVMBuildAShr(b, index, number(o->p, bit_length(count) - 1), "");
    LLVMValueRef zero = number(o->p, 0), size = number(o->p, (int64_t)count);
    LLVMValueRef is_inside = LLVMBuildICmp(b, LLVMIntULT, index, size, "");
    LLVMValueRef is_before = LLVMBuildICmp(b, LLVMIntSLT, index, zero, "");
    LLVMValueRef back = LLVMBuildSelect(b, is_before, number(o->p, (int64_t)count - 1), zero, "");
    LLVMValueRef left = LLVMBuildSDiv(b, LLVMBuildSub(b, index, back, ""), size, "");
    return LLVMBuildSelect(b, is_inside, zero, left, "");
}

/* A pointer runs through an array of arrays as if it were one; where these are in banks, the next one is elsewhere. */
static void carry(struct object *o, struct path *at)
{
    LLVMTypeRef element = o->type;
    const axis_vec axes = axes_of(o->p, &element);
    for (unsigned k = axes.n; k-- > 1;) {
        if (!(at->loose >> k & 1))
            continue;
        LLVMValueRef *index = &at->step.at[k], *outer = &at->step.at[k - 1];
        LLVMValueRef left = dimensions_left(o, *index, axes.at[k].count);
        LLVMValueRef size = number(o->p, (int64_t)axes.at[k].count);
        *index = LLVMBuildSub(o->builder, *index, LLVMBuildMul(o->builder, left, size, ""), "");
        *outer = LLVMBuildAdd(o->builder, *outer, left, "");
        at->loose |= (uint64_t)1 << (k - 1);
    }
}

/* The steps to what is accessed; sums that they need are built before it. */
static bool find_path(struct object *o, LLVMValueRef access, struct path *at)
{
    LLVMPositionBuilderBefore(o->builder, access);
    *at = (struct path){.type = o->type};
    const bool found =
        follow(o, at, lower_pointer_of(access)) && descend(o, at, lower_accessed_type(access));
    if (found && o->partition > 0)
        carry(o, at);
    return found;
}

static bool find_paths(struct object *o, struct path *paths)
{
    for (unsigned i = 0; i < o->accesses.n; i++)
        if (!find_path(o, o->accesses.at[i], &paths[i]))
            return false;
    return true;
}

/* ---- an object in place of another ---- */

LLVMValueRef shape_initial_value(struct program *p, LLVMValueRef init, LLVMTypeRef type,
                                 uint64_t bytes)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(p->module);
    if (is_kind(type, LLVMIntegerTypeKind))
        return LLVMConstInt(type, memory_initial_at(p, init, type, bytes), false);
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

/* The access goes to the part, by the steps of its axes and then those of its path from `rest` on. */
static void redirect(struct object *o, LLVMValueRef access, LLVMValueRef part, LLVMTypeRef type,
                     const axis_vec *axes, const struct path *at, unsigned rest)
{
    value_vec steps = {0};
    VEC_PUSH(o->p->arena, &steps, number(o->p, 0));
    for (unsigned i = 0; i < axes->n; i++)
        VEC_PUSH(o->p->arena, &steps, at->step.at[axes->at[i].step]);
    for (unsigned i = rest; i < at->step.n; i++)
        VEC_PUSH(o->p->arena, &steps, at->step.at[i]);
    LLVMPositionBuilderBefore(o->builder, access);
    LLVMSetOperand(access, LLVMIsAStoreInst(access) ? 1 : 0,
                   LLVMBuildInBoundsGEP2(o->builder, type, part, steps.at, steps.n, ""));
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

static bool has_aggregates(LLVMTypeRef type)
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
    const axis_vec axes = axes_of(p, &element);
    for (unsigned k = 0; k < LLVMCountStructElementTypes(element); k++) {
        LLVMTypeRef member = LLVMStructGetTypeAtIndex(element, k);
        LLVMValueRef debug = debug_member(p, o->debug, k);
        LLVMValueRef part = make_part(o, &axes, member, LLVMOffsetOfElement(layout, element, k),
                                      part_name(o, k, debug));
        map_put(p->arena, o->debug_of, part, operand_of(p, debug, DI_BASE));
        annotate(p, note, part);
        for (unsigned i = 0; i < o->accesses.n; i++)
            if (LLVMConstIntGetZExtValue(paths[i].step.at[axes.n]) == k)
                redirect(o, o->accesses.at[i], part, array_over(&axes, member), &axes, &paths[i],
                         axes.n + 1);
    }
}

/* ---- banks ---- */

static void turn_banks_last(struct object *o, const struct path *paths)
{
    struct program *p = o->p;
    struct annotation *note = annotation_of(p, o->value);
    LLVMTypeRef element = o->type;
    const axis_vec before = axes_of(p, &element);
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
    for (unsigned i = 0; i < o->accesses.n; i++)
        redirect(o, o->accesses.at[i], part, array_over(&axes, element), &axes, &paths[i], axes.n);
}

/* ---- all objects ---- */

static bool reshape(struct program *p, LLVMBuilderRef builder, struct map *debug_of,
                    LLVMValueRef value, LLVMTypeRef type)
{
    const struct annotation *note = annotation_of(p, value);
    struct object o = {.p = p,
                       .builder = builder,
                       .value = value,
                       .type = memory_shape(p, type),
                       .partition = note ? note->partition : 0,
                       .debug_of = debug_of};
    LLVMTypeRef element = o.type;
    const unsigned dimensions = axes_of(p, &element).n;
    const bool splits =
        is_kind(element, LLVMStructTypeKind) && (has_aggregates(element) || o.partition > 0);
    const bool turns = !splits && o.partition > 0 && o.partition < dimensions;
    if (!(splits || turns) || collect(&o, value) || o.accesses.n == 0)
        return false;
    struct path *paths = arena_alloc(p->arena, o.accesses.n * sizeof *paths);
    if (!find_paths(&o, paths))
        return false;
    o.debug = map_get(debug_of, value);
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

static bool reshape_globals(struct program *p, LLVMBuilderRef builder, struct map *debug_of)
{
    bool changed = false;
    for (LLVMValueRef g = LLVMGetFirstGlobal(p->module); g; g = LLVMGetNextGlobal(g))
        if (!LLVMIsDeclaration(g) && LLVMGetLinkage(g) != LLVMAppendingLinkage)
            changed |= reshape(p, builder, debug_of, g, LLVMGlobalGetValueType(g));
    return changed;
}

static bool reshape_locals(struct program *p, LLVMBuilderRef builder, struct map *debug_of)
{
    bool changed = false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsAAllocaInst(i) && LLVMIsAConstantInt(LLVMGetOperand(i, 0)))
                changed |= reshape(p, builder, debug_of, i, LLVMGetAllocatedType(i));
    return changed;
}

bool shape_objects(struct program *p)
{
    bool changed = false;
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    struct map debug_of = {0};
    while (reshape_globals(p, builder, &debug_of) || reshape_locals(p, builder, &debug_of))
        changed = true;
    LLVMDisposeBuilder(builder);
    return changed;
}
