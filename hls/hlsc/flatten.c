/* flatten.c -- a nest of loops becomes one loop. Its iterations run from the head of one of the
 * nest's loops to the next: a variable says which. What stands before an inner loop shares an
 * iteration with its first turn, what follows with its last, so no cycle is lost; predicates guard
 * both. An iteration never passes two innermost loops. */
#include <string.h>

#include <llvm-c/DebugInfo.h>

#include "lower.h"

static const char clean_up[] =
    "function(sroa,early-cse,instcombine<no-verify-fixpoint>,gvn<no-pre;no-load-pre>,"
    "instcombine<no-verify-fixpoint>,bdce,adce,loop-simplify)";

static bool within(const struct loop *inner, const struct loop *outer)
{
    while (inner && inner != outer)
        inner = inner->outer;
    return inner != NULL;
}

static LLVMValueRef marker_in(const struct loop *loop, const char *name)
{
    for (unsigned i = 0; i < loop->body.n; i++)
        for (LLVMValueRef v = LLVMGetFirstInstruction(loop->body.at[i]->llvm); v;
             v = LLVMGetNextInstruction(v))
            if (LLVMIsACallInst(v) && strcmp(callee_name(v), name) == 0)
                return v;
    return NULL;
}

/* ---- one nest ---- */

struct nest {
    struct program *p;
    LLVMBuilderRef builder;
    LLVMValueRef place; /* where the next iteration begins */
    LLVMTypeRef place_type;
    LLVMBasicBlockRef dispatch, next;
    VEC(LLVMBasicBlockRef) heads;
};

static unsigned number_of(struct nest *n, LLVMBasicBlockRef head)
{
    for (unsigned i = 0; i < n->heads.n; i++)
        if (n->heads.at[i] == head)
            return i;
    VEC_PUSH(n->p->arena, &n->heads, head);
    return n->heads.n - 1;
}

/* Sends the edges from a block to `to` by way of a new one, which notes where to begin. */
static void redirect(struct nest *n, LLVMBasicBlockRef from, LLVMBasicBlockRef to,
                     LLVMBasicBlockRef by)
{
    LLVMBasicBlockRef hop = LLVMAppendBasicBlockInContext(n->p->context, n->p->top, "hop");
    LLVMPositionBuilderAtEnd(n->builder, hop);
    LLVMBuildStore(n->builder, LLVMConstInt(n->place_type, number_of(n, to), false), n->place);
    LLVMBuildBr(n->builder, by);
    LLVMValueRef t = LLVMGetBasicBlockTerminator(from);
    for (unsigned i = 0; i < LLVMGetNumSuccessors(t); i++)
        if (LLVMGetSuccessor(t, i) == to)
            LLVMSetSuccessor(t, i, hop);
}

/* Cuts the nest's edges where an iteration ends. */
static void cut_edges(struct nest *n, struct cfg *cfg, const struct loop *root)
{
    bool *worked = arena_alloc(n->p->arena, cfg->blocks.n + 1); /* an innermost loop lies behind */
    for (unsigned i = 0; i < cfg->blocks.n; i++) {
        const struct block *b = cfg->blocks.at[i];
        if (!within(b->loop, root))
            continue;
        worked[i] |= !b->loop->has_inner;
        for (unsigned k = 0; k < b->succ.n; k++) {
            const struct block *s = b->succ.at[k];
            if (!within(s->loop, root))
                continue;
            bool enters = s == s->loop->header && !within(b->loop, s->loop);
            if (s->index <= b->index || (enters && worked[i]))
                redirect(n, b->llvm, s->llvm, n->next);
            else
                worked[s->index] |= worked[i];
        }
    }
}

static void flatten_nest(struct program *p, struct cfg *cfg, const struct loop *root)
{
    struct nest n = {.p = p, .builder = LLVMCreateBuilderInContext(p->context)};
    n.place_type = LLVMIntTypeInContext(p->context, 8);
    LLVMPositionBuilderBefore(n.builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(p->top)));
    n.place = LLVMBuildAlloca(n.builder, n.place_type, "place");
    n.dispatch = LLVMAppendBasicBlockInContext(p->context, p->top, "nest");
    n.next = LLVMAppendBasicBlockInContext(p->context, p->top, "next");
    number_of(&n, root->header->llvm);
    for (unsigned i = 0; i < root->header->pred.n; i++)
        if (!within(root->header->pred.at[i]->loop, root))
            redirect(&n, root->header->pred.at[i]->llvm, root->header->llvm, n.dispatch);
    cut_edges(&n, cfg, root);
    LLVMPositionBuilderAtEnd(n.builder, n.next);
    LLVMBuildBr(n.builder, n.dispatch);
    LLVMPositionBuilderAtEnd(n.builder, n.dispatch);
    LLVMValueRef place = LLVMBuildLoad2(n.builder, n.place_type, n.place, "place");
    LLVMValueRef choice = LLVMBuildSwitch(n.builder, place, n.heads.at[0], n.heads.n);
    for (unsigned i = 1; i < n.heads.n; i++)
        LLVMAddCase(choice, LLVMConstInt(n.place_type, i, false), n.heads.at[i]);
    LLVMDisposeBuilder(n.builder);
}

/* ---- which loops ---- */

static bool known_sequential(struct program *p, struct loc loc)
{
    for (unsigned i = 0; i < p->sequential.n; i++)
        if (p->sequential.at[i].line == loc.line && p->sequential.at[i].column == loc.column)
            return true;
    return false;
}

/* The marker of a loop that is to be pipelined with the smallest interval. */
static void mark(struct program *p, const struct loop *loop, const char *marker)
{
    LLVMTypeRef signature = LLVMFunctionType(LLVMVoidTypeInContext(p->context), NULL, 0, false);
    LLVMValueRef f = LLVMGetNamedFunction(p->module, marker);
    if (!f)
        f = LLVMAddFunction(p->module, marker, signature);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    LLVMValueRef end = LLVMGetBasicBlockTerminator(loop->latches.at[0]->llvm);
    LLVMPositionBuilderBefore(builder, end);
    LLVMValueRef call = LLVMBuildCall2(builder, signature, f, NULL, 0, "");
    LLVMInstructionSetDebugLoc(call, LLVMInstructionGetDebugLoc(end));
    LLVMDisposeBuilder(builder);
}

/* Is there a promise of a loop in this one? It need not hold for the nest. */
static bool promises_within(const struct cfg *cfg, const struct loop *loop)
{
    for (unsigned i = 0; i < cfg->loops.n; i++) {
        const struct loop *inner = cfg->loops.at[i];
        if (inner->outer == loop &&
            (marker_in(inner, "__hls_distance") || marker_in(inner, "__hls_steady")))
            return true;
    }
    return false;
}

typedef VEC(LLVMBasicBlockRef) header_vec;

static void choose(struct program *p, struct cfg *cfg, struct loop *outer, header_vec *roots)
{
    for (unsigned i = 0; i < cfg->loops.n; i++) {
        struct loop *loop = cfg->loops.at[i];
        if (loop->outer != outer)
            continue;
        bool asked = cfg_own_marker(cfg, loop, "__hls_flatten") != NULL;
        bool marked = marker_in(loop, "__hls_pipeline") != NULL;
        bool wanted = p->options->pipeline && !marked && loop->latches.n == 1 &&
                      !known_sequential(p, loop->loc) && !promises_within(cfg, loop);
        if (asked || wanted) {
            if (!marked)
                mark(p, loop, asked ? "__hls_smallest" : "__hls_auto");
            if (loop->has_inner)
                VEC_PUSH(p->arena, roots, loop->header->llvm);
        } else {
            choose(p, cfg, loop, roots);
        }
    }
}

void flatten_loops(struct program *p)
{
    struct cfg cfg = {0};
    cfg_build(p, &cfg);
    bound_counters(p, &cfg);
    header_vec roots = {0};
    choose(p, &cfg, NULL, &roots);
    if (roots.n == 0)
        return;
    pointer_sink_addresses(p, false);
    optimise_by(p, "function(reg2mem)");
    for (unsigned i = 0; i < roots.n; i++) {
        cfg = (struct cfg){0};
        cfg_build(p, &cfg);
        const struct block *header = map_get(&cfg.block_of, roots.at[i]);
        flatten_nest(p, &cfg, header->loop);
    }
    optimise_by(p, clean_up);
    if (pointer_index(p)) /* sroa makes two addresses of an index that is one of two constants */
        optimise_by(p, "function(instcombine<no-verify-fixpoint>,loop-simplify)");
}
