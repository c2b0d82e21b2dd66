"""A network that is changed after it was explained is explained as it is now."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from skfi import gradient_importance, permutation_importance
from skfi._keras import _compiled

X = np.random.default_rng(0).normal(size=(24, 4, 3)).astype("float32")
y = X[:, -1, 0]


class Gain(layers.Layer):
    rate = 1.0

    def call(self, x):
        return x * self.rate


def network(*more):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4, 3)), *more, layers.LSTM(4), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def set_activation(model):
    model.layers[-1].activation = keras.activations.softplus


def set_attribute(model):
    model.layers[0].rate = 3.0


def adapt_again(model):
    model.layers[0].adapt(100 * X + 1)


def replace_the_last(model):
    model.pop()
    model.add(layers.Dense(1, "exponential"))


def add_lora(model):
    model.layers[-1].enable_lora(1)
    for variable in model.layers[-1].trainable_weights:
        variable.assign(keras.ops.ones_like(variable))


def adapted():
    layer = layers.Normalization()
    layer.adapt(X)
    return layer


CHANGES = {
    "activation": (lambda: [], set_activation),
    "own attribute": (lambda: [Gain()], set_attribute),
    "adapted": (lambda: [adapted()], adapt_again),
    "replaced": (lambda: [], replace_the_last),
    "lora": (lambda: [], add_lora),
}


@pytest.mark.parametrize("compiled_again", [False, True])
@pytest.mark.parametrize("name", list(CHANGES))
def test_what_has_changed_counts(name, compiled_again):
    more, change = CHANGES[name]
    model = network(*more())
    numbers = []
    for step in (lambda _: None, change):
        step(model)
        if compiled_again:
            model.compile("adam", "mse")
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = model(x, training=False)
        by_hand = np.asarray(tape.gradient(outputs, x)).mean(axis=(0, 1))
        call = {"method": "saliency", "scale": None, "aggregate": "mean"}
        gradients = gradient_importance(model, X, **call).importances_mean
        np.testing.assert_allclose(gradients, by_hand, rtol=1e-3, atol=1e-7)
        score = -float(np.mean((outputs[:, 0] - y) ** 2))
        found = permutation_importance(model, X, y, scoring="neg_mean_squared_error", n_repeats=1)
        assert found.baseline_score == pytest.approx(score, rel=1e-4)
        numbers.append(score)
    assert abs(numbers[0] - numbers[1]) > 1e-3


def test_what_has_not_changed_is_not_traced_again(monkeypatch):
    model = network(Gain())
    model.compile("adam", "mse")
    permutation_importance(model, X, y, n_repeats=1)
    traced = []
    monkeypatch.setattr(_compiled, "_compiled_anew", lambda *_: traced.append(1))
    model.fit(X, y, verbose=0)
    model.predict(X, verbose=0)
    model.evaluate(X, y, verbose=0)
    permutation_importance(model, X, y, n_repeats=1)
    assert not traced
