/* image.c -- .eddy files: a compiled program with the build configuration it was made for.
 *
 * Little-endian, in this order: IMAGE_MAGIC, version (u32), preset name (32 bytes), the preset's sizes (PRESET_SIZES x u16),
 * layers (u32), those of the encoder (u32), flags (u32: 1 residual, 2 softmax, 4 feedback, 8 initial state); for each layer cell, activation, direction,
 * linear_before_reset, last_only, emit, largest, peephole (u8), inputs, units (u16), fraction bits of input, output and cell state (i8); input
 * scales and offsets, output scales and offsets (f32); weights (i16), biases (i32), shifts (u8), peepholes (i16); with
 * flag 8 the initial state (i16); CRC-32 of everything before it (u32). The layout follows from the layers (program.c).
 */
#include "program.h"

#include "lib/context.h"
#include "lib/file.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define IMAGE_MAGIC "EDDYPROG"
#define IMAGE_VERSION 3
#define FLAG_RESIDUAL 1
#define FLAG_SOFTMAX 2
#define FLAG_FEEDBACK 4
#define FLAG_INITIAL 8
#define PRESET_NAME_BYTES 32

/* One walk over the fields serves reading, writing and measuring. */
struct cursor {
    enum { MEASURE, WRITE, READ } mode;
    uint8_t *at;
    size_t left_bytes; /* READ: not yet read */
    size_t size_bytes; /* walked over */
    bool ended;        /* READ: the file was too short */
};

static void walk(struct cursor *c, void *field, size_t size_bytes)
{
    if (c->mode == READ && size_bytes > c->left_bytes) {
        c->ended = true;
        memset(field, 0, size_bytes);
        return;
    }
    if (c->mode == READ)
        memcpy(field, c->at, size_bytes);
    if (c->mode == WRITE)
        memcpy(c->at, field, size_bytes);
    if (c->mode != MEASURE)
        c->at += size_bytes;
    c->left_bytes -= c->mode == READ ? size_bytes : 0;
    c->size_bytes += size_bytes;
}

struct image_header {
    char magic[sizeof IMAGE_MAGIC - 1];
    uint32_t version;
    char preset[PRESET_NAME_BYTES];
    uint16_t sizes[PRESET_SIZES];
    uint32_t n_layers, n_encoder, flags;
};

static void walk_header(struct cursor *c, struct image_header *h)
{
    walk(c, h->magic, sizeof h->magic);
    walk(c, &h->version, sizeof h->version);
    walk(c, h->preset, sizeof h->preset);
    walk(c, h->sizes, sizeof h->sizes);
    walk(c, &h->n_layers, sizeof h->n_layers);
    walk(c, &h->n_encoder, sizeof h->n_encoder);
    walk(c, &h->flags, sizeof h->flags);
}

static void walk_layer(struct cursor *c, struct program_layer *l)
{
    uint8_t linear_before_reset = l->linear_before_reset, last_only = l->last_only, emit = l->emit;
    uint8_t largest = l->largest, peephole = l->peephole;
    walk(c, &l->cell, sizeof l->cell);
    walk(c, &l->activation, sizeof l->activation);
    walk(c, &l->direction, sizeof l->direction);
    walk(c, &linear_before_reset, sizeof linear_before_reset);
    walk(c, &last_only, sizeof last_only);
    walk(c, &emit, sizeof emit);
    walk(c, &largest, sizeof largest);
    walk(c, &peephole, sizeof peephole);
    walk(c, &l->n_in, sizeof l->n_in);
    walk(c, &l->n_hidden, sizeof l->n_hidden);
    walk(c, &l->in_fraction_bits, sizeof l->in_fraction_bits);
    walk(c, &l->out_fraction_bits, sizeof l->out_fraction_bits);
    walk(c, &l->cell_fraction_bits, sizeof l->cell_fraction_bits);
    l->linear_before_reset = linear_before_reset;
    l->last_only = last_only;
    l->emit = emit;
    l->largest = largest;
    l->peephole = peephole;
}

static void walk_arrays(struct cursor *c, struct eddy_program *p)
{
    const size_t inputs = program_inputs(p), outputs = program_outputs(p);
    walk(c, p->in_scale, inputs * sizeof *p->in_scale);
    walk(c, p->in_offset, inputs * sizeof *p->in_offset);
    walk(c, p->out_scale, outputs * sizeof *p->out_scale);
    walk(c, p->out_offset, outputs * sizeof *p->out_offset);
    walk(c, p->weights, p->n_weight_words * p->preset->lanes * sizeof *p->weights);
    walk(c, p->biases, p->n_rows * sizeof *p->biases);
    walk(c, p->shifts, p->n_rows * sizeof *p->shifts);
    walk(c, p->peepholes, p->n_rows * sizeof *p->peepholes);
    if (p->initial)
        walk(c, p->initial, program_state_words(p) * sizeof *p->initial);
}

static void walk_program(struct cursor *c, struct eddy_program *p)
{
    struct image_header h = {
        .version = IMAGE_VERSION,
        .n_layers = (uint32_t)p->n_layers,
        .n_encoder = (uint32_t)p->n_encoder,
        .flags = (p->residual ? FLAG_RESIDUAL : 0u) | (p->softmax ? FLAG_SOFTMAX : 0u) |
                 (p->feedback ? FLAG_FEEDBACK : 0u) | (p->initial ? FLAG_INITIAL : 0u)};
    memcpy(h.magic, IMAGE_MAGIC, sizeof h.magic);
    strncpy(h.preset, p->preset->name, sizeof h.preset - 1);
    eddy_preset_sizes(p->preset, h.sizes);
    walk_header(c, &h);
    for (size_t l = 0; l < p->n_layers; l++)
        walk_layer(c, &p->layers[l]);
    walk_arrays(c, p);
}

int eddy_program_write(struct eddy_context *context, const struct eddy_program *program,
                       const char *path)
{
    struct eddy_program copy = *program;
    struct cursor measure = {.mode = MEASURE};
    walk_program(&measure, &copy);
    uint8_t *bytes = malloc(measure.size_bytes + sizeof(uint32_t));
    if (!bytes)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    struct cursor write = {.mode = WRITE, .at = bytes};
    walk_program(&write, &copy);
    uint32_t check = (uint32_t)crc32(0, bytes, (uInt)write.size_bytes);
    walk(&write, &check, sizeof check);
    const int error = file_write(context, path, bytes, write.size_bytes);
    free(bytes);
    return error;
}

/* ---- reading ---- */

static int check_header(struct eddy_context *context, const char *path,
                        const struct image_header *h, const struct eddy_preset **preset)
{
    if (h->version != IMAGE_VERSION)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s is an image of version %u, this library reads version %d; compile "
                         "the model again",
                         path, h->version, IMAGE_VERSION);
    *preset = memchr(h->preset, 0, sizeof h->preset) ? eddy_preset_find(h->preset) : NULL;
    if (!*preset)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s was compiled for a preset that this library does not have; compile "
                         "the model again",
                         path);
    uint16_t sizes[PRESET_SIZES];
    eddy_preset_sizes(*preset, sizes);
    if (memcmp(sizes, h->sizes, sizeof sizes) != 0)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s was compiled for another build of preset %s; compile the model again",
                         path, (*preset)->name);
    return EDDY_OK;
}

#define MAX_LAYERS 256

static bool layer_makes_sense(const struct program_layer *l, const struct program_layer *below)
{
    const bool recurrent = eddy_cell_is_recurrent((enum eddy_cell)l->cell);
    bool good = l->cell < EDDY_CELLS && l->activation < EDDY_ACTIVATIONS &&
                l->direction < EDDY_DIRECTIONS && l->n_in && l->n_hidden;
    good = good && (recurrent || (!l->last_only && l->direction == EDDY_DIRECTION_FORWARD));
    good = good && (l->cell != EDDY_CELL_LSTM ||
                    (l->cell_fraction_bits >= 11 && l->cell_fraction_bits <= 14));
    good = good && (!l->largest || l->cell == EDDY_CELL_DENSE);
    good = good && l->in_fraction_bits >= 0 && l->in_fraction_bits <= 15 &&
           l->out_fraction_bits >= 0 && l->out_fraction_bits <= 15;
    return good &&
           (below ? l->cell != EDDY_CELL_EMBEDDING && l->n_in == program_layer_outputs(below)
                  : true);
}

static bool layers_make_sense(const struct program_layer *layers, size_t n_layers, size_t n_encoder)
{
    bool good = layers[n_layers - 1].emit && n_encoder < n_layers;
    for (size_t l = 0; l < n_layers; l++)
        good = good && layer_makes_sense(&layers[l], l && l != n_encoder ? &layers[l - 1] : NULL);
    return good && (!n_encoder || (layers[n_encoder].cell == EDDY_CELL_EMBEDDING &&
                                   layers[n_layers - 1].largest));
}

/* Encoder and decoder: their recurrent layers are alike, one by one. */
static bool halves_make_sense(const struct program_layer *layers, size_t n_layers, size_t n_encoder)
{
    size_t e = 0, d = n_encoder;
    while (n_encoder) {
        while (e < n_encoder && !eddy_cell_is_recurrent((enum eddy_cell)layers[e].cell))
            e++;
        while (d < n_layers && !eddy_cell_is_recurrent((enum eddy_cell)layers[d].cell))
            d++;
        if (e == n_encoder || d == n_layers)
            return e == n_encoder && d == n_layers;
        if (layers[e].cell != layers[d].cell || layers[e].n_hidden != layers[d].n_hidden)
            return false;
        e++, d++;
    }
    return true;
}

static bool shifts_make_sense(const struct eddy_program *p)
{
    for (size_t n = 0; n < p->n_rows; n++)
        if (p->shifts[n] < 1 || p->shifts[n] > 32)
            return false;
    return true;
}

static int read_image(struct eddy_context *context, const char *path, struct cursor *c,
                      struct eddy_program **program)
{
    struct image_header h;
    const struct eddy_preset *preset = NULL;
    walk_header(c, &h);
    int error = check_header(context, path, &h, &preset);
    if (error)
        return error;
    const bool counted = h.n_layers >= 1 && h.n_layers <= MAX_LAYERS;
    struct program_layer layers[MAX_LAYERS] = {0};
    for (size_t l = 0; counted && l < h.n_layers; l++)
        walk_layer(c, &layers[l]);
    if (!counted || c->ended || !layers_make_sense(layers, h.n_layers, h.n_encoder) ||
        !halves_make_sense(layers, h.n_layers, h.n_encoder))
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: its layers make no sense", path);
    struct eddy_program *p;
    error = program_create(context, preset, h.n_layers, h.n_encoder, layers,
                           h.flags & FLAG_FEEDBACK, &p);
    if (error)
        return error;
    p->residual = h.flags & FLAG_RESIDUAL;
    p->softmax = h.flags & FLAG_SOFTMAX;
    if (h.flags & FLAG_INITIAL)
        p->initial = calloc(program_state_words(p) + 1, sizeof *p->initial);
    if (h.flags & FLAG_INITIAL && !p->initial) {
        eddy_program_free(p);
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    }
    walk_arrays(c, p);
    if (c->ended || c->left_bytes || !shifts_make_sense(p)) {
        eddy_program_free(p);
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: its arrays make no sense", path);
    }
    *program = p;
    return EDDY_OK;
}

int eddy_program_read(struct eddy_context *context, const char *path, struct eddy_program **program)
{
    uint8_t *bytes;
    size_t size_bytes;
    int error = file_read(context, path, &bytes, &size_bytes);
    if (error)
        return error;
    const size_t magic_bytes = sizeof IMAGE_MAGIC - 1;
    uint32_t check = 0;
    if (size_bytes < magic_bytes + sizeof check || memcmp(bytes, IMAGE_MAGIC, magic_bytes) != 0) {
        error = eddy_fail(context, EDDY_ERROR_FORMAT,
                          "%s is not an .eddy image; make one with eddy compile", path);
    } else {
        size_bytes -= sizeof check;
        memcpy(&check, bytes + size_bytes, sizeof check);
        struct cursor c = {.mode = READ, .at = bytes, .left_bytes = size_bytes};
        error = check == crc32(0, bytes, (uInt)size_bytes)
                    ? read_image(context, path, &c, program)
                    : eddy_fail(context, EDDY_ERROR_FORMAT,
                                "%s is damaged or truncated; compile the model again", path);
    }
    free(bytes);
    return error;
}
