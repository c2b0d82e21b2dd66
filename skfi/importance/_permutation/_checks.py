"""Input checks of permutation importance."""

from numbers import Integral
from typing import Any

import numpy as np

from skfi._containers import check_kinds
from skfi._given import check_targets, checked_weights
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
    n_rows = len(X)
    check_targets(y, n_rows)
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
        checked_weights(sample_weight, n_rows)


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
