/* vloop.c -- a pipelined loop: stages that run freely, and valid bits that gate what has an effect.
 *
 * An iteration is issued when the loop runs, what it reads is there, and every output FIFO has room
 * for all that is under way. `run` falls with the iteration that finds no other to follow. */
#include "share.h"
#include "verilog.h"

const char *valid_at(struct emitter *e, const struct region *r, int cycle)
{
    if (!r->is_loop)
        return text(e, "(state == %s)", state_name(e, r, cycle));
    if (cycle == 0)
        return text(e, "%s_issue", r->state_name);
    return r->depth == 1 ? text(e, "%s_valid", r->state_name)
                         : text(e, "%s_valid[%d]", r->state_name, cycle);
}

static void emit_issue(struct emitter *e, struct region *r)
{
    const char *stall = "";
    for (unsigned i = 0; i < e->p->streams.n; i++) {
        const struct stream *s = e->p->streams.at[i];
        const char *read = NULL;
        bool written = false;
        for (unsigned k = 0; k < r->effects.n; k++) {
            struct node *n = r->effects.at[k];
            if (n->stream != s)
                continue;
            written |= n->op == OP_WRITE;
            if (n->op == OP_READ) {
                const char *p = operand(e, r, n->arg[0], 0, 1);
                read = read ? text(e, "%s | %s", read, p) : p;
            }
        }
        if (read)
            stall = text(e, "%s & ~((%s) & ~s_axis_%s_tvalid)", stall, read, s->name);
        if (written)
            stall = text(e, "%s & ~%s_full", stall, s->name);
    }
    const char *slot = r->ii > 1 ? text(e, " & %s_phase == 0", r->state_name) : "";
    fprintf(e->wires, "  assign %s_issue = %s_run%s%s;\n", r->state_name, r->state_name, slot,
            stall);
}

static void emit_valid_bits(struct emitter *e, struct region *r)
{
    const char *s = r->state_name;
    if (r->depth > 1)
        fprintf(e->clocked, "    %s_valid <= {%s_valid[%d:1], %s_issue};\n", s, s, r->depth - 1, s);
    else if (r->depth == 1)
        fprintf(e->clocked, "    %s_valid <= %s_issue;\n", s, s);
    if (r->depth > 0)
        fprintf(e->clocked, "    if (!rst_n) %s_valid <= %d'd0;\n", s, r->depth);
    if (r->ii > 1) {
        unsigned bits = bit_length((uint64_t)r->ii - 1);
        fprintf(e->clocked, "    %s_phase <= ~%s_run | %s_phase == %s ? %s : %s_phase + %s;\n", s,
                s, s, sized(e, bits, (uint64_t)r->ii - 1), sized(e, bits, 0), s, sized(e, bits, 1));
        fprintf(e->clocked, "    if (!rst_n) %s_phase <= %s;\n", s, sized(e, bits, 0));
    }
}

static void emit_update(struct emitter *e, struct region *r, int cycle, struct variable *to,
                        struct node *value)
{
    const struct net *net = register_of_variable(e, to);
    set_register(e, net, valid_at(e, r, cycle), operand(e, r, value, cycle, net->bits));
}

/* The update of the loop's state sets the register as well. */
static bool is_in_state(const struct region *r, const struct liveout *o)
{
    for (unsigned i = 0; i < r->phis.n; i++)
        if (share_is_last_state(o, r->phis.at[i]) &&
            share_register(o->to) == share_register(r->phis.at[i]->variable))
            return true;
    return false;
}

static void emit_state(struct emitter *e, struct region *r)
{
    for (unsigned i = 0; i < r->phis.n; i++) {
        struct node *phi = r->phis.at[i];
        int at = schedule_update_cycle(phi);
        r->state_bits += phi->variable->bits;
        if (phi->next == phi)
            continue;
        emit_update(e, r, at, phi->variable, phi->next);
    }
    for (unsigned i = 0; i < r->liveouts.n; i++) {
        struct liveout *o = &r->liveouts.at[i];
        int at = ir_is_steady(o->value) ? 0 : schedule_ready(o->value);
        if (!is_in_state(r, o))
            emit_update(e, r, at, o->to, o->value);
    }
    int at = schedule_ready(r->again);
    if (r->again->op == OP_CONST)
        at = 0;
    if (!ir_is_const(r->again, 1))
        /* not under an `if`: that would become the enable of a register, which is slower than its input */
        fprintf(e->updates, "    %s_run <= %s_run & ~(%s & ~%s);\n", r->state_name, r->state_name,
                valid_at(e, r, at), operand(e, r, r->again, at, 1));
    fprintf(e->resets, "      %s_run <= 1'b0;\n", r->state_name);
}

/* Registers indexed by a number: each cell looks for its own stores. */
void emit_register_stores(struct emitter *e, struct region *r, struct node *n, const char *when)
{
    const struct bank *bank = &n->memory->bank[n->bank];
    for (unsigned i = 0; i < n->memory->rows; i++) {
        struct net *cell = net_of_variable(e, bank->cell[i]);
        const char *hit = when;
        if (n->arg[0]->op == OP_CONST) {
            if (n->arg[0]->value != i)
                continue;
        } else {
            hit = text(e, "%s & %s == %s", when,
                       operand(e, r, n->arg[0], n->cycle, n->memory->address_bits),
                       sized(e, n->memory->address_bits, i));
        }
        set_register(e, cell, hit, operand(e, r, n->arg[1], n->cycle, cell->bits));
    }
}

static void emit_drain(struct emitter *e, struct region *r)
{
    const char *idle = text(e, "~%s_run", r->state_name);
    if (r->depth > 0)
        idle = text(e, r->depth > 1 ? "%s & ~|%s_valid" : "%s & ~%s_valid", idle, r->state_name);
    fprintf(e->cases, "      %s:", state_name(e, r, 0));
    if (r->edges.n == 0) {
        fprintf(e->cases, " ; // for ever\n");
        return;
    }
    fprintf(e->cases, " if (%s) begin\n", idle);
    const char *when = text(e, "%s & %s", text(e, "(state == %s)", state_name(e, r, 0)), idle);
    for (unsigned i = 0; i < r->edges.n; i++) {
        struct edge *edge = &r->edges.at[i];
        const char *way = when;
        if (edge->taken) {
            const char *taken = slice(e, net_of_variable(e, edge->taken), 0, 0);
            fprintf(e->cases, "        %sif (%s) begin\n", i ? "else " : "", taken);
            way = text(e, "%s & %s", when, taken);
            when = text(e, "%s & ~%s", when, taken);
        }
        fprintf(e->cases, "%s", transition(e, r, edge, 0, way));
        if (edge->taken)
            fprintf(e->cases, "        end\n");
    }
    fprintf(e->cases, "      end\n");
}

void emit_loop(struct emitter *e, struct region *r)
{
    const char *s = r->state_name;
    fprintf(e->wires, "\n  // ---- pipelined loop, line %u: interval %d, %d stages ----\n",
            r->loc.line, r->ii, r->depth + 1);
    fprintf(e->wires, "  reg %s_run;\n  wire %s_issue;\n", s, s);
    if (r->depth > 1)
        fprintf(e->wires, "  reg [%d:1] %s_valid;\n", r->depth, s);
    else if (r->depth == 1)
        fprintf(e->wires, "  reg %s_valid;\n", s);
    if (r->ii > 1)
        fprintf(e->wires, "  reg [%u:0] %s_phase;\n", bit_length((uint64_t)r->ii - 1) - 1, s);
    fprintf(e->clocked, "    // loop, line %u\n", r->loc.line);
    emit_valid_bits(e, r);
    emit_nodes(e, r);
    emit_issue(e, r);
    emit_state(e, r);
    collect_ports(e, r);
    for (unsigned i = 0; i < r->effects.n; i++) {
        struct node *n = r->effects.at[i];
        if (n->op == OP_STORE && n->memory->kind == MEMORY_REGISTERS)
            emit_register_stores(e, r, n,
                                 text(e, "%s & %s", valid_at(e, r, n->cycle),
                                      operand(e, r, n->arg[2], n->cycle, 1)));
    }
    emit_drain(e, r);
}
