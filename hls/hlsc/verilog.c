/* verilog.c -- the module around the regions: ports, states, clocked processes. */
#include <ctype.h>
#include <string.h>

#include "verilog.h"

static bool skipped(const struct region *r)
{
    return r->empty;
}

/* A name for r of which no state's name is taken: S_a_1 is cycle 1 of a, or the only one of a_1. */
static void name_region(struct emitter *e, struct region *r)
{
    const char *wish = r->is_loop ? text(e, "loop%u", r->loc.line) : r->name;
    bool found = false;
    for (unsigned k = 1; !found; k++) {
        r->state_name = k == 1 ? wish : text(e, "%s_%u", wish, k);
        found = !is_taken(e, r->state_name);
        for (int c = 0; c <= r->depth; c++)
            found &= !is_taken(e, state_name(e, r, c));
    }
    take_name(e, r->state_name);
    for (int c = 0; c <= r->depth; c++)
        take_name(e, state_name(e, r, c));
}

/* Names of regions in states and signals; one state for a loop, one for each cycle of a block. */
static void name_states(struct emitter *e)
{
    struct program *p = e->p;
    unsigned states = p->returns ? 1 : 0;
    for (unsigned i = 0; i < p->regions.n; i++) {
        struct region *r = p->regions.at[i];
        if (skipped(r))
            continue;
        name_region(e, r);
        r->first_state = states;
        states += r->is_loop ? 1 : (unsigned)r->depth + 1;
    }
    e->state_bits = states > 1 ? bit_length(states - 1) : 1;
}

static void emit_state_names(struct emitter *e)
{
    struct program *p = e->p;
    if (p->returns)
        fprintf(e->out, "  localparam [%u:0] S_idle = %s;\n", e->state_bits - 1,
                sized(e, e->state_bits, 0));
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        for (int c = 0; !skipped(r) && c <= (r->is_loop ? 0 : r->depth); c++)
            fprintf(e->out, "  localparam [%u:0] %s = %s; // line %u\n", e->state_bits - 1,
                    state_name(e, r, c), sized(e, e->state_bits, r->first_state + (unsigned)c),
                    r->loc.line);
    }
    fprintf(e->out, "  (* fsm_encoding = \"one-hot\" *) reg [%u:0] state;\n", e->state_bits - 1);
}

unsigned verilog_scalar_width(const struct program *p, const char *name)
{
    size_t length;
    for (unsigned i = 0; i < p->scalars.n; i++)
        if (strcmp(LLVMGetValueName2(p->scalars.at[i], &length), name) == 0)
            return LLVMGetIntTypeWidth(LLVMTypeOf(p->scalars.at[i]));
    return 0;
}

static bool accessed(const struct program *p, const struct memory *m, enum op op)
{
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->effects.n; k++) {
            const struct node *n = p->regions.at[i]->effects.at[k];
            if (n->op == op && n->memory == m && !p->regions.at[i]->empty)
                return true;
        }
    return false;
}

/* An array parameter: rdata follows a cycle after ren, and stays until the next ren. */
static void emit_memory_pins(struct emitter *e, struct memory *m)
{
    unsigned row = m->address_bits - 1, word = m->bank[0].bits - 1;
    m->is_read = accessed(e->p, m, OP_LOAD);
    m->is_written = accessed(e->p, m, OP_STORE);
    if (m->is_read)
        fprintf(e->out,
                ",\n  output wire %s_ren,\n  output wire [%u:0] %s_raddr,\n  input  wire [%u:0] "
                "%s_rdata",
                m->name, row, m->name, word, m->name);
    if (m->is_written)
        fprintf(e->out,
                ",\n  output wire %s_wen,\n  output wire [%u:0] %s_waddr,\n  output wire [%u:0] "
                "%s_wdata",
                m->name, row, m->name, word, m->name);
}

void verilog_port_list(struct emitter *e)
{
    struct program *p = e->p;
    FILE *o = e->out;
    fprintf(o, "module %s (\n  input  wire clk,\n  input  wire rst_n", p->options->top);
    if (p->returns)
        fprintf(o, ",\n  input  wire start,\n  output reg  done,\n  output wire idle");
    for (unsigned i = 0; i < p->scalars.n; i++) {
        LLVMValueRef v = p->scalars.at[i];
        unsigned bits = LLVMGetIntTypeWidth(LLVMTypeOf(v));
        size_t length;
        if (bits == 1)
            fprintf(o, ",\n  input  wire %s", LLVMGetValueName2(v, &length));
        else
            fprintf(o, ",\n  input  wire [%u:0] %s", bits - 1, LLVMGetValueName2(v, &length));
    }
    for (unsigned i = 0; i < p->streams.n; i++) {
        const struct stream *s = p->streams.at[i];
        const char *n = s->name;
        if (s->is_input)
            fprintf(o,
                    ",\n  input  wire [%u:0] s_axis_%s_tdata,\n  input  wire s_axis_%s_tvalid,\n"
                    "  output wire s_axis_%s_tready",
                    s->width - 1, n, n, n);
        if (s->is_output)
            fprintf(o,
                    ",\n  output wire [%u:0] m_axis_%s_tdata,\n  output wire m_axis_%s_tvalid,\n"
                    "  input  wire m_axis_%s_tready",
                    s->width - 1, n, n, n);
    }
    for (unsigned i = 0; i < p->memories.n; i++)
        if (p->memories.at[i]->kind == MEMORY_PORT && p->memories.at[i]->live)
            emit_memory_pins(e, p->memories.at[i]);
    if (p->result)
        fprintf(o, ",\n  output wire [%u:0] result", p->result->width - 1);
    fprintf(o, "\n`ifdef HLSC_CHECK\n  , output wire check_failed // a promised distance was not "
               "kept\n`endif\n);\n");
}

void verilog_check_names(struct program *p)
{
    if (is_reserved(p->options->top))
        diag_fail(p->diag, p->regions.at[0]->loc, "rename the function",
                  "'%s' cannot name a module", p->options->top);
    for (unsigned i = 0; i < p->scalars.n; i++) {
        size_t length;
        const char *name = LLVMGetValueName2(p->scalars.at[i], &length);
        bool clash = is_reserved(name) || strcmp(name, p->options->top) == 0;
        clash |= p->options->sequencer && strncmp(name, "seq_", 4) == 0;
        for (unsigned k = 0; k < p->streams.n; k++)
            clash |= strcmp(name, arena_printf(p->arena, "%s_full", p->streams.at[k]->name)) == 0;
        if (clash)
            diag_fail(p->diag, p->regions.at[0]->loc, "rename the parameter",
                      "'%s' cannot name a port", name);
    }
}

static void declare_inputs(struct emitter *e)
{
    struct program *p = e->p;
    static const char *const pins[] = {"ren", "raddr", "rdata", "wen", "waddr", "wdata"};
    for (unsigned i = 0; i < p->memories.n; i++)
        for (unsigned k = 0; k < 6 && p->memories.at[i]->kind == MEMORY_PORT; k++)
            unique_name(e, text(e, "%s_%s", p->memories.at[i]->name, pins[k]));
    if (p->result)
        unique_name(e, "result");
    for (unsigned i = 0; i < p->streams.n; i++)
        if (p->streams.at[i]->is_output)
            fprintf(e->wires, "  wire %s;\n",
                    unique_name(e, text(e, "%s_full", p->streams.at[i]->name)));
    for (unsigned i = 0; i < p->scalars.n; i++) {
        LLVMValueRef v = p->scalars.at[i];
        size_t length;
        struct net *net =
            new_net(e, LLVMGetValueName2(v, &length), LLVMGetIntTypeWidth(LLVMTypeOf(v)), false);
        for (unsigned k = 0; k < p->regions.n; k++)
            for (unsigned j = 0; j < p->regions.at[k]->nodes.n; j++) {
                struct node *n = p->regions.at[k]->nodes.at[j];
                if (n->op == OP_PARAM && strcmp(n->hint, net->name) == 0) {
                    struct net *view = arena_alloc(e->arena, sizeof *view);
                    *view = *net;
                    view->is_signed = n->is_signed;
                    net->used = mask_of(net->bits); /* an input of a fixed width */
                    map_put(e->arena, &e->net_of, n, view);
                }
            }
    }
}

/* An endless loop in which nothing happens. */
static bool is_idle(const struct region *r)
{
    return r->is_loop && r->depth == 0 && r->effects.n == 0 && r->phis.n == 0 && r->edges.n == 0;
}

/* Bits that nothing reads are named once, for the benefit of linters. */
static void emit_unused(struct emitter *e)
{
    const char *all = "1'b0";
    for (unsigned i = 0; i < e->nets.n; i++) {
        struct net *net = e->nets.at[i];
        for (unsigned b = 0; b < net->bits;) {
            unsigned from = b;
            while (b < net->bits && !(net->used >> b & 1))
                b++;
            if (b > from)
                all = net->bits == 1 ? text(e, "%s, %s", all, net->name)
                      : b - from == net->bits
                          ? text(e, "%s, %s", all, net->name)
                          : text(e, "%s, %s[%u:%u]", all, net->name, b - 1, from);
            while (b < net->bits && (net->used >> b & 1))
                b++;
        }
    }
    for (unsigned i = 0; i < e->p->streams.n; i++)
        if (e->p->streams.at[i]->is_input)
            all = text(e, "%s, s_axis_%s_tdata", all, e->p->streams.at[i]->name);
    for (unsigned i = 0; i < e->p->scalars.n; i++) {
        size_t length;
        all = text(e, "%s, %s", all, LLVMGetValueName2(e->p->scalars.at[i], &length));
    }
    for (unsigned i = 0; i < e->p->regions.n; i++)
        if (is_idle(e->p->regions.at[i]))
            all = text(e, "%s, %s", all, valid_at(e, e->p->regions.at[i], 0));
    fprintf(e->out, "\n  wire unused = &{%s};\n", all);
}

static struct region *entry_region(struct program *p)
{
    return p->regions.at[0];
}

static const char *result_word(struct emitter *e)
{
    const struct variable *v = e->p->result;
    return extended_slice(e, net_of_variable(e, e->p->result), v->width - 1, 0);
}

void set_register(struct emitter *e, const struct net *to, const char *when, const char *value)
{
    VEC_PUSH(e->arena, &e->settings, (struct setting){to, when, value});
}

/* All that a register takes in one statement, so that synthesis finds its enable and its reset; constants first. */
static void emit_settings(struct emitter *e, const struct net *to)
{
    const char *otherwise = "";
    for (int constants = 1; constants >= 0; constants--)
        for (unsigned i = 0; i < e->settings.n; i++) {
            const struct setting *s = &e->settings.at[i];
            if (s->to != to || (isdigit(s->value[0]) != 0) != constants)
                continue;
            fprintf(e->out, "    %sif (%s) %s <= %s;\n", otherwise, s->when, to->name, s->value);
            otherwise = "else ";
        }
}

static void emit_process(struct emitter *e, const char *updates, const char *cases,
                         const char *resets)
{
    struct program *p = e->p;
    FILE *o = e->out;
    const struct region *entry = entry_region(p);
    const char *run = entry->is_loop ? text(e, "%s_run <= 1'b1;", entry->state_name) : "";
    fprintf(o, "\n  always @(posedge clk) begin\n");
    if (p->returns)
        fprintf(o, "    done <= 1'b0;\n");
    for (unsigned i = 0; i < e->settings.n; i++) {
        bool first = true;
        for (unsigned k = 0; k < i; k++)
            first &= e->settings.at[k].to != e->settings.at[i].to;
        if (first)
            emit_settings(e, e->settings.at[i].to);
    }
    fprintf(o, "%s    case (state)\n", updates);
    if (p->returns)
        fprintf(
            o,
            "      S_idle: if (start) begin\n          state <= %s;\n          %s\n        end\n",
            state_name(e, entry, 0), run);
    fprintf(o, "%s      default: state <= %s;\n    endcase\n", cases,
            p->returns ? "S_idle" : state_name(e, entry, 0));
    fprintf(o, "    if (!rst_n) begin\n      state <= %s;\n%s",
            p->returns ? "S_idle" : state_name(e, entry, 0), resets);
    if (p->returns)
        fprintf(o, "      done <= 1'b0;\n");
    else if (entry->is_loop)
        fprintf(o, "      %s\n", run);
    fprintf(o, "    end\n  end\n");
    if (p->returns)
        fprintf(o, "  assign idle = state == S_idle;\n");
    if (p->result)
        fprintf(o, "  assign result = %s;\n", result_word(e));
    if (p->uses_clock)
        fprintf(o,
                "  always @(posedge clk)\n    cycle_count <= rst_n & ~(%s) ? cycle_count + 32'd1 : "
                "32'd1;\n",
                e->clock_starts ? e->clock_starts : "1'b0");
}

static void emit_regions(struct emitter *e)
{
    for (unsigned i = 0; i < e->p->regions.n; i++) {
        struct region *r = e->p->regions.at[i];
        if (skipped(r))
            continue;
        if (r->is_loop)
            emit_loop(e, r);
        else
            emit_block(e, r);
    }
}

/* The parts are written side by side. */
static void emit_body(struct emitter *e)
{
    struct program *p = e->p;
    const char *part[5];
    struct arena_text *written[5];
    FILE **stream[5] = {&e->wires, &e->clocked, &e->updates, &e->cases, &e->resets};
    for (int i = 0; i < 5; i++) {
        written[i] = arena_open(e->arena);
        *stream[i] = written[i]->file;
    }
    live_find_unreached(p);
    declare_inputs(e);
    name_states(e);
    emit_state_names(e);
    emit_regions(e);
    for (int i = 0; i < 5; i++)
        part[i] = arena_close(written[i]);
    if (p->uses_clock)
        fprintf(e->out, "  reg [31:0] cycle_count;\n");
    fprintf(e->out, "%s", part[0]);
    emit_memories(e);
    emit_streams(e);
    if (*part[1])
        fprintf(e->out, "\n  always @(posedge clk) begin\n%s  end\n", part[1]);
    emit_process(e, part[2], part[3], part[4]);
    emit_unused(e); /* before what only simulation reads */
    emit_promise_checks(e);
}

void verilog_emit(struct program *p, FILE *out)
{
    struct emitter e = {.p = p, .arena = p->arena, .out = out};
    const char *source = strrchr(p->options->source, '/');
    fprintf(out, "// generated by hlsc from %s\n`default_nettype none\n\n",
            source ? source + 1 : p->options->source);
    unique_name(&e, p->options->top);
    verilog_port_list(&e);
    if (!emit_wires(&e))
        emit_body(&e);
    fprintf(out, "endmodule\n\n`default_nettype wire\n");
}
