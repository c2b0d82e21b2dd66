"""Containers of ``X``: arrays, lists, and DataFrames of any library."""

import tempfile
from collections.abc import Mapping
from math import prod
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skfi._given import EXPECTED, check_values, naming


def is_mapping(X: Any) -> bool:
    """Whether ``X`` is one array for each name; SciPy's matrices by key are also mappings."""
    return isinstance(X, Mapping) and not issparse(X)


def container(X: Any) -> Any:
    """``X`` as it came; a frame of another library than pandas as one of pandas.

    An array of another library, such as zarr's, becomes one of NumPy, mapped to a temporary file if
    it is large.

    Raises
    ------
    ValueError
        If ``X`` is a mapping, a list of sequences of unequal length, one-dimensional numbers, or
        an array without time steps or features.
    """
    if is_mapping(X):
        raise ValueError(
            f"X is a mapping of {[str(key) for key in X]}; an array or a DataFrame is expected. "
            "Several inputs are for the importance functions, and a keras.Model that has them."
        )
    check_values(X, "X", EXPECTED)
    X = _read_by_chunk(as_pandas(X))
    if isinstance(X, (list, tuple)):
        _check_lengths(X)
    is_list = isinstance(X, (list, tuple)) and np.isscalar(next(iter(X), None))
    values = np.asarray(X) if is_list else X
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "biufc":
        raise ValueError(
            f"X is one-dimensional, of shape {values.shape}; expected (n_samples, n_timesteps, "
            "n_features) or (n_samples, n_columns). Reshape your data: X.reshape(-1, 1) if these "
            "are samples of a single feature; of one long series make windows with make_windows "
            "or SlidingWindow."
        )
    is_table = isinstance(X, pd.DataFrame) and not X.shape[1]
    if is_table or (isinstance(X, np.ndarray) and X.ndim > 2 and 0 in X.shape[1:]):
        raise ValueError(f"X has no time steps or no features: shape {X.shape}.")
    return X


_CHUNK_BYTES = 2**26


def _read_by_chunk(X: Any) -> Any:
    """Arrays of other libraries, which are read by slices, as arrays of NumPy."""
    foreign = not isinstance(X, np.ndarray) and not hasattr(X, "iloc") and not issparse(X)
    dtype, shape = getattr(X, "dtype", None), getattr(X, "shape", None)
    if not foreign or not isinstance(dtype, np.dtype) or not hasattr(X, "__getitem__") or not shape:
        return X
    n_rows = max(1, _CHUNK_BYTES // max(1, dtype.itemsize * prod(shape[1:])))
    if n_rows >= shape[0] or dtype.hasobject:
        return np.asarray(X)
    with tempfile.TemporaryFile() as file:  # it lives as long as it is mapped
        mapped = np.memmap(file, dtype, "w+", shape=tuple(shape))
    for start in range(0, shape[0], n_rows):
        mapped[start : start + n_rows] = np.asarray(X[start : start + n_rows])
    return mapped


def as_pandas(X: Any) -> Any:
    """Convert a DataFrame of another library, such as polars, to pandas; return others as is."""
    if isinstance(X, pd.DataFrame) or not nw.dependencies.is_into_dataframe(X):
        return X
    frame = nw.from_native(X, eager_only=True)
    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})


def _check_lengths(X: Any) -> None:
    """Raise ValueError for sequences of numbers of which no array can be made."""
    if not all(isinstance(item, (np.ndarray, pd.DataFrame, list, tuple)) for item in X):
        return
    shapes = {item.shape[1:] for item in X if isinstance(item, np.ndarray)}
    if len(shapes) > 1:
        raise ValueError(
            f"X holds sequences of different shapes: those of their steps are {sorted(shapes)}."
        )
    lengths = {len(item) for item in X}
    if len(lengths) < 2 or any(isinstance(value, str) for item in X for value in list(item[:1])):
        return
    advice = (
        "skfi.stack_sequences(X) pads them with NaN at the end, which mask_value=np.nan lets an "
        "estimator skip."
    )
    if all(np.ndim(item) == 1 for item in X):
        advice = (
            "keras.utils.pad_sequences(X, padding='post') pads token ids with 0; a series of one "
            "feature has shape (n_timesteps, 1)."
        )
    raise ValueError(
        f"X holds {len(X)} sequences of {min(lengths)} to {max(lengths)} steps, but those of an "
        f"array are equally long. {advice}"
    )


def check_kinds(X: Any, name: str = "X") -> None:
    """Raise ValueError for dates, times and structured arrays, of which NumPy makes numbers.

    Of a DataFrame any column counts.
    """
    dtypes: dict[Any, Any] = {}
    if hasattr(X, "dtypes") and hasattr(X, "columns"):  # pandas has a Series there, polars a list
        dtypes = dict(zip(X.columns, X.dtypes, strict=True))
    if hasattr(X, "dtype"):
        dtypes = {None: X.dtype}
    wrong = {column: dtype for column, dtype in dtypes.items() if _is_no_number(dtype)}
    if not wrong:
        return
    column, dtype = next(iter(wrong.items()))
    of_column = "" if column is None else f" in the column {column!r}"
    if getattr(dtype, "kind", "") == "V":
        advice = (
            "Make a plain array of it first: numpy.lib.recfunctions.structured_to_unstructured(X)."
        )
    else:
        advice = (
            "As numbers they would be counts of nanoseconds or seconds since 1970. Make features "
            "of them first, such as the day of the year or the hours since the start."
        )
    raise ValueError(
        f"{name} holds values of type {dtype}{of_column}, which are no numbers. {advice}"
    )


def check_numeric(y: Any, name: str = "y") -> None:
    """Raise ValueError for targets that are dates, texts or None where numbers are expected."""
    check_kinds(y, name)
    with naming(name, y, "an array-like of numbers"):
        values = y.toarray() if issparse(y) else np.asarray(y)
    check_kinds(values, name)
    if values.dtype.kind not in "OSUT":
        return
    texts = [one for one in values.ravel() if isinstance(one, (str, bytes))]
    if texts:
        raise ValueError(f"{name} holds texts such as {texts[0]!r:.40}; numbers are expected.")
    missing = np.asarray(pd.isna(values))
    if missing.any():
        raise ValueError(
            f"Input {name} contains NaN or None in {int(missing.sum())} places; a number is "
            "expected in each."
        )
    with naming(name, y, "an array-like of numbers"):
        values.astype(np.float64)


def _is_no_number(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") in ("m", "M", "V")


def check_whole_numbers(X: np.ndarray, dtype: Any, name: str = "X") -> None:
    """Raise ValueError if a cast to an integer ``dtype`` would make other numbers of those in X."""
    if X.dtype.kind not in "fiu" or not X.size:
        return
    limits = np.iinfo(dtype)
    low, high = X.min(), X.max()
    whole = X.dtype.kind != "f" or np.array_equal(X, np.floor(X))
    if not whole or low < limits.min or high > limits.max:
        raise ValueError(
            f"{name} holds numbers from {low} to {high}, but the network takes {np.dtype(dtype)}: "
            f"whole numbers from {limits.min} to {limits.max}, such as token ids."
        )
