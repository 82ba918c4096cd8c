/* test_reference.c -- the float reference against the text of the ONNX operators, in double: every cell, direction and
 * option, stacks, and what stands at the ends of a model. */
#include "../support/context.h"
#include "../support/random_program.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 7, MOST_UNITS = 9, MOST_ELEMS = 2048 };

static struct random numbers = {7};

static double uniform(double limit)
{
    return limit * random_between(&numbers, -10000, 10000) / 10000;
}

/* Rounded to float, so that the model has the same number. */
static void fill(double *v, size_t n, double limit)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (double)(float)uniform(limit);
}

/* ---- RNN, GRU and LSTM as https://onnx.ai/onnx/operators/ writes them; batch 1 ---- */

/* One direction. Tensors without their direction and batch axes: W (G H, I), R (G H, H), B (2 G H), P (3 H). */
struct node {
    enum eddy_cell cell;
    bool relu, reverse, linear_before_reset, peephole;
    double clip; /* 0: none */
    size_t I, H;
    const double *W, *R, *B, *P, *initial_h, *initial_c;
};

static double clipped(const struct node *op, double v)
{
    if (op->clip == 0)
        return v;
    return v > op->clip ? op->clip : v < -op->clip ? -op->clip : v;
}

static double Sigmoid(const struct node *op, double v)
{
    return 1 / (1 + exp(-clipped(op, v)));
}

static double Tanh(const struct node *op, double v)
{
    const double at = clipped(op, v);
    return op->relu ? (at > 0 ? at : 0) : tanh(at);
}

/* Row `unit` of gate `gate` of V (G H, n) times v. */
static double product(const struct node *op, const double *V, size_t gate, size_t unit,
                      const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += V[(gate * op->H + unit) * n + i] * v[i];
    return sum;
}

static size_t gates(const struct node *op)
{
    return op->cell == EDDY_CELL_LSTM ? 4 : op->cell == EDDY_CELL_GRU ? 3 : 1;
}

static double Wb(const struct node *op, size_t gate, size_t unit)
{
    return op->B[gate * op->H + unit];
}

static double Rb(const struct node *op, size_t gate, size_t unit)
{
    return op->B[(gates(op) + gate) * op->H + unit];
}

/* Xt (W^T) + Ht-1 (R^T) + Wb + Rb */
static double full(const struct node *op, size_t gate, size_t unit, const double *X,
                   const double *H)
{
    return product(op, op->W, gate, unit, X, op->I) + product(op, op->R, gate, unit, H, op->H) +
           Wb(op, gate, unit) + Rb(op, gate, unit);
}

static void step(const struct node *op, const double *X, double *H, double *C)
{
    double next[MOST_UNITS] = {0}, rH[MOST_UNITS];
    const size_t n = op->H;
    for (size_t u = 0; u < n; u++)
        rH[u] = op->cell == EDDY_CELL_GRU ? Sigmoid(op, full(op, 1, u, X, H)) * H[u] : 0;
    for (size_t u = 0; u < n; u++) {
        if (op->cell == EDDY_CELL_RNN) {
            next[u] = Tanh(op, full(op, 0, u, X, H));
        } else if (op->cell == EDDY_CELL_GRU) {
            const double z = Sigmoid(op, full(op, 0, u, X, H));
            const double r = Sigmoid(op, full(op, 1, u, X, H));
            const double x = product(op, op->W, 2, u, X, op->I);
            const double h =
                op->linear_before_reset
                    ? Tanh(op,
                           x + r * (product(op, op->R, 2, u, H, n) + Rb(op, 2, u)) + Wb(op, 2, u))
                    : Tanh(op, x + product(op, op->R, 2, u, rH, n) + Rb(op, 2, u) + Wb(op, 2, u));
            next[u] = (1 - z) * h + z * H[u];
        } else {
            const double *P = op->P;
            const double i = Sigmoid(op, full(op, 0, u, X, H) + P[u] * C[u]);
            const double f = Sigmoid(op, full(op, 2, u, X, H) + P[2 * n + u] * C[u]);
            const double c = Tanh(op, full(op, 3, u, X, H));
            C[u] = f * C[u] + i * c;
            const double o = Sigmoid(op, full(op, 1, u, X, H) + P[n + u] * C[u]);
            next[u] = o * tanh(C[u]); /* not clipped, as ONNX Runtime reads the text */
        }
    }
    memcpy(H, next, n * sizeof *next);
}

/* X (STEPS, I) -> Y (STEPS, H), Y_h (H), Y_c (H) */
static void run(const struct node *op, const double *X, double *Y, double *Y_h, double *Y_c)
{
    memcpy(Y_h, op->initial_h, op->H * sizeof *Y_h);
    memcpy(Y_c, op->initial_c, op->H * sizeof *Y_c);
    for (size_t k = 0; k < STEPS; k++) {
        const size_t t = op->reverse ? STEPS - 1 - k : k;
        step(op, X + t * op->I, Y_h, Y_c);
        memcpy(Y + t * op->H, Y_h, op->H * sizeof *Y);
    }
}

/* ---- the same as a model ---- */

static void to_floats(float *to, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static float *floats(const double *from, size_t n)
{
    float *to = calloc(n, sizeof *to);
    to_floats(to, from, n);
    return to;
}

/* Direction d of a layer gets the tensors of an operator. */
static void set_direction(struct eddy_layer *layer, size_t d, const struct node *op)
{
    const size_t n = op->H, rows = gates(op) * n;
    to_floats(layer->w + d * rows * op->I, op->W, rows * op->I);
    to_floats(layer->r + d * rows * n, op->R, rows * n);
    for (size_t row = 0; row < rows; row++) {
        const bool apart = layer->rb && row >= 2 * n;
        layer->b[d * rows + row] = (float)(op->B[row] + (apart ? 0 : op->B[rows + row]));
        if (apart)
            layer->rb[d * n + row - 2 * n] = (float)op->B[rows + row];
    }
    if (layer->p)
        to_floats(layer->p + d * 3 * n, op->P, 3 * n);
}

struct variant {
    enum eddy_cell cell;
    enum eddy_activation activation;
    bool linear_before_reset, peephole;
};

static const struct variant variants[] = {
    {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH},
    {EDDY_CELL_RNN, EDDY_ACTIVATION_RELU},
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH},
    {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, .linear_before_reset = true},
    {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH},
    {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, .peephole = true},
};

static void assert_close(const char *what, float actual, double expected)
{
    if (!(fabs((double)actual - expected) <= 2e-6 * (1 + fabs(expected))))
        fail_msg("%s: %.9g is not %.9g", what, (double)actual, expected);
}

/* One layer of a variant: every step, the last step, and the states that are left. */
static void check_layer(const struct variant *v, enum eddy_direction direction, double clip,
                        bool initial, bool last_only)
{
    double W[2][MOST_ELEMS], R[2][MOST_ELEMS], B[2][MOST_ELEMS], P[2][3 * MOST_UNITS] = {{0}};
    double h0[2 * MOST_UNITS] = {0}, c0[2 * MOST_UNITS] = {0}, X[STEPS * MOST_UNITS];
    const size_t I = (size_t)random_between(&numbers, 1, 5),
                 H = (size_t)random_between(&numbers, 1, MOST_UNITS);
    const struct eddy_layer_shape shape = {
        v->cell, v->activation, H, direction, v->linear_before_reset, v->peephole, last_only};
    struct eddy_model *model;
    assert_int_equal(eddy_model_create(context, I, 1, &shape, &model), EDDY_OK);
    struct eddy_layer *layer = model->layers;
    const size_t D = eddy_layer_directions(layer);
    fill(X, STEPS * I, 2);
    fill(h0, initial ? D * H : 0, 0.9);
    fill(c0, initial ? D * H : 0, 0.9);
    layer->clip = (float)clip;
    layer->h0 = initial ? floats(h0, D * H) : NULL;
    layer->c0 = initial && v->cell == EDDY_CELL_LSTM ? floats(c0, D * H) : NULL;

    float x[STEPS * MOST_UNITS], y[STEPS * 2 * MOST_UNITS], state[4 * MOST_UNITS];
    double Y[2][STEPS * MOST_UNITS], Y_h[2][MOST_UNITS], Y_c[2][MOST_UNITS];
    for (size_t d = 0; d < D; d++) {
        const struct node op = {v->cell,
                                v->activation == EDDY_ACTIVATION_RELU,
                                direction == EDDY_DIRECTION_REVERSE || d,
                                v->linear_before_reset,
                                v->peephole,
                                clip,
                                I,
                                H,
                                W[d],
                                R[d],
                                B[d],
                                P[d],
                                h0 + d * H,
                                c0 + d * H};
        const size_t rows = gates(&op) * H;
        fill(W[d], rows * I, 1);
        fill(R[d], rows * H, 0.8);
        fill(B[d], 2 * rows, 0.5);
        fill(P[d], v->peephole ? 3 * H : 0, 0.7);
        set_direction(layer, d, &op);
        run(&op, X, Y[d], Y_h[d], Y_c[d]);
    }
    size_t n_out;
    to_floats(x, X, STEPS * I);
    eddy_model_initial_state(model, state);
    assert_int_equal(
        eddy_model_run_sequence(context, model, state, STEPS, x, y, &n_out, NULL, NULL), EDDY_OK);
    assert_int_equal(n_out, last_only ? 1 : STEPS);
    const float *left = state;
    for (size_t d = 0; d < D; d++)
        for (size_t u = 0; u < H; u++) {
            for (size_t t = 0; t < n_out; t++)
                assert_close("Y", y[(t * D + d) * H + u], last_only ? Y_h[d][u] : Y[d][t * H + u]);
        }
    for (size_t d = 0; d < D; d++) {
        for (size_t u = 0; u < H; u++)
            assert_close("Y_h", *left++, Y_h[d][u]);
        for (size_t u = 0; v->cell == EDDY_CELL_LSTM && u < H; u++)
            assert_close("Y_c", *left++, Y_c[d][u]);
    }
    eddy_model_free(model);
}

static void every_cell_computes_its_operator(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
        for (unsigned direction = 0; direction < EDDY_DIRECTIONS; direction++)
            for (unsigned mask = 0; mask < 8; mask++)
                for (unsigned repeat = 0; repeat < 3; repeat++)
                    check_layer(&variants[v], (enum eddy_direction)direction, mask & 1 ? 0.375 : 0,
                                mask & 2, mask & 4);
}

/* ---- layers without recurrence, and the ends of a model ---- */

static double activated(enum eddy_activation activation, double v)
{
    switch (activation) {
    case EDDY_ACTIVATION_TANH: return tanh(v);
    case EDDY_ACTIVATION_RELU: return v > 0 ? v : 0;
    case EDDY_ACTIVATION_SIGMOID: return 1 / (1 + exp(-v));
    default: return v;
    }
}

/* Gather, then Gemm with an activation, then Mul, Add and Softmax. */
static void embeddings_dense_layers_and_softmax_are_computed(void **state)
{
    (void)state;
    enum { TOKENS = 6, WIDTH = 4, OUTPUTS = 3 };
    for (unsigned activation = 0; activation < EDDY_ACTIVATIONS; activation++) {
        const struct eddy_layer_shape shapes[] = {
            {EDDY_CELL_EMBEDDING, EDDY_ACTIVATION_NONE, WIDTH},
            {EDDY_CELL_DENSE, (enum eddy_activation)activation, OUTPUTS}};
        struct eddy_model *model;
        double table[WIDTH * TOKENS], W[OUTPUTS * WIDTH], b[OUTPUTS], scale[OUTPUTS], add[OUTPUTS];
        assert_int_equal(eddy_model_create(context, TOKENS, 2, shapes, &model), EDDY_OK);
        fill(table, WIDTH * TOKENS, 1);
        fill(W, OUTPUTS * WIDTH, 1);
        fill(b, OUTPUTS, 1);
        fill(scale, OUTPUTS, 3);
        fill(add, OUTPUTS, 1);
        to_floats(model->layers[0].w, table, WIDTH * TOKENS);
        to_floats(model->layers[1].w, W, OUTPUTS * WIDTH);
        to_floats(model->layers[1].b, b, OUTPUTS);
        to_floats(model->out_scale, scale, OUTPUTS);
        to_floats(model->out_offset, add, OUTPUTS);
        model->softmax = true;
        const float x[] = {3, 0, 5, 5, 1};
        float y[5 * OUTPUTS];
        size_t n_out;
        assert_int_equal(eddy_model_inputs(model), 1);
        assert_int_equal(eddy_model_tokens(model), TOKENS);
        assert_int_equal(eddy_model_run_sequence(context, model, NULL, 5, x, y, &n_out, NULL, NULL),
                         EDDY_OK);
        assert_int_equal(n_out, 5);
        for (size_t t = 0; t < 5; t++) {
            double v[OUTPUTS], sum = 0;
            for (size_t o = 0; o < OUTPUTS; o++) {
                double a = b[o];
                for (size_t i = 0; i < WIDTH; i++)
                    a += W[o * WIDTH + i] * table[i * TOKENS + (size_t)x[t]];
                v[o] = activated((enum eddy_activation)activation, a) * scale[o] + add[o];
                sum += exp(v[o]);
            }
            for (size_t o = 0; o < OUTPUTS; o++)
                assert_close("softmax", y[t * OUTPUTS + o], exp(v[o]) / sum);
        }
        for (size_t bad = 0; bad < 3; bad++) {
            const float no_token[] = {TOKENS, -1, 0.5f};
            assert_int_equal(eddy_model_run_sequence(context, model, NULL, 1, no_token + bad, y,
                                                     &n_out, NULL, NULL),
                             EDDY_ERROR_RANGE);
            assert_string_equal(eddy_last_error(context),
                                "the input is not token numbers from 0 to 5");
        }
        eddy_model_free(model);
    }
}

/* Layer by layer by hand is the stack: a bidirectional layer, a reverse one, and one that hands on its last output. */
static void stacks_hand_on_what_their_layers_make(void **state)
{
    (void)state;
    const struct eddy_layer_shape shapes[] = {
        {EDDY_CELL_GRU, EDDY_ACTIVATION_TANH, 3, EDDY_DIRECTION_BIDIRECTIONAL},
        {EDDY_CELL_LSTM, EDDY_ACTIVATION_TANH, 4, EDDY_DIRECTION_REVERSE},
        {EDDY_CELL_RNN, EDDY_ACTIVATION_RELU, 5, .last_only = true},
        {EDDY_CELL_DENSE, EDDY_ACTIVATION_SIGMOID, 2},
    };
    enum { LAYERS = sizeof shapes / sizeof *shapes };
    struct eddy_model *stack, *parts[LAYERS];
    double drawn[MOST_ELEMS];
    float states[64] = {0}, x[STEPS * 6], y[STEPS * 6], whole[STEPS * 6];
    assert_int_equal(eddy_model_create(context, 2, LAYERS, shapes, &stack), EDDY_OK);
    fill(drawn, STEPS * 2, 1);
    to_floats(x, drawn, STEPS * 2);
    size_t n_steps = STEPS, n_whole;
    for (size_t l = 0; l < LAYERS; l++) {
        struct eddy_layer *to = &stack->layers[l];
        assert_int_equal(eddy_model_create(context, to->n_in, 1, &shapes[l], &parts[l]), EDDY_OK);
        struct eddy_layer *part = parts[l]->layers;
        const size_t rows = eddy_layer_directions(to) * eddy_cell_gates(to->cell) * to->n_hidden;
        fill(drawn, rows * to->n_in, 1);
        to_floats(to->w, drawn, rows * to->n_in);
        to_floats(part->w, drawn, rows * to->n_in);
        if (!to->r)
            continue;
        fill(drawn, rows * to->n_hidden, 0.7);
        to_floats(to->r, drawn, rows * to->n_hidden);
        to_floats(part->r, drawn, rows * to->n_hidden);
    }
    assert_int_equal(
        eddy_model_run_sequence(context, stack, states, STEPS, x, whole, &n_whole, NULL, NULL),
        EDDY_OK);
    for (size_t l = 0; l < LAYERS; l++) {
        memset(states, 0, sizeof states);
        assert_int_equal(
            eddy_model_run_sequence(context, parts[l], states, n_steps, x, y, &n_steps, NULL, NULL),
            EDDY_OK);
        memcpy(x, y, n_steps * parts[l]->layers->n_out * sizeof *x);
        eddy_model_free(parts[l]);
    }
    assert_int_equal(n_whole, 1);
    assert_int_equal(n_steps, 1);
    assert_memory_equal(whole, x, 2 * sizeof *x);
    eddy_model_free(stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_computes_its_operator),
        cmocka_unit_test(embeddings_dense_layers_and_softmax_are_computed),
        cmocka_unit_test(stacks_hand_on_what_their_layers_make),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
