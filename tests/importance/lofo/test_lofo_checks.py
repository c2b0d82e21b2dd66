"""What would fail or mislead after hours of LOFO is refused before anything is trained."""

import threading
import time
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import get_scorer_names, make_scorer
from sklearn.model_selection import KFold, LeaveOneOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMClassifier, LSTMRegressor, lofo_importance, permutation_importance
from skfi.importance._lofo import _lofo_importance as _lofo
from skfi.importance._lofo._run import Run
from skfi.importance._quiet import warnings_ignored

random = np.random.default_rng(0)
X = random.normal(size=(60, 3))
Y = X[:, 0] + 0.1 * random.normal(size=60)
LABELS = np.where(Y > 0, "up", "down")
CUBE = random.normal(size=(20, 4, 2))
HALVES = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]


@pytest.fixture
def untrained(monkeypatch):
    """Nothing may be trained."""

    def train(*_, **__):
        raise AssertionError("trained")

    monkeypatch.setattr(Run, "scores", train)


def with_one(array, value):
    array = np.array(array)
    array[3, ...] = value
    return array


def test_folds_of_booleans_are_those_of_numbers():
    masks = [tuple(np.isin(np.arange(60), rows) for rows in fold) for fold in KFold(3).split(X)]
    results = [lofo_importance(Ridge(), X, Y, cv=cv) for cv in (KFold(3), masks)]
    negative = [(train - 60, test) for train, test in KFold(3).split(X)]
    results.append(lofo_importance(Ridge(), X, Y, cv=negative))
    results.append(lofo_importance(Ridge(), X, Y, cv=[tuple(map(list, fold)) for fold in masks]))
    for found in results[1:]:
        assert np.array_equal(found.importances, results[0].importances)
        assert np.array_equal(found.pvalues, results[0].pvalues)
        assert np.array_equal(found.confidence_intervals, results[0].confidence_intervals)


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([([0, 1, 60], [2])], "training part of fold 0 .* row numbers below 60"),
        ([HALVES[0], ([0, 1], [2, -61])], "test part of fold 1 .* row numbers below 60"),
        ([(np.ones(59, bool), [3])], "training part of fold 0 .* one bool for each of the 60 rows"),
        ([([0.0, 1.0], [3])], "must hold row numbers"),
        ([([0, 1], [])], "test part of fold 0 .* not empty; got shape"),
        ([(np.zeros(60, bool), [1])], "training part of fold 0 .* with 0 rows"),
        ([([[0, 1]], [3])], "must be a list of rows"),
        ([([0, 1, 2], [2, 3])], "Fold 0 of cv has 1 rows, such as row 2, in its training and"),
        ([np.arange(60)], "Fold 0 of cv must be a pair"),
        ([], "cv gives no folds"),
    ],
)
def test_folds_that_make_no_sense(untrained, folds, message):
    with pytest.raises(ValueError, match=message):
        lofo_importance(Ridge(), X, Y, cv=folds)


def test_rows_that_are_drawn_twice_to_train_make_sense():
    random = np.random.default_rng(1)
    cv = [(random.integers(0, 40, size=60), np.arange(40, 60))]
    assert lofo_importance(Ridge(), X, Y, cv=cv).importances.shape == (3, 1)


@pytest.mark.parametrize(
    ("estimator", "X", "y", "message"),
    [
        (Ridge(), with_one(X, np.nan), Y, "X contains NaN in 3 cells of 1 rows, such as row 3"),
        (Ridge(), with_one(X, np.inf), Y, "X contains infinity in 3 cells"),
        (HistGradientBoostingRegressor(), with_one(X, -np.inf), Y, "X contains infinity"),
        (Ridge(), pd.DataFrame(with_one(X, np.inf)), Y, "X contains infinity in 1 cells"),
        (Ridge(), with_one(X, np.inf).astype(object), Y, "X contains infinity"),
        (Ridge(), X, with_one(Y, np.nan), "y contains NaN in 1 rows, such as row 3"),
        (Ridge(), X, with_one(Y, np.inf), "y contains infinity"),
        (Ridge(), X, pd.Series(with_one(Y, np.nan)), "y contains NaN"),
        (LogisticRegression(), X, with_one(LABELS.astype(object), None), "y contains NaN"),
        (LSTMRegressor(), with_one(CUBE, np.nan), Y[:20], "X contains NaN in 8 cells"),
        (
            LSTMRegressor(mask_value=np.nan),
            np.where(np.arange(16).reshape(2, 4, 2) == 5, np.nan, CUBE[:2]).repeat(10, axis=0),
            Y[:20],
            "mask_value=np.nan only whole steps",
        ),
        (Ridge(), X.astype("datetime64[s]"), Y, "X is an array of datetime64"),
        (Ridge(), X, Y.astype("timedelta64[s]"), "y holds values of type timedelta64"),
        (Ridge(), X, np.array([(1,)] * 60, dtype=[("a", int)]), "y holds values of type"),
    ],
)
def test_values_that_no_fit_takes(untrained, estimator, X, y, message):
    with pytest.raises(ValueError, match=message):
        lofo_importance(estimator, X, y)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingRegressor(max_iter=5),
        make_pipeline(SimpleImputer(), Ridge()),
        make_pipeline(StandardScaler(), SimpleImputer(), Ridge()),
        make_pipeline(ColumnTransformer([("fill", SimpleImputer(), [0, 1])]), Ridge()),
    ],
)
@pytest.mark.parametrize("leave_out", ["auto", "constant"])
def test_nan_is_left_to_those_that_take_it(estimator, leave_out):
    found = lofo_importance(estimator, with_one(X, np.nan), Y, cv=3, leave_out=leave_out)
    assert np.isfinite(found.importances).all()


def test_padded_steps_may_hold_anything(untrained):
    padded, y = CUBE.copy(), CUBE[:, :, 0].copy()
    padded[:, 2:], y[:, 2:] = np.nan, np.inf
    call = {"return_sequences": True, "mask_value": np.nan}
    with pytest.raises(AssertionError, match="trained"):
        lofo_importance(LSTMRegressor(**call), padded, y, cv=2)
    y[:, 0] = np.inf
    with pytest.raises(ValueError, match="y contains infinity in 20 cells"):
        lofo_importance(LSTMRegressor(**call), padded, y, cv=2)


def test_weights(untrained):
    with pytest.raises(ValueError, match="sample_weight is negative for 60 samples"):
        lofo_importance(Ridge(), X, Y, sample_weight=-np.ones(60))
    with pytest.raises(ValueError, match="test part of fold 0 have weight 0"):
        lofo_importance(Ridge(), X, Y, sample_weight=np.arange(60) > 30, cv=KFold(2))


@pytest.mark.parametrize(
    ("estimator", "y", "kwargs", "message"),
    [
        (
            LogisticRegression(),
            np.repeat(["down", "up"], 30),
            {"scoring": "roc_auc", "cv": [(np.r_[0:25, 35:60], np.arange(25, 30)), *HALVES]},
            r"scoring='roc_auc' is nan on the 5 test rows of fold 0.*all targets are down",
        ),
        (
            LogisticRegression(),
            np.arange(60) % 3,
            {"scoring": "neg_log_loss", "cv": [(np.arange(30), np.arange(30, 60, 3))]},
            "scoring='neg_log_loss' cannot score the 10 test rows of fold 0: ",
        ),
        (LogisticRegression(), np.arange(60) % 3, {"scoring": "roc_auc"}, "multi_class"),
        (LogisticRegression(), LABELS, {"scoring": "f1"}, "scoring='f1' cannot score"),
        (Ridge(), Y, {"scoring": "neg_mean_gamma_deviance"}, "strictly positive"),
        (Ridge(), Y, {"cv": LeaveOneOut()}, "scoring='r2' is nan on the 1 test rows of fold 0"),
        (Ridge(), Y, {"scoring": "neg_max_error", "sample_weight": np.ones(60)}, "sample_weight"),
        (
            LSTMClassifier(return_sequences=True),
            np.repeat([[0] * 4, [1] * 4], 10, axis=0),
            {"scoring": "roc_auc", "cv": [(np.arange(5, 20), np.arange(5))]},
            "scoring='roc_auc' is nan",
        ),
    ],
)
def test_metrics_that_are_not_defined_on_a_fold(untrained, estimator, y, kwargs, message):
    data = CUBE if y.ndim == 2 else X
    with pytest.raises(ValueError, match=f"(?s){message}"):
        lofo_importance(estimator, data, y, **kwargs)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [(LinearRegression(), np.exp(Y)), (LogisticRegression(), (Y > 0).astype(int))],
    ids=["regressor", "classifier"],
)
def test_every_metric_that_scores_a_fit_passes(estimator, y):
    """The stand-in is refused by no metric that takes the estimator itself."""
    cv, passed = list(KFold(2).split(X)), []
    for name in get_scorer_names():
        with warnings.catch_warnings(action="ignore"):
            try:
                scorer = _lofo.scorer_for(estimator, name)
                scores = [scorer(estimator.fit(X[a], y[a]), X[b], y[b]) for a, b in cv]
            except (ValueError, AttributeError):
                continue  # not a metric for it
        if np.isfinite(scores).all():
            assert lofo_importance(estimator, X, y, cv=cv, scoring=name).scoring == name
            passed.append(name)
    assert len(passed) > 15


def of_constant_predictions(y_true, y_pred):
    """Defined for a model that learns, not for a stand-in."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(y_true, y_pred)[0, 1]


def test_a_users_metric_is_not_tried_on_a_stand_in():
    found = lofo_importance(Ridge(), X, Y, cv=3, scoring=make_scorer(of_constant_predictions))
    assert found.scoring == "of_constant_predictions"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"'strange' returned nan, which is not a finite number"),
        (-np.inf, "'strange' returned -inf"),
        (None, "'strange' returned None of type NoneType; a metric returns one number"),
        ([1.0], r"'strange' returned \[1.0\] of type list"),
        ({"r2": 1.0}, "of type dict"),
        ("1", "of type str"),
        (1 + 2j, "of type complex"),
        (True, "of type bool"),
    ],
)
def test_what_a_users_metric_returns(value, message):
    calls = []

    def strange(estimator, X, y):
        calls.append(X)
        return value

    with pytest.raises(ValueError, match=message):
        lofo_importance(Ridge(), X, Y, scoring=strange)
    assert len(calls) == 1


@pytest.mark.parametrize("value", [1, np.float32(0.5), np.array(0.5)])
def test_numbers_of_any_kind_are_scores(value):
    found = lofo_importance(Ridge(), X, Y, cv=2, scoring=lambda *_: value)
    assert found.baseline_score == value


@pytest.mark.parametrize("function", [lofo_importance, permutation_importance])
def test_groups_of_one_name(function):
    with pytest.raises(ValueError, match="two groups of the name '1'"):
        function(Ridge().fit(X, Y), X, Y, feature_groups={1: ["x0"], "1": ["x1"]})


class Overlaps(RegressorMixin, BaseEstimator):
    """Begins before and ends after the fit of the other thread, in turn."""

    both = threading.Barrier(2)

    def fit(self, X, y):
        warnings.warn("of a fit", UserWarning, stacklevel=1)
        self.both.wait(timeout=20)
        time.sleep(0.02 * (X.shape[0] % 2))
        return self

    def predict(self, X):
        return np.zeros(len(X))


def test_threads_leave_the_filters_as_they_were():
    folds = [(np.arange(30), np.arange(30, 60)), (np.arange(31), np.arange(31, 60))]
    call = {"cv": folds, "scoring": "neg_mean_absolute_error"}
    before = list(warnings.filters)
    for _ in range(5):
        with joblib.parallel_config(backend="threading", n_jobs=2):
            lofo_importance(Overlaps(), X, Y, **call)
        assert warnings.filters == before
    # two calls at once, as in two threads of the user
    one = {"cv": folds[:1], "scoring": "neg_mean_absolute_error"}
    threads = [
        threading.Thread(target=lofo_importance, args=(Overlaps(), X[:, :n], Y), kwargs=one)
        for n in (3, 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def test_filters_are_put_back_by_the_last_to_go():
    before = list(warnings.filters)
    first, second = warnings_ignored(), warnings_ignored()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warnings.warn("ignored", UserWarning, stacklevel=1)
    second.__exit__(None, None, None)
    assert warnings.filters == before
    with pytest.raises(ValueError, match="passed on"), warnings_ignored():
        raise ValueError("passed on")
    assert warnings.filters == before


class Waits(Overlaps):
    """A fit that trains by LOFO itself, in threads, must not wait for ever."""

    def fit(self, X, y):
        with joblib.parallel_config(backend="threading", n_jobs=2):
            lofo_importance(Ridge(), X, y, cv=2)
        return self


def test_lofo_inside_of_lofo_does_not_hang():
    with joblib.parallel_config(backend="threading", n_jobs=2):
        found = lofo_importance(Waits(), X, Y, cv=2, scoring="neg_mean_absolute_error")
    assert (found.importances == 0).all()
