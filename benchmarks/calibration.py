"""Are p-values and intervals right? Models on generated data.

    python benchmarks/calibration.py             # all tables, about half an hour
    python benchmarks/calibration.py metrics     # one; the others are kept in calibration/

First table: three columns, one with the given weight, one that is correlated (0.8) with it and has
no effect of its own, and noise. Shares of p < 0.05 where nothing is to be found must lie below the
upper end of the exact binomial interval around 0.05; intervals must hold the true value in nine of
ten runs or more. The true value of permutation importance is that of the fitted model, over 20,000
fresh rows; of conditional permutation with the column drawn anew from its distribution where the
others are given. With windows each value is a mean over ten steps of a series, so that rows overlap
with the next nine.

Then the coverage of intervals of each metric; conditional permutation of columns that are
zero-inflated, whole numbers, bounded, or the time of day; of sequences; of small LSTMs; and how its
importances compare with the true ones at few rows.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _columns import Draw, columns, sequences
from _intervals import coverage
from _truth import markdown
from numpy.lib.stride_tricks import sliding_window_view
from scipy.stats import binom
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from skfi import LSTMRegressor, lofo_importance, permutation_importance

N_SEEDS, N_ROWS, WINDOW, N_FRESH = 200, 200, 10, 20_000
N_SEEDS_OF_SEQUENCES, N_SEEDS_OF_LSTMS, N_SEEDS_OF_BIAS = 100, 20, 16
N_SEEDS_OF_METRICS = 100
CALL = {"scoring": "neg_mean_squared_error"}
HERE = Path(__file__).parent
FOLDER = HERE / "calibration"


class Flat(RegressorMixin, BaseEstimator):
    """A linear model of the cells of sequences."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Flat":
        self.model_ = LinearRegression().fit(X.reshape(len(X), -1), y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.model_.predict(X.reshape(len(X), -1))


def draw(
    random: np.random.Generator, weight: float, n: int, window: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    steps = random.normal(size=(3, n + window - 1))
    first, other, noise = sliding_window_view(steps, window, axis=1).sum(axis=2) / window**0.5
    X = np.column_stack([first, 0.8 * first + 0.6 * other, noise])
    return X, weight * first + random.normal(size=n)


def redrawn(random: np.random.Generator, X: np.ndarray, column: int) -> np.ndarray:
    """``X`` with a column of ``draw`` drawn anew where the others are given."""
    given, spread = {0: (0.8 * X[:, 1], 0.6), 1: (0.8 * X[:, 0], 0.6), 2: (0.0, 1.0)}[column]
    X = X.copy()
    X[:, column] = given + spread * random.normal(size=len(X))
    return X


def of_permutation(
    seed: int, weight: float, *, window: int = 1, n_rows: int = N_ROWS, **call: Any
) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    X, y = draw(random, weight, 2 * n_rows, window)
    model = LinearRegression().fit(X[:n_rows], y[:n_rows])
    call |= CALL | {"random_state": seed}
    found = permutation_importance(model, X[n_rows:], y[n_rows:], **call)
    fresh, y = draw(random, weight, N_FRESH, window)
    if call.get("conditional"):
        true = [worse(model, fresh, redrawn(random, fresh, column), y) for column in range(3)]
    else:
        true = permutation_importance(model, fresh, y, n_repeats=2, **call).importances_mean
    low, high = found.confidence_intervals.T
    return {"p": found.pvalues, "covered": (low <= true) & (true <= high)}


def worse(model: Any, X: np.ndarray, other: np.ndarray, y: np.ndarray) -> float:
    """By how much the mean squared error with ``other`` in place of ``X`` is larger."""
    return float(np.mean((y - model.predict(other)) ** 2 - (y - model.predict(X)) ** 2))


def of_lofo(seed: int, weight: float) -> dict[str, np.ndarray]:
    X, y = draw(np.random.default_rng(seed), weight, N_ROWS)
    found = lofo_importance(LinearRegression(), X, y, cv=KFold(5), **CALL)
    return {"p": found.pvalues}


def of_weights() -> pd.DataFrame:
    methods = {
        "permutation": of_permutation,
        "conditional permutation": partial(of_permutation, conditional=True),
        "permutation of windows": partial(of_permutation, window=WINDOW, n_rows=3 * N_ROWS),
        "the same, sample_groups=20": partial(
            of_permutation, window=WINDOW, n_rows=3 * N_ROWS, sample_groups=2 * WINDOW
        ),
        "LOFO, 5 folds": of_lofo,
    }
    rows = []
    for method, run in methods.items():
        for weight in (0.0, 0.1, 0.2, 0.4):
            found = [run(seed, weight) for seed in range(N_SEEDS)]
            small = np.mean([one["p"] < 0.05 for one in found], axis=0)
            row = {"method": method, "weight": weight}
            row |= dict(zip(("signal", "correlated", "noise"), small, strict=True))
            if "covered" in found[0]:
                row["covered"] = np.mean([one["covered"] for one in found])
            rows.append(row)
    return pd.DataFrame(rows)


def target(data: Draw, weight: float, random: np.random.Generator, noise: float) -> np.ndarray:
    """The signal (the mean of its series), the column with a weight, and noise."""
    own = weight * (data.column - data.column.mean()) / data.column.std()
    both = data.X[..., 0] + own
    if both.ndim == 2:
        both = both.sum(axis=1) / both.shape[1] ** 0.5
    return both + noise * random.normal(size=len(both))


def of_column(
    seed: int, kind: str, weight: float, *, drawn: Callable[..., Draw], model: Any, noise: float
) -> dict[str, Any]:
    """A column by conditional and by plain permutation, and the true conditional importance."""
    random = np.random.default_rng(seed)
    train, test, fresh = (drawn(kind, random, n) for n in (N_ROWS, N_ROWS, N_FRESH // 4))
    y, y_test, y_fresh = (target(one, weight, random, noise) for one in (train, test, fresh))
    fitted = model(seed).fit(train.X, y)
    others = np.delete(np.arange(test.X.shape[-1]), 1)  # one unit: they are not looked at
    call = CALL | {"random_state": seed, "feature_groups": {"others": others}}
    found = permutation_importance(fitted, test.X, y_test, conditional=True, **call)
    plain = permutation_importance(fitted, test.X, y_test, **call)
    true = np.mean([worse(fitted, fresh.X, fresh.redrawn(random), y_fresh) for _ in range(4)])
    low, high = found.confidence_intervals[1]
    return {
        "by": found.conditional_by[1],
        "p < 0.05": found.pvalues[1] < 0.05,
        "plain p < 0.05": plain.pvalues[1] < 0.05,
        "importance": found.importances_mean[1],
        "true": true,
        "covered": low <= true <= high,
    }


def of_columns(kinds: tuple[str, ...], n_seeds: int, **how: Any) -> pd.DataFrame:
    rows = []
    for kind in kinds:
        for weight in (0.0, 0.3):
            found = pd.DataFrame([of_column(seed, kind, weight, **how) for seed in range(n_seeds)])
            row = {"column": kind, "weight": weight, "by": found.pop("by").mode()[0]}
            rows.append(row | found.astype(float).mean().to_dict())
    return pd.DataFrame(rows)


def of_few_rows() -> pd.DataFrame:
    """Importances over true ones at 200, 400 and 1,000 rows, of five features of eight steps."""
    drawn = partial(sequences, n_features=5)
    kinds = {"linear": Flat, "LSTM(8)": partial(LSTMRegressor, 8, **LSTM)}
    rows = []
    for name, model in kinds.items():
        for kind in ("continuous", "zero-inflated"):
            found = []
            for seed in range(N_SEEDS_OF_BIAS if name == "linear" else N_SEEDS_OF_BIAS // 2):
                random = np.random.default_rng(seed)
                train, fresh = (drawn(kind, random, n) for n in (1000, N_FRESH // 2))
                y, y_fresh = (target(one, 1.0, random, 0.5) for one in (train, fresh))
                fitted = model().fit(train.X, y)
                true = worse(fitted, fresh.X, fresh.redrawn(random), y_fresh)
                of_seed = []
                for n in (200, 400, 1000):
                    test = drawn(kind, random, n)
                    y_test = target(test, 1.0, random, 0.5)
                    call = CALL | {"conditional": True, "random_state": seed}
                    groups = {"others": [0, 2, 3, 4]}  # one unit: they are not looked at
                    of_rows = permutation_importance(
                        fitted, test.X, y_test, feature_groups=groups, **call
                    )
                    of_seed.append(of_rows.importances_mean[1] / true)
                found.append(of_seed)
            mean, error = np.mean(found, axis=0), np.std(found, axis=0) / len(found) ** 0.5
            cells = [f"{m:.2f} ({e:.2f})" for m, e in zip(mean, error, strict=True)]
            rows.append(
                {"model": name, "feature": kind}
                | dict(zip(("200 rows", "400 rows", "1000 rows"), cells, strict=True))
            )
    return pd.DataFrame(rows)


LSTM = {"epochs": 40, "learning_rate": 0.02, "random_state": 0, "importance": None}


LINEAR = {"drawn": columns, "model": lambda seed: LinearRegression(), "noise": 1.0}
FLAT = {"drawn": sequences, "model": lambda seed: Flat(), "noise": 1.0}
RECURRENT = {
    "drawn": sequences,
    "model": lambda seed: LSTMRegressor(8, **LSTM | {"random_state": seed}),
    "noise": 0.5,
}
KINDS = ("zero-inflated", "whole numbers", "bounded", "time of day")
TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "weights": of_weights,
    "metrics": partial(coverage, N_SEEDS_OF_METRICS),
    "columns": partial(of_columns, KINDS, N_SEEDS, **LINEAR),
    "sequences": partial(of_columns, ("continuous", *KINDS[:1]), N_SEEDS_OF_SEQUENCES, **FLAT),
    "lstms": partial(of_columns, ("continuous", *KINDS[:1]), N_SEEDS_OF_LSTMS, **RECURRENT),
    "few_rows": of_few_rows,
}


def page() -> str:
    low, high = binom(N_SEEDS, 0.05).interval(0.95)
    text = PAGE.format(low=low / N_SEEDS, high=high / N_SEEDS)
    for name in TABLES:
        lines = ["Not computed yet with this version."]
        if (FOLDER / f"{name}.csv").exists():
            found = pd.read_csv(FOLDER / f"{name}.csv")
            lines = markdown(found.round(3).astype(object).fillna(""))
        text = text.replace(f"[table {name}]", "\n".join(lines))
    return text


PAGE = f"""# Calibration

`.venv-bench/bin/python benchmarks/calibration.py` writes this page.

## Permutation and LOFO

Share of {N_SEEDS} runs with p < 0.05 for a column of the given weight, for one that is correlated
with it (0.8) and has no effect of its own, and for noise; share of intervals with the true value.
Where nothing is to be found, {{low:.3f}} to {{high:.3f}} is the exact binomial interval around
0.05.

Permutation finds correlated columns too often: a fitted model that gives them opposite weights does
lean on both. Conditional permutation, whose hypothesis is that a column tells nothing beyond the
others, is of the right size. LOFO over five folds is far on the safe side: it finds large effects
only, and here the correlated column stands in for the signal.

Of windows that overlap, {3 * N_ROWS} of ten steps, intervals are too narrow if rows count as
independent; blocks of some windows' length mend that. In a Pipeline with a SlidingWindow blocks of
two windows are the default.

[table weights]

## Intervals of each metric

Shares of intervals of 95% that hold the true importance of a strong, a weak and a useless feature
(weights 1, 0.3 and 0 on the last of four steps): that of the fitted model over 40,000 fresh rows.
{N_SEEDS_OF_METRICS} runs on rows of their own, so that 0.91 to 0.99 is what chance gives. Median
absolute error and the functions are by leaving out groups of rows, all others by each row's
influence. All shares lie between 0.92 and 1, those of small LSTMs too: 0.92 twice, of labels at 200
rows, where one wrong prediction more or less is a step of half a percent.

[table metrics]

## Conditional permutation of other columns

A column that depends on the signal, of the given weight (in its standard deviations) beyond it;
with weight 0 a p-value below 0.05 is a false one. Beside it those of plain permutation, the mean of
the importances by conditional permutation and of the true ones, and the share of intervals that
hold the true one. {N_ROWS} rows to train a linear model on and {N_ROWS} others, {N_SEEDS} runs.
True is the mean over {N_FRESH // 4:,} fresh rows with the column drawn anew where the others are
given.

False ones are 3 of 100 at the most, and intervals hold the true importance in 97 of 100 or
more.

[table columns]

## Sequences

The same for the second of three features, with a correlation of 0.8 at each of eight steps and of
0.5 from step to step. A linear model of all cells, {N_SEEDS_OF_SEQUENCES} runs; up to 0.10 false
ones are what chance gives:

[table sequences]

LSTMs of eight units, {N_SEEDS_OF_LSTMS} runs, so that shares are rough:

[table lstms]

## Few rows

Importances by conditional permutation over the true ones, the mean of {N_SEEDS_OF_BIAS} models (of
{N_SEEDS_OF_BIAS // 2} LSTMs) and in brackets its standard error: the second of five features of
weight 1 as above, models trained on 1,000 rows. Of zero-inflated series importances are the lower
the more rows there are: at 1,000 a sixth too low.

[table few_rows]
"""


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    with threadpool_limits(1):  # many small matrices
        for name in names or TABLES:
            TABLES[name]().to_csv(FOLDER / f"{name}.csv", index=False)
            (HERE / "CALIBRATION.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
