"""Intervals and p-values: equal to textbook tests, of the right size, and with power."""

import numpy as np
import pandas as pd
import pytest
from conftest import linear_network
from joblib import parallel_config
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state

from skfi import SlidingWindow, from_keras, lofo_importance, permutation_importance
from skfi.importance._inference._t_tests import adjusted, mean_over_folds, mean_over_rows
from skfi.importance._permutation._influence import donated, drawn_donors

MAE = "neg_mean_absolute_error"
random = np.random.default_rng(0)
X = random.normal(size=(300, 4))
X[:, 3] = 1.5
Y = X[:, 0] + 0.3 * X[:, 1] + random.normal(size=300)
LABELS = np.where(Y > 0, "high", "low")


@pytest.mark.parametrize(
    ("estimator", "y", "scoring"),
    [
        (LinearRegression(), Y, MAE),
        (LinearRegression(), Y, "neg_mean_squared_error"),
        (LinearRegression(), np.column_stack([Y, -2 * Y]), MAE),
        (LogisticRegression(), LABELS, None),
        (LogisticRegression(), LABELS, "neg_log_loss"),
        (LogisticRegression(), np.digitize(Y, [-1, 1]), "neg_log_loss"),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_average_to_the_importances(estimator, y, scoring, weighted):
    random = np.random.default_rng(1)
    weight = random.uniform(0, 2, size=300) if weighted else None
    found = permutation_importance(
        estimator.fit(X, y), X, y, scoring=scoring, sample_weight=weight, random_state=0
    )
    assert found.sample_importances.shape == (4, 300)
    by_row = np.average(found.sample_importances, axis=1, weights=weight)
    assert np.allclose(by_row, found.importances_mean)


def test_without_donors_equal_to_the_paired_t_test():
    random = np.random.default_rng(1)
    differences = random.normal(0.1, 1, size=(3, 80))
    found = mean_over_rows(differences, None)
    expected = stats.ttest_1samp(differences, 0, axis=1, alternative="greater")
    assert np.allclose(found["pvalues"], expected.pvalue)
    both = stats.ttest_1samp(differences, 0, axis=1).confidence_interval(0.95)
    assert np.allclose(found["confidence_intervals"].T, both)


def test_one_repeat_is_on_the_safe_side():
    model = LinearRegression().fit(X, Y)
    widths = [
        np.ptp(
            permutation_importance(
                model, X, Y, scoring=MAE, n_repeats=n_repeats, random_state=0
            ).confidence_intervals[:3],
            axis=1,
        )
        for n_repeats in (1, 20)
    ]
    assert (widths[0] > widths[1]).all()


def test_coverage_with_weights():
    # rows of weight 0 give values all the same
    covered = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        rows = random.normal(size=(400, 1))
        y = rows[:, 0] + random.normal(size=400)
        model = LinearRegression().fit(rows[:100], y[:100])
        weight = (np.abs(rows[100:, 0]) < 1) * 1.0
        call = {"scoring": "neg_mean_squared_error", "n_repeats": 30, "random_state": seed}
        found = permutation_importance(model, rows[100:], y[100:], sample_weight=weight, **call)
        ((low, high),) = found.confidence_intervals
        # loss of pairs of a receiver with |x| < 1, whose x has a variance of 0.291, and any donor
        slope = model.coef_[0]
        true = slope**2 * (1 - 0.291) + 2 * slope * 0.291
        covered += low <= true <= high
    assert covered >= 88


@pytest.mark.parametrize("make", [int, np.random.RandomState])
def test_donors_are_those_of_scikit_learns_shuffle(make):
    random_state = make(0)
    donors = drawn_donors(300, 3, check_random_state(0))
    model = LinearRegression().fit(X, Y)
    found = permutation_importance(model, X, Y, scoring=MAE, n_repeats=3, random_state=random_state)
    base = np.abs(Y - model.predict(X))
    for unit in range(3):
        shuffled = np.repeat(X[None], 3, axis=0)
        shuffled[:, :, unit] = X[donors, unit]
        losses = np.abs(Y - model.predict(shuffled.reshape(-1, 4)).reshape(3, 300))
        assert np.allclose(found.sample_importances[unit], losses.mean(axis=0) - base)
        assert np.allclose(found.importances[unit], (losses - base).mean(axis=1))


@pytest.mark.parametrize("as_frame", [False, True])
def test_the_error_is_that_of_all_pairs_of_rows(as_frame):
    # squared error of a linear model: the mean over all pairs varies as 2 b (y - mean)(x - mean)
    model = LinearRegression().fit(X, Y)
    rows = pd.DataFrame(X) if as_frame else X
    if as_frame:
        model = LinearRegression().fit(rows, Y)
    found = permutation_importance(
        model, rows, Y, scoring="neg_mean_squared_error", n_repeats=400, random_state=0
    )
    centred = X - X.mean(axis=0)
    centred *= (Y - model.predict(rows))[:, None] + centred * model.coef_
    errors = 2 * np.abs(model.coef_) * centred.std(axis=0, ddof=1) / np.sqrt(300)
    low, high = found.confidence_intervals.T
    assert np.allclose((high - low) / 2 / stats.t.ppf(0.975, 299), errors, rtol=0.1)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_whatever_joblib_was_told(backend):
    model = LinearRegression().fit(X, Y)
    call = {"scoring": MAE, "random_state": 0}
    expected = permutation_importance(model, X, Y, **call)
    with parallel_config(backend=backend, n_jobs=2):
        found = permutation_importance(model, X, Y, **call)
    assert np.array_equal(found.pvalues, expected.pvalues)


def test_values_of_single_rows_have_donors_too():
    model = LinearRegression().fit(X, Y)
    of_series, of_values = (
        permutation_importance(model, X, Y, scoring=MAE, shuffle=shuffle, random_state=0)
        for shuffle in ("series", "values")
    )
    assert np.array_equal(of_series.pvalues, of_values.pvalues)


class TestGroups:
    """Rows that depend on each other count once."""

    def test_copies_of_rows_are_no_evidence(self):
        random = np.random.default_rng(1)
        differences = random.normal(size=(2, 50))
        once = mean_over_rows(differences, None)
        copied = mean_over_rows(np.repeat(differences, 4, axis=1), None, np.repeat(range(50), 4))
        assert np.allclose(once["pvalues"], copied["pvalues"])
        assert np.allclose(once["confidence_intervals"], copied["confidence_intervals"])

    def test_a_number_is_of_rows_one_after_the_other(self):
        model = LinearRegression().fit(X, Y)
        found, expected = (
            permutation_importance(model, X, Y, scoring=MAE, sample_groups=groups, random_state=0)
            for groups in (12, np.repeat([f"patient {i}" for i in range(25)], 12))
        )
        assert np.allclose(found.pvalues, expected.pvalues)
        assert found.pvalues[0] < 1e-6

    def test_windows_of_a_pipeline(self):
        weights = np.zeros((4, 4, 1))
        weights[-1, 0] = 1.0
        pipe = make_pipeline(SlidingWindow(4).fit(X), from_keras(linear_network(weights)))
        found, expected = (
            permutation_importance(pipe, X, Y, scoring=MAE, sample_groups=groups, random_state=0)
            for groups in (None, 8)
        )
        assert np.array_equal(found.confidence_intervals, expected.confidence_intervals)

    def test_a_value_reaches_the_rows_of_its_windows(self):
        random = np.random.default_rng(1)
        differences, donors = random.normal(size=(1, 2, 5)), np.array([[1, 0, 2, 4, 3], range(5)])
        due = 2 * (differences[0] - differences[0].mean(axis=0))
        expected = np.zeros(5)
        for repeat in range(2):
            for row, donor in enumerate(donors[repeat]):
                expected[donor] += due[repeat, row : row + 3].sum() / 2
        found = donated(differences, [donors], window=3)
        assert np.allclose(found[0], expected - expected.mean())

    @pytest.mark.filterwarnings("ignore:For intervals, these 300 rows are 10 groups")
    def test_coverage_of_overlapping_windows(self):
        covered = []
        for seed in range(100):
            random = np.random.default_rng(seed)
            rows = np.lib.stride_tricks.sliding_window_view(random.normal(size=409), 10).sum(axis=1)
            rows, y = rows[:, None] / np.sqrt(10), random.normal(size=400)
            y = 0.5 * rows[:, 0] + y
            model = LinearRegression().fit(rows[:100], y[:100])
            of_seed = []
            for groups in (None, 30):
                call = {"scoring": "neg_mean_squared_error", "sample_groups": groups}
                found = permutation_importance(model, rows[100:], y[100:], random_state=0, **call)
                ((low, high),) = found.confidence_intervals
                of_seed.append(low <= 2 * 0.5 * model.coef_[0] <= high)
            covered.append(of_seed)
        alone, in_groups = np.mean(covered, axis=0)
        assert alone < 0.85
        assert in_groups > 0.87

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            ({"sample_groups": 0}, "must be a label for each row"),
            ({"sample_groups": True}, "must be a label for each row"),
            ({"sample_groups": [1, 2]}, "inconsistent numbers"),
            ({"sample_groups": 300}, "puts all 300 rows into one group"),
            ({"sample_groups": 30, "max_samples": 0.5}, "sample_groups is for intervals"),
        ],
    )
    def test_errors(self, call, message):
        with pytest.raises(ValueError, match=message):
            permutation_importance(LinearRegression().fit(X, Y), X, Y, **{"scoring": MAE} | call)


def test_a_constant_column_has_importance_zero_and_no_doubt():
    found = permutation_importance(LinearRegression().fit(X, Y), X, Y, scoring=MAE, random_state=0)
    assert found.importances_mean[3] == 0
    assert found.pvalues[3] == 1
    assert np.array_equal(found.confidence_intervals[3], [0, 0])


def test_weights_do_not_make_more_of_a_row():
    random = np.random.default_rng(1)
    differences = random.normal(size=(2, 50))
    once = mean_over_rows(differences, None)
    scaled = mean_over_rows(differences, np.full(50, 7.0))
    assert np.allclose(once["pvalues"], scaled["pvalues"])
    left_out = mean_over_rows(differences, np.repeat([1.0, 0.0], 25))
    assert np.allclose(left_out["pvalues"], mean_over_rows(differences[:, :25], None)["pvalues"])


class TestSize:
    """On data where nothing matters at most as many p-values are small as should be."""

    def test_permutation(self):
        small = 0
        for seed in range(200):
            random = np.random.default_rng(seed)
            rows, y = random.normal(size=(160, 3)), random.normal(size=160)
            model = LinearRegression().fit(rows[:80], y[:80])
            found = permutation_importance(
                model, rows[80:], y[80:], scoring="neg_mean_squared_error", random_state=seed
            )
            small += found.pvalues[0] < 0.05
        assert small <= stats.binom(200, 0.05).ppf(0.975)

    def test_lofo(self):
        small = 0
        for seed in range(40):
            random = np.random.default_rng(seed)
            rows, y = random.normal(size=(60, 2)), random.normal(size=60)
            found = lofo_importance(
                LinearRegression(), rows, y, cv=ShuffleSplit(5, random_state=seed), scoring=MAE
            )
            small += found.pvalues[0] < 0.05
        assert small <= stats.binom(40, 0.05).ppf(0.975)


def test_power_and_order():
    found = permutation_importance(LinearRegression().fit(X, Y), X, Y, scoring=MAE, random_state=0)
    assert found.pvalues[0] < 1e-6
    assert found.pvalues[0] < found.pvalues[1] < 0.05 < found.pvalues[2]


def test_lofo_is_the_corrected_t_test():
    differences = np.array([[0.2, 0.4, 0.3], [0.1, -0.1, 0.0]])
    found = mean_over_folds(differences, np.array([80, 80, 80]), np.array([40, 40, 40]))
    error = np.sqrt((1 / 3 + 40 / 80) * 0.01)
    assert np.allclose(found["pvalues"], [stats.t.sf(0.3 / error, 2), 0.5])
    assert np.allclose(found["confidence_intervals"].mean(axis=1), [0.3, 0])
    assert mean_over_folds(differences[:, :2], np.array([80, 80]), np.array([40, 40])) == {}


def test_adjusted_for_many_units():
    pvalues = np.array([0.01, 0.04, 0.03, 0.9])
    assert np.allclose(adjusted(pvalues, "holm"), [0.04, 0.09, 0.09, 0.9])
    assert np.allclose(adjusted(pvalues, "bh"), [0.04, 0.16 / 3, 0.16 / 3, 0.9])


def test_tables_show_them_adjusted():
    found = permutation_importance(LinearRegression().fit(X, Y), X, Y, scoring=MAE, random_state=0)
    frame = found.to_frame(sort=False)
    assert list(frame)[2:] == ["ci_low", "ci_high", "pvalue"]
    assert (frame["ci_low"] <= frame["importance_mean"]).all()
    assert np.array_equal(frame["pvalue"], adjusted(found.pvalues, "holm"))
    assert np.array_equal(found.to_frame(sort=False, adjust=None)["pvalue"], found.pvalues)
    with pytest.raises(ValueError, match="adjust='sidak' is unknown"):
        found.to_frame(adjust="sidak")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_of_sequences_in_parallel(n_jobs):
    class Mean(LinearRegression):
        def fit(self, sequences, y):
            return super().fit(sequences.mean(axis=1), y)

        def predict(self, sequences):
            return super().predict(sequences.mean(axis=1))

    sequences = np.stack([X, X + 1], axis=1)
    found = permutation_importance(
        Mean().fit(sequences, Y), sequences, Y, scoring=MAE, random_state=0, n_jobs=n_jobs
    )
    flat = permutation_importance(LinearRegression().fit(X, Y), X, Y, scoring=MAE, random_state=0)
    assert np.allclose(found.pvalues, flat.pvalues)
