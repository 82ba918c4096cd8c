/* disturb.h -- streams on a device that is disturbed at random: each must end in the right outputs or in an error, and the
 * device must give the right outputs again afterwards. */
#ifndef TESTS_DISTURB_H
#define TESTS_DISTURB_H

#include "random_program.h"

#include <sys/types.h>

struct fault {
    const char *name;
    int kind;   /* for the calls below */
    bool kills; /* the client: it need not end by itself */
};

struct disturbance {
    const struct fault *faults;
    int n_faults;
    /* Before the client starts; after a random packet of it; when it has ended. */
    void (*begin)(int kind, struct random *random);
    void (*strike)(int kind, struct random *random, pid_t client);
    void (*end)(int kind);
};

/* main of a program URI RUNS [SEED [JOBS]]: runs, JOBS of them side by side. Prints in cmocka's form. */
int disturb_main(const struct disturbance *disturbance, int argc, char **argv);

#endif
