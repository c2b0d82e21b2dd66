"""Influence of each row on an importance as a donor of values.

A row takes part in a permutation importance twice: it receives values, and it donates its own. The
variance of the importance needs both (the influence function of a V-statistic of degree two, W.
Hoeffding, 1948).
"""

from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np
from sklearn import inspection
from sklearn.dummy import DummyRegressor


def drawn_donors(n_rows: int, n_repeats: int, random_state: np.random.RandomState) -> np.ndarray:
    """From which row each gets its values in each repeat, (n_repeats, n_rows).

    scikit-learn shuffles every column in the same way: a column of row numbers shows how.
    """
    donors = []

    def record(_: Any, X: np.ndarray, y: Any) -> float:
        donors.append(X[:, 0].copy())
        return 0.0

    # whatever joblib was told: another process would keep what it records
    with joblib.parallel_config("sequential"):
        inspection.permutation_importance(
            DummyRegressor(),
            np.arange(n_rows)[:, None],
            None,
            scoring=record,
            n_repeats=n_repeats,
            n_jobs=1,
            random_state=random_state,
        )
    return np.array(donors[1:])


def donated(
    differences: np.ndarray,
    donors: Sequence[np.ndarray],
    weights: np.ndarray | None = None,
    window: int = 1,
) -> np.ndarray:
    """How much worse rows are scored for the values of each one, (n_units, n_rows).

    ``differences`` (n_units, n_repeats, n_rows) and their ``weights`` are those of the receiving
    rows; ``donors`` have the same shape. The mean of a row over the repeats is subtracted, as the
    rest is due to the donors; with one repeat nothing is, which is conservative. With windows of
    rows a value reaches the ``window`` rows that follow.
    """
    _, n_repeats, n_rows = differences.shape
    weights = np.ones(n_rows) if weights is None else weights
    last = np.minimum(np.arange(n_rows) + window, n_rows) - 1
    influence = np.empty((len(differences), n_rows))
    for unit, of_unit in enumerate(differences):
        if n_repeats > 1:
            from_donors = (of_unit - of_unit.mean(axis=0)) * n_repeats / (n_repeats - 1)
        else:
            from_donors = of_unit - np.average(of_unit, weights=weights, axis=1)[:, None]
        from_donors = from_donors * weights
        reached = np.cumsum(from_donors, axis=1)
        from_donors += reached[:, last] - reached
        pairs = zip(donors[unit], from_donors, strict=True)
        influence[unit] = np.mean([np.bincount(to, of, n_rows) for to, of in pairs], axis=0)
    return influence - influence.mean(axis=1, keepdims=True)
