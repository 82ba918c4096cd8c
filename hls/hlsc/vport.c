/* vport.c -- ports of memories and streams: each collects its accesses from all regions, which are
 * never at work together, and is fed by a multiplexer. */
#include <string.h>

#include "verilog.h"

struct memory_ports *ports_of_memory(struct emitter *e, struct memory *m)
{
    struct memory_ports *ports = map_get(&e->ports_of, m);
    if (!ports) {
        ports = arena_alloc(e->arena, sizeof *ports);
        ports->bank = arena_alloc(e->arena, m->nbanks * sizeof *ports->bank);
        map_put(e->arena, &e->ports_of, m, ports);
    }
    return ports;
}

struct stream_ports *ports_of_stream(struct emitter *e, struct stream *s)
{
    struct stream_ports *ports = map_get(&e->ports_of, s);
    if (!ports) {
        ports = arena_alloc(e->arena, sizeof *ports);
        ports->margin = 1;
        map_put(e->arena, &e->ports_of, s, ports);
    }
    return ports;
}

static const char *both(struct emitter *e, const char *a, struct node *predicate, const char *b)
{
    return ir_is_const(predicate, 1) ? a : text(e, "%s & %s", a, b);
}

static void collect_store(struct emitter *e, struct region *r, struct node *n, const char *when)
{
    struct memory *m = n->memory;
    struct memory_ports *ports = ports_of_memory(e, m);
    int c = n->cycle;
    for (unsigned b = 0; b < m->nbanks; b++) {
        if ((n->nargs <= 3 && b != n->bank) || m->bank[m->partitioned ? 0 : b].demand == 0)
            continue; /* another bank, or one that nothing reads */
        struct access a = {.node = n, .region = r};
        a.when = both(e, when, n->arg[2], operand(e, r, n->arg[2], c, 1));
        if (n->nargs > 3) {
            unsigned lane_bits = bit_length(m->nbanks - 1);
            a.any_lane = a.when;
            a.when = text(e, "%s & %s == %s", a.when, operand(e, r, n->arg[3], c, lane_bits),
                          sized(e, lane_bits, b));
        }
        a.row = operand(e, r, n->arg[0], c, m->address_bits);
        a.data = operand(e, r, n->arg[1], c, m->bank[b].bits);
        VEC_PUSH(e->arena, &ports->bank[b].writes, a);
    }
}

/* A state holds a word until it is taken: what only states write needs no FIFO. */
static bool is_direct(const struct program *p, const struct stream *s)
{
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; p->regions.at[i]->is_loop && k < p->regions.at[i]->effects.n; k++)
            if (p->regions.at[i]->effects.at[k]->op == OP_WRITE &&
                p->regions.at[i]->effects.at[k]->stream == s)
                return false;
    return !p->uses_clock; /* the time would go on */
}

/* Bits of the words that are written to a stream; all others are zero. What leaves at once is not kept. */
static unsigned word_bits(const struct program *p, const struct stream *s)
{
    unsigned bits = is_direct(p, s) ? s->width : 1;
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->effects.n; k++) {
            const struct node *n = p->regions.at[i]->effects.at[k];
            if (n->op != OP_WRITE || n->stream != s)
                continue;
            const struct node *word = n->arg[0];
            unsigned own = word->op == OP_CONST ? bit_length(word->value & mask_of(s->width))
                           : word->is_signed    ? s->width
                                                : word->bits;
            bits = own > bits ? own : bits;
        }
    return bits < s->width ? bits : s->width;
}

static void collect_node(struct emitter *e, struct region *r, struct node *n)
{
    int c = n->cycle;
    const char *when = valid_at(e, r, c);
    struct access a = {.when = when, .node = n, .region = r};
    if (n->stream) {
        struct stream_ports *ports = ports_of_stream(e, n->stream);
        if (n->op == OP_READ) {
            a.when = both(e, when, n->arg[0], operand(e, r, n->arg[0], c, 1));
            VEC_PUSH(e->arena, &ports->reads, a);
        } else if (n->op == OP_WRITE) {
            a.when = both(e, when, n->arg[1], operand(e, r, n->arg[1], c, 1));
            if (!r->is_loop &&
                !is_direct(e->p, n->stream)) /* a loop looks as it issues, a block as it writes */
                a.when = text(e, "%s & ~%s_full", a.when, n->stream->name);
            a.data = operand(e, r, n->arg[0], c, word_bits(e->p, n->stream));
            VEC_PUSH(e->arena, &ports->writes, a);
            if (r->is_loop && c + 1 > ports->margin)
                ports->margin = c + 1;
        }
        return;
    }
    if (!n->memory || n->memory->kind == MEMORY_REGISTERS)
        return;
    if (!r->is_loop) /* a state that waits has not come to its accesses yet */
        for (unsigned i = 0; i < r->effects.n; i++) {
            const struct node *o = r->effects.at[i];
            if (o->cycle == c && o->op == OP_READ)
                when = text(e, "%s & s_axis_%s_tvalid", when, o->stream->name);
            if (o->cycle == c && o->op == OP_WRITE)
                when = text(e, "%s & ~%s_full", when, o->stream->name);
        }
    if (n->op == OP_STORE) {
        collect_store(e, r, n, when);
    } else {
        a.when = when;
        a.row = operand(e, r, n->arg[0], c, n->memory->address_bits);
        VEC_PUSH(e->arena, &ports_of_memory(e, n->memory)->bank[n->bank].reads, a);
    }
}

void collect_ports(struct emitter *e, struct region *r)
{
    for (unsigned i = 0; i < r->effects.n; i++)
        collect_node(e, r, r->effects.at[i]);
}

/* ---- multiplexers ---- */

static const char *any_of(struct emitter *e, const access_vec *v)
{
    const char *any = "";
    for (unsigned i = 0; i < v->n; i++)
        any = v->n == 1 ? v->at[i].when : text(e, "%s%s(%s)", any, i ? " | " : "", v->at[i].when);
    return v->n ? any : "1'b0";
}

static const char *field_of(const struct access *a, bool data)
{
    return data ? a->data : a->row;
}

/* Whose turn the port is: cheaper than when it is used, and as exclusive. */
static const char *turn_of(struct emitter *e, const access_vec *v, const struct access *a,
                           bool data)
{
    if (!a->region->is_loop)
        return valid_at(e, a->region, a->node->cycle);
    unsigned sharing = 0;
    for (unsigned i = 0; i < v->n; i++)
        sharing += v->at[i].region == a->region;
    return sharing > 1 ? text(e, "(%s)", a->any_lane && !data ? a->any_lane : a->when)
                       : text(e, "(state == %s)", state_name(e, a->region, 0));
}

/* One term for each different word; the turns exclude each other, so the terms are ORed. */
static const char *choose(struct emitter *e, const access_vec *v, bool data, unsigned bits)
{
    unsigned different = 0;
    const char *all = "";
    for (unsigned i = 0; i < v->n; i++) {
        const char *word = field_of(&v->at[i], data), *turns = NULL;
        bool first = true;
        for (unsigned k = 0; k < i; k++)
            first &= strcmp(field_of(&v->at[k], data), word) != 0;
        if (!first)
            continue;
        for (unsigned k = i; k < v->n; k++) {
            const char *turn = turn_of(e, v, &v->at[k], data);
            if (strcmp(field_of(&v->at[k], data), word) == 0 && (!turns || !strstr(turns, turn)))
                turns = turns ? text(e, "%s | %s", turns, turn) : turn;
        }
        all = text(e, "%s%s({%u{%s}} & %s)", all, different ? " |\n      " : "", bits, turns, word);
        different++;
    }
    return different == 1 ? field_of(&v->at[0], data) : all;
}

/* ---- memories ---- */

/* Lanes that are always read and written together make one wide memory. */
static bool is_wide(const struct memory *m, const struct memory_ports *ports)
{
    if (!(m->partitioned || (m->single_port && m->nbanks == 1)) ||
        m->nbanks * m->bank[0].bits > 4096)
        return false;
    const struct bank_ports *first = &ports->bank[0];
    for (unsigned b = 1; b < m->nbanks; b++) {
        const struct bank_ports *p = &ports->bank[b];
        if (p->reads.n != first->reads.n || p->writes.n != first->writes.n)
            return false;
        for (unsigned i = 0; i < p->reads.n; i++)
            if (strcmp(p->reads.at[i].row, first->reads.at[i].row) != 0 ||
                strcmp(p->reads.at[i].when, first->reads.at[i].when) != 0)
                return false;
        for (unsigned i = 0; i < p->writes.n; i++)
            if (strcmp(p->writes.at[i].row, first->writes.at[i].row) != 0)
                return false;
    }
    return first->reads.n > 0;
}

static void emit_initial(struct emitter *e, const struct memory *m, const struct bank *bank,
                         const char *name)
{
    if (bank->initial) {
        fprintf(e->out, "  initial begin\n");
        for (unsigned i = 0; i < m->rows; i++)
            fprintf(e->out, "    %s[%u] = %s;\n", name, i, sized(e, bank->bits, bank->initial[i]));
        fprintf(e->out, "  end\n");
    } else {
        const char *k = unique_name(e, text(e, "%s_row", name));
        fprintf(e->out,
                "`ifndef SYNTHESIS\n  integer %s;\n  initial for (%s = 0; %s < %u; %s = %s + 1) "
                "%s[%s] = 0;\n`endif\n",
                k, k, k, m->rows, k, k, name, k);
    }
}

static bool needs_enable(const access_vec *reads)
{
    for (unsigned i = 0; i < reads->n; i++)
        if (!reads->at[i].region->is_loop)
            return true;
    return false;
}

static void emit_read_port(struct emitter *e, const struct memory *m,
                           const struct bank_ports *ports, const char *name, unsigned bits)
{
    const char *address = unique_name(e, text(e, "%s_read_row", name));
    fprintf(e->out, "  wire [%u:0] %s =\n      %s;\n", m->address_bits - 1, address,
            choose(e, &ports->reads, false, m->address_bits));
    fprintf(e->out, "  reg [%u:0] %s_word;\n", bits - 1, name);
    if (needs_enable(&ports->reads)) {
        const char *enable = unique_name(e, text(e, "%s_read", name));
        fprintf(e->out, "  wire %s = %s;\n", enable, any_of(e, &ports->reads));
        fprintf(e->out, "  always @(posedge clk) if (%s) %s_word <= %s[%s];\n", enable, name, name,
                address);
    } else {
        fprintf(e->out, "  always @(posedge clk) %s_word <= %s[%s];\n", name, name, address);
    }
}

static void connect_loads(struct emitter *e, const struct bank_ports *ports, const char *name,
                          unsigned low, unsigned bits)
{
    for (unsigned i = 0; i < ports->reads.n; i++) {
        struct net *to = map_get(&e->net_of, ports->reads.at[i].node);
        fprintf(e->out, "  assign %s = %s_word[%u:%u];\n", to->name, name, low + bits - 1, low);
    }
}

static struct bank_ports ports_of_copy(struct emitter *e, const struct bank_ports *all,
                                       unsigned copy)
{
    struct bank_ports part = {.writes = all->writes};
    for (unsigned i = 0; i < all->reads.n; i++)
        if (all->reads.at[i].node->copy == copy)
            VEC_PUSH(e->arena, &part.reads, all->reads.at[i]);
    return part;
}

static void emit_bank(struct emitter *e, struct memory *m, unsigned b,
                      const struct bank_ports *ports)
{
    struct bank *bank = &m->bank[b];
    const char *wish = m->nbanks > 1 ? text(e, "%s_%u", m->name, b) : m->name;
    const char *name = unique_name(e, wish);
    bank->name = name;
    if (ports->reads.n == 0)
        return;
    bool block = m->kind == MEMORY_ROM && m->rows >= 32 && m->rows * bank->bits >= 512;
    fprintf(e->out, "\n  %sreg [%u:0] %s [0:%u];\n", block ? "(* ram_style = \"block\" *) " : "",
            bank->bits - 1, name, m->rows - 1);
    emit_initial(e, m, bank, name);
    emit_read_port(e, m, ports, name, bank->bits);
    connect_loads(e, ports, name, 0, bank->bits);
    if (ports->writes.n == 0)
        return;
    fprintf(e->out, "  wire %s_write = %s;\n", name, any_of(e, &ports->writes));
    fprintf(e->out, "  wire [%u:0] %s_write_row =\n      %s;\n", m->address_bits - 1, name,
            choose(e, &ports->writes, false, m->address_bits));
    fprintf(e->out, "  wire [%u:0] %s_data =\n      %s;\n", bank->bits - 1, name,
            choose(e, &ports->writes, true, bank->bits));
    fprintf(e->out, "  always @(posedge clk) if (%s_write) %s[%s_write_row] <= %s_data;\n", name,
            name, name, name);
}

/* Read and written by different regions, which never work together: one address serves both, as a
 * single-port memory has it. */
static bool is_single_port(const struct memory *m, const struct memory_ports *ports)
{
    const struct bank_ports *first = &ports->bank[0];
    const bool large = (uint64_t)m->rows * m->nbanks * m->bank[0].bits >= 1 << 17;
    if (!(large || m->single_port) || m->bank[0].initial)
        return false;
    for (unsigned b = 0; b < m->nbanks; b++)
        for (unsigned i = 0; i < first->reads.n; i++)
            for (unsigned k = 0; k < ports->bank[b].writes.n; k++)
                if (first->reads.at[i].region == ports->bank[b].writes.at[k].region)
                    return false;
    return first->writes.n > 0;
}

static void emit_lane_writes(struct emitter *e, const struct memory *m, const char *name,
                             const char *row, unsigned bits)
{
    for (unsigned b = 0; b < m->nbanks; b++)
        fprintf(e->out, "    if (%s_write_%u) %s[%s][%u:%u] <= %s_data_%u;\n", name, b, name, row,
                bits * (b + 1) - 1, bits * b, name, b);
}

static void emit_lane_inputs(struct emitter *e, const struct memory *m,
                             const struct memory_ports *ports, const char *name)
{
    unsigned bits = m->bank[0].bits;
    for (unsigned b = 0; b < m->nbanks; b++) {
        fprintf(e->out, "  wire %s_write_%u = %s;\n", name, b, any_of(e, &ports->bank[b].writes));
        fprintf(e->out, "  wire [%u:0] %s_data_%u =\n      %s;\n", bits - 1, name, b,
                choose(e, &ports->bank[b].writes, true, bits));
    }
}

static void emit_single_port(struct emitter *e, const struct memory *m,
                             const struct memory_ports *ports, const char *name)
{
    unsigned bits = m->bank[0].bits;
    const char *row = unique_name(e, text(e, "%s_address", name));
    emit_lane_inputs(e, m, ports, name);
    fprintf(e->out, "  wire %s_writes =", name);
    for (unsigned b = 0; b < m->nbanks; b++)
        fprintf(e->out, "%s %s_write_%u", b ? " |" : "", name, b);
    fprintf(e->out, ";\n  wire [%u:0] %s = %s_writes ?\n      %s :\n      %s;\n",
            m->address_bits - 1, row, name,
            choose(e, &ports->bank[0].writes, false, m->address_bits),
            choose(e, &ports->bank[0].reads, false, m->address_bits));
    fprintf(e->out, "  reg [%u:0] %s_word;\n  always @(posedge clk) begin\n", bits * m->nbanks - 1,
            name);
    emit_lane_writes(e, m, name, row, bits);
    fprintf(e->out, "    if (%s~%s_writes) %s_word <= %s[%s];\n  end\n",
            needs_enable(&ports->bank[0].reads)
                ? text(e, "(%s) & ", any_of(e, &ports->bank[0].reads))
                : "",
            name, name, name, row);
}

static void emit_wide(struct emitter *e, struct memory *m, struct memory_ports *ports)
{
    unsigned bits = m->bank[0].bits;
    const char *name = unique_name(e, m->name);
    for (unsigned b = 0; b < m->nbanks; b++)
        m->bank[b].name = name;
    const bool huge = m->single_port && strcmp(e->p->options->family, "ice40") == 0;
    fprintf(e->out, "\n  %sreg [%u:0] %s [0:%u]; // %u lanes\n",
            huge ? "(* ram_style = \"huge\" *) " : "", bits * m->nbanks - 1, name, m->rows - 1,
            m->nbanks);
    if (m->bank[0].initial) {
        fprintf(e->out, "  initial begin\n");
        for (unsigned i = 0; i < m->rows; i++) {
            fprintf(e->out, "    %s[%u] = {", name, i);
            for (unsigned b = m->nbanks; b-- > 0;)
                fprintf(e->out, "%s%s", sized(e, bits, m->bank[b].initial[i]), b ? ", " : "};\n");
        }
        fprintf(e->out, "  end\n");
    } else {
        emit_initial(e, m, &m->bank[0], name);
    }
    bool single = is_single_port(m, ports);
    if (single)
        emit_single_port(e, m, ports, name);
    else
        emit_read_port(e, m, &ports->bank[0], name, bits * m->nbanks);
    for (unsigned b = 0; b < m->nbanks; b++)
        connect_loads(e, &ports->bank[b], name, b * bits, bits);
    if (single || ports->bank[0].writes.n == 0)
        return;
    fprintf(e->out, "  wire [%u:0] %s_write_row =\n      %s;\n", m->address_bits - 1, name,
            choose(e, &ports->bank[0].writes, false, m->address_bits));
    emit_lane_inputs(e, m, ports, name);
    fprintf(e->out, "  always @(posedge clk) begin\n");
    emit_lane_writes(e, m, name, text(e, "%s_write_row", name), bits);
    fprintf(e->out, "  end\n");
}

static void emit_outer_memory(struct emitter *e, const struct memory *m, struct bank_ports *ports)
{
    const char *name = m->name;
    unsigned bits = m->bank[0].bits;
    if (m->is_read) {
        fprintf(e->out, "\n  assign %s_ren = %s;\n  assign %s_raddr =\n      %s;\n", name,
                any_of(e, &ports->reads), name, choose(e, &ports->reads, false, m->address_bits));
        for (unsigned i = 0; i < ports->reads.n; i++) {
            const struct net *to = map_get(&e->net_of, ports->reads.at[i].node);
            fprintf(e->out, "  assign %s = %s_rdata;\n", to->name, name);
        }
    }
    if (m->is_written)
        fprintf(e->out,
                "\n  assign %s_wen = %s;\n  assign %s_waddr =\n      %s;\n"
                "  assign %s_wdata =\n      %s;\n",
                name, any_of(e, &ports->writes), name,
                choose(e, &ports->writes, false, m->address_bits), name,
                choose(e, &ports->writes, true, bits));
}

void emit_memories(struct emitter *e)
{
    for (unsigned i = 0; i < e->p->memories.n; i++) {
        struct memory *m = e->p->memories.at[i];
        if (m->kind == MEMORY_REGISTERS || !m->live)
            continue;
        struct memory_ports *ports = ports_of_memory(e, m);
        if (m->single_port && !(is_wide(m, ports) && is_single_port(m, ports)))
            diag_fail(e->p->diag, m->loc,
                      "read and write it in different loops, without initial contents, or leave "
                      "the marker out",
                      "'%s': one address does not do for HLS_SINGLE_PORT", m->name);
        if (m->kind == MEMORY_PORT) {
            emit_outer_memory(e, m, &ports->bank[0]);
            continue;
        }
        if (is_wide(m, ports)) {
            emit_wide(e, m, ports);
            continue;
        }
        for (unsigned b = 0; b < m->nbanks; b++)
            for (unsigned copy = 0; copy == 0 || copy < m->copies; copy++) {
                const struct bank_ports part = ports_of_copy(e, &ports->bank[b], copy);
                emit_bank(e, m, b, &part);
            }
    }
}

/* ---- streams ---- */

static void emit_fifo(struct emitter *e, const struct stream *s, int margin, unsigned bits)
{
    unsigned log2_depth = bit_length((uint64_t)(2 * margin) - 1);
    log2_depth = log2_depth < 2 ? 2 : log2_depth;
    fprintf(e->out,
            "  hlsc_fifo #(.WIDTH(%u), .LOG2_DEPTH(%u), .MARGIN(%d)) %s_fifo (\n"
            "    .clk(clk), .rst_n(rst_n), .push(%s_push), .word(%s_word), .full(%s_full),\n"
            "    .m_axis_tdata(m_axis_%s_tdata[%u:0]), .m_axis_tvalid(m_axis_%s_tvalid),\n"
            "    .m_axis_tready(m_axis_%s_tready)\n  );\n",
            bits, log2_depth, margin, s->name, s->name, s->name, s->name, s->name, bits - 1,
            s->name, s->name);
    if (bits < s->width)
        fprintf(e->out, "  assign m_axis_%s_tdata[%u:%u] = %s;\n", s->name, s->width - 1, bits,
                sized(e, s->width - bits, 0));
}

void emit_streams(struct emitter *e)
{
    for (unsigned i = 0; i < e->p->streams.n; i++) {
        struct stream *s = e->p->streams.at[i];
        struct stream_ports *ports = ports_of_stream(e, s);
        if (s->is_input)
            fprintf(e->out, "\n  assign s_axis_%s_tready = %s;\n", s->name,
                    any_of(e, &ports->reads));
        if (!s->is_output)
            continue;
        if (is_direct(e->p, s)) {
            fprintf(e->out,
                    "\n  assign %s_full = ~m_axis_%s_tready;\n  assign m_axis_%s_tvalid = %s;\n"
                    "  assign m_axis_%s_tdata =\n      %s;\n",
                    s->name, s->name, s->name, any_of(e, &ports->writes), s->name,
                    choose(e, &ports->writes, true, s->width));
            continue;
        }
        fprintf(e->out, "\n  wire %s_push = %s;\n", s->name, any_of(e, &ports->writes));
        unsigned bits = word_bits(e->p, s);
        fprintf(e->out, "  wire [%u:0] %s_word =\n      %s;\n", bits - 1, s->name,
                choose(e, &ports->writes, true, bits));
        emit_fifo(e, s, ports->margin, bits);
    }
}
