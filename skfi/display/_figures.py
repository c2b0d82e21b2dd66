"""Helpers shared by the displays."""

from typing import Any

import numpy as np

from skfi._constraints import OPTIONAL_MAPPING, Instance, Whole

HELPS, HARMS, INK = "#2b6ca3", "#c8553d", "#333333"
ON_MAP = "#1a1a1a"  # lines over a heat map, which is light on dark pages too
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


def ink_on(red: float, green: float, blue: float) -> str:
    """Black or white, whichever can be read on a colour, of parts from 0 to 1.

    One of them always has a contrast of 4.5 or more, as the WCAG ask for.
    """
    parts = np.array((red, green, blue))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#000000" if luminance > 0.179 else "#ffffff"


def color_scale(values: Any) -> dict[str, Any]:
    """One scale for all ``values``: around zero if any is negative."""
    finite = np.concatenate([np.ravel(v)[np.isfinite(np.ravel(v))] for v in values])
    most = float(np.abs(finite).max(initial=0.0)) or 1.0
    signed = bool((finite < 0).any())
    return {"cmap": SIGNED if signed else UNSIGNED, "vmin": -most if signed else 0.0, "vmax": most}
