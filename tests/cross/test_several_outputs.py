"""Networks of several outputs: heads of values, classes and labels, and steps of their own."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import accuracy_score, f1_score, log_loss, r2_score
from sklearn.model_selection import ShuffleSplit

from skfi import from_keras, gradient_importance, lofo_importance, permutation_importance
from skfi.importance._inputs._model_heads import ModelHeads

N = 300


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    return random.normal(size=(N, 5, 3)).astype("float32"), random.normal(size=(N, 2))


def trained(inputs, outputs, loss, X, Y, epochs=12):
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.03), loss)
    model.fit(X, Y, epochs=epochs, verbose=0)
    return model


@pytest.fixture(scope="module")
def heads(data):
    """``flow`` depends on series[0], ``season`` on static[1] only."""
    keras.utils.set_random_seed(0)
    series, static = keras.Input((5, 3), name="series"), keras.Input((2,), name="static")
    season = layers.Dense(3, "softmax")(layers.Dense(8, "tanh")(static))
    outputs = {"flow": layers.Dense(1)(layers.LSTM(6)(series)), "season": season}
    X = {"series": data[0], "static": data[1]}
    Y = {"flow": data[0][:, :, 0].sum(axis=1), "season": np.digitize(data[1][:, 1], [-0.5, 0.5])}
    loss = {"flow": "mse", "season": "sparse_categorical_crossentropy"}
    return trained([series, static], outputs, loss, X, Y), X, Y


def test_a_head_depends_on_one_input(heads):
    model, X, _ = heads
    of_season = gradient_importance(model, X, target="season").importances_mean
    assert of_season[:3] == pytest.approx(0)
    assert of_season[4] > 5 * of_season[3]
    of_flow = gradient_importance(model, X, target="flow").importances_mean
    assert of_flow[3:] == pytest.approx(0)
    assert of_flow[0] > 5 * of_flow[1:3].max()
    every = gradient_importance(model, X).importances_mean  # the mean of both
    np.testing.assert_allclose(every, (of_season + of_flow) / 2, atol=1e-6)


def test_the_score_of_heads_is_the_mean_of_theirs(heads):
    model, X, Y = heads
    estimator = from_keras(model)
    flow, season = (np.asarray(values) for values in model.predict(X, verbose=0).values())
    expected = (r2_score(Y["flow"], flow) + accuracy_score(Y["season"], season.argmax(axis=1))) / 2
    assert isinstance(estimator, ModelHeads)
    for targets in (Y, (Y["flow"], Y["season"]), np.column_stack([Y["flow"], Y["season"]])):
        assert estimator.score(X, targets) == pytest.approx(expected)
        result = permutation_importance(model, X, targets, random_state=0)
        assert result.baseline_score == pytest.approx(expected)
    assert set(result.to_frame().index[:2]) == {"series__x0", "static__x1"}
    assert (result.pvalues[[0, 4]] < 1e-6).all()


def test_weights_count_rows(heads):
    model, X, Y = heads
    estimator, weight = from_keras(model), np.r_[np.ones(100), np.zeros(N - 100)]
    some = {name: array[:100] for name, array in X.items()}
    expected = estimator.score(some, {name: values[:100] for name, values in Y.items()})
    assert estimator.score(X, Y, sample_weight=weight) == pytest.approx(expected)


def test_one_output_as_a_network(heads):
    model, X, Y = heads  # as the message says
    with pytest.raises(ValueError, match=r"pass one output as a network: keras.Model") as error:
        permutation_importance(model, X, Y, scoring="accuracy")
    assert "'season' (probabilities)" in str(error.value)
    at = list(model.output).index("season")
    season = keras.Model(model.inputs, model.outputs[at])
    result = permutation_importance(season, X, Y["season"], scoring="accuracy", random_state=0)
    assert result.to_frame().index[0] == "static__x1"
    assert (result.importances[:3] == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda Y: {"flow": Y["flow"]}, "has the keys"),
        (lambda Y: Y["flow"], "pass y as a mapping"),
        (lambda Y: Y | {"season": Y["season"] + 0.5}, "class numbers from 0 to 2"),
        (lambda Y: Y | {"season": np.eye(3)[Y["season"]]}, r"'season' have shape \(300, 3\)"),
        (lambda Y: Y | {"flow": Y["flow"].astype(str)}, "not numbers"),
        (lambda Y: Y | {"flow": Y["flow"][:9]}, "samples"),
    ],
)
def test_targets_that_do_not_fit(heads, change, message):
    model, X, Y = heads
    for call in (
        lambda: permutation_importance(model, X, change(Y)),
        lambda: lofo_importance(model, X, change(Y), fit_params={"epochs": 1}),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("target", ["sea", 0, ("season", 3), ("flow", "a"), ("flow", True)])
def test_outputs_that_are_not_there(heads, target):
    model, X, _ = heads
    with pytest.raises(ValueError, match="none of the network's outputs"):
        gradient_importance(model, X, target=target)


def test_the_baseline_of_heads(heads):
    model, X, _ = heads
    result = gradient_importance(model, X)
    zeros = {name: np.zeros_like(array) for name, array in X.items()}
    of_zeros = model.predict(zeros, verbose=0)
    for name, outputs in of_zeros.items():
        np.testing.assert_allclose(result.baseline_output[name], outputs, atol=1e-5)


ONE = ShuffleSplit(1, test_size=0.5, random_state=0)


def test_lofo_trains_all_heads(heads):
    model, X, Y = heads
    groups = {"signal": [("series", "x0"), ("static", "x1")],
              "noise": [("series", "x1"), ("series", "x2"), ("static", "x0")]}  # fmt: skip
    result = lofo_importance(
        model, X, Y, cv=ONE, feature_groups=groups, fit_params={"epochs": 12}, random_state=0
    )
    signal, noise = result.importances_mean
    assert signal > 0.5
    assert abs(noise) < 0.2


@pytest.fixture(scope="module")
def labels(data):
    keras.utils.set_random_seed(0)
    X = data[0]
    Y = np.column_stack([X[:, -1, 0] > 0, X[:, -1, 1] > 0.5]).astype(int)
    inputs = keras.Input((5, 3))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return trained(inputs, layers.Dense(2)(layers.LSTM(6)(inputs)), loss, X, Y), X, Y


def test_labels_are_classified(labels):
    model, X, Y = labels
    estimator = from_keras(model)
    logits = model.predict(X, verbose=0).astype(float)
    np.testing.assert_allclose(estimator.predict_proba(X), 1 / (1 + np.exp(-logits)), atol=1e-6)
    np.testing.assert_array_equal(estimator.predict(X), logits > 0)
    assert estimator.score(X, Y) == (estimator.predict(X) == Y).all(axis=1).mean()
    result = permutation_importance(
        model, X, Y, scoring=["f1_macro", "neg_log_loss", "roc_auc"], random_state=0
    )
    assert result["f1_macro"].baseline_score == f1_score(Y, logits > 0, average="macro")
    probability = estimator.predict_proba(X)
    by_hand = np.mean([log_loss(Y[:, i], probability[:, i]) for i in (0, 1)])
    assert result["neg_log_loss"].baseline_score == pytest.approx(-by_hand)
    for of_metric in result.values():
        assert set(of_metric.to_frame().index[:2]) == {"x0", "x1"}
        assert (of_metric.pvalues[:2] < 1e-6).all()
    assert gradient_importance(model, X, target=1).to_frame().index[0] == "x1"


@pytest.mark.parametrize("y", [np.zeros(N), np.zeros((N, 3)), np.full((N, 2), 0.5)])
def test_labels_that_do_not_fit(labels, y):
    model, X, _ = labels
    with pytest.raises(ValueError, match=r"of shape \(n_samples, 2\) and hold 0 and 1"):
        permutation_importance(model, X, y)


def test_an_encoder_and_a_decoder(data):
    """Two steps are predicted from five: the first is the last x0, the second the last x1."""
    keras.utils.set_random_seed(0)
    X = data[0]
    Y = np.stack([X[:, -1, 0], X[:, -1, 1]], axis=1)
    inputs = keras.Input((5, 3))
    decoded = layers.LSTM(12, return_sequences=True)(
        layers.RepeatVector(2)(layers.LSTM(12)(inputs))
    )
    outputs = layers.TimeDistributed(layers.Dense(1))(decoded)
    model = trained(inputs, outputs, "mse", X, Y[:, :, None], epochs=40)
    estimator = from_keras(model)
    assert estimator.predict(X).shape == (N, 2)
    result = permutation_importance(model, X, Y, random_state=0)
    predictions = model.predict(X, verbose=0)[:, :, 0]
    assert result.baseline_score == pytest.approx(r2_score(Y.ravel(), predictions.ravel()))
    assert set(result.to_frame().index[:2]) == {"x0", "x1"}
    for step in (0, 1):
        by_step = gradient_importance(model, X, output_step=step).to_frame()
        assert by_step.index[0] == f"x{step}"
    by_time = permutation_importance(model, X, Y, by="timestep", random_state=0)
    assert by_time.to_frame().index[0] == "t"


def test_frames_are_averaged_over_their_places():
    """Of frames of 3 x 3 the network adds up the second channel at the third step."""
    keras.utils.set_random_seed(0)
    X = np.random.default_rng(0).normal(size=(60, 4, 3, 3, 2)).astype("float32")
    weights = np.zeros((4, 3, 3, 2))
    weights[2, :, :, 1] = 1
    layer = layers.Dense(1, use_bias=False)
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Flatten(), layer])
    layer.set_weights([weights.reshape(-1, 1)])
    y = model.predict(X, verbose=0)[:, 0]
    result = gradient_importance(model, X, method="saliency", scale=None)
    assert result.attributions.shape == X.shape
    assert result.importances_mean == pytest.approx([0, 0.25])  # one step of four
    by_step = gradient_importance(model, X, method="saliency", scale=None, by="timestep")
    assert by_step.importances_mean == pytest.approx([0, 0, 0.5, 0])
    cells = gradient_importance(model, X, method="saliency", scale=None, by="cell")
    assert cells.to_frame().index[0] == "x1[t-1]"
    permuted = permutation_importance(model, X, y, random_state=0)
    assert permuted.importances[0] == pytest.approx(0)
    order = np.arange(60)
    np.random.RandomState(np.random.RandomState(0).randint(2**31)).shuffle(order)
    assert permuted.importances[1, 0] == pytest.approx(1 - r2_score(y, y[order]), abs=1e-5)
    display = result.plot()
    assert len(display.ax_.patches) == 2
