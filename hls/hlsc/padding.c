/* padding.c -- removes allocas that are only copied around: what is left of the padding of structs.
 */
#include <string.h>

#include "lower.h"

static bool is_call_of(LLVMValueRef v, const char *prefix)
{
    return LLVMIsACallInst(v) && strncmp(callee_name(v), prefix, strlen(prefix)) == 0;
}

/* A use that reads the alloca for someone who matters. */
static bool use_matters(LLVMValueRef alloca_inst, LLVMValueRef user, const struct map *dead)
{
    if (is_call_of(user, "llvm.memset") || is_call_of(user, "llvm.lifetime"))
        return false;
    if (is_call_of(user, "llvm.memcpy")) {
        LLVMValueRef to = LLVMGetOperand(user, 0);
        return to != alloca_inst && !map_get(dead, to);
    }
    return true;
}

void padding_remove(struct program *p)
{
    struct map dead = {0};
    VEC(LLVMValueRef) allocas = {0};
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsAAllocaInst(i)) {
                VEC_PUSH(p->arena, &allocas, i);
                map_put(p->arena, &dead, i, i);
            }
    for (bool changed = true; changed;) { /* who reads for one alive is alive */
        changed = false;
        for (unsigned k = 0; k < allocas.n; k++) {
            LLVMValueRef a = allocas.at[k];
            for (LLVMUseRef u = LLVMGetFirstUse(a); u && map_get(&dead, a); u = LLVMGetNextUse(u))
                if (use_matters(a, LLVMGetUser(u), &dead)) {
                    map_put(p->arena, &dead, a, NULL);
                    changed = true;
                }
        }
    }
    for (unsigned k = 0; k < allocas.n; k++)
        while (map_get(&dead, allocas.at[k]) && LLVMGetFirstUse(allocas.at[k]))
            LLVMInstructionEraseFromParent(LLVMGetUser(LLVMGetFirstUse(allocas.at[k])));
    for (unsigned k = 0; k < allocas.n; k++)
        if (map_get(&dead, allocas.at[k]))
            LLVMInstructionEraseFromParent(allocas.at[k]);
}
