"""Small data and networks, fitted once for each test worker."""

# ruff: noqa: E402 - threads are counted when the libraries are imported
import inspect
import os

# Two workers share the cores: more threads in each would wait for each other, and OpenMP's do so
# by turning round. Tests of threads ask for them.
for _library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import keras
import matplotlib
import numpy as np
import pytest
import tensorflow as tf
from made_results import results, river, sequences, words  # noqa: F401 - fixtures of pages
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import brier_score_loss
from sklearn.pipeline import make_pipeline

from skfi import LSTMClassifier, LSTMRegressor, TextSequencer
from skfi._keras import _compiled
from skfi.datasets import (
    make_sequence_classification,
    make_sequence_regression,
    make_text_classification,
)
from skfi.recurrent import pool

matplotlib.use("Agg")

# A worker meets more kinds of networks than a user does: to trace one again takes a second.
pool.max_networks = 64
_compiled._MOST_SHARED = 256


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    """The current folder is one of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def eager():
    """Let Keras train without tracing, which takes longer than fits of a few batches."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


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


def text_network(**params):
    """A pipeline that reads texts in which one word of eight decides."""
    params = {"epochs": 8, "learning_rate": 0.02, "random_state": 0, "importance": None} | params
    return make_pipeline(TextSequencer(), LSTMClassifier(8, embedding_dim=6, **params))


@pytest.fixture(scope="session")
def texts():
    return make_text_classification(400, random_state=0)


@pytest.fixture(scope="session")
def reader(texts):
    return text_network().fit(texts.data, texts.target)


@pytest.fixture(scope="session")
def token_ids(reader, texts):
    return reader[0].transform(texts.data)


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


several_brier = pytest.mark.skipif(
    "labels" not in inspect.signature(brier_score_loss).parameters,
    reason="scikit-learn's Brier score is of two classes only, up to 1.6",
)


def pytest_collection_modifyitems(items):
    """The longest first, so that no worker ends with them alone while the other has nothing."""
    items.sort(key=lambda item: item.path.name not in ("test_examples.py", "test_readme.py"))
