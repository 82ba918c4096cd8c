/* bounds.c -- counters that begin at, and go on to, constants or numbers that are never negative: each use of one goes through
 * a call that names its largest value, for the analysis of widths. */
#include <string.h>

#include "lower.h"

struct counter {
    LLVMValueRef phi, next, begin;
    LLVMValueRef entry; /* the end of the block before the loop */
    int64_t first, step;
    bool is_exact; /* else the first value is not more than that */
};

static bool inside(const struct loop *loop, const struct block *b)
{
    for (const struct loop *l = b->loop; l; l = l->outer)
        if (l == loop)
            return true;
    return false;
}

/* Far enough from the ends of 64 bits to be computed with. */
static bool is_small(int64_t number)
{
    const int64_t most = (int64_t)1 << 40;
    return number > -most && number < most;
}

/* A constant, or the most that v may be there; -1 if it may be negative. */
static int64_t most_of(struct program *p, LLVMValueRef v, LLVMValueRef at)
{
    if (LLVMIsAConstantInt(v))
        return LLVMConstIntGetSExtValue(v);
    const unsigned bits = value_bits(p, v, at);
    return bits < width_of(v) ? (int64_t)mask_of(bits) : -1;
}

static bool find_counter(struct program *p, const struct loop *loop, LLVMValueRef phi,
                         struct counter *c)
{
    *c = (struct counter){.phi = phi};
    bool has_first = false;
    if (width_of(phi) == 0 || width_of(phi) > 64 || LLVMCountIncoming(phi) != 2)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        LLVMValueRef v = LLVMGetIncomingValue(phi, i);
        if (LLVMGetIncomingBlock(phi, i) == loop->latches.at[0]->llvm) {
            if (!LLVMIsABinaryOperator(v) || LLVMGetInstructionOpcode(v) != LLVMAdd ||
                LLVMGetOperand(v, 0) != phi || !LLVMIsAConstantInt(LLVMGetOperand(v, 1)))
                return false;
            c->next = v;
            c->step = LLVMConstIntGetSExtValue(LLVMGetOperand(v, 1));
        } else {
            c->begin = v;
            c->entry = LLVMGetBasicBlockTerminator(LLVMGetIncomingBlock(phi, i));
            c->first = most_of(p, v, c->entry);
            c->is_exact = LLVMIsAConstantInt(v);
            has_first = true;
        }
    }
    return has_first && c->next && c->step != 0 && c->first >= 0 && is_small(c->first) &&
           is_small(c->step);
}

/* The largest x that goes on counting upwards, or -1. What wraps around to a negative number would go on. */
static int64_t last_going_on(const struct counter *c, LLVMIntPredicate go_on, int64_t limit)
{
    const int64_t most_signed = (int64_t)(mask_of(width_of(c->phi)) >> 1);
    int64_t last = limit - (go_on == LLVMIntULT || go_on == LLVMIntSLT);
    switch (go_on) {
    case LLVMIntNE:
        return limit > c->first && (limit - c->first) % c->step == 0 ? limit - c->step : -1;
    case LLVMIntULT:
    case LLVMIntULE: return last;
    case LLVMIntSLT:
    case LLVMIntSLE:
        return (last > c->first ? last : c->first) + c->step <= most_signed ? last : -1;
    default: return -1;
    }
}

static LLVMIntPredicate inverse(LLVMIntPredicate p)
{
    switch (p) {
    case LLVMIntEQ: return LLVMIntNE;
    case LLVMIntNE: return LLVMIntEQ;
    case LLVMIntUGT: return LLVMIntULE;
    case LLVMIntUGE: return LLVMIntULT;
    case LLVMIntULT: return LLVMIntUGE;
    case LLVMIntULE: return LLVMIntUGT;
    case LLVMIntSGT: return LLVMIntSLE;
    case LLVMIntSGE: return LLVMIntSLT;
    case LLVMIntSLT: return LLVMIntSGE;
    default: return LLVMIntSGT;
    }
}

/* Is it a number that the test takes for itself? Others wrap around. */
static bool is_seen_by(LLVMIntPredicate test, int64_t number, unsigned width)
{
    const int64_t most_signed = (int64_t)(mask_of(width) >> 1);
    const bool is_signed = test == LLVMIntSLT || test == LLVMIntSGT;
    return test == LLVMIntNE || (is_signed ? number >= -most_signed - 1 && number <= most_signed
                                           : number >= 0 && number / 2 <= most_signed);
}

/* How often the loop runs, if the test on the counter at its end, on this value or the next, is the only way out; else 0. */
static int64_t trips_of(const struct counter *c, LLVMIntPredicate go_on, int64_t limit,
                        bool of_next)
{
    bool up = c->step > 0;
    const int64_t first = of_next ? c->first + c->step : c->first; /* that is tested */
    int64_t span = up ? limit - first : first - limit, step = up ? c->step : -c->step;
    switch (go_on) {
    case LLVMIntNE:
        if (span < 0 || span % step != 0)
            return 0;
        break;
    case LLVMIntULT:
    case LLVMIntSLT:
        if (!up)
            return 0;
        break;
    case LLVMIntUGT:
    case LLVMIntSGT:
        if (up)
            return 0;
        break;
    default: return 0;
    }
    const int64_t more = span <= 0 ? 0 : (span + step - 1) / step; /* tests that pass */
    return is_seen_by(go_on, first + more * c->step, width_of(c->phi)) ? 1 + more : 0;
}

static bool only_way_out(const struct loop *loop)
{
    for (unsigned i = 0; i < loop->body.n; i++)
        for (unsigned k = 0; k < loop->body.at[i]->succ.n; k++)
            if (!inside(loop, loop->body.at[i]->succ.at[k]) &&
                loop->body.at[i] != loop->latches.at[0])
                return false;
    return true;
}

/* Does the counter go down to where it still is not negative? The test is of its next value, or of this one. An unsigned test
 * takes what is below zero for large. */
static bool goes_down(const struct counter *c, LLVMIntPredicate go_on, int64_t limit, bool of_next)
{
    const bool or_equal = go_on == LLVMIntUGE || go_on == LLVMIntSGE;
    const int64_t least = limit + !or_equal; /* that goes on */
    switch (go_on) {
    case LLVMIntNE: return c->first > limit && (c->first - limit) % -c->step == 0;
    case LLVMIntSGT:
    case LLVMIntSGE: return (of_next ? least : least + c->step) >= 0;
    case LLVMIntUGT:
    case LLVMIntUGE: return least + c->step >= 0 && (!of_next || c->first + c->step >= 0);
    default: return false;
    }
}

/* Does the test bound the counter wherever it begins, or whatever the limit is? */
static bool bounds_any(struct program *p, const struct counter *c, LLVMIntPredicate go_on,
                       LLVMValueRef limit, bool of_next)
{
    switch (go_on) {
    case LLVMIntULT:
    case LLVMIntULE:
    case LLVMIntSLT:
    case LLVMIntSLE: return c->step > 0;
    case LLVMIntSGT:
    case LLVMIntSGE: return c->step < 0;
    case LLVMIntUGT:
    case LLVMIntUGE: return c->step < 0 && !of_next;
    case LLVMIntNE: /* not beyond it from the beginning on */
        return c->step == -1 && LLVMIsAConstantInt(limit) &&
               value_is_least(p, c->begin, LLVMConstIntGetSExtValue(limit) + of_next, c->entry);
    default: return false;
    }
}

/* The largest value of the counter by the test at the end of b, or -1. */
static int64_t bound_of(struct program *p, struct loop *loop, const struct block *b,
                        const struct counter *c)
{
    LLVMValueRef t = LLVMGetBasicBlockTerminator(b->llvm);
    if (LLVMGetInstructionOpcode(t) != LLVMBr || LLVMGetNumSuccessors(t) != 2 || b->succ.n != 2)
        return -1;
    bool first_stays = false, second_stays = false;
    for (unsigned i = 0; i < 2; i++) {
        first_stays |= b->succ.at[i]->llvm == LLVMGetSuccessor(t, 0) && inside(loop, b->succ.at[i]);
        second_stays |=
            b->succ.at[i]->llvm == LLVMGetSuccessor(t, 1) && inside(loop, b->succ.at[i]);
    }
    LLVMValueRef test = LLVMGetCondition(t);
    if (first_stays == second_stays || !LLVMIsAICmpInst(test))
        return -1;
    LLVMValueRef x = LLVMGetOperand(test, 0);
    if (x != c->phi && x != c->next)
        return -1;
    LLVMIntPredicate go_on = LLVMGetICmpPredicate(test);
    if (!first_stays)
        go_on = inverse(go_on);
    LLVMValueRef last = LLVMGetOperand(test, 1);
    const bool ends_exactly = LLVMIsAConstantInt(last), is_exact = c->is_exact && ends_exactly;
    int64_t limit = most_of(p, last, t);
    if (limit < 0 || !is_small(limit) ||
        (!is_exact && !bounds_any(p, c, go_on, last, x == c->next)))
        return -1;
    if (c->step < 0 && !ends_exactly)
        limit = 0;
    if (is_exact && b == loop->latches.at[0] && only_way_out(loop))
        loop->iterations = trips_of(c, go_on, limit, x == c->next);
    if (c->step < 0)
        return goes_down(c, go_on, limit, x == c->next) ? c->first : -1;
    int64_t most = last_going_on(c, go_on, limit);
    if (most < 0)
        return -1;
    most += x == c->phi ? c->step : 0;
    return most > c->first ? most : c->first;
}

void bound_name(struct program *p, LLVMValueRef v, int64_t most)
{
    LLVMTypeRef type = LLVMTypeOf(v), types[2] = {type, type};
    LLVMTypeRef signature = LLVMFunctionType(type, types, 2, false);
    const char *name = arena_printf(p->arena, "__hls_bound_%u", width_of(v));
    LLVMValueRef f = LLVMGetNamedFunction(p->module, name);
    if (!f) {
        f = LLVMAddFunction(p->module, name, signature);
        static const char *const attributes[] = {"memory", "nounwind", "willreturn",
                                                 "speculatable"};
        for (unsigned i = 0; i < 4; i++)
            front_add_attribute(p, f, LLVMAttributeFunctionIndex, attributes[i], 0);
    }
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    LLVMPositionBuilderBefore(builder, lower_place_after(v));
    LLVMValueRef args[2] = {v, LLVMConstInt(type, (uint64_t)most, false)};
    size_t length;
    LLVMValueRef call =
        LLVMBuildCall2(builder, signature, f, args, 2, LLVMGetValueName2(v, &length));
    LLVMReplaceAllUsesWith(v, call);
    LLVMSetOperand(call, 0, v);
    LLVMDisposeBuilder(builder);
}

/* Says how many iterations a loop to be pipelined has; a nest has those of its innermost loops. 0: data decide, also whether
 * there is a loop in it at all. */
static int64_t all_iterations(const struct cfg *cfg, const struct loop *loop)
{
    int64_t within = 0;
    for (unsigned i = 0; i < cfg->loops.n; i++)
        if (cfg->loops.at[i]->outer == loop) {
            const struct loop *inner = cfg->loops.at[i];
            int64_t n = all_iterations(cfg, inner);
            if (n == 0 || !cfg_dominates(inner->header, loop->latches.at[0]))
                return 0;
            within += n;
        }
    return loop->iterations * (within ? within : 1);
}

static void name_iterations(struct program *p, struct cfg *cfg, const struct loop *loop)
{
    unsigned depth = 0; /* of a nest that becomes one loop, the outermost counts */
    for (const struct loop *l = loop->outer; l; l = l->outer)
        depth++;
    LLVMTypeRef number = LLVMInt64TypeInContext(p->context), types[2] = {number, number};
    LLVMTypeRef signature = LLVMFunctionType(LLVMVoidTypeInContext(p->context), types, 2, false);
    LLVMValueRef f = LLVMGetNamedFunction(p->module, "__hls_iterations");
    if (!f)
        f = LLVMAddFunction(p->module, "__hls_iterations", signature);
    LLVMValueRef args[2] = {LLVMConstInt(number, (uint64_t)all_iterations(cfg, loop), false),
                            LLVMConstInt(number, depth, false)};
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(p->context);
    LLVMPositionBuilderBefore(builder, LLVMGetBasicBlockTerminator(loop->latches.at[0]->llvm));
    LLVMBuildCall2(builder, signature, f, args, 2, "");
    LLVMDisposeBuilder(builder);
}

void bound_counters(struct program *p, struct cfg *cfg)
{
    for (unsigned i = 0; i < cfg->loops.n; i++) {
        struct loop *loop = cfg->loops.at[i];
        if (loop->latches.n != 1)
            continue;
        VEC(LLVMValueRef) phis = {0};
        for (LLVMValueRef v = LLVMGetFirstInstruction(loop->header->llvm); v && LLVMIsAPHINode(v);
             v = LLVMGetNextInstruction(v))
            VEC_PUSH(p->arena, &phis, v);
        for (unsigned k = 0; k < phis.n; k++) {
            struct counter c;
            int64_t most = -1;
            if (!find_counter(p, loop, phis.at[k], &c))
                continue;
            for (unsigned b = 0; b < loop->body.n && most < 0; b++)
                if (loop->body.at[b]->loop == loop &&
                    cfg_dominates(loop->body.at[b], loop->latches.at[0]))
                    most = bound_of(p, loop, loop->body.at[b], &c);
            if (most >= 0 && bit_length((uint64_t)most) < width_of(phis.at[k]))
                bound_name(p, phis.at[k], most);
        }
    }
    for (unsigned i = 0; i < cfg->loops.n; i++)
        if (cfg->loops.at[i]->latches.n == 1)
            name_iterations(p, cfg, cfg->loops.at[i]);
}
