/* cfg.c -- dominators and natural loops of the top function. */
#include <string.h>

#include "lower.h"

static struct block *block_for(struct program *p, struct cfg *cfg, LLVMBasicBlockRef bb)
{
    struct block *b = map_get(&cfg->block_of, bb);
    if (!b) {
        b = arena_alloc(p->arena, sizeof *b);
        b->llvm = bb;
        map_put(p->arena, &cfg->block_of, bb, b);
    }
    return b;
}

static void visit(struct program *p, struct cfg *cfg, LLVMBasicBlockRef bb, struct map *seen)
{
    struct block *b = block_for(p, cfg, bb);
    map_put(p->arena, seen, bb, b);
    LLVMValueRef t = LLVMGetBasicBlockTerminator(bb);
    for (unsigned i = 0; i < LLVMGetNumSuccessors(t); i++) {
        LLVMBasicBlockRef s = LLVMGetSuccessor(t, i);
        struct block *to = block_for(p, cfg, s);
        bool known = false;
        for (unsigned k = 0; k < b->succ.n; k++)
            known |= b->succ.at[k] == to;
        if (!known) {
            VEC_PUSH(p->arena, &b->succ, to);
            VEC_PUSH(p->arena, &to->pred, b);
        }
        if (!map_get(seen, s))
            visit(p, cfg, s, seen);
    }
    VEC_PUSH(p->arena, &cfg->blocks, b); /* post-order; turned round below */
}

static void order_blocks(struct program *p, struct cfg *cfg)
{
    struct map seen = {0};
    visit(p, cfg, LLVMGetEntryBasicBlock(p->top), &seen);
    for (unsigned i = 0, j = cfg->blocks.n - 1; i < j; i++, j--) {
        struct block *t = cfg->blocks.at[i];
        cfg->blocks.at[i] = cfg->blocks.at[j];
        cfg->blocks.at[j] = t;
    }
    for (unsigned i = 0; i < cfg->blocks.n; i++)
        cfg->blocks.at[i]->index = i;
}

static struct block *common_dominator(struct block *a, struct block *b)
{
    while (a != b) {
        while (a->index > b->index)
            a = a->idom;
        while (b->index > a->index)
            b = b->idom;
    }
    return a;
}

static void find_dominators(struct cfg *cfg)
{
    cfg->blocks.at[0]->idom = cfg->blocks.at[0];
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = 1; i < cfg->blocks.n; i++) {
            struct block *b = cfg->blocks.at[i], *d = NULL;
            for (unsigned k = 0; k < b->pred.n; k++)
                if (b->pred.at[k]->idom)
                    d = d ? common_dominator(d, b->pred.at[k]) : b->pred.at[k];
            changed |= d != b->idom;
            b->idom = d;
        }
    }
}

bool cfg_dominates(const struct block *a, const struct block *b)
{
    while (b->index > a->index)
        b = b->idom;
    return a == b;
}

static bool contains(const struct loop *loop, const struct block *b)
{
    for (unsigned i = 0; i < loop->body.n; i++)
        if (loop->body.at[i] == b)
            return true;
    return false;
}

static void grow_loop(struct program *p, struct loop *loop, struct block *latch)
{
    if (contains(loop, latch))
        return;
    VEC_PUSH(p->arena, &loop->body, latch);
    for (unsigned i = 0; i < latch->pred.n; i++)
        grow_loop(p, loop, latch->pred.at[i]);
}

static void find_loops(struct program *p, struct cfg *cfg)
{
    for (unsigned i = 0; i < cfg->blocks.n; i++) {
        struct block *header = cfg->blocks.at[i];
        struct loop *loop = NULL;
        for (unsigned k = 0; k < header->pred.n; k++) {
            struct block *latch = header->pred.at[k];
            if (!cfg_dominates(header, latch)) {
                if (latch->index >= header->index)
                    diag_fail(p->diag, loc_of(p, LLVMGetBasicBlockTerminator(latch->llvm)),
                              "remove the goto or case into the loop", "the loop has two entries");
                continue;
            }
            if (!loop) {
                loop = arena_alloc(p->arena, sizeof *loop);
                loop->header = header;
                loop->loc = loc_of(p, LLVMGetBasicBlockTerminator(latch->llvm));
                VEC_PUSH(p->arena, &loop->body, header);
                VEC_PUSH(p->arena, &cfg->loops, loop);
            }
            VEC_PUSH(p->arena, &loop->latches, latch);
            grow_loop(p, loop, latch);
        }
    }
    /* headers come in reverse post-order, so outer loops come first */
    for (unsigned i = 0; i < cfg->loops.n; i++) {
        struct loop *loop = cfg->loops.at[i];
        loop->outer = loop->header->loop;
        if (loop->outer)
            loop->outer->has_inner = true;
        for (unsigned k = 0; k < loop->body.n; k++)
            loop->body.at[k]->loop = loop;
    }
}

void cfg_build(struct program *p, struct cfg *cfg)
{
    order_blocks(p, cfg);
    find_dominators(cfg);
    find_loops(p, cfg);
}

LLVMValueRef cfg_own_marker(const struct cfg *cfg, const struct loop *loop, const char *name)
{
    for (unsigned i = 0; i < cfg->blocks.n; i++)
        for (LLVMValueRef v = LLVMGetFirstInstruction(cfg->blocks.at[i]->llvm);
             v && cfg->blocks.at[i]->loop == loop; v = LLVMGetNextInstruction(v))
            if (LLVMIsACallInst(v) && strcmp(callee_name(v), name) == 0)
                return v;
    return NULL;
}
