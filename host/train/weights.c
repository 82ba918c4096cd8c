#include "weights.h"

#include "lib/context.h"
#include "lib/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

struct tensor {
    char name[32];
    const float *values;
    size_t n_sizes, sizes[3], n_bytes;
};

enum { LAYER_TENSORS = 7, MODEL_TENSORS = 4, NPY_HEADER_BYTES = 128 };

/* sizes: three, from the last; 0 for dimensions that are not there. */
static size_t add(struct tensor *to, const char *name, const float *values, size_t a, size_t b,
                  size_t c)
{
    if (!values)
        return 0;
    *to = (struct tensor){.values = values, .n_bytes = sizeof *values};
    snprintf(to->name, sizeof to->name, "%s", name);
    if (a)
        to->sizes[to->n_sizes++] = a;
    if (b)
        to->sizes[to->n_sizes++] = b;
    to->sizes[to->n_sizes++] = c;
    for (size_t i = 0; i < to->n_sizes; i++)
        to->n_bytes *= to->sizes[i];
    return 1;
}

static size_t add_layer(struct tensor *to, size_t l, const struct eddy_layer *layer)
{
    const size_t d = eddy_layer_directions(layer), n = layer->n_hidden;
    const size_t rows = eddy_cell_gates(layer->cell) * n;
    const struct {
        const char *name;
        const float *values;
        size_t b, c;
    } parts[LAYER_TENSORS] = {{"w", layer->w, rows, layer->n_in},
                              {"r", layer->r, rows, n},
                              {"b", layer->b, 0, rows},
                              {"rb", layer->rb, 0, n},
                              {"p", layer->p, 0, 3 * n},
                              {"h0", layer->h0, 0, n},
                              {"c0", layer->c0, 0, n}};
    size_t count = 0;
    for (size_t i = 0; i < LAYER_TENSORS; i++) {
        char name[32];
        snprintf(name, sizeof name, "layers.%zu.%s", l, parts[i].name);
        count += add(to + count, name, parts[i].values, d, parts[i].b, parts[i].c);
    }
    return count;
}

/* The caller frees *tensors, whose values are the model's. */
static size_t list_tensors(const struct eddy_model *model, struct tensor **tensors)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    size_t n = 0;
    struct tensor *const t = *tensors =
        calloc(LAYER_TENSORS * model->n_layers + MODEL_TENSORS, sizeof *t);
    for (size_t l = 0; t && l < model->n_layers; l++)
        n += add_layer(t + n, l, &model->layers[l]);
    if (!t)
        return 0;
    n += add(t + n, "in_scale", model->in_scale, 0, 0, n_in);
    n += add(t + n, "in_offset", model->in_offset, 0, 0, n_in);
    n += add(t + n, "out_scale", model->out_scale, 0, 0, n_out);
    n += add(t + n, "out_offset", model->out_offset, 0, 0, n_out);
    return n;
}

/* ---- safetensors: the length of the header, 8 bytes little-endian; the header, JSON; the values ---- */

static char *describe(size_t n, const struct tensor *tensors)
{
    json_t *const header = json_object();
    size_t begin = 0;
    bool failed = false;
    for (size_t i = 0; i < n; i++) {
        const struct tensor *const t = &tensors[i];
        json_t *const shape = json_array();
        for (size_t k = 0; k < t->n_sizes; k++)
            failed |= json_array_append_new(shape, json_integer((json_int_t)t->sizes[k])) != 0;
        json_t *const entry =
            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                      (json_int_t)begin, (json_int_t)(begin + t->n_bytes));
        failed |= json_object_set_new(header, t->name, entry) != 0;
        begin += t->n_bytes;
    }
    char *const text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

static uint8_t *lay_out_safetensors(size_t n, const struct tensor *tensors, size_t *size_bytes)
{
    char *const text = describe(n, tensors);
    const size_t text_bytes = text ? strlen(text) : 0;
    *size_bytes = 8 + text_bytes;
    for (size_t i = 0; i < n; i++)
        *size_bytes += tensors[i].n_bytes;
    uint8_t *const file = text ? malloc(*size_bytes) : NULL;
    if (file) {
        uint8_t *to = file + 8 + text_bytes;
        for (size_t i = 0; i < 8; i++)
            file[i] = (uint8_t)((uint64_t)text_bytes >> (8 * i));
        memcpy(file + 8, text, text_bytes);
        for (size_t i = 0; i < n; to += tensors[i++].n_bytes)
            memcpy(to, tensors[i].values, tensors[i].n_bytes);
    }
    free(text);
    return file;
}

/* ---- .npz: a zip of .npy files, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html ---- */

static uint8_t *lay_out_npy(const struct tensor *t, size_t *size_bytes)
{
    char shape[80] = "", header[NPY_HEADER_BYTES + 1];
    size_t at = 0;
    for (size_t k = 0; k < t->n_sizes; k++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%zu,", t->sizes[k]);
    *size_bytes = NPY_HEADER_BYTES + t->n_bytes;
    uint8_t *const file = malloc(*size_bytes);
    if (!file)
        return NULL;
    snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }",
             shape);
    snprintf((char *)file, NPY_HEADER_BYTES, "%-*s", NPY_HEADER_BYTES - 1, "");
    memcpy(file, "\x93NUMPY\1", 8);
    file[7] = file[9] = 0;
    file[8] = NPY_HEADER_BYTES - 10;
    memcpy(file + 10, header, strlen(header));
    file[NPY_HEADER_BYTES - 1] = '\n';
    memcpy(file + NPY_HEADER_BYTES, t->values, t->n_bytes);
    return file;
}

static bool add_npy(zip_t *archive, const struct tensor *t)
{
    char name[sizeof t->name + 4];
    size_t n_bytes;
    uint8_t *const npy = lay_out_npy(t, &n_bytes);
    zip_source_t *const source = npy ? zip_source_buffer(archive, npy, n_bytes, 1) : NULL;
    snprintf(name, sizeof name, "%s.npy", t->name);
    const zip_int64_t place = source ? zip_file_add(archive, name, source, 0) : -1;
    if (place >= 0) /* the same weights, the same file */
        return zip_set_file_compression(archive, (zip_uint64_t)place, ZIP_CM_STORE, 0) == 0 &&
               zip_file_set_mtime(archive, (zip_uint64_t)place, 315532800, 0) == 0;
    if (source)
        zip_source_free(source);
    else
        free(npy);
    return false;
}

/* What was written into a buffer. */
static uint8_t *take(zip_source_t *buffer, size_t *size_bytes)
{
    zip_stat_t stat;
    if (zip_source_stat(buffer, &stat) || zip_source_open(buffer))
        return NULL;
    uint8_t *file = malloc(stat.size);
    if (file && zip_source_read(buffer, file, stat.size) != (zip_int64_t)stat.size) {
        free(file);
        file = NULL;
    }
    zip_source_close(buffer);
    *size_bytes = stat.size;
    return file;
}

static uint8_t *lay_out_npz(size_t n, const struct tensor *tensors, size_t *size_bytes)
{
    zip_source_t *const buffer = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *const archive =
        buffer ? zip_open_from_source(buffer, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
    uint8_t *file = NULL;
    bool good = archive != NULL;
    if (good)
        zip_source_keep(buffer);
    for (size_t i = 0; i < n && good; i++)
        good = add_npy(archive, &tensors[i]);
    if (good && zip_close(archive) == 0)
        file = take(buffer, size_bytes);
    else if (archive)
        zip_discard(archive);
    if (buffer)
        zip_source_free(buffer);
    return file;
}

int eddy_model_write_weights(struct eddy_context *context, const struct eddy_model *model,
                             const char *path)
{
    const size_t length = strlen(path);
    const bool is_npz = length >= 4 && strcmp(path + length - 4, ".npz") == 0;
    size_t size_bytes = 0;
    struct tensor *tensors;
    const size_t n = list_tensors(model, &tensors);
    uint8_t *const file = !tensors ? NULL
                          : is_npz ? lay_out_npz(n, tensors, &size_bytes)
                                   : lay_out_safetensors(n, tensors, &size_bytes);
    const int error = file ? file_write(context, path, file, size_bytes)
                           : eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    free(tensors);
    free(file);
    return error;
}
