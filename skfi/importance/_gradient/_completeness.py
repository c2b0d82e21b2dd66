"""Integrated gradients that sum up to the change of the output.

Where a network's output turns sharply on the way from the baseline, a quadrature of few points
misses the turn. The paths of such samples are cut into pieces. By how much a piece misses is known,
since the output at both of its ends is: those that miss are halved again and again, so that the
points gather where the output turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from skfi._keras import calls_by_xla
from skfi.importance._gradient._methods import integrated_gradients
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._target import ExplainedOutput
from skfi.importance._gradient._words import TokenInput

# In units of the network's output, or as a share of the output's change if that is larger.
TOLERANCE = 1e-3
MOST_POINTS = 1024  # gradients for a sample whose path is cut
_PIECES, _POINTS_A_PIECE = 16, 4
_SHARE_OF_A_PIECE = 0.2  # of what the whole path may miss
_SHORTEST = 2.0**-18  # of the path: a shorter piece is a few numbers of float32


def integrate(
    explained: SequenceInput | TokenInput,
    rows: np.ndarray,
    weights: ExplainedOutput,
    *,
    baseline: Any,
    n_steps: int,
    points_at_once: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Attributions of the samples ``rows``, by how much they miss the change, and relative to it.

    Relative to the change, or to the unit of the output if that is larger. And how many gradients
    it took.
    """
    start = explained.start(baseline, rows)
    paths = _Paths(explained, weights, explained.points(rows), start, rows)
    whole = np.arange(len(rows))
    change = paths.outputs(whole, np.ones(len(rows))) - paths.outputs(whole, np.zeros(len(rows)))
    unit = np.maximum(np.abs(weights.factor[rows]), np.abs(change))
    allowed = TOLERANCE * unit
    values = paths.integrals(whole, np.zeros(len(rows)), np.ones(len(rows)), n_steps)
    n_gradients = n_steps * len(rows)
    error = _totals(values) - change
    missed = np.flatnonzero(np.abs(error) > allowed)
    at_once = max(1, points_at_once // (_PIECES * _POINTS_A_PIECE))
    # XLA would compile for each number of pieces
    with calls_by_xla(False):
        for first in range(0, len(missed), at_once):
            part = missed[first : first + at_once]
            values[part], more = _by_pieces(paths, part, allowed)
            n_gradients += more
    error = _totals(values) - change
    return values, error, np.abs(error) / unit, n_gradients


@dataclass(frozen=True)
class _Paths:
    """The straight ways from the baseline to each of some samples."""

    explained: SequenceInput | TokenInput
    weights: ExplainedOutput
    points: np.ndarray
    start: np.ndarray
    rows: np.ndarray

    def outputs(self, at: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """The explained output of the paths ``at``, a share ``alpha`` of the way along."""
        rows = self.rows[at]
        outputs = self.explained.outputs(self._along(at, alpha), rows)
        return (outputs * self.weights[rows]).reshape(len(rows), -1).sum(axis=1)

    def integrals(
        self, at: np.ndarray, begin: np.ndarray, end: np.ndarray, n_steps: int
    ) -> np.ndarray:
        """Attributions of pieces of the paths ``at``, from the share ``begin`` to ``end``."""
        gradient: Callable = partial(self.explained.gradient, weights=self.weights)
        found = integrated_gradients(
            gradient,
            self._along(at, end),
            self.rows[at],
            baseline=self._along(at, begin),
            n_steps=n_steps,
        )
        return self.explained.attributions(found, self.rows[at])

    def _along(self, at: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        start, points = self.start[at], self.points[at]
        share = _like(alpha, points)
        return np.where(share == 1, points, start + share * (points - start))


def _by_pieces(paths: _Paths, samples: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, int]:
    """Attributions of some samples, their paths cut where the output turns; and the gradients."""
    n_pieces = len(samples) * _PIECES
    at = np.repeat(samples, _PIECES)
    begin = np.tile(np.arange(_PIECES) / _PIECES, len(samples))
    length = 1 / _PIECES
    of_begin, of_end = paths.outputs(at, begin), paths.outputs(at, begin + length)
    total: np.ndarray | None = None
    place = np.zeros(len(allowed), dtype=np.int64)
    place[samples] = np.arange(len(samples))
    n_points = np.zeros(len(allowed), dtype=np.int64)
    while n_pieces:
        values = paths.integrals(at, begin, begin + length, _POINTS_A_PIECE)
        np.add.at(n_points, at, _POINTS_A_PIECE)
        change = of_end - of_begin
        missed = np.abs(_totals(values) - change) > _SHARE_OF_A_PIECE * allowed[at]
        can_be_cut = (n_points[at] < MOST_POINTS) & (length > _SHORTEST)
        values = np.where(_like(missed & ~can_be_cut, values), _scaled(values, change), values)
        cut = missed & can_be_cut
        if total is None:
            total = np.zeros((len(samples), *values.shape[1:]))
        np.add.at(total, place[at[~cut]], values[~cut])
        length /= 2
        middle = begin[cut] + length
        of_middle = paths.outputs(at[cut], middle) if cut.any() else np.zeros(0)
        at = np.tile(at[cut], 2)
        begin = np.concatenate([begin[cut], middle])
        of_begin, of_end = (
            np.concatenate([of_begin[cut], of_middle]),
            np.concatenate([of_middle, of_end[cut]]),
        )
        n_pieces = len(at)
    if total is None:
        raise ValueError("There are no samples.")
    return total, int(n_points.sum())


def _scaled(values: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Attributions of pieces that cannot be cut any more: no more than the output's change.

    Where they point against it nothing is known of the piece: zero. The sample stays incomplete.
    """
    totals = _totals(values)
    share = np.divide(change, totals, out=np.zeros(len(totals)), where=totals != 0)
    return values * _like(np.clip(share, 0, 1), values)


def _totals(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)


def _like(of_rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    return of_rows.reshape(-1, *[1] * (values.ndim - 1))
