"""Data in a few figures."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from skfi._containers import as_pandas, is_mapping
from skfi._given import described
from skfi.importance._inputs._arrays import by_name

_MOST_CHECKED = 1000  # samples
_MOST_CELLS = 50_000_000  # in which missing values are counted
_MOST_OUTPUTS, _MOST_CLASSES = 8, 20


def data_summary(
    X: Any, y: Any = None, *, inputs: list[str] | None = None, outputs: list[str] | None = None
) -> dict[str, Any]:
    """How much there is, of which period, what is missing, and what the targets are.

    Several inputs or outputs have a summary each, by their names, whether they are passed by name
    or in order.
    """
    of_inputs = _each(X, inputs, "X")
    of_outputs = _each(y, outputs, "")
    summary: dict[str, Any] = {
        "inputs": {name: _input_summary(as_pandas(values)) for name, values in of_inputs.items()}
    }
    summary["checksum"] = _checksum(of_inputs)
    indexed = (*of_inputs.values(), *of_outputs.values())
    period = next(filter(None, (_period(values) for values in indexed)), None)
    if period:
        summary["period"] = period
    if y is not None:
        targets = {name: _targets_summary(as_pandas(values)) for name, values in of_outputs.items()}
        summary["targets"] = targets.get("", targets)
    return summary


def _each(values: Any, names: list[str] | None, alone: str) -> dict[str, Any]:
    """Arrays by name; a single one by the name ``alone``."""
    if names is not None and isinstance(values, (Mapping, list, tuple)):
        return by_name(names, values)
    if is_mapping(values):
        return {str(name): of_name for name, of_name in values.items()}
    return {alone: values}


def _checksum(inputs: Mapping[str, Any]) -> int:
    """A number that tells data of the same shape apart, of a thousand samples."""
    total = 0
    for name, values in inputs.items():
        part = as_pandas(values)
        if hasattr(part, "iloc"):
            part = part.iloc[:: max(1, len(part) // _MOST_CHECKED)].to_numpy()
        elif isinstance(part, (np.ndarray, list, tuple)):
            part = part[:: max(1, len(part) // _MOST_CHECKED)]
        elif isinstance(getattr(part, "shape", None), tuple) and not issparse(part):
            part = part[0:_MOST_CHECKED]  # of another library, which may take no steps
        array = _as_array(part)
        if array is None or array.dtype.hasobject:
            content = repr(part if array is None else array.tolist()).encode()
        else:
            content = np.ascontiguousarray(array).tobytes()
        total = crc32(content, crc32(name.encode(), total))
    return total


def _as_array(values: Any) -> np.ndarray | None:
    """An array of what NumPy makes one of; None of lists of unequal lengths and the like."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError):
        return None


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
    if issparse(values):
        return {"shape": tuple(values.shape)}
    array = _as_array(values) if isinstance(values, (list, tuple, np.ndarray, pd.Series)) else None
    if array is None or (array.dtype.hasobject and array.ndim < 2):
        return {"described": described(values)}
    values = array
    summary: dict[str, Any] = {"shape": values.shape}
    if values.dtype.kind == "f" and values.ndim > 1:
        summary |= _lacking(values)
    return summary


def _lacking(values: np.ndarray) -> dict[str, float]:
    """The share of NaN; of sequences in steps that hold something, and that of the others."""
    apart = -(-values.size // _MOST_CELLS)  # of a large array rows that are so far apart
    lacks = np.isnan(values[::apart])
    if values.ndim == 2:
        return {"missing": float(lacks.mean()) if lacks.size else 0.0}
    empty = lacks.all(axis=-1)
    n_empty = int(empty.sum())
    in_others = int(lacks.sum()) - n_empty * values.shape[-1]
    n_others = lacks.size - n_empty * values.shape[-1]
    return {"missing": in_others / max(n_others, 1), "empty_steps": n_empty / max(empty.size, 1)}


def _targets_summary(y: Any) -> dict[str, Any]:
    """Labels with their counts, or the range of each column of numbers."""
    names = getattr(y, "columns", None)
    values = _as_array(y)
    if values is None or not values.size:
        return {"described": described(y)}
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
