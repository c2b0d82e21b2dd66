"""What decides a score, and nothing else, changes the hash under which it is stored."""

import importlib
import os
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer, mean_absolute_error, mean_squared_error
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tqdm import tqdm

from skfi import LSTMRegressor, lofo_importance, permutation_importance
from skfi.importance._fingerprint import fingerprint

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
y = X[:, 0] + X[:, 1]


def compiled(source, **names):
    """The function ``f`` of a source, as if it stood in another script."""
    exec(source, names)
    return names["f"]


def changed(array, value=1e-9):
    array = array.copy()
    array.flat[4] += value
    return array


def network(units=2, seed=0, loss="mse", rate=0.01):
    keras.utils.set_random_seed(seed)
    layers = [
        keras.layers.Input((3, 1)),
        keras.layers.LSTM(units, name="a"),
        keras.layers.Dense(1, name="b"),
    ]
    model = keras.Sequential(layers, name="c")
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


def own_class(predict):
    return type("Own", (Ridge,), {"__module__": "own", "predict": compiled(f"f = {predict}")})


def of_own_layer(call):
    members = {"__module__": "own", "call": compiled(f"f = {call}")}
    layer = type("Layer", (keras.layers.Layer,), members)
    return keras.Sequential([keras.layers.Input((3, 1)), layer(), keras.layers.Dense(1)])


class Own(Ridge):
    pass


SAME = {
    "arrays": lambda: X.copy(),
    "fortran": lambda: np.asfortranarray(X).copy(order="F"),
    "frame": lambda: pd.DataFrame(X, columns=list("abc")),
    "texts": lambda: ["one text", "two"],
    "dict in another order": lambda: dict(sorted({"b": 1, "a": 2}.items())),
    "mixed keys": lambda: {1: "a", "b": 2, (0, 1): 3},
    "set": lambda: {"a", "b", "c"},
    "lambda": lambda: compiled("f = lambda x: x + 1"),
    "closure": lambda: (lambda a: lambda x: x + a)(3),
    "recursive": lambda: compiled("def f(n): return n and f(n - 1)"),
    "class": lambda: type(
        "Local", (Ridge,), {"__module__": "own", "predict": compiled("f = lambda self, X: X")}
    ),
    "pipeline": lambda: make_pipeline(StandardScaler(), Ridge(alpha=2)),
    "scorer": lambda: make_scorer(mean_absolute_error, greater_is_better=False),
    "network": network,
    "optimizer": lambda: keras.optimizers.Adam(0.01),
    "random state": lambda: np.random.RandomState(0),
}


@pytest.mark.parametrize("name", list(SAME))
def test_equal_things_have_equal_hashes(name):
    assert fingerprint(SAME[name]()) == fingerprint(SAME[name]())


PAIRS = {
    "a cell": (X, changed(X)),
    "dtype": (X, X.astype(np.float32)),
    "shape": (X, X.reshape(-1)),
    "columns": (pd.DataFrame(X, columns=list("abc")), pd.DataFrame(X, columns=list("abd"))),
    "a text": (["a", "b"], ["a", "c"]),
    "parameter": (Ridge(alpha=1), Ridge(alpha=2)),
    "class": (Ridge(), Own()),
    "step": (make_pipeline(StandardScaler(), Ridge()), make_pipeline(Ridge())),
    "lambda": (compiled("f = lambda x: x + 1"), compiled("f = lambda x: x + 2")),
    "inner function": (
        compiled("def f(x):\n def g(): return 1\n return g"),
        compiled("def f(x):\n def g(): return 2\n return g"),
    ),
    "default": (compiled("def f(x=1): pass"), compiled("def f(x=2): pass")),
    "closure": ((lambda a: lambda x: x + a)(3), (lambda a: lambda x: x + a)(4)),
    "constant that it names": (
        compiled("def f(x): return x + K", K=1),
        compiled("def f(x): return x + K", K=2),
    ),
    "function that it calls": (
        compiled("def f(x): return g(x)", g=compiled("f = lambda x: x")),
        compiled("def f(x): return g(x)", g=compiled("f = lambda x: -x")),
    ),
    "partial": (partial(mean_absolute_error, a=1), partial(mean_absolute_error, a=2)),
    "metric": (make_scorer(mean_absolute_error), make_scorer(mean_squared_error)),
    "sign": (
        make_scorer(mean_absolute_error),
        make_scorer(mean_absolute_error, greater_is_better=False),
    ),
    "method": (
        own_class("lambda self, X: X"),
        own_class("lambda self, X: -X"),
    ),
    "own layer": (of_own_layer("lambda self, x: x + 1"), of_own_layer("lambda self, x: x + 2")),
    "own loss": (
        network(loss=compiled("def f(y, p): return (y - p) ** 2")),
        network(loss=compiled("def f(y, p): return (y - p) ** 4")),
    ),
    "weights": (network(seed=0), network(seed=1)),
    "layers": (network(units=2), network(units=3)),
    "loss": (network(loss="mse"), network(loss="mae")),
    "optimizer": (network(rate=0.01), network(rate=0.02)),
    "fitted": (LinearRegression().fit(X, y), LinearRegression().fit(X, -y)),
    "step's function": (
        FunctionTransformer(compiled("f = lambda x: x + 1")),
        FunctionTransformer(compiled("f = lambda x: x + 2")),
    ),
}


@pytest.mark.parametrize("name", list(PAIRS))
def test_what_differs_has_another_hash(name):
    one, other = PAIRS[name]
    assert fingerprint(one) != fingerprint(other)


def test_a_module_that_a_function_names_counts_by_its_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    hashes = []
    for factor in (2, 3):
        (tmp_path / "own_helpers.py").write_text(f"def g(x): return {factor} * x\n")
        sys.modules.pop("own_helpers", None)
        importlib.invalidate_caches()
        module = importlib.import_module("own_helpers")
        hashes.append(fingerprint(compiled("def f(x): return helpers.g(x)", helpers=module)))
    assert hashes[0] != hashes[1]


def test_code_of_an_installed_package_counts_by_its_version(monkeypatch):
    by_version = fingerprint(tqdm)
    monkeypatch.setattr(tqdm, "update", lambda *_: None)
    assert fingerprint(tqdm) == by_version
    monkeypatch.setattr(sys.modules["tqdm"], "__version__", "0")
    assert fingerprint(tqdm) != by_version


def test_the_precision_of_networks_counts():
    before = fingerprint(1)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert fingerprint(1) != before
    finally:
        keras.config.set_dtype_policy("float32")


def test_another_process_has_the_same_hash():
    code = (
        "import numpy as np\n"
        "from skfi import LSTMRegressor\n"
        "from skfi.importance._fingerprint import fingerprint\n"
        "f = eval('lambda x: x + 1')\n"
        "print(fingerprint(LSTMRegressor(), {'a', 'b', 'c'}, {1: 2, 'a': f}, np.arange(3)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "123"},
    ).stdout.strip()
    parts = LSTMRegressor(), {"a", "b", "c"}, {1: 2, "a": eval("lambda x: x + 1")}, np.arange(3)
    assert fingerprint(*parts) == other


@pytest.fixture
def n_folders(tmp_path):
    return lambda: len(list((tmp_path / "skfi").iterdir()))


LOFO = {
    "X": {"X": changed(X)},
    "y": {"y": changed(y)},
    "weights": {"sample_weight": changed(np.ones(30))},
    "folds": {"cv": KFold(3, shuffle=True, random_state=1)},
    "more folds": {"cv": 4},
    "metric": {"scoring": "r2"},
    "left out": {"leave_out": "constant"},
    "groups": {"feature_groups": {"ab": [0, 1]}},
    "names": {"feature_names": ["a", "b", "c"]},
    "estimator": {"estimator": Ridge(alpha=3, random_state=0)},
    "seed": {"random_state": 1},
}
NOTHING = {
    "jobs": {"n_jobs": 2},
    "verbose": {"verbose": 1},
    "time": {"time_limit": 100},
    "error": {"error_score": np.nan},
}


@pytest.mark.parametrize("name", [*LOFO, *NOTHING])
def test_lofo_stores_calls_apart_that_differ(tmp_path, n_folders, name):
    base = {"estimator": Ridge(random_state=0), "X": X, "y": y, "cv": 3, "memory": tmp_path}
    lofo_importance(**base)
    lofo_importance(**base | (LOFO | NOTHING)[name])
    assert n_folders() == (2 if name in LOFO else 1)


PERMUTATION = {
    "X": {"X": changed(X)},
    "y": {"y": changed(y)},
    "estimator": {"estimator": LinearRegression().fit(X, -y)},
    "metric": {"scoring": "neg_mean_absolute_error"},
    "groups": {"feature_groups": {"ab": [0, 1]}},
    "conditional": {"conditional": True},
}


@pytest.mark.parametrize("name", list(PERMUTATION))
def test_permutation_stores_scores_apart_that_differ(tmp_path, name):
    base = {"estimator": LinearRegression().fit(X, y), "X": X, "y": y, "random_state": 0}
    expected = permutation_importance(**base | PERMUTATION[name])
    permutation_importance(**base, memory=tmp_path)
    result = permutation_importance(**base | PERMUTATION[name], memory=tmp_path)
    np.testing.assert_array_equal(result.importances, expected.importances)


def test_a_second_fit_is_another_network(tmp_path):
    sequences = rng.normal(size=(30, 3, 2))
    network = LSTMRegressor(units=2, epochs=1, random_state=0, importance=None)
    params = {"memory": tmp_path, "random_state": 0}
    first = permutation_importance(network.fit(sequences, y), sequences, y, **params)
    network.set_params(random_state=1).fit(sequences, y)
    second = permutation_importance(network, sequences, y, **params)
    assert (first.importances != second.importances).all()
