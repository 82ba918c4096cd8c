/* tech.h -- delay models of the families, in nanoseconds, fitted to nextpnr's reports. */
#ifndef HLSC_TECH_H
#define HLSC_TECH_H

#include "ir.h"

struct technology {
    const char *family;
    double lut_ns;         /* one LUT with its share of routing */
    double gate_ns;        /* a two-input gate of one bit: several share a LUT */
    double carry_ns;       /* a bit of a carry chain */
    double register_ns;    /* clock to output */
    double ram_ns;         /* clock to output of block RAM, with its net */
    double address_ns;     /* an address to all banks of block RAM */
    double product_ns;     /* operands to the register behind a multiplier */
    double product_out_ns; /* that register's output */
    double input_ns;       /* arrival of a stream's tvalid and tdata */
    double clock_ns;       /* default period */
};

const struct technology *tech_find(const char *family);
/* From the last input of n to its output, or to its register where it has one. */
double tech_delay(const struct technology *t, const struct node *n);
/* Arrival of the output of a node that starts a path: a register, a memory, a stream. */
double tech_arrival(const struct technology *t, const struct node *n);
bool tech_is_source(const struct node *n);

#endif
