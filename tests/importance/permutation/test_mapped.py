"""Samples in a file are read by chunk, and never copied whole."""

import tracemalloc

import numpy as np
import pytest
from conftest import linear_network
from sklearn.base import BaseEstimator, RegressorMixin

from skfi import _containers, gradient_importance, permutation_importance


class Sums(RegressorMixin, BaseEstimator):
    """Adds up the first feature, in float64."""

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X[:, :, 0].sum(axis=1, dtype=np.float64)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """80 MB of sequences in a file."""
    path = tmp_path_factory.mktemp("mapped") / "X.npy"
    X = np.lib.format.open_memmap(path, "w+", "float32", (40_000, 50, 10))
    random = np.random.default_rng(0)
    for start in range(0, 40_000, 10_000):
        X[start : start + 10_000] = random.normal(size=(10_000, 50, 10))
    X.flush()
    return np.load(path, mmap_mode="r")


def largest_allocation(call):
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_absolute_error", None])
def test_permutation_reads_by_chunk(mapped, scoring):
    y = Sums().predict(mapped) + np.random.default_rng(1).normal(size=len(mapped))
    groups = {"rest": [f"x{i}" for i in range(1, 10)]}
    call = {"scoring": scoring, "n_repeats": 2, "random_state": 0, "feature_groups": groups}
    result, n_bytes = largest_allocation(lambda: permutation_importance(Sums(), mapped, y, **call))
    assert n_bytes < mapped.nbytes / 2
    expected = permutation_importance(Sums(), np.array(mapped), y, **call)
    np.testing.assert_array_equal(result.importances, expected.importances)
    np.testing.assert_array_equal(result.pvalues, expected.pvalues)


def test_gradients_of_some_samples_read_by_chunk(mapped):
    model = linear_network(np.arange(500).reshape(50, 10, 1) / 500)
    call = {"max_samples": 200, "random_state": 0, "n_steps": 4}
    gradient_importance(model, np.array(mapped[:500]), **call)  # compiles
    result, n_bytes = largest_allocation(lambda: gradient_importance(model, mapped, **call))
    assert n_bytes < mapped.nbytes / 2
    assert result.attributions.shape == (200, 50, 10)


class LikeZarr:
    """An array that is read by slices of rows only, not larger than a tenth of it."""

    def __init__(self, values):
        self._values = values
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __len__(self):
        return len(self._values)

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        assert rows.stop - rows.start <= len(self) / 10
        return np.array(self._values[rows])

    def __array__(self, dtype=None, copy=None):
        raise MemoryError("read whole")


def test_an_array_that_is_read_by_slices(mapped, monkeypatch):
    monkeypatch.setattr(_containers, "_CHUNK_BYTES", mapped.nbytes // 20)
    y = Sums().predict(mapped)
    call = {
        "n_repeats": 1,
        "random_state": 0,
        "feature_groups": {"x": [f"x{i}" for i in range(10)]},
    }
    result, n_bytes = largest_allocation(
        lambda: permutation_importance(Sums(), LikeZarr(mapped), y, **call)
    )
    assert n_bytes < mapped.nbytes / 2
    expected = permutation_importance(Sums(), mapped, y, **call)
    np.testing.assert_array_equal(result.importances, expected.importances)
