/* fill.h -- between what finds copies and fills of whole objects, and what makes loads and stores of them. */
#ifndef HLSC_FILL_H
#define HLSC_FILL_H

#include "lower.h"

/* Rows of one type, one after another. */
struct fill {
    LLVMValueRef call;
    LLVMTypeRef row;    /* an integer, or an array or struct made of them; NULL: padding */
    uint64_t row_bytes; /* of a struct, the members before them */
    uint64_t rows;      /* 0: as many as there are at run time */
    bool copies;        /* else every byte has one value */
    bool may_overlap;   /* where it copies from, and where to */
};

enum { FILL_WORD_BYTES = 8 }; /* the optimiser makes a word of as many */

uint64_t fill_offset_of(struct program *p, LLVMTypeRef type, unsigned member);
enum fill_how {
    FILL_BY_LOOP,
    FILL_AT_ONCE,
    FILL_MEMBERS /* larger arrays in a struct are copied or filled as a whole again */
};
/* Loads and stores before the call. */
void fill_put(struct program *p, const struct fill *f, enum fill_how how);
#endif
