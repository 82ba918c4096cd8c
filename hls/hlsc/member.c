/* member.c -- pointers that run through an array in a struct, as in `for (s = symbol[i].name; *s; s++)`: what is done with them
 * says that they are of elements, so that their array may become a memory of its own. */
#include "web.h"

/* All that is done with pointers that are made of each other. */
struct uses {
    struct web web;
    LLVMTypeRef element; /* that is loaded and stored, or a struct whose members are */
    value_vec moves;
    bool stays; /* what is loaded and stored is also where a pointer is that has not been moved */
};

static bool note_element(struct uses *u, LLVMTypeRef type)
{
    const bool agrees = !u->element || u->element == type;
    u->element = type;
    return agrees;
}

/* What is loaded and stored of structs is their first member. */
static bool note_access(struct uses *u, LLVMValueRef pointer, LLVMTypeRef type)
{
    u->stays |= web_is_join(pointer);
    return is_kind(u->element, LLVMStructTypeKind) ||
           (is_kind(type, LLVMIntegerTypeKind) && note_element(u, type));
}

static bool note_struct(struct uses *u, LLVMTypeRef type)
{
    if (is_kind(u->element, LLVMIntegerTypeKind))
        u->element = NULL; /* its first member was seen before */
    return note_element(u, type);
}

/* Is all that is done with the address of a member to load and to store? */
static bool is_only_accessed(LLVMValueRef address)
{
    for (LLVMUseRef use = LLVMGetFirstUse(address); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) != address;
        if (!stores && !LLVMIsALoadInst(user) && !(lower_is_gep(user) && is_only_accessed(user)))
            return false;
    }
    return true;
}

static bool is_zero(LLVMValueRef v)
{
    return LLVMIsAConstantInt(v) && LLVMConstIntGetZExtValue(v) == 0;
}

static bool note_uses(struct uses *u, LLVMValueRef pointer);

static bool note_address(struct uses *u, LLVMValueRef gep)
{
    LLVMTypeRef source = LLVMGetGEPSourceElementType(gep);
    const bool is_struct = is_kind(source, LLVMStructTypeKind),
               is_member = LLVMGetNumOperands(gep) > 2;
    if (is_struct ? !note_struct(u, source) : is_member)
        return false;
    if (!is_member || !is_zero(LLVMGetOperand(gep, 1)))
        VEC_PUSH(u->web.p->arena, &u->moves, gep);
    u->stays |= is_member && web_is_join(LLVMGetOperand(gep, 0));
    return is_member ? is_only_accessed(gep) : note_uses(u, gep);
}

static bool note_uses(struct uses *u, LLVMValueRef pointer)
{
    bool known = true;
    for (LLVMUseRef use = LLVMGetFirstUse(pointer); use && known; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        const bool stores = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) != pointer;
        if (stores || LLVMIsALoadInst(user))
            known = note_access(u, pointer, lower_accessed_type(user));
        else if (lower_is_gep(user))
            known = note_address(u, user);
        else if (web_is_join(user))
            known = web_takes(&u->web, user);
        else
            known = LLVMIsAICmpInst(user) || LLVMIsAPtrToIntInst(user);
    }
    return known;
}

/* Moves by elements, not by rows, which a pointer to the struct itself does. */
static bool moves_by_elements(struct uses *u, LLVMValueRef gep, uint64_t row_bytes, struct run *run)
{
    LLVMTypeRef source = LLVMGetGEPSourceElementType(gep);
    LLVMValueRef index = LLVMGetOperand(gep, 1);
    const uint64_t each = size_of(u->web.p, u->element);
    if (source != u->element && !is_kind(source, LLVMIntegerTypeKind))
        return false;
    if (!LLVMIsAConstantInt(index)) {
        run->goes_back |= !value_is_natural(u->web.p, index, gep);
        run->goes_on = true;
        return source == u->element &&
               (is_kind(source, LLVMStructTypeKind) || !value_is_multiple(index, row_bytes / each));
    }
    const int64_t by = LLVMConstIntGetSExtValue(index) * (int64_t)size_of(u->web.p, source);
    const uint64_t bytes = (uint64_t)(by < 0 ? -by : by);
    run->farthest_bytes = bytes > run->farthest_bytes ? bytes : run->farthest_bytes;
    run->goes_back |= by < 0;
    run->goes_on |= by > 0;
    return bytes % each == 0;
}

static LLVMValueRef join_of(LLVMValueRef pointer)
{
    LLVMValueRef base = pointer ? lower_array_of(pointer) : NULL;
    return base && web_is_join(base) ? base : NULL;
}

/* The join that one of two operands is made of. */
static LLVMValueRef operand_join(LLVMValueRef user,
                                 LLVMValueRef (*pointer_of)(LLVMValueRef operand))
{
    LLVMValueRef join = join_of(pointer_of(LLVMGetOperand(user, 0)));
    return join ? join : join_of(pointer_of(LLVMGetOperand(user, 1)));
}

static LLVMValueRef itself(LLVMValueRef pointer)
{
    return pointer;
}

/* The join that is compared with an address, from which one is subtracted, or which may be it; NULL if it is used otherwise. */
static LLVMValueRef join_for(LLVMValueRef user)
{
    if (web_is_join(user))
        return user;
    if (LLVMIsAICmpInst(user))
        return operand_join(user, itself);
    if (web_subtracts(user))
        return operand_join(user, web_addressed);
    const bool is_number = LLVMIsAPtrToIntInst(user) || LLVMIsATruncInst(user);
    LLVMUseRef use = is_number ? LLVMGetFirstUse(user) : NULL; /* the only one of a difference */
    return use && !LLVMGetNextUse(use) ? join_for(LLVMGetUser(use)) : NULL;
}

bool member_run(struct program *p, LLVMValueRef user, uint64_t row_bytes, struct run *run)
{
    struct uses u = {.web = web_begin(p, NULL)};
    LLVMValueRef join = join_for(user);
    bool runs = join && web_collect(&u.web, join);
    *run = (struct run){.first = join};
    for (unsigned i = 0; runs && i < u.web.joins.n; i++) {
        runs = note_uses(&u, u.web.joins.at[i]);
        run->first = u.web.joins.at[i] < run->first ? u.web.joins.at[i] : run->first;
    }
    run->element = u.element;
    run->stays = u.stays;
    runs = runs && u.element && row_bytes > size_of(p, u.element);
    for (unsigned i = 0; runs && i < u.moves.n; i++)
        runs = moves_by_elements(&u, u.moves.at[i], row_bytes, run);
    return runs;
}
