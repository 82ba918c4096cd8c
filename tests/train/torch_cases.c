/* torch_cases.c -- what the training computes, for test_torch.py to compute again with PyTorch.
 *
 *   torch_cases > FILE
 *
 * A case begins with its name and layers, a line each; an array is a line `array NAME SIZES...` and
 * then float32. */
#include "train/sampler.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 12, BATCH = 5, INPUTS = 3, CURVE_BATCHES = 200 };

#define BOTH .direction = EDDY_DIRECTION_BIDIRECTIONAL
#define RNN(n, ...)                                                                                \
    {                                                                                              \
        EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, n, __VA_ARGS__                                        \
    }
#define GRU(n, ...)                                                                                \
    {                                                                                              \
        EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, n, .linear_before_reset = true, __VA_ARGS__           \
    }
#define LSTM(n, ...)                                                                               \
    {                                                                                              \
        EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, n, __VA_ARGS__                                       \
    }
#define DENSE(n)                                                                                   \
    {                                                                                              \
        EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, n                                                   \
    }

static const struct torch_case {
    const char *name;
    size_t n_layers;
    struct eddy_layer_shape layers[4];
    bool is_class, ragged;
} cases[] = {
    {"rnn", 1, {RNN(20)}, false, false},
    {"gru", 1, {GRU(33)}, false, false},
    {"lstm", 1, {LSTM(17)}, false, false},
    {"rnn stack, dense", 4, {RNN(9), RNN(10), RNN(11), DENSE(4)}, true, false},
    {"gru stack, dense", 3, {GRU(16), GRU(40), DENSE(2)}, false, true},
    {"lstm stack, dense", 3, {LSTM(16), LSTM(7), DENSE(3)}, true, true},
    {"bidirectional gru, lstm, dense", 3, {GRU(8, BOTH), LSTM(6, BOTH), DENSE(3)}, true, true},
    {"bidirectional rnn, gru", 2, {RNN(8, BOTH), GRU(5, BOTH)}, false, true},
    {"gru, last only, dense", 2, {GRU(12, .last_only = true), DENSE(3)}, true, true},
    {"bidirectional lstm, last only, dense",
     2,
     {LSTM(6, BOTH, .last_only = true), DENSE(3)},
     true,
     true},
};

static void put_array(const char *name, size_t a, size_t b, size_t c, const float *values)
{
    printf("array %s %zu %zu %zu\n", name, a, b, c);
    fwrite(values, sizeof *values, a * b * c, stdout);
}

/* Numbers as floats: lengths, labels. */
static void put_number(const char *name, size_t i, double number)
{
    printf("number %s %zu %.17g\n", name, i, number);
}

static void put_layers(const char *name, size_t n_layers, const struct eddy_layer_shape *layers)
{
    printf("case %s\n", name);
    for (size_t i = 0; i < n_layers; i++)
        printf("layer %s %zu %d %d\n", eddy_cell_name(layers[i].cell), layers[i].n_out,
               layers[i].direction == EDDY_DIRECTION_BIDIRECTIONAL, layers[i].last_only);
}

static void fail(const char *what)
{
    fprintf(stderr, "torch_cases: %s\n", what);
    exit(EXIT_FAILURE);
}

static void put_case(const struct torch_case *c)
{
    struct eddy_network *network;
    struct eddy_random random;
    const struct eddy_network_shape shape = {.n_in = INPUTS,
                                             .n_layers = c->n_layers,
                                             .layers = c->layers,
                                             .steps = STEPS,
                                             .batch = BATCH};
    float target[STEPS * BATCH * 64];
    int labels[STEPS * BATCH];
    if (eddy_network_create(&shape, &network))
        fail("no network");
    eddy_random_seed(&random, 11);
    eddy_network_init(network, &random);
    for (size_t i = 0; i < network->params_elems; i++)
        network->params[i] += 0.1F * (float)eddy_random_normal(&random);
    for (size_t i = 0; i < STEPS * BATCH * INPUTS; i++)
        network->x[i] = (float)eddy_random_normal(&random);
    const struct eddy_network_layer *const last = eddy_network_last(network);
    const size_t outputs = last->out_steps * BATCH;
    put_layers(c->name, c->n_layers, c->layers);
    for (size_t i = 0; i < outputs * last->n_out; i++)
        target[i] = (float)eddy_random_normal(&random);
    for (size_t i = 0; i < outputs; i++) {
        labels[i] = (int)eddy_random_below(&random, last->n_out);
        if (c->is_class)
            put_number("label", i, labels[i]);
    }
    for (size_t b = 0; b < BATCH; b++) {
        network->lengths[b] = c->ragged ? STEPS - 2 * b : STEPS;
        put_number("length", b, (double)network->lengths[b]);
    }
    const float *const y = eddy_network_forward(network);
    const size_t terms = eddy_loss_terms(network, 0);
    put_number("loss", 0,
               c->is_class ? eddy_loss_cross_entropy(network, 0, terms, labels)
                           : eddy_loss_mse(network, 0, terms, target));
    eddy_network_backward(network);
    put_array("x", STEPS, BATCH, INPUTS, network->x);
    put_array("y", last->out_steps, BATCH, last->n_out, y);
    put_array("target", last->out_steps, BATCH, last->n_out, target);
    put_array("params", 1, 1, network->params_elems, network->params);
    put_array("gradient", 1, 1, network->params_elems, network->gradient);
    eddy_network_free(network);
}

static int put_loss(void *arg, const struct eddy_train_progress *progress)
{
    (void)arg;
    put_number("loss", progress->batch - 1, progress->loss);
    return 0;
}

/* Once more, as eddy_train draws them: the first parameters and every batch. */
static void put_batches(const struct eddy_dataset *dataset, const struct eddy_train_options *o,
                        size_t n_layers, const struct eddy_layer_shape *layers)
{
    struct eddy_network *network;
    struct eddy_random random;
    struct eddy_sampler sampler;
    const struct eddy_network_shape shape = {.n_in = dataset->n_inputs,
                                             .n_layers = n_layers,
                                             .layers = layers,
                                             .steps = o->steps,
                                             .batch = o->batch};
    const size_t n = o->steps * o->batch;
    float *const target = calloc(n * dataset->n_outputs, sizeof *target);
    if (!target || eddy_network_create(&shape, &network) ||
        eddy_sampler_open(dataset, o->seed, o->steps, &sampler))
        fail("out of memory");
    eddy_random_seed(&random, o->seed);
    eddy_network_init(network, &random);
    put_array("params", 1, 1, network->params_elems, network->params);
    for (size_t i = 0; i < o->batches; i++) {
        for (size_t b = 0; b < o->batch; b++)
            eddy_sampler_cut(&sampler, eddy_sampler_draw(&sampler, &random, i * o->batch + b),
                             network, b, NULL, target);
        put_array("x", o->steps, o->batch, dataset->n_inputs, network->x);
        put_array("target", o->steps, o->batch, dataset->n_outputs, target);
    }
    free(target);
    eddy_sampler_close(&sampler);
    eddy_network_free(network);
}

/* A training of CURVE_BATCHES: its losses. */
static void put_curve(struct eddy_context *context, const char *name, size_t n_layers,
                      const struct eddy_layer_shape *layers)
{
    static float values[1000 * 2];
    const struct eddy_table table = {1000, 2, values};
    struct eddy_dataset_options chosen;
    struct eddy_train_options options;
    struct eddy_dataset *dataset;
    struct eddy_model *model;
    for (size_t i = 0; i < 1000; i++) {
        values[2 * i] = sinf((float)i * 0.21F) + 0.4F * cosf((float)(i * i % 97));
        values[2 * i + 1] = cosf((float)i * 0.13F);
    }
    eddy_dataset_options_init(&chosen);
    eddy_train_options_init(&options);
    options.batches = CURVE_BATCHES;
    options.batch = 8;
    options.steps = 25;
    options.threads = 2;
    options.final_learning_rate = options.learning_rate;
    options.clip_norm = 0;
    options.progress = put_loss;
    if (eddy_dataset_create(context, &table, &chosen, &dataset))
        fail(eddy_last_error(context));
    put_layers(name, n_layers, layers);
    put_number("learning_rate", 0, options.learning_rate);
    if (eddy_train(context, dataset, n_layers, layers, &options, &model))
        fail(eddy_last_error(context));
    put_batches(dataset, &options, n_layers, layers);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

int main(void)
{
    static const struct eddy_layer_shape rnn[] = {RNN(16), DENSE(2)}, gru[] = {GRU(16), DENSE(2)},
                                         lstm[] = {LSTM(8, BOTH), LSTM(8), DENSE(2)};
    struct eddy_context *context;
    if (eddy_context_open(&context))
        fail("out of memory");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        put_case(&cases[i]);
    put_curve(context, "curve of an rnn", 2, rnn);
    put_curve(context, "curve of a gru", 2, gru);
    put_curve(context, "curve of two lstm", 3, lstm);
    eddy_context_close(context);
    return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
