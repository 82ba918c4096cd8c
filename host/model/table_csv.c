/* table_csv.c -- numbers as text: comma, semicolon or white space between them, a header line at most. */
#include "table_internal.h"

#include "lib/context.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One line cut into fields. */
struct line {
    const char *name; /* of the file, for messages */
    size_t number;    /* from 1 */
    const char *at, *end;
    char separator; /* ',', ';' or ' ' */
    size_t column;  /* of the field before, from 1 */
    bool ended;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **start, const char **end)
{
    while (*start < *end && is_space(**start))
        (*start)++;
    while (*start < *end && is_space((*end)[-1]))
        (*end)--;
}

/* False for a blank line or a comment alone. */
static bool open_line(struct line *line, const char *name, size_t number, const char *text,
                      size_t length)
{
    const char *end = text + length;
    if (number == 1 && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    const char *comment = memchr(text, '#', (size_t)(end - text));
    end = comment ? comment : end;
    trim(&text, &end);
    *line = (struct line){.name = name, .number = number, .at = text, .end = end};
    const size_t n = (size_t)(end - text);
    line->separator = memchr(text, ';', n) ? ';' : memchr(text, ',', n) ? ',' : ' ';
    return n > 0;
}

static bool next_field(struct line *line, const char **start, const char **end)
{
    if (line->ended)
        return false;
    const char *stop = line->at;
    while (stop < line->end &&
           !(line->separator == ' ' ? is_space(*stop) : *stop == line->separator))
        stop++;
    *start = line->at;
    *end = stop;
    line->ended = stop == line->end;
    line->at = line->ended ? stop : stop + 1;
    while (line->separator == ' ' && line->at < line->end && is_space(*line->at))
        line->at++;
    trim(start, end);
    line->column++;
    return true;
}

/* Whether the field is a number, finite or not. */
static bool parse_number(const char *start, const char *end, double *value)
{
    char text[64];
    const size_t length = (size_t)(end - start);
    if (length == 0 || length >= sizeof text || memchr(start, 0, length) ||
        memchr(start, 'x', length) || memchr(start, 'X', length))
        return false;
    memcpy(text, start, length);
    text[length] = 0;
    char *rest;
    *value = strtod(text, &rest);
    return rest == text + length;
}

/* A header names columns: no field of it is a number, or begins as one (1,5 is a decimal comma, not a name). */
static bool is_header(struct line line)
{
    const char *start, *end;
    double value;
    while (next_field(&line, &start, &end)) {
        const char *digit = start + (start < end && strchr("+-.", *start) != NULL);
        if (parse_number(start, end, &value) || (digit < end && *digit >= '0' && *digit <= '9'))
            return false;
        for (const char *c = start; c < end; c++)
            if ((unsigned char)*c < ' ' && *c != '\t')
                return false;
    }
    return true;
}

static int fail_field(struct eddy_context *context, const struct line *line, const char *start,
                      const char *end)
{
    char text[40];
    size_t n = 0;
    for (; start + n < end && n < sizeof text - 1; n++)
        text[n] = (unsigned char)start[n] < ' ' || start[n] == 127 ? '?' : start[n];
    text[n] = 0;
    if (n == 0)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: line %zu, column %zu: empty", line->name,
                         line->number, line->column);
    return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: line %zu, column %zu: '%s' is not a number",
                     line->name, line->number, line->column, text);
}

/* The next number of the line. Returns 1, 0 at its end, or an error. */
static int next_number(struct eddy_context *context, struct line *line, float *number)
{
    const char *start, *end;
    double value;
    if (!next_field(line, &start, &end))
        return 0;
    if (!parse_number(start, end, &value))
        return fail_field(context, line, start, end);
    *number = (float)value;
    if (!isfinite(*number))
        return eddy_fail(context, EDDY_ERROR_RANGE,
                         "%s: line %zu, column %zu: %.*s is not a finite float32; replace it first",
                         line->name, line->number, line->column, (int)(end - start), start);
    return 1;
}

/* Numbers have a decimal point, whatever the program's locale. */
static locale_t enter_c_locale(locale_t *before)
{
    const locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    *before = c ? uselocale(c) : (locale_t)0;
    return c;
}

static void leave_c_locale(locale_t c, locale_t before)
{
    if (!c)
        return;
    uselocale(before);
    freelocale(c);
}

struct growing {
    float *values;
    size_t n, capacity;
};

static bool grow(struct growing *growing, float value)
{
    if (growing->n == growing->capacity) {
        const size_t capacity = growing->capacity ? 2 * growing->capacity : 1024;
        float *values = realloc(growing->values, capacity * sizeof *values);
        if (!values)
            return false;
        growing->values = values;
        growing->capacity = capacity;
    }
    growing->values[growing->n++] = value;
    return true;
}

/* Appends a line's numbers; first_line is that of the first row. */
static int parse_row(struct eddy_context *context, struct line *line, size_t first_line,
                     struct growing *growing, struct eddy_table *table)
{
    float value;
    int got;
    while ((got = next_number(context, line, &value)) > 0)
        if (!grow(growing, value))
            return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", line->name);
    if (got < 0)
        return got;
    if (table->n_rows == 0)
        table->n_columns = line->column;
    if (line->column != table->n_columns)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%s: line %zu has %zu columns, line %zu has %zu", line->name, line->number,
                         line->column, first_line, table->n_columns);
    table->n_rows++;
    return EDDY_OK;
}

static int parse_rows(struct eddy_context *context, const char *where, const char *text,
                      const char *end, struct growing *growing, struct eddy_table *table)
{
    size_t number = 0, first_line = 0;
    bool first = true;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        struct line line;
        const bool filled = open_line(&line, where, ++number, text, (size_t)(stop - text));
        text = newline ? newline + 1 : end;
        if (!filled)
            continue;
        const bool header = first && is_header(line);
        first = false;
        if (header)
            continue;
        first_line = first_line ? first_line : number;
        const int error = parse_row(context, &line, first_line, growing, table);
        if (error)
            return error;
    }
    if (table->n_rows == 0)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "%s is empty: no line of numbers", where);
    return EDDY_OK;
}

int table_parse_csv(struct eddy_context *context, const char *where, const uint8_t *bytes,
                    size_t size_bytes, struct eddy_table *table)
{
    if (memchr(bytes, 0, size_bytes))
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s is neither text nor .npy nor .npz: it contains zero bytes", where);
    struct growing growing = {0};
    locale_t before;
    const locale_t c = enter_c_locale(&before);
    const char *text = (const char *)bytes;
    const int error = parse_rows(context, where, text, text + size_bytes, &growing, table);
    leave_c_locale(c, before);
    if (error) {
        free(growing.values);
        *table = (struct eddy_table){0};
        return error;
    }
    table->values = growing.values;
    return EDDY_OK;
}

static int read_row(struct eddy_context *context, struct line *line, size_t n_columns, float *row)
{
    float value;
    int got;
    while ((got = next_number(context, line, &value)) > 0)
        if (line->column <= n_columns)
            row[line->column - 1] = value;
    if (got < 0)
        return got;
    if (line->column != n_columns)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "%s: line %zu has %zu columns, the model reads %zu", line->name,
                         line->number, line->column, n_columns);
    return 1;
}

int eddy_csv_read_row(struct eddy_context *context, FILE *stream, const char *stream_name,
                      size_t *line_number, size_t n_columns, float *row)
{
    char *text = NULL;
    size_t capacity = 0;
    int result = 0;
    bool first = *line_number == 0;
    locale_t before;
    const locale_t c = enter_c_locale(&before);
    for (;;) {
        errno = 0;
        const ssize_t length = getline(&text, &capacity, stream);
        if (length < 0) {
            if (errno == ENOMEM)
                result = eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", stream_name);
            else if (ferror(stream))
                result = eddy_fail(context, EDDY_ERROR_IO, "cannot read %s: %s", stream_name,
                                   strerror(errno));
            break;
        }
        struct line line;
        if (!open_line(&line, stream_name, ++*line_number, text, (size_t)length))
            continue;
        const bool header = first && is_header(line);
        first = false;
        if (header)
            continue;
        result = read_row(context, &line, n_columns, row);
        break;
    }
    leave_c_locale(c, before);
    free(text);
    return result;
}

int table_format_csv(struct eddy_context *context, const struct eddy_table *table, char **bytes,
                     size_t *size_bytes)
{
    FILE *stream = open_memstream(bytes, size_bytes);
    if (!stream)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a .csv file");
    locale_t before;
    const locale_t c = enter_c_locale(&before);
    for (size_t r = 0; r < table->n_rows; r++)
        for (size_t k = 0; k < table->n_columns; k++)
            fprintf(stream, "%.9g%c", (double)table->values[r * table->n_columns + k],
                    k + 1 < table->n_columns ? ',' : '\n');
    leave_c_locale(c, before);
    const bool failed = ferror(stream);
    if (fclose(stream) != 0 || failed)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a .csv file");
    return EDDY_OK;
}
