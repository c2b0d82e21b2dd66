"""What decides a score, and nothing else, changes the hash under which it is stored."""

import importlib
import os
import subprocess
import sys
from functools import cached_property, lru_cache, partial, wraps

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer, mean_absolute_error, mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.metaestimators import available_if
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


class Holder:
    """A thing of the user's own, which says nothing of what it holds."""

    def __init__(self, value):
        self.value = value

    def __call__(self, x):
        return x * self.value


def own(**members):
    return type("Own", (Ridge,), {"__module__": "own"} | members)


class Scale(keras.layers.Layer):
    def call(self, x):
        return x * self.k


def with_state(k):
    scale = Scale(name="s")
    scale.k = k
    return keras.Sequential([keras.layers.Input((3, 1)), scale], name="n")


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate

    def get_config(self):
        return {}


def naming(value):
    return compiled("def f(x): return x + K", K=value)


# what a function names, or a class has
VALUES = {
    "array": (np.ones(2), np.zeros(2)),
    "number of NumPy": (np.float32(1), np.float32(2)),
    "set": ({1, 2}, {1, 3}),
    "frozenset": (frozenset("ab"), frozenset("ac")),
    "series": (pd.Series([1]), pd.Series([2])),
    "range": (range(2), range(3)),
    "object": (Holder(1), Holder(2)),
    "estimator": (StandardScaler().fit(X), StandardScaler().fit(2 * X)),
    "partial": (partial(max, 1), partial(max, 2)),
    "cached": (lru_cache(compiled("f = lambda x: 1")), lru_cache(compiled("f = lambda x: 2"))),
    "vectorized": tuple(np.vectorize(compiled(f"f = lambda x: {k}")) for k in (1, 2)),
    "compiled": (
        tf.function(compiled("f = lambda x: 1")),
        tf.function(compiled("f = lambda x: 2")),
    ),
    "functions": (
        {"a": compiled("f = lambda x: 1")},
        {"a": compiled("f = lambda x: 2")},
    ),
    "arrays": ({"a": np.ones(2)}, {"a": np.zeros(2)}),
}  # fmt: skip
PAIRS |= {f"a function names: {name}": tuple(map(naming, pair)) for name, pair in VALUES.items()}
PAIRS |= {
    f"a class has: {name}": tuple(own(W=value)() for value in pair) for name, pair in VALUES.items()
}
PAIRS |= {
    "cached property": tuple(
        own(p=cached_property(compiled(f"f = lambda self: {k}")))() for k in (1, 2)
    ),
    "property": tuple(own(p=property(compiled(f"f = lambda self: {k}")))() for k in (1, 2)),
    "class method": tuple(own(p=classmethod(compiled(f"f = lambda cls: {k}")))() for k in (1, 2)),
    "available if": tuple(
        own(p=available_if(compiled(f"f = lambda self: {k}"))(compiled("f = lambda self: 0")))()
        for k in (1, 2)
    ),
    "class inside": tuple(own(In=own(k=k))() for k in (1, 2)),
    "arguments": (compiled("def f(*x): return x"), compiled("def f(x): return x")),
    "wrapped": tuple(wraps(mean_absolute_error)(compiled(f"f = lambda y, p: {k}")) for k in (1, 2)),
    "state of a layer": (with_state(1.0), with_state(2.0)),
    "own schedule": tuple(keras.optimizers.Adam(Schedule(rate)) for rate in (0.1, 0.2)),
}
SAME |= {f"a function names: {name}": partial(naming, pair[0]) for name, pair in VALUES.items()}
SAME |= {
    "part of an array": lambda: np.c_[X, X][:, :3],
    "frozenset": lambda: frozenset("abc"),
    "state of a layer": lambda: with_state(1.0),
}


@pytest.mark.parametrize("name", list(SAME))
def test_equal_things_have_equal_hashes(name):
    assert fingerprint(SAME[name]()) == fingerprint(SAME[name]())


def test_an_array_in_any_layout_is_the_same():
    base = np.ascontiguousarray(X)
    for other in (np.asfortranarray(X), np.c_[X, X][:, :3], X[::-1][::-1]):
        assert fingerprint(other) == fingerprint(base)
    assert fingerprint(np.c_[X, X][:, 0]) == fingerprint(X[:, 0].copy())


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


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n from own_package.parts import g\n return g(x)",
        "def f(x):\n import own_package\n return own_package.parts.g(x)",
    ],
)
def test_packages_that_a_function_imports_count_by_their_files(tmp_path, monkeypatch, source):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package/__init__.py").write_text("")
    hashes = []
    for factor in (2, 3):
        (tmp_path / "own_package/parts.py").write_text(f"def g(x): return {factor} * x\n")
        for name in ("own_package", "own_package.parts"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        importlib.import_module("own_package.parts")
        hashes.append(fingerprint(compiled(source)))
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
        'g = eval(\'lambda x: x in {"a", "b", "c"}\')\n'
        "print(fingerprint(LSTMRegressor(), {'a', 'b', 'c'}, {1: 2, 'a': f}, g, np.arange(3)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "123"},
    ).stdout.strip()
    own = {1: 2, "a": eval("lambda x: x + 1")}
    is_one = eval('lambda x: x in {"a", "b", "c"}')  # Python makes a frozenset of it
    assert fingerprint(LSTMRegressor(), {"a", "b", "c"}, own, is_one, np.arange(3)) == other


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


def test_what_was_learnt_before_decides_nothing_in_lofo(tmp_path, n_folders):
    sequences = rng.normal(size=(30, 3, 2))
    network = LSTMRegressor(units=2, epochs=1, importance=None)
    for _ in range(2):  # each time with other weights
        network.fit(sequences, y)
        lofo_importance(network, sequences, y, cv=2, random_state=0, memory=tmp_path)
    assert n_folders() == 1


def test_each_output_is_stored(tmp_path):
    both = np.stack([y, X[:, 2]], axis=1)
    model = LinearRegression().fit(X, both)
    call = {"per_output": True, "random_state": 0}
    expected = permutation_importance(model, X, both, **call)
    for _ in range(2):
        found = permutation_importance(model, X, both, memory=tmp_path, **call)
        for name, one in found.items():
            np.testing.assert_array_equal(one.importances, expected[name].importances)


def test_two_jobs_find_the_scores_of_one(tmp_path):
    table = rng.normal(size=(60, 4))
    target = table[:, 0]  # a view, which a worker gets as an array of its own
    model = LinearRegression().fit(table, target)
    counts = []
    for n_jobs in (1, 2):
        call = {"random_state": 0, "n_jobs": n_jobs, "memory": tmp_path}
        permutation_importance(model, table, target, **call)
        counts.append(len(list(tmp_path.rglob("*.npz"))))
    assert counts[0] == counts[1] == 21


def test_an_inner_cv_without_a_seed_is_refused(tmp_path):
    search = GridSearchCV(Ridge(random_state=0), {"alpha": [1]}, cv=KFold(3, shuffle=True))
    with pytest.raises(ValueError, match=r"cv=KFold.* makes other folds in each call"):
        lofo_importance(search, X, y, random_state=0, memory=tmp_path)
    lofo_importance(search.set_params(cv=KFold(3)), X, y, random_state=0, memory=tmp_path)


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.losses.Loss):
    def __init__(self, q=0.1, **kwargs):
        super().__init__(**kwargs)
        self.q = q

    def call(self, y, p):
        return keras.ops.mean(keras.ops.abs(y - p)) * self.q


def test_a_loss_that_is_lost_in_a_copy_is_refused():
    network = LSTMRegressor(units=2, epochs=1, loss=Forgetful(0.9), importance=None)
    with pytest.raises(
        ValueError, match=r"loss is a Forgetful whose q is 0\.9, and in a copy 0\.1"
    ):
        lofo_importance(network, rng.normal(size=(30, 3, 2)), y, random_state=0)
