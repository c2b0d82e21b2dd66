"""Importances of each output are those of one call for that output, by all three methods."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import (
    ExplainedEstimator,
    ImportancesByOutput,
    LSTMClassifier,
    LSTMRegressor,
    OutputImportanceDisplay,
    compare_importances,
    from_keras,
    gradient_importance,
    lofo_importance,
    make_windows,
    permutation_importance,
)
from tests.conftest import linear_network

N, T, F = 120, 3, 4
MAE = "neg_mean_absolute_error"


@pytest.fixture(scope="module")
def data():
    """Three outputs: of x0 alone, of x1 and x2, and of everything."""
    random = np.random.default_rng(0)
    X = random.normal(size=(N, T, F))
    X[:, :, 3] *= 100  # in another unit
    means = X.mean(axis=1) / [1, 1, 1, 100]
    Y = means @ [[3.0, 0, 1], [0, 2, 1], [0, -1, 1], [0, 0, 1]]
    return X, pd.DataFrame(Y * [1, 10, 1], columns=["level", "flow", "all"])


@pytest.fixture(scope="module")
def network(data):
    """The very function that the data come from."""
    weights = np.array([[3.0, 0, 1], [0, 20, 1], [0, -10, 1], [0, 0, 0.01]]) / T
    return linear_network(np.tile(weights, (T, 1, 1)))


def column_scorer(number):
    def score(estimator, X, y):
        return -mean_absolute_error(np.asarray(y)[:, number], estimator.predict(X)[:, number])

    return score


def test_permutation_of_a_column_is_a_call_with_its_metric(data, network):
    X, Y = data
    result = permutation_importance(network, X, Y, scoring=MAE, per_output=True, random_state=0)
    assert list(result) == ["level", "flow", "all"]
    for number, of_output in enumerate(result.values()):
        one = permutation_importance(
            network, X, Y, scoring=column_scorer(number), random_state=0, n_repeats=5
        )
        np.testing.assert_allclose(of_output.importances, one.importances, atol=1e-9)
        assert of_output.baseline_score == pytest.approx(one.baseline_score)
        assert of_output.scoring == MAE


def test_intervals_of_a_column_are_those_of_its_own_model(data):
    X, Y = data
    Y = Y + np.random.default_rng(1).normal(size=Y.shape)
    flat = X.reshape(N, -1)
    both = LinearRegression().fit(flat, Y)
    for scoring in (None, MAE, "neg_root_mean_squared_error", "neg_median_absolute_error"):
        result = permutation_importance(
            both, flat, Y, scoring=scoring, per_output=True, random_state=0
        )
        for name in Y:
            own = LinearRegression().fit(flat, Y[name])
            one = permutation_importance(own, flat, Y[name], scoring=scoring, random_state=0)
            for key in ("importances", "pvalues", "confidence_intervals"):
                np.testing.assert_allclose(result[name][key], one[key], rtol=1e-6, atol=1e-9)


def test_gradients_of_a_column_are_a_call_with_its_target(data, network):
    X, Y = data
    for method in ("saliency", "integrated_gradients", "expected_gradients", "smoothgrad"):
        call = {"method": method, "random_state": 0, "n_steps": 5}
        result = gradient_importance(network, X, Y, per_output=True, **call)
        for number, name in enumerate(Y):
            one = gradient_importance(network, X, target=number, **call)
            np.testing.assert_allclose(result[name].importances, one.importances, rtol=1e-6)
            np.testing.assert_allclose(result[name].attributions, one.attributions, rtol=1e-6)


def test_lofo_of_a_column_is_a_call_with_its_metric(data):
    X, Y = data
    model = make_pipeline(StandardScaler(), LinearRegression())
    flat, cv = X.mean(axis=1), ShuffleSplit(3, random_state=0)
    result = lofo_importance(model, flat, Y, cv=cv, scoring=MAE, per_output=True)
    for number, name in enumerate(Y):
        one = lofo_importance(model, flat, Y, cv=cv, scoring=column_scorer(number))
        np.testing.assert_allclose(result[name].importances, one.importances, atol=1e-9)
        np.testing.assert_allclose(result[name].pvalues, one.pvalues, atol=1e-9)
        np.testing.assert_allclose(result[name].baseline_scores, one.baseline_scores)


def test_only_the_features_of_an_output_have_importance_for_it(data, network):
    X, Y = data
    results = [
        permutation_importance(network, X, Y, per_output=True, random_state=0),
        gradient_importance(network, X, Y, per_output=True),
        lofo_importance(LinearRegression(), X.mean(axis=1), Y, per_output=True),
    ]
    for result in results:
        matters = result.importances_mean.T > 1e-6
        assert matters.tolist() == [
            [True, False, False, False],
            [False, True, True, False],
            [True, True, True, True],
        ]


@pytest.fixture(scope="module")
def classes():
    """Class "b" is told by x1 alone; "a" and "c" by x0."""
    random = np.random.default_rng(1)
    X = random.normal(size=(300, 3))
    labels = np.where(X[:, 1] > 0.6, "b", np.where(X[:, 0] > 0, "a", "c"))
    return X, labels, LogisticRegression(C=100).fit(X, labels)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss", make_scorer(lambda y, p: 1.0)])
def test_permutation_of_a_class_is_a_call_with_weights_of_its_rows(classes, scoring):
    X, y, model = classes
    if callable(scoring):
        with pytest.raises(ValueError, match="not defined on a single class"):
            permutation_importance(model, X, y, scoring=scoring, per_output=True)
        return
    random = np.random.default_rng(0)
    for weight in (None, random.uniform(size=len(y))):
        call = {"scoring": scoring, "random_state": 0}
        result = permutation_importance(model, X, y, per_output=True, sample_weight=weight, **call)
        assert list(result) == ["a", "b", "c"]
        for label in result:
            own = (y == label) * (1.0 if weight is None else weight)
            one = permutation_importance(model, X, y, sample_weight=own, **call)
            for key in ("importances", "pvalues", "confidence_intervals", "sample_weight"):
                np.testing.assert_allclose(result[label][key], one[key], atol=1e-9)


def test_lofo_of_a_class_scores_its_rows(classes):
    X, y, model = classes
    result = lofo_importance(model, X, y, scoring="neg_log_loss", per_output=True, cv=3)

    def of_b(estimator, X, y):
        return np.log(estimator.predict_proba(X)[y == "b", 1]).mean()

    one = lofo_importance(model, X, y, scoring=of_b, cv=3)
    np.testing.assert_allclose(result["b"].importances, one.importances, atol=1e-9)
    assert result["b"].importances_mean.argmax() == 1
    assert result["a"].importances_mean.argmax() == 0


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_gradients_of_a_class_are_of_its_rows(n_outputs):
    random = np.random.default_rng(0)
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    model = linear_network(random.normal(size=(2, 3, n_outputs)), activation=activation)
    model = from_keras(model, classes=["no", "yes"])
    X = random.normal(size=(40, 2, 3)).astype(np.float32)
    y = random.choice(["no", "yes"], size=40)
    for given, of_row in ((y, y), (None, model.predict(X))):
        result = gradient_importance(model, X, given, per_output=True)
        for label in ("no", "yes"):
            whole = gradient_importance(model, X, target=label)
            rows = np.flatnonzero(of_row == label)
            np.testing.assert_allclose(
                result[label].importances, whole.importances[:, rows], rtol=1e-5, atol=1e-7
            )
            assert result[label].sample_indices.tolist() == rows.tolist()
    some = gradient_importance(model, X, y, per_output=True, max_samples=20, random_state=0)
    for label, of_class in some.items():
        assert (y[of_class.sample_indices] == label).all()


def test_a_class_without_rows_is_left_out_and_said(classes):
    X, y, model = classes
    rows = y != "c"
    with pytest.warns(UserWarning, match=r"No sample of the classes \['c'\] is in y"):
        result = permutation_importance(model, X[rows], y[rows], per_output=True)
    assert list(result) == ["a", "b"]


def test_each_output_step_of_padded_sequences():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 4, 2))
    X[:15, 2:] = 0
    y = X[:, :, 0].cumsum(axis=1)
    model = LSTMRegressor(
        4, return_sequences=True, mask_value=0.0, epochs=3, importance=None, random_state=0
    ).fit(X, y)
    real = model.sequence_mask(X)
    permuted = permutation_importance(model, X, y, scoring=MAE, per_output=True, random_state=0)
    gradients = gradient_importance(model, X, per_output=True)
    assert list(permuted) == list(gradients) == [0, 1, 2, 3]
    for step in (1, 3):

        def score(model, X, y, step=step):
            return -np.abs(y - model.predict(X))[real[:, step], step].mean()

        one = permutation_importance(model, X, y, scoring=score, random_state=0)
        np.testing.assert_allclose(permuted[step].importances, one.importances, atol=1e-9)
        of_step = gradient_importance(model, X, output_step=step)
        np.testing.assert_allclose(gradients[step].importances_mean, of_step.importances_mean)


def test_steps_that_no_sequence_reaches_have_no_result():
    X = np.random.default_rng(0).normal(size=(30, 4, 2))
    X[:, 3:] = 0
    model = LSTMRegressor(
        2, return_sequences=True, mask_value=0.0, epochs=1, importance=None, random_state=0
    ).fit(X, X[:, :, 0])
    results = [
        permutation_importance(model, X, X[:, :, 0], per_output=True, n_repeats=1),
        gradient_importance(model, X, per_output=True, n_steps=3),
        lofo_importance(model, X, X[:, :, 0], per_output=True, cv=2),
    ]
    assert [list(result) for result in results] == [[0, 1, 2]] * 3


def test_targets_may_be_lists(data):
    X, Y = data
    flat = X.mean(axis=1)
    model = LinearRegression().fit(flat, Y)
    as_list = permutation_importance(
        model, flat, Y.to_numpy().tolist(), per_output=True, random_state=0
    )
    assert list(as_list) == [0, 1, 2]
    as_frame = permutation_importance(model, flat, Y, per_output=True, random_state=0)
    np.testing.assert_array_equal(as_list.importances_mean, as_frame.importances_mean)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_labels_may_be_a_column(classes):
    X, y, model = classes
    for function, call in ((permutation_importance, {"random_state": 0}), (lofo_importance, {})):
        flat = function(model, X, y, per_output=True, **call)
        column = function(model, X, y[:, None], per_output=True, **call)
        assert list(column) == list(flat) == ["a", "b", "c"]
        np.testing.assert_array_equal(column.importances_mean, flat.importances_mean)


def test_a_fold_without_a_class_or_a_step_is_named(classes):
    X, y, model = classes
    order = np.argsort(y)
    with pytest.raises(ValueError, match="Fold 0 of cv tests on no row of the class 'b'"):
        lofo_importance(model, X[order], y[order], per_output=True, cv=KFold(3))
    sequences = np.random.default_rng(0).normal(size=(30, 4, 2))
    sequences[:20, 3:] = 0
    steps = LSTMRegressor(2, return_sequences=True, mask_value=0.0, epochs=10**6)
    with pytest.raises(ValueError, match="Fold 0 of cv tests on no sequence with step 3"):
        lofo_importance(steps, sequences, sequences[:, :, 0], per_output=True, cv=KFold(3))


def test_labels_of_other_samples_are_refused():
    model = linear_network(np.ones((2, 3, 2)), activation="softmax")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        gradient_importance(model, np.ones((5, 2, 3)), [0, 1, 0, 1], per_output=True)


def several_heads():
    given = keras.Input((4, 2))
    flat = keras.layers.Flatten()(given)
    values = keras.layers.Dense(2, name="values")(flat)
    kinds = keras.layers.Dense(3, activation="softmax", name="kinds")(flat)
    model = keras.Model(given, [values, kinds])
    model.compile("adam", ["mse", "sparse_categorical_crossentropy"])
    return model


def test_named_outputs_of_a_network():
    keras.utils.set_random_seed(0)
    model, random = several_heads(), np.random.default_rng(0)
    X = random.normal(size=(50, 4, 2)).astype(np.float32)
    y = {"values": random.normal(size=(50, 2)), "kinds": random.integers(0, 3, 50)}
    result = permutation_importance(model, X, y, per_output=True, random_state=0)
    assert list(result) == ["values", "kinds"]

    def accuracy(estimator, X, y):
        return (estimator.predict(X)[:, 2] == y[:, 2]).mean()

    one = permutation_importance(model, X, y, scoring=accuracy, random_state=0)
    np.testing.assert_allclose(result["kinds"].importances, one.importances, atol=1e-9)
    gradients = gradient_importance(model, X, per_output=True)
    of_kinds = gradient_importance(model, X, target="kinds")
    np.testing.assert_allclose(gradients["kinds"].importances, of_kinds.importances, rtol=1e-5)


def test_each_label_of_several():
    random = np.random.default_rng(0)
    X = random.normal(size=(150, 3))
    y = (X[:, :2] > 0).astype(int)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    for scoring in (None, "neg_log_loss", "roc_auc"):
        result = permutation_importance(
            forest, X, y, scoring=scoring, per_output=True, random_state=0
        )
        assert result.importances_mean.argmax(axis=0).tolist() == [0, 1]


def test_a_forecast_of_several_days_has_names():
    frame = pd.DataFrame({"rain": np.arange(30.0) % 7, "flow": np.arange(30.0) % 5})
    windows = make_windows(frame, "flow", 4, range(1, 4), features=["rain", "flow"])
    assert windows.target.columns.tolist() == ["flow+1", "flow+2", "flow+3"]
    for horizon in (1, 2, 3):
        one = make_windows(frame, "flow", 4, horizon, features=["rain", "flow"])
        n = len(windows.target)
        np.testing.assert_array_equal(windows.target[f"flow+{horizon}"], one.target[:n])
        np.testing.assert_array_equal(windows.data, one.data[:n])
    model = LSTMRegressor(2, epochs=1, random_state=0).fit(windows.data, windows.target)
    assert model.target_names_in_.tolist() == ["flow+1", "flow+2", "flow+3"]
    assert list(gradient_importance(model, windows.data, per_output=True)) == [
        "flow+1",
        "flow+2",
        "flow+3",
    ]
    model.fit(windows.data, windows.target.to_numpy())
    assert not hasattr(model, "target_names_in_")


def test_windows_of_several_horizons_keep_to_their_series():
    frame = pd.DataFrame({"id": [0] * 6 + [1] * 7, "x": np.arange(13.0)})
    windows = make_windows(frame, "x", 2, [1, 3], by="id", features=["x"])
    assert windows.groups.tolist() == [0, 0, 1, 1, 1]
    last = windows.data[:, -1, 0]
    np.testing.assert_array_equal(windows.target["x+1"], last + 1)
    np.testing.assert_array_equal(windows.target["x+3"], last + 3)


@pytest.mark.parametrize("horizon", [[], [2, 1], [1, 1], [-1, 2], [0.5], [[1, 2]]])
def test_horizons_are_whole_numbers_in_order(horizon):
    frame = pd.DataFrame({"x": np.arange(9.0), "y": np.arange(9.0)})
    with pytest.raises(ValueError, match="horizon"):
        make_windows(frame, "y", 2, horizon)


def test_the_table_and_the_picture(data, network):
    X, Y = data
    result = permutation_importance(network, X, Y, per_output=True, random_state=0)
    frame = result.to_frame(sort=True)
    assert frame.columns.tolist() == ["level", "flow", "all"]
    assert frame.mean(axis=1).is_monotonic_decreasing
    assert "by feature and output, r2" in repr(result)
    assert "<table" in result._repr_html_()
    display = result.plot()
    assert isinstance(display, OutputImportanceDisplay)
    np.testing.assert_array_equal(display.values_, result.importances_mean)
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == list(Y)
    shares = result.plot(normalize=True, max_features=2).values_
    assert shares.shape == (2, 3)
    assert shares.max() == pytest.approx(1)
    single = result["flow"]
    assert "of output flow" in repr(single)
    single.plot()
    with pytest.raises(TypeError, match="per_output=True"):
        OutputImportanceDisplay.from_result(single)


ON = "chooses some; leave one of them out"
RAW = make_scorer(mean_absolute_error, greater_is_better=False, multioutput="raw_values")


@pytest.mark.parametrize(
    ("function", "params", "message"),
    [
        (gradient_importance, {"target": 0}, ON),
        (gradient_importance, {"max_outputs": 1}, ON),
        (permutation_importance, {"scoring": ["r2", MAE]}, "takes one metric"),
        (lofo_importance, {"scoring": {"a": "r2"}}, "takes one metric"),
        (permutation_importance, {"scoring": lambda e, X, y: 0.0}, "make_scorer"),
        (permutation_importance, {"scoring": RAW}, "leave multioutput out"),
        (lofo_importance, {"scoring": lambda e, X, y: 0.0}, "make_scorer"),
    ],
)
def test_what_does_not_go_with_it(data, network, function, params, message):
    X, Y = data
    if function is lofo_importance:
        network, X = LinearRegression(), X.mean(axis=1)
    with pytest.raises(ValueError, match=message):
        function(network, X, Y, per_output=True, **params)


def test_where_one_value_for_each_feature_is_wanted(data):
    X, Y = data
    params = {"importance_params": {"per_output": True}}
    with pytest.raises(ValueError, match="per_output"):
        LSTMRegressor(2, epochs=1, **params).fit(X, Y)
    model = ExplainedEstimator(LinearRegression(), **params)
    with pytest.raises(ValueError, match="one value for each feature"):
        model.fit(X.mean(axis=1), Y)
    fitted = LinearRegression().fit(X.mean(axis=1), Y)
    with pytest.raises(ValueError, match="ImportanceComparison"):
        compare_importances(
            fitted, X.mean(axis=1), Y, methods=["permutation", "lofo"],
            lofo_params={"per_output": True},
        )  # fmt: skip


def test_results_of_different_features_are_not_put_together(data):
    X, Y = data
    flat = X.mean(axis=1)
    one = permutation_importance(LinearRegression().fit(flat, Y), flat, Y)
    two = permutation_importance(LinearRegression().fit(flat[:, :2], Y), flat[:, :2], Y)
    with pytest.raises(ValueError, match="different features"):
        ImportancesByOutput.from_results(["a", "b"], [one, two])
    with pytest.raises(ValueError, match="name of its own"):
        ImportancesByOutput.from_results(["a", "a"], [one, one])


def test_predictions_are_made_once_for_all_outputs(data):
    X, Y = data
    flat = X.mean(axis=1)

    class Counting(LinearRegression):
        n_calls = 0

        def predict(self, X):
            type(self).n_calls += 1
            return super().predict(X)

    model = Counting().fit(flat, Y)
    permutation_importance(model, flat, Y, per_output=True, n_repeats=5)
    assert Counting.n_calls == 1 + 5 * flat.shape[1]


def test_texts_have_importances_of_each_class(texts, reader):
    result = permutation_importance(
        reader, texts.data, texts.target, scoring="neg_log_loss", per_output=True, random_state=0
    )
    assert list(result) == reader.classes_.tolist()
    gradients = gradient_importance(reader, texts.data[:50], per_output=True)
    assert all(of_class.by == "word" for of_class in gradients.values())


def test_a_classifier_at_every_step(classification):
    X = classification.data[:60]
    y = np.where(X[:, :, 0] > 0, "up", "down")
    model = LSTMClassifier(2, return_sequences=True, epochs=1, importance=None, random_state=0)
    result = permutation_importance(model.fit(X, y), X, y, per_output=True, random_state=0)
    assert list(result) == list(range(X.shape[1]))
    assert result[0].scoring == "accuracy"
