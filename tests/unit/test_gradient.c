/* test_gradient.c -- the training core in double: gradients against central differences, outputs
 * against the float reference. The core is compiled once more here, with EDDY_REAL_DOUBLE, which
 * renames its functions. */
#define EDDY_REAL_DOUBLE
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "train/dense.c"
#include "train/gru.c"
#include "train/loss.c"
#include "train/lstm.c"
#include "train/network.c"
#include "train/recurrent.c"
#include "train/rnn.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STEPS 7
#define BATCH 3
#define INPUTS 4
#define MAX_UNITS 8

#define RNN EDDY_CELL_RNN
#define DENSE EDDY_CELL_DENSE
#define GRU EDDY_CELL_GRU
#define LSTM EDDY_CELL_LSTM
#define TANH EDDY_ACTIVATION_TANH
#define RELU EDDY_ACTIVATION_RELU
#define SIGMOID EDDY_ACTIVATION_SIGMOID
#define NONE EDDY_ACTIVATION_NONE

struct stack {
    const char *name;
    size_t n_layers;
    struct eddy_layer_shape shapes[3];
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
};

struct problem {
    struct eddy_network *network;
    size_t warmup_steps;
    bool is_class;
    double target[STEPS * BATCH * MAX_UNITS];
    int labels[STEPS * BATCH];
};

static void open_problem(const struct stack *stack, bool is_class, size_t warmup_steps,
                         struct problem *problem)
{
    struct eddy_random random;
    eddy_random_seed(&random, 7);
    const size_t n_out = stack->shapes[stack->n_layers - 1].n_out;
    assert_int_equal(eddy_network_create(INPUTS, stack->n_layers, stack->shapes, STEPS, BATCH,
                                         &problem->network),
                     0);
    eddy_network_init(problem->network, &random);
    for (size_t i = 0; i < problem->network->params_elems; i++) /* biases are not 0 either */
        problem->network->params[i] += 0.1 * eddy_random_normal(&random);
    for (size_t i = 0; i < STEPS * BATCH * INPUTS; i++)
        problem->network->x[i] = eddy_random_normal(&random);
    for (size_t i = 0; i < STEPS * BATCH * n_out; i++)
        problem->target[i] = eddy_random_normal(&random);
    for (size_t i = 0; i < STEPS * BATCH; i++)
        problem->labels[i] = (int)eddy_random_below(&random, n_out);
    problem->warmup_steps = warmup_steps;
    problem->is_class = is_class;
}

static double loss_of(struct problem *problem)
{
    eddy_network_forward(problem->network);
    return problem->is_class
               ? eddy_loss_cross_entropy(problem->network, problem->warmup_steps, problem->labels)
               : eddy_loss_mse(problem->network, problem->warmup_steps, problem->target);
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

static void test_gradients_equal_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
        for (size_t warmup_steps = 0; warmup_steps < STEPS; warmup_steps += 3)
            for (int is_class = 0; is_class < 2; is_class++) {
                struct problem problem;
                open_problem(&stacks[i], is_class, warmup_steps, &problem);
                const double error = gradient_error(&problem);
                if (!(error <= 1e-6))
                    fail_msg("%s, %s, warm-up %zu: relative error %g", stacks[i].name,
                             is_class ? "cross entropy" : "mse", warmup_steps, error);
                eddy_network_free(problem.network);
            }
}

static void test_warmup_steps_carry_no_loss(void **state)
{
    (void)state;
    struct problem problem;
    open_problem(&stacks[4], false, 3, &problem);
    const double loss = loss_of(&problem);
    for (size_t i = 0; i < 3 * BATCH * 2; i++)
        problem.target[i] += 100;
    assert_true(loss_of(&problem) == loss);
    problem.target[3 * BATCH * 2] += 100;
    assert_true(loss_of(&problem) > loss);
    eddy_network_free(problem.network);
}

static void test_losses_of_known_outputs(void **state)
{
    (void)state;
    struct problem problem;
    open_problem(&stacks[0], false, 0, &problem);
    memset(problem.network->params, 0, problem.network->params_elems * sizeof(double));
    for (size_t i = 0; i < STEPS * BATCH * 3; i++)
        problem.target[i] = 2;
    assert_true(fabs(loss_of(&problem) - 4) < 1e-12);
    problem.is_class = true;
    assert_true(fabs(loss_of(&problem) - log(3)) < 1e-12);
    eddy_network_free(problem.network);
}

static void test_forward_equals_the_float_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        struct problem problem;
        struct eddy_model *model;
        open_problem(&stacks[i], false, 0, &problem);
        const struct eddy_network *const network = problem.network;
        assert_int_equal(
            eddy_model_create(NULL, INPUTS, stacks[i].n_layers, stacks[i].shapes, &model), 0);
        eddy_network_store(network, network->params, model);
        const double *const y = eddy_network_forward(problem.network);
        const size_t n_out = eddy_model_outputs(model);
        for (size_t b = 0; b < BATCH; b++) {
            float reference_state[6 * MAX_UNITS] = {0};
            for (size_t t = 0; t < STEPS; t++) {
                float x[INPUTS], reference[MAX_UNITS];
                for (size_t k = 0; k < INPUTS; k++)
                    x[k] = (float)network->x[(t * BATCH + b) * INPUTS + k];
                eddy_model_run_float(model, reference_state, 1, x, reference);
                for (size_t k = 0; k < n_out; k++)
                    assert_true(fabs(reference[k] - y[(t * BATCH + b) * n_out + k]) < 1e-5);
            }
        }
        eddy_model_free(model);
        eddy_network_free(problem.network);
    }
}

static void test_networks_that_cannot_be(void **state)
{
    (void)state;
    struct eddy_network *network;
    const struct eddy_layer_shape none = {DENSE, NONE, 0}, huge = {RNN, TANH, 1u << 30},
                                  unknown = {(enum eddy_cell)99, NONE, 1},
                                  reverse = {GRU, TANH, 1, .direction = EDDY_DIRECTION_REVERSE},
                                  last = {GRU, TANH, 1, .last_only = true};
    assert_int_equal(eddy_network_create(1, 1, &reverse, 1, 1, &network), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_network_create(1, 1, &last, 1, 1, &network), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_network_create(1, 0, &none, 1, 1, &network), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_network_create(1, 1, &none, 1, 1, &network), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_network_create(1, 1, &huge, 1, 1, &network), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_network_create(1, 1, &unknown, 1, 1, &network), EDDY_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_equal_central_differences),
        cmocka_unit_test(test_warmup_steps_carry_no_loss),
        cmocka_unit_test(test_losses_of_known_outputs),
        cmocka_unit_test(test_forward_equals_the_float_reference),
        cmocka_unit_test(test_networks_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
