"""Training in which an epoch is one call: the same as Keras' own, and by XLA nearly so."""

from contextlib import nullcontext
from unittest.mock import patch

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skfi import LSTMClassifier, LSTMRegressor
from skfi._keras import _epochs, _xla
from skfi.recurrent import pool

X = np.random.default_rng(0).normal(size=(70, 5, 3)).astype("float32")
Y = X[:, :, 0].mean(axis=1)
QUICK = {"epochs": 3, "random_state": 0, "importance": None}


@pytest.fixture(autouse=True)
def _fresh_pool():
    pool.clear()
    yield
    pool.jit_compile = None


@pytest.fixture
def by_xla(monkeypatch):
    """Counts the functions that XLA compiles for training."""
    found = []
    loop = _epochs._loop_by_xla

    def counted(step, batch_size, *arguments):
        found.append(batch_size)
        return loop(step, batch_size, *arguments)

    monkeypatch.setattr(_epochs, "_loop_by_xla", counted)
    return found


def by_keras_alone(estimator, y):
    with patch.object(pool, "trains", lambda *_: nullcontext()):
        return clone(estimator).fit(X, y)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (LSTMRegressor(4, **QUICK), Y),
        (LSTMRegressor((3, 2), cell="gru", bidirectional=True, **QUICK), Y),
        (LSTMRegressor(3, cell="rnn", return_sequences=True, **QUICK), X[:, :, 0]),
        (LSTMRegressor(3, mask_value=0.0, batch_size=70, **QUICK), Y),
        (LSTMClassifier(3, batch_size=7, early_stopping=True, **QUICK), Y > 0),
    ],
    ids=["lstm", "gru", "steps", "masked", "labels"],
)
def test_xla_gives_what_keras_gives(estimator, y, by_xla):
    expected = by_keras_alone(estimator, y)
    pool.jit_compile = True
    found = [clone(estimator).fit(X, y) for _ in range(2)]
    assert len(by_xla) == 1  # compiled once for both
    assert np.allclose(found[0].history_["loss"], expected.history_["loss"], rtol=1e-5)
    for mine, theirs in zip(found[0].model_.weights, expected.model_.weights, strict=True):
        assert np.allclose(mine, theirs, atol=1e-5)
    assert np.array_equal(found[0].predict(X), found[1].predict(X))


def test_validation_is_keras_own(by_xla):
    model = LSTMRegressor(3, early_stopping=True, n_iter_no_change=3, **QUICK)
    expected = by_keras_alone(model, Y).history_
    assert np.allclose(clone(model).fit(X, Y).history_["val_loss"], expected["val_loss"], rtol=1e-6)
    assert by_xla == []


def test_folds_of_other_sizes_are_not_compiled_again(by_xla):
    pool.jit_compile = True
    for n in (70, 69, 66):
        LSTMRegressor(3, **QUICK).fit(X[:n], Y[:n])
    assert by_xla == [32]


def test_xla_is_used_where_it_is_won_back(by_xla, monkeypatch):
    model = LSTMRegressor(3, **QUICK)  # 3 epochs of 2 full batches of 5 steps
    monkeypatch.setattr(_xla, "_WORTH_TRAINING", 31)
    model.fit(X, Y)
    assert by_xla == []
    pool.jit_compile = False
    monkeypatch.setattr(_xla, "_WORTH_TRAINING", 30)
    model.fit(X, Y)
    assert by_xla == []
    pool.jit_compile = None
    model.fit(X, Y)
    assert by_xla == [32]
    pool.clear()
    monkeypatch.setattr(_xla, "_WORTH_TRAINING", 31)
    with _xla.fits_ahead(2):
        model.fit(X, Y)
    assert by_xla == [32, 32]


def test_what_is_drawn_at_random_is_by_xla_on_the_users_word_only(by_xla, monkeypatch):
    monkeypatch.setattr(_xla, "_WORTH_TRAINING", 1)
    model = LSTMRegressor(3, **QUICK, dropout=0.2)
    assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))
    assert by_xla == []
    pool.jit_compile = True
    model.fit(X, Y)
    assert by_xla == [32]


def test_a_batch_of_more_rows_than_there_are(by_xla):
    pool.jit_compile = True
    model = LSTMRegressor(3, **QUICK, batch_size=500)
    assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))
    assert by_xla == []


def compiled_by_its_maker(input_shape, n_outputs):
    layers = [keras.Input(input_shape), keras.layers.LSTM(2), keras.layers.Dense(n_outputs)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse", steps_per_execution=2)
    return model


def test_a_network_compiled_in_its_own_way_is_trained_in_that(by_xla):
    pool.jit_compile = True
    model = LSTMRegressor(network=compiled_by_its_maker, **QUICK)
    assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))
    assert by_xla == []


def test_verbose_shows_epochs_and_loss(capsys):
    LSTMRegressor(2, **QUICK, verbose=2).fit(X, Y)
    LSTMRegressor(2, **QUICK, verbose=1).fit(X, Y)
    out = capsys.readouterr().out
    assert out.count("Epoch 3/3") == 2
    assert out.count("loss: ") >= 6
    assert "3/3" in out
