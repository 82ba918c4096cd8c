/* vcheck.c -- promises of HLS_DISTANCE, watched in simulation (HLSC_CHECK).
 *
 * Iterations are numbered as they pass a stage. For each element the newest iteration that loaded
 * it and the newest that stored it are kept, with the time of the store. A load is stale if a store
 * of an earlier iteration lands in its cycle or later: seen from the store if the load came first,
 * from the load if it is noted late because its condition was. */
#include <stdlib.h>

#include "verilog.h"

struct watch {
    struct emitter *e;
    struct region *r;
    FILE *out;     /* declarations */
    FILE *clocked; /* statements of one always block */
    const char *prefix;
};

/* The iteration that is in a stage, from 1. */
static const char *iteration_at(struct watch *w, int cycle)
{
    return text(w->e, "%s_iteration_%d", w->prefix, cycle);
}

static void count_iterations(struct watch *w, int cycle)
{
    const char *name = iteration_at(w, cycle);
    fprintf(w->out, "  reg [31:0] %s;\n  initial %s = 1;\n", name, name);
    fprintf(w->clocked, "    if (%s) %s <= %s + 32'd1;\n", valid_at(w->e, w->r, cycle), name, name);
}

/* n in a cycle at or after its own, through registers that only the check has. */
static const char *watched(struct watch *w, struct node *n, int cycle, unsigned bits,
                           const char *name)
{
    int ready = ir_is_steady(n) ? cycle : schedule_ready(n);
    const char *value = operand(w->e, w->r, n, ready, bits);
    for (int c = ready; c < cycle; c++) {
        const char *later = text(w->e, "%s_%d", name, c + 1);
        fprintf(w->out, "  reg [%u:0] %s;\n", bits - 1, later);
        fprintf(w->clocked, "    %s <= %s;\n", later, value);
        value = later;
    }
    return value;
}

static const char *element_bank(struct watch *w, const struct node *n)
{
    unsigned bits = bit_length(n->memory->nbanks);
    if (n->nargs == 4)
        return text(w->e, "%s", operand(w->e, w->r, n->arg[3], n->cycle, bits));
    return sized(w->e, bits, n->bank);
}

static void declare_table(struct watch *w, const char *name, unsigned bits)
{
    fprintf(w->out, "  reg [31:0] %s [0:%llu];\n", name, (1ull << bits) - 1);
    fprintf(
        w->out,
        "  integer %s_k;\n  initial for (%s_k = 0; %s_k < %llu; %s_k = %s_k + 1) %s[%s_k] = 0;\n",
        name, name, name, 1ull << bits, name, name, name, name);
}

static void watch_pair(struct watch *w, struct node *store, struct node *load, unsigned number)
{
    struct emitter *e = w->e;
    const struct memory *m = store->memory;
    unsigned bits = m->address_bits + bit_length(m->nbanks);
    const char *id = text(e, "%s_pair%u", w->prefix, number);
    int known = ir_is_steady(load->predicate) ? 0 : schedule_ready(load->predicate);
    int noted = known > load->cycle ? known : load->cycle;
    const char *store_row = text(e, "{%s, %s}", element_bank(w, store),
                                 operand(e, w->r, store->arg[0], store->cycle, m->address_bits));
    const char *load_row =
        text(e, "{%s, %s}", element_bank(w, load),
             watched(w, load->arg[0], noted, m->address_bits, text(e, "%s_row", id)));
    const char *condition = watched(w, load->predicate, noted, 1, text(e, "%s_condition", id));
    const char *older =
        store->order < load->order ? "<=" : "<"; /* a store of the same iteration counts if first */
    fprintf(w->out, "  wire [%u:0] %s_stored_row = %s;\n  wire [%u:0] %s_loaded_row = %s;\n",
            bits - 1, id, store_row, bits - 1, id, load_row);
    fprintf(w->out, "  wire %s_stores = %s & %s;\n  wire %s_loads = %s & %s;\n", id,
            valid_at(e, w->r, store->cycle), operand(e, w->r, store->arg[2], store->cycle, 1), id,
            valid_at(e, w->r, noted), condition);
    declare_table(w, text(e, "%s_loaded", id), bits);
    declare_table(w, text(e, "%s_stored", id), bits);
    declare_table(w, text(e, "%s_landed", id), bits);
    const char *by_store = iteration_at(w, store->cycle), *by_load = iteration_at(w, noted);
    fprintf(w->clocked,
            "    if (%s_stores) begin\n      %s_stored[%s_stored_row] <= %s;\n"
            "      %s_landed[%s_stored_row] <= check_time;\n"
            "      if (%s %s %s_loaded[%s_stored_row]) check_stale <= 1'b1;\n    end\n",
            id, id, id, by_store, id, id, by_store, older, id, id);
    fprintf(w->clocked,
            "    if (%s_loads) begin\n      %s_loaded[%s_loaded_row] <= %s;\n"
            "      if (%s_stored[%s_loaded_row] != 0 & %s_stored[%s_loaded_row] %s %s &\n"
            "          %s_landed[%s_loaded_row] + 32'd%d >= check_time) check_stale <= 1'b1;\n"
            "      if (%s_stores & %s_stored_row == %s_loaded_row & %s %s %s) check_stale <= "
            "1'b1;\n    end\n",
            id, id, id, by_load, id, id, id, id, older, by_load, id, id, noted - load->cycle, id,
            id, id, by_store, older, by_load);
}

/* Around an iteration for which the condition holds, the register has one value from the first stage to the last. */
static void watch_steady(struct watch *w, const struct steady *s, unsigned number)
{
    struct emitter *e = w->e;
    const int depth = w->r->depth;
    const struct net *net = net_of_variable(e, s->phi->variable);
    const char *id = text(e, "%s_steady%u", w->prefix, number), *before = net->name, *changed = "";
    for (int k = 1; k <= depth; k++) {
        const struct net ago = {text(e, "%s_%d", id, k), net->bits, false, 0};
        fprintf(w->out, "  %s;\n", declaration(e, "reg", &ago));
        fprintf(w->clocked, "    %s <= %s;\n", ago.name, before);
        changed = text(e, "%s%s%s != %s", changed, k > 1 ? " | " : "", ago.name, net->name);
        before = ago.name;
    }
    if (depth > 0)
        fprintf(w->clocked, "    if (%s & %s & (%s)) check_stale <= 1'b1;\n",
                valid_at(e, w->r, depth),
                watched(w, s->condition, depth, 1, text(e, "%s_condition", id)), changed);
}

static unsigned watch_region(struct emitter *e, struct region *r, FILE *out, FILE *clocked)
{
    struct watch w = {e, r, out, clocked, text(e, "check_%s", r->state_name)};
    unsigned pairs = 0;
    bool *counted = arena_alloc(e->arena, (size_t)r->depth + 2);
    for (unsigned i = 0; i < r->promises.n; i++)
        for (unsigned a = 0; a < r->effects.n; a++)
            for (unsigned b = 0; b < r->effects.n; b++) {
                struct node *store = r->effects.at[a], *load = r->effects.at[b];
                const struct memory *m = r->promises.at[i].memory;
                bool meet = store->op == OP_STORE && load->op == OP_LOAD && store->memory == m &&
                            load->memory == m && (store->nargs == 4 || store->bank == load->bank);
                if (!meet)
                    continue;
                int known = ir_is_steady(load->predicate) ? 0 : schedule_ready(load->predicate);
                int stages[2] = {store->cycle, known > load->cycle ? known : load->cycle};
                for (int k = 0; k < 2; k++) {
                    if (!counted[stages[k]])
                        count_iterations(&w, stages[k]);
                    counted[stages[k]] = true;
                }
                watch_pair(&w, store, load, ++pairs);
            }
    for (unsigned i = 0; i < r->steadies.n; i++)
        watch_steady(&w, &r->steadies.at[i], ++pairs);
    return pairs;
}

void emit_promise_checks(struct emitter *e)
{
    char *text_out, *text_clocked;
    size_t size_out, size_clocked;
    FILE *out = open_memstream(&text_out, &size_out),
         *clocked = open_memstream(&text_clocked, &size_clocked);
    unsigned pairs = 0;
    const char *stale = unique_name(e, "check_stale");
    for (unsigned i = 0; i < e->p->regions.n; i++)
        if (e->p->regions.at[i]->is_loop && !e->p->regions.at[i]->empty)
            pairs += watch_region(e, e->p->regions.at[i], out, clocked);
    fclose(out);
    fclose(clocked);
    fprintf(e->out, "\n`ifdef HLSC_CHECK\n");
    if (pairs)
        fprintf(e->out,
                "  reg %s;\n  reg [31:0] check_time;\n  initial %s = 1'b0;\n  initial check_time = "
                "1;\n%s"
                "  always @(posedge clk) begin\n    check_time <= check_time + 32'd1;\n%s  end\n"
                "  assign check_failed = %s;\n",
                stale, stale, text_out, text_clocked, stale);
    else
        fprintf(e->out, "  assign check_failed = 1'b0;\n");
    fprintf(e->out, "`endif\n");
    free(text_out);
    free(text_clocked);
}
