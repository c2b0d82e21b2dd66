"""Check values of X and y before hours of training."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import get_tags

from skfi._pipelines import Chain
from skfi._private import _BaseComposition
from skfi.importance._inputs._last_step import LastStep


def check_values(estimator: Any, X: Any, real: np.ndarray | None) -> None:
    """Raise ValueError for infinity in ``X``, and for NaN unless the estimator takes it.

    ``real`` (n_samples, n_timesteps) tells which time steps are not padding, which may be NaN.
    """
    _check_kind(X, "X", "Turn it into numbers, or pass a DataFrame to a Pipeline that does.")
    _check_infinity(X, "X")
    missing = np.asarray(pd.isna(X))
    if not missing.any() or _takes_nan(estimator):
        return
    mask_value = LastStep.at_end_of(estimator).mask_value
    if mask_value is not None and np.isnan(mask_value):
        if real is None:  # it folds behind the steps of a Pipeline
            return
        missing = missing.reshape(*real.shape, -1) & real[:, :, None]
        hint = "with mask_value=np.nan only whole steps, which are padding, may be NaN"
    else:
        name = type(Chain(estimator).steps[0]).__name__
        hint = f"{name} does not take it, by its tag input_tags.allow_nan"
    rows = np.flatnonzero(missing.reshape(len(missing), -1).any(axis=1))
    if len(rows):
        raise ValueError(
            f"X contains NaN in {int(missing.sum())} cells of {len(rows)} rows, such as row "
            f"{rows[0]}: {hint}. Fill them in, with a SimpleImputer in a Pipeline, or leave these "
            "rows out."
        )


def check_target(y: Any, real: np.ndarray | None) -> None:
    """Raise ValueError for NaN or infinity in ``y``, but for those of steps that are padding.

    ``real`` (n_samples, n_timesteps) is for targets at every step.
    """
    _check_kind(y, "y", "Turn it into numbers or labels.")
    missing = np.asarray(pd.isna(y))
    if real is not None:
        missing, y = missing & real, np.asarray(y)[real]
    _check_infinity(y, "y")
    if missing.any():
        rows = np.flatnonzero(missing.reshape(len(missing), -1).any(axis=1))
        raise ValueError(
            f"y contains NaN in {len(rows)} rows, such as row {rows[0]}. Leave these rows out."
        )


def _check_kind(values: Any, name: str, hint: str) -> None:
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", None) in ("m", "M", "V", "c"):
        raise ValueError(
            f"{name} is an array of {dtype}, which is neither numbers nor labels. {hint}"
        )


def _check_infinity(values: Any, name: str) -> None:
    is_table = hasattr(values, "iloc") and values.ndim == 2
    columns = [values.iloc[:, i] for i in range(values.shape[1])] if is_table else [values]
    for array in map(np.asarray, columns):
        if array.dtype.kind == "O":  # of anything
            array = np.array([x for x in array.ravel() if isinstance(x, float)], dtype=float)
        if array.dtype.kind == "f" and np.isinf(array).any():
            raise ValueError(
                f"{name} contains infinity in {int(np.isinf(array).sum())} cells. Replace it by a "
                "number, or leave these rows out."
            )


def _takes_nan(estimator: Any) -> bool:
    """Whether the first step accepts NaN, or does not say."""
    first = Chain(estimator).steps[0]
    try:
        tags = get_tags(first)
    except Exception:  # of an estimator that has none
        return True
    hands_on = isinstance(first, _BaseComposition)  # such as a ColumnTransformer
    return hands_on or tags.no_validation or tags.input_tags.allow_nan
