#!/usr/bin/env python3
"""Never silently wrong: golden models, changed at random, that Eddy still reads answer as ONNX Runtime does.

    compare.py EDDY MODELS SEED

Prints how many changed models there were, how many `eddy run --device float:` answered, how many of those ONNX Runtime runs
too, and how many answers differ by more than 1e-4: there must be none. Those that do are kept as different-N.onnx.
Needs numpy, onnx and onnxruntime.
"""
import glob
import os
import random
import resource
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
OPERATORS = ("RNN GRU LSTM Add Sub Mul Div Squeeze Unsqueeze Reshape Transpose Slice Gather Concat Softmax Relu Sigmoid Tanh "
             "Identity").split()
ODD = [0, 1, 2, 3, 4, 5, 6, 8, 9, -1, -2, 2**31 - 1, 2**63 - 1]
TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 11: np.float64}


def change_integers(tensor):
    values = numpy_helper.to_array(tensor).copy()
    if values.size:
        values.reshape(-1)[random.randrange(values.size)] = random.choice(ODD[:-1])
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def change_attribute(node):
    attribute = random.choice(node.attribute)
    if attribute.type == attribute.INT:
        attribute.i = random.choice(ODD)
    elif attribute.type == attribute.INTS and attribute.ints:
        attribute.ints[random.randrange(len(attribute.ints))] = random.choice(ODD)
    elif attribute.type == attribute.TENSOR and attribute.t.data_type == 7:
        change_integers(attribute.t)


def change_recurrent(graph):
    nodes = [node for node in graph.node if node.op_type in ("RNN", "GRU", "LSTM")]
    if not nodes:
        return
    node = random.choice(nodes)
    name, value = random.choice([("clip", 0.3), ("linear_before_reset", random.randint(0, 1)), ("input_forget", 1),
                                 ("direction", "reverse"), ("activations", ["Relu"])])
    for attribute in [a for a in node.attribute if a.name == name]:
        node.attribute.remove(attribute)
    node.attribute.append(helper.make_attribute(name, value))


def change_tensor(graph):
    tensor = random.choice(graph.initializer)
    if tensor.data_type in (6, 7):
        change_integers(tensor)
    else:
        dims = list(tensor.dims)
        random.shuffle(dims)
        tensor.dims[:] = dims


def leave_out(graph):
    index = random.randrange(len(graph.node))
    node = graph.node[index]
    if not node.input or graph.output[0].name in node.output:
        return
    for reader in graph.node:
        for k, name in enumerate(reader.input):
            if name == node.output[0]:
                reader.input[k] = node.input[0]
    del graph.node[index]


def change(model):
    graph = model.graph
    node = random.choice(graph.node)
    values = [name for other in graph.node for name in other.output if name]
    kind = random.randrange(9)
    if kind == 0:
        node.op_type = random.choice(OPERATORS)
    elif kind == 1 and node.input:
        node.input[random.randrange(len(node.input))] = random.choice(values + [t.name for t in graph.initializer])
    elif kind == 2 and node.attribute:
        change_attribute(node)
    elif kind == 3 and graph.initializer:
        change_tensor(graph)
    elif kind == 4:
        graph.output[0].name = random.choice(values)
    elif kind == 5 and len(node.input) > 1:
        node.input[-1] = ""
    elif kind == 6:
        leave_out(graph)
    elif kind == 7:
        change_recurrent(graph)
    elif kind == 8:
        model.opset_import[0].version = random.choice([7, 9, 10, 11, 12, 13, 14, 15, 16, 17])


def input_shape(model, steps):
    """Free lengths are the steps, the batch where two are free is 1."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    free = [i for i, dim in enumerate(dims) if dim.dim_param or not dim.dim_value]
    batch = [i for i in free if len(free) == 2 and (dims[i].dim_param == "batch" or "unk" in dims[i].dim_param and i == 0)]
    return [1 if i in batch else steps if i in free else dim.dim_value for i, dim in enumerate(dims)]


def reference(model, rows):
    """None when ONNX Runtime does not take the model."""
    tensor = model.graph.input[0]
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        x = rows.reshape(input_shape(model, len(rows))).astype(TYPES[tensor.type.tensor_type.elem_type])
        return session.run(None, {tensor.name: x})[0]
    except Exception:
        return None


def main():
    eddy, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    warnings.filterwarnings("ignore")
    onnxruntime.set_default_logger_severity(4)
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    numbers = sorted(glob.glob(os.path.join(HERE, "*", "*.npz")))
    path = os.path.join(tempfile.mkdtemp(), "changed.onnx")
    answered = both = different = 0
    for n in range(count):
        golden = random.choice(numbers)
        model = onnx.load(golden[:-4] + ".onnx")
        for _ in range(random.randint(1, 2)):
            change(model)
        output = model.graph.output[0].name  # of any shape
        del model.graph.output[:]
        model.graph.output.append(onnx.ValueInfoProto(name=output))
        with open(path, "wb") as file:
            file.write(model.SerializeToString())
        run = subprocess.run([eddy, "run", path, "--device", "float:", "-i", golden, "--name", "x"], capture_output=True,
                             text=True, timeout=60, check=False)
        if run.returncode < 0:
            sys.exit(f"{golden}: {run.stderr}")
        if run.returncode:
            continue
        answered += 1
        expected = reference(model, np.load(golden)["x"])
        if expected is None:
            continue
        both += 1
        got = np.array([float(v) for line in run.stdout.split() for v in line.split(",")])
        if got.size != expected.size or np.abs(got - expected.reshape(-1)).max() > 1e-4:
            different += 1
            onnx.save(model, f"different-{n}.onnx")
            print(f"different-{n}.onnx, made of {golden}")
    print(f"{count} changed models, seed {seed}: {answered} answered, {both} by ONNX Runtime too, {different} differ")
    sys.exit(different > 0)


main()
