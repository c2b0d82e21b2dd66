"""Pipelines that end in a SciKeras wrapper or in a Keras model, by all three methods."""

import keras
import numpy as np
import pytest
from scikeras.wrappers import KerasClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import gradient_importance, lofo_importance, permutation_importance

X = np.random.default_rng(0).normal(size=(80, 3, 2))
y = np.where(X[:, :, 0].sum(axis=1) > 0, "up", "down")
halved = FunctionTransformer(lambda X: X / 2)


def build(meta):
    layers = [
        keras.Input(meta["X_shape_"][1:]),
        keras.layers.GRU(4),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    return keras.Sequential(layers)


@pytest.fixture(scope="module")
def wrapped():
    wrapper = KerasClassifier(
        build,
        loss="binary_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.05,
        epochs=12,
        verbose=0,
        random_state=0,
    )
    return make_pipeline(halved, wrapper).fit(X, y)


def test_a_wrapper_at_the_end(wrapped):
    gradient = gradient_importance(wrapped, X)
    assert np.array_equal(
        gradient.attributions, gradient_importance(wrapped[-1], X / 2).attributions
    )
    # scikit-learn takes SciKeras' classifier for none, and would refuse this metric
    permuted = permutation_importance(wrapped, X, y, scoring="roc_auc", random_state=0)
    assert permuted.baseline_score > 0.9
    assert permuted.importances_mean.argmax() == 0
    cv = [(np.arange(40), np.arange(40, 80))]
    left_out = lofo_importance(wrapped, X, y, cv=cv, scoring="roc_auc")
    assert left_out.importances_mean.argmax() == 0


def test_a_keras_model_at_the_end(wrapped):
    pipe = make_pipeline(halved, wrapped[-1].model_)
    expected = gradient_importance(wrapped, X).importances_mean
    assert np.allclose(gradient_importance(pipe, X).importances_mean, expected)
    numbers = (y == "up").astype(int)
    found = permutation_importance(pipe, X, numbers, scoring="roc_auc", random_state=0)
    expected = permutation_importance(wrapped, X, y, scoring="roc_auc", random_state=0)
    assert np.allclose(found.importances, expected.importances)
    with pytest.raises(ValueError, match="pass fit_params="):
        lofo_importance(pipe, X, numbers)
