"""What conditional permutation feeds: values that occur, and as much of them as there is."""

import numpy as np
import pandas as pd
import pytest
from conftest import Seen
from scipy import stats
from sklearn.linear_model import LinearRegression

from skfi import permutation_importance

MSE = "neg_mean_squared_error"


class Recording(Seen):
    """A linear model that keeps what it predicts from."""

    def __init__(self, coef):
        self.coef = coef
        self.seen = []

    def predict(self, X):
        self.seen.append(np.asarray(X, dtype=float).reshape(len(X), -1).copy())
        return self.seen[-1] @ np.asarray(self.coef, dtype=float)


def rain(latent, random):
    return np.where(latent > 0.2, np.exp(latent), 0.0)


COLUMNS = {
    "zero-inflated": rain,
    "discrete": lambda latent, random: np.round(2 * latent),
    "labels": lambda latent, random: (latent > 0).astype(float),
    "bounded": lambda latent, random: stats.norm.cdf(latent),
    "time of day": lambda latent, random: np.floor(24 * stats.norm.cdf(latent)),
    "constant": lambda latent, random: np.full(len(latent), 7.0),
}


def drawn(kind, seed, n=300):
    """A signal, a column of the given kind that depends on it (correlation 0.8), and noise."""
    random = np.random.default_rng(seed)
    signal, other, noise = random.normal(size=(3, n))
    column = COLUMNS[kind](0.8 * signal + 0.6 * other, random)
    return np.column_stack([signal, column, noise])


@pytest.mark.parametrize("form", ["array", "frame", "sequences"])
@pytest.mark.parametrize("kind", COLUMNS)
def test_every_value_that_is_fed_occurs(kind, form):
    X = drawn(kind, 0)
    model = Recording([1.0, 2.0, 0.5])
    y = X @ [1.0, 2.0, 0.5]
    forms = {"array": X, "frame": pd.DataFrame(X, columns=list("abc")), "sequences": X[:, None]}
    found = permutation_importance(
        model, forms[form], y, scoring=MSE, conditional=True, random_state=0, n_jobs=1
    )
    fed = np.concatenate([rows[:, 1] for rows in model.seen])
    assert np.isin(np.round(fed, 12), np.round(X[:, 1], 12)).all()
    assert found.conditional_by[1] == "groups"
    assert found.conditional_by[2] == "residuals"
    assert (found.importances[1] == 0).all() == (kind == "constant")


@pytest.mark.parametrize("kind", ["zero-inflated", "discrete"])
def test_size_where_the_column_tells_nothing_beyond_the_others(kind):
    small = 0
    for seed in range(25):
        X = drawn(kind, seed, n=400)
        y = X[:, 0] + np.random.default_rng(1000 + seed).normal(size=400)
        model = LinearRegression().fit(X[:200], y[:200])
        found = permutation_importance(
            model, X[200:], y[200:], scoring=MSE, conditional=True, random_state=seed
        )
        small += found.pvalues[1] < 0.05
    assert small <= stats.binom(25, 0.05).ppf(0.99)


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind != "constant"])
def test_power_where_it_does(kind):
    X = drawn(kind, 0, n=800)
    column = (X[:, 1] - X[:, 1].mean()) / X[:, 1].std()
    y = X[:, 0] + column + np.random.default_rng(1).normal(size=800)
    model = LinearRegression().fit(X[:400], y[:400])
    found = permutation_importance(
        model, X[400:], y[400:], scoring=MSE, conditional=True, random_state=0
    )
    assert found.pvalues[1] < 0.01


@pytest.mark.parametrize(("n_rows", "atol"), [(200, 0.06), (400, 0.04), (1000, 0.03)])
def test_as_much_is_exchanged_as_the_others_leave_open(n_rows, atol):
    # eight steps of five features of correlation 0.8 at each step: 2 Var(x | the others) by cell
    found = []
    for seed in range(4):
        random = np.random.default_rng(seed)
        common = random.normal(size=(n_rows, 8, 1))
        X = np.sqrt(0.8) * common + np.sqrt(0.2) * random.normal(size=(n_rows, 8, 5))
        coef = np.zeros((8, 5))
        coef[3, 1] = 1.0
        model = Recording(coef.ravel())
        y = X.reshape(n_rows, -1) @ coef.ravel()
        result = permutation_importance(
            model, X, y, scoring=MSE, conditional=True, n_repeats=2, random_state=seed
        )
        found.append(result.importances_mean[1])
    given = 1 / np.linalg.inv(0.8 + 0.2 * np.eye(5))[0, 0]
    assert np.mean(found) == pytest.approx(2 * given, abs=2 * atol)


def test_jobs_change_nothing():
    X = drawn("zero-inflated", 0)
    y = X @ [1.0, 2.0, 0.5]
    model = LinearRegression().fit(X, y)
    call = {"scoring": MSE, "conditional": True, "random_state": 0}
    expected = permutation_importance(model, X, y, **call).importances
    found = permutation_importance(model, X, y, n_jobs=2, **call).importances
    assert np.array_equal(found, expected)
