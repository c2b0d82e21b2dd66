"""Units that are sets of cells: features, time steps, single cells, and groups of these.

A *cell* is one feature at one time step. The flat index of cell (t, f) is ``t * F + f``, in 3-D and
in time-major 2-D samples, so units are lists of flat indices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from skfi._given import check_names
from skfi.importance._units._groups import group_units

BY = ("feature", "timestep", "cell")


@dataclass(frozen=True)
class Units:
    """What an importance is computed for: named sets of cells that together cover the input."""

    by: str
    names: np.ndarray
    cells: list[np.ndarray]  # flat indices
    shape: tuple[int, int]  # (n_timesteps, cells of a step)
    axes: tuple[list[str], list[str]]  # names of the time steps and of the features
    spans_time: bool  # whether a unit is a feature of all time steps
    input_names: list[str]  # of the features, or of the columns of 2-D input
    groups: dict[str, list[Any]] | None  # what they were grouped by
    is_grid: bool  # whether units fill time steps and features: groups of cells do not
    _average: sparse.csr_array  # (units, cells)

    def __len__(self) -> int:
        return len(self.cells)

    def steps_of(self, cells: np.ndarray) -> np.ndarray:
        """The time step of each of some cells."""
        return cells // self.shape[1]

    @property
    def series(self) -> tuple[slice, ...]:
        """The time steps of each input; there is one."""
        return (slice(0, self.shape[0]),)

    @property
    def entries(self) -> dict[str, Any]:
        """Entries of a result from which the same units can be made again, and drawn."""
        kept = {"input_names": self.input_names, "feature_groups": self.groups}
        return kept | ({"axes": self.axes} if self.is_grid else {})

    def of_samples(self, values: np.ndarray, real: np.ndarray | None = None) -> np.ndarray:
        """Values of cells (n_samples, ...) as values of units (n_units, n_samples).

        A feature is the mean over its time steps, those that are ``real`` (n_samples, n_timesteps)
        and not padding, whose values are 0; a time step is the mean over its features, a group the
        sum of its members.
        """
        values = values.reshape(len(values), -1)
        averaged = np.empty((len(self), len(values)))
        for start in range(0, len(values), 4096):  # in double precision, a part at a time
            rows = slice(start, start + 4096)
            averaged[:, rows] = self._average @ np.asarray(values[rows], dtype=np.float64).T
        if real is None or not self.spans_time:
            return averaged
        return averaged * (self.shape[0] / np.maximum(real.sum(axis=1), 1))


def make_units(
    shape: tuple[int, ...],
    *,
    by: str = "feature",
    n_timesteps: int | None = None,
    feature_names: Sequence[str] | None = None,
    feature_groups: Mapping[str, Sequence[Any]] | None = None,
    from_start: bool = False,
) -> Units:
    """Name the units of an input of ``shape`` and say which cells each holds.

    Parameters
    ----------
    shape : (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        What lies between time steps and features, such as the pixels of frames, is space: a cell is
        a feature at a time step, all over it.
    by : {"feature", "timestep", "cell"}
        For 2-D input a feature is a column.
    n_timesteps : int, optional
        How many steps the columns of 2-D input fold into.
    feature_names : sequence of str, optional
        One for each feature (3-D) or column (2-D); by default x0, x1, ...
    feature_groups : mapping of str to sequences of names or positions, optional
        Units that count as one. Units in no group stay on their own.
    from_start : bool
        Number the time steps from the first, as sequences of unequal length need; otherwise they
        are named back from the last: "t", "t-1", ...
    """
    if by not in BY:
        raise ValueError(f"by={by!r} is unknown; use one of {', '.join(map(repr, BY))}.")
    n_names = shape[-1]
    names = _check_names(feature_names, n_names, "column" if len(shape) == 2 else "feature")
    input_names = names.tolist()
    if len(shape) > 2:
        steps, width = shape[1], shape[-1]
    else:
        steps = 1 if n_timesteps is None else n_timesteps
        width = shape[1] // steps
    n_places = prod(shape[2:-1])
    grid = np.arange(steps * n_places * width).reshape(steps, n_places, width)
    step_names = np.array(
        [str(t) if from_start else _step_name(steps - 1 - t) for t in range(steps)], dtype=object
    )
    axes = (step_names.tolist(), (names if len(names) == width else names[:0]).tolist())
    if by == "timestep":
        if len(shape) == 2 and n_timesteps is None:
            raise ValueError(
                "by='timestep' needs sequences: X of shape (n_samples, n_timesteps, n_features), "
                "or an estimator with n_timesteps. For a Pipeline that makes windows, make them "
                "first (make_windows), or use gradient_importance."
            )
        names, base = step_names, [of_step.ravel() for of_step in grid]
    elif len(shape) == 2:  # a column is a cell
        base = [np.array([column]) for column in range(n_names)]
    elif by == "feature":
        base = [grid[:, :, feature].ravel() for feature in range(width)]
    else:
        names = np.array([f"{f}[{t}]" for t in step_names for f in names], dtype=object)
        base = [grid[step, :, feature] for step in range(steps) for feature in range(width)]
    members = [[i] for i in range(len(names))]
    if feature_groups is not None:
        names, members = group_units(names, feature_groups)
    rows = [np.concatenate([base[m] for m in group]) for group in members]
    weights = np.concatenate(
        [np.full(len(base[m]), 1.0 / len(base[m])) for group in members for m in group]
    )
    average = sparse.csr_array(
        (weights, np.concatenate(rows), np.cumsum([0, *map(len, rows)])),
        shape=(len(rows), grid.size),
    )
    cells = [np.sort(row) for row in rows]
    spans_time = by == "feature" and len(shape) > 2
    groups = {name: list(of_group) for name, of_group in (feature_groups or {}).items()} or None
    is_grid = by != "cell" or len(cells) == steps * width
    shape = (steps, n_places * width)
    return Units(by, names, cells, shape, axes, spans_time, input_names, groups, is_grid, average)


def _step_name(steps_before_last: int) -> str:
    return f"t-{steps_before_last}" if steps_before_last else "t"


def _check_names(names: Sequence[str] | None, n_names: int, axis: str) -> np.ndarray:
    if names is None:
        return np.array([f"x{i}" for i in range(n_names)], dtype=object)
    names = check_names(names)
    if len(names) != n_names:
        raise ValueError(
            f"feature_names has {len(names)} names, but X has {n_names} {axis}s; give one for each."
        )
    return np.array(names, dtype=object)
