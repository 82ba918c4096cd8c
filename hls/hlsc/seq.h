/* seq.h -- a process as the program of a sequencer: a machine of one 16-bit accumulator and one memory, which takes the
 * place of states and registers where a process may be slow and must be small. rtl/hlsc_sequencer.v is the machine.
 *
 *   A  the accumulator, C its carry, X an index
 *   An instruction's operand is a word of memory at a fixed address, or at that address with X in its low bits, or a
 *   number. Two cycles each, shifts one more for each place beyond the first.
 *
 * Values of the program are words of 16 bits, the lowest first, filled up with zeros.
 */
#ifndef HLSC_SEQ_H
#define HLSC_SEQ_H

#include "ir.h"

enum { SEQ_WORDS = 4 }; /* of the widest value */

/* As encoded: the first eight with their mode above, the others as they are. */
enum seq_op {
    SEQ_LD,
    SEQ_AND,
    SEQ_OR,
    SEQ_XOR,
    SEQ_ADD,
    SEQ_ADC, /* and C; C becomes the carry */
    SEQ_SUB,
    SEQ_SBC, /* less 1 if C is 0; C becomes 0 by a borrow */
    SEQ_ST = 24,
    SEQ_STX, /* indexed */
    SEQ_JMP,
    SEQ_JZ, /* if A is 0 */
    SEQ_JNZ,
    SEQ_JC,
    SEQ_JNC,
    SEQ_DO,   /* a seq_action */
    SEQ_LABEL /* no instruction: a place to jump to */
};

enum seq_mode { SEQ_MEMORY, SEQ_IMMEDIATE, SEQ_INDEXED }; /* of the first eight */

/* The low three bits of the operand of SEQ_DO; a number stands above them. */
enum seq_action {
    SEQ_SHL,
    SEQ_SHR,
    SEQ_SAR,   /* with the sign */
    SEQ_INDEX, /* X = A */
    SEQ_CARRY, /* A = C */
    SEQ_NOT,   /* A = (A is 0) */
    SEQ_IN,    /* A = the port's word, once it is there */
    SEQ_OUT,   /* A to the port, once it takes it */
};

/* Words of memory that stand together. */
struct seq_slot {
    const char *name;
    unsigned words; /* a power of two */
    unsigned address;
    bool is_read;
    unsigned index;         /* among the slots */
    struct seq_slot *joins; /* whose word it has, after seq_join_copies */
    const struct memory
        *memory; /* of which this is an array: by planes, one for each word of each bank */
};

struct seq_label {
    unsigned address;
    bool is_used;
    struct seq_label *leads_to; /* if a jump stands there */
};

struct seq_instruction {
    enum seq_op op;
    enum seq_mode mode;
    enum seq_action action;
    struct seq_slot *slot;
    unsigned offset; /* from the slot's address */
    unsigned number; /* immediate, places of a shift, port */
    struct seq_label *label;
    unsigned line;
};

/* What IN and OUT reach. */
enum seq_port_kind {
    SEQ_PORT_STREAM, /* word `word` of a stream; of an output the last one, which sends all */
    SEQ_PORT_EMPTY,
    SEQ_PORT_SCALAR,
    SEQ_PORT_HOLD,  /* the next word of what a stream of several sends */
    SEQ_PORT_START, /* waits for it; arriving there is the end of what started before */
    SEQ_PORT_RESULT,
};
struct seq_port {
    enum seq_port_kind kind;
    const struct stream *stream;
    const char *scalar;
    unsigned word;
    bool takes; /* the word is the last that is wanted of the stream's */
};

struct seq_values {
    struct seq_slot *word[SEQ_WORDS];
};

typedef VEC(struct seq_instruction) seq_code;

struct seq_program {
    struct program *p;
    seq_code code;
    VEC(struct seq_slot *) slots;
    VEC(struct seq_port) ports;
    struct map values_of;        /* node or variable to seq_values */
    struct map array_of;         /* memory to its slot */
    struct map moved_to;         /* slot to the copy that is read in its place */
    struct map label_of;         /* region to its label */
    struct map uses_of;          /* node to seq_uses */
    struct map bits_of;          /* node, variable or bank to seq_bits */
    VEC(struct seq_slot *) pool; /* constants beyond an immediate */
    VEC(unsigned) pool_value;
    const struct seq_slot *in_a, *in_x; /* whose words A and X hold, if known */
    unsigned line;
    unsigned operand_bits, memory_words;
    bool in_spram; /* the memory: the program clears its arrays */
};

/* ---- seq_bits.c: which bits are known to be zero, and which anyone looks at ---- */

/* Of a value filled up with zeros to 64 bits: what lies above its width is zero, and may be needed all the same. Bits
 * that are not needed may be anything in the stored words. */
struct seq_bits {
    uint64_t zero, needed;
};
void seq_find_bits(struct seq_program *s);
uint64_t seq_zero(const struct seq_program *s, const struct node *n);
/* Whether n's sign is known to be clear. */
bool seq_is_positive(const struct seq_program *s, const struct node *n);
static inline unsigned seq_words(const struct node *n)
{
    return (n->width + 15) / 16;
}
/* Of a node, variable or bank. */
uint64_t seq_needed(const struct seq_program *s, const void *of);
/* Whether word w of n is stored: some bit of it is needed and not known. */
bool seq_has_word(const struct seq_program *s, const struct node *n, unsigned w);
/* Whether word w of a variable is stored. */
bool seq_keeps_word(const struct seq_program *s, const struct variable *v, unsigned w);
void seq_mark_number(struct seq_program *s, const struct node *n); /* one that is made now */
/* What a sum with a negative number takes off its first operand; 0 if it is none. */
uint64_t seq_taken_off(const struct node *n);
/* Bits that must be zero and are not, after n's operation on whole words. */
uint64_t seq_excess(const struct seq_program *s, const struct node *n);

/* ---- seq_uses.c: what is computed at all, and what only decides a branch ---- */

void seq_count_uses(struct seq_program *s);
bool seq_is_used(const struct seq_program *s, const struct node *n);
/* A condition that is looked at where the program branches, and costs no more there than its value would. */
bool seq_only_branches(const struct seq_program *s, const struct node *n);

void seq_mark_branch(struct seq_program *s, const struct node *n);

/* ---- seq_code.c: instructions ---- */

struct seq_slot *seq_new_slot(struct seq_program *s, const char *name, unsigned words);
struct seq_label *seq_new_label(struct seq_program *s);
void seq_put_label(struct seq_program *s, struct seq_label *label);
void seq_jump(struct seq_program *s, enum seq_op op, struct seq_label *to);
/* op with any 16-bit number. */
void seq_number(struct seq_program *s, enum seq_op op, unsigned number);
void seq_memory(struct seq_program *s, enum seq_op op, struct seq_slot *slot);
/* Of an array, the word at `offset`, or at that with X in its low bits. */
void seq_element(struct seq_program *s, enum seq_op op, struct seq_slot *array, unsigned offset);
void seq_indexed(struct seq_program *s, enum seq_op op, struct seq_slot *array, unsigned offset);
void seq_do(struct seq_program *s, enum seq_action action, unsigned number);
void seq_port(struct seq_program *s, enum seq_action action, struct seq_port port);
/* ---- seq_shorten.c, seq_copy.c ---- */

bool seq_jumps(const struct seq_instruction *i);
void seq_shorten(struct seq_program *s);
bool seq_drop_unused(struct seq_program *s);
/* Of two equal ends of ways that lead to one place one is left. */
void seq_merge_ends(struct seq_program *s);
/* Labels as indices of instructions, until they have addresses. */
void seq_number_labels(struct seq_program *s);

/* Slots that are copied to each other and never differ while both are wanted become one. */
void seq_join_copies(struct seq_program *s);

/* An array that is not all zeros at first. */
bool seq_has_contents(const struct seq_slot *slot);
/* Shortens the program; gives labels and slots their addresses. */
void seq_settle(struct seq_program *s);

/* ---- seq_value.c: words of values ---- */

struct seq_values *seq_values_of(struct seq_program *s, const void *of, const char *name);
/* op with word w of n; SEQ_LD does nothing if A holds it. */
void seq_word(struct seq_program *s, enum seq_op op, const struct node *n, unsigned w);
/* A is word w of n: takes off what is not n's, and stores it. */
void seq_store(struct seq_program *s, const struct node *n, unsigned w);
/* The same from slots that hold its words. */
void seq_store_slots(struct seq_program *s, const struct node *n, struct seq_slot **slot,
                     unsigned words);
/* Where word w of n is: a slot, or NULL and a number. */
struct seq_slot *seq_find(struct seq_program *s, const struct node *n, unsigned w,
                          unsigned *number);
/* n's words are words of another value. */
bool seq_is_alias(const struct seq_program *s, const struct node *n);

/* ---- seq_branch.c, seq_arith.c, seq_shift.c, seq_effect.c ---- */

/* Jumps if the condition is as `when` says. */
void seq_branch(struct seq_program *s, const struct node *condition, bool when,
                struct seq_label *to);
/* The value of a comparison. */
void seq_compare(struct seq_program *s, const struct node *n);
void seq_compute(struct seq_program *s, const struct node *n);
void seq_shift(struct seq_program *s, const struct node *n);
void seq_shift_slots(struct seq_program *s, struct seq_slot **slot, unsigned words,
                     enum seq_action action, unsigned places);
void seq_extend(struct seq_program *s, const struct node *n);
void seq_effect(struct seq_program *s, const struct node *n);
/* The array that m is in memory; where word w of a bank begins in it. */
struct seq_slot *seq_array_of(struct seq_program *s, const struct memory *m);
unsigned seq_plane(const struct memory *m, unsigned bank, unsigned w);

/* ---- seq.c, seq_verilog.c ---- */

/* Makes the program; the widths of p are known. */
struct seq_program *seq_compile(struct program *p);
void seq_verilog(struct seq_program *s, FILE *out);

#endif
