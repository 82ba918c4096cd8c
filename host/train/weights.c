#include "weights.h"

#include "lib/context.h"
#include "lib/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

struct tensor {
    char name[40];
    const float *values;
    size_t n_sizes, sizes[3], n_bytes;
};

enum { LAYER_TENSORS = 7, MODEL_TENSORS = 4, NPY_HEADER_BYTES = 128 };

struct tensors {
    size_t n;
    struct tensor *list; /* values are the models' */
};

/* sizes: three, from the last; 0 for dimensions that are not there. */
static void add(struct tensors *to, const char *prefix, const char *name, const float *values,
                size_t a, size_t b, size_t c)
{
    if (!values)
        return;
    struct tensor *const t = &to->list[to->n++];
    *t = (struct tensor){.values = values, .n_bytes = sizeof *values};
    snprintf(t->name, sizeof t->name, "%s%s", prefix, name);
    if (a)
        t->sizes[t->n_sizes++] = a;
    if (b)
        t->sizes[t->n_sizes++] = b;
    t->sizes[t->n_sizes++] = c;
    for (size_t i = 0; i < t->n_sizes; i++)
        t->n_bytes *= t->sizes[i];
}

static void add_layer(struct tensors *to, const char *prefix, const struct eddy_layer *layer)
{
    const size_t d = eddy_layer_directions(layer), n = layer->n_hidden;
    const size_t rows = eddy_cell_gates(layer->cell) * n;
    add(to, prefix, "w", layer->w, d, rows, layer->n_in);
    add(to, prefix, "r", layer->r, d, rows, n);
    add(to, prefix, "b", layer->b, d, 0, rows);
    add(to, prefix, "rb", layer->rb, d, 0, n);
    add(to, prefix, "p", layer->p, d, 0, 3 * n);
    add(to, prefix, "h0", layer->h0, d, 0, n);
    add(to, prefix, "c0", layer->c0, d, 0, n);
}

static void add_model(struct tensors *to, const char *prefix, const struct eddy_model *model)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    for (size_t l = 0; l < model->n_layers; l++) {
        char of_layer[32];
        snprintf(of_layer, sizeof of_layer, "%slayers.%zu.", prefix, l);
        add_layer(to, of_layer, &model->layers[l]);
    }
    add(to, prefix, "in_scale", model->in_scale, 0, 0, n_in);
    add(to, prefix, "in_offset", model->in_offset, 0, 0, n_in);
    add(to, prefix, "out_scale", model->out_scale, 0, 0, n_out);
    add(to, prefix, "out_offset", model->out_offset, 0, 0, n_out);
}

/* ---- safetensors: the length of the header, 8 bytes little-endian; the header, JSON; the values ---- */

static char *describe(const struct tensors *tensors)
{
    json_t *const header = json_object();
    size_t begin = 0;
    bool failed = false;
    for (size_t i = 0; i < tensors->n; i++) {
        const struct tensor *const t = &tensors->list[i];
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

static uint8_t *lay_out_safetensors(const struct tensors *tensors, size_t *size_bytes)
{
    char *const text = describe(tensors);
    const size_t text_bytes = text ? strlen(text) : 0;
    *size_bytes = 8 + text_bytes;
    for (size_t i = 0; i < tensors->n; i++)
        *size_bytes += tensors->list[i].n_bytes;
    uint8_t *const file = text ? malloc(*size_bytes) : NULL;
    if (file) {
        uint8_t *to = file + 8 + text_bytes;
        for (size_t i = 0; i < 8; i++)
            file[i] = (uint8_t)((uint64_t)text_bytes >> (8 * i));
        memcpy(file + 8, text, text_bytes);
        for (size_t i = 0; i < tensors->n; to += tensors->list[i++].n_bytes)
            memcpy(to, tensors->list[i].values, tensors->list[i].n_bytes);
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

static uint8_t *lay_out_npz(const struct tensors *tensors, size_t *size_bytes)
{
    zip_source_t *const buffer = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *const archive =
        buffer ? zip_open_from_source(buffer, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
    uint8_t *file = NULL;
    bool good = archive != NULL;
    if (good)
        zip_source_keep(buffer);
    for (size_t i = 0; i < tensors->n && good; i++)
        good = add_npy(archive, &tensors->list[i]);
    if (good && zip_close(archive) == 0)
        file = take(buffer, size_bytes);
    else if (archive)
        zip_discard(archive);
    if (buffer)
        zip_source_free(buffer);
    return file;
}

int eddy_weights_check(struct eddy_context *context, const char *path)
{
    if (file_ends_in(path, ".npz") || file_ends_in(path, ".safetensors"))
        return EDDY_OK;
    return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                     "%s: an unknown ending; weights are written as .safetensors or .npz", path);
}

int eddy_model_write_weights(struct eddy_context *context, const struct eddy_model *encoder,
                             const struct eddy_model *model, const char *path)
{
    const size_t n_layers = model->n_layers + (encoder ? encoder->n_layers : 0);
    int error = eddy_weights_check(context, path);
    if (error)
        return error;
    struct tensors tensors = {
        0, calloc(LAYER_TENSORS * n_layers + 2 * MODEL_TENSORS, sizeof *tensors.list)};
    uint8_t *file = NULL;
    size_t size_bytes = 0;
    if (tensors.list) {
        if (encoder)
            add_model(&tensors, "encoder.", encoder);
        add_model(&tensors, encoder ? "decoder." : "", model);
        file = file_ends_in(path, ".npz") ? lay_out_npz(&tensors, &size_bytes)
                                          : lay_out_safetensors(&tensors, &size_bytes);
    }
    error = file ? file_write(context, path, file, size_bytes)
                 : eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    free(tensors.list);
    free(file);
    return error;
}
