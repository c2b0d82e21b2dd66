"""Networks of several inputs: ground truth, closed forms, names, groups and padding."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import (
    GradientTransformer,
    LSTMRegressor,
    SelectSequenceFeatures,
    TemporalImportanceDisplay,
    check_importances,
    compare_importances,
    correlation_groups,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

N, T = 120, 4


def dense(weights: np.ndarray) -> layers.Dense:
    """A layer of one output with these weights."""
    layer = layers.Dense(1, use_bias=False)
    layer.build((None, len(weights)))
    layer.set_weights([np.reshape(weights, (-1, 1))])
    return layer


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    return {
        "weather": random.normal(size=(N, T, 2)).astype("float32"),
        "station": random.normal(size=(N, 3)).astype("float32"),
        "river": random.integers(0, 4, size=(N, 1)).astype("int32"),
    }


OF_RIVER = np.array([[1.0], [-1], [0.5], [4]])
WEIGHTS = np.array([1.0, 0, 2, 0, 0, 0, -1, 0])  # of the weather, time-major


@pytest.fixture(scope="module")
def network():
    """y = weather[0, 0] + 2 weather[1, 0] - weather[3, 0] + 3 station[1] + of_river[river]."""
    weather, station = keras.Input((T, 2), name="weather"), keras.Input((3,), name="station")
    river = keras.Input((1,), name="river", dtype="int32")
    embedding = layers.Embedding(4, 1)
    vector = layers.Flatten()(embedding(river))
    embedding.set_weights([OF_RIVER])
    sums = [dense(WEIGHTS)(layers.Flatten()(weather)), dense([0, 3, 0])(station), vector]
    model = keras.Model([weather, station, river], layers.Add()(sums))
    model.compile("sgd", "mse")
    return model


@pytest.fixture(scope="module")
def y(network, data):
    return network.predict(data, verbose=0)[:, 0]


NAMES = ["weather__x0", "weather__x1", "station__x0", "station__x1", "station__x2", "river"]


def test_gradients_are_the_weights(network, data):
    result = gradient_importance(network, data, method="saliency", scale=None, aggregate="mean")
    assert result.feature_names.tolist() == NAMES
    # the sum over time steps, as a static input has one; of an embedded id its vector's
    assert result.importances_mean == pytest.approx([2, 0, 0, 3, 0, 1])
    assert np.allclose(result.attributions["weather"], WEIGHTS.reshape(T, 2))
    assert np.allclose(result.attributions["station"], [0, 3, 0])
    assert np.allclose(result.attributions["river"], 1)


@pytest.mark.parametrize("method", ["integrated_gradients", "expected_gradients"])
def test_attributions_add_up_to_the_change_of_the_output(network, data, y, method):
    result = gradient_importance(network, data, method=method, n_steps=200, random_state=0)
    total = sum(values.reshape(N, -1).sum(axis=1) for values in result.attributions.values())
    start = OF_RIVER[data["river"][:, 0], 0].mean()  # numbers start at zero, ids at their mean
    tolerance = 1e-4 if method == "integrated_gradients" else 1.5
    assert np.allclose(total, y - start, atol=tolerance)


def test_a_network_of_one_input_side_by_side_gives_the_same(network, data, y):
    rows = keras.Input((8 + 3,))
    parts = [dense(WEIGHTS)(rows[:, :8]), dense([0, 3, 0])(rows[:, 8:])]
    one = keras.Model(rows, layers.Add()(parts))
    weather, station = network.inputs[:2]
    parts = [dense(WEIGHTS)(layers.Flatten()(weather)), dense([0, 3, 0])(station)]
    two = keras.Model([weather, station], layers.Add()(parts))
    X = np.concatenate([data["weather"].reshape(N, -1), data["station"]], axis=1)
    call = {"random_state": 0, "scoring": "neg_mean_absolute_error"}
    features = {"f0": [0, 2, 4, 6], "f1": [1, 3, 5, 7]}
    alone = permutation_importance(one, X, y, feature_groups=features, **call)
    together = permutation_importance(two, (data["weather"], data["station"]), y, **call)
    np.testing.assert_allclose(alone.importances, together.importances, atol=1e-5)
    np.testing.assert_allclose(alone.pvalues, together.pvalues, atol=1e-6)
    alone = gradient_importance(one, X, feature_groups=features)
    together = gradient_importance(two, (data["weather"], data["station"]))
    np.testing.assert_allclose(alone.importances, together.importances, atol=1e-5)


@pytest.mark.parametrize(
    "given",
    [
        lambda data: tuple(data.values()),
        lambda data: list(data.values()),
        lambda data: {name: data[name] for name in reversed(data)},
        lambda data: data | {"station": pd.DataFrame(data["station"], columns=["a", "b", "c"])},
        lambda data: data | {"station": data["station"].astype("float64")},
        lambda data: data | {"river": data["river"][:, 0]},
    ],
)
def test_inputs_by_name_or_in_order(network, data, y, given):
    expected = permutation_importance(network, data, y, random_state=0)
    result = permutation_importance(network, given(data), y, random_state=0)
    np.testing.assert_array_equal(result.importances, expected.importances)
    explained = gradient_importance(network, given(data))
    np.testing.assert_array_equal(
        explained.importances_mean, gradient_importance(network, data).importances_mean
    )


def test_names_groups_and_units(network, data, y):
    names = {"weather": ["rain", "tmax"], "station": ["altitude", "area", "slope"]}
    groups = {"water": [("weather", "rain"), ("station", "area")], "place": ["river"]}
    for function, more in ((permutation_importance, (y,)), (gradient_importance, ())):
        result = function(
            network, data, *more, random_state=0, feature_names=names, feature_groups=groups
        )
        assert set(result.feature_names) == {
            *("water", "place", "weather__tmax", "station__altitude", "station__slope")
        }
        of_inputs = function(network, data, *more, random_state=0, by="input")
        assert of_inputs.feature_names.tolist() == ["weather", "station", "river"]
        assert of_inputs.by == "input"
        steps = function(network, data, *more, random_state=0, by="timestep").feature_names
        assert steps.tolist() == [
            *("weather__t-3", "weather__t-2", "weather__t-1", "weather__t"),
            *("station__t", "river__t"),
        ]
        cells = function(network, data, *more, random_state=0, by="cell").feature_names
        assert {"weather__x1[t-2]", "station__x0[t]", "river[t]"} <= set(cells)
    by_input = {"weather": {"all weather": ["rain", "tmax"]}}
    result = permutation_importance(
        network, data, y, feature_names=names, feature_groups=by_input, random_state=0
    )
    assert "all weather" in result.feature_names
    whole = permutation_importance(network, data, y, by="input", random_state=0)
    of_group = result.importances[list(result.feature_names).index("all weather")]
    np.testing.assert_array_equal(of_group, whole.importances[0])


def test_gradients_of_groups_are_sums(network, data):
    each = gradient_importance(network, data).importances
    whole = gradient_importance(network, data, by="input").importances
    np.testing.assert_allclose(whole, [each[:2].sum(0), each[2:5].sum(0), each[5]], rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X["weather"], r"has the inputs .* got ndarray"),
        (lambda X: {"weather": X["weather"]}, "has the keys"),
        (lambda X: X | {"sea": X["river"]}, "has the keys"),
        (lambda X: (X["weather"], X["station"]), "got tuple of length 2"),
        (lambda X: X | {"station": X["station"][:, :2]}, r"X\['station'\] has shape \(120, 2\)"),
        (lambda X: X | {"station": X["station"] * np.nan}, r"X\['station'\] contains NaN"),
        (lambda X: X | {"station": X["station"][:9]}, "as many samples as each other"),
        (lambda X: X | {"river": X["river"] + 0.5}, "whole numbers"),
        (lambda X: X | {"river": X["river"].astype(str)}, "holds texts"),
        (lambda X: X | {"weather": X["weather"].astype("M8[s]")}, "no numbers"),
    ],
)
def test_inputs_that_do_not_fit(network, data, y, change, message):
    X = change(data)
    for call in (
        lambda: permutation_importance(network, X, y),
        lambda: gradient_importance(network, X),
        lambda: lofo_importance(network, X, y, cv=2, fit_params={"epochs": 1}),
        lambda: from_keras(network).predict(X),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"feature_names": ["a", "b"]}, "must be a mapping"),
        ({"feature_names": {"sea": ["a"]}}, r"holds \['sea'\]"),
        ({"feature_names": {"station": ["a"]}}, "has 1 names"),
        ({"feature_groups": {"a": [("weather", "x7")]}}, r"unknown. Did you mean 'weather__x"),
        ({"feature_groups": "auto"}, "name the groups"),
        ({"feature_groups": {"a": ["river"]}, "by": "input"}, "has no groups"),
        ({"by": "word"}, "is unknown"),
    ],
)
def test_units_that_do_not_fit(network, data, y, settings, message):
    for call in (
        lambda: permutation_importance(network, data, y, **settings),
        lambda: gradient_importance(network, data, **settings),
        lambda: lofo_importance(network, data, y, cv=2, fit_params={"epochs": 1}, **settings),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temporal_rescaling": True}, "networks of one input"),
        ({"baseline": {"sea": 0}}, "has the keys"),
        ({"baseline": {"river": 9}}, "an id from 0 to 3"),
        ({"baseline": {"weather": np.ones((2, 2, 2))}}, "does not broadcast"),
        ({"baseline": 0.0, "method": "saliency"}, "has no baseline"),
    ],
)
def test_settings_of_gradients_that_do_not_fit(network, data, settings, message):
    with pytest.raises(ValueError, match=message):
        gradient_importance(network, data, **settings)


def test_baselines_by_input(network, data):
    start = {"weather": np.ones((T, 2)), "station": [0.5, 1, 2], "river": 3}
    result = gradient_importance(network, data, baseline=start)
    difference = 3 * (data["station"][:, 1] - 1)
    assert np.allclose(result.attributions["station"][:, 1], difference, atol=1e-4)
    of_river = OF_RIVER[data["river"][:, 0], 0] - 4
    assert np.allclose(result.attributions["river"][:, 0], of_river, atol=1e-4)
    assert np.allclose(result.baseline_output, 2 + 3 * 1 + 4, atol=1e-4)


def test_lofo_removes_nothing_but_what_a_feature_tells(network, data, y):
    result = lofo_importance(
        network,
        data,
        y,
        cv=2,
        fit_params={"epochs": 3},
        feature_groups={"station": [("station", i) for i in ("x0", "x1", "x2")]},
        random_state=0,
    )
    assert result.leave_out == "constant"
    assert set(result.feature_names) == {"weather__x0", "weather__x1", "station", "river"}
    with pytest.raises(ValueError, match="is for networks of one input"):
        lofo_importance(network, data, y, leave_out="remove", fit_params={"epochs": 1})


def test_compare_check_and_draw(network, data, y):
    comparison = compare_importances(
        network, data, y, methods=["gradient", "permutation"], random_state=0
    )
    assert comparison.to_frame().shape[0] == 6
    result = gradient_importance(network, data)
    report = check_importances(network, data, y, result, random_state=0)
    assert report.checks.loc["comprehensiveness", "passed"]
    assert report.checks.loc["agreement", "passed"]
    of_weather = result.of_input("weather")
    assert of_weather.feature_names.tolist() == ["x0", "x1"]
    display = TemporalImportanceDisplay.from_result(of_weather).plot()
    assert np.allclose(display.values_[0][0], np.abs(of_weather.attributions).mean(axis=0)[:, 0])
    with pytest.raises(ValueError, match="draw one of them"):
        TemporalImportanceDisplay.from_result(result)
    with pytest.raises(ValueError, match="There is no input 'sea'"):
        result.of_input("sea")
    with pytest.raises(ValueError, match="groups, or inputs"):
        gradient_importance(network, data, by="input").of_input("river")


def test_an_estimator_of_it(network, data, y):
    estimator = from_keras(network).set_params(epochs=2)
    assert estimator.score(data, y) == pytest.approx(1)
    expected = permutation_importance(network, data, y, random_state=0)
    for form in (estimator, FrozenEstimator(estimator)):
        result = permutation_importance(form, data, y, random_state=0)
        np.testing.assert_array_equal(result.importances, expected.importances)
    rows = np.arange(N)[:, None]

    def rows_of(rows):  # as the notes of from_keras have it
        return {name: array[rows[:, 0]] for name, array in data.items()}

    behind = make_pipeline(FunctionTransformer(rows_of), estimator)
    assert np.isfinite(cross_val_score(behind, rows, y, cv=2)).all()
    np.testing.assert_array_equal(
        gradient_importance(behind, rows).importances,
        gradient_importance(network, data).importances,
    )


def test_batches_are_explained_as_arrays(network, data):
    expected = gradient_importance(network, data)

    class Batches(keras.utils.PyDataset):
        num_batches = 5

        def __getitem__(self, i):
            rows = slice(24 * i, 24 * (i + 1))
            return {name: array[rows] for name, array in data.items()}, np.zeros(24)

    batches = tf.data.Dataset.from_tensor_slices((data, np.zeros(N))).batch(50)
    for X in (Batches(), batches, tf.data.Dataset.from_tensor_slices(data).batch(7)):
        result = gradient_importance(network, X)
        np.testing.assert_array_equal(result.importances, expected.importances)
    with pytest.raises(ValueError, match="has no end"):
        gradient_importance(network, batches.repeat())
    with pytest.raises(ValueError, match="pass arrays"):
        permutation_importance(network, batches, np.zeros(N))


# padding


@pytest.fixture(scope="module")
def padded():
    """Two masked sequences of unequal lengths, and what a network makes of them."""
    a, b = keras.Input((5, 2), name="a"), keras.Input((3, 1), name="b")
    keras.utils.set_random_seed(0)
    ends = [layers.LSTM(3)(layers.Masking(-1.0)(x)) for x in (a, b)]
    model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()(ends)))
    random = np.random.default_rng(0)
    X = {"a": random.normal(size=(40, 5, 2)), "b": random.normal(size=(40, 3, 1))}
    X["a"][::2, 3:], X["b"][1::3, 2:] = -1, -1
    return model, X


def test_padding_of_each_input_stays_padding(padded):
    model, X = padded
    seen = []

    def scoring(estimator, X, y):
        seen.append(X)
        return 0.0

    permutation_importance(model, X, np.zeros(40), scoring=scoring, random_state=0)
    assert len(seen) == 16
    for given in seen:
        for name, array in given.items():
            np.testing.assert_array_equal((array == -1).all(axis=2), (X[name] == -1).all(axis=2))
    for method in ("integrated_gradients", "expected_gradients", "smoothgrad", "saliency"):
        result = gradient_importance(model, X, method=method, random_state=0)
        for name, array in X.items():
            assert not result.attributions[name][(array == -1).all(axis=2)].any()
    assert result.sequence_mask["a"].sum() == 20 * 5 + 20 * 3


def test_what_padding_holds_is_no_importance(padded):
    """A longer array with more padding has the same importances."""
    model, X = padded
    a, b = keras.Input((7, 2), name="a"), keras.Input((3, 1), name="b")
    masked = [layers.Masking(-1.0)(x) for x in (a, b)]
    ends = [layer(x) for layer, x in zip(_lstms(model), masked, strict=True)]
    longer = keras.Model([a, b], model.layers[-1](layers.Concatenate()(ends)))
    more = X | {"a": np.concatenate([X["a"], np.full((40, 2, 2), -1.0)], axis=1)}
    for method in ("integrated_gradients", "saliency"):
        expected = gradient_importance(model, X, method=method).importances
        result = gradient_importance(longer, more, method=method).importances
        np.testing.assert_allclose(result, expected, atol=1e-5)
    y = np.random.default_rng(1).normal(size=40)
    expected = permutation_importance(model, X, y, random_state=0).importances
    result = permutation_importance(longer, more, y, random_state=0).importances
    np.testing.assert_allclose(result, expected, atol=1e-5)


def _lstms(model):
    return [layer for layer in model.layers if isinstance(layer, layers.LSTM)]


# ground truth, trained


@pytest.mark.parametrize("decides", ["static", "category"])
def test_the_input_that_decides_comes_first(decides):
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    X = {
        "series": random.normal(size=(400, 6, 2)).astype("float32"),
        "static": random.normal(size=(400, 2)).astype("float32"),
        "category": random.integers(0, 5, size=(400, 1)).astype("int32"),
    }
    y = (X["static"][:, 1] > 0) if decides == "static" else np.isin(X["category"][:, 0], [1, 3])
    series, static = keras.Input((6, 2), name="series"), keras.Input((2,), name="static")
    category = keras.Input((1,), name="category", dtype="int32")
    vector = layers.Flatten()(layers.Embedding(5, 2)(category))
    x = layers.Concatenate()([layers.LSTM(4)(series), static, vector])
    x = layers.Dense(1, "sigmoid")(layers.Dense(8, "tanh")(x))
    model = keras.Model([series, static, category], x)
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(X, y, epochs=12, verbose=0)
    name = "static__x1" if decides == "static" else "category"
    for result in (
        permutation_importance(model, X, y, random_state=0),
        gradient_importance(model, X),
        gradient_importance(model, X, method="saliency"),
    ):
        assert result.to_frame().index[0] == name
        assert result.importances_mean.max() > 3 * np.sort(result.importances_mean)[-2]


@pytest.mark.parametrize(
    "call",
    [
        lambda X, y, network: LSTMRegressor(2).fit(X, y),
        lambda X, y, network: correlation_groups(X),
        lambda X, y, network: SelectSequenceFeatures(from_keras(network)).fit(X, y),
        lambda X, y, network: GradientTransformer(FrozenEstimator(from_keras(network))).fit(X, y),
    ],
)
def test_what_takes_one_input_says_so(network, data, y, call):
    with pytest.raises(ValueError, match=r"X is a mapping of \['weather', 'station', 'river'\]"):
        call(data, y, network)
