"""Deletion and insertion curves: the score as units are shuffled, or restored, one by one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skfi.importance._index_view import permutation_view

_MOST_POINTS = 20

Score = Callable[[pd.DataFrame], float]  # of an index view


def points_of(n_units: int) -> np.ndarray:
    """How many units are shuffled at each point of a curve: all numbers, or twenty of them."""
    return np.unique(np.linspace(0, n_units, min(n_units, _MOST_POINTS) + 1).round().astype(int))


def curve(
    score: Score, order: Sequence[int] | np.ndarray, n_samples: int, random: np.random.RandomState
) -> np.ndarray:
    """The score with the first units of ``order`` shuffled, at each point.

    They are shuffled together, so information they share is removed too.
    """
    view: Any = permutation_view(n_samples, len(order))
    shuffled = random.permutation(n_samples)
    scores = []
    for n_shuffled in points_of(len(order)):
        changed = view.copy()
        changed[list(order[:n_shuffled])] = np.repeat(shuffled[:, None], n_shuffled, axis=1)
        scores.append(score(changed))
    return np.array(scores)


def curves_of(
    score: Score,
    order: np.ndarray,
    n_samples: int,
    random: np.random.RandomState,
    *,
    n_repeats: int,
    n_random: int,
) -> dict[str, np.ndarray]:
    """Curves of deletion in ``order``, in the opposite one, and in random ones."""
    orders = {
        "deletion": [order] * n_repeats,
        "insertion": [order[::-1]] * n_repeats,
        "random": [random.permutation(len(order)) for _ in range(n_random)],
    }
    return {
        name: np.array([curve(score, unit_order, n_samples, random) for unit_order in those])
        for name, those in orders.items()
    }


def mean_loss(curves: np.ndarray, full: float, none: float) -> np.ndarray:
    """Mean loss of score over the points, as a share of the largest possible loss."""
    return (full - curves[..., 1:-1]).mean(axis=-1) / (full - none)
