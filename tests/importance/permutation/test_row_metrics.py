"""Metrics that are means over rows, one or several; and what scores and rows must be."""

import threading

import numpy as np
import pandas as pd
import pytest
from conftest import several_brier
from sklearn import inspection
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.inspection import _permutation_importance as of_sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import LSTMRegressor, permutation_importance

MAE, MAPE, BRIER = (
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_brier_score",
)
random = np.random.default_rng(0)
X = random.normal(size=(150, 3))
Y = 3 + X[:, 0] + 0.5 * random.normal(size=150)
CLASSES = np.digitize(Y, [2.5, 3.5])
REGRESSION = LinearRegression().fit(X, Y)
WEIGHT = random.uniform(0, 2, size=150)


class Other(LinearRegression):
    """Predicts 1-D whatever the shape of the targets is."""

    def predict(self, X):
        return super().predict(X).ravel()


@pytest.mark.parametrize(
    ("model", "y", "scoring"),
    [
        (LinearRegression(), Y, MAPE),
        (LinearRegression(), np.column_stack([Y, 2 - Y]), MAPE),
        (LinearRegression(), Y[:, None], "neg_mean_squared_error"),
        (Other(), Y[:, None], MAE),
        pytest.param(LogisticRegression(), CLASSES, BRIER, marks=several_brier),
        (LogisticRegression(), (CLASSES > 0) * 1, BRIER),
        (LogisticRegression(), (CLASSES > 0) + 3, BRIER),
        (LogisticRegression(), (CLASSES > 0) * 2 - 1, BRIER),
        (KNeighborsClassifier(), np.column_stack([CLASSES > 0, CLASSES > 1]), "accuracy"),
        (KNeighborsClassifier(), np.column_stack([CLASSES > 0, CLASSES > 1]), None),
        pytest.param(LogisticRegression(), CLASSES, {"chances": BRIER}, marks=several_brier),
        (LinearRegression(), Y, [MAPE]),
        (LinearRegression(), Y, (MAE,)),
    ],
)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_rows_average_to_the_importances(model, y, scoring, weight):
    call = {"scoring": scoring, "sample_weight": weight, "random_state": 0}
    found = permutation_importance(model.fit(X, y), X, y, **call)
    expected = inspection.permutation_importance(model, X, y, **call)
    if not isinstance(scoring, str | None):
        (found,), (expected,) = found.values(), expected.values()
    assert np.array_equal(found.importances, expected.importances)
    by_row = np.average(found.sample_importances, axis=1, weights=weight)
    assert np.allclose(by_row, found.importances_mean)
    assert found.pvalues[0] < 0.001


def test_each_of_several_metrics_has_its_own():
    scoring = {"error": MAE, "r2": "r2", "percentage": MAPE}
    found = permutation_importance(REGRESSION, X, Y, scoring=scoring, random_state=0)
    assert list(found) == ["error", "r2", "percentage"]
    for name, result in found.items():
        alone = permutation_importance(REGRESSION, X, Y, scoring=scoring[name], random_state=0)
        assert np.array_equal(result.importances, alone.importances)
        assert result.baseline_score == alone.baseline_score
        assert result.scoring == name
        assert np.array_equal(result.pvalues, alone.pvalues)
        assert np.array_equal(result.confidence_intervals, alone.confidence_intervals)


def test_several_metrics_predict_once():
    class Counting(LinearRegression):
        calls = 0

        def predict(self, X):
            Counting.calls += 1
            return super().predict(X)

    permutation_importance(Counting().fit(X, Y), X, Y, scoring=[MAE, MAPE], n_repeats=2)
    assert Counting.calls == 1 + 3 * 2


def test_a_score_of_its_own_is_no_accuracy():
    class Cautious(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return (X[:, 0] > 0) * 1

        def score(self, X, y, sample_weight=None):
            return -np.mean(X[:, 0] * (2 * y - 1) < -0.1)

    y = (X[:, 0] > 0.05) * 1
    model = Cautious().fit(X, y)
    found = permutation_importance(model, X, y, random_state=0)
    assert found.baseline_score == model.score(X, y)
    assert "pvalues" not in found


def test_several_classes_of_several_outputs():
    y = np.column_stack([CLASSES, CLASSES[::-1]])
    model = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    found = permutation_importance(model, X, y, random_state=0)
    assert found.baseline_score == model.score(X, y)
    assert "pvalues" not in found


def sometimes(value):
    def score(model, rows, y):
        return 1.0 if np.array_equal(rows, X) else value

    return score


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "good", [1.0], np.ones(2), True, 1 + 1j])
@pytest.mark.parametrize("after", [False, True])
def test_scores_that_are_no_numbers(value, after):
    def own(model, rows, y):
        return value

    scorer = sometimes(value) if after else own
    message = (
        "'score' of scoring returned .* after a shuffle"
        if after
        else "'own' of scoring returned .* as it is"
    )
    with pytest.raises((ValueError, TypeError), match=message):
        permutation_importance(REGRESSION, X, Y, scoring=scorer, random_state=0)
    with pytest.raises((ValueError, TypeError), match="'mine'"):
        permutation_importance(REGRESSION, X, Y, scoring={"mine": scorer, "r2": "r2"})


@pytest.mark.parametrize("value", [3, 2.5, np.float32(2.5), np.array(2.5), np.int64(3)])
def test_scores_that_are(value):
    found = permutation_importance(REGRESSION, X, Y, scoring=lambda model, rows, y: value)
    assert (found.importances == 0).all()
    assert found.baseline_score == value


@pytest.mark.parametrize(
    ("rows", "call", "message"),
    [
        (pd.Series(X[:, 0]), {}, r"to_frame\(\)"),
        (X[:1], {}, "at least two are needed"),
        (X, {"max_samples": 1}, "at least two are needed"),
        (X, {"max_samples": 0.001}, "max_samples=0.001 takes 0"),
        (X, {"max_samples": True}, "'max_samples' parameter .* Got True"),
        (X, {"sample_weight": np.where(np.arange(150) == 7, -0.5, 1)}, r"such as row 7: -0\.5"),
        (X, {"sample_weight": np.full(150, np.inf)}, "NaN or infinity"),
        (X, {"sample_weight": ["1"] * 150}, "must be a list of numbers"),
        (X, {"sample_weight": np.ones((150, 1))}, r"got ndarray of shape \(150, 1\)"),
        ([[np.datetime64("2020-01-01")]] * 150, {}, "no numbers"),
    ],
)
def test_rows_and_weights(rows, call, message):
    with pytest.raises(ValueError, match=message):
        permutation_importance(REGRESSION, rows, Y[: len(rows)], **call)


def test_weights_may_be_any_numbers():
    expected = permutation_importance(REGRESSION, X, Y, sample_weight=WEIGHT, random_state=0)
    for weight in (WEIGHT.tolist(), pd.Series(WEIGHT), WEIGHT.astype(object)):
        found = permutation_importance(REGRESSION, X, Y, sample_weight=weight, random_state=0)
        assert np.array_equal(found.importances, expected.importances)


def test_dates_in_front_of_a_pipeline_that_makes_features_of_them():
    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=150), "x": X[:, 0]})
    days = FunctionTransformer(lambda X: X.apply(lambda column: column.dt.day_of_year))
    encode = make_column_transformer((days, ["day"]), remainder="passthrough")
    y = frame["day"].dt.day_of_year + frame["x"]
    model = make_pipeline(encode, LinearRegression()).fit(frame, y)
    found = permutation_importance(model, frame, y, scoring=MAE, random_state=0)
    assert (found.importances_mean > 0.5).all()
    groups = permutation_importance(
        model, frame, y, scoring=MAE, random_state=0, feature_groups={"both": ["day", "x"]}
    )
    assert groups.importances_mean[0] > 10


def test_scikit_learns_function_runs_in_no_other_thread(monkeypatch):
    threads, plain = [], of_sklearn._calculate_permutation_scores

    def recorded(*args, **kwargs):
        threads.append(threading.get_ident())
        return plain(*args, **kwargs)

    monkeypatch.setattr(of_sklearn, "_calculate_permutation_scores", recorded)
    network = LSTMRegressor(2, epochs=1, importance=None, random_state=0).fit(X[:, None], Y)
    permutation_importance(network, X[:, None], Y, random_state=0)
    assert set(threads) == {threading.get_ident()}
