/* path.c -- what is done with an object, and the way to each of its parts that is used: indices and members. */
#include "path.h"

LLVMValueRef path_number(struct program *p, int64_t value)
{
    return LLVMConstInt(LLVMInt32TypeInContext(p->context), (uint64_t)value, true);
}

/* ---- what is done with an object ---- */

static void add_use(struct object *o, LLVMValueRef user, unsigned operand, LLVMValueRef pointer,
                    struct run run)
{
    const struct use use = {user, operand, pointer, run};
    VEC_PUSH(o->p->arena, &o->uses, use);
}

static bool is_listed(const struct object *o, LLVMValueRef user, LLVMValueRef value)
{
    for (unsigned i = 0; i < o->uses.n; i++)
        if (o->uses.at[i].user == user && LLVMGetOperand(user, o->uses.at[i].operand) == value)
            return true;
    return false;
}

/* Is the address, which is `value` or its number, part of a run through an array in the object by this use? */
static bool collect_run(struct object *o, LLVMValueRef pointer, LLVMValueRef user,
                        LLVMValueRef value)
{
    LLVMTypeRef row = o->type ? lower_element_of(o->type) : NULL;
    struct run run;
    if (!is_kind(row, LLVMStructTypeKind) || o->partition > 0 || !o->as_written ||
        !member_run(o->p, user, size_of(o->p, row), &run))
        return false;
    if (is_listed(o, user, value))
        return true;
    for (unsigned k = 0; k < (unsigned)LLVMGetNumOperands(user); k++)
        if (LLVMGetOperand(user, k) == value)
            add_use(o, user, k, pointer, run);
    return true;
}

/* A constant that is an address's number has users of its own. */
static bool collect_runs(struct object *o, LLVMValueRef pointer, LLVMValueRef user)
{
    if (!LLVMIsAConstantExpr(user))
        return collect_run(o, pointer, user, pointer);
    bool runs = web_is_number(user);
    for (LLVMUseRef u = LLVMGetFirstUse(user); u && runs; u = LLVMGetNextUse(u))
        runs = collect_run(o, pointer, LLVMGetUser(u), user);
    return runs;
}

LLVMValueRef path_collect(struct object *o, LLVMValueRef pointer)
{
    LLVMValueRef obstacle = NULL;
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u && !obstacle; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        const bool loads = LLVMIsALoadInst(user);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == pointer &&
                            LLVMGetOperand(user, 0) != pointer;
        if (loads || stores)
            add_use(o, user, stores, pointer, (struct run){.element = lower_accessed_type(user)});
        else if (is_call_of(user, "llvm.lifetime"))
            VEC_PUSH(o->p->arena, &o->lifetimes, user);
        else if (lower_is_gep(user) && LLVMGetOperand(user, 0) == pointer)
            obstacle = path_collect(o, user);
        else if (!collect_runs(o, pointer, user))
            obstacle = user;
    }
    return obstacle;
}

LLVMValueRef path_obstacle(struct program *p, LLVMValueRef object)
{
    struct object o = {.p = p};
    return path_collect(&o, object);
}

/* ---- dimensions ---- */

axis_vec path_axes(struct program *p, LLVMTypeRef *type)
{
    axis_vec axes = {0};
    for (; is_kind(*type, LLVMArrayTypeKind); *type = LLVMGetElementType(*type)) {
        const struct axis a = {LLVMGetArrayLength2(*type), size_of(p, LLVMGetElementType(*type)),
                               axes.n};
        VEC_PUSH(p->arena, &axes, a);
    }
    return axes;
}

/* ---- the way to a use ---- */

/* How many dimensions of `count` an index has left, rounded down. Of one that is inside it costs nothing. */
static LLVMValueRef dimensions_left(struct object *o, LLVMValueRef index, uint64_t count)
{
    LLVMBuilderRef b = o->builder;
    if ((count & (count - 1)) == 0)
        return LLVMBuildAShr(b, index, path_number(o->p, bit_length(count) - 1), "");
    LLVMValueRef zero = path_number(o->p, 0), size = path_number(o->p, (int64_t)count);
    LLVMValueRef is_inside = LLVMBuildICmp(b, LLVMIntULT, index, size, "");
    LLVMValueRef is_before = LLVMBuildICmp(b, LLVMIntSLT, index, zero, "");
    LLVMValueRef back =
        LLVMBuildSelect(b, is_before, path_number(o->p, (int64_t)count - 1), zero, "");
    LLVMValueRef left = LLVMBuildSDiv(b, LLVMBuildSub(b, index, back, ""), size, "");
    return LLVMBuildSelect(b, is_inside, zero, left, "");
}

/* A pointer runs through an array of arrays as if it were one; where these are in banks, the next one is elsewhere. */
static void carry(struct object *o, struct path *at)
{
    LLVMTypeRef element = o->type;
    const axis_vec axes = path_axes(o->p, &element);
    for (unsigned k = axes.n; k-- > 1;) {
        if (!(at->loose >> k & 1))
            continue;
        LLVMValueRef *index = &at->step.at[k], *outer = &at->step.at[k - 1];
        LLVMValueRef left = dimensions_left(o, *index, axes.at[k].count);
        LLVMValueRef size = path_number(o->p, (int64_t)axes.at[k].count);
        *index = LLVMBuildSub(o->builder, *index, LLVMBuildMul(o->builder, left, size, ""), "");
        *outer = LLVMBuildAdd(o->builder, *outer, left, "");
        at->loose |= (uint64_t)1 << (k - 1);
    }
}

/* Does a pointer that moves so far stay in a member of the object's structs? */
static bool stays_in_member(struct object *o, const struct use *use, const struct path *at)
{
    LLVMTypeRef row = o->type;
    const axis_vec axes = path_axes(o->p, &row);
    if (use->run.farthest_bytes == 0)
        return true;
    const unsigned k = (unsigned)LLVMConstIntGetZExtValue(at->step.at[axes.n]);
    return use->run.farthest_bytes < size_of(o->p, LLVMStructGetTypeAtIndex(row, k));
}

LLVMValueRef path_place_before(const struct use *use)
{
    return LLVMIsAPHINode(use->user)
               ? LLVMGetBasicBlockTerminator(LLVMGetIncomingBlock(use->user, use->operand))
               : use->user;
}

/* May the pointers of the run be where the way leads? They may if none of them begins in this object. */
static bool fits_run(struct object *o, const struct use *use, const struct path *paths,
                     const struct path *way)
{
    bool begins = false, fits = false;
    for (unsigned i = 0; i < o->uses.n; i++)
        if (o->uses.at[i].run.first == use->run.first && web_is_join(o->uses.at[i].user)) {
            begins = true;
            fits |= way_same_members(o, &paths[i], way);
        }
    return fits || !begins;
}

/* May another pointer of the run begin where `past` leads, unless at this very place? */
static bool may_begin_in(struct object *o, const struct use *use, const struct path *at,
                         const struct path *past)
{
    bool may = false;
    for (unsigned i = 0; i < o->uses.n && !may; i++) {
        const struct use *other = &o->uses.at[i];
        struct path a, b;
        if (!web_is_join(other->user) || other->run.first != use->run.first)
            continue;
        LLVMPositionBuilderBefore(o->builder, path_place_before(other));
        const bool is_a = way_to(o, other, false, &a), is_b = way_to(o, other, true, &b);
        const bool is_here =
            is_a && is_b && way_same_members(o, &a, at) && way_same_members(o, &b, past);
        may = !is_here &&
              ((is_a && way_same_members(o, &a, past)) || (is_b && way_same_members(o, &b, past)));
    }
    LLVMPositionBuilderBefore(o->builder, path_place_before(use));
    return may;
}

/* A pointer that begins between two arrays: at the end of one if it goes back, at the beginning of the next if it goes on. One that
 * has been through the first may also have come to its end. */
static bool begins_past(struct object *o, const struct use *use, const struct path *at,
                        const struct path *past, bool *known)
{
    const struct run *run = &use->run;
    const bool goes_on = run->goes_on || run->stays;
    *known = run->goes_back != goes_on && (run->goes_back || !may_begin_in(o, use, at, past));
    return run->goes_back;
}

/* The end of an array in a struct is where the next member begins. What a pointer that runs is compared with is where it is. False
 * if that leaves two. */
static bool choose_side(struct object *o, const struct use *use, const struct path *paths,
                        struct path *at)
{
    struct path before;
    bool known = true, is_at = way_to(o, use, false, at), is_past = way_to(o, use, true, &before);
    const bool differ = is_at && is_past && !way_same_members(o, at, &before);
    if (!web_is_join(use->user)) {
        is_at = is_at && fits_run(o, use, paths, at);
        is_past = is_past && fits_run(o, use, paths, &before);
        known = !(differ && is_at && is_past);
    } else if (differ) {
        is_past = begins_past(o, use, at, &before, &known);
        is_at = !is_past;
    } else {
        is_past = is_past && use->run.goes_back;
    }
    if (!is_at)
        *at = before;
    return known && (is_at || is_past);
}

/* The steps to what is used; sums that they need are built before it. */
static bool find_path(struct object *o, const struct use *use, struct path *paths)
{
    struct path *at = &paths[use - o->uses.at];
    LLVMPositionBuilderBefore(o->builder, path_place_before(use));
    const bool found = use->run.first
                           ? choose_side(o, use, paths, at) && stays_in_member(o, use, at)
                           : way_to(o, use, false, at);
    if (found && o->partition > 0)
        carry(o, at);
    return found;
}

/* Joins first: what they are compared with is where they are. */
LLVMValueRef path_find_all(struct object *o, struct path *paths)
{
    for (unsigned joins = 2; joins-- > 0;)
        for (unsigned i = 0; i < o->uses.n; i++)
            if (web_is_join(o->uses.at[i].user) == (joins == 1) &&
                !find_path(o, &o->uses.at[i], paths))
                return o->uses.at[i].user;
    return NULL;
}

LLVMValueRef path_astray(struct program *p, LLVMValueRef value)
{
    LLVMTypeRef type =
        LLVMIsAAllocaInst(value) ? LLVMGetAllocatedType(value) : LLVMGlobalGetValueType(value);
    struct object o = {.p = p,
                       .builder = LLVMCreateBuilderInContext(p->context),
                       .value = value,
                       .type = memory_shape(p, type)};
    LLVMValueRef astray = NULL;
    if (!path_collect(&o, value))
        astray = path_find_all(&o, arena_alloc(p->arena, (o.uses.n + 1) * sizeof(struct path)));
    LLVMDisposeBuilder(o.builder);
    return astray;
}
