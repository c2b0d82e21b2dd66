"""Ids, masks, weights and targets that are not where one looks for them first."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops
from sklearn.metrics import r2_score

from skfi import from_keras, gradient_importance, lofo_importance, permutation_importance

N, T = 60, 4
random = np.random.default_rng(0)
S = random.normal(size=(N, 2)).astype("float32")
A = random.normal(size=(N, T, 2)).astype("float32")
PADDED = np.where((np.arange(T) < random.integers(1, T + 1, N)[:, None])[..., None], A, -9)
REAL = (PADDED != -9).all(axis=2)
IDS = random.integers(0, 4, size=(N, 3)).astype("int32")
TABLE = random.normal(size=(12, 2))


def compiled(inputs, outputs):
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    return model


def summed(*parts):
    """A sum of all entries, so that a vector's importance is known."""
    return layers.Add()([ops.sum(layers.Flatten()(x), axis=1, keepdims=True) for x in parts])


def embedded(x, table=TABLE):
    layer = layers.Embedding(*table.shape)
    result = layer(x)
    layer.set_weights([table])
    return result


def of_ids(ids, table=TABLE):
    return table[ids].sum(axis=-1)


class TestIds:
    """From the mean vector on, integrated gradients of a sum are what an id's vector adds."""

    def check(self, model, X, name, cell, expected):
        found = gradient_importance(model, X).attributions[name]
        found = found.reshape(N, -1)[:, cell]
        np.testing.assert_allclose(
            found - found.mean(), expected - expected.mean(), atol=1e-4 * np.abs(expected).max()
        )

    def test_a_column_each_has_a_table(self):
        a, b = keras.Input((2,), name="x"), keras.Input((3,), name="cat", dtype="int32")
        tables = [TABLE * (i + 1) for i in range(3)]
        model = compiled([a, b], summed(a, *[embedded(b[:, i], t) for i, t in enumerate(tables)]))
        for i, table in enumerate(tables):
            self.check(model, (S, IDS), "cat", i, of_ids(IDS[:, i], table))
        result = gradient_importance(model, (S, IDS))
        assert {"cat__x0", "cat__x1", "cat__x2"} <= set(result.feature_names)

    def test_all_and_the_last_one_again(self):
        a, b = keras.Input((2,), name="x"), keras.Input((3,), name="history", dtype="int32")
        model = compiled([a, b], summed(a, embedded(b), embedded(b[:, -1], 10 * TABLE)))
        self.check(model, (S, IDS), "history", 2, 11 * of_ids(IDS[:, 2]))
        assert "history" in gradient_importance(model, (S, IDS)).feature_names

    def test_ids_are_shifted(self):
        shop, product = (keras.Input((1,), name=x, dtype="int32") for x in ("shop", "product"))
        model = compiled([shop, product], summed(embedded(shop + 1), 0 * embedded(product + 1)))
        X = {"shop": IDS[:, :1], "product": IDS[:, 1:2]}
        self.check(model, X, "shop", 0, of_ids(IDS[:, 0] + 1))
        assert not gradient_importance(model, X).attributions["product"].any()
        with pytest.raises(ValueError, match="reaches its embedding as it is"):
            gradient_importance(model, X, baseline={"shop": 1})

    def test_large_ids_are_looked_up(self):
        known = np.arange(100_000_000, 100_000_011)
        a, b = keras.Input((1,), name="customer", dtype="int64"), keras.Input((2,), name="x")
        lookup = layers.IntegerLookup(vocabulary=known.tolist())
        model = compiled([a, b], summed(b, embedded(lookup(a))))
        X = {"customer": random.choice(known, (N, 1)), "x": S}
        y = model.predict(X, verbose=0)[:, 0]
        assert from_keras(model).score(X, y) == pytest.approx(1)
        vector = of_ids(X["customer"][:, 0] - known[0] + 1)
        self.check(model, X, "customer", 0, vector)

    @pytest.mark.parametrize("name", ["a number", "both", "one hot", "of two inputs"])
    def test_what_has_no_gradient_is_said(self, name):
        whole = keras.Input((1,), name="day", dtype="float32" if name == "both" else "int32")
        x = keras.Input((2,), name="x")
        other = keras.Input((1,), name="hour", dtype="int32")
        inputs, X = [whole, x], (IDS[:, :1], S)
        if name == "a number":
            outputs = summed(layers.Rescaling(0.1)(whole), x)
        elif name == "both":
            outputs = summed(embedded(whole), whole, x)
        elif name == "one hot":
            outputs = layers.Dense(1)(layers.CategoryEncoding(4, "one_hot")(whole))
            outputs = summed(outputs, x)
        else:
            inputs, X = [whole, other], (IDS[:, :1], IDS[:, 1:2] % 3)
            outputs = summed(embedded(whole * 3 + other))
        model = compiled(inputs, outputs)
        match = "made of several inputs" if "two" in name else "no gradient at its input 'day'"
        for method in ("integrated_gradients", "saliency", "expected_gradients"):
            with pytest.raises(ValueError, match=match):
                gradient_importance(model, X, method=method)
        y = model.predict(X, verbose=0)[:, 0]
        result = permutation_importance(model, X, y, random_state=0)  # as the message says
        assert result.importances_mean.max() > 0.1

    def test_a_column_of_one_input(self):
        x = keras.Input((3,))
        model = compiled(x, summed(embedded(x[:, 0]), x[:, 1:]))
        X = np.column_stack([IDS[:, 0], S])
        with pytest.raises(ValueError, match="reads a part of its input as ids"):
            gradient_importance(model, X)


def masked_network(kind):
    a, b = keras.Input((T, 2), name="z"), keras.Input((2,), name="s")
    if kind == "nested":
        x = keras.Sequential([layers.Masking(-9.0), layers.LSTM(3)])(a)
    else:
        x = layers.LSTM(3)(layers.Masking(-9.0)(a))
    return compiled([a, b], layers.Dense(1)(layers.Concatenate()([x, b])))


class TestMasks:
    def test_in_a_nested_network(self):
        flat, nested = masked_network("flat"), masked_network("nested")
        nested.set_weights(flat.get_weights())
        X, y = (PADDED, S), S[:, 0]
        for call in (
            lambda model: permutation_importance(model, X, y, random_state=0),
            lambda model: gradient_importance(model, X, method="saliency"),
            lambda model: gradient_importance(model, X),
        ):
            expected, result = call(flat).importances, call(nested).importances
            np.testing.assert_allclose(result, expected, atol=1e-6)

    def test_one_layer_of_two_inputs(self):
        a, b = keras.Input((T, 2), name="a"), keras.Input((T, 2), name="b")
        masking, lstm = layers.Masking(-9.0), layers.LSTM(3)
        ends = [lstm(masking(x)) for x in (a, b)]
        model = compiled([a, b], layers.Dense(1)(layers.Concatenate()(ends)))
        result = gradient_importance(model, (PADDED, PADDED[::-1]))
        np.testing.assert_array_equal(result.sequence_mask["a"], REAL)
        np.testing.assert_array_equal(result.sequence_mask["b"], REAL[::-1])

    def test_in_a_subclass(self):
        class Own(keras.Model):
            def __init__(self):
                super().__init__()
                self.of = [layers.Masking(-9.0), layers.LSTM(3), layers.Dense(1)]

            def call(self, x):
                for layer in self.of:
                    x = layer(x)
                return x

        model = Own()
        model.compile("adam", "mse")
        model.fit(PADDED, S[:, 0], verbose=0)
        np.testing.assert_array_equal(gradient_importance(model, PADDED).sequence_mask, REAL)
        assert np.isfinite(permutation_importance(model, PADDED, S[:, 0]).importances).all()

    @pytest.mark.parametrize("what", [0.0, np.nan, 99.0])
    def test_padded_steps_of_the_output_have_no_score(self, what):
        a, b = keras.Input((T, 2), name="a"), keras.Input((2,), name="b")
        steps = layers.LSTM(3, return_sequences=True)(layers.Masking(-9.0)(a))
        joined = layers.Concatenate()([steps, layers.RepeatVector(T)(b)])
        model = compiled([a, b], layers.Dense(1)(joined))
        predicted = model.predict((PADDED, S), verbose=0)[..., 0]
        y = np.where(REAL, predicted + 0.1 * random.normal(size=(N, T)), what)
        result = permutation_importance(model, (PADDED, S), y, random_state=0)
        assert result.baseline_score == pytest.approx(r2_score(y[REAL], predicted[REAL]))
        last = gradient_importance(model, (PADDED, S), output_step=-1, method="saliency")
        assert last.importances.shape == (4, N)

    def test_a_decoder_of_as_many_steps_has_none(self):
        x = keras.Input((T, 2))
        end = layers.LSTM(3)(layers.Masking(-9.0)(x))
        decoded = layers.LSTM(3, return_sequences=True)(layers.RepeatVector(T)(end))
        model = compiled(x, layers.Dense(1)(decoded))
        predicted = model.predict(PADDED, verbose=0)[..., 0]
        y = predicted + 0.1 * random.normal(size=(N, T))
        result = permutation_importance(model, PADDED, y, random_state=0)
        assert result.baseline_score == pytest.approx(r2_score(y.ravel(), predicted.ravel()))


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.usefixtures("eager")
def test_a_subclass_of_a_list_of_inputs():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.lstm, self.dense = layers.LSTM(3), layers.Dense(1)

        def call(self, inputs):
            series, static = inputs
            return self.dense(ops.concatenate([self.lstm(series), static], axis=-1))

    model, y = Own(), S[:, 0]
    model.compile("adam", "mse")
    model.fit((A, S), y, verbose=0)
    names = {"input_0__x0", "input_0__x1", "input_1__x0", "input_1__x1"}
    assert set(gradient_importance(model, (A, S)).feature_names) == names
    result = lofo_importance(model, (A, S), y, cv=2, fit_params={"epochs": 1})
    assert set(result.feature_names) == names


def test_a_stateful_network_that_is_trained_further():
    of = [keras.Input(batch_shape=(10, T, 2)), layers.LSTM(3, stateful=True), layers.Dense(1)]
    model = keras.Sequential(of)
    model.compile(keras.optimizers.Adam(0.05), "mse")
    estimator, y = from_keras(model), A[:, :, 0].sum(axis=1)
    before = estimator.score(A, y)
    model.fit(A, y, epochs=15, batch_size=10, verbose=0)
    assert estimator.score(A, y) > before + 0.3
    assert estimator.score(A, y) == from_keras(model).score(A, y)


@pytest.fixture(scope="module")
def heads():
    x = keras.Input((2,))
    outputs = {"zeta": layers.Dense(1)(x), "alpha": layers.Dense(3, "softmax")(x)}
    model = keras.Model(x, outputs)
    model.compile("adam", {"zeta": "mse", "alpha": "sparse_categorical_crossentropy"})
    found = model.predict(S, verbose=0)
    return model, {"zeta": found["zeta"][:, 0], "alpha": found["alpha"].argmax(axis=1)}


class TestTargetsOfHeads:
    def test_a_table_is_read_by_name(self, heads):
        model, Y = heads
        for columns in (["zeta", "alpha"], ["alpha", "zeta"]):
            y = pd.DataFrame(Y)[columns]
            assert permutation_importance(model, S, y).baseline_score == pytest.approx(1)
        with pytest.raises(ValueError, match="DataFrame of shape"):
            permutation_importance(model, S, pd.DataFrame(Y).rename(columns={"zeta": "beta"}))
        rows = np.column_stack([Y["alpha"] + 3, Y["zeta"]])
        for function in (permutation_importance, lofo_importance):
            with pytest.raises(ValueError, match="class numbers from 0 to 2"):
                function(model, S, rows)

    def test_a_list_of_arrays(self, heads):
        model, Y = heads
        y = [Y["alpha"], Y["zeta"]]  # in the order of the outputs, that of their names
        assert permutation_importance(model, S, y).baseline_score == pytest.approx(1)
        assert lofo_importance(model, S, y, cv=2, fit_params={"epochs": 1}).importances.size == 4

    def test_an_output_without_a_loss_needs_no_targets(self, heads):
        model, Y = heads
        some = keras.Model(model.inputs, model.output)
        some.compile("adam", {"zeta": "mse"})
        for y in (Y["zeta"], {"zeta": Y["zeta"]}):
            assert permutation_importance(some, S, y).baseline_score == pytest.approx(1)
        found = lofo_importance(some, S, {"zeta": Y["zeta"]}, cv=2, fit_params={"epochs": 1})
        assert np.isfinite(found.importances).all()
