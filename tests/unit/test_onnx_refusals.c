/* test_onnx_refusals.c -- ONNX files that are not understood are refused by name: a good file, changed in one place; foreign
 * and damaged ones. */
#include "../support/onnx_file.h"

#include <math.h>
#include <string.h>

/* x (3) -> rnn_0 (5) -> dense_1 (4) with tanh -> dense_2 (3); every scale and offset, and the residual.
 * Nodes: in_scale_Mul 0, in_offset_Add 1, RNN 2, Squeeze 3, MatMul 4, Add 5, Tanh 6, MatMul 7, Add 8, Mul 9,
 * Add 10, Add 11 (residual). */
static Onnx__ModelProto *good_file(void)
{
    const struct eddy_layer_shape shapes[] = {{EDDY_CELL_RNN, EDDY_ACTIVATION_TANH, 5},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_TANH, 4},
                                              {EDDY_CELL_DENSE, EDDY_ACTIVATION_NONE, 3}};
    struct eddy_model *model = make_model(3, 3, shapes);
    randomise(model->in_scale, 3);
    randomise(model->in_offset, 3);
    randomise(model->out_scale, 3);
    randomise(model->out_offset, 3);
    model->residual = true;
    assert_int_equal(eddy_model_write_onnx(context, model, path), EDDY_OK);
    eddy_model_free(model);
    return load_file();
}

static void set(char **text, const char *to)
{
    free(*text);
    *text = strdup(to);
}

static Onnx__TensorProto *tensor(Onnx__ModelProto *file, const char *name)
{
    for (size_t i = 0; i < file->graph->n_initializer; i++)
        if (strcmp(file->graph->initializer[i]->name, name) == 0)
            return file->graph->initializer[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static Onnx__AttributeProto *attribute(Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(node->attribute[i]->name, name) == 0)
            return node->attribute[i];
    fail_msg("no attribute %s", name);
    return NULL;
}

static void *grown(void *list, size_t n)
{
    return realloc(list, (n + 1) * sizeof(void *));
}

static Onnx__AttributeProto *add_attribute(Onnx__NodeProto *node, const char *name)
{
    node->attribute = grown(node->attribute, node->n_attribute);
    Onnx__AttributeProto *added = malloc(sizeof *added);
    onnx__attribute_proto__init(added);
    added->name = strdup(name);
    node->attribute[node->n_attribute++] = added;
    return added;
}

static void add_output(Onnx__NodeProto *node, const char *name)
{
    node->output = grown(node->output, node->n_output);
    node->output[node->n_output++] = strdup(name);
}

static void add_input(Onnx__NodeProto *node, const char *name)
{
    node->input = grown(node->input, node->n_input);
    node->input[node->n_input++] = strdup(name);
}

static Onnx__ValueInfoProto *copy_info(const Onnx__ValueInfoProto *info, const char *name)
{
    uint8_t bytes[256];
    const size_t size = onnx__value_info_proto__pack(info, bytes);
    Onnx__ValueInfoProto *copy = onnx__value_info_proto__unpack(NULL, size, bytes);
    set(&copy->name, name);
    return copy;
}

#define NODE(i) (file->graph->node[i])
#define CHANGE(name) static void name(Onnx__ModelProto *file)

CHANGE(nothing)
{
    (void)file;
}
CHANGE(gru)
{
    set(&NODE(2)->op_type, "GRU");
}
CHANGE(lstm)
{
    set(&NODE(2)->op_type, "LSTM");
}
CHANGE(unknown)
{
    set(&NODE(6)->op_type, "Einsum");
}
CHANGE(relu)
{
    set(&NODE(6)->op_type, "Relu");
}
CHANGE(no_name)
{
    set(&NODE(6)->op_type, "Einsum");
    set(&NODE(6)->name, "");
}
CHANGE(domain)
{
    NODE(6)->domain = strdup("com.microsoft");
}
CHANGE(clip)
{
    Onnx__AttributeProto *added = add_attribute(NODE(2), "clip");
    added->has_f = 1;
    added->f = 3;
}
CHANGE(twice)
{
    add_attribute(NODE(2), "hidden_size");
}
CHANGE(reverse)
{
    Onnx__AttributeProto *direction = attribute(NODE(2), "direction");
    memcpy(direction->s.data, "reverse", 7);
}
CHANGE(elu_cell)
{
    memcpy(attribute(NODE(2), "activations")->strings[0].data, "Elus", 4);
}
CHANGE(sideways)
{
    memcpy(attribute(NODE(2), "direction")->s.data, "sidewar", 7);
}
CHANGE(negative_clip)
{
    clip(file);
    NODE(2)->attribute[NODE(2)->n_attribute - 1]->f = -1;
}
CHANGE(softmax)
{
    set(&NODE(6)->op_type, "Softmax");
}
CHANGE(loop)
{
    set(&NODE(6)->op_type, "Loop");
}
CHANGE(hidden)
{
    attribute(NODE(2), "hidden_size")->i = 6;
}
CHANGE(layout)
{
    Onnx__AttributeProto *added = add_attribute(NODE(2), "layout");
    added->has_i = 1;
    added->i = 1;
}
CHANGE(w_shape)
{
    tensor(file, "rnn_0_w")->dims[1] = 3;
    tensor(file, "rnn_0_w")->dims[2] = 5;
}
CHANGE(r_shape)
{
    tensor(file, "rnn_0_r")->n_dims = 2;
}
CHANGE(b_shape)
{
    tensor(file, "rnn_0_b")->n_dims = 1;
}
CHANGE(dense_shape)
{
    tensor(file, "dense_1_w")->dims[0] = 4;
    tensor(file, "dense_1_w")->dims[1] = 5;
}
CHANGE(short_data)
{
    tensor(file, "dense_1_w")->raw_data.len -= 4;
}
CHANGE(odd_data)
{
    tensor(file, "dense_1_w")->raw_data.len -= 1;
}
CHANGE(huge_shape)
{
    tensor(file, "dense_1_w")->dims[0] = INT64_MAX;
}
CHANGE(negative_shape)
{
    tensor(file, "dense_1_w")->dims[0] = -4;
}
CHANGE(nan_weight)
{
    memcpy(tensor(file, "rnn_0_r")->raw_data.data + 8, "\0\0\xc0\x7f", 4);
}
CHANGE(half)
{
    tensor(file, "rnn_0_r")->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
}
CHANGE(external)
{
    tensor(file, "rnn_0_w")->has_data_location = 1;
    tensor(file, "rnn_0_w")->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}
CHANGE(same_tensor)
{
    set(&tensor(file, "rnn_0_r")->name, "rnn_0_w");
}
CHANGE(no_tensor)
{
    set(&tensor(file, "rnn_0_r")->name, "elsewhere");
}
CHANGE(no_input)
{
    set(&NODE(2)->input[0], "");
}
CHANGE(undefined)
{
    set(&NODE(4)->input[0], "nothing");
}
CHANGE(same_output)
{
    set(&NODE(5)->output[0], "x");
}
CHANGE(fan_out)
{
    set(&NODE(7)->input[0], NODE(4)->output[0]);
}
CHANGE(odd_residual)
{
    set(&NODE(11)->input[1], NODE(6)->output[0]);
}
CHANGE(early_end)
{
    set(&file->graph->output[0]->name, NODE(8)->output[0]);
}
CHANGE(no_output)
{
    set(&file->graph->output[0]->name, "z");
}
CHANGE(two_outputs)
{
    file->graph->output = grown(file->graph->output, 1);
    file->graph->output[1] = copy_info(file->graph->output[0], NODE(3)->output[0]);
    file->graph->n_output = 2;
}
CHANGE(two_inputs)
{
    file->graph->input = grown(file->graph->input, 1);
    file->graph->input[1] = copy_info(file->graph->input[0], "h0");
    file->graph->n_input = 2;
}
CHANGE(last_state)
{
    add_output(NODE(2), "h_n");
    set(&NODE(3)->input[0], "h_n");
}
CHANGE(last_state_output)
{
    add_output(NODE(2), "h_n");
    set(&file->graph->output[0]->name, "h_n");
}
CHANGE(initial_state)
{
    add_input(NODE(2), "");
    add_input(NODE(2), "dense_2_b");
}
CHANGE(sequence_lens)
{
    add_input(NODE(2), "direction_axis");
}
CHANGE(squeeze_channels)
{
    tensor(file, "direction_axis")->raw_data.data[0] = 3;
}
CHANGE(squeeze_time)
{
    tensor(file, "direction_axis")->raw_data.data[0] = 0;
}
CHANGE(squeeze_far)
{
    tensor(file, "direction_axis")->raw_data.data[0] = 4;
}
CHANGE(squeeze_any)
{
    NODE(3)->n_input = 1;
    free(NODE(3)->input[1]);
}
CHANGE(divide_by_zero)
{
    set(&NODE(9)->op_type, "Div");
    memset(tensor(file, "out_scale")->raw_data.data, 0, 4);
}
CHANGE(tanh_first)
{
    set(&NODE(0)->op_type, "Tanh");
}
CHANGE(wrong_broadcast)
{
    tensor(file, "out_scale")->dims[0] = 3, NODE(9)->name[0] = 'm',
                 set(&NODE(9)->input[1], "dense_1_b");
}
CHANGE(old_opset)
{
    file->opset_import[0]->version = 6;
}
CHANGE(no_opset)
{
    set(&file->opset_import[0]->domain, "ai.onnx.ml");
}
CHANGE(batch)
{
    file->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value = 32;
}
CHANGE(free_channels)
{
    file->graph->input[0]->type->tensor_type->shape->dim[2]->dim_value = 0;
}
CHANGE(flat_input)
{
    Onnx__TensorShapeProto *shape = file->graph->input[0]->type->tensor_type->shape;
    while (shape->n_dim > 1)
        protobuf_c_message_free_unpacked(&shape->dim[--shape->n_dim]->base, NULL);
}
CHANGE(integer_input)
{
    file->graph->input[0]->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
}
CHANGE(declared_output)
{
    file->graph->output[0]->type->tensor_type->shape->dim[2]->dim_value = 7;
}
CHANGE(gather)
{
    set(&NODE(6)->op_type, "Gather");
    add_input(NODE(6), "direction_axis");
}

struct refusal {
    void (*change)(Onnx__ModelProto *file);
    int error;
    const char *message; /* behind the path */
};

#define UNSUPPORTED EDDY_ERROR_UNSUPPORTED
#define FORMAT EDDY_ERROR_FORMAT
#define SHAPE EDDY_ERROR_SHAPE
#define RANGE EDDY_ERROR_RANGE

static const struct refusal refusals[] = {
    {nothing, EDDY_OK, ""},
    {gru, FORMAT, "node 'rnn_0' (GRU): attribute 'activations' has 1 functions, not 2"},
    {lstm, FORMAT, "node 'rnn_0' (LSTM): attribute 'activations' has 1 functions, not 3"},
    {unknown, UNSUPPORTED,
     "node 'dense_1_tanh' (Einsum): operator not supported; Eddy reads RNN, GRU, LSTM, Gemm, "
     "MatMul, embeddings, activations, and Add, Sub, Mul, Div with constants"},
    {no_name, UNSUPPORTED,
     "node #6 (Einsum): operator not supported; Eddy reads RNN, GRU, LSTM, Gemm, MatMul, "
     "embeddings, activations, and Add, Sub, Mul, Div with constants"},
    {relu, EDDY_OK, ""},
    {softmax, UNSUPPORTED, "node 'dense_2' (MatMul): nothing may follow a softmax"},
    {loop, UNSUPPORTED,
     "node 'dense_1_tanh' (Loop): loops and branches are not supported; export the layer as an "
     "RNN, GRU or LSTM node"},
    {domain, UNSUPPORTED,
     "node 'dense_1_tanh' (Tanh): operator of domain 'com.microsoft' is not supported; use "
     "standard ONNX operators"},
    {clip, EDDY_OK, ""},
    {negative_clip, RANGE, "node 'rnn_0' (RNN): attribute 'clip' is -1"},
    {twice, FORMAT, "node 'rnn_0' (RNN): attribute 'hidden_size' occurs twice"},
    {reverse, EDDY_OK, ""},
    {sideways, FORMAT,
     "node 'rnn_0' (RNN): attribute 'direction' is 'sidewar'; there are forward, reverse and "
     "bidirectional"},
    {elu_cell, UNSUPPORTED,
     "node 'rnn_0' (RNN): attribute 'activations': function 1 is 'Elus', only 'Tanh' is supported "
     "there, or 'Relu' for all of an RNN"},
    {hidden, SHAPE, "node 'rnn_0' (RNN): W is not (1, 6, 3)"},
    {w_shape, SHAPE, "node 'rnn_0' (RNN): W is not (1, 5, 3)"},
    {r_shape, FORMAT,
     "tensor 'rnn_0_r' has 5 elements by its shape but 25 in the file; export it again"},
    {b_shape, FORMAT,
     "tensor 'rnn_0_b' has 1 elements by its shape but 10 in the file; export it again"},
    {dense_shape, SHAPE,
     "node 'dense_1' (MatMul): its weights are for 4 channels, its input has 5"},
    {short_data, FORMAT,
     "tensor 'dense_1_w' has 20 elements by its shape but 19 in the file; export it again"},
    {odd_data, FORMAT,
     "tensor 'dense_1_w' has 20 elements by its shape but 19 in the file; export it again"},
    {huge_shape, FORMAT,
     "tensor 'dense_1_w' has a dimension of length 9223372036854775807; the file is damaged"},
    {negative_shape, FORMAT,
     "tensor 'dense_1_w' has a dimension of length -4; the file is damaged"},
    {nan_weight, RANGE,
     "tensor 'rnn_0_r'[2] is nan, not a finite float32; train or export it again"},
    {half, UNSUPPORTED,
     "tensor 'rnn_0_r': elements of ONNX type 10 cannot be read; export in float32"},
    {external, UNSUPPORTED,
     "tensor 'rnn_0_w': its data is in another file; save the model with its weights inside"},
    {same_tensor, FORMAT, "initializer 'rnn_0_w' has no name or occurs twice"},
    {no_tensor, FORMAT,
     "node 'rnn_0' (RNN): input 'rnn_0_r' is made by no initializer and no earlier node"},
    {no_input, FORMAT, "node 'rnn_0' (RNN): input 0 is missing"},
    {undefined, FORMAT,
     "node 'dense_1' (MatMul): input 'nothing' is made by no initializer and no earlier node"},
    {same_output, FORMAT, "node 'dense_1_bias' (Add): output 'x' is made twice"},
    {fan_out, UNSUPPORTED,
     "node 'dense_2' (MatMul): 'dense_1_out' is read by more than one node; only a chain of layers "
     "is supported, and an addition of the graph's input at its end"},
    {odd_residual, UNSUPPORTED,
     "node 'residual' (Add): two signals are added; only the graph's own input may be added, in "
     "the same layout, behind the last layer"},
    {early_end, UNSUPPORTED,
     "output 'dense_2_bias_out' is not what the last layer makes; remove what follows it or lies "
     "beside it"},
    {no_output, FORMAT, "output 'z' is made by no node; export it again"},
    {two_outputs, UNSUPPORTED,
     "2 outputs ('y', 'rnn_0_squeeze_out', ...); export the output sequence only"},
    {two_inputs, UNSUPPORTED,
     "two inputs, 'x' and 'h0'; export with the sequence as the only input, and constant initial "
     "states"},
    {last_state, UNSUPPORTED,
     "node 'residual' (Add): two signals are added; only the graph's own input may be added, in "
     "the same layout, behind the last layer"},
    {last_state_output, UNSUPPORTED,
     "output 'h_n' is not what the last layer makes; remove what follows it or lies beside it"},
    {initial_state, SHAPE, "node 'rnn_0' (RNN): initial_h is not (1, 1, 5)"},
    {sequence_lens, UNSUPPORTED,
     "node 'rnn_0' (RNN): sequence_lens ('direction_axis') is not supported; export without masks "
     "or sequence lengths"},
    {layout, UNSUPPORTED,
     "node 'rnn_0_squeeze' (Squeeze): it takes the batch axis for time; transpose its input, or "
     "export with the layout that the model was trained in"},
    {squeeze_channels, UNSUPPORTED,
     "node 'rnn_0_squeeze' (Squeeze): it removes the axis of channels, which has length 5"},
    {squeeze_time, UNSUPPORTED,
     "node 'rnn_0_squeeze' (Squeeze): it removes an axis that is not known to have length 1; "
     "export with batch 1"},
    {squeeze_far, FORMAT, "node 'rnn_0_squeeze' (Squeeze): axis 4 of a value of 4 axes"},
    {squeeze_any, UNSUPPORTED,
     "node 'rnn_0_squeeze' (Squeeze): axes are not given; export with explicit axes"},
    {divide_by_zero, RANGE, "node 'out_scale_Mul' (Div): it divides column 0 by 0"},
    {tanh_first, EDDY_OK, ""},
    {wrong_broadcast, SHAPE,
     "node 'mut_scale_Mul' (Mul): its constant has 4 elements in 1 axes; the input has 3 channels"},
    {old_opset, UNSUPPORTED, "operator set 6 is not supported, only 7 to 24; export with opset 17"},
    {no_opset, FORMAT, "not an ONNX model: it names no operator set; export it again"},
    {batch, SHAPE, "node 'rnn_0' (RNN): exported with a batch of 32; export with batch 1"},
    {free_channels, SHAPE,
     "input 'x': its last axis has no fixed, sensible length; export with a fixed number of "
     "channels"},
    {flat_input, SHAPE,
     "input 'x' has 1 axes; Eddy reads (time, batch 1, channels), (batch 1, time, channels) or "
     "(time, channels)"},
    {integer_input, SHAPE,
     "input 'x' has 3 axes; Eddy reads (time, batch 1, channels), (batch 1, time, channels) or "
     "(time, channels), of token numbers without channels"},
    {declared_output, SHAPE, "output 'y' is declared with 7 channels, the graph makes 3"},
    {gather, UNSUPPORTED,
     "node 'dense_1_tanh' (Gather): it takes a part of the sequence; of single steps only the one "
     "that ends each direction can be taken: the last of a forward layer, the first of a reverse "
     "one"},
};

/* The message behind "PATH: " or "PATH has ". */
static const char *behind_path(void)
{
    const char *message = eddy_last_error(context);
    assert_int_equal(strncmp(message, path, strlen(path)), 0);
    message += strlen(path);
    return message + (strncmp(message, " has ", 5) == 0 ? 5 : 2);
}

static void everything_else_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        Onnx__ModelProto *file = good_file();
        refusals[i].change(file);
        const size_t size = onnx__model_proto__get_packed_size(file);
        uint8_t *bytes = malloc(size);
        onnx__model_proto__pack(file, bytes);
        onnx__model_proto__free_unpacked(file, NULL);
        store(bytes, size);
        free(bytes);
        struct eddy_model *model;
        const int error = eddy_model_read_onnx(context, path, &model);
        if (error)
            assert_string_equal(behind_path(), refusals[i].message);
        assert_int_equal(error, refusals[i].error);
        eddy_model_free(model);
    }
}

/* ---- foreign and damaged files ---- */

/* Exactly sized, so that a byte too far is seen. Returns what reading said. */
static int read_bytes(const void *bytes, size_t size_bytes)
{
    struct eddy_model *model;
    store(bytes, size_bytes);
    const int error = eddy_model_read_onnx(context, path, &model);
    if (error)
        assert_true(*eddy_last_error(context));
    assert_int_equal(!model, error != EDDY_OK);
    eddy_model_free(model);
    return error;
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    struct eddy_model *model;
    assert_int_equal(eddy_model_read_onnx(context, "/nowhere/m.onnx", &model), EDDY_ERROR_IO);
    assert_int_equal(read_bytes("", 0), EDDY_ERROR_FORMAT);
    assert_int_equal(read_bytes("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16), EDDY_ERROR_FORMAT);
    assert_int_equal(read_bytes("x,y\n1,2\n", 8), EDDY_ERROR_FORMAT);
    assert_int_equal(read_bytes("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10),
                     EDDY_ERROR_FORMAT); /* a graph of 2^63 bytes */
    uint8_t noise[512];
    for (size_t run = 0; run < 200; run++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(random_weight() * 128 + 128);
        assert_int_equal(read_bytes(noise, 1 + run * 2), EDDY_ERROR_FORMAT);
    }
}

/* Graphs within attributes within graphs: the unpacker must not be led to the end of the stack. */
static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    enum { LEVELS = 20000, LEVEL_BYTES = 15 };
    uint8_t *bytes = malloc(LEVELS * LEVEL_BYTES), *at = bytes + LEVELS * LEVEL_BYTES;
    /* the fields graph (7) of a model; node (1), attribute (5), g (6) around it again and again */
    static const uint8_t keys[] = {6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2};
    for (size_t level = 0; level < LEVELS; level++) {
        const size_t length = (size_t)(bytes + LEVELS * LEVEL_BYTES - at);
        at -= 5;
        at[0] = level + 1 == LEVELS ? 7 << 3 | 2 : keys[level % 3];
        for (size_t i = 0; i < 4; i++)
            at[1 + i] = (uint8_t)(length >> 7 * i & 0x7f) | (i < 3 ? 0x80 : 0);
    }
    assert_int_equal(read_bytes(at, (size_t)(bytes + LEVELS * LEVEL_BYTES - at)),
                     EDDY_ERROR_FORMAT);
    free(bytes);
}

static void damaged_files_never_crash(void **state)
{
    (void)state;
    Onnx__ModelProto *file = good_file();
    onnx__model_proto__free_unpacked(file, NULL);
    size_t size;
    uint8_t *good = load(&size);
    for (size_t n = 0; n < size; n++)
        assert_int_not_equal(read_bytes(good, n), EDDY_OK);
    uint8_t *bad = malloc(size);
    for (size_t run = 0; run < 20000; run++) {
        memcpy(bad, good, size);
        for (size_t flips = 0; flips <= run % 4; flips++) {
            const size_t bit = (size_t)(fabsf(random_weight()) * (float)(8 * size - 1));
            bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        read_bytes(bad, size);
    }
    free(good);
    free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_else_is_refused_by_name),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(damaged_files_never_crash),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
