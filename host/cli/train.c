/* train.c -- eddy train: from a specification and data to a model in ONNX. */
#include "cli.h"
#include "group.h"
#include "train_log.h"
#include "train/spec.h"
#include "train/weights.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_DATA = KEY_OWN,
    KEY_BATCHES,
    KEY_THREADS,
    KEY_PLOT,
    KEY_LOG,
    KEY_CHECKPOINT,
    KEY_CHECKPOINT_EVERY,
    KEY_RESUME,
    KEY_DECODER,
    KEY_WEIGHTS,
    KEY_FROM
};

struct train_options {
    struct options shared;
    const char *data, *from, *plot, *log, *checkpoint, *decoder, *weights;
    size_t batches, threads, checkpoint_every;
    bool has_seed, has_weight_bits, resume;
    struct eddy_train_group group;
};

static const struct argp_option option_table[] = {
    OPTION_OUTPUT("the model to write, ONNX (required)"),
    OPTION("data", KEY_DATA, "FILE", "the data, in place of data.file of the specification"),
    OPTION_SEED,
    OPTION("decoder", KEY_DECODER, "FILE",
           "the decoder to write, ONNX, of the task translate; -o is then the encoder"),
    OPTION("weights", KEY_WEIGHTS, "FILE",
           "write the weights, too: .safetensors, or, as NumPy arrays, .npz"),
    OPTION("from", KEY_FROM, "MODEL.onnx",
           "begin with the weights of this model, whose layers are those of the specification"),
    OPTION("batches", KEY_BATCHES, "N", "optimiser steps, in place of training.batches"),
    OPTION("threads", KEY_THREADS, "N", "threads, in place of training.threads"),
    OPTION("checkpoint", KEY_CHECKPOINT, "FILE",
           "keep there where the training stands; an interrupt saves it too"),
    OPTION("checkpoint-every", KEY_CHECKPOINT_EVERY, "N", "batches between (default 100)"),
    OPTION("resume", KEY_RESUME, NULL,
           "go on from the checkpoint, if there is one, to the same bits"),
    OPTION("weight-bits", KEY_WEIGHT_BITS, "N",
           "learn with weights of 2 to 16 bits, in place of training.weight_bits; 0: float"),
    OPTION("log", KEY_LOG, "FILE",
           "write batch, loss, gradient norm, rate and validation: .json, an object a line, else "
           "CSV; a training that resumes goes on in it"),
    OPTION("plot", KEY_PLOT, "FILE", "draw the loss as PNG"),
    OPTION_QUIET,
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_options *o = state->input;
    switch (key) {
    case KEY_DATA: o->data = arg; return 0;
    case KEY_BATCHES: o->batches = parse_count(state, "batches", arg, 1, 1000000000); return 0;
    case KEY_THREADS: o->threads = parse_count(state, "threads", arg, 1, 1024); return 0;
    case KEY_CHECKPOINT: o->checkpoint = arg; return 0;
    case KEY_CHECKPOINT_EVERY:
        o->checkpoint_every = parse_count(state, "checkpoint-every", arg, 1, 1000000000);
        return 0;
    case KEY_RESUME: o->resume = true; return 0;
    case KEY_DECODER: o->decoder = arg; return 0;
    case KEY_WEIGHTS: o->weights = arg; return 0;
    case KEY_FROM: o->from = arg; return 0;
    case KEY_LOG: o->log = arg; return 0;
    case KEY_PLOT: o->plot = arg; return 0;
    case KEY_SEED: o->has_seed = true; break;
    case KEY_WEIGHT_BITS:
        o->has_weight_bits = true;
        o->shared.weight_bits = parse_count(state, "weight-bits", arg, 0, 16);
        return 0;
    case ARGP_KEY_END:
        if (!o->shared.output)
            argp_error(state, "say with -o where to write the model");
        if (o->resume && !o->checkpoint)
            argp_error(state, "--resume needs --checkpoint FILE");
        break;
    default: break;
    }
    return options_parse(key, arg, state);
}

static const struct argp argp = {
    option_table,
    parse,
    "SPEC.json",
    "Trains a network by backpropagation through time and measures it "
    "on the test part of the data.\v"
    "The specification names data, layers and training; "
    "host/train/spec.h describes it. An interrupt "
    "(Ctrl-C) or SIGTERM ends the training early; the model so far is written.",
    NULL,
    NULL,
    NULL};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static int note_progress(void *arg, const struct eddy_train_progress *p)
{
    train_log_note(arg, p);
    return interrupted;
}

static void print_training(const struct train_log *log)
{
    const struct eddy_train_options *const training = log->training;
    if (log->n_batches)
        printf("%s %zu batches", interrupted ? "interrupted after" : "trained", log->last);
    else
        printf("the checkpoint has all batches");
    printf(" of %zu sequences, seed %zu, %zu thread(s)", training->batch, (size_t)training->seed,
           training->threads);
    if (training->group)
        printf(" in each of %zu processes", training->group->size);
    printf(": ");
    if (log->n_batches)
        printf("loss %.6f, ", log->loss);
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    printf("%.1f s, %ld MB\n", train_log_seconds(log), usage.ru_maxrss / 1024);
}

/* The specification's training, with what the command line says instead. */
static void choose_training(const struct train_options *o, const struct eddy_dataset *dataset,
                            struct eddy_spec *spec)
{
    struct eddy_train_options *training = &spec->training;
    training->batches = o->batches ? o->batches : eddy_spec_batches(spec, dataset);
    if (o->has_seed)
        training->seed = o->shared.seed;
    if (o->has_weight_bits)
        training->weight_bits = (unsigned)o->shared.weight_bits;
    if (o->threads)
        training->threads = o->threads;
    training->checkpoint = o->checkpoint;
    training->checkpoint_every = o->checkpoint_every;
    training->group = o->group.size > 1 ? &o->group : NULL;
    training->resume = o->resume && access(o->checkpoint, F_OK) == 0;
}

/* What comes out: of the task translate an encoder, too. */
struct trained {
    struct eddy_model *encoder, *model;
};

static int train(struct eddy_context *context, const struct train_options *o,
                 struct eddy_spec *spec, const struct eddy_dataset *dataset,
                 struct trained *trained)
{
    struct eddy_train_options *training = &spec->training;
    struct train_log log;
    choose_training(o, dataset, spec);
    int error = train_log_open(&o->shared, training, o->log, o->plot != NULL, &log);
    training->progress = note_progress;
    training->progress_arg = &log;
    void (*const before)(int) = signal(SIGINT, note_interrupt);
    void (*const before_term)(int) = signal(SIGTERM, note_interrupt);
    if (!error)
        error = eddy_train_pair(context, dataset, spec->n_encoder, spec->n_layers, spec->layers,
                                training, &trained->encoder, &trained->model);
    signal(SIGINT, before);
    signal(SIGTERM, before_term);
    progress_end();
    if (!error && !o->shared.quiet)
        print_training(&log);
    if (!error && o->plot)
        error = train_log_plot(&log, o->plot);
    const int unwritten = train_log_close(&log);
    return error ? error : unwritten;
}

static int print_evaluation(struct eddy_context *context, const struct trained *trained,
                            const struct eddy_dataset *dataset)
{
    struct eddy_evaluation e;
    const bool pair = dataset->task == EDDY_TASK_TRANSLATE;
    if (!dataset->test.count)
        return EDDY_OK;
    const int error = pair ? eddy_evaluate_pair(context, trained->encoder, trained->model, dataset,
                                                dataset->test, &e)
                           : eddy_evaluate(context, trained->model, dataset, dataset->test, &e);
    if (error)
        return error;
    printf("test part: %zu samples, ", e.samples);
    if (eddy_task_is_class(dataset->task))
        printf("%s %.4f, cross entropy %.4f\n", pair ? "whole answers" : "accuracy", e.accuracy,
               e.cross_entropy);
    else
        printf("RMSE %.6g\n", e.rmse);
    return EDDY_OK;
}

/* Whether a model of layers [first, end) can be written at all: for before the work, not after it. */
static int check_export(struct eddy_context *context, const struct eddy_spec *spec, size_t first,
                        size_t end, const struct eddy_dataset *dataset, const char *output)
{
    const size_t n_in = eddy_dataset_n_in(dataset, first > 0);
    struct eddy_model *model = NULL;
    char *trial = NULL;
    int error = output_check(output);
    if (!error)
        error = eddy_model_create(context, n_in, end - first, spec->layers + first, &model);
    if (!error && asprintf(&trial, "%s.trial", output) < 0)
        error = refuse("out of memory");
    if (!error)
        error = eddy_model_write_onnx(context, model, trial);
    if (!error)
        unlink(trial);
    eddy_model_free(model);
    free(trial);
    return error;
}

/* Whether both are the same file, or will be. */
static bool is_same(const char *a, const char *b)
{
    struct stat of_a, of_b;
    if (stat(a, &of_a) || stat(b, &of_b))
        return strcmp(a, b) == 0;
    return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* That no output is written over another one, or over what is read. */
static int check_distinct(const struct train_options *o, const struct eddy_spec *spec)
{
    enum { INPUTS = 2 };
    const struct {
        const char *what, *path;
    } files[] = {{"the specification", o->shared.file},
                 {"the data", o->data ? o->data : spec->data_path},
                 {"--output", o->shared.output},
                 {"--decoder", o->decoder},
                 {"--weights", o->weights},
                 {"--log", o->log},
                 {"--plot", o->plot},
                 {"--checkpoint", o->checkpoint}};
    for (size_t i = INPUTS; i < sizeof files / sizeof *files; i++)
        for (size_t k = 0; k < i; k++)
            if (files[i].path && files[k].path && is_same(files[i].path, files[k].path))
                return refuse("%s would be written over %s: name another file than %s",
                              files[i].what, files[k].what, files[i].path);
    return EDDY_OK;
}

/* All that will be written. */
static int check_outputs(struct eddy_context *context, const struct train_options *o,
                         const struct eddy_spec *spec, const struct eddy_dataset *dataset)
{
    const bool pair = spec->n_encoder > 0;
    const char *const others[] = {o->plot, o->weights, o->checkpoint};
    if (pair != (o->decoder != NULL))
        return refuse(pair ? "say with --decoder where to write the decoder"
                           : "--decoder goes with the task \"translate\" only");
    int error = check_distinct(o, spec);
    if (!error && o->weights)
        error = eddy_weights_check(context, o->weights);
    if (!error)
        error = check_export(context, spec, spec->n_encoder, spec->n_layers, dataset,
                             pair ? o->decoder : o->shared.output);
    if (!error && pair)
        error = check_export(context, spec, 0, spec->n_encoder, dataset, o->shared.output);
    for (size_t i = 0; !error && i < sizeof others / sizeof *others; i++)
        if (others[i])
            error = output_check(others[i]);
    return error;
}

static int write_models(struct eddy_context *context, const struct train_options *o,
                        const struct trained *trained)
{
    int error =
        eddy_model_write_onnx(context, trained->model, o->decoder ? o->decoder : o->shared.output);
    if (!error && trained->encoder)
        error = eddy_model_write_onnx(context, trained->encoder, o->shared.output);
    if (!error && o->weights)
        error = eddy_model_write_weights(context, trained->encoder, trained->model, o->weights);
    return error;
}

/* Ends all processes: the others may wait for this one. */
static void give_up(struct eddy_context *context, const struct eddy_train_group *group, int error)
{
    if (error < 0)
        refuse("%s", eddy_last_error(context));
    group->give_up(group->arg);
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct train_options options = {{OPTIONS_DEFAULT, .expects = "SPEC.json"},
                                    .checkpoint_every = 100};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct options *o = &options.shared;
    struct eddy_spec *spec = NULL;
    struct eddy_dataset *dataset = NULL;
    struct eddy_model *start = NULL;
    struct trained trained = {0};
    int error = group_open(&options.group);
    if (!error)
        error = eddy_spec_read(context, o->file, &spec);
    if (!error)
        error = eddy_spec_dataset(context, spec, options.data, NULL, &dataset);
    const bool is_first = options.group.rank == 0;
    if (!is_first) { /* says and writes nothing */
        options.shared.quiet = true;
        options.log = options.plot = NULL;
    }
    if (!error && options.from) {
        error = eddy_model_read_onnx(context, options.from, &start);
        spec->training.start = start;
    }
    if (!error && is_first)
        error = check_outputs(context, &options, spec, dataset);
    if (!error)
        error = train(context, &options, spec, dataset, &trained);
    if (trained.model && is_first) { /* even if log or plot failed */
        int late = write_models(context, &options, &trained);
        if (!late && !o->quiet)
            late = print_evaluation(context, &trained, dataset);
        error = late ? late : error;
    }
    if (error && options.group.give_up)
        give_up(context, &options.group, error);
    eddy_model_free(start);
    eddy_model_free(trained.encoder);
    eddy_model_free(trained.model);
    eddy_dataset_free(dataset);
    eddy_spec_free(spec);
    return error;
}

const struct command command_train = {"train", "train a network on data", run, true};
