"""Integrated gradients that sum up to the change of the output.

Where a network's output changes sharply along the path, a quadrature of few points is inaccurate.
Such paths are cut into pieces. The error of a piece is known from the outputs at its ends, and
pieces with a large error are halved repeatedly.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Self

import numpy as np

from skfi._keras import calls_are_by_xla, calls_by_xla
from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Found, Method, at_points
from skfi.importance._gradient._predictions import predictions
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._target import ExplainedOutput

MOST_POINTS = 1024  # gradients for a sample whose path is cut
_PIECES, _POINTS_A_PIECE = 8, 4
_SHARE_OF_A_PIECE = 0.2  # of what the whole path may miss
_SHORTEST = 2.0**-18  # of the path: a shorter piece is a few numbers of float32


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """The gradient integrated from a baseline to the input, times their difference."""

    name = "integrated_gradients"

    baseline: Any = None
    # what may be missed, in units of the output, or as a share of its change if that is larger
    tolerance: float = 1e-3

    @classmethod
    def of(cls, explained: Explained, **settings: Any) -> Self:
        """The baseline is of the shape of the inputs, or a token."""
        baseline = explained.baseline(
            "integrated_gradients", settings["baseline"], settings["sample_weight"]
        )
        return cls(settings["n_steps"], baseline=baseline, tolerance=settings["tolerance"])

    def of_samples(self, rows: np.ndarray) -> Self:
        """The same for some of the samples, or for repeated ones."""
        of_sample = isinstance(self.baseline, np.ndarray)
        baseline = self.baseline[rows] if of_sample else self.baseline
        return replace(self, baseline=baseline, ids=rows)

    def entries(self, explained: Explained, attributions: Any, target: Any) -> dict[str, Any]:
        """By how much attributions miss the change of the output, and where that begins."""
        rows = np.arange(len(explained.network.inputs))
        at_baseline = explained.outputs(explained.start(self.baseline, rows), rows)
        outputs = predictions(explained.network, at_baseline)
        return {
            "completeness_error": attributions.errors,
            "baseline_output": outputs,
            "about_baseline": about_baseline(outputs, target, explained.network.classes),
        }

    def masked_value(self, explained: SequenceInput) -> np.ndarray:
        """The baseline."""
        return explained.start(self.baseline, np.arange(len(explained.network.inputs)))

    def attribute(
        self,
        explained: Explained,
        rows: np.ndarray,
        output: ExplainedOutput,
        points_at_once: int,
    ) -> Found:
        """The attributions of one output, and by how much they miss its change.

        That is also told relative to the change, or to the unit of the output if that is larger.
        """
        start = explained.start(self.baseline, rows)
        paths = _Paths(explained, output, explained.points(rows), start, rows)
        whole = np.arange(len(rows))
        change = paths.outputs(whole, np.ones(len(rows))) - paths.outputs(
            whole, np.zeros(len(rows))
        )
        unit = np.maximum(np.abs(output.factor[rows]), np.abs(change))
        allowed = self.tolerance * unit
        values = paths.integrals(whole, np.zeros(len(rows)), np.ones(len(rows)), self.n_points)
        n_gradients = self.n_points * len(rows)
        error = _totals(values) - change
        missed = np.flatnonzero(np.abs(error) > allowed)
        at_once = max(1, points_at_once // (_PIECES * _POINTS_A_PIECE))
        block = max(1, len(rows) * self.n_points // _POINTS_A_PIECE)  # as many points as above
        for first in range(0, len(missed), at_once):
            part = missed[first : first + at_once]
            values[part], n_more = _by_pieces(paths, part, allowed, block)
            n_gradients += n_more
        error = _totals(values) - change
        return Found(values, error, np.abs(error) / unit, n_gradients)


@dataclass(frozen=True)
class _Paths:
    """The straight ways from the baseline to each of some samples."""

    explained: Explained
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
        X, start = self._along(at, end), self._along(at, begin)
        nodes, node_weights = _quadrature(n_steps)
        alpha = ((nodes + 1) / 2).reshape(n_steps, *[1] * (X.ndim - 1))
        way = X - start
        gradient = partial(self.explained.gradient, weights=self.weights)
        gradients = at_points(gradient, start[:, None] + alpha * way[:, None], self.rows[at])
        integrals = way * np.einsum("rp...,p->r...", gradients, node_weights / 2)
        return self.explained.attributions(integrals, self.rows[at])

    def _along(self, at: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        start, points = self.start[at], self.points[at]
        share = _like(alpha, points)
        return np.where(share == 1, points, start + share * (points - start))


@lru_cache(maxsize=16)
def _quadrature(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(n_steps)


def _by_pieces(
    paths: _Paths, samples: np.ndarray, allowed: np.ndarray, block: int
) -> tuple[np.ndarray, int]:
    """Attributions of some samples, their paths cut where the output turns; and the gradients."""
    n_pieces = len(samples) * _PIECES
    at = np.repeat(samples, _PIECES)
    begin = np.tile(np.arange(_PIECES) / _PIECES, len(samples))
    length = 1 / _PIECES
    outputs = _not_by_xla(paths.outputs)
    of_begin, of_end = outputs(at, begin), outputs(at, begin + length)
    total: np.ndarray | None = None
    place = np.zeros(len(allowed), dtype=np.int64)
    place[samples] = np.arange(len(samples))
    n_points = np.zeros(len(allowed), dtype=np.int64)
    while n_pieces:
        values = _of_pieces(paths, at, begin, length, block)
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
        of_middle = outputs(at[cut], middle) if cut.any() else np.zeros(0)
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


def _of_pieces(
    paths: _Paths, at: np.ndarray, begin: np.ndarray, length: float, block: int
) -> np.ndarray:
    """Attributions of pieces of one length.

    XLA compiles for each number of points, so that it gets blocks of the one size that it has been
    compiled for; what remains, if it is little, goes without.
    """
    parts = []
    for first in range(0, len(at), block):
        rows, own = at[first : first + block], begin[first : first + block]
        n_rows = len(rows)
        if calls_are_by_xla() and 4 * n_rows > block:
            rows, own = (np.pad(values, (0, block - n_rows), mode="edge") for values in (rows, own))
            integrals = paths.integrals
        else:
            integrals = _not_by_xla(paths.integrals)
        parts.append(integrals(rows, own, own + length, _POINTS_A_PIECE)[:n_rows])
    return np.concatenate(parts)


def _not_by_xla(function: Callable) -> Callable:
    def called(*arguments: Any) -> np.ndarray:
        with calls_by_xla(False):
            return function(*arguments)

    return called


def _scaled(values: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Attributions of the shortest pieces, limited to the output's change.

    Zero where their signs differ; the sample stays incomplete.
    """
    totals = _totals(values)
    share = np.divide(change, totals, out=np.zeros(len(totals)), where=totals != 0)
    return values * _like(np.clip(share, 0, 1), values)


def _totals(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)


def _like(of_rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    return of_rows.reshape(-1, *[1] * (values.ndim - 1))


def about_baseline(outputs: np.ndarray, target: Any, classes: np.ndarray | None) -> str:
    """A sentence if the baseline is taken for a class that is explained; empty if it is not.

    That is so if its probability there is nearer to 1 than to an even guess.
    """
    if classes is None:
        return ""
    mean = outputs.reshape(-1, outputs.shape[-1]).mean(axis=0)
    label, probability = classes[mean.argmax()], float(mean.max())
    is_explained = target is None or label in np.ravel(np.asarray(target))
    if probability < (1 + 1 / len(classes)) / 2 or not is_explained:
        return ""
    return (
        f"The network takes the baseline for class {label!s} (probability {probability:.2f}): of "
        "that class's output little is left to attribute. Compare method='expected_gradients', "
        "which averages over the samples as baselines."
    )
