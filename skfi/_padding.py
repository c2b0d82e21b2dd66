"""Which steps of sequences are padding.

A step is padding where every feature has the mask value, wherever it stands: that is what a Masking
layer skips. ``stack_sequences`` puts padding at the end, where cuDNN's kernels, which Keras uses on
a GPU, expect it.
"""

import warnings
from typing import Any

import numpy as np

# What padded steps hold inside a network whose user marks them with NaN, which no network can take
# in. Far from data, and exact in float32.
NAN_STAND_IN = -1e9


def real_steps(X: np.ndarray, mask_value: float) -> np.ndarray:
    """Where sequences (n_samples, n_timesteps, n_features) are not padding, as a bool (n, T)."""
    return np.asarray(~_equals(X, mask_value).all(axis=2))


def steps_to_the_end(X: np.ndarray, mask_value: float) -> np.ndarray:
    """Which steps come before the series ends, padded ones inside too, as a bool (n, T)."""
    real = real_steps(X, mask_value)
    return np.logical_or.accumulate(real[:, ::-1], axis=1)[:, ::-1]


def real_positions(ids: np.ndarray) -> np.ndarray:
    """``real_steps`` of token ids (n_samples, n_positions), whose padding is 0."""
    return ids != 0


def check_padding(X: np.ndarray, mask_value: float, *, warn: bool) -> None:
    """Raise ValueError for a sequence of padding only; warn of mask values inside real data."""
    before_end = steps_to_the_end(X, mask_value)
    empty = np.flatnonzero(~before_end.any(axis=1))
    if len(empty):
        raise ValueError(
            f"{len(empty)} of {len(X)} sequences are fully padded: every step of row(s) "
            f"{_some(empty)} holds mask_value={mask_value} only. Leave these rows out."
        )
    inside = _equals(X, mask_value) & before_end[:, :, None]
    n_cells = int(inside.sum())
    if not n_cells:
        return
    if np.isnan(mask_value):
        raise ValueError(
            f"X contains NaN in {n_cells} cells of real data, before the padding at the end, in "
            f"row(s) {_some(np.flatnonzero(inside.any(axis=(1, 2))))}. Fill them in; only whole "
            "steps at the end may be NaN."
        )
    if warn:
        n_steps = int(inside.all(axis=2).sum())
        warnings.warn(
            f"{n_cells} cells of real data hold mask_value={mask_value}"
            + (
                f", among them {n_steps} whole steps, which are padding to the network"
                if n_steps
                else ""
            )
            + ". Choose a mask_value that the data does not have, such as NaN; pad at the end.",
            UserWarning,
            stacklevel=2,
        )


def _equals(X: np.ndarray, mask_value: float) -> np.ndarray:
    if np.isnan(mask_value):
        return np.isnan(X)
    in_type = np.asarray(mask_value).astype(X.dtype)
    if X.dtype.kind in "iub" and in_type != mask_value:  # such as -1 among unsigned numbers
        return np.zeros(X.shape, dtype=bool)
    return in_type == X


def _some(rows: np.ndarray, most: int = 5) -> str:
    return ", ".join(map(str, rows[:most])) + (", ..." if len(rows) > most else "")


def fill_padding(X: np.ndarray, mask_value: float, value: Any) -> np.ndarray:
    """A copy of ``X`` with ``value`` (a number, or one for each feature) in its padded steps."""
    return np.where(real_steps(X, mask_value)[:, :, None], X, np.asarray(value, dtype=X.dtype))
