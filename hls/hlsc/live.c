/* live.c -- keeps what effects and control need, and puts each region's nodes into topological
 * order. */
#include "ir.h"

static void mark_node(struct program *p, struct node *n);
static void mark_memory(struct program *p, struct memory *m);

static void mark_variable(struct program *p, struct variable *v)
{
    if (v->live)
        return;
    v->live = true;
    if (v->memory)
        mark_memory(p, v->memory);
    for (unsigned i = 0; i < p->regions.n; i++) { /* its definitions */
        struct region *r = p->regions.at[i];
        for (unsigned k = 0; k < r->liveouts.n; k++)
            if (r->liveouts.at[k].to == v)
                mark_node(p, r->liveouts.at[k].value);
        for (unsigned k = 0; k < r->edges.n; k++)
            for (unsigned m = 0; m < r->edges.at[k].moves.n; m++)
                if (r->edges.at[k].moves.at[m].to == v)
                    mark_node(p, r->edges.at[k].moves.at[m].value);
        for (unsigned k = 0; k < r->phis.n; k++)
            if (r->phis.at[k]->variable == v) {
                mark_node(p, r->phis.at[k]);
                mark_node(p, r->phis.at[k]->next);
            }
    }
}

static void mark_cells(struct program *p, struct memory *m)
{
    for (unsigned b = 0; b < m->nbanks; b++)
        for (unsigned row = 0; m->bank[b].cell && row < m->rows; row++)
            mark_variable(p, m->bank[b].cell[row]);
}

/* A memory that is read keeps its stores. */
static void mark_memory(struct program *p, struct memory *m)
{
    if (m->live)
        return;
    m->live = true;
    mark_cells(p, m);
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->effects.n; k++) {
            struct node *n = p->regions.at[i]->effects.at[k];
            if (n->op == OP_STORE && n->memory == m)
                mark_node(p, n);
        }
}

static void mark_node(struct program *p, struct node *n)
{
    if (n->live)
        return;
    n->live = true;
    for (unsigned i = 0; i < n->nargs; i++)
        mark_node(p, n->arg[i]);
    if (n->predicate)
        mark_node(p, n->predicate);
    if (n->variable)
        mark_variable(p, n->variable);
    if (n->op == OP_LOAD)
        mark_memory(p, n->memory);
    if (n->op == OP_STORE)
        mark_memory(p, n->memory);
    p->uses_clock |= n->op == OP_CLOCK;
}

static void visit(struct program *p, struct region *r, struct map *seen, struct node *n)
{
    if (map_get(seen, n))
        return;
    map_put(p->arena, seen, n, n);
    for (unsigned i = 0; i < n->nargs; i++)
        visit(p, r, seen, n->arg[i]);
    if (n->predicate)
        visit(p, r, seen, n->predicate);
    VEC_PUSH(p->arena, &r->nodes, n);
}

static void keep_live(struct program *p, struct region *r)
{
    struct map seen = {0};
    unsigned kept = 0;
    for (unsigned i = 0; i < r->phis.n; i++)
        if (r->phis.at[i]->live)
            r->phis.at[kept++] = r->phis.at[i];
    r->phis.n = kept;
    kept = 0;
    for (unsigned i = 0; i < r->effects.n; i++)
        if (r->effects.at[i]->live)
            r->effects.at[kept++] = r->effects.at[i];
    r->effects.n = kept;
    kept = 0;
    for (unsigned i = 0; i < r->liveouts.n; i++)
        if (r->liveouts.at[i].to->live)
            r->liveouts.at[kept++] = r->liveouts.at[i];
    r->liveouts.n = kept;
    for (unsigned i = 0; i < r->phis.n; i++)
        visit(p, r, &seen, r->phis.at[i]);
    for (unsigned i = 0; i < r->effects.n; i++)
        visit(p, r, &seen, r->effects.at[i]);
    for (unsigned i = 0; i < r->phis.n; i++)
        visit(p, r, &seen, r->phis.at[i]->next);
    for (unsigned i = 0; i < r->liveouts.n; i++)
        visit(p, r, &seen, r->liveouts.at[i].value);
    if (r->again)
        visit(p, r, &seen, r->again);
    for (unsigned i = 0; i < r->steadies.n; i++)
        visit(p, r, &seen, r->steadies.at[i].condition);
    for (unsigned i = 0; i < r->edges.n; i++) {
        struct edge *e = &r->edges.at[i];
        kept = 0;
        for (unsigned m = 0; m < e->moves.n; m++)
            if (e->moves.at[m].to->live)
                e->moves.at[kept++] = e->moves.at[m];
        e->moves.n = kept;
        for (unsigned m = 0; m < e->moves.n; m++)
            visit(p, r, &seen, e->moves.at[m].value);
        if (!r->is_loop)
            visit(p, r, &seen, e->condition);
    }
}

void live_mark(struct program *p)
{
    for (unsigned i = 0; i < p->regions.n; i++) {
        struct region *r = p->regions.at[i];
        for (unsigned k = 0; k < r->effects.n; k++) {
            struct node *n = r->effects.at[k];
            bool outside = n->op == OP_STORE && n->memory->kind == MEMORY_PORT;
            if (n->op == OP_READ || n->op == OP_WRITE || n->op == OP_START || outside)
                mark_node(p, n);
        }
        if (r->again)
            mark_node(p, r->again);
        for (unsigned k = 0; k < r->steadies.n; k++)
            mark_node(p, r->steadies.at[k].condition);
        for (unsigned k = 0; k < r->edges.n; k++) {
            if (!r->is_loop)
                mark_node(p, r->edges.at[k].condition);
            if (r->edges.at[k].taken)
                mark_variable(p, r->edges.at[k].taken);
        }
    }
    if (p->result)
        mark_variable(p, p->result);
    for (unsigned i = 0; i < p->regions.n; i++)
        keep_live(p, p->regions.at[i]);
    unsigned kept = 0;
    for (unsigned i = 0; i < p->variables.n; i++)
        if (p->variables.at[i]->live)
            p->variables.at[kept++] = p->variables.at[i];
    p->variables.n = kept;
}

void live_find_unreached(struct program *p)
{
    for (unsigned i = 0; i < p->regions.n; i++)
        p->regions.at[i]->empty = i > 0;
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->edges.n; k++) {
            LLVMBasicBlockRef to = p->regions.at[i]->edges.at[k].to;
            if (to)
                ((struct region *)map_get(&p->region_of, to))->empty = false;
        }
}
