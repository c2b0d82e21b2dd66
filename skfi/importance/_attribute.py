"""Attributions of all samples by one gradient method, block by block."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE
from skfi.importance import _attributions
from skfi.importance._completeness import integrate
from skfi.importance._explained import SequenceInput, TokenInput

# Numbers in the points (rows, or copies of rows) whose gradients are held at once.
_MOST_NUMBERS = 2**24


@dataclass(frozen=True)
class Method:
    """A gradient method and what it takes besides the samples."""

    name: str
    settings: Mapping[str, Any]
    seed: int | None = None  # of one that draws at random

    @property
    def n_points(self) -> int:
        """Gradients for each sample."""
        return self.settings.get("n_steps", 1)


@dataclass(frozen=True)
class Found:
    """Attributions, and by how much those of each sample miss the output's change, if too much."""

    values: np.ndarray
    error: np.ndarray
    incomplete: np.ndarray


def attribute(
    explained: SequenceInput | TokenInput, method: Method, weights: np.ndarray, progress: tqdm
) -> Found:
    """What ``method`` finds for the outputs of these ``weights``, for every sample.

    It draws the same at each call, so that calls can be compared.
    """
    n_samples = len(explained.network.inputs)
    points_at_once = _points_at_once(explained)
    at_once = max(1, points_at_once // method.n_points)
    explain = getattr(_attributions, method.name)
    gradient = partial(explained.gradient, weights=weights)
    settings = dict(method.settings)
    if method.seed is not None:
        settings["random"] = np.random.RandomState(method.seed)
    values, error, incomplete = [], np.zeros(n_samples), np.zeros(n_samples, dtype=bool)
    for start in range(0, n_samples, at_once):
        rows = np.arange(start, min(start + at_once, n_samples))
        if method.name == "integrated_gradients":
            found, error[rows], incomplete[rows] = integrate(
                explained, rows, weights, points_at_once=points_at_once, **settings
            )
        else:
            found = explain(gradient, explained.points(rows), rows, **settings)
            found = explained.attributions(found, rows)
        values.append(found)
        progress.update(len(rows))
    return Found(np.concatenate(values), error, incomplete)


def _points_at_once(explained: SequenceInput | TokenInput) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = explained.points(np.arange(1)).size
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)
