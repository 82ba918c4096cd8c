/* schedule.h -- between the dependence analysis and the scheduler. */
#ifndef HLSC_SCHEDULE_H
#define HLSC_SCHEDULE_H

#include "ir.h"

/* to.cycle >= from.cycle + latency - ii * distance */
struct precedence {
    struct node *from, *to;
    int latency, distance;
    bool shares; /* the cycle, as long as that is possible: of two accesses one is made at most */
};
typedef VEC(struct precedence) precedence_vec;

void depend_find(struct program *p, struct region *r, precedence_vec *out);

bool schedule_heeds(const struct region *r, const struct precedence *o);

/* True if a and b want one port in one cycle and cannot share it. */
bool port_conflict(const struct region *r, const struct node *a, const struct node *b);

/* The cycle in which phi takes its next value. */
int schedule_update_cycle(const struct node *phi);
int schedule_ready(const struct node *n);

/* An effect at the head of a loop has the first cycle, whatever its condition. */
bool schedule_is_head(const struct region *r, const struct node *n);
/* Do the paths that end in n fit into the period, in its cycle? Sets its arrival and reach. */
bool schedule_fits(const struct program *p, const struct region *r, struct node *n);

/* Does the block's way out i follow from its condition within the last cycle? The condition may be kept from a
 * cycle before; a period that is too short for that too is not the schedule's to meet. */
bool schedule_leaves(const struct program *p, const struct region *r, unsigned i);

struct scheduler {
    bool unsteady; /* a node that was taken to be steady is not */
    bool moved;    /* a lower bound was raised while nodes were placed */
    struct program *p;
    struct region *r;
    precedence_vec order;
    int *lower; /* by index in r->nodes: bounds found so far */
    struct node **cause;
    struct node *crowded; /* no cycle of the interval has a port left for it */
    struct map index_of;  /* node to index + 1 */
    bool *stale;          /* by index: what it reads has moved */
};
unsigned schedule_index(const struct scheduler *s, const struct node *n);
/* Moves nodes to where fewer register bits are alive, within the same II and depth. */
void sink_nodes(struct scheduler *s);
bool schedule_legal(struct scheduler *s);
/* For tests: what the scheduler itself thinks of the schedule as it stands. */
bool schedule_is_legal(struct program *p, struct region *r);

#endif
