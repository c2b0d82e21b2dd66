"""What a network says of the baseline of integrated gradients, and when it matters."""

import keras
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skfi import LSTMClassifier, LSTMRegressor, TextSequencer, from_keras, gradient_importance

X = np.random.default_rng(0).normal(size=(40, 3, 2)).astype("float32")


def classifier(bias, activation):
    """One that says the same of zeros, by the bias of its last layer."""
    n_outputs = len(np.atleast_1d(bias))
    dense = keras.layers.Dense(n_outputs, activation=activation)
    network = keras.Sequential([keras.Input((3, 2)), keras.layers.Flatten(), dense])
    kernel = np.zeros((6, n_outputs))
    kernel[-2] = np.linspace(1, 2, n_outputs)
    dense.set_weights([kernel, np.atleast_1d(bias)])
    kind = "binary" if n_outputs == 1 else "sparse_categorical"
    network.compile(loss=f"{kind}_crossentropy")
    return from_keras(network, classes=["dry", "wet", "snow"][: max(n_outputs, 2)])


@pytest.mark.parametrize(
    ("bias", "activation", "expected"),
    [
        (1.8, "sigmoid", "wet"),
        (-1.8, "sigmoid", "dry"),
        (0.5, "sigmoid", None),
        ([0, 0, 2.0], "softmax", "snow"),
        ([0, 0.5, 0], "softmax", None),
    ],
)
def test_a_baseline_that_is_taken_for_a_class(bias, activation, expected):
    model = classifier(bias, activation)
    found = gradient_importance(model, X)
    assert np.allclose(found.baseline_output, model.predict_proba(np.zeros_like(X)), atol=1e-6)
    assert (f"takes the baseline for class {expected} (" in found.note) == (expected is not None)
    assert ("expected_gradients" in repr(found)) == (expected is not None)


def test_it_does_not_matter_for_another_class_or_method():
    model = classifier(1.8, "sigmoid")
    assert "baseline" not in gradient_importance(model, X, target="dry").note
    assert "wet" in gradient_importance(model, X, target=np.tile(["dry", "wet"], 20)).note
    for method in ("saliency", "expected_gradients"):
        found = gradient_importance(model, X, method=method, random_state=0)
        assert found.note == ""
        assert "baseline_output" not in found


def test_the_advice_helps():
    model = classifier(1.8, "sigmoid")
    from_zero = gradient_importance(model, X, target="wet", aggregate="mean_abs")
    wet = model.predict_proba(X)[:, 1] > 0.86
    expected = gradient_importance(
        model, X, target="wet", method="expected_gradients", n_steps=200, random_state=0
    )
    share = [
        one.importances[0, wet].mean() / one.importances[0].mean() for one in (from_zero, expected)
    ]
    assert share[1] > 1.3 * share[0]


def test_values_are_in_the_unit_of_the_targets():
    y = 100 + 20 * X[:, -1, 0]
    model = LSTMRegressor(2, epochs=1, importance=None, random_state=0).fit(X, y)
    found = gradient_importance(model, X, baseline=0.5)
    assert np.allclose(found.baseline_output[:, 0], model.predict(np.full_like(X, 0.5)), rtol=1e-4)
    assert found.note == ""


def test_of_steps_and_padding_and_texts():
    padded = X.copy()
    padded[:20, 2] = np.nan
    y = np.repeat([[0, 1, 1]], 40, axis=0)
    y[::2] = 0
    model = LSTMClassifier(
        2, epochs=1, return_sequences=True, mask_value=np.nan, importance=None, random_state=0
    ).fit(padded, y)
    found = gradient_importance(model, padded)
    assert found.baseline_output.shape == (40, 3, 2)
    texts, labels = ["good day", "bad day"] * 10, ["+", "-"] * 10
    reader = make_pipeline(
        TextSequencer(), LSTMClassifier(2, embedding_dim=2, epochs=1, importance=None)
    ).fit(texts, labels)
    found = gradient_importance(reader, texts)
    assert np.allclose(found.baseline_output.sum(axis=1), 1)
    some = gradient_importance(model, padded, max_samples=5, random_state=0)
    assert some.baseline_output.shape == (5, 3, 2)
