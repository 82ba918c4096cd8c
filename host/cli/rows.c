#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool is_pipe(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

int source_open(struct eddy_context *context, const struct options *options, size_t columns,
                struct source *source)
{
    *source = (struct source){options, columns, .is_pipe = is_pipe(options->data)};
    return source->is_pipe ? EDDY_OK : data_read(context, options, columns, &source->table);
}

size_t source_read(struct eddy_context *context, struct source *source, size_t n_rows, float *x,
                   int *error)
{
    const size_t columns = source->columns;
    size_t rows = 0;
    if (!source->is_pipe) {
        const size_t left = source->table.n_rows - source->next;
        rows = left < n_rows ? left : n_rows;
        memcpy(x, source->table.values + source->next * columns, rows * columns * sizeof *x);
        source->next += rows;
        return rows;
    }
    int got = 1;
    while (rows < n_rows && got == 1) {
        float *row = x + rows * columns;
        got = eddy_csv_read_row(context, stdin, "standard input", &source->line, columns, row);
        for (size_t i = 0; i < columns && got == 1; i++)
            row[i] = (float)(row[i] * source->options->scale + source->options->offset);
        rows += got == 1;
    }
    source->next += rows;
    *error = got < 0 ? got : EDDY_OK;
    return rows;
}

int sink_write(struct sink *sink, size_t n_rows, const float *y)
{
    struct eddy_table *table = &sink->table;
    const size_t columns = table->n_columns;
    if (sink->is_pipe) {
        for (size_t i = 0; i < n_rows * columns; i++)
            printf("%.9g%c", y[i], (i + 1) % columns ? ',' : '\n');
        return fflush(stdout) || ferror(stdout) ? refuse("cannot write to the standard output: %m")
                                                : EDDY_OK;
    }
    if (table->n_rows + n_rows > sink->capacity_rows) {
        const size_t capacity = 2 * (table->n_rows + n_rows);
        float *grown = realloc(table->values, capacity * columns * sizeof *grown);
        if (!grown)
            return refuse("out of memory for the output; use -o - and a pipe");
        table->values = grown;
        sink->capacity_rows = capacity;
    }
    memcpy(table->values + table->n_rows * columns, y, n_rows * columns * sizeof *y);
    table->n_rows += n_rows;
    return EDDY_OK;
}

int sink_close(struct eddy_context *context, struct sink *sink, const char *path)
{
    return sink->is_pipe ? EDDY_OK : eddy_table_write(context, path, &sink->table);
}
