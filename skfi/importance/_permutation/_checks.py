"""Input checks of permutation importance."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skfi._containers import check_kinds
from skfi._pipelines import Chain
from skfi.importance._inputs._numbers import window_of


def check_array_kind(X: Any) -> None:
    """Raise ValueError for dates, times and structured arrays.

    Not for the columns of a DataFrame, which a Pipeline may turn into numbers.
    """
    if not hasattr(X, "iloc") and not isinstance(X, dict):
        check_kinds(X if hasattr(X, "dtype") else np.asarray(X))


def check_rows(X: Any, y: Any, sample_weight: Any, max_samples: Any) -> None:
    """Raise ValueError unless there are rows to exchange, with targets and weights."""
    check_consistent_length(X, y, sample_weight)
    n_rows = len(X)
    if isinstance(max_samples, (bool, np.bool_)):
        raise ValueError(
            f"max_samples={max_samples} is neither a number of samples nor a share of them; leave "
            "max_samples=1.0 to take all."
        )
    n_drawn = max_samples if isinstance(max_samples, Integral) else int(max_samples * n_rows)
    if min(n_drawn, n_rows) < 2:
        raise ValueError(
            f"Values are exchanged between samples, but of {n_rows} samples max_samples="
            f"{max_samples} takes {min(n_drawn, n_rows)}; at least two are needed."
        )
    if sample_weight is not None:
        _check_weight(sample_weight)


def _check_weight(sample_weight: Any) -> None:
    values = np.asarray(sample_weight)
    try:
        weight = values.astype(np.float64)
    except (TypeError, ValueError):
        weight = None
    if weight is None or weight.ndim != 1 or values.dtype.kind not in "fiubO":
        raise ValueError(
            "sample_weight must be a list of numbers, one for each sample; got shape "
            f"{values.shape} of type {values.dtype}."
        )
    if not np.isfinite(weight).all():
        raise ValueError("sample_weight contains NaN or infinity; give each sample a number.")
    if (weight < 0).any():
        row = int(np.flatnonzero(weight < 0)[0])
        raise ValueError(
            f"sample_weight is negative for {int((weight < 0).sum())} samples, such as row {row}: "
            f"{weight[row]}. A mean with such weights is none; use 0 to leave a sample out."
        )
    if not weight.any():
        raise ValueError("sample_weight is 0 for all samples, so that there is nothing to score.")


def check_order(estimator: Any, max_samples: float, n_samples: int) -> bool:
    """Whether all samples are taken, not a part of them in random order.

    In that order windows would be made of unrelated rows, which is an error.
    """
    whole = max_samples == n_samples or (max_samples == 1 and isinstance(max_samples, float))
    if not whole and window_of(Chain(estimator)) > 1:
        raise ValueError(
            f"max_samples={max_samples} draws rows in random order, but SlidingWindow needs them "
            "in time order. Leave max_samples=1.0 and pass fewer rows."
        )
    return whole
