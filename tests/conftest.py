"""Small data and networks, fitted once for each test worker."""

import keras
import matplotlib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from skfi import LSTMClassifier, LSTMRegressor
from skfi.datasets import make_sequence_classification, make_sequence_regression

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture(scope="session")
def regression():
    """300 sequences of 6 steps and 4 features: x0 matters most, x1 half as much."""
    return make_sequence_regression(300, n_timesteps=6, n_features=4, random_state=0)


@pytest.fixture(scope="session")
def classification():
    """The same kind of sequences in 3 classes with string labels."""
    data = make_sequence_classification(
        300, n_timesteps=6, n_features=4, n_classes=3, random_state=0
    )
    data.target = np.array(["low", "middle", "high"])[data.target]
    return data


@pytest.fixture(scope="session")
def regressor(regression):
    model = LSTMRegressor(8, epochs=15, learning_rate=0.02, random_state=0)
    return model.fit(regression.data, regression.target)


@pytest.fixture(scope="session")
def classifier(classification):
    model = LSTMClassifier(8, epochs=15, learning_rate=0.02, random_state=0)
    return model.fit(classification.data, classification.target)


class Seen(RegressorMixin, BaseEstimator):
    """Predicts the sum of all cells, and keeps what it is shown."""

    def __init__(self):
        self.seen = []

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        self.seen.append(X.copy())
        return np.asarray(X, dtype=float).reshape(len(X), -1).sum(axis=1)


def linear_network(weights, activation="linear", bias=None):
    """A Keras model of sequences whose outputs are linear in the cells: weights (T, F, outputs)."""
    n_timesteps, n_features, n_outputs = weights.shape
    model = keras.Sequential(
        [
            keras.Input((n_timesteps, n_features)),
            keras.layers.Flatten(),
            keras.layers.Dense(n_outputs, activation=activation),
        ]
    )
    bias = np.zeros(n_outputs) if bias is None else bias
    model.layers[-1].set_weights([weights.reshape(-1, n_outputs), bias])
    return model


def pytest_collection_modifyitems(items):
    """The longest first, so that no worker ends with them alone while the other has nothing."""
    items.sort(key=lambda item: item.path.name not in ("test_examples.py", "test_readme.py"))
