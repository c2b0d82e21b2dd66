"""LOFO of networks: equality with the package driven by hand, and Keras models trained again."""

from contextlib import nullcontext

import keras
import numpy as np
import pytest
from conftest import linear_network
from lofo_data import by_hand
from scikeras.wrappers import KerasRegressor
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfi import LSTMRegressor, from_keras, lofo_importance
from skfi._keras import _epochs, pool

ONE_FOLD = [(np.arange(10, 20), np.arange(10))]


TINY = {"units": 3, "epochs": 2, "random_state": 0, "importance": None}


def test_equals_lofo_on_sequences():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 4, 3)), rng.normal(size=60)
    groups = {f"x{f}": X[:, :, f] for f in range(3)}  # lofo joins them side by side

    def unfold(rows):
        return rows.reshape(len(rows), -1, 4).transpose(0, 2, 1)

    pipe = make_pipeline(FunctionTransformer(unfold), LSTMRegressor(**TINY))
    expected = by_hand(pipe, groups, y, cv=KFold(2), scoring="neg_mean_absolute_error")
    result = lofo_importance(
        LSTMRegressor(**TINY), X, y, cv=KFold(2), scoring="neg_mean_absolute_error"
    )
    assert np.array_equal(result.importances, expected)
    assert result.importances.shape == (3, 2)
    assert result.baseline_score == result.baseline_scores.mean() < 0


def build(meta):
    shape = meta["X_shape_"][1:]
    return keras.Sequential([keras.Input(shape), keras.layers.GRU(2), keras.layers.Dense(1)])


def test_a_keras_model_is_traced_once_for_each_shape(monkeypatch):
    """And not at each fit, with the numbers of Keras' own fit."""
    X = np.random.default_rng(1).normal(size=(40, 4, 3)).astype("float32")
    y = X[:, :, 0].sum(axis=1)
    model = keras.Sequential(
        [keras.Input((4, 3)), keras.layers.LSTM(2), keras.layers.Dense(1, "tanh")]
    )
    model.compile("adam", "mse", metrics=["mae"])
    traced, trace = [], _epochs._trace

    def counted(network, **params):
        traced.append(network.inputs[0].shape)
        return trace(network, **params)

    def call():
        params = {"epochs": 2, "batch_size": np.int64(8)}
        scoring = "neg_mean_absolute_error"
        return lofo_importance(
            model, X, y, cv=3, fit_params=params, random_state=0, scoring=scoring
        ).importances

    monkeypatch.setattr(_epochs, "_trace", counted)
    found = call()
    assert sorted(traced) == [(None, 4, 2), (None, 4, 3)]
    monkeypatch.setattr(pool, "trains", lambda *_: nullcontext())
    np.testing.assert_array_equal(found, call())


@pytest.mark.parametrize("weight", [np.ones(99), [1.0] * 20])
def test_weights_that_are_not_of_the_samples_are_refused_by_keras(weight):
    X = np.random.default_rng(1).normal(size=(40, 4, 3)).astype("float32")
    model = linear_network(np.ones((4, 3, 1)))
    model.compile("adam", "mse")
    params = {"epochs": 1, "sample_weight": weight}
    with pytest.raises((ValueError, IndexError)):
        lofo_importance(model, X, X[:, 0, 0], cv=2, scoring="r2", fit_params=params)


def doubled(x):
    return 2 * x


def test_the_advice_for_an_activation_of_ones_own_works():
    X = np.random.default_rng(1).normal(size=(40, 4, 3)).astype("float32")
    layers = [keras.Input((4, 3)), keras.layers.LSTM(2), keras.layers.Dense(1, doubled)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    call = {"cv": 2, "scoring": "r2", "fit_params": {"epochs": 1}, "random_state": 0}
    with pytest.raises(ValueError, match=r"functions of your own must be registered: @keras"):
        lofo_importance(model, X, X[:, :, 0].sum(axis=1), **call)
    keras.saving.register_keras_serializable()(doubled)
    try:
        result = lofo_importance(model, X, X[:, :, 0].sum(axis=1), **call)
    finally:
        del keras.saving.get_custom_objects()[keras.saving.get_registered_name(doubled)]
    assert np.ptp(result.importances) > 0


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.usefixtures("eager")
def test_keras_models_and_scikeras_wrappers_are_trained_again():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 4, 2)), rng.normal(size=40)
    model = linear_network(np.ones((4, 2, 1)))
    model.compile("adam", "mse")
    before = model.get_weights()[0].copy()
    for estimator in (model, make_pipeline(FunctionTransformer(), model)):
        nested = "linear__" if estimator is not model else ""
        params = {f"{nested}epochs": 2}
        if nested:
            estimator.steps[-1] = ("linear", model)
        found = lofo_importance(
            estimator,
            X,
            y,
            cv=ONE_FOLD,
            fit_params=params,
            random_state=0,
            scoring="neg_mean_absolute_error",
        )
        again = lofo_importance(
            estimator,
            X,
            y,
            cv=ONE_FOLD,
            fit_params=params,
            random_state=0,
            scoring="neg_mean_absolute_error",
        )
        assert np.array_equal(found.importances, again.importances)
        assert np.ptp(found.importances) > 0
    assert np.array_equal(model.get_weights()[0], before)
    wrapper = KerasRegressor(build, loss="mse", epochs=1, verbose=0, random_state=0)
    assert lofo_importance(wrapper, X, y, cv=ONE_FOLD, scoring="r2").importances.shape == (2, 1)
    ours = from_keras(model).set_params(epochs=1)
    assert lofo_importance(ours, X, y, cv=ONE_FOLD, random_state=0).importances.shape == (2, 1)


def test_keras_models_say_what_is_missing():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 4, 2)), rng.normal(size=20)
    model = linear_network(np.ones((4, 2, 1)))
    with pytest.raises(ValueError, match=r"compile the keras\.Model"):
        lofo_importance(model, X, y, fit_params={"epochs": 1})
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"pass fit_params=\{'epochs'"):
        lofo_importance(model, X, y)


def test_jobs_change_nothing(regression):
    X, y = regression.data[:60], regression.target[:60]
    model = LSTMRegressor(**TINY)
    serial = lofo_importance(model, X, y, cv=ONE_FOLD)
    parallel = lofo_importance(model, X, y, cv=ONE_FOLD, n_jobs=2)
    assert np.array_equal(serial.importances, parallel.importances)


def test_a_pipeline_of_scalers_knows_how_its_columns_fold():
    rng = np.random.default_rng(1)
    flat, y = rng.normal(size=(20, 12)), rng.normal(size=20)
    pipe = make_pipeline(StandardScaler(), LSTMRegressor(**TINY, n_timesteps=3))
    scrambled = {"a": [0, 1, 2], "b": [3, 4, 5]}
    call = {"feature_groups": scrambled, "cv": ONE_FOLD}
    with pytest.raises(ValueError, match="Leaving out 'a' would break the sequences"):
        lofo_importance(pipe, flat, y, **call, leave_out="remove")
    assert lofo_importance(pipe, flat, y, **call).leave_out == "constant"
    result = lofo_importance(pipe, flat, y, by="timestep", cv=ONE_FOLD)
    train, test = ONE_FOLD[0]
    without = clone(pipe).set_params(lstmregressor__n_timesteps=2)
    without.fit(flat[train][:, 4:], y[train])
    loss = result.baseline_scores[0] - without.score(flat[test][:, 4:], y[test])
    assert result.importances[0, 0] == pytest.approx(loss)


def test_a_keras_model_with_a_loss_of_its_own():
    rng = np.random.default_rng(1)
    model = linear_network(np.ones((4, 2, 1)))
    model.compile("sgd", lambda a, b: keras.ops.mean(keras.ops.abs(a - b), axis=-1))
    X, y = rng.normal(size=(20, 4, 2)), rng.normal(size=20)
    result = lofo_importance(model, X, y, cv=ONE_FOLD, fit_params={"epochs": 1}, random_state=0)
    assert result.importances.shape == (2, 1)
