"""Every metric has an interval: by the values of rows, or by leaving out groups of them."""

import numpy as np
import pandas as pd
import pytest
from conftest import linear_network
from scipy import stats
from sklearn import inspection, metrics
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SlidingWindow, from_keras, permutation_importance
from skfi.importance._permutation import _jackknife
from skfi.importance._permutation._row_values import Scored, row_values

random = np.random.default_rng(0)
X = random.normal(size=(240, 3))
Y = 3 + X[:, 0] + 0.5 * random.normal(size=240)
TWO = np.array(["dry", "wet"])[(Y > 3) * 1]
THREE = np.digitize(Y, [2.3, 3.4])
WEIGHT = random.uniform(0.2, 2, size=240)
REGRESSION = LinearRegression().fit(X, Y)
OF_TWO = LogisticRegression().fit(X, TWO)
OF_THREE = LogisticRegression().fit(X, THREE)
F1 = metrics.make_scorer(metrics.f1_score, pos_label="wet")
BY_VALUES = [
    (REGRESSION, Y, None),
    (REGRESSION, Y, "r2"),
    (REGRESSION, Y, "neg_root_mean_squared_error"),
    (REGRESSION, Y, "neg_mean_squared_error"),
    (REGRESSION, Y, "neg_mean_absolute_percentage_error"),
    (LinearRegression().fit(X, np.column_stack([Y, Y**2])), np.column_stack([Y, Y**2]), "r2"),
    (
        LinearRegression().fit(X, np.column_stack([Y, Y**2])),
        np.column_stack([Y, Y**2]),
        "neg_root_mean_squared_error",
    ),
    (OF_TWO, TWO, "roc_auc"),
    (OF_TWO, TWO, "balanced_accuracy"),
    (OF_TWO, TWO, F1),
    (OF_TWO, TWO, "neg_log_loss"),
    (OF_THREE, THREE, "roc_auc_ovr"),
    (OF_THREE, THREE, "roc_auc_ovr_weighted"),
    (OF_THREE, THREE, "f1_macro"),
    (OF_THREE, THREE, "f1_weighted"),
    (OF_THREE, THREE, "matthews_corrcoef"),
]


def root_of_squares(model, rows, y):
    return -np.sqrt(((model.predict(rows) - y) ** 2).mean())


def of_chances(model, rows, y, sample_weight=None):
    return metrics.average_precision_score(y, model.predict_proba(rows)[:, 1], pos_label="wet")


BY_LEAVING_OUT = [
    (REGRESSION, Y, "neg_median_absolute_error"),
    (REGRESSION, Y, "explained_variance"),
    (REGRESSION, Y, root_of_squares),
    (OF_TWO, TWO, of_chances),
    (OF_TWO, TWO, lambda model, rows, y: metrics.cohen_kappa_score(y, model.predict(rows))),
    (OF_THREE, THREE, "top_k_accuracy"),
]


def change_of(metric, rows, weights):
    """By how much a metric changes as each row is given a little more weight."""
    value = metric(rows.y, rows.predicted, sample_weight=weights)
    changes = []
    for row in range(len(weights)):
        more = weights.copy()
        more[row] *= 1 + 1e-5
        changes.append((metric(rows.y, rows.predicted, sample_weight=more) - value) / 1e-5)
    return value + np.array(changes) * weights.sum() / weights


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("r2", {}),
        ("neg_root_mean_squared_error", {}),
        ("roc_auc", {}),
        ("roc_auc_ovr", {"multi_class": "ovr"}),
        ("roc_auc_ovr_weighted", {"multi_class": "ovr", "average": "weighted"}),
        ("f1_macro", {"average": "macro"}),
        ("balanced_accuracy", {}),
        ("matthews_corrcoef", {}),
    ],
)
@pytest.mark.parametrize("weights", [np.ones(60), WEIGHT[:60]])
def test_a_rows_value_is_its_influence_on_the_metric(name, settings, weights):
    scorer = metrics.get_scorer(name)

    def metric(y, predicted, sample_weight):
        return scorer._score_func(y, predicted, sample_weight=sample_weight, **settings)

    y, predicted, classes = Y[:60], REGRESSION.predict(X[:60]).round(1), None
    if "roc_auc_ovr" in name:
        y, predicted, classes = THREE[:60], OF_THREE.predict_proba(X[:60]), OF_THREE.classes_
    elif name == "roc_auc":
        y, predicted = TWO[:60], OF_TWO.decision_function(X[:60]).round()  # ties
    elif name not in ("r2", "neg_root_mean_squared_error"):
        y, predicted, classes = THREE[:60], OF_THREE.predict(X[:60]), OF_THREE.classes_
    rows = Scored(y, predicted, weights, classes, metric)
    found = row_values(scorer, [0, 1, 2], 1)(rows)
    assert np.allclose(found, change_of(metric, rows, weights), rtol=1e-3, atol=1e-3)
    assert np.isclose(rows.mean(found), metric(y, predicted, weights))


@pytest.mark.parametrize(("model", "y", "scoring"), BY_VALUES)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_values_of_rows_average_to_the_importances(model, y, scoring, weight):
    call = {"scoring": scoring, "sample_weight": weight, "random_state": 0}
    found = permutation_importance(model, X, y, **call)
    expected = inspection.permutation_importance(model, X, y, **call)
    assert np.array_equal(found.importances, expected.importances)
    by_row = np.average(found.sample_importances, axis=1, weights=weight)
    assert np.allclose(by_row, found.importances_mean)
    low, high = found.confidence_intervals.T
    assert (low <= found.importances_mean).all()
    assert (found.importances_mean <= high).all()
    assert found.pvalues[0] < 0.001


@pytest.mark.parametrize(("model", "y", "scoring"), BY_LEAVING_OUT)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_of_any_metric(model, y, scoring, n_jobs):
    if n_jobs and callable(scoring) and scoring.__name__ == "<lambda>":
        pytest.skip("a lambda goes into no other process")
    call = {"scoring": scoring, "random_state": 0, "n_jobs": n_jobs}
    found = permutation_importance(model, X, y, **call)
    expected = inspection.permutation_importance(model, X, y, **call)
    assert np.array_equal(found.importances, expected.importances)
    assert found.pvalues[0] < 0.001 < 0.05 < found.pvalues[1]
    assert found.confidence_intervals[0, 0] > 0
    assert "without_intervals" not in found


class TestBothWays:
    """Where a metric has values of rows, leaving out groups gives nearly the same intervals."""

    @pytest.mark.parametrize(
        ("weight", "groups"), [(None, None), (WEIGHT, None), (WEIGHT, np.repeat(range(40), 6))]
    )
    def test_width(self, monkeypatch, weight, groups):
        monkeypatch.setattr(_jackknife, "_MOST_GROUPS", 80)

        def own(model, rows, y, sample_weight=None):
            return metrics.r2_score(y, model.predict(rows), sample_weight=sample_weight)

        call = {"sample_weight": weight, "sample_groups": groups, "random_state": 0}
        expected, found = (
            permutation_importance(REGRESSION, X, Y, scoring=scoring, n_repeats=8, **call)
            for scoring in ("r2", own)
        )
        assert "sample_importances" not in found
        ratio = np.diff(found.confidence_intervals) / np.diff(expected.confidence_intervals)
        assert np.allclose(ratio, 1, atol=0.15)

    def test_what_changes_nothing_is_not_in_doubt(self):
        rows = np.column_stack([X, np.ones(240)])
        model = LinearRegression().fit(rows, Y)
        for scoring in ("r2", root_of_squares, "neg_median_absolute_error"):
            found = permutation_importance(model, rows, Y, scoring=scoring, random_state=0)
            assert np.array_equal(found.confidence_intervals[3], [0, 0])
            assert found.pvalues[3] == 1

    def test_several_metrics_of_both_kinds(self):
        scoring = {"r2": "r2", "middle": "neg_median_absolute_error", "own": root_of_squares}
        found = permutation_importance(REGRESSION, X, Y, scoring=scoring, random_state=0)
        for name, result in found.items():
            alone = permutation_importance(REGRESSION, X, Y, scoring=scoring[name], random_state=0)
            assert np.array_equal(result.importances, alone.importances)
            assert np.array_equal(result.confidence_intervals, alone.confidence_intervals)
        assert ["sample_importances" in result for result in found.values()] == [True, False, False]


class TestWhatThereIsNot:
    def test_more_than_predictions(self):
        def own(model, rows, y):
            return -np.abs(model.predict(rows) - rows[:, 0]).mean()

        found = permutation_importance(REGRESSION, X, Y, scoring=own, random_state=0)
        assert "pvalues" not in found
        assert "No intervals: the metric is not a function of y and" in found.note

    def test_a_part_of_the_rows(self):
        def own(model, rows, y):
            if len(rows) < 240:
                raise ZeroDivisionError("too few")
            return metrics.r2_score(y, model.predict(rows))

        found = permutation_importance(REGRESSION, X, Y, scoring=own, random_state=0)
        assert "cannot be computed of some of the rows (ZeroDivisionError: too few)" in found.note

    @pytest.mark.parametrize("method", ["predict", "score"])
    def test_a_method_that_is_not_kept(self, method):
        def own(model, rows, y):
            model.predict(rows[:10])
            return metrics.r2_score(y, model.predict(rows))

        model = PoissonRegressor().fit(X, Y - Y.min())
        scoring = {"predict": own, "score": None}[method]
        found = permutation_importance(model, X, Y - Y.min(), scoring=scoring, random_state=0)
        assert "pvalues" not in found
        assert "No intervals" in repr(found)

    def test_some_of_the_samples(self):
        call = {"max_samples": 0.5, "random_state": 0}
        of_metric = permutation_importance(REGRESSION, X, Y, scoring=["explained_variance"], **call)
        assert of_metric["explained_variance"].note == ""
        found = permutation_importance(REGRESSION, X, Y, **call)
        assert "pvalues" not in found
        assert found.note == ""
        assert list(found.to_frame()) == ["importance_mean", "importance_std"]


def test_an_estimator_seems_to_be_itself_while_it_is_recorded():
    def own(model, rows, y):
        assert isinstance(model, LinearRegression)
        assert model.coef_.shape == (3,)
        return metrics.r2_score(y, model.predict(rows))

    def of_pipeline(model, rows, y):
        assert len(model) == len(model[:]) == 2
        assert model[-1].coef_.shape == (3,)
        return metrics.r2_score(y, model.predict(rows))

    assert "pvalues" in permutation_importance(REGRESSION, X, Y, scoring=own)
    pipe = make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y)
    assert "pvalues" in permutation_importance(pipe, X, Y, scoring=of_pipeline)


def test_outputs_at_every_step_and_words_and_windows():
    sequences = np.random.default_rng(0).normal(size=(60, 4, 2))
    y = sequences.cumsum(axis=1)[:, :, 0]
    model = LSTMRegressor(4, return_sequences=True, epochs=100, importance=None, random_state=0)
    found = permutation_importance(model.fit(sequences, y), sequences, y, random_state=0)
    assert found.pvalues[0] < 0.01
    rows, weights = sequences.reshape(240, 2), np.zeros((4, 2, 1))
    weights[-1, 0] = 1.0
    pipe = make_pipeline(SlidingWindow(4).fit(rows), from_keras(linear_network(weights)))
    call = {"random_state": 0, "scoring": "explained_variance"}
    found = permutation_importance(pipe, rows, rows[:, 0], **call)
    assert found.pvalues[0] < 0.01
    assert np.array_equal(found.sample_groups, np.arange(240) // 8)


@pytest.mark.parametrize(
    "labels", [np.array([False, True]), np.array([3, 7]), np.array(["a", "b"])]
)
def test_labels_come_back_as_they_were(labels):
    y = labels[(Y > 3) * 1]
    model = LogisticRegression().fit(X, y)

    def own(model, rows, y):
        found = model.predict(rows)
        assert found.dtype == y.dtype
        return np.mean(found == y)

    assert permutation_importance(model, X, y, scoring=own, random_state=0).pvalues[0] < 0.001


def test_outputs_with_labels_of_their_own():
    y = np.column_stack([Y > 3, THREE])
    model = MultiOutputClassifier(LogisticRegression()).fit(X, y)

    def own(model, rows, y):
        return np.mean(model.predict(rows) == y)

    assert permutation_importance(model, X, y, scoring=own, random_state=0).pvalues[0] < 0.001


def test_a_frame_of_labels_in_words():
    frame = pd.DataFrame(X, columns=["rain", "wind", "sun"])
    model = LogisticRegression().fit(frame, TWO)
    found = permutation_importance(
        model,
        frame,
        pd.Series(TWO),
        scoring=lambda model, rows, y: metrics.cohen_kappa_score(y, model.predict(rows)),
        random_state=0,
    )
    assert found.pvalues[0] < 0.001
    groups = permutation_importance(
        model, frame, TWO, scoring=F1, feature_groups={"sky": ["rain", "sun"]}, random_state=0
    )
    assert groups.pvalues[0] < 0.001


def test_few_groups_are_said():
    with pytest.warns(UserWarning, match=r"240 rows are 4 groups .* twenty or more"):
        permutation_importance(REGRESSION, X, Y, sample_groups=60)


class TestCoverage:
    """The interval holds the importance of this network for new rows about 95 times in 100."""

    @pytest.mark.parametrize(
        ("scoring", "n_seeds"),
        [
            ("r2", 100),
            ("neg_root_mean_squared_error", 100),
            ("roc_auc", 100),
            ("f1", 50),
            ("explained_variance", 50),
        ],
    )
    def test_of_new_rows(self, scoring, n_seeds):
        random = np.random.default_rng(1)
        of_labels = scoring in ("roc_auc", "f1")

        def draw(n):
            rows = random.normal(size=(n, 2))
            y = rows[:, 0] + 0.7 * rows[:, 1] + random.normal(size=n)
            return rows, (y > 0) * 1 if of_labels else y

        model = (LogisticRegression() if of_labels else LinearRegression()).fit(*draw(200))
        many = permutation_importance(model, *draw(100_000), scoring=scoring, n_repeats=2)
        n_covered = 0
        for seed in range(n_seeds):
            found = permutation_importance(
                model, *draw(200), scoring=scoring, n_repeats=3, random_state=seed
            )
            low, high = found.confidence_intervals.T
            n_covered += (low <= many.importances_mean) & (many.importances_mean <= high)
        assert (n_covered >= stats.binom(n_seeds, 0.95).ppf(0.005)).all()
        assert (n_covered < n_seeds).any()
