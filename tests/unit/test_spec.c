/* test_spec.c -- specification files: what they set, and the exact words of every refusal. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */

#include "train/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA "\"data\": {\"file\": \"d.csv\", \"task\": \"next\"}"
#define SEQUENCES "\"data\": {\"file\": \"d.csv\", \"task\": \"class\", \"sequence_rows\": 4"
#define MODEL "\"model\": {\"layers\": [{\"cell\": \"dense\", \"units\": 1}]}"

static struct eddy_context *context;
static char path[] = "/tmp/eddy-spec-XXXXXX";

static int open_all(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) ? -1 : eddy_context_open(&context);
}

static int close_all(void **state)
{
    (void)state;
    eddy_context_close(context);
    return unlink(path);
}

static void write_spec(const char *text)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_reads_everything(void **state)
{
    (void)state;
    struct eddy_spec *spec;
    write_spec(
        "{\"data\": {\"file\": \"d.csv\", \"scale\": 2, \"offset\": -1.5, \"task\": \"columns\","
        " \"inputs\": [0, 2], \"targets\": [1], \"train\": 0.5, \"validation\": 0.25},"
        "\"model\": {\"layers\": [{\"cell\": \"rnn\", \"units\": 7},"
        " {\"cell\": \"dense\", \"units\": 3, \"activation\": \"tanh\"},"
        " {\"cell\": \"dense\", \"units\": 1}]},"
        "\"training\": {\"batches\": 9, \"steps\": 5, \"warmup_steps\": 2, \"seed\": 77,"
        " \"learning_rate\": 0.5, \"weight_bits\": 8, \"validate_every\": 3}}");
    assert_int_equal(eddy_spec_read(context, path, &spec), 0);
    assert_string_equal(spec->data_path, "/tmp/d.csv");
    assert_null(spec->data_name);
    assert_true(spec->scale == 2 && spec->offset == -1.5);
    assert_int_equal(spec->dataset.task, EDDY_TASK_COLUMNS);
    assert_int_equal(spec->dataset.n_inputs, 2);
    assert_int_equal(spec->dataset.input_columns[1], 2);
    assert_int_equal(spec->dataset.target_columns[0], 1);
    assert_true(spec->dataset.train == 0.5 && spec->dataset.validation == 0.25);
    assert_int_equal(spec->n_layers, 3);
    assert_int_equal(spec->layers[0].cell, EDDY_CELL_RNN);
    assert_int_equal(spec->layers[0].activation, EDDY_ACTIVATION_TANH);
    assert_int_equal(spec->layers[0].n_out, 7);
    assert_int_equal(spec->layers[1].activation, EDDY_ACTIVATION_TANH);
    assert_int_equal(spec->layers[2].activation, EDDY_ACTIVATION_NONE);
    assert_int_equal(spec->training.batches, 9);
    assert_int_equal(spec->training.warmup_steps, 2);
    assert_int_equal(spec->training.seed, 77);
    assert_int_equal(spec->training.weight_bits, 8);
    assert_true(spec->training.learning_rate == 0.5);
    eddy_spec_free(spec);
    write_spec("{" DATA ", " MODEL "}");
    assert_int_equal(eddy_spec_read(context, path, &spec), 0);
    assert_int_equal(spec->training.batch, 64);
    eddy_spec_free(spec);
}

static void test_reads_sequences(void **state)
{
    (void)state;
    struct eddy_spec *spec;
    write_spec("{\"data\": {\"file\": \"d.csv\", \"task\": \"class\", \"sequence_column\": 2},"
               "\"model\": {\"layers\": [{\"cell\": \"embedding\", \"units\": 5},"
               " {\"cell\": \"gru\", \"units\": 3, \"direction\": \"bidirectional\","
               " \"last_only\": true}, {\"cell\": \"dense\", \"units\": 2}]},"
               "\"training\": {\"epochs\": 1.5, \"batch\": 4}}");
    assert_int_equal(eddy_spec_read(context, path, &spec), 0);
    assert_int_equal(*spec->dataset.sequence_column, 2);
    assert_true(spec->dataset.tokens);
    assert_int_equal(spec->layers[0].cell, EDDY_CELL_EMBEDDING);
    assert_int_equal(spec->layers[0].activation, EDDY_ACTIVATION_NONE);
    assert_int_equal(spec->layers[1].direction, EDDY_DIRECTION_BIDIRECTIONAL);
    assert_true(spec->layers[1].last_only);
    assert_int_equal(spec->training.steps, 0);
    assert_int_equal(spec->training.loss, EDDY_LOSS_CROSS_ENTROPY);
    struct eddy_range sequences[] = {{0, 1}, {1, 2}, {3, 1}, {4, 1}, {5, 1}, {6, 9}};
    const struct eddy_dataset dataset = {.train = {0, 6}, .n_sequences = 6, .sequences = sequences};
    assert_int_equal(eddy_spec_batches(spec, &dataset), 2); /* 1.5 * 5 / 4 */
    eddy_spec_free(spec);
}

static void test_text_is_tokens(void **state)
{
    (void)state;
    struct eddy_spec *spec;
    struct eddy_dataset *dataset;
    char text[sizeof path + 4], json[256];
    snprintf(text, sizeof text, "%s.txt", path);
    FILE *const file = fopen(text, "w");
    assert_non_null(file);
    assert_true(fputs("abba\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    snprintf(json, sizeof json,
             "{\"data\": {\"file\": \"%s\", \"task\": \"next_token\", \"train\": 1},"
             " \"model\": {\"layers\": [{\"cell\": \"embedding\", \"units\": 2}]}}",
             text);
    write_spec(json);
    assert_int_equal(eddy_spec_read(context, path, &spec), 0);
    assert_int_equal(eddy_spec_dataset(context, spec, NULL, NULL, &dataset), 0);
    assert_int_equal(dataset->n_tokens, 'b' + 1);
    assert_int_equal(dataset->n_outputs, 'b' + 1);
    assert_int_equal(dataset->train.count, 4);
    assert_true(dataset->raw[0] == 'a' && dataset->labels[0] == 'b' && dataset->labels[3] == '\n');
    assert_int_equal(unlink(text), 0);
    eddy_dataset_free(dataset);
    eddy_spec_free(spec);
}

static void test_what_scaling_makes_too_large(void **state)
{
    (void)state;
    struct eddy_spec *spec;
    struct eddy_dataset *dataset;
    char data[sizeof path + 4], json[256];
    snprintf(data, sizeof data, "%s.csv", path);
    FILE *const file = fopen(data, "w");
    assert_non_null(file);
    assert_true(fputs("1,2\n3,4e10\n5,6\n7,8\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    snprintf(json, sizeof json,
             "{\"data\": {\"file\": \"%s\", \"task\": \"next\", \"scale\": 1e30}, " MODEL "}",
             data);
    write_spec(json);
    assert_int_equal(eddy_spec_read(context, path, &spec), 0);
    assert_int_equal(eddy_spec_dataset(context, spec, NULL, NULL, &dataset), EDDY_ERROR_RANGE);
    assert_string_equal(eddy_last_error(context),
                        "row 1, column 1 (counted from 0): 4e+10 * scale + offset is more than a "
                        "float32 holds: lower data.scale");
    assert_int_equal(unlink(data), 0);
    eddy_spec_free(spec);
}

static const struct {
    const char *text, *message; /* the message follows "<path>: " or "<path>:" */
} refusals[] = {
    {"[]", ": the file: must be an object { ... }"},
    {"{\"data\": 1, " MODEL "}", ": data: must be an object { ... }"},
    {"{\"dta\": 1}", ": dta: unknown key; known here: data, model, training"},
    {"{" DATA "}", ": model: is missing"},
    {"{" MODEL "}", ": data: is missing"},
    {"{\"data\": {\"task\": \"next\"}, " MODEL "}", ": data.file: is missing"},
    {"{\"data\": {\"file\": \"d\"}, " MODEL "}",
     ": data.task: choose one of: next, columns, class, next_token, translate"},
    {"{\"data\": {\"file\": 3}, " MODEL "}", ": data.file: must be a text"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"nxt\"}, " MODEL "}",
     ": data.task: choose one of: next, columns, class, next_token, translate"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"next\", \"train\": 1.5}, " MODEL "}",
     ": data.train: must be a number from 0.01 to 1"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"next\", \"inputs\": [0]}, " MODEL "}",
     ": data.inputs: goes with the task \"columns\" only: remove it"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"columns\", \"inputs\": [0]}, " MODEL "}",
     ": data.targets: is missing: the task \"columns\" needs inputs and targets"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"columns\", \"inputs\": [-1]}, " MODEL "}",
     ": data.inputs: must be a list of column numbers, from 0"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"class\", \"residual\": true}, " MODEL "}",
     ": data.residual: goes with the task \"next\" only: remove it"},
    {"{" DATA ", \"model\": {\"layers\": []}}",
     ": model.layers: must be a list of layers [ {\"cell\": ...}, ... ]"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"gruu\"}]}}",
     ": model.layers[0].cell: choose one of: dense, rnn, gru, lstm, embedding"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"rnn\"}]}}",
     ": model.layers[0].units: is missing"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"rnn\", \"units\": 0}]}}",
     ": model.layers[0].units: must be a whole number from 1 to 65536"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"rnn\", \"unit\": 4}]}}",
     ": model.layers[0].unit: unknown key; known here: cell, units, activation, "
     "linear_before_reset, peephole, direction, last_only"},
    {"{" DATA ", " MODEL ", \"training\": {\"batches\": \"many\"}}",
     ": training.batches: must be a whole number from 1 to 1000000000"},
    {"{" DATA ", " MODEL ", \"training\": {\"batch\": 2, \"threads\": 3}}",
     ": training.threads: must be at most batch: each needs a sequence"},
    {"{" DATA ", " MODEL ", \"training\": {\"warmup_steps\": 128}}",
     ": training.warmup_steps: must be less than steps"},
    {"{" DATA ", " MODEL ", \"training\": {\"weight_bits\": 1}}",
     ": training.weight_bits: must be 0 (float) or from 2 to 16"},
    {"{" DATA ", " MODEL ", \"training\": {\"loss\": \"cross_entropy\"}}",
     ": training.loss: the tasks class, next_token and translate go with cross_entropy, the other "
     "tasks with mse"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"translate\", \"side_column\": 1}, " MODEL "}",
     ": data.sequence_column: is missing: the task \"translate\" needs it"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"translate\"}, " MODEL "}",
     ": data.side_column: is missing: the task \"translate\" needs it"},
    {"{\"data\": {\"file\": \"d\", \"task\": \"translate\", \"side_column\": 1,"
     " \"sequence_column\": 0}, " MODEL "}",
     ": model.decoder: is missing: the task \"translate\" needs it"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"rnn\", \"units\": 1}], \"decoder\": []}}",
     ": model.decoder: must be a list of layers [ {\"cell\": ...}, ... ]"},
    {"{" DATA ", " MODEL ", \"training\": {\"epochs\": 3}}",
     ": training.epochs: goes with data of sequences only: remove it"},
    {"{" SEQUENCES "}, " MODEL ", \"training\": {\"epochs\": 3, \"batches\": 3}}",
     ": training.epochs: goes without batches: remove one"},
    {"{" SEQUENCES ", \"sequence_column\": 0}, " MODEL "}",
     ": data.sequence_rows: goes without sequence_column: remove one"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"gru\", \"units\": 1, \"direction\": 1}]}}",
     ": model.layers[0].direction: choose one of: forward, reverse, bidirectional"},
    {"{" DATA
     ", \"model\": {\"layers\": [{\"cell\": \"gru\", \"units\": 1, \"activation\": \"relu\"}]}}",
     ": model.layers[0].activation: gru and lstm have tanh: remove it"},
    {"{" DATA
     ", \"model\": {\"layers\": [{\"cell\": \"rnn\", \"units\": 1, \"activation\": \"none\"}]}}",
     ": model.layers[0].activation: choose one of: tanh, relu"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"embedding\", \"units\": 1, \"activation\": "
     "\"tanh\"}]}}",
     ": model.layers[0].activation: an embedding has none: remove it"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"gru\", \"units\": 1}, {\"cell\": "
     "\"embedding\", \"units\": 1}]}}",
     ": model.layers[1].cell: an embedding is the first layer"},
    {"{" SEQUENCES ", \"validation\": 0.1}, " MODEL "}",
     ": training.validate_every: is missing: say after how many batches to measure "
     "data.validation"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"lstm\", \"units\": 1, "
     "\"linear_before_reset\": true}]}}",
     ": model.layers[0].linear_before_reset: goes with gru only: remove it"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"gru\", \"units\": 1, \"peephole\": true}]}}",
     ": model.layers[0].peephole: goes with lstm only: remove it"},
    {"{" DATA ", \"model\": {\"layers\": [{\"cell\": \"dense\", \"units\": 1, \"direction\": "
     "\"reverse\"}]}}",
     ": model.layers[0].direction: goes with rnn, gru and lstm only: remove it"},
    {"{" DATA
     ", \"model\": {\"layers\": [{\"cell\": \"dense\", \"units\": 1, \"last_only\": true}]}}",
     ": model.layers[0].last_only: goes with rnn, gru and lstm only: remove it"},
    {"{\"data\": 1,\n", ":2:0: not JSON: string or '}' expected near end of file"},
};

static void test_refusals_name_file_key_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char message[256];
        struct eddy_spec *spec;
        write_spec(refusals[i].text);
        assert_int_equal(eddy_spec_read(context, path, &spec), EDDY_ERROR_FORMAT);
        snprintf(message, sizeof message, "%s%s", path, refusals[i].message);
        assert_string_equal(eddy_last_error(context), message);
    }
}

static void test_missing_file(void **state)
{
    (void)state;
    struct eddy_spec *spec;
    assert_int_equal(eddy_spec_read(context, "/nowhere/spec.json", &spec), EDDY_ERROR_IO);
    assert_string_equal(eddy_last_error(context),
                        "cannot open /nowhere/spec.json: No such file or directory");
    assert_int_equal(eddy_spec_read(context, "/tmp", &spec), EDDY_ERROR_IO);
    assert_string_equal(eddy_last_error(context), "cannot read /tmp: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_everything),
        cmocka_unit_test(test_reads_sequences),
        cmocka_unit_test(test_text_is_tokens),
        cmocka_unit_test(test_what_scaling_makes_too_large),
        cmocka_unit_test(test_refusals_name_file_key_and_remedy),
        cmocka_unit_test(test_missing_file),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
