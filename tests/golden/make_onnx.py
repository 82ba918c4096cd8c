#!/usr/bin/env python3
"""Golden models written operator by operator: layouts that exporters choose, and every attribute of RNN, GRU and LSTM.

    make_onnx.py [FOLDER]

Random weights; answers of ONNX Runtime, or of the reference evaluator of ONNX. Models whose names
begin with "refused" get no numbers. Needs numpy, onnx and onnxruntime; the files are committed, so the tests need none.
"""
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import golden

rng = np.random.default_rng(1)


def weights(*shape, dtype=np.float32):
    return rng.uniform(-0.6, 0.6, shape).astype(dtype)


def run(model, x):
    """Batch-first nodes, which nothing runs, become the same nodes with time first; doubles go to the evaluator."""
    first = model.graph.node[0]
    layouts = [a for a in first.attribute if a.name == "layout"]
    if model.graph.input[0].type.tensor_type.elem_type == TensorProto.DOUBLE:
        return ReferenceEvaluator(model).run(None, {"input": x})[0]
    if layouts:
        copy = onnx.ModelProto.FromString(model.SerializeToString())
        copy.graph.node[0].attribute.remove(layouts[0])
        del copy.graph.node[1:]
        copy.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4))
        copy.graph.input[0].CopyFrom(helper.make_tensor_value_info("input", TensorProto.FLOAT, [None] * 3))
        model, x = copy, x.transpose(1, 0, 2)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})[0]


def save(name, nodes, initializers, in_shape, out_shape, steps, n_in, opset, run_shape, ir=8,
         elem=TensorProto.FLOAT, producer="pytorch"):
    def value(key, shape):
        return helper.make_tensor_value_info(key, elem, shape)

    names = [n.name for n in nodes]
    for i, n in enumerate(nodes):  # they must be unique
        n.name += f"_{names[:i].count(n.name)}" if n.name in names[:i] else ""
    tensors = []
    for key, array in initializers.items():
        if isinstance(array, tuple):  # typed data instead of raw data
            array = array[0]
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            tensors.append(helper.make_tensor(key, kind, array.shape, array.flatten().tolist()))
        else:
            tensors.append(numpy_helper.from_array(array, key))
    graph = helper.make_graph(nodes, "main_graph", [value("input", in_shape)],
                              [value("output", out_shape)], tensors)
    model = helper.make_model(graph, producer_name=producer, ir_version=ir,
                              opset_imports=[helper.make_opsetid("", opset)])
    onnx.checker.check_model(model, full_check=True)
    dtype = helper.tensor_dtype_to_np_dtype(elem)
    x = rng.uniform(-1, 1, (steps, n_in)).astype(dtype)
    to = golden.path("onnx", name)
    onnx.save(model, to + ".onnx")
    if not name.startswith("refused"):
        y = run(model, x.reshape(run_shape))
        golden.save_rows(to, x, y.reshape(steps if y.size % steps == 0 and y.size >= steps else 1, -1))


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, [outputs] if isinstance(outputs, str) else outputs,
                            name=attributes.pop("name", f"/{op.lower()}"), **attributes)


def torch_seq_first():
    """nn.RNN(3, 8, num_layers=2) and nn.Linear(8, 2): initial states made at run time, unused h_n, MatMul head."""
    init = {"axes": np.array([1]), "one": np.array(1), "layers": np.array([1]), "eight": np.array([8])}
    nodes = [
        node("Shape", ["input"], "shape"),
        node("Gather", ["shape", "one"], "batch", axis=0),
        node("Unsqueeze", ["batch", "zero"], "batch_1"),
        node("Concat", ["layers", "batch_1", "eight"], "h_shape", axis=0),
        node("ConstantOfShape", ["h_shape"], "h0"),
    ]
    init["zero"] = np.array([0])
    last, n_in = "input", 3
    for layer in range(2):
        init[f"W{layer}"] = weights(1, 8, n_in)
        init[f"R{layer}"] = weights(1, 8, 8)
        init[f"B{layer}"] = weights(1, 16)
        nodes.append(node("RNN", [last, f"W{layer}", f"R{layer}", f"B{layer}", "", "h0"],
                          [f"y{layer}", f"h_n{layer}"], name=f"/rnn/RNN_{layer}", hidden_size=8,
                          activations=["Tanh"]))
        nodes.append(node("Squeeze", [f"y{layer}", "axes"], f"s{layer}"))
        last, n_in = f"s{layer}", 8
    init["fc.weight"] = weights(8, 2)
    init["fc.bias"] = weights(2)
    nodes += [node("MatMul", [last, "fc.weight"], "mm"), node("Add", ["fc.bias", "mm"], "output")]
    save("torch_seq_first", nodes, init, ["seq", 1, 3], ["seq", 1, 2], 20, 3, 17, (20, 1, 3))


def torch_batch_first():
    """batch_first=True with a fixed batch of 1: transposes around the RNN, constant initial state, tanh head."""
    init = {"axes": np.array([1]), "h0": np.zeros((1, 1, 6), np.float32), "W": weights(1, 6, 2),
            "R": weights(1, 6, 6), "B": weights(1, 12), "w1": weights(6, 5), "b1": weights(5),
            "w2": weights(5, 2), "b2": weights(2)}
    nodes = [
        node("Transpose", ["input"], "t", perm=[1, 0, 2]),
        node("RNN", ["t", "W", "R", "B", "", "h0"], ["y", "h_n"], hidden_size=6),
        node("Squeeze", ["y", "axes"], "s"),
        node("Transpose", ["s"], "back", perm=[1, 0, 2]),
        node("MatMul", ["back", "w1"], "m1"),
        node("Add", ["m1", "b1"], "a1"),
        node("Tanh", ["a1"], "t1"),
        node("MatMul", ["t1", "w2"], "m2"),
        node("Add", ["m2", "b2"], "output"),
    ]
    save("torch_batch_first", nodes, init, [1, "seq", 2], [1, "seq", 2], 16, 2, 14, (1, 16, 2))


def torch_unbatched_gemm():
    """Input (time, channels): unsqueezed for the RNN, squeezed behind it, nn.Linear as Gemm. Opset 11, typed data."""
    init = {"W": (weights(1, 7, 3),), "R": (weights(1, 7, 7),), "B": (weights(1, 14),),
            "fc.weight": (weights(4, 7),), "fc.bias": (weights(4),)}
    nodes = [
        node("Unsqueeze", ["input"], "u", axes=[1]),
        node("RNN", ["u", "W", "R", "B"], ["y", "h_n"], hidden_size=7, direction="forward"),
        node("Squeeze", ["y"], "s", axes=[1, 2]),
        node("Gemm", ["s", "fc.weight", "fc.bias"], "output", alpha=1.0, beta=1.0, transB=1),
    ]
    save("torch_unbatched_gemm", nodes, init, ["seq", 3], ["seq", 4], 12, 3, 11, (12, 3), ir=6)


def keras_dense():
    """SimpleRNN(return_sequences=True), TimeDistributed(Dense): reshapes around MatMul, fixed time."""
    init = {"axes": np.array([1]), "W": weights(1, 5, 4), "R": weights(1, 5, 5), "B": weights(1, 10),
            "kernel": weights(5, 3), "bias": weights(3), "flat": np.array([-1, 5]),
            "full": np.array([-1, 10, 3]), "mean": weights(4), "std": np.float32([0.5, 2, 1, 4])}
    nodes = [
        node("Sub", ["input", "mean"], "centred"),
        node("Div", ["centred", "std"], "normal"),
        node("Transpose", ["normal"], "t", perm=[1, 0, 2]),
        node("RNN", ["t", "W", "R", "B", "", ""], ["y", ""], hidden_size=5, activations=["Tanh"],
             direction="forward", name="model/rnn"),
        node("Squeeze", ["y", "axes"], "s"),
        node("Transpose", ["s"], "back", perm=[1, 0, 2]),
        node("Reshape", ["back", "flat"], "r1"),
        node("MatMul", ["r1", "kernel"], "m"),
        node("Reshape", ["m", "full_3"], "r2"),
        node("Add", ["r2", "bias"], "output"),
    ]
    init["full_3"] = np.array([-1, 10, 3])
    del init["full"]
    save("keras_dense", nodes, init, [1, 10, 4], [1, 10, 3], 10, 4, 15, (1, 10, 4), producer="tf2onnx")


def double_residual():
    """Weights in double, no bias, layout 1, Constant nodes, transposed weight, the input added at the end."""
    d = np.float64
    init = {"W": weights(1, 4, 2, dtype=d), "R": weights(1, 4, 4, dtype=d), "kernel": weights(2, 4, dtype=d),
            "axes": np.array([2])}
    nodes = [
        node("Constant", [], "scale", value=numpy_helper.from_array(np.array([0.5, 0.25], d))),
        node("Mul", ["scale", "input"], "u"),
        node("Transpose", ["u"], "ut", perm=[1, 0, 2]),
        node("RNN", ["ut", "W", "R"], ["y"], hidden_size=4),
        node("Identity", ["y"], "i"),
        node("Transpose", ["i"], "it", perm=[2, 0, 1, 3]),
        node("Squeeze", ["it", "axes"], "s"),
        node("Transpose", ["kernel"], "kernel_t", perm=[1, 0]),
        node("MatMul", ["s", "kernel_t"], "m"),
        node("Mul", ["m", "scale"], "ms"),
        node("Add", ["input", "ms"], "output"),
    ]
    save("double_residual", nodes, init, [1, "time", 2], [1, "time", 2], 15, 2, 16, (1, 15, 2),
         elem=TensorProto.DOUBLE)


GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def recurrent(name, op, behind=(), out="y", steps=8, n_in=2, hidden=3, inputs=(), init=None, opset=17, layout=0,
              out_rank=3, **attributes):
    """One recurrent node of batch 1; `inputs` names what follows B, `behind` are the nodes that follow."""
    directions, rows = (2 if attributes.get("direction") == "bidirectional" else 1), GATES[op] * hidden
    tensors = {"W": weights(directions, rows, n_in), "R": weights(directions, rows, hidden),
               "B": weights(directions, 2 * rows), **(init or {})}
    if layout:
        attributes["layout"] = layout
    nodes = [node(op, ["input", "W", "R", "B", *inputs], ["y", "y_h"], hidden_size=hidden, name=op.lower(), **attributes)]
    shape = [1, steps, n_in] if layout else [steps, 1, n_in]
    free = [1, "time", n_in] if layout else ["time", 1, n_in]
    nodes += list(behind)
    nodes.append(node("Identity", [out], "output", name="out"))
    save(name, nodes, tensors, free if "sequence_lens" not in inputs else shape,
         [None] * out_rank, steps, n_in, opset, shape)


def attributes_of_recurrent_nodes():
    squeeze = node("Squeeze", ["y", "axes"], "s", name="squeeze")
    one = {"axes": np.array([1])}
    recurrent("rnn_reverse", "RNN", [squeeze], "s", init=one, direction="reverse")
    recurrent("rnn_relu_clip", "RNN", [squeeze], "s", init=one, activations=["Relu"], clip=0.75)
    recurrent("gru_reset_before", "GRU", [squeeze], "s", init=one, linear_before_reset=0)
    recurrent("gru_clip", "GRU", [squeeze], "s", init=one, clip=0.25, activations=["sigmoid", "tanh"])
    recurrent("lstm_layout_1", "LSTM", [node("Squeeze", ["y", "axes"], "s")], "s", init={"axes": np.array([2])},
              layout=1)
    peepholes = {"P": weights(1, 9), **one}
    recurrent("lstm_peephole", "LSTM", [squeeze], "s", inputs=["", "", "", "P"], init=peepholes)
    recurrent("lstm_clip", "LSTM", [squeeze], "s", inputs=["", "", "", "P"], init=peepholes, clip=0.25, steps=12)
    recurrent("lstm_input_forget", "LSTM", [squeeze], "s", inputs=["", "", "", "P"], init=peepholes, input_forget=1)
    recurrent("lstm_sequence_lens", "LSTM", [squeeze], "s", inputs=["sequence_lens"],
              init={"sequence_lens": np.array([8], np.int32), **one})


def two_directions():
    join = [node("Transpose", ["y"], "t", perm=[0, 2, 1, 3]), node("Reshape", ["t", "shape"], "j")]
    joined = {"shape": np.array([0, 0, -1])}
    recurrent("rnn_bidirectional", "RNN", join, "j", init=joined, direction="bidirectional")
    recurrent("lstm_bidirectional", "LSTM", join, "j", inputs=["", "h", "c", "P"], direction="bidirectional",
              init={"h": weights(2, 1, 3), "c": weights(2, 1, 3), "P": weights(2, 9), **joined})
    pick = [node("Slice", ["y", key, f"{key}_end", "axis"], f"y_{key}", name=f"slice_{key}") for key in ("first", "second")]
    pick += [node("Squeeze", [f"y_{key}", "axis"], f"s_{key}", name=f"squeeze_{key}") for key in ("first", "second")]
    init = {"axis": np.array([1]), "first": np.array([0]), "first_end": np.array([1]), "second": np.array([1]),
            "second_end": np.array([2])}
    recurrent("gru_directions_joined", "GRU", pick + [node("Concat", ["s_first", "s_second"], "j", axis=2)], "j", init=init,
              direction="bidirectional", linear_before_reset=1)
    recurrent("refused_directions_turned", "GRU", pick + [node("Concat", ["s_second", "s_first"], "j", axis=2)], "j",
              init=init, direction="bidirectional")
    recurrent("refused_one_direction", "GRU", pick, "s_second", init=init, direction="bidirectional")


def last_steps():
    states = [node("Transpose", ["y_h"], "t", perm=[1, 0, 2]), node("Reshape", ["t", "flat"], "f")]
    recurrent("lstm_states_joined", "LSTM", states, "f", init={"flat": np.array([1, 6])}, direction="bidirectional",
              out_rank=2)
    last = [node("Slice", ["y", "last", "end", "axis"], "l"), node("Squeeze", ["l", "axes"], "s")]
    init = {"last": np.array([-1]), "end": np.array([2**63 - 1]), "axis": np.array([0]), "axes": np.array([0, 1])}
    recurrent("gru_last_slice", "GRU", last, "s", init=init, out_rank=2)
    first = dict(init, last=np.array([0]), end=np.array([1]))
    recurrent("rnn_reverse_last", "RNN", last, "s", init=first, direction="reverse", out_rank=2)
    recurrent("refused_first_step", "RNN", last, "s", init=first, out_rank=2)
    recurrent("refused_mean", "GRU", [node("ReduceMean", ["y"], "m", axes=[0])], "m", opset=13, out_rank=4)


def refusals():
    one = {"axes": np.array([1])}
    squeeze = node("Squeeze", ["y", "axes"], "s", name="squeeze")
    recurrent("refused_elu", "RNN", [squeeze], "s", init=one, activations=["Elu"])
    recurrent("refused_lstm_relu", "LSTM", [squeeze], "s", init=one, activations=["Sigmoid", "Relu", "Tanh"])
    recurrent("refused_sequence_lens", "GRU", [squeeze], "s", inputs=["sequence_lens"],
              init={"sequence_lens": np.array([5], np.int32), **one})
    recurrent("refused_softmax_of_time", "GRU", [squeeze, node("Softmax", ["s"], "m", axis=0)], "m", init=one)


def main():
    torch_seq_first()
    torch_batch_first()
    torch_unbatched_gemm()
    keras_dense()
    double_residual()
    attributes_of_recurrent_nodes()
    two_directions()
    last_steps()
    refusals()


main()
