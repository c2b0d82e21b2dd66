"""How sure an importance is: intervals and p-values of means over rows and over folds."""

from typing import Any

import numpy as np
from scipy import stats

from skfi.importance._inference._row_groups import group_codes

LEVEL = 0.95  # of the intervals


def mean_over_rows(
    differences: np.ndarray,
    weights: np.ndarray | None,
    groups: np.ndarray | None = None,
    donated: np.ndarray | None = None,
) -> dict[str, Any]:
    """A t-test of the mean of each unit's differences over rows (n_units, n_rows).

    A weighted row counts as one observation, whatever its weight. Rows of one group (n_rows,) may
    be dependent: the error is then cluster-robust. ``donated`` (n_units, n_rows) is the influence
    of each row as a donor.
    """
    n_rows = differences.shape[1]
    weights = np.ones(n_rows) if weights is None else np.asarray(weights, dtype=np.float64)
    mean = np.average(differences, axis=1, weights=weights)
    deviations = weights * (differences - mean[:, None]) + (0 if donated is None else donated)
    codes = group_codes(groups, n_rows)
    takes_part = (weights > 0) | (donated is not None)
    n_groups = len(np.unique(codes[takes_part]))
    if n_groups < 2:
        return {}
    of_groups = np.array([np.bincount(codes, of_unit) for of_unit in deviations])
    error = np.sqrt((of_groups**2).sum(axis=1) * n_groups / (n_groups - 1)) / weights.sum()
    return t_test(mean, error, n_groups - 1)


def mean_over_folds(
    differences: np.ndarray, n_train: np.ndarray, n_test: np.ndarray
) -> dict[str, Any]:
    """The corrected t-test of Nadeau and Bengio of the mean over folds (n_units, n_folds).

    Folds share training rows, so that their differences are correlated: the variance of the mean
    is taken to be (1 / n_folds + n_test / n_train) times that of a difference. Two folds say
    nothing of it: their interval would be 13 standard errors wide to each side. NaN, of a fold
    that is not known, does not count.
    """
    if differences.shape[1] < 3:
        return {}
    n_folds = (~np.isnan(differences)).sum(axis=1)
    mean, std = mean_and_std(differences, ddof=1)
    with np.errstate(divide="ignore"):
        factor = 1 / n_folds + np.mean(n_test) / np.mean(n_train)
    result = t_test(mean, np.sqrt(factor) * std, np.maximum(n_folds - 1, 1))
    for values in result.values():
        values[n_folds < 3] = np.nan
    return result


def mean_and_std(values: np.ndarray, ddof: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each unit (n_units, n_values), in which NaN does not count."""
    unknown = np.isnan(values)
    if not unknown.any():
        return values.mean(axis=1), values.std(axis=1, ddof=ddof)
    known = np.ma.array(values, mask=unknown)
    mean, std = known.mean(axis=1), known.std(axis=1, ddof=ddof)
    return np.ma.filled(mean, np.nan), np.ma.filled(std, np.nan)


def t_test(mean: np.ndarray, error: np.ndarray, df: int | np.ndarray) -> dict[str, Any]:
    """Two-sided intervals, and one-sided p-values, of means with standard errors."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, mean / error, np.where(mean > 0, np.inf, -np.inf))
    half = stats.t.ppf(0.5 + LEVEL / 2, df) * error
    return {
        "pvalues": stats.t.sf(t, df),
        "confidence_intervals": np.column_stack([mean - half, mean + half]),
    }


def adjusted(pvalues: np.ndarray, method: str) -> np.ndarray:
    """p-values adjusted for their number, by Holm or by Benjamini and Hochberg."""
    if method == "bh":
        return stats.false_discovery_control(pvalues, method="bh")
    order = np.argsort(pvalues, kind="stable")
    stepped = pvalues[order] * np.arange(len(pvalues), 0, -1)
    result = np.empty(len(pvalues))
    result[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return result
