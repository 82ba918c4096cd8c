#include "weights.h"

#include "lib/context.h"
#include "lib/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file as it grows: sizes of tensors so far, and once the header is known, their values. */
struct writer {
    json_t *header;
    size_t bytes;
    uint8_t *values; /* NULL: only measures */
    bool failed;
};

/* sizes: three, from the last; 0 for dimensions that are not there. */
static void add(struct writer *w, const char *name, const float *values, size_t a, size_t b,
                size_t c)
{
    const size_t n_bytes = (a ? a : 1) * (b ? b : 1) * c * sizeof *values;
    json_t *shape = json_array();
    if (!values) {
        json_decref(shape);
        return;
    }
    if (w->values)
        memcpy(w->values + w->bytes, values, n_bytes);
    if (a)
        w->failed |= json_array_append_new(shape, json_integer((json_int_t)a)) != 0;
    if (b)
        w->failed |= json_array_append_new(shape, json_integer((json_int_t)b)) != 0;
    w->failed |= json_array_append_new(shape, json_integer((json_int_t)c)) != 0;
    json_t *tensor =
        json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                  (json_int_t)w->bytes, (json_int_t)(w->bytes + n_bytes));
    w->failed |= json_object_set_new(w->header, name, tensor) != 0;
    w->bytes += n_bytes;
}

static void add_layer(struct writer *w, size_t l, const struct eddy_layer *layer)
{
    const size_t d = eddy_layer_directions(layer), n = layer->n_hidden;
    const size_t rows = eddy_cell_gates(layer->cell) * n;
    const struct {
        const char *name;
        const float *values;
        size_t b, c;
    } parts[] = {{"w", layer->w, rows, layer->n_in},
                 {"r", layer->r, rows, n},
                 {"b", layer->b, 0, rows},
                 {"rb", layer->rb, 0, n},
                 {"p", layer->p, 0, 3 * n},
                 {"h0", layer->h0, 0, n},
                 {"c0", layer->c0, 0, n}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[64];
        snprintf(name, sizeof name, "layers.%zu.%s", l, parts[i].name);
        add(w, name, parts[i].values, d, parts[i].b, parts[i].c);
    }
}

static void add_model(struct writer *w, const struct eddy_model *model)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    for (size_t l = 0; l < model->n_layers; l++)
        add_layer(w, l, &model->layers[l]);
    add(w, "in_scale", model->in_scale, 0, 0, n_in);
    add(w, "in_offset", model->in_offset, 0, 0, n_in);
    add(w, "out_scale", model->out_scale, 0, 0, n_out);
    add(w, "out_offset", model->out_offset, 0, 0, n_out);
}

/* The length of the header, 8 bytes little-endian; the header, JSON; the values. */
static uint8_t *lay_out(const struct eddy_model *model, size_t *size_bytes)
{
    struct writer w = {.header = json_object()};
    add_model(&w, model);
    char *const text = w.failed ? NULL : json_dumps(w.header, JSON_COMPACT);
    const size_t text_bytes = text ? strlen(text) : 0;
    uint8_t *const file = text ? malloc(8 + text_bytes + w.bytes) : NULL;
    *size_bytes = 8 + text_bytes + w.bytes;
    if (file) {
        for (size_t i = 0; i < 8; i++)
            file[i] = (uint8_t)((uint64_t)text_bytes >> (8 * i));
        memcpy(file + 8, text, text_bytes);
        w.values = file + 8 + text_bytes;
        w.bytes = 0;
        add_model(&w, model);
    }
    free(text);
    json_decref(w.header);
    return file;
}

int eddy_model_write_weights(struct eddy_context *context, const struct eddy_model *model,
                             const char *path)
{
    size_t size_bytes;
    uint8_t *const file = lay_out(model, &size_bytes);
    if (!file)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    const int error = file_write(context, path, file, size_bytes);
    free(file);
    return error;
}
