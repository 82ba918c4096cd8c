#!/usr/bin/env python3
"""Golden models of Keras: exported by tf2onnx, answered by Keras itself.

    make_keras.py [FOLDER]

Models whose names begin with "refused" get no numbers. Needs tensorflow (2.15) and tf2onnx; the files are committed, so the
tests need neither.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf2onnx

import golden

L = tf.keras.layers
TOKENS, STEPS = 7, 9
rng = np.random.default_rng(1)


def save(name, layers, inputs=2, batch=1, dtype="float32", opset=13):
    """inputs: columns, or 0 for token numbers"""
    x = tf.keras.Input(shape=(None, inputs) if inputs else (None,), batch_size=batch, dtype=dtype)
    y = x
    for layer in layers:
        y = layer(y)
    model = tf.keras.Model(x, y)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.get_weights()])
    to = golden.path("keras", name)
    tf2onnx.convert.from_keras(model, opset=opset, output_path=to + ".onnx")
    if name.startswith("refused"):
        return
    rows = rng.normal(0, 1, (STEPS, inputs)) if inputs else rng.integers(0, TOKENS, (STEPS, 1))
    answer = model.predict(rows.reshape((1, STEPS, inputs) if inputs else (1, STEPS)).astype(dtype), verbose=0)
    golden.save_rows(to, rows, answer.reshape(STEPS if answer.ndim == 3 else 1, -1))


def main():
    sequences = {"return_sequences": True}
    save("gru", [L.GRU(4, **sequences), L.Dense(2, activation="relu")])
    save("gru_free_batch", [L.GRU(4, **sequences), L.Dense(2)], batch=None)
    save("gru_last", [L.GRU(4), L.Dense(3, activation="softmax")], batch=None)
    save("lstm", [L.LSTM(4, **sequences), L.Dropout(0.2), L.TimeDistributed(L.Dense(2, activation="tanh"))])
    save("lstm_last", [L.LSTM(4), L.Dense(3, activation="softmax")], batch=None)
    save("lstm_stack", [L.LSTM(4, **sequences), L.LSTM(3, **sequences), L.LSTM(2), L.Dense(1)], batch=None)
    save("lstm_bidirectional", [L.Bidirectional(L.LSTM(3, **sequences)), L.Dense(2)], batch=None)
    save("gru_bidirectional_last", [L.Bidirectional(L.GRU(3)), L.Dense(2)])
    save("embedding_lstm", [L.Embedding(TOKENS, 3), L.LSTM(4, **sequences), L.Dense(TOKENS, activation="softmax")],
         inputs=0, batch=None, dtype="int32")
    save("embedding_of_floats", [L.Embedding(TOKENS, 3), L.LSTM(4), L.Dense(1, activation="sigmoid")], inputs=0, batch=None)
    save("normalised", [L.Rescaling(0.5, offset=-0.25), L.GRU(3, **sequences)])
    save("refused_simple_rnn", [L.SimpleRNN(4, **sequences)])
    save("refused_masked", [L.Masking(), L.LSTM(3, **sequences)])
    save("refused_hard_sigmoid", [L.LSTM(3, recurrent_activation="hard_sigmoid", **sequences)])
    save("refused_backwards", [L.LSTM(3, go_backwards=True, **sequences)], batch=None)


main()
