"""LOFO of what there is time for, and of fits that fail."""

import time

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from skfi import LSTMRegressor, lofo_importance
from skfi.importance._inference._t_tests import mean_over_folds

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = X @ [3.0, 1.0, 0.0] + rng.normal(size=60)


class Clock:
    """In place of time.time, which stands still but for what a fit takes."""

    def __init__(self):
        self.now = 1e9

    def __call__(self):
        return self.now


class Slow(KNeighborsRegressor):  # whose last digits do not depend on where arrays lie
    def fit(self, X, y):
        time.time.now += 0.05  # which is no constant of this module: that would be another call
        return super().fit(X, y)


@pytest.fixture
def clock(monkeypatch):
    """Each fit of Slow takes a twentieth of a second, and nothing else takes any."""
    monkeypatch.setattr(time, "time", Clock())


class Failing(KNeighborsRegressor):
    """Fails if it is trained on the first row, and a column is constant, or none (-1) is."""

    def __init__(self, column=-1):
        super().__init__()
        self.column = column

    def fit(self, X, y):
        constant = np.flatnonzero(np.ptp(X, axis=0) == 0)
        if y[0] == Y_OF_FIRST and self.column in (constant if len(constant) else [-1]):
            raise FloatingPointError("diverged")
        return super().fit(X, y)


Y_OF_FIRST = y[0]
full = lofo_importance(KNeighborsRegressor(), X, y, cv=4, leave_out="constant")


def test_without_time_only_the_first_fit_is_done(clock):
    result = lofo_importance(Slow(), X, y, cv=4, time_limit=0)
    assert np.isnan(result.importances_mean).all()
    assert result.baseline_score == full.baseline_scores[0]
    assert "15 of 16 fits open" in result.note
    assert "first fold, in which units without a score are NaN" in repr(result)


def test_finished_folds_are_compared_on_the_same_rows(clock):
    result = lofo_importance(Slow(), X, y, cv=4, time_limit=0.05 * 9.5, n_jobs=1)
    n_folds = result.importances.shape[1]
    assert n_folds == 2
    np.testing.assert_array_equal(result.importances, full.importances[:, :n_folds])
    assert f"importances are of {n_folds} of 4 folds" in result.note
    np.testing.assert_array_equal(result.importances_mean, result.importances.mean(axis=1))


def test_enough_time_changes_nothing():
    result = lofo_importance(
        KNeighborsRegressor(), X, y, cv=4, time_limit=600, leave_out="constant"
    )
    assert "incomplete" not in result
    np.testing.assert_array_equal(result.importances, full.importances)


def test_with_memory_the_next_calls_go_on(clock, tmp_path):
    n_calls = 0
    result = {"incomplete": ""}
    while "incomplete" in result:
        result = lofo_importance(Slow(), X, y, cv=4, time_limit=0.2, memory=tmp_path)
        n_calls += 1
    assert 2 < n_calls < 16
    np.testing.assert_array_equal(result.importances, full.importances)
    np.testing.assert_array_equal(result.pvalues, full.pvalues)


@pytest.mark.parametrize("time_limit", [0, 600])
def test_warm_refits_have_a_budget_too(time_limit):
    sequences = rng.normal(size=(40, 3, 2))
    network = LSTMRegressor(units=2, epochs=1, random_state=0, importance=None)
    params = {"cv": 3, "refit": "warm"}
    result = lofo_importance(network, sequences, y[:40], time_limit=time_limit, **params)
    assert ("incomplete" in result) == (time_limit == 0)
    assert np.isfinite(result.baseline_scores[0])


def test_failed_fits_count_in_no_mean():
    with pytest.raises(FloatingPointError):
        lofo_importance(Failing(0), X, y, cv=4)
    result = lofo_importance(Failing(0), X, y, cv=4, error_score=np.nan)
    failed = np.isnan(result.importances)
    np.testing.assert_array_equal(failed, [[False, True, True, True]] + [[False] * 4] * 2)
    np.testing.assert_array_equal(result.importances[~failed], full.importances[~failed])
    assert result.importances_mean[0] == full.importances[0, 0]
    assert np.isnan(result.pvalues[0])
    np.testing.assert_array_equal(result.pvalues[1:], full.pvalues[1:])
    message = "3 of 16 fits failed and count as NaN; the first error was: FloatingPointError: div"
    assert message in repr(result)


def test_without_the_score_of_all_units_a_fold_says_nothing():
    result = lofo_importance(Failing(-1), X, y, cv=4, error_score=np.nan)
    np.testing.assert_array_equal(np.isnan(result.importances), [[False, True, True, True]] * 3)
    assert result.baseline_score == full.baseline_scores[0]
    np.testing.assert_array_equal(result.importances_mean, full.importances[:, 0])


def test_the_t_test_of_three_known_folds_is_that_of_three_folds():
    one = np.array([[0.1, np.nan, 0.3, 0.2]])
    sizes = np.full(4, 90), np.full(4, 30)
    got = mean_over_folds(one, *sizes)
    values = one[~np.isnan(one)]
    error = np.sqrt((1 / 3 + 1 / 3) * values.var(ddof=1))
    assert got["pvalues"][0] == pytest.approx(stats.t.sf(0.2 / error, 2))


def test_no_fit_that_succeeds_leaves_nothing_but_nan():
    class Never(LinearRegression):
        def fit(self, X, y):
            raise ValueError("never")

    result = lofo_importance(Never(), X, y, cv=3, error_score=np.nan)
    assert np.isnan(result.importances).all()
    assert np.isnan(result.baseline_score)
    assert "12 of 12 fits failed" in result.note
    assert result.to_frame()["importance_mean"].isna().all()
    result.plot()


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_the_progress_bar_counts_fits(capsys, n_jobs, tmp_path):
    import joblib

    with joblib.parallel_config("threading"):
        for _ in range(2):
            params = {"memory": tmp_path, "verbose": 1, "n_jobs": n_jobs}
            lofo_importance(LinearRegression(), X, y, cv=4, **params)
    assert capsys.readouterr().err.count("16/16") >= 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"time_limit": -1}, "'time_limit' parameter"),
        ({"time_limit": "1h"}, "'time_limit' parameter"),
        ({"error_score": 0.0}, "'error_score' parameter"),
        ({"error_score": "nan"}, "'error_score' parameter"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        lofo_importance(LinearRegression(), X, y, **params)


def test_a_network_that_warm_refits_start_from_may_fail_too():
    sequences = 1e6 * rng.normal(size=(40, 3, 2))
    diverging = LSTMRegressor(
        units=2, epochs=3, learning_rate=1e38, optimizer="sgd", importance=None, random_state=0
    )
    call = {"cv": 2, "refit": "warm", "leave_out": "constant"}
    with pytest.raises(ValueError, match="diverged"):
        lofo_importance(diverging, sequences, 1e6 * y[:40], **call)
    for refit in ("warm", "cold"):
        result = lofo_importance(
            diverging, sequences, 1e6 * y[:40], error_score=np.nan, **call | {"refit": refit}
        )
        assert np.isnan(result.importances_mean).all()
        assert "6 of 6 fits failed" in result.note
