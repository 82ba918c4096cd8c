/* test_table.c -- tables in and out: every format, and every way in which a file can be wrong. */
#include "model/table.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

static struct eddy_context *context;
static char directory[] = "/tmp/eddy_table_XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? eddy_context_open(&context) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    eddy_context_close(context);
    return rmdir(directory);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void put(const char *name, const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

/* Reads a file of these bytes, and removes it. */
static int read_bytes(const char *name, const void *bytes, size_t size_bytes,
                      struct eddy_table *table)
{
    put(name, bytes, size_bytes);
    const int error = eddy_table_read(context, path_of(name), NULL, table);
    unlink(path_of(name));
    if (error) {
        assert_true(*eddy_last_error(context));
        assert_null(table->values);
    }
    return error;
}

static int read_text(const char *text, struct eddy_table *table)
{
    return read_bytes("t.csv", text, strlen(text), table);
}

static void assert_table(struct eddy_table *table, size_t rows, size_t columns, const float *values)
{
    assert_int_equal(table->n_rows, rows);
    assert_int_equal(table->n_columns, columns);
    assert_memory_equal(table->values, values, rows * columns * sizeof *values);
    eddy_table_free(table);
    assert_null(table->values);
}

/* The message without the directory. */
static void assert_message(const char *expected)
{
    const char *message = eddy_last_error(context);
    const char *name = strstr(message, directory);
    assert_string_equal(name ? name + strlen(directory) + 1 : message, expected);
}

/* ---- text ---- */

static void text_is_read(void **state)
{
    (void)state;
    static const float expected[] = {1, 2, 3, 4};
    static const char *const texts[] = {
        "1,2\n3,4\n",
        "1,2\n3,4",
        "1;2\r\n3;4\r\n",
        " 1\t2\n\n3   4  \n",
        "a,b\n1,2\n3,4\n",
        "\xef\xbb\xbf\"time of day\",b\n1, 2\n3 ,4\n",
        "# a comment\n\na b\n1 2 # another\n3 4\n",
        "1e0,2.0\n+3,.4e1\n",
    };
    struct eddy_table table;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_text(texts[i], &table), EDDY_OK);
        assert_table(&table, 2, 2, expected);
    }
    assert_int_equal(read_text("7\n", &table), EDDY_OK);
    assert_table(&table, 1, 1, (const float[]){7});
}

static void wrong_text_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        const char *message;
    } cases[] = {
        {"", EDDY_ERROR_SHAPE, "t.csv is empty: no line of numbers"},
        {"# only\n\n", EDDY_ERROR_SHAPE, "t.csv is empty: no line of numbers"},
        {"a,b\n", EDDY_ERROR_SHAPE, "t.csv is empty: no line of numbers"},
        {"a\nb\n", EDDY_ERROR_FORMAT, "t.csv: line 2, column 1: 'b' is not a number"},
        {"1,2\n3\n", EDDY_ERROR_SHAPE, "t.csv: line 2 has 1 columns, line 1 has 2"},
        {"x,y\n1,2\n\n3,4,5\n", EDDY_ERROR_SHAPE, "t.csv: line 4 has 3 columns, line 2 has 2"},
        {"1,x\n", EDDY_ERROR_FORMAT, "t.csv: line 1, column 2: 'x' is not a number"},
        {"1,2\n3,\n", EDDY_ERROR_FORMAT, "t.csv: line 2, column 2: empty"},
        {"1,0x10\n", EDDY_ERROR_FORMAT, "t.csv: line 1, column 2: '0x10' is not a number"},
        {"2019-01-02,3\n", EDDY_ERROR_FORMAT,
         "t.csv: line 1, column 1: '2019-01-02' is not a number"},
        {"1,5;2,5\n", EDDY_ERROR_FORMAT, "t.csv: line 1, column 1: '1,5' is not a number"},
        {"1\nnan\n", EDDY_ERROR_RANGE,
         "t.csv: line 2, column 1: nan is not a finite float32; replace it first"},
        {"nan,nan\n", EDDY_ERROR_RANGE,
         "t.csv: line 1, column 1: nan is not a finite float32; replace it first"},
        {"1,-inf\n", EDDY_ERROR_RANGE,
         "t.csv: line 1, column 2: -inf is not a finite float32; replace it first"},
        {"1e39\n", EDDY_ERROR_RANGE,
         "t.csv: line 1, column 1: 1e39 is not a finite float32; replace it first"},
    };
    struct eddy_table table;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int error = read_text(cases[i].text, &table);
        assert_message(cases[i].message);
        assert_int_equal(error, cases[i].error);
    }
    assert_int_equal(read_bytes("t.csv", "1,2\0\n", 5, &table), EDDY_ERROR_FORMAT);
    assert_int_equal(eddy_table_read(context, path_of("absent.csv"), NULL, &table), EDDY_ERROR_IO);
    put("t.csv", "1\n", 2);
    assert_int_equal(eddy_table_read(context, path_of("t.csv"), "a", &table), EDDY_ERROR_ARGUMENT);
    unlink(path_of("t.csv"));
}

static void rows_are_read_from_a_stream(void **state)
{
    (void)state;
    char text[] = "# comment\na,b\n1,2\n\n3,4\n5\n6,x\n7,8";
    FILE *stream = fmemopen(text, strlen(text), "r");
    size_t line = 0;
    float row[2] = {0};
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), 1);
    assert_memory_equal(row, ((const float[]){1, 2}), sizeof row);
    assert_int_equal(line, 3);
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), 1);
    assert_memory_equal(row, ((const float[]){3, 4}), sizeof row);
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), EDDY_ERROR_SHAPE);
    assert_message("stdin: line 6 has 1 columns, the model reads 2");
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), EDDY_ERROR_FORMAT);
    assert_message("stdin: line 7, column 2: 'x' is not a number");
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), 1);
    assert_int_equal(eddy_csv_read_row(context, stream, "stdin", &line, 2, row), 0);
    fclose(stream);
}

/* ---- .npy ---- */

/* A version 1 file in bytes; returns its size. */
static size_t make_npy(uint8_t *bytes, const char *dict, const void *data, size_t data_bytes)
{
    const size_t length = strlen(dict);
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (uint8_t)length;
    bytes[9] = (uint8_t)(length >> 8);
    memcpy(bytes + 10, dict, length);
    memcpy(bytes + 10 + length, data, data_bytes);
    return 10 + length + data_bytes;
}

static int read_npy(const char *dict, const void *data, size_t data_bytes, struct eddy_table *table)
{
    uint8_t bytes[512];
    return read_bytes("t.npy", bytes, make_npy(bytes, dict, data, data_bytes), table);
}

#define DICT(descr, order, shape)                                                                  \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static void element_types_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *dict;
        const char *data;
        size_t data_bytes;
        float expected[2];
    } cases[] = {
        {DICT("|i1", "False", "(2,)"), "\x01\xff", 2, {1, -1}},
        {DICT("|u1", "False", "(2,)"), "\x01\xff", 2, {1, 255}},
        {DICT("<i2", "False", "(2,)"), "\x01\x00\x00\x80", 4, {1, -32768}},
        {DICT(">i2", "False", "(2,)"), "\x00\x01\x80\x00", 4, {1, -32768}},
        {DICT(">u2", "False", "(2,)"), "\x00\x01\x80\x00", 4, {1, 32768}},
        {DICT("<i4", "False", "(2,)"), "\x02\0\0\0\xfe\xff\xff\xff", 8, {2, -2}},
        {DICT("<u4", "False", "(2,)"), "\x02\0\0\0\0\0\0\x80", 8, {2, 2147483648.f}},
        {DICT(">i8", "False", "(2,)"),
         "\0\0\0\0\0\0\0\x03\xff\xff\xff\xff\xff\xff\xff\xfd",
         16,
         {3, -3}},
        {DICT("<u8", "False", "(2,)"),
         "\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80",
         16,
         {3, 9223372036854775808.f}},
        {DICT("<f4", "False", "(2,)"), "\0\0\x80\x3f\0\0\x20\xc1", 8, {1, -10}},
        {DICT(">f4", "False", "(2,)"), "\x3f\x80\0\0\xc1\x20\0\0", 8, {1, -10}},
        {DICT("<f8", "False", "(2,)"), "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\xe0\xbf", 16, {1, -0.5f}},
        {DICT(">f8", "False", "(2,)"), "\x3f\xf0\0\0\0\0\0\0\xbf\xe0\0\0\0\0\0\0", 16, {1, -0.5f}},
    };
    struct eddy_table table;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_npy(cases[i].dict, cases[i].data, cases[i].data_bytes, &table),
                         EDDY_OK);
        assert_table(&table, 2, 1, cases[i].expected);
    }
}

static void orders_are_read(void **state)
{
    (void)state;
    struct eddy_table table;
    assert_int_equal(read_npy(DICT("|u1", "False", "(2, 3)"), "\1\2\3\4\5\6", 6, &table), EDDY_OK);
    assert_table(&table, 2, 3, (const float[]){1, 2, 3, 4, 5, 6});
    assert_int_equal(read_npy(DICT("|u1", "True", "(2, 3)"), "\1\2\3\4\5\6", 6, &table), EDDY_OK);
    assert_table(&table, 2, 3, (const float[]){1, 3, 5, 2, 4, 6});
}

static void wrong_npy_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *dict;
        int error;
        const char *message;
    } cases[] = {
        {DICT("<f2", "False", "(2,)"), EDDY_ERROR_FORMAT,
         "t.npy: elements of type '<f2' cannot be read; save with .astype('float32')"},
        {DICT("<c8", "False", "(1,)"), EDDY_ERROR_FORMAT,
         "t.npy: elements of type '<c8' cannot be read; save with .astype('float32')"},
        {DICT("|u1", "Maybe", "(8,)"), EDDY_ERROR_FORMAT,
         "t.npy: the .npy header has no valid 'fortran_order'"},
        {DICT("|u1", "False", "(8"), EDDY_ERROR_FORMAT,
         "t.npy: the .npy header has no valid 'shape'"},
        {DICT("|u1", "False", "(-8,)"), EDDY_ERROR_FORMAT,
         "t.npy: the .npy header has no valid 'shape'"},
        {DICT("|u1", "False", "(99999999999999999999,)"), EDDY_ERROR_FORMAT,
         "t.npy: the .npy header has no valid 'shape'"},
        {DICT("|u1", "False", "()"), EDDY_ERROR_SHAPE,
         "t.npy has 0 dimensions; a table needs 1 or 2 (rows, columns)"},
        {DICT("|u1", "False", "(2, 2, 2)"), EDDY_ERROR_SHAPE,
         "t.npy has 3 dimensions; a table needs 1 or 2 (rows, columns)"},
        {DICT("|u1", "False", "(0, 8)"), EDDY_ERROR_SHAPE, "t.npy is empty: shape (0, 8)"},
        {DICT("|u1", "False", "(9,)"), EDDY_ERROR_FORMAT,
         "t.npy is truncated: 9 x 1 elements of 1 bytes announced, 8 bytes of data found"},
        {DICT("<f8", "False", "(99999999, 99999999)"), EDDY_ERROR_FORMAT,
         "t.npy is truncated: 99999999 x 99999999 elements of 8 bytes announced, 8 bytes of data "
         "found"},
        {DICT("|u1", "False", "(7,)"), EDDY_ERROR_FORMAT,
         "t.npy: 1 bytes follow the 7 that its header announces"},
        {DICT("<f4", "False", "(2,)"), EDDY_ERROR_RANGE,
         "t.npy: row 1, column 0 (counted from 0) is inf, not a finite float32; replace it first"},
        {"{}\n", EDDY_ERROR_FORMAT, "t.npy: the .npy header has no 'descr'"},
    };
    struct eddy_table table;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int error = read_npy(cases[i].dict, "\0\0\0\0\0\0\x80\x7f", 8, &table);
        assert_message(cases[i].message);
        assert_int_equal(error, cases[i].error);
    }
    assert_int_equal(read_bytes("t.npy", "1,2\n", 4, &table), EDDY_ERROR_FORMAT);
    assert_message("t.npy is not a .npy file");
    assert_int_equal(read_bytes("t.npy", "\x93NUMPY\4\0\4\0{}  ", 14, &table), EDDY_ERROR_FORMAT);
    assert_message("t.npy: .npy version 4 is not known");
}

/* Every truncation fails; every flipped bit gives a table or a message. */
static void damaged_npy_never_crashes(void **state)
{
    (void)state;
    uint8_t good[256], bad[256];
    const size_t size =
        make_npy(good, DICT("<i2", "False", "(3, 2)"), "\1\0\2\0\3\0\4\0\5\0\6\0", 12);
    struct eddy_table table;
    for (size_t n = 0; n < size; n++)
        assert_int_not_equal(read_bytes("t.npy", good, n, &table), EDDY_OK);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(bad, good, size);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (read_bytes("t.dat", bad, size, &table) == EDDY_OK)
            eddy_table_free(&table);
    }
}

/* ---- .npz ---- */

static void make_npz(const char *name, size_t n_members, zip_int32_t method)
{
    static uint8_t bytes[2][256];
    static const char *const names[] = {"a.npy", "b.npy"};
    int code;
    zip_t *archive = zip_open(path_of(name), ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(archive);
    for (size_t i = 0; i < n_members; i++) {
        const uint8_t data[] = {(uint8_t)(10 * i), 1};
        const size_t size = make_npy(bytes[i], DICT("|u1", "False", "(2,)"), data, 2);
        zip_source_t *source = zip_source_buffer(archive, bytes[i], size, 0);
        const zip_int64_t index = zip_file_add(archive, names[i], source, 0);
        assert_true(index >= 0);
        assert_int_equal(zip_set_file_compression(archive, (zip_uint64_t)index, method, 0), 0);
    }
    assert_int_equal(zip_close(archive), 0);
}

static void archives_are_read(void **state)
{
    (void)state;
    static const zip_int32_t methods[] = {ZIP_CM_STORE, ZIP_CM_DEFLATE};
    struct eddy_table table;
    for (size_t i = 0; i < 2; i++) {
        make_npz("t.dat", 1, methods[i]); /* the ending does not matter */
        assert_int_equal(eddy_table_read(context, path_of("t.dat"), NULL, &table), EDDY_OK);
        assert_table(&table, 2, 1, (const float[]){0, 1});
        unlink(path_of("t.dat"));
        make_npz("t.npz", 2, methods[i]);
        assert_int_equal(eddy_table_read(context, path_of("t.npz"), "b", &table), EDDY_OK);
        assert_table(&table, 2, 1, (const float[]){10, 1});
        assert_int_equal(eddy_table_read(context, path_of("t.npz"), NULL, &table),
                         EDDY_ERROR_ARGUMENT);
        assert_message("t.npz has 2 arrays; name one of: a, b");
        assert_int_equal(eddy_table_read(context, path_of("t.npz"), "c", &table),
                         EDDY_ERROR_ARGUMENT);
        assert_message("t.npz has no array 'c'; it has: a, b");
        unlink(path_of("t.npz"));
    }
    assert_int_equal(read_bytes("t.npz", "1,2\n", 4, &table), EDDY_ERROR_FORMAT);
    assert_message("t.npz is not a .npz file: it is no zip archive");
}

static void damaged_archives_never_crash(void **state)
{
    (void)state;
    uint8_t good[1024], bad[1024];
    make_npz("t.npz", 1, ZIP_CM_DEFLATE);
    FILE *file = fopen(path_of("t.npz"), "rb");
    const size_t size = fread(good, 1, sizeof good, file);
    fclose(file);
    struct eddy_table table;
    for (size_t n = 0; n < size; n++)
        assert_int_not_equal(read_bytes("t.npz", good, n, &table), EDDY_OK);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(bad, good, size);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (read_bytes("t.npz", bad, size, &table) == EDDY_OK)
            eddy_table_free(&table);
    }
}

/* ---- out ---- */

static void what_is_written_is_read(void **state)
{
    (void)state;
    float values[] = {0, -1, 1.f / 3, 1e-38f, 16777217, -3.4e38f};
    const struct eddy_table table = {.n_rows = 3, .n_columns = 2, .values = values};
    struct eddy_table back;
    static const char *const names[] = {"t.csv", "t.npy"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(eddy_table_write(context, path_of(names[i]), &table), EDDY_OK);
        assert_int_equal(eddy_table_read(context, path_of(names[i]), NULL, &back), EDDY_OK);
        assert_table(&back, 3, 2, values);
        unlink(path_of(names[i]));
    }
    assert_int_equal(eddy_table_write(context, path_of("t.xls"), &table), EDDY_ERROR_ARGUMENT);
    assert_int_equal(eddy_table_write(context, path_of("no/t.csv"), &table), EDDY_ERROR_IO);
}

/* A program's locale may have a decimal comma. */
static void the_locale_does_not_matter(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip();
    float values[] = {1.5f, 2.25f};
    const struct eddy_table table = {.n_rows = 1, .n_columns = 2, .values = values};
    struct eddy_table back;
    assert_int_equal(eddy_table_write(context, path_of("t.csv"), &table), EDDY_OK);
    assert_int_equal(eddy_table_read(context, path_of("t.csv"), NULL, &back), EDDY_OK);
    setlocale(LC_NUMERIC, "C");
    assert_table(&back, 1, 2, values);
    unlink(path_of("t.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(wrong_text_is_refused),
        cmocka_unit_test(rows_are_read_from_a_stream),
        cmocka_unit_test(element_types_are_read),
        cmocka_unit_test(orders_are_read),
        cmocka_unit_test(wrong_npy_is_refused),
        cmocka_unit_test(damaged_npy_never_crashes),
        cmocka_unit_test(archives_are_read),
        cmocka_unit_test(damaged_archives_never_crash),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
