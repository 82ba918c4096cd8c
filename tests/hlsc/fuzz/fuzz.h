/* fuzz.h -- between the parts of the generator of random programs.
 *
 * Statements and compound expressions are numbered as they are generated; what is left out is generated all the same,
 * but not printed, so that the numbers of the others stay. No operation is undefined in C: sums and products are
 * unsigned or too narrow to overflow, shifts are in range, indices are masked, divisors are neither 0 nor -1.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>

/* ---- output ---- */

void emit(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Begins a part that may be left out; true if it is: nothing is printed until part_end. */
bool part_begin(void);
void part_end(bool left_out);

/* ---- chance ---- */

unsigned below(unsigned n);
bool chance(unsigned percent);

/* ---- the program's objects ---- */

enum { VARIABLES = 7, MOST_ARRAYS = 10, STREAMS = 2, RINGS = 3, FLAGS = 3 };

struct array {
    const char *type;
    unsigned rows, columns; /* powers of two; columns 1: one dimension */
    bool constant, partitioned, parameter;
    bool is_struct, is_nest; /* a nest has arrays and structs in it */
    bool banks_first;        /* of partitioned columns: the first dimension counts them */
};

/* A static that is counted on modulo its limit; not every statement keeps it below. */
struct ring {
    const char *type;
    unsigned limit;
    bool kept;
};

/* What a statement may do where it stands. */
struct scope {
    const char *variable_type[VARIABLES];
    struct array array[MOST_ARRAYS];
    struct ring ring[RINGS];
    unsigned narrays, helpers, procedures; /* in sight */
    unsigned in_width[STREAMS], out_width[STREAMS];
    unsigned loops;    /* their counters are i0, i1... */
    unsigned unrolled; /* from this one on they are of unrolled loops */
    bool pipelined;
    bool pure;          /* only the function's own variables change */
    bool streams;       /* they are in sight */
    bool breaks;        /* `break` leaves a loop */
    const char *result; /* what the function returns; "" for nothing */
};
extern struct scope scope;

const char *integer_type(void); /* any but bool */
const char *any_type(void);
const char *element_type(const struct array *a);

/* ---- expression.c ---- */

void expression(unsigned deep);
/* A condition that is true now and then. */
void condition(void);
/* An element of the array, with indices in range. */
void element(unsigned array);
void constant(void);
/* Of an expression, to the type. */
void cast(const char *type, unsigned deep);
void ring_sum(unsigned ring);

/* ---- statement.c ---- */

void block(unsigned count);
/* An index below a power of two. */
void index_of(unsigned size, unsigned deep);
/* Stores to lanes that are counted, up or down, then loads of all lanes of each row. */
void lanes_loop(unsigned array);

/* ---- copy.c ---- */

/* An array or a part of it, or a struct, copied, moved or filled as a whole. */
void copy(void);

/* ---- accumulate.c ---- */

void accumulate(void);
#endif
