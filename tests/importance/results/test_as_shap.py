"""What shap draws is what the result says."""

import sys

import keras
import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    TextSequencer,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

shap = pytest.importorskip("shap")
pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # of matplotlib, in shap
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
mpl.use("agg")
rng = np.random.default_rng(0)
X = rng.normal(size=(24, 5, 2))
y = 100 + 20 * X[:, :, 0].sum(axis=1)
NAMES = {"feature_names": ["rain", "tmax"]}


@pytest.fixture(scope="module")
def regressor():
    return LSTMRegressor(units=3, epochs=3, random_state=0, importance=None).fit(X, y)


@pytest.fixture(scope="module")
def classifier():
    model = LSTMClassifier(units=3, epochs=3, random_state=0, importance=None)
    return model.fit(X, np.digitize(y, [80, 120]))


@pytest.mark.parametrize("by", ["feature", "cell"])
def test_values_and_base_add_up_to_the_prediction(regressor, by):
    result = gradient_importance(regressor, X, **NAMES)
    found = result.to_shap(by=by)
    reached = found.base_values + found.values.sum(axis=1)
    assert np.abs(reached - regressor.predict(X)).max() < 0.01 * y.std()
    assert found.values.shape == ((24, 2) if by == "feature" else (24, 10))
    if by == "cell":
        assert found.feature_names[:3] == ["rain[t-4]", "tmax[t-4]", "rain[t-3]"]
        np.testing.assert_allclose(found.values, result.attributions.reshape(24, -1))
        np.testing.assert_allclose(found.data, X.reshape(24, -1), rtol=1e-6)
    else:
        np.testing.assert_allclose(found.values, result.attributions.sum(axis=1))
        np.testing.assert_allclose(found.data, X.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("target", [None, 0, 2])
def test_a_classifiers_base_is_of_the_class_that_is_explained(classifier, target):
    found = gradient_importance(classifier, X, target=target).to_shap()
    proba = classifier.predict_proba(X)
    of_class = proba.max(axis=1) if target is None else proba[:, target]
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), of_class, atol=0.01)


def test_a_sample_like_the_baseline_has_the_base_of_its_output():
    network = keras.Sequential(
        [keras.layers.Input((5, 2)), keras.layers.LSTM(3), keras.layers.Dense(3)]
    )
    network.layers[-1].set_weights([np.ones((3, 3)), np.array([5.0, -7.0, 1.0])])
    one = np.where(np.arange(24)[:, None, None] == 3, 0.0, X)
    found = gradient_importance(network, one, target=1, baseline=0).to_shap()
    np.testing.assert_allclose(found.base_values, -7, atol=1e-5)


def test_each_output_adds_up():
    targets = np.stack([y, X[:, -1, 1]], axis=1)
    model = LSTMRegressor(units=3, epochs=2, random_state=0, importance=None).fit(X, targets)
    with pytest.raises(ValueError, match="averages over several outputs"):
        gradient_importance(model, X).to_shap()
    for i, result in gradient_importance(model, X, per_output=True).items():
        found = result.to_shap()
        reached = found.base_values + found.values.sum(axis=1)
        assert np.abs(reached - model.predict(X)[:, i]).max() < 0.01 * targets[:, i].std()


def test_one_of_the_outputs_of_every_step_adds_up():
    steps = np.cumsum(X[:, :, 0], axis=1)
    model = LSTMRegressor(3, return_sequences=True, epochs=2, random_state=0, importance=None)
    model.fit(X, steps)
    result = gradient_importance(model, X, output_step=3)
    found = result.to_shap()
    assert result.baseline_output.shape == result.predictions.shape == (24, 1)
    reached = found.base_values + found.values.sum(axis=1)
    assert np.abs(reached - model.predict(X)[:, 3]).max() < 0.01 * steps.std()


def test_one_of_several_named_outputs_adds_up():
    series = keras.Input((5, 2))
    state = keras.layers.LSTM(3)(series)
    outputs = {name: keras.layers.Dense(1, name=name)(state) for name in ("flow", "level")}
    network = keras.Model(series, outputs)
    for name, result in gradient_importance(network, X, per_output=True).items():
        found = result.to_shap()
        reached = found.base_values + found.values.sum(axis=1)
        expected = network.predict(X, verbose=0)[name][:, 0]
        np.testing.assert_allclose(reached, expected, atol=0.01)


def test_expected_gradients_start_at_the_mean_prediction(regressor):
    found = gradient_importance(regressor, X, method="expected_gradients", random_state=0).to_shap()
    np.testing.assert_allclose(found.base_values, regressor.predict(X).mean(), rtol=1e-6)


def test_methods_without_a_baseline_add_up_to_nothing(regressor):
    assert not gradient_importance(regressor, X, method="saliency").to_shap().base_values.any()


def test_padded_steps_are_no_data():
    padded = np.where(np.arange(5)[:, None] < 3, X, -9.0)
    model = LSTMRegressor(units=3, epochs=1, random_state=0, importance=None, mask_value=-9.0)
    found = gradient_importance(model.fit(padded, y), padded).to_shap()
    np.testing.assert_allclose(found.data, X[:, :3].mean(axis=1), atol=1e-6)


def test_tables_and_frames():
    table = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    found = gradient_importance(table, X[:, :3, 0]).to_shap()
    assert found.values.shape == found.data.shape == (24, 3)
    layers = [
        keras.layers.Input((5, 4, 4, 2)),
        keras.layers.ConvLSTM2D(2, 2),
        keras.layers.Flatten(),
    ]
    frames = keras.Sequential([*layers, keras.layers.Dense(1)])
    found = gradient_importance(frames, rng.normal(size=(6, 5, 4, 4, 2))).to_shap()
    assert found.values.shape == (6, 2)


def test_several_inputs_stand_side_by_side():
    series, static = keras.Input((5, 2), name="w"), keras.Input((3,), name="s")
    joined = keras.layers.Concatenate()([keras.layers.LSTM(3)(series), static])
    network = keras.Model([series, static], keras.layers.Dense(1)(joined))
    data = {"w": X, "s": X[:, :3, 0]}
    found = gradient_importance(network, data).to_shap()
    assert found.feature_names == ["w__x0", "w__x1", "s__x0", "s__x1", "s__x2"]
    reached = found.base_values + found.values.sum(axis=1)
    np.testing.assert_allclose(reached, network.predict(data, verbose=0)[:, 0], atol=0.01)


def test_the_rows_of_a_permutation():
    model = LinearRegression().fit(X[:, 0], y)
    result = permutation_importance(model, X[:, 0], y, random_state=0, **NAMES)
    np.testing.assert_array_equal(result.to_shap().values, result.sample_importances.T)
    with pytest.raises(ValueError, match="no values of single samples"):
        lofo_importance(LinearRegression(), X[:, 0], y).to_shap()


@pytest.mark.parametrize("plot", ["beeswarm", "bar", "waterfall", "heatmap"])
def test_shap_draws_them(regressor, plot):
    found = gradient_importance(regressor, X, **NAMES).to_shap()
    getattr(shap.plots, plot)(found[0] if plot == "waterfall" else found, show=False)
    labels = [text.get_text() for text in mpl.pyplot.gca().get_yticklabels()]
    assert any("rain" in label for label in labels)
    mpl.pyplot.close("all")


def test_shap_draws_texts():
    texts = ["a good film", "a bad film", "good", "so bad"] * 5
    network = LSTMClassifier(2, embedding_dim=2, epochs=1, importance=None, random_state=0)
    reader = make_pipeline(TextSequencer(), network).fit(texts, ["+", "-"] * 10)
    result = gradient_importance(reader, texts[:4])
    found = result.to_shap()
    assert [list(words) for words in found.data] == [[f"{w} " for w in t] for t in result.tokens]
    assert [len(values) for values in found.values] == [3, 3, 1, 2]
    drawn = shap.plots.text(found, display=False)
    assert "film" in drawn


def test_without_shap_an_error_says_how_to_get_it(monkeypatch, regressor):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(ImportError, match=r"pip install 'skfi\[shap\]'"):
        gradient_importance(regressor, X).to_shap()
