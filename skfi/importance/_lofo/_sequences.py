"""Sequences and tables without some units."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from skfi.importance._index_view import read_left_out_view
from skfi.importance._inputs._rows import take_cells
from skfi.importance._lofo._constant import HeldValues
from skfi.importance._units._cells import Units


@dataclass(frozen=True)
class SequenceData:
    """The real data behind a view."""

    X: Any
    y: Any
    sample_weight: np.ndarray | None
    units: Units
    held: HeldValues | None  # what units that are left out are held at; None removes them

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows and units."""
        rows, kept = read_left_out_view(view, len(self.X))
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        if self.held is None:
            X = take_cells(self.X, rows, self._cells(kept))
        else:
            X = self.held.hold(self.X, rows, np.setdiff1d(self._all_cells(), self._cells(kept)))
        return X, _safe_indexing(self.y, rows), weight

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Time steps and features of the whole, and the cells that the network gets."""
        _, kept = read_left_out_view(view, len(self.X))
        return self.units.shape, self._cells(kept) if self.held is None else self._all_cells()

    @property
    def names(self) -> np.ndarray:
        """Of the units."""
        return self.units.names

    @property
    def by(self) -> str:
        """What a unit is."""
        return self.units.by

    @property
    def more(self) -> dict[str, Any]:
        """What a result says of the units besides."""
        no_grid = self.units.by == "cell" and len(self.units) < np.prod(self.units.shape)
        return self.units.origin | ({} if no_grid else {"axes": self.units.axes})

    @property
    def n_columns(self) -> int:
        """Columns of the view."""
        return len(self.units)

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Tell a network that folds columns how many time steps are left."""
        if self.units.by == "timestep" and self.held is None:
            _, kept = read_left_out_view(view, len(self.X))
            n_timesteps = len(self._cells(kept)) // self.units.shape[1]
            for name, value in estimator.get_params(deep=True).items():
                if name.split("__")[-1] == "n_timesteps" and value is not None:
                    estimator.set_params(**{name: n_timesteps})
        return estimator

    def _cells(self, units: list[int]) -> np.ndarray:
        return np.sort(np.concatenate([self.units.cells[i] for i in units]))

    def _all_cells(self) -> np.ndarray:
        return np.arange(np.prod(self.units.shape))
