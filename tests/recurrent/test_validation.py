"""Which rows early stopping holds out, and data that are passed for it."""

import numpy as np
import pytest
from sklearn.model_selection import PredefinedSplit, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skfi import LSTMClassifier, LSTMRegressor, SlidingWindow, gradient_importance
from skfi.recurrent._held_out import Rows, split_rows
from skfi.recurrent._sequence_input import Samples

N, T = 60, 5


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = random.normal(size=(N, T, 2)).astype(np.float32)
    return X, X[:, :, 0].sum(axis=1)


def stopping(**params):
    params = {"units": 2, "epochs": 3, "early_stopping": True, "random_state": 0} | params
    return LSTMRegressor(**params)


def rows_of(X, y):
    return Rows(Samples(X, X, np.ones(X.shape[:2], bool)), y, None, None, y)


def split(validation, n_rows=N, fraction=0.1, gap=T):
    X, y = np.zeros((n_rows, T, 2)), np.zeros(n_rows)
    random = np.random.RandomState(0)
    return split_rows(rows_of(X, y), validation, fraction, random, labels=None, gap=gap)


def test_the_last_rows_share_no_window_with_those_that_are_trained_on():
    train, held_out = split("last")
    assert held_out.tolist() == [54, 55, 56, 57, 58, 59]
    assert train.tolist() == list(range(54 - T))
    # window i of a series covers its rows i to i + T - 1
    covered = {row for window in train for row in range(window, window + T)}
    assert not covered & set(range(54, 60 + T))


@pytest.mark.parametrize(
    ("splitter", "first"),
    [(TimeSeriesSplit(3), 45), (PredefinedSplit([-1] * 50 + [0] * 10), 50)],
)
def test_a_splitter_says_by_its_last_split(splitter, first):
    train, held_out = split(splitter)
    assert held_out.tolist() == list(range(first, N))
    assert train.tolist() == list(range(first))


def test_rows_that_cannot_be_divided_are_an_error(data):
    X, y = data
    with pytest.raises(ValueError, match="5 rows between them"):
        split("last", n_rows=6)

    class Both:
        def split(self, X, y):
            yield np.arange(10), np.arange(5, 15)

    with pytest.raises(ValueError, match="5 are in both"):
        split(Both())
    with pytest.raises(ValueError, match="validation"):
        stopping(validation="first").fit(X, y)


@pytest.mark.parametrize("validation", ["last", ShuffleSplit(1, test_size=8, random_state=1)])
def test_importances_are_of_the_rows_that_are_held_out(data, validation):
    X, y = data
    model = stopping(validation=validation).fit(X, y)
    _, held_out = split(validation)
    own = gradient_importance(model, X[held_out], random_state=0)
    np.testing.assert_allclose(model.importances_.importances_mean, own.importances_mean, rtol=1e-5)


def test_held_out_rows_have_no_part_in_the_training(data):
    """Other values in them, and in the gap in front, change no weight where none stops early."""
    X, y = data
    weights = []
    for changed in (False, True):
        X_changed = X.copy()
        if changed:
            X_changed[49:] = 7
        model = stopping(validation="last", n_iter_no_change=9, importance=None)
        model.fit(X_changed, y)
        weights.append(model.history_["loss"])
    assert weights[0] == weights[1]


def test_rows_of_a_table_through_a_window(data):
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 2))
    model = make_pipeline(SlidingWindow(T), stopping(validation="last", n_timesteps=T))
    model.fit(X, X[:, 0])
    assert "val_loss" in model[-1].history_


def test_data_that_are_passed_are_those_of_keras(data):
    """The validation loss is the loss of the fitted network on them, and of no other rows."""
    X, y = data
    train, held_out = np.arange(40), np.arange(40, N)
    weight = np.linspace(0, 2, len(held_out))
    model = LSTMRegressor(2, epochs=2, random_state=0)
    model.fit(X[train], y[train], validation_data=(X[held_out], y[held_out], weight))
    standard = model.target_scaler_.scale_[0]
    errors = (model.predict(X[held_out]) - y[held_out]) ** 2 / standard**2
    expected = np.average(errors, weights=weight)
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
    assert model.target_scaler_.mean_[0] == pytest.approx(y[train].mean())
    plain = LSTMRegressor(2, epochs=2, random_state=0).fit(X[train], y[train])
    assert plain.history_["loss"] == model.history_["loss"]
    own = gradient_importance(model, X[held_out[1:]], sample_weight=weight[1:])
    np.testing.assert_allclose(model.importances_.importances_mean, own.importances_mean, rtol=1e-5)


def test_early_stopping_by_data_that_are_passed(data):
    X, y = data
    worse = -y  # the better the network gets, the worse it predicts these
    model = stopping(epochs=30, n_iter_no_change=2, learning_rate=0.05)
    model.fit(X, y, validation_data=(X, worse))
    assert model.n_iter_ < 10
    full = LSTMRegressor(2, epochs=30, learning_rate=0.05, random_state=0)
    assert full.fit(X, y, validation_data=(X, worse)).n_iter_ == 30


def test_steps_and_labels_are_validated_too(data):
    X, _ = data
    y = np.where(X[:, :, 0] > 0, "up", "down")
    model = LSTMClassifier(2, epochs=1, return_sequences=True, class_weight="balanced")
    model.fit(X[:40], y[:40], validation_data=(X[40:], y[40:]))
    assert len(model.history_["val_loss"]) == 1
    with pytest.raises(ValueError, match=r"validation_data: y holds the classes .* was fitted on"):
        model.fit(X[:40], y[:40], validation_data=(X[40:], np.full((20, T), "sideways")))


@pytest.mark.parametrize(
    ("validation_data", "message"),
    [
        (np.zeros((5, T, 2)), "must be a tuple"),
        ((np.zeros((5, T, 2)),), "must be a tuple"),
        ((np.zeros((5, T, 3)), np.zeros(5)), "3 features"),
        ((np.zeros((5, T, 2)), np.zeros(4)), "inconsistent numbers"),
        ((np.zeros((5, T, 2)), np.zeros((5, 2))), "was fitted on"),
    ],
)
def test_bad_validation_data_is_an_error_before_training(data, validation_data, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(2, epochs=10**6).fit(X, y, validation_data=validation_data)


def test_classes_of_validation_data_weigh_what_they_do_in_training(data):
    X, _ = data
    y, y_valid = np.array([0] * 30 + [1] * 10), np.array([0] * 5 + [1] * 15)
    call = {"epochs": 2, "random_state": 0, "importance": None}
    balanced = LSTMClassifier(2, class_weight="balanced", **call)
    balanced.fit(X[:40], y, validation_data=(X[40:], y_valid))
    given = LSTMClassifier(2, class_weight={0: 40 / 60, 1: 2.0}, **call)
    given.fit(X[:40], y, validation_data=(X[40:], y_valid))
    assert balanced.history_["val_loss"] == pytest.approx(given.history_["val_loss"])
    proba = balanced.predict_proba(X[40:])[np.arange(20), y_valid]
    expected = np.average(-np.log(proba), weights=np.where(y_valid == 0, 40 / 60, 2.0))
    assert balanced.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
