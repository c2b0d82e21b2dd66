"""Temporal saliency rescaling: how much a time step matters, times how much a feature does.

Gradients of recurrent networks tell the features of a time step well apart, or the time steps,
but seldom both. So each step is masked in turn, and each feature, and what counts is how much the
attributions of the whole sequence change.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from skfi.importance._gradient._batches import attribute
from skfi.importance._gradient._methods import Method
from skfi.importance._gradient._target import ExplainedOutput

_ROUNDING = 1e-5  # of the attributions: smaller changes are none


def rescale(
    plain: np.ndarray,
    explained: Any,  # of numbers
    method: Method,
    output: ExplainedOutput,
    progress: tqdm,
    unit: np.ndarray | None,
) -> np.ndarray:
    """Rescaled attributions, of the shape of ``plain``, those that ``method`` found.

    Those of features of different units are added up: a gradient is multiplied by its ``unit``.
    Where masks change nothing, as of the gradient of a linear network, they stay as they are.
    """
    value = method.masked_value(explained)
    unit = np.ones(1) if unit is None else unit
    plain = plain * unit.astype(plain.dtype)

    def changes(masks: Iterator[Any]) -> np.ndarray:
        found = []
        for cells in masks:
            masked = attribute(explained.masked(cells, value), method, output, progress).values
            change = np.abs(plain - masked * unit.astype(plain.dtype))
            found.append(change.sum(axis=(1, 2), dtype=np.float64))
        return np.transpose(found)

    n_timesteps, n_features = plain.shape[1:]
    of_steps = changes(np.s_[:, t] for t in range(n_timesteps))
    of_features = changes(np.s_[:, :, i] for i in range(n_features))
    size = np.abs(plain).sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    product = of_steps[:, :, None] * of_features[:, None, :]
    total = product.sum(axis=(1, 2), keepdims=True)
    changed = total > (_ROUNDING * size) ** 2
    found = np.where(changed, product * size / np.where(changed, total, 1), np.abs(plain))
    return explained.attributions(found, np.arange(len(found))).astype(plain.dtype)


def n_masks(inputs: np.ndarray) -> int:
    """How often the attributions are computed besides the first time."""
    return inputs.shape[1] + inputs.shape[-1]
