"""The index view: row numbers in place of the data, one column for each unit.

scikit-learn and lofo shuffle, subsample, split and drop columns of this light table; the scorers
here gather the real array only when a score is due. So one mechanism serves features, time steps,
cells and groups, on 2-D arrays, DataFrames and 3-D sequences alike, and both packages keep doing
their own work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from skfi._sequences import Units
from skfi.importance._conditional import Conditional
from skfi.importance._donors import donors
from skfi.importance._tokens import Tokens
from skfi.importance._words import WordUnits


def permutation_view(n_samples: int, n_units: int) -> pd.DataFrame:
    """Row numbers (n_samples, n_units). Its index keeps the original rows through a shuffle."""
    return pd.DataFrame(np.repeat(np.arange(n_samples)[:, None], n_units, axis=1))


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
                _add_to_cells(X, cells, self.conditional.changes(int(unit), rows, source))
                continue
            if self.conditional is not None:
                of_steps = self.conditional.sources(int(unit), rows, source)
            elif self.shuffle == "series" and self.real is None:
                _copy_cells(self.X, X, source, cells)
                continue
            else:
                of_steps = self._sources(rows, source, np.unique(steps))
            for step, of_step in of_steps.items():
                _copy_cells(self.X, X, of_step, cells[steps == step])
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


@dataclass(frozen=True)
class ReplacedWordScorer:
    """The same for words: each occurrence of a unit's words becomes one drawn from the corpus.

    A view's shuffled column says which unit is due, and seeds the draws.
    """

    scorer: Callable
    tokens: Tokens
    units: WordUnits

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        return self.scorer(estimator, self.gather(view), y, **kwargs)

    def gather(self, view: pd.DataFrame) -> np.ndarray:
        """The ids of the view's rows, with the words of each shuffled unit replaced."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        ids = self.tokens.ids[rows]
        corpus = self.tokens.ids[self.tokens.real]
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            of_unit = (self.units.unit_of_id[ids] == unit) & self.tokens.real[rows]
            random = np.random.default_rng(sources[:, unit])
            ids[of_unit] = random.choice(corpus, size=int(of_unit.sum()))
        return ids


def _copy_cells(X_from: Any, X_to: Any, source: np.ndarray, cells: np.ndarray) -> None:
    """Fill the given cells of each row of ``X_to`` from the row ``source`` of ``X_from``."""
    if hasattr(X_to, "iloc"):
        for cell in cells:  # column by column: each keeps its type
            values = X_from.iloc[source, cell]
            X_to.isetitem(cell, values.set_axis(X_to.index))
        return
    flat = X_to.reshape(len(X_to), -1)  # a view: rows taken from a C-contiguous array
    flat[:, cells] = X_from.reshape(len(X_from), -1)[source[:, None], cells]


def _add_to_cells(X: Any, cells: np.ndarray, change: np.ndarray) -> None:
    """Add ``change`` (n_samples, n_cells) to the given cells of each row."""
    if hasattr(X, "iloc"):
        for i, cell in enumerate(cells):
            column = X.iloc[:, cell]
            X.isetitem(cell, (column + change[:, i]).astype(column.dtype))
        return
    X.reshape(len(X), -1)[:, cells] += change


def left_out_view(n_samples: int, n_units: int) -> dict[str, np.ndarray]:
    """For each unit a column that tells which unit and which rows lofo has handed on."""
    rows = np.arange(n_samples)[:, None]
    return {str(unit): unit * n_samples + rows for unit in range(n_units)}


def read_left_out_view(view: np.ndarray, n_samples: int) -> tuple[np.ndarray, list[int]]:
    """Rows and units of a table that lofo has put together from ``left_out_view``."""
    view = np.asarray(view, dtype=np.int64)
    return view[:, 0] % n_samples, (view[0] // n_samples).tolist()


def take_cells(X: Any, rows: np.ndarray, units: Units, kept_units: list[int]) -> Any:
    """Some rows of ``X`` without the features, time steps or columns of the missing units."""
    X = _safe_indexing(X, rows)
    cells = np.sort(np.concatenate([units.cells[unit] for unit in kept_units]))
    if hasattr(X, "iloc"):
        return X.iloc[:, cells]
    if X.ndim == 2:
        return X[:, cells]
    steps, features = np.unique(cells // X.shape[2]), np.unique(cells % X.shape[2])
    return X[:, steps[:, None], features]
