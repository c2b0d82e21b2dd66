"""Checks of importances: right ones pass, wrong ones do not."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDRegressor
from sklearn.pipeline import make_pipeline

from skfi import (
    DeletionCurveDisplay,
    ImportanceResult,
    LSTMClassifier,
    LSTMRegressor,
    check_importances,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.importance._checks import _check_importances as _checks
from skfi.importance._checks._deletion import points_of
from skfi.importance._checks._stability import under_rows

MAE = "neg_mean_absolute_error"
random = np.random.default_rng(0)
X = random.normal(size=(200, 5))
Y = X @ [4.0, 3.0, 2.0, 1.0, 0.0]
LINEAR = LinearRegression().fit(X, Y)
SEQUENCES = random.normal(size=(300, 5, 4)).astype("float32")
LAST = SEQUENCES[:, -1] @ [2.0, 1.0, 0.5, 0.0]


@pytest.fixture(scope="module")
def network():
    model = LSTMRegressor(8, epochs=20, learning_rate=0.02, random_state=0, importance=None)
    return model.fit(SEQUENCES, LAST)


def result_of(values):
    values = np.asarray(values, dtype=float)
    return ImportanceResult.from_values(
        values[:, None], feature_names=[f"x{i}" for i in range(5)], method="lofo"
    )


class TestCurves:
    def test_closed_form_of_a_linear_model(self):
        # squared loss with a set S of independent features shuffled: 2 sum of w^2
        random = np.random.default_rng(1)
        rows = random.normal(size=(20_000, 3))
        weights = np.array([3.0, 2.0, 1.0])
        model = LinearRegression().fit(rows, rows @ weights)
        result = permutation_importance(model, rows, rows @ weights, random_state=0)
        report = check_importances(
            model,
            rows,
            rows @ weights,
            result,
            scoring="neg_mean_squared_error",
            n_random=2,
            random_state=0,
        )
        lost = -report.curves["deletion"].mean(axis=0)
        assert np.allclose(lost, 2 * np.array([0, 9, 13, 14]), rtol=0.05, atol=1e-6)
        kept = -report.curves["insertion"].mean(axis=0)
        assert np.allclose(kept, 2 * np.array([0, 1, 5, 14]), rtol=0.05, atol=1e-6)
        value = report.checks["value"]
        assert np.isclose(value["comprehensiveness"], (9 + 13) / 2 / 14, atol=0.02)
        assert np.isclose(value["sufficiency"], (1 + 5) / 2 / 14, atol=0.02)

    def test_the_opposite_order_fails(self):
        right = check_importances(LINEAR, X, Y, result_of([4, 3, 2, 1, 0]), random_state=0)
        wrong = check_importances(LINEAR, X, Y, result_of([0, 1, 2, 3, 4]), random_state=0)
        both = ["comprehensiveness", "sufficiency"]
        assert right.checks.loc[both, "passed"].all()
        assert not wrong.checks.loc[both, "passed"].any()
        assert wrong.checks.loc["sufficiency", "meaning"].startswith("NOT: with the most")
        assert right.checks.loc["agreement", "value"] > 0.9
        assert wrong.checks.loc["agreement", "value"] < 0

    def test_twenty_points_of_many_units(self):
        assert np.array_equal(points_of(3), [0, 1, 2, 3])
        many = points_of(480)
        assert (len(many), many[0], many[-1]) == (21, 0, 480)

    def test_picture(self):
        report = check_importances(LINEAR, X, Y, result_of([4, 3, 2, 1, 0]), random_state=0)
        display = DeletionCurveDisplay.from_result(report).plot()
        legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert legend == ["most important first", "least important first", "in random order"]
        assert report.plot().ax_.get_xlabel() == "units shuffled, by feature"
        assert "<table" in report._repr_html_()
        plt.close("all")
        with pytest.raises(TypeError, match="must be an ImportanceReport; got ImportanceResult"):
            DeletionCurveDisplay.from_result(result_of([0] * 5))


class TestOfNetworks:
    @pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
    def test_gradients_pass(self, network, by):
        result = gradient_importance(network, SEQUENCES, method="integrated_gradients", by=by)
        report = check_importances(
            network, SEQUENCES, LAST, result, scoring=MAE, n_random=3, random_state=0
        )
        assert list(report.checks.index) == [
            "comprehensiveness",
            "sufficiency",
            "stability under rows",
            "stability under seeds",
            "cumulative prediction difference",
            "randomisation",
            "agreement",
        ]
        failed = report.checks[~report.checks["passed"]]
        assert not len(failed), failed

    def test_attributions_that_do_not_follow_the_network(self, network):
        result = gradient_importance(network, SEQUENCES, method="integrated_gradients")
        wrong = ImportanceResult(**result)
        wrong.attributions = 1 / (1e-3 + np.abs(result.attributions))
        wrong.importances = -result.importances
        wrong.importances_mean = -result.importances_mean
        call = {"scoring": MAE, "n_refits": 0, "random_state": 0}
        report = check_importances(network, SEQUENCES, LAST, wrong, **call)
        assert not report.checks.loc[
            ["comprehensiveness", "cumulative prediction difference", "agreement"], "passed"
        ].any()

    def test_same_seed_same_report(self, network):
        result = gradient_importance(network, SEQUENCES)
        before = network.model_.get_weights()
        one, two = (
            check_importances(
                network, SEQUENCES, LAST, result, n_random=2, n_refits=1, random_state=1
            )
            for _ in range(2)
        )
        assert one.checks.equals(two.checks)
        for weights, after in zip(before, network.model_.get_weights(), strict=True):
            assert np.array_equal(weights, after)  # nothing was done to the network

    def test_other_methods(self, network):
        permuted = permutation_importance(network, SEQUENCES, LAST, scoring=MAE, random_state=0)
        found = check_importances(network, SEQUENCES, LAST, permuted, scoring=MAE, random_state=0)
        faithful = ["comprehensiveness", "sufficiency"]
        stable = ["stability under rows", "stability under seeds"]
        assert list(found.checks.index) == faithful + stable
        left_out = lofo_importance(network, SEQUENCES, LAST, cv=3, random_state=0)
        found = check_importances(network, SEQUENCES, LAST, left_out, random_state=0)
        assert list(found.checks.index) == [*faithful, "stability under folds", "agreement"]

    def test_a_classifier(self):
        labels = np.where(LAST > 0, "high", "low")
        model = LSTMClassifier(8, epochs=15, learning_rate=0.02, random_state=0, importance=None)
        model.fit(SEQUENCES, labels)
        result = gradient_importance(model, SEQUENCES)
        report = check_importances(model, SEQUENCES, labels, result, n_refits=0, random_state=0)
        assert report.checks.loc["comprehensiveness", "passed"]
        assert "stability under seeds" not in report.checks.index

    def test_rescaled_attributions(self, network):
        X, y = SEQUENCES[:80], LAST[:80]
        result = gradient_importance(network, X, temporal_rescaling=True, n_steps=10)
        params = {"training": (SEQUENCES, LAST), "gradient_params": {"n_steps": 10}}
        report = check_importances(
            network, X, y, result, scoring=MAE, n_random=3, n_refits=1, random_state=0, **params
        )
        # without signs they are ruled by the time steps, as in any network with a recurrent layer
        assert report.checks.drop("randomisation")["passed"].all(), report.checks
        assert report.checks.loc["randomisation", "value"] > 0


class TestUnderSeeds:
    """Clones are trained on the training data and explained as the result was."""

    def test_is_the_mean_rank_correlation_of_clones(self, network):
        result = gradient_importance(network, SEQUENCES[200:])
        training = SEQUENCES[:200], LAST[:200]
        found = check_importances(
            network, SEQUENCES[200:], LAST[200:], result, training=training, random_state=3
        ).checks.loc["stability under seeds"]
        assert found["value"] > 0.8
        assert "3 models trained from other seeds have like importances" in found["meaning"]
        # networks that learn the opposite of it
        other = SEQUENCES[:200, :, ::-1].copy(), LAST[:200]
        found = check_importances(
            network, SEQUENCES[200:], LAST[200:], result, training=other, random_state=3
        ).checks.loc["stability under seeds"]
        assert found["value"] < 0
        assert found["meaning"].startswith("NOT: 3 models")

    def test_not_of_what_cannot_be_trained_again(self, network):
        result = gradient_importance(network.model_, SEQUENCES)
        report = check_importances(network.model_, SEQUENCES, LAST, result, random_state=0)
        assert "stability under seeds" not in report.checks.index
        rotate = PCA(random_state=0).fit(X)
        of_rotated = LinearRegression().fit(rotate.transform(X), Y)
        frozen = make_pipeline(rotate, FrozenEstimator(of_rotated))
        no_notice = LogisticRegression(random_state=0).fit(X, Y > 0)
        for model, y in ((LINEAR, Y), (frozen, Y), (no_notice, Y > 0)):
            result = permutation_importance(model, X, y, random_state=0)
            report = check_importances(model, X, y, result, random_state=0)
            assert "stability under seeds" not in report.checks.index

    def test_explained_as_the_result_was(self):
        random = np.random.default_rng(0)
        rows = random.normal(size=(300, 5))
        rows[:, 1:3] = rows[:, :1] + 0.1 * rows[:, 1:3]
        y = rows[:, 0] + rows[:, 3] + 0.1 * rows[:, 4]
        model = SGDRegressor(random_state=0).fit(rows, y)
        result = permutation_importance(model, rows, y, conditional=True, random_state=0)
        report = check_importances(model, rows, y, result, random_state=0)
        assert report.checks.loc["stability under seeds", "value"] > 0.7

    def test_draws_of_the_method_are_seeded(self, network):
        result = gradient_importance(network, SEQUENCES, method="expected_gradients", n_steps=3)
        one, two = (
            check_importances(
                network,
                SEQUENCES,
                LAST,
                result,
                n_random=2,
                n_refits=0,
                gradient_params={"n_steps": 3},
                random_state=1,
            )
            for _ in range(2)
        )
        assert one.checks.equals(two.checks)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"training": (X, Y[:-1])}, "inconsistent numbers"),
        ({"training": (X,)}, "must be a pair"),
        ({"gradient_params": {"by": "cell"}}, "holds 'by'"),
        ({"gradient_params": {"feature_names": list("abcde")}}, "holds 'feature_names'"),
    ],
)
def test_settings_are_checked_first(call, message, monkeypatch):
    monkeypatch.setattr(_checks, "curves_of", None)  # the first thing to take long
    with pytest.raises(ValueError, match=message):
        check_importances(LINEAR, X, Y, result_of([4, 3, 2, 1, 0]), **call)


def test_rows_are_drawn_in_their_groups_and_weights():
    random = np.random.default_rng(0)
    mean = np.array([[1.0], [0.5], [0.0]])
    alone = ImportanceResult.from_values(
        mean + random.normal(size=(3, 40)), feature_names=["a", "b", "c"], method="saliency"
    )
    stable = [under_rows(alone, np.random.RandomState(0)).value]
    copies = ImportanceResult(**alone)  # as if each row were thirty of the same patient
    copies.importances = np.repeat(alone.importances, 30, axis=1)
    stable.append(under_rows(copies, np.random.RandomState(0)).value)
    copies.sample_groups = np.repeat(np.arange(40), 30)
    stable.append(under_rows(copies, np.random.RandomState(0)).value)
    assert np.isclose(stable[0], stable[2])
    assert stable[2] < stable[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((LINEAR, X, Y, {"importances_mean": [1]}), TypeError, "got dict"),
        ((LINEAR, X, Y[:-1], result_of([1] * 5)), ValueError, "inconsistent numbers"),
        (
            (LINEAR, X[:, :4], Y, result_of([1] * 5)),
            ValueError,
            "5 importances .* X has 4",
        ),
        ((LINEAR, X, -Y, result_of([1] * 5)), ValueError, "has learnt nothing"),
    ],
)
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        check_importances(*arguments, random_state=0)


@pytest.mark.parametrize(
    ("groups", "names"), [({"both": ["x0", "x1"]}, None), ({"ab": ["a", "b"]}, list("abcde"))]
)
def test_names_and_groups_are_those_of_the_result(groups, names):
    call = {"feature_groups": groups, "feature_names": names, "random_state": 0}
    for result in (
        permutation_importance(LINEAR, X, Y, **call),
        lofo_importance(LINEAR, X, Y, cv=4, **call),
    ):
        report = check_importances(LINEAR, X, Y, result, random_state=0)
        assert list(report.n_shuffled) == [0, 1, 2, 3, 4]
        assert report.passed == report.checks["passed"].all()


@pytest.fixture(scope="module")
def wide():
    """A network of eight features, of which three matter, and what it was trained on."""
    rows = np.random.default_rng(3).normal(size=(300, 4, 8)).astype("float32")
    y = rows[:, -1] @ [2.0, -1.5, 1, 0, 0, 0, 0, 0]
    model = LSTMRegressor(8, epochs=25, learning_rate=0.02, random_state=0, importance=None)
    return model.fit(rows, y), rows, y


@pytest.fixture
def right(wide):
    return gradient_importance(*wide[:2])


class TestWrongOnes:
    """Importances of random numbers, of the opposite order and of an untrained network fail."""

    def report(self, wide, result):
        return check_importances(*wide, result, n_refits=1, random_state=0)

    def test_right(self, wide, right):
        report = self.report(wide, right)
        assert report.passed, report.checks

    @pytest.mark.parametrize("kind", ["random", "reversed", "untrained"])
    def test_wrong(self, wide, right, kind):
        wrong = ImportanceResult(**right)
        if kind == "random":
            order = np.random.default_rng(1).permutation(8)
            wrong.importances = right.importances[order]
            wrong.attributions = right.attributions[:, :, order]
        elif kind == "reversed":
            wrong.importances = right.importances.max() - right.importances
            wrong.attributions = np.abs(right.attributions).max() - np.abs(right.attributions)
        else:
            model = LSTMRegressor(8, epochs=1, learning_rate=1e-9, random_state=5, importance=None)
            wrong = gradient_importance(model.fit(*wide[1:]), wide[1])
        wrong.importances_mean = wrong.importances.mean(axis=1)
        report = self.report(wide, wrong)
        assert not report.passed
        which = ["comprehensiveness", "sufficiency", "randomisation", "agreement"]
        assert not report.checks.loc[[*which, "stability under seeds"], "passed"].any(), (
            report.checks
        )


def test_groups_of_gradients(network):
    call = {"feature_groups": {"ab": ["a", "b"]}, "feature_names": list("abcd")}
    result = gradient_importance(network, SEQUENCES, **call)
    assert result.input_names == list("abcd")
    assert result.feature_groups == {"ab": ["a", "b"]}
    report = check_importances(network, SEQUENCES, LAST, result, n_refits=0, random_state=0)
    assert report.checks.loc["randomisation", "value"] > 0.99
