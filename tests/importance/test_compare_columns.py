"""Comparing methods behind Pipelines: gradients are brought onto the raw columns."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skfi import LSTMRegressor, SlidingWindow, compare_importances, gradient_importance
from skfi.importance._gradient._columns import gradients_of_columns

random = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "noise": random.normal(size=120),
        "label": random.choice(["a", "b", "c"], size=120),
        "unused": random.normal(size=120),
        "main": random.normal(size=120),
    }
)
TABLE = random.normal(size=(120, 3))
# of a linear network the weight times the value
CALL = {"method": "integrated_gradients", "baseline": 0.0}


def behind(steps, weights, X, window=1):
    """A Pipeline of fitted steps, and a network that is linear in what they make."""
    network = keras.Sequential(
        [
            keras.Input((window, len(weights))),
            keras.layers.Dense(1, use_bias=False),
            keras.layers.Flatten(),
            keras.layers.Dense(1, use_bias=False, kernel_initializer="ones"),
        ]
    )
    network.layers[0].set_weights([np.array(weights, dtype="float32")[:, None]])
    before = make_pipeline(*steps, SlidingWindow(window)).fit(X)
    made = before.transform(X)
    return make_pipeline(before, network), np.abs(made * weights).mean(axis=(0, 1))


ENCODED = ColumnTransformer(
    [
        ("labels", OneHotEncoder(sparse_output=False), ["label"]),
        ("numbers", StandardScaler(), ["main", "noise"]),
    ]
)


@pytest.mark.parametrize("window", [1, 4])
def test_encoded_dropped_and_reordered(window):
    model, (a, b, c, main, noise) = behind([ENCODED], [1, -2, 3, 4, 0.5], FRAME, window)
    found = gradients_of_columns(model, FRAME, None, **CALL)
    assert found.feature_names.tolist() == ["noise", "label", "unused", "main"]
    assert np.allclose(found.importances_mean, [noise, a + b + c, 0, main], rtol=1e-5)
    assert found.importances.shape == (4, 120)
    assert found.attributions is None
    assert "axes" not in found
    groups = {"weather": ["main", "label"]}
    grouped = gradients_of_columns(model, FRAME, None, feature_groups=groups, **CALL)
    assert grouped.feature_names.tolist() == ["noise", "weather", "unused"]
    assert np.allclose(grouped.importances_mean, [noise, a + b + c + main, 0], rtol=1e-5)


@pytest.mark.parametrize(
    ("steps", "weights", "sums"),
    [
        ([FunctionTransformer(lambda X: X[:, ::-1])], [1, 2, 5], [[2], [1], [0]]),
        ([FrozenEstimator(FunctionTransformer(lambda X: X[:, [2, 0]]))], [1, 2], [[1], [], [0]]),
        (
            [FeatureUnion([("one", StandardScaler()), ("two", "passthrough")])],
            [1, 2, 3, 4, 5, 6],
            [[0, 3], [1, 4], [2, 5]],
        ),
        ([FunctionTransformer(lambda X: np.c_[X, np.ones(len(X))])], [1, 2, 3, 9], [[0], [1], [2]]),
    ],
    ids=["reversed", "frozen", "twice", "with a constant"],
)
def test_arrays(steps, weights, sums):
    model, parts = behind(steps, weights, TABLE)
    found = gradients_of_columns(model, TABLE, None, **CALL)
    assert np.allclose(found.importances_mean, [parts[one].sum() for one in sums], rtol=1e-5)
    assert found.feature_names.tolist() == ["x0", "x1", "x2"]


def test_what_is_mixed_is_refused_unless_it_is_one_group():
    model, parts = behind([PCA(2)], [1, 2], TABLE)
    with pytest.raises(ValueError, match=r"'pca0' is made of several columns: x0, x1, x2"):
        gradients_of_columns(model, TABLE, None, **CALL)
    mixing = ColumnTransformer([("two", PCA(1), [2, 0]), ("one", "passthrough", [1])])
    model, parts = behind([mixing], [1, 2], TABLE)
    found = gradients_of_columns(model, TABLE, None, feature_groups={"both": [0, 2]}, **CALL)
    assert found.feature_names.tolist() == ["both", "x1"]
    assert np.allclose(found.importances_mean, parts, rtol=1e-5)


def test_a_constant_column_is_found_too():
    X = np.c_[TABLE, np.full(120, 3.0)]
    model, parts = behind([FunctionTransformer(lambda X: X[:, ::-1])], [1, 2, 3, 4], X)
    found = gradients_of_columns(model, X, None, **CALL)
    assert np.allclose(found.importances_mean, parts[::-1], rtol=1e-5)


def test_a_rare_label_is_found_too():
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"number": random.normal(size=5000), "label": ["often"] * 5000})
    frame.loc[4321, "label"] = "rare"
    encoded = ColumnTransformer(
        [("l", OneHotEncoder(sparse_output=False), ["label"])], remainder="passthrough"
    )
    model, (often, rare, number) = behind([encoded], [1, 10, 2], frame)
    found = gradients_of_columns(model, frame, None, **CALL)
    assert np.allclose(found.importances_mean, [number, often + rare], rtol=1e-5)


def test_columns_that_stay_keep_their_attributions():
    model, parts = behind([FunctionTransformer(lambda X: X / 2)], [1, 2, 3], TABLE)
    found = gradients_of_columns(model, TABLE, None, feature_names=list("abc"), **CALL)
    assert np.allclose(found.importances_mean, parts, rtol=1e-5)
    assert found.attributions.shape == (120, 1, 3)
    assert found.feature_names.tolist() == list("abc")
    by_step = gradients_of_columns(model, TABLE, None, by="timestep", **CALL)
    assert by_step.by == "timestep"


def test_padded_sequences():
    random = np.random.default_rng(1)
    X = random.normal(size=(30, 5, 3))
    X[::2, 3:] = np.nan
    network = LSTMRegressor(2, epochs=1, mask_value=np.nan, importance=None, random_state=0)
    fitted = network.fit(X[:, :, ::-1], X[:, 0, 0])
    model = make_pipeline(FunctionTransformer(lambda X: X[:, :, ::-1]), fitted)
    found = gradients_of_columns(model, X, None, random_state=0)
    of_network = gradient_importance(fitted, X[:, :, ::-1], random_state=0)
    assert np.allclose(found.importances, of_network.importances[::-1])


@pytest.mark.parametrize("frozen", [False, True])
def test_all_three_methods_behind_a_column_transformer(frozen):
    y = 2 * FRAME["main"] + 2 * (FRAME["label"] == "a")
    network = LSTMRegressor(6, epochs=60, learning_rate=0.03, importance=None, random_state=0)
    model = make_pipeline(ENCODED, network).fit(FRAME, y)
    call = {"scoring": "r2", "cv": 2, "random_state": 0}
    found = compare_importances(FrozenEstimator(model) if frozen else model, FRAME, y, **call)
    for result in found.results.values():
        assert result.feature_names.tolist() == ["noise", "label", "unused", "main"]
        assert set(np.argsort(result.importances_mean)[2:]) == {1, 3}
    assert found.results["gradient"].importances_mean[2] == 0
    assert found.results["lofo"].leave_out == "constant"
    assert (found.agreement.to_numpy() > 0.2).all()
    assert found.plot().ax_.get_legend() is not None
