"""Trainings that stay compiled: a fit by what others compiled is the fit of a fresh network."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier
from unittest.mock import patch

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skfi import LSTMClassifier, LSTMRegressor, from_keras
from skfi._keras import _epochs
from skfi.recurrent import pool

X = np.random.default_rng(0).normal(size=(60, 5, 3)).astype("float32")
Y = X[:, :, 0].mean(axis=1)
QUICK = {"epochs": 2, "random_state": 0, "importance": None}


@pytest.fixture(autouse=True)
def _fresh_pool(monkeypatch):
    monkeypatch.setattr(pool, "max_networks", 8)
    pool.clear()


def by_keras_alone(estimator, y, n_fits=1):
    """Fitted by ``keras.Model.fit`` in the estimator's own network."""
    estimator = clone(estimator)
    with patch.object(pool, "trains", lambda *_: nullcontext()):
        for _ in range(n_fits):
            estimator.fit(X, y)
    return estimator


def own_layers(input_shape, n_outputs):
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.LSTM(3), keras.layers.Dense(n_outputs)]
    )


def measured(input_shape, n_outputs):
    model = own_layers(input_shape, n_outputs)
    metrics = {"metrics": ["mae", keras.metrics.R2Score()], "weighted_metrics": ["mse"]}
    model.compile("adam", "mse", **metrics)
    return model


def residual(input_shape, n_outputs):
    inputs = keras.Input(input_shape)
    states = keras.layers.GRU(3, return_sequences=True)(inputs)
    both = keras.layers.Add()([inputs, states])
    return keras.Model(inputs, keras.layers.Dense(n_outputs)(keras.layers.Flatten()(both)))


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (LSTMRegressor(4, **QUICK), Y),
        (LSTMRegressor((3, 2), cell="gru", bidirectional=True, dropout=0.4, **QUICK), Y),
        (LSTMRegressor(3, cell="rnn", optimizer=keras.optimizers.SGD(0.1, 0.9), **QUICK), Y),
        (LSTMRegressor(3, early_stopping=True, n_iter_no_change=1, **QUICK | {"epochs": 9}), Y),
        (LSTMRegressor(3, return_sequences=True, mask_value=np.nan, **QUICK), X[:, :, 0]),
        (LSTMRegressor(network=own_layers, **QUICK), Y),
        (LSTMRegressor(network=measured, **QUICK), Y),
        (LSTMRegressor(network=residual, **QUICK), Y),
        (LSTMClassifier(3, batch_size=7, **QUICK), Y > 0),
        (LSTMClassifier(3, loss="hinge", learning_rate=0.1, **QUICK), Y > 0),
    ],
    ids=[
        "lstm",
        "dropout",
        "momentum",
        "stopping",
        "steps",
        "own",
        "metrics",
        "functional",
        "labels",
        "loss",
    ],
)
def test_a_pooled_fit_is_a_fresh_fit(estimator, y):
    expected = by_keras_alone(estimator, y)
    for _ in range(3):
        found = clone(estimator).fit(X, y)
        assert found.history_ == expected.history_
        assert np.array_equal(found.predict(X), expected.predict(X))
        for mine, theirs in zip(
            [*found.model_.variables, *found.model_.optimizer.variables],
            [*expected.model_.variables, *expected.model_.optimizer.variables],
            strict=True,
        ):
            assert np.array_equal(mine, theirs)
    assert len(pool) == 1


def test_an_estimator_keeps_its_own_network():
    first = LSTMRegressor(4, **QUICK).fit(X, Y)
    before = first.predict(X)
    second = LSTMRegressor(4, **QUICK | {"random_state": 1}).fit(X, -Y)
    assert second.model_ is not first.model_
    assert second.wrapper_.model_ is second.model_
    assert second.model_.history.model is second.model_
    assert "fit" not in vars(second.model_)  # Keras' own again
    assert np.array_equal(first.predict(X), before)


def test_names_of_variables_do_not_depend_on_earlier_fits():
    """TensorFlow keeps what it prepares for each name of a variable."""
    first, second = (LSTMRegressor((4, 3), dropout=0.1, **QUICK).fit(X, Y).model_ for _ in "12")
    paths = [[v.path for v in [*m.variables, *m.optimizer.variables]] for m in (first, second)]
    assert paths[0] == paths[1]
    assert "sequential/lstm_1/lstm_cell/kernel" in paths[0]


def test_fitted_networks_can_be_layers_of_one_network():
    first, second = (LSTMRegressor(4, **QUICK).fit(X, Y).model_ for _ in "12")
    inputs = keras.Input(X.shape[1:])
    both = keras.Model(inputs, keras.layers.Average()([first(inputs), second(inputs)]))
    assert np.allclose(both.predict(X, verbose=0), first.predict(X, verbose=0), atol=1e-6)
    states = [model.layers[0](inputs) for model in (first, second)]
    states += [keras.layers.LSTM(2)(inputs)]
    assert keras.Model(inputs, keras.layers.Concatenate()(states)).output_shape == (None, 10)


def changed_when_built(input_shape, n_outputs, what):
    """What training follows and no configuration tells, or not any more."""
    model = own_layers(input_shape, n_outputs)
    dense = model.layers[-1]
    optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.5)
    if what == "regularizer of the layer":
        dense.kernel_regularizer = keras.regularizers.L2(1.0)  # which comes too late
    elif what == "regularizer":
        dense.kernel.regularizer = keras.regularizers.L2(1.0)
    elif what == "constraint":
        dense.kernel.constraint = keras.constraints.MaxNorm(0.1)
    elif what == "decay":
        optimizer.exclude_from_weight_decay(var_names=["kernel"])
    elif what == "scale":
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Nadam(0.1))
    elif what == "frozen":
        model.layers[0].cell.trainable = False
    elif what == "dtype":
        model.compile(optimizer, keras.losses.MeanSquaredError(dtype="float16"))
        return model
    model.compile(optimizer, "mse")
    return model


CHANGES = (
    "regularizer of the layer",
    "regularizer",
    "constraint",
    "decay",
    "scale",
    "frozen",
    "dtype",
)


@pytest.mark.parametrize("what", CHANGES)
def test_what_no_configuration_tells_is_followed(what):
    networks = {"network": changed_when_built, "network_params": {"what": what}}
    model = LSTMRegressor(**networks, **QUICK)
    LSTMRegressor(network=changed_when_built, network_params={"what": ""}, **QUICK).fit(X, Y)
    expected = by_keras_alone(model, Y)
    for _ in range(2):
        found = clone(model).fit(X, Y)
        assert found.history_ == expected.history_
        assert np.array_equal(found.predict(X), expected.predict(X))


FACTOR = 2.0


def scaled_loss(truth, found):
    return FACTOR * keras.ops.mean(keras.ops.square(truth - found), axis=-1)


def test_what_a_loss_function_reads_may_change_between_fits(monkeypatch):
    model = LSTMRegressor(3, loss=scaled_loss, **QUICK)
    first = clone(model).fit(X, Y).history_["loss"][0]
    monkeypatch.setitem(globals(), "FACTOR", 4.0)
    assert clone(model).fit(X, Y).history_["loss"][0] == pytest.approx(2 * first, rel=0.05)
    small = LSTMRegressor(3, loss="mape", **QUICK)
    before, epsilon = clone(small).fit(X, Y).history_, keras.config.epsilon()
    keras.config.set_epsilon(0.5)
    try:
        assert clone(small).fit(X, Y).history_ == by_keras_alone(small, Y).history_ != before
    finally:
        keras.config.set_epsilon(epsilon)


def test_threads_share_what_is_traced(monkeypatch):
    traced = []
    trace = _epochs._trace
    both_are_there = Barrier(2, timeout=60)

    def counted(model, **params):
        traced.append(params["kind"])
        return trace(model, **params)

    def fit(seed):
        both_are_there.wait()
        return LSTMRegressor(3, **QUICK | {"random_state": seed}).fit(X, Y).predict(X)

    monkeypatch.setattr(_epochs, "_trace", counted)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(fit, [0, 1]))
    assert len(traced) == 1
    for seed, predicted in enumerate(found):
        model = LSTMRegressor(3, **QUICK | {"random_state": seed})
        assert np.array_equal(predicted, by_keras_alone(model, Y).predict(X))


def test_the_order_of_rows_is_that_of_its_seed():
    """It is kept: another seed, or another number of rows, draws another one."""
    for params in ({}, {"random_state": 1}, {}, {"early_stopping": True}, {"random_state": 1}):
        model = LSTMRegressor(3, batch_size=4, **QUICK | params)
        assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))


def test_a_warm_start_goes_on_as_without():
    model = LSTMRegressor(4, warm_start=True, **QUICK)
    expected = by_keras_alone(model, Y, n_fits=2)
    found = clone(model).fit(X, Y).fit(X, Y)
    assert np.array_equal(found.predict(X), expected.predict(X))


def test_learning_rates_share_a_network():
    grid = {"learning_rate": [0.001, 0.1]}
    search = GridSearchCV(LSTMRegressor(3, **QUICK), grid, cv=2).fit(X, Y)
    assert len(pool) == 1
    model = LSTMRegressor(3, **QUICK, learning_rate=search.best_params_["learning_rate"])
    assert np.array_equal(search.predict(X), by_keras_alone(model, Y).predict(X))


def activated(input_shape, n_outputs, activation):
    layers = [
        keras.Input(input_shape),
        keras.layers.SimpleRNN(2, activation=activation, name=activation),
        keras.layers.Dense(n_outputs),
    ]
    return keras.Sequential(layers)


def test_other_layers_are_another_network():
    """Also if their names differ in the same way."""
    for activation in ("tanh", "relu"):
        params = {"network": activated, "network_params": {"activation": activation}} | QUICK
        model = LSTMRegressor(**params)
        assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))
    assert len(pool) == 2


@keras.saving.register_keras_serializable("tests")
class Doubled(keras.layers.Layer):
    """A layer of which no configuration tells how it computes."""

    def call(self, inputs):
        return 2 * inputs


def with_own_layer(input_shape, n_outputs):
    layers = [keras.Input(input_shape), Doubled(), keras.layers.LSTM(2)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


def with_scaling(input_shape, n_outputs):
    scaling = keras.layers.Normalization()
    scaling.adapt(3 * X + 1)  # kept outside of the network's variables
    layers = [keras.Input(input_shape), scaling, keras.layers.LSTM(2)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


def with_own_functions(input_shape, n_outputs, where):
    activation = (lambda x: 2 * x) if where == "activation" else None
    layers = [keras.Input(input_shape), keras.layers.LSTM(2)]
    model = keras.Sequential([*layers, keras.layers.Dense(n_outputs, activation=activation)])
    if where == "loss":
        model.compile("adam", lambda truth, found: keras.ops.abs(truth - found))
    elif where == "metric":
        model.compile("adam", "mse", metrics=[lambda truth, found: keras.ops.abs(truth - found)])
    return model


@pytest.mark.parametrize(
    "params",
    [
        {"network": with_own_layer},
        {"network": with_scaling},
        *(
            {"network": with_own_functions, "network_params": {"where": where}}
            for where in ("activation", "loss", "metric")
        ),
        {"callbacks": [keras.callbacks.TerminateOnNaN()]},
        {"loss": lambda truth, found: keras.ops.abs(truth - found)},
    ],
    ids=["layer", "state", "activation", "loss", "metric", "callback", "function"],
)
def test_a_network_with_state_or_code_of_its_own_is_trained_itself(params):
    model = LSTMRegressor(3, **QUICK, **params)
    assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))
    assert len(pool) == 0


@pytest.mark.parametrize("layer", ["lstm", "dense"])
def test_functions_of_one_name_are_told_apart(layer):
    """Keras' configurations hold the name of an activation alone."""

    def times(factor):
        def activation(x):
            return factor * x

        return activation

    for activation in (times(1.0), times(3.0), lambda x: 4.0 * x):
        keras.utils.set_random_seed(0)
        of_layer = {layer: {"activation": activation}}
        layers = [
            keras.Input(X.shape[1:]),
            keras.layers.LSTM(2, **of_layer.get("lstm", {})),
            keras.layers.Dense(1, **of_layer.get("dense", {})),
        ]
        model = keras.Sequential(layers)
        expected = model.predict(X, verbose=0)[:, 0]
        np.testing.assert_allclose(from_keras(model).predict(X), expected, rtol=1e-5, atol=1e-6)


def test_an_error_in_the_middle_of_a_fit(monkeypatch):
    going_on = LSTMRegressor(3, warm_start=True, **QUICK).fit(X, Y)
    before = going_on.predict(X)

    def fail(self, epoch, logs=None):
        raise RuntimeError("stop here")

    with monkeypatch.context() as patch:
        patch.setattr(keras.callbacks.History, "on_epoch_end", fail)
        with pytest.raises(RuntimeError, match="stop here"):
            going_on.fit(X, Y)
    assert "fit" not in vars(going_on.model_)  # Keras' own again
    assert np.array_equal(going_on.predict(X), before)
    model = LSTMRegressor(3, **QUICK)
    assert np.array_equal(model.fit(X, Y).predict(X), by_keras_alone(model, Y).predict(X))


class TestBounds:
    def test_a_few_networks_are_kept(self):
        pool.max_networks = 2
        for units in (2, 3, 4):
            LSTMRegressor(units, **QUICK).fit(X, Y)
        assert len(pool) == 2
        pool.clear()
        assert len(pool) == 0

    def test_bytes(self, monkeypatch):
        monkeypatch.setattr(pool, "max_bytes", 2000)  # an LSTM(2) has 224 in weights, Adam twice
        LSTMRegressor(2, **QUICK).fit(X, Y)
        assert len(pool) == 1
        LSTMRegressor(40, **QUICK).fit(X, Y)
        assert len(pool) == 1
        LSTMRegressor(3, **QUICK).fit(X, Y)
        LSTMRegressor(4, **QUICK).fit(X, Y)
        assert len(pool) < 3

    def test_switched_off(self):
        expected = LSTMRegressor(2, **QUICK).fit(X, Y).predict(X)
        pool.clear()
        pool.max_networks = 0
        for _ in range(2):
            assert np.array_equal(LSTMRegressor(2, **QUICK).fit(X, Y).predict(X), expected)
        assert len(pool) == 0


def test_clear_session_breaks_nothing():
    model = LSTMRegressor(3, **QUICK)
    expected = model.fit(X, Y).predict(X)
    keras.backend.clear_session()
    assert np.array_equal(clone(model).fit(X, Y).predict(X), expected)
