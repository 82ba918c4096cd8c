/* expression.c -- random expressions of every width. */
#include "fuzz.h"

static const char *const narrow[] = {"int8_t", "uint8_t", "int16_t", "bool"};
static const char *const unsigned_types[] = {"uint32_t", "uint64_t", "uint32_t", "uint64_t"};

void constant(void)
{
    static const char *const edges[] = {
        "0",     "1",          "-1",          "127",    "-128",      "255",        "-32768",
        "65535", "2147483647", "4294967295u", "0xaaaa", "INT64_MIN", "UINT64_MAX", "(1ull << 40)"};
    switch (below(3)) {
    case 0: emit("%s", edges[below(sizeof edges / sizeof *edges)]); break;
    case 1: emit("%d", (int)below(256) - 128); break;
    default: emit("(%s)%lluu", integer_type(), (unsigned long long)below(~0u) << below(30));
    }
}

static void operand(void)
{
    switch (below(14)) {
    case 0:
    case 1: constant(); break;
    case 6:
        if (chance(50))
            emit("flags.f%u", below(FLAGS));
        else
            emit("all_flags[(uint8_t)v%u & 3].f%u", below(VARIABLES), below(FLAGS));
        break;
    case 2: emit("p%u", below(2)); break;
    case 3:
        if (scope.loops)
            emit("i%u", below(scope.loops));
        else
            emit("v%u", below(VARIABLES));
        break;
    case 4: emit(chance(50) ? "pair.x" : "pair.y"); break;
    case 5: emit("ring%u", below(RINGS)); break;
    default: emit("v%u", below(VARIABLES));
    }
}

/* One more or less, or as many as a loop has counted, modulo the limit. */
void ring_sum(unsigned k)
{
    const struct ring *r = &scope.ring[k];
    if (scope.loops && chance(40))
        emit("(ring%u + (uint8_t)i%u) %% %u", k, below(scope.loops), r->limit);
    else if (chance(30))
        emit("(ring%u - 1 + %u) %% %u", k, r->limit, r->limit);
    else
        emit("(ring%u + %u) %% %u", k, 1 + below(chance(60) ? 1 : r->limit + 1), r->limit);
}

void index_of(unsigned size, unsigned deep)
{
    emit(chance(75) ? "(uint32_t)(" : "(size_t)(");
    if (scope.loops && chance(60))
        emit("i%u + %u", below(scope.loops), below(5));
    else if (chance(20))
        ring_sum(below(RINGS));
    else
        expression(deep);
    emit(") & %u", size - 1);
}

static void bank_index(const struct array *a)
{
    const bool fixed_bank = a->partitioned && chance(60);
    if (fixed_bank && scope.unrolled < scope.loops && chance(70)) {
        emit("[(i%u + %u) & %u]", scope.unrolled + below(scope.loops - scope.unrolled), below(3),
             a->columns - 1);
    } else if (fixed_bank) {
        emit("[%u]", below(a->columns));
    } else if (a->columns > 1) {
        emit("[");
        index_of(a->columns, 0);
        emit("]");
    }
}

static void member(const struct array *a)
{
    static const char *const names[] = {".a", ".b", ".c"};
    if (a->is_nest && chance(40)) {
        emit(chance(50) ? ".row[" : ".line[");
        index_of(4, 0);
        emit("]");
        return;
    }
    if (a->is_nest && chance(40)) {
        emit(".more[");
        index_of(2, 0);
        emit("]");
    } else if (a->is_nest) {
        emit(".entry");
    }
    emit("%s", names[below(3)]);
}

void element(unsigned k)
{
    const struct array *a = &scope.array[k];
    emit("a%u", k);
    if (a->banks_first)
        bank_index(a);
    emit("[");
    index_of(a->rows, 1);
    emit("]");
    if (!a->banks_first)
        bank_index(a);
    if (a->is_struct)
        member(a);
}

void cast(const char *type, unsigned deep)
{
    emit("(%s)(", type);
    expression(deep);
    emit(")");
}

static void shift(unsigned deep)
{
    static const char *const types[] = {"uint64_t", "int64_t", "uint32_t", "int16_t", "uint8_t"};
    static const unsigned most[] = {63, 63, 31, 15, 7};
    const unsigned t = below(5);
    const bool left = chance(50);
    cast(left ? t == 1 || t == 0 ? "uint64_t" : "uint32_t" : types[t], deep);
    emit(left ? " << " : " >> ");
    if (chance(50)) {
        emit("%u", below(most[t] + 1));
        return;
    }
    emit("((uint32_t)(");
    expression(deep);
    emit(") & %u)", most[t] < 31 && left ? 7 : most[t]);
}

static void division(unsigned deep)
{
    const char *const types[] = {"int8_t",  "uint8_t",  "int16_t", "uint16_t",
                                 "int32_t", "uint32_t", "int64_t", "uint64_t"};
    const unsigned t = below(chance(25) ? 8 : 6);
    const char *op = chance(50) ? "/" : "%";
    emit("(%s)", types[t]);
    emit("(");
    expression(deep);
    emit(") %s ", op);
    if (chance(40)) {
        static const int divisors[] = {3, 10, 7, 8, 100, -3, 255, 1000, 641, -16};
        emit("%d", divisors[below(10)]);
        return;
    }
    emit(t % 2 == 0 && chance(30) ? "(-2 - (%s)((%s)(" : "(1 + (%s)((%s)(", types[t], types[t | 1]);
    expression(deep);
    emit(") / 4u))");
}

/* Sums and products that cannot overflow. */
static void arithmetic(unsigned deep)
{
    static const char *const op[] = {"+", "-", "*"};
    const char *type = chance(45) ? narrow[below(4)] : unsigned_types[below(4)];
    if (chance(15)) { /* of 32 signed bits in 64 */
        emit("(int64_t)(int32_t)(");
        expression(deep);
        emit(") %s (int32_t)(", op[below(3)]);
        expression(deep);
        emit(")");
        return;
    }
    cast(type, deep);
    emit(" %s ", op[below(3)]);
    cast(type, deep);
}

static void binary(unsigned deep)
{
    static const char *const logic[] = {"&", "|", "^"};
    static const char *const relation[] = {"<", ">", "<=", ">=", "==", "!="};
    emit("(");
    switch (below(14)) {
    case 0:
    case 1:
        cast(integer_type(), deep);
        emit(" %s ", relation[below(6)]);
        expression(deep);
        break;
    case 2:
        expression(deep);
        emit(" ? ");
        expression(deep);
        emit(" : ");
        expression(deep);
        break;
    case 3:
    case 4: shift(deep); break;
    case 5:
        if (chance(30)) {
            division(deep);
            break;
        }
        /* fall through */
    case 6:
        expression(deep);
        emit(chance(50) ? " && " : " || ");
        expression(deep);
        break;
    case 7:
    case 8:
        expression(deep);
        emit(" %s ", logic[below(3)]);
        expression(deep);
        break;
    default: arithmetic(deep);
    }
    emit(")");
}

/* An operation that says whether its result fits; or the sum of two small numbers that is asked. */
static void checked(unsigned deep)
{
    static const char *const op[] = {"add", "sub", "mul"};
    if (chance(70)) {
        emit("%s_%s(", op[below(3)], integer_type());
        expression(deep);
        emit(", ");
        expression(deep);
    } else {
        emit("((uint32_t)((int16_t)(");
        expression(deep);
        emit(") %s (int16_t)(", chance(50) ? "+" : "-");
        expression(deep);
        emit(") + 32768) > 65535u");
    }
    emit(")");
}

/* Functions without effects: the order of their calls in an expression does not matter. */
static void call(void)
{
    const unsigned helpers = scope.pipelined && scope.helpers > 1 ? 1 : scope.helpers;
    const unsigned helper = below(helpers + 1);
    if (helper < helpers)
        emit("helper%u((%s)", helper, integer_type());
    else
        emit("hls_wrap((%s)", integer_type());
    operand();
    emit(", ");
    if (helper < helpers)
        operand();
    else
        emit("%u", 1 + below(63));
    emit(")");
}

void expression(unsigned deep)
{
    if (deep == 0 || chance(20)) {
        operand();
        return;
    }
    const bool out = part_begin();
    if (scope.narrays && chance(18)) {
        element(below(scope.narrays));
    } else if (chance(12)) {
        emit(chance(30) ? "!(" : chance(50) ? "~(" : "(uint32_t)-(int64_t)(int32_t)(");
        expression(deep - 1);
        emit(")");
    } else if (chance(8)) {
        call();
    } else if (chance(4)) {
        checked(deep - 1);
    } else {
        binary(deep - 1);
    }
    part_end(out);
    if (out)
        emit("3");
}

void condition(void)
{
    switch (below(3)) {
    case 0:
        emit("((");
        expression(2);
        emit(") & %u) == %u", (1u << below(3)) | 1, below(2));
        break;
    case 1:
        emit("(uint8_t)(");
        expression(1);
        emit(") < %u", below(256));
        break;
    default: expression(2);
    }
}
