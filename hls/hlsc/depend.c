/* depend.c -- the order that memory and streams impose, as precedences between the accesses of a
 * region.
 *
 * Memory is read-first: a load may share the cycle of a store that comes after it; a store is seen
 * by loads from the next cycle on. Between iterations every store and access that may meet are
 * taken to meet in the next iteration, unless the addresses prove otherwise or HLS_DISTANCE
 * promises more.
 */
#include "schedule.h"

static bool banks_meet(const struct node *a, const struct node *b)
{
    return a->memory == b->memory && (a->nargs > 3 || b->nargs > 3 || a->bank == b->bank);
}

/* An address is base + offset; a constant has no base. */
static void split_address(const struct node *row, const struct node **base, uint64_t *offset)
{
    *base = row;
    *offset = 0;
    if (row->op == OP_CONST) {
        *base = NULL;
        *offset = row->value;
    } else if (row->op == OP_ADD && row->arg[1]->op == OP_CONST) {
        *base = row->arg[0];
        *offset = row->arg[1]->value;
    }
}

/* Looks through resizing to a phi that advances by a constant: base = phi (+ constant), in `width`
 * bits. */
static const struct node *induction(const struct node *n, uint64_t *offset, uint64_t *step)
{
    for (;;) {
        if (n->op == OP_TRUNC || n->op == OP_BOUND)
            n = n->arg[0];
        else if (n->op == OP_ADD && n->arg[1]->op == OP_CONST) {
            *offset += n->arg[1]->value;
            n = n->arg[0];
        } else
            break;
    }
    if (n->op != OP_PHI)
        return NULL;
    const struct node *next = n->next;
    if (next->op != OP_ADD || next->arg[1]->op != OP_CONST)
        return NULL;
    const struct node *from = next->arg[0];
    if ((from->op == OP_BOUND ? from->arg[0] : from) != n)
        return NULL;
    *step = next->arg[1]->value;
    return n;
}

/* In one iteration. */
static bool meet_now(const struct node *a, const struct node *b)
{
    const struct node *base_a, *base_b;
    uint64_t offset_a, offset_b;
    if (ir_disjoint(ir_predicate(a), ir_predicate(b)))
        return false;
    split_address(a->arg[0], &base_a, &offset_a);
    split_address(b->arg[0], &base_b, &offset_b);
    return base_a != base_b || offset_a == offset_b;
}

/* The least number of iterations, at least 1, after which `later` may touch what `earlier` touched;
 * 0 for never. */
static int carried_distance(const struct node *earlier, const struct node *later)
{
    if (earlier->arg[0]->op == OP_CONST && later->arg[0]->op == OP_CONST)
        return earlier->arg[0]->value == later->arg[0]->value;
    uint64_t offset_a = 0, offset_b = 0, step_a = 0, step_b = 0;
    const struct node *a = induction(earlier->arg[0], &offset_a, &step_a);
    const struct node *b = induction(later->arg[0], &offset_b, &step_b);
    if (!a || a != b || step_a == 0)
        return 1;
    /* later: phi + d * step + offset_b = phi + offset_a, in the bits of the address */
    uint64_t mask = mask_of(earlier->memory->address_bits);
    for (int d = 1; d < 64; d++)
        if (((offset_a - offset_b - (uint64_t)d * step_a) & mask) == 0)
            return d;
    return 64;
}

static int promised_distance(const struct region *r, const struct node *store,
                             const struct node *load)
{
    unsigned distance = 0;
    for (unsigned i = 0; i < r->promises.n; i++)
        if (store->op == OP_STORE && load->op == OP_LOAD &&
            r->promises.at[i].memory == load->memory && r->promises.at[i].distance > distance)
            distance = r->promises.at[i].distance;
    return (int)distance;
}

static void share_cycle(struct program *p, struct node *a, struct node *b, precedence_vec *out)
{
    VEC_PUSH(p->arena, out, (struct precedence){a, b, 0, 0, .shares = true});
    VEC_PUSH(p->arena, out, (struct precedence){b, a, 0, 0, .shares = true});
}

static void memory_order(struct program *p, struct region *r, struct node *a, struct node *b,
                         precedence_vec *out)
{
    if (!banks_meet(a, b) || (a->op == OP_LOAD && b->op == OP_LOAD))
        return;
    int a_to_b = a->op == OP_STORE ? 1 : 0, b_to_a = b->op == OP_STORE ? 1 : 0;
    int promise = promised_distance(r, a, b);
    if (meet_now(a, b)) {
        if (promise == 0)
            VEC_PUSH(p->arena, out, (struct precedence){a, b, a_to_b, 0});
    } else if (r->is_loop && a->op == OP_STORE && b->op == OP_STORE &&
               ir_disjoint(ir_predicate(a), ir_predicate(b))) {
        share_cycle(p, a, b, out);
    }
    if (!r->is_loop)
        return;
    int distance = carried_distance(a, b);
    if (distance)
        VEC_PUSH(p->arena, out,
                 (struct precedence){a, b, a_to_b, promise > distance ? promise : distance});
    promise = promised_distance(r, b, a);
    distance = carried_distance(b, a);
    if (distance)
        VEC_PUSH(p->arena, out,
                 (struct precedence){b, a, b_to_a, promise > distance ? promise : distance});
}

static bool blocks_on_stream(const struct node *n)
{
    return n->op == OP_READ || n->op == OP_WRITE;
}

/* In a loop the accesses of one stream keep their order within an iteration and between iterations.
 */
static void stream_order(struct program *p, struct node *a, struct node *b, precedence_vec *out)
{
    if (a->stream != b->stream || a->op != OP_WRITE || b->op != OP_WRITE)
        return;
    bool apart = ir_disjoint(ir_predicate(a), ir_predicate(b));
    if (apart)
        share_cycle(p, a, b, out);
    else
        VEC_PUSH(p->arena, out, (struct precedence){a, b, 1, 0});
    VEC_PUSH(p->arena, out, (struct precedence){b, a, 1, 1});
    VEC_PUSH(p->arena, out, (struct precedence){a, b, 1, 1});
}

/* In a block at most one access that may wait stands in a state, in program order: waiting for one
 * stream must not hold back another that the far end needs first. What is looked at between them
 * keeps its place. */
static void block_order(struct program *p, struct node *a, struct node *b, precedence_vec *out)
{
    bool a_waits = blocks_on_stream(a), b_waits = blocks_on_stream(b);
    bool a_clock = a->op == OP_CLOCK || a->op == OP_START,
         b_clock = b->op == OP_CLOCK || b->op == OP_START;
    bool a_looks = a->op == OP_EMPTY || a_clock, b_looks = b->op == OP_EMPTY || b_clock;
    if (a_waits && b_waits)
        VEC_PUSH(p->arena, out, (struct precedence){a, b, 1, 0});
    else if (a_waits && b_looks)
        VEC_PUSH(p->arena, out, (struct precedence){a, b, a->stream == b->stream ? 1 : 0, 0});
    else if (a_looks && b_waits)
        VEC_PUSH(p->arena, out, (struct precedence){a, b, 1, 0});
    else if (a_clock && b_clock)
        VEC_PUSH(p->arena, out, (struct precedence){a, b, a->op == OP_START ? 1 : 0, 0});
}

void depend_find(struct program *p, struct region *r, precedence_vec *out)
{
    for (unsigned i = 0; i < r->effects.n; i++) {
        struct node *a = r->effects.at[i];
        if (r->is_loop && a->op == OP_STORE && carried_distance(a, a) == 1)
            VEC_PUSH(p->arena, out, (struct precedence){a, a, 1, 1});
        for (unsigned k = i + 1; k < r->effects.n; k++) {
            struct node *b = r->effects.at[k];
            if (ir_is_memory_access(a) && ir_is_memory_access(b))
                memory_order(p, r, a, b, out);
            else if (r->is_loop && a->stream && b->stream)
                stream_order(p, a, b, out);
            else if (!r->is_loop)
                block_order(p, a, b, out);
        }
    }
}

static bool apart(const struct node *a, const struct node *b)
{
    return ir_disjoint(ir_predicate(a), ir_predicate(b));
}

bool port_conflict(const struct region *r, const struct node *a, const struct node *b)
{
    bool one_cycle = a->cycle == b->cycle;
    if (r->is_loop ? (a->cycle - b->cycle) % r->ii != 0 : !one_cycle)
        return false;
    if (a->op != b->op)
        return false;
    if (a->op == OP_READ || a->op == OP_WRITE)
        return a->stream == b->stream && !(one_cycle && apart(a, b));
    if (!ir_is_memory_access(a) || !banks_meet(a, b) || a->memory->kind == MEMORY_REGISTERS)
        return false;
    if (a->op == OP_LOAD)
        return a->copy == b->copy && !(one_cycle && a->arg[0] == b->arg[0]);
    return !(one_cycle && apart(a, b));
}
