/* tech.h -- delay models of the families, in nanoseconds, fitted to nextpnr's reports. */
#ifndef HLSC_TECH_H
#define HLSC_TECH_H

#include "ir.h"

struct technology {
    const char *family;
    double lut_ns;         /* one LUT with its share of routing */
    double gate_ns;        /* a two-input gate of one bit: several share a LUT */
    double logic_ns;       /* a two-input gate or a selection of several bits */
    double carry_ns;       /* a bit of a carry chain */
    double register_ns;    /* clock to output */
    double ram_ns;         /* clock to output of block RAM, with its net */
    double address_ns;     /* an address to all banks of block RAM */
    double product_ns;     /* operands to the register behind a multiplier */
    double product_out_ns; /* that register's output */
    unsigned factor_bits;  /* of a block, where a product of wider factors takes longer; or 0 */
    double input_ns;       /* arrival of a stream's tvalid and tdata */
    double end_ns;         /* any register at the end of a path */
    double choice_ns;      /* a selection in front of a register that has several sources */
    double leave_ns;       /* the condition of a block's way out, to the enables of what it sets */
    double word_ns;        /* a word to a stream, past the FIFO's memory */
    double write_ns;       /* the condition of that, beyond word_ns, to the FIFO's count */
    double shift_ns;       /* a bit of the amount of a shift */
    double equal_ns;       /* a level of LUTs of a comparison for equality */
    double compare_ns;     /* from the end of a carry chain to what a comparison decides */
    double fanout_ns;      /* a condition to each bit that it selects */
    double inverted_ns;    /* an operand of a carry chain that is inverted in front of it */
    double extreme_ns; /* the smaller or larger of two variables, beyond its chain and selection */
    double twice_ns;   /* that, if a comparison of the two takes the carry out as well */
    double clear_ns;   /* a selection with a constant, if it is made the reset of a register */
    bool ripples;      /* a chain is so slow that its bits count one by one */
    double clock_ns;   /* default period */
};

const struct technology *tech_find(const char *family);
/* Arrival of the output of a node that starts a path: a register, a memory, a stream. */
struct arrival tech_source(const struct technology *t, const struct node *n);
bool tech_is_source(const struct node *n);
/* Arrival at the output of n, or at its register where it has one, when its arguments arrive so. */
struct arrival tech_through(const struct technology *t, const struct node *n,
                            const struct arrival *arg);
/* From there to the end of the period in which it is taken. */
double tech_end(const struct technology *t, const struct node *n);
/* What may be added: a LUT and a register are one cell of the iCE40 only where nobody else reads the LUT. */
double tech_detour(const struct technology *t, const struct node *n);
/* Of n in a cycle of its own, from registers to a register. */
double tech_alone(const struct technology *t, const struct node *n);
/* From a condition to all that is set on a block's way out. */
double tech_leave(const struct technology *t, const struct node *condition);
/* From whether a loop goes on to the register that keeps it running. */
double tech_go_on(const struct technology *t, const struct node *condition);
/* Counts the selections in front of the registers that take the values of r, and what its conditions select. */
void tech_mark(const struct program *p, struct region *r);

#endif
