"""One sample's importances as a result of its own, and what is drawn of it."""

import keras
import numpy as np
import pytest

from skfi import (
    ImportanceDisplay,
    LSTMRegressor,
    TemporalImportanceDisplay,
    TokenImportanceDisplay,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.importance._gradient._table import METHODS
from tests.conftest import linear_network


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
def test_is_the_samples_column(regression, regressor, method, by):
    X = regression.data[:30]
    result = gradient_importance(regressor, X, method=method, by=by, n_steps=5, random_state=0)
    one = result.sample(7)
    np.testing.assert_array_equal(one.importances_mean, result.importances[:, 7])
    assert not one.importances_std.any()
    np.testing.assert_array_equal(one.attributions, result.attributions[7:8])
    np.testing.assert_array_equal(one.samples[0], X[7].astype(np.float32))
    np.testing.assert_allclose(one.predictions[0], regressor.predict(X[7:8]), rtol=1e-5)
    assert one.feature_names.tolist() == result.feature_names.tolist()
    assert "of sample 7" in repr(one)
    last = result.sample(-1)
    np.testing.assert_array_equal(last.importances_mean, result.importances[:, -1])
    assert last.sample_number == 29


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_predictions_are_the_estimators(classification, classifier, method):
    X = classification.data[:40]
    result = gradient_importance(classifier, X, method=method, n_steps=5)
    np.testing.assert_allclose(result.predictions, classifier.predict_proba(X), atol=1e-6)
    assert result.classes.tolist() == classifier.classes_.tolist()


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_probabilities_of_logits_and_values_of_several_outputs(n_outputs):
    random = np.random.default_rng(0)
    X = random.normal(size=(20, 2, 3)).astype(np.float32)
    model = linear_network(random.normal(size=(2, 3, n_outputs)))
    result = gradient_importance(model, X, method="saliency")
    np.testing.assert_allclose(result.predictions, model.predict(X, verbose=0), rtol=1e-5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if n_outputs == 1:
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", loss)
    result = gradient_importance(model, X, method="saliency")
    expected = from_keras(model).predict_proba(X)
    np.testing.assert_allclose(result.predictions, expected, rtol=1e-5, atol=1e-7)


def test_of_each_output(regression):
    X = regression.data[:50]
    Y = np.column_stack([regression.target, -2 * regression.target])[:50]
    model = LSTMRegressor(4, epochs=2, random_state=0, importance=None).fit(X, Y)
    for method in ("saliency", "expected_gradients"):
        result = gradient_importance(model, X, method=method, n_steps=3, per_output=True)
        for number in (0, 1):
            predicted = result[number].predictions
            np.testing.assert_allclose(predicted[:, 0], model.predict(X)[:, number], rtol=1e-5)


def test_of_each_step_where_some_have_ended():
    random = np.random.default_rng(0)
    X = random.normal(size=(20, 4, 2))
    X[:5, 2:] = 0
    model = LSTMRegressor(
        3, return_sequences=True, mask_value=0.0, epochs=1, importance=None, random_state=0
    ).fit(X, X[:, :, 0])
    result = gradient_importance(model, X, method="saliency", output_step=3)
    real = model.sequence_mask(X)
    expected = model.predict(X)
    np.testing.assert_allclose(result.predictions[:, 0], expected[:, 3], rtol=1e-5, atol=1e-6)
    every = gradient_importance(model, X, method="saliency").predictions[:, :, 0]
    np.testing.assert_allclose(every, expected, rtol=1e-5, atol=1e-6)
    assert np.isnan(every[~real]).all()
    by_step = gradient_importance(model, X, method="saliency", per_output=True)
    np.testing.assert_allclose(by_step[1].predictions[:, 0], expected[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_timesteps", [None, 4])
def test_padding_of_the_samples_is_as_it_was_passed(n_timesteps):
    X = np.random.default_rng(0).normal(size=(20, 4, 2)).astype(np.float32)
    X[:5, 2:] = np.nan
    given = X if n_timesteps is None else X.reshape(20, 8)
    model = LSTMRegressor(
        3, mask_value=np.nan, epochs=1, importance=None, n_timesteps=n_timesteps, random_state=0
    ).fit(given, X[:, 0, 0])
    result = gradient_importance(model, given, method="saliency")
    np.testing.assert_array_equal(result.samples, given)


def test_of_permutation(regression, regressor):
    X, y = regression.data, regression.target
    result = permutation_importance(regressor, X, y, random_state=0, n_repeats=2)
    one = result.sample(5)
    np.testing.assert_array_equal(one.importances_mean, result.sample_importances[:, 5])
    assert "pvalues" not in one
    one.plot()


def test_of_a_text(reader, texts):
    result = gradient_importance(reader, texts.data[:20])
    one = result.sample(3)
    words = texts.data[3].split()
    assert set(one.feature_names) == set(result.tokens[3]) == set(words)
    assert one.counts.sum() == len(words)
    total = np.abs(result.attributions[3]).sum()
    assert (one.importances_mean * one.counts).sum() == pytest.approx(total)
    html = TokenImportanceDisplay.from_result(one).to_html()
    label = reader.predict(texts.data[3:4])[0]
    probability = reader.predict_proba(texts.data[3:4]).max()
    assert f"&rarr; {label} ({probability:.2f})" in html
    drawn = [text.get_text() for text in TokenImportanceDisplay(result).plot().ax_.texts]
    assert f"→ {label} ({probability:.2f})" in drawn


def test_the_heat_map_shows_series_and_prediction(regression, regressor):
    result = gradient_importance(regressor, regression.data[:10]).sample(4)
    display = TemporalImportanceDisplay.from_result(result).plot()
    value = regressor.predict(regression.data[4:5])[0]
    assert display.ax_.get_title(loc="left") == f"sample 4: predicted {value:.4g}"
    assert len(display.ax_.lines) == regression.data.shape[2]
    np.testing.assert_array_equal(display.values_[0], result.attributions[0].T)
    assert not TemporalImportanceDisplay.from_result(result).plot(X=False).ax_.lines
    ImportanceDisplay.from_result(result).plot()


def test_the_probability_of_the_class_that_is_explained(classification, classifier):
    result = gradient_importance(classifier, classification.data[:60], per_output=True)["low"]
    row = result.sample_indices[0]
    title = TemporalImportanceDisplay.from_result(result.sample(0)).plot().ax_.get_title(loc="left")
    place = classifier.classes_.tolist().index("low")
    probability = classifier.predict_proba(classification.data[:60])[row, place]
    assert title == f"sample 0: predicted low ({probability:.2f})"


def test_what_has_no_values_of_samples(regression, regressor):
    X, y = regression.data[:60], regression.target[:60]
    left_out = lofo_importance(regressor, X, y, cv=2)
    with pytest.raises(ValueError, match="lofo result has no values of single samples"):
        left_out.sample(0)
    some = permutation_importance(regressor, X, y, max_samples=0.5)
    with pytest.raises(ValueError, match="no values of single samples"):
        some.sample(0)
    result = gradient_importance(regressor, X)
    for number in (60, -61):
        with pytest.raises(ValueError, match="is not there: the result has 60"):
            result.sample(number)
    with pytest.raises(ValueError, match="number of a sample"):
        result.sample("3")
