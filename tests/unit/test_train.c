/* test_train.c -- training through the public functions: it learns, it repeats itself, it refuses. */
#include "../support/refused.h"
#include "../support/toy.h"
#include "train/optimise.h"
#include "train/real.h"
#include "train/train.h"

#include <malloc.h>
#include <math.h>

static void expect_train_error(const struct eddy_dataset *dataset, size_t n_layers,
                               const struct eddy_train_options *options, int error,
                               const char *message)
{
    struct eddy_model *model;
    expect_refused(eddy_train(context, dataset, n_layers, toy_rnn_2, options, &model), error,
                   message);
}

/* The target is the input of three steps ago: without the gradient through time a network gets
 * stuck far above. */
static void expect_remembers(const struct eddy_layer_shape *shapes)
{
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    const struct eddy_train_options options = toy_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    /* From the first row on: a stream that starts later does not know its first three targets. */
    const struct eddy_range all = {0, dataset->n_samples};
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, all, &evaluation), 0);
    assert_int_equal(evaluation.samples, TOY_BIT_ROWS);
    if (!(evaluation.rmse < 0.02)) /* a guess of 1/2 has 0.5 */
        fail_msg("rmse %g", evaluation.rmse);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_learns_to_remember(void **state)
{
    (void)state;
    static const struct eddy_layer_shape dense = {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1};
    const struct eddy_layer_shape gru[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 16}, dense};
    const struct eddy_layer_shape lstm[] = {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 16}, dense};
    expect_remembers(toy_rnn_1);
    expect_remembers(gru);
    expect_remembers(lstm);
}

/* Exclusive or of two past inputs: needs memory and a non-linear layer. */
static void test_learns_classes(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(true), EDDY_TASK_CLASS);
    struct eddy_train_options options = toy_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.batches = 1200;
    assert_int_equal(eddy_train(context, dataset, 2, toy_rnn_2, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    if (!(evaluation.accuracy > 0.99 && evaluation.cross_entropy < 0.05))
        fail_msg("accuracy %g, cross entropy %g", evaluation.accuracy, evaluation.cross_entropy);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_a_seed_repeats_bit_for_bit(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *models[3];
    options.batches = 50;
    for (size_t i = 0; i < 3; i++) {
        options.seed = i < 2 ? 5 : 6;
        assert_int_equal(eddy_train(context, dataset, 2, toy_rnn_1, &options, &models[i]), 0);
    }
    assert_true(toy_same_weights(models[0], models[1]));
    assert_false(toy_same_weights(models[0], models[2]));
    for (size_t i = 0; i < 3; i++)
        eddy_model_free(models[i]);
    eddy_dataset_free(dataset);
}

struct losses {
    double of[50];
};

static int note_loss(void *arg, const struct eddy_train_progress *progress)
{
    ((struct losses *)arg)->of[progress->batch - 1] = progress->loss;
    return 0;
}

/* The same sequences, shared unevenly: the losses differ by the order of sums alone. */
static void test_threads_share_a_batch(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 3, 3};
    const enum eddy_task tasks[] = {EDDY_TASK_COLUMNS, EDDY_TASK_CLASS};
    for (size_t k = 0; k < 2; k++) {
        struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), tasks[k]);
        struct eddy_train_options options = toy_options();
        struct eddy_model *models[3];
        struct losses losses[3];
        options.loss = k ? EDDY_LOSS_CROSS_ENTROPY : EDDY_LOSS_MSE;
        options.batches = 50;
        options.batch = 8;
        options.progress = note_loss;
        for (size_t i = 0; i < 3; i++) {
            options.threads = threads[i];
            options.progress_arg = &losses[i];
            assert_int_equal(
                eddy_train(context, dataset, 2, k ? toy_rnn_2 : toy_rnn_1, &options, &models[i]),
                0);
        }
        assert_true(toy_same_weights(models[1], models[2]));
        assert_false(toy_same_weights(models[0], models[1]));
        for (size_t b = 0; b < 50; b++)
            if (!(fabs(losses[0].of[b] / losses[1].of[b] - 1) < 1e-3))
                fail_msg("batch %zu: loss %g, with 3 threads %g", b + 1, losses[0].of[b],
                         losses[1].of[b]);
        for (size_t i = 0; i < 3; i++)
            eddy_model_free(models[i]);
        eddy_dataset_free(dataset);
    }
}

static int keep_loss(void *arg, const struct eddy_train_progress *progress)
{
    *(double *)arg = progress->loss;
    return 0;
}

/* The target is the input of three steps ago, and a sequence has four steps: only a carried state
 * can know the first three. A guess has the loss 1, one step in four known 0.75. */
static void test_carried_states_remember(void **state)
{
    (void)state;
    const struct eddy_layer_shape gru[] = {{EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 16},
                                           {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    double loss[2];
    options.steps = 4;
    options.warmup_steps = 0;
    options.threads = 2;
    options.progress = keep_loss;
    for (size_t carry = 0; carry < 2; carry++) {
        struct eddy_model *model;
        options.carry = carry;
        options.progress_arg = &loss[carry];
        assert_int_equal(eddy_train(context, dataset, 2, gru, &options, &model), 0);
        eddy_model_free(model);
    }
    if (!(loss[0] > 0.5 && loss[1] < 0.1))
        fail_msg("loss %g, with carried states %g", loss[0], loss[1]);
    eddy_dataset_free(dataset);
}

/* Each sequence once in an epoch: a gradient with all of them is the same in whatever order. */
static void test_an_epoch_sees_each_sequence_once(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_ragged_dataset(context, false, false);
    struct eddy_train_options options = toy_ragged_options();
    struct losses losses[2];
    options.batches = 3;
    options.batch = 240; /* all that train */
    options.progress = note_loss;
    options.learning_rate = 1e-9;
    options.final_learning_rate = 0;
    for (size_t i = 0; i < 2; i++) {
        struct eddy_model *model;
        options.progress_arg = &losses[i];
        assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
        eddy_model_free(model);
    }
    for (size_t b = 0; b < 3; b++) {
        assert_true(losses[0].of[b] == losses[1].of[b]);
        assert_true(fabs(losses[0].of[b] / losses[0].of[0] - 1) < 1e-5);
    }
    assert_true(losses[0].of[1] != losses[0].of[0]); /* shuffled anew: summed in another order */
    eddy_dataset_free(dataset);
}

static void test_tanh_is_accurate(void **state)
{
    (void)state;
    for (int i = -1200000; i <= 1200000; i++) {
        const float x = (float)i * 1e-5F;
        if (!(fabs((double)eddy_tanh(x) - tanh((double)x)) < 4e-7))
            fail_msg("tanh(%g) = %.9g", (double)x, (double)eddy_tanh(x));
    }
    assert_true(isnan(eddy_tanh(NAN)));
    assert_true(fabsf(eddy_tanh(INFINITY) - 1) < 4e-7F && fabsf(eddy_tanh(-INFINITY) + 1) < 4e-7F);
}

struct validations {
    double of[200];
    size_t batches;
};

static int note_validation(void *arg, const struct eddy_train_progress *progress)
{
    struct validations *const v = arg;
    v->of[v->batches++] = progress->validation;
    return 0;
}

/* With a learning rate that ruins it the training ends soon, with the weights that were best. */
static void test_stops_early_with_the_best(void **state)
{
    (void)state;
    struct eddy_dataset *dataset = toy_validated_dataset(context);
    struct eddy_train_options options = toy_ragged_options();
    struct validations v = {.batches = 0};
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    options.batches = 200;
    options.learning_rate = 3;
    options.validate_every = 4;
    options.patience = 3;
    options.progress = note_validation;
    options.progress_arg = &v;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->validation, &evaluation), 0);
    assert_true(v.batches < 200);
    assert_true(isnan(v.of[0]));
    size_t best = 3;
    for (size_t b = 3; b < v.batches; b += 4)
        best = v.of[b] < v.of[best] ? b : best;
    assert_int_equal(v.batches, best + 1 + 3 * 4);
    assert_true(evaluation.cross_entropy == v.of[best]);
    eddy_model_free(model);
    options.patience = 0;
    eddy_dataset_free(dataset);
    dataset = toy_ragged_dataset(context, false, false);
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "validate_every needs a validation part of the data: set validation");
    eddy_dataset_free(dataset);
}

/* Up to 3 in four steps, then down to 1 in six. */
static void test_rates(void **state)
{
    (void)state;
    static const double linear[] = {0.75, 1.5, 2.25, 3, 3 - 2.0 / 6, 3 - 4.0 / 6};
    struct eddy_train_options options = toy_options();
    options.batches = 9;
    options.rise_batches = 3;
    options.learning_rate = 3;
    options.final_learning_rate = 1;
    options.schedule = EDDY_SCHEDULE_LINEAR;
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(eddy_optimise_rate(&options, i) - linear[i]) < 1e-12);
    options.schedule = EDDY_SCHEDULE_COSINE;
    assert_true(fabs(eddy_optimise_rate(&options, 2) - 2.25) < 1e-12);
    assert_true(fabs(eddy_optimise_rate(&options, 6) - 2) < 1e-12); /* half way */
    options.schedule = EDDY_SCHEDULE_CONSTANT;
    assert_true(eddy_optimise_rate(&options, 8) == 3);
}

/* Two steps by hand. */
static void test_momentum(void **state)
{
    (void)state;
    float weight = 1, velocity = 0, unused = 0;
    const float gradient = 0.5F;
    struct eddy_checkpoint at = {
        .params_elems = 1, .weights = &weight, .first_moment = &velocity, .second_moment = &unused};
    struct eddy_train_options options = toy_options();
    options.optimiser = EDDY_OPTIMISER_SGD;
    options.weight_decay = 0.25;
    eddy_optimise_step(&options, &gradient, 0.5, &at);
    assert_true(fabsf(weight - (0.875F - 0.25F)) < 1e-6F);
    eddy_optimise_step(&options, &gradient, 0.5, &at);
    assert_true(fabsf(weight - (0.625F * 0.875F - 0.5F * 0.95F)) < 1e-6F);
    assert_int_equal(at.batch, 2);
}

static void test_learns_by_gradient_descent(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_ragged_dataset(context, false, false);
    struct eddy_train_options options = toy_ragged_options();
    struct eddy_evaluation evaluation;
    struct eddy_model *model;
    options.optimiser = EDDY_OPTIMISER_SGD;
    options.learning_rate = 0.2;
    options.rise_batches = 20;
    options.batches = 600;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &evaluation), 0);
    if (!(evaluation.accuracy > 0.99))
        fail_msg("accuracy %g", evaluation.accuracy);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

/* Bytes in use after each of 30 batches, two epochs. */
struct memory {
    size_t bytes[30];
};

static int note_memory(void *arg, const struct eddy_train_progress *progress)
{
    ((struct memory *)arg)->bytes[progress->batch - 1] = mallinfo2().uordblks;
    return 0;
}

static void test_a_step_allocates_nothing(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_ragged_dataset(context, false, false);
    struct eddy_train_options options = toy_ragged_options();
    struct memory memory;
    struct eddy_model *model;
    options.batches = 30;
    options.weight_bits = 8;
    options.progress = note_memory;
    options.progress_arg = &memory;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    for (size_t b = 1; b < 30; b++)
        assert_int_equal(memory.bytes[b], memory.bytes[0]);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static int stop_after_three(void *arg, const struct eddy_train_progress *progress)
{
    size_t *const calls = arg;
    assert_int_equal(progress->batch, ++*calls);
    assert_true(progress->loss > 0 && progress->gradient_norm > 0);
    return *calls == 3;
}

static void test_progress_can_stop_early(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *model;
    size_t calls = 0;
    options.progress = stop_after_three;
    options.progress_arg = &calls;
    assert_int_equal(eddy_train(context, dataset, 2, toy_rnn_1, &options, &model), 0);
    assert_int_equal(calls, 3);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_training_refuses(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    expect_train_error(dataset, 2, &options, EDDY_ERROR_SHAPE,
                       "the last layer has 2 units, the data needs 1 (one for each target)");
    expect_train_error(dataset, 0, &options, EDDY_ERROR_ARGUMENT,
                       "the model needs at least one layer");
    options.warmup_steps = options.steps;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: warmup_steps must be less than steps, or no step carries a loss");
    options = toy_options();
    options.threads = options.batch + 1;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: threads must be from 1 to batch: each needs a sequence");
    options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    expect_train_error(dataset, 2, &options, EDDY_ERROR_ARGUMENT,
                       "the tasks \"class\" and \"next_token\" go with the loss "
                       "\"cross_entropy\", the other tasks with \"mse\"");
    eddy_dataset_free(dataset);
    struct eddy_dataset *const classes = toy_dataset(context, toy_bits(true), EDDY_TASK_CLASS);
    options.steps = 3201;
    expect_train_error(classes, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence has 3201 steps, the training part 3200 samples: lower steps, or "
                       "bring more data");
    eddy_dataset_free(classes);
    struct eddy_dataset *const recording = toy_dataset(context, toy_bits(true), EDDY_TASK_CLASS);
    options.carry = true;
    options.batch = 40;
    options.steps = 81;
    expect_train_error(
        recording, 2, &options, EDDY_ERROR_SHAPE,
        "with carry each of the 40 sequences of a batch has a stretch of its own: of "
        "3200 samples that is less than 81 steps; lower batch or steps");
    options.carry = false;
    options.fixed_point = true;
    expect_train_error(recording, 2, &options, EDDY_ERROR_ARGUMENT,
                       "training: fixed_point needs weight_bits");
    options.fixed_point = false;
    eddy_dataset_free(recording);
    struct eddy_dataset *const sequences = toy_ragged_dataset(context, false, false);
    options.steps = 3;
    options.warmup_steps = 0;
    expect_train_error(sequences, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence of the data has 9 steps, those of the training have 3: raise "
                       "steps, or set it to 0 for the longest");
    options.steps = 0;
    options.warmup_steps = 2;
    expect_train_error(sequences, 2, &options, EDDY_ERROR_SHAPE,
                       "a sequence of the data has 2 steps, and warmup_steps is 2: lower it");
    eddy_dataset_free(sequences);
    struct eddy_dataset *const tokens = toy_ragged_dataset(context, false, true);
    expect_train_error(tokens, 2, &options, EDDY_ERROR_ARGUMENT,
                       "an embedding reads tokens, and tokens need one as the first layer");
    eddy_dataset_free(tokens);
}

static void test_a_diverging_training_is_an_error(void **state)
{
    (void)state;
    static const struct eddy_layer_shape linear[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_NONE, 1}};
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_model *model;
    options.learning_rate = 1e6;
    options.clip_norm = 0;
    assert_int_equal(eddy_train(context, dataset, 1, linear, &options, &model), EDDY_ERROR_RANGE);
    eddy_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_to_remember),
        cmocka_unit_test(test_learns_classes),
        cmocka_unit_test(test_a_seed_repeats_bit_for_bit),
        cmocka_unit_test(test_threads_share_a_batch),
        cmocka_unit_test(test_carried_states_remember),
        cmocka_unit_test(test_an_epoch_sees_each_sequence_once),
        cmocka_unit_test(test_tanh_is_accurate),
        cmocka_unit_test(test_stops_early_with_the_best),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_momentum),
        cmocka_unit_test(test_learns_by_gradient_descent),
        cmocka_unit_test(test_a_step_allocates_nothing),
        cmocka_unit_test(test_progress_can_stop_early),
        cmocka_unit_test(test_training_refuses),
        cmocka_unit_test(test_a_diverging_training_is_an_error),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
