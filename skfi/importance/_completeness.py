"""Integrated gradients that sum up to the change of the output.

Where a network's output turns sharply on the way from the baseline, a quadrature of few points
misses the turn. Such samples are computed again with twice as many points, until they are complete.
"""

from functools import partial
from typing import Any

import numpy as np

from skfi.importance._attributions import integrated_gradients
from skfi.importance._explained import SequenceInput, TokenInput

# In units of the network's output, or as a share of the output's change if that is larger.
TOLERANCE = 1e-3
MOST_POINTS = 1024


def integrate(
    explained: SequenceInput | TokenInput,
    rows: np.ndarray,
    weights: np.ndarray,
    *,
    baseline: Any,
    n_steps: int,
    points_at_once: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Attributions of the samples ``rows``, by how much they miss the change, and if too much."""
    points, start = explained.points(rows), explained.start(baseline, rows)
    gradient = partial(explained.gradient, weights=weights)
    difference = explained.outputs(points, rows) - explained.outputs(start, rows)
    change = (difference * weights[rows]).reshape(len(rows), -1).sum(axis=1)
    unit = np.abs(weights[rows]).reshape(len(rows), -1).max(axis=1)
    allowed = TOLERANCE * np.maximum(unit, np.abs(change))

    found: np.ndarray | None = None
    error = np.zeros(len(rows))
    due, n_points = np.arange(len(rows)), n_steps
    while len(due):
        for at in range(0, len(due), max(1, points_at_once // n_points)):
            part = due[at : at + max(1, points_at_once // n_points)]
            path: dict[str, Any] = {"baseline": start[part], "n_steps": n_points}
            values = integrated_gradients(gradient, points[part], rows[part], **path)
            values = explained.attributions(values, rows[part])
            if found is None:
                found = np.empty((len(rows), *values.shape[1:]), dtype=values.dtype)
            found[part] = values
            total = values.reshape(len(part), -1).sum(axis=1, dtype=np.float64)
            error[part] = total - change[part]
        due = np.flatnonzero(np.abs(error) > allowed)
        if n_points >= MOST_POINTS:
            break
        n_points = min(2 * n_points, MOST_POINTS)
    if found is None:
        raise ValueError("There are no samples.")
    return found, error, np.abs(error) > allowed
