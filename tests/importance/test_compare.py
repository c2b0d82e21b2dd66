"""Several methods side by side: aligned, ranked, and with a word on where they disagree."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats
from scipy.stats import kendalltau
from sklearn.linear_model import LinearRegression

from skfi import (
    ComparisonDisplay,
    ImportanceComparison,
    ImportanceResult,
    LSTMRegressor,
    compare_importances,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

MAE = "neg_mean_absolute_error"
random = np.random.default_rng(0)
X = random.normal(size=(120, 4, 3)).astype("float32")
Y = X[:, -1, 0] + 0.5 * X[:, -1, 1]
SETTINGS = {"cv": 3, "scoring": MAE, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    network = LSTMRegressor(4, epochs=15, learning_rate=0.02, random_state=0, importance=None)
    return network.fit(X, Y)


@pytest.fixture(scope="module")
def comparison(model):
    return compare_importances(model, X, Y, **SETTINGS)


def test_each_is_what_its_function_gives(model, comparison):
    expected = {
        "gradient": gradient_importance(model, X, random_state=0),
        "permutation": permutation_importance(model, X, Y, scoring=MAE, random_state=0),
        "lofo": lofo_importance(model, X, Y, **SETTINGS),
    }
    assert list(comparison.results) == list(expected)
    for method, result in expected.items():
        assert np.array_equal(comparison.results[method].importances, result.importances)


def test_table(comparison):
    frame = comparison.to_frame()
    assert frame.index[0] == "x0"
    assert frame.index[-1] == "x2"
    for method in comparison.results:
        of_method = frame[method]
        assert sorted(of_method["rank"]) == [1, 2, 3]
        assert (
            of_method["mean"].is_monotonic_decreasing == of_method["rank"].is_monotonic_increasing
        )
        assert (of_method["ci_low"] <= of_method["mean"]).all()
        assert (of_method["mean"] <= of_method["ci_high"]).all()


def test_agreement(comparison):
    tau = kendalltau(
        comparison.results["gradient"].importances_mean,
        comparison.results["lofo"].importances_mean,
    ).statistic
    assert comparison.agreement.loc["gradient", "lofo"] == tau
    assert comparison.agreement.loc["lofo", "gradient"] == tau
    assert (np.diag(comparison.agreement) == 1).all()


def test_picture(comparison):
    display = ComparisonDisplay.from_result(comparison).plot()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels[::-1] == list(comparison.to_frame().index)
    lengths = [bar.get_width() for bar in display.ax_.patches]
    assert len(lengths) == 9
    assert np.isclose(np.sum(np.clip(lengths, 0, None)), 3)  # shares of each of three methods
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["gradient", "permutation", "lofo"]
    assert comparison.plot(max_features=2).ax_.get_ylim()[1] < 2
    plt.close("all")


def result(method, low, mean, high, names=("a", "b", "c"), n_folds=5, **more):
    """A result with intervals, of gradients by its values."""
    mean = np.array(mean, dtype=float)
    of_method = {"feature_names": names, "by": "feature", "method": method}
    if method not in ("permutation", "lofo"):
        values = np.linspace(low, high, 400).T if low is not None else np.tile(mean, (400, 1)).T
        return ImportanceResult.from_values(values, **of_method, **more)
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    error = (high - low) / 4
    with np.errstate(divide="ignore", invalid="ignore"):
        more["pvalues"] = stats.norm.sf(mean / error)
    more["confidence_intervals"] = np.column_stack([low, high])
    importances = np.tile(mean, (n_folds, 1)).T
    return ImportanceResult.from_summary(
        mean, 0 * mean, baseline_score=1.0, importances=importances, **of_method, **more
    )


class TestFindings:
    sure = result("permutation", [0.9, 0.4, 0.3], [1, 0.5, 0.4], [1.1, 0.6, 0.5])

    def of(self, correlated=(), **results):
        return ImportanceComparison.from_results(results, correlated).findings

    def test_none_where_they_agree(self):
        lofo = result("lofo", [0.9, 0.4, 0.3], [1, 0.5, 0.4], [1.1, 0.6, 0.5])
        assert self.of(permutation=self.sure, lofo=lofo) == []

    def test_correlated(self):
        lofo = result("lofo", [0.9, -0.1, 0.3], [1, 0, 0.4], [1.1, 0.1, 0.5])
        (finding,) = self.of([("b", "c", 0.9)], permutation=self.sure, lofo=lofo)
        assert finding.startswith("b: this network leans on it, but one trained without it does")
        assert "c tells nearly the same" in finding
        (finding,) = self.of(permutation=self.sure, lofo=lofo)
        assert "the others tell nearly the same" in finding

    def test_an_interval_that_holds_zero_is_no_evidence_for_it(self):
        # the first of LOFO in each of three folds, by which little is sure
        lofo = result("lofo", [-0.2, 0.4, 0.3], [1, 0.5, 0.4], [2.2, 0.6, 0.5], n_folds=3)
        assert self.of(permutation=self.sure, lofo=lofo) == []

    def test_folds_are_too_few_to_tell(self):
        lofo = result("lofo", [-0.5, -0.6, 0.3], [0.1, 0, 0.4], [0.8, 0.6, 0.5], n_folds=3)
        (finding,) = self.of(permutation=self.sure, lofo=lofo)
        assert finding.startswith("a, b: this network leans on it; whether one trained without")
        assert "3 folds are too few to tell. Take more, by cv." in finding
        lofo = lofo_importance(LinearRegression(), X[:, -1], Y, cv=2, scoring=MAE)
        names = {"feature_names": lofo.feature_names}
        permuted = permutation_importance(
            LinearRegression().fit(X[:, -1], Y), X[:, -1], Y, scoring=MAE, **names
        )
        (finding,) = self.of(permutation=permuted, lofo=lofo)
        assert "2 folds are too few" in finding

    def test_harmful(self):
        lofo = result("lofo", [0.9, 0.4, -0.5], [1, 0.5, -0.4], [1.1, 0.6, -0.3])
        findings = self.of(permutation=self.sure, lofo=lofo)
        assert any(f.startswith("c: the score is better when it is left out") for f in findings)

    def test_many_features_of_which_one_is_below_zero_by_chance(self):
        names = [f"x{i}" for i in range(40)]
        low, high = np.full(40, -0.1), np.full(40, 0.1)
        low[7], high[7] = -0.21, -0.01
        permuted = result("permutation", low, (low + high) / 2, high, names)
        lofo = result("lofo", low * 0 - 0.1, low * 0, low * 0 + 0.1, names)
        assert self.of(permutation=permuted, lofo=lofo) == []

    def test_nothing_is_harmed_by_what_changes_nothing(self):
        nothing = result("permutation", [0, 0, 0], [0, 0, 0], [0, 0, 0])
        assert (
            self.of(permutation=nothing, gradient=result("saliency", None, [1, 0, 0], None)) == []
        )

    @pytest.mark.parametrize(
        ("method", "advice"),
        [
            ("saliency", "try 'integrated_gradients'"),
            ("smoothgrad_rescaled", "try 'integrated_gradients'"),
            ("integrated_gradients", "'expected_gradients'"),
        ],
    )
    def test_saturated(self, method, advice):
        gradient = result(method, [0, 0.9, 0.9], [0.01, 1, 1], [0.02, 1.1, 1.1])
        (finding,) = self.of(gradient=gradient, permutation=self.sure)
        assert finding.startswith("a: the score rests on it more than gradients tell")
        assert advice in finding

    def test_moves_the_output_only(self):
        gradient = result("saliency", [0.9, 0.4, 0.9], [1, 0.5, 1], [1.1, 0.6, 1.1])
        permuted = result("permutation", [0.9, 0.4, -0.1], [1, 0.5, 0], [1.1, 0.6, 0.1])
        (finding,) = self.of(gradient=gradient, permutation=permuted)
        assert finding.startswith("c: it moves the output, but the score is not seen to rest on it")
        rough = result("permutation", [0.9, 0.4, -1], [1, 0.5, 0], [1.1, 0.6, 1])
        assert self.of(gradient=gradient, permutation=rough) == []

    def test_of_words_totals_are_compared(self):
        names, counts = ["of", "great", "dull"], np.array([900, 30, 30])
        per_occurrence = np.array([0.01, 0.5, 0.4])
        gradient, permuted = (
            ImportanceResult.from_summary(
                mean, 0 * mean, feature_names=names, method=method, by="word", counts=counts, **more
            )
            for method, mean, more in [
                ("saliency", per_occurrence, {}),
                ("permutation", per_occurrence * counts / 100, {"baseline_score": 1.0}),
            ]
        )
        found = ImportanceComparison.from_results({"gradient": gradient, "permutation": permuted})
        assert found.findings == []
        assert found.agreement.loc["gradient", "permutation"] == 1
        frame = found.to_frame()
        assert list(frame.index) == ["great", "dull", "of"]
        assert np.allclose(frame["gradient", "mean"], [15, 12, 9])
        assert np.array_equal(gradient.importances_mean, per_occurrence)


def test_of_two_methods_and_any_estimator():
    flat = X[:, -1]
    found = compare_importances(
        LinearRegression().fit(flat, Y), flat, Y, methods=["lofo", "permutation"], **SETTINGS
    )
    assert list(found.results) == ["lofo", "permutation"]
    assert found.agreement.loc["lofo", "permutation"] == 1
    assert "<table" in found._repr_html_()


def test_parameters_of_one_method(model):
    found = compare_importances(
        model,
        X,
        Y,
        methods=["gradient", "permutation"],
        gradient_params={"method": "integrated_gradients"},
        permutation_params={"n_repeats": 2},
        **SETTINGS,
    )
    assert found.results["gradient"].method == "integrated_gradients"
    assert found.results["permutation"].importances.shape == (3, 2)
    of_r2 = compare_importances(model, X, Y, methods=["gradient", "permutation"], random_state=0)
    assert of_r2.to_frame()["permutation", "ci_low"].notna().all()


def test_rows_that_depend_do_so_for_gradients_too(model):
    alone, in_groups = (
        compare_importances(
            model,
            X,
            Y,
            methods=["gradient", "permutation"],
            permutation_params={"sample_groups": groups},
            **SETTINGS,
        )
        for groups in (None, 6)
    )
    gradients = in_groups.results["gradient"]
    sums = gradients.importances.reshape(3, 20, 6).mean(axis=2)
    low, high = stats.ttest_1samp(sums, 0, axis=1).confidence_interval(0.95)
    found = in_groups.to_frame().loc[list(gradients.feature_names), "gradient"]
    assert np.allclose(found["ci_low"], low)
    assert np.allclose(found["ci_high"], high)
    # of other rows the groups are not known
    results = dict(in_groups.results)
    results["gradient"] = gradient_importance(model, X[:60])
    plain = dict(alone.results) | {"gradient": results["gradient"]}
    frames = [ImportanceComparison.from_results(one).to_frame() for one in (results, plain)]
    assert np.allclose(frames[0]["gradient"], frames[1]["gradient"])


@pytest.mark.parametrize("methods", ["lofo", ["lofo"], ["lofo", "shap"], ["lofo", "lofo"]])
def test_unknown_methods(model, methods):
    with pytest.raises(ValueError, match="expected at least two of 'gradient'"):
        compare_importances(model, X, Y, methods=methods)


def test_different_features():
    with pytest.raises(ValueError, match="of different features"):
        ImportanceComparison.from_results(
            {"permutation": TestFindings.sure, "lofo": result("lofo", [0], [0], [0], names=["a"])}
        )
    with pytest.raises(TypeError, match="must be an ImportanceComparison; got ImportanceResult"):
        ComparisonDisplay.from_result(TestFindings.sure)
