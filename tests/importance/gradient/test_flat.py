"""Features that move the output by steps have no gradient, and a warning says so."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from skfi import gradient_importance

X = np.random.default_rng(0).normal(size=(60, 4, 3)).astype("float32")
STEPS = {
    "compared": lambda column: ops.cast(column > 0, "float32"),
    "rounded": ops.round,
    "sign": ops.sign,
}


def network(step):
    inputs = keras.Input((4, 3))
    changed = step(inputs[..., :1])
    joined = layers.Concatenate()([changed, inputs[..., 1:2]])  # the last one has no part
    return keras.Model(inputs, layers.Dense(1)(layers.LSTM(4)(joined)))


@pytest.mark.filterwarnings("ignore:.*samples? miss")
@pytest.mark.parametrize("method", ["saliency", "integrated_gradients", "expected_gradients"])
@pytest.mark.parametrize("name", list(STEPS))
def test_steps_are_told(name, method):
    message = "gradient is 0 at every sample for 1 features that the output does follow: rain"
    with pytest.warns(UserWarning, match=message) as caught:
        found = gradient_importance(
            network(STEPS[name]), X, method=method, feature_names=["rain", "b", "c"]
        )
    assert found.importances_mean[0] == 0 < found.importances_mean[1]
    assert caught[-1].filename == __file__


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_what_has_no_part_is_zero_without_a_warning(method):
    found = gradient_importance(network(ops.tanh), X, method=method)
    assert found.importances_mean[2] == 0


def test_another_output_may_follow_it():
    inputs = keras.Input((4, 2))
    first = layers.LSTM(3)(inputs[..., :1])
    second = layers.LSTM(3)(inputs[..., 1:])
    outputs = layers.Concatenate()([layers.Dense(1)(first), layers.Dense(1)(second)])
    model = keras.Model(inputs, outputs)
    found = gradient_importance(model, X[..., :2], target=0)  # warnings are errors
    assert found.importances_mean[1] == 0
