"""Which importances make a grid of features and time steps, and series drawn over it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi.display._figures import ON_MAP
from skfi.display._importance import check_result
from skfi.importance import ImportanceResult


def is_whole_grid(result: ImportanceResult) -> bool:
    """Whether there is a value for each time step, or for each cell of each."""
    n_units, (steps, features) = len(result.importances_mean), map(len, result.axes)
    if result.by == "timestep":
        return n_units == steps
    # columns of 2-D X are cells, whose names are no names of features: then the axis has none
    return n_units == steps * features if features else n_units % steps == 0


def check_over_time(result: Any) -> None:
    """Raise TypeError or ValueError for a result that has no values by time step."""
    check_result(result)
    if result.attributions is not None and result.get("tokens") is not None:
        raise ValueError("The result is of texts; draw it with TokenImportanceDisplay.")
    if result.get("inputs") is not None:
        raise ValueError(
            f"The result is of the inputs {result.inputs}: draw one of them, such as "
            f"TemporalImportanceDisplay.from_result(result.of_input({result.inputs[0]!r}))."
        )
    if result.attributions is not None and result.get("output_step") == "all":
        raise ValueError(
            "The result has attributions for each output step; draw one of them: compute it "
            "with output_step=<step>."
        )
    if result.attributions is None and (
        result.by not in ("cell", "timestep") or "axes" not in result or not is_whole_grid(result)
    ):
        raise ValueError(
            f"The {result.method} result is by {result.by!r}: a heat map over time needs "
            "by='cell' or by='timestep', without feature_groups."
        )


def is_over_time(result: ImportanceResult) -> bool:
    """Whether a heat map over several time steps can be drawn."""
    try:
        check_over_time(result)
    except ValueError:
        return False
    return "axes" in result and len(result.axes[0]) > 1


def check_call(method: str, by: Any, feature_groups: Any) -> None:
    """Raise ValueError, before computing, if no heat map can be drawn."""
    if by not in ("cell", "timestep"):
        raise ValueError(
            f"method={method!r} got by={by!r}: a heat map over time needs by='cell' or "
            "by='timestep'. Draw other units with ImportanceDisplay."
        )
    if isinstance(feature_groups, Mapping) and feature_groups:
        raise ValueError(
            f"method={method!r} got feature_groups {[str(name) for name in feature_groups]}: a "
            "group has no place in a heat map over time. Leave feature_groups out, or draw groups "
            "with ImportanceDisplay."
        )


def draw_series(ax: Any, series: np.ndarray, values: np.ndarray) -> None:
    """Draw each feature as a line inside its row of the map."""
    for row, (course, shown) in enumerate(zip(series, values, strict=True)):
        real = np.isfinite(shown) & np.isfinite(course)
        low, high = course[real].min(), course[real].max()
        scaled = (course - low) / (high - low) if high > low else np.full(len(course), 0.5)
        height = np.where(real, row + 0.4 - 0.8 * scaled, np.nan)
        ax.plot(np.arange(len(course)), height, color=ON_MAP, linewidth=0.8)
