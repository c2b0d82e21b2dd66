"""When a unit is removed and when it is held at a constant: the rule, case by case."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor, VotingRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OrdinalEncoder, StandardScaler

from skfi import (
    GradientTransformer,
    LSTMClassifier,
    LSTMRegressor,
    SelectSequenceFeatures,
    SlidingWindow,
    from_keras,
)
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._read import read_training_input
from skfi.importance._lofo._removable import can_be_removed

X2, X3 = np.zeros((20, 4)), np.zeros((20, 6, 4))
Y = np.arange(20.0)


def removable(estimator, X=X2, y=Y, by="feature"):
    whole = X.shape[1:] if X.ndim == 3 else (1, X.shape[1])
    rest = (whole[0], whole[1] - 1) if by == "feature" else (whole[0] - 1, whole[1])
    estimator = as_estimator(estimator)
    return can_be_removed(estimator, read_training_input(estimator, X, y), y, whole, rest)


class Own(BaseEstimator):
    def fit(self, X, y):
        return self


class OwnRidge(Ridge):
    """Code of the user may be in a subclass too."""


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (LinearRegression(), True),
        (RidgeCV(alphas=[1, 2, 3, 4]), True),
        (MLPRegressor((4, 4)), True),
        (LogisticRegression(class_weight={0: 1, 1: 2}), True),
        (RandomForestRegressor(max_features=3), True),
        (RandomForestRegressor(max_features=4), False),
        (HistGradientBoostingRegressor(), True),
        (HistGradientBoostingRegressor(monotonic_cst=[1, 0, 0, 0]), False),
        (HistGradientBoostingRegressor(categorical_features=[2]), False),
        (HistGradientBoostingRegressor(interaction_cst=[{0, 1}, {2, 3}]), False),
        (GaussianProcessRegressor(RBF(2.0) + WhiteKernel()), True),
        (GaussianProcessRegressor(RBF([1, 2, 3, 4]) + WhiteKernel()), False),
        (make_pipeline(StandardScaler(), PCA(3), Ridge()), True),
        (make_pipeline(StandardScaler(), PCA(4), Ridge()), False),
        (make_pipeline(StandardScaler(), PCA(0.9), Ridge()), True),
        (make_pipeline(MinMaxScaler((-1, 1)), Ridge()), True),
        (make_pipeline(SelectKBest(f_regression, k=2), Ridge()), True),
        (make_pipeline(SelectKBest(f_regression), Ridge()), False),  # k is 10
        (make_pipeline(SelectKBest(lambda X, y: X[0]), Ridge()), False),
        (make_pipeline(OrdinalEncoder(), Ridge()), True),
        (make_pipeline(OrdinalEncoder(categories=[[0, 1]] * 4), Ridge()), False),
        (make_pipeline(FunctionTransformer(), Ridge()), False),
        (make_pipeline(ColumnTransformer([("all", "passthrough", [0])]), Ridge()), False),
        (VotingRegressor([("a", Ridge()), ("b", make_pipeline(PCA(2), Ridge()))]), True),
        (VotingRegressor([("a", Ridge()), ("b", OwnRidge())]), False),
        (make_pipeline(FeatureUnion([("a", PCA(2)), ("b", "passthrough")]), Ridge()), True),
        (make_pipeline(FeatureUnion([("a", FunctionTransformer())]), Ridge()), False),
        (TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), True),
        (GridSearchCV(Ridge(), {"alpha": [1, 2, 3, 4]}, cv=KFold(2)), True),
        (GridSearchCV(make_pipeline(PCA(), Ridge()), {"pca__n_components": [2, 4]}), False),
        (GridSearchCV(make_pipeline(PCA(), Ridge()), {"pca": [PCA(2), "passthrough"]}), True),
        (GridSearchCV(make_pipeline(PCA(), Ridge()), {"pca": [FunctionTransformer()]}), False),
        (Own(), False),
        (OwnRidge(), False),
        (LSTMRegressor(units=(4, 4), callbacks=[]), True),
        (LSTMRegressor(importance_params={"feature_names": list("abcd")}), False),
        (make_pipeline(StandardScaler(), SlidingWindow(5), LSTMRegressor()), True),
        (make_pipeline(SlidingWindow(5), SelectSequenceFeatures(LSTMRegressor())), True),
        (make_pipeline(SlidingWindow(5), GradientTransformer(Own()), Ridge()), False),
    ],
)
def test_estimators(estimator, expected):
    assert removable(estimator) is expected


def sequential(*inner):
    def network(input_shape, n_outputs):
        return keras.Sequential([keras.Input(input_shape), *(make() for make in inner)])

    return network


def functional(function):
    def network(input_shape, n_outputs):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, function(inputs))

    return network


class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class OwnCell(layers.LSTMCell):
    pass


def rectified(x):
    return keras.ops.relu(x)


def out():
    return layers.Dense(1)


def lstm():
    return layers.LSTM(3)


def nested(inputs):
    inner = keras.Sequential([layers.Dense(3), layers.Lambda(lambda x: x)])
    return out()(lstm()(inner(inputs)))


NETWORKS = {
    "stacked": (sequential(lambda: layers.GRU(3, return_sequences=True), lstm, out), True),
    "bidirectional": (sequential(lambda: layers.Bidirectional(layers.LSTM(3)), out), True),
    "of cells": (sequential(lambda: layers.RNN([layers.GRUCell(2)]), out), True),
    "own cell": (sequential(lambda: layers.RNN(OwnCell(2)), out), False),
    "at each step": (sequential(lambda: layers.TimeDistributed(layers.Dense(3)), lstm, out), True),
    "convolution": (
        sequential(lambda: layers.Conv1D(4, 2), layers.GlobalMaxPooling1D, out),
        True,
    ),
    "groups": (sequential(lambda: layers.Conv1D(4, 2, groups=2), layers.Flatten, out), False),
    "channels first": (
        sequential(lambda: layers.GlobalMaxPooling1D(data_format="channels_first"), out),
        False,
    ),
    "normalised": (
        sequential(layers.LayerNormalization, layers.BatchNormalization, lstm, out),
        True,
    ),
    "over time": (sequential(lambda: layers.LayerNormalization(axis=1), lstm, out), False),
    "by number": (sequential(lambda: layers.LayerNormalization(axis=2), lstm, out), True),
    "adapted": (sequential(lambda: layers.Normalization(mean=1, variance=2), lstm, out), False),
    "cropped": (sequential(lambda: layers.Cropping1D(1), lstm, out), False),
    "lambda": (sequential(lambda: layers.Lambda(lambda x: x[:, :, :2]), lstm, out), False),
    "permuted": (sequential(lambda: layers.Permute((2, 1)), lstm, out), False),
    "own layer": (sequential(Doubled, lstm, out), False),
    "own function": (sequential(lambda: layers.Dense(3, rectified), lstm, out), False),
    "own start": (
        sequential(
            lambda: layers.Dense(3, kernel_initializer=lambda s, dtype: keras.ops.ones(s)),
            lstm,
            out,
        ),
        False,
    ),
    "slice": (functional(lambda x: out()(lstm()(x[:, :, 1:3]))), False),
    "last step": (functional(lambda x: out()(x[:, -1])), False),
    "nested": (functional(nested), False),
    "two branches": (
        functional(lambda x: out()(layers.Concatenate()([lstm()(x), layers.GRU(2)(x)]))),
        True,
    ),
    "as wide as four": (
        functional(lambda x: out()(lstm()(layers.Add()([x, layers.Dense(4)(x)])))),
        False,
    ),
    "as wide": (
        functional(lambda x: out()(lstm()(layers.Add()([x, layers.Dense(x.shape[-1])(x)])))),
        True,
    ),
    "frozen front": (sequential(lambda: layers.Dense(3, trainable=False), lstm, out), False),
    "frozen inside": (
        sequential(lambda: layers.Dense(3), lambda: layers.Dense(2, trainable=False), lstm, out),
        True,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("form", ["function", "from_keras", "keras.Model"])
def test_networks(name, form):
    network, expected = NETWORKS[name]
    model = LSTMRegressor(network=network)
    if form != "function":
        plain = network((6, 4), 1)
        plain.compile("adam", "mse")
        with warnings.catch_warnings(action="ignore"):  # Keras' of a lambda
            model = from_keras(plain) if form == "from_keras" else plain
    if name == "as wide" and form != "function":
        expected = False  # a likeness is always four features wide
    assert removable(model, X3) is expected


@pytest.mark.parametrize(
    ("network", "by", "expected"),
    [
        (sequential(layers.Flatten, out), "timestep", True),
        (sequential(layers.Flatten, lambda: layers.Dense(1, trainable=False)), "timestep", False),
        (sequential(layers.Flatten, lambda: layers.Dense(1, trainable=False)), "feature", False),
        (sequential(lambda: layers.Conv1D(2, 6), layers.Flatten, out), "timestep", False),
        (sequential(lambda: layers.Conv1D(2, 6), layers.Flatten, out), "feature", True),
    ],
)
def test_time_steps(network, by, expected):
    assert removable(LSTMRegressor(network=network), X3, by=by) is expected


def test_what_reaches_the_network_must_be_known():
    plain = sequential(lstm, out)
    seen = []

    def network(input_shape, n_outputs):
        seen.append((input_shape, n_outputs))
        return plain(input_shape, n_outputs)

    model = LSTMRegressor(network=network)
    assert removable(make_pipeline(StandardScaler(), SlidingWindow(5), model))
    assert not removable(make_pipeline(PCA(2), model))
    assert removable(LSTMRegressor(network=network, mask_value=np.nan), X3)
    assert removable(LSTMClassifier(network=network), X3, np.repeat(["a", "b", "c", "d"], 5))
    assert removable(LSTMClassifier(network=network), X3, np.repeat(["a", "b"], 10))
    assert seen[::2] == [((5, 4), 1), ((None, 4), 1), ((6, 4), 4), ((6, 4), 1)]
    assert seen[1] == ((5, 3), 1)


def test_a_network_that_cannot_be_built_is_no_error():
    def broken(input_shape, n_outputs):
        raise RuntimeError("broken")

    assert not removable(LSTMRegressor(network=broken), X3)
    assert not removable(LSTMRegressor(network=lambda *_: None), X3)
