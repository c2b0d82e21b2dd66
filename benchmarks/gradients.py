"""Saliency against the classic loop: one GradientTape for each row."""

import numpy as np
import tensorflow as tf
from _pairs import compare, largest, workload

from skfi import LSTMRegressor, gradient_importance


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
    network = LSTMRegressor(64, epochs=2, random_state=0, importance=None).fit(X, y).model_
    compare(
        "gradient, 200 sequences",
        "one GradientTape a row",
        "500",
        reference=lambda: one_row_at_a_time(network, X[:200]),
        ours=lambda: gradient_importance(network, X[:200]).attributions,
        difference=largest,
        n_pairs=2,
        warm_up=True,
    )


if __name__ == "__main__":
    main()
