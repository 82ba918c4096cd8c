#!/usr/bin/env python3
"""Golden models of PyTorch: exported by torch.onnx, answered by PyTorch itself.

    make_torch.py [FOLDER]

Models whose names begin with "refused" get no numbers. Needs torch and numpy, as Debian's python3-torch; the files are
committed, so the tests need neither.
"""
import warnings

import torch
from torch import nn

import golden

warnings.filterwarnings("ignore")
TOKENS = 7


class Net(nn.Module):
    """A recurrent layer of PyTorch between what may stand before and behind it; `pick` says what of it is used."""

    def __init__(self, cell, n_in, hidden, pick=lambda out, h: out, head=None, before=None, **options):
        super().__init__()
        self.before, self.head, self.pick = before, head, pick
        self.cell = cell(n_in, hidden, **options)

    def forward(self, x):
        if self.before is not None:
            x = self.before(x)
        out, h = self.cell(x)
        y = self.pick(out, h)
        return y if self.head is None else self.head(y)


class LearnedState(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(2, 3, num_layers=2)
        self.h0 = nn.Parameter(torch.randn(2, 1, 3))
        self.c0 = nn.Parameter(torch.randn(2, 1, 3))

    def forward(self, x):
        return self.cell(x, (self.h0, self.c0))[0]


class GivenState(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(2, 3)

    def forward(self, x, h0):
        return self.cell(x, h0)[0]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(2, 4, batch_first=True)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return x + self.fc(self.cell((x - 0.25) / 1.5)[0])


def last(out, h):
    return out[:, -1]


def last_state(out, h):
    return h[-1]


def both_states(out, h):
    return torch.cat((h[0][-2], h[0][-1]), dim=1)


def relu_head():
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.Sigmoid())


def models():
    """name: (model, layout of the input, opset, lengths that are free)"""
    bf = {"batch_first": True}
    yield "rnn", Net(nn.RNN, 2, 4), "TBC", 13, "T"
    yield "rnn_relu", Net(nn.RNN, 3, 4, nonlinearity="relu", head=nn.Linear(4, 2), **bf), "BTC", 14, "T"
    yield "rnn_unbatched", Net(nn.RNN, 2, 3, num_layers=2, head=nn.Linear(3, 1)), "TC", 13, "T"
    yield "rnn_no_bias", Net(nn.RNN, 2, 4, bias=False, head=nn.Linear(4, 2, bias=False)), "TBC", 11, ""
    yield "gru_stack", Net(nn.GRU, 2, 4, num_layers=3, head=relu_head()), "TBC", 13, "T"
    yield "gru_bidirectional", Net(nn.GRU, 2, 3, num_layers=2, bidirectional=True, head=nn.Linear(6, 2),
                                   **bf), "BTC", 16, "T"
    yield "gru_last_state", Net(nn.GRU, 2, 4, num_layers=2, pick=last_state, head=nn.Linear(4, 2)), "TBC", 13, "T"
    yield "gru_free_batch", Net(nn.GRU, 2, 4, head=nn.Linear(4, 2), **bf), "BTC", 13, "BT"
    yield "lstm", Net(nn.LSTM, 3, 5, head=nn.Linear(5, 2)), "TBC", 9, "T"
    yield "lstm_dropout", Net(nn.LSTM, 2, 4, num_layers=2, dropout=0.3, head=nn.Sequential(
        nn.Dropout(0.5), nn.Linear(4, 2), nn.Tanh())), "TBC", 12, "T"
    yield "lstm_8_layers", Net(nn.LSTM, 2, 2, num_layers=8), "TBC", 13, "T"
    yield "lstm_last_softmax", Net(nn.LSTM, 2, 4, pick=last, head=nn.Sequential(
        nn.Linear(4, 3), nn.Softmax(dim=-1)), **bf), "BTC", 13, "T"
    yield "lstm_bidirectional_states", Net(nn.LSTM, 2, 3, bidirectional=True, pick=both_states,
                                           head=nn.Linear(6, 2), **bf), "BTC", 13, "T"
    yield "lstm_learned_state", LearnedState(), "TBC", 13, "T"
    yield "lstm_relu_behind", Net(nn.LSTM, 2, 4, head=nn.Sequential(nn.ReLU(), nn.Linear(4, 1))), "TBC", 13, "T"
    yield "lstm_double", Net(nn.LSTM, 2, 3, head=nn.Linear(3, 2)).double(), "TBC", 13, "T"
    yield "lstm_free_all", Net(nn.LSTM, 2, 3, num_layers=2, bidirectional=True, head=nn.Linear(6, 2)), "TBC", 13, "BT"
    yield "embedding_lstm", Net(nn.LSTM, 3, 4, before=nn.Embedding(TOKENS, 3), head=nn.Sequential(
        nn.Linear(4, TOKENS), nn.Softmax(dim=2)), **bf), "BT", 13, "T"
    yield "embedding_gru_sentiment", Net(nn.GRU, 3, 4, before=nn.Embedding(TOKENS, 3), pick=last, head=nn.Sequential(
        nn.Linear(4, 1), nn.Sigmoid(), nn.Flatten(0)), **bf), "BT", 13, "T"
    yield "embedding_seq_first", Net(nn.RNN, 3, 4, before=nn.Embedding(TOKENS, 3), head=nn.Linear(4, 2)), "TB", 11, "BT"
    yield "residual", Residual(), "BTC", 13, "T"
    yield "dense_before", Net(nn.GRU, 3, 4, before=nn.Sequential(nn.Linear(2, 3), nn.Tanh()), **bf), "BTC", 13, "BT"
    yield "dense_only", nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), "TC", 13, "T"

    yield "refused_two_outputs", nn.LSTM(2, 3), "TBC", 13, "T"
    yield "refused_given_state", GivenState(), "TBC", 13, "T"
    yield "refused_layer_norm", Net(nn.LSTM, 2, 4, head=nn.LayerNorm(4)), "TBC", 17, "T"
    yield "refused_log_softmax", Net(nn.LSTM, 2, 4, head=nn.LogSoftmax(dim=-1)), "TBC", 13, "T"
    yield "refused_gelu", Net(nn.GRU, 2, 4, head=nn.GELU()), "TBC", 13, "T"
    yield "refused_last_of_both", Net(nn.GRU, 2, 4, bidirectional=True, pick=last, **bf), "BTC", 13, "T"
    yield "refused_batch", Net(nn.GRU, 2, 4), "T3C", 13, "T"


def export(name, model, layout, opset, free, steps=9):
    model.eval()
    channels = {"rnn_relu": 3, "lstm": 3, "dense_only": 3}.get(name, 2)
    dtype = torch.double if name == "lstm_double" else torch.float
    rows = torch.randint(TOKENS, (steps, 1)) if "C" not in layout else torch.randn(steps, channels).to(dtype)
    lengths = {"T": steps, "B": 1, "3": 3, "C": channels}
    if "3" in layout:
        x = torch.randn(*[lengths[axis] for axis in layout])
    else:
        x = rows.reshape([lengths[axis] for axis in layout])
    inputs = (x, torch.zeros(1, 1, 3)) if name == "refused_given_state" else (x,)
    path = golden.path("torch", name)
    axes = {"input": {layout.index(axis): {"T": "time", "B": "batch"}[axis] for axis in free}}
    with torch.no_grad():
        torch.onnx.export(model, inputs, path + ".onnx", opset_version=opset, dynamic_axes=axes,
                          input_names=["input", "h0"][:len(inputs)])
        if name.startswith("refused"):
            return
        y = model(*inputs).reshape(-1)
    y = y.reshape(1 if y.numel() < steps else steps, -1)
    golden.save_rows(path, rows.numpy(), y.numpy())


def main():
    torch.manual_seed(1)
    for entry in models():
        export(*entry)


main()
