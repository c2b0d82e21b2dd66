"""Compiled calls, seeds and the reading of networks."""

import gc
import random
import threading
import time
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import linear_network

from skfi import _keras
from skfi._keras import _compiled, _private


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    layers = [keras.Input((9, 3)), keras.layers.LSTM(16), keras.layers.Dense(2)]
    return keras.Sequential(layers)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(700, 9, 3)).astype("float32")


def test_forward_equals_keras_predict(network, X):
    assert np.allclose(_keras.forward(network, X), network.predict(X, verbose=0), atol=1e-6)


def test_gradient_equals_one_tape_a_row(network, X):
    weights = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")
    expected = []
    for row, weight in zip(X[:5], weights, strict=True):
        x = tf.constant(row[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(network(x) * weight)
        expected.append(tape.gradient(value, x).numpy()[0])
    assert np.allclose(_keras.input_gradient(network, X[:5], weights), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["forward", "gradient"])
def test_rows_do_not_depend_on_their_company_bit_for_bit(network, X, kind):
    weights = np.ones((len(X), 2), dtype="float32")

    def call(rows, **kwargs):
        if kind == "forward":
            return _keras.forward(network, X[rows], **kwargs)
        return _keras.input_gradient(network, X[rows], weights[rows], **kwargs)

    rows = np.arange(len(X))
    whole = call(rows)
    order = np.random.default_rng(2).permutation(len(X))
    assert np.array_equal(whole[order], call(order))
    for part in (slice(0, 1), slice(3, 52), slice(100, 500)):
        assert np.array_equal(whole[part], call(rows[part]))
    for chunk_size in (48, 96, 192):
        assert np.array_equal(whole, call(rows, chunk_size=chunk_size))


def test_one_trace_serves_every_number_of_rows(X):
    traces = []

    @keras.saving.register_keras_serializable(package="test")
    class Counting(keras.layers.Layer):
        def call(self, inputs):
            traces.append(1)
            return inputs

    model = keras.Sequential([keras.Input((9, 3)), Counting(), keras.layers.LSTM(2)])
    before = len(traces)
    for n in (1, 7, 300, 700):
        _keras.forward(model, X[:n])
    assert len(traces) == before + 1


def test_compiled_calls_end_with_their_network(X):
    model = linear_network(np.ones((9, 3, 1)))
    _keras.forward(model, X[:2])
    _keras.input_gradient(model, X[:2], np.ones((2, 1)))
    traces = {trace for trace, by_xla in _compiled._calls[model] if not by_xla}
    assert traces == {_compiled._trace_forward, _compiled._trace_gradient}
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_networks_of_the_same_layers_share_a_trace(X, monkeypatch):
    traces = []
    trace = _compiled._trace_forward

    def counted(model):
        traces.append(model)
        return trace(model)

    monkeypatch.setattr(_compiled, "_trace_forward", counted)

    def network():
        layers = [keras.Input((9, 3)), keras.layers.LSTM(4), keras.layers.Dropout(0.5)]
        return keras.Sequential([*layers, keras.layers.Dense(2, activation="softmax")])

    first, second = network(), network()
    for model in (first, second, first):
        assert np.allclose(_keras.forward(model, X[:50]), model(X[:50]), atol=1e-6)
    first.set_weights(second.get_weights())  # weights are read when they are needed
    assert np.array_equal(_keras.forward(first, X[:50]), _keras.forward(second, X[:50]))
    assert len(traces) == 1
    weights = np.ones((50, 2)) * [1, 0]
    for model in (first, network()):
        x = tf.constant(X[:50])
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(model(x) * weights)
        expected = tape.gradient(total, x)
        assert np.allclose(_keras.input_gradient(model, X[:50], weights), expected, atol=1e-6)


def test_a_prediction_in_another_thread_waits_for_no_lock_that_a_fit_wants(X):
    """A fit holds the generators; a callback of it predicts, while another thread traces."""
    _compiled.clear_compiled()
    models = [keras.Sequential([keras.Input((9, 3)), keras.layers.GRU(units)]) for units in (5, 6)]
    other = threading.Thread(target=_keras.forward, args=(models[0], X[:5]), daemon=True)

    def fit():
        with _keras.seeded(0):
            other.start()
            time.sleep(0.5)  # by now it waits for the generators
            _keras.forward(models[1], X[:5])

    fitting = threading.Thread(target=fit, daemon=True)
    fitting.start()
    for thread in (fitting, other):
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_shared_traces_are_bounded(X, monkeypatch):
    _compiled.clear_compiled()
    monkeypatch.setattr(_compiled, "_MOST_SHARED", 2)
    for units in (1, 2, 3):
        model = keras.Sequential([keras.Input((9, 3)), keras.layers.LSTM(units)])
        _keras.forward(model, X[:5])
    assert len(_compiled._shared) == 2
    monkeypatch.setattr(_compiled, "_MOST_BYTES", 10)
    _compiled.clear_compiled()
    model = keras.Sequential([keras.Input((9, 3)), keras.layers.LSTM(2)])
    assert np.allclose(_keras.forward(model, X[:5]), model(X[:5]), atol=1e-6)
    assert len(_compiled._shared) == 0


def seed_all(seed):
    keras.utils.set_random_seed(seed)
    generator = _private.KERAS_RANDOM_STATE[1]
    _private.global_state.set_global_attribute(generator, None)  # Keras does so from 3.13 on


def test_seeded_leaves_every_global_generator_as_found():
    seed_all(7)
    expected = [
        random.random(),
        np.random.rand(),
        float(tf.random.uniform([])),
        float(keras.random.uniform([])),
    ]
    seed_all(7)
    with _keras.seeded(1):
        tf.random.uniform([]), keras.random.uniform([]), keras.layers.Dense(1).build((None, 2))
    found = [
        random.random(),
        np.random.rand(),
        float(tf.random.uniform([])),
        float(keras.random.uniform([])),
    ]
    assert found == expected


def test_seeded_repeats():
    draws = []
    for _ in range(2):
        with _keras.seeded(5):
            layer = keras.layers.Dense(1)
            layer.build((None, 2))
            numbers = [float(f.random.uniform([])) for f in (tf, keras)]
            draws.append([*numbers, *layer.get_weights()[0].ravel()])
    assert draws[0] == draws[1]


def test_seeded_restores_after_an_error():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    with pytest.raises(RuntimeError), _keras.seeded(1):
        raise RuntimeError
    assert np.random.rand() == expected


def test_integer_input_has_no_gradient():
    layers = [keras.Input((5,), dtype="int32"), keras.layers.Embedding(10, 4), keras.layers.LSTM(2)]
    with pytest.raises(
        ValueError, match=r"no gradient with respect to its int32 input: .* takes token ids"
    ):
        _keras.input_gradient(keras.Sequential(layers), np.ones((2, 5)), np.ones((2, 2)))


def test_an_embedding_behind_float_input_has_no_gradient():
    layers = [keras.Input((5,)), keras.layers.Embedding(10, 4), keras.layers.LSTM(2)]
    with pytest.raises(ValueError, match="no gradient with respect to its float32 input"):
        _keras.input_gradient(keras.Sequential(layers), np.ones((2, 5)), np.ones((2, 2)))


def two_inputs():
    a, b = keras.Input((3, 2)), keras.Input((3, 2))
    return keras.Model([a, b], keras.layers.LSTM(1)(keras.layers.Add()([a, b])))


def two_outputs():
    a = keras.Input((3, 2))
    return keras.Model(a, [keras.layers.LSTM(1)(a), keras.layers.LSTM(1)(a)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (two_inputs, "2 inputs; exactly one"),
        (two_outputs, "2 outputs; exactly one"),
        (lambda: keras.Sequential([keras.layers.LSTM(1)]), "is not built"),
        (
            lambda: keras.Sequential(
                [keras.Input((3, 2, 2)), keras.layers.TimeDistributed(keras.layers.Dense(1))]
            ),
            r"output of shape \(None, 3, 2, 1\)",
        ),
        (
            lambda: keras.Sequential(
                [keras.Input(batch_shape=(4, 3, 2)), keras.layers.LSTM(1, stateful=True)]
            ),
            "fixed batch size of 4",
        ),
    ],
)
def test_networks_that_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        _keras.check_network(make())


@pytest.mark.parametrize(
    ("activation", "loss", "kind"),
    [
        ("softmax", None, "probabilities"),
        ("sigmoid", None, "labels"),  # two sigmoids tell of two labels
        ("sigmoid", "mse", "values"),
        ("softmax", "mse", "probabilities"),
        ("softmax", "sparse_categorical_crossentropy", "probabilities"),
        ("linear", None, "values"),
        ("linear", "mse", "values"),
        ("sigmoid", "bce", "labels"),
        ("linear", keras.losses.BinaryCrossentropy(from_logits=True), "labels"),
        ("linear", keras.losses.CategoricalCrossentropy(from_logits=True), "logits"),
    ],
)
def test_output_kind(activation, loss, kind):
    model = linear_network(np.ones((2, 2, 2)), activation)
    if loss is not None:
        model.compile(loss=loss)
    assert _keras.output_kind(model) == kind


class LaterCrossentropy(keras.losses.Loss):
    """As of Keras 3.16: what it was told stands in its configuration only."""

    def __init__(self, from_logits=False, name="sparse_categorical_crossentropy"):
        super().__init__(name=name)
        self.told = from_logits

    def call(self, y_true, y_pred):
        return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, self.told)

    def get_config(self):
        return super().get_config() | {"from_logits": self.told}


class SilentCrossentropy(LaterCrossentropy):
    """One that does not say what it was told."""

    def get_config(self):
        return keras.losses.Loss.get_config(self)


def my_crossentropy(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


@pytest.mark.parametrize("from_logits", [True, False])
def test_logits_are_read_from_the_configuration_of_the_loss(from_logits):
    model = linear_network(np.ones((2, 2, 3)), "linear")
    model.compile(loss=LaterCrossentropy(from_logits=from_logits))
    assert _keras.output_kind(model) == ("logits" if from_logits else "probabilities")
    assert _keras.gives_logits(model) == from_logits


@pytest.mark.parametrize("loss", [SilentCrossentropy(), my_crossentropy])
def test_a_loss_that_does_not_say_it_is_no_guess(loss):
    model = linear_network(np.ones((2, 2, 3)), "linear")
    model.compile(loss=loss)
    with pytest.raises(ValueError, match=r"It cannot be read from the loss .* whether"):
        _keras.output_kind(model)
    # as the message says
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert _keras.output_kind(model) == "logits"
    ending = linear_network(np.ones((2, 2, 3)), "softmax")
    ending.compile(loss=loss)
    assert _keras.output_kind(ending) == "probabilities"


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_class_probabilities_of_logits_are_those_of_keras(n_outputs):
    logits = np.random.default_rng(0).normal(size=(20, n_outputs), scale=4)
    found = _keras.class_probabilities(logits, logits=True)
    if n_outputs == 1:
        expected = keras.ops.sigmoid(logits).numpy()
        assert np.allclose(found[:, 1:], expected)
    else:
        assert np.allclose(found, keras.ops.softmax(logits).numpy())
    assert np.allclose(found.sum(axis=1), 1)


def test_rebuild_makes_the_same_layers_for_another_shape_with_fresh_weights(network):
    fixed = _keras.fixed_weights(network)
    fresh = _keras.rebuild(type(network), network.get_config(), (9, 2), fixed)
    assert fresh.input_shape == (None, 9, 2)
    assert [type(layer) for layer in fresh.layers] == [type(layer) for layer in network.layers]
    same = _keras.rebuild(type(network), network.get_config(), (9, 3), fixed)
    assert not np.array_equal(same.get_weights()[0], network.get_weights()[0])


def test_rebuild_keeps_what_training_cannot_bring_back():
    frozen = keras.layers.Dense(2, trainable=False)
    scaling = keras.layers.Normalization()
    scaling.adapt(np.random.default_rng(0).normal(3, 2, size=(50, 4, 3)))
    model = keras.Sequential([keras.Input((4, 3)), scaling, frozen, keras.layers.Dense(1)])
    call = (type(model), model.get_config())
    same = _keras.rebuild(*call, (4, 3), _keras.fixed_weights(model))
    X = np.random.default_rng(1).normal(size=(5, 4, 3)).astype("float32")
    assert np.allclose(same.layers[0](X), scaling(X))
    assert np.array_equal(same.layers[1].get_weights()[0], frozen.get_weights()[0])
    assert not np.array_equal(same.get_weights()[-2], model.get_weights()[-2])
    with pytest.raises(ValueError, match=r"is frozen or was adapted, .*Scale in a Pipeline"):
        _keras.rebuild(*call, (4, 2), _keras.fixed_weights(model))
