/* ir.h -- the compiler's own form of a program.
 *
 * A program is a set of regions over one control-flow graph. A region is one basic block (run as
 * states of the FSM) or one pipelined loop (its body if-converted). Each holds a dataflow graph of
 * nodes in topological order; only the next value of a loop's phi points backwards. Values that
 * cross regions live in variables.
 */
#ifndef HLSC_IR_H
#define HLSC_IR_H

#include <llvm-c/Core.h>
#include <stdio.h>

#include "diag.h"
#include "util.h"

__extension__ typedef __int128 wide;

enum op {
    OP_CONST,
    OP_VAR,   /* a variable's value at entry of the region */
    OP_PARAM, /* a scalar argument of the top function */
    OP_PHI,   /* a loop's state */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_NOT, /* one bit only */
    OP_SHL,
    OP_LSHR,
    OP_ASHR,
    OP_CMP,
    OP_SELECT,
    OP_ZEXT,
    OP_SEXT,
    OP_TRUNC,
    OP_SMIN,
    OP_SMAX,
    OP_UMIN,
    OP_UMAX,
    OP_SAT,   /* arg 0 clamped to `value` + 1 bits, signed */
    OP_LOAD,  /* row */
    OP_STORE, /* row, data, predicate, lane or NULL */
    OP_READ,  /* predicate */
    OP_EMPTY,
    OP_WRITE, /* data, predicate */
    OP_CLOCK,
    OP_START, /* of the clock */
    OP_BOUND, /* arg 0, known to be 0..`value` */
    OP_COUNT,
};

enum compare {
    CMP_EQ,
    CMP_NE,
    CMP_UGT,
    CMP_UGE,
    CMP_ULT,
    CMP_ULE,
    CMP_SGT,
    CMP_SGE,
    CMP_SLT,
    CMP_SLE
};

/* The signed numbers lo..hi; one-bit values count as 0..1. Empty (nothing known to arrive) if lo >
 * hi. */
struct range {
    wide lo, hi;
};

/* When the bits of a value are there, in nanoseconds after the clock: a sum's come one after the other. */
struct arrival {
    double lowest, highest;
};

struct node {
    enum op op;
    enum compare compare;
    unsigned id;
    unsigned width; /* in C; 0 for an effect without value */
    unsigned nargs;
    struct node *arg[4];
    uint64_t value; /* CONST, SAT, BOUND */
    unsigned bank;  /* LOAD, STORE: of memory */
    unsigned copy;  /* LOAD: of a ROM that has several */
    bool is_any;    /* CONST: nothing depends on it */
    bool steady;  /* in a loop, made of nothing but what is steady: it needs no cycle of its own */
    bool in_luts; /* MUL: no multiplier block is left for it */
    bool apart;   /* products and their sums: registers stay outside of multiplier blocks */
    unsigned order; /* effects and loads: place in the program */
    struct memory *memory;
    struct stream *stream;
    struct variable *variable; /* VAR, PHI */
    struct node *next;         /* PHI: the value of the next iteration */
    struct node *predicate;    /* LOAD: when the program makes it; not an input of the port */
    struct loc loc;
    const char *hint; /* a name from the source, or NULL */
    const char *name; /* in Verilog */
    bool live;
    /* widths: bits that matter, and whether they extend by sign */
    struct range range;
    unsigned demand, bits;
    bool is_signed;
    /* schedule: cycle of the inputs, arrival of the output within its cycle */
    int cycle;
    struct arrival arrival;
    double reach;      /* of the longest path through n: when it arrives in a register */
    unsigned choices;  /* selections in front of that register */
    unsigned selected; /* bits that it selects, as a condition */
    bool is_compared;  /* a minimum or maximum: another node compares its operands */
    unsigned uses;     /* by nodes of the region */
};

struct stream {
    const char *name;
    LLVMValueRef param;
    unsigned width;
    bool is_input, is_output;
    struct loc loc;
};

enum memory_kind {
    MEMORY_RAM,
    MEMORY_ROM,
    MEMORY_REGISTERS,
    MEMORY_PORT, /* an array parameter: the memory lies outside of the module */
};

/* One memory of its own: an index of the partitioned dimension, a field of a struct, or all. */
struct bank {
    const char *name;
    unsigned width;         /* in C */
    unsigned offset_bytes;  /* in a row */
    uint64_t *initial;      /* NULL: zeros */
    struct variable **cell; /* MEMORY_REGISTERS: one for each row */
    struct range range;
    unsigned demand, bits;
    bool is_signed;
};

struct memory {
    const char *name;
    LLVMValueRef global; /* or alloca, or parameter */
    enum memory_kind kind;
    unsigned rows, row_bytes, nbanks, address_bits; /* rows: 0 for a parameter of unknown size */
    unsigned rows_seen;                             /* bits of the rows that it is accessed at */
    bool partitioned;                               /* banks are lanes of one width */
    bool single_port;                               /* as the source wants it */
    unsigned copies;                                /* of a ROM, for several loads in a cycle */
    bool scalar;
    bool is_read, is_written; /* MEMORY_PORT */
    struct bank *bank;
    struct loc loc;
    bool live;
};

/* A register that lives across regions. */
struct variable {
    const char *name, *hint;
    unsigned width;
    LLVMValueRef source;   /* the instruction whose value it holds, or NULL */
    struct region *home;   /* where that is computed */
    LLVMValueRef phi;      /* or the phi of a loop whose state it holds */
    struct memory *memory; /* or a cell of registers */
    bool has_reset;
    uint64_t reset;
    bool live;
    struct variable *shares; /* whose register it has, or NULL; see share.h */
    bool is_shared;          /* others have its register */
    struct range range;
    unsigned demand, bits;
    bool is_signed;
};

typedef VEC(struct node *) node_vec;

/* A way out of a region: to a block, with the values that the block's phis take. */
struct move {
    struct variable *to;
    struct node *value;
};
struct edge {
    LLVMBasicBlockRef from, to; /* `to` is NULL for a return */
    struct node *condition; /* in program order: the first edge whose condition holds is taken */
    struct variable *taken; /* loops with several exits: what the condition was */
    VEC(struct move) moves;
};

/* A value of a region that a variable takes. */
struct liveout {
    struct variable *to;
    struct node *value;
};

struct promise {
    struct memory *memory;
    unsigned distance;
    unsigned required; /* what the schedule needs */
    struct loc loc;
};

/* The state of a loop that does not change around an iteration for which a condition holds. */
struct steady {
    struct node *phi, *condition;
    unsigned distance; /* iterations before and after */
    struct loc loc;
};

struct region {
    unsigned id;
    bool is_loop;
    const char *name;
    struct loc loc;
    VEC(LLVMBasicBlockRef) blocks; /* in reverse post-order; the first is the entry */
    LLVMBasicBlockRef latch;
    node_vec nodes;   /* live, in topological order */
    node_vec effects; /* and loads, in program order */
    node_vec phis;
    struct node *again; /* loops: another iteration follows */
    VEC(struct edge) edges;
    VEC(struct liveout) liveouts;
    VEC(struct promise) promises;
    VEC(struct steady) steadies;
    bool automatic;     /* a loop without a marker */
    int ii_wanted, ii;  /* wanted 0: the smallest that is feasible */
    bool leaves_room;   /* schedule: for what routing may need */
    bool shares_cycles; /* schedule: accesses that exclude each other are in one cycle */
    int64_t iterations; /* of a loop, where they are known; else 0 */
    int depth;          /* the last cycle; a block has depth + 1 states */
    bool empty;         /* a block with nothing to do: transitions pass through */
    struct map value;   /* from LLVM values to nodes */
    struct map cse;
    unsigned first_state;
    const char *state_name;
    unsigned pipeline_bits, state_bits;
};

struct options {
    const char *source, *top, *output, *report, *family, *dump;
    double clock_ns;
    double uncertainty; /* share of the period left free where it costs no interval */
    bool quiet;
    bool pipeline;        /* pipeline loops without a marker */
    bool sequencer;       /* a program in place of states */
    unsigned multipliers; /* blocks to be had */
    VEC(const char *) includes;
    VEC(const char *) defines;
};

struct technology;
struct annotation;

struct program {
    struct arena *arena;
    struct diag *diag;
    const struct options *options;
    const struct technology *tech;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMValueRef top;
    VEC(struct stream *) streams;
    VEC(LLVMValueRef) scalars;
    struct variable *result; /* what the function returns, or NULL */
    VEC(struct memory *) memories;
    VEC(struct variable *) variables;
    VEC(struct region *) regions;
    struct map memory_of;   /* global or alloca to memory */
    struct map region_of;   /* block to region */
    struct map variable_of; /* instruction to variable */
    struct map state_of;    /* phi of a loop to the variable of its state */
    struct map stream_of;   /* parameter to stream */
    struct map element_of;  /* array parameter to the type of its elements */
    VEC(struct annotation *) annotations;
    VEC(struct loc) sequential; /* loops that were found not to pipeline */
    bool again;                 /* compile once more, with what is known by now */
    unsigned next_id;
    bool returns;
    bool uses_clock;
    unsigned instructions, memory_words; /* of a sequencer */
};

/* ---- construction, with simplification; see build.c ---- */

struct node *ir_const(struct program *p, struct region *r, uint64_t value, unsigned width);
/* A constant that nothing depends on: a selection of it is the other value. */
struct node *ir_any(struct program *p, struct region *r, unsigned width);
struct node *ir_make(struct program *p, struct region *r, enum op op, unsigned width,
                     struct node *a, struct node *b, struct node *c);
struct node *ir_compare(struct program *p, struct region *r, enum compare compare, struct node *a,
                        struct node *b);
struct node *ir_new(struct program *p, enum op op, unsigned width); /* never shared */
struct node *ir_not(struct program *p, struct region *r, struct node *a);
struct node *ir_and(struct program *p, struct region *r, struct node *a, struct node *b);
struct node *ir_or(struct program *p, struct region *r, struct node *a, struct node *b);
struct node *ir_resize(struct program *p, struct region *r, struct node *a, unsigned width,
                       bool sign);
struct node *ir_variable(struct program *p, struct region *r, struct variable *v);
struct variable *ir_new_variable(struct program *p, unsigned width, const char *hint);

/* a, or its opposite if it is negative; the lowest number as an unsigned one. */
struct node *ir_magnitude(struct program *p, struct region *r, struct node *a,
                          struct node *is_negative);
/* a / b or a % b, bit by bit. */
struct node *ir_divide(struct program *p, struct region *r, struct node *a, struct node *b,
                       bool is_signed, bool remainder);

/* ---- properties ---- */

extern const char *const op_names[OP_COUNT];
bool ir_is_const(const struct node *n, uint64_t value);
/* True if a and b cannot both hold in one iteration. */
bool ir_disjoint(const struct node *a, const struct node *b);
/* True if b holds whenever a does. A missed proof costs logic, never correctness. */
bool ir_implies(const struct node *a, const struct node *b);
/* The predicate of an effect or load. */
const struct node *ir_predicate(const struct node *n);
/* The factor of a product made of LUTs that has a term for each of its bits: the smaller one. */
struct node *ir_terms_of(const struct node *product);
/* Cycles from the inputs of a node to its output. */
unsigned ir_latency(const struct node *n);
/* A value that needs no pipeline register: constants, and what does not change within the region.
 */
bool ir_is_steady(const struct node *n);
static inline bool ir_is_memory_access(const struct node *n)
{
    return n->op == OP_LOAD || n->op == OP_STORE;
}
static inline bool ir_is_effect(const struct node *n)
{
    return n->op == OP_STORE || n->op == OP_READ || n->op == OP_WRITE || n->op == OP_START;
}

/* ---- passes, in their order; see README.md ---- */

void front_compile(struct program *p);
void flatten_loops(struct program *p);
void memory_collect(struct program *p);
void lower_program(struct program *p);
void live_mark(struct program *p);
/* Blocks that transitions jump over become empty. */
void live_find_unreached(struct program *p);
void width_analyse(struct program *p);
void demand_analyse(struct program *p); /* part of it */
void products_prepare(struct program *p);
void schedule_program(struct program *p);
void compile_to_widths(struct program *p);   /* all before the schedule */
void compile_to_schedule(struct program *p); /* all of the above */
void check_program(struct program *p);
/* The interface has the names of the source, or there is none. */
void verilog_check_names(struct program *p);
void verilog_emit(struct program *p, FILE *out);
double clock_critical_ns(const struct program *p); /* of the final schedule */
bool clock_is_met(const struct program *p);
void clock_warn(const struct program *p); /* names what is longer than the period */
void report_json(const struct program *p, FILE *out);
void report_human(const struct program *p, FILE *out);
void dump_program(const struct program *p, const char *pass, FILE *out);

#endif
