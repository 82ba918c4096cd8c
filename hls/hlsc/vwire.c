/* vwire.c -- a process that only hands words on, from one stream to another, is wires: it holds none back. */
#include "verilog.h"

static bool is_always(const struct node *predicate)
{
    return ir_is_const(predicate, 1);
}

/* The word of a loop that does nothing else than read one and write it, or NULL. */
static const struct node *word_handed_on(const struct region *r)
{
    if (!r->is_loop || r->ii != 1 || r->edges.n != 0 || r->effects.n != 2)
        return NULL;
    const struct node *read = r->effects.at[0], *write = r->effects.at[1];
    if (read->op != OP_READ || write->op != OP_WRITE || !is_always(read->arg[0]) ||
        !is_always(write->arg[1]))
        return NULL;
    const struct node *word = write->arg[0];
    while (word->op == OP_TRUNC || (word->op == OP_ZEXT && word->arg[0]->width >= word->bits))
        word = word->arg[0];
    return word == read ? write : NULL;
}

bool emit_wires(struct emitter *e)
{
    const struct node *write = NULL;
    for (unsigned i = 0; i < e->p->regions.n; i++) {
        const struct region *r = e->p->regions.at[i];
        const struct node *word = word_handed_on(r);
        if (word && !write)
            write = word;
        else if (r->is_loop || r->effects.n != 0 || r->edges.n != 1)
            return false;
    }
    if (!write || e->p->returns || e->p->streams.n != 2)
        return false;
    const struct stream *to = write->stream;
    const struct stream *from = e->p->streams.at[e->p->streams.at[0] == to];
    const unsigned bits = from->width < to->width ? from->width : to->width;
    const char *word = text(e, "s_axis_%s_tdata[%u:0]", from->name, bits - 1);
    if (bits < to->width)
        word = text(e, "{%s, %s}", sized(e, to->width - bits, 0), word);
    fprintf(
        e->out,
        "  assign m_axis_%s_tdata = %s;\n  assign m_axis_%s_tvalid = s_axis_%s_tvalid & rst_n;\n"
        "  assign s_axis_%s_tready = m_axis_%s_tready & rst_n;\n"
        "  wire unused = &{1'b0, clk, s_axis_%s_tdata};\n",
        to->name, word, to->name, from->name, from->name, to->name, from->name);
    fprintf(e->out, "`ifdef HLSC_CHECK\n  assign check_failed = 1'b0;\n`endif\n");
    return true;
}
