"""Gradients against Captum, with the same weights in PyTorch, and against one GradientTape a row.

Captum is used as its documentation shows: all samples in one call; of integrated gradients, whose
points fill the memory, with the ``internal_batch_size`` that was the fastest here.
"""

import keras
import numpy as np
import tensorflow as tf
import torch
from _pairs import N_FEATURES, UNITS, compare, largest, report, seconds, workload
from captum.attr import IntegratedGradients, Saliency

from skfi import LSTMRegressor, gradient_importance
from skfi.recurrent import pool


class TorchNetwork(torch.nn.Module):
    """The LSTM and the dense layer of a Keras model."""

    def __init__(self, model):
        super().__init__()
        kernel, recurrent, bias, dense, dense_bias = (torch.tensor(w) for w in model.get_weights())
        self.lstm = torch.nn.LSTM(N_FEATURES, UNITS, batch_first=True)
        self.dense = torch.nn.Linear(UNITS, 1)
        with torch.no_grad():  # both order the gates: input, forget, cell, output
            self.lstm.weight_ih_l0.copy_(kernel.T)
            self.lstm.weight_hh_l0.copy_(recurrent.T)
            self.lstm.bias_ih_l0.copy_(bias)
            self.lstm.bias_hh_l0.zero_()
            self.dense.weight.copy_(dense.T)
            self.dense.bias.copy_(dense_bias)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


def one_row_at_a_time(network, X):
    gradients = []
    for row in X:
        x = tf.constant(row[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = network(x, training=False)
        gradients.append(tape.gradient(output, x).numpy()[0])
    return np.array(gradients)


def first_and_later(X) -> None:
    """Integrated gradients of a network that was not seen before, and again; of few steps too."""
    lengths = np.random.default_rng(0).integers(12, 48, 100)
    padded = X[:100].copy()
    for i, length in enumerate(lengths):
        padded[i, length:] = -9
    model = LSTMRegressor(UNITS, epochs=10, mask_value=-9.0, random_state=0)
    model.fit(padded, padded[:, :12, 0].sum(axis=1))
    for call in ("first", "later"):
        network = keras.models.clone_model(model.model_)
        network.set_weights(model.model_.get_weights())
        pool.clear()
        times = []
        for _ in range(1 if call == "first" else 4):
            of_many, many = seconds(lambda n=network: gradient_importance(n, padded))
            of_few, few = seconds(lambda n=network: gradient_importance(n, padded, n_steps=10))
            times.append((of_many, of_few))
        report(
            f"integrated gradients of 100 padded sequences, 10 steps, {call} call",
            "50 steps",
            "1",
            times[-3:],
            largest(many.importances_mean, few.importances_mean),
        )


def main() -> None:
    X, y = workload()
    network = LSTMRegressor(UNITS, epochs=2, random_state=0).fit(X, y).model_
    of_torch, tensor = TorchNetwork(network).eval(), torch.tensor(X)
    saliency, integrated = Saliency(of_torch), IntegratedGradients(of_torch)
    compare(
        "saliency, 2000 sequences",
        "Captum",
        "1.5",
        reference=lambda: saliency.attribute(tensor, abs=False).numpy(),
        ours=lambda: gradient_importance(network, X, method="saliency").attributions,
        difference=largest,
        n_pairs=9,
    )
    compare(
        "integrated gradients, 50 steps, 200 sequences",
        "Captum",
        "1.5",
        reference=lambda: integrated.attribute(
            tensor[:200], n_steps=50, internal_batch_size=500
        ).numpy(),
        ours=lambda: (
            gradient_importance(
                network, X[:200], method="integrated_gradients", n_steps=50
            ).attributions
        ),
        difference=largest,
        n_pairs=7,
    )
    first_and_later(X)
    compare(
        "gradient, 200 sequences",
        "one GradientTape a row",
        "500",
        reference=lambda: one_row_at_a_time(network, X[:200]),
        ours=lambda: gradient_importance(network, X[:200], method="saliency").attributions,
        difference=largest,
        n_pairs=2,
    )


if __name__ == "__main__":
    main()
