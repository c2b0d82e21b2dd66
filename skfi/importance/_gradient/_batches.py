"""Attributions of all samples by one gradient method, block by block."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE, calls_are_by_xla
from skfi.importance._gradient import _methods
from skfi.importance._gradient._completeness import integrate
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._target import ExplainedOutput
from skfi.importance._gradient._words import TokenInput

# Numbers in the points (rows, or copies of rows) whose gradients are held at once.
_MOST_NUMBERS = 2**24


@dataclass(frozen=True)
class Method:
    """A gradient method and what it takes besides the samples."""

    name: str
    settings: Mapping[str, Any]
    seed: int | None = None  # of one that draws at random
    ids: np.ndarray | None = None  # by which samples draw, if they are not their own numbers

    @property
    def n_points(self) -> int:
        """Gradients for each sample."""
        return self.settings.get("n_steps", 1)

    def of_samples(self, rows: np.ndarray) -> "Method":
        """The same for some of the samples, or for repeated ones."""
        settings, baseline = dict(self.settings), self.settings.get("baseline")
        if isinstance(baseline, np.ndarray):
            settings["baseline"] = baseline[rows]
        return replace(self, settings=settings, ids=rows)

    def draws_of(self, row: int) -> np.random.Generator:
        """What a sample draws from: the same in each block, for each output and each mask."""
        sample = row if self.ids is None else int(self.ids[row])
        return np.random.default_rng([self.seed or 0, sample])


@dataclass(frozen=True)
class Found:
    """Attributions, and by how much each sample's miss the output's change, also relative to it."""

    values: np.ndarray
    error: np.ndarray
    relative_error: np.ndarray
    n_gradients: int

    def of_samples(self, rows: slice) -> "Found":
        """What was found for some of the samples."""
        share = round(self.n_gradients * (rows.stop - rows.start) / len(self.error))
        return Found(self.values[rows], self.error[rows], self.relative_error[rows], share)


def attribute(
    explained: SequenceInput | TokenInput,
    method: Method,
    output: ExplainedOutput,
    progress: tqdm,
    at_once: int | None = None,
) -> Found:
    """What ``method`` finds for one output of every sample; zero where a sample lacks it.

    It draws the same at each call, so that calls can be compared. XLA compiles for each number of
    rows: of blocks of ``at_once`` the last is filled up.
    """
    n_samples = len(explained.network.inputs)
    points_at_once = _points_at_once(explained, output.shape)
    at_once = at_once or min(n_samples, rows_at_once(explained, method, output.shape))
    explain = getattr(_methods, method.name)
    gradient = partial(explained.gradient, weights=output)
    settings = dict(method.settings)
    if method.seed is not None:
        settings["random"] = method.draws_of
    values = np.zeros((n_samples, *explained.shape), dtype=np.float32)
    error, relative_error, n_gradients = np.zeros(n_samples), np.zeros(n_samples), 0
    reached = np.flatnonzero(output.reached)
    for start in range(0, len(reached), at_once):
        block = reached[start : start + at_once]
        rows = block
        if calls_are_by_xla():
            rows = np.concatenate([block, np.repeat(block[-1:], at_once - len(block))])
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
        progress.update(len(block))
    progress.update(n_samples - len(reached))
    return Found(values, error, relative_error, n_gradients)


def rows_at_once(
    explained: SequenceInput | TokenInput, method: Method, outputs_shape: tuple[int, ...]
) -> int:
    """How many samples make a block."""
    return max(1, _points_at_once(explained, outputs_shape) // method.n_points)


def _points_at_once(explained: SequenceInput | TokenInput, outputs_shape: tuple[int, ...]) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = max(explained.points(np.arange(1)).size, int(np.prod(outputs_shape)))
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)
