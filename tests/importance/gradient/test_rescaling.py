"""Temporal saliency rescaling: closed forms, the paper's loop, padding."""

import keras
import numpy as np
import pytest
from conftest import linear_network

from skfi import LSTMClassifier, LSTMRegressor, gradient_importance
from skfi.datasets import make_boxes
from skfi.metrics import relevance_score

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4, 3)).astype("float32")
WEIGHTS = rng.normal(size=(4, 3, 1))
RESCALED = {"temporal_rescaling": True, "random_state": 0}


@pytest.mark.parametrize(
    ("method", "baseline"),
    [
        ("input_x_gradient", None),
        ("integrated_gradients", None),
        ("integrated_gradients", X.mean(axis=0)),
        ("expected_gradients", X[:9] + 1),
    ],
)
def test_linear_network(method, baseline):
    # masking a cell changes nothing but its own attribution, by weight times distance to the mask
    masks = {"input_x_gradient": X.mean(axis=(0, 1)), "integrated_gradients": baseline}
    mask = masks.get(method, (X[:9] + 1).mean(axis=(0, 1)))
    change = np.abs(WEIGHTS[..., 0] * (X - (0 if mask is None else mask)))
    product = change.sum(axis=2, keepdims=True) * change.sum(axis=1, keepdims=True)
    network = linear_network(WEIGHTS)
    call = {"method": method, "baseline": baseline, "random_state": 0}
    plain = np.abs(gradient_importance(network, X, **call).attributions)
    expected = product / product.sum(axis=(1, 2), keepdims=True)
    expected *= plain.sum(axis=(1, 2), keepdims=True)
    found = gradient_importance(network, X, **call, temporal_rescaling=True)
    assert np.allclose(found.attributions, expected, atol=1e-4)
    assert found.method == f"{method}_rescaled"


def test_where_masks_change_nothing_attributions_stay():
    network, call = linear_network(WEIGHTS), {"method": "saliency"} | RESCALED
    found = gradient_importance(network, X, scale=None, **call).attributions
    assert np.allclose(found, np.abs(WEIGHTS[..., 0]))
    scaled = gradient_importance(network, X, **call)
    assert np.allclose(scaled.attributions, np.abs(WEIGHTS[..., 0]) * X.std(axis=(0, 1)))
    assert np.allclose(scaled.importances_mean, scaled.attributions.mean(axis=(0, 1)))


def test_rows_without_time_steps():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"shape \(30, 3\); it needs \(n_samples, n_timesteps"):
        gradient_importance(network, X[:, 0], **RESCALED)


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_is_the_papers_loop(regression, regressor, method):
    sequences = regression.data[:5].astype("float32")
    mask = 0 if method == "integrated_gradients" else sequences.mean(axis=(0, 1))

    def explain(rows):
        return gradient_importance(regressor, rows, method=method).attributions * unit

    unit = sequences.std(axis=(0, 1)) if method == "saliency" else 1.0

    plain = explain(sequences)
    of_steps, of_features = np.empty((5, 6)), np.empty((5, 4))
    for t in range(6):
        masked = sequences.copy()
        masked[:, t] = mask
        of_steps[:, t] = np.abs(explain(masked) - plain).sum(axis=(1, 2))
    for i in range(4):
        masked = sequences.copy()
        masked[:, :, i] = np.broadcast_to(mask, 4)[i]
        of_features[:, i] = np.abs(explain(masked) - plain).sum(axis=(1, 2))
    expected = of_steps[:, :, None] * of_features[:, None]
    expected *= (np.abs(plain).sum(axis=(1, 2)) / expected.sum(axis=(1, 2)))[:, None, None]
    found = gradient_importance(regressor, sequences, method=method, **RESCALED).attributions
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", ["saliency", "smoothgrad"])
def test_padding_is_not_masked(method):
    panel = X.copy()
    panel[::2, 2:] = np.nan
    model = LSTMRegressor(3, mask_value=np.nan, epochs=1, random_state=0).fit(panel, X[:, 0, 0])
    longer = np.concatenate([panel, np.full((30, 2, 3), np.nan)], axis=1)
    found = gradient_importance(model, panel, method=method, **RESCALED).attributions
    assert np.all(found[::2, 2:] == 0)
    assert np.all(found[1::2] > 0)
    if method == "saliency":  # noise is drawn for padding too
        with_more = gradient_importance(model, longer, method=method, **RESCALED).attributions
        assert np.allclose(with_more[:, :4], found, rtol=1e-3)


def test_each_output_step_on_its_own():
    model = LSTMRegressor(3, return_sequences=True, epochs=1, random_state=0).fit(X, X[:, :, 0])
    every = gradient_importance(model, X, output_step="all", **RESCALED).attributions
    one = gradient_importance(model, X, output_step=2, **RESCALED).attributions
    assert every.shape == (30, 4, 4, 3)
    assert np.allclose(every[:, 2], one, atol=1e-6)
    assert np.all(one[:, 3] == 0)  # the future


def test_it_finds_a_burst_that_the_gradient_misses():
    # gradients of a recurrent network tend to point at its last steps
    task = make_boxes(400, box="rare_time", n_timesteps=20, n_features=10, random_state=0)
    model = LSTMClassifier(8, epochs=20, learning_rate=0.01, importance=None, random_state=0)
    model.fit(task.data[:300], task.target[:300])
    assert model.score(task.data[300:], task.target[300:]) > 0.9
    plain, rescaled = (
        gradient_importance(model, task.data[300:320], method="saliency", temporal_rescaling=on)
        for on in (False, True)
    )
    truth = task.relevance[300:320]
    assert relevance_score(truth, plain) < 0.6
    assert relevance_score(truth, rescaled) > 0.65
