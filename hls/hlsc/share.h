/* share.h -- which variables share a register, and until when a block needs its values. */
#ifndef HLSC_SHARE_H
#define HLSC_SHARE_H

#include "ir.h"

/* Gives variables that are never alive together one register, where that costs no logic. */
void share_registers(struct program *p);
/* The variable whose register v has. */
struct variable *share_register(struct variable *v);
/* The variable that keeps n for later cycles of the block, or NULL. */
struct variable *share_kept(const struct region *r, const struct node *n);
/* Whether the register of `to` has the value already. */
bool share_is_there(struct variable *to, const struct node *value);
/* By index in r->nodes: the last cycle of the block that reads the node, -1 for none. */
int *share_last_uses(struct arena *arena, const struct region *r);
/* The cycle of the block with which the register takes its value. */
int share_set_cycle(const struct region *r, const struct liveout *o);
/* Whether a loop leaves behind in o->to what phi has become: its register takes that by itself if both share it. */
bool share_is_last_state(const struct liveout *o, const struct node *phi);

#endif
