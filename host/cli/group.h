/* group.h -- eddy train under mpirun: the processes that it started train together. */
#ifndef EDDY_GROUP_H
#define EDDY_GROUP_H

#include "train/train.h"

/* Without mpirun, a group of this process alone. Returns as a command does. */
int group_open(struct eddy_train_group *group);

#endif
