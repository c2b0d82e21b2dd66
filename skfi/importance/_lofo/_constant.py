"""Constant values of cells, so that nothing can be learnt from them.

A feature has one value for all samples and time steps: the mean of fractional numbers, else a value
that occurs, as an encoder may know no other. Padded steps stay as they are, and no real step gets
the mask value.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
from pandas.api import types

from skfi._private import _safe_indexing
from skfi.importance._inputs._several import Part, SeveralInputs
from skfi.importance._units._cells import Units


@dataclass(frozen=True)
class Constants:
    """The value that each feature is held at."""

    of_columns: np.ndarray | list[Any]  # one for each feature of an array, each column of a table
    width: int  # features of a time step
    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding; None if all is real

    def put_into(self, X: Any, rows: np.ndarray, cells: np.ndarray) -> Any:
        """Some rows of ``X`` in which the ``cells`` are constant."""
        X_rows = _safe_indexing(X, rows)
        real = None if self.real is None else self.real[rows][:, cells // self.width]
        if hasattr(X_rows, "iloc"):
            for i, cell in enumerate(cells):  # column by column: each keeps its type
                column = X_rows.iloc[:, cell]
                constant = pd.Series(self.of_columns[cell], index=column.index, dtype=column.dtype)
                values = constant if real is None else constant.where(real[:, i], column)
                X_rows.isetitem(cell, values)
            return X_rows
        flat = np.ascontiguousarray(X_rows).reshape(len(rows), -1)
        constant = np.asarray(self.of_columns)[cells % self.width]
        flat[:, cells] = constant if real is None else np.where(real, constant, flat[:, cells])
        return flat.reshape(X_rows.shape)


def constants_of(
    X: Any, units: Units, real: np.ndarray | None = None, mask_value: float | None = None
) -> Constants:
    """The value of each feature of ``X``, over all samples and its ``real`` time steps."""
    width = units.shape[1]
    if hasattr(X, "iloc"):
        of_columns = _of_table(X, width, real, mask_value)
        return Constants(of_columns, width, real)
    steps = X.reshape(len(X), -1, width)
    steps = steps.reshape(-1, width) if real is None else steps[real]
    values = np.empty(width, dtype=X.dtype)
    for feature in range(width):
        values[feature] = central_value(pd.Series(steps[:, feature]), mask_value)
    return Constants(values, width, real)


@dataclass(frozen=True)
class ConstantsOfInputs:
    """The value that each feature of several inputs is held at."""

    of_parts: list[tuple[Part, Constants]]

    def put_into(self, X: np.ndarray, rows: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Some rows of all inputs in which the ``cells`` are constant."""
        held = X[rows]
        for part, constants in self.of_parts:
            own = cells[(cells >= part.columns.start) & (cells < part.columns.stop)]
            if len(own):
                values = constants.put_into(X[:, part.columns], rows, own - part.columns.start)
                held[:, part.columns] = values
        return held


def constants_of_inputs(kind: SeveralInputs) -> ConstantsOfInputs:
    """The value of each feature of several inputs; of ids, the most frequent one."""
    of_parts = []
    for part in kind.parts:
        values = part.of_rows(kind.X)
        real = None if part.mask_value is None or kind.real is None else kind.real[:, part.steps]
        width = int(np.prod(part.shape[1:]))
        of_steps = values.reshape(len(values), -1, width)
        steps: Any = of_steps.reshape(-1, width) if real is None else of_steps[real]
        of_ids = {cell % width for cell in part.id_cells}
        held: Any = []
        for feature in range(width):
            of_feature = pd.Series(steps[:, feature])
            if feature in of_ids:
                held.append(_most_frequent(of_feature.dropna()))
            else:
                held.append(central_value(of_feature, part.mask_value))
        of_parts.append((part, Constants(np.array(held, dtype=kind.X.dtype), width, real)))
    return ConstantsOfInputs(of_parts)


def unknown_words(X: Any, unknown_id: int, real: np.ndarray | None) -> Constants:
    """Positions of token ids (n_samples, n_positions) hold the unknown word."""
    n_values = X.shape[1] if hasattr(X, "iloc") else 1
    return Constants(np.full(n_values, unknown_id), 1, real)


def _of_table(
    X: pd.DataFrame, width: int, real: np.ndarray | None, mask_value: float | None
) -> list[Any]:
    """A value for each column; the columns of one feature at several time steps share it."""
    n_columns = X.shape[1]
    columns = [
        X.iloc[:, i] if real is None else X.iloc[:, i][real[:, i // width]]
        for i in range(n_columns)
    ]
    values: list[Any] = [None] * n_columns
    for feature in range(width):
        of_feature = range(feature, n_columns, width)
        same_type = len({columns[i].dtype for i in of_feature}) == 1
        for group in [of_feature] if same_type else [[i] for i in of_feature]:
            together = pd.concat([columns[i] for i in group], ignore_index=True)
            value = central_value(together, mask_value)
            for i in group:
                values[i] = value
    return values


def central_value(values: pd.Series, avoid: float | None = None) -> Any:
    """A central value of those that are not missing, but not ``avoid``; NaN if all are missing.

    The mean of fractional numbers; the lower median of whole numbers and of times; of all else,
    such as labels, the most frequent.
    """
    values = values.infer_objects().dropna()
    if values.empty:
        return np.nan
    if types.is_bool_dtype(values.dtype):
        return _most_frequent(values[_others(values, avoid)])
    if types.is_numeric_dtype(values.dtype):
        return _central_number(values.to_numpy(), avoid)
    if types.is_datetime64_any_dtype(values.dtype) or types.is_timedelta64_dtype(values.dtype):
        return values.sort_values().iloc[(len(values) - 1) // 2]
    return _most_frequent(values)


def _central_number(numbers: np.ndarray, avoid: float | None) -> Any:
    others = numbers[_others(numbers, avoid)]
    if numbers.dtype.kind != "f" or (numbers == np.floor(numbers)).all():
        middle = (len(others) - 1) // 2
        return np.partition(others, middle)[middle]
    mean = numbers.mean(dtype=np.float64)
    if np.isfinite(mean) and _others(mean, avoid):
        return mean
    return others[np.abs(others - np.median(others)).argmin()]


def _most_frequent(values: pd.Series) -> Any:
    counts = values.value_counts(sort=False)
    return counts.index[int(counts.to_numpy().argmax())]


def _others(numbers: Any, avoid: float | None) -> np.ndarray:
    """Where ``numbers`` are not ``avoid`` in the type that networks compute in.

    Everywhere, if there is no other: to hold a feature at its only value changes nothing.
    """
    dtype = keras.config.floatx()
    numbers = np.asarray(numbers, dtype=dtype)
    differ = np.ones(numbers.shape, dtype=bool)
    if avoid is not None:
        differ = numbers != np.asarray(avoid, dtype=dtype)
    return differ if differ.any() or numbers.ndim == 0 else ~differ
