/* group.c -- eddy train under mpirun. */
#include "group.h"

#include "cli.h"
#include "train/mpi.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* eddy-mpi.so, in the folder lib beside the program's. */
static void *open_module(void)
{
    char program[PATH_MAX] = "", path[PATH_MAX + 32];
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return NULL;
    snprintf(path, sizeof path, "%s/../lib/eddy-mpi.so", dirname(program));
    return dlopen(path, RTLD_NOW | RTLD_GLOBAL);
}

int group_open(struct eddy_train_group *group)
{
    const char *const size = getenv("OMPI_COMM_WORLD_SIZE");
    *group = (struct eddy_train_group){.size = 1};
    if (!size || atoi(size) <= 1)
        return EDDY_OK;
    void *const module = open_module();
    if (!module)
        return refuse("started by mpirun, but %s; run it without, or install Open MPI and eddy's "
                      "module for it",
                      dlerror());
    eddy_mpi_open_function *open;
    *(void **)&open = dlsym(module, EDDY_MPI_OPEN);
    return open ? open(group) : refuse("%s", dlerror());
}
