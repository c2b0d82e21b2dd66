"""The importances that fit computes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skfi import (
    ImportanceResult,
    LSTMClassifier,
    LSTMRegressor,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

TINY = {"units": 3, "epochs": 2, "random_state": 0}


def test_gradient_is_the_function(regression, regressor):
    expected = gradient_importance(regressor, regression.data)
    assert np.allclose(regressor.importances_.importances, expected.importances)
    mean = expected.importances_mean
    assert np.allclose(regressor.feature_importances_, mean / mean.sum())


def test_permutation_is_the_function(regression):
    X, y = regression.data[:60], regression.target[:60]
    params = {"n_repeats": 2, "random_state": 7, "scoring": "neg_mean_absolute_error"}
    model = LSTMRegressor(**TINY, importance="permutation", importance_params=params).fit(X, y)
    expected = permutation_importance(model, X, y, **params)
    assert np.allclose(model.importances_.importances, expected.importances, atol=1e-6)
    assert model.importances_.scoring == "neg_mean_absolute_error"


def test_lofo_is_the_function(regression):
    X, y = regression.data[:40, :, :2], regression.target[:40]
    params = {"cv": [(np.arange(20), np.arange(20, 40))], "random_state": 7}
    model = LSTMRegressor(**TINY, importance="lofo", importance_params=params).fit(X, y)
    expected = lofo_importance(LSTMRegressor(**TINY), X, y, **params)
    assert np.allclose(model.importances_.importances, expected.importances, atol=1e-6)


def test_held_out_rows_are_explained_when_there_are_some(regression):
    model = LSTMRegressor(**TINY, early_stopping=True, validation_fraction=0.25)
    model.fit(regression.data, regression.target)
    assert model.importances_.importances.shape == (4, 75)


def test_names_come_from_the_frame():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 2)), columns=["rain", "tmin"])
    for importance in ("gradient", "permutation", "lofo"):
        params = {"cv": 2} if importance == "lofo" else {}
        model = LSTMRegressor(**TINY, importance=importance, importance_params=params)
        model.fit(frame, frame["rain"])
        assert model.importances_.feature_names.tolist() == ["rain", "tmin"]


def test_harmful_features_are_clipped_to_zero(regression):
    def signed(estimator, X, y):
        return np.array([3.0, -5.0, 1.0, 0.0])

    model = LSTMRegressor(**TINY, importance=signed).fit(regression.data, regression.target)
    assert model.feature_importances_.tolist() == [0.75, 0, 0.25, 0]
    assert model.importances_.importances_mean.tolist() == [3, -5, 1, 0]
    assert model.importances_.method == "signed"


def test_nothing_positive_gives_zeros(regression):
    model = LSTMRegressor(**TINY, importance=lambda *_: -np.ones(4))
    model.fit(regression.data, regression.target)
    assert model.feature_importances_.tolist() == [0, 0, 0, 0]


def test_a_callable_may_return_a_result(regression):
    def half(estimator, X, y):
        return gradient_importance(estimator, X[: len(X) // 2], method="input_x_gradient")

    model = LSTMRegressor(**TINY, importance=half).fit(regression.data, regression.target)
    assert isinstance(model.importances_, ImportanceResult)
    assert model.importances_.method == "input_x_gradient"
    bad = LSTMRegressor(**TINY, importance=lambda *_: np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(3,\); one for each of the 4 features"):
        bad.fit(regression.data, regression.target)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_callable_that_returns_no_number_is_refused(regression, value):
    model = LSTMRegressor(**TINY, importance=lambda *_: np.array([1, value, 0, 0]))
    with pytest.raises(ValueError, match="returned NaN or infinity"):
        model.fit(regression.data, regression.target)


class TestRows:
    """Gradients of as many rows as take less than a tenth of the training's time."""

    def test_of_a_long_training_all(self, regression):
        model = LSTMRegressor(2, epochs=200, batch_size=300, random_state=0)
        model.fit(regression.data, regression.target)
        assert model.importances_.importances.shape == (4, 300)
        assert "sample_indices" not in model.importances_

    def test_of_a_short_one_some(self):
        X = np.random.default_rng(0).normal(size=(600, 40, 3))
        model = LSTMRegressor(32, epochs=1, batch_size=200, random_state=0).fit(X, X[:, -1, 0])
        n_explained = model.importances_.importances.shape[1]
        assert 16 <= n_explained < 100
        assert model.importances_.n_gradients < 0.1 * 600 + 2000
        assert model.importances_.sample_indices.shape == (n_explained,)
        params = {"importance_params": {"max_samples": 1.0}}
        every = clone(model).set_params(**params).fit(X, X[:, -1, 0])
        assert every.importances_.importances.shape == (3, 600)

    def test_of_many_outputs_some(self):
        X = np.random.default_rng(0).normal(size=(30, 60, 2))
        model = LSTMRegressor(
            16, return_sequences=True, epochs=2, learning_rate=0.02, random_state=0
        ).fit(X, X[:, :, 0])
        assert model.importances_.importances.shape[0] == 2
        assert model.importances_.n_gradients < 30 * 60 * 16 / 2
        again = clone(model).fit(X, X[:, :, 0])
        assert np.array_equal(model.feature_importances_, again.feature_importances_)


def test_none_has_none_and_says_so(regression):
    model = LSTMRegressor(**TINY, importance=None).fit(regression.data, regression.target)
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(AttributeError, match="fitted with importance=None"):
        model.feature_importances_  # noqa: B018


def test_attribute_access_computes_nothing(monkeypatch, regressor):
    monkeypatch.setattr("skfi._keras._compiled.call_in_chunks", None)
    for name in dir(regressor):
        getattr(regressor, name, None)
    assert "LSTMRegressor" in regressor._repr_html_()


def test_zero_weight_and_class_weight(classification):
    X, y = classification.data[:60], classification.target[:60]
    weight = np.repeat([1.0, 0.0], 30)
    model = LSTMClassifier(**TINY, class_weight="balanced")
    weighted = clone(model).fit(X, y, sample_weight=weight).feature_importances_
    removed = clone(model).fit(X[:30], y[:30]).feature_importances_
    assert np.allclose(weighted, removed, atol=1e-6)


@pytest.mark.parametrize(
    ("importance", "params", "message"),
    [
        ("gradient", {"target": 7}, "target=7 is not an output"),
        ("gradient", {"target": [0] * 300}, "must be one label or output for all rows"),
        ("gradient", {"method": "saliency", "baseline": 0}, "'saliency' has no baseline"),
        (
            "gradient",
            {"method": "integrated_gradients", "baseline": np.zeros(5)},
            r"baseline has shape \(5,\)",
        ),
        ("permutation", {"scoring": "roc_auc"}, "'roc_auc' cannot score LSTMRegressor"),
        ("permutation", {"max_samples": 5.0}, "'max_samples' parameter"),
        ("lofo", {"cv": 1000}, "Cannot have number of splits"),
        ("lofo", {"cv_groups": np.ones(7)}, "inconsistent numbers of samples"),
    ],
)
def test_what_fails_fails_before_the_training(monkeypatch, regression, importance, params, message):
    monkeypatch.setattr("keras.Model.fit", None)
    model = LSTMRegressor(**TINY, importance=importance, importance_params=params)
    with pytest.raises(ValueError, match=message):
        model.fit(regression.data, regression.target)


def test_unknown_classes_fail_before_the_training(monkeypatch, classification):
    monkeypatch.setattr("keras.Model.fit", None)
    model = LSTMClassifier(**TINY, importance_params={"target": "medium"})
    with pytest.raises(ValueError, match="target medium is not among the classes"):
        model.fit(classification.data, classification.target)
    model = LSTMClassifier(**TINY, importance="lofo", importance_params={"cv": 30})
    with pytest.raises(ValueError, match="n_splits=30 cannot be greater"):
        model.fit(classification.data[:60], classification.target[:60])
