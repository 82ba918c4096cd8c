/* team.h -- inside the training: threads that do one piece of work together, again and again. */
#ifndef EDDY_TEAM_H
#define EDDY_TEAM_H

#include <stddef.h>

struct eddy_team;

/* members - 1 threads beside the caller's, which is member 0. Returns 0 or EDDY_ERROR_MEMORY (no
 * memory, or no more threads). */
int eddy_team_create(size_t members, struct eddy_team **team);
/* Ends the threads. */
void eddy_team_free(struct eddy_team *team);
/* work(arg, member) for every member at once; returns when all are done. */
void eddy_team_run(struct eddy_team *team, void (*work)(void *arg, size_t member), void *arg);

#endif
