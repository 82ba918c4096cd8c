/* web.h -- pointers that are made of each other, and the indices that take their place. */
#ifndef HLSC_WEB_H
#define HLSC_WEB_H

#include "lower.h"

/* Phis and selections of pointers, and the arrays that they start from. */
struct web {
    struct program *p;
    LLVMBuilderRef builder;
    LLVMTypeRef number; /* of an index */
    value_vec joins, arrays;
    struct map seen;
    struct map index; /* of a join */
    LLVMTypeRef row;  /* that an index counts */
    uint64_t row_bytes;
    bool counts_arrays; /* not rows: an index is that of the array */
    bool has_null;      /* a pointer may be none */
};

struct web web_begin(struct program *p, LLVMBuilderRef builder);
bool web_is_join(LLVMValueRef v);
bool web_is_array(LLVMValueRef v);
/* The join and all that it is made of; false if that is more than arrays. */
bool web_collect(struct web *w, LLVMValueRef join);
/* Is the pointer of the web? What a join is made of belongs to it from now on. */
bool web_takes(struct web *w, LLVMValueRef pointer);
/* What the array consists of, as `row`; row_bytes is 0 if that is not known. */
void web_find_row(struct web *w, LLVMValueRef array);
/* Are the steps from the pointer back to its array or join whole rows? */
bool web_moves_by_rows(struct web *w, LLVMValueRef pointer);
bool web_all_move_by_rows(struct web *w);
/* A comparison of a pointer with none. */
bool web_asks_null(LLVMValueRef v);
/* Is it the address of something as a number, and of what is it, of which it may have fewer bits? NULL if it is none. */
bool web_is_number(LLVMValueRef v);
LLVMValueRef web_addressed(LLVMValueRef number);
bool web_subtracts(LLVMValueRef v);
/* Of the pointer, built before `at`; that of none is the smallest number. */
LLVMValueRef web_index(struct web *w, LLVMValueRef pointer, LLVMValueRef at);
/* Of all joins. */
void web_make_indices(struct web *w);

/* Its place among the arrays. */
unsigned web_position(const struct web *w, LLVMValueRef array);
/* The order of indices for that of pointers: one before the first is less. */
LLVMIntPredicate web_order(LLVMIntPredicate of_pointers);
/* Of two addresses, in bytes, by the indices. */
LLVMValueRef web_difference(struct web *w, LLVMValueRef index[2], LLVMTypeRef type);
/* Offers the webs of the top function to `rewrite`, which removes the joins or returns false; says whether it removed any. */
bool web_rewrite(struct program *p, LLVMBuilderRef builder, bool (*rewrite)(struct web *w));

/* ---- member.c ---- */

/* Pointers that are made of each other and run through an array in a struct. */
struct run {
    LLVMTypeRef element;
    uint64_t farthest_bytes; /* that one moves at once by a constant */
    bool goes_back, goes_on; /* both by what is not known */
    bool stays;              /* one is used where it begins */
    LLVMValueRef first;      /* of the joins: the same for all of them */
};
/* Is an address part of a run by this use: may a pointer be it, is one compared with it or subtracted? The struct has so many bytes.
 * False if the pointers may be to the struct itself. */
bool member_run(struct program *p, LLVMValueRef user, uint64_t row_bytes, struct run *run);
#endif
