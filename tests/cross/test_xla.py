"""Outputs and gradients by XLA, side by side in threads: close to the others, and repeatable."""

import threading
from functools import partial, wraps

import keras
import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn import inspection

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi import _keras as kernels
from skfi._keras import _compiled, _xla
from skfi.recurrent import pool

X = np.random.default_rng(0).normal(size=(700, 6, 3)).astype("float32")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    layers = [keras.Input((6, 3)), keras.layers.LSTM(16), keras.layers.Dense(2)]
    return keras.Sequential(layers)


@pytest.fixture
def always():
    pool.jit_compile = True
    yield
    pool.jit_compile = None


@pytest.fixture
def n_threads(monkeypatch):
    def use(n):
        monkeypatch.setattr(_compiled, "_openmp_effective_n_threads", lambda: n)

    return use


def outputs(model, rows):
    with kernels.calls_by_xla(True):
        return kernels.forward(model, rows)


def gradients(model, rows):
    with kernels.calls_by_xla(True):
        return kernels.input_gradient(model, rows, np.ones((len(rows), 2)))


@pytest.mark.parametrize("call", [outputs, gradients])
def test_close_to_what_is_computed_without(network, call):
    found = call(network, X)
    if call is outputs:
        expected = kernels.forward(network, X)
    else:
        expected = kernels.input_gradient(network, X, np.ones((700, 2)))
    assert np.allclose(found, expected, atol=1e-6)
    assert found.shape == expected.shape


@pytest.mark.parametrize("call", [outputs, gradients])
def test_threads_and_row_order_change_nothing(network, call, n_threads):
    n_threads(1)
    expected = call(network, X)
    n_threads(3)
    assert np.array_equal(call(network, X), expected)
    order = np.random.default_rng(1).permutation(700)
    assert np.array_equal(call(network, X[order]), expected[order])


def test_threads_change_nothing_without_xla_either(network, n_threads):
    n_threads(1)
    expected = kernels.forward(network, X)
    n_threads(2)
    assert np.array_equal(kernels.forward(network, X), expected)


@pytest.mark.parametrize("n", [1, 15, 200, 224, 225, 2000])
def test_chunks_are_even_in_number_and_waste_little(n):
    size, n_chunks = _compiled._xla_chunks(n, 112)
    assert size % 16 == 0
    assert size <= 112
    assert n_chunks % 2 == 0
    assert 0 <= n_chunks * size - n < 16 * n_chunks


def test_an_error_in_a_thread_reaches_the_caller(network, n_threads):
    n_threads(2)
    with pytest.raises(Exception, match="shape"):
        kernels.forward(network, X[:, :, :2])


@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_importances_by_xla(estimator, always):
    y = X[:, -1, 0] if estimator is LSTMRegressor else X[:, -1, 0] > 0
    model = estimator(5, epochs=2, random_state=0, importance=None).fit(X, y)
    call = {"n_repeats": 2, "random_state": 0}
    found = [permutation_importance(model, X, y, **call)]
    found.append(gradient_importance(model, X, method="integrated_gradients", n_steps=8))
    assert (_compiled._trace_forward, True) in _compiled._calls[model.model_]
    in_two = permutation_importance(model, X, y, n_jobs=2, **call)
    assert np.array_equal(found[0].importances, in_two.importances)
    pool.jit_compile = False
    assert np.allclose(
        found[0].importances, permutation_importance(model, X, y, **call).importances, atol=1e-5
    )
    plain = gradient_importance(model, X, method="integrated_gradients", n_steps=8)
    assert np.allclose(found[1].attributions, plain.attributions, atol=1e-5)


def by_xla_here(*_):
    return float(bool(_xla.jit_compile()))


@pytest.mark.parametrize(
    "importance", [permutation_importance, partial(lofo_importance, cv=2)], ids=["permuted", "lofo"]
)
def test_the_users_word_goes_into_other_processes_and_does_not_stay(importance, always):
    model = LSTMRegressor(2, epochs=1, random_state=0, importance=None).fit(X, X[:, 0, 0])
    found = importance(model, X, X[:, 0, 0], scoring=by_xla_here, n_jobs=2)
    assert found.baseline_score == 1
    assert np.all(found.importances == 0)  # true of each score
    assert Parallel(2)(delayed(by_xla_here)() for _ in range(8)) == [0] * 8


def test_padded_panels_by_xla(always):
    panel = X.copy()
    panel[:350, 4:] = np.nan
    call = {"mask_value": np.nan, "epochs": 2, "random_state": 0, "importance": None}
    model = LSTMRegressor(4, **call).fit(panel, X[:, 0, 0])
    found = permutation_importance(model, panel, X[:, 0, 0], random_state=0)
    pool.jit_compile = False
    plain = permutation_importance(model, panel, X[:, 0, 0], random_state=0)
    assert np.allclose(found.importances, plain.importances, atol=1e-5)


def test_two_dimensional_numbers_stay_scikit_learns(always):
    call = {"epochs": 2, "random_state": 0, "importance": None}
    model = LSTMRegressor(4, **call).fit(X[:, 0], X[:, 0, 0])
    ours = permutation_importance(model, X[:, 0], X[:, 0, 0], random_state=0)
    theirs = inspection.permutation_importance(model, X[:, 0], X[:, 0, 0], random_state=0)
    assert np.array_equal(ours.importances, theirs.importances)


class TestWorthCalling:
    def test_by_the_work_ahead(self, network, monkeypatch):
        work = 6 * 100 * network.count_params()
        monkeypatch.setattr(_xla, "_WORTH_CALLING", {"outputs": work, "gradients": 2 * work})
        assert kernels.worth_calling(network, 6, 100)
        assert not kernels.worth_calling(network, 6, 99)
        assert not kernels.worth_calling(network, 6, 100, kind="gradients")
        assert kernels.worth_calling(network, 6, 200, kind="gradients")

    def test_tables_of_words_are_no_work(self, monkeypatch):
        layers = [
            keras.Input((6,), dtype="int32"),
            keras.layers.Embedding(10_000, 8),
            keras.layers.LSTM(2),
        ]
        model = keras.Sequential(layers)
        monkeypatch.setattr(_xla, "_WORTH_CALLING", {"outputs": 1e6})
        assert not kernels.worth_calling(model, 6, 1000)

    def test_the_user_decides(self, network):
        pool.jit_compile = False
        assert not kernels.worth_calling(network, 10**6, 10**6)
        pool.jit_compile = None
        assert kernels.worth_calling(network, 10**6, 10**6)

    def test_code_of_the_users_is_not_compiled(self, always):
        layers = [keras.Input((6, 3)), keras.layers.Lambda(lambda x: 2 * x), keras.layers.LSTM(2)]
        assert not kernels.worth_calling(keras.Sequential(layers), 10**6, 10**6)


class TestOneThread:
    """The estimator is called in the caller's thread: not every estimator can be called in two."""

    model = LSTMRegressor(4, epochs=1, importance=None, random_state=0).fit(X[:99], X[:99, 0, 0])

    def threads_of(self, monkeypatch, **call):
        names = set()
        predict = LSTMRegressor.predict

        @wraps(predict)
        def watched(model, rows):
            names.add(threading.get_ident())
            return predict(model, rows)

        monkeypatch.setattr(LSTMRegressor, "predict", watched)
        found = permutation_importance(self.model, X, X[:, 0, 0], random_state=0, **call)
        return names, found.importances

    def test_by_default_and_by_a_function_of_the_users(self, monkeypatch):
        def own(model, rows, y):
            return -np.abs(model.predict(rows) - y).mean()

        names, expected = self.threads_of(monkeypatch, scoring="neg_mean_absolute_error")
        of_own, found = self.threads_of(monkeypatch, scoring=own)
        assert names == of_own == {threading.get_ident()}
        assert np.allclose(found, expected)
