/* declared.c -- gives globals and locals the type of their declaration. clang gives them the type of their initial value, in which arrays with a
 * tail of zeros are split and padding has elements; how a global is used says what it was. */
#include <llvm-c/Target.h>

#include "web.h"

bool declared_is_split(LLVMTypeRef type)
{
    type = lower_element_of(type);
    return is_kind(type, LLVMStructTypeKind) && LLVMIsLiteralStruct(type);
}

/* What a copy takes from the global, or writes to it, by the type at the other end. */
static LLVMTypeRef copied_as(LLVMValueRef copy, LLVMValueRef global)
{
    if (!is_call_of(copy, "llvm.mem") || is_call_of(copy, "llvm.memset"))
        return NULL;
    LLVMValueRef other = LLVMGetOperand(copy, LLVMGetOperand(copy, 0) == global);
    return LLVMIsAAllocaInst(other) ? LLVMGetAllocatedType(other)
           : lower_is_gep(other)    ? lower_last_type(other)
                                    : NULL;
}

struct search {
    struct program *p;
    uint64_t size;
    LLVMTypeRef best;
    struct map seen; /* pointers that may be of the global */
};

static void consider(struct search *s, LLVMTypeRef type)
{
    if (!type || LLVMGetTypeKind(type) == LLVMIntegerTypeKind)
        return;
    const uint64_t size = size_of(s->p, type);
    if (size > 0 && s->size % size == 0 && (!s->best || size > size_of(s->p, s->best)))
        s->best = type;
}

static void search_uses(struct search *s, LLVMValueRef pointer)
{
    map_put(s->p->arena, &s->seen, pointer, pointer);
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (!web_is_join(user))
            consider(s, lower_is_gep(user) ? LLVMGetGEPSourceElementType(user)
                                           : copied_as(user, pointer));
        else if (!map_get(&s->seen, user))
            search_uses(s, user);
    }
}

/* The largest type, or array of a struct, that the global is used as and fills. */
static LLVMTypeRef declared_type(struct program *p, LLVMValueRef global)
{
    struct search s = {.p = p, .size = size_of(p, LLVMGlobalGetValueType(global))};
    search_uses(&s, global);
    const uint64_t count = s.best ? s.size / size_of(p, s.best) : 1;
    return count > 1 ? LLVMArrayType2(s.best, count) : s.best;
}

static void declare(struct program *p, LLVMValueRef global)
{
    LLVMTypeRef type = declared_type(p, global);
    if (!type)
        return;
    size_t length;
    const char *name = arena_printf(p->arena, "%s", LLVMGetValueName2(global, &length));
    LLVMSetValueName2(global, "", 0);
    LLVMValueRef initial = shape_initial_value(p, LLVMGetInitializer(global), type, 0);
    LLVMReplaceAllUsesWith(global, shape_make_global(p, global, type, initial, name));
    LLVMDeleteGlobal(global);
}

void declared_types(struct program *p)
{
    LLVMValueRef next;
    for (LLVMValueRef g = LLVMGetFirstGlobal(p->module); g; g = next) {
        next = LLVMGetNextGlobal(g);
        if (!LLVMIsDeclaration(g) && declared_is_split(LLVMGlobalGetValueType(g)))
            declare(p, g);
    }
}

/* ---- locals: of a part of a struct that is only copied, the optimiser leaves the bytes, with the padding before it ---- */

/* Locals that are copied to each other as a whole, and what they are from a number of bytes on. */
struct parts {
    struct program *p;
    value_vec locals, begins, lifetimes, copies;
    int64_t from_bytes;
    LLVMTypeRef type;
};

/* The address that many bytes after a local's beginning? */
static bool is_index_in_bytes(LLVMValueRef v, int64_t *bytes)
{
    if (!LLVMIsAGetElementPtrInst(v) || LLVMGetNumOperands(v) != 2 ||
        !LLVMIsAConstantInt(LLVMGetOperand(v, 1)) ||
        LLVMGetGEPSourceElementType(v) != LLVMInt8TypeInContext(LLVMGetTypeContext(LLVMTypeOf(v))))
        return false;
    *bytes = LLVMConstIntGetSExtValue(LLVMGetOperand(v, 1));
    return true;
}

static bool copies_bytes(LLVMValueRef v, uint64_t bytes)
{
    return is_call_of(v, "llvm.mem") && !is_call_of(v, "llvm.memset") &&
           LLVMIsAConstantInt(LLVMGetOperand(v, 2)) &&
           LLVMConstIntGetZExtValue(LLVMGetOperand(v, 2)) == bytes;
}

/* What it is by this use; false if more is done with it than to copy, fill and index it. */
static bool note_type(struct parts *parts, LLVMValueRef begin, LLVMValueRef use)
{
    const bool indexes = lower_is_gep(use);
    LLVMTypeRef type = indexes ? LLVMGetGEPSourceElementType(use) : copied_as(use, begin);
    if (!indexes && type && !copies_bytes(use, size_of(parts->p, type)))
        type = NULL; /* not known */
    const bool agrees = !type || !parts->type || type == parts->type;
    parts->type = type ? type : parts->type;
    return agrees && (indexes ? !is_kind(type, LLVMIntegerTypeKind) : is_call_of(use, "llvm.mem"));
}

static bool note_begin(struct parts *parts, LLVMValueRef begin, int64_t from_bytes)
{
    bool known = parts->begins.n == 0 || from_bytes == parts->from_bytes;
    parts->from_bytes = from_bytes;
    VEC_PUSH(parts->p->arena, &parts->begins, begin);
    for (LLVMUseRef u = LLVMGetFirstUse(begin); u && known; u = LLVMGetNextUse(u))
        known = note_type(parts, begin, LLVMGetUser(u));
    return known;
}

static bool note_local(struct parts *parts, LLVMValueRef local)
{
    if (!LLVMIsAAllocaInst(local) || !is_kind(LLVMGetAllocatedType(local), LLVMArrayTypeKind) ||
        LLVMGetAllocatedType(local) != LLVMGetAllocatedType(parts->locals.at[0]))
        return false;
    struct program *p = parts->p;
    const uint64_t size = size_of(p, LLVMGetAllocatedType(local));
    bool known = true;
    for (LLVMUseRef u = LLVMGetFirstUse(local); u && known; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        int64_t bytes;
        if (is_call_of(user, "llvm.lifetime")) {
            VEC_PUSH(p->arena, &parts->lifetimes, user);
        } else if (is_index_in_bytes(user, &bytes)) {
            known = note_begin(parts, user, bytes);
        } else if (copies_bytes(user, size)) {
            LLVMValueRef other = LLVMGetOperand(user, LLVMGetOperand(user, 0) == local);
            if (!value_is_in(&parts->locals, other))
                VEC_PUSH(p->arena, &parts->locals, other);
            if (!value_is_in(&parts->copies, user))
                VEC_PUSH(p->arena, &parts->copies, user);
        } else {
            known = false;
        }
    }
    return known;
}

static void erase_all(const value_vec *all)
{
    for (unsigned i = 0; i < all->n; i++)
        LLVMInstructionEraseFromParent(all->at[i]);
}

static void declare_parts(const struct parts *parts, LLVMBuilderRef builder)
{
    const uint64_t size = size_of(parts->p, parts->type);
    erase_all(&parts->lifetimes);
    for (unsigned i = 0; i < parts->locals.n; i++) {
        LLVMPositionBuilderBefore(builder, parts->locals.at[i]);
        LLVMReplaceAllUsesWith(parts->locals.at[i], LLVMBuildAlloca(builder, parts->type, ""));
    }
    for (unsigned i = 0; i < parts->begins.n; i++)
        LLVMReplaceAllUsesWith(parts->begins.at[i], LLVMGetOperand(parts->begins.at[i], 0));
    for (unsigned i = 0; i < parts->copies.n; i++) {
        LLVMValueRef copy = parts->copies.at[i];
        LLVMSetOperand(copy, 2, LLVMConstInt(LLVMTypeOf(LLVMGetOperand(copy, 2)), size, false));
    }
    erase_all(&parts->begins);
    erase_all(&parts->locals);
}

static bool declare_local(struct program *p, LLVMBuilderRef builder, LLVMValueRef local)
{
    struct parts parts = {.p = p};
    VEC_PUSH(p->arena, &parts.locals, local);
    for (unsigned i = 0; i < parts.locals.n; i++)
        if (!note_local(&parts, parts.locals.at[i]))
            return false;
    if (!parts.type || parts.from_bytes <= 0)
        return false;
    declare_parts(&parts, builder);
    return true;
}

/* One after the other, as what one is copied to may be known then. */
static bool declare_one(struct program *p, LLVMBuilderRef builder, LLVMValueRef function)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsAAllocaInst(i) && declare_local(p, builder, i))
                return true;
    return false;
}

void declared_locals(struct program *p)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    while (declare_one(p, builder, p->top))
        ;
    LLVMDisposeBuilder(builder);
}
