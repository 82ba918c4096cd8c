/* lower.h -- what the passes from LLVM IR to our own form share. */
#ifndef HLSC_LOWER_H
#define HLSC_LOWER_H

#include <llvm-c/Target.h>

#include "ir.h"

typedef VEC(LLVMValueRef) value_vec;

struct annotation {
    const char *array;
    unsigned partition; /* dimension from 1, 0 for none */
    bool registers, single_port;
    struct loc loc;
};

/* What the source says of the array, or NULL. */
struct annotation *annotation_of(const struct program *p, LLVMValueRef array);

/* The control-flow graph of the top function. */
struct block {
    LLVMBasicBlockRef llvm;
    unsigned index; /* in reverse post-order */
    struct block *idom;
    VEC(struct block *) succ;
    VEC(struct block *) pred;
    struct loop *loop; /* the innermost */
};
struct loop {
    struct block *header;
    struct loop *outer;
    VEC(struct block *) body;
    VEC(struct block *) latches;
    bool has_inner;
    bool marked, automatic;
    int64_t iterations; /* 0: not known */
    bool counted;
    unsigned count_depth; /* of the loop in the source that they are counted for */
    int ii;               /* of the marker, 0 for the smallest */
    struct loc loc;
};
struct cfg {
    VEC(struct block *) blocks; /* in reverse post-order, reachable only */
    VEC(struct loop *) loops;
    struct map block_of;
};
/* The source as bitcode. */
LLVMMemoryBufferRef clang_compile(struct program *p);
/* Indices and lengths of 32 bits. */
void narrow_sizes(struct program *p);
void front_add_attribute(struct program *p, LLVMValueRef function, int at, const char *name,
                         uint64_t value);

bool is_kind(LLVMTypeRef type, LLVMTypeKind kind); /* NULL is of none */
/* In bytes, with padding. */
uint64_t size_of(struct program *p, LLVMTypeRef type);
/* The integer or pointer of an initial value that the byte is in, and which of its bytes that is; NULL where all is zero. */
LLVMValueRef memory_scalar_at(struct program *p, LLVMValueRef init, uint64_t *byte);
/* The integer of that type at offset_bytes of an initial value, which may give it byte by byte, as clang does with bit fields. */
uint64_t memory_initial_at(struct program *p, LLVMValueRef init, LLVMTypeRef type,
                           uint64_t offset_bytes);
/* clang splits an array with a long tail of zeros into <{ [k x T], [n x T] }> or <{ T, T, [n x T] }>: an array of T again. */
LLVMTypeRef memory_shape(struct program *p, LLVMTypeRef type);

/* LLVM's passes of the list. */
void optimise_by(struct program *p, const char *list);
void optimise(struct program *p);
/* Parts the accesses to different objects that the optimiser has joined: last of all. */
void optimise_part(struct program *p);
/* What array parameters consist of, as long as they are accessed as in the source. */
void memory_note_parameters(struct program *p);
bool value_is_in(const value_vec *all, LLVMValueRef v);
/* Is v a multiple of n, by how it is made? */
bool value_is_multiple(LLVMValueRef v, uint64_t n);
/* How many bits hold v at that place: as many as it has if it may be negative. */
unsigned value_bits(struct program *p, LLVMValueRef v, LLVMValueRef at);
/* Is v, never negative, as much as that or more at that place? */
bool value_is_least(struct program *p, LLVMValueRef v, int64_t least, LLVMValueRef at);
/* Is v never negative, as an index at that place? */
bool value_is_natural(struct program *p, LLVMValueRef v, LLVMValueRef at);
/* Is v 0 or 1, by how it is made? */
bool value_is_truth(struct program *p, LLVMValueRef v);
void declared_types(struct program *p);
/* The same of locals in the top, which is all that there is. */
void declared_locals(struct program *p);
/* Is it an initial value's type, or an array of such? No declaration has structs without a name. */
bool declared_is_split(LLVMTypeRef type);
/* Makes an array of each member of a struct with arrays in it, and banks the last dimension; says whether there were any. Addresses
 * are as in the source, or the optimiser has moved constants between them. */
bool shape_objects(struct program *p, bool as_written);
/* The first use of an object that is more than a load, a store, or an address in it; NULL if there is none. */
LLVMValueRef path_obstacle(struct program *p, LLVMValueRef object);
/* The first use of a static or local object that is not seen to be of one member; NULL if there is none. */
LLVMValueRef path_astray(struct program *p, LLVMValueRef object);
/* Does the struct have arrays or structs in it? */
bool shape_has_parts(LLVMTypeRef type);
/* What an initial value of some type, from a number of bytes on, is as one of the given type. */
LLVMValueRef shape_initial_value(struct program *p, LLVMValueRef init, LLVMTypeRef type,
                                 uint64_t bytes);
/* A static array or table like another. */
LLVMValueRef shape_make_global(struct program *p, LLVMValueRef like, LLVMTypeRef type,
                               LLVMValueRef initial, const char *name);

/* Makes pointers that move into an array and an index, says whether there were any. */
bool pointer_index(struct program *p);
/* Computes addresses in the block of their access, so that none lives across blocks: a loop that is rotated then carries an index,
 * not an address. */
void pointer_sink_addresses(struct program *p, bool of_members);
/* Makes pointers into one of several arrays into a number that chooses the array, and an index. Last of all, as the optimiser would
 * undo it; first for objects that are to be shaped. */
bool pointer_choose(struct program *p, bool shaped);
/* Makes loads of unlike objects, which the optimiser made one, several again. */
void pointer_split_loads(struct program *p);

/* Assumes of indices what is known from the constant remainders that they are made of; says whether there are any. In
 * the end they are bounds, for the analysis of widths. */
bool remainder_tell(struct program *p);
void remainder_bound(struct program *p);

/* Notes which loop of the source each marker and promise is of; drops those of loops that have vanished. */
void marker_note(struct program *p);
void marker_drop(struct program *p);
/* What the branch back to a loop's head says of the loop: the operands of its metadata, the loop itself first. */
value_vec marker_loop(struct program *p, LLVMValueRef branch);

/* Warns of loops that HLS_UNROLL could not remove. */
void unroll_warn(struct program *p);

/* Copies and fills of whole rows become loads and stores: those that would become words, one by one; by loops those of one of
 * several objects, those of a length known at run time, or all. Says whether there were any. */
enum fill_which { FILL_WORDS, FILL_CHOSEN, FILL_LENGTHS, FILL_ALL };
bool fill_expand(struct program *p, enum fill_which which);
void cfg_build(struct program *p, struct cfg *cfg);
/* Each use of v, a phi or a load, now says that it is 0..most. */
void bound_name(struct program *p, LLVMValueRef v, int64_t most);
void bound_counters(struct program *p, struct cfg *cfg);
bool cfg_dominates(const struct block *a, const struct block *b);
/* A marker in the loop itself, not in one within it; or NULL. */
LLVMValueRef cfg_own_marker(const struct cfg *cfg, const struct loop *loop, const char *name);

/* Where a pointer points: a row of a bank, or of the bank given by `lane`. */
struct place {
    struct memory *memory;
    struct node *row;
    unsigned bank;
    struct node *lane;
};

/* The state of lowering one region. */
struct lowering {
    struct program *p;
    struct region *r;
    struct map predicate; /* block to node */
    struct map postdom;   /* block to set of blocks, see lower.c */
    struct map cell;      /* variable to node: value of a register at this point */
    struct map promoted;  /* memory: its cells are values in this region */
    struct map written;   /* variables that the region stores to */
    unsigned order;
    LLVMValueRef at; /* the instruction that is being lowered */
};

struct node *lower_value(struct lowering *l, LLVMValueRef v);
struct place lower_place(struct lowering *l, LLVMValueRef pointer, LLVMValueRef access,
                         unsigned width);
void lower_instruction(struct lowering *l, LLVMValueRef inst, struct node *predicate);
struct node *lower_intrinsic(struct lowering *l, LLVMValueRef inst, const char *name);
/* A part of what an operation with overflow gives: the result, or whether it does not fit. */
struct node *lower_overflow(struct lowering *l, LLVMValueRef part);
struct node *lower_read_cell(struct lowering *l, struct variable *cell);
bool lower_is_gep(LLVMValueRef v);
/* What the pointer points into: an array, or what else it starts from. */
LLVMValueRef lower_array_of(LLVMValueRef pointer);
/* Of a load or store: where, and the type of what. */
LLVMValueRef lower_pointer_of(LLVMValueRef access);
LLVMTypeRef lower_accessed_type(LLVMValueRef access);
/* Of what the last index or member of an address is. */
LLVMTypeRef lower_last_type(LLVMValueRef gep);
/* Of an array, in all of its dimensions; any other type is its own, NULL too. */
LLVMTypeRef lower_element_of(LLVMTypeRef type);
/* The next instruction after v that is no phi. */
LLVMValueRef lower_place_after(LLVMValueRef v);
struct memory *lower_memory_of(struct program *p, LLVMValueRef pointer, LLVMValueRef at);

struct loc loc_of(struct program *p, LLVMValueRef inst);
unsigned width_of(LLVMValueRef v);
/* Bits that a variable needs to hold v: one for a truth value of a wider type. */
unsigned kept_width_of(struct program *p, LLVMValueRef v);
const char *hint_of(struct program *p, LLVMValueRef v);
const char *callee_name(LLVMValueRef call);
/* Of a function whose name begins so? */
bool is_call_of(LLVMValueRef v, const char *prefix);
/* The variable that carries the value of inst to other regions. */
struct variable *variable_for(struct program *p, LLVMValueRef inst);

#endif
