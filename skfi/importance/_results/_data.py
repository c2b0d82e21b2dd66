"""Data in a few figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from skfi._containers import as_pandas, is_mapping
from skfi._given import described

_MOST_CELLS = 50_000_000  # in which missing values are counted
_MOST_OUTPUTS, _MOST_CLASSES = 8, 20


def data_summary(X: Any, y: Any = None) -> dict[str, Any]:
    """How much there is, of which period, what is missing, and what the targets are."""
    inputs = X if is_mapping(X) else {"X": X}
    summary: dict[str, Any] = {
        "inputs": {str(name): _input_summary(as_pandas(values)) for name, values in inputs.items()}
    }
    period = next(filter(None, (_period(values) for values in (*inputs.values(), y))), None)
    if period:
        summary["period"] = period
    if y is not None:
        summary["targets"] = _targets_summary(as_pandas(y))
    return summary


def _period(values: Any) -> tuple[str, str] | None:
    """The first and the last time of an index of times."""
    index = getattr(values, "index", None)
    if not isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)) or not len(index):
        return None
    return str(index.min()), str(index.max())


def _input_summary(values: Any) -> dict[str, Any]:
    if isinstance(values, pd.DataFrame):
        missing = int(values.isna().to_numpy().sum())
        return {"shape": values.shape, "missing": missing / max(values.size, 1)}
    if isinstance(values, (list, tuple)) and len(values) and isinstance(values[0], str):
        lengths = [len(text.split()) for text in values]
        return {"texts": len(values), "words": float(np.median(lengths))}
    if isinstance(values, (list, tuple)):
        values = np.asarray(values) if np.isscalar(np.ravel(values[:1])[0]) else values
    if not isinstance(values, np.ndarray):
        shape = tuple(values.shape) if issparse(values) else None
        return {"described": described(values)} if shape is None else {"shape": shape}
    summary: dict[str, Any] = {"shape": values.shape}
    if values.dtype.kind == "f" and values.ndim > 1:
        summary |= _lacking(values)
    return summary


def _lacking(values: np.ndarray) -> dict[str, float]:
    """The shares of steps that hold nothing, as padding by NaN, and of NaN in the others."""
    apart = -(-values.size // _MOST_CELLS)  # of a large array rows that are so far apart
    lacks = np.isnan(values[::apart])
    empty = lacks.all(axis=-1)
    n_empty = int(empty.sum())
    in_others = int(lacks.sum()) - n_empty * values.shape[-1]
    n_others = lacks.size - n_empty * values.shape[-1]
    return {"missing": in_others / max(n_others, 1), "empty_steps": n_empty / max(empty.size, 1)}


def _targets_summary(y: Any) -> dict[str, Any]:
    """Labels with their counts, or the range of each column of numbers."""
    if isinstance(y, Mapping):
        return {str(name): _targets_summary(as_pandas(values)) for name, values in y.items()}
    names = getattr(y, "columns", None)
    values = np.asarray(y)
    one_column = values.ndim == 2 and values.shape[1] == 1
    flat = values.ravel() if one_column else values
    if flat.ndim == 1 and (flat.dtype.kind not in "fiu" or _are_labels(flat)):
        labels, counts = np.unique(flat.astype(str), return_counts=True)
        order = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
        classes = {str(labels[i]): int(counts[i]) for i in order}
        return {"classes": classes, "n_classes": len(labels)}
    if values.dtype.kind not in "fiub":
        return {"described": described(y)}
    columns = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[:, None]
    if names is None or len(names) != columns.shape[1]:
        name = getattr(y, "name", None)
        names = range(columns.shape[1]) if name is None or columns.shape[1] > 1 else [name]
    numbers = {}
    for name, column in list(zip(names, columns.T, strict=True))[:_MOST_OUTPUTS]:
        real = column[np.isfinite(column)].astype(np.float64)
        if len(real):
            numbers[str(name)] = {
                "min": float(real.min()),
                "mean": float(real.mean()),
                "max": float(real.max()),
            }
    return {"numbers": numbers, "n_columns": columns.shape[1], "shape": values.shape}


def _are_labels(values: np.ndarray) -> bool:
    """Whether numbers are labels of classes: a few whole ones."""
    if not np.isfinite(values).all():
        return False
    few = type_of_target(values) in ("binary", "multiclass")
    return few and len(np.unique(values)) <= _MOST_CLASSES
