/* seq_uses.c -- which values are computed at all, and which conditions only decide a branch. */
#include "seq.h"

struct seq_uses {
    unsigned all, branches;
};

static struct seq_uses *uses_of(struct seq_program *s, const struct node *n)
{
    struct seq_uses *u = map_get(&s->uses_of, n);
    if (!u) {
        u = arena_alloc(s->p->arena, sizeof *u);
        map_put(s->p->arena, &s->uses_of, n, u);
    }
    return u;
}

static bool is_condition(const struct node *n)
{
    return n->width == 1 &&
           (n->op == OP_CMP || n->op == OP_NOT || n->op == OP_AND || n->op == OP_OR);
}

bool seq_is_used(const struct seq_program *s, const struct node *n)
{
    return map_get(&s->uses_of, n) != NULL;
}

/* Whether one word is 0: a jump can ask that as often as it likes. */
static bool tests_word(const struct seq_program *s, const struct node *n)
{
    unsigned words = 0;
    if (n->op != OP_CMP || (n->compare != CMP_EQ && n->compare != CMP_NE) ||
        !ir_is_const(n->arg[1], 0))
        return false;
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        words += (~seq_zero(s, n->arg[0]) >> 16 * w & 0xffff) != 0;
    return words == 1;
}

bool seq_only_branches(const struct seq_program *s, const struct node *n)
{
    const struct seq_uses *u = map_get(&s->uses_of, n);
    return u && is_condition(n) && u->all == u->branches && (u->all == 1 || tests_word(s, n));
}

static void use(struct seq_program *s, const struct node *n, bool branch);

/* The operands of a condition that only decides a branch do so as well: which is known once all uses are counted, so the
 * nodes are visited from the last to the first. */
static void use_arguments(struct seq_program *s, const struct node *n)
{
    const bool branch = seq_only_branches(s, n) && n->op != OP_CMP;
    for (unsigned i = 0; i < n->nargs; i++) {
        const bool predicate = (n->op == OP_SELECT && i == 0) || (n->op == OP_READ && i == 0) ||
                               (n->op == OP_WRITE && i == 1) || (n->op == OP_STORE && i == 2);
        use(s, n->arg[i], branch || predicate);
    }
}

static void use(struct seq_program *s, const struct node *n, bool branch)
{
    struct seq_uses *u = uses_of(s, n);
    u->all++;
    u->branches += branch;
}

void seq_mark_branch(struct seq_program *s, const struct node *n)
{
    *uses_of(s, n) = (struct seq_uses){1, 1};
}

static void count_region(struct seq_program *s, const struct region *r)
{
    for (unsigned i = 0; i < r->liveouts.n; i++)
        use(s, r->liveouts.at[i].value, false);
    for (unsigned i = 0; i < r->edges.n; i++) {
        if (i + 1 < r->edges.n) /* the last way is what is left */
            use(s, r->edges.at[i].condition, true);
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++)
            use(s, r->edges.at[i].moves.at[k].value, false);
    }
    for (unsigned i = 0; i < r->effects.n; i++)
        uses_of(s, r->effects.at[i]);
    for (unsigned i = r->nodes.n; i-- > 0;)
        if (seq_is_used(s, r->nodes.at[i]))
            use_arguments(s, r->nodes.at[i]);
}

void seq_count_uses(struct seq_program *s)
{
    for (unsigned i = 0; i < s->p->regions.n; i++)
        count_region(s, s->p->regions.at[i]);
}
