#include "table_internal.h"

#include "lib/context.h"
#include "lib/file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zip.h>

void eddy_table_free(struct eddy_table *table)
{
    if (!table)
        return;
    free(table->values);
    *table = (struct eddy_table){0};
}

static int64_t read_zip(void *member, void *bytes, size_t n_bytes)
{
    return zip_fread(member, bytes, n_bytes);
}

/* Reads a member to its end, whatever size the directory claims. */
static int read_member(struct eddy_context *context, const char *where, zip_file_t *member,
                       uint8_t **bytes, size_t *size_bytes)
{
    const int error = file_read_all(context, where, read_zip, member, bytes, size_bytes);
    if (error == EDDY_ERROR_IO)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s: a damaged archive (%s); copy or save the file again", where,
                         zip_file_strerror(member));
    return error;
}

/* The members' names without .npy, for a message. */
static void list_members(zip_t *archive, char *list, size_t list_bytes)
{
    size_t used = 0;
    list[0] = 0;
    const zip_int64_t n = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < n && used < list_bytes; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        if (!name)
            continue;
        const int length = (int)strlen(name) - (file_ends_in(name, ".npy") ? 4 : 0);
        used += (size_t)snprintf(list + used, list_bytes - used, "%s%.*s", used ? ", " : "", length,
                                 name);
    }
}

/* The index of the member asked for. */
static int find_member(struct eddy_context *context, const char *path, zip_t *archive,
                       const char *name, zip_uint64_t *index)
{
    char list[256];
    const zip_int64_t n = zip_get_num_entries(archive, 0);
    if (n <= 0)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "%s: the archive is empty", path);
    *index = 0;
    if (!name && n == 1)
        return EDDY_OK;
    for (zip_int64_t i = 0; name && i < n; i++) {
        const char *member = zip_get_name(archive, (zip_uint64_t)i, 0);
        const size_t length = strlen(name);
        *index = (zip_uint64_t)i;
        if (member && strncmp(member, name, length) == 0 &&
            (member[length] == 0 || strcmp(member + length, ".npy") == 0))
            return EDDY_OK;
    }
    list_members(archive, list, sizeof list);
    if (name)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "%s has no array '%s'; it has: %s", path,
                         name, list);
    return eddy_fail(context, EDDY_ERROR_ARGUMENT, "%s has %lld arrays; name one of: %s", path,
                     (long long)n, list);
}

static int parse_member(struct eddy_context *context, const char *path, zip_t *archive,
                        const char *name, struct eddy_table *table)
{
    zip_uint64_t index = 0;
    int error = find_member(context, path, archive, name, &index);
    if (error)
        return error;
    const char *member_name = zip_get_name(archive, index, 0);
    char where[384];
    snprintf(where, sizeof where, "%.255s(%.100s)", path, member_name ? member_name : "?");
    zip_file_t *member = zip_fopen_index(archive, index, 0);
    if (!member)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: cannot be unpacked (%s)", where,
                         zip_strerror(archive));
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    error = read_member(context, where, member, &bytes, &size_bytes);
    zip_fclose(member);
    if (error)
        return error;
    error = table_parse_npy(context, where, bytes, size_bytes, table);
    free(bytes);
    return error;
}

static int parse_npz(struct eddy_context *context, const char *path, const char *name,
                     const uint8_t *bytes, size_t size_bytes, struct eddy_table *table)
{
    zip_error_t detail;
    zip_error_init(&detail);
    zip_t *archive = NULL;
    int error;
    zip_source_t *source = zip_source_buffer_create(bytes, size_bytes, 0, &detail);
    if (source && !(archive = zip_open_from_source(source, ZIP_RDONLY, &detail)))
        zip_source_free(source);
    if (archive)
        error = parse_member(context, path, archive, name, table);
    else
        error = eddy_fail(context, EDDY_ERROR_FORMAT,
                          "%s: a damaged .npz archive (%s); copy or save the file again", path,
                          zip_error_strerror(&detail));
    if (archive)
        zip_discard(archive);
    zip_error_fini(&detail);
    return error;
}

int eddy_table_read(struct eddy_context *context, const char *path, const char *name,
                    struct eddy_table *table)
{
    *table = (struct eddy_table){0};
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    int error = file_read(context, path, &bytes, &size_bytes);
    if (error)
        return error;
    const bool npy = table_is_npy(bytes, size_bytes);
    const bool zip = size_bytes >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
    if (zip)
        error = parse_npz(context, path, name, bytes, size_bytes, table);
    else if (file_ends_in(path, ".npz"))
        error = eddy_fail(context, EDDY_ERROR_FORMAT, "%s is not a .npz file: it is no zip archive",
                          path);
    else if (name)
        error = eddy_fail(context, EDDY_ERROR_ARGUMENT,
                          "%s has no named arrays, so '%s' cannot be chosen; only .npz has", path,
                          name);
    else if (npy || file_ends_in(path, ".npy"))
        error = table_parse_npy(context, path, bytes, size_bytes, table);
    else
        error = table_parse_csv(context, path, bytes, size_bytes, table);
    free(bytes);
    return error;
}

int eddy_table_write(struct eddy_context *context, const char *path, const struct eddy_table *table)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    int error;
    if (file_ends_in(path, ".npy"))
        error = table_format_npy(context, table, &bytes, &size_bytes);
    else if (file_ends_in(path, ".csv") || file_ends_in(path, ".txt"))
        error = table_format_csv(context, table, &bytes, &size_bytes);
    else
        error = eddy_fail(context, EDDY_ERROR_ARGUMENT,
                          "%s: an unknown ending; tables are written as .npy or .csv", path);
    if (!error)
        error = file_write(context, path, bytes, size_bytes);
    free(bytes);
    return error;
}
