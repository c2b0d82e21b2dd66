"""Seeds, copies and files: the same numbers again."""

import pickle
import random
import subprocess
import sys
import threading
import time

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from tensorflow.python.framework.config import is_op_determinism_enabled

from skfi import LSTMClassifier, LSTMRegressor

RANDOM = {"units": 4, "epochs": 2, "dropout": 0.3, "importance": None}


def weights(model):
    return np.concatenate([w.ravel() for w in model.model_.get_weights()])


def test_int_reproduces_whatever_was_fitted_before(regression):
    X, y = regression.data[:60], regression.target[:60]
    first = weights(LSTMRegressor(**RANDOM, random_state=3).fit(X, y))
    LSTMRegressor(**RANDOM).fit(X, y)
    keras.utils.set_random_seed(99)
    LSTMRegressor(**RANDOM | {"cell": "gru"}, random_state=4).fit(X[:30], y[:30])
    assert np.array_equal(weights(LSTMRegressor(**RANDOM, random_state=3).fit(X, y)), first)


def test_none_varies_and_other_seeds_differ(regression):
    X, y = regression.data[:60], regression.target[:60]
    model = LSTMRegressor(**RANDOM)
    assert not np.array_equal(weights(model.fit(X, y)), weights(clone(model).fit(X, y)))
    by_seed = [weights(LSTMRegressor(**RANDOM, random_state=s).fit(X, y)) for s in (0, 1)]
    assert not np.array_equal(*by_seed)


def test_generator_reproduces_and_moves_on(regression):
    X, y = regression.data[:60], regression.target[:60]
    generator = np.random.RandomState(5)
    model = LSTMRegressor(**RANDOM, random_state=generator)
    first, second = weights(model.fit(X, y)), weights(model.fit(X, y))
    assert not np.array_equal(first, second)
    again = LSTMRegressor(**RANDOM, random_state=np.random.RandomState(5)).fit(X, y)
    assert np.array_equal(weights(again), first)


def test_global_state_is_left_as_found(regression):
    X, y = regression.data[:60], regression.target[:60]

    def draw():
        return random.random(), np.random.rand(), float(tf.random.uniform([]))

    keras.utils.set_random_seed(1)
    expected = draw()
    keras.utils.set_random_seed(1)
    LSTMRegressor(**RANDOM, random_state=0).fit(X, y)
    assert draw() == expected
    assert not is_op_determinism_enabled()


def test_another_process_gives_the_same_weights(tmp_path):
    code = """
import numpy as np, sys
from skfi import LSTMClassifier
X = np.random.default_rng(0).normal(size=(50, 5, 3))
model = LSTMClassifier(4, epochs=2, dropout=0.3, early_stopping=True, random_state=0)
model.fit(X, X[:, -1, 0] > 0)
np.save(sys.argv[1], np.concatenate([w.ravel() for w in model.model_.get_weights()]))
"""
    files = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for file in files:
        subprocess.run([sys.executable, "-c", code, file], check=True, capture_output=True)
    assert np.array_equal(*map(np.load, files))


@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_files_keep_predictions_bit_for_bit(way, tmp_path, classification, classifier):
    if way == "pickle":
        copy = pickle.loads(pickle.dumps(classifier))
    else:
        joblib.dump(classifier, tmp_path / "model.joblib")
        copy = joblib.load(tmp_path / "model.joblib")
    X = classification.data
    assert np.array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    assert np.array_equal(copy.feature_importances_, classifier.feature_importances_)
    assert copy.get_params() == classifier.get_params()


def test_a_file_is_read_in_another_process(tmp_path, regression, regressor):
    joblib.dump((regressor, regression.data), tmp_path / "model.joblib")
    code = (
        "import joblib, numpy as np, sys; model, X = joblib.load(sys.argv[1] + '/model.joblib'); "
        "np.save(sys.argv[1] + '/found.npy', model.predict(X))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "found.npy"), regressor.predict(regression.data))


def test_clone_fits_to_the_same_predictions(regression, regressor):
    copy = clone(regressor).fit(regression.data, regression.target)
    assert np.array_equal(copy.predict(regression.data), regressor.predict(regression.data))


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel_equals_serial(backend, classification):
    X, y = classification.data[:90], classification.target[:90]
    model = LSTMClassifier(4, epochs=3, random_state=0, importance=None)
    serial = cross_val_score(model, X, y, cv=3)
    with joblib.parallel_config(backend, n_jobs=2):
        assert np.array_equal(cross_val_score(model, X, y, cv=3), serial)


class Drawing:
    """A thread that draws from the global generators of Python and NumPy all along."""

    def __enter__(self):
        self.stop, self.drawn = threading.Event(), ([], [])
        random.seed(7)
        np.random.seed(7)
        self.thread = threading.Thread(target=self.draw)
        self.thread.start()
        return self

    def draw(self):
        while not self.stop.is_set():
            self.drawn[0].append(random.random())
            self.drawn[1].append(np.random.rand())
            time.sleep(1e-4)

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def is_undisturbed(self):
        """Whether what was drawn is what the thread's own seed gives."""
        mine, numpys = random.Random(7), np.random.RandomState(7)
        expected = [mine.random() for _ in self.drawn[0]], [numpys.rand() for _ in self.drawn[1]]
        return len(self.drawn[0]) > 20 and self.drawn == expected


def own_network(input_shape, n_outputs):
    layers = [keras.Input(input_shape), keras.layers.LSTM(3, dropout=0.2)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


@pytest.mark.parametrize("more", [{}, {"network": own_network}, {"early_stopping": True}])
def test_other_threads_draw_what_they_like(more, regression):
    X, y = regression.data[:60], regression.target[:60]
    model = LSTMRegressor(**RANDOM | more, random_state=0)
    expected = weights(clone(model).fit(X, y))
    for _ in range(3):
        with Drawing() as others:
            found = weights(clone(model).fit(X, y))
        assert np.array_equal(found, expected)
        assert others.is_undisturbed()
