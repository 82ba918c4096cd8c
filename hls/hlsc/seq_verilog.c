/* seq_verilog.c -- the module around the machine: its program, its memory, its ports. */
#include <string.h>

#include "seq.h"
#include "verilog.h"

/* ---- the program ---- */

static unsigned operand_of(const struct seq_instruction *i)
{
    if (i->op == SEQ_DO)
        return i->number << 3 | i->action;
    if (i->label)
        return i->label->address;
    return i->slot ? i->slot->address + i->offset : i->number;
}

static const char *operand_name(struct seq_program *s, const struct seq_instruction *i)
{
    if (i->op == SEQ_DO)
        return arena_printf(s->p->arena, "%u", i->number);
    if (i->label)
        return arena_printf(s->p->arena, "%u", i->label->address);
    if (!i->slot)
        return arena_printf(s->p->arena, "#%u", i->number);
    return arena_printf(s->p->arena, "%s+%u%s", i->slot->name, i->offset,
                        i->mode == SEQ_INDEXED || i->op == SEQ_STX ? "[x]" : "");
}

static const char *operation_name(const struct seq_instruction *i)
{
    static const char *const names[] = {
        [SEQ_LD] = "ld",   [SEQ_AND] = "and", [SEQ_OR] = "or",   [SEQ_XOR] = "xor",
        [SEQ_ADD] = "add", [SEQ_ADC] = "adc", [SEQ_SUB] = "sub", [SEQ_SBC] = "sbc",
        [SEQ_ST] = "st",   [SEQ_STX] = "st",  [SEQ_JMP] = "jmp", [SEQ_JZ] = "jz",
        [SEQ_JNZ] = "jnz", [SEQ_JC] = "jc",   [SEQ_JNC] = "jnc"};
    static const char *const actions[] = {"shl",   "shr", "sar", "index",
                                          "carry", "not", "in",  "out"};
    return i->op == SEQ_DO ? actions[i->action] : names[i->op];
}

static void emit_code(struct seq_program *s, FILE *o)
{
    unsigned n = 0, width = s->operand_bits + 5;
    for (unsigned i = 0; i < s->code.n; i++)
        n += s->code.at[i].op != SEQ_LABEL;
    fprintf(o, "\n  (* ram_style = \"block\" *) reg [%u:0] seq_code [0:%u];\n  initial begin\n",
            width - 1, n - 1);
    n = 0;
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        if (c->op == SEQ_LABEL)
            continue;
        const unsigned op = c->op <= SEQ_SBC ? (unsigned)c->mode << 3 | c->op : c->op;
        fprintf(o, "    seq_code[%u] = {5'd%u, %u'd%u}; // %s %s, line %u\n", n++, op,
                s->operand_bits, operand_of(c), operation_name(c), operand_name(s, c), c->line);
    }
    fprintf(o,
            "  end\n  always @(posedge clk) if (seq_fetch) seq_instruction <= "
            "seq_code[seq_address%s];\n",
            n > 1u << (s->operand_bits - 1)
                ? ""
                : arena_printf(s->p->arena, "[%u:0]", bit_length(n - 1) - 1));
}

/* ---- the memory ---- */

static uint64_t initial_of(const struct bank *bank, unsigned row)
{
    return bank->initial ? bank->initial[row] : 0;
}

static void emit_contents(const struct seq_slot *array, FILE *o)
{
    const struct memory *m = array->memory;
    for (unsigned b = 0; b < m->nbanks; b++)
        for (unsigned w = 0; w < (m->bank[b].width + 15) / 16; w++)
            for (unsigned row = 0; row < m->rows; row++)
                fprintf(o, "    seq_memory[%u] = 16'h%04x; // %s\n",
                        array->address + seq_plane(m, b, w) + row,
                        (unsigned)(initial_of(&m->bank[b], row) >> 16 * w & 0xffff), m->name);
}

/* Zeros as in C, and what arrays have at first. The program clears SPRAM. */
static void emit_initial(const struct seq_program *s, FILE *o)
{
    fprintf(o,
            "  integer seq_word;\n"
            "  initial begin\n"
            "    for (seq_word = 0; seq_word < %u; seq_word = seq_word + 1)\n"
            "      seq_memory[seq_word] = 16'd0;\n",
            s->memory_words);
    for (unsigned i = 0; i < s->slots.n; i++)
        if (seq_has_contents(s->slots.at[i]))
            emit_contents(s->slots.at[i], o);
    fprintf(o, "  end\n");
}

static void emit_memory(struct seq_program *s, FILE *o)
{
    fprintf(o, "\n  %sreg [15:0] seq_memory [0:%u];\n",
            s->in_spram ? "(* ram_style = \"huge\" *) " : "", s->memory_words - 1);
    if (!s->in_spram)
        emit_initial(s, o);
    const unsigned bits = bit_length(s->memory_words - 1);
    fprintf(o,
            "  always @(posedge clk)\n"
            "    if (seq_write) seq_memory[seq_memory_address[%u:0]] <= seq_a;\n"
            "    else if (seq_read) seq_memory_word <= seq_memory[seq_memory_address[%u:0]];\n",
            bits - 1, bits - 1);
}

/* ---- ports ---- */

static const char *scalar_word(struct seq_program *s, const struct seq_port *p)
{
    const unsigned width = verilog_scalar_width(s->p, p->scalar), low = 16 * p->word;
    const unsigned bits = width - low < 16 ? width - low : 16;
    const char *part = width == 1
                           ? p->scalar
                           : arena_printf(s->p->arena, "%s[%u:%u]", p->scalar, low + bits - 1, low);
    return bits == 16 ? part : arena_printf(s->p->arena, "{%u'd0, %s}", 16 - bits, part);
}

/* What IN takes. */
static const char *word_of(struct seq_program *s, const struct seq_port *p)
{
    switch (p->kind) {
    case SEQ_PORT_STREAM:
        return p->stream->is_input ? arena_printf(s->p->arena, "s_axis_%s_tdata[%u:%u]",
                                                  p->stream->name, 16 * p->word + 15, 16 * p->word)
                                   : NULL;
    case SEQ_PORT_EMPTY:
        return arena_printf(s->p->arena, "{15'd0, ~s_axis_%s_tvalid}", p->stream->name);
    case SEQ_PORT_SCALAR: return scalar_word(s, p);
    default: return NULL;
    }
}

/* What it waits for. */
static const char *ready_of(struct seq_program *s, const struct seq_port *p)
{
    if (p->kind == SEQ_PORT_START)
        return "seq_started";
    if (p->kind != SEQ_PORT_STREAM)
        return NULL;
    return arena_printf(s->p->arena, p->stream->is_input ? "s_axis_%s_tvalid" : "m_axis_%s_tready",
                        p->stream->name);
}

static const char *port_number(struct seq_program *s, unsigned number)
{
    return arena_printf(s->p->arena, "%u'd%u", s->operand_bits - 3, number);
}

static void emit_choices(struct seq_program *s, FILE *o, const char *signal, const char *otherwise,
                         const char *(*choice)(struct seq_program *, const struct seq_port *))
{
    fprintf(o, "  always @*\n    case (seq_port)\n");
    for (unsigned i = 0; i < s->ports.n; i++) {
        const char *word = choice(s, &s->ports.at[i]);
        if (word)
            fprintf(o, "      %s: %s = %s;\n", port_number(s, i), signal, word);
    }
    fprintf(o, "      default: %s = %s;\n    endcase\n", signal, otherwise);
}

/* Words of the widest stream that is written, less the last. */
static unsigned held_words(const struct program *p)
{
    unsigned words = 0;
    for (unsigned i = 0; i < p->streams.n; i++)
        if (p->streams.at[i]->is_output && p->streams.at[i]->width / 16 - 1 > words)
            words = p->streams.at[i]->width / 16 - 1;
    return words;
}

static void emit_output(struct seq_program *s, FILE *o, const struct seq_port *p, unsigned number)
{
    const unsigned held = 16 * held_words(s->p), width = p->stream->width;
    const char *name = p->stream->name;
    fprintf(o, "  assign m_axis_%s_tvalid = seq_port_out & seq_port == %s;\n", name,
            port_number(s, number));
    if (width == 16)
        fprintf(o, "  assign m_axis_%s_tdata = seq_a;\n", name);
    else
        fprintf(o, "  assign m_axis_%s_tdata = {seq_a, seq_held[%u:%u]};\n", name, held - 1,
                held - width + 16);
}

static void emit_hold(struct seq_program *s, FILE *o, unsigned number)
{
    const unsigned bits = 16 * held_words(s->p);
    const char *next =
        bits == 16 ? "seq_a" : arena_printf(s->p->arena, "{seq_a, seq_held[%u:16]}", bits - 1);
    fprintf(o,
            "  reg [%u:0] seq_held; // the words before the last\n"
            "  always @(posedge clk) if (seq_port_out & seq_port == %s) seq_held <= %s;\n",
            bits - 1, port_number(s, number), next);
}

/* The start may come before the program looks for it; it comes back there when all is done. */
static void emit_start(struct seq_program *s, FILE *o, unsigned number)
{
    fprintf(o,
            "  reg seq_started, seq_ran;\n"
            "  wire seq_waits = seq_port_in & seq_port == %s;\n"
            "  assign idle = ~seq_started & ~seq_ran;\n"
            "  always @(posedge clk) begin\n"
            "    seq_started <= rst_n & (start | seq_started & ~seq_waits);\n"
            "    seq_ran <= rst_n & (seq_waits ? seq_started : seq_ran);\n"
            "    done <= rst_n & seq_waits & seq_ran;\n  end\n",
            port_number(s, number));
}

static void emit_result(struct seq_program *s, FILE *o, const struct seq_port *p, unsigned number)
{
    const unsigned width = s->p->result->width, low = 16 * p->word;
    const unsigned bits = width - low < 16 ? width - low : 16;
    fprintf(o,
            "  reg [%u:0] seq_result_%u;\n  assign result[%u:%u] = seq_result_%u;\n"
            "  always @(posedge clk) if (seq_port_out & seq_port == %s) seq_result_%u <= "
            "seq_a[%u:0];\n",
            bits - 1, p->word, low + bits - 1, low, p->word, port_number(s, number), p->word,
            bits - 1);
}

static void emit_port(struct seq_program *s, FILE *o, const struct seq_port *p, unsigned number)
{
    switch (p->kind) {
    case SEQ_PORT_STREAM:
        if (p->stream->is_output)
            emit_output(s, o, p, number);
        else if (p->takes)
            fprintf(o, "  assign s_axis_%s_tready = seq_port_in & seq_port == %s;\n",
                    p->stream->name, port_number(s, number));
        break;
    case SEQ_PORT_HOLD: emit_hold(s, o, number); break;
    case SEQ_PORT_START: emit_start(s, o, number); break;
    case SEQ_PORT_RESULT: emit_result(s, o, p, number); break;
    default: break;
    }
}

static bool is_moved(const struct seq_program *s, const struct stream *stream)
{
    for (unsigned i = 0; i < s->ports.n; i++)
        if (s->ports.at[i].stream == stream && s->ports.at[i].takes)
            return true;
    return false;
}

static void emit_ports(struct seq_program *s, FILE *o)
{
    fprintf(o, "\n");
    emit_choices(s, o, "seq_port_ready", "1'b1", ready_of);
    emit_choices(s, o, "seq_port_word", "16'd0", word_of);
    for (unsigned pass = 0; pass < 2; pass++) /* what is held first */
        for (unsigned i = 0; i < s->ports.n; i++)
            if ((s->ports.at[i].kind == SEQ_PORT_HOLD) == (pass == 0))
                emit_port(s, o, &s->ports.at[i], i);
    for (unsigned i = 0; i < s->p->streams.n; i++) {
        const struct stream *stream = s->p->streams.at[i];
        if (is_moved(s, stream))
            continue;
        if (stream->is_input)
            fprintf(o, "  assign s_axis_%s_tready = 1'b0;\n", stream->name);
        if (stream->is_output)
            fprintf(o,
                    "  assign m_axis_%s_tvalid = 1'b0;\n  assign m_axis_%s_tdata = {%u{1'b0}};\n",
                    stream->name, stream->name, stream->width);
    }
    fprintf(o, "`ifdef HLSC_CHECK\n  assign check_failed = 1'b0;\n`endif\n");
}

/* ---- the module ---- */

static void emit_machine(const struct seq_program *s, FILE *o)
{
    const unsigned k = s->operand_bits - 1;
    fprintf(
        o,
        "  wire [15:0] seq_a;\n  wire seq_fetch, seq_read, seq_write, seq_port_in, seq_port_out;\n"
        "  wire [%u:0] seq_address, seq_memory_address;\n  wire [%u:0] seq_port;\n"
        "  reg  [%u:0] seq_instruction;\n  reg  [15:0] seq_memory_word, seq_port_word;\n"
        "  reg  seq_port_ready;\n\n"
        "  hlsc_sequencer #(.K(%u)) seq_machine (\n"
        "    .clk(clk), .rst_n(rst_n), .fetch(seq_fetch), .address(seq_address), "
        ".instruction(seq_instruction), .a(seq_a),\n"
        "    .port_in(seq_port_in), .port_out(seq_port_out), .port(seq_port), "
        ".port_ready(seq_port_ready), "
        ".port_word(seq_port_word),\n"
        "    .read(seq_read), .write(seq_write), .memory_address(seq_memory_address), "
        ".memory_word(seq_memory_word)\n  );\n",
        k, k - 3, s->operand_bits + 4, s->operand_bits);
}

static void emit_unused(const struct seq_program *s, FILE *o)
{
    fprintf(
        o,
        "\n  wire seq_unused = &{1'b0, seq_address, seq_memory_address, seq_port_in, seq_port_out");
    for (unsigned i = 0; i < s->p->streams.n; i++) {
        const struct stream *stream = s->p->streams.at[i];
        if (stream->is_input)
            fprintf(o, ", s_axis_%s_tdata, s_axis_%s_tvalid", stream->name, stream->name);
        if (stream->is_output)
            fprintf(o, ", m_axis_%s_tready", stream->name);
    }
    for (unsigned i = 0; i < s->p->scalars.n; i++) {
        size_t length;
        fprintf(o, ", %s", LLVMGetValueName2(s->p->scalars.at[i], &length));
    }
    fprintf(o, "};\n");
}

void seq_verilog(struct seq_program *s, FILE *o)
{
    struct emitter e = {.p = s->p, .arena = s->p->arena, .out = o};
    const char *source = strrchr(s->p->options->source, '/');
    fprintf(o, "// generated by hlsc from %s\n`default_nettype none\n\n",
            source ? source + 1 : s->p->options->source);
    verilog_port_list(&e);
    emit_machine(s, o);
    emit_code(s, o);
    emit_memory(s, o);
    emit_ports(s, o);
    emit_unused(s, o);
    fprintf(o, "endmodule\n\n`default_nettype wire\n");
}
