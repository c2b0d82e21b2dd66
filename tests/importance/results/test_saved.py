"""Results in files are those that were saved."""

import json
import os
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from skfi import (
    ImportanceComparison,
    ImportanceReport,
    ImportanceResult,
    ImportancesByOutput,
    check_importances,
    compare_importances,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
Y = X @ [[3.0, 0], [1, 0], [0, 2]]
y = Y[:, 0]
days = pd.DataFrame(X, columns=["rain", "température", "tmax°"])
model = LinearRegression().fit(X, y)


def network():
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.layers.Input((4, 3)), keras.layers.LSTM(2), keras.layers.Dense(1)]
    )


def texts():
    from skfi import LSTMClassifier, TextSequencer

    data = ["a good film", "a bad film", "good", "so bad"] * 5
    ids = TextSequencer().fit(data)
    reader = LSTMClassifier(2, embedding_dim=2, epochs=1, importance=None, random_state=0)
    from sklearn.pipeline import make_pipeline

    pipe = make_pipeline(ids, reader).fit(data, ["+", "-"] * 10)
    return gradient_importance(pipe, data)


def labels():
    truth = np.where(y > 0, "up", "down")
    return permutation_importance(
        LogisticRegression().fit(X, truth),
        X,
        truth,
        scoring="accuracy",
        per_output=True,
        random_state=0,
    )


RESULTS = {
    "permutation": lambda: permutation_importance(model, days.to_numpy(), y, random_state=0),
    "frame": lambda: permutation_importance(
        LinearRegression().fit(days, y), days, y, random_state=0
    ),
    "own metric": lambda: permutation_importance(
        model, X, y, scoring=lambda est, X, y: est.score(X, y), random_state=0
    ),
    "groups": lambda: permutation_importance(
        model, X, y, feature_groups={"both": [0, 1]}, random_state=0
    ),
    "lofo": lambda: lofo_importance(LinearRegression(), X, y, cv=4),
    "incomplete": lambda: lofo_importance(LinearRegression(), X, y, cv=4, time_limit=0),
    "gradient": lambda: gradient_importance(network(), rng.normal(size=(5, 4, 3))),
    "cells": lambda: gradient_importance(network(), rng.normal(size=(5, 4, 3)), by="cell"),
    "one sample": lambda: gradient_importance(network(), rng.normal(size=(5, 4, 3))).sample(2),
    "texts": texts,
    "outputs": lambda: permutation_importance(
        LinearRegression().fit(X, Y), X, Y, per_output=True, random_state=0
    ),
    "classes": labels,
    "comparison": lambda: compare_importances(
        model, X, y, methods=["permutation", "lofo"], random_state=0
    ),
    "report": lambda: check_importances(
        model, X, y, permutation_importance(model, X, y, random_state=0), random_state=0
    ),
}


def assert_same(one, other, where="result"):
    assert type(one) is type(other), where
    if isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key!r}]")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), where
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{i}]")
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)
    else:
        assert one == other or (one != one and other != other), where


@pytest.mark.parametrize("name", list(RESULTS))
def test_what_is_loaded_is_what_was_saved(name, tmp_path):
    result = RESULTS[name]()
    result.save(tmp_path / "result.npz")
    loaded = type(result).load(str(tmp_path / "result.npz"))
    assert_same(loaded, result)
    assert os.listdir(tmp_path) == ["result.npz"]
    assert repr(loaded) == repr(result)
    if name not in ("report",):
        pd.testing.assert_frame_equal(loaded.to_frame(), result.to_frame())
    drawn = loaded.plot().figure_
    assert len(drawn.axes) == len(result.plot().figure_.axes)


def test_loaded_results_are_compared_and_checked(tmp_path):
    for name in ("permutation", "lofo"):
        RESULTS[name]().save(tmp_path / f"{name}.npz")
    results = {
        name: ImportanceResult.load(tmp_path / f"{name}.npz") for name in ("permutation", "lofo")
    }
    comparison = ImportanceComparison.from_results(results)
    assert comparison.to_frame().shape[0] == 3
    report = check_importances(model, X, y, results["permutation"], random_state=0)
    assert isinstance(report, ImportanceReport)


@pytest.mark.parametrize("name", list(RESULTS))
def test_json_is_standard_and_complete(name):
    result = RESULTS[name]()

    def refuse(constant):
        raise AssertionError(constant)

    entries = json.loads(result.to_json(), parse_constant=refuse)
    assert list(entries) == [str(key) for key in result]
    if "importances_mean" in result:
        mean = [np.nan if v is None else v for v in entries["importances_mean"]]
        np.testing.assert_array_equal(mean, result["importances_mean"])


LABELS = [1, -2, 2.5, True, np.int64(3), np.bool_(False), "a", "é", (1, "b"), pd.Timestamp("2020")]


@pytest.mark.parametrize("label", LABELS, ids=[f"{type(each).__name__}" for each in LABELS])
def test_outputs_of_any_name(label, tmp_path):
    one = ImportanceResult.from_values(np.eye(2), feature_names=["a", "b"], method="lofo")
    result = ImportancesByOutput.from_results([label, "other"], [one, one])
    result.save(tmp_path / "r.npz")
    loaded = ImportancesByOutput.load(tmp_path / "r.npz")
    assert next(iter(loaded)) == label
    assert loaded.to_frame().equals(result.to_frame())


def test_what_cannot_be_stored_is_said_and_leaves_no_file(tmp_path):
    result = ImportanceResult.from_values(
        np.eye(2), feature_names=["a", "b"], method="lofo", network=object()
    )
    with pytest.raises(TypeError, match=r"ImportanceResult\['network'\] is of type object"):
        result.save(tmp_path / "result.npz")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_if_saving_fails(tmp_path, monkeypatch):
    path = tmp_path / "result.npz"
    RESULTS["lofo"]().save(path)
    before = path.read_bytes()

    def full(file, **_):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        RESULTS["lofo"]().save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["result.npz"]


def hostile(path):
    """A file whose arrays are a pickle that would run code."""

    class Runs:
        def __reduce__(self):
            return (os.mkdir, (str(path.with_name("ran")),))

    np.savez(path, description=np.array([Runs()], dtype=object))


BAD = {
    "text": lambda path: path.write_text("result"),
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "other arrays": lambda path: np.savez(path, a=np.ones(3)),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "hostile": hostile,
    "description": lambda path: np.savez(path, description=np.array('{"skfi": 1, "result": {}}')),
}


@pytest.mark.parametrize("name", list(BAD))
def test_other_files_are_refused(name, tmp_path):
    path = tmp_path / "result.npz"
    RESULTS["lofo"]().save(path)
    BAD[name](path)
    with pytest.raises(ValueError, match=r"result.npz' is (no file that skfi has saved|damaged)"):
        ImportanceResult.load(path)
    assert not (tmp_path / "ran").exists()


def test_other_kinds_versions_and_places(tmp_path):
    path = tmp_path / "result.npz"
    RESULTS["lofo"]().save(path)
    with pytest.raises(ValueError, match=r"holds ImportanceResult; read it by ImportanceResult"):
        ImportanceComparison.load(path)
    np.savez(path, description=np.array('{"skfi": 99, "result": null}'))
    with pytest.raises(ValueError, match="version 99 of skfi's files"):
        ImportanceResult.load(path)
    with pytest.raises(FileNotFoundError):
        ImportanceResult.load(tmp_path / "none.npz")
    with pytest.raises(TypeError, match="path must be the path of a file; got 3"):
        ImportanceResult.load(3)


@pytest.mark.parametrize("name", ["importances", "by output", "comparison"])
def test_tables_go_to_parquet(name, tmp_path):
    pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    Y = X @ [[1, 0], [2, 1], [0, 3]]
    model = LinearRegression()
    frame = {
        "importances": lambda: permutation_importance(model.fit(X, Y), X, Y),
        "by output": lambda: permutation_importance(model.fit(X, Y), X, Y, per_output=True),
        "comparison": lambda: compare_importances(
            model.fit(X, Y[:, 0]), X, Y[:, 0], methods=["permutation", "lofo"], random_state=0
        ),
    }[name]().to_frame()
    frame.to_parquet(tmp_path / "table.parquet")
    again = pd.read_parquet(tmp_path / "table.parquet")
    again.columns = frame.columns  # Parquet has texts for names
    pd.testing.assert_frame_equal(again, frame)


def test_months_are_groups_that_can_be_stored(tmp_path):
    months = pd.period_range("2020-01", periods=30, freq="M").repeat(2)
    result = permutation_importance(model, X, y, random_state=0, sample_groups=months)
    result.save(tmp_path / "months.npz")
    again = ImportanceResult.load(tmp_path / "months.npz")
    assert list(again.sample_groups) == list(result.sample_groups)
