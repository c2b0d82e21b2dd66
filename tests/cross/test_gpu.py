"""What is computed on a GPU, by cuDNN's kernels, is what a CPU computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from skfi import LSTMRegressor, gradient_importance, permutation_importance
from skfi._keras import forward

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not tf.config.list_physical_devices("GPU"), reason="needs a GPU that TensorFlow finds"
    ),
]
N = 5000  # more than a chunk


@pytest.fixture(scope="module")
def padded():
    random = np.random.default_rng(0)
    X = random.normal(size=(N, 12, 3)).astype("float32")
    X[::3, 8:] = -9  # at the end, as cuDNN expects it
    return X, X[:, :8, 0].sum(axis=1)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    of = [keras.Input((12, 3)), layers.Masking(-9.0), layers.LSTM(16), layers.Dense(1)]
    return keras.Sequential(of)


def test_outputs(network, padded):
    with tf.device("CPU:0"):
        expected = np.asarray(network(padded[0]))
    np.testing.assert_allclose(forward(network, padded[0]), expected, atol=1e-4)


def test_gradients(network, padded):
    x = tf.constant(padded[0][:500])
    with tf.device("CPU:0"), tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(network(x))
    expected = np.where((padded[0][:500] == -9).all(axis=2)[..., None], 0, tape.gradient(total, x))
    result = gradient_importance(network, padded[0][:500], method="saliency", scale=None)
    np.testing.assert_allclose(result.attributions, expected, atol=1e-4)


def test_permutation_of_a_fit(padded):
    X, y = padded
    model = LSTMRegressor(16, epochs=5, mask_value=-9.0, importance=None, random_state=0).fit(X, y)
    result = permutation_importance(model, X, y, random_state=0)
    assert result.to_frame().index[0] == "x0"
    again = permutation_importance(model, X, y, random_state=0)
    np.testing.assert_allclose(again.importances, result.importances, atol=1e-5)
