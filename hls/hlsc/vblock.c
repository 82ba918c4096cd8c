/* vblock.c -- a basic block: its cycles are states of the machine. A state that waits for a stream
 * holds all that it does until the stream is ready. */
#include "share.h"
#include "verilog.h"

const char *state_name(struct emitter *e, const struct region *r, int cycle)
{
    return r->is_loop || r->depth == 0 ? text(e, "S_%s", r->state_name)
                                       : text(e, "S_%s_%d", r->state_name, cycle);
}

/* A loop's state serves the loop alone: its first value may be set whichever way is taken, if only one
 * way sets it. A reset without a condition of its own costs no logic. */
static bool set_on_every_way(const struct region *r, const struct edge *edge, const struct move *m)
{
    if (r->is_loop || r->edges.n < 2 || !m->to->phi || m->to->shares || m->to->is_shared)
        return false;
    for (unsigned i = 0; i < r->edges.n; i++)
        for (unsigned k = 0; &r->edges.at[i] != edge && k < r->edges.at[i].moves.n; k++)
            if (r->edges.at[i].moves.at[k].to == m->to)
                return false;
    return true;
}

static void assign(struct emitter *e, struct region *r, struct variable *to, struct node *value,
                   int cycle, const char *when)
{
    const struct net *net = register_of_variable(e, to);
    if (!share_is_there(to, value) && !value->is_any)
        set_register(e, net, when, operand(e, r, value, cycle, net->bits));
}

const char *transition(struct emitter *e, struct region *r, struct edge *edge, int cycle,
                       const char *when)
{
    for (unsigned i = 0; i < edge->moves.n; i++) {
        struct move *m = &edge->moves.at[i];
        if (!set_on_every_way(r, edge, m))
            assign(e, r, m->to, m->value, cycle, when);
    }
    if (!edge->to)
        return "          state <= S_idle;\n          done <= 1'b1;\n";
    const struct region *to = map_get(&e->p->region_of, edge->to);
    const char *run = to->is_loop ? text(e, "          %s_run <= 1'b1;\n", to->state_name) : "";
    return text(e, "%s          state <= %s;\n", run, state_name(e, to, 0));
}

/* What happens as the state ends. */
static void emit_actions(struct emitter *e, struct region *r, int cycle, const char *when)
{
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        if (n->op == OP_MUL && n->cycle == cycle) {
            set_register(e, map_get(&e->net_of, n), when, expression(e, r, n));
        }
        if (n->op == OP_START && n->cycle == cycle)
            e->clock_starts = e->clock_starts ? text(e, "%s | %s", e->clock_starts, when) : when;
        if (n->op == OP_STORE && n->memory->kind == MEMORY_REGISTERS && n->cycle == cycle)
            emit_register_stores(e, r, n,
                                 text(e, "%s & %s", when, operand(e, r, n->arg[2], cycle, 1)));
    }
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        struct liveout *o = &r->liveouts.at[i];
        if (share_set_cycle(r, o) == cycle)
            assign(e, r, o->to, o->value, cycle, when);
    }
}

static const char *waits_for(struct emitter *e, const struct region *r, int cycle)
{
    for (unsigned i = 0; i < r->effects.n; i++) {
        const struct node *n = r->effects.at[i];
        if (n->cycle == cycle && n->op == OP_READ)
            return text(e, "s_axis_%s_tvalid", n->stream->name);
        if (n->cycle == cycle && n->op == OP_WRITE)
            return text(e, "~%s_full", n->stream->name);
    }
    return NULL;
}

static void emit_ways_out(struct emitter *e, struct region *r, const char *when)
{
    for (unsigned i = 0; i < r->edges.n; i++)
        for (unsigned k = 0; k < r->edges.at[i].moves.n; k++) {
            const struct move *m = &r->edges.at[i].moves.at[k];
            if (set_on_every_way(r, &r->edges.at[i], m))
                assign(e, r, m->to, m->value, r->depth, when);
        }
    for (unsigned i = 0; i < r->edges.n; i++) {
        struct edge *edge = &r->edges.at[i];
        bool last = i + 1 == r->edges.n;
        const char *taken = last ? "" : operand(e, r, edge->condition, r->depth, 1);
        if (r->edges.n > 1)
            fprintf(e->cases, "          %s%s%s%sbegin\n", i ? "end else " : "", last ? "" : "if (",
                    taken, last ? "" : ") ");
        fprintf(e->cases, "%s",
                transition(e, r, edge, r->depth, last ? when : text(e, "%s & %s", when, taken)));
        when = last ? when : text(e, "%s & ~(%s)", when, taken);
        if (r->edges.n > 1 && last)
            fprintf(e->cases, "          end\n");
    }
}

void emit_block(struct emitter *e, struct region *r)
{
    fprintf(e->wires, "\n  // ---- %s, line %u ----\n", r->name, r->loc.line);
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct variable *kept = share_kept(r, r->nodes.at[i]);
        if (kept)
            map_put(e->arena, &e->kept_of, r->nodes.at[i], net_of_variable(e, kept));
    }
    emit_nodes(e, r);
    collect_ports(e, r);
    for (int cycle = 0; cycle <= r->depth; cycle++) {
        const char *wait = waits_for(e, r, cycle), *when = valid_at(e, r, cycle);
        fprintf(e->cases, "      %s:", state_name(e, r, cycle));
        if (wait) {
            fprintf(e->cases, " if (%s)", wait);
            when = text(e, "%s & %s", when, wait);
        }
        fprintf(e->cases, " begin\n");
        emit_actions(e, r, cycle, when);
        if (cycle < r->depth)
            fprintf(e->cases, "          state <= %s;\n", state_name(e, r, cycle + 1));
        else
            emit_ways_out(e, r, when);
        fprintf(e->cases, "        end\n");
    }
}
