"""Losses whose configuration does not say all that they were made with, as Huber's delta."""

import copy
import inspect
import pickle

import joblib
import keras
import numpy as np
import pytest
from keras import layers
from keras.losses import Huber
from sklearn.base import clone

from skfi import LSTMRegressor, from_keras, lofo_importance
from skfi._keras import hidden_arguments
from skfi.importance._fingerprint import fingerprint

X = np.random.default_rng(0).normal(size=(90, 4, 2)).astype("float32")
y = X[:, -1, 0] + X[:, -2, 1]
y[::7] += 30  # outliers, so that delta decides
FOLD = [(np.arange(60), np.arange(60, 90))]
DELTAS = [0.1, 1.0, 50.0]


def network(delta):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4, 2)), layers.LSTM(4), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), Huber(delta=delta))
    return model


def test_every_loss_of_keras_is_copied_whole():
    found = 0
    for name, kind in vars(keras.losses).items():
        if not (inspect.isclass(kind) and issubclass(kind, keras.losses.Loss)) or name == "Loss":
            continue
        made = kind()
        other = {
            argument: value + 1 if argument == "axis" else value * 2
            for argument, value in hidden_arguments(made).items()
        }
        found += bool(other)
        loss = kind(**other)
        for copied in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss)), clone_of(loss)):
            assert hidden_arguments(copied) == other, name
            assert copied.get_config() == loss.get_config(), name
    assert found >= 1 or Huber(2.0).get_config().get("delta") == 2


def clone_of(loss):
    return clone(LSTMRegressor(loss=loss)).loss


@pytest.mark.parametrize("delta", DELTAS)
def test_fits_follow_it(delta):
    """The loss of the first epoch is that of the weights before it."""
    model = LSTMRegressor(4, loss=Huber(delta=delta), epochs=1, batch_size=90, random_state=0)
    model.set_params(learning_rate=1e-9, importance=None)
    model.fit(X, y)
    standard = (y - y.mean()) / y.std()
    output = model.model_.predict(X, verbose=0)[:, 0]
    error = np.abs(standard - output)
    by_hand = np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2).mean()
    assert model.history_["loss"] == pytest.approx([by_hand], rel=1e-3)


def test_leaving_out_follows_it():
    """A network of the same loss as a function has the same scores."""
    call = {"scoring": "neg_mean_absolute_error", "cv": FOLD, "random_state": 0}
    call["fit_params"] = {"epochs": 20}
    baselines = set()
    for delta in DELTAS:
        found = lofo_importance(network(delta), X, y, **call)
        same = network(delta)

        def loss(y_true, y_pred, delta=delta):
            return keras.losses.huber(y_true, y_pred, delta=delta)

        same.compile(keras.optimizers.Adam(0.05), loss)
        by_function = lofo_importance(same, X, y, **call)
        np.testing.assert_allclose(found.importances, by_function.importances, atol=1e-3)
        assert found.baseline_scores == pytest.approx(by_function.baseline_scores, abs=1e-3)
        baselines.add(round(found.baseline_scores[0], 2))
    assert len(baselines) == 3


def test_processes_and_files_follow_it(tmp_path):
    call = {"scoring": "neg_mean_absolute_error", "cv": 2, "random_state": 0}
    model = network(50.0)
    one, two = (
        lofo_importance(model, X, y, fit_params={"epochs": 2}, n_jobs=n_jobs, **call)
        for n_jobs in (1, 2)
    )
    assert np.array_equal(one.importances, two.importances)
    estimator = from_keras(model).set_params(epochs=2, random_state=0)
    joblib.dump(estimator.fit(X, y), tmp_path / "estimator")
    again = joblib.load(tmp_path / "estimator")
    assert hidden_arguments(again.model_.loss) == hidden_arguments(model.loss)
    for one in (estimator, again):
        one.fit(X, y)
    assert np.array_equal(again.predict(X), estimator.predict(X))


def test_scores_are_stored_for_each():
    assert len({fingerprint(Huber(delta=delta)) for delta in DELTAS}) == 3
    assert len({fingerprint(network(delta)) for delta in DELTAS}) == 3
    assert fingerprint(Huber(delta=2.0)) == fingerprint(Huber(delta=2.0))
