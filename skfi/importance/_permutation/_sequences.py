"""Shuffles of features, time steps, cells and groups of sequences and tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from skfi._private import _safe_indexing
from skfi.importance._index_view import permutation_view
from skfi.importance._inputs._kinds import Kind
from skfi.importance._inputs._rows import add_to_cells, copy_cells
from skfi.importance._permutation._by_chunk import ByChunk, ShuffledRows, is_mapped
from skfi.importance._permutation._conditional import Conditional, conditional_exchange
from skfi.importance._permutation._influence import drawn_donors
from skfi.importance._permutation._unequal_lengths import donors
from skfi.importance._scoring import QuickScorer
from skfi.importance._units._cells import Units
from skfi.importance._units._correlation import strongly_correlated
from skfi.importance._units._of_input import units_of
from skfi.importance._units._several import UnitsOfInputs


@dataclass(frozen=True)
class ShuffledCells:
    """Samples, their units, and the ``view`` that scikit-learn shuffles: ``X`` or a table."""

    kind: Kind
    units: Units | UnitsOfInputs
    view: Any
    shuffle: str
    exchange: Conditional | None

    @classmethod
    def of(
        cls, kind: Kind, *, by: str, groups: Any, names: Any, shuffle: str, conditional: bool
    ) -> Self:
        """Make the view for some units of the samples."""
        units: Any = units_of(kind, by=by, groups=groups, names=names)
        of_columns = isinstance(units, Units) and kind.X.ndim == 2 and by != "timestep"
        of_columns = of_columns and groups is None
        if of_columns and kind.real is None and not conditional:
            return cls(kind, units, kind.X, shuffle, None)
        kind = kind.contiguous()  # so that a reshape is a view
        exchange = conditional_exchange(kind.X, units, kind.real) if conditional else None
        view = permutation_view(len(kind.X), len(units))
        return cls(kind, units, view, shuffle, exchange)

    @property
    def is_plain(self) -> bool:
        """Whether scikit-learn shuffles ``X`` itself: numbers are to be its own to the last bit."""
        return self.view is self.kind.X

    def scorer(self, scorer: Callable, n_scores: int) -> Callable:
        """A scorer of the view."""
        if self.is_plain:
            return scorer
        of_view = PermutedScorer(scorer, self.kind, self.units, self.shuffle, self.exchange)
        return QuickScorer(of_view, n_scores=n_scores)

    def donors(
        self, n_repeats: int, random_state: np.random.RandomState
    ) -> Sequence[np.ndarray] | None:
        """From which row each gets its values, (n_units, n_repeats, n_samples), if from one."""
        if not (self.is_plain or self.shuffle == "series"):
            return None
        drawn = drawn_donors(len(self.kind.X), n_repeats, random_state)
        if self.exchange is None:
            return [drawn] * len(self.units)
        return [self.exchange.donors(unit, drawn) for unit in range(len(self.units))]

    @property
    def entries(self) -> dict[str, Any]:
        """What a result says of the shuffles and the units."""
        kind, units = self.kind, self.units
        entries: dict[str, Any] = {
            "conditional": self.exchange is not None,
            "shuffle": self.shuffle,
        }
        if self.exchange is not None:
            entries["conditional_by"] = self.exchange.by
        elif units.by == "feature" and len(units) == kind.width:
            entries["correlated"] = strongly_correlated(kind.X, list(units.names), kind.real)
        return entries | units.entries


def shuffling_scorer(
    scorer: Callable, kind: Kind, units: Units | UnitsOfInputs, *, n_scores: int
) -> Callable:
    """A scorer of the table of row numbers, in which any units may be shuffled."""
    of_view = PermutedScorer(scorer, kind.contiguous(), units, "series")
    return QuickScorer(of_view, n_scores=n_scores)


@dataclass(frozen=True)
class PermutedScorer:
    """A scorer of ``(estimator, view, y)`` that scores on the array that the view describes."""

    scorer: Callable
    kind: Kind
    units: Units | UnitsOfInputs
    shuffle: str
    conditional: Conditional | None = None  # how units are exchanged where the others are given

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        if self._is_by_row and is_mapped(self.kind.X):
            return self.scorer(ByChunk(estimator), ShuffledRows(view, self.gather), y, **kwargs)
        return self.scorer(estimator, self.kind.given(self.gather(view)), y, **kwargs)

    @property
    def _is_by_row(self) -> bool:
        """Whether the values of a row do not depend on which rows are gathered with it."""
        return self.shuffle == "series" and self.real is None and self.conditional is None

    @property
    def real(self) -> np.ndarray | None:
        """(n_samples, n_timesteps): False for padding, None if there is none."""
        return self.kind.real

    def gather(self, view: pd.DataFrame) -> Any:
        """The rows of ``X`` in the view's index, with each shuffled unit taken from elsewhere."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        of_all = self.kind.X
        X = _safe_indexing(of_all, rows)
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            cells, source = self.units.cells[unit], sources[:, unit]
            steps = self.units.steps_of(cells)
            if self.conditional is not None and self.conditional.by[unit] == "residuals":
                add_to_cells(X, cells, self.conditional.changes(int(unit), rows, source))
                continue
            if self.conditional is not None:
                of_steps = self.conditional.sources(int(unit), rows, source)
            elif self.shuffle == "series" and self.real is None:
                copy_cells(of_all, X, source, cells)
                continue
            else:
                of_steps = self._sources(rows, source, np.unique(steps))
            for step, of_step in of_steps.items():
                copy_cells(of_all, X, of_step, cells[steps == step])
        return X

    def _sources(
        self, rows: np.ndarray, source: np.ndarray, steps: np.ndarray
    ) -> dict[int, np.ndarray]:
        """For each time step the row that each row's values are taken from.

        Shuffles of single steps are drawn from a seed that scikit-learn's own shuffle determines,
        so they share its reproducibility, whatever ``n_jobs`` is.
        """
        if self.shuffle == "series" and self.real is not None:
            rows_of_steps: dict[int, np.ndarray] = {}
            for series in self.units.series:  # each input has a length of its own
                own = steps[(steps >= series.start) & (steps < series.stop)]
                if len(own):
                    of_steps = donors(rows, source, self.real[:, series])
                    rows_of_steps |= {step: of_steps[:, step - series.start] for step in own}
            return rows_of_steps
        random = np.random.default_rng(source)
        if self.real is None:
            return {step: random.permutation(source) for step in steps}
        rows_of_steps = {}
        for step in steps:
            rows_of_steps[step] = rows.copy()
            reach = self.real[rows, step]
            rows_of_steps[step][reach] = random.permutation(rows[reach])
        return rows_of_steps
