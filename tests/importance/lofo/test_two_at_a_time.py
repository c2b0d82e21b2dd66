"""Fits of LOFO and checks go on side by side in threads, with the numbers of one after another."""

import threading
import time

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tensorflow.python.eager import context as tf_context

from skfi import (
    ExplainedEstimator,
    LSTMClassifier,
    LSTMRegressor,
    SlidingWindow,
    check_importances,
    from_keras,
    lofo_importance,
)
from skfi._keras import _epochs, seeded, while_others_draw
from skfi.importance import _fits
from skfi.recurrent import _base

QUICK = {"units": 3, "epochs": 2, "random_state": 0}


@pytest.fixture
def two_cores(monkeypatch):
    """As on a machine with two cores: workers of the tests have one."""
    monkeypatch.setattr(_fits, "_openmp_effective_n_threads", lambda: 2)


@pytest.fixture
def at_once(monkeypatch):
    """The largest number of networks that were trained at the same time."""
    seen = {"now": 0, "most": 0, "waits": True}
    changed, run = threading.Condition(), _epochs._Epochs._run

    def epoch(self, *arguments, **params):
        with changed:
            seen["now"] += 1
            seen["most"] = max(seen["most"], seen["now"])
            changed.notify_all()
            if seen["waits"] and seen["now"] < 2:  # for another one to begin
                changed.wait(2)
                seen["waits"] = False
        try:
            return run(self, *arguments, **params)
        finally:
            with changed:
                seen["now"] -= 1

    monkeypatch.setattr(_epochs._Epochs, "_run", epoch)
    return seen


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 4, 3)).astype(np.float32)
    return X, X[:, :, 0].sum(axis=1)


class Labels(LSTMClassifier):
    """Trained on whether the target is positive."""

    def fit(self, X, y, **params):
        return super().fit(X, np.asarray(y) > 0, **params)

    def score(self, X, y, sample_weight=None):
        return super().score(X, np.asarray(y) > 0, sample_weight)


def of_keras(activation=None):
    """A network from elsewhere, trained again."""
    layers = [keras.Input((4, 3)), keras.layers.LSTM(2), keras.layers.Dense(1, activation)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    return from_keras(model).set_params(epochs=2, random_state=0)


KINDS = {
    "from_keras": (of_keras(), {}),
    "plain": (LSTMRegressor(**QUICK), {}),
    "dropout": (LSTMRegressor(dropout=0.3, early_stopping=True, **QUICK), {}),
    "steps": (LSTMRegressor(return_sequences=True, mask_value=-9.0, **QUICK), {}),
    "warm": (LSTMRegressor(**QUICK), {"refit": "warm"}),
    "pipeline": (make_pipeline(SlidingWindow(3), LSTMRegressor(n_timesteps=3, **QUICK)), {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_of_one_after_the_other(data, kind, two_cores, at_once):
    X, y = data
    estimator, params = KINDS[kind]
    if kind == "steps":
        y = X[:, :, 0]
    if kind == "pipeline":
        X = X[:, 0]
    call = {"cv": 2, "random_state": 1} | params
    two = lofo_importance(estimator, X, y, **call)
    assert at_once["most"] == 2
    at_once.update(most=0, waits=True)
    one = lofo_importance(estimator, X, y, n_jobs=1, **call)
    assert at_once["most"] == 1
    np.testing.assert_array_equal(two.importances, one.importances)
    np.testing.assert_array_equal(two.baseline_scores, one.baseline_scores)


def own_network(meta):
    return keras.Sequential([keras.layers.LSTM(2), keras.layers.Dense(1)])


def own_metric(estimator, X, y):
    return r2_score(y, estimator.predict(X))


def mean_gap(y_true, y_pred):
    return float(np.abs(y_true - y_pred).mean())


ONE = LSTMRegressor(**QUICK)


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        (LSTMRegressor(network=own_network, epochs=1), {}),
        (LSTMRegressor(loss=lambda y, p: keras.ops.abs(y - p), **QUICK), {}),
        (LSTMRegressor(callbacks=[keras.callbacks.TerminateOnNaN()], **QUICK), {}),
        (of_keras(lambda x: 2 * x), {}),
        (Labels(**QUICK), {}),
        (make_pipeline(FunctionTransformer(np.negative), ONE), {"scoring": own_metric}),
        (ONE, {"scoring": make_scorer(mean_gap)}),
        (GridSearchCV(LSTMRegressor(**QUICK), {"units": [2]}, cv=2), {}),
        (Ridge(), {}),
    ],
)
def test_a_persons_own_code_runs_one_after_the_other(data, estimator, params, two_cores):
    run = _fits.parallel(estimator, None, scoring=params.get("scoring"))
    assert run.n_jobs == 1


def test_joblibs_word_is_kept(two_cores, monkeypatch):
    monkeypatch.setenv("JOBLIB_START_METHOD", "forkserver")  # a fork would hang, and is refused
    assert _fits.parallel(ONE, None).n_jobs == 2
    assert _fits.parallel(ONE, 1).n_jobs == 1
    assert _fits.parallel(ONE, 3).n_jobs == 3
    with joblib.parallel_config(n_jobs=1):
        assert _fits.parallel(ONE, None).n_jobs == 1
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        run = _fits.parallel(ONE, None)
        assert (run.n_jobs, type(run._backend).__name__) == (2, "MultiprocessingBackend")
    nested = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(lambda: _fits.parallel(ONE, None).n_jobs)() for _ in range(2)
    )
    assert nested == [1, 1]


def test_checks_train_two_at_a_time(data, two_cores, at_once):
    X, y = data
    model = LSTMRegressor(3, epochs=15, learning_rate=0.05, random_state=0).fit(X, y)
    at_once.update(most=0, waits=True)
    reports = [
        check_importances(model, X, y, model.importances_, n_refits=3, n_jobs=n, random_state=0)
        for n in (None, 1)
    ]
    assert at_once["most"] == 2
    assert reports[0].checks.equals(reports[1].checks)


def test_fits_inside_compute_no_importances(data, monkeypatch, two_cores):
    X, y = data
    model = LSTMRegressor(3, epochs=15, learning_rate=0.05, random_state=0).fit(X, y)

    def refused(*_):
        raise AssertionError("importances of a fit that nobody asked for")

    monkeypatch.setattr(_base, "fitted_importances", refused)
    lofo_importance(LSTMRegressor(**QUICK), X, y, cv=2)
    lofo_importance(LSTMRegressor(**QUICK), X, y, cv=2, refit="warm")
    check_importances(model, X, y, model.importances_, n_refits=2, random_state=0)
    folds = ExplainedEstimator(LSTMRegressor(importance=None, **QUICK), cv=2)
    folds.fit(X, y)


def test_a_persons_draws_stay_as_they_are(data, two_cores):
    X, y = data
    draws = []
    for trains in (False, True):
        tf.random.set_seed(3)
        tf.random.uniform(())
        if trains:
            lofo_importance(LSTMRegressor(**QUICK), X, y, cv=2)
        draws.append(float(tf.random.uniform(())))
    assert draws[0] == draws[1]


def test_threads_take_turns_where_they_draw():
    """Each draws what it would draw alone, though the others draw between its draws."""
    alone = {}

    def draw(seed):
        context = tf_context.context()
        with seeded(seed, only_keras=True):
            first = context._seed, context._internal_operation_seed()
            with while_others_draw():
                time.sleep(0.01)
            return first, context._seed, context._internal_operation_seed()

    for seed in range(6):
        alone[seed] = draw(seed)
    together = joblib.Parallel(n_jobs=6, backend="threading")(
        joblib.delayed(draw)(seed) for seed in range(6)
    )
    assert together == [alone[seed] for seed in range(6)]


def test_a_fit_inside_of_a_seeded_block_keeps_its_turn():
    entered = threading.Event()

    def other():
        with seeded(1, only_keras=True):
            entered.set()

    with seeded(0, only_keras=True), seeded(2, only_keras=True), while_others_draw():
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.1)
    thread.join()
    assert entered.is_set()


def test_an_error_in_one_of_them_is_raised(data, two_cores):
    X, y = data
    with pytest.raises(ValueError, match="diverged"):
        lofo_importance(LSTMRegressor(2, learning_rate=1e30, epochs=3), 1e3 * X, y, cv=2)
    lofo_importance(LSTMRegressor(**QUICK), X, y, cv=2)
