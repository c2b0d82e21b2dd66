"""Columns of a table as numbers."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skfi._given import check_values


def numbers(columns: pd.DataFrame) -> np.ndarray:
    """The columns as one array; pandas' nullable types become floats."""
    values = columns.to_numpy()
    return values if values.dtype != object else columns.to_numpy("float64", na_value=np.nan)


def check_columns(frame: pd.DataFrame, features: Sequence, others: Sequence) -> None:
    """Raise ValueError unless all columns are there, and those of ``features`` are numeric."""
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].unique().tolist()
        raise ValueError(f"The columns of frame must differ from each other; repeated: {repeated}.")
    for column in [*features, *others]:
        if column not in frame.columns:
            raise ValueError(
                f"frame has no column {column!r}; it has {', '.join(map(str, frame.columns))}. "
                "Name columns of it in target, by, time and features."
            )
    for column in features:
        is_complex = pd.api.types.is_complex_dtype(frame[column])
        if is_complex or not pd.api.types.is_numeric_dtype(frame[column]):
            raise ValueError(
                f"The column {column!r} is of type {frame[column].dtype} in frame, where numbers "
                "are expected. Encode it first, for instance with pandas.get_dummies."
            )
    if not len(features):
        raise ValueError("No feature is left besides the target; name some in features=.")


def check_labels(features: Any, **columns: Any) -> None:
    """Raise ValueError if features are one str, or one of the columns is a list of them."""
    if isinstance(features, str):
        raise ValueError(
            f"features must be a list of columns; got {features!r}: write [{features!r}]."
        )
    if features is not None:
        check_values(features, "features", "a list of columns")
        given = list(features)
        if any(not isinstance(one, Hashable) or given.count(one) > 1 for one in given):
            raise ValueError(f"features must be different columns; got {given!r:.80}.")
    for name, column in columns.items():
        if not isinstance(column, Hashable):
            raise ValueError(
                f"{name} must be the label of one column; got {column!r}. Make one column of "
                "several first, for instance with frame.groupby(columns).ngroup()."
            )
