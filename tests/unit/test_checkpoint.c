/* test_checkpoint.c -- trainings that were interrupted go on to the same bits. */
#include "../support/refused.h"
#include "../support/toy.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int stop_at_23(void *arg, const struct eddy_train_progress *progress)
{
    (void)arg;
    return progress->batch == 23;
}

/* Interrupted in the middle, then resumed: the bits of an undisturbed training. */
static void expect_resumes(const struct eddy_dataset *dataset,
                           const struct eddy_layer_shape *shapes, struct eddy_train_options options,
                           const char *path)
{
    struct eddy_model *models[3];
    options.batches = 50;
    options.threads = 2;
    options.weight_bits = 8;
    options.round_from = options.fixed_point ? 0.2 : 0.5;
    options.dropout = 0.1;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[0]), 0);
    options.checkpoint = path;
    options.progress = stop_at_23;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[1]), 0);
    assert_false(toy_same_weights(models[0], models[1]));
    options.progress = NULL;
    options.resume = true;
    assert_int_equal(eddy_train(context, dataset, 2, shapes, &options, &models[2]), 0);
    assert_true(toy_same_weights(models[0], models[2]));
    for (size_t i = 0; i < 3; i++)
        eddy_model_free(models[i]);
}

static void expect_no_resume(const struct eddy_dataset *dataset, struct eddy_train_options options,
                             int error, const char *message)
{
    char whole[512];
    struct eddy_model *model;
    options.batches = 50;
    options.threads = 2;
    options.weight_bits = 8;
    options.round_from = 0.5;
    options.dropout = 0.1;
    options.resume = true;
    snprintf(whole, sizeof whole, "%s: %s", options.checkpoint, message);
    expect_refused(eddy_train(context, dataset, 2, toy_rnn_2, &options, &model), error, whole);
}

static void test_resumes_bit_for_bit(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-checkpoint-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    struct eddy_dataset *const ragged_data = toy_ragged_dataset(context, false, false);
    struct eddy_dataset *const recording = toy_dataset(context, toy_bits(true), EDDY_TASK_CLASS);
    struct eddy_train_options options = toy_options();
    expect_resumes(ragged_data, toy_last_of_gru, toy_ragged_options(), path);
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    expect_resumes(recording, toy_rnn_2, options, path);
    options.checkpoint = path;
    options.seed++;
    expect_no_resume(recording, options, EDDY_ERROR_ARGUMENT,
                     "the checkpoint is of a training with other data, layers or options: give "
                     "those, or begin anew with another file");
    FILE *const file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 200, SEEK_SET), 0);
    assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
    expect_no_resume(recording, options, EDDY_ERROR_FORMAT,
                     "the checkpoint is damaged: remove it and begin anew");
    assert_int_equal(truncate(path, 20), 0);
    expect_no_resume(recording, options, EDDY_ERROR_FORMAT, "not a checkpoint of a training");
    assert_int_equal(unlink(path), 0);
    eddy_dataset_free(recording);
    eddy_dataset_free(ragged_data);
}

/* What else a checkpoint has to hold: carried states, formats of the device, the best so far. */
static void test_resumes_all_that_there_is(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-checkpoint-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    static const struct eddy_layer_shape lstm[] = {{EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 9},
                                                   {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 2}};
    struct eddy_dataset_options data_options;
    struct eddy_dataset *recording;
    eddy_dataset_options_init(&data_options);
    data_options.task = EDDY_TASK_CLASS;
    data_options.validation = 0.3;
    assert_int_equal(eddy_dataset_create(context, toy_bits(true), &data_options, &recording), 0);
    struct eddy_train_options options = toy_options();
    options.loss = EDDY_LOSS_CROSS_ENTROPY;
    options.carry = true;
    expect_resumes(recording, lstm, options, path);
    options.fixed_point = true;
    expect_resumes(recording, lstm, options, path);
    options.carry = false;
    options.validate_every = 6;
    options.learning_rate = options.final_learning_rate = 0.5; /* too high: an early one is best */
    expect_resumes(recording, lstm, options, path);
    assert_int_equal(unlink(path), 0);
    eddy_dataset_free(recording);
}

/* The same numbers of rows, sequences and weights. */
static void test_other_data_is_noticed(void **state)
{
    (void)state;
    char path[] = "/tmp/eddy-checkpoint-XXXXXX", message[256];
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    struct eddy_dataset *dataset = toy_validated_dataset(context);
    struct eddy_train_options options = toy_ragged_options();
    struct eddy_model *model;
    options.batches = 10;
    options.validate_every = 5;
    options.checkpoint = path;
    options.checkpoint_every = 5;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    eddy_model_free(model);
    options.resume = true;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    eddy_model_free(model);
    snprintf(message, sizeof message,
             "%s: the checkpoint is of a training with other data, layers or options: give those, "
             "or begin anew with another file",
             path);
    float *const values[] = {dataset->raw + dataset->train.count / 2,
                             dataset->raw + dataset->validation.first};
    for (size_t i = 0; i < 2; i++) {
        *values[i] += 1;
        expect_refused(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model),
                       EDDY_ERROR_ARGUMENT, message);
        *values[i] -= 1;
    }
    dataset->sequences[0].count--;
    expect_refused(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model),
                   EDDY_ERROR_ARGUMENT, message);
    dataset->raw[dataset->test.first] += 1; /* which does not matter */
    dataset->sequences[0].count++;
    assert_int_equal(eddy_train(context, dataset, 2, toy_last_of_gru, &options, &model), 0);
    eddy_model_free(model);
    assert_int_equal(unlink(path), 0);
    eddy_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumes_bit_for_bit),
        cmocka_unit_test(test_resumes_all_that_there_is),
        cmocka_unit_test(test_other_data_is_noticed),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
