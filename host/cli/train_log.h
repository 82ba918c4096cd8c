/* train_log.h -- what eddy train tells of every batch: a line on the terminal, a row of a log, a point of the plot. */
#ifndef EDDY_TRAIN_LOG_H
#define EDDY_TRAIN_LOG_H

#include "cli.h"
#include "train/train.h"

#include <stdio.h>

struct train_log {
    const struct options *options;
    const struct eddy_train_options *training;
    const char *path; /* of the log, or NULL */
    FILE *file;
    int reason;        /* errno of the first row that could not be written, or 0 */
    bool is_json;      /* one object a line, when the path ends in .json or .jsonl; else CSV */
    double begin;      /* seconds */
    size_t last;       /* batches done, those before a checkpoint too; 0: none yet */
    size_t n_batches;  /* done by this process */
    double *losses;    /* (training->batches), for a plot; else NULL */
    size_t first_loss; /* those before it are not known */
    double loss;       /* of the last batch */
};

/* A training that resumes goes on in a log that is there, behind the batches that its checkpoint has. Returns as a
 * command does; train_log_close then, too. */
int train_log_open(const struct options *options, const struct eddy_train_options *training,
                   const char *path, bool plots, struct train_log *log);
void train_log_note(struct train_log *log, const struct eddy_train_progress *progress);
double train_log_seconds(const struct train_log *log);
int train_log_plot(const struct train_log *log, const char *path);
/* Fails when the log could not be written. */
int train_log_close(struct train_log *log);

#endif
