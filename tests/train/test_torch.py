"""test_torch.py TORCH_CASES -- outputs, losses and gradients of the training against PyTorch, and the losses of 200
batches from the same parameters. Needs python3-torch. Prints cmocka's last lines."""
import subprocess
import sys

import numpy
import torch

ORDER = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 2, 3, 1]}  # gates of PyTorch among those of Eddy
MODULE = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def read_cases(data):
    """The cases of torch_cases.c: layers, numbers by name, arrays by name."""
    cases, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        words, at = data[at:end].decode().split(" "), end + 1
        if words[0] == "case":
            cases.append({"name": " ".join(words[1:]), "layers": [], "array": {}, "number": {}})
        elif words[0] == "layer":
            cases[-1]["layers"].append((words[1], int(words[2]), words[3] == "1", words[4] == "1"))
        elif words[0] == "number":
            cases[-1]["number"].setdefault(words[1], []).append(float(words[3]))
        else:
            shape = [int(size) for size in words[2:]]
            count = int(numpy.prod(shape))
            array = numpy.frombuffer(data, "<f4", count, at).reshape(shape)
            cases[-1]["array"].setdefault(words[1], []).append(torch.tensor(array.copy()))
            at += 4 * count
    return cases


class Layer:
    """A layer, and where its parameters lie in Eddy's vector."""

    def __init__(self, cell, n_in, units, bidirectional, last_only):
        self.cell, self.units, self.n_in, self.last_only = cell, units, n_in, last_only
        self.directions = ["", "_reverse"] if bidirectional else [""]
        self.n_out = units * len(self.directions)
        if cell == "dense":
            self.module = torch.nn.Linear(n_in, units)
        else:
            self.module = MODULE[cell](n_in, units, bidirectional=bidirectional)

    def gates(self, vector, gates):
        """Rows of Eddy's gates in PyTorch's order."""
        parts = vector.reshape(gates, self.units, -1)
        return parts[ORDER[self.cell]].reshape(gates * self.units, -1)

    def parts(self, vector):
        """Yields name and values of each of PyTorch's parameters."""
        used = 0

        def take(count):
            nonlocal used
            used += count
            return vector[used - count:used]

        units, n_in = self.units, self.n_in
        if self.cell == "dense":
            yield "weight", take(units * n_in).reshape(units, n_in)
            yield "bias", take(units)
            return
        gates = len(ORDER[self.cell])
        for end in self.directions:
            yield "weight_ih_l0" + end, self.gates(take(gates * units * n_in), gates)
            yield "weight_hh_l0" + end, self.gates(take(gates * units * units), gates)
            yield "bias_ih_l0" + end, self.gates(take(gates * units), gates).flatten()
            hidden = torch.zeros(gates * units)
            if self.cell == "gru":
                hidden[2 * units:] = take(units)
            yield "bias_hh_l0" + end, hidden

    def count(self):
        """Parameters of Eddy's."""
        rows = len(ORDER.get(self.cell, [0])) * self.units
        recurrent = self.units if self.cell != "dense" else 0
        extra = self.units if self.cell == "gru" else 0
        return len(self.directions) * (rows * (self.n_in + recurrent + 1) + extra)

    def set(self, vector):
        for name, values in self.parts(vector):
            getattr(self.module, name).data = values.clone()

    def fixed(self, name):
        """Where PyTorch has a second bias and Eddy has none: a mask of what may learn."""
        mask = torch.ones(len(ORDER.get(self.cell, [0])) * self.units)
        if name.startswith("bias_hh"):
            mask[:2 * self.units if self.cell == "gru" else None] = 0
        return mask

    def gradient_error(self, vector):
        """The largest difference of a gradient."""
        error = 0.0
        for name, values in self.parts(vector):
            gradient = getattr(self.module, name).grad
            if name.startswith("bias_hh"):
                gradient = gradient * self.fixed(name)
            error = max(error, (gradient - values).abs().max().item())
        return error

    def run(self, x, lengths):
        if self.cell == "dense":
            return self.module(x), lengths
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, state = self.module(packed)
        if self.last_only:
            h = state[0] if self.cell == "lstm" else state
            return torch.cat(list(h), 1).unsqueeze(0), torch.ones_like(lengths)
        return torch.nn.utils.rnn.pad_packed_sequence(y, total_length=x.shape[0])[0], lengths


def build(case, n_in):
    layers, at, params = [], 0, case["array"]["params"][0].flatten()
    for shape in case["layers"]:
        layers.append(Layer(shape[0], n_in, *shape[1:]))
        layers[-1].set(params[at:])
        at += layers[-1].count()
        n_in = layers[-1].n_out
    assert at == len(params)
    return layers


def run(layers, x, lengths):
    for layer in layers:
        x, lengths = layer.run(x, lengths)
    return x, lengths


def masked_loss(y, lengths, target, labels):
    mask = torch.arange(y.shape[0])[:, None] < lengths[None, :]
    if labels is None:
        return torch.nn.functional.mse_loss(y[mask], target[mask])
    return torch.nn.functional.cross_entropy(y[mask], labels.reshape(y.shape[:2])[mask])


def check_case(case):
    """Outputs, loss and gradients; the largest error."""
    arrays, numbers = case["array"], case["number"]
    lengths = torch.tensor(numbers["length"]).long()
    labels = torch.tensor(numbers["label"]).long() if "label" in numbers else None
    layers = build(case, arrays["x"][0].shape[2])
    y, out_lengths = run(layers, arrays["x"][0], lengths)
    loss = masked_loss(y, out_lengths, arrays["target"][0], labels)
    loss.backward()
    mask = (torch.arange(y.shape[0])[:, None] < out_lengths[None, :])[:, :, None]
    errors = [((y - arrays["y"][0]) * mask).abs().max().item(), abs(loss.item() - numbers["loss"][0])]
    at, gradient = 0, arrays["gradient"][0].flatten()
    for layer in layers:
        errors.append(layer.gradient_error(gradient[at:]))
        at += layer.count()
    return max(errors), 1e-5


def check_curve(case):
    """Losses of a training; the largest relative error."""
    arrays, numbers = case["array"], case["number"]
    layers = build(case, arrays["x"][0].shape[2])
    parameters = []
    for layer in layers:
        for name, parameter in layer.module.named_parameters():
            if name.startswith("bias_hh"):
                parameter.register_hook(lambda g, mask=layer.fixed(name): g * mask)
            parameters.append(parameter)
    adam = torch.optim.Adam(parameters, numbers["learning_rate"][0])
    error = 0.0
    for x, target, expected in zip(arrays["x"], arrays["target"], numbers["loss"]):
        lengths = torch.full([x.shape[1]], x.shape[0])
        loss = masked_loss(run(layers, x, lengths)[0], lengths, target, None)
        error = max(error, abs(loss.item() / expected - 1))
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert len(numbers["loss"]) == len(arrays["x"]) == 200
    return error, 1e-3


def main():
    data = subprocess.run([sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
    failed = 0
    cases = read_cases(data)
    for case in cases:
        error, limit = (check_case if "length" in case["number"] else check_curve)(case)
        good = error <= limit
        failed += not good
        print(f"{'ok' if good else 'DIFFERS':8} {case['name']:40} {error:.2e} (limit {limit:g})")
    print(f"[  PASSED  ] {len(cases) - failed} test(s).")
    if failed:
        print(f"[  FAILED  ] {failed} test(s).")
    return 1 if failed else 0


sys.exit(main())
