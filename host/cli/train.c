/* train.c -- eddy train: from a specification and data to a model in ONNX. */
#include "cli.h"
#include "train/spec.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_DATA = KEY_OWN, KEY_BATCHES, KEY_PLOT };

struct train_options {
    struct options shared;
    const char *data, *plot;
    size_t batches;
    bool has_seed;
};

static const struct argp_option option_table[] = {
    OPTION_OUTPUT("the model to write, ONNX (required)"),
    OPTION("data", KEY_DATA, "FILE", "the data, in place of data.file of the specification"),
    OPTION_SEED,
    OPTION("batches", KEY_BATCHES, "N", "optimiser steps, in place of training.batches"),
    OPTION("plot", KEY_PLOT, "FILE", "draw the loss as PNG"),
    OPTION_QUIET,
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_options *o = state->input;
    switch (key) {
    case KEY_DATA: o->data = arg; return 0;
    case KEY_BATCHES: o->batches = parse_count(state, "batches", arg, 1, 1000000000); return 0;
    case KEY_PLOT: o->plot = arg; return 0;
    case KEY_SEED: o->has_seed = true; break;
    case ARGP_KEY_END:
        if (!o->shared.output)
            argp_error(state, "say with -o where to write the model");
        break;
    default: break;
    }
    return options_parse(key, arg, state);
}

static const struct argp argp = {option_table,
                                 parse,
                                 "SPEC.json",
                                 "Trains a network by backpropagation through time and measures it "
                                 "on the test part of the data.\v"
                                 "The specification names data, layers and training; "
                                 "host/train/spec.h describes it. An interrupt "
                                 "(Ctrl-C) ends the training early; the model so far is written.",
                                 NULL,
                                 NULL,
                                 NULL};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

struct history {
    const struct options *options;
    double *loss; /* of each batch */
    size_t n_batches;
};

static int note_progress(void *arg, const struct eddy_train_progress *progress)
{
    struct history *history = arg;
    history->loss[history->n_batches++] = progress->loss;
    progress_show(history->options, "eddy train: batch %zu of %zu, loss %.6f", progress->batch,
                  progress->batches, progress->loss);
    return interrupted;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int train(struct eddy_context *context, const struct train_options *o,
                 struct eddy_spec *spec, const struct eddy_dataset *dataset,
                 struct eddy_model **model)
{
    struct eddy_train_options *training = &spec->training;
    if (o->batches)
        training->batches = o->batches;
    if (o->has_seed)
        training->seed = o->shared.seed;
    struct history history = {&o->shared, calloc(training->batches, sizeof(double)), 0};
    if (!history.loss)
        return refuse("out of memory");
    training->progress = note_progress;
    training->progress_arg = &history;
    const double begin = now();
    void (*before)(int) = signal(SIGINT, note_interrupt);
    int error = eddy_train(context, dataset, spec->n_layers, spec->layers, training, model);
    signal(SIGINT, before);
    progress_end();
    if (!error && !o->shared.quiet)
        printf("%s %zu batches of %zu x %zu steps, seed %zu: loss %.6f, %.1f s\n",
               interrupted ? "interrupted after" : "trained", history.n_batches, training->batch,
               training->steps, (size_t)training->seed,
               history.n_batches ? history.loss[history.n_batches - 1] : 0.0, now() - begin);
    if (!error && o->plot)
        error = plot_loss(o->plot, history.n_batches, history.loss);
    free(history.loss);
    return error;
}

static int print_evaluation(struct eddy_context *context, const struct eddy_model *model,
                            const struct eddy_dataset *dataset)
{
    struct eddy_evaluation e;
    if (!dataset->test.count)
        return EDDY_OK;
    const int error = eddy_evaluate(context, model, dataset, dataset->test, &e);
    if (error)
        return error;
    printf("test part: %zu samples, ", e.samples);
    if (dataset->task == EDDY_TASK_CLASS)
        printf("accuracy %.4f, cross entropy %.4f\n", e.accuracy, e.cross_entropy);
    else
        printf("RMSE %.6g\n", e.rmse);
    return EDDY_OK;
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct train_options options = {{OPTIONS_DEFAULT, .expects = "SPEC.json"}};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct options *o = &options.shared;
    struct eddy_spec *spec = NULL;
    struct eddy_dataset *dataset = NULL;
    struct eddy_model *model = NULL;
    int error = output_check(o->output);
    if (!error && options.plot)
        error = output_check(options.plot);
    if (!error)
        error = eddy_spec_read(context, o->file, &spec);
    if (!error)
        error = eddy_spec_dataset(context, spec, options.data, NULL, &dataset);
    if (!error)
        error = train(context, &options, spec, dataset, &model);
    if (!error)
        error = eddy_model_write_onnx(context, model, o->output);
    if (!error && !o->quiet)
        error = print_evaluation(context, model, dataset);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
    eddy_spec_free(spec);
    return error;
}

const struct command command_train = {"train", "train a network on data", run, true};
