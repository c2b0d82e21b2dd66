"""Permutation importance of networks and pipelines, and of forms that X may have."""

import numpy as np
import pandas as pd
import pytest
from conftest import linear_network
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SlidingWindow, permutation_importance


def test_keras_models_and_scikeras_wrappers_equal_our_estimator(regression, regressor):
    X, y = regression.data.astype("float32"), regression.target
    standardised = regressor.target_scaler_.transform(y[:, None]).ravel()
    expected = permutation_importance(regressor, X, y, scoring="r2", random_state=0)
    for estimator in (regressor.model_, regressor.wrapper_):
        found = permutation_importance(estimator, X, standardised, scoring="r2", random_state=0)
        assert np.allclose(found.importances, expected.importances, atol=1e-5)


def test_a_classifying_keras_model():
    X = np.random.default_rng(0).normal(size=(200, 2, 2)).astype("float32")
    weights = np.zeros((2, 2, 1))
    weights[:, 0] = 50
    model = linear_network(weights, "sigmoid")
    y = (X[:, :, 0].sum(axis=1) > 0).astype(int)
    result = permutation_importance(model, X, y, scoring="roc_auc", random_state=0)
    assert result.baseline_score == pytest.approx(1.0)
    assert result.importances_mean[0] > 0.3
    assert result.importances_mean[1] == 0


def test_2d_rows_by_time_step(regression, regressor):
    X, y = regression.data, regression.target
    from sklearn.base import clone

    folded = clone(regressor).set_params(n_timesteps=6, importance=None)
    folded.fit(X.reshape(len(X), -1), y)
    in_2d = permutation_importance(folded, X.reshape(len(X), -1), y, by="timestep", random_state=0)
    in_3d = permutation_importance(regressor, X, y, by="timestep", random_state=0)
    assert in_2d.feature_names.tolist() == ["t-5", "t-4", "t-3", "t-2", "t-1", "t"]
    assert np.allclose(in_2d.importances, in_3d.importances)


def test_pipelines_are_shuffled_at_their_input():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(100, 2)) * [1, 1000], columns=["small", "large"])
    y = frame["small"] + frame["large"] / 1000
    pipe = make_pipeline(StandardScaler(), LinearRegression()).fit(frame, y)
    result = permutation_importance(pipe, frame, y, random_state=0)
    assert result.feature_names.tolist() == ["small", "large"]
    assert np.allclose(*result.importances_mean, rtol=0.2)


@pytest.mark.parametrize("by", ["feature", "timestep"])
def test_a_pipeline_of_scalers_knows_how_its_columns_fold(regression, by):
    X = regression.data.reshape(300, -1)
    network = LSTMRegressor(3, epochs=1, n_timesteps=6, random_state=0, importance=None)
    pipe = make_pipeline(StandardScaler(), network).fit(X, regression.target)
    groups = {"x0": [0, 4, 8, 12, 16, 20]} if by == "feature" else None
    call = {"by": by, "feature_groups": groups, "shuffle": "values", "random_state": 0}
    through = permutation_importance(pipe, X, regression.target, **call)
    direct = permutation_importance(pipe[-1], pipe[0].transform(X), regression.target, **call)
    assert np.allclose(through.importances, direct.importances)


def test_columns_behind_another_transformer_are_no_time_steps(regression):
    X = regression.data.reshape(300, -1)
    network = LSTMRegressor(2, epochs=1, n_timesteps=6, random_state=0, importance=None)
    inner = make_pipeline(PCA(24), network)
    for pipe in (inner, make_pipeline(StandardScaler(), inner)):
        pipe.fit(X, regression.target)
        with pytest.raises(ValueError, match="by='timestep' needs sequences"):
            permutation_importance(pipe, X, regression.target, by="timestep")


def test_windows_need_their_rows_in_order():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["a", "b"])
    network = LSTMRegressor(2, epochs=1, random_state=0, importance=None)
    pipe = make_pipeline(SlidingWindow(3), network).fit(frame, frame["a"])
    nested = make_pipeline(make_pipeline(pipe[0]), pipe[-1])
    for windowed in (pipe, nested):
        with pytest.raises(ValueError, match="SlidingWindow needs them in time order"):
            permutation_importance(windowed, frame, frame["a"], max_samples=0.9)
    with pytest.warns(UserWarning, match="40 rows are 7 groups"):
        found = permutation_importance(pipe, frame, frame["a"])
    assert found.feature_names.tolist() == ["a", "b"]


def test_names_that_the_estimator_was_fitted_on():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["a", "b"])
    model = LinearRegression().fit(frame, frame["a"])
    with pytest.warns(UserWarning, match="valid feature names"):
        result = permutation_importance(model, frame.to_numpy(), frame["a"])
    assert result.feature_names.tolist() == ["a", "b"]


def test_keras_models_check_shapes_and_class_numbers():
    X = np.zeros((6, 4, 3))
    with pytest.raises(ValueError, match=r"X has shape \(6, 2, 3\), but the network takes"):
        permutation_importance(linear_network(np.ones((4, 3, 1))), X[:, :2], np.zeros(6))
    model = linear_network(np.ones((4, 3, 1)), "sigmoid")
    with pytest.raises(ValueError, match=r"class numbers .* \[0, 1\]"):
        permutation_importance(model, X, ["no", "yes"] * 3)
    with pytest.raises(TypeError, match=r"got <class .*LinearRegression"):
        permutation_importance(LinearRegression, X, np.zeros(6))
