"""Scores of sequences and tables in which units are shuffled between samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from skfi.importance._inputs._rows import add_to_cells, copy_cells
from skfi.importance._permutation._conditional import Conditional
from skfi.importance._permutation._unequal_lengths import donors
from skfi.importance._units._cells import Units


@dataclass(frozen=True)
class PermutedScorer:
    """A scorer of ``(estimator, view, y)`` that scores on the array that the view describes."""

    scorer: Callable
    X: Any
    units: Units
    shuffle: str
    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding, None if there is none
    conditional: Conditional | None = None  # how units are exchanged where the others are given

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        return self.scorer(estimator, self.gather(view), y, **kwargs)

    def gather(self, view: pd.DataFrame) -> Any:
        """The rows of ``X`` in the view's index, with each shuffled unit taken from elsewhere."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        X = _safe_indexing(self.X, rows)
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            cells, source = self.units.cells[unit], sources[:, unit]
            steps = cells // self.units.shape[1]
            if self.conditional is not None and self.conditional.by[unit] == "residuals":
                add_to_cells(X, cells, self.conditional.changes(int(unit), rows, source))
                continue
            if self.conditional is not None:
                of_steps = self.conditional.sources(int(unit), rows, source)
            elif self.shuffle == "series" and self.real is None:
                copy_cells(self.X, X, source, cells)
                continue
            else:
                of_steps = self._sources(rows, source, np.unique(steps))
            for step, of_step in of_steps.items():
                copy_cells(self.X, X, of_step, cells[steps == step])
        return X

    def _sources(
        self, rows: np.ndarray, source: np.ndarray, steps: np.ndarray
    ) -> dict[int, np.ndarray]:
        """For each time step the row that each row's values are taken from.

        Shuffles of single steps are drawn from a seed that scikit-learn's own shuffle determines,
        so they share its reproducibility, whatever ``n_jobs`` is.
        """
        if self.shuffle == "series" and self.real is not None:
            of_steps = donors(rows, source, self.real)
            return {step: of_steps[:, step] for step in steps}
        random = np.random.default_rng(source)
        if self.real is None:
            return {step: random.permutation(source) for step in steps}
        found = {}
        for step in steps:
            found[step] = rows.copy()
            reach = self.real[rows, step]
            found[step][reach] = random.permutation(rows[reach])
        return found
