"""Importances by gradients do not depend on units, and several outputs do not cancel."""

import keras
import numpy as np
import pytest
from conftest import linear_network
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import GradientTransformer, LSTMRegressor, from_keras, gradient_importance
from skfi.importance._gradient._table import METHODS

X = np.random.default_rng(0).normal(size=(200, 5, 3)).astype("float32")
UNITS = np.array([1.0, 1000.0, 0.01], dtype="float32")
COMPARABLE = [method for method in METHODS if method != "input_x_gradient"]


def network_of(weights):
    """A network of smooth outputs (..., n_outputs) of the last step's features."""
    inputs = keras.Input((5, 3))
    last = keras.layers.Lambda(lambda x: x[:, -1], output_shape=(3,))(inputs)
    dense = keras.layers.Dense(weights.shape[1], activation="tanh", use_bias=False)
    model = keras.Model(inputs, dense(last))
    dense.set_weights([weights])
    return model


@pytest.fixture
def random():
    """Draws that do not depend on which tests ran before."""
    return np.random.default_rng(1)


def shares(result):
    return result.importances_mean / result.importances_mean.sum()


class TestUnits:
    @pytest.mark.parametrize("method", METHODS)
    def test_another_unit_changes_nothing(self, method):
        weights = np.array([[0.6], [0.3], [0.1]])
        plain, other = network_of(weights), network_of(weights / UNITS[:, None])
        call = {"method": method, "random_state": 0}
        expected = gradient_importance(plain, X, **call)
        found = gradient_importance(other, X * UNITS, **call)
        assert np.allclose(found.importances, expected.importances, rtol=1e-3, atol=1e-5)

    @pytest.mark.parametrize("method", COMPARABLE)
    @pytest.mark.parametrize("offset", [5.0, -300.0])
    def test_a_constant_has_exactly_nothing(self, method, offset, random):
        data = X.copy()
        data[:, :, 1] = offset
        network = linear_network(random.normal(size=(5, 3, 1)))
        for by in ("feature", "cell"):
            found = gradient_importance(network, data, method=method, by=by, random_state=0)
            of_constant = found.importances.reshape(-1, 3, 200)[:, 1]
            assert (of_constant == 0).all()
            assert (found.importances_mean > 0).sum() == len(found.importances_mean) * 2 // 3

    @pytest.mark.parametrize("method", COMPARABLE)
    def test_a_constant_column_of_rows_has_exactly_nothing(self, method):
        data = X.reshape(200, 15).copy()
        data[:, 4] = 7  # one step of a feature that varies elsewhere
        model = LSTMRegressor(2, n_timesteps=5, epochs=1, importance=None, random_state=0)
        model.fit(data, data[:, 0])
        found = gradient_importance(model, data, method=method, n_steps=8, random_state=0)
        assert (found.importances[4] == 0).all()
        assert (np.delete(found.importances_mean, 4) > 0).all()

    @pytest.mark.parametrize("method", ["saliency", "smoothgrad", "expected_gradients"])
    def test_an_offset_changes_nothing(self, method):
        weights = np.array([[0.6], [0.3], [0.1]])
        inner = network_of(weights)
        inputs = keras.Input((5, 3))
        shifted = keras.Model(inputs, inner(keras.layers.Rescaling(1.0, offset=-273.0)(inputs)))
        call = {"method": method, "random_state": 0}
        expected = gradient_importance(inner, X, **call)
        found = gradient_importance(shifted, X + 273, **call)
        assert np.allclose(found.importances_mean, expected.importances_mean, rtol=0.02)

    def test_integrated_gradients_begin_among_the_values(self):
        network = linear_network(np.ones((5, 3, 1)))
        data = X.copy()
        data[:, :, 0] += 273  # kelvin: zero is no temperature that occurs
        data[:, :, 1] = np.maximum(data[:, :, 1], 0)  # rain: zero is the dry day
        found = gradient_importance(network, data).attributions
        assert np.allclose(found[:, :, 0], data[:, :, 0] - data[:, :, 0].mean(), atol=1e-3)
        assert np.allclose(found[:, :, 1:], data[:, :, 1:], atol=1e-3)

    def test_a_noise_column_of_small_unit_behind_a_normalisation(self):
        data = np.concatenate([X[:, :, :2], 1e-4 * X[:, :, 2:]], axis=2)
        y = data[:, -1, 0] + 0.5 * data[:, -1, 1]

        def network(input_shape, n_outputs):
            scale = keras.layers.Normalization()
            scale.adapt(data)
            layers = [keras.Input(input_shape), scale, keras.layers.LSTM(8)]
            return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])

        model = LSTMRegressor(network=network, epochs=20, learning_rate=0.02, random_state=0)
        model.fit(data, y)
        assert model.score(data, y) > 0.9
        assert model.feature_importances_[2] < 0.15
        for method in METHODS:
            found = gradient_importance(model, data, method=method, random_state=0)
            assert shares(found)[2] < 0.2

    def test_scale_is_of_real_steps_and_weighted(self, random):
        network = linear_network(np.ones((5, 3, 1)))
        weights = random.integers(0, 3, size=200)
        call = {"method": "saliency"}
        weighted = gradient_importance(network, X, sample_weight=weights, **call)
        repeated = gradient_importance(network, np.repeat(X, weights, axis=0), **call)
        assert np.allclose(weighted.importances_mean, repeated.importances_mean)
        assert np.allclose(weighted.feature_scale, repeated.feature_scale)

    def test_scale_leaves_padding_out(self):
        layers = [keras.Input((5, 3)), keras.layers.Masking(-99.0), keras.layers.LSTM(2)]
        masked = keras.Sequential([*layers, keras.layers.Dense(1)])
        data = X.copy()
        data[::2, 3:] = -99
        found = gradient_importance(masked, data, method="saliency")
        real = data[(data != -99).all(axis=2)]
        assert np.allclose(found.feature_scale, real.std(axis=0), rtol=1e-5)

    def test_one_value_has_no_spread(self):
        network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        with pytest.raises(ValueError, match="one sample of one time step does not have"):
            gradient_importance(network, X[:1, 0], method="saliency")
        gradient_importance(network, X[:1, 0], method="saliency", scale=None)

    def test_one_sample_has_nothing_to_be_compared_with(self):
        network = linear_network(np.ones((5, 3, 1)))
        with pytest.raises(ValueError, match="X holds a single one: pass others"):
            gradient_importance(network, X[:1], method="expected_gradients")
        gradient_importance(network, X[:1], method="expected_gradients", baseline=X[1:])

    def test_a_transformers_rows_do_not_depend_on_the_others(self):
        y = X[:, -1, 0]
        network = LSTMRegressor(2, epochs=1, importance=None, random_state=0)
        for method in ("saliency", "integrated_gradients"):
            transformer = GradientTransformer(network, method=method).fit(X + 40, y)
            whole = transformer.transform(X + 40)
            assert np.array_equal(transformer.transform(X[3:5] + 40), whole[3:5])


SEVERAL = np.array([[1.0, -1.0], [0.0, 0.3], [0.0, 0.0]])


class TestSeveralOutputs:
    def test_opposite_outputs_do_not_cancel(self):
        y = np.column_stack([X[:, -1, 0], -X[:, -1, 0] + 0.3 * X[:, -1, 1]])
        model = LSTMRegressor(8, epochs=40, learning_rate=0.02, random_state=0).fit(X, y)
        assert model.score(X, y) > 0.98
        assert model.feature_importances_[0] > 0.75
        assert model.feature_importances_[1] < 0.25

    @pytest.mark.parametrize("method", METHODS)
    def test_importances_are_the_mean_of_those_of_each_output(self, method, random):
        weights = random.normal(size=(5, 3, 4))
        network = linear_network(weights, "tanh")
        call = {"method": method, "random_state": 0, "n_steps": 8}
        for by in ("feature", "timestep", "cell"):
            found = gradient_importance(network, X, by=by, **call)
            each = [gradient_importance(network, X, by=by, target=k, **call) for k in range(4)]
            expected = np.mean([one.importances for one in each], axis=0)
            assert np.allclose(found.importances, expected, rtol=1e-5)
            sizes = np.mean([np.abs(one.attributions) for one in each], axis=0)
            assert np.allclose(found.attributions, sizes, rtol=1e-5)

    @pytest.mark.parametrize("form", ["estimator", "model_", "from_keras", "pipeline"])
    def test_each_output_counts_the_same_whatever_its_unit(self, form):
        y = np.column_stack([X[:, -1, 0], 1000 * X[:, -1, 1]])
        model = LSTMRegressor(8, epochs=30, learning_rate=0.02, importance=None, random_state=0)
        model.fit(X, y)
        forms = {
            "estimator": model,
            "model_": model.model_,
            "from_keras": from_keras(model.model_),
            "pipeline": make_pipeline(FunctionTransformer(), model),
        }
        found = gradient_importance(forms[form], X)
        assert np.allclose(shares(found)[:2], 0.5, atol=0.05)
        # one output alone is in units of y
        one = gradient_importance(model, X, target=1)
        assert one.importances_mean[1] > 100

    def test_a_difference_over_time_at_every_step(self):
        series = X[:, :, :2]
        y = series[:, :, 0] + 0.3 * series[:, :, 1]
        y[:, 1:] -= series[:, :-1, 0]
        model = LSTMRegressor(
            12, return_sequences=True, epochs=40, learning_rate=0.02, random_state=0
        ).fit(series, y)
        assert model.score(series, y) > 0.95
        assert model.feature_importances_[0] > 0.7

    def test_classes_at_every_step(self, random):
        weights = random.normal(size=(3, 4))
        layers = [keras.Input((5, 3)), keras.layers.Dense(4, activation="softmax")]
        network = keras.Sequential(layers)
        network.set_weights([weights, np.zeros(4)])
        found = gradient_importance(network, X, method="saliency", by="cell", scale=None)
        steps = [
            gradient_importance(
                network, X, method="saliency", by="cell", scale=None, output_step=t
            ).importances
            for t in range(5)
        ]
        assert np.allclose(found.importances, np.mean(steps, axis=0), atol=1e-6)

    def test_signs_cancel_only_if_asked_to(self):
        network = linear_network(np.tile(SEVERAL, (5, 1, 1)))
        call = {"method": "saliency", "scale": None}
        sizes = gradient_importance(network, X, **call).importances_mean
        signed = gradient_importance(network, X, aggregate="mean", **call).importances_mean
        assert np.allclose(sizes, [1, 0.15, 0])
        assert np.allclose(signed, [0, 0.15, 0], atol=1e-6)

    def test_a_transformer_does_not_let_them_cancel(self):
        y = np.column_stack([X[:, -1, 0], -X[:, -1, 0]])
        network = LSTMRegressor(2, epochs=1, importance=None, random_state=0)
        with pytest.raises(ValueError, match="aggregate='mean_abs', or the output to explain"):
            GradientTransformer(network).fit(X, y)
        for params in ({"aggregate": "mean_abs"}, {"target": 1}):
            assert GradientTransformer(network, **params).fit(X, y).transform(X).shape == (200, 3)


class TestParts:
    def test_some_samples(self, random):
        network = linear_network(random.normal(size=(5, 3, 1)), "tanh")
        whole = gradient_importance(network, X, by="cell")
        found = gradient_importance(network, X, by="cell", max_samples=30, random_state=0)
        assert found.importances.shape == (15, 30)
        assert len(set(found.sample_indices)) == 30
        assert np.allclose(found.importances, whole.importances[:, found.sample_indices], atol=1e-6)
        tenth = gradient_importance(network, X, max_samples=0.1, random_state=0)
        assert tenth.importances.shape == (3, 20)
        every = gradient_importance(network, X, by="cell", max_samples=1000)
        assert np.array_equal(every.importances, whole.importances)
        assert "sample_indices" not in every

    @pytest.mark.parametrize("method", COMPARABLE)
    def test_of_some_samples_all_of_x_says_what_they_are_compared_with(self, method, random):
        network = linear_network(random.normal(size=(5, 3, 1)))
        call = {"method": method, "n_steps": 1600, "random_state": 0}
        data = X + 50
        whole = gradient_importance(network, data, **call)
        found = gradient_importance(network, data, max_samples=40, **call)
        expected = whole.importances[:, found.sample_indices]
        assert np.allclose(found.importances, expected, rtol=0.15, atol=0.05)

    def test_some_outputs_of_each_sample(self):
        layers = [keras.Input((5, 3)), keras.layers.LSTM(4, return_sequences=True)]
        keras.utils.set_random_seed(0)
        network = keras.Sequential([*layers, keras.layers.Dense(2)])
        rows = np.tile(X[:10], (40, 1, 1))
        call = {"method": "saliency", "random_state": 0}
        whole = gradient_importance(network, rows, **call)
        some = gradient_importance(network, rows, max_outputs=2, **call)
        assert np.allclose(some.importances_mean, whole.importances_mean, rtol=0.05)
        every = gradient_importance(network, rows, max_outputs=10, **call)
        assert np.array_equal(every.importances, whole.importances)

    def test_drawn_outputs_are_those_that_a_sequence_has(self):
        model = LSTMRegressor(
            3, return_sequences=True, mask_value=np.nan, epochs=1, importance=None, random_state=0
        )
        panel = X.astype("float64")
        panel[::2, 2:] = np.nan
        model.fit(panel, panel[:, :, 0])
        call = {"method": "saliency", "by": "timestep", "random_state": 0}
        found = gradient_importance(model, panel, max_outputs=1, **call)
        assert (found.importances[2:, ::2] == 0).all()
        assert (found.importances[:, ::2].max(axis=0) > 0).all()


def jumping(sharpness):
    """A classifier whose probability jumps somewhere on the way from zero."""
    inputs = keras.Input((5, 3))
    flat = keras.layers.Flatten()(inputs)
    hidden = keras.layers.Dense(1, activation="tanh", use_bias=False)
    outputs = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Model(inputs, outputs(hidden(flat)))
    hidden.set_weights([np.linspace(-1, 1, 15)[:, None]])
    outputs.set_weights([np.array([[sharpness]]), np.array([-0.3 * sharpness])])
    return model


class TestJumps:
    @pytest.mark.parametrize("sharpness", [10.0, 300.0, 3e3])
    def test_integrated_gradients_find_them(self, sharpness):
        network = jumping(sharpness)
        found = gradient_importance(network, 3 * X, method="integrated_gradients", target=1)
        change = network.predict(3 * X, verbose=0)[:, 0] - network.predict(0 * X[:1], verbose=0)
        total = found.attributions.sum(axis=(1, 2))
        assert np.allclose(total, change.ravel(), atol=2e-3)
        # along the path the output depends on one sum only: its shares are those of the cells
        products = 3 * X * np.linspace(-1, 1, 15).reshape(5, 3)
        expected = products * (change.ravel() / products.sum(axis=(1, 2)))[:, None, None]
        assert np.allclose(found.attributions, expected, atol=0.01)

    def test_what_stays_incomplete_is_named_and_has_no_part_in_the_means(self, monkeypatch):
        from skfi.importance._gradient import _completeness

        monkeypatch.setattr(_completeness, "MOST_POINTS", 8)
        monkeypatch.setattr(_completeness, "_PIECES", 2)
        network = jumping(1e4)
        with pytest.warns(UserWarning, match="that miss it by far have no part in the means"):
            found = gradient_importance(
                network, 3 * X, method="integrated_gradients", n_steps=2, target=1
            )
        missed = np.abs(found.completeness_error) > 0.05
        assert missed.any()
        assert not missed.all()
        expected = found.importances[:, ~missed].mean(axis=1)
        assert np.allclose(found.importances_mean, expected)
        # and none outweighs the others
        assert np.abs(found.attributions).sum(axis=(1, 2)).max() < 100
