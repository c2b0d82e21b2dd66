"""How well importances find what is known: closed forms, and the figures that are published."""

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from skfi import ImportanceResult, gradient_importance
from skfi.datasets import make_rare_squares
from skfi.metrics import relevance_score

METRICS = [
    "roc_auc",
    "average_precision",
    "aup",
    "aur",
    "information",
    "entropy",
    "mass_precision",
    "mass_recall",
]
random = np.random.default_rng(0)
RELEVANCE = (random.uniform(size=(6, 5, 4)) < 0.3).astype(int)
FOUND = random.normal(size=(6, 5, 4)) + 2 * RELEVANCE


@pytest.mark.parametrize(
    ("metric", "function"),
    [("roc_auc", roc_auc_score), ("average_precision", average_precision_score)],
)
def test_ranks_are_those_of_scikit_learn(metric, function):
    expected = function(RELEVANCE.ravel(), np.abs(FOUND).ravel())
    assert relevance_score(RELEVANCE, FOUND, metric=metric, normalize=False) == expected


@pytest.mark.parametrize("metric", [metric for metric in METRICS if metric != "aup"])
def test_the_truth_itself_is_the_best(metric):
    best = relevance_score(RELEVANCE, RELEVANCE.astype(float), metric=metric)
    other = relevance_score(RELEVANCE, FOUND, metric=metric)
    assert best < other if metric == "entropy" else best >= other


@pytest.mark.parametrize("metric", METRICS)
def test_names_and_order_of_features_do_not_matter(metric):
    random = np.random.default_rng(1)
    order = random.permutation(4)
    before = relevance_score(RELEVANCE, FOUND, metric=metric)
    after = relevance_score(RELEVANCE[:, :, order], FOUND[:, :, order], metric=metric)
    assert np.isclose(before, after)


def test_each_sample_is_scaled_from_its_least_to_its_greatest_value():
    # the second sample's relevant cell stands out as much as the first one's
    relevance = [[1, 0, 0], [1, 0, 0], [1, 0, 0]]
    found = np.array([[1.0, 0.5, 0.0], [10.0, 9.0, 9.0], [1e-9, 0.0, 0.0]])
    assert relevance_score(relevance, found) == 1
    assert relevance_score(relevance[:2], found[:2] + 100) == 1
    assert relevance_score(relevance[:2], [[1, 0, 0], [5, 5, 5]]) == 0.75  # a constant is all zero


def test_areas_by_hand():
    # precision is 1/2 up to 0.2, then 1 up to 1; recall is 1 to 0.6, then 1/2
    call = {"relevance": [1, 0, 1, 0], "importances": [1.0, 0.2, 0.6, 0.0], "normalize": False}
    thresholds, precision = [0, 0.2, 0.6, 1], [0.5, 2 / 3, 1, 1]
    assert np.isclose(relevance_score(**call, metric="aup"), np.trapezoid(precision, thresholds))
    recall = [1, 1, 1, 0.5]
    assert np.isclose(relevance_score(**call, metric="aur"), np.trapezoid(recall, thresholds))


def test_bits_by_hand():
    call = {"relevance": [1, 1, 0], "importances": [0.5, 0.75, 0.0], "normalize": False}
    assert np.isclose(relevance_score(**call, metric="information"), 1 + 2, atol=1e-3)
    entropy = 1 + 0.75 * np.log2(4 / 3) + 0.25 * 2
    assert np.isclose(relevance_score(**call, metric="entropy"), entropy, atol=1e-3)


def test_mass_by_hand():
    call = {"relevance": [1, 1, 0, 0], "importances": [0.5, 0.1, 0.3, 0.0]}
    assert np.isclose(relevance_score(**call, metric="mass_precision"), 5 / 8)
    assert np.isclose(relevance_score(**call, metric="mass_recall"), 5 / 6)


class TestPublishedFigures:
    """Integrated gradients of a sum of squares from zero are the squares themselves."""

    data = make_rare_squares(100, random_state=0)

    def test_the_squares(self):
        score = {m: relevance_score(self.data.relevance, self.squares, metric=m) for m in METRICS}
        assert score["roc_auc"] == 1
        assert np.isclose(score["aup"], 1.0, atol=0.005)
        assert np.isclose(score["aur"], 0.135, atol=0.02)

    @property
    def squares(self):
        return self.data.data**2 * self.data.relevance

    def test_integrated_gradients_give_them(self):
        inputs = keras.Input((50, 50))
        mask = self.data.relevance.astype("float32")
        squares = keras.layers.Lambda(lambda x: (x * mask) ** 2)(inputs)
        outputs = keras.layers.Lambda(lambda x: keras.ops.sum(x, axis=(1, 2)))(squares)
        network = keras.Model(inputs, keras.layers.Reshape((1,))(outputs))
        found = gradient_importance(
            network, self.data.data[:5].astype("float32"), method="integrated_gradients", n_steps=4
        )
        assert np.allclose(found.attributions, self.squares[:5], atol=1e-5)
        assert relevance_score(self.data.relevance, found) == 1


class TestGlobalImportances:
    def test_negative_ones_are_none(self):
        assert relevance_score([1, 0], [0.1, -0.5]) == 1

    def test_of_a_result(self):
        result = ImportanceResult.from_values(
            np.array([[0.4], [0.1], [0.2]]), feature_names=["a", "b", "c"], method="lofo"
        )
        assert relevance_score([1, 0, 0], result) == 1
        assert relevance_score([0, 0, 1], result) == 0.5


@pytest.mark.parametrize(
    ("relevance", "importances", "call", "message"),
    [
        ([1, 0, 1], [0.1, 0.2], {}, r"shape \(3,\), which does not fit .* \(2,\)"),
        ([1, 1], [0.1, 0.2], {}, "Everything is relevant"),
        ([0, 0], [0.1, 0.2], {}, "Nothing is relevant"),
        ([0, 1], [0.1, np.nan], {}, "1 importances are NaN"),
        ([0, 1], [0.1, 3.0], {"metric": "aup", "normalize": False}, "some up to 3"),
        ([0, 1], [0.1, 3.0], {"metric": "f1"}, "'metric' parameter"),
    ],
)
def test_errors(relevance, importances, call, message):
    with pytest.raises(ValueError, match=message):
        relevance_score(relevance, importances, **call)
