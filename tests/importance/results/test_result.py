"""The result that all methods share."""

import pickle

import numpy as np
import pytest

from skfi import ImportanceResult

VALUES = np.array([[0.1, 0.3], [0.5, 0.7], [-0.2, -0.4]])


@pytest.fixture
def result():
    return ImportanceResult.from_values(
        VALUES,
        feature_names=["tmin", "rain", "<noise>"],
        method="permutation",
        baseline_score=0.8,
        scoring="r2",
    )


def test_mean_and_spread(result):
    assert np.allclose(result.importances_mean, [0.2, 0.6, -0.3])
    assert np.allclose(result.importances_std, 0.1)
    weighted = ImportanceResult.from_values(
        VALUES, feature_names=list("abc"), method="saliency", weights=np.array([3, 1])
    )
    repeated = np.repeat(VALUES, [3, 1], axis=1)
    assert np.allclose(weighted.importances_mean, repeated.mean(axis=1))
    assert np.allclose(weighted.importances_std, repeated.std(axis=1))


def test_weights_are_kept(result):
    call = {"feature_names": list("abc"), "method": "saliency", "by": "feature"}
    weighted = ImportanceResult.from_values(VALUES, weights=[3, 1], **call)
    assert isinstance(weighted.sample_weight, np.ndarray)
    assert weighted.sample_weight.tolist() == [3, 1]
    assert result.sample_weight is None
    assert ImportanceResult.from_summary(np.ones(3), np.ones(3), **call).sample_weight is None


def test_frame_is_sorted_and_signed(result):
    frame = result.to_frame()
    assert frame.index.tolist() == ["rain", "tmin", "<noise>"]
    assert frame.index.name == "feature"
    assert frame["importance_mean"].tolist() == pytest.approx([0.6, 0.2, -0.3])
    assert result.to_frame(sort=False).index.tolist() == ["tmin", "rain", "<noise>"]


def test_html_is_escaped(result):
    html = result._repr_html_()
    assert "&lt;noise&gt;" in html
    assert "<noise>" not in html
    assert "baseline r2 0.8" in html
    result.scoring = "<lambda>"  # as a metric without a name is called
    assert "baseline &lt;lambda&gt; 0.8" in result._repr_html_()


def test_is_a_bunch_that_pickles(result):
    copy = pickle.loads(pickle.dumps(result))
    assert np.array_equal(copy["importances"], copy.importances)
    assert copy.to_frame().equals(result.to_frame())
