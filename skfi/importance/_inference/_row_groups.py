"""Which rows depend on each other: those of one group, or those whose windows overlap."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from skfi._constraints import Whole
from skfi._given import check_targets, check_values, naming

# Rows at the border of a block still overlap with those of the next. Larger blocks hardly made
# intervals better (of sums over a window, coverage was .890, .897 and .903 with blocks of one, two
# and three windows), but there are fewer of them.
_WINDOWS_IN_A_BLOCK = 2
_FEW_GROUPS = 20
_UP_TO_THE_CALLER = 5  # through permutation_importance, its record and check of parameters


def groups_of_rows(sample_groups: Any, n_rows: int, window: int) -> np.ndarray | None:
    """The group of each row, passed or a block of consecutive rows; None if rows are independent.

    ``window`` is the length of the windows that a Pipeline makes of the rows, 1 if none.
    """
    if sample_groups is None:
        return None if window == 1 else np.arange(n_rows) // (_WINDOWS_IN_A_BLOCK * window)
    if isinstance(sample_groups, (list, tuple)) or hasattr(sample_groups, "dtype"):
        with naming("sample_groups", sample_groups, "a label for each row, or a number of rows"):
            check_values(sample_groups, "sample_groups", "a label for each row")
            groups = np.asarray(sample_groups)
            if groups.dtype.kind == "c" or np.asarray(pd.isna(groups)).any():
                raise ValueError("Labels are str or numbers, and none is missing.")
            if groups.ndim == 1 and len({isinstance(one, str) for one in sample_groups}) > 1:
                raise ValueError("Labels are all str or all numbers.")
            np.unique(groups)
            if groups.ndim == 1:
                check_targets(groups, n_rows, "sample_groups")
    is_length = isinstance(sample_groups, Integral) and not isinstance(sample_groups, bool)
    if (is_length and not Whole().is_satisfied_by(sample_groups)) or (
        np.ndim(sample_groups) != 1 and not is_length
    ):
        raise ValueError(
            f"sample_groups={sample_groups!r} must be a label for each row, or the number of rows, "
            "one after the other, that make up a group."
        )
    groups = np.arange(n_rows) // sample_groups if is_length else np.asarray(sample_groups)
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"sample_groups puts all {n_rows} rows into one group; intervals need several, best "
            "twenty or more."
        )
    return groups


def warn_of_few_groups(groups: np.ndarray | None) -> None:
    """Warn that intervals of few groups are rough."""
    if groups is None:
        return
    n_groups = len(np.unique(groups))
    if n_groups < _FEW_GROUPS:
        warnings.warn(
            f"For intervals, these {len(groups)} rows are {n_groups} groups that depend on each "
            "other (sample_groups, or windows that overlap). Intervals and p-values of so few are "
            "rough, and often miss the truth; they need twenty or more.",
            UserWarning,
            stacklevel=_UP_TO_THE_CALLER,
        )


def group_codes(groups: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Integer codes of the groups of rows; each row is its own group if there are none."""
    return np.arange(n_rows) if groups is None else np.unique(groups, return_inverse=True)[1]


def check_no_groups(sample_groups: Any) -> None:
    """Raise ValueError if groups were passed, as no intervals are computed."""
    if sample_groups is not None:
        raise ValueError(
            "sample_groups is for intervals, which there are of all samples only, and of at most "
            "2**26 rows times units times repeats: leave max_samples=1.0, or score fewer rows."
        )
