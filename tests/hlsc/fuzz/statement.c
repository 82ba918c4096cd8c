/* statement.c -- random statements and loops. */
#include <string.h>

#include "fuzz.h"

static void store(void)
{
    static const char *const op[] = {"=", "=", "=", "+=", "^=", "-=", "|="};
    const unsigned k = below(scope.narrays);
    const struct array *a = &scope.array[k];
    if (a->constant || scope.pure) {
        emit("v0 ^= 1;\n");
        return;
    }
    const unsigned how = below(7);
    element(k);
    emit(" %s (%s)(", op[how],
         how == 3 || how == 5 ? "uint8_t"
         : a->is_struct       ? "uint16_t"
                              : a->type);
    expression(2);
    emit(");\n");
}

static void step_ring(void)
{
    const unsigned k = below(RINGS);
    const struct ring *r = &scope.ring[k];
    emit("ring%u = (%s)(", k, r->type);
    if (r->kept || chance(70)) {
        ring_sum(k);
    } else {
        cast(integer_type(), 1);
        emit(" %% %u", r->limit + below(2));
    }
    emit(");\n");
}

static void assignment(void)
{
    if (scope.narrays && chance(30)) {
        store();
        return;
    }
    if (!scope.pure && chance(12)) {
        step_ring();
        return;
    }
    if (!scope.pure && chance(10)) {
        emit("flags.f%u = (uint16_t)(", below(FLAGS));
        expression(2);
        emit(");\n");
        return;
    }
    if (!scope.pure && chance(20)) {
        emit(chance(50) ? "pair.x = (int16_t)(" : "pair.y = pair.x ^ (uint32_t)(");
        expression(2);
        emit(");\n");
        return;
    }
    const unsigned v = below(VARIABLES);
    emit("v%u = (%s)(", v, scope.variable_type[v]);
    expression(3);
    emit(");\n");
}

static void read_word(void)
{
    const unsigned v = below(VARIABLES);
    emit("v%u %s= (%s)hls_read(in%u);\n", v, chance(50) ? "^" : "", scope.variable_type[v],
         below(STREAMS));
}

static void write_word(void)
{
    const unsigned s = below(STREAMS);
    emit("hls_write(out%u, (uint%u_t)(", s, scope.out_width[s]);
    expression(2);
    emit("));\n");
}

static void leave(void)
{
    emit("if (");
    condition();
    emit(") ");
    if (scope.breaks && chance(60))
        emit(chance(50) ? "break;\n" : "continue;\n");
    else if (*scope.result)
        emit("return (%s)(v%u);\n", scope.result, below(VARIABLES));
    else
        emit("return;\n");
}

static void conditional(void)
{
    const bool out = part_begin(); /* the condition alone */
    emit("if (");
    condition();
    emit(") ");
    part_end(out);
    emit("{\n");
    block(1 + below(2));
    emit("}\n");
    if (chance(40)) {
        const bool without = part_begin();
        emit("else {\n");
        block(1);
        emit("}\n");
        part_end(without);
    }
}

static void choice(void)
{
    const bool breaks = scope.breaks;
    scope.breaks = false;
    emit("switch ((uint8_t)(");
    expression(1);
    emit(") & 7) {\n");
    for (unsigned k = 0; k < 8; k += 1 + below(3)) {
        const bool out = part_begin();
        emit("case %u:\n", k);
        block(below(2));
        if (chance(70))
            emit("break;\n");
        part_end(out);
    }
    emit("default:\n");
    block(1);
    emit("}\n");
    scope.breaks = breaks;
}

/* ---- loops ---- */

/* Of a counter that begins, and ends, where only run time says. */
static const char *open_loop_head(unsigned i, const char *type, unsigned most)
{
    const unsigned step = 1 + below(3), v = below(VARIABLES);
    switch (below(3)) {
    case 0:
        emit("for (%s i%u = (%s)((uint8_t)v%u & %u); i%u < (%s)((p1 & %u) + 1); i%u += %u) {\n",
             type, i, type, v, most - 1, i, type, most - 1, i, step);
        break;
    case 1:
        emit("for (%s i%u = (uint8_t)v%u & %u; i%u > (int)(p1 & %u); i%u -= %u) {\n",
             chance(50) ? "int" : "int16_t", i, v, most - 1, i, below(4), i, step);
        break;
    default: /* around the end of its type */
        emit("for (uint8_t i%u = (uint8_t)(v%u & %u) + %u; i%u != (uint8_t)((p1 & %u) + %u); "
             "i%u++) {\n",
             i, v, most - 1, 256 - most, i, most - 1, below(4), i);
    }
    return "}\n";
}

/* Counters move before the body where a `continue` would pass them by. */
static const char *loop_head(unsigned i, const char *type, unsigned most)
{
    const unsigned first = below(4), step = 1 + below(3), count = 1 + below(most);
    switch (below(10)) {
    case 0:
        emit("for (%s i%u = (%s)((p0 & %u) + %u); i%u != 0; i%u--) {\n", type, i, type, most - 1,
             below(3), i, i);
        return "}\n";
    case 1:
        emit("for (%s i%u = %u; i%u < (%s)((p1 & %u) + %u); i%u += %u) {\n", type, i, first, i,
             type, most - 1, below(5), i, step);
        return "}\n";
    case 2:
        emit("{\nuint16_t i%u = (uint16_t)(v%u) & %u;\nwhile (i%u != 0) {\n", i, below(VARIABLES),
             chance(30) ? 0x7fff : most, i);
        emit("i%u >>= 1;\n", i);
        return "}\n}\n";
    case 3:
        emit("{\n%s i%u = 0;\ndo {\nif (i%u++ > %u) break;\n", type, i, i, 1 + below(6));
        return count > 2 ? "} while ((uint8_t)(v0) & 7);\n}\n" : "} while (0);\n}\n";
    case 4:
        emit("for (%s i%u = 0;; i%u++) {\nif (i%u >= %u) break;\n", type, i, i, i, count);
        return "}\n";
    case 5: /* may wrap around: an odd step comes by everywhere */
        if (most > 8 && !scope.pipelined) {
            emit("for (uint8_t i%u = %u; i%u > %u; i%u -= %u) {\n", i, below(120), i, below(20), i,
                 2 * below(30) + 1);
            return "}\n";
        }
        /* fall through */
    case 6:
        if (most > 8 && !scope.pipelined) {
            emit("for (int8_t i%u = %u; i%u < %u; i%u += %u) {\n", i, below(120), i, 1 + below(126),
                 i, 2 * below(60) + 1);
            return "}\n";
        }
        /* fall through */
    case 9: return open_loop_head(i, type, most);
    default:
        emit("for (%s i%u = %u; i%u < %u; i%u += %u) {\n", type, i, first, i, first + count * step,
             i, step);
        return "}\n";
    }
}

static void loop(void)
{
    static const unsigned most[] = {16, 8, 4, 2, 2};
    const struct scope outside = scope;
    const unsigned i = scope.loops;
    const bool unroll = chance(scope.pipelined ? 100 : 15);
    const bool marked = !unroll && !scope.pipelined && chance(50),
               flatten = !unroll && !scope.pipelined && !marked && chance(25);
    const char *end = "}\n";
    scope.loops++;
    if (unroll)
        emit("HLS_UNROLL\nfor (int i%u = %u; i%u < %u; i%u++) {\n", i, below(2), i, 2 + below(3),
             i);
    else
        end = loop_head(i, integer_type(), most[i]);
    scope.breaks = !unroll;
    if (!unroll)
        scope.unrolled = scope.loops;
    scope.pipelined |= marked || flatten;
    if (marked)
        emit("HLS_PIPELINE(SMALLEST);\n");
    if (flatten)
        emit("HLS_FLATTEN;\n");
    if (marked && scope.streams)
        for (unsigned s = 0; s < STREAMS; s++)
            if (chance(35)) {
                const unsigned v = below(VARIABLES);
                if (chance(30))
                    emit("if ((uint8_t)(v%u) < %u) ", below(VARIABLES), below(256));
                emit("v%u = (%s)hls_read(in%u);\n", v, scope.variable_type[v], s);
            }
    block(1 + below(unroll ? 2 : 4));
    for (unsigned inner = 0; flatten && inner < 2 && chance(70) && scope.loops < 4; inner++) {
        const unsigned k = scope.loops++;
        emit("for (uint8_t i%u = 0; i%u < %u; i%u++) {\n", k, k, 1 + below(4), k);
        block(1 + below(2));
        emit("}\n");
        scope.loops--;
        block(below(2));
    }
    scope = outside;
    emit("%s", end);
}

/* What an iteration stores is loaded `distance` iterations later. */
static void promised_loop(void)
{
    const unsigned k = below(scope.narrays);
    const struct array *a = &scope.array[k];
    const struct scope outside = scope;
    if (scope.pure || scope.pipelined || a->constant || a->parameter || a->columns > 1 ||
        a->is_struct || a->rows < 8) {
        conditional();
        return;
    }
    const unsigned distance = 2 + below(a->rows - 2), i = scope.loops++;
    emit("for (uint16_t i%u = 0; i%u < %u; i%u++) {\nHLS_PIPELINE(SMALLEST);\nHLS_DISTANCE(a%u, "
         "%u);\n",
         i, i, chance(20) ? 1 : 10 + below(20), i, k, distance);
    emit("a%u[(i%u + %u) & %u] = (%s)(a%u[i%u & %u] + (uint8_t)(", k, i, distance, a->rows - 1,
         a->type, k, i, a->rows - 1);
    scope.narrays = 0;
    scope.pipelined = true;
    scope.unrolled = scope.loops;
    expression(2);
    scope = outside;
    emit("));\n}\n");
}

static bool is_flat(const struct array *a)
{
    return a->columns == 1 && !a->is_struct;
}

/* A pointer into the array k or into another of its type, which moves within the first half of the shorter. */
static bool walk_either(unsigned k)
{
    const struct array *a = &scope.array[k];
    unsigned j = 0;
    while (j < scope.narrays &&
           (j == k || !is_flat(&scope.array[j]) || strcmp(scope.array[j].type, a->type) != 0))
        j++;
    if (!is_flat(a) || j == scope.narrays)
        return false;
    const struct array *b = &scope.array[j];
    const unsigned v = below(VARIABLES), rows = a->rows < b->rows ? a->rows : b->rows;
    const bool writes = !a->constant && !b->constant && !scope.pure;
    emit("{\n%s%s *w = a%u + ((uint8_t)(v%u) & %u);\nif (", writes ? "" : "const ", a->type, k,
         below(VARIABLES), rows / 2 - 1);
    condition();
    emit(")\nw = a%u + %u;\n", j, below(rows / 2));
    if (!scope.pipelined)
        emit("for (uint8_t c = 0; c < %u; c++) {\n%sv%u = (%s)(v%u * 3u + *w++);\n}\n",
             1 + below(rows / 2), writes ? "w[0] ^= (uint8_t)(c + 3);\n" : "", v,
             scope.variable_type[v], v);
    emit("if (w != a%u)\nv%u ^= (uint8_t)w[0];\n}\n", j, v);
    return true;
}

static void mark(void)
{
    if (chance(60))
        emit("HLS_PIPELINE(SMALLEST);\n");
}

/* A row of the lower half, or one above or below it. */
static void row_index(const struct array *a)
{
    const unsigned v = below(VARIABLES), half = a->rows / 2;
    if (half > 1)
        emit("[((uint8_t)(v%u) & %u) + %u]", v, half - 1, below(3));
    else
        emit("[(uint8_t)(v%u) & %u]", v, a->rows - 1);
}

void lanes_loop(unsigned k)
{
    const struct array *a = &scope.array[k];
    const unsigned v = below(VARIABLES);
    emit("for (uint8_t c = 1; c <= %u; c++) {\n", a->columns);
    mark();
    for (unsigned n = 1 + below(3); n > 0; n--) {
        if (chance(40))
            emit("if ((c ^ (uint8_t)(v%u)) & %u)\n", below(VARIABLES), 1 + below(7));
        const bool up = chance(50);
        emit("a%u", k);
        if (!a->banks_first)
            row_index(a);
        emit(up ? "[c - 1]" : "[%u - c]", a->columns);
        if (a->banks_first)
            row_index(a);
        emit(" = (%s)(c * %uu + v%u);\n", a->type, below(300), below(VARIABLES));
    }
    emit("}\nfor (uint8_t r = 0; r < %u; r++) {\n", a->rows);
    mark();
    emit("v%u = (%s)(v%u * 3u", v, scope.variable_type[v], v);
    for (unsigned c = 0; c < a->columns; c++)
        if (a->banks_first)
            emit(" + a%u[%u][r] * %uu", k, c, 2 * c + 1);
        else
            emit(" + a%u[r][%u] * %uu", k, c, 2 * c + 1);
    emit(");\n}\n");
}

/* A pointer that moves over an array, from its first half: by a loop, or to one of two elements. */
static void walk(void)
{
    const unsigned k = below(scope.narrays), v = below(VARIABLES), half = scope.array[k].rows / 2;
    const struct array *a = &scope.array[k];
    if (a->partitioned && !a->is_struct && !a->constant && !scope.pure && !scope.pipelined) {
        lanes_loop(k);
        return;
    }
    if (chance(35) && walk_either(k))
        return;
    if (!is_flat(a) || half < 2) {
        conditional();
        return;
    }
    emit("{\n%s%s *w = a%u + ((uint8_t)(v%u) & %u);\n", a->constant ? "const " : "", a->type, k, v,
         half - 1);
    if (chance(40)) {
        emit("if (");
        condition();
        emit(")\nw = a%u + %u;\n", k, below(half));
    }
    if (!scope.pipelined && chance(50))
        emit("while (w < a%u + %u) {\nv%u = (%s)(v%u * 3u + *w);\nw += %u;\n}\nw = a%u;\n", k,
             a->rows, v, scope.variable_type[v], v, 1 + below(3), k);
    else if (!scope.pipelined && !a->constant && !scope.pure)
        emit("for (uint8_t c = 0; c < %u; c++)\n*w++ ^= (uint8_t)(c + v%u);\nv%u = (%s)(w - "
             "a%u);\n",
             1 + below(half), v, v, scope.variable_type[v], k);
    emit("v%u ^= (uint8_t)*w;\n}\n", v);
}

static void call(void)
{
    emit("procedure%u(", below(scope.procedures));
    expression(1);
    emit(", ");
    expression(1);
    emit(", out0);\n");
}

static void statement(void)
{
    const bool out = part_begin();
    const bool plain = scope.pipelined;
    switch (below(19)) {
    case 0:
    case 1:
    case 2:
        if (scope.loops < 3 && (!plain || chance(25)))
            loop();
        else
            assignment();
        break;
    case 3:
        if (scope.narrays && chance(45))
            walk();
        else
            conditional();
        break;
    case 4: choice(); break;
    case 5:
        if (scope.loops < 2 && scope.narrays)
            promised_loop();
        else
            conditional();
        break;
    case 6:
        if (scope.streams && !plain)
            read_word();
        else
            assignment();
        break;
    case 7:
    case 8:
        if (scope.streams && !scope.pure)
            write_word();
        else
            assignment();
        break;
    case 9:
        if (chance(scope.breaks ? 60 : 10) && scope.unrolled >= scope.loops)
            leave();
        else
            assignment();
        break;
    case 10:
        if (scope.procedures && !plain && scope.loops < 2) {
            call();
            break;
        }
        /* fall through */
    case 11:
        if (scope.narrays && !plain && !scope.pure && chance(60))
            copy();
        else
            assignment();
        break;
    case 12:
    case 13:
    case 14: accumulate(); break;
    default: assignment();
    }
    part_end(out);
}

void block(unsigned count)
{
    while (count--)
        statement();
}
