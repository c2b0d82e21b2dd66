"""An estimator and a scorer of samples without some units, which lofo's index view tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from skfi._keras import fits_ahead, jit_compile, jit_compile_as
from skfi._sequences import Units
from skfi.importance._held import HeldValues
from skfi.importance._index_view import read_left_out_view, take_cells
from skfi.importance._left_out_words import WordData
from skfi.importance._tokens import steps_of
from skfi.importance._warm import WarmStart


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
            X = take_cells(self.X, rows, self.units, kept)
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


@dataclass(frozen=True)
class LeftOutEstimator:
    """Fits a clone of ``estimator`` on the rows and units that a view describes."""

    estimator: Any
    data: SequenceData | WordData
    fit_params: Mapping[str, Any]
    n_fits: int
    start: WarmStart | None = None
    jit_compile: bool | None = field(default_factory=jit_compile)  # the user's, elsewhere too

    def starting_from(self, start: WarmStart) -> Self:
        """The same, going on from trained weights."""
        return replace(self, start=start)

    def fit(self, view: np.ndarray) -> Any:
        """The fitted clone."""
        X, y, weight = self.data.gather(view)
        estimator = self.data.prepare(clone(self.estimator), view)
        last = steps_of(estimator)[-1]
        if hasattr(last, "importance_params"):  # which nobody would look at
            last.set_params(importance=None, importance_params=None)
        if self.start is not None:
            self.start.put_into(estimator, *self.data.kept(view))
        with jit_compile_as(self.jit_compile), fits_ahead(self.n_fits):
            return estimator.fit(X, y, **weight, **self.fit_params)


@dataclass(frozen=True)
class LeftOutScorer:
    """Scores a fitted clone on the rows and units that a view describes."""

    scorer: Callable
    name: str  # of the metric
    data: SequenceData | WordData

    def __call__(self, fitted: Any, view: np.ndarray) -> float:
        X, y, weight = self.data.gather(view)
        return checked_score(self.scorer(fitted, X, y, **weight), self.name)


def checked_score(score: Any, name: str) -> float:
    """``score`` if it is one finite number."""
    value = np.asarray(score)
    if value.ndim or value.dtype.kind not in "iuf":
        raise ValueError(
            f"scoring={name!r} returned {score!r:.60} of type {type(score).__name__}; a metric "
            "returns one number, the higher the better."
        )
    if not np.isfinite(value):
        raise ValueError(
            f"scoring={name!r} returned {float(value)}, which is not a finite number. The metric "
            "may be undefined in a fold, for instance for a single class."
        )
    return float(value)
