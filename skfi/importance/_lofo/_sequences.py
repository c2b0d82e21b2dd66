"""Sequences and tables without some units."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi._private import _safe_indexing
from skfi.importance._index_view import read_left_out_view
from skfi.importance._inputs._kinds import Numbers, SeveralInputs, TokenIds
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._rows import take_cells
from skfi.importance._lofo._constant import (
    Constants,
    ConstantsOfInputs,
    constants_of,
    constants_of_inputs,
    unknown_words,
)
from skfi.importance._lofo._removable import can_be_removed
from skfi.importance._lofo._values import check_values
from skfi.importance._units._cells import Units
from skfi.importance._units._of_input import units_of
from skfi.importance._units._several import UnitsOfInputs


@dataclass(frozen=True)
class Settings:
    """The estimator and the targets, which units are left out, and how."""

    estimator: Any
    y: Any
    sample_weight: np.ndarray | None
    per_step: bool  # whether there is a target at every step
    leave_out: str
    by: str
    groups: Any
    names: Any
    unknown_id: int


@dataclass(frozen=True)
class SequenceData:
    """The real data behind a view."""

    kind: Numbers | SeveralInputs | TokenIds
    y: Any
    sample_weight: np.ndarray | None
    units: Units | UnitsOfInputs
    # what units that are left out hold; None removes them
    constants: Constants | ConstantsOfInputs | None

    @property
    def X(self) -> Any:
        """The samples."""
        return self.kind.X

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows and units."""
        rows, kept = read_left_out_view(view, len(self.X))
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        if self.constants is None:
            X = take_cells(self.X, rows, self._cells(kept))
        else:
            left_out = np.setdiff1d(self._all_cells(), self._cells(kept))
            X = self.constants.put_into(self.X, rows, left_out)
        return self.kind.given(X), _safe_indexing(self.y, rows), weight

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Time steps and features of the whole, and the cells that the network gets."""
        _, kept = read_left_out_view(view, len(self.X))
        return self.units.shape, self._cells(kept) if self.constants is None else self._all_cells()

    @property
    def names(self) -> np.ndarray:
        """Of the units."""
        return self.units.names

    @property
    def by(self) -> str:
        """What a unit is."""
        return self.units.by

    @property
    def entries(self) -> dict[str, Any]:
        """What a result says of the units besides."""
        return self.units.entries

    @property
    def leave_out(self) -> str:
        """How units are left out."""
        return "remove" if self.constants is None else "constant"

    @property
    def cells_stay(self) -> bool:
        """Whether the network gets as many cells without a unit."""
        return self.constants is not None

    @property
    def n_columns(self) -> int:
        """Columns of the view."""
        return len(self.units)

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Set the number of remaining time steps on a network that folds columns."""
        if self.units.by == "timestep" and self.constants is None:
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


def of_numbers(kind: Numbers, settings: Settings) -> SequenceData:
    """Units of numbers, removed if that is known to be safe and else held at a constant."""

    def constants(units: Units) -> Constants:
        mask_value = LastStep.at_end_of(settings.estimator).mask_value
        return constants_of(kind.X, units, kind.real, mask_value)

    return _sequence_data(kind, settings, kind.real, constants)


def of_positions(kind: TokenIds, settings: Settings) -> SequenceData:
    """Positions of token ids; constant ones hold the unknown word."""

    def constants(units: Units) -> Constants:
        return unknown_words(kind.X, settings.unknown_id, kind.real)

    return _sequence_data(kind, settings, None, constants)


def _sequence_data(
    kind: Numbers,
    settings: Settings,
    real: np.ndarray | None,
    constants: Callable[[Units], Constants],
) -> SequenceData:
    """``real`` tells which steps must stay, if some time steps of a sequence are removed."""
    units: Any = units_of(kind, by=settings.by, groups=settings.groups, names=settings.names)
    _check_several(units)
    check_values(settings.estimator, kind.X, kind.real)
    gap = _NO_SEQUENCES if kind.X.ndim > 3 else None
    gap = gap or gap_without(units, kind.n_timesteps, real, per_step=settings.per_step)
    if settings.leave_out == "remove" and gap is not None:
        raise ValueError(gap)
    constant = settings.leave_out == "constant"
    if settings.leave_out == "auto":
        constant = gap is not None or not can_be_removed(
            settings.estimator, kind, settings.y, units.shape, smallest_rest(units)
        )
    return SequenceData(
        kind, settings.y, settings.sample_weight, units, constants(units) if constant else None
    )


def of_inputs(kind: SeveralInputs, settings: Settings) -> SequenceData:
    """Units of several inputs, held at a constant."""
    if settings.leave_out == "remove":
        raise ValueError(
            "leave_out='remove' is for networks of one input; a feature of several is held at a "
            "constant. Use 'auto' or 'constant'."
        )
    units: Any = units_of(kind, by=settings.by, groups=settings.groups, names=settings.names)
    _check_several(units)
    return SequenceData(kind, settings.y, settings.sample_weight, units, constants_of_inputs(kind))


def _check_several(units: Units) -> None:
    if len(units) < 2:
        raise ValueError(
            f"LOFO needs at least two units to leave one out; got only {units.names[0]!r} in X."
        )


_NO_SEQUENCES = (
    "Frames have places besides time steps and features, from which a feature cannot be removed: "
    "leave_out='constant' holds it at a constant instead."
)
_HOW = " leave_out='constant' holds it at a constant instead."


def gap_without(
    units: Units, n_timesteps: int | None, real: np.ndarray | None, *, per_step: bool
) -> str | None:
    """Why the units cannot be removed from sequences, in words; None if they can.

    ``n_timesteps`` is what columns fold into, ``real`` (n_samples, n_timesteps) tells which steps
    are not padding, ``per_step`` whether there is a target at every step.
    """
    if units.by == "cell":
        return "by='cell' is not possible for LOFO by removal: the rest is no sequence." + _HOW
    if units.by == "timestep":
        if per_step:
            return (
                "by='timestep' is not possible for LOFO by removal with return_sequences=True: a "
                "time step that is left out has no input for its output." + _HOW
            )
        return None if real is None else _without_any_step(units, real)
    return _broken_feature(units) if n_timesteps is not None and n_timesteps > 1 else None


def _broken_feature(units: Units) -> str | None:
    """A unit of columns that would leave a feature at some steps only."""
    n_timesteps, width = units.shape
    for name, cells in zip(units.names, units.cells, strict=True):
        features = np.unique(cells % width)
        if len(cells) != len(features) * n_timesteps:
            return (
                f"Leaving out {name!r} would break the sequences: X has n_timesteps="
                f"{n_timesteps} steps of {width} features side by side, and a feature can only "
                "be removed from all steps. Pass 3-D X, by='timestep', or feature_groups that "
                "hold each feature's columns of all steps." + _HOW
            )
    return None


def _without_any_step(units: Units, real: np.ndarray) -> str | None:
    """A unit of time steps without which a sequence is padding only."""
    for name, cells in zip(units.names, units.cells, strict=True):
        steps = np.unique(cells // units.shape[1])
        empty = np.flatnonzero(~np.delete(real, steps, axis=1).any(axis=1))
        if len(empty):
            return (
                f"Leaving out the time steps {name!r} would leave nothing of {len(empty)} of "
                f"{len(real)} sequences, such as row {empty[0]} of X. Leave out fewer steps at a "
                "time." + _HOW
            )
    return None


def smallest_rest(units: Units) -> tuple[int, int]:
    """Time steps and features that are left, at the least, when a unit is removed."""
    n_timesteps, width = units.shape
    cells: Any = np.arange(n_timesteps * width)
    remaining = [np.setdiff1d(cells, of_unit) for of_unit in units.cells]
    n_steps = [len(np.unique(cells_left // width)) for cells_left in remaining]
    n_features = [len(np.unique(cells_left % width)) for cells_left in remaining]
    return min(n_steps), min(n_features)
