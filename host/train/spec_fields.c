#define _POSIX_C_SOURCE 200809L /* strdup */

#include "spec_fields.h"

#include "lib/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int spec_refuse(const struct reader *reader, const char *key, const char *what)
{
    /* Of an object itself, its path without the final point. */
    const int where_bytes = (int)strlen(reader->where) - (key[0] ? 0 : 1);
    return eddy_fail(reader->context, EDDY_ERROR_FORMAT, "%s: %.*s%s: %s", reader->spec->path,
                     where_bytes, reader->where, key, what);
}

static void join(char *list, size_t size_bytes, const char *word)
{
    const size_t used = strlen(list);
    snprintf(list + used, size_bytes - used, "%s%s", used ? ", " : "", word);
}

static int refuse_choice(const struct reader *reader, const struct field *field)
{
    char list[128] = "", what[160];
    for (size_t i = 0; field->choices[i]; i++)
        join(list, sizeof list, field->choices[i]);
    snprintf(what, sizeof what, "choose one of: %s", list);
    return spec_refuse(reader, field->key, what);
}

static int refuse_unknown(const struct reader *reader, const char *key, const struct field *fields)
{
    char list[256] = "", what[300];
    for (; fields->key; fields++)
        join(list, sizeof list, fields->key);
    snprintf(what, sizeof what, "unknown key; known here: %s", list);
    return spec_refuse(reader, key, what);
}

static int refuse_range(const struct reader *reader, const struct field *field)
{
    char what[128];
    snprintf(what, sizeof what, "must be a %s from %.15g to %.15g",
             field->kind == KIND_COUNT ? "whole number" : "number", field->min, field->max);
    return spec_refuse(reader, field->key, what);
}

static int read_number(const struct reader *reader, const struct field *field, const json_t *value)
{
    const bool is_count = field->kind == KIND_COUNT;
    if (is_count ? !json_is_integer(value) : !json_is_number(value))
        return refuse_range(reader, field);
    const double number = json_number_value(value);
    if (!(number >= field->min && number <= field->max))
        return refuse_range(reader, field);
    if (is_count)
        *(size_t *)field->to = (size_t)json_integer_value(value);
    else
        *(double *)field->to = number;
    return EDDY_OK;
}

static int read_field(const struct reader *reader, const struct field *field, json_t *value)
{
    switch (field->kind) {
    case KIND_TEXT:
        if (!json_is_string(value) || json_string_length(value) == 0)
            return spec_refuse(reader, field->key, "must be a text");
        *(char **)field->to = strdup(json_string_value(value));
        return *(char **)field->to ? EDDY_OK : EDDY_ERROR_MEMORY;
    case KIND_NUMBER:
    case KIND_COUNT: return read_number(reader, field, value);
    case KIND_BOOL:
        if (!json_is_boolean(value))
            return spec_refuse(reader, field->key, "must be true or false");
        *(bool *)field->to = json_is_true(value);
        return EDDY_OK;
    case KIND_CHOICE:
        for (int i = 0; json_is_string(value) && field->choices[i]; i++)
            if (strcmp(json_string_value(value), field->choices[i]) == 0) {
                *(int *)field->to = i;
                return EDDY_OK;
            }
        return refuse_choice(reader, field);
    case KIND_COLUMNS:
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *const column = json_array_get(value, i);
            if (!json_is_integer(column) || json_integer_value(column) < 0)
                value = NULL;
        }
        if (json_array_size(value) == 0)
            return spec_refuse(reader, field->key, "must be a list of column numbers, from 0");
        break;
    case KIND_NODE: break;
    }
    *(json_t **)field->to = value;
    return EDDY_OK;
}

int spec_read_object(const struct reader *reader, json_t *object, const struct field *fields)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return spec_refuse(reader, reader->where[0] ? "" : "the file", "must be an object { ... }");
    json_object_foreach(object, key, value)
    {
        const struct field *field = fields;
        while (field->key && strcmp(field->key, key) != 0)
            field++;
        if (!field->key)
            return refuse_unknown(reader, key, fields);
        const int error = read_field(reader, field, value);
        if (error)
            return error;
    }
    for (; fields->key; fields++)
        if (fields->required && !json_object_get(object, fields->key))
            return fields->kind == KIND_CHOICE ? refuse_choice(reader, fields)
                                               : spec_refuse(reader, fields->key, "is missing");
    return EDDY_OK;
}
