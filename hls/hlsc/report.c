/* report.c -- what was built, for people and for programs. */
#include "ir.h"

/* Products that are not made of LUTs. */
static unsigned count_multipliers(const struct program *p)
{
    unsigned n = 0;
    if (p->options->sequencer)
        return 0;
    for (unsigned i = 0; i < p->regions.n; i++)
        for (unsigned k = 0; k < p->regions.at[i]->nodes.n; k++) {
            const struct node *x = p->regions.at[i]->nodes.at[k];
            n += !p->regions.at[i]->empty && x->op == OP_MUL && !x->in_luts;
        }
    return n;
}

static unsigned count_states(const struct program *p)
{
    unsigned n = p->returns;
    if (p->options->sequencer)
        return 0;
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        n += r->empty ? 0 : r->is_loop ? 1 : (unsigned)r->depth + 1;
    }
    return n;
}

static const char *kind_name(const struct memory *m)
{
    static const char *const names[] = {"ram", "rom", "registers", "port"};
    return names[m->kind];
}

static bool worth_a_line(const struct memory *m)
{
    return m->kind != MEMORY_REGISTERS ? m->live : m->rows > 1;
}

/* ---- latency ---- */

/* Cycles in the state of a pipelined loop beside interval * iterations: the last iteration drains,
 * and one cycle more sees that it did. */
static int loop_overhead(const struct region *r)
{
    return r->depth + 2 - r->ii;
}

/* Cycles from start to done, where nothing waits and control does not depend on data; else 0. */
static int64_t latency(const struct program *p)
{
    int64_t cycles = 0;
    const struct region *r = p->regions.at[0];
    if (p->options->sequencer)
        return 0;
    for (unsigned steps = 0; steps <= p->regions.n; steps++) {
        if (r->edges.n != 1 || (r->is_loop && r->iterations == 0))
            return 0;
        cycles += r->is_loop ? r->iterations * r->ii + loop_overhead(r) : r->depth + 1;
        if (!r->edges.at[0].to)
            return cycles;
        r = map_get(&p->region_of, r->edges.at[0].to);
    }
    return 0;
}

/* ---- ports, in the order of the parameters ---- */

static const struct memory *array_of(const struct program *p, LLVMValueRef v)
{
    for (unsigned i = 0; i < p->memories.n; i++)
        if (p->memories.at[i]->global == v)
            return p->memories.at[i];
    return NULL;
}

static void json_ports(const struct program *p, FILE *o)
{
    fprintf(o, "  \"ports\": [");
    for (unsigned i = 0; i < LLVMCountParams(p->top); i++) {
        LLVMValueRef v = LLVMGetParam(p->top, i);
        const struct memory *m = array_of(p, v);
        const struct stream *s = map_get(&p->stream_of, v);
        size_t length;
        const char *kind = "scalar";
        unsigned width = 0, address_bits = 0;
        if (m) {
            kind = "memory";
            width = m->bank[0].width;
            address_bits = m->address_bits;
        } else if (s) {
            kind = s->is_input ? "input" : s->is_output ? "output" : "unused";
            width = s->width;
        } else {
            width = LLVMGetIntTypeWidth(LLVMTypeOf(v));
        }
        fprintf(o,
                "%s\n    {\"name\": \"%s\", \"kind\": \"%s\", \"width\": %u, \"address_bits\": %u, "
                "\"read\": %s, \"written\": %s}",
                i ? "," : "", LLVMGetValueName2(v, &length), kind, width, address_bits,
                m && m->is_read ? "true" : "false", m && m->is_written ? "true" : "false");
    }
    fprintf(o, "\n  ],\n  \"returns\": %s,\n  \"result_width\": %u,\n",
            p->returns ? "true" : "false", p->result ? p->result->width : 0);
}

static void json_loops(const struct program *p, FILE *o)
{
    bool first = true;
    fprintf(o, "  \"loops\": [");
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        if (!r->is_loop)
            continue;
        fprintf(o,
                "%s\n    {\"name\": \"%s\", \"line\": %u, \"ii\": %d, \"depth\": %d, "
                "\"iterations\": %lld, \"latency\": \"%d * iterations + %d\", "
                "\"state_bits\": %u, "
                "\"pipeline_bits\": %u, \"required_distance\": {",
                first ? "" : ",", r->state_name, r->loc.line, r->ii, r->depth + 1,
                (long long)r->iterations, r->ii, loop_overhead(r), r->state_bits, r->pipeline_bits);
        for (unsigned k = 0; k < r->promises.n; k++)
            fprintf(o, "%s\"%s\": %u", k ? ", " : "", r->promises.at[k].memory->name,
                    r->promises.at[k].required);
        fprintf(o, "}}");
        first = false;
    }
    fprintf(o, "\n  ],\n");
}

void report_json(const struct program *p, FILE *o)
{
    fprintf(o, "{\n  \"top\": \"%s\",\n  \"family\": \"%s\",\n  \"clock_ns\": %g,\n",
            p->options->top, p->options->family, p->options->clock_ns);
    json_ports(p, o);
    fprintf(o, "  \"latency\": %lld,\n", (long long)latency(p));
    json_loops(p, o);
    fprintf(o, "  \"memories\": [");
    bool first = true;
    for (unsigned i = 0; i < p->memories.n; i++) {
        const struct memory *m = p->memories.at[i];
        if (!worth_a_line(m) || m->kind == MEMORY_PORT)
            continue;
        unsigned bits = 0;
        for (unsigned b = 0; b < m->nbanks; b++)
            bits += m->bank[b].bits * m->rows;
        fprintf(o,
                "%s\n    {\"name\": \"%s\", \"kind\": \"%s\", \"width\": %u, \"depth\": %u, "
                "\"banks\": %u, "
                "\"bits\": %u}",
                first ? "" : ",", m->name, kind_name(m), m->bank[0].bits, m->rows, m->nbanks, bits);
        first = false;
    }
    fprintf(o,
            "\n  ],\n  \"multipliers\": %u,\n  \"states\": %u,\n  \"instructions\": %u,\n"
            "  \"critical_path_ns\": %.1f,\n  \"clock_met\": %s\n}\n",
            count_multipliers(p), count_states(p), p->instructions, clock_critical_ns(p),
            clock_is_met(p) ? "true" : "false");
}

void report_human(const struct program *p, FILE *o)
{
    if (p->options->sequencer) {
        fprintf(o, "%s: %u instructions of a sequencer, %u words of memory\n", p->options->top,
                p->instructions, p->memory_words);
        return;
    }
    fprintf(o, "%s: %u states, %u multipliers, critical path about %.1f ns of %g\n",
            p->options->top, count_states(p), count_multipliers(p), clock_critical_ns(p),
            p->options->clock_ns);
    if (latency(p))
        fprintf(o, "  %lld cycles from start to done\n", (long long)latency(p));
    for (unsigned i = 0; i < p->regions.n; i++) {
        const struct region *r = p->regions.at[i];
        if (!r->is_loop)
            continue;
        fprintf(
            o,
            "  loop at line %u: interval %d, %d stages, %d cycles + %d an iteration, %u bits of "
            "state, %u of pipeline\n",
            r->loc.line, r->ii, r->depth + 1, loop_overhead(r), r->ii, r->state_bits,
            r->pipeline_bits);
        for (unsigned k = 0; k < r->promises.n; k++)
            fprintf(o, "    %s: distance %u promised, %u needed\n", r->promises.at[k].memory->name,
                    r->promises.at[k].distance, r->promises.at[k].required);
    }
    for (unsigned i = 0; i < p->memories.n; i++) {
        const struct memory *m = p->memories.at[i];
        if (m->kind == MEMORY_PORT)
            fprintf(o, "  port '%s': %u bits, %u of address\n", m->name, m->bank[0].width,
                    m->address_bits);
        else if (worth_a_line(m))
            fprintf(o, "  %s '%s': %u x %u bits, %u bank%s\n", kind_name(m), m->name, m->rows,
                    m->bank[0].bits, m->nbanks, m->nbanks == 1 ? "" : "s");
    }
}
