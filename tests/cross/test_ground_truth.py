"""What matters comes out on top, by every method, for both kinds of estimator, in 2-D and 3-D."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

METHODS = ["saliency", "input_x_gradient", "integrated_gradients", "smoothgrad"]


@pytest.fixture(params=["regressor", "classifier"])
def task(request):
    """A fitted estimator with its data; features 0 and 1 are relevant, 2 and 3 are not."""
    of = {"regressor": "regression", "classifier": "classification"}[request.param]
    return request.getfixturevalue(request.param), request.getfixturevalue(of)


def assert_relevant_first(importances, relevance):
    relevant = relevance.sum(axis=0) > 0
    assert importances[relevant].min() > 1.5 * np.abs(importances[~relevant]).max()


@pytest.mark.parametrize("method", [*METHODS, "expected_gradients"])
def test_gradients(task, method):
    model, data = task
    result = gradient_importance(model, data.data, method=method, random_state=0, n_steps=10)
    assert_relevant_first(result.importances_mean, data.relevance)


def test_gradients_find_the_time_steps(task):
    model, data = task
    result = gradient_importance(model, data.data, method="integrated_gradients", by="timestep")
    relevant = data.relevance.sum(axis=1) > 0
    assert result.importances_mean[relevant].min() > result.importances_mean[~relevant].max()


@pytest.mark.parametrize("shuffle", ["series", "values"])
def test_permutation(task, shuffle):
    model, data = task
    result = permutation_importance(model, data.data, data.target, shuffle=shuffle, random_state=0)
    assert_relevant_first(result.importances_mean, data.relevance)


@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_lofo(request, kind, regression, classification):
    data = regression if kind == "regressor" else classification
    model = clone(request.getfixturevalue(kind)).set_params(epochs=8, importance=None)
    cv = [next(KFold(3, shuffle=True, random_state=0).split(data.data))]
    result = lofo_importance(model, data.data, data.target, cv=cv)
    assert_relevant_first(result.importances_mean, data.relevance)


@pytest.mark.parametrize("importance", ["gradient", "permutation", "lofo"])
@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_2d_columns_of_one_step(estimator, importance):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X[:, 1] if estimator is LSTMRegressor else np.where(X[:, 1] > 0, "up", "down")
    params = {"cv": KFold(2)} if importance == "lofo" else {}
    model = estimator(
        6,
        epochs=8,
        learning_rate=0.03,
        random_state=0,
        importance=importance,
        importance_params=params,
    ).fit(X, y)
    assert model.importances_.method.startswith(
        {"gradient": "integrated_gradients"}.get(importance, importance)
    )
    assert model.feature_importances_.argmax() == 1
    assert model.feature_importances_[1] > 0.6
    assert model.feature_importances_.sum() == pytest.approx(1)
    assert (model.feature_importances_ >= 0).all()
