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
from skfi.importance._explained_outputs import ExplainedOutput

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
    """Attributions, and by how much each sample's miss the output's change, also relative to it."""

    values: np.ndarray
    error: np.ndarray
    relative_error: np.ndarray
    n_gradients: int


def attribute(
    explained: SequenceInput | TokenInput, method: Method, output: ExplainedOutput, progress: tqdm
) -> Found:
    """What ``method`` finds for one output of every sample; zero where a sample lacks it.

    It draws the same at each call, so that calls can be compared.
    """
    n_samples = len(explained.network.inputs)
    points_at_once = _points_at_once(explained, output.shape)
    at_once = max(1, points_at_once // method.n_points)
    explain = getattr(_attributions, method.name)
    gradient = partial(explained.gradient, weights=output)
    settings = dict(method.settings)
    if method.seed is not None:
        settings["random"] = np.random.RandomState(method.seed)
    values = np.zeros((n_samples, *explained.shape), dtype=np.float32)
    error, relative_error, n_gradients = np.zeros(n_samples), np.zeros(n_samples), 0
    reached = np.flatnonzero(output.reached)
    for start in range(0, len(reached), at_once):
        rows = reached[start : start + at_once]
        if method.name == "integrated_gradients":
            found, error[rows], relative_error[rows], n_points = integrate(
                explained, rows, output, points_at_once=points_at_once, **settings
            )
        else:
            found = explain(gradient, explained.points(rows), rows, **settings)
            found = explained.attributions(found, rows)
            n_points = method.n_points * len(rows)
        n_gradients += n_points
        values = values.astype(np.result_type(values, found), copy=False)
        values[rows] = found
        progress.update(len(rows))
    progress.update(n_samples - len(reached))
    return Found(values, error, relative_error, n_gradients)


def _points_at_once(explained: SequenceInput | TokenInput, outputs_shape: tuple[int, ...]) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = max(explained.points(np.arange(1)).size, int(np.prod(outputs_shape)))
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)
