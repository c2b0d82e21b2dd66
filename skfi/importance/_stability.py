"""Do importances stay the same when rows are drawn again, and when networks are trained again?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr
from sklearn.frozen import FrozenEstimator

from skfi.importance._clones import seed_names, seeded_clone
from skfi.importance._estimators import ModelClassifier, ModelRegressor
from skfi.importance._result import ImportanceResult
from skfi.importance._tokens import steps_of

_N_BOOTSTRAPS = 200
_STABLE = 0.8


class Check(NamedTuple):
    """A value, what it is held against, and what it means."""

    value: float
    reference: float
    passed: bool
    meaning: str


def under_rows(result: ImportanceResult, random: np.random.RandomState) -> Check | None:
    """Rank correlation of the importances with those of resampled rows, if these are known."""
    values = result.get("sample_importances")
    if values is None and result.baseline_score is None:
        values = result.importances
    if values is None or len(values) < 3:
        return None
    n_rows = values.shape[1]
    found = [
        _alike(result, values[:, random.randint(n_rows, size=n_rows)].mean(axis=1))
        for _ in range(_N_BOOTSTRAPS)
    ]
    low, high = np.nanquantile(found, [0.025, 0.975])
    text = f"the order stays when rows are drawn again (95%: {low:.2f} to {high:.2f})"
    return _check(found, text)


def under_folds(result: ImportanceResult) -> Check | None:
    """Of LOFO: rank correlation of the mean importances with those of single folds."""
    values = result.importances
    if values is None or len(values) < 3:
        return None
    found = [_alike(result, of_fold) for of_fold in values.T]
    text = f"the order is that of each fold ({min(found):.2f} to {max(found):.2f})"
    return _check(found, text)


def under_seeds(
    result: ImportanceResult,
    estimator: Any,
    training: tuple[Any, Any],
    explain: Callable[[Any], ImportanceResult],
    n_refits: int,
    random: np.random.RandomState,
) -> Check | None:
    """Rank correlation of the importances with those of clones, trained from other seeds.

    There is none of an estimator that has no seed, or cannot be trained again.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    last = steps_of(estimator)[-1]
    fixed = isinstance(last, (FrozenEstimator, ModelRegressor, ModelClassifier))
    if n_refits == 0 or fixed or len(result.importances_mean) < 3 or not seed_names(estimator):
        return None
    found = [
        _alike(result, explain(seeded_clone(estimator, random).fit(*training)).importances_mean)
        for _ in range(n_refits)
    ]
    text = (
        f"{n_refits} networks trained from other seeds have the same order "
        f"({min(found):.2f} to {max(found):.2f})"
    )
    return _check(found, text)


def _alike(result: ImportanceResult, importances: np.ndarray) -> float:
    return float(spearmanr(result.importances_mean, importances).statistic)


def _check(found: list[float], text: str) -> Check:
    mean = float(np.nanmean(found))
    return Check(mean, _STABLE, mean >= _STABLE, text)
