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


def result(method, low, mean, high, names=("a", "b", "c")):
    mean = np.array(mean, dtype=float)
    scored = method != "gradient"
    more = {"confidence_intervals": np.column_stack([low, high])} if scored else {}
    return ImportanceResult.from_summary(
        mean,
        0 * mean,
        feature_names=names,
        method=method,
        by="feature",
        baseline_score=1.0 if scored else None,
        **more,
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
        assert finding.startswith("b: this network leans on it")
        assert "c tells nearly the same" in finding

    def test_harmful(self):
        lofo = result("lofo", [0.9, 0.4, -0.5], [1, 0.5, -0.4], [1.1, 0.6, -0.3])
        findings = self.of(permutation=self.sure, lofo=lofo)
        assert any(f.startswith("c: the score is better when it is left out") for f in findings)

    def test_saturated(self):
        gradient = result("gradient", None, [0.01, 1, 1], None)
        (finding,) = self.of(gradient=gradient, permutation=self.sure)
        assert finding.startswith("a: the score rests on it more than gradients tell")

    def test_moves_the_output_only(self):
        gradient = result("gradient", None, [1, 0.5, 1], None)
        permuted = result("permutation", [0.9, 0.4, -0.1], [1, 0.5, 0], [1.1, 0.6, 0.1])
        (finding,) = self.of(gradient=gradient, permutation=permuted)
        assert finding.startswith("c: it moves the output, but the score does not rest on it")


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
    # of r2 there are no intervals
    without = compare_importances(model, X, Y, methods=["gradient", "permutation"], random_state=0)
    assert without.to_frame()["permutation", "ci_low"].isna().all()


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
        for groups in (None, 10)
    )
    gradients = in_groups.results["gradient"]
    sums = gradients.importances.reshape(3, 12, 10).mean(axis=2)
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
