/* data.c -- numbers for the commands: from files, or made. */
#include "cli.h"
#include "train/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keeps the rows that were asked for, scaled. */
static int choose(const struct options *options, size_t columns, struct eddy_table *table)
{
    if (table->n_columns != columns)
        return refuse("%s has %zu columns, the model takes %zu; give data with %zu", options->data,
                      table->n_columns, columns, columns);
    if (options->skip >= table->n_rows)
        return refuse("%s has %zu rows; skip fewer than that", options->data, table->n_rows);
    table->n_rows -= options->skip;
    memmove(table->values, table->values + options->skip * columns,
            table->n_rows * columns * sizeof *table->values);
    if (options->rows && options->rows < table->n_rows)
        table->n_rows = options->rows;
    for (size_t i = 0; i < table->n_rows * columns; i++) {
        const double value = table->values[i] * options->scale + options->offset;
        if (fabs(value) > 3e38)
            return refuse("%s: row %zu, column %zu is out of range after --scale; scale it less",
                          options->data, options->skip + i / columns + 1, i % columns + 1);
        table->values[i] = (float)value;
    }
    return EDDY_OK;
}

int data_read(struct eddy_context *context, const struct options *options, size_t columns,
              struct eddy_table *table)
{
    int error = eddy_table_read(context, options->data, options->data_name, table);
    if (!error)
        error = choose(options, columns, table);
    if (error)
        eddy_table_free(table);
    return error;
}

int data_make(const struct eddy_model *model, size_t n_columns, size_t tokens, size_t n_rows,
              uint64_t seed, struct eddy_table *table)
{
    struct eddy_random random;
    eddy_random_seed(&random, seed);
    *table = (struct eddy_table){n_rows, n_columns, malloc(n_rows * n_columns * sizeof(float))};
    if (!table->values)
        return refuse("out of memory; use fewer --steps");
    for (size_t i = 0; tokens && i < n_rows; i++)
        table->values[i] = (float)eddy_random_below(&random, tokens);
    for (size_t i = 0; !tokens && i < n_rows * n_columns; i++) {
        const size_t c = i % n_columns;
        const double scale = model ? model->in_scale[c] : 1,
                     offset = model ? model->in_offset[c] : 0;
        const double u = 2 * eddy_random_uniform(&random) - 1;
        table->values[i] = (float)(scale != 0 ? (u - offset) / scale : 0);
    }
    return EDDY_OK;
}

int output_check(const char *path)
{
    struct stat there;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
        return refuse("cannot write %s: %s", path, strerror(EISDIR));
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    const bool writable = folder && access(folder, W_OK | X_OK) == 0;
    const int reason = errno;
    free(folder);
    return writable ? 0 : refuse("cannot write %s: %s", path, strerror(reason));
}
