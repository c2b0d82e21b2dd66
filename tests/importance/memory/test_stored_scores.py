"""Calls that were stopped go on from the scores that are stored, to the last bit."""

import errno
from itertools import count
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import KFold, ShuffleSplit

from skfi import LSTMRegressor, compare_importances, lofo_importance, permutation_importance

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = X @ [3.0, 1.0, 0.5, 0.0] + rng.normal(size=60)


class Counting(Ridge):
    """Counts its fits, and may raise an error in one of them."""

    def __init__(self, alpha=1.0, tally=None):
        super().__init__(alpha, random_state=0)
        self.tally = tally

    def fit(self, X, y, sample_weight=None):
        self.tally()
        return super().fit(X, y, sample_weight)


class Tally:
    """Shared by clones, and the same whatever was counted."""

    def __init__(self, error=None, at=None):
        self.n, self.error, self.at = 0, error, at

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return (Tally, ())

    def __call__(self):
        if self.n == self.at:
            raise self.error
        self.n += 1


def files(folder):
    return sorted(Path(folder).rglob("*.npz"))


def lofo(folder, tally=None, **params):
    return lofo_importance(Counting(tally=tally or Tally()), X, y, cv=3, memory=folder, **params)


@pytest.mark.parametrize("as_memory", [str, Path, joblib.Memory], ids=["str", "path", "Memory"])
def test_the_same_call_fits_nothing_again(tmp_path, as_memory):
    first, again = Tally(), Tally()
    result = lofo(as_memory(tmp_path), first)
    repeated = lofo(as_memory(tmp_path), again)
    assert (first.n, again.n, len(files(tmp_path))) == (15, 0, 15)
    np.testing.assert_array_equal(repeated.importances, result.importances)
    np.testing.assert_array_equal(result.importances, lofo(None).importances)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("at", [0, 1, 7, 14])
def test_what_was_finished_is_not_lost(tmp_path, error, at):
    stopped, rest = Tally(error(), at), Tally()
    with pytest.raises(error) as raised:
        lofo(tmp_path, stopped)
    if at:
        assert f"{at} scores are kept in '{tmp_path}" in raised.value.__notes__[0]
    result = lofo(tmp_path, rest)
    assert stopped.n + rest.n == 15
    np.testing.assert_array_equal(result.importances, lofo(None).importances)


def test_a_warm_refit_trains_only_the_networks_that_it_starts_from(tmp_path):
    sequences = rng.normal(size=(40, 3, 2))
    network = LSTMRegressor(units=2, epochs=2, random_state=0, importance=None)
    params = {"cv": 3, "refit": "warm", "refit_epochs": 1, "n_jobs": 1}
    target = sequences[:, -1, 0]
    expected = lofo_importance(network, sequences, target, **params)
    lofo_importance(network, sequences, target, memory=tmp_path, **params)
    for path in files(tmp_path)[2:5]:
        path.unlink()
    result = lofo_importance(network, sequences, target, memory=tmp_path, **params)
    np.testing.assert_array_equal(result.importances, expected.importances)


def test_each_output_is_stored(tmp_path):
    targets = np.column_stack([y, X[:, 3]])
    calls = [
        lofo_importance(LinearRegression(), X, targets, cv=3, per_output=True, memory=memory)
        for memory in (None, tmp_path, tmp_path)
    ]
    for result in calls[1:]:
        np.testing.assert_array_equal(result.importances_mean, calls[0].importances_mean)


SCORINGS = {
    "default": None,
    "several": ["r2", "neg_mean_absolute_error", "neg_median_absolute_error"],
    "left out": "neg_median_absolute_error",
    "own": make_scorer(mean_absolute_error, greater_is_better=False),
}


@pytest.mark.parametrize("scoring", list(SCORINGS))
@pytest.mark.parametrize("groups", [None, {"both": [0, 1]}], ids=["plain", "groups"])
def test_permutation_reads_each_score_and_what_its_intervals_need(
    tmp_path, scoring, groups, monkeypatch
):
    model = LinearRegression().fit(X, y)
    params = {"scoring": SCORINGS[scoring], "random_state": 0, "feature_groups": groups}
    expected = permutation_importance(model, X, y, **params)
    permutation_importance(model, X, y, memory=tmp_path, **params)

    def predict(self, X):
        raise AssertionError("was predicted again")

    monkeypatch.setattr(LinearRegression, "predict", predict)
    result = permutation_importance(model, X, y, memory=tmp_path, **params)
    for of_metric, same in zip(
        result.values() if scoring == "several" else [result],
        expected.values() if scoring == "several" else [expected],
        strict=True,
    ):
        np.testing.assert_array_equal(of_metric.importances, same.importances)
        np.testing.assert_array_equal(of_metric.confidence_intervals, same.confidence_intervals)


def test_compare_importances_passes_it_on(tmp_path):
    model = LinearRegression().fit(X, y)
    params = {"methods": ["permutation", "lofo"], "random_state": 0, "cv": 3}
    expected = compare_importances(model, X, y, **params)
    first, second = (compare_importances(model, X, y, memory=tmp_path, **params) for _ in range(2))
    assert {path.parent.name.split("-")[0] for path in files(tmp_path)} == {"permutation", "lofo"}
    for comparison in (first, second):
        assert comparison.to_frame().equals(expected.to_frame())


@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty", "of another call", "renamed"])
def test_a_file_that_is_not_as_it_was_written_is_computed_again(tmp_path, damage):
    expected = lofo(tmp_path).importances
    path, other = files(tmp_path)[3:5]
    content = path.read_bytes()
    if damage == "of another call":
        lofo_importance(Ridge(alpha=9, random_state=0), X, y, cv=3, memory=tmp_path / "other")
        content = files(tmp_path / "other")[3].read_bytes()
    new = {"truncated": content[: len(content) // 2], "foreign": b"scores", "empty": b""}
    path.write_bytes(new.get(damage, other.read_bytes() if damage == "renamed" else content))
    tally = Tally()
    np.testing.assert_array_equal(lofo(tmp_path, tally).importances, expected)
    assert tally.n == 1
    assert path.stat().st_size > 100


@pytest.mark.parametrize("byte", range(0, 700, 37))
def test_a_changed_byte_changes_no_number(tmp_path, byte):
    expected = lofo(tmp_path).importances
    path = files(tmp_path)[3]
    content = bytearray(path.read_bytes())
    content[byte] ^= 0xFF
    path.write_bytes(content)
    np.testing.assert_array_equal(lofo(tmp_path).importances, expected)


@pytest.mark.parametrize("place", [8, 10])  # flags and method of the first entry of the directory
def test_a_damaged_directory_changes_no_number(tmp_path, place):
    expected = lofo(tmp_path).importances
    path = files(tmp_path)[3]
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + place] ^= 1  # says: encrypted, or packed in another way
    path.write_bytes(content)
    np.testing.assert_array_equal(lofo(tmp_path).importances, expected)


@pytest.mark.parametrize("name", ["", "file"])
def test_what_is_no_folder_is_refused(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is no folder; pass the path of one"):
        lofo(tmp_path / "file" if name else "")


def test_a_full_disk_costs_the_scores_in_store_but_not_the_result(tmp_path, monkeypatch):
    full = count()
    write = np.savez

    def savez(file, **arrays):
        if next(full) >= 10:
            file.write(b"half of a f")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    with pytest.warns(RuntimeWarning, match="5 scores could not be stored: .* No space left"):
        result = lofo(tmp_path)
    np.testing.assert_array_equal(result.importances, lofo(None).importances)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == files(tmp_path)
    assert len(left) == 10
    model = LinearRegression().fit(X, y)
    with pytest.warns(RuntimeWarning, match="A score could not be stored: .* No space left"):
        permutation_importance(model, X, y, random_state=0, memory=tmp_path)


def no_seed():
    return LSTMRegressor(random_state=None)


@pytest.mark.parametrize(
    ("estimator", "params", "message"),
    [
        (no_seed(), {}, "random_state=None draws other numbers in each call"),
        (LinearRegression(), {"cv": KFold(3, shuffle=True)}, "makes other folds in each call"),
        (LinearRegression(), {"cv": ShuffleSplit(3)}, "makes other folds in each call"),
        (LinearRegression(), {"memory": 3}, "memory=3 is of type int"),
        (Counting(tally=(i for i in [])), {}, "cannot be compared: cannot pickle"),
    ],
)
def test_what_cannot_go_on_is_said_before_any_fit(tmp_path, estimator, params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        lofo_importance(estimator, X, y, **({"memory": tmp_path} | params))
    assert not files(tmp_path)


def test_permutation_needs_a_seed_to_go_on(tmp_path):
    with pytest.raises(ValueError, match="random_state=None shuffles in another way"):
        permutation_importance(LinearRegression().fit(X, y), X, y, memory=tmp_path)
