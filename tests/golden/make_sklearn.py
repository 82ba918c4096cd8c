#!/usr/bin/env python3
"""Golden models of scikit-learn: multi-layer perceptrons, exported by skl2onnx, answered by scikit-learn itself.

    make_sklearn.py [FOLDER]

Models whose names begin with "refused" get no numbers. Needs scikit-learn and skl2onnx; the files are committed, so the tests need neither.
"""
import warnings

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import golden

warnings.filterwarnings("ignore")
rng = np.random.default_rng(1)


def save(name, model, outputs):
    x = rng.normal(2, 3, (20, 3)).astype(np.float32)
    model.fit(x, np.tanh(x[:, :outputs]) if outputs > 1 else np.tanh(x[:, 0]))
    exported = convert_sklearn(model, initial_types=[("input", FloatTensorType([None, 3]))], target_opset=13)
    to = golden.path("sklearn", name)
    with open(to + ".onnx", "wb") as file:
        file.write(exported.SerializeToString())
    if not name.startswith("refused"):
        golden.save_rows(to, x, model.predict(x).reshape(20, -1))


def main():
    options = {"hidden_layer_sizes": (5, 4), "max_iter": 20, "random_state": 1}
    for activation in ("tanh", "relu", "logistic", "identity"):
        save(f"mlp_{activation}", MLPRegressor(activation=activation, **options), 1)
    save("refused_two_outputs", MLPRegressor(**options), 2)  # skl2onnx makes one column of them
    save("refused_scaled", make_pipeline(StandardScaler(), MLPRegressor(**options)), 1)


main()
