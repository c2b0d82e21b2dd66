"""Features that move the output by steps, of which no gradient tells anything."""

import warnings
from typing import Any

import numpy as np

_N_ROWS = 48
_RTOL = 1e-4


def warn_of_steps(explained: Any, result: Any, target: Any) -> None:
    """Warn of features whose gradient is zero at every sample, though the output follows them.

    Only where the attributions are of one output of each sample, that of its class or the only one:
    of several they may cancel, and others may follow what this one does not.
    """
    network, attributions = explained.network, result.get("attributions")
    one_output = not network.heads and (network.classes is not None or network.n_outputs == 1)
    if target is not None or not one_output:
        return
    inputs = network.inputs
    if np.shape(attributions) != inputs.shape or inputs.ndim != 3:
        return
    flat = np.flatnonzero((attributions == 0).all(axis=(0, 1)) & (np.ptp(inputs, axis=(0, 1)) > 0))
    if not len(flat):
        return
    rows = np.arange(min(_N_ROWS, len(inputs)))
    before = explained.outputs(inputs[rows], rows)
    smallest = _RTOL * max(float(np.abs(before).max()), 1e-3)

    def follows(feature: int) -> bool:
        points = inputs[rows].copy()
        points[..., feature] = np.roll(points[..., feature], 1, axis=0)
        return bool(np.abs(explained.outputs(points, rows) - before).max() > smallest)

    steps = [int(feature) for feature in flat if follows(int(feature))]
    if steps:
        names = list(result.feature_names)
        known = result.by == "feature" and len(names) == inputs.shape[-1]
        shown = [str(names[i]) if known else f"number {i}" for i in steps[:5]]
        warnings.warn(
            f"The gradient is 0 at every sample for {len(steps)} features that the output does "
            f"follow: {', '.join(shown)}. The network rounds, compares or looks them up, or its "
            "activations are saturated there. permutation_importance tells how much they matter.",
            UserWarning,
            stacklevel=5,
        )
