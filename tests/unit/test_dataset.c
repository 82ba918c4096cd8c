/* test_dataset.c -- from tables to what a network learns from; baselines. */
#include "../support/refused.h"
#include "../support/toy.h"
#include "train/baseline.h"

#include <math.h>

static void expect_dataset_error(const struct eddy_table *table,
                                 const struct eddy_dataset_options *options, int error,
                                 const char *message)
{
    struct eddy_dataset *dataset;
    expect_refused(eddy_dataset_create(context, table, options, &dataset), error, message);
}

static void test_dataset_finds_sequences(void **state)
{
    (void)state;
    float values[] = {7, 1, 7, 2, 7, 3, 5, 4, 5, 6, 7, 7, 7, 9};
    const struct eddy_table table = {7, 2, values};
    const size_t number = 0, beyond = 2;
    struct eddy_dataset_options options;
    struct eddy_dataset *dataset;
    eddy_dataset_options_init(&options);
    options.sequence_column = &number;
    options.train = 0.7;
    assert_int_equal(eddy_dataset_create(context, &table, &options, &dataset), 0);
    assert_int_equal(dataset->n_sequences, 3);
    assert_int_equal(dataset->n_inputs, 1);
    assert_int_equal(dataset->sequences[1].first, 3);
    assert_int_equal(dataset->sequences[1].count, 1); /* its last row is a target only */
    assert_int_equal(dataset->train.count, 4);
    assert_int_equal(dataset->test.first, 5);
    assert_true(dataset->raw[0] == 1 && dataset->target[0] == 2 && dataset->target[5] == 9);
    /* 1, 2 and 4 train: what stands between the sequences counts for nothing */
    assert_true(fabsf(dataset->in_offset[0] / dataset->in_scale[0] + 7.0F / 3) < 1e-5F);
    assert_true(fabsf(dataset->out_offset[0] - 11.0F / 3) < 1e-5F);
    assert_int_equal(eddy_dataset_stretch(dataset, dataset->train, 1).first, 3);
    assert_int_equal(eddy_dataset_stretch(dataset, dataset->train, 4).count, 0);
    eddy_dataset_free(dataset);
    values[4] = 16777217;
    expect_dataset_error(&table, &options, EDDY_ERROR_RANGE,
                         "row 3: the number of the sequence is 16777216, and 16777216 and more "
                         "cannot be told apart: number the sequences from 0");
    values[4] = 7;
    options.sequence_column = &beyond;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "there is no column 2 with the number of the sequence: the data has "
                         "columns 0 to 1");
    options.sequence_column = NULL;
    options.sequence_rows = 2;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "7 rows are no whole number of sequences of 2 rows");
    options.sequence_rows = 1;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "row 1: the sequence has 1 row(s), the task needs 2 at least");
    options.sequence_rows = 0;
    options.tokens = true;
    options.task = EDDY_TASK_NEXT_TOKEN;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "tokens are one column of numbers; the data has 2 input columns");
    values[2] = 0.5F;
    const struct eddy_table column = {7, 1, values};
    expect_dataset_error(&column, &options, EDDY_ERROR_RANGE,
                         "row 3: the token is 0.5: number the tokens 0, 1, 2 ... up to 4095");
}

static void test_dataset_finds_answers(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_pairs_dataset(context);
    size_t answers = 0;
    struct eddy_range s = {0};
    const struct eddy_range all = {0, dataset->n_samples};
    assert_int_equal(dataset->n_tokens, 5);
    assert_int_equal(dataset->n_sequences, TOY_PAIRS);
    while ((s = eddy_dataset_stretch(dataset, all, s.first + s.count)).count) {
        const struct eddy_range answer = eddy_dataset_answer(dataset, s);
        assert_int_equal(answer.count, s.count + 1);
        assert_true(dataset->raw[answer.first] == 0);
        for (size_t t = 0; t < s.count; t++)
            assert_true(dataset->raw[s.first + t] ==
                        (float)dataset->labels[answer.first + s.count - 1 - t]);
        assert_int_equal(dataset->labels[answer.first + s.count], 1);
        answers++;
    }
    assert_int_equal(answers, TOY_PAIRS);
    eddy_dataset_free(dataset);
}

static void test_dataset_refuses_pairs(void **state)
{
    (void)state;
    float values[] = {0, 0, 2, 0, 1, 0, 0, 1, 1, 1, 0, 2, 1, 1, 3};
    const struct eddy_table table = {5, 3, values};
    const size_t number = 0, side = 1;
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_TRANSLATE;
    options.sequence_column = &number;
    expect_dataset_error(&table, &options, EDDY_ERROR_ARGUMENT,
                         "the task \"translate\", and no other, needs a column that numbers the "
                         "sequences and one that says 0 for source and 1 for answer");
    options.side_column = &number;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "column 0 cannot say what is source and what is answer: the data has "
                         "columns 0 to 2, and 0 numbers the sequences");
    options.side_column = &side;
    expect_dataset_error(&table, &options, EDDY_ERROR_SHAPE,
                         "rows 4 to 5: a sequence needs a source, rows with 0, and then an answer, "
                         "at least two rows with 1");
}

static void test_dataset_splits_and_normalises(void **state)
{
    (void)state;
    float values[] = {1, 2, 4, 7, 11, 16, 22, 29, 37, 46};
    const struct eddy_table table = {10, 1, values};
    struct eddy_dataset *const dataset = toy_dataset(context, &table, EDDY_TASK_NEXT);
    assert_int_equal(dataset->train.count, 7); /* targets stay inside the first 8 rows */
    assert_int_equal(dataset->test.first, 8);
    assert_int_equal(dataset->test.count, 1);
    assert_int_equal(dataset->n_test_rows, 2);
    assert_true(dataset->raw[8] == 37 && dataset->target[8] == 46);
    assert_true(fabsf(dataset->out_offset[0] - 4) < 1e-6F); /* differences 1 to 7 */
    assert_true(fabsf(dataset->out_scale[0] - 2) < 1e-6F);
    assert_true(fabsf(dataset->in_offset[0] / dataset->in_scale[0] + 9) < 1e-5F);
    eddy_dataset_free(dataset);
}

static void test_dataset_refuses_classes(void **state)
{
    (void)state;
    static const struct {
        float labels[5];
        const char *message;
    } cases[] = {
        {{0, 1, 0.5F, 1, 0}, "row 3: the class is 0.5: number the classes 0, 1, 2 ... up to 4095"},
        {{0, -1, 0, 1, 0}, "row 2: the class is -1: number the classes 0, 1, 2 ... up to 4095"},
        {{0, 2, 0, 2, 1},
         "class 1 of 0 to 2 does not occur in the training part (the first 4 rows): shuffle the "
         "data or raise the training fraction"},
    };
    struct eddy_dataset_options options;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_CLASS;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float values[10] = {0};
        const struct eddy_table table = {5, 2, values};
        for (size_t t = 0; t < 5; t++)
            values[2 * t + 1] = cases[i].labels[t];
        expect_dataset_error(&table, &options, EDDY_ERROR_RANGE, cases[i].message);
    }
}

static void test_differences_beyond_float(void **state)
{
    (void)state;
    float values[20];
    const struct eddy_table table = {20, 1, values};
    struct eddy_dataset_options options;
    for (size_t t = 0; t < 20; t++)
        values[t] = t % 2 ? 3e38F : -3e38F;
    eddy_dataset_options_init(&options);
    options.residual = true;
    expect_dataset_error(
        &table, &options, EDDY_ERROR_RANGE,
        "target 1: its differences are more than a float32 holds: scale the data down");
}

static void test_baselines_of_known_signals(void **state)
{
    (void)state;
    float values[100];
    const struct eddy_table table = {100, 1, values};
    struct eddy_baselines b;
    for (size_t t = 0; t < 100; t++)
        values[t] = 3 * (float)t;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 1, &b), 0);
    assert_true(fabs(b.persistence - 3) < 1e-9 && b.linear < 1e-9 && b.autoregression < 1e-6);
    for (size_t t = 0; t < 100; t++) /* 1, -1, 1: persistence is off by 2, linear by 4 */
        values[t] = t % 2 ? -1 : 1;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 4, &b), 0);
    assert_true(fabs(b.persistence - 2) < 1e-9 && fabs(b.linear - 4) < 1e-9);
    assert_true(b.autoregression < 1e-5);
    for (size_t t = 0; t < 100; t++)
        values[t] = 0;
    assert_int_equal(eddy_baselines_measure(context, &table, 80, 4, &b), 0);
    assert_true(b.persistence == 0 && b.linear == 0 && b.autoregression == 0);
}

static void test_baselines_refuse(void **state)
{
    (void)state;
    struct eddy_baselines b;
    const struct eddy_table *const two = toy_bits(false), one = {70, 1, two->values};
    assert_int_equal(eddy_baselines_measure(context, two, 80, 4, &b), EDDY_ERROR_SHAPE);
    assert_int_equal(eddy_baselines_measure(context, &one, 60, 0, &b), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_baselines_measure(context, &one, 60, 32, &b), EDDY_ERROR_SHAPE);
    assert_int_equal(eddy_baselines_measure(context, &one, 69, 32, &b), EDDY_ERROR_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dataset_finds_sequences),
        cmocka_unit_test(test_dataset_finds_answers),
        cmocka_unit_test(test_dataset_refuses_pairs),
        cmocka_unit_test(test_dataset_splits_and_normalises),
        cmocka_unit_test(test_dataset_refuses_classes),
        cmocka_unit_test(test_differences_beyond_float),
        cmocka_unit_test(test_baselines_of_known_signals),
        cmocka_unit_test(test_baselines_refuse),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
