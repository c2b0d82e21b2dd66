"""Which units leave a gap that breaks the sequences when they are removed."""

from typing import Any

import numpy as np

from skfi.importance._units._cells import Units

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
    rests = [np.setdiff1d(cells, of_unit) for of_unit in units.cells]
    n_steps = [len(np.unique(rest // width)) for rest in rests]
    n_features = [len(np.unique(rest % width)) for rest in rests]
    return min(n_steps), min(n_features)
