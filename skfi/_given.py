"""Checks of what is passed, and errors that name it.

NumPy and scikit-learn do not know the name of what they are handed. A check here says the name,
what was passed and what was expected.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.utils.validation import _check_sample_weight, _num_samples

EXPECTED = "an array-like (n_samples, n_timesteps, n_features) or (n_samples, n_columns)"


def described(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind, shape = type(value).__name__, getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        dtype = getattr(value, "dtype", None)
        return f"{kind} of shape {shape}" + ("" if dtype is None else f" and type {dtype}")
    if isinstance(value, (str, bytes, int, float, complex, np.generic, type(None))):
        return f"{value!r:.60}"
    if isinstance(value, (list, tuple, Set, Mapping)):
        return f"{kind} of length {len(value)}"
    return f"{kind} {value}" if shape == () else kind


@contextmanager
def naming(name: str, value: Any, expected: str) -> Iterator[None]:
    """Say in errors of NumPy and scikit-learn what was passed as ``name``, unless they do."""
    try:
        yield
    except NotFittedError:
        raise
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} must be {expected}; got {described(value)}. {error}") from error


def check_values(value: Any, name: str, expected: str) -> None:
    """Raise TypeError unless ``value`` is a container of values, ValueError if it hides some."""
    is_container = hasattr(value, "__array__") or hasattr(value, "__len__")
    if issparse(value):  # which scikit-learn refuses in its own words where it cannot be taken
        return
    none = isinstance(value, (str, bytes, Mapping, Set, type)) or getattr(value, "shape", 1) == ()
    if none or not is_container:
        raise TypeError(f"{name} must be {expected}; got {described(value)}.")
    if np.ma.isMaskedArray(value) and np.ma.is_masked(value):
        raise ValueError(
            f"{name} is a masked array, of which {int(np.ma.count_masked(value))} values are "
            f"masked, and their mask would be lost. Fill them in: {name}.filled(...)."
        )


def check_targets(y: Any, n_rows: int, name: str = "y") -> None:
    """Raise an error unless ``y`` holds a target for each of so many rows."""
    check_values(y, name, "an array-like of a target for each row of X")
    with naming(name, y, "an array-like of a target for each row of X"):
        n_given = _num_samples(y)
    if n_given != n_rows:
        raise ValueError(
            f"X and {name} have inconsistent numbers of samples: {n_rows} and {n_given}. One for "
            "each row of X is expected."
        )


def check_takes(function: Any, name: str, form: str, **keywords: Any) -> None:
    """Raise TypeError unless a function can be called as ``form`` says, such as "(X, y)"."""
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"{name} must be a function of {form}; got {described(function)}.")
    try:
        taken = signature(function)
    except (TypeError, ValueError):  # of one written in C
        return
    try:
        taken.bind(*form.strip("()").split(", "), **keywords)
    except TypeError as error:
        called = getattr(function, "__name__", type(function).__name__)
        raise TypeError(
            f"{name} must be a function of {form}; got {called}{taken}: {error}."
        ) from error


def check_scoring(scoring: Any) -> None:
    """Raise TypeError or ValueError for what is no metric, and for an unknown name of one."""
    several = isinstance(scoring, (list, tuple, set, frozenset, Mapping))
    if several and not len(scoring):
        raise ValueError(f"scoring={scoring!r} holds no metric; pass one, or None.")
    metrics = scoring.values() if isinstance(scoring, Mapping) else scoring
    for metric in metrics if several else [scoring]:
        if isinstance(metric, str):
            with naming("scoring", scoring, "the name of a metric of scikit-learn"):
                get_scorer(metric)
        elif hasattr(metric, "_score_func") and not isinstance(metric, type):
            continue
        elif metric is not None or several:
            check_takes(metric, "scoring", "(estimator, X, y)")


def checked_weights(sample_weight: Any, n_rows: int, name: str = "sample_weight") -> np.ndarray:
    """Weights as an array of floats (n_rows,).

    Raises
    ------
    TypeError, ValueError
        If they are not a finite number for each row, not negative, and one of them above 0.
    """
    expected = f"a list of numbers, one for each sample, of length {n_rows}"
    check_values(sample_weight, name, expected)
    with naming(name, sample_weight, expected):
        values = sample_weight if hasattr(sample_weight, "dtype") else np.asarray(sample_weight)
        if getattr(values.dtype, "kind", "O") not in "fiubO":
            raise ValueError(f"{values.dtype} is no type of numbers.")
        shape = np.shape(values)
        if len(shape) == 1 and shape[0] != n_rows:
            raise ValueError(
                f"{name} has inconsistent numbers of samples: {shape[0]}, not {n_rows}."
            )
        numbers = np.asarray(values, dtype=None if values.dtype != object else np.float64)
        if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
            raise ValueError(f"{name} contains NaN or infinity; give each sample a number.")
        if (numbers < 0).any():
            row = int(np.argwhere(numbers < 0)[0][0])
            raise ValueError(
                f"{name} is negative for {int((numbers < 0).sum())} samples, such as row {row}: "
                f"{numbers[row]}. A mean with such weights is none; use 0 to leave a sample out."
            )
        if not numbers.any():
            raise ValueError(f"{name} is 0 for all samples: with weights of zero nothing counts.")
        weights = _check_sample_weight(sample_weight, np.empty((n_rows, 1)))
    with np.errstate(over="ignore"):
        total = weights.sum(dtype=np.float64)
    if not np.isfinite(total):
        raise ValueError(f"{name} has an infinite sum; divide the weights by their largest.")
    return weights


def row_numbers(rows: Any, n_rows: int, what: str) -> np.ndarray:
    """Rows of a fold, given as numbers or as a bool for each, as numbers.

    Raises
    ------
    ValueError
        If they are none of these, or do not exist, or there are none.
    """
    try:
        selection = np.asarray(rows)
        numbers = np.arange(n_rows)[selection if selection.size else []]
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise ValueError(
            f"{what} must hold row numbers below {n_rows}, or one bool for each of the {n_rows} "
            f"rows; got {described(rows)}. {error}"
        ) from error
    if numbers.ndim != 1 or not len(numbers):
        raise ValueError(
            f"{what} must be a list of rows that is not empty; got shape {selection.shape} with "
            f"{numbers.size} rows."
        )
    return numbers


def check_names(names: Any, name: str = "feature_names", *, distinct: bool = True) -> list[str]:
    """Names as a list of str that differ; TypeError or ValueError if they are anything else."""
    expected = "a list of names (str), one for each feature"
    check_values(names, name, expected)
    shape = getattr(names, "shape", None)
    if shape is not None and len(shape) != 1:
        raise ValueError(f"{name} must be {expected}; got {described(names)}.")
    given = list(names)
    wrong = [one for one in given if not isinstance(one, str)]
    if wrong:
        raise TypeError(f"{name} must be {expected}; it holds {described(wrong[0])}.")
    repeated = sorted(one for one, count in Counter(given).items() if count > 1)
    if repeated and distinct:
        raise ValueError(f"{name} must differ from each other; repeated: {repeated}.")
    return [str(one) for one in given]


def sample_numbers(samples: Any, n_samples: int, name: str = "samples") -> list[int]:
    """One or several of so many samples, as a list of int; negative ones count from the end."""
    is_one = isinstance(samples, (int, np.integer))
    if not is_one:
        check_values(samples, name, "an int, or a list of them")
    numbers = [samples] if is_one else list(samples)
    whole = all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) for i in numbers)
    if not whole or not numbers or not all(-n_samples <= i < n_samples for i in numbers):
        raise ValueError(
            f"{name}={samples!r:.80} are not there: the result has {n_samples}. Pass an "
            f"int from 0 to {n_samples - 1}, or a list of them."
        )
    return [int(i) for i in numbers]


def numbers_of(values: Any, name: str, shape: str) -> np.ndarray:
    """An array of finite numbers, of as many axes as ``shape`` names."""
    expected = f"an array of finite numbers, {shape}"
    check_values(values, name, expected)
    with naming(name, values, expected):
        numbers = np.asarray(values)
        finite = numbers.dtype.kind in "fiub" and np.isfinite(numbers).all()
    if not finite or not numbers.size or numbers.ndim != shape.count("n_"):
        raise ValueError(f"{name} must be {expected}; got {described(numbers)}.")
    return numbers


def checked_names_in(input_features: Any) -> Any:
    """``input_features`` of ``get_feature_names_out``: None, or names that are str."""
    if input_features is None:
        return None
    return np.array(check_names(input_features, "input_features"), dtype=object)
