/* vexpr.c -- nets, operands and expressions of the generated Verilog. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "share.h"
#include "verilog.h"

const char *text(struct emitter *e, const char *format, ...)
{
    char *out;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    va_list args;
    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    fclose(f);
    const char *kept = arena_printf(e->arena, "%s", out);
    free(out);
    return kept;
}

/* By FNV-1a, as a key of a map. */
static const void *hash_of(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return (const void *)(uintptr_t)(h | 1);
}

static struct name *find_name(const struct emitter *e, const char *name)
{
    struct name *n = map_get(&e->names, hash_of(name));
    while (n && strcmp(n->text, name) != 0)
        n = n->next;
    return n;
}

bool is_taken(const struct emitter *e, const char *name)
{
    return is_reserved(name) || find_name(e, name);
}

struct name *take_name(struct emitter *e, const char *name)
{
    const void *hash = hash_of(name);
    struct name *n = arena_alloc(e->arena, sizeof *n);
    *n = (struct name){name, map_get(&e->names, hash), 2};
    map_put(e->arena, &e->names, hash, n);
    return n;
}

const char *unique_name(struct emitter *e, const char *wish)
{
    if (!is_taken(e, wish))
        return take_name(e, wish)->text;
    struct name *first = find_name(e, wish);
    if (!first)
        first = take_name(e, wish); /* of the language */
    const char *name = wish;
    while (is_taken(e, name))
        name = text(e, "%s_%u", wish, first->suffix++);
    return take_name(e, name)->text;
}

struct net *new_net(struct emitter *e, const char *name, unsigned bits, bool is_signed)
{
    struct net *net = arena_alloc(e->arena, sizeof *net);
    *net = (struct net){unique_name(e, name), bits, is_signed, 0};
    VEC_PUSH(e->arena, &e->nets, net);
    return net;
}

const char *declaration(struct emitter *e, const char *kind, const struct net *net)
{
    if (net->bits == 1)
        return text(e, "%s %s", kind, net->name);
    /* never `signed`: extension is written out, and comparisons say which kind they are */
    return text(e, "%s [%u:0] %s", kind, net->bits - 1, net->name);
}

const char *sized(struct emitter *e, unsigned bits, uint64_t value)
{
    return text(e, "%u'd%llu", bits, (unsigned long long)(value & mask_of(bits)));
}

const char *slice(struct emitter *e, struct net *net, unsigned high, unsigned low)
{
    net->used |= mask_of(high + 1) & ~mask_of(low);
    if (low == 0 && high + 1 == net->bits)
        return net->name;
    if (high == low)
        return text(e, "%s[%u]", net->name, high);
    return text(e, "%s[%u:%u]", net->name, high, low);
}

const char *extended_slice(struct emitter *e, struct net *net, unsigned high, unsigned low)
{
    unsigned top = net->bits - 1;
    if (high <= top)
        return slice(e, net, high, low);
    unsigned fill = high - (low > top ? low - 1 : top);
    const char *extension = sized(e, fill, 0);
    if (net->is_signed)
        extension = text(e, "{%u{%s}}", fill, slice(e, net, top, top));
    if (low > top)
        return extension;
    return text(e, "{%s, %s}", extension, slice(e, net, top, low));
}

struct net *net_of_variable(struct emitter *e, struct variable *v)
{
    struct net *all = register_of_variable(e, v), *net = map_get(&e->variable_net, v);
    if (!net) {
        net = new_net(e, v->hint ? v->hint : "value", v->bits, v->is_signed);
        map_put(e->arena, &e->variable_net, v, net);
        fprintf(e->wires, "  %s = %s;\n", declaration(e, "wire", net),
                slice(e, all, v->bits - 1, 0));
    }
    return net;
}

struct net *register_of_variable(struct emitter *e, struct variable *v)
{
    v = share_register(v);
    struct net *net = map_get(&e->variable_net, v);
    if (!net) {
        net = new_net(e, v->hint ? v->hint : "value", v->bits, v->is_signed);
        map_put(e->arena, &e->variable_net, v, net);
        v->name = net->name;
        fprintf(e->wires, "  %s;\n", declaration(e, "reg", net));
        if (v->has_reset)
            fprintf(e->resets, "      %s <= %s;\n", net->name, sized(e, v->bits, v->reset));
    }
    return net;
}

/* Delayed copies of a loop's node: copies.at[d - 1] is d cycles old. */
struct copies {
    VEC(struct net *) at;
};

static struct net *delayed(struct emitter *e, struct region *r, struct node *n, int delay)
{
    struct copies *c = map_get(&e->kept_of, n);
    if (!c) {
        c = arena_alloc(e->arena, sizeof *c);
        map_put(e->arena, &e->kept_of, n, c);
    }
    struct net *base = map_get(&e->net_of, n);
    while ((int)c->at.n < delay) {
        struct net *from = c->at.n ? c->at.at[c->at.n - 1] : base;
        struct net *to =
            new_net(e, text(e, "%s_d%u", base->name, c->at.n + 1), n->bits, n->is_signed);
        from->used = mask_of(from->bits);
        fprintf(e->wires, "  %s%s;\n", n->apart && n->op != OP_MUL ? "(* keep *) " : "",
                declaration(e, "reg", to));
        fprintf(e->clocked, "    %s <= %s;\n", to->name, from->name);
        r->pipeline_bits += n->bits;
        VEC_PUSH(e->arena, &c->at, to);
    }
    return c->at.at[delay - 1];
}

struct net *net_at(struct emitter *e, struct region *r, struct node *n, int cycle)
{
    if (n->op == OP_VAR)
        return net_of_variable(e, n->variable);
    struct net *net = map_get(&e->net_of, n);
    int delay = cycle - n->cycle - (int)ir_latency(n);
    if (n->op == OP_PARAM || n->steady || delay == 0)
        return net;
    if (r->is_loop)
        return delayed(e, r, n, delay);
    struct net *kept = map_get(&e->kept_of, n);
    return kept ? kept : net;
}

const char *operand(struct emitter *e, struct region *r, struct node *n, int cycle, unsigned bits)
{
    if (n->op == OP_CONST) {
        uint64_t v = n->width == 1 ? n->value : (uint64_t)sign_extend(n->value, n->width);
        return sized(e, bits, v);
    }
    return extended_slice(e, net_at(e, r, n, cycle), bits - 1, 0);
}

static bool negative(const struct node *n)
{
    return n->range.lo < 0;
}

/* Bits in which a and b compare as they do in C; sets whether as signed numbers. */
static unsigned compare_bits(const struct node *n, const struct node *a, const struct node *b,
                             bool is_unsigned, bool *as_signed)
{
    (void)n;
    unsigned most = a->bits > b->bits ? a->bits : b->bits;
    *as_signed = false;
    if (!negative(a) && !negative(b))
        return most;
    if (is_unsigned)
        return a->width;
    *as_signed = true;
    for (int i = 0; i < 2; i++) {
        const struct node *x = i ? b : a;
        unsigned need = x->bits + (negative(x) ? 0 : 1);
        most = need > most ? need : most;
    }
    return most < a->width ? most : a->width;
}

static const char *compare_text(struct emitter *e, struct region *r, struct node *a, struct node *b,
                                int cycle, const char *sign, bool is_unsigned)
{
    bool as_signed;
    unsigned bits = compare_bits(NULL, a, b, is_unsigned, &as_signed);
    const char *x = operand(e, r, a, cycle, bits), *y = operand(e, r, b, cycle, bits);
    if (bits == 1 && b->op == OP_CONST && (strcmp(sign, "==") == 0 || strcmp(sign, "!=") == 0))
        return text(e, "%s%s", (b->value & 1) == (sign[0] == '=') ? "" : "~", x);
    return text(e, as_signed ? "$signed(%s) %s $signed(%s)" : "%s %s %s", x, sign, y);
}

/* Whether a < b (or a <= b) is known from what they can be: 1, 0, or -1 if it is not. */
static int order_known(struct range a, struct range b, bool or_equal)
{
    if (a.lo > a.hi || b.lo > b.hi)
        return -1;
    const bool always = or_equal ? a.hi <= b.lo : a.hi < b.lo;
    const bool never = or_equal ? a.lo > b.hi : a.lo >= b.hi;
    return always ? 1 : never ? 0 : -1;
}

static bool is_zero(struct range a)
{
    return a.lo == 0 && a.hi == 0;
}

/* Without signs: nothing is below 0. */
static int unsigned_known(struct range a, struct range b, bool or_equal)
{
    if (is_zero(or_equal ? a : b))
        return or_equal;
    return a.lo >= 0 && b.lo >= 0 ? order_known(a, b, or_equal) : -1;
}

/* A comparison that the ranges decide is none: linters see what it compares. */
static int known(const struct node *n)
{
    const struct range a = n->arg[0]->range, b = n->arg[1]->range;
    switch (n->compare) {
    case CMP_SLT: return order_known(a, b, false);
    case CMP_SLE: return order_known(a, b, true);
    case CMP_SGT: return order_known(b, a, false);
    case CMP_SGE: return order_known(b, a, true);
    case CMP_ULT: return unsigned_known(a, b, false);
    case CMP_ULE: return unsigned_known(a, b, true);
    case CMP_UGT: return unsigned_known(b, a, false);
    case CMP_UGE: return unsigned_known(b, a, true);
    default: return -1;
    }
}

static const char *compare_expression(struct emitter *e, struct region *r, struct node *n)
{
    static const char *const sign[] = {"==", "!=", ">", ">=", "<", "<=", ">", ">=", "<", "<="};
    bool is_unsigned = n->compare >= CMP_UGT && n->compare <= CMP_ULE;
    if (known(n) >= 0)
        return sized(e, 1, (uint64_t)known(n));
    const struct node *limit = n->arg[1];
    bool below_zero = n->compare == CMP_SLT && ir_is_const(limit, 0);
    bool not_below = n->compare == CMP_SGT && ir_is_const(limit, ~(uint64_t)0);
    if ((below_zero || not_below) && negative(n->arg[0]) &&
        n->arg[0]->op != OP_CONST) { /* the sign */
        struct net *net = net_at(e, r, n->arg[0], n->cycle);
        return text(e, "%s%s", not_below ? "~" : "", slice(e, net, net->bits - 1, net->bits - 1));
    }
    return compare_text(e, r, n->arg[0], n->arg[1], n->cycle, sign[n->compare], is_unsigned);
}

static const char *shift_expression(struct emitter *e, struct region *r, struct node *n)
{
    struct node *x = n->arg[0], *by = n->arg[1];
    unsigned bits = n->bits;
    if (by->op == OP_CONST) {
        unsigned k = (unsigned)by->value;
        if (n->op == OP_SHL)
            return k >= bits ? sized(e, bits, 0)
                   : k == 0
                       ? operand(e, r, x, n->cycle, bits)
                       : text(e, "{%s, %s}", operand(e, r, x, n->cycle, bits - k), sized(e, k, 0));
        return extended_slice(e, net_at(e, r, x, n->cycle), k + bits - 1, k);
    }
    const char *amount = operand(e, r, by, n->cycle, by->bits);
    if (n->op == OP_SHL)
        return text(e, "%s << %s", operand(e, r, x, n->cycle, bits), amount);
    unsigned wide_bits = n->op == OP_LSHR && negative(x) ? n->width
                         : x->bits > bits                ? x->bits
                                                         : bits;
    const char *from = operand(e, r, x, n->cycle, wide_bits);
    bool arithmetic = n->op == OP_ASHR && negative(x);
    const char *shifted = text(e, arithmetic ? "$signed(%s) >>> %s" : "%s >> %s", from, amount);
    if (wide_bits == bits)
        return shifted;
    struct net *whole = new_net(e, text(e, "%s_whole", n->name), wide_bits, arithmetic);
    fprintf(e->wires, "  %s = %s;\n", declaration(e, "wire", whole), shifted);
    return slice(e, whole, bits - 1, 0);
}

static const char *saturation_expression(struct emitter *e, struct region *r, struct node *n)
{
    struct node *x = n->arg[0];
    unsigned k = (unsigned)n->value, bits = n->bits;
    if (x->op == OP_CONST || x->bits <= k || (negative(x) && x->bits <= k + 1))
        return operand(e, r, x, n->cycle, bits);
    struct net *net = net_at(e, r, x, n->cycle);
    const char *top = slice(e, net, x->bits - 1, k), *low = operand(e, r, x, n->cycle, bits);
    unsigned ones = bits < k ? bits : k;
    if (!negative(x)) {
        const char *most = text(e, "{%u{1'b1}}", ones);
        return text(e, "|%s ? %s : %s", top,
                    bits > k ? text(e, "{%s, %s}", sized(e, bits - k, 0), most) : most, low);
    }
    const char *sign = slice(e, net, x->bits - 1, x->bits - 1);
    const char *limit = text(e, "{%u{~%s}}", ones, sign);
    if (bits > k)
        limit = text(e, "{{%u{%s}}, %s}", bits - k, sign, limit);
    return text(e, "(&%s | ~|%s) ? %s : %s", top, top, low, limit);
}

/* The sum of terms from..to - 1 of a product, as a balanced tree; the term of the sign is taken off. */
static const char *sum_of_terms(struct emitter *e, struct region *r, struct node *n,
                                struct node *by, unsigned from, unsigned to)
{
    if (to - from > 1) {
        unsigned middle = (from + to) / 2;
        bool sign = middle + 1 == to && to == by->bits && negative(by);
        return text(e, "(%s %s %s)", sum_of_terms(e, r, n, by, from, middle), sign ? "-" : "+",
                    sum_of_terms(e, r, n, by, middle, to));
    }
    struct node *x = n->arg[0] == by ? n->arg[1] : n->arg[0];
    const char *bit = slice(e, net_at(e, r, by, n->cycle), from, from);
    if (from >= n->bits)
        return sized(e, n->bits, 0);
    const char *shifted = operand(e, r, x, n->cycle, n->bits - from);
    if (from)
        shifted = text(e, "{%s, %s}", shifted, sized(e, from, 0));
    return text(e, "({%u{%s}} & %s)", n->bits, bit, shifted);
}

static const char *product_expression(struct emitter *e, struct region *r, struct node *n)
{
    struct node *by = ir_terms_of(n);
    if (by->bits == 1 && negative(by))
        return text(e, "%s - %s", sized(e, n->bits, 0), sum_of_terms(e, r, n, by, 0, 1));
    return sum_of_terms(e, r, n, by, 0, by->bits);
}

const char *expression(struct emitter *e, struct region *r, struct node *n)
{
    unsigned bits = n->bits;
    int c = n->cycle;
    struct node *a = n->nargs > 0 ? n->arg[0] : NULL, *b = n->nargs > 1 ? n->arg[1] : NULL;
    static const char *const sign[OP_COUNT] = {[OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*",
                                               [OP_AND] = "&", [OP_OR] = "|",  [OP_XOR] = "^"};
    if (n->op == OP_MUL && n->in_luts)
        return product_expression(e, r, n);
    switch (n->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL: {
        const char *x = operand(e, r, a, c, bits), *y = operand(e, r, b, c, bits);
        bool as_signed = (negative(a) || negative(b)) && bits > 1;
        return text(e, as_signed ? "$signed(%s) %s $signed(%s)" : "%s %s %s", x, sign[n->op], y);
    }
    case OP_AND:
        if (b->op == OP_CONST && (~b->value & mask_of(bits)) == 0)
            return operand(e, r, a, c, bits);
        /* fall through */
    case OP_OR:
    case OP_XOR:
        return text(e, "%s %s %s", operand(e, r, a, c, bits), sign[n->op],
                    operand(e, r, b, c, bits));
    case OP_NOT: return text(e, "~%s", operand(e, r, a, c, 1));
    case OP_SHL:
    case OP_LSHR:
    case OP_ASHR: return shift_expression(e, r, n);
    case OP_CMP: return compare_expression(e, r, n);
    case OP_SELECT:
        return text(e, "%s ? %s : %s", operand(e, r, a, c, 1), operand(e, r, b, c, bits),
                    operand(e, r, n->arg[2], c, bits));
    case OP_SEXT:
        if (a->width == 1)
            return bits == 1 ? operand(e, r, a, c, 1)
                             : text(e, "{%u{%s}}", bits, operand(e, r, a, c, 1));
        return operand(e, r, a, c, bits);
    case OP_ZEXT:
    case OP_BOUND:
    case OP_TRUNC: return operand(e, r, a, c, bits);
    case OP_SMIN:
    case OP_SMAX:
    case OP_UMIN:
    case OP_UMAX: {
        bool min = n->op == OP_SMIN || n->op == OP_UMIN,
             is_unsigned = n->op == OP_UMIN || n->op == OP_UMAX;
        return text(e, "(%s) ? %s : %s", compare_text(e, r, a, b, c, min ? "<" : ">", is_unsigned),
                    operand(e, r, a, c, bits), operand(e, r, b, c, bits));
    }
    case OP_SAT: return saturation_expression(e, r, n);
    case OP_EMPTY: return text(e, "~s_axis_%s_tvalid", n->stream->name);
    case OP_READ:
        return bits == n->width ? text(e, "s_axis_%s_tdata", n->stream->name)
                                : text(e, "s_axis_%s_tdata[%u:0]", n->stream->name, bits - 1);
    case OP_CLOCK: return bits == 32 ? "cycle_count" : text(e, "cycle_count[%u:0]", bits - 1);
    default: return "";
    }
}

static const char *remark(struct emitter *e, const struct node *n)
{
    if (!n->loc.line)
        return "";
    const char *file = strrchr(n->loc.file, '/');
    return text(e, " // %s:%u", file ? file + 1 : n->loc.file, n->loc.line);
}

/* Registers indexed by a number: a multiplexer over the cells. */
static void emit_register_load(struct emitter *e, struct region *r, struct node *n, struct net *net)
{
    const struct bank *bank = &n->memory->bank[n->bank];
    const char *value = "";
    for (unsigned i = 0; i < n->memory->rows; i++) {
        const char *cell = extended_slice(e, net_of_variable(e, bank->cell[i]), net->bits - 1, 0);
        if (i + 1 == n->memory->rows)
            value = text(e, "%s    %s", value, cell);
        else
            value = text(e, "%s    %s == %s ? %s :\n", value,
                         operand(e, r, n->arg[0], n->cycle, n->memory->address_bits),
                         sized(e, n->memory->address_bits, i), cell);
    }
    fprintf(e->wires, "  %s =%s\n%s;\n", declaration(e, "wire", net), remark(e, n), value);
}

static void emit_node(struct emitter *e, struct region *r, struct node *n)
{
    if (n->width == 0 || n->op == OP_CONST || n->op == OP_VAR || n->op == OP_PARAM)
        return;
    if (n->op == OP_PHI) {
        map_put(e->arena, &e->net_of, n, net_of_variable(e, n->variable));
        return;
    }
    const char *wish = n->hint ? n->hint : text(e, "%s_%u", op_names[n->op], n->id);
    struct net *net = new_net(e, wish, n->bits, n->is_signed);
    n->name = net->name;
    map_put(e->arena, &e->net_of, n, net);
    if (n->op == OP_LOAD && n->memory->kind == MEMORY_REGISTERS) {
        emit_register_load(e, r, n, net);
    } else if (n->op == OP_LOAD) {
        fprintf(e->wires, "  %s;%s\n", declaration(e, "wire", net),
                remark(e, n)); /* see emit_memories */
    } else if (n->op == OP_MUL) {
        fprintf(e->wires, "  %s%s;%s\n", n->apart ? "(* keep *) " : "", declaration(e, "reg", net),
                remark(e, n));
        if (r->is_loop) {
            const char *value = expression(e, r, n);
            fprintf(e->clocked, "    %s <= %s;\n", net->name, value);
            r->pipeline_bits += n->bits;
        }
    } else {
        const char *value = expression(e, r, n);
        fprintf(e->wires, "  %s = %s;%s\n", declaration(e, "wire", net), value, remark(e, n));
    }
}

static bool sums_products(struct node *n, bool mark)
{
    switch (n->op) {
    case OP_MUL: n->apart |= mark; return !n->in_luts;
    case OP_ADD:
    case OP_SUB: {
        bool a = sums_products(n->arg[0], mark), b = sums_products(n->arg[1], mark);
        n->apart |= mark && (a || b);
        return a || b;
    }
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC:
    case OP_BOUND: return sums_products(n->arg[0], mark);
    default: return false;
    }
}

/* yosys 0.23 puts a register between two products into both of their blocks (ice40_dsp), and loses
 * one of them. */
static void keep_products_apart(struct region *r)
{
    for (unsigned i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.at[i];
        if ((n->op == OP_ADD || n->op == OP_SUB) && sums_products(n->arg[0], false) &&
            sums_products(n->arg[1], false))
            sums_products(n, true);
    }
}

void emit_nodes(struct emitter *e, struct region *r)
{
    keep_products_apart(r);
    for (unsigned i = 0; i < r->nodes.n; i++)
        emit_node(e, r, r->nodes.at[i]);
}
