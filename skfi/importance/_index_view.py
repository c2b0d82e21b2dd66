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

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        return self.scorer(estimator, self.gather(view), y, **kwargs)

    def gather(self, view: pd.DataFrame) -> Any:
        """The rows of ``X`` in the view's index, with each shuffled unit taken from elsewhere."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        X = _safe_indexing(self.X, rows)
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            cells, source = self.units.cells[unit], sources[:, unit]
            if self.shuffle == "series":
                _copy_cells(self.X, X, source, cells)
            else:
                _scatter_cells(self.X, X, source, cells, self.units.shape[1])
        return X


def _copy_cells(X_from: Any, X_to: Any, source: np.ndarray, cells: np.ndarray) -> None:
    """Fill the given cells of each row of ``X_to`` from the row ``source`` of ``X_from``."""
    if hasattr(X_to, "iloc"):
        for cell in cells:  # column by column: each keeps its type
            values = X_from.iloc[source, cell]
            X_to.isetitem(cell, values.set_axis(X_to.index))
        return
    flat = X_to.reshape(len(X_to), -1)  # a view: rows taken from a C-contiguous array
    flat[:, cells] = X_from.reshape(len(X_from), -1)[source[:, None], cells]


def _scatter_cells(
    X_from: Any, X_to: Any, source: np.ndarray, cells: np.ndarray, n_features: int
) -> None:
    """The same with a shuffle of its own for each time step, which breaks the series up.

    The shuffles are drawn from a seed that scikit-learn's own shuffle determines, so they share
    its reproducibility, whatever ``n_jobs`` is.
    """
    random = np.random.default_rng(source)
    steps = cells // n_features
    for step in np.unique(steps):
        _copy_cells(X_from, X_to, random.permutation(source), cells[steps == step])


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
