/* way.c -- from an address to the indices and members that lead to it. */
#include <llvm-c/Target.h>

#include "path.h"

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
            push(o, at, path_number(o->p, at->bytes / each), true);
            at->bytes %= each;
        } else if (is_kind(at->type, LLVMStructTypeKind)) {
            const unsigned k = LLVMElementAtOffset(layout, at->type, (uint64_t)at->bytes);
            at->bytes -= (int64_t)LLVMOffsetOfElement(layout, at->type, k);
            at->type = LLVMStructGetTypeAtIndex(at->type, k);
            push(o, at, path_number(o->p, k), false);
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

static void move_index(struct object *o, struct path *at, LLVMValueRef by)
{
    LLVMValueRef *last = &at->step.at[at->step.n - 1];
    *last = LLVMBuildAdd(o->builder, *last, by, "");
    at->loose |= (uint64_t)1 << (at->step.n - 1);
}

/* Bytes from an element of which not the place is known may lead into others of the array. */
static void move_bytes(struct object *o, struct path *at, int64_t bytes)
{
    const int64_t each = (int64_t)size_of(o->p, at->type);
    at->bytes += bytes;
    if (!at->ends_in_array || at->stays)
        return;
    const int64_t count = at->bytes / each - (at->bytes % each < 0);
    if (count != 0)
        move_index(o, at, path_number(o->p, count));
    at->bytes -= count * each;
    at->moves_over |= count != 0;
}

bool way_same_members(struct object *o, const struct path *a, const struct path *b)
{
    LLVMTypeRef type = o->type;
    bool same = a->step.n == b->step.n;
    for (unsigned k = 0; same && k < a->step.n; k++)
        if (is_kind(type, LLVMStructTypeKind)) {
            same = a->step.at[k] == b->step.at[k];
            type =
                LLVMStructGetTypeAtIndex(type, (unsigned)LLVMConstIntGetZExtValue(a->step.at[k]));
        } else {
            type = LLVMGetElementType(type);
        }
    return same;
}

/* The way to the end of an array: to the element before it, and one more. */
static bool descend_past(struct object *o, const struct path *from, LLVMTypeRef type,
                         struct path *at)
{
    *at = *from;
    at->step = (value_vec){0};
    for (unsigned k = 0; k < from->step.n; k++)
        VEC_PUSH(o->p->arena, &at->step, from->step.at[k]);
    at->bytes -= (int64_t)size_of(o->p, type);
    if (at->moves_over)
        move_bytes(o, at, 0);
    if (!descend(o, at, type) || !at->ends_in_array)
        return false;
    LLVMValueRef *last = &at->step.at[at->step.n - 1];
    *last = LLVMBuildAdd(o->builder, *last, path_number(o->p, 1), "");
    return true;
}

/* On by an index that is not known. Where an array begins another one may end, into which a negative index goes back. */
static bool move_on(struct object *o, struct path *at, LLVMTypeRef type, LLVMValueRef gep)
{
    struct path past;
    const bool is_inside = lower_element_of(at->type) == lower_element_of(type);
    if (!o->as_written && !is_inside)
        return false;
    LLVMValueRef index = LLVMGetOperand(gep, 1);
    const bool is_past = descend_past(o, at, type, &past),
               is_at = descend(o, at, type) && at->ends_in_array;
    if (is_at && is_past && !way_same_members(o, at, &past) && !value_is_natural(o->p, index, gep))
        return false;
    if (!is_at)
        *at = past;
    if (is_at || is_past)
        move_index(o, at, as_index(o, index));
    return is_at || is_past;
}

/* Into an array by an index that is not known. */
static bool enter(struct object *o, struct path *at, LLVMTypeRef array, LLVMValueRef index)
{
    if (!descend(o, at, array))
        return false;
    push(o, at, as_index(o, index), true);
    at->type = LLVMGetElementType(array);
    return true;
}

/* What is constant is known in bytes: that they are of a member says no more than they do, as the optimiser takes equal addresses
 * for one. Only what is not, is an index of an array. */
static bool follow_gep(struct object *o, struct path *at, LLVMValueRef gep)
{
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(o->p->module);
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(gep); k++) {
        LLVMValueRef index = LLVMGetOperand(gep, k);
        const bool is_known = LLVMIsAConstantInt(index);
        if (k > 1 && is_kind(type, LLVMStructTypeKind)) {
            const unsigned member = (unsigned)LLVMConstIntGetZExtValue(index);
            move_bytes(o, at, (int64_t)LLVMOffsetOfElement(layout, type, member));
            type = LLVMStructGetTypeAtIndex(type, member);
            continue;
        }
        LLVMTypeRef element = k > 1 ? LLVMGetElementType(type) : type;
        if (is_known)
            move_bytes(o, at, LLVMConstIntGetSExtValue(index) * (int64_t)size_of(o->p, element));
        else if (k == 1 ? !move_on(o, at, type, gep) : !enter(o, at, type, index))
            return false;
        type = element;
    }
    return true;
}

static bool follow(struct object *o, struct path *at, LLVMValueRef pointer)
{
    return pointer == o->value ||
           (follow(o, at, LLVMGetOperand(pointer, 0)) && follow_gep(o, at, pointer));
}

bool way_to(struct object *o, const struct use *use, bool past, struct path *at)
{
    const struct path root = {.type = o->type, .stays = use->run.first != NULL};
    *at = root;
    if (!follow(o, at, use->pointer))
        return false;
    const struct path from = *at;
    return past ? descend_past(o, &from, use->run.element, at) : descend(o, at, use->run.element);
}
