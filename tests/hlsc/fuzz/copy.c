/* copy.c -- objects that are copied, moved and filled as a whole. */
#include <string.h>

#include "fuzz.h"

static bool is_flat(const struct array *a)
{
    return a->columns == 1 && !a->is_struct;
}

/* A number of rows of the array, 1 to half of them, which may be known at compile time. */
static void rows_of(const struct array *a, unsigned k)
{
    const unsigned half = a->rows / 2;
    if (chance(50)) {
        emit("%u", 1 + below(half));
    } else {
        emit("(1 + (");
        index_of(half, 0);
        emit("))");
    }
    emit(" * sizeof a%u[0]", k);
}

/* One of the first half of its rows. */
static void place_in(unsigned k)
{
    emit("a%u", k);
    if (chance(80)) {
        emit(" + (");
        index_of(scope.array[k].rows / 2, 0);
        emit(")");
    }
}

static void fill(unsigned k)
{
    const bool is_bytes = !scope.array[k].is_struct && chance(60);
    emit("memset(");
    place_in(k);
    if (is_bytes)
        emit(", (uint8_t)(v%u), ", below(VARIABLES));
    else
        emit(", 0, ");
    rows_of(&scope.array[k], k);
    emit(");\n");
}

static void move(unsigned k)
{
    emit("memmove(");
    place_in(k);
    emit(", ");
    place_in(k);
    emit(", ");
    rows_of(&scope.array[k], k);
    emit(");\n");
}

/* Another array of such elements that may be stored to, `flat`: in a row; or the array itself. */
static unsigned alike(unsigned k, bool flat)
{
    for (unsigned j = 0; j < scope.narrays; j++)
        if (j != k && !(flat && scope.array[j].columns > 1) && !scope.array[j].constant &&
            strcmp(element_type(&scope.array[j]), element_type(&scope.array[k])) == 0)
            return j;
    return k;
}

static void choose_between(const char *pointer, unsigned k)
{
    emit("if (");
    condition();
    emit(")\n%s = ", pointer);
    place_in(k);
    emit(";\n");
}

/* Between two pointers, each into one array or the other. */
static void move_chosen(unsigned k)
{
    const unsigned j = alike(k, true), fewer = scope.array[j].rows < scope.array[k].rows ? j : k;
    emit("{\n%s *to = ", element_type(&scope.array[k]));
    place_in(k);
    emit(", *from = ");
    place_in(chance(50) ? j : k);
    emit(";\n");
    choose_between("to", j);
    if (chance(50))
        choose_between("from", chance(50) ? j : k);
    emit("memmove(to, from, ");
    rows_of(&scope.array[fewer], fewer);
    emit(");\n}\n");
}

/* Pointers run through two buffers that change places; what was passed is counted by differences. */
static void ping_pong(unsigned k)
{
    const unsigned j = alike(k, true), v = below(VARIABLES);
    const char *type = element_type(&scope.array[k]);
    const unsigned half =
        (scope.array[j].rows < scope.array[k].rows ? scope.array[j] : scope.array[k]).rows / 2;
    emit("{\n%s *from = a%u, *to = a%u;\n", type, k, j);
    emit("for (uint8_t turn = 0; turn < %u; turn++) {\n", 1 + below(3));
    emit("const %s *p = from + (", type);
    index_of(half, 0);
    emit("), *const first = p, *%send = p + %u;\n%s *o = to + (", chance(50) ? "const " : "",
         1 + below(half < 8 ? half : 8), type);
    index_of(half, 0);
    emit(");\nwhile (p < end) {\nif (");
    condition();
    emit(")\n*o++ = %s;\nelse\nv%u = (%s)(v%u * 3u + *p++);\n}\n",
         chance(50) ? "*p++" : "*p > *first ? *p++ : *first + 0 * *p++", v, scope.variable_type[v],
         v);
    emit(
        "v%u ^= (uint8_t)(o - to + (p - first));\n%s *swap = from;\nfrom = to;\nto = swap;\n}\n}\n",
        v, type);
}

/* From an array of the same type and length; false if there is none. */
static bool copy_other(unsigned k)
{
    const struct array *a = &scope.array[k];
    for (unsigned j = 0; j < scope.narrays; j++) {
        const struct array *b = &scope.array[j];
        if (j == k || !is_flat(b) || strcmp(a->type, b->type) != 0 || b->rows < a->rows)
            continue;
        emit("memcpy(");
        place_in(k);
        emit(", ");
        place_in(j);
        emit(", ");
        rows_of(a, k);
        emit(");\n");
        return true;
    }
    return false;
}

static void whole_element(unsigned k)
{
    const struct array *a = &scope.array[k];
    emit("a%u[", k);
    index_of(a->banks_first ? a->columns : a->rows, 0);
    emit("]");
    if (a->columns > 1) {
        emit("[");
        index_of(a->banks_first ? a->rows : a->columns, 0);
        emit("]");
    }
}

/* By way of a local one, some members of which change. */
static void exchange(unsigned k)
{
    const struct array *a = &scope.array[k];
    const unsigned v = below(VARIABLES);
    const char *entry = a->is_nest ? ".entry" : "";
    emit("{\n%s whole = ", element_type(a));
    whole_element(k);
    emit(";\nwhole%s.b ^= (uint8_t)(v%u);\n", entry, below(VARIABLES));
    if (a->is_nest) {
        emit("whole.row[");
        index_of(4, 0);
        emit("] += 3;\n");
    }
    if (chance(60)) {
        whole_element(k);
        emit(" = ");
        whole_element(k);
        emit(";\n");
    }
    whole_element(k);
    emit(" = whole;\nv%u = (%s)(v%u + whole%s.a);\n}\n", v, scope.variable_type[v], v, entry);
}

/* A pointer to an element of one array or another, or to none. */
static void choose(unsigned k)
{
    const struct array *a = &scope.array[k];
    const unsigned v = below(VARIABLES);
    const char *entry = a->is_nest ? "entry." : "";
    emit("{\n%s *one = ", element_type(a));
    if (chance(40)) {
        emit("0");
    } else {
        emit("&");
        whole_element(alike(k, false));
    }
    emit(";\nif (");
    condition();
    emit(")\none = &");
    whole_element(k);
    if (chance(40)) {
        emit(";\nif (!one && (");
        condition();
        emit("))\none = &");
        whole_element(alike(k, false));
    }
    emit(";\nif (one) {\none->%sb += (uint8_t)(v%u);\n", entry, below(VARIABLES));
    if (a->is_nest) {
        emit("one->row[");
        index_of(4, 0);
        emit("] ^= (uint8_t)(v%u);\n", v);
    }
    if (chance(50)) {
        whole_element(k);
        emit(" = *one;\n");
    }
    emit("v%u = (%s)(v%u + one->%sa);\n}\n}\n", v, scope.variable_type[v], v, entry);
}

/* A pointer runs through the array in a struct, forwards or backwards, or in another struct's. */
static void run_member(unsigned k)
{
    const unsigned v = below(VARIABLES), n = 1 + below(3);
    const bool back = chance(30), writes = chance(50);
    emit("{\nuint32_t *w = ");
    whole_element(k);
    const char *const row = chance(50) ? "row" : "line";
    emit(".%s + %u;\n", row, back ? 3 : below(2));
    if (chance(50)) {
        emit("if (");
        condition();
        emit(")\nw = ");
        whole_element(chance(50) ? alike(k, false) : k);
        emit(".%s + %u;\n", chance(70) ? row : "row", back ? 2 + below(2) : below(2));
    }
    emit("const uint32_t *const first = w;\n");
    if (back || chance(50))
        emit("for (uint8_t c = 0; c < %u; c++) {\n", n);
    else
        emit("for (const uint32_t *end = w + %u; w != end;) {\n", n);
    if (writes)
        emit("*w ^= (uint8_t)(v%u);\n", below(VARIABLES));
    emit("v%u = (%s)(v%u * 3u + *w%s);\n}\nv%u ^= (size_t)(w - first);\n}\n", v,
         scope.variable_type[v], v, back ? "--" : "++", v);
}

/* Pointers run to the ends of arrays in a struct, which are where the next ones begin. */
static void run_to_ends(unsigned k)
{
    static const char *const names[] = {"row", "line"};
    const unsigned v = below(VARIABLES);
    emit("{\nstruct nest *const n = &");
    whole_element(k);
    emit(";\nuint32_t sum = 0;\n");
    for (unsigned turn = 0; turn < 2; turn++) {
        const char *name = names[turn ^ (v & 1)];
        if (chance(50))
            emit("for (uint32_t *w = n->%s + %u; w != n->%s + 4; w++)\nsum = sum * 3u + *w%s;\n",
                 name, below(4), name, chance(50) ? "" : " % 1000u");
        else
            emit("for (uint32_t *w = n->%s + 4; w != n->%s;)\n*--w ^= sum + (uint8_t)v%u;\n", name,
                 name, below(VARIABLES));
        if (chance(50))
            emit("sum += (n->%s + 4)[-1] + n->%s[(uint8_t)v%u & 3];\n", names[below(2)],
                 names[below(2)], below(VARIABLES));
    }
    if (chance(50)) {
        emit("uint32_t *const p = (v%u & 1) ? n->line : n->row + 4;\nif (v%u & 1)\nsum += "
             "*p;\nelse\np[-1] "
             "^= sum;\n",
             v, v);
    }
    emit("n->kind ^= (uint8_t)sum;\nn->tag[0] += (uint16_t)sum;\nfor (uint8_t i = 0; i < 1; "
         "i++)\nsum ^= n->tag[i] + n->kind;\n");
    emit("n->entry.b += sum;\nfor (struct entry *e = n->more; e != n->more + 3; e++)\ne->b ^= "
         "n->entry.b;\nv%u = (%s)(v%u + sum);\n}\n",
         v, scope.variable_type[v], v);
}

/* Counters from a constant on, or down to one, reach back from the begin of an array, where another one ends. */
static void reach_back(unsigned k)
{
    static const char *const types[] = {"uint8_t", "int16_t", "int", "uint32_t", "size_t"};
    const unsigned v = below(VARIABLES), from = 1 + below(3), back = 1 + below(from);
    const char *type = types[below(sizeof types / sizeof *types)];
    emit("{\nuint32_t *const w = ");
    whole_element(k);
    emit(".%s;\n", chance(50) ? "row" : "line");
    if (chance(70))
        emit("for (%s i = %u; i < 4; i += %u)\n", type, from, 1 + below(2));
    else
        emit("for (%s i = 3; i >= %u; i--)\n", type, from);
    emit("w[i] ^= w[i - %u] + (uint8_t)v%u;\n", back, below(VARIABLES));
    emit("v%u = (%s)(v%u + w[3]);\n}\n", v, scope.variable_type[v], v);
}

/* A pointer runs through the structs in a struct, or in another one's. */
static void run_structs(unsigned k)
{
    const unsigned v = below(VARIABLES), from = below(2);
    emit("{\nstruct entry *e = ");
    whole_element(k);
    emit(".more + %u;\n", from);
    if (chance(40)) {
        emit("if (");
        condition();
        emit(")\ne = ");
        whole_element(chance(50) ? alike(k, false) : k);
        emit(".more + %u;\n", from);
    }
    emit("const struct entry *const first = e;\nfor (const struct entry *end = e + %u; e != end; "
         "e++) {\n",
         1 + below(3 - from));
    if (chance(50))
        emit("e->%s ^= (uint8_t)(v%u);\n", chance(50) ? "a" : "b", below(VARIABLES));
    emit("v%u = (%s)(v%u * 3u + e->%s);\n}\n", v, scope.variable_type[v], v,
         chance(50) ? "b" : "a");
    if (chance(40)) {
        emit("e[-1] = ");
        whole_element(k);
        emit(".entry;\n");
    }
    emit("v%u ^= (uint64_t)(e - first);\n}\n", v);
}

/* A pointer to elements runs from the first row through the others. */
static void run_through(unsigned k)
{
    const struct array *a = &scope.array[k];
    const unsigned v = below(VARIABLES), half = a->rows * a->columns / 2;
    emit("{\n%s *w = &a%u[0][0] + (", a->type, k);
    index_of(half, 0);
    emit(");\n");
    if (chance(40)) {
        emit("if (");
        condition();
        emit(")\nw = a%u[%u];\n", k, below(a->banks_first ? a->columns : a->rows) / 2);
    }
    emit("for (uint8_t c = 0; c < %u; c++) {\n", 1 + below(half < 16 ? half : 16));
    if (chance(50))
        emit("w[c] ^= (uint8_t)(c + v%u);\n", below(VARIABLES));
    emit("v%u = (%s)(v%u * 3u + w[c]);\n}\n}\n", v, scope.variable_type[v], v);
}

void copy(void)
{
    const unsigned k = below(scope.narrays);
    const struct array *a = &scope.array[k];
    if (a->constant)
        emit("v0 ^= 1;\n");
    else if (a->is_nest && chance(50))
        (chance(40)   ? run_member
         : chance(40) ? run_structs
         : chance(50) ? run_to_ends
                      : reach_back)(k);
    else if (a->is_struct && chance(35))
        choose(k);
    else if (a->is_struct && (a->columns > 1 || chance(60)))
        exchange(k);
    else if (a->columns > 1)
        run_through(k);
    else if (chance(30))
        fill(k);
    else if (is_flat(a) && chance(35))
        ping_pong(k);
    else if (!is_flat(a) || chance(60) || !copy_other(k))
        (chance(35) ? move_chosen : move)(k);
}
