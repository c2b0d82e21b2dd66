"""What is no number, and would be taken for one."""

from typing import Any

import numpy as np


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
