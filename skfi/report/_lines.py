"""Importances over runs, periods or groups, as lines."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from skfi.display._figures import INK, matplotlib_pyplot

# told apart by those who do not see all colours (Okabe and Ito), each with a mark of its own
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f")
_MARKS = "osD^v<>P"
_MOST_TICKS = 24


def lines(frame: pd.DataFrame, label: str, over: str, spread: Any = None) -> Any:
    """A line for each row of a table, over its columns, with intervals (rows, columns, 2)."""
    plt = matplotlib_pyplot()
    n_columns = frame.shape[1]
    figure, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
    for i, (name, values) in enumerate(zip(frame.index, frame.to_numpy(), strict=True)):
        style = {"color": _COLORS[i % len(_COLORS)], "marker": _MARKS[i % len(_MARKS)]}
        at = np.arange(n_columns) + (0 if spread is None else 0.06 * (i - (len(frame) - 1) / 2))
        errors = None
        if spread is not None and np.isfinite(spread[i]).any():
            errors = np.abs(spread[i].T - values)
        ax.errorbar(at, values, errors, label=str(name), linewidth=1.5, markersize=4, **style)
    ax.axhline(0, color=INK, linewidth=0.8)
    shown = range(0, n_columns, -(-n_columns // _MOST_TICKS))
    names = [str(column) for column in frame.columns]
    long = max(map(len, names)) * n_columns > 60
    ax.set_xticks(shown, [names[i] for i in shown], rotation=90 * long, parse_math=False)
    ax.set(xlabel=over, ylabel=label)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return SimpleNamespace(ax_=ax, figure_=figure)
