"""Helpers shared by the displays."""

from typing import Any

import numpy as np

from skfi._constraints import OPTIONAL_MAPPING, Instance, Whole

HELPS, HARMS, INK = "#2b6ca3", "#c8553d", "#333333"
SIGNED, UNSIGNED = "RdBu", "Blues"  # blue: for the target, or important; red: against it

# what parameters of several displays may be
AX = [Instance(["plot", "barh", "imshow", "get_figure"]), None]
MAX_FEATURES = [Whole(), None]
STYLE = OPTIONAL_MAPPING


def matplotlib_pyplot() -> Any:
    """``matplotlib.pyplot``, or an ImportError that says how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib. Install it, or the extra that brings it: "
            "pip install 'skfi[plot]'."
        ) from error
    return plt


def color_scale(values: Any) -> dict[str, Any]:
    """One scale for all ``values``: around zero if any is negative."""
    finite = np.concatenate([np.ravel(v)[np.isfinite(np.ravel(v))] for v in values])
    most = float(np.abs(finite).max(initial=0.0)) or 1.0
    signed = bool((finite < 0).any())
    return {"cmap": SIGNED if signed else UNSIGNED, "vmin": -most if signed else 0.0, "vmax": most}
