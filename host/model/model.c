#include "model.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *filled(size_t n_elems, float value)
{
    float *array = calloc(n_elems, sizeof *array);
    for (size_t i = 0; array && i < n_elems; i++)
        array[i] = value;
    return array;
}

const char *eddy_cell_name(enum eddy_cell cell)
{
    static const char *const names[EDDY_CELLS] = {
        [EDDY_CELL_DENSE] = "dense",
        [EDDY_CELL_RNN] = "rnn",
        [EDDY_CELL_GRU] = "gru",
        [EDDY_CELL_LSTM] = "lstm",
        [EDDY_CELL_EMBEDDING] = "embedding",
    };
    return names[cell];
}

size_t eddy_cell_gates(enum eddy_cell cell)
{
    return cell == EDDY_CELL_GRU ? 3 : cell == EDDY_CELL_LSTM ? 4 : 1;
}

bool eddy_cell_is_recurrent(enum eddy_cell cell)
{
    return cell == EDDY_CELL_RNN || cell == EDDY_CELL_GRU || cell == EDDY_CELL_LSTM;
}

size_t eddy_layer_directions(const struct eddy_layer *layer)
{
    return layer->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 : 1;
}

/* Zeros, or NULL: out of memory, or more than can be counted. */
static float *zeros(size_t a, size_t b)
{
    return b && a > SIZE_MAX / sizeof(float) / b ? NULL : calloc(a * b + 1, sizeof(float));
}

static bool create_layer(struct eddy_layer *layer, size_t n_in,
                         const struct eddy_layer_shape *shape)
{
    const bool recurrent = eddy_cell_is_recurrent(shape->cell);
    *layer = (struct eddy_layer){.cell = shape->cell,
                                 .activation = shape->activation,
                                 .direction = shape->direction,
                                 .linear_before_reset = shape->linear_before_reset,
                                 .last_only = shape->last_only,
                                 .n_in = n_in,
                                 .n_hidden = shape->n_out};
    const size_t directions = eddy_layer_directions(layer);
    const size_t rows = directions * eddy_cell_gates(shape->cell) * shape->n_out;
    const bool has_rb = shape->cell == EDDY_CELL_GRU && shape->linear_before_reset;
    layer->n_out = directions * shape->n_out;
    layer->w = zeros(rows, n_in);
    layer->b = zeros(rows, 1);
    layer->r = recurrent ? zeros(rows, shape->n_out) : NULL;
    layer->rb = has_rb ? zeros(layer->n_out, 1) : NULL;
    layer->p = shape->peephole ? zeros(layer->n_out, 3) : NULL;
    return layer->w && layer->b && (layer->r || !recurrent) && (layer->rb || !has_rb) &&
           (layer->p || !shape->peephole);
}

/* NULL when the shape is one that the cell has, else what is wrong with it. */
static const char *shape_fault(const struct eddy_layer_shape *s, size_t index)
{
    const bool recurrent = s->cell < EDDY_CELLS && eddy_cell_is_recurrent(s->cell);
    if (s->cell >= EDDY_CELLS)
        return "unknown cell";
    if (s->activation >= EDDY_ACTIVATIONS)
        return "unknown activation";
    if (s->direction >= EDDY_DIRECTIONS)
        return "unknown direction";
    if (s->cell == EDDY_CELL_EMBEDDING && index)
        return "an embedding is the first layer";
    if (s->cell == EDDY_CELL_EMBEDDING && s->activation != EDDY_ACTIVATION_NONE)
        return "an embedding has no activation";
    if (!recurrent && s->direction != EDDY_DIRECTION_FORWARD)
        return "a layer without recurrence has no direction";
    if (!recurrent && s->last_only)
        return "a layer without recurrence has no last output";
    if (s->linear_before_reset && s->cell != EDDY_CELL_GRU)
        return "linear_before_reset is of gru layers";
    if ((s->cell == EDDY_CELL_GRU || s->cell == EDDY_CELL_LSTM) &&
        s->activation != EDDY_ACTIVATION_TANH && s->activation != EDDY_ACTIVATION_NONE)
        return "gru and lstm layers have tanh";
    if (s->peephole && s->cell != EDDY_CELL_LSTM)
        return "peepholes are of lstm layers";
    return NULL;
}

static int check_shapes(struct eddy_context *context, size_t n_in, size_t n_layers,
                        const struct eddy_layer_shape *shapes)
{
    if (n_in == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "a model needs at least one input");
    if (n_layers == 0 || !shapes)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "a model needs at least one layer");
    for (size_t l = 0; l < n_layers; l++) {
        if (shapes[l].n_out == 0)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT, "layer %zu has no rows", l);
        const char *fault = shape_fault(&shapes[l], l);
        if (fault)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT, "layer %zu: %s", l, fault);
    }
    return EDDY_OK;
}

int eddy_model_create(struct eddy_context *context, size_t n_in, size_t n_layers,
                      const struct eddy_layer_shape *shapes, struct eddy_model **model)
{
    *model = NULL;
    const int error = check_shapes(context, n_in, n_layers, shapes);
    if (error)
        return error;
    struct eddy_model *m = calloc(1, sizeof *m);
    if (!m)
        goto no_memory;
    m->layers = calloc(n_layers, sizeof *m->layers);
    if (!m->layers)
        goto no_memory;
    m->n_layers = n_layers;
    size_t width = n_in, widest = 0;
    for (size_t l = 0; l < n_layers; l++) {
        if (!create_layer(&m->layers[l], width, &shapes[l]))
            goto no_memory;
        width = m->layers[l].n_out;
        widest = width > widest ? width : widest;
    }
    const size_t inputs = eddy_model_inputs(m);
    m->in_scale = filled(inputs, 1);
    m->in_offset = filled(inputs, 0);
    m->out_scale = filled(width, 1);
    m->out_offset = filled(width, 0);
    m->widest = widest;
    m->scratch = filled(inputs + 3 * widest, 0);
    if (!m->in_scale || !m->in_offset || !m->out_scale || !m->out_offset || !m->scratch)
        goto no_memory;
    *model = m;
    return EDDY_OK;

no_memory:
    eddy_model_free(m);
    return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a model of %zu layers",
                     n_layers);
}

void eddy_model_free(struct eddy_model *model)
{
    if (!model)
        return;
    for (size_t l = 0; l < model->n_layers; l++) {
        free(model->layers[l].w);
        free(model->layers[l].r);
        free(model->layers[l].b);
        free(model->layers[l].rb);
        free(model->layers[l].p);
        free(model->layers[l].h0);
        free(model->layers[l].c0);
        free(model->layers[l].name);
    }
    free(model->layers);
    free(model->in_scale);
    free(model->in_offset);
    free(model->out_scale);
    free(model->out_offset);
    free(model->scratch);
    free(model);
}

/* ---- encoder and decoder ---- */

/* The next recurrent layer from *l on, or NULL at the end. */
static const struct eddy_layer *next_recurrent(const struct eddy_model *model, size_t *l)
{
    while (*l < model->n_layers && !eddy_cell_is_recurrent(model->layers[*l].cell))
        ++*l;
    return *l < model->n_layers ? &model->layers[(*l)++] : NULL;
}

static const char *pair_fault(const struct eddy_model *encoder, const struct eddy_model *decoder)
{
    size_t e = 0, d = 0;
    const struct eddy_layer *from, *to;
    if (encoder->n_encoder || decoder->n_encoder)
        return "one of them is an encoder-decoder itself";
    if (!eddy_model_tokens(decoder) || !eddy_model_is_causal(decoder) ||
        eddy_model_outputs(decoder) > eddy_model_tokens(decoder))
        return "a decoder is a causal stack behind an embedding, with no more outputs than that "
               "has "
               "tokens";
    do {
        from = next_recurrent(encoder, &e);
        to = next_recurrent(decoder, &d);
        if (!from != !to)
            return "they have not as many recurrent layers";
        if (from && (from->cell != to->cell || from->n_hidden != to->n_hidden ||
                     from->direction == EDDY_DIRECTION_BIDIRECTIONAL || to->h0 || to->c0))
            return "their recurrent layers are not alike, one by one, in cell and units, in one "
                   "direction each, the decoder's without initial state";
    } while (from);
    return NULL;
}

/* A copy for the model to own; NULL stays NULL. */
static bool copy_array(float **to, const float *from, size_t n)
{
    *to = from ? malloc((n + 1) * sizeof *from) : NULL;
    if (*to)
        memcpy(*to, from, n * sizeof *from);
    return !from || *to;
}

static bool copy_layer(struct eddy_layer *to, const struct eddy_layer *from)
{
    const size_t rows = eddy_layer_directions(from) * eddy_cell_gates(from->cell) * from->n_hidden;
    *to = *from;
    to->w = to->r = to->b = to->rb = to->p = to->h0 = to->c0 = NULL;
    to->name = from->name ? strdup(from->name) : NULL;
    return copy_array(&to->w, from->w, rows * from->n_in) &&
           copy_array(&to->r, from->r, rows * from->n_hidden) &&
           copy_array(&to->b, from->b, rows) && copy_array(&to->rb, from->rb, from->n_out) &&
           copy_array(&to->p, from->p, 3 * from->n_out) &&
           copy_array(&to->h0, from->h0, from->n_out) && copy_array(&to->c0, from->c0, from->n_out);
}

static bool join(const struct eddy_model *encoder, const struct eddy_model *decoder,
                 struct eddy_model *m)
{
    const size_t inputs = eddy_model_inputs(encoder), outputs = eddy_model_outputs(decoder);
    m->layers = calloc(encoder->n_layers + decoder->n_layers, sizeof *m->layers);
    if (!m->layers)
        return false;
    m->n_encoder = encoder->n_layers;
    m->softmax = decoder->softmax;
    m->residual = decoder->residual;
    m->widest = encoder->widest > decoder->widest ? encoder->widest : decoder->widest;
    m->scratch = filled(inputs + 1 + 3 * m->widest, 0);
    bool good = m->scratch && copy_array(&m->in_scale, encoder->in_scale, inputs) &&
                copy_array(&m->in_offset, encoder->in_offset, inputs) &&
                copy_array(&m->out_scale, decoder->out_scale, outputs) &&
                copy_array(&m->out_offset, decoder->out_offset, outputs);
    for (size_t l = 0; good && l < encoder->n_layers + decoder->n_layers; l++) {
        const bool first = l < m->n_encoder;
        const struct eddy_model *from = first ? encoder : decoder;
        m->n_layers = l + 1;
        good = copy_layer(&m->layers[l], &from->layers[first ? l : l - m->n_encoder]);
    }
    return good;
}

int eddy_model_join(struct eddy_context *context, const struct eddy_model *encoder,
                    const struct eddy_model *decoder, struct eddy_model **model)
{
    const char *fault = pair_fault(encoder, decoder);
    *model = NULL;
    if (fault)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "encoder and decoder do not belong together: %s", fault);
    struct eddy_model *m = calloc(1, sizeof *m);
    if (m && join(encoder, decoder, m)) {
        *model = m;
        return EDDY_OK;
    }
    eddy_model_free(m);
    return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
}

size_t eddy_model_inputs(const struct eddy_model *model)
{
    return model->layers[0].cell == EDDY_CELL_EMBEDDING ? 1 : model->layers[0].n_in;
}

size_t eddy_model_tokens(const struct eddy_model *model)
{
    return model->layers[0].cell == EDDY_CELL_EMBEDDING ? model->layers[0].n_in : 0;
}

size_t eddy_model_outputs(const struct eddy_model *model)
{
    return model->layers[model->n_layers - 1].n_out;
}

bool eddy_model_is_causal(const struct eddy_model *model)
{
    for (size_t l = 0; l < model->n_layers; l++)
        if (model->layers[l].direction != EDDY_DIRECTION_FORWARD || model->layers[l].last_only)
            return false;
    return model->n_encoder == 0;
}
