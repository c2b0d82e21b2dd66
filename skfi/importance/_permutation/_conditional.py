"""Values that conditional permutation puts in place of those of a unit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skfi.importance._permutation._conditional_choice import (
    depend_on_others,
    is_discrete,
    leaves_range,
)
from skfi.importance._permutation._conditional_groups import (
    givers,
    groups_of_like_rows,
    principal_axes,
    quarters,
)
from skfi.importance._permutation._conditional_residuals import residuals
from skfi.importance._units._cells import Units

_FEWEST_SAMPLES = 10


@dataclass(frozen=True)
class Conditional:
    """How each unit is shuffled: by residuals, or by values within groups of similar rows."""

    units: Units
    by: np.ndarray  # (n_units,): "residuals" or "groups"
    cells: np.ndarray  # (n_samples, n_cells)
    quarters: np.ndarray  # of the same shape
    residuals: np.ndarray  # of the same shape
    scale: np.ndarray  # (n_cells,): of the residuals of other rows

    def changes(self, unit: int, rows: np.ndarray, source: np.ndarray) -> np.ndarray:
        """What is added to a unit's cells in ``rows`` with the residuals of the rows ``source``."""
        cells = self.units.cells[unit]
        of_others = self.residuals[source[:, None], cells] * self.scale[cells]
        return of_others - self.residuals[rows[:, None], cells]

    def sources(self, unit: int, rows: np.ndarray, source: np.ndarray) -> dict[int, np.ndarray]:
        """For each time step of a unit the row that each of ``rows`` gets its values from.

        ``source``, a permutation of ``rows``, gives the rank that each row takes in its own group,
        the same for all steps. It also seeds the trees, so results do not depend on ``n_jobs``.
        """
        random = np.random.default_rng(source)
        own, steps = self.units.cells[unit], self._steps(unit)
        others = np.delete(np.arange(self.cells.shape[1]), own)
        order = np.argsort(rows)  # in order of time
        rows, donors = rows[order], np.searchsorted(rows[order], source[order])
        values, in_quarters = self.cells[rows][:, others], self.quarters[rows][:, others]
        rows_of_steps = {}
        for step in np.unique(steps):
            at = np.ix_(rows, own[steps == step])
            of_step = self.cells[at]
            if not np.ptp(of_step, axis=0).any():
                continue
            centre, axes = principal_axes(of_step)
            parts = (of_step - centre) @ axes
            predicted = parts - self.residuals[at] @ axes
            groups = groups_of_like_rows(parts, predicted, values, in_quarters, random)
            rows_of_steps[int(step)] = np.empty_like(rows)
            rows_of_steps[int(step)][order] = rows[givers(groups, parts[:, 0], donors, random)]
        return rows_of_steps

    def donors(self, unit: int, drawn: np.ndarray) -> np.ndarray:
        """From which row each gets its values in each repeat; both (n_repeats, n_samples).

        ``drawn`` itself for residuals, and for units of several time steps.
        """
        if self.by[unit] == "residuals" or len(np.unique(self._steps(unit))) > 1:
            return drawn
        rows = np.arange(drawn.shape[1])
        sources = [list(self.sources(unit, rows, source).values()) for source in drawn]
        return np.array([of_step[0] if of_step else rows for of_step in sources])

    def _steps(self, unit: int) -> np.ndarray:
        return self.units.steps_of(self.units.cells[unit])


def conditional_exchange(X: Any, units: Units, real: np.ndarray | None) -> Conditional:
    """Choose how to shuffle each unit conditionally on the others.

    By residuals of a linear regression if the columns are continuous, the shuffled values stay in
    range, and the residuals do not depend on the others; else by values within groups.
    """
    cells, of_floats = _checked(X, units, real)
    in_quarters = quarters(cells)
    all_residuals, scale = np.zeros(cells.shape), np.ones(cells.shape[1])
    discrete = ~of_floats | [is_discrete(column) for column in cells.T]
    by = []
    for own in units.cells:
        others = np.delete(np.arange(cells.shape[1]), own)
        all_residuals[:, own], scale[own] = residuals(cells[:, own], cells[:, others])
        varies = own[np.ptp(cells[:, own], axis=0) > 0]
        by.append("groups")
        if not len(varies) or discrete[varies].any():
            continue
        of_unit, steps = all_residuals[:, varies], units.steps_of(varies)
        if not leaves_range(cells[:, varies], of_unit, scale[varies]) and not depend_on_others(
            cells[:, varies], of_unit, steps, cells[:, others], in_quarters[:, others]
        ):
            by[-1] = "residuals"
    return Conditional(units, np.array(by, dtype=object), cells, in_quarters, all_residuals, scale)


def _checked(X: Any, units: Units, real: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Cells (n_samples, n_cells) as numbers, and which of them may hold fractions."""
    if real is not None and not real.all():
        raise ValueError(
            "conditional=True needs sequences of equal length without padding: the other features "
            "of padded steps predict nothing. Use feature_groups=, or cut the sequences."
        )
    columns = [X.iloc[:, i] for i in range(X.shape[1])] if hasattr(X, "iloc") else [X]
    for column in columns:
        if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind not in "fiub":
            raise ValueError(
                "conditional=True needs numeric columns, to predict each from the others; got "
                f"dtype {column.dtype}. Encode the others first, and explain the last step of the "
                "Pipeline."
            )
    if hasattr(X, "iloc"):
        numbers = [column.to_numpy(np.float64, na_value=np.nan) for column in columns]
        cells = np.column_stack(numbers)
        of_floats = np.array([column.dtype.kind == "f" for column in columns])
    else:
        cells = X.reshape(len(X), -1).astype(np.float64)
        of_floats = np.full(cells.shape[1], X.dtype.kind == "f")
    if not np.isfinite(cells).all():
        raise ValueError("conditional=True needs finite values; fill in NaN first.")
    if len(cells) < _FEWEST_SAMPLES:
        raise ValueError(
            f"conditional=True needs at least {_FEWEST_SAMPLES} samples, to predict each feature "
            f"from the others; got {len(cells)}."
        )
    if len(units) < 2:
        raise ValueError("conditional=True needs at least two units; there is one.")
    return cells, of_floats
