/* test_gradient.c -- the training core in double: gradients against central differences, outputs
 * against the float reference. The core is compiled once more here, with EDDY_REAL_DOUBLE, which
 * renames its functions. */
#define EDDY_REAL_DOUBLE
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "train/dense.c"
#include "train/embedding.c"
#include "train/gru.c"
#include "train/loss.c"
#include "train/lstm.c"
#include "train/multiply.c"
#include "train/network.c"
#include "train/network_model.c"
#include "train/network_pass.c"
#include "train/recurrent.c"
#include "train/rnn.c"
#include "train/fixed_point.c" /* last: names of hls/config.h */
/* NOLINTEND(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STEPS 7
#define BATCH 3
#define INPUTS 4
#define MAX_UNITS 8
#define TOKENS 6
#define DECODER_STEPS 5
#define DECODER_INPUTS 3

#define RNN EDDY_CELL_RNN
#define DENSE EDDY_CELL_DENSE
#define GRU EDDY_CELL_GRU
#define LSTM EDDY_CELL_LSTM
#define EMBEDDING EDDY_CELL_EMBEDDING
#define REVERSE EDDY_DIRECTION_REVERSE
#define BOTH EDDY_DIRECTION_BIDIRECTIONAL
#define TANH EDDY_ACTIVATION_TANH
#define RELU EDDY_ACTIVATION_RELU
#define SIGMOID EDDY_ACTIVATION_SIGMOID
#define NONE EDDY_ACTIVATION_NONE

struct stack {
    const char *name;
    size_t n_layers;
    struct eddy_layer_shape shapes[4];
    size_t n_encoder;
    double dropout;
};

static const struct stack stacks[] = {
    {"dense", 1, {{DENSE, NONE, 3}}},
    {"tanh dense", 1, {{DENSE, TANH, 3}}},
    {"rnn", 1, {{RNN, TANH, 5}}},
    {"linear rnn", 1, {{RNN, NONE, 2}}},
    {"rnn, dense", 2, {{RNN, TANH, 8}, {DENSE, NONE, 2}}},
    {"rnn, rnn", 2, {{RNN, TANH, 5}, {RNN, TANH, 3}}},
    {"rnn, rnn, dense", 3, {{RNN, TANH, 5}, {RNN, TANH, 6}, {DENSE, NONE, 3}}},
    {"tanh dense, rnn, tanh dense", 3, {{DENSE, TANH, 6}, {RNN, TANH, 5}, {DENSE, TANH, 2}}},
    {"relu dense, sigmoid dense", 2, {{DENSE, RELU, 6}, {DENSE, SIGMOID, 3}}},
    {"relu rnn", 2, {{RNN, RELU, 6}, {DENSE, NONE, 2}}},
    {"gru", 1, {{GRU, TANH, 5}}},
    {"gru, linear before reset", 1, {{GRU, TANH, 5, .linear_before_reset = true}}},
    {"lstm", 1, {{LSTM, TANH, 5}}},
    {"lstm, peepholes", 1, {{LSTM, TANH, 5, .peephole = true}}},
    {"gru, lstm, gru",
     3,
     {{GRU, TANH, 4, .linear_before_reset = true},
      {LSTM, TANH, 5, .peephole = true},
      {GRU, TANH, 3}}},
    {"rnn of one unit", 2, {{RNN, TANH, 1}, {DENSE, NONE, 1}}},
    {"reverse gru", 2, {{GRU, TANH, 4, REVERSE}, {DENSE, NONE, 2}}},
    {"dense, reverse lstm, reverse rnn",
     3,
     {{DENSE, TANH, 3}, {LSTM, TANH, 4, REVERSE}, {RNN, TANH, 3, REVERSE}}},
    {"bidirectional rnn, lstm, gru",
     3,
     {{RNN, TANH, 3, BOTH}, {LSTM, TANH, 3, BOTH, .peephole = true}, {GRU, TANH, 2, BOTH}}},
    {"gru, last only, dense", 2, {{GRU, TANH, 5, .last_only = true}, {DENSE, NONE, 3}}},
    {"bidirectional lstm, reverse gru, last only",
     2,
     {{LSTM, TANH, 3, BOTH}, {GRU, TANH, 3, REVERSE, .last_only = true}}},
    {"bidirectional gru, last only, dense, rnn",
     3,
     {{GRU, TANH, 3, BOTH, .last_only = true}, {DENSE, TANH, 3}, {RNN, TANH, 2}}},
    {"embedding, gru", 2, {{EMBEDDING, NONE, 3}, {GRU, TANH, 4}}},
    {"embedding, bidirectional lstm, last only",
     2,
     {{EMBEDDING, NONE, 3}, {LSTM, TANH, 2, BOTH, .last_only = true}}},
    {"rnn, dropout, reverse gru, dropout, dense",
     3,
     {{RNN, TANH, 6}, {GRU, TANH, 6, REVERSE}, {DENSE, NONE, 3}},
     .dropout = 0.3},
    {"lstm, dropout, dense to lstm, dropout, dense",
     4,
     {{LSTM, TANH, 4}, {DENSE, TANH, 3}, {LSTM, TANH, 4}, {DENSE, NONE, 3}},
     .n_encoder = 2,
     .dropout = 0.4},
    {"rnn to rnn", 2, {{RNN, TANH, 4}, {RNN, TANH, 4}}, .n_encoder = 1},
    {"gru to gru, dense",
     3,
     {{GRU, TANH, 4, .linear_before_reset = true}, {GRU, TANH, 4}, {DENSE, NONE, 3}},
     .n_encoder = 1},
    {"embedding, reverse lstm to embedding, lstm",
     4,
     {{EMBEDDING, NONE, 3},
      {LSTM, TANH, 4, REVERSE, .peephole = true},
      {EMBEDDING, NONE, 3},
      {LSTM, TANH, 4, .peephole = true}},
     .n_encoder = 2},
    {"lstm, rnn to lstm, rnn",
     4,
     {{LSTM, TANH, 4, .last_only = true}, {RNN, TANH, 2}, {LSTM, TANH, 4}, {RNN, TANH, 2}},
     .n_encoder = 2},
};

struct problem {
    struct eddy_network *network;
    size_t warmup_steps, terms;
    bool is_class;
    double target[STEPS * BATCH * MAX_UNITS];
    int labels[STEPS * BATCH];
};

static void fill_inputs(struct eddy_random *random, const struct eddy_layer_shape *first, size_t n,
                        double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = first->cell == EMBEDDING ? (double)eddy_random_below(random, TOKENS)
                                        : eddy_random_normal(random);
}

static size_t columns(const struct eddy_layer_shape *first, size_t n)
{
    return first->cell == EMBEDDING ? TOKENS : n;
}

/* ragged: sequences of different lengths. */
static void open_problem(const struct stack *stack, bool is_class, bool ragged, size_t warmup_steps,
                         struct problem *problem)
{
    struct eddy_random random;
    struct eddy_network *network = NULL;
    const struct eddy_layer_shape *const decoder = &stack->shapes[stack->n_encoder];
    const struct eddy_network_shape shape = {.n_in = columns(stack->shapes, INPUTS),
                                             .n_layers = stack->n_layers,
                                             .layers = stack->shapes,
                                             .n_encoder = stack->n_encoder,
                                             .decoder_n_in = columns(decoder, DECODER_INPUTS),
                                             .steps = STEPS,
                                             .decoder_steps = DECODER_STEPS,
                                             .batch = BATCH,
                                             .dropout = stack->dropout};
    memset(problem, 0, sizeof *problem);
    assert_int_equal(eddy_network_create(&shape, &network), 0);
    problem->network = network;
    eddy_random_seed(&random, 7);
    eddy_network_init(network, &random);
    for (size_t i = 0; i < network->params_elems; i++) /* biases are not 0 either */
        network->params[i] += 0.1 * eddy_random_normal(&random);
    fill_inputs(&random, stack->shapes, STEPS * BATCH * network->layers[0].n_x, network->x);
    if (stack->n_encoder > 0)
        fill_inputs(&random, decoder, DECODER_STEPS * BATCH * network->layers[stack->n_encoder].n_x,
                    network->decoder_x);
    const size_t n_out = eddy_network_last(network)->n_out;
    for (size_t i = 0; i < STEPS * BATCH * n_out; i++)
        problem->target[i] = eddy_random_normal(&random);
    for (size_t i = 0; i < STEPS * BATCH; i++)
        problem->labels[i] = (int)eddy_random_below(&random, n_out);
    for (size_t b = 0; ragged && b < BATCH; b++) {
        network->lengths[b] = STEPS - 3 * b;
        network->decoder_lengths[b] = DECODER_STEPS - b;
    }
    problem->warmup_steps = warmup_steps;
    problem->terms = eddy_loss_terms(network, warmup_steps);
    problem->is_class = is_class;
}

static double loss_of(struct problem *problem)
{
    eddy_random_seed(&problem->network->random, 5); /* the same dropout each time */
    eddy_network_forward(problem->network);
    return problem->is_class ? eddy_loss_cross_entropy(problem->network, problem->warmup_steps,
                                                       problem->terms, problem->labels)
                             : eddy_loss_mse(problem->network, problem->warmup_steps,
                                             problem->terms, problem->target);
}

/* |gradient - difference| over the length of both. */
static double gradient_error(struct problem *problem)
{
    const double step = 1e-5;
    struct eddy_network *const network = problem->network;
    double error = 0, length = 0;
    loss_of(problem);
    eddy_network_backward(network);
    for (size_t i = 0; i < network->params_elems; i++) {
        const double at = network->params[i];
        network->params[i] = at + step;
        const double above = loss_of(problem);
        network->params[i] = at - step;
        const double below = loss_of(problem);
        network->params[i] = at;
        const double difference = (above - below) / (2 * step);
        error += (network->gradient[i] - difference) * (network->gradient[i] - difference);
        length += network->gradient[i] * network->gradient[i] + difference * difference;
    }
    return length > 0 ? sqrt(error / length) : 0;
}

static void expect_gradient(const struct stack *stack, bool is_class, bool ragged,
                            size_t warmup_steps)
{
    struct problem problem;
    open_problem(stack, is_class, ragged, warmup_steps, &problem);
    const double error = gradient_error(&problem);
    if (!(error <= 1e-6))
        fail_msg("%s, %s, %s, warm-up %zu: relative error %g", stack->name,
                 is_class ? "cross entropy" : "mse", ragged ? "ragged" : "full", warmup_steps,
                 error);
    eddy_network_free(problem.network);
}

static void test_gradients_equal_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
        for (size_t warmup_steps = 0; warmup_steps < DECODER_STEPS; warmup_steps += 3)
            for (int choice = 0; choice < 4; choice++)
                expect_gradient(&stacks[i], choice % 2, choice / 2, warmup_steps);
}

/* What stands in the padding changes neither the loss nor any gradient. */
static void test_padding_is_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        struct problem problem;
        open_problem(&stacks[i], true, true, 0, &problem);
        struct eddy_network *const network = problem.network;
        const size_t n = network->params_elems, n_x = network->layers[0].n_x;
        double *const before = malloc(n * sizeof *before);
        assert_non_null(before);
        const double loss = loss_of(&problem);
        eddy_network_backward(network);
        memcpy(before, network->gradient, n * sizeof *before);
        for (size_t b = 0; b < BATCH; b++)
            for (size_t t = network->lengths[b]; t < STEPS; t++)
                for (size_t k = 0; k < n_x; k++)
                    network->x[(t * BATCH + b) * n_x + k] = 1;
        assert_true(loss_of(&problem) == loss);
        eddy_network_backward(network);
        for (size_t k = 0; k < n; k++)
            assert_true(fabs(network->gradient[k] - before[k]) < 1e-15);
        free(before);
        eddy_network_free(network);
    }
}

static void test_warmup_steps_carry_no_loss(void **state)
{
    (void)state;
    struct problem problem;
    open_problem(&stacks[4], false, false, 3, &problem);
    const double loss = loss_of(&problem);
    for (size_t i = 0; i < 3 * BATCH * 2; i++)
        problem.target[i] += 100;
    assert_true(loss_of(&problem) == loss);
    problem.target[3 * BATCH * 2] += 100;
    assert_true(loss_of(&problem) > loss);
    eddy_network_free(problem.network);
}

static void test_dropout_keeps_the_mean(void **state)
{
    (void)state;
    static const struct eddy_layer_shape layers[] = {{DENSE, NONE, 1}, {DENSE, NONE, 1}};
    const struct eddy_network_shape shape = {
        .n_in = 1, .n_layers = 2, .layers = layers, .steps = 10000, .batch = 1, .dropout = 0.25};
    struct eddy_network *network = NULL;
    double sum = 0;
    size_t zeros = 0;
    assert_int_equal(eddy_network_create(&shape, &network), 0);
    eddy_random_seed(&network->random, 1);
    for (size_t i = 0; i < 4; i++)
        network->params[i] = i % 2 == 0; /* w 1, b 0 */
    for (size_t t = 0; t < 10000; t++)
        network->x[t] = 1;
    const double *const y = eddy_network_forward(network);
    for (size_t t = 0; t < 10000; t++) {
        sum += y[t];
        zeros += y[t] == 0;
    }
    assert_true(fabs(sum / 10000 - 1) < 0.02);
    assert_true(zeros > 2400 && zeros < 2600);
    eddy_network_free(network);
}

static void test_losses_of_known_outputs(void **state)
{
    (void)state;
    struct problem problem;
    open_problem(&stacks[0], false, false, 0, &problem);
    memset(problem.network->params, 0, problem.network->params_elems * sizeof(double));
    for (size_t i = 0; i < STEPS * BATCH * 3; i++)
        problem.target[i] = 2;
    assert_true(fabs(loss_of(&problem) - 4) < 1e-12);
    problem.is_class = true;
    assert_true(fabs(loss_of(&problem) - log(3)) < 1e-12);
    eddy_network_free(problem.network);
}

/* Sequence b of a problem through the float reference. */
static void expect_reference(const struct problem *problem, struct eddy_model *model, size_t b,
                             const double *y)
{
    const struct eddy_network *const network = problem->network;
    const size_t n_x = network->layers[0].n_x, n_out = eddy_model_outputs(model);
    float x[STEPS * INPUTS], reference[STEPS * MAX_UNITS], state[12 * MAX_UNITS] = {0};
    size_t n_out_steps;
    for (size_t i = 0; i < network->lengths[b] * n_x; i++)
        x[i] = (float)network->x[(i / n_x * BATCH + b) * n_x + i % n_x];
    assert_int_equal(eddy_model_run_sequence(NULL, model, state, network->lengths[b], x, reference,
                                             &n_out_steps, NULL, NULL),
                     0);
    assert_int_equal(n_out_steps,
                     eddy_network_last(network)->out_steps == 1 ? 1 : network->lengths[b]);
    for (size_t i = 0; i < n_out_steps * n_out; i++)
        assert_true(fabs(reference[i] - y[(i / n_out * BATCH + b) * n_out + i % n_out]) < 1e-5);
}

static void test_forward_equals_the_float_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        struct problem problem;
        struct eddy_model *model;
        if (stacks[i].n_encoder > 0 || stacks[i].dropout > 0)
            continue;
        open_problem(&stacks[i], false, true, 0, &problem);
        const struct eddy_network *const network = problem.network;
        assert_int_equal(eddy_model_create(NULL, network->layers[0].size.n_in, stacks[i].n_layers,
                                           stacks[i].shapes, &model),
                         0);
        eddy_network_store(network, 0, model);
        const double *const y = eddy_network_forward(problem.network);
        for (size_t b = 0; b < BATCH; b++)
            expect_reference(&problem, model, b, y);
        eddy_model_free(model);
        eddy_network_free(problem.network);
    }
}

/* A decoder goes on where the encoder stopped: together they are one longer sequence. */
static void test_decoder_starts_from_the_encoder(void **state)
{
    (void)state;
    static const struct stack cells[] = {{"rnn", 1, {{RNN, TANH, 4}}},
                                         {"gru", 1, {{GRU, TANH, 4}}},
                                         {"lstm", 1, {{LSTM, TANH, 4, .peephole = true}}}};
    for (size_t i = 0; i < 3; i++) {
        struct eddy_layer_shape twice[2] = {cells[i].shapes[0], cells[i].shapes[0]};
        struct problem whole;
        struct eddy_network *both = NULL;
        open_problem(&cells[i], false, false, 0, &whole);
        const size_t n = whole.network->params_elems, cut = 3;
        const struct eddy_network_shape shape = {.n_in = INPUTS,
                                                 .n_layers = 2,
                                                 .layers = twice,
                                                 .n_encoder = 1,
                                                 .decoder_n_in = INPUTS,
                                                 .steps = cut,
                                                 .decoder_steps = STEPS - cut,
                                                 .batch = BATCH};
        assert_int_equal(eddy_network_create(&shape, &both), 0);
        memcpy(both->params, whole.network->params, n * sizeof(double));
        memcpy(both->params + n, whole.network->params, n * sizeof(double));
        memcpy(both->x, whole.network->x, cut * BATCH * INPUTS * sizeof(double));
        memcpy(both->decoder_x, whole.network->x + cut * BATCH * INPUTS,
               (STEPS - cut) * BATCH * INPUTS * sizeof(double));
        const double *const y = eddy_network_forward(whole.network) + cut * BATCH * 4;
        const double *const decoded = eddy_network_forward(both);
        for (size_t k = 0; k < (STEPS - cut) * BATCH * 4; k++)
            assert_true(fabs(y[k] - decoded[k]) < 1e-14);
        eddy_network_free(both);
        eddy_network_free(whole.network);
    }
}

static void expect_impossible(size_t n_layers, const struct eddy_layer_shape *layers,
                              size_t n_encoder)
{
    struct eddy_network *network;
    const struct eddy_network_shape shape = {.n_in = 1,
                                             .n_layers = n_layers,
                                             .layers = layers,
                                             .n_encoder = n_encoder,
                                             .decoder_n_in = 1,
                                             .steps = 1,
                                             .decoder_steps = 1,
                                             .batch = 1};
    assert_int_equal(eddy_network_create(&shape, &network), EDDY_ERROR_ARGUMENT);
}

/* The same sequences in two passes with the state carried: the outputs of one pass over all. */
static void test_states_are_carried(void **state)
{
    (void)state;
    static const struct eddy_layer_shape layers[] = {
        {GRU, TANH, 4}, {DENSE, TANH, 3}, {LSTM, TANH, 4, .peephole = true}, {RNN, TANH, 2}};
    static const struct stack stack = {
        "carried",
        4,
        {{GRU, TANH, 4}, {DENSE, TANH, 3}, {LSTM, TANH, 4, .peephole = true}, {RNN, TANH, 2}}};
    enum { PART = 3, PART_ELEMS = PART * BATCH };
    struct problem whole;
    struct eddy_network *half = NULL;
    open_problem(&stack, false, false, 0, &whole);
    const struct eddy_network_shape shape = {
        .n_in = INPUTS, .n_layers = 4, .layers = layers, .steps = PART, .batch = BATCH};
    assert_int_equal(eddy_network_create(&shape, &half), 0);
    memcpy(half->params, whole.network->params, half->params_elems * sizeof(double));
    const double *const expected = eddy_network_forward(whole.network);
    for (size_t pass = 0; pass < 4; pass++) { /* twice over both parts */
        const size_t part = pass % 2;
        memcpy(half->x, whole.network->x + part * PART_ELEMS * INPUTS,
               PART_ELEMS * INPUTS * sizeof(double));
        eddy_network_carry(half, part > 0);
        const double *const y = eddy_network_forward(half);
        for (size_t i = 0; i < PART_ELEMS * 2; i++)
            assert_true(fabs(y[i] - expected[part * PART_ELEMS * 2 + i]) < 1e-14);
    }
    eddy_network_free(half);
    eddy_network_free(whole.network);
}

static void test_networks_that_cannot_be(void **state)
{
    (void)state;
    static const struct eddy_layer_shape none = {DENSE, NONE, 0}, huge = {RNN, TANH, 1u << 30},
                                         unknown = {(enum eddy_cell)99, NONE, 1},
                                         reverse = {DENSE, NONE, 1, .direction = REVERSE},
                                         last = {DENSE, NONE, 1, .last_only = true};
    static const struct eddy_layer_shape late[] = {{DENSE, NONE, 1}, {EMBEDDING, NONE, 1}};
    static const struct eddy_layer_shape wide[] = {{RNN, TANH, 1}, {RNN, TANH, 2}};
    static const struct eddy_layer_shape mixed[] = {{GRU, TANH, 1}, {LSTM, TANH, 1}};
    static const struct eddy_layer_shape more[] = {{GRU, TANH, 1}, {GRU, TANH, 1}, {GRU, TANH, 1}};
    static const struct eddy_layer_shape back[] = {{GRU, TANH, 1}, {GRU, TANH, 1, REVERSE}};
    expect_impossible(0, &none, 0);
    expect_impossible(1, &none, 0);
    expect_impossible(1, &huge, 0);
    expect_impossible(1, &unknown, 0);
    expect_impossible(1, &reverse, 0);
    expect_impossible(1, &last, 0);
    expect_impossible(2, late, 0);
    expect_impossible(2, wide, 1);
    expect_impossible(2, mixed, 1);
    expect_impossible(3, more, 1);
    expect_impossible(2, back, 1);
    expect_impossible(2, back, 2);
}

enum { MOST = 40 };

static void expect_product(kernel_function *kernel, size_t m, size_t k, size_t n, const double *a,
                           const double *b)
{
    double c[MOST * MOST], packed[MOST * 2 * MOST];
    assert_true(eddy_packed_elems(k, n) <= sizeof packed / sizeof *packed);
    for (size_t i = 0; i < MOST * MOST; i++)
        c[i] = 1;
    eddy_pack(k, n, b, 1, MOST, packed);
    multiply_by(kernel, m, k, n, a, MOST, packed, c, MOST);
    for (size_t i = 0; i < MOST * MOST; i++) {
        double sum = 1;
        for (size_t p = 0; p < k && i / MOST < m && i % MOST < n; p++)
            sum += a[i / MOST * MOST + p] * b[i % MOST * MOST + p];
        assert_true(c[i] == sum);
    }
}

/* Every kernel against the plain sum: all sizes around its own; nothing beside the product is
 * written. */
static void test_packed_products(void **state)
{
    (void)state;
    double a[MOST * MOST], b[MOST * MOST];
    kernel_function *kernels[3];
    struct eddy_random random;
    eddy_random_seed(&random, 3);
    for (size_t i = 0; i < MOST * MOST; i++) {
        a[i] = (double)eddy_random_below(&random, 9) - 4;
        b[i] = (double)eddy_random_below(&random, 9) - 4;
    }
    for (size_t kernel = list_kernels(kernels); kernel-- > 0;)
        for (size_t m = 1; m < 30; m++)
            for (size_t n = 1; n < MOST; n += n < 30 ? 4 : 1)
                expect_product(kernels[kernel], m, (m * n) % 13 + 1, n, a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_equal_central_differences),
        cmocka_unit_test(test_padding_is_ignored),
        cmocka_unit_test(test_warmup_steps_carry_no_loss),
        cmocka_unit_test(test_dropout_keeps_the_mean),
        cmocka_unit_test(test_losses_of_known_outputs),
        cmocka_unit_test(test_forward_equals_the_float_reference),
        cmocka_unit_test(test_decoder_starts_from_the_encoder),
        cmocka_unit_test(test_states_are_carried),
        cmocka_unit_test(test_networks_that_cannot_be),
        cmocka_unit_test(test_packed_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
