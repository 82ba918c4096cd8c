/* dump.c -- the intermediate form as text. */
#include "ir.h"

static void dump_node(const struct node *n, FILE *o)
{
    fprintf(o, "    %%%u = %s", n->id, op_names[n->op]);
    if (n->width)
        fprintf(o, ".%u", n->width);
    if (n->op == OP_CONST || n->op == OP_SAT)
        fprintf(o, " #%lld", (long long)sign_extend(n->value, n->op == OP_CONST ? n->width : 64));
    if (n->op == OP_CMP)
        fprintf(o, " %d", (int)n->compare);
    for (unsigned i = 0; i < n->nargs; i++)
        fprintf(o, " %%%u", n->arg[i]->id);
    if (n->next)
        fprintf(o, " next %%%u", n->next->id);
    if (n->memory)
        fprintf(o, " %s.%u", n->memory->name, n->bank);
    if (n->stream)
        fprintf(o, " %s", n->stream->name);
    if (n->hint)
        fprintf(o, " '%s'", n->hint);
    fprintf(o, "  [%u%s bits, cycle %d, %.1f ns, line %u]\n", n->bits,
            n->is_signed ? " signed" : "", n->cycle, n->arrival.highest, n->loc.line);
}

void dump_program(const struct program *p, const char *pass, FILE *o)
{
    fprintf(o, "; after %s\n", pass);
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        fprintf(o, "%s %s, line %u, depth %d\n", r->is_loop ? "loop" : "block", r->name,
                r->loc.line, r->depth);
        for (unsigned k = 0; k < r->nodes.n; k++)
            dump_node(r->nodes.at[k], o);
        for (unsigned k = 0; k < r->liveouts.n; k++)
            fprintf(o, "    out '%s' = %%%u\n",
                    r->liveouts.at[k].to->hint ? r->liveouts.at[k].to->hint : "?",
                    r->liveouts.at[k].value->id);
        if (r->again)
            fprintf(o, "    again %%%u\n", r->again->id);
        for (unsigned k = 0; k < r->edges.n; k++) {
            const struct edge *e = &r->edges.at[k];
            const struct region *to = e->to ? map_get(&p->region_of, e->to) : NULL;
            fprintf(o, "    to %s if %%%u:", to ? to->name : "return", e->condition->id);
            for (unsigned m = 0; m < e->moves.n; m++)
                fprintf(o, " '%s' = %%%u", e->moves.at[m].to->hint ? e->moves.at[m].to->hint : "?",
                        e->moves.at[m].value->id);
            fprintf(o, "\n");
        }
    }
}
