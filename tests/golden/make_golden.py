#!/usr/bin/env python3
"""Makes the golden ONNX files and their expected outputs.

Each graph has the nodes and the layout that an exporter writes for a stack (torch.onnx.export, tf2onnx), random
weights, and what the ONNX reference evaluator answers to <name>.x.npy in <name>.y.npy, both as rows of steps.
Needs the Python packages onnx and numpy; the files are committed, so that the tests need neither.
"""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(1)


def weights(*shape, dtype=np.float32):
    return rng.uniform(-0.6, 0.6, shape).astype(dtype)


def save(name, nodes, initializers, in_shape, out_shape, steps, n_in, opset, run_shape, ir=8,
         elem=TensorProto.FLOAT, producer="pytorch"):
    def value(key, shape):
        return helper.make_tensor_value_info(key, elem, shape)

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
    y = ReferenceEvaluator(model).run(None, {"input": x.reshape(run_shape)})[0]
    onnx.save(model, os.path.join(HERE, name + ".onnx"))
    np.save(os.path.join(HERE, name + ".x.npy"), x.astype(np.float32))
    np.save(os.path.join(HERE, name + ".y.npy"), y.reshape(steps, -1).astype(np.float32))


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


def main():
    torch_seq_first()
    torch_batch_first()
    torch_unbatched_gemm()
    keras_dense()
    double_residual()


main()
