/* region.c -- which blocks make a region, and the lowering of all of them. A pipelined loop is one
 * region: its body is if-converted, every effect gets the predicate of its block. All other blocks
 * stand alone. */
#include <string.h>

#include "lower.h"

static _Noreturn void refuse_inner(struct program *p, const struct cfg *cfg,
                                   const struct loop *loop)
{
    struct loc inner = {0};
    for (unsigned i = 0; i < cfg->loops.n; i++)
        if (cfg->loops.at[i]->outer == loop)
            inner = loc_of(p, LLVMGetBasicBlockTerminator(cfg->loops.at[i]->latches.at[0]->llvm));
    diag_fail(p->diag, loop->loc, "put HLS_UNROLL before the inner loop, with constant bounds",
              "a pipelined loop contains a loop that is not unrolled, in line %u",
              inner.line ? inner.line : loop->loc.line);
}

static void read_markers(struct program *p, struct cfg *cfg)
{
    if (p->options->sequencer)
        return; /* it takes one thing after the other */
    for (unsigned i = 0; i < cfg->blocks.n; i++) {
        struct block *b = cfg->blocks.at[i];
        for (LLVMValueRef v = LLVMGetFirstInstruction(b->llvm); v; v = LLVMGetNextInstruction(v)) {
            if (!LLVMIsACallInst(v))
                continue;
            if (strcmp(callee_name(v), "__hls_iterations") == 0 && b->loop) {
                unsigned depth = (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(v, 1));
                if (!b->loop->counted || depth < b->loop->count_depth) {
                    b->loop->iterations = LLVMConstIntGetSExtValue(LLVMGetOperand(v, 0));
                    b->loop->count_depth = depth;
                    b->loop->counted = true;
                }
            }
            bool automatic = strcmp(callee_name(v), "__hls_auto") == 0;
            const bool smallest = strcmp(callee_name(v), "__hls_smallest") == 0;
            if ((automatic || smallest) && b->loop) { /* which may have been unrolled since */
                b->loop->marked = true;
                b->loop->automatic = automatic;
                b->loop->loc = loc_of(p, v);
            }
            if (strcmp(callee_name(v), "__hls_pipeline") != 0)
                continue;
            LLVMValueRef ii = LLVMGetOperand(v, 0);
            if (!LLVMIsAConstantInt(ii) || LLVMConstIntGetSExtValue(ii) < 1)
                diag_fail(p->diag, loc_of(p, v), "give a constant of at least 1",
                          "HLS_PIPELINE needs the interval");
            if (!b->loop)
                continue; /* refused when lowered, unless unreachable */
            b->loop->marked = true;
            int wanted = (int)LLVMConstIntGetSExtValue(ii);
            b->loop->ii = wanted > b->loop->ii ? wanted : b->loop->ii;
            b->loop->loc = loc_of(p, v);
        }
    }
    for (unsigned i = 0; i < cfg->loops.n; i++) {
        struct loop *loop = cfg->loops.at[i];
        if (loop->marked && loop->has_inner)
            refuse_inner(p, cfg, loop);
        if (loop->marked && loop->latches.n != 1)
            diag_fail(p->diag, loop->loc, "leave one way to the next iteration",
                      "a pipelined loop has several ways back");
    }
}

static struct region *new_region(struct program *p, struct cfg *cfg, struct block *entry)
{
    struct region *r = arena_alloc(p->arena, sizeof *r);
    r->id = p->regions.n;
    r->name = hint_of(p, LLVMBasicBlockAsValue(entry->llvm));
    if (!r->name)
        r->name = "block";
    struct loop *loop = entry->loop;
    if (loop && loop->marked && loop->header == entry) {
        r->is_loop = true;
        r->automatic = loop->automatic;
        r->iterations = loop->iterations;
        r->ii_wanted = loop->ii;
        r->ii = loop->ii ? loop->ii : 1;
        r->loc = loop->loc;
        r->latch = loop->latches.at[0]->llvm;
        for (unsigned i = 0; i < cfg->blocks.n; i++)
            if (cfg->blocks.at[i]->loop == loop)
                VEC_PUSH(p->arena, &r->blocks, cfg->blocks.at[i]->llvm);
    } else {
        VEC_PUSH(p->arena, &r->blocks, entry->llvm);
        for (LLVMValueRef i = LLVMGetFirstInstruction(entry->llvm); i && !r->loc.line;
             i = LLVMGetNextInstruction(i))
            r->loc = loc_of(p, i);
    }
    VEC_PUSH(p->arena, &p->regions, r);
    for (unsigned i = 0; i < r->blocks.n; i++)
        map_put(p->arena, &p->region_of, r->blocks.at[i], r);
    return r;
}

enum { MOST_HOPS = 64 };

/* Also of blocks that do nothing but lead to one, as before what loops would leave to. */
static bool is_unreachable(LLVMBasicBlockRef b)
{
    LLVMValueRef t = LLVMGetBasicBlockTerminator(b);
    for (int hops = 0;
         hops < MOST_HOPS && LLVMGetFirstInstruction(b) == t && LLVMGetNumSuccessors(t) == 1;
         hops++) {
        b = LLVMGetSuccessor(t, 0);
        t = LLVMGetBasicBlockTerminator(b);
    }
    return LLVMGetInstructionOpcode(t) == LLVMUnreachable;
}

/* ---- predicates within a region ---- */

struct flow {
    struct lowering l;
    struct cfg *cfg;
    struct map relative; /* block to its predicate, given its immediate dominator */
};

static struct node *edge_condition(struct flow *f, LLVMBasicBlockRef from, LLVMBasicBlockRef to)
{
    struct program *p = f->l.p;
    struct region *r = f->l.r;
    LLVMValueRef t = LLVMGetBasicBlockTerminator(from);
    unsigned n = LLVMGetNumSuccessors(t);
    struct node *yes = ir_const(p, r, 1, 1), *no = ir_const(p, r, 0, 1);
    if (n == 1)
        return yes;
    if (is_unreachable(to))
        return no;
    if (LLVMGetInstructionOpcode(t) == LLVMBr) {
        bool first = LLVMGetSuccessor(t, 0) == to, second = LLVMGetSuccessor(t, 1) == to;
        if ((first && second) || is_unreachable(LLVMGetSuccessor(t, first ? 1 : 0)))
            return yes;
        struct node *c = lower_value(&f->l, LLVMGetCondition(t));
        return first ? c : ir_not(p, r, c);
    }
    struct node *on = lower_value(&f->l, LLVMGetOperand(t, 0));
    struct node *hit = no, *other = no;
    bool is_default = LLVMGetSuccessor(t, 0) == to;
    for (unsigned k = 1; k < n;
         k++) { /* operands: value, default, then case values with their blocks */
        struct node *c = ir_compare(p, r, CMP_EQ, on, lower_value(&f->l, LLVMGetOperand(t, 2 * k)));
        if (LLVMGetSuccessor(t, k) == to)
            hit = ir_or(p, r, hit, c);
        else
            other = ir_or(p, r, other, c);
    }
    return is_default ? ir_not(p, r, other) : hit;
}

static bool in_region(struct flow *f, const struct block *b)
{
    return map_get(&f->l.p->region_of, b->llvm) == f->l.r;
}

/* True if every way from `from` through the region passes `b`: there is none around it. */
static bool always_reaches(struct flow *f, const struct block *from, const struct block *b,
                           struct map *seen)
{
    if (from == b)
        return true;
    if (is_unreachable(from->llvm) || map_get(seen, from))
        return true;
    map_put(f->l.p->arena, seen, from, (void *)from);
    if (from->succ.n == 0)
        return false;
    for (unsigned i = 0; i < from->succ.n; i++) {
        struct block *s = from->succ.at[i];
        if (is_unreachable(s->llvm))
            continue;
        if (!in_region(f, s) || s->index <= from->index || !always_reaches(f, s, b, seen))
            return false;
    }
    return true;
}

/* The condition under which b runs, given that `root`, a dominator of it in the region, runs. */
static struct node *reach(struct flow *f, struct block *b, struct block *root)
{
    struct program *p = f->l.p;
    struct region *r = f->l.r;
    if (b == root)
        return ir_const(p, r, 1, 1);
    struct block *d = b->idom;
    struct node *n = map_get(&f->relative, b);
    if (!n) {
        struct map seen = {0};
        if (always_reaches(f, d, b, &seen)) {
            n = ir_const(p, r, 1, 1);
        } else {
            n = ir_const(p, r, 0, 1);
            for (unsigned i = 0; i < b->pred.n; i++) {
                struct block *from = b->pred.at[i];
                if (in_region(f, from) && from->index < b->index)
                    n = ir_or(
                        p, r, n,
                        ir_and(p, r, reach(f, from, d), edge_condition(f, from->llvm, b->llvm)));
            }
        }
        map_put(p->arena, &f->relative, b, n);
    }
    return d == root ? n : ir_and(p, r, reach(f, d, root), n);
}

static struct node *merge_phi(struct flow *f, struct block *b, LLVMValueRef phi)
{
    struct program *p = f->l.p;
    struct node *n = NULL;
    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        LLVMBasicBlockRef from_llvm = LLVMGetIncomingBlock(phi, k);
        struct block *from = map_get(&f->cfg->block_of, from_llvm);
        if (!from || !in_region(f, from))
            continue;
        LLVMValueRef incoming = LLVMGetIncomingValue(phi, k);
        if (LLVMIsUndef(incoming) || LLVMIsPoison(incoming))
            continue; /* any value will do */
        struct node *v = lower_value(&f->l, incoming);
        struct node *c =
            ir_and(p, f->l.r, reach(f, from, b->idom), edge_condition(f, from_llvm, b->llvm));
        n = n ? ir_make(p, f->l.r, OP_SELECT, v->width, c, v, n) : v;
    }
    return n ? n : ir_const(p, f->l.r, 0, width_of(phi));
}

/* ---- registers: cells of statics that a region names by constants are values in it ---- */

static bool constant_cell(LLVMValueRef pointer)
{
    for (; !LLVMIsAGlobalVariable(pointer) && !LLVMIsAAllocaInst(pointer);
         pointer = LLVMGetOperand(pointer, 0)) {
        if (!lower_is_gep(pointer))
            return false;
        for (unsigned k = 1; k < (unsigned)LLVMGetNumOperands(pointer); k++)
            if (!LLVMIsAConstantInt(LLVMGetOperand(pointer, k)))
                return false;
    }
    return true;
}

static void choose_promoted(struct lowering *l)
{
    struct program *p = l->p;
    struct map indexed = {0};
    for (unsigned i = 0; i < l->r->blocks.n; i++)
        for (LLVMValueRef v = LLVMGetFirstInstruction(l->r->blocks.at[i]); v;
             v = LLVMGetNextInstruction(v)) {
            bool store = LLVMIsAStoreInst(v) != NULL;
            if (!store && !LLVMIsALoadInst(v))
                continue;
            LLVMValueRef pointer = LLVMGetOperand(v, store ? 1 : 0);
            if (LLVMIsASelectInst(pointer))
                continue; /* both arms are resolved and refused or indexed below */
            struct memory *m = lower_memory_of(p, pointer, v);
            if (m && m->kind == MEMORY_REGISTERS && m->rows > 1 && !constant_cell(pointer))
                map_put(p->arena, &indexed, m, m);
        }
    for (unsigned i = 0; i < p->memories.n; i++) {
        struct memory *m = p->memories.at[i];
        if (m->kind == MEMORY_REGISTERS && !map_get(&indexed, m))
            map_put(p->arena, &l->promoted, m, m);
    }
}

/* In a loop, a cell that is stored to is state, like a phi; a phi node stands for it from the
 * start. */
static void add_cell_phis(struct lowering *l)
{
    struct program *p = l->p;
    for (unsigned i = 0; i < l->r->blocks.n; i++)
        for (LLVMValueRef v = LLVMGetFirstInstruction(l->r->blocks.at[i]); v;
             v = LLVMGetNextInstruction(v)) {
            if (!LLVMIsAStoreInst(v) || LLVMIsASelectInst(LLVMGetOperand(v, 1)))
                continue;
            LLVMValueRef pointer = LLVMGetOperand(v, 1);
            struct memory *m = lower_memory_of(p, pointer, v);
            if (!m || !map_get(&l->promoted, m))
                continue;
            struct place at = lower_place(l, pointer, v, width_of(LLVMGetOperand(v, 0)));
            struct variable *cell = m->bank[at.bank].cell[at.row->value];
            if (map_get(&l->cell, cell))
                continue;
            struct node *phi = ir_new(p, OP_PHI, cell->width);
            phi->variable = cell;
            phi->hint = cell->hint;
            VEC_PUSH(p->arena, &l->r->phis, phi);
            map_put(p->arena, &l->cell, cell, phi);
        }
}

/* ---- lowering of a region ---- */

/* The register of a loop's phi: it runs ahead of the phi's value, so it serves no one outside of
 * the loop. */
static struct variable *state_variable_for(struct program *p, LLVMValueRef phi)
{
    struct variable *v = map_get(&p->state_of, phi);
    if (!v) {
        v = ir_new_variable(p, kept_width_of(p, phi), hint_of(p, phi));
        v->phi = phi;
        map_put(p->arena, &p->state_of, phi, v);
    }
    return v;
}

static void lower_phi(struct flow *f, struct block *b, LLVMValueRef phi)
{
    struct program *p = f->l.p;
    struct region *r = f->l.r;
    if (LLVMGetTypeKind(LLVMTypeOf(phi)) == LLVMPointerTypeKind)
        return; /* an error where it is used */
    struct node *n;
    if (b->llvm != r->blocks.at[0]) {
        n = merge_phi(f, b, phi);
        if (!n->hint && !ir_is_steady(n))
            n->hint = hint_of(p, phi);
    } else if (r->is_loop) {
        n = ir_new(p, OP_PHI, kept_width_of(p, phi));
        n->variable = state_variable_for(p, phi);
        n->hint = n->variable->hint;
        VEC_PUSH(p->arena, &r->phis, n);
    } else {
        n = ir_variable(p, r, variable_for(p, phi));
    }
    map_put(p->arena, &r->value, phi, ir_resize(p, r, n, width_of(phi), false));
}

static void lower_blocks(struct flow *f)
{
    struct lowering *l = &f->l;
    struct block *entry = map_get(&f->cfg->block_of, l->r->blocks.at[0]);
    for (unsigned i = 0; i < l->r->blocks.n; i++) {
        struct block *b = map_get(&f->cfg->block_of, l->r->blocks.at[i]);
        if (is_unreachable(b->llvm))
            continue;
        struct node *predicate = reach(f, b, entry);
        for (LLVMValueRef v = LLVMGetFirstInstruction(b->llvm); v; v = LLVMGetNextInstruction(v)) {
            if (LLVMIsAPHINode(v))
                lower_phi(f, b, v);
            else
                lower_instruction(l, v, predicate);
        }
    }
}

/* The next values of the loop's state. */
static void close_loop(struct flow *f)
{
    struct lowering *l = &f->l;
    for (unsigned i = 0; i < l->r->phis.n; i++) {
        struct node *phi = l->r->phis.at[i];
        if (phi->variable->memory) {
            phi->next = map_get(&l->cell, phi->variable);
            continue;
        }
        LLVMValueRef v = phi->variable->phi;
        for (unsigned k = 0; k < LLVMCountIncoming(v); k++)
            if (LLVMGetIncomingBlock(v, k) == l->r->latch)
                phi->next = ir_resize(l->p, l->r, lower_value(l, LLVMGetIncomingValue(v, k)),
                                      phi->width, false);
    }
    struct block *entry = map_get(&f->cfg->block_of, l->r->blocks.at[0]);
    struct block *latch = map_get(&f->cfg->block_of, l->r->latch);
    l->r->again =
        ir_and(l->p, l->r, reach(f, latch, entry), edge_condition(f, l->r->latch, entry->llvm));
}

/* A block that only leads on, such as the one before a loop: edges pass through it. */
static bool only_leads_on(const struct block *b)
{
    LLVMValueRef t = LLVMGetBasicBlockTerminator(b->llvm);
    return LLVMGetFirstInstruction(b->llvm) == t && LLVMGetNumSuccessors(t) == 1 &&
           b->succ.at[0] != b;
}

/* The ways out, with what the phis of the target take along. */
static void add_edges(struct flow *f)
{
    struct lowering *l = &f->l;
    struct program *p = l->p;
    struct block *entry = map_get(&f->cfg->block_of, l->r->blocks.at[0]);
    for (unsigned i = 0; i < l->r->blocks.n; i++) {
        struct block *b = map_get(&f->cfg->block_of, l->r->blocks.at[i]);
        if (LLVMIsAReturnInst(LLVMGetBasicBlockTerminator(b->llvm))) {
            struct edge e = {.from = b->llvm, .condition = reach(f, b, entry)};
            if (p->result) {
                struct move m = {
                    p->result,
                    lower_value(l, LLVMGetOperand(LLVMGetBasicBlockTerminator(b->llvm), 0))};
                VEC_PUSH(p->arena, &e.moves, m);
            }
            VEC_PUSH(p->arena, &l->r->edges, e);
            p->returns = true;
        }
        for (unsigned k = 0; k < b->succ.n; k++) {
            struct block *to = b->succ.at[k];
            if (is_unreachable(to->llvm) || (l->r->is_loop && in_region(f, to)))
                continue;
            struct block *last = b; /* the block before `to` */
            for (unsigned hops = 0; hops < f->cfg->blocks.n && only_leads_on(to); hops++) {
                last = to;
                to = to->succ.at[0];
            }
            struct edge e = {.from = b->llvm, .to = to->llvm};
            const struct region *to_region = map_get(&p->region_of, to->llvm);
            e.condition = ir_and(p, l->r, reach(f, b, entry),
                                 edge_condition(f, b->llvm, b->succ.at[k]->llvm));
            for (LLVMValueRef v = LLVMGetFirstInstruction(to->llvm); v && LLVMIsAPHINode(v);
                 v = LLVMGetNextInstruction(v)) {
                if (width_of(v) == 0)
                    continue;
                for (unsigned n = 0; n < LLVMCountIncoming(v); n++)
                    if (LLVMGetIncomingBlock(v, n) == last->llvm) {
                        struct move m = {to_region->is_loop ? state_variable_for(p, v)
                                                            : variable_for(p, v),
                                         lower_value(l, LLVMGetIncomingValue(v, n))};
                        m.value = ir_resize(p, l->r, m.value, m.to->width, false);
                        VEC_PUSH(p->arena, &e.moves, m);
                        break;
                    }
            }
            VEC_PUSH(p->arena, &l->r->edges, e);
        }
    }
}

/* In a block, cells take their last value as the block ends. */
static void add_cell_liveouts(struct lowering *l)
{
    struct program *p = l->p;
    for (unsigned i = 0; i < p->variables.n; i++) {
        struct variable *cell = p->variables.at[i];
        if (cell->memory && map_get(&l->written, cell) && !l->r->is_loop)
            VEC_PUSH(p->arena, &l->r->liveouts, (struct liveout){cell, map_get(&l->cell, cell)});
    }
}

static void lower_region(struct program *p, struct cfg *cfg, struct region *r)
{
    struct flow f = {.l = {.p = p, .r = r}, .cfg = cfg};
    choose_promoted(&f.l);
    if (r->is_loop)
        add_cell_phis(&f.l);
    lower_blocks(&f);
    if (r->is_loop)
        close_loop(&f);
    add_edges(&f);
    add_cell_liveouts(&f.l);
}

/* A loop's values for phis beyond it, and several exits, go through variables. */
static void add_loop_liveouts(struct program *p, struct region *r)
{
    for (unsigned i = 0; i < r->edges.n; i++) {
        struct edge *e = &r->edges.at[i];
        if (r->edges.n > 1) {
            e->taken = ir_new_variable(p, 1, "leave");
            VEC_PUSH(p->arena, &r->liveouts, (struct liveout){e->taken, e->condition});
        }
        for (unsigned k = 0; k < e->moves.n; k++) {
            struct move *m = &e->moves.at[k];
            if (ir_is_steady(m->value))
                continue;
            struct variable *carry = NULL;
            for (unsigned j = 0; j < r->liveouts.n && !carry; j++)
                if (r->liveouts.at[j].value == m->value && r->liveouts.at[j].to != e->taken)
                    carry = r->liveouts.at[j].to;
            if (!carry) {
                carry = ir_new_variable(
                    p, m->value->width,
                    arena_printf(p->arena, "%s_last", m->to->hint ? m->to->hint : "v"));
                VEC_PUSH(p->arena, &r->liveouts, (struct liveout){carry, m->value});
            }
            m->value = ir_variable(p, r, carry);
        }
    }
}

static void collect_parameters(struct program *p)
{
    for (unsigned i = 0; i < LLVMCountParams(p->top); i++) {
        LLVMValueRef v = LLVMGetParam(p->top, i);
        if (map_get(&p->memory_of, v)) {
            continue; /* an array */
        } else if (LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind) {
            struct stream *s = arena_alloc(p->arena, sizeof *s);
            s->name = hint_of(p, v);
            s->param = v;
            VEC_PUSH(p->arena, &p->streams, s);
            map_put(p->arena, &p->stream_of, v, s);
        } else if (width_of(v) > 0 && width_of(v) <= 64) {
            VEC_PUSH(p->arena, &p->scalars, v);
        } else {
            diag_fail(p->diag, loc_of(p, p->top),
                      "pass integers up to 64 bits, arrays of integers and stream pointers",
                      "parameter %u of '%s' is of a type that is not supported", i + 1,
                      p->options->top);
        }
    }
    LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(p->top));
    if (LLVMGetTypeKind(result) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(result) <= 64)
        p->result = ir_new_variable(p, LLVMGetIntTypeWidth(result), "returned");
    else if (LLVMGetTypeKind(result) != LLVMVoidTypeKind)
        diag_fail(p->diag, loc_of(p, p->top), "return an integer, or results through streams",
                  "'%s' returns a value of a type that is not supported", p->options->top);
}

void lower_program(struct program *p)
{
    struct cfg cfg = {0};
    collect_parameters(p);
    cfg_build(p, &cfg);
    read_markers(p, &cfg);
    for (unsigned i = 0; i < cfg.blocks.n; i++)
        if (!map_get(&p->region_of, cfg.blocks.at[i]->llvm) &&
            !is_unreachable(cfg.blocks.at[i]->llvm))
            new_region(p, &cfg, cfg.blocks.at[i]);
    if (p->regions.n == 0)
        diag_fail(p->diag, loc_of(p, p->top), "run it natively with -fsanitize=undefined",
                  "'%s' does something undefined whatever it is given", p->options->top);
    for (unsigned i = 0; i < p->regions.n; i++)
        lower_region(p, &cfg, p->regions.at[i]);
    if (!p->returns)
        p->result = NULL;                           /* it never comes */
    for (unsigned i = 0; i < p->variables.n; i++) { /* what other regions asked for */
        struct variable *v = p->variables.at[i];
        if (v->source && !LLVMIsAPHINode(v->source))
            VEC_PUSH(p->arena, &v->home->liveouts,
                     (struct liveout){v, map_get(&v->home->value, v->source)});
    }
    for (unsigned i = 0; i < p->variables.n; i++) {
        struct variable *v = p->variables.at[i];
        if (v->source && LLVMIsAPHINode(v->source)) {
            struct node *n = map_get(&v->home->value, v->source);
            n = ir_resize(p, v->home, n, v->width, false);
            bool own = (n->op == OP_PHI || n->op == OP_VAR) && n->variable == v;
            if (!own) /* a phi within a loop's body */
                VEC_PUSH(p->arena, &v->home->liveouts, (struct liveout){v, n});
        }
    }
    for (unsigned i = 0; i < p->regions.n; i++)
        if (p->regions.at[i]->is_loop)
            add_loop_liveouts(p, p->regions.at[i]);
}
