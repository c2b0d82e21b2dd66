"""Errors before any training: what was passed, what was expected, how to mend it."""

import keras
import numpy as np
import pandas as pd
import pytest

from skfi import LSTMClassifier, LSTMRegressor

X = np.random.default_rng(0).normal(size=(20, 4, 3))
y = X[:, -1, 0]
labels = y > 0


@pytest.fixture(autouse=True)
def _no_training(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(keras.Model, "fit", refuse)


def with_nan():
    bad = X.copy()
    bad[3, 1, 2] = np.nan
    return bad


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X[:, 0, 0], y, "one-dimensional, of shape"),
        (X[..., None], y, "X has 4 dimensions"),
        (with_nan(), y, "Input X contains NaN"),
        (np.where(np.isnan(with_nan()), np.inf, X), y, "Input X contains infinity"),
        (X[:0], y[:0], r"0 sample\(s\)"),
        (X[:, :0], y, "no time steps or no features"),
        (X, y[:-1], "inconsistent numbers of samples"),
        (X, np.where(np.arange(20) == 3, np.nan, y), "Input y contains NaN"),
        (X, None, "requires y to be passed"),
        ([["a", "b"]] * 20, y, "could not convert string to float"),
    ],
)
def test_data_for_the_regressor(X, y, message):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor().fit(X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones(20), "at least 2 classes .* only one class: 1.0"),
        (y, "Unknown label type"),
        (np.column_stack([labels, labels]), "y should be a 1d array"),
    ],
)
def test_targets_for_the_classifier(y, message):
    with pytest.raises(ValueError, match=message):
        LSTMClassifier().fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"units": 0}, "The 'units' parameter"),
        ({"units": (8, 0)}, "units must be a positive int, or a tuple"),
        ({"units": ()}, "units must be a positive int, or a tuple"),
        ({"cell": "transformer"}, "The 'cell' parameter of LSTMRegressor must be a str among"),
        ({"dropout": 1.0}, "The 'dropout' parameter"),
        ({"epochs": 0}, "The 'epochs' parameter"),
        ({"n_timesteps": 3}, "X has 4 time steps .* but n_timesteps=3"),
        ({"optimizer": "adan"}, "optimizer='adan' is unknown to Keras"),
        ({"loss": "mean_squared_eror"}, "loss='mean_squared_eror' is unknown to Keras"),
        ({"learning_rate": -1.0}, "The 'learning_rate' parameter"),
        ({"network_params": {"a": 1}}, "network_params are the parameters of network="),
        ({"importance": "shap"}, "The 'importance' parameter"),
        ({"importance_params": {"metod": "saliency"}}, "has 'metod', which importance='gradient'"),
        (
            {"importance_params": {"method": "saliancy"}},
            "'method' parameter of gradient_importance",
        ),
        ({"importance_params": {"feature_names": ["a"]}}, "feature_names has 1 names"),
        ({"importance_params": {"by": "timestep"}}, "has 'by', which"),
        (
            {"importance": "permutation", "importance_params": {"scoring": "msee"}},
            "'scoring' parameter|msee",
        ),
        ({"importance": "permutation", "importance_params": {"n_repeats": 0}}, "n_repeats"),
        (
            {"importance": "lofo", "importance_params": {"cv": 1}},
            "k-fold cross-validation requires",
        ),
        ({"importance": "lofo", "importance_params": {"scoring": ["r2"]}}, "needs one metric"),
        ({"importance": None, "importance_params": {"n_repeats": 2}}, "importance_params are for"),
        ({"early_stopping": True, "validation_fraction": 0.99}, "hold out|cannot be done"),
    ],
)
def test_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**params).fit(X, y)


def test_callbacks_must_be_callbacks():
    with pytest.raises(TypeError, match=r"callbacks must hold keras\.callbacks\.Callback"):
        LSTMRegressor(callbacks=["EarlyStopping"]).fit(X, y)


def test_early_stopping_needs_two_of_each_class():
    with pytest.raises(ValueError, match=r"early_stopping=True holds out .* cannot be done here"):
        LSTMClassifier(early_stopping=True).fit(X, np.arange(20) == 3)


def test_columns_that_do_not_fold():
    with pytest.raises(ValueError, match="12 columns, which do not divide into n_timesteps=5"):
        LSTMRegressor(n_timesteps=5).fit(X.reshape(20, 12), y)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(20), "sample_weight is 0 for all samples"),
        (np.full(20, -1.0), "sample_weight is negative for 20 samples"),
        (np.ones(19), "sample_weight has inconsistent numbers of samples: 19, not 20"),
    ],
)
def test_sample_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor().fit(X, y, sample_weight=weight)


def test_lofo_needs_two_features_that_can_be_left_out():
    with pytest.raises(ValueError, match="needs at least two features"):
        LSTMRegressor(importance="lofo").fit(X[:, :, :1], y)
    with pytest.raises(ValueError, match="cannot leave out single columns"):
        LSTMRegressor(importance="lofo", n_timesteps=4).fit(X.reshape(20, 12), y)


def test_network_must_return_a_fitting_model():
    def wrong_outputs(input_shape, n_outputs):
        return keras.Sequential([keras.Input(input_shape), keras.layers.LSTM(7)])

    def wrong_inputs(input_shape, n_outputs):
        return keras.Sequential([keras.Input((4, 9)), keras.layers.LSTM(n_outputs)])

    with pytest.raises(ValueError, match=r"7 output\(s\), but was asked for n_outputs=1"):
        LSTMRegressor(network=wrong_outputs).fit(X, y)
    with pytest.raises(ValueError, match=r"\(None, 4, 9\), but was asked for \(None, 4, 3\)"):
        LSTMRegressor(network=wrong_inputs).fit(X, y)
    with pytest.raises(TypeError, match=r"network must return a keras\.Model"):
        LSTMRegressor(network=lambda input_shape, n_outputs: None).fit(X, y)


class TestPredict:
    @pytest.mark.parametrize(
        ("X", "message"),
        [
            (np.ones((2, 6, 3)), "X has 3 features, but LSTMRegressor is expecting 4"),
            (np.ones((2, 5, 4)), "X has 5 time steps, but LSTMRegressor is expecting 6"),
            (np.ones((2, 24)), r"fitted on 3-D X; expected \(n_samples, 6, 4\)"),
            (np.full((2, 6, 4), np.nan), "contains NaN"),
        ],
    )
    def test_3d(self, regressor, X, message):
        with pytest.raises(ValueError, match=message):
            regressor.predict(X)

    @pytest.mark.filterwarnings("ignore:X does not have valid feature names")
    def test_2d(self, folded):
        frame = pd.DataFrame(np.ones((2, 12)), columns=[f"c{i}" for i in range(12)])
        with pytest.raises(ValueError, match="X has 11 features"):
            folded.predict(frame.iloc[:, 1:].to_numpy())
        with pytest.raises(ValueError, match="feature names should match"):
            folded.predict(frame.rename(columns={"c3": "d3"}))
        with pytest.raises(ValueError, match=r"fitted on 2-D X; expected \(n_samples, 12\)"):
            folded.predict(np.ones((2, 4, 3)))

    @pytest.fixture
    def folded(self, monkeypatch):
        monkeypatch.undo()
        frame = pd.DataFrame(X.reshape(20, 12), columns=[f"c{i}" for i in range(12)])
        return LSTMRegressor(2, epochs=1, n_timesteps=4, importance=None).fit(frame, y)


def test_divergence_is_an_error(monkeypatch):
    monkeypatch.undo()
    model = LSTMRegressor(4, optimizer="sgd", learning_rate=1e30, epochs=5, random_state=0)
    with pytest.raises(ValueError, match="Training diverged: the loss is"):
        model.fit(X, y)
