#include "mpi.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>

/* Summed in one process and handed out: an all-reduce may sum in another order in each. */
static int sum(MPI_Datatype type, size_t n, void *values)
{
    int rank;
    if (n > INT_MAX || MPI_Comm_rank(MPI_COMM_WORLD, &rank) != MPI_SUCCESS ||
        MPI_Reduce(rank == 0 ? MPI_IN_PLACE : values, values, (int)n, type, MPI_SUM, 0,
                   MPI_COMM_WORLD) != MPI_SUCCESS ||
        MPI_Bcast(values, (int)n, type, 0, MPI_COMM_WORLD) != MPI_SUCCESS)
        return EDDY_ERROR_IO;
    return EDDY_OK;
}

static int sum_floats(void *arg, size_t n, float *values)
{
    (void)arg;
    return sum(MPI_FLOAT, n, values);
}

static int sum_doubles(void *arg, size_t n, double *values)
{
    (void)arg;
    return sum(MPI_DOUBLE, n, values);
}

static void give_up(void *arg)
{
    (void)arg;
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

static void finish(void)
{
    MPI_Finalize();
}

EDDY_API eddy_mpi_open_function eddy_mpi_open;

int eddy_mpi_open(struct eddy_train_group *group)
{
    int rank, size;
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS || atexit(finish) != 0 ||
        MPI_Comm_rank(MPI_COMM_WORLD, &rank) != MPI_SUCCESS ||
        MPI_Comm_size(MPI_COMM_WORLD, &size) != MPI_SUCCESS)
        return EDDY_ERROR_DEVICE;
    *group = (struct eddy_train_group){.rank = (size_t)rank,
                                       .size = (size_t)size,
                                       .sum = sum_floats,
                                       .sum_doubles = sum_doubles,
                                       .give_up = give_up};
    return EDDY_OK;
}
