/* unroll.c -- says which loops of HLS_UNROLL are still loops: the module is right, but not what was asked for. */
#include <string.h>

#include "lower.h"

static bool holds_string(LLVMValueRef node, const char *text)
{
    unsigned length;
    const char *string = LLVMGetMDString(node, &length);
    return string && length == strlen(text) && memcmp(string, text, length) == 0;
}

/* Is there !{!"llvm.loop.unroll.full"} among the properties of the loop that this branch closes? */
static bool asks_for_unrolling(struct program *p, LLVMValueRef branch)
{
    const value_vec said = marker_loop(p, branch);
    for (unsigned i = 1; i < said.n; i++) { /* the first is the loop itself */
        LLVMValueRef word;
        if (LLVMGetMDNodeNumOperands(said.at[i]) != 1)
            continue;
        LLVMGetMDNodeOperands(said.at[i], &word);
        if (holds_string(word, "llvm.loop.unroll.full"))
            return true;
    }
    return false;
}

void unroll_warn(struct program *p)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(p->top); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef branch = LLVMGetBasicBlockTerminator(b);
        if (branch && asks_for_unrolling(p, branch))
            diag_warn(p->diag, loc_of(p, branch),
                      "HLS_UNROLL has no effect: the number of iterations is not constant");
    }
}
