/* test_weights.c -- rounded weights, and weights in files. */
#include "../support/context.h"
#include "../support/toy.h"
#include "lib/file.h"
#include "train/rounding.h"
#include "train/train.h"
#include "train/weights.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_rounded_training_gives_rounded_weights(void **state)
{
    (void)state;
    struct eddy_dataset *const dataset = toy_dataset(context, toy_bits(false), EDDY_TASK_COLUMNS);
    struct eddy_train_options options = toy_options();
    struct eddy_evaluation before, after;
    struct eddy_model *model;
    options.weight_bits = 5;
    options.round_from = 0.5;
    assert_int_equal(eddy_train(context, dataset, 2, toy_rnn_1, &options, &model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &before), 0);
    assert_int_equal(eddy_model_round_weights(context, 5, 1, model), 0);
    assert_int_equal(eddy_evaluate(context, model, dataset, dataset->test, &after), 0);
    assert_true(before.rmse == after.rmse);
    assert_true(before.rmse < 0.1);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
}

static void test_rounding_of_a_block(void **state)
{
    (void)state;
    /* 4 bits hold -7 to 7: the largest weight of the first block is 0.99 = 3.96 / 4 -> multiples of
     * 1/4 would make it 4; 1/4 is the smallest that fits, as 1/8 would need 8. The second block has
     * a scale of its own. */
    float w[] = {0.99F, 0.3F, 0.06F, -0.2F},
          r[] = {-0.55F, 0, 0, 0, 0.07F, 0.11F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    eddy_round_weights(4, 2, 1, 4, 4, w, r);
    assert_true(w[0] == 1 && w[1] == 0.25F && r[0] == -0.5F && r[4] == 0 && r[5] == 0);
    assert_true(w[2] == 0.0625F && w[3] == -0.1875F);
    assert_int_equal(eddy_model_round_weights(context, 1, 8, NULL), EDDY_ERROR_ARGUMENT);
}

static void test_rounding_reaches_every_gate(void **state)
{
    (void)state;
    const struct eddy_layer_shape shape = {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 2};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, 1, 1, &shape, &model), 0);
    for (size_t i = 0; i < 6; i++) {
        model->layers[0].w[i] = 1;
        model->layers[0].r[2 * i] = model->layers[0].r[2 * i + 1] = 0.3F;
    }
    assert_int_equal(eddy_model_round_weights(context, 4, 1, model), 0);
    for (size_t i = 0; i < 12; i++)
        assert_true(model->layers[0].r[i] == 0.25F);
    eddy_model_free(model);
}

static void test_weights_as_safetensors(void **state)
{
    (void)state;
    char folder[] = "/tmp/eddy-weights-XXXXXX", path[64];
    const struct eddy_layer_shape shape = {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 2,
                                           EDDY_DIRECTION_BIDIRECTIONAL,
                                           .linear_before_reset = true};
    struct eddy_model *model;
    uint8_t *bytes;
    size_t size_bytes;
    json_int_t begin, end, d, rows, n;
    assert_int_equal(eddy_model_create(context, 3, 1, &shape, &model), 0);
    model->layers[0].r[23] = 7; /* (2, 6, 2): the last */
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/w.safetensors", folder);
    assert_int_equal(eddy_model_write_weights(context, NULL, model, path), 0);
    assert_int_equal(file_read(context, path, &bytes, &size_bytes), 0);
    const size_t header_bytes = bytes[0] + 256u * bytes[1];
    json_t *const header = json_loadb((char *)bytes + 8, header_bytes, 0, NULL);
    assert_non_null(header);
    assert_int_equal(json_object_size(header), 8);
    assert_int_equal(json_unpack(header, "{s:{s:[I,I], s:[I,I,I]}}", "layers.0.r", "data_offsets",
                                 &begin, &end, "shape", &d, &rows, &n),
                     0);
    assert_true(end - begin == 96 && d == 2 && rows == 6 && n == 2);
    float last;
    memcpy(&last, bytes + 8 + header_bytes + end - sizeof last, sizeof last);
    assert_true(last == 7);
    assert_int_equal(
        json_unpack(header, "{s:{s:[I,I]}}", "out_offset", "data_offsets", &begin, &end), 0);
    assert_int_equal(8 + header_bytes + (size_t)end, size_bytes);
    json_decref(header);
    free(bytes);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(eddy_model_write_weights(context, NULL, model, "/nowhere/w.npz"),
                     EDDY_ERROR_IO);
    assert_int_equal(eddy_model_write_weights(context, NULL, model, "/nowhere/w"),
                     EDDY_ERROR_ARGUMENT);
    eddy_model_free(model);
}

static void test_weights_as_numpy_arrays(void **state)
{
    (void)state;
    char folder[] = "/tmp/eddy-weights-XXXXXX", path[64];
    const struct eddy_layer_shape shape = {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 2};
    struct eddy_model *model;
    struct eddy_table table;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/w.npz", folder);
    assert_int_equal(eddy_model_create(context, 3, 1, &shape, &model), 0);
    model->in_scale[2] = 7;
    model->out_offset[0] = -3;
    assert_int_equal(eddy_model_write_weights(context, model, model, path), 0);
    assert_int_equal(eddy_table_read(context, path, "encoder.in_scale", &table), 0);
    assert_int_equal(table.n_rows * table.n_columns, 3);
    assert_true(table.values[0] == 1 && table.values[2] == 7);
    eddy_table_free(&table);
    assert_int_equal(eddy_table_read(context, path, "decoder.out_offset", &table), 0);
    assert_true(table.n_rows * table.n_columns == 2 && table.values[0] == -3);
    eddy_table_free(&table);
    eddy_model_free(model);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounded_training_gives_rounded_weights),
        cmocka_unit_test(test_rounding_of_a_block),
        cmocka_unit_test(test_rounding_reaches_every_gate),
        cmocka_unit_test(test_weights_as_safetensors),
        cmocka_unit_test(test_weights_as_numpy_arrays),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
