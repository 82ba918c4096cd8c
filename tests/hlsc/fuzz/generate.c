/* generate.c -- a random program in the subset of hlsc: generate SEED NAME [PARTS], where PARTS are the numbers of parts to
 * leave out, as in 3,7-12; the number of parts goes to standard error. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scope scope;

/* ---- chance ---- */

static uint64_t state;

unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

bool chance(unsigned percent)
{
    return below(100) < percent;
}

/* ---- output ---- */

enum { MOST_PARTS = 1 << 14 };
static bool unwanted[MOST_PARTS];
static unsigned parts, silent;

void emit(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!silent)
        vprintf(format, args);
    va_end(args);
}

bool part_begin(void)
{
    const bool out = parts < MOST_PARTS && unwanted[parts];
    parts++;
    silent += out;
    return out;
}

void part_end(bool left_out)
{
    silent -= left_out;
}

static bool parse_parts(const char *list)
{
    while (*list) {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (end == list)
            return false;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long k = first; k <= last && k < MOST_PARTS; k++)
            unwanted[k] = true;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

/* ---- types ---- */

static const char *const types[] = {"int8_t",  "uint8_t",  "int16_t", "uint16_t",
                                    "int32_t", "uint32_t", "int64_t", "uint64_t",
                                    "long",    "size_t",   "bool"};
enum { INTEGERS = sizeof types / sizeof *types - 1 };

const char *integer_type(void)
{
    return types[below(INTEGERS)];
}

const char *any_type(void)
{
    return types[below(INTEGERS + 1)];
}

const char *element_type(const struct array *a)
{
    return a->is_nest ? "struct nest" : a->is_struct ? "struct entry" : a->type;
}

/* For each operation and type a function of what its builtin gives: the result, and whether it does not fit. */
static void define_checked(void)
{
    emit("#define CHECKED(op, type) static inline uint64_t op##_##type(type a, type b) "
         "{ type r; const bool over = __builtin_##op##_overflow(a, b, &r); "
         "return (uint64_t)r + (over ? 3 : 0); }\n");
    for (unsigned t = 0; t < INTEGERS; t++) {
        const bool out = part_begin();
        emit("CHECKED(add, %s) CHECKED(sub, %s) CHECKED(mul, %s)\n", types[t], types[t], types[t]);
        part_end(out);
    }
}

/* ---- the program's objects ---- */

static void initial_values(const struct array *a)
{
    const unsigned inner = a->banks_first ? a->rows : a->columns;
    const unsigned n = a->rows * a->columns, last = chance(30) ? n / 4 : n;
    emit(" = {");
    for (unsigned i = 0; i < last; i++)
        if (a->columns > 1 && !a->is_struct)
            emit("%s%d%s", i % inner ? "" : "{", (int)below(200) - 100,
                 (i + 1) % inner && i + 1 < last ? ", " : "}, ");
        else if (a->is_nest)
            emit("{%u, {%u, %u}, {3, 2}, {%d, %u, %u}}, ", below(200), below(70000), below(70000),
                 (int)below(200) - 100, below(70000), below(2));
        else if (a->is_struct)
            emit("{%d, %u, %u}, ", (int)below(200) - 100, below(70000), below(2));
        else
            emit("%d, ", (int)below(200) - 100);
    emit("}");
}

static void declare_array(void)
{
    struct array *a = &scope.array[scope.narrays];
    *a = (struct array){
        .type = integer_type(), .rows = 2u << below(6), .columns = chance(30) ? 2u << below(2) : 1};
    a->is_struct = chance(15);
    a->is_nest = a->is_struct && chance(50);
    a->constant = chance(20);
    a->partitioned = a->columns > 1 && chance(60);
    a->banks_first = a->partitioned && chance(40);
    if (a->partitioned && !a->constant && chance(30))
        a->rows = 1;
    const bool out = part_begin(), registers = !a->constant && a->rows * a->columns <= 16 &&
                                               !a->partitioned && chance(30);
    emit("static %s%s a%u[%u]", a->constant ? "const " : "", element_type(a), scope.narrays,
         a->banks_first ? a->columns : a->rows);
    if (a->columns > 1)
        emit("[%u]", a->banks_first ? a->rows : a->columns);
    if (a->partitioned)
        emit(" HLS_PARTITION(%u)", a->banks_first ? 1 : 2);
    if (registers)
        emit(" HLS_REGISTERS");
    if (a->constant || chance(40))
        initial_values(a);
    emit(";\n");
    part_end(out);
    scope.narrays++;
}

/* Bit fields that fill 16 or 32 bits: those of three bytes are refused. */
static void declare_flags(void)
{
    const unsigned first = 1 + below(6), second = 2 + below(6);
    emit("struct flags { uint32_t f0 : %u; int32_t f1 : %u; uint32_t f2 : %u; };\n"
         "static struct flags flags = {%u, -1, %u};\nstatic const struct flags all_flags[4] = {",
         first, second, (chance(50) ? 16 : 32) - first - second, below(2), below(4));
    for (unsigned k = 0; k < 4; k++)
        emit("{%u, %d, %u}%s", below(1u << first), (int)below(4) - 2, below(4),
             k < 3 ? ", " : "};\n");
}

static void declare_ring(unsigned k)
{
    const char *type = integer_type();
    const unsigned most = strcmp(type, "int8_t") == 0 ? 124 : 252;
    const unsigned limit = 2 + below(chance(70) ? 14 : most);
    scope.ring[k] = (struct ring){type, limit, .kept = chance(80)};
    const bool out = part_begin();
    emit("static %s ring%u = %u;\n", scope.ring[k].type, k,
         scope.ring[k].kept ? below(limit) : limit);
    part_end(out);
}

static void declare_variables(bool with_static)
{
    for (unsigned i = 0; i < VARIABLES; i++) {
        scope.variable_type[i] = any_type();
        const bool out = part_begin();
        emit("%s%s v%u = (%s)%d;\n", i == 5 && with_static ? "static " : "", scope.variable_type[i],
             i, scope.variable_type[i], (int)below(200) - 100);
        part_end(out);
    }
}

/* A function of two numbers without effects; the second has loops. */
static void define_helper(void)
{
    const struct scope outside = scope;
    const bool out = part_begin();
    scope.pure = true;
    scope.pipelined = scope.helpers == 0; /* as if in a loop: it may be called in one */
    scope.result = integer_type();
    emit("static %s helper%u(%s p0, %s p1)\n{\n", scope.result, scope.helpers, integer_type(),
         integer_type());
    declare_variables(false);
    block(1 + below(3));
    emit("return (%s)(v%u ^ v%u);\n}\n\n", scope.result, below(VARIABLES), below(VARIABLES));
    part_end(out);
    scope = outside;
    scope.helpers++;
}

static void define_procedure(void)
{
    const struct scope outside = scope;
    const bool out = part_begin();
    scope.result = "";
    emit("static void procedure%u(%s p0, %s p1, hls_stream_u%u *out0)\n{\n", scope.procedures,
         integer_type(), integer_type(), scope.out_width[0]);
    declare_variables(chance(30));
    block(2 + below(3));
    emit("hls_write(out0, (uint%u_t)(v0 ^ v1));\n}\n\n", scope.out_width[0]);
    part_end(out);
    scope = outside;
    scope.procedures++;
}

static void add_parameter_array(void)
{
    struct array *a = &scope.array[scope.narrays++];
    *a = (struct array){.type = integer_type(),
                        .rows = 4u << below(4),
                        .columns = 1,
                        .parameter = true,
                        .constant = chance(25)};
}

/* An array of the function: with initial values, or filled before it is used. */
static void local_array(void)
{
    struct array *a = &scope.array[scope.narrays];
    *a = (struct array){.type = integer_type(), .rows = 2u << below(4), .columns = 1};
    const bool out = part_begin();
    emit("%s a%u[%u]", a->type, scope.narrays, a->rows);
    if (chance(50))
        initial_values(a);
    else
        emit(";\nfor (unsigned i = 0; i < %u; i++)\na%u[i] = (%s)(i * %u)", a->rows, scope.narrays,
             a->type, below(1000));
    emit(";\n");
    part_end(out);
    scope.narrays++;
}

static void define_top(const char *name)
{
    scope.result = chance(80) ? integer_type() : "";
    const unsigned first_parameter = scope.narrays;
    add_parameter_array();
    if (chance(50))
        add_parameter_array();
    const unsigned end = scope.narrays;
    emit("%s %s(%s p0, %s p1", *scope.result ? scope.result : "void", name, integer_type(),
         integer_type());
    for (unsigned k = first_parameter; k < end; k++)
        emit(", %s%s a%u[static %u]", scope.array[k].constant ? "const " : "", scope.array[k].type,
             k, scope.array[k].rows);
    for (unsigned s = 0; s < STREAMS; s++)
        emit(", hls_stream_u%u *in%u, hls_stream_u%u *out%u", scope.in_width[s], s,
             scope.out_width[s], s);
    emit(")\n{\n");
    declare_variables(true);
    if (chance(40))
        local_array();
    scope.streams = true;
    block(3 + below(5));
    for (unsigned k = 0; k < scope.narrays; k++) {
        const bool out = part_begin();
        if (scope.array[k].partitioned && !scope.array[k].is_struct && !scope.array[k].constant &&
            chance(50))
            lanes_loop(k);
        part_end(out);
    }
    for (unsigned i = 0; i < VARIABLES; i++) {
        const bool out = part_begin();
        emit("hls_write(out%u, (uint%u_t)v%u);\n", i % STREAMS, scope.out_width[i % STREAMS], i);
        part_end(out);
    }
    for (unsigned s = 0; s < STREAMS; s++) /* every stream has a direction */
        emit("hls_write(out%u, (uint%u_t)hls_read(in%u));\n", s, scope.out_width[s], s);
    if (*scope.result)
        emit("return (%s)(pair.x + pair.y);\n", scope.result);
    emit("}\n\n#ifdef RIG\nstatic void stimulus(struct rig_kernel *k, unsigned "
         "round)\n{\n(void)round;\n"
         "for (unsigned i = 0; i < 16000; i++) {\n");
    for (unsigned s = 0; s < STREAMS; s++)
        emit("rig_send(k, %u, (uint64_t)rig_random() << 32 | rig_random());\n",
             2 + end - first_parameter + 2 * s);
    emit("}\n}\n#endif\n");
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4 || (argc == 4 && !parse_parts(argv[3]))) {
        fputs("generate SEED NAME [PARTS]\n", stderr);
        return 2;
    }
    static const char *const options[] = {" --pipeline",
                                          " --pipeline --family ecp5",
                                          " --family ecp5",
                                          " --clock-ns 80",
                                          " --clock-ns 8 --multipliers 1",
                                          " --multipliers 0",
                                          " --clock-ns 21 --clock-uncertainty 0",
                                          "",
                                          "",
                                          ""};
    state = strtoull(argv[1], NULL, 0) * 0x9e3779b97f4a7c15u + 12345;
    below(2);
    emit("/* hlsc: -DSMALLEST=1%s */\n/* seed %s */\n#include \"hls.h\"\n#include <string.h>\n",
         options[below(10)], argv[1]);
    emit("struct entry { int8_t a; uint32_t b; bool c; };\n"
         "struct nest { uint8_t kind; uint32_t row[4], line[4]; struct entry entry, more[3]; "
         "uint16_t tag[1]; };\nstatic struct { "
         "int16_t "
         "x; "
         "uint32_t y; "
         "} pair = {%u, %u};\n",
         below(100), below(1000));
    for (unsigned s = 0; s < STREAMS; s++) {
        scope.in_width[s] = 16u << below(3);
        scope.out_width[s] = 16u << below(3);
    }
    define_checked();
    declare_flags();
    for (unsigned n = 3 + below(4); n > 0; n--)
        declare_array();
    for (unsigned k = 0; k < RINGS; k++)
        declare_ring(k);
    for (unsigned n = below(3); n > 0; n--)
        define_helper();
    for (unsigned n = below(3); n > 0; n--)
        define_procedure();
    define_top(argv[2]);
    fprintf(stderr, "%u\n", parts);
    return 0;
}
