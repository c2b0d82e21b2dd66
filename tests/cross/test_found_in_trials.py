"""Cases in which trials on networks and data that nobody had seen found a wrong number."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV, Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import (
    ExplainedEstimator,
    from_keras,
    lofo_importance,
    permutation_importance,
)
from skfi.importance._fingerprint import fingerprint

RANDOM = np.random.default_rng(0)
TABLE = RANDOM.normal(size=(200, 3))
SUM = 3 * TABLE[:, 0] + TABLE[:, 1] + RANDOM.normal(size=200)
X = RANDOM.normal(size=(60, 4, 3)).astype("float32")
y = X[:, -1, 0]


@pytest.mark.parametrize("metric", ["absolute_error", "squared_error", "absolute_percentage_error"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool"])
def test_small_integers_do_not_overflow(metric, dtype):
    grades = np.clip(np.round(100 + 10 * SUM), 0, 120)
    grades = grades > 100 if dtype == "bool" else grades
    found = []
    for kind in (dtype, "int64"):
        targets = grades.astype(kind)
        model = RandomForestClassifier(5, random_state=0).fit(TABLE[:100], targets[:100])

        class Numbers(Ridge):
            def predict(self, X, model=model):
                return model.predict(X)

        call = {"scoring": f"neg_mean_{metric}", "random_state": 0}
        if dtype == "bool":
            targets = targets.astype("int64" if kind == "int64" else "uint8")
        of_numbers = Numbers().fit(TABLE[:100], targets[:100])
        result = permutation_importance(of_numbers, TABLE[100:], targets[100:], **call)
        found.append((result.confidence_intervals, result.pvalues))
        low, high = result.confidence_intervals.T
        assert (low <= result.importances_mean).all()
        assert (result.importances_mean <= high).all()
    np.testing.assert_allclose(found[0][0], found[1][0])
    np.testing.assert_allclose(found[0][1], found[1][1])


class TestOwnScore:
    search = GridSearchCV(Ridge(), {"alpha": [1, 10]}, scoring="neg_mean_absolute_error", cv=3)
    of_classes = LogisticRegressionCV(Cs=3, scoring="neg_log_loss", cv=3)

    @pytest.mark.filterwarnings("ignore:.*:FutureWarning")
    @pytest.mark.parametrize(
        ("estimator", "name"),
        [
            pytest.param(search, "neg_mean_absolute_error", id="search"),
            pytest.param(
                make_pipeline(StandardScaler(), search), "neg_mean_absolute_error", id="pipeline"
            ),
            pytest.param(ExplainedEstimator(search), "neg_mean_absolute_error", id="explained"),
            pytest.param(of_classes, "neg_log_loss", id="classes"),
            pytest.param(make_pipeline(of_classes), "neg_log_loss", id="classes in a pipeline"),
            pytest.param(GridSearchCV(of_classes, {}, cv=2), "neg_log_loss", id="both"),
            pytest.param(GridSearchCV(Ridge(), {}), None, id="no scoring"),
        ],
    )
    @pytest.mark.parametrize("frozen", [False, True])
    def test_scoring_none_is_it(self, estimator, name, frozen):
        target = SUM > 0 if name == "neg_log_loss" else SUM
        fitted = estimator.fit(TABLE, target)
        if frozen:
            fitted = FrozenEstimator(fitted)
        found = permutation_importance(fitted, TABLE, target, random_state=0)
        assert found.baseline_score == pytest.approx(fitted.score(TABLE, target))
        assert found.scoring == (name or "r2")
        by_name = permutation_importance(fitted, TABLE, target, scoring=name, random_state=0)
        np.testing.assert_array_equal(found.importances, by_name.importances)
        assert found.pvalues[0] < 0.01

    def test_in_lofo(self):
        found = lofo_importance(make_pipeline(StandardScaler(), self.search), TABLE, SUM, cv=3)
        assert found.scoring == "neg_mean_absolute_error"
        assert (found.baseline_scores < 0).all()


def test_weights_of_the_last_step_count_in_importances():
    weight = (RANDOM.random(200) > 0.3).astype(float)
    broken = np.where(weight == 0, SUM + 50, SUM)
    params = {"importance_params": {"random_state": 0}}
    pipeline = make_pipeline(StandardScaler(), Ridge(1e-6))
    alone = ExplainedEstimator(Ridge(1e-6), **params).fit(TABLE, broken, sample_weight=weight)
    explained = ExplainedEstimator(pipeline, **params)
    explained.fit(TABLE, broken, ridge__sample_weight=weight)
    np.testing.assert_allclose(
        explained.importances_.importances, alone.importances_.importances, atol=1e-6
    )


@keras.saving.register_keras_serializable("trials")
class Factor(keras.Model):
    def __init__(self, **params):
        super().__init__(**params)
        self.dense = layers.Dense(1)
        self._factor = 1.0

    def call(self, x):
        return self.dense(x * self._factor)


def test_scores_are_stored_for_each_attribute_of_a_model(tmp_path):
    def made(factor):
        model = Factor()
        model._factor = factor
        model(X[:, 0])
        model.compile("sgd", "mse")
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        return model

    call = {"scoring": "neg_mean_squared_error", "random_state": 0, "memory": tmp_path}
    baselines = {permutation_importance(made(f), X[:, 0], y, **call).baseline_score for f in (1, 3)}
    assert len(baselines) == 2
    model = made(2)
    before = fingerprint(model)
    model.predict(X[:, 0], verbose=0)
    assert fingerprint(model) == before


def test_positions_of_ids_are_left_out_of_a_keras_model():
    ids = RANDOM.integers(2, 9, size=(24, 4))
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), layers.Embedding(9, 2), layers.LSTM(3), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    call = {"by": "timestep", "cv": 2, "fit_params": {"epochs": 1}}
    found = lofo_importance(model, ids, ids[:, 0] / 9, **call)
    assert (found.leave_out, len(found.importances)) == ("remove", 4)


def looked_up():
    return layers.IntegerLookup(vocabulary=[10, 20, 30, 40]), RANDOM.choice(
        [10, 20, 30, 40], (60, 4)
    )


def counted_up():
    return layers.Lambda(lambda ids: ids + 1), RANDOM.integers(0, 4, size=(60, 4))


@pytest.mark.parametrize("make", [looked_up, counted_up])
@pytest.mark.parametrize("by", ["timestep", "feature"])
def test_ids_that_the_network_changes_are_changed_once(make, by):
    layer, ids = make()
    inputs = keras.Input((4,), dtype="int32")
    outputs = layers.Dense(1)(layers.LSTM(4)(layers.Embedding(6, 3)(layer(inputs))))
    model = keras.Model(inputs, outputs)
    target = model.predict(ids, verbose=0)[:, 0]
    seen = []

    def scoring(estimator, given, targets):
        seen.append(np.array(given))
        predicted = estimator.predict(given)
        expected = model.predict(given, verbose=0)[:, 0]
        np.testing.assert_allclose(np.ravel(predicted), expected, atol=1e-5)
        return -mean_squared_error(targets, predicted)

    found = permutation_importance(
        model, ids, target, by=by, scoring=scoring, n_repeats=2, random_state=0
    )
    assert found.baseline_score == pytest.approx(0, abs=1e-9)
    assert all(set(np.unique(given)) <= set(np.unique(ids)) for given in seen)
    assert (found.importances_mean > 0).any()


class Unscaled(keras.Model):
    def predict_step(self, data):
        return 50 + 10 * super().predict_step(data)


@pytest.mark.parametrize("n_inputs", [1, 2])
def test_a_models_own_predict_step_predicts(n_inputs):
    inputs = [keras.Input((4, 3), name=f"in{i}") for i in range(n_inputs)]
    joined = inputs[0] if n_inputs == 1 else layers.Concatenate()(inputs)
    model = Unscaled(inputs if n_inputs > 1 else inputs[0], layers.Dense(1)(layers.LSTM(4)(joined)))
    given = X if n_inputs == 1 else {"in0": X, "in1": X[::-1].copy()}
    predicted = model.predict(X if n_inputs == 1 else list(given.values()), verbose=0)[:, 0]
    target = predicted + RANDOM.normal(size=len(X))
    found = permutation_importance(model, given, target, random_state=0)
    assert found.baseline_score == pytest.approx(r2_score(target, predicted), abs=1e-5)


class AsksForSteps(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.lstm, self.dense = layers.Conv1D(3, 2), layers.LSTM(3), layers.Dense(1)

    def call(self, x):
        if x.shape[1] is not None and x.shape[1] > 2:
            x = self.conv(x)
        return self.dense(self.lstm(x))


def test_a_subclass_that_asks_for_its_steps_gets_them():
    model = AsksForSteps()
    model.compile("adam", "mse")
    target = model.predict(X, verbose=0)[:, 0]
    found = permutation_importance(model, X, target, scoring="neg_mean_squared_error")
    assert found.baseline_score == pytest.approx(0, abs=1e-9)


def test_an_optimizer_keeps_what_weight_decay_leaves_alone():
    scores = []
    for excluded in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3), layers.Dense(1)])
        optimizer = keras.optimizers.AdamW(0.05, weight_decay=2.0)
        if excluded:
            optimizer.exclude_from_weight_decay(var_names=["kernel"])
        model.compile(optimizer, "mse")
        folds = [(np.arange(40), np.arange(40, 60))]
        call = {"cv": folds, "fit_params": {"epochs": 10}, "random_state": 0}
        scores.append(lofo_importance(model, X, y, **call).baseline_scores[0])
    assert scores[1] > scores[0] + 0.1


@pytest.mark.parametrize(
    ("n_outputs", "form", "wrapped"),
    [
        (1, "column", False),
        (1, "column", True),
        (3, "column", False),
        (3, "column", True),
        (3, "one-hot", False),
    ],
)
def test_labels_in_each_form_that_keras_takes(n_outputs, form, wrapped):
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    model = keras.Sequential(
        [keras.Input((4, 3)), layers.LSTM(3), layers.Dense(n_outputs, activation)]
    )
    loss = "binary_crossentropy" if n_outputs == 1 else "categorical_crossentropy"
    model.compile("adam", loss)
    numbers = (y > 0).astype(int) if n_outputs == 1 else np.digitize(y, [-0.5, 0.5])
    given = numbers[:, None] if form == "column" else np.eye(n_outputs)[numbers]
    estimator = from_keras(model).set_params(epochs=1) if wrapped else model
    fit_params = {} if wrapped else {"fit_params": {"epochs": 1}}
    call = {"random_state": 0}
    for function, params in (
        (permutation_importance, {}),
        (lofo_importance, {"cv": 2} | fit_params),
    ):
        found = function(estimator, X, given, **call, **params)
        expected = function(estimator, X, numbers, **call, **params)
        np.testing.assert_array_equal(found.importances, expected.importances)


def test_shares_are_no_labels():
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3), layers.Dense(3, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    with pytest.raises(ValueError, match=r"must hold the class numbers .* or one-hot"):
        permutation_importance(model, X, np.full((60, 3), 1 / 3))
