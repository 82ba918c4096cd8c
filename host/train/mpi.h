/* mpi.h -- processes that train together over MPI: a module of its own, eddy-mpi.so, so that nothing
 * else needs Open MPI. */
#ifndef EDDY_MPI_H
#define EDDY_MPI_H

#include "train/train.h"

/* The name under which the module has it. */
#define EDDY_MPI_OPEN "eddy_mpi_open"
/* Joins the processes that mpirun started; MPI ends with the program. Returns 0 or
 * EDDY_ERROR_DEVICE. */
typedef int eddy_mpi_open_function(struct eddy_train_group *group);

#endif
