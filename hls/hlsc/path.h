/* path.h -- between what finds the ways to all that is used of an object, and what makes other objects of it. */
#ifndef HLSC_PATH_H
#define HLSC_PATH_H

#include "web.h"

/* A place in an object: the indices and members on the way to it, and bytes from there that no type has been seen for yet. */
struct path {
    LLVMTypeRef type;
    int64_t bytes;
    value_vec step;
    bool ends_in_array; /* the last step is an index */
    bool stays;         /* bytes do not lead into other elements */
    bool moves_over;    /* they have */
    uint64_t loose; /* of step k, 1 << k: its index is a pointer's, which may leave the dimension */
};

/* An address as the operand of a load, of a store, or of what makes it part of a run of pointers. */
struct use {
    LLVMValueRef user;
    unsigned operand;
    LLVMValueRef pointer; /* the address; the operand may be its number */
    struct run run;       /* the type of what is there; of an access no more */
};

struct object {
    struct program *p;
    LLVMBuilderRef builder;
    LLVMValueRef value; /* a global or an alloca */
    LLVMTypeRef type;
    unsigned partition;
    bool
        as_written; /* addresses are those of the source: each is in the array that it is made from */
    VEC(struct use) uses;
    value_vec lifetimes;
    LLVMValueRef debug;   /* its type, or NULL */
    struct map *debug_of; /* of parts */
};

/* A dimension of a new array: how many, how far apart they were, and which step of a path is its index. */
struct axis {
    uint64_t count, stride_bytes;
    unsigned step;
};
typedef VEC(struct axis) axis_vec;

axis_vec path_axes(struct program *p, LLVMTypeRef *type);
LLVMValueRef path_number(struct program *p, int64_t value);
/* Lists the uses; returns the first that is more than one, or than an address in the object. */
LLVMValueRef path_collect(struct object *o, LLVMValueRef pointer);
/* The ways to all uses; sums that they need are built before these. Returns the first that has none. */
LLVMValueRef path_find_all(struct object *o, struct path *paths);
/* The steps to the element at the address, or, `past` it, to the one before it and one more; false if there is none. */
bool way_to(struct object *o, const struct use *use, bool past, struct path *at);
/* Do the ways go through the same members? */
bool way_same_members(struct object *o, const struct path *a, const struct path *b);
/* What is computed for the use stands before it. */
LLVMValueRef path_place_before(const struct use *use);
#endif
