"""scikit-learn's own tests of permutation_importance, run against ours."""

import copy

import numpy as np
import pytest
from sklearn.inspection.tests import test_permutation_importance as suite
from sklearn.inspection.tests.test_permutation_importance import *  # noqa: F403

import skfi

theirs = suite.permutation_importance


def ours_and_theirs(estimator, X, y, **kwargs):
    """Our result, after a comparison with scikit-learn's on the same seed, to the last bit."""
    seed = kwargs.pop("random_state", None)
    seed = 0 if seed is None else seed
    ours = skfi.permutation_importance(estimator, X, y, random_state=copy.deepcopy(seed), **kwargs)
    expected = theirs(estimator, X, y, random_state=copy.deepcopy(seed), **kwargs)
    several = ours if "importances" not in ours else {"one": ours}
    for name, result in several.items():
        reference = expected[name] if several is ours else expected
        for key in ("importances", "importances_mean", "importances_std"):
            assert np.array_equal(result[key], reference[key])
    if isinstance(seed, np.random.RandomState):
        seed.randint(10)  # both were given a copy: move the caller's generator on, as they do
    return ours


@pytest.fixture(autouse=True)
def _substitute(monkeypatch):
    monkeypatch.setattr(suite, "permutation_importance", ours_and_theirs)


def test_the_suite_was_found():
    tests = [name for name in globals() if name.startswith("test_permutation_importance_")]
    assert len(tests) >= 10
