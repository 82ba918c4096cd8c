/* rows.h -- rows of numbers in and out of eddy run, from and to files and pipes. */
#ifndef EDDY_CLI_ROWS_H
#define EDDY_CLI_ROWS_H

#include "cli.h"

/* Whether a path stands for the standard input or output. */
bool is_pipe(const char *path);

/* Rows of input, from a file read whole or from the standard input as they come. */
struct source {
    const struct options *options;
    size_t columns, next, line;
    struct eddy_table table; /* of a file */
    bool is_pipe;
};

int source_open(struct eddy_context *context, const struct options *options, size_t columns,
                struct source *source);
/* Gives up to n_rows rows; fewer at the end, or before a row that is refused with *error. */
size_t source_read(struct eddy_context *context, struct source *source, size_t n_rows, float *x,
                   int *error);

/* Rows of output, to the standard output as they come or to a file, whole, when it is closed. */
struct sink {
    size_t capacity_rows;
    struct eddy_table table;
    bool is_pipe;
};

int sink_write(struct sink *sink, size_t n_rows, const float *y);
int sink_close(struct eddy_context *context, struct sink *sink, const char *path);

#endif
