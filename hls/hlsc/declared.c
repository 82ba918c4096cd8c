/* declared.c -- gives globals the type of their declaration. clang gives them the type of their initial value, in which arrays with a
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
