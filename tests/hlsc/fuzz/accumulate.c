/* accumulate.c -- variables of a block's own that start from small numbers and are made of each other: counters sliced into bits,
 * numbers kept below a limit by remainders, fields of a word. What a compiler can prove of them takes an induction over
 * all of them. */
#include "fuzz.h"

enum { PARTS = 4 }; /* t0..t3 */

static const char *type[PARTS];

static void set(unsigned k)
{
    emit("t%u = (%s)(", k, type[k]);
}

static unsigned part(void)
{
    return below(PARTS);
}

/* ---- bits, one word for each place of a counter ---- */

/* Mostly that of a place so much lower. */
static unsigned near(unsigned k, unsigned lower)
{
    return chance(70) ? (k + lower) % PARTS : part();
}

static void slice(void)
{
    static const char *const logic[] = {"|", "^", "&"};
    const unsigned k = part();
    set(k);
    if (chance(15)) {
        expression(1);
        emit(" ? 1 : t%u);\n", k);
        return;
    }
    emit("t%u %s (", k, logic[below(3)]);
    if (chance(70))
        emit("t%u & ", near(k, 1));
    if (chance(50))
        emit("t%u", near(k, 2));
    else
        expression(1);
    emit("));\n");
}

/* ---- numbers below a limit, and others; r by remainders alone, so that its sums do not overflow ---- */

static void count(unsigned limit)
{
    const unsigned k = part();
    switch (below(6)) {
    case 0: emit("r = (r + %u) %% %u;\n", below(limit), limit); break;
    case 1: emit("r = (int32_t)t%u %% %u;\n", k, limit); break;
    case 2:
        set(k);
        emit("(int32_t)t%u %% %u);\n", part(), limit);
        break;
    case 3:
        set(k);
        emit("t%u < %u ? t%u : %u);\n", k, limit, k, below(limit));
        break;
    default: set(k); emit("(uint32_t)t%u + %u);\n", k, below(limit));
    }
}

/* ---- fields ---- */

static unsigned field(void)
{
    return ((1u << (1 + below(12))) - 1) << below(21);
}

/* A word of two fields, or one field of a word; or a question for one. */
static void pack(void)
{
    const unsigned k = part(), mask = field();
    if (chance(30)) {
        const unsigned v = below(VARIABLES);
        emit("if (t%u & 0x%xu)\nv%u = (%s)((uint32_t)v%u + %u);\n", k, mask & -mask, v,
             scope.variable_type[v], v, below(100));
        return;
    }
    set(k);
    if (chance(60))
        emit("(t%u & ~0x%xu) | ", part(), mask);
    else
        emit("(v%u & 0x%xu) | ", below(VARIABLES), ~mask >> below(8));
    emit("((uint32_t)(");
    expression(1);
    emit(") << %u & 0x%xu));\n", below(12), mask);
}

/* ---- blocks ---- */

enum theme { SLICES, COUNTS, FIELDS, ALL };

static void step(enum theme theme, unsigned limit)
{
    const bool out = part_begin();
    switch (theme < ALL ? theme : below(ALL)) {
    case SLICES: slice(); break;
    case COUNTS: count(limit); break;
    default: pack();
    }
    part_end(out);
}

static const char *type_for(enum theme theme)
{
    static const char *const types[] = {"int32_t", "uint32_t", "uint64_t", "uint16_t",
                                        "int16_t", "uint8_t",  "int8_t",   "bool"};
    return types[below(theme == COUNTS ? 2 : theme == FIELDS ? 3 : chance(60) ? 2 : 8)];
}

void accumulate(void)
{
    const enum theme theme = below(ALL + 1);
    const bool loops = !scope.pipelined, kept = !scope.pure && chance(25);
    const unsigned limit = chance(50) ? 1 + below(14) : 1 + below(200), v = below(VARIABLES);
    emit("{\n%sint32_t r = %u;\n", kept ? "static " : "", below(limit));
    for (unsigned k = 0; k < PARTS; k++) {
        type[k] = type_for(theme);
        emit("%s%s t%u = %u;\n", kept && chance(50) ? "static " : "", type[k], k,
             chance(85) ? below(2) : below(128));
    }
    if (loops)
        emit("for (uint8_t c = 0; c < %u; c++) {\n%s", 2 + below(12),
             chance(40) ? "HLS_PIPELINE(SMALLEST);\n" : "");
    for (unsigned n = 3 + below(8); n > 0; n--)
        step(theme, limit);
    emit("%sv%u ^= (%s)((uint32_t)r", loops ? "}\n" : "", v, scope.variable_type[v]);
    for (unsigned k = 0; k < PARTS; k++)
        if (chance(theme == FIELDS ? 10 : 70))
            emit(" + t%u * %uu", k, 2 * k + 1);
        else
            emit(" + (t%u & 0x%xu) * %uu", k, field(), 2 * k + 1);
    emit(");\n}\n");
}
