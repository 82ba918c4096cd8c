/* onnx_file.h -- the setup of tests of ONNX files: a context, the path of a file in a folder of its own, models with random
 * weights to write there. */
#ifndef TESTS_ONNX_FILE_H
#define TESTS_ONNX_FILE_H

#include "context.h"
#include "model/model.h"

#include <onnx.pb-c.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/eddy_onnx_XXXXXX";
static char path[64];

static inline int open_folder(void **state)
{
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/m.onnx", directory);
    return open_context(state);
}

static inline int close_folder(void **state)
{
    close_context(state);
    unlink(path);
    return rmdir(directory);
}

static uint32_t seed = 1;

static inline float random_weight(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed / 2147483648.f;
}

static inline void randomise(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = random_weight();
}

static inline void randomise_layer(struct eddy_layer *layer)
{
    const size_t rows =
        eddy_layer_directions(layer) * eddy_cell_gates(layer->cell) * layer->n_hidden;
    randomise(layer->w, rows * layer->n_in);
    if (layer->cell != EDDY_CELL_EMBEDDING)
        randomise(layer->b, rows);
    if (layer->r)
        randomise(layer->r, rows * layer->n_hidden);
    if (layer->rb)
        randomise(layer->rb, layer->n_out);
    if (layer->p)
        randomise(layer->p, 3 * layer->n_out);
}

static inline struct eddy_model *make_model(size_t n_in, size_t n_layers,
                                            const struct eddy_layer_shape *shapes)
{
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, n_in, n_layers, shapes, &model), EDDY_OK);
    for (size_t l = 0; l < n_layers; l++)
        randomise_layer(&model->layers[l]);
    return model;
}

static inline uint8_t *load(size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1 << 20);
    *size_bytes = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static inline void store(const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

/* What is in the file at path, for the caller to free. */
static inline Onnx__ModelProto *load_file(void)
{
    size_t size;
    uint8_t *bytes = load(&size);
    Onnx__ModelProto *file = onnx__model_proto__unpack(NULL, size, bytes);
    free(bytes);
    assert_non_null(file);
    return file;
}

#endif
