"""Do importances stay the same when rows are drawn again, and when networks are trained again?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import joblib
import numpy as np

from skfi._keras import keep_to_own_threads
from skfi._pipelines import Chain
from skfi.importance._clones import seed_names, seeded_clone
from skfi.importance._fits import parallel, without_importances
from skfi.importance._inference._row_groups import group_codes
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._results._result import ImportanceResult

_N_BOOTSTRAPS = 200
_STABLE = 0.8


class Check(NamedTuple):
    """A value, the reference it is compared with, and what it means."""

    value: float
    reference: float
    passed: bool
    meaning: str


def under_rows(result: ImportanceResult, random: np.random.RandomState) -> Check | None:
    """Correlation of the importances with those of resampled rows, if these are known."""
    values = result.get("sample_importances")
    if values is None and result.baseline_score is None:
        values = result.importances
    if values is None or len(values) < 3:
        return None
    n_rows = values.shape[1]
    weights = np.ones(n_rows) if result.sample_weight is None else result.sample_weight
    codes = group_codes(result.get("sample_groups"), n_rows)
    n_groups = codes.max() + 1
    correlations = []
    for _ in range(_N_BOOTSTRAPS):
        times_drawn = np.bincount(random.randint(n_groups, size=n_groups), minlength=n_groups)
        drawn = weights * times_drawn[codes]
        if drawn.sum() > 0:
            correlations.append(correlation(result.importances_mean, values @ drawn))
    low, high = np.quantile(correlations, [0.025, 0.975])
    text = f"importances stay when rows are drawn again (95%: {low:.2f} to {high:.2f})"
    return _check(correlations, text)


def under_folds(result: ImportanceResult) -> Check | None:
    """For LOFO, correlation of each fold's importances with the mean of the others."""
    values = result.importances
    if values is None or min(values.shape) < 3:
        return None
    n_folds = values.shape[1]
    correlations = [
        correlation(values[:, fold], np.delete(values, fold, axis=1).mean(axis=1))
        for fold in range(n_folds)
    ]
    text = (
        "each fold has the importances of the others "
        f"({min(correlations):.2f} to {max(correlations):.2f})"
    )
    return _check(correlations, text)


def under_seeds(
    result: ImportanceResult,
    estimator: Any,
    training: tuple[Any, Any],
    explain: Callable[[Any], ImportanceResult],
    n_refits: int,
    random: np.random.RandomState,
    n_jobs: int | None,
) -> Check | None:
    """Correlation of the importances with those of clones, trained from other seeds.

    None for an estimator that has no seed, does not depend on it, or cannot be trained again.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    chain = Chain(estimator)
    fixed = chain.is_frozen or LastStep.of(chain.last).is_bare
    if n_refits == 0 or fixed or len(result.importances_mean) < 3 or not seed_names(estimator):
        return None
    clones = [without_importances(seeded_clone(estimator, random)) for _ in range(n_refits)]
    run = parallel(estimator, n_jobs)
    again = list(run(joblib.delayed(_importances)(one, training, explain) for one in clones))
    if n_refits > 1 and all(np.array_equal(again[0], refit) for refit in again):
        return None
    correlations = [correlation(result.importances_mean, importances) for importances in again]
    text = (
        f"{n_refits} models trained from other seeds have like importances "
        f"({min(correlations):.2f} to {max(correlations):.2f})"
    )
    return _check(correlations, text)


def _importances(estimator: Any, training: tuple[Any, Any], explain: Callable) -> np.ndarray:
    """The importances of an estimator that is trained now."""
    keep_to_own_threads()
    return explain(estimator.fit(*training)).importances_mean


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation of importances, in which small importances count little.

    NaN if either are all the same.
    """
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])


def _check(correlations: list[float], text: str) -> Check:
    known = [value for value in correlations if not np.isnan(value)]
    mean = float(np.mean(known)) if known else np.nan
    return Check(mean, _STABLE, mean >= _STABLE, text)
