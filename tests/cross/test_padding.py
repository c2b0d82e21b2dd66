"""Sequences of unequal length: padding influences nothing, in any respect."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import make_lagged_sequences

NAN = np.nan


def padded_longer(X, by=4, value=NAN):
    return np.concatenate([X, np.full((len(X), by, X.shape[2]), value)], axis=1)


@pytest.fixture(scope="module")
def panel():
    """Sequences of 3 to 7 steps; the target is the mean of the first feature over its steps."""
    data = make_lagged_sequences(150, n_timesteps=7, min_timesteps=3, random_state=0)
    data.target = 3 * np.nanmean(data.data[:, :, 0], axis=1)
    return data


@pytest.fixture(scope="module")
def fitted(panel):
    model = LSTMRegressor(8, epochs=15, learning_rate=0.02, mask_value=NAN, random_state=0)
    return model.fit(panel.data, panel.target)


class TestPaddingDoesNotMatter:
    def test_in_fit(self, fitted, panel):
        longer = clone(fitted).fit(padded_longer(panel.data), panel.target)
        assert np.allclose(longer.predict(panel.data), fitted.predict(panel.data), atol=1e-6)
        ours, theirs = fitted.feature_importances_, longer.feature_importances_
        assert np.allclose(ours, theirs, atol=1e-6)

    def test_in_predict_and_score(self, fitted, panel):
        longer = padded_longer(panel.data)
        assert np.abs(fitted.predict(longer) - fitted.predict(panel.data)).max() < 1e-6
        score = fitted.score(panel.data, panel.target)
        assert score > 0.8
        assert abs(fitted.score(longer, panel.target) - score) < 1e-6

    @pytest.mark.parametrize("value", [-9.0, 0.0])
    def test_whatever_marks_it(self, fitted, panel, value):
        X = np.where(np.isnan(panel.data), value, panel.data)
        other = clone(fitted).set_params(mask_value=value).fit(X, panel.target)
        assert np.allclose(other.predict(X), fitted.predict(panel.data), atol=1e-6)

    @pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "integrated_gradients"])
    @pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
    def test_in_gradients(self, fitted, panel, method, by):
        X = panel.data[:40]
        call = {"method": method, "by": by, "n_steps": 8}
        found = gradient_importance(fitted, X, **call)
        longer = gradient_importance(fitted, padded_longer(X), **call)
        n_units = len(found.importances_mean)
        assert (found.attributions[np.isnan(X)] == 0).all()
        assert (longer.attributions[:, 7:] == 0).all()
        assert np.allclose(longer.attributions[:, :7], found.attributions, atol=1e-6)
        assert np.allclose(longer.importances_mean[:n_units], found.importances_mean, atol=1e-6)
        assert np.allclose(longer.importances_mean[n_units:], 0)

    @pytest.mark.parametrize("method", ["smoothgrad", "expected_gradients"])
    def test_in_random_gradients_padding_has_no_attribution(self, fitted, panel, method):
        X = panel.data[:40]
        found = gradient_importance(fitted, X, method=method, n_steps=20, random_state=0)
        assert (found.attributions[np.isnan(X)] == 0).all()
        assert np.isfinite(found.attributions).all()
        assert found.to_frame().index[0] == "x0"
        assert np.abs(found.attributions).max() < 10  # no stand-in for NaN among the baselines

    @pytest.mark.parametrize("value", [NAN, 0.0])
    def test_integrated_gradients_are_complete(self, fitted, panel, value):
        # with zeros for padding, the baseline of zeros would be fully masked
        X = np.where(np.isnan(panel.data), value, panel.data)
        model = clone(fitted).set_params(mask_value=value, epochs=3).fit(X, panel.target)
        found = gradient_importance(model, X, method="integrated_gradients")
        assert np.abs(found.completeness_error).max() < 1e-3

    def test_in_permutation(self, fitted, panel):
        y = panel.target
        call = {"scoring": "neg_mean_absolute_error", "random_state": 0}
        found = permutation_importance(fitted, panel.data, y, **call)
        longer = permutation_importance(fitted, padded_longer(panel.data), y, **call)
        assert np.allclose(found.importances, longer.importances, atol=1e-6)
        assert found.to_frame().index[0] == "x0"
        assert np.abs(found.importances_mean[1:]).max() < 0.3 * found.importances_mean[0]

    def test_in_lofo(self, fitted, panel):
        model = clone(fitted).set_params(cell="rnn", importance=None, epochs=4)
        groups = {"noise": ["x1", "x2"]}
        call = {"cv": 2, "random_state": 0, "feature_groups": groups}
        found = lofo_importance(model, panel.data, panel.target, **call)
        longer = lofo_importance(model, padded_longer(panel.data), panel.target, **call)
        assert np.allclose(found.importances, longer.importances, atol=1e-5)
        assert found.to_frame().index[0] == "x0"

    def test_in_2d_rows(self, fitted, panel):
        X2 = panel.data.reshape(len(panel.data), -1)
        flat = clone(fitted).set_params(n_timesteps=7).fit(X2, panel.target)
        assert np.allclose(flat.predict(X2), fitted.predict(panel.data), atol=1e-6)
        found = permutation_importance(flat, X2, panel.target, random_state=0)
        assert np.isfinite(found.importances).all()

    @pytest.mark.parametrize("cell", ["gru", "rnn"])
    def test_in_other_networks(self, fitted, panel, cell):
        model = clone(fitted).set_params(
            cell=cell, units=(4, 3), bidirectional=True, dropout=0.1, epochs=1, importance=None
        )
        model.fit(panel.data, panel.target)
        longer = padded_longer(panel.data)
        assert np.abs(model.predict(longer) - model.predict(panel.data)).max() < 1e-6


def test_steps_are_numbered_from_the_start(fitted, panel):
    found = gradient_importance(fitted, panel.data, by="timestep")
    assert found.feature_names.tolist() == [str(t) for t in range(7)]


def test_a_mean_over_time_is_over_real_steps(panel):
    network = keras.Sequential(
        [
            keras.Input((7, 3)),
            keras.layers.Masking(-9.0),
            keras.layers.TimeDistributed(keras.layers.Dense(1, use_bias=False)),
            keras.layers.GlobalAveragePooling1D(),  # of the steps that are not masked
        ]
    )
    network.set_weights([np.array([[2.0], [0], [-1]])])
    X = np.where(np.isnan(panel.data), -9.0, panel.data)
    lengths = (~np.isnan(panel.data[:, :, 0])).sum(axis=1)
    found = gradient_importance(network, X, method="saliency", scale=None)
    # each real step counts 1 / length, and the mean is over as many steps
    assert np.allclose(found.importances[0], 2 / lengths, atol=1e-6)
    assert np.allclose(found.importances[1], 0)


class TestFinalizedNetworks:
    def test_a_network_with_a_masking_layer(self, fitted, panel):
        X = fitted.to_sequences(panel.data)
        estimator = from_keras(fitted.model_)
        assert estimator.mask_value == -1e9
        scaled = fitted.target_scaler_.transform(fitted.predict(panel.data)[:, None]).ravel()
        assert np.allclose(estimator.predict(X), scaled, atol=1e-5)
        found = gradient_importance(fitted.model_, X, method="integrated_gradients")
        assert (found.attributions[np.isnan(panel.data)] == 0).all()
        assert np.abs(found.completeness_error).max() < 1e-3

    def test_your_own_network_needs_the_layer(self, panel):
        def network(input_shape, n_outputs):
            layers = [keras.Input(input_shape), keras.layers.LSTM(2), keras.layers.Dense(n_outputs)]
            return keras.Sequential(layers)

        model = LSTMRegressor(network=network, mask_value=NAN)
        with pytest.raises(ValueError, match=r"Masking\(mask_value=-1000000000.0\), the number"):
            model.fit(panel.data, panel.target)


def test_a_feature_that_is_the_same_at_every_step():
    """Say, a patient's age: a feature like any other, by all methods."""
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 6, 3))
    X[:, :, 1] = random.normal(size=(300, 1))
    lengths = random.integers(3, 7, size=300)
    X[np.arange(6) >= lengths[:, None]] = NAN
    y = 0.5 * X[np.arange(300), lengths - 1, 0] + X[:, 0, 1]

    model = LSTMRegressor(
        8, epochs=25, learning_rate=0.02, mask_value=NAN, importance=None, random_state=0
    )
    model.fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.8
    permuted = permutation_importance(model, X[200:], y[200:], random_state=0)
    assert permuted.to_frame().index[0] == "x1"
    # R2 lost when x1 is shuffled: twice its share of the variance, which is 0.8
    assert permuted.importances_mean[1] == pytest.approx(1.6, abs=0.35)
    gradients = gradient_importance(model, X[200:], method="integrated_gradients")
    assert gradients.to_frame().index[0] == "x1"
    lofo = lofo_importance(model.set_params(epochs=12), X, y, cv=2, random_state=0)
    assert lofo.to_frame().index[0] == "x1"


class TestBadInput:
    def test_fully_padded(self, fitted, panel):
        X = panel.data[:5].copy()
        X[3] = NAN
        for call in (lambda: fitted.predict(X), lambda: clone(fitted).fit(X, panel.target[:5])):
            with pytest.raises(
                ValueError, match=r"1 of 5 sequences are fully padded: .*row\(s\) 3"
            ):
                call()

    def test_time_steps_without_which_nothing_is_left(self, panel):
        model = LSTMRegressor(2, epochs=1, mask_value=NAN)
        groups = {"early": [0, 1, 2], "late": [3, 4, 5, 6]}
        call = {"by": "timestep", "feature_groups": groups, "cv": 2, "leave_out": "remove"}
        with pytest.raises(ValueError, match="'early' would leave nothing of"):
            lofo_importance(model, panel.data, panel.target, **call)

    def test_nan_without_a_mask_value(self, panel):
        with pytest.raises(ValueError, match=r"set mask_value=np\.nan"):
            LSTMRegressor().fit(panel.data, panel.target)

    def test_mask_value_inside_data(self, panel):
        X = np.where(np.isnan(panel.data), 0.0, panel.data)
        X[0, 0, 1] = 0
        model = LSTMClassifier(2, mask_value=0, epochs=1, importance=None)
        with pytest.warns(UserWarning, match="1 cells of real data hold mask_value=0"):
            model.fit(X, panel.target > 0)

    def test_a_scalar_is_expected(self, panel):
        with pytest.raises(ValueError, match="'mask_value' parameter"):
            LSTMRegressor(mask_value="nan").fit(panel.data, panel.target)
