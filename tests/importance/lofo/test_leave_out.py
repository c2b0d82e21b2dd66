"""LOFO by removal and by a constant: equal where both can be done, right where only one can."""

import random as builtin_random

import keras
import numpy as np
import pandas as pd
import pytest
from lofo_data import CALL, CUBE, FIRST, FRAME, ONE_FOLD, TABLE, TINY, Y
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skfi import LSTMRegressor, SlidingWindow, from_keras, lofo_importance


def without_each(model, X, y):
    """What a model loses without each column, by hand: of the raw columns, in their order."""
    scores = []
    for left_out in (None, *range(X.shape[1])):
        rest = X if left_out is None else np.delete(X, left_out, axis=1)
        parts = CALL["cv"].split(X)
        scores.append([model.fit(rest[a], y[a]).score(rest[b], y[b]) for a, b in parts])
    return scores[0] - np.array(scores[1:])


EXPECTED = without_each(LinearRegression(), TABLE, Y)


@pytest.mark.parametrize("X", [TABLE, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize(
    "model", [LinearRegression(), make_pipeline(StandardScaler(), Ridge())], ids=["plain", "ridge"]
)
def test_a_linear_model_gives_the_same_either_way(model, X):
    removed, constant, auto = (
        lofo_importance(model, X, Y, leave_out=how, **CALL)
        for how in ("remove", "constant", "auto")
    )
    assert np.allclose(removed.importances, constant.importances, rtol=0, atol=1e-9)
    assert np.array_equal(removed.importances, auto.importances)
    assert [one.leave_out for one in (removed, constant, auto)] == ["remove", "constant", "remove"]


def reordered(first, second):
    parts = [("scaled", StandardScaler(), first), ("passed", "passthrough", second)]
    return ColumnTransformer(parts)


@pytest.mark.parametrize(
    ("steps", "X"),
    [
        (reordered([3, 2], [1, 0]), TABLE),
        (reordered(["d", "c"], ["b", "a"]), FRAME),
        (reordered([3, 2], [1, 0]), FRAME),
        (FrozenEstimator(StandardScaler().fit(TABLE)), TABLE),
        (FunctionTransformer(lambda X: X[:, [3, 2, 1, 0]]), TABLE),
    ],
    ids=["by position", "by name", "positions of a frame", "frozen", "function"],
)
@pytest.mark.parametrize("in_search", [False, True])
def test_pipelines_that_address_columns(steps, X, in_search):
    """A linear model behind them loses what one of the plain columns loses."""
    model = make_pipeline(steps, LinearRegression())
    if in_search:
        model = GridSearchCV(model, {"linearregression__positive": [False]}, cv=2)
    found = lofo_importance(model, X, Y, **CALL)
    assert found.leave_out == "constant"
    assert np.allclose(found.importances, EXPECTED, rtol=0, atol=1e-9)
    assert found.feature_names.tolist() == (
        list("abcd") if X is FRAME else ["x0", "x1", "x2", "x3"]
    )


def test_a_table_of_many_types():
    """Labels, dates, flags and numbers with gaps: what is worth nothing gets nothing."""
    random = np.random.default_rng(1)
    labels = random.choice(["low", "high", "none"], size=200)
    frame = pd.DataFrame(
        {
            "label": pd.Categorical(labels),
            "text": random.choice(["x", "y"], size=200),
            "whole": pd.array(random.integers(0, 5, size=200), dtype="Int64"),
            "flag": random.random(200) < 0.3,
            "number": TABLE[:, 0],
        }
    )
    y = frame["number"] + 2 * (frame["label"] == "high")
    encoder = OneHotEncoder(categories=[["high", "low", "none"], ["x", "y"]])
    model = make_pipeline(
        ColumnTransformer([("labels", encoder, ["label", "text"])], remainder="passthrough"),
        LinearRegression(),
    )
    found = lofo_importance(model, frame, y, **CALL).to_frame()["importance_mean"]
    assert set(found.index[:2]) == {"label", "number"}
    assert (found[:2] > 0.3).all()
    assert (found[2:].abs() < 0.02).all()


def cuts(input_shape, n_outputs):
    inputs = keras.Input(input_shape)
    hidden = keras.layers.Flatten()(inputs[:, :, :2])
    return keras.Model(inputs, keras.layers.Dense(n_outputs)(hidden))


def adapted(input_shape, n_outputs):
    layer = keras.layers.Normalization()
    layer.adapt(CUBE)
    inner = [keras.layers.Flatten(), keras.layers.Dense(n_outputs)]
    return keras.Sequential([keras.Input(input_shape), layer, *inner])


def frozen_front(input_shape, n_outputs):
    front = keras.layers.Dense(3, trainable=False, kernel_initializer="orthogonal")
    inner = [front, keras.layers.Flatten(), keras.layers.Dense(n_outputs)]
    return keras.Sequential([keras.Input(input_shape), *inner])


@pytest.mark.parametrize(
    ("network", "form"),
    [
        (cuts, "function"),
        (cuts, "keras.Model"),
        (adapted, "from_keras"),
        (frozen_front, "keras.Model"),
    ],
)
def test_networks_that_know_all_features(network, form):
    params = {"epochs": 15, "learning_rate": 0.02, "random_state": 0, "importance": None}
    call = {"cv": ONE_FOLD, "scoring": "r2", "random_state": 0}
    model = LSTMRegressor(network=network, **params)
    if form != "function":
        keras.utils.set_random_seed(0)
        plain = network((4, 3), 1)
        plain.compile(keras.optimizers.Adam(0.02), "mse")
        model = from_keras(plain).set_params(**params)
        if form == "keras.Model":
            model, call["fit_params"] = plain, {"epochs": 15}
    found = lofo_importance(model, CUBE, FIRST, **call)
    assert found.leave_out == "constant"
    assert found.importances_mean[0] > 0.5
    if network is cuts:
        assert found.importances_mean[2] == 0  # which the network does not see
    assert np.abs(found.importances_mean[1:]).max() < 0.15


class Votes(ClassifierMixin, BaseEstimator):
    """An estimator of the user's own that reads the second column."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[(X[:, 1] > 5).astype(int)]


def test_code_of_others_may_speak_of_columns():
    found = lofo_importance(Votes(), TABLE, TABLE[:, 1] > 5, cv=4)
    assert found.leave_out == "constant"
    assert found.baseline_score == 1
    assert found.importances_mean[1] > 0.3
    assert (found.importances_mean[[0, 2, 3]] == 0).all()


def test_a_last_step_that_is_frozen_is_trained():
    fitted = LinearRegression().fit(TABLE, Y)
    frozen = [FrozenEstimator(fitted), make_pipeline(FrozenEstimator(make_pipeline(fitted)))]
    for model in frozen:
        found = lofo_importance(model, TABLE, Y, **CALL)
        assert np.allclose(found.importances, EXPECTED, rtol=0, atol=1e-9)


def test_a_users_network_is_only_looked_at():
    """Random states stay as they were, and results are those of removal without a look."""

    def network(input_shape, n_outputs):
        layers = [keras.Input(input_shape), keras.layers.LSTM(3), keras.layers.Dense(n_outputs)]
        return keras.Sequential(layers)

    model = LSTMRegressor(network=network, epochs=1, random_state=0, importance=None)
    expected = lofo_importance(model, CUBE, FIRST, leave_out="remove", cv=ONE_FOLD)
    states = builtin_random.getstate(), np.random.get_state()[1].tolist()
    found = lofo_importance(model, CUBE, FIRST, cv=ONE_FOLD)
    assert found.leave_out == "remove"
    assert np.array_equal(found.importances, expected.importances)
    assert (builtin_random.getstate(), np.random.get_state()[1].tolist()) == states


@pytest.mark.parametrize(
    "steps",
    [
        [reordered([3, 2], [1, 0]), SlidingWindow(2)],
        [FrozenEstimator(StandardScaler().fit(TABLE)), SlidingWindow(2)],
        [FunctionTransformer(lambda X: X / 100), SlidingWindow(2)],
    ],
    ids=["reordered", "frozen", "function"],
)
def test_warm_refits_of_pipelines_that_address_columns(steps):
    y = TABLE[:, 0] + TABLE[:, 3] / 100
    model = make_pipeline(*steps, LSTMRegressor(**TINY | {"epochs": 10, "learning_rate": 0.05}))
    found = lofo_importance(model, TABLE, y, cv=KFold(2), refit="warm")
    assert (found.refit, found.leave_out) == ("warm", "constant")
    assert found.importances_mean.argmax() == 0


def test_warm_refits_of_held_features_keep_all_weights():
    """With next to no training a network is the full one, which gets the feature's mean."""
    model = LSTMRegressor(**TINY | {"network": cuts, "learning_rate": 1e-12})
    train, test = ONE_FOLD[0]
    full = clone(model).fit(CUBE[train], FIRST[train])
    found = lofo_importance(model, CUBE, FIRST, cv=ONE_FOLD, scoring="r2", refit="warm")
    for feature in range(3):
        held = CUBE[test].copy()
        held[:, :, feature] = CUBE[:, :, feature].mean()
        loss = full.score(CUBE[test], FIRST[test]) - full.score(held, FIRST[test])
        assert found.importances[feature, 0] == pytest.approx(loss, abs=1e-5)
    assert abs(found.importances[0, 0]) > 0.01
