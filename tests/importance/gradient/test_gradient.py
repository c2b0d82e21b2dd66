"""Gradient importance: closed forms on linear networks, completeness, equivalent calls."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import linear_network
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SlidingWindow, from_keras, gradient_importance
from skfi.importance._gradient._table import METHODS

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4, 3)).astype("float32")
WEIGHTS = rng.normal(size=(4, 3, 1))


@pytest.fixture(scope="module")
def linear():
    return linear_network(WEIGHTS)


class TestLinearNetwork:
    def test_saliency_is_the_weights(self, linear):
        result = gradient_importance(linear, X, method="saliency")
        assert np.allclose(result.attributions, WEIGHTS[..., 0], atol=1e-6)
        std = X.std(axis=(0, 1))
        assert np.allclose(result.importances_mean, np.abs(WEIGHTS[..., 0]).mean(axis=0) * std)
        plain = gradient_importance(linear, X, method="saliency", scale=None)
        assert np.allclose(plain.importances_mean, np.abs(WEIGHTS[..., 0]).mean(axis=0))
        assert result.importances.shape == (3, 30)
        assert np.allclose(result.importances_std, 0, atol=1e-6)

    def test_mean_is_the_classic_recipe(self, regression, regressor):
        # signed gradients by one tape over the batch, averaged over time
        x = tf.constant(regression.data[:20], dtype="float32")
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = regressor.model_(x)
        expected = tape.gradient(output, x).numpy().mean(axis=1)
        found = gradient_importance(
            regressor.model_, regression.data[:20], method="saliency", scale=None, aggregate="mean"
        )
        assert np.allclose(found.importances.T, expected, atol=1e-6)

    def test_the_classic_recipe_to_the_last_bit(self):
        weights = np.array([[[0.5], [4.0]], [[-2.0], [0.25]], [[1.0], [-8.0]], [[0.5], [2.0]]])
        network = linear_network(weights)  # whose sums are exact in every order
        call = {"method": "saliency", "scale": None, "aggregate": "mean"}
        found = gradient_importance(network, X[:, :, :2], **call)
        assert np.array_equal(found.importances, np.tile(weights[..., 0].mean(axis=0), (30, 1)).T)
        assert np.array_equal(found.attributions, np.tile(weights[..., 0], (30, 1, 1)))
        scaled = gradient_importance(network, X[:, :, :2], **call | {"scale": "std"})
        assert np.array_equal(scaled.attributions, found.attributions)  # the raw gradients

    def test_mean_abs_does_not_cancel(self):
        weights = np.array([[1.0], [-1.0]])[..., None]
        network, call = linear_network(weights), {"method": "saliency", "scale": None}
        assert gradient_importance(network, X[:, :2, :1], **call).importances_mean == 1
        signed = gradient_importance(network, X[:, :2, :1], aggregate="mean", **call)
        assert signed.importances_mean == 0

    @pytest.mark.parametrize(
        "call",
        [{"method": "input_x_gradient"}, {"method": "integrated_gradients", "baseline": 0}, {}],
    )
    def test_products_are_weight_times_input(self, linear, call):
        found = gradient_importance(linear, X, **call).attributions
        assert np.allclose(found, X * WEIGHTS[..., 0], atol=1e-5)

    def test_integrated_gradients_from_a_baseline(self, linear):
        baseline = X.mean(axis=0)
        result = gradient_importance(linear, X, method="integrated_gradients", baseline=baseline)
        assert np.allclose(result.attributions, (X - baseline) * WEIGHTS[..., 0], atol=1e-5)

    def test_smoothgrad_of_a_constant_gradient(self, linear):
        found = gradient_importance(linear, X, method="smoothgrad", random_state=0).attributions
        assert np.allclose(found, WEIGHTS[..., 0], atol=1e-5)

    def test_expected_gradients_are_the_difference_to_the_mean(self, linear):
        result = gradient_importance(
            linear, X, method="expected_gradients", n_steps=4000, random_state=0
        )
        assert np.allclose(result.attributions, (X - X.mean(axis=0)) * WEIGHTS[..., 0], atol=0.15)


def test_by_and_groups(linear):
    size = np.abs(WEIGHTS[..., 0])

    def mean(**kwargs):
        return gradient_importance(
            linear, X, method="saliency", scale=None, **kwargs
        ).importances_mean

    assert np.allclose(mean(by="timestep"), size.mean(axis=1))
    assert np.allclose(mean(by="cell"), size.ravel())
    grouped = mean(feature_groups={"g": ["x0", "x2"]})
    assert np.allclose(grouped, [size.mean(axis=0)[[0, 2]].sum(), size.mean(axis=0)[1]])


def test_sum_of_squares_from_zero_is_x_squared():
    inputs = keras.Input((4, 3))
    squares = keras.layers.Flatten()(keras.layers.Multiply()([inputs, inputs]))
    total = keras.layers.Dense(1, kernel_initializer="ones")(squares)
    network = keras.Model(inputs, total)
    result = gradient_importance(network, X, method="integrated_gradients", n_steps=3)
    assert np.allclose(result.attributions, X**2, atol=1e-5)


@pytest.mark.parametrize("baseline", [0, 0.5, "mean", "each"])
def test_integrated_gradients_are_complete(regression, regressor, baseline):
    data = regression.data
    baseline = {"mean": data.mean(axis=0), "each": data[::-1]}.get(baseline, baseline)
    result = gradient_importance(regressor, data, method="integrated_gradients", baseline=baseline)
    start = np.broadcast_to(baseline, data.shape)
    change = regressor.predict(data) - regressor.predict(start)
    total = result.attributions.sum(axis=(1, 2))
    # attributions of a regressor are in units of y
    assert np.allclose(total, change, atol=1e-3 * regression.target.std())
    assert np.allclose(result.completeness_error, total - change, atol=1e-4)
    assert np.abs(result.completeness_error).max() < 1e-3


def test_completeness_for_classes(classification, classifier):
    data = classification.data
    for target in (None, "low", classification.target):
        result = gradient_importance(classifier, data, method="integrated_gradients", target=target)
        assert np.abs(result.completeness_error).max() < 1e-3


class TestTarget:
    def test_default_is_the_predicted_class(self, classification, classifier):
        data = classification.data[:40]
        default = gradient_importance(classifier, data).attributions
        named = gradient_importance(classifier, data, target=classifier.predict(data)).attributions
        assert np.array_equal(default, named)

    def test_classes_of_a_sigmoid_are_opposites(self):
        network = linear_network(WEIGHTS, "sigmoid")

        def explained(**call):
            return gradient_importance(network, X, method="saliency", **call).attributions

        zero, one = explained(target=0), explained(target=1)
        assert np.allclose(zero, -one)
        default = explained()
        chosen = (network.predict(X, verbose=0).ravel() > 0.5)[:, None, None]
        assert np.allclose(default, np.where(chosen, one, zero))

    def test_classes_of_a_softmax_sum_to_nothing(self, classification, classifier):
        total = sum(
            gradient_importance(classifier, classification.data, target=t).attributions
            for t in classifier.classes_
        )
        assert np.abs(total).max() < 1e-5

    def test_outputs_of_a_regressor(self):
        rng = np.random.default_rng(1)
        weights = rng.normal(size=(4, 3, 2))
        network = linear_network(weights)
        for output in (0, 1):
            found = gradient_importance(network, X, method="saliency", target=output).attributions
            assert np.allclose(found, weights[..., output], atol=1e-6)
        mean = gradient_importance(network, X, method="saliency").attributions
        assert np.allclose(mean, np.abs(weights).mean(axis=2), atol=1e-6)

    @pytest.mark.parametrize(
        ("target", "message"),
        [(2, r"target=2 is not an output .* \[0, 0\]"), (-1, "target=-1"), ("a", "target='a'")],
    )
    def test_out_of_range_for_a_regressor(self, linear, target, message):
        with pytest.raises(ValueError, match=message):
            gradient_importance(linear, X, target=target)

    @pytest.mark.parametrize(
        ("target", "message"),
        [("medium", "target medium is not among"), (["low"] * 3, "one for each of the 300")],
    )
    def test_out_of_range_for_a_classifier(self, classification, classifier, target, message):
        with pytest.raises(ValueError, match=message):
            gradient_importance(classifier, classification.data, target=target)


@pytest.mark.parametrize("method", METHODS)
def test_blocks_change_nothing(monkeypatch, regression, regressor, method):
    from skfi.importance._gradient import _batches as _attribute

    def run():
        return gradient_importance(
            regressor, regression.data, method=method, n_steps=7, random_state=0
        ).attributions

    whole = run()
    monkeypatch.setattr(_attribute, "_points_at_once", lambda explained, shape: 96)
    assert np.allclose(run(), whole, atol=1e-6)


@pytest.mark.parametrize("method", ["smoothgrad", "expected_gradients"])
def test_the_four_ways_of_a_random_state(linear, method):
    network = linear_network(WEIGHTS, "sigmoid")

    def run(random_state):
        return gradient_importance(
            network, X, method=method, n_steps=3, random_state=random_state
        ).attributions

    assert not np.array_equal(run(None), run(None))
    assert np.array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))
    assert np.array_equal(run(np.random.RandomState(1)), run(np.random.RandomState(1)))


class TestEstimators:
    def test_all_forms_of_one_network_agree(self, regression, regressor, tmp_path):
        data = regression.data
        expected = gradient_importance(regressor, data).attributions
        scale = regressor.target_scaler_.scale_
        regressor.model_.save(tmp_path / "final.keras")
        loaded = keras.saving.load_model(tmp_path / "final.keras")
        for form in (regressor.model_, regressor.wrapper_, loaded, from_keras(loaded)):
            assert np.allclose(
                gradient_importance(form, data).attributions * scale, expected, atol=1e-6
            )
        for form in (FrozenEstimator(regressor), make_pipeline(FrozenEstimator(regressor))):
            assert np.array_equal(gradient_importance(form, data).attributions, expected)

    def test_a_pipeline_is_explained_at_the_network_and_named_by_the_frame(self):
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(rng.normal(size=(80, 2)) * [1, 100], columns=["rain", "tmax"])
        y = frame["rain"].to_numpy()
        network = LSTMRegressor(4, epochs=2, random_state=0)
        pipe = make_pipeline(StandardScaler(), SlidingWindow(5), network).fit(frame, y)
        result = gradient_importance(pipe, frame)
        assert result.feature_names.tolist() == ["rain", "tmax"]
        assert result.attributions.shape == (80, 5, 2)
        direct = gradient_importance(pipe[-1], pipe[:-1].transform(frame))
        assert np.array_equal(direct.attributions, result.attributions)

    def test_a_search_is_explained_by_its_best_estimator(self, regression):
        data, y = regression.data[:60], regression.target[:60]
        network = LSTMRegressor(2, epochs=1, random_state=0, importance=None)
        search = GridSearchCV(network, {"units": [2]}, cv=2).fit(data, y)
        found = gradient_importance(search, data).attributions
        best = gradient_importance(search.best_estimator_, data).attributions
        assert np.array_equal(found, best)

    def test_2d_columns_are_features(self, regression, regressor):
        from sklearn.base import clone

        data = regression.data
        flat = pd.DataFrame(data.reshape(len(data), -1), columns=[f"c{i}" for i in range(24)])
        folded = clone(regressor).set_params(n_timesteps=6).fit(flat, regression.target)
        assert len(folded.feature_importances_) == folded.n_features_in_ == 24
        by_column = gradient_importance(folded, flat)
        assert by_column.feature_names.tolist() == list(flat.columns)
        assert by_column.attributions.shape == flat.shape
        by_cell = gradient_importance(regressor, data, by="cell")
        assert np.allclose(by_column.importances_mean, by_cell.importances_mean, atol=1e-6)
        steps = gradient_importance(folded, flat, by="timestep")
        expected = gradient_importance(regressor, data, by="timestep")
        assert np.allclose(steps.importances_mean, expected.importances_mean, atol=1e-6)

    def test_others_are_refused(self):
        flat = X.reshape(30, -1)
        forest = LinearRegression().fit(flat, flat[:, 0])
        with pytest.raises(TypeError, match=r"Gradients need a neural network: .*LinearRegression"):
            gradient_importance(forest, flat)
        with pytest.raises(NotFittedError):
            gradient_importance(LSTMRegressor(), X)
        with pytest.raises(NotFittedError):
            gradient_importance(make_pipeline(StandardScaler(), LSTMRegressor()), flat)


def test_sample_weight_is_rows_repeated(regression, regressor):
    data = regression.data[:20]
    weight = np.arange(20)
    weighted = gradient_importance(regressor, data, sample_weight=weight)
    repeated = gradient_importance(regressor, np.repeat(data, weight, axis=0))
    assert np.allclose(weighted.importances_mean, repeated.importances_mean)
    assert np.allclose(weighted.importances_std, repeated.importances_std)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"method": "deeplift"}, "'method' parameter"),
        ({"aggregate": "max"}, "'aggregate' parameter"),
        ({"n_steps": 0}, "'n_steps' parameter"),
        ({"method": "saliency", "baseline": 0}, "method='saliency' has no baseline"),
        ({"scale": "minmax"}, "'scale' parameter"),
        ({"max_samples": 0}, "'max_samples' parameter"),
        ({"max_outputs": 0}, "'max_outputs' parameter"),
        ({"method": "integrated_gradients", "baseline": np.zeros(7)}, r"baseline has shape \(7,\)"),
        (
            {"method": "expected_gradients", "baseline": np.zeros((4, 3))},
            r"samples of shape \(n, 4, 3\)",
        ),
        ({"by": "minute"}, "by='minute' is unknown"),
        ({"feature_groups": {"g": ["x7"]}}, "'x7', which is unknown"),
        ({"sample_weight": -np.ones(30)}, "sample_weight is negative for 30 samples"),
    ],
)
def test_bad_parameters(linear, kwargs, message):
    with pytest.raises(ValueError, match=message):
        gradient_importance(linear, X, **kwargs)


def test_bad_shapes(linear):
    with pytest.raises(
        ValueError, match=r"shape \(30, 3, 3\), but the network takes \(None, 4, 3\)"
    ):
        gradient_importance(linear, X[:, :3])
    with pytest.raises(ValueError, match="For 2-D rows wrap the network"):
        gradient_importance(linear, X.reshape(30, -1))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        gradient_importance(linear, X[:0])


def test_token_ids_need_exactly_one_embedding():
    ids = keras.Input((5,), dtype="int32")
    embedded = [keras.layers.Embedding(9, 4)(ids) for _ in range(2)]
    model = keras.Model(ids, keras.layers.LSTM(1)(keras.layers.Add()(embedded)))
    with pytest.raises(ValueError, match=r"its int32 input: .*token ids to several embeddings"):
        gradient_importance(model, np.ones((2, 5), dtype=int))


def test_a_network_without_time(linear):
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    network.set_weights([np.array([[1.0], [-2.0], [0.0]]), np.zeros(1)])
    found = gradient_importance(network, X[:, 0], method="saliency")
    assert np.allclose(found.importances_mean, [1, 2, 0] * X[:, 0].std(axis=0))


def test_progress_is_shown_on_demand(linear, capsys):
    gradient_importance(linear, X)
    assert capsys.readouterr().err == ""
    gradient_importance(linear, X, verbose=1)
    assert "integrated_gradients" in capsys.readouterr().err
