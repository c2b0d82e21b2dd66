"""What LOFO holds: cells, steps, words and missing values, in training and in test."""

import numpy as np
import pandas as pd
import pytest
from lofo_data import CUBE, FIRST, TABLE, TINY
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import GridSearchCV

from skfi import LSTMClassifier, LSTMRegressor, lofo_importance


class Recorder(RegressorMixin, BaseEstimator):
    """Notes the arrays that it is fitted and scored on."""

    seen: list = []  # noqa: RUF012 - shared on purpose: clones write to it

    def __init__(self, mask_value=None, n_timesteps=None, return_sequences=False):
        self.mask_value = mask_value
        self.n_timesteps = n_timesteps
        self.return_sequences = return_sequences

    def fit(self, X, y):
        self.seen.append(X)
        return self

    def predict(self, X):
        self.seen.append(X)
        return np.zeros(len(X))


def seen_by(estimator, X, **call):
    """All samples as they are with all units, then without each."""
    Recorder.seen = []
    half = len(X) // 2
    folds = [(np.arange(half), np.arange(half, len(X)))]
    call = {"scoring": "neg_mean_absolute_error", "leave_out": "constant"} | call
    lofo_importance(estimator, X, np.arange(len(X), dtype=float), cv=folds, **call)
    parts = Recorder.seen
    join = pd.concat if hasattr(X, "iloc") else np.concatenate
    return [join(parts[i : i + 2]) for i in range(0, len(parts), 2)]


@pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
def test_cells_are_held_in_training_and_in_test(by):
    X = CUBE[:20]
    whole, *others = seen_by(Recorder(), X, by=by)
    assert np.array_equal(whole, X)
    assert len(others) == {"feature": 3, "timestep": 4, "cell": 12}[by]
    mean = X.mean(axis=(0, 1))
    for i, found in enumerate(others):
        expected = X.copy()
        if by == "feature":
            expected[:, :, i] = mean[i]
        elif by == "timestep":
            expected[:, i] = mean
        else:
            expected[:, i // 3, i % 3] = mean[i % 3]
        assert np.allclose(found, expected, atol=1e-6)
        assert found.dtype == X.dtype
        assert (np.ptp(found[:, expected[0] != X[0]], axis=0) == 0).all()


def test_columns_that_fold_into_steps():
    X = CUBE[:20].reshape(20, 12)
    _, *others = seen_by(Recorder(n_timesteps=4), X, leave_out="auto")
    assert len(others) == 12
    for i, found in enumerate(others):
        expected = X.copy()
        expected[:, i] = X[:, i % 3 :: 3].mean()  # of the feature at all steps
        assert np.allclose(found, expected, atol=1e-6)
    table = pd.DataFrame(X, columns=[f"c{i}" for i in range(12)])
    _, *of_table = seen_by(Recorder(n_timesteps=4), table)
    for found, same in zip(others, of_table, strict=True):
        assert np.allclose(found, same)
        assert (same.dtypes == "float32").all()


@pytest.mark.parametrize("mask_value", [np.nan, 0.0, -1.0])
@pytest.mark.parametrize("form", ["3-D", "2-D", "table"])
@pytest.mark.parametrize("by", ["feature", "timestep"])
def test_padding_stays_padding_and_real_steps_real(mask_value, form, by):
    random = np.random.default_rng(1)
    X = random.integers(-1, 2, size=(30, 5, 3)).astype(float)  # full of 0 and of -1
    X[:, 0, 0] = 7
    real = np.arange(5) < random.integers(1, 6, size=30)[:, None]
    X = np.where(real[:, :, None], X, mask_value)
    same = np.isnan if np.isnan(mask_value) else lambda values: values == mask_value
    real = ~same(X).all(axis=2)
    given = X if form == "3-D" else X.reshape(30, 15)
    given = pd.DataFrame(given) if form == "table" else given
    estimator = Recorder(mask_value, n_timesteps=None if form == "3-D" else 5)
    groups = None if form == "3-D" or by == "timestep" else {"f": [0, 3, 6, 9, 12]}
    _, *others = seen_by(estimator, given, by=by, feature_groups=groups)
    for found in others:
        found = np.asarray(found).reshape(X.shape)
        assert np.array_equal(~same(found).all(axis=2), real)
        assert np.array_equal(found[~real], X[~real], equal_nan=True)


def test_missing_values_tell_nothing_either():
    random = np.random.default_rng(1)
    X = np.where(random.random(TABLE.shape) < 0.2, np.nan, TABLE)

    class TakesNaN(Recorder):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.allow_nan = True
            return tags

    _, *others = seen_by(TakesNaN(), X)
    for i, found in enumerate(others):
        assert np.allclose(found[:, i], np.nanmean(X[:, i]))
        rest = np.delete(found, i, axis=1)
        assert np.array_equal(rest, np.delete(X, i, axis=1), equal_nan=True)


def test_what_cannot_be_removed_is_held():
    X, y = CUBE[:60], np.cumsum(CUBE[:60, :, 0], axis=1)
    per_step = LSTMRegressor(**TINY, return_sequences=True)
    call = {"cv": [(np.arange(30), np.arange(30, 60))], "random_state": 0}
    with pytest.raises(ValueError, match=r"no input for its output.*leave_out='constant'"):
        lofo_importance(per_step, X, y, by="timestep", leave_out="remove", **call)
    found = lofo_importance(per_step, X, y, by="timestep", **call)
    assert (found.leave_out, len(found.importances)) == ("constant", 4)
    cells = lofo_importance(LSTMRegressor(**TINY), X[:, :2, :2], y[:, 0], by="cell", **call)
    assert cells.feature_names.tolist() == [f"x{f}[{t}]" for t in ("t-1", "t") for f in range(2)]
    assert cells.axes == (["t-1", "t"], ["x0", "x1"])


def test_positions_of_token_ids_become_the_unknown_word():
    random = np.random.default_rng(1)
    ids = random.integers(2, 9, size=(60, 4))
    ids[::2, 2:] = 0  # padding
    Recorder.seen = []

    class Reader(Recorder):
        embedding_dim = 2

    _, *others = seen_by(Reader(), ids, by="timestep", unknown_id=5)
    for i, found in enumerate(others):
        expected = ids.copy()
        expected[:, i] = np.where(ids[:, i] == 0, 0, 5)
        assert np.array_equal(found, expected)
    labels = (ids == 3).any(axis=1)
    call = {"cv": [(np.arange(30), np.arange(30, 60))], "by": "timestep", "random_state": 0}
    model = LSTMClassifier(**TINY, embedding_dim=2, n_tokens=10)
    assert lofo_importance(model, ids, labels, **call).leave_out == "remove"
    held = lofo_importance(model, ids, labels, leave_out="constant", **call)
    assert held.leave_out == "constant"


def test_the_padding_of_a_search_is_known():
    X = CUBE[:40].astype(float)
    X[::2, 2:] = np.nan
    search = GridSearchCV(Recorder(np.nan), {"n_timesteps": [None]}, cv=2, refit=True)
    Recorder.seen = []
    folds = [(np.arange(20), np.arange(20, 40))]
    lofo_importance(search, X, np.arange(40.0), cv=folds)
    assert len({np.isnan(one).sum() // len(one) for one in Recorder.seen}) == 1


def test_the_steps_of_columns_in_a_search_are_known():
    X = CUBE[:40].reshape(40, 12)
    search = GridSearchCV(Recorder(n_timesteps=4), {"return_sequences": [False]}, cv=2)
    with pytest.raises(ValueError, match="Leaving out 'x0' would break the sequences"):
        lofo_importance(search, X, FIRST[:40], leave_out="remove")
    found = lofo_importance(search, X, FIRST[:40], cv=2, by="timestep", leave_out="constant")
    assert found.feature_names.tolist() == ["t-3", "t-2", "t-1", "t"]
