"""What results say of how they were computed."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from skfi import LSTMRegressor, compare_importances, gradient_importance, permutation_importance
from skfi.importance._results import _data
from skfi.importance._results._data import data_summary

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = X @ [1.0, 2.0, 0.0]
days = pd.date_range("2020-01-01", periods=40)


def test_the_call_is_said():
    frame = pd.DataFrame(X, columns=list("abc"), index=days)
    model = LinearRegression().fit(frame, y)
    about = permutation_importance(model, frame, y, n_repeats=3, random_state=0).about
    assert about["function"] == "permutation_importance"
    assert about["parameters"] == {"n_repeats": "3", "random_state": "0"}
    assert about["estimator"] == "LinearRegression()"
    assert about["network"] is None
    assert about["seconds"] > 0
    assert about["versions"]["numpy"] == np.__version__
    assert about["data"]["inputs"] == {"X": {"shape": (40, 3), "missing": 0.0}}
    assert about["data"]["period"] == ("2020-01-01 00:00:00", "2020-02-09 00:00:00")
    expected = {"min": y.min(), "mean": y.mean(), "max": y.max()}
    assert about["data"]["targets"]["numbers"]["0"] == pytest.approx(expected)


def test_the_network_is_said():
    model = LSTMRegressor(3, epochs=1, random_state=0).fit(X.reshape(-1, 2, 3), y[:20])
    for result in (model.importances_, gradient_importance(model, X.reshape(-1, 2, 3))):
        network = result.about["network"]
        assert network["n_parameters"] == 4 * 3 * (3 + 3 + 1) + 4
        assert [layer["class"] for layer in network["layers"]] == ["LSTM", "Dense"]
        assert network["layers"][0]["output"] == (None, 3)


def test_each_result_has_it():
    both = np.stack([y, X[:, 0]], axis=1)
    by_output = permutation_importance(
        LinearRegression().fit(X, both), X, both, per_output=True, random_state=0
    )
    assert all(one.about["function"] == "permutation_importance" for one in by_output.values())
    scored = permutation_importance(
        LinearRegression().fit(X, y), X, y, scoring=["r2", "neg_mean_squared_error"], random_state=0
    )
    assert all("about" in one for one in scored.values())
    comparison = compare_importances(
        LinearRegression().fit(X, y), X, y, methods=["permutation", "lofo"], random_state=0
    )
    assert comparison.about["function"] == "compare_importances"
    assert comparison.results["lofo"].about["function"] == "lofo_importance"


sparse_steps = np.where(np.arange(4)[:, None] < 3, rng.normal(size=(10, 4, 2)), np.nan)
sparse_steps[0, 0, 0] = np.nan  # one of 60 values in the steps that are there

SUMMARIES = {
    "padding is not missing": (
        (sparse_steps,),
        {"X": {"shape": (10, 4, 2), "missing": 1 / 60, "empty_steps": 0.25}},
    ),
    "texts": ((["a b c", "d"],), {"X": {"texts": 2, "words": 2.0}}),
    "a list of rows": (([[1, 2], [3, 4]],), {"X": {"shape": (2, 2)}}),
    "lists of unequal length": (([[1, 2], [3]],), {"X": {"described": "list of length 2"}}),
    "by name": (
        ({"w": X[:, :1], "s": X},),
        {
            "w": {"shape": (40, 1), "missing": 0.0},
            "s": {"shape": (40, 3), "missing": 0.0},
        },
    ),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_data_in_figures(name):
    given, expected = SUMMARIES[name]
    found = data_summary(*given)["inputs"]
    assert found.keys() == expected.keys()
    for key in expected:
        assert found[key].keys() == expected[key].keys()
        assert all(found[key][e] == pytest.approx(expected[key][e]) for e in expected[key]), name


TARGETS = {
    "labels": (np.array(["b", "a", "b"]), {"classes": {"b": 2, "a": 1}, "n_classes": 2}),
    "numbers of classes": (np.array([1, 0, 1]), {"classes": {"1": 2, "0": 1}, "n_classes": 2}),
    "yes and no": (np.array([True, False, True]), {"classes": {"True": 2, "False": 1}}),
    "whole numbers that are many": (np.arange(30), {"n_columns": 1}),
    "a column": (np.array([[0.5], [1.5]]), {"n_columns": 1}),
    "with NaN": (np.array([[0.5, np.nan], [1.5, np.nan]]), {"n_columns": 2}),
    "of unequal length": ([[1.0], [1.0, 2.0]], {"described": "list of length 2"}),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_in_figures(name):
    given, expected = TARGETS[name]
    found = data_summary(X, given)["targets"]
    assert expected.items() <= found.items()


def test_several_inputs_in_order_and_outputs_in_a_list():
    series, static = keras.Input((3, 1), name="w"), keras.Input((2,), name="s")
    joined = keras.layers.Concatenate()([keras.layers.LSTM(2)(series), static])
    outputs = [keras.layers.Dense(n, name=name)(joined) for n, name in ((1, "a"), (2, "b"))]
    network = keras.Model([series, static], outputs)
    network.compile("sgd", "mse")
    given = (X[:, :, None], X[:, :2])
    targets = [y[:, None], X[:, :2]]
    result = permutation_importance(network, given, targets, random_state=0)
    data = result.about["data"]
    assert {name: one["shape"] for name, one in data["inputs"].items()} == {
        "w": (40, 3, 1),
        "s": (40, 2),
    }
    assert list(data["targets"]) == ["a", "b"]
    assert [one["n_columns"] for one in data["targets"].values()] == [1, 2]


def test_large_arrays_are_counted_in_some_rows(monkeypatch):
    monkeypatch.setattr(_data, "_MOST_CELLS", 10)
    values = np.zeros((20, 2))
    values[::4, 0] = np.nan
    assert data_summary(values)["inputs"]["X"]["missing"] == 0.5  # of each fourth row


def test_classifiers_have_classes():
    labels = np.where(y > 0, "wet", "dry")
    result = permutation_importance(LogisticRegression().fit(X, labels), X, labels, random_state=0)
    assert result.about["data"]["targets"]["n_classes"] == 2
