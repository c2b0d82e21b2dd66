"""Gradients against Captum, with the same weights in PyTorch, and against one GradientTape a row.

Captum is used as its documentation shows: all samples in one call; of integrated gradients, whose
points fill the memory, with the ``internal_batch_size`` that was the fastest here.
"""

import numpy as np
import tensorflow as tf
import torch
from _pairs import N_FEATURES, UNITS, compare, largest, workload
from captum.attr import IntegratedGradients, Saliency

from skfi import LSTMRegressor, gradient_importance


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


def main() -> None:
    X, y = workload()
    network = LSTMRegressor(UNITS, epochs=2, random_state=0, importance=None).fit(X, y).model_
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
