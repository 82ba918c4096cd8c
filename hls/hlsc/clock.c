/* clock.c -- whether the schedule keeps the period. One operation that is longer stays in a cycle of its own; so does a
 * condition at the head of a loop. The module is right all the same, at a slower clock: the user is told. */
#include <math.h>
#include <string.h>

#include "ir.h"
#include "tech.h"

static const double TOLERANCE = 1.01; /* the table is no more precise than this */

double clock_critical_ns(const struct program *p)
{
    double worst = 0;
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++)
            if (p->regions.at[i]->nodes.at[k]->reach > worst)
                worst = p->regions.at[i]->nodes.at[k]->reach;
    return worst;
}

static bool is_late(const struct program *p, const struct node *n)
{
    return n->reach > p->options->clock_ns * TOLERANCE;
}

bool clock_is_met(const struct program *p)
{
    return clock_critical_ns(p) <= p->options->clock_ns * TOLERANCE;
}

static const char *kind_of(const struct node *n)
{
    switch (n->op) {
    case OP_ADD: return "a sum";
    case OP_SUB: return "a difference";
    case OP_MUL: return n->in_luts ? "a product made of LUTs" : "a product";
    case OP_CMP: return "a comparison";
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: return "a shift";
    case OP_SMIN:
    case OP_UMIN: return "a minimum";
    case OP_SMAX:
    case OP_UMAX: return "a maximum";
    case OP_SAT: return "a saturation";
    case OP_LOAD: return "a load";
    case OP_STORE: return "a store";
    case OP_READ: return "the condition of a read";
    case OP_WRITE: return "the condition of a write";
    default: return "a selection";
    }
}

static unsigned bits_of(const struct node *n)
{
    unsigned bits = n->bits;
    for (unsigned i = 0; i < n->nargs; i++)
        bits = n->arg[i]->op != OP_CONST && n->arg[i]->bits > bits ? n->arg[i]->bits : bits;
    return bits;
}

static bool ends(const struct region *r, const struct node *n)
{
    bool is_end = n == r->again;
    for (unsigned i = 0; i < r->edges.n && !r->is_loop; i++)
        is_end |= n == r->edges.at[i].condition;
    return is_end;
}

/* What is too long, and what would help. */
static const char *complaint(const struct program *p, const struct region *r, const struct node *n)
{
    if (ends(r, n))
        return r->is_loop
                   ? "whether the loop goes on is known after about %.1f ns, longer than "
                     "the period of %g ns; decide by less, start an iteration less often, "
                     "or give --clock-ns %g"
                   : "where to go on is known after about %.1f ns, longer than the period of "
                     "%g ns; decide by less, or give --clock-ns %g";
    return arena_printf(p->arena,
                        "%s of %u bits takes about %%.1f ns, longer than the period of %%g ns; "
                        "give it fewer bits, or give --clock-ns %%g",
                        kind_of(n), bits_of(n));
}

struct late {
    const struct region *r;
    const struct node *n;
};

static struct loc place_of(struct late l)
{
    return l.n->loc.line ? l.n->loc : l.r->loc;
}

static bool same_place(struct late a, struct late b)
{
    const struct loc x = place_of(a), y = place_of(b);
    return x.line == y.line &&
           (x.file == y.file || (x.file && y.file && strcmp(x.file, y.file) == 0));
}

/* The latest node on a line that is not among the n told. */
static struct late latest(const struct program *p, const struct late *told, unsigned n)
{
    struct late worst = {0};
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
            const struct late x = {p->regions.at[i], p->regions.at[i]->nodes.at[k]};
            bool is_new = is_late(p, x.n) && (!worst.n || x.n->reach > worst.n->reach);
            for (unsigned t = 0; t < n && is_new; t++)
                is_new = !same_place(told[t], x);
            worst = is_new ? x : worst;
        }
    return worst;
}

void clock_warn(const struct program *p)
{
    enum { MOST = 8 };
    struct late told[MOST];
    for (unsigned n = 0; n < MOST; n++) {
        told[n] = latest(p, told, n);
        if (!told[n].n)
            return;
        diag_warn(p->diag, place_of(told[n]), complaint(p, told[n].r, told[n].n), told[n].n->reach,
                  p->options->clock_ns, ceil(told[n].n->reach));
    }
}
