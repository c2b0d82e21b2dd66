"""Shuffling sequences of unequal length."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from skfi import permutation_importance
from skfi.importance._permutation._unequal_lengths import donors


def random_lengths(n, n_timesteps, seed=0):
    return np.random.default_rng(seed).integers(1, n_timesteps + 1, size=n)


@pytest.mark.parametrize("seed", range(5))
def test_each_step_is_permuted_among_the_sequences_that_reach_it(seed):
    random = np.random.default_rng(seed)
    lengths = random_lengths(40, 9, seed)
    real = np.arange(9) < lengths[:, None]
    real &= random.random(real.shape) < (0.7 if seed > 2 else 1)  # a network may skip steps inside
    rows = random.permutation(40)[:30]  # a subsample, in any order
    found = donors(rows, random.permutation(rows), real)
    for t in range(9):
        reach = real[rows, t]
        assert sorted(found[reach, t]) == sorted(rows[reach])
        assert (found[~reach, t] == rows[~reach]).all()


def test_with_equal_lengths_it_is_the_plain_shuffle():
    sources = np.random.default_rng(0).permutation(20)
    found = donors(np.arange(20), sources, np.ones((20, 5), dtype=bool))
    assert (found == sources[:, None]).all()


def test_a_donor_gives_its_series_for_as_long_as_it_lasts():
    real = np.arange(6) < np.array([[6], [2], [4]])
    found = donors(np.arange(3), np.array([1, 2, 0]), real)
    assert found[0].tolist() == [1, 1, 2, 2, 0, 0]  # 1, then 1's donor 2, then 2's donor: itself
    assert found[1].tolist() == [2, 2, 1, 1, 1, 1]
    assert found[2].tolist() == [0, 0, 0, 0, 2, 2]


class LengthReader(RegressorMixin, BaseEstimator):
    """Predicts from the number of real steps alone, and notes what it was shown."""

    mask_value = np.nan

    def __init__(self):
        self.seen = []

    def fit(self, X, y):
        return self

    def predict(self, X):
        self.seen.append(X.copy())
        return (~np.isnan(X)).any(axis=2).sum(axis=1)


@pytest.mark.parametrize("shuffle", ["series", "values"])
@pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
def test_length_is_information_of_no_feature(by, shuffle):
    lengths = random_lengths(25, 6)
    X = np.random.default_rng(0).normal(size=(25, 6, 2))
    X[np.arange(6) >= lengths[:, None]] = np.nan
    reader = LengthReader()
    found = permutation_importance(reader, X, lengths, by=by, shuffle=shuffle, random_state=0)
    assert (found.importances == 0).all()
    for shown in reader.seen:  # no value has left its time step, no padding has become one
        assert (np.isnan(shown) == np.isnan(X)).all()
        assert np.allclose(np.sort(shown, axis=0), np.sort(X, axis=0), equal_nan=True)
    assert any((shown != X)[~np.isnan(X)].any() for shown in reader.seen)
