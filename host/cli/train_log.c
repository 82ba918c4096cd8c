#include "train_log.h"

#include "lib/file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char header[] = "batch,loss,gradient_norm,learning_rate,validation\n";

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int train_log_open(const struct options *options, const struct eddy_train_options *training,
                   const char *path, bool plots, struct train_log *log)
{
    *log =
        (struct train_log){.options = options, .training = training, .path = path, .begin = now()};
    if (plots) {
        log->losses = calloc(training->batches, sizeof *log->losses);
        if (!log->losses)
            return refuse("out of memory");
    }
    if (!path)
        return EDDY_OK;
    log->is_json = file_ends_in(path, ".json") || file_ends_in(path, ".jsonl");
    log->file = training->resume ? fopen(path, "r+") : NULL;
    if (!log->file)
        log->file = fopen(path, "w");
    if (!log->file)
        return refuse("cannot write %s: %m", path);
    setvbuf(log->file, NULL, _IOLBF, 0); /* a checkpoint has no batch that the log has not */
    return EDDY_OK;
}

/* The batch and loss of a whole line of the log. */
static bool read_line(const struct train_log *log, const char *line, size_t *batch, double *loss)
{
    return strchr(line, '\n') &&
           sscanf(line, log->is_json ? "{\"batch\": %zu, \"loss\": %lf" : "%zu,%lf", batch, loss) ==
               2;
}

/* How many rows of a log that is there are those of batches 1, 2 ... up to `done`, to be kept: others are of a training
 * that was killed after its last checkpoint, or foreign. The file then ends behind them. */
static size_t keep_rows(struct train_log *log, size_t done)
{
    char *line = NULL;
    size_t size_bytes = 0, rows = 0, batch;
    double loss;
    long end = 0;
    while (getline(&line, &size_bytes, log->file) > 0) {
        const bool is_row = read_line(log, line, &batch, &loss);
        if (is_row ? batch != rows + 1 || batch > done : end > 0 || strcmp(line, header) != 0)
            break;
        if (is_row && log->losses)
            log->losses[rows] = loss;
        rows += is_row;
        end = ftell(log->file);
    }
    free(line);
    rewind(log->file);
    if (ftruncate(fileno(log->file), end) == 0)
        fseek(log->file, end, SEEK_SET);
    return rows;
}

/* Before the first row of this process. */
static void begin_rows(struct train_log *log, size_t done)
{
    const size_t rows = log->file && log->training->resume ? keep_rows(log, done) : 0;
    log->first_loss = rows < done ? done : 0;
    if (log->file && !log->is_json && rows == 0) {
        rewind(log->file);
        fputs(header, log->file);
    }
}

static void write_row(const struct train_log *log, const struct eddy_train_progress *p)
{
    char validation[32] = "";
    if (!isnan(p->validation))
        snprintf(validation, sizeof validation, "%.9g", p->validation);
    if (log->is_json)
        fprintf(
            log->file,
            "{\"batch\": %zu, \"loss\": %.9g, \"gradient_norm\": %.9g, \"learning_rate\": %.9g, "
            "\"validation\": %s}\n",
            p->batch, p->loss, p->gradient_norm, p->learning_rate,
            *validation ? validation : "null");
    else
        fprintf(log->file, "%zu,%.9g,%.9g,%.9g,%s\n", p->batch, p->loss, p->gradient_norm,
                p->learning_rate, validation);
}

void train_log_note(struct train_log *log, const struct eddy_train_progress *p)
{
    if (log->n_batches++ == 0)
        begin_rows(log, p->batch - 1);
    log->last = p->batch;
    log->loss = p->loss;
    if (log->losses)
        log->losses[p->batch - 1] = p->loss;
    if (log->file) {
        write_row(log, p);
        if (ferror(log->file) && !log->reason)
            log->reason = errno;
    }
    const double a_batch = train_log_seconds(log) / (double)log->n_batches;
    progress_show(log->options,
                  "eddy train: batch %zu of %zu, loss %.6f, %.0f sequences/s, %.0f s left",
                  p->batch, p->batches, p->loss, (double)log->training->batch / a_batch,
                  a_batch * (double)(p->batches - p->batch));
}

double train_log_seconds(const struct train_log *log)
{
    return now() - log->begin;
}

int train_log_plot(const struct train_log *log, const char *path)
{
    return log->n_batches ? plot_loss(path, log->first_loss, log->last, log->losses) : EDDY_OK;
}

int train_log_close(struct train_log *log)
{
    if (log->file && fclose(log->file) && !log->reason)
        log->reason = errno;
    free(log->losses);
    return log->reason ? refuse("cannot write %s: %s", log->path, strerror(log->reason)) : EDDY_OK;
}
