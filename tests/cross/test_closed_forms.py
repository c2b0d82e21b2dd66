"""Importances that can be computed by hand, and what must not change them."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from skfi import LSTMRegressor, gradient_importance, lofo_importance, permutation_importance

random = np.random.default_rng(0)
MIX = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0.3, -0.5, 0.9]])
X = random.normal(size=(20_000, 3)) @ MIX.T
WEIGHTS = np.array([1.0, -2.0, 1.5])
Y = X @ WEIGHTS + random.normal(size=len(X))
COVARIANCE = MIX @ MIX.T
SEQUENCES = random.normal(size=(120, 4, 3)).astype("float32")
TARGET = SEQUENCES[:, -1, 0] + 0.5 * SEQUENCES[:, -2, 1]


def conditional_covariance(left_out):
    """Of the features ``left_out`` given the others."""
    rest = np.setdiff1d(np.arange(3), left_out)
    across = COVARIANCE[np.ix_(left_out, rest)]
    explained = across @ np.linalg.solve(COVARIANCE[np.ix_(rest, rest)], across.T)
    return COVARIANCE[np.ix_(left_out, left_out)] - explained


@pytest.mark.parametrize("groups", [None, {"x0": ["x0", "x2"]}])
def test_lofo_of_a_linear_model(groups):
    # squared loss: w' Cov(x_c | the others) w
    found = lofo_importance(
        LinearRegression(),
        X,
        Y,
        cv=KFold(3),
        scoring="neg_mean_squared_error",
        feature_groups=groups,
    )
    members = [[0], [1], [2]] if groups is None else [[0, 2], [1]]
    expected = [WEIGHTS[c] @ conditional_covariance(c) @ WEIGHTS[c] for c in members]
    assert np.allclose(found.importances_mean, expected, rtol=0.05)


@pytest.fixture(scope="module")
def fits():
    """Of the same sequences: as they are, with the features in another order, with y scaled."""
    model = LSTMRegressor(4, epochs=5, learning_rate=0.02, random_state=0, importance=None)
    return model.fit(SEQUENCES, TARGET), LSTMRegressor(
        4, epochs=5, learning_rate=0.02, random_state=0, importance=None
    ).fit(SEQUENCES, 1000 * TARGET - 7)


@pytest.mark.parametrize("importance", [permutation_importance, gradient_importance])
def test_scale_of_y(fits, importance):
    call = {} if importance is gradient_importance else {"scoring": "neg_mean_absolute_error"}
    plain = importance(fits[0], SEQUENCES, TARGET, random_state=0, **call)
    scaled = importance(fits[1], SEQUENCES, 1000 * TARGET - 7, random_state=0, **call)
    assert np.allclose(scaled.importances_mean, 1000 * plain.importances_mean, rtol=1e-3)
    if "pvalues" in plain:
        assert np.allclose(scaled.pvalues, plain.pvalues, rtol=0.02)


def test_integer_weights_are_repeated_rows(fits):
    random = np.random.default_rng(1)
    weights = random.integers(0, 4, size=len(SEQUENCES))
    rows = np.repeat(np.arange(len(SEQUENCES)), weights)
    weighted = gradient_importance(fits[0], SEQUENCES, sample_weight=weights)
    repeated = gradient_importance(fits[0], SEQUENCES[rows])
    assert np.allclose(weighted.importances_mean, repeated.importances_mean)
    assert np.allclose(weighted.importances_std, repeated.importances_std)


def test_names_change_nothing_but_names(fits):
    call = {"scoring": "neg_mean_absolute_error", "random_state": 0}
    plain = permutation_importance(fits[0], SEQUENCES, TARGET, **call)
    named = permutation_importance(
        fits[0], SEQUENCES, TARGET, feature_names=["c", "a", "b"], **call
    )
    assert np.array_equal(plain.importances, named.importances)
    assert list(named.feature_names) == ["c", "a", "b"]


def test_a_constant_channel_is_exactly_zero(fits):
    constant = SEQUENCES.copy()
    constant[:, :, 2] = 0.3
    found = permutation_importance(
        fits[0], constant, TARGET, scoring="neg_mean_absolute_error", random_state=0
    )
    assert np.array_equal(found.importances[2], np.zeros(5))
    assert found.pvalues[2] == 1
