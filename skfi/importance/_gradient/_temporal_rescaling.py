"""Temporal saliency rescaling: how much a time step matters, times how much a feature does.

Gradients of recurrent networks seldom separate both time steps and features well. So each step, and
each feature, is masked in turn, and the change of all attributions is its importance.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_ROUNDING = 1e-5  # of the attributions: smaller changes are none


def rescale(
    plain: np.ndarray,
    explained: Any,  # of numbers
    masked_value: np.ndarray,
    again: Callable[[Any], np.ndarray],
    unit: np.ndarray | None,
) -> np.ndarray:
    """Rescaled attributions, of the shape of ``plain``, which ``again`` computes of other samples.

    Masked cells hold ``masked_value``, broadcast to the inputs. Attributions of features of
    different units are added up: a gradient is multiplied by its ``unit``. Where masks change
    nothing, as of the gradient of a linear network, they stay as they are.
    """
    unit = np.ones(1) if unit is None else unit
    plain = plain * unit.astype(plain.dtype)

    def changes(masks: Iterator[Any]) -> np.ndarray:
        totals = []
        for cells in masks:
            masked = again(explained.masked(cells, masked_value))
            change = np.abs(plain - masked * unit.astype(plain.dtype))
            totals.append(change.sum(axis=(1, 2), dtype=np.float64))
        return np.transpose(totals)

    n_timesteps, n_features = plain.shape[1:]
    of_steps = changes(np.s_[:, t] for t in range(n_timesteps))
    of_features = changes(np.s_[:, :, i] for i in range(n_features))
    size = np.abs(plain).sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    product = of_steps[:, :, None] * of_features[:, None, :]
    total = product.sum(axis=(1, 2), keepdims=True)
    changed = total > (_ROUNDING * size) ** 2
    rescaled = np.where(changed, product * size / np.where(changed, total, 1), np.abs(plain))
    return explained.attributions(rescaled, np.arange(len(rescaled))).astype(plain.dtype)


def n_masks(inputs: np.ndarray) -> int:
    """How often the attributions are computed besides the first time."""
    return inputs.shape[1] + inputs.shape[-1]
