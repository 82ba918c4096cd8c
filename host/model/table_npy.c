/* table_npy.c -- NumPy's .npy: magic, version, a Python dict as header, then the elements. */
#include "table_internal.h"

#include "lib/context.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC_BYTES = 6, PREAMBLE_BYTES = 10, MAX_HEADER_BYTES = 4096 };

struct npy {
    const char *where;
    char kind; /* f, i, u */
    size_t elem_bytes;
    bool big_endian, fortran_order;
    size_t n_rows, n_columns;
    const uint8_t *data;
    size_t data_bytes;
};

bool table_is_npy(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= MAGIC_BYTES && memcmp(bytes, magic, MAGIC_BYTES) == 0;
}

/* The text after 'key': in the header, or NULL. */
static const char *find_key(const char *header, const char *key)
{
    char quoted[24];
    snprintf(quoted, sizeof quoted, "'%s'", key);
    const char *at = strstr(header, quoted);
    if (!at)
        return NULL;
    at += strlen(quoted);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    at++;
    return at + strspn(at, " ");
}

static int parse_descr(struct eddy_context *context, struct npy *npy, const char *header)
{
    const char *at = find_key(header, "descr");
    if (!at)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: the .npy header has no 'descr'",
                         npy->where);
    char type[5] = "";
    if (sscanf(at, "'%4[^']'", type) == 1 && strlen(type) == 3 && strchr("<>|=", type[0])) {
        npy->big_endian = type[0] == '>';
        npy->kind = type[1];
        npy->elem_bytes = (size_t)(type[2] - '0');
        const bool is_float = npy->kind == 'f' && (npy->elem_bytes == 4 || npy->elem_bytes == 8);
        const bool is_int = (npy->kind == 'i' || npy->kind == 'u') &&
                            (npy->elem_bytes == 1 || npy->elem_bytes == 2 || npy->elem_bytes == 4 ||
                             npy->elem_bytes == 8);
        if ((is_float || is_int) && !(type[0] == '|' && npy->elem_bytes > 1))
            return EDDY_OK;
    }
    return eddy_fail(context, EDDY_ERROR_FORMAT,
                     "%s: elements of type %.*s cannot be read; save with .astype('float32')",
                     npy->where, (int)strcspn(at, ",}"), at);
}

static bool parse_length(const char **at, size_t *length)
{
    if (**at < '0' || **at > '9')
        return false;
    size_t value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (value > (SIZE_MAX >> 5) / 10)
            return false;
        value = value * 10 + (size_t)(**at - '0');
    }
    *length = value;
    *at += strspn(*at, "L ");
    return true;
}

static int parse_shape(struct eddy_context *context, struct npy *npy, const char *header)
{
    const char *at = find_key(header, "shape");
    size_t dims[2] = {1, 1}, n_dims = 0;
    bool good = at && *at == '(';
    at = good ? at + 1 : at;
    while (good) {
        at += strspn(at, " ");
        if (*at == ')')
            break;
        size_t length;
        good = parse_length(&at, &length) && (*at == ',' || *at == ')');
        if (good && n_dims < 2)
            dims[n_dims] = length;
        n_dims += good;
        if (good && *at == ',')
            at++;
    }
    if (!good)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: the .npy header has no valid 'shape'",
                         npy->where);
    if (n_dims < 1 || n_dims > 2)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%s has %zu dimensions; a table needs 1 or 2 (rows, columns)", npy->where,
                         n_dims);
    npy->n_rows = dims[0];
    npy->n_columns = dims[1];
    if (npy->n_rows == 0 || npy->n_columns == 0)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "%s is empty: shape (%zu, %zu)", npy->where,
                         dims[0], dims[1]);
    return EDDY_OK;
}

static int parse_header(struct eddy_context *context, struct npy *npy, const char *header)
{
    int error = parse_descr(context, npy, header);
    if (error)
        return error;
    const char *order = find_key(header, "fortran_order");
    npy->fortran_order = order && strncmp(order, "True", 4) == 0;
    if (!npy->fortran_order && !(order && strncmp(order, "False", 5) == 0))
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s: the .npy header has no valid 'fortran_order'", npy->where);
    error = parse_shape(context, npy, header);
    if (error)
        return error;
    const size_t elems_in_file = npy->data_bytes / npy->elem_bytes;
    if (npy->n_rows > elems_in_file / npy->n_columns)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s is truncated: %zu x %zu elements of %zu bytes announced, %zu bytes "
                         "of data found",
                         npy->where, npy->n_rows, npy->n_columns, npy->elem_bytes, npy->data_bytes);
    const size_t announced = npy->n_rows * npy->n_columns * npy->elem_bytes;
    if (announced != npy->data_bytes)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s: %zu bytes follow the %zu that its header announces", npy->where,
                         npy->data_bytes - announced, announced);
    return EDDY_OK;
}

static int open_npy(struct eddy_context *context, const uint8_t *bytes, size_t size_bytes,
                    struct npy *npy)
{
    if (!table_is_npy(bytes, size_bytes))
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s is not a .npy file", npy->where);
    size_t start = PREAMBLE_BYTES, header_bytes = 0;
    if (size_bytes >= 12) {
        const unsigned version = bytes[MAGIC_BYTES];
        if (version < 1 || version > 3)
            return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: .npy version %u is not known",
                             npy->where, version);
        header_bytes = bytes[8] | (size_t)bytes[9] << 8;
        if (version > 1) {
            header_bytes |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
            start = 12;
        }
    }
    if (size_bytes < 12 || header_bytes > size_bytes - start)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s is truncated within its .npy header",
                         npy->where);
    char header[MAX_HEADER_BYTES + 1];
    if (header_bytes > MAX_HEADER_BYTES)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: a .npy header of %zu bytes is too long",
                         npy->where, header_bytes);
    memcpy(header, bytes + start, header_bytes);
    header[header_bytes] = 0;
    for (size_t i = 0; i < header_bytes; i++)
        if ((header[i] < ' ' && header[i] != '\n') || header[i] > '~')
            header[i] = '?';
    npy->data = bytes + start + header_bytes;
    npy->data_bytes = size_bytes - start - header_bytes;
    return parse_header(context, npy, header);
}

static double element(const struct npy *npy, size_t index)
{
    const uint8_t *at = npy->data + index * npy->elem_bytes;
    uint64_t bits = 0;
    for (size_t i = 0; i < npy->elem_bytes; i++)
        bits = bits << 8 | at[npy->big_endian ? i : npy->elem_bytes - 1 - i];
    if (npy->kind == 'u')
        return (double)bits;
    if (npy->kind == 'i') {
        const uint64_t sign = UINT64_C(1) << (8 * npy->elem_bytes - 1);
        return (double)(int64_t)((bits ^ sign) - sign);
    }
    if (npy->elem_bytes == 4) {
        const uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int table_parse_npy(struct eddy_context *context, const char *where, const uint8_t *bytes,
                    size_t size_bytes, struct eddy_table *table)
{
    struct npy npy = {.where = where};
    const int error = open_npy(context, bytes, size_bytes, &npy);
    if (error)
        return error;
    const size_t rows = npy.n_rows, columns = npy.n_columns;
    float *values = calloc(rows * columns, sizeof *values);
    if (!values)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory for %zu x %zu numbers",
                         where, rows, columns);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const double value = element(&npy, npy.fortran_order ? c * rows + r : r * columns + c);
            values[r * columns + c] = (float)value;
            if (!isfinite(values[r * columns + c])) {
                free(values);
                return eddy_fail(context, EDDY_ERROR_RANGE,
                                 "%s: row %zu, column %zu (counted from 0) is %g, not a finite "
                                 "float32; replace it first",
                                 where, r, c, value);
            }
        }
    *table = (struct eddy_table){.n_rows = rows, .n_columns = columns, .values = values};
    return EDDY_OK;
}

int table_format_npy(struct eddy_context *context, const struct eddy_table *table, char **bytes,
                     size_t *size_bytes)
{
    enum {
        HEADER_BYTES = 128
    }; /* preamble included: a multiple of 64, so that the data is aligned */
    const size_t n_elems = table->n_rows * table->n_columns;
    char *file = malloc(HEADER_BYTES + n_elems * 4);
    if (!file)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a .npy file");
    memset(file, ' ', HEADER_BYTES);
    memcpy(file, magic, MAGIC_BYTES);
    file[6] = 1;
    file[7] = 0;
    file[8] = HEADER_BYTES - PREAMBLE_BYTES;
    file[9] = 0;
    char dict[HEADER_BYTES];
    const int length = snprintf(dict, sizeof dict,
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                                table->n_rows, table->n_columns);
    memcpy(file + PREAMBLE_BYTES, dict, (size_t)length);
    file[HEADER_BYTES - 1] = '\n';
    for (size_t i = 0; i < n_elems; i++) {
        uint32_t bits;
        memcpy(&bits, &table->values[i], sizeof bits);
        for (size_t byte = 0; byte < 4; byte++)
            file[HEADER_BYTES + i * 4 + byte] = (char)(uint8_t)(bits >> 8 * byte);
    }
    *bytes = file;
    *size_bytes = HEADER_BYTES + n_elems * 4;
    return EDDY_OK;
}
