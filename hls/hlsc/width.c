/* width.c -- how many bits of each value exist. Forward: the range of signed numbers a value can
 * take, to a fixpoint over the whole program, variables and memories included. Backward, in
 * demand.c: how many low bits anyone looks at. A value is kept in the smaller number of bits and extends by its sign
 * if it can be negative. */
#include "ir.h"

static bool is_empty(struct range r)
{
    return r.lo > r.hi;
}

static struct range full(unsigned width)
{
    if (width == 1)
        return (struct range){0, 1};
    return (struct range){-((wide)1 << (width - 1)), ((wide)1 << (width - 1)) - 1};
}

/* A result that leaves the type wraps. */
static struct range fit(wide lo, wide hi, unsigned width)
{
    struct range f = full(width);
    return lo < f.lo || hi > f.hi ? f : (struct range){lo, hi};
}

static struct range hull(struct range a, struct range b)
{
    if (is_empty(a))
        return b;
    if (is_empty(b))
        return a;
    return (struct range){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}

static unsigned unsigned_bits(wide hi)
{
    return hi <= 0 ? 1 : bit_length((uint64_t)hi);
}

static unsigned signed_bits(struct range r)
{
    unsigned n = 1;
    while (r.lo < -((wide)1 << (n - 1)) || r.hi >= (wide)1 << (n - 1))
        n++;
    return n;
}

static unsigned range_bits(struct range r, unsigned width)
{
    if (is_empty(r))
        return 1;
    unsigned n = r.lo < 0 ? signed_bits(r) : unsigned_bits(r.hi);
    return n < width ? n : width;
}

static struct range constant_range(uint64_t value, unsigned width)
{
    wide v = width == 1 ? (wide)(value & 1) : (wide)sign_extend(value, width);
    return (struct range){v, v};
}

static struct range product(struct range a, struct range b, unsigned width)
{
    if (width > 32 && (range_bits(a, 64) + range_bits(b, 64) > 120))
        return full(width);
    wide lo = a.lo * b.lo, hi = lo, p[3] = {a.lo * b.hi, a.hi * b.lo, a.hi * b.hi};
    for (int i = 0; i < 3; i++) {
        lo = p[i] < lo ? p[i] : lo;
        hi = p[i] > hi ? p[i] : hi;
    }
    return fit(lo, hi, width);
}

static struct range logic(enum op op, struct range a, struct range b, unsigned width)
{
    wide top = ((wide)1 << unsigned_bits(a.hi > b.hi ? a.hi : b.hi)) - 1;
    if (op == OP_AND && (a.lo >= 0 || b.lo >= 0)) {
        wide hi = a.lo >= 0 && (b.lo < 0 || a.hi < b.hi) ? a.hi : b.hi;
        return (struct range){0, hi};
    }
    if (a.lo >= 0 && b.lo >= 0) {
        wide lo = op == OP_OR ? (a.lo > b.lo ? a.lo : b.lo) : 0;
        return (struct range){lo, top};
    }
    struct range both = hull(a, b);
    unsigned n = signed_bits(both); /* neither operand leaves n bits, so no result does */
    struct range r = full(n < 2 ? 2 : n);
    if (op == OP_OR && a.hi < 0 && b.hi < 0)
        r.hi = -1;
    return fit(r.lo, r.hi, width);
}

static struct range shift(const struct node *n, struct range a, struct range by)
{
    unsigned width = n->width;
    if (by.lo < 0 || by.hi >= width)
        by = (struct range){0, width - 1};
    int least = (int)by.lo, most = (int)by.hi;
    if (n->op == OP_SHL) {
        if (range_bits(a, 64) + (unsigned)most > 100)
            return full(width);
        wide lo = a.lo < 0 ? a.lo * ((wide)1 << most) : a.lo * ((wide)1 << least);
        wide hi = a.hi < 0 ? a.hi * ((wide)1 << least) : a.hi * ((wide)1 << most);
        return fit(lo, hi, width);
    }
    if (n->op == OP_LSHR && a.lo < 0) {
        if (least == 0)
            return full(width);
        return (struct range){0, (((wide)1 << width) - 1) >> least};
    }
    return (struct range){a.lo < 0 ? a.lo >> least : a.lo >> most,
                          a.hi < 0 ? a.hi >> most : a.hi >> least};
}

static struct range minmax(enum op op, struct range a, struct range b, unsigned width)
{
    bool is_unsigned = op == OP_UMIN || op == OP_UMAX;
    if (is_unsigned && (a.lo < 0 || b.lo < 0)) {
        if (op == OP_UMIN && a.lo >= 0)
            return (struct range){0, a.hi};
        if (op == OP_UMIN && b.lo >= 0)
            return (struct range){0, b.hi};
        return full(width);
    }
    bool min = op == OP_SMIN || op == OP_UMIN;
    return (struct range){(a.lo < b.lo) == min ? a.lo : b.lo, (a.hi < b.hi) == min ? a.hi : b.hi};
}

static struct range resize(const struct node *n, struct range a)
{
    unsigned from = n->arg[0]->width;
    if (n->op == OP_TRUNC)
        return n->width == 1 ? (a.lo >= 0 && a.hi <= 1 ? a : full(1)) : fit(a.lo, a.hi, n->width);
    if (n->op == OP_SEXT)
        return from == 1 ? (struct range){-a.hi, -a.lo} : a;
    return a.lo >= 0 ? a : (struct range){0, ((wide)1 << from) - 1};
}

static struct range binary(const struct node *n, struct range a, struct range b)
{
    unsigned width = n->width;
    if (is_empty(a) || is_empty(b))
        return n->op == OP_SELECT ? hull(a, b) : (struct range){1, 0};
    switch (n->op) {
    case OP_ADD: return fit(a.lo + b.lo, a.hi + b.hi, width);
    case OP_SUB: return fit(a.lo - b.hi, a.hi - b.lo, width);
    case OP_MUL: return product(a, b, width);
    case OP_AND:
    case OP_OR:
    case OP_XOR: return logic(n->op, a, b, width);
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: return shift(n, a, b);
    case OP_SMIN:
    case OP_SMAX:
    case OP_UMIN:
    case OP_UMAX: return minmax(n->op, a, b, width);
    default: return full(width);
    }
}

static struct range node_range(const struct node *n)
{
    struct range a = n->nargs > 0 ? n->arg[0]->range : (struct range){1, 0};
    switch (n->op) {
    case OP_CONST: return constant_range(n->value, n->width);
    case OP_VAR:
    case OP_PHI: return n->variable->range;
    case OP_LOAD: {
        unsigned bank = n->memory->partitioned ? 0 : n->bank;
        return n->memory->bank[bank].range;
    }
    case OP_SELECT: return hull(n->arg[1]->range, n->arg[2]->range);
    case OP_SAT: {
        struct range limit = full((unsigned)n->value + 1);
        if (is_empty(a))
            return a;
        if (a.lo > limit.hi || a.hi < limit.lo)
            return limit;
        return (struct range){a.lo > limit.lo ? a.lo : limit.lo, a.hi < limit.hi ? a.hi : limit.hi};
    }
    case OP_BOUND:
        return is_empty(a)
                   ? a
                   : (struct range){a.lo > 0 ? a.lo : 0,
                                    a.hi > 0 && a.hi < (wide)n->value ? a.hi : (wide)n->value};
    case OP_NOT:
    case OP_CMP:
    case OP_EMPTY: return (struct range){0, 1};
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC: return is_empty(a) ? a : resize(n, a);
    case OP_PARAM:
    case OP_READ:
    case OP_CLOCK: return full(n->width);
    default: return n->nargs > 1 ? binary(n, a, n->arg[1]->range) : (struct range){1, 0};
    }
}

/* Takes `from` into `to`; after a few rounds only powers of two are bounds, so that rounds end. A bound that comes
 * nearer to zero goes there at once. */
static bool widen(struct range *to, struct range from, unsigned width, unsigned round)
{
    struct range r = hull(*to, from);
    if (is_empty(r) || (r.lo == to->lo && r.hi == to->hi))
        return false;
    if (round > 3) {
        unsigned bits = signed_bits(r);
        struct range f = full(bits < 2 ? 2 : bits);
        r.lo = r.lo < 0 ? f.lo : r.lo < to->lo ? 0 : r.lo;
        r.hi = r.hi > 0 ? f.hi : r.hi < 0 && r.hi > to->hi ? -1 : r.hi;
    }
    struct range limit = full(width);
    r.lo = r.lo < limit.lo ? limit.lo : r.lo;
    r.hi = r.hi > limit.hi ? limit.hi : r.hi;
    bool changed = r.lo != to->lo || r.hi != to->hi;
    *to = r;
    return changed;
}

static bool store_ranges(struct memory *m, const struct node *store, unsigned round)
{
    bool changed = false;
    unsigned b = m->partitioned ? 0 : store->bank;
    changed |= widen(&m->bank[b].range, store->arg[1]->range, m->bank[b].width, round);
    for (unsigned row = 0; m->bank[b].cell && row < m->rows; row++)
        changed |=
            widen(&m->bank[b].cell[row]->range, store->arg[1]->range, m->bank[b].width, round);
    return changed;
}

/* ---- state that counts up to a constant and starts again ---- */

static bool tests_for(const struct node *c, const struct node *phi, wide *limit)
{
    bool equality = c->op == OP_CMP && (c->compare == CMP_EQ || c->compare == CMP_NE) &&
                    c->arg[0] == phi && c->arg[1]->op == OP_CONST;
    if (equality)
        *limit = (wide)c->arg[1]->value;
    return equality;
}

/* The constant that phi is compared with on the way to its next value n; -1 without one. */
static wide limit_of(const struct node *phi, const struct node *n, int depth)
{
    wide limit = -1;
    if (n->op != OP_SELECT || depth == 0 || tests_for(n->arg[0], phi, &limit))
        return limit;
    limit = limit_of(phi, n->arg[1], depth - 1);
    return limit >= 0 ? limit : limit_of(phi, n->arg[2], depth - 1);
}

/* n is at most `limit` if phi is; `below`: phi is known not to be at the limit. */
static bool stays_within(const struct node *phi, const struct node *n, wide limit, bool below,
                         int depth)
{
    wide tested = -1;
    if (n == phi)
        return true;
    if (n->op == OP_CONST)
        return (wide)n->value <= limit;
    if (n->op == OP_ADD)
        return below && n->arg[0] == phi && ir_is_const(n->arg[1], 1);
    if (n->op != OP_SELECT || depth == 0)
        return false;
    bool here = tests_for(n->arg[0], phi, &tested) && tested == limit;
    bool equal = n->arg[0]->compare == CMP_EQ;
    return stays_within(phi, n->arg[1], limit, here ? !equal : below, depth - 1) &&
           stays_within(phi, n->arg[2], limit, here ? equal : below, depth - 1);
}

/* Every other value that the variable takes is 0..limit. */
static bool enters_within(const struct program *p, const struct variable *v, wide limit)
{
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        for (unsigned e = 0; e < r->edges.n; e++)
            for (unsigned m = 0; m < r->edges.at[e].moves.n; m++) {
                const struct move *move = &r->edges.at[e].moves.at[m];
                const struct range from = move->value->range;
                if (move->to == v && !is_empty(from) && (from.lo < 0 || from.hi > limit))
                    return false;
            }
    }
    return v->memory == NULL && !v->has_reset;
}

/* What the next value of a loop's state can be. */
static struct range next_range(const struct program *p, const struct node *phi)
{
    struct range next = phi->next->range;
    wide limit = limit_of(phi, phi->next, 6);
    if (limit >= 0 && limit <= full(phi->width).hi && next.hi > limit &&
        stays_within(phi, phi->next, limit, false, 6) && enters_within(p, phi->variable, limit))
        return (struct range){next.lo < 0 ? 0 : next.lo, limit};
    return next;
}

static bool region_ranges(const struct program *p, struct region *r, unsigned round)
{
    bool changed = false;
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        if (n->width == 0)
            continue;
        struct range now = node_range(n);
        changed |= now.lo != n->range.lo || now.hi != n->range.hi;
        n->range = now;
    }
    for (unsigned i = 0; i < r->phis.n; i++) {
        struct node *phi = r->phis.at[i];
        changed |= widen(&phi->variable->range, next_range(p, phi), phi->width, round);
    }
    for (unsigned i = 0; i < r->liveouts.n; i++)
        changed |= widen(&r->liveouts.at[i].to->range, r->liveouts.at[i].value->range,
                         r->liveouts.at[i].to->width, round);
    for (unsigned i = 0; i < r->edges.n; i++)
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++) {
            struct move *m = &r->edges.at[i].moves.at[k];
            changed |= widen(&m->to->range, m->value->range, m->to->width, round);
        }
    for (unsigned i = 0; i < r->effects.n; i++)
        if (r->effects.at[i]->op == OP_STORE)
            changed |= store_ranges(r->effects.at[i]->memory, r->effects.at[i], round);
    return changed;
}

/* A memory also holds its initial values; its registers share one range where they are indexed. */
static bool memory_ranges(struct program *p, unsigned round)
{
    bool changed = false;
    for (unsigned i = 0; i < p->memories.n; i++) {
        struct memory *m = p->memories.at[i];
        for (unsigned b = 0; b < m->nbanks; b++) {
            struct bank *bank = &m->bank[b], *to = m->partitioned ? m->bank : bank;
            struct range zero = {0, 0};
            for (unsigned row = 0; bank->initial && row < m->rows; row++)
                changed |= widen(&to->range, constant_range(bank->initial[row], bank->width),
                                 bank->width, round ? round : 1);
            if (!bank->initial)
                changed |= widen(&to->range, zero, bank->width, round);
            for (unsigned row = 0; bank->cell && row < m->rows; row++)
                changed |= widen(&to->range, bank->cell[row]->range, bank->width, round);
        }
    }
    return changed;
}

/* A cell that is read before it is written, as bit fields are, one by one, begins with any number: nothing is known of what is made of
 * it by that. */
static bool begin_cells(struct program *p)
{
    bool begun = false;
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
            const struct node *n = p->regions.at[i]->nodes.at[k];
            const bool is_cell = n->op == OP_VAR && n->variable->memory;
            if (!is_cell || !is_empty(n->variable->range))
                continue;
            n->variable->range = (struct range){0, 0};
            begun = true;
        }
    return begun;
}

static void find_ranges(struct program *p)
{
    for (unsigned i = 0; i < p->variables.n; i++) {
        struct variable *v = p->variables.at[i];
        if (v->has_reset)
            widen(&v->range, constant_range(v->reset, v->width), v->width, 0);
    }
    do {
        bool changed = true;
        for (unsigned round = 0; changed; round++) {
            changed = memory_ranges(p, round);
            for (unsigned i = 0; i < p->regions.n; i++)
                changed |= region_ranges(p, p->regions.at[i], round);
        }
    } while (begin_cells(p));
}

static void settle(struct range r, unsigned demand, unsigned width, unsigned *bits, bool *is_signed)
{
    unsigned n = range_bits(r, width);
    *is_signed = !is_empty(r) && r.lo < 0 && demand >= n;
    *bits = demand < n ? demand : n;
    if (*bits == 0)
        *bits = 1;
}

/* An array parameter of unknown size has the address bits that its accesses use. */
static void see_row(struct memory *m, const struct node *row)
{
    if (m->rows != 0)
        return;
    unsigned bits = row->range.lo < 0 ? m->address_bits : unsigned_bits(row->range.hi);
    m->rows_seen = bits > m->rows_seen ? bits : m->rows_seen;
}

void width_analyse(struct program *p)
{
    find_ranges(p);
    demand_analyse(p);
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
            struct node *n = p->regions.at[i]->nodes.at[k];
            settle(n->range, n->demand, n->width, &n->bits, &n->is_signed);
        }
    for (unsigned i = 0; i < p->variables.n; i++) {
        struct variable *v = p->variables.at[i];
        settle(v->range, v->demand, v->width, &v->bits, &v->is_signed);
    }
    for (unsigned i = 0; i < p->memories.n; i++) {
        struct memory *m = p->memories.at[i];
        for (unsigned b = 0; b < m->nbanks; b++) {
            const struct bank *like = &m->bank[m->partitioned ? 0 : b];
            settle(like->range, like->demand, like->width, &m->bank[b].bits, &m->bank[b].is_signed);
        }
    }
    for (unsigned i = 0; i < p->regions.n; i++) /* rows that an outer memory needs */
        for (unsigned k = 0; k < p->regions.at[i]->effects.n; k++) {
            const struct node *n = p->regions.at[i]->effects.at[k];
            if (n->memory && n->memory->kind == MEMORY_PORT)
                see_row(n->memory, n->arg[0]);
        }
    for (unsigned i = 0; i < p->memories.n; i++)
        if (p->memories.at[i]->rows_seen)
            p->memories.at[i]->address_bits = p->memories.at[i]->rows_seen;
    for (unsigned i = 0; i < p->regions.n; i++) /* reads of a variable have its form */
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
            struct node *n = p->regions.at[i]->nodes.at[k];
            if (n->op == OP_VAR || n->op == OP_PHI) {
                n->bits = n->variable->bits;
                n->is_signed = n->variable->is_signed;
            } else if (n->op == OP_LOAD) {
                const struct bank *bank = &n->memory->bank[n->bank];
                n->bits = bank->bits;
                n->is_signed = bank->is_signed;
            }
        }
}
