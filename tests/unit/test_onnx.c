/* test_onnx.c -- ONNX out and in: what is written is read back bit for bit. What is refused: test_onnx_refusals.c; exporters'
 * own files: test_golden.c. */
#include "../support/onnx_file.h"

#include <math.h>
#include <string.h>

static void assert_equal_arrays(const float *a, const float *b, size_t n)
{
    assert_int_equal(!a, !b);
    if (a)
        assert_memory_equal(a, b, n * sizeof *a);
}

static void assert_equal_layers(const struct eddy_layer *a, const struct eddy_layer *b)
{
    const size_t rows = eddy_layer_directions(a) * eddy_cell_gates(a->cell) * a->n_hidden;
    assert_int_equal(a->cell, b->cell);
    assert_int_equal(a->activation, b->activation);
    assert_int_equal(a->direction, b->direction);
    assert_int_equal(a->linear_before_reset, b->linear_before_reset);
    assert_int_equal(a->last_only, b->last_only);
    assert_memory_equal(&a->clip, &b->clip, sizeof a->clip);
    assert_int_equal(a->n_in, b->n_in);
    assert_int_equal(a->n_hidden, b->n_hidden);
    assert_int_equal(a->n_out, b->n_out);
    assert_equal_arrays(a->w, b->w, rows * a->n_in);
    assert_equal_arrays(a->r, b->r, rows * a->n_hidden);
    assert_equal_arrays(a->b, b->b, rows);
    assert_equal_arrays(a->rb, b->rb, a->n_out);
    assert_equal_arrays(a->p, b->p, 3 * a->n_out);
    assert_equal_arrays(a->h0, b->h0, a->n_out);
    assert_equal_arrays(a->c0, b->c0, a->n_out);
}

static void assert_equal_models(const struct eddy_model *a, const struct eddy_model *b)
{
    const size_t n_in = eddy_model_inputs(a), n_out = eddy_model_outputs(a);
    assert_int_equal(a->n_layers, b->n_layers);
    assert_int_equal(n_in, eddy_model_inputs(b));
    assert_int_equal(a->residual, b->residual);
    assert_int_equal(a->softmax, b->softmax);
    for (size_t l = 0; l < a->n_layers; l++)
        assert_equal_layers(&a->layers[l], &b->layers[l]);
    assert_equal_arrays(a->in_scale, b->in_scale, n_in);
    assert_equal_arrays(a->in_offset, b->in_offset, n_in);
    assert_equal_arrays(a->out_scale, b->out_scale, n_out);
    assert_equal_arrays(a->out_offset, b->out_offset, n_out);
}

/* Writes a model and reads it again. */
static void round_trip(const struct eddy_model *model)
{
    struct eddy_model *back;
    if (eddy_model_write_onnx(context, model, path) || eddy_model_read_onnx(context, path, &back))
        fail_msg("%s", eddy_last_error(context));
    assert_equal_models(model, back);
    eddy_model_free(back);
}

static const struct eddy_layer_shape stack[] = {
    {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 5},   {EDDY_CELL_DENSE, EDDY_ACTIVATION_TANH, 4},
    {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 1}, {EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 2},
    {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 3},
};

static void what_is_written_is_read_bit_for_bit(void **state)
{
    (void)state;
    for (unsigned mask = 0; mask < 32; mask++)
        for (size_t n_layers = 1; n_layers <= 5; n_layers++) {
            const size_t n_in = mask & 16 ? stack[n_layers - 1].n_out : 3;
            struct eddy_model *model = make_model(n_in, n_layers, stack);
            model->layers[0].b[0] = -0.f;
            if (mask & 1)
                randomise(model->in_scale, n_in);
            if (mask & 2)
                randomise(model->in_offset, n_in);
            if (mask & 4)
                randomise(model->out_scale, stack[n_layers - 1].n_out);
            if (mask & 8)
                randomise(model->out_offset, stack[n_layers - 1].n_out);
            model->residual = mask & 16;
            round_trip(model);
            eddy_model_free(model);
        }
}

static size_t below(size_t n)
{
    return (size_t)(fabsf(random_weight()) * (float)n) % n;
}

/* Any layer but an embedding. */
static struct eddy_layer_shape random_shape(void)
{
    struct eddy_layer_shape shape = {.cell = (enum eddy_cell)below(EDDY_CELL_EMBEDDING),
                                     .n_out = 1 + below(5)};
    if (shape.cell == EDDY_CELL_DENSE) {
        shape.activation = (enum eddy_activation)below(EDDY_ACTIVATIONS);
        return shape;
    }
    shape.activation =
        shape.cell == EDDY_CELL_RNN && below(2) ? EDDY_ACTIVATION_RELU : EDDY_ACTIVATION_TANH;
    shape.direction = (enum eddy_direction)below(EDDY_DIRECTIONS);
    shape.linear_before_reset = shape.cell == EDDY_CELL_GRU && below(2);
    shape.peephole = shape.cell == EDDY_CELL_LSTM && below(2);
    return shape;
}

static float *random_state(const struct eddy_layer *layer)
{
    float *state = calloc(layer->n_out, sizeof *state);
    randomise(state, layer->n_out);
    return state;
}

/* 1 to 8 layers of all kinds, with embeddings, states, clip, last outputs and softmax. */
static struct eddy_model *random_stack(void)
{
    struct eddy_layer_shape shapes[8];
    const size_t n_layers = 1 + below(8);
    for (size_t l = 0; l < n_layers; l++)
        shapes[l] = random_shape();
    size_t last = below(2 * n_layers);
    if (last < n_layers)
        shapes[last].last_only = eddy_cell_is_recurrent(shapes[last].cell);
    if (below(3) == 0)
        shapes[0] = (struct eddy_layer_shape){EDDY_CELL_EMBEDDING, .n_out = 1 + below(4)};
    struct eddy_model *model = make_model(1 + below(4), n_layers, shapes);
    for (size_t l = 0; l < n_layers; l++) {
        struct eddy_layer *layer = &model->layers[l];
        if (!layer->r)
            continue;
        layer->clip = below(3) ? 0 : 1 + random_weight() / 2;
        layer->h0 = below(3) ? NULL : random_state(layer);
        layer->c0 = layer->cell != EDDY_CELL_LSTM || below(3) ? NULL : random_state(layer);
    }
    if (below(2))
        randomise(model->out_scale, eddy_model_outputs(model));
    model->softmax = below(2);
    return model;
}

static void every_stack_comes_back_bit_for_bit(void **state)
{
    (void)state;
    for (size_t run = 0; run < 400; run++) {
        struct eddy_model *model = random_stack();
        round_trip(model);
        eddy_model_free(model);
    }
}

static void only_nodes_that_do_something_are_written(void **state)
{
    (void)state;
    struct eddy_model *model = make_model(3, 1, stack);
    assert_int_equal(eddy_model_write_onnx(context, model, path), EDDY_OK);
    eddy_model_free(model);
    Onnx__ModelProto *file = load_file();
    assert_string_equal(file->producer_name, "eddy");
    assert_int_equal(file->graph->n_node, 2);
    assert_string_equal(file->graph->node[0]->op_type, "RNN");
    assert_string_equal(file->graph->node[1]->op_type, "Squeeze");
    assert_string_equal(file->graph->node[1]->output[0], "y");
    onnx__model_proto__free_unpacked(file, NULL);
}

static void weights_that_are_not_finite_are_not_written(void **state)
{
    (void)state;
    struct eddy_model *model = make_model(3, 2, stack);
    unlink(path);
    model->layers[1].w[7] = NAN;
    assert_int_equal(eddy_model_write_onnx(context, model, path), EDDY_ERROR_RANGE);
    assert_non_null(strstr(eddy_last_error(context), "dense_1_w[7] is not finite"));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(eddy_model_write_onnx(context, model, "/nowhere/m.onnx"), EDDY_ERROR_RANGE);
    model->layers[1].w[7] = 0;
    assert_int_equal(eddy_model_write_onnx(context, model, "/nowhere/m.onnx"), EDDY_ERROR_IO);
    eddy_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_bit_for_bit),
        cmocka_unit_test(every_stack_comes_back_bit_for_bit),
        cmocka_unit_test(only_nodes_that_do_something_are_written),
        cmocka_unit_test(weights_that_are_not_finite_are_not_written),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
