"""Permutation importance: what is refused, which metrics have intervals, no global state."""

import threading
import warnings

import numpy as np
import pytest
from conftest import several_brier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_percentage_error

from skfi import LSTMRegressor, permutation_importance

random = np.random.default_rng(0)
X = random.normal(size=(120, 3))
Y = X[:, 0] + 0.3 * random.normal(size=120) + 5
LABELS = np.digitize(X[:, 0], [-0.5, 0.5])
MODEL = LinearRegression().fit(X, Y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"sample_weight": np.r_[-1.0, np.ones(119)]}, "sample_weight is negative for 1 samples"),
        ({"sample_weight": np.full(120, np.nan)}, "sample_weight contains NaN"),
        ({"sample_weight": np.zeros(120)}, "0 for all samples"),
        ({"scoring": lambda model, X, y: np.nan}, "nan"),
        ({"scoring": lambda model, X, y: [1.0, 2.0]}, "returned"),
    ],
)
def test_weights_and_scores_that_are_none(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        permutation_importance(MODEL, X, Y, **call)


def test_a_score_that_is_nan_after_a_shuffle_names_the_metric():
    def fragile(model, rows, y):
        return 1.0 if np.array_equal(rows, X) else np.nan

    with pytest.raises(ValueError, match="fragile"):
        permutation_importance(MODEL, X, Y, scoring=fragile, random_state=0)


@pytest.mark.parametrize(
    "data", [X.astype("datetime64[s]"), np.zeros((120, 2), dtype=[("a", float)])]
)
def test_what_is_no_number(data):
    with pytest.raises(ValueError, match="no numbers"):
        permutation_importance(MODEL, data, Y)


def percentage(y, predicted):
    return np.abs(y - predicted) / np.abs(y)


def brier(y, probability):
    return ((np.eye(probability.shape[1])[y] - probability) ** 2).sum(axis=1)


@pytest.mark.parametrize(
    ("scoring", "n_classes"),
    [
        ("neg_mean_absolute_percentage_error", 0),
        (make_scorer(mean_absolute_percentage_error, greater_is_better=False), 0),
        ("neg_brier_score", 2),
        pytest.param("neg_brier_score", 3, marks=several_brier),
    ],
)
def test_means_over_rows_have_intervals(scoring, n_classes):
    y = np.minimum(LABELS, n_classes - 1) if n_classes else Y
    model = LogisticRegression().fit(X, y) if n_classes else MODEL
    found = permutation_importance(model, X, y, scoring=scoring, random_state=0)
    mean = found.sample_importances.mean(axis=1)
    assert np.allclose(mean, found.importances_mean)
    low, high = found.confidence_intervals.T
    assert ((low < mean) & (mean < high)).all()
    assert found.pvalues[0] < 0.001
    assert found.pvalues[2] > 0.01


def test_a_list_of_one_metric():
    alone = permutation_importance(MODEL, X, Y, scoring="neg_mean_absolute_error", random_state=0)
    for several in (["neg_mean_absolute_error"], ("neg_mean_absolute_error",)):
        found = permutation_importance(MODEL, X, Y, scoring=several, random_state=0)
        assert list(found) == ["neg_mean_absolute_error"]
        result = found["neg_mean_absolute_error"]
        assert np.array_equal(result.importances, alone.importances)
        assert np.array_equal(result.confidence_intervals, alone.confidence_intervals)


class TestWarningFilters:
    """They belong to the process: no thread may change them."""

    @pytest.fixture(scope="class")
    @classmethod
    def network(cls):
        return LSTMRegressor(2, epochs=1, importance=None, random_state=0).fit(X[:, None], Y)

    def test_they_stay(self, network):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            before = list(warnings.filters)
            for seed in range(20):
                permutation_importance(network, X[:, None], Y, n_repeats=1, random_state=seed)
                assert warnings.filters == before

    def test_only_the_caller_scores(self, network):
        threads = set()

        def score(model, rows, y):
            threads.add(threading.get_ident())
            return -np.mean((model.predict(rows) - y) ** 2)

        permutation_importance(network, X[:, None], Y, scoring=score, random_state=0)
        permutation_importance(network, X[:, None], Y, random_state=0)
        assert threads == {threading.get_ident()}
