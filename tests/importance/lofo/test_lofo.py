"""LOFO: equality with the package driven by hand, all splitters, errors that surface."""

import numpy as np
import pandas as pd
import pytest
from lofo_data import by_hand
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import ExtraTreeRegressor

from skfi import SlidingWindow, lofo_importance
from skfi._folding import fold

rng = np.random.default_rng(0)
FRAME = pd.DataFrame(rng.normal(size=(120, 3)), columns=["a", "b", "c"])
Y = FRAME["a"] * 2 + FRAME["b"] + 0.1 * rng.normal(size=120)
ONE_FOLD = [(np.arange(10, 20), np.arange(10))]
TINY = {"units": 3, "epochs": 2, "random_state": 0, "importance": None}


@pytest.mark.parametrize("cv", [3, KFold(4, shuffle=True, random_state=0), TimeSeriesSplit(3)])
@pytest.mark.parametrize("as_frame", [True, False])
def test_equals_lofo_on_columns(cv, as_frame):
    groups = {name: FRAME[[name]].to_numpy() for name in FRAME}
    expected = by_hand(Ridge(), groups, Y, cv=cv, scoring="r2")
    X = FRAME if as_frame else FRAME.to_numpy()
    result = lofo_importance(Ridge(), X, Y, cv=cv, scoring="r2")
    assert np.allclose(result.importances, expected, rtol=1e-9, atol=1e-12)
    assert result.feature_names.tolist() == (list("abc") if as_frame else ["x0", "x1", "x2"])


class LinearSequences(RegressorMixin, BaseEstimator):
    """Ridge on sequences, or on 2-D rows that fold: a stand-in that fits at once."""

    def __init__(self, n_timesteps=None):
        self.n_timesteps = n_timesteps

    def fit(self, X, y):
        self.ridge_ = Ridge().fit(self._flat(X), y)
        return self

    def predict(self, X):
        return self.ridge_.predict(self._flat(X))

    def _flat(self, X):
        return fold(np.asarray(X), self.n_timesteps).reshape(len(X), -1)


class Recorder(RegressorMixin, BaseEstimator):
    """Notes the arrays that it is fitted on."""

    seen: list = []  # noqa: RUF012 - shared on purpose: clones write to it

    def fit(self, X, y, sample_weight=None):
        self.seen.append((np.asarray(X), np.asarray(y), sample_weight))
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.fixture
def seen():
    Recorder.seen = []
    return Recorder.seen


CUBE = np.arange(20 * 3 * 4.0).reshape(20, 3, 4)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, [CUBE[:, :, [j for j in range(4) if j != i]] for i in range(4)]),
        ({"by": "timestep"}, [CUBE[:, [j for j in range(3) if j != i]] for i in range(3)]),
        (
            {"feature_groups": {"g": ["x0", "x2"]}},
            [CUBE[:, :, [1, 3]], CUBE[:, :, [0, 2, 3]], CUBE[:, :, [0, 1, 2]]],
        ),
        (
            {"by": "timestep", "feature_groups": {"past": ["t-2", "t-1"]}},
            [CUBE[:, 2:], CUBE[:, :2]],
        ),
    ],
)
def test_what_is_left_out(seen, kwargs, expected):
    y = np.arange(20.0)
    split = [(np.arange(5, 20), np.arange(5))]
    lofo_importance(Recorder(), CUBE, y, cv=split, leave_out="remove", **kwargs)
    assert np.array_equal(seen[0][0], CUBE[5:])  # the baseline
    assert len(seen) == 1 + len(expected)
    for (X, y_fit, _), left in zip(seen[1:], expected, strict=True):
        assert np.array_equal(X, left[5:])
        assert np.array_equal(y_fit, y[5:])


def test_2d_rows_that_fold():
    rng = np.random.default_rng(1)
    flat = CUBE.reshape(20, 12)
    y = rng.normal(size=20)
    estimator, call = LinearSequences(n_timesteps=3), {"cv": ONE_FOLD, "leave_out": "remove"}
    steps = lofo_importance(estimator, flat, y, by="timestep", **call)
    direct = lofo_importance(LinearSequences(), CUBE, y, by="timestep", **call)
    assert np.array_equal(steps.importances, direct.importances)
    features = {f"f{f}": [f, f + 4, f + 8] for f in range(4)}
    grouped = lofo_importance(estimator, flat, y, feature_groups=features, **call)
    by_feature = lofo_importance(LinearSequences(), CUBE, y, **call)
    assert np.array_equal(grouped.importances, by_feature.importances)
    with pytest.raises(ValueError, match=r"Leaving out 'x0' would break .* leave_out='constant'"):
        lofo_importance(estimator, flat, y, **call)


def test_folds_are_drawn_once(seen):
    cv = KFold(2, shuffle=True)
    lofo_importance(Recorder(), CUBE, np.arange(20.0), cv=cv, leave_out="remove")
    rows = [X[:, 0, 0] // 12 for X, _, _ in seen]  # the row's number, whichever feature is left
    for of_fold in (rows[:5], rows[5:]):
        assert all(np.array_equal(of_fold[0], r) for r in of_fold)


def test_groups_of_samples_stay_together(seen):
    groups = np.repeat(np.arange(4), 5)
    lofo_importance(
        Recorder(),
        CUBE,
        groups.astype(float),
        cv=GroupKFold(4),
        cv_groups=groups,
        scoring="neg_mean_absolute_error",
    )
    assert all(len(np.unique(y)) == 3 for _, y, _ in seen)
    found = lofo_importance(
        Recorder(),
        CUBE,
        groups.astype(float),
        cv=LeaveOneGroupOut(),
        cv_groups=groups,
        scoring="neg_mean_absolute_error",
    )
    assert found.importances.shape == (4, 4)


def test_sample_weight_goes_to_fit_and_score(seen):
    weight = np.arange(20.0) + 1
    result = lofo_importance(
        Recorder(),
        CUBE,
        np.ones(20),
        cv=[(np.arange(10), np.arange(10, 20))],
        scoring="neg_mean_absolute_error",
        sample_weight=weight,
    )
    assert all(np.array_equal(w, weight[:10]) for _, _, w in seen)
    assert result.baseline_score == -1


def test_classifiers_are_stratified():
    rng = np.random.default_rng(1)
    y = np.repeat(["no", "yes"], [100, 20])
    X = FRAME.assign(a=(y == "yes") + 0.1 * rng.normal(size=120))
    result = lofo_importance(LogisticRegression(), X, y, cv=4, scoring="balanced_accuracy")
    assert result.to_frame().index[0] == "a"
    assert result.importances_mean[0] > 0.3


def test_several_targets():
    targets = np.column_stack([Y, FRAME["c"]])
    result = lofo_importance(LinearRegression(), FRAME, targets, cv=3, scoring="r2")
    assert (result.importances_mean > 0.05).all()


def test_a_pipeline_is_refitted_without_the_raw_column():
    pipe = make_pipeline(StandardScaler(), SlidingWindow(3), LinearSequences())
    result = lofo_importance(pipe, FRAME, Y, cv=TimeSeriesSplit(2), leave_out="remove")
    assert result.feature_names.tolist() == ["a", "b", "c"]
    split = list(TimeSeriesSplit(2).split(FRAME))
    for number, (train, test) in enumerate(split):
        whole = clone(pipe).fit(FRAME.iloc[train], Y[train]).score(FRAME.iloc[test], Y[test])
        less = FRAME.drop(columns="b")
        without = clone(pipe).fit(less.iloc[train], Y[train]).score(less.iloc[test], Y[test])
        assert result.importances[1, number] == pytest.approx(whole - without)


def test_random_state_seeds_the_fits():
    model = make_pipeline(StandardScaler(), ExtraTreeRegressor())  # nested, and random
    runs = [
        lofo_importance(model, FRAME, Y, cv=2, random_state=seed).importances
        for seed in (1, 1, np.random.RandomState(2), None, None)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[3], runs[4])
    assert model[-1].random_state is None


class Breaks(Recorder):
    def fit(self, X, y):
        if X.shape[-1] < 3:
            raise RuntimeError("this fit failed")
        return super().fit(X, y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_in_a_worker_surfaces_at_once(n_jobs):
    with pytest.raises(RuntimeError, match="this fit failed"):
        lofo_importance(Breaks(), FRAME, Y, n_jobs=n_jobs, leave_out="remove")


def test_an_error_in_a_scorer_surfaces():
    def scorer(estimator, X, y):
        raise RuntimeError("this score failed")

    with pytest.raises(RuntimeError, match="this score failed"):
        lofo_importance(Ridge(), FRAME, Y, scoring=scorer)


def test_a_score_of_nan_is_an_error():
    with pytest.raises(ValueError, match="not a finite number"):
        lofo_importance(Ridge(), FRAME, Y, scoring=lambda *_: np.nan)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"by": "cell", "leave_out": "remove"}, "by='cell' is not possible for LOFO"),
        ({"leave_out": "zero"}, "'leave_out' parameter"),
        ({"by": "timestep"}, "by='timestep' needs sequences"),
        ({"cv": 1}, "k-fold cross-validation requires at least one train/test split"),
        ({"cv": 500}, "Cannot have number of splits"),
        ({"cv": GroupKFold(2)}, "groups"),
        ({"scoring": "r3"}, "r3"),
        ({"scoring": ["r2"]}, "LOFO takes one metric"),
        ({"feature_groups": {"all": ["a", "b", "c"]}}, "at least two units"),
        ({"feature_groups": {"g": ["d"]}}, "names 'd', which is unknown"),
        ({"sample_weight": np.ones(3)}, "sample_weight"),
    ],
)
def test_bad_parameters(kwargs, message):
    with pytest.raises(ValueError, match=message):
        lofo_importance(Ridge(), FRAME, Y, **kwargs)


def test_a_single_feature_cannot_be_left_out():
    with pytest.raises(ValueError, match="at least two units to leave one out; got only 'a'"):
        lofo_importance(Ridge(), FRAME[["a"]], Y)


def test_progress_is_shown_on_demand(capsys):
    lofo_importance(Ridge(), FRAME, Y, cv=2)
    assert capsys.readouterr().err == ""
    lofo_importance(Ridge(), FRAME, Y, cv=2, verbose=1)
    assert "8/8" in capsys.readouterr().err


def test_a_splitter_sees_the_data():
    class ByValue:
        def split(self, X, y=None, groups=None):
            yield np.flatnonzero(X["a"] > 0), np.flatnonzero(X["a"] <= 0)

        def get_n_splits(self, X=None, y=None, groups=None):
            return 1

    assert lofo_importance(Ridge(), FRAME, Y, cv=ByValue()).importances.shape == (3, 1)
    with pytest.raises(ValueError, match="y is None"):
        lofo_importance(Ridge(), FRAME, None)
