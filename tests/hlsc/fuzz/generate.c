/* generate.c -- a random program in the subset of hlsc: generate SEED NAME [MASK]. Loops, marked and not, nested, memories,
 * registers, ROMs, streams, structs, branches, all widths; no operation that C leaves undefined. Statement k of the program
 * is left out if MASK, in hexadecimal digits from the right, has bit k: so that failing programs can be reduced. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static const char *mask;
static unsigned statements, depth, loops;
static bool in_pipeline, reads_left;

static unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static bool left_out(unsigned k)
{
    const size_t digits = strlen(mask), at = k / 4;
    if (at >= digits)
        return false;
    const char c = mask[digits - 1 - at];
    return ((c <= '9' ? c - '0' : c - 'a' + 10) >> k % 4 & 1) != 0;
}

static const char *const types[] = {"int8_t",   "uint8_t", "int16_t",  "uint16_t", "int32_t",
                                    "uint32_t", "int64_t", "uint64_t", "bool"};
enum { VARIABLES = 6, ARRAYS = 3 };
static const char *variable_type[VARIABLES], *array_type[ARRAYS];
static unsigned array_bits[ARRAYS + 1];
static int assignable = VARIABLES;

static void expression(unsigned deep);

static void operand(void)
{
    switch (below(10)) {
    case 0: printf("%d", (int)below(256) - 128); break;
    case 1:
        printf("(%s)%lluu", types[below(9)], (unsigned long long)below(~0u) << below(30));
        break;
    case 2: printf("p%u", below(2)); break;
    case 3:
        if (loops)
            printf("i%u", below(loops));
        else
            printf("v%u", below(VARIABLES));
        break;
    default: printf("v%u", below(VARIABLES)); break;
    }
}

static void element(unsigned array)
{
    printf("a%u[(uint32_t)(", array);
    if (loops && chance(50))
        printf("i%u + %u", below(loops), below(4));
    else
        expression(1);
    printf(") & %u]", (1u << array_bits[array]) - 1);
}

static void binary(unsigned deep)
{
    static const char *const op[] = {"+", "-", "*", "&", "|", "^"};
    static const char *const relation[] = {"<", ">", "<=", ">=", "==", "!="};
    printf("(");
    switch (below(12)) {
    case 0:
        printf("(%s)(", types[below(8)]);
        expression(deep);
        printf(") %s ", relation[below(6)]);
        expression(deep);
        break;
    case 1:
        expression(deep);
        printf(" ? ");
        expression(deep);
        printf(" : ");
        expression(deep);
        break;
    case 2:
        printf("(%s)(", types[below(8)]);
        expression(deep);
        printf(") %s ((uint32_t)(", chance(50) ? "<<" : ">>");
        expression(deep);
        printf(") & 7)");
        break;
    case 3:
        printf("(uint64_t)(");
        expression(deep);
        printf(") %s ((uint32_t)(", chance(50) ? "<<" : ">>");
        expression(deep);
        printf(") & 63)");
        break;
    case 4:
        printf("(int64_t)(");
        expression(deep);
        printf(") >> %u", below(64));
        break;
    case 5:
        if (chance(20)) { /* the divisor is neither 0 nor -1 */
            printf("(%s)(", types[below(6)]);
            expression(deep);
            printf(") %s ((%s)(", chance(50) ? "/" : "%", types[1 + 2 * below(3)]);
            expression(deep);
            printf(") / 2 + 1u)");
            break;
        }
        /* fall through */
    default:
        expression(deep);
        printf(" %s ", op[below(6)]);
        expression(deep);
    }
    printf(")");
}

static void expression(unsigned deep)
{
    if (deep == 0 || chance(20))
        operand();
    else if (chance(15))
        element(below(ARRAYS + 1));
    else if (chance(12)) {
        printf("%s(", chance(50) ? "~" : "-");
        expression(deep - 1);
        printf(")");
    } else if (chance(8)) {
        printf("helper((%s)", types[below(8)]);
        operand();
        printf(", ");
        operand();
        printf(")");
    } else
        binary(deep - 1);
}

static void block(unsigned count);

static void assignment(void)
{
    switch (below(8)) {
    case 0: {
        const unsigned array = below(ARRAYS);
        element(array);
        printf(" = (%s)(", array_type[array]);
        expression(2);
        printf(");\n");
        break;
    }
    case 1: {
        const unsigned array = below(ARRAYS);
        element(array);
        printf(" %s= (%s)(", chance(50) ? "+" : "^", array_type[array]);
        expression(1);
        printf(");\n");
        break;
    }
    case 2:
        printf("pair.x += (int16_t)(");
        expression(2);
        printf(");\n");
        break;
    case 3:
        printf("pair.y = pair.x ^ (uint32_t)(");
        expression(2);
        printf(");\n");
        break;
    default: {
        const unsigned v = below((unsigned)assignable);
        printf("v%u = (%s)(", v, variable_type[v]);
        expression(3);
        printf(");\n");
    }
    }
}

static void loop(void)
{
    const unsigned i = loops, marked = !in_pipeline && depth < 2 && chance(55);
    const bool flatten = !in_pipeline && !marked && chance(25);
    const char *type = types[2 + below(4)];
    const unsigned first = below(4), step = 1 + below(3);
    if (chance(25))
        printf("for (%s i%u = (p0 & 15) + %u; i%u != 0; i%u--) {\n", type, i, below(3), i, i);
    else if (chance(25))
        printf("for (%s i%u = %u; i%u < (%s)((p1 & 15) + %u); i%u += %u) {\n", type, i, first, i,
               type, below(9), i, step);
    else
        printf("for (%s i%u = %u; i%u < %u; i%u += %u) {\n", type, i, first, i,
               first + 1 + below(12), i, step);
    const bool was = in_pipeline, reads = reads_left;
    loops++;
    depth++;
    if (marked) {
        printf("HLS_PIPELINE(SMALLEST);\n");
        in_pipeline = true;
        if (chance(50)) {
            printf("v0 = (%s)hls_read(in);\n", variable_type[0]);
            reads_left = false;
        }
    } else if (flatten) {
        printf("HLS_FLATTEN;\n");
        in_pipeline = true;
        reads_left = false;
    }
    block(1 + below(4));
    if (flatten && chance(70) && loops < 4) {
        loop();
        block(1);
    }
    if (chance(30))
        printf("if ((uint8_t)(v%u + i%u) == %u) %s;\n", below(VARIABLES), i, below(64),
               !in_pipeline && chance(50) ? "continue" : "break");
    depth--;
    loops--;
    in_pipeline = was;
    reads_left = reads;
    printf("}\n");
}

static void statement(void)
{
    const unsigned k = statements++;
    const bool out = left_out(k);
    if (out)
        printf("#if 0\n");
    switch (below(10)) {
    case 0:
    case 1:
        if (depth < 3 && !in_pipeline) {
            loop();
            break;
        }
        /* fall through */
    case 2:
        printf("if (");
        expression(2);
        printf(") {\n");
        block(1 + below(2));
        if (chance(40)) {
            printf("} else {\n");
            block(1);
        }
        printf("}\n");
        break;
    case 3:
        printf("hls_write(out, (uint32_t)(");
        expression(2);
        printf("));\n");
        break;
    case 4:
        if (!in_pipeline) {
            printf("v%u ^= (%s)hls_read(in);\n", 1u, variable_type[1]);
            break;
        }
        /* fall through */
    default: assignment();
    }
    if (out)
        printf("#endif\n");
}

static void block(unsigned count)
{
    while (count--)
        statement();
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *name = argv[2];
    mask = argc > 3 ? argv[3] : "";
    state = strtoull(argv[1], NULL, 0) * 0x9e3779b97f4a7c15u + 12345;
    below(2);
    const bool automatic = chance(40);
    printf("/* hlsc: -DSMALLEST=1%s */\n", automatic ? " --pipeline" : "");
    printf("/* seed %s */\n#include \"hls.h\"\n", argv[1]);
    for (unsigned i = 0; i < ARRAYS; i++) {
        array_bits[i] = 2 + below(4);
        array_type[i] = types[below(8)];
        if (i < 2)
            printf("static %s a%u[%u]%s;\n", array_type[i], i, 1u << array_bits[i],
                   chance(25) ? " HLS_REGISTERS" : "");
    }
    printf("static const int16_t a3[16] = {");
    array_bits[2] = array_bits[3] = 4;
    for (unsigned i = 0; i < 16; i++)
        printf("%d,", (int)below(5000) - 2500);
    printf("};\nstatic struct { int16_t x; uint32_t y; } pair = {%u, %u};\n", below(100),
           below(1000));
    printf("static inline int32_t helper(int32_t a, int32_t b)\n{\nif (a > b) return a ^ "
           "77;\nreturn (int32_t)((uint32_t)a * 3u) + (b & 255);\n}\n");
    for (unsigned i = 0; i < VARIABLES; i++)
        variable_type[i] = types[below(8)];
    array_type[2] = "int32_t";
    const char *p0 = types[below(8)], *p1 = types[below(8)];
    printf("int32_t %s(%s p0, %s p1, int32_t a2[static 16], hls_stream_u32 *in, hls_stream_u32 "
           "*out)\n{\n",
           name, p0, p1);
    for (unsigned i = 0; i < VARIABLES; i++)
        printf("%s%s v%u = (%s)%d;\n", i == 5 ? "static " : "", variable_type[i], i,
               variable_type[i], (int)below(200) - 100);
    reads_left = true;
    block(3 + below(5));
    for (unsigned i = 0; i < VARIABLES; i++)
        printf("hls_write(out, (uint32_t)v%u);\n", i);
    printf("return (int32_t)(pair.x + pair.y + a0[p0 & 3] + a1[1]);\n}\n\n#ifdef RIG\n"
           "static void stimulus(struct rig_kernel *k, unsigned round)\n{\n(void)round;\n"
           "for (unsigned i = 0; i < 4000; i++)\nrig_send(k, 3, rig_random());\n}\n#endif\n");
    return 0;
}
