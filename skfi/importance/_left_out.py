"""An estimator and a scorer that read lofo's index view: cross-validation without some units."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import _safe_indexing

from skfi._keras import fits_ahead, jit_compile, jit_compile_as
from skfi._sequences import Units
from skfi.importance._index_view import read_left_out_view, take_cells
from skfi.importance._left_out_words import WordData
from skfi.importance._warm import WarmStart


class Failure(BaseException):
    """Carries an error out of scikit-learn's cross-validation.

    ``cross_validate``, as lofo calls it, turns any ``Exception`` of a fit or a scorer into a score
    of NaN and a warning, which lofo silences.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class SequenceData:
    """The real data behind a view."""

    X: Any
    y: Any
    sample_weight: np.ndarray | None
    units: Units

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows and units."""
        rows, kept = read_left_out_view(view, len(self.X))
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        return take_cells(self.X, rows, self.units, kept), _safe_indexing(self.y, rows), weight

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Time steps and features of the whole, and the cells of the view's units."""
        _, kept = read_left_out_view(view, len(self.X))
        return self.units.shape, np.sort(np.concatenate([self.units.cells[i] for i in kept]))

    @property
    def n_columns(self) -> int:
        """Columns of the view."""
        return len(self.units)

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Tell a network that folds columns how many time steps are left."""
        if self.units.by == "timestep":
            _, kept = read_left_out_view(view, len(self.X))
            n_timesteps = sum(len(self.units.cells[i]) for i in kept) // self.units.shape[1]
            for name, value in estimator.get_params(deep=True).items():
                if name.split("__")[-1] == "n_timesteps" and value is not None:
                    estimator.set_params(**{name: n_timesteps})
        return estimator


class LeftOutEstimator(BaseEstimator):
    """Fits a clone of ``estimator`` on the rows and units that a view describes."""

    def __init__(
        self,
        estimator: Any,
        data: SequenceData | WordData,
        fit_params: Mapping[str, Any],
        n_fits: int,
        start: WarmStart | None = None,
    ) -> None:
        self.estimator = estimator
        self.data = data
        self.fit_params = fit_params
        self.n_fits = n_fits
        self.start = start
        self.jit_compile = jit_compile()  # the user's setting, for other processes

    def __sklearn_clone__(self) -> Self:  # the data is shared
        return self.starting_from(self.start)

    def starting_from(self, start: WarmStart | None) -> Self:
        """The same, going on from trained weights."""
        other = copy(self)
        other.start = start
        return other

    def fit(self, view: np.ndarray, rows: np.ndarray) -> Self:
        """Fit; an error ends the whole cross-validation."""
        try:
            X, y, weight = self.data.gather(view)
            estimator = self.data.prepare(clone(self.estimator), view)
            if self.start is not None:
                self.start.put_into(estimator, *self.data.kept(view))
            with jit_compile_as(self.jit_compile), fits_ahead(self.n_fits):
                self.estimator_ = estimator.fit(X, y, **weight, **self.fit_params)
        except Exception as error:
            raise Failure(error) from error
        return self


@dataclass(frozen=True)
class LeftOutScorer:
    """Scores the fitted clone on the rows and units that a view describes."""

    scorer: Callable

    def __call__(self, fitted: LeftOutEstimator, view: np.ndarray, rows: np.ndarray) -> float:
        try:
            X, y, weight = fitted.data.gather(view)
            return self.scorer(fitted.estimator_, X, y, **weight)
        except Exception as error:
            raise Failure(error) from error


def check_whole_features(units: Units, n_timesteps: int) -> None:
    """Raise ValueError for a unit of columns that would leave a feature at some steps only."""
    width = units.shape[1]
    for name, cells in zip(units.names, units.cells, strict=True):
        features = np.unique(cells % width)
        if len(cells) != len(features) * n_timesteps:
            raise ValueError(
                f"Leaving out {name!r} would break the sequences: X has n_timesteps="
                f"{n_timesteps} steps of {width} features side by side, and a feature can only "
                "be left out of all steps. Pass 3-D X, by='timestep', or feature_groups that "
                "hold each feature's columns of all steps."
            )


def check_something_stays(units: Units, real: np.ndarray) -> None:
    """Raise ValueError for a unit of time steps without which a sequence is padding only."""
    for name, cells in zip(units.names, units.cells, strict=True):
        steps = np.unique(cells // units.shape[1])
        empty = np.flatnonzero(~np.delete(real, steps, axis=1).any(axis=1))
        if len(empty):
            raise ValueError(
                f"Leaving out the time steps {name!r} would leave nothing of {len(empty)} of "
                f"{len(real)} sequences, such as row {empty[0]} of X. Leave out fewer steps at a "
                "time, or use permutation_importance(by='timestep')."
            )
