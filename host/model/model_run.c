/* model_run.c -- the float reference: cells and stacks in plain loops. */
#include "model.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells ---- */

/* One direction of a layer, and its state. */
struct unit_view {
    const struct eddy_layer *layer;
    const float *w, *r, *b, *rb, *p;
    const float *x, *h; /* h_{t-1} */
    float *c;           /* in/out; lstm */
};

static float dot(size_t n, const float *a, const float *b)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static float limited(const struct unit_view *v, float a)
{
    const float clip = v->layer->clip;
    return clip > 0 ? fmaxf(-clip, fminf(clip, a)) : a;
}

static float activate(enum eddy_activation activation, float a)
{
    switch (activation) {
    case EDDY_ACTIVATION_TANH: return tanhf(a);
    case EDDY_ACTIVATION_RELU: return a > 0 ? a : 0;
    case EDDY_ACTIVATION_SIGMOID: return 1 / (1 + expf(-a));
    default: return a;
    }
}

static float sigmoid(const struct unit_view *v, float a)
{
    return activate(EDDY_ACTIVATION_SIGMOID, limited(v, a));
}

/* w x + b, and r h, of a row of one gate. */
static float of_x(const struct unit_view *v, size_t gate, size_t unit)
{
    const size_t row = gate * v->layer->n_hidden + unit, n = v->layer->n_in;
    return dot(n, v->w + row * n, v->x) + v->b[row];
}

static float of_h(const struct unit_view *v, size_t gate, size_t unit, const float *h)
{
    const size_t n = v->layer->n_hidden;
    return dot(n, v->r + (gate * n + unit) * n, h);
}

static float of_both(const struct unit_view *v, size_t gate, size_t unit)
{
    return of_x(v, gate, unit) + of_h(v, gate, unit, v->h);
}

static void step_dense(const struct unit_view *v, float *next)
{
    for (size_t u = 0; u < v->layer->n_hidden; u++)
        next[u] = activate(v->layer->activation, limited(v, of_x(v, 0, u)));
}

static void step_embedding(const struct unit_view *v, float *next)
{
    for (size_t u = 0; u < v->layer->n_hidden; u++)
        next[u] = v->w[u * v->layer->n_in + (size_t)v->x[0]];
}

static void step_rnn(const struct unit_view *v, float *next)
{
    for (size_t u = 0; u < v->layer->n_hidden; u++)
        next[u] = activate(v->layer->activation, limited(v, of_both(v, 0, u)));
}

/* scratch (H): r * h. */
static void step_gru(const struct unit_view *v, float *next, float *scratch)
{
    const size_t n = v->layer->n_hidden;
    const bool after = v->layer->linear_before_reset;
    for (size_t u = 0; u < n; u++)
        scratch[u] = sigmoid(v, of_both(v, 1, u)) * (after ? 1 : v->h[u]);
    for (size_t u = 0; u < n; u++) {
        const float z = sigmoid(v, of_both(v, 0, u));
        const float recurrent =
            after ? scratch[u] * (of_h(v, 2, u, v->h) + v->rb[u]) : of_h(v, 2, u, scratch);
        const float candidate = tanhf(limited(v, of_x(v, 2, u) + recurrent));
        next[u] = (1 - z) * candidate + z * v->h[u];
    }
}

static void step_lstm(const struct unit_view *v, float *next)
{
    const size_t n = v->layer->n_hidden;
    for (size_t u = 0; u < n; u++) {
        const float p_i = v->p ? v->p[u] : 0, p_o = v->p ? v->p[n + u] : 0;
        const float p_f = v->p ? v->p[2 * n + u] : 0;
        const float i = sigmoid(v, of_both(v, 0, u) + p_i * v->c[u]);
        const float f = sigmoid(v, of_both(v, 2, u) + p_f * v->c[u]);
        v->c[u] = f * v->c[u] + i * tanhf(limited(v, of_both(v, 3, u)));
        const float o = sigmoid(v, of_both(v, 1, u) + p_o * v->c[u]);
        next[u] = o * tanhf(v->c[u]);
    }
}

/* y (H) = the layer's output of one direction. state: its h and, of lstm, c; in/out. scratch (2 H). */
static void step_direction(const struct eddy_layer *layer, size_t direction, const float *x,
                           float *state, float *y, float *scratch)
{
    const size_t n = layer->n_hidden, rows = direction * eddy_cell_gates(layer->cell) * n;
    const struct unit_view v = {
        .layer = layer,
        .w = layer->w + rows * layer->n_in,
        .r = layer->r ? layer->r + rows * n : NULL,
        .b = layer->b + rows,
        .rb = layer->rb ? layer->rb + direction * n : NULL,
        .p = layer->p ? layer->p + direction * 3 * n : NULL,
        .x = x,
        .h = state,
        .c = state + n,
    };
    switch (layer->cell) {
    case EDDY_CELL_RNN: step_rnn(&v, scratch); break;
    case EDDY_CELL_GRU: step_gru(&v, scratch, scratch + n); break;
    case EDDY_CELL_LSTM: step_lstm(&v, scratch); break;
    case EDDY_CELL_EMBEDDING: step_embedding(&v, scratch); break;
    default: step_dense(&v, scratch);
    }
    memcpy(y, scratch, n * sizeof *y);
    if (eddy_cell_is_recurrent(layer->cell))
        memcpy(state, scratch, n * sizeof *state);
}

/* ---- state ---- */

static size_t direction_state(const struct eddy_layer *layer)
{
    const size_t vectors = layer->cell == EDDY_CELL_LSTM ? 2 : 1;
    return eddy_cell_is_recurrent(layer->cell) ? vectors * layer->n_hidden : 0;
}

size_t eddy_model_state_elems(const struct eddy_model *model)
{
    size_t elems = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        elems += eddy_layer_directions(&model->layers[l]) * direction_state(&model->layers[l]);
    return elems;
}

static void fill(float *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from ? from[i] : 0;
}

void eddy_model_initial_state(const struct eddy_model *model, float *state)
{
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        const size_t n = layer->n_hidden;
        for (size_t d = 0; d < eddy_layer_directions(layer) && direction_state(layer); d++) {
            fill(state, layer->h0 ? layer->h0 + d * n : NULL, n);
            if (layer->cell == EDDY_CELL_LSTM)
                fill(state + n, layer->c0 ? layer->c0 + d * n : NULL, n);
            state += direction_state(layer);
        }
    }
}

/* ---- models ---- */

static void normalise(const struct eddy_model *model, const float *x, float *u)
{
    const bool tokens = model->layers[0].cell == EDDY_CELL_EMBEDDING;
    for (size_t i = 0; i < eddy_model_inputs(model); i++)
        u[i] = tokens ? x[i] : x[i] * model->in_scale[i] + model->in_offset[i];
}

size_t eddy_model_largest(const float *y, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = y[i] > y[best] ? i : best;
    return best;
}

void eddy_model_softmax(float *y, size_t n)
{
    float largest = y[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        largest = fmaxf(largest, y[i]);
    for (size_t i = 0; i < n; i++)
        sum += y[i] = expf(y[i] - largest);
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* x: of the same step, for a residual; NULL when there is none. */
static void denormalise(const struct eddy_model *model, const float *v, const float *x, float *y)
{
    const size_t n = eddy_model_outputs(model);
    for (size_t i = 0; i < n; i++)
        y[i] = v[i] * model->out_scale[i] + model->out_offset[i] +
               (model->residual && x ? x[i] : 0.0F);
    if (model->softmax)
        eddy_model_softmax(y, n);
}

void eddy_model_run_float(const struct eddy_model *model, float *state, size_t n_steps,
                          const float *x, float *y)
{
    const size_t n_in = eddy_model_inputs(model), n_out = eddy_model_outputs(model);
    float *u = model->scratch, *scratch = u + n_in;
    float *out = scratch + 2 * model->widest;
    for (size_t t = 0; t < n_steps; t++, x += n_in, y += n_out) {
        normalise(model, x, u);
        const float *below = u;
        float *layer_state = state;
        for (size_t l = 0; l < model->n_layers; l++) {
            step_direction(&model->layers[l], 0, below, layer_state, out, scratch);
            below = out;
            layer_state += direction_state(&model->layers[l]);
        }
        denormalise(model, below, x, y);
    }
}

/* One layer over a sequence: x (*n_steps, n_in) -> y (*n_steps, n_out), *n_steps then 1 when the layer hands on its last output only. */
static void run_layer(const struct eddy_model *model, const struct eddy_layer *layer, float *state,
                      size_t *n_steps, const float *x, float *y)
{
    const size_t n = layer->n_hidden,
                 x_elems = layer->cell == EDDY_CELL_EMBEDDING ? 1 : layer->n_in;
    for (size_t d = 0; d < eddy_layer_directions(layer); d++) {
        const bool back = layer->direction == EDDY_DIRECTION_REVERSE || d == 1;
        for (size_t k = 0; k < *n_steps; k++) {
            const size_t t = back ? *n_steps - 1 - k : k;
            const size_t to = layer->last_only ? 0 : t;
            step_direction(layer, d, x + t * x_elems, state, y + to * layer->n_out + d * n,
                           model->scratch);
        }
        state += direction_state(layer);
    }
    if (layer->last_only)
        *n_steps = 1;
}

static bool tokens_fit(const struct eddy_model *model, size_t n_steps, const float *x)
{
    const struct eddy_layer *first = &model->layers[0];
    for (size_t t = 0; first->cell == EDDY_CELL_EMBEDDING && t < n_steps; t++)
        if (!(x[t] >= 0) || x[t] >= (float)first->n_in || x[t] != rintf(x[t]))
            return false;
    return true;
}

/* Sequences on their way through the layers: each reads one buffer and writes the other. */
struct sequence {
    float *in, *out;
    size_t n_steps;
};

/* Layers first to end; *state moves on behind them. */
static void run_layers(const struct eddy_model *model, size_t first, size_t end, float **state,
                       struct sequence *s, eddy_observe *observe, void *user)
{
    for (size_t l = first; l < end; l++) {
        const struct eddy_layer *layer = &model->layers[l];
        run_layer(model, layer, *state, &s->n_steps, s->in, s->out);
        for (size_t t = 0; observe && t < s->n_steps; t++)
            observe(user, l, layer->n_out, s->out + t * layer->n_out);
        *state += eddy_layer_directions(layer) * direction_state(layer);
        float *swap = s->in;
        s->in = s->out;
        s->out = swap;
    }
}

/* Room for n_steps of the widest layer, with x in it; free(*buffers). */
static int start_sequence(struct eddy_context *context, const struct eddy_model *model,
                          size_t n_steps, const float *x, struct sequence *s, float **buffers)
{
    const size_t inputs = eddy_model_inputs(model);
    const size_t size = n_steps * (model->widest > inputs ? model->widest : inputs) + 1;
    if (!tokens_fit(model, n_steps, x))
        return eddy_fail(context, EDDY_ERROR_RANGE, "the input is not token numbers from 0 to %zu",
                         model->layers[0].n_in - 1);
    *buffers = malloc(2 * size * sizeof **buffers);
    if (!*buffers)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory for a sequence of %zu steps",
                         n_steps);
    *s = (struct sequence){*buffers, *buffers + size, n_steps};
    for (size_t t = 0; t < n_steps; t++)
        normalise(model, x + t * inputs, s->in + t * inputs);
    return EDDY_OK;
}

int eddy_model_run_sequence(struct eddy_context *context, const struct eddy_model *model,
                            float *state, size_t n_steps, const float *x, float *y,
                            size_t *n_out_steps, eddy_observe *observe, void *user)
{
    const size_t inputs = eddy_model_inputs(model), outputs = eddy_model_outputs(model);
    struct sequence s;
    float *buffers;
    if (model->n_encoder)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the model is an encoder and a decoder; let it translate sequences");
    const int error = start_sequence(context, model, n_steps, x, &s, &buffers);
    if (error)
        return error;
    run_layers(model, 0, model->n_layers, &state, &s, observe, user);
    for (size_t t = 0; t < s.n_steps; t++)
        denormalise(model, s.in + t * outputs, s.n_steps == n_steps ? x + t * inputs : NULL,
                    y + t * outputs);
    *n_out_steps = s.n_steps;
    free(buffers);
    return EDDY_OK;
}

/* ---- encoder and decoder ---- */

/* state: of all layers, the encoder's first; both halves have the same layout. */
static void decode(const struct eddy_model *model, float *state, size_t start, size_t n_steps,
                   struct sequence *s, float *y)
{
    const size_t outputs = eddy_model_outputs(model);
    float token = (float)start;
    for (size_t t = 0; t < n_steps; t++) {
        float *decoder_state = state;
        s->in[0] = token;
        s->n_steps = 1;
        run_layers(model, model->n_encoder, model->n_layers, &decoder_state, s, NULL, NULL);
        denormalise(model, s->in, &token, s->out);
        token = y[t] = (float)eddy_model_largest(s->out, outputs);
    }
}

int eddy_model_translate(struct eddy_context *context, const struct eddy_model *model,
                         size_t n_source, const float *x, size_t start, size_t n_steps, float *y)
{
    struct sequence s;
    float *buffers = NULL;
    if (!model->n_encoder)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "the model has no decoder");
    if (!n_source)
        return eddy_fail(context, EDDY_ERROR_SHAPE, "a source has at least one step");
    if (start >= model->layers[model->n_encoder].n_in)
        return eddy_fail(context, EDDY_ERROR_RANGE,
                         "the first token is %zu, the decoder has 0 to %zu", start,
                         model->layers[model->n_encoder].n_in - 1);
    float *state = malloc((eddy_model_state_elems(model) + 1) * sizeof *state);
    int error = state ? EDDY_OK : eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    if (!error)
        error = start_sequence(context, model, n_source, x, &s, &buffers);
    if (!error) {
        float *end = state;
        eddy_model_initial_state(model, state);
        run_layers(model, 0, model->n_encoder, &end, &s, NULL, NULL);
        decode(model, state, start, n_steps, &s, y);
    }
    free(buffers);
    free(state);
    return error;
}
