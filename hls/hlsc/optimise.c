/* optimise.c -- a fixed list of passes over the LLVM IR, LLVM's own and those that make memories of objects and indices of
 * pointers. */
#include <llvm-c/Transforms/PassBuilder.h>

#include "ir.h"
#include "lower.h"

/* No load PRE and no pre: they would turn loads of a pipelined loop into state across iterations.
 */
#define PASSES(rotate)                                                                             \
    "function(loop-simplify,lcssa," rotate                                                         \
    "loop(loop-unroll-full),sroa,early-cse,instcombine<no-verify-fixpoint>"                        \
    ",gvn<no-pre;no-load-pre>,loop-mssa(licm))"
static const char inline_passes[] =
    "function(lower-expect),globalopt,function(sroa,early-cse),always-inline";
static const char handed_on_passes[] = "function(early-cse),always-inline";
static const char variable_passes[] = "function(sroa,early-cse)";
static const char join_passes[] = "function(simplifycfg,instcombine<no-verify-fixpoint>)";
static const char pointer_passes[] = "function(instcombine<no-verify-fixpoint>)";
static const char calls_passes[] = "always-inline,globaldce";
static const char choose_passes[] =
    "always-inline,globaldce,function(early-cse,simplifycfg,adce,loop-simplify)";
static const char passes[] = PASSES("loop(loop-rotate),");
/* A loop's test stands twice once it is rotated. */
static const char short_passes[] = PASSES("");
static const char remainder_passes[] = "function(correlated-propagation)";
static const char last_passes[] =
    "function(simplifycfg,instcombine<no-verify-fixpoint>,bdce,adce),globalopt,"
    "globaldce,function(simplifycfg,loop-simplify)";
static const char fill_passes[] =
    "always-inline,globaldce,"
    "function(simplifycfg,instcombine<no-verify-fixpoint>,loop-simplify)";

void optimise_by(struct program *p, const char *list)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(p->module, list, NULL, options);
    LLVMDisposePassBuilderOptions(options);
    const struct loc nowhere = {0};
    if (error)
        diag_fail(p->diag, nowhere, NULL, "%s", LLVMGetErrorMessage(error));
}

static unsigned calls_of_defined(struct program *p)
{
    unsigned n = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f))
        for (LLVMUseRef u = LLVMGetFirstUse(f); u && !LLVMIsDeclaration(f); u = LLVMGetNextUse(u)) {
            LLVMValueRef user = LLVMGetUser(u);
            n += LLVMIsACallInst(user) && LLVMGetCalledValue(user) == f;
        }
    return n;
}

enum { MOST_HANDED_ON = 8 };

/* A function that is handed on is known once what has it is inlined. Calls that are left then are of recursive ones. */
static void inline_all(struct program *p)
{
    optimise_by(p, inline_passes);
    for (unsigned i = 0; i < MOST_HANDED_ON && calls_of_defined(p); i++)
        optimise_by(p, handed_on_passes);
}

static void index_pointers(struct program *p)
{
    if (pointer_index(p))
        optimise_by(p, pointer_passes);
}

static void shape_late(struct program *p)
{
    if (shape_objects(p, false))
        optimise_by(p, variable_passes);
}

/* What is copied is only loaded and stored then. */
static void fill_objects(struct program *p, enum fill_which which)
{
    if (!fill_expand(p, which))
        return;
    optimise_by(p, fill_passes);
    shape_late(p);
    index_pointers(p);
}

/* While addresses are as in the source. */
static void shape_all(struct program *p)
{
    pointer_index(p);
    const bool chosen = fill_expand(p, FILL_CHOSEN), lengths = fill_expand(p, FILL_LENGTHS);
    if (chosen || lengths)
        optimise_by(p, calls_passes);
    if (pointer_choose(p, true))
        optimise_by(p, calls_passes);
    while (shape_objects(p, true) && pointer_index(p)) /* into what has become a memory */
        ;
}

void optimise(struct program *p)
{
    declared_types(p);
    fill_expand(p, FILL_WORDS);
    inline_all(p);
    declared_types(p); /* of what is used through pointers */
    memory_note_parameters(p);
    fill_expand(p, FILL_WORDS); /* what was behind pointers */
    optimise_by(p, variable_passes);
    declared_locals(p);
    fill_expand(p, FILL_WORDS); /* what is left of arrays of which only some elements are wanted */
    shape_all(p);
    optimise_by(p, join_passes);
    index_pointers(p);
    fill_objects(p, FILL_LENGTHS); /* that are seen to be whole elements only now */
    shape_objects(p, false);
    pointer_sink_addresses(p, true);
    optimise_by(p, p->options->sequencer ? short_passes : passes);
    index_pointers(p); /* rotated loops may have new ones */
    fill_objects(p, FILL_ALL);
    shape_late(p);
    if (remainder_tell(p))
        optimise_by(p, remainder_passes);
    optimise_by(p, last_passes);
    remainder_bound(p);
}

void optimise_part(struct program *p)
{
    if (pointer_choose(p, false))
        optimise_by(p, choose_passes);
    pointer_split_loads(p);
}
