"""Many series of unequal lengths, as one padded array and back."""

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skfi._padding import check_padding, real_steps
from skfi.preprocessing._numbers import check_columns, numbers


@validate_params(
    {
        "return_sequences": ["boolean"],
        "mask_value": [Real],
        "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
        "channels_first": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def stack_sequences(
    data: Any,
    by: str | None = None,
    time: str | None = None,
    *,
    target: str | None = None,
    features: Sequence[str] | None = None,
    return_sequences: bool = False,
    mask_value: float = np.nan,
    n_timesteps: int | None = None,
    channels_first: bool = False,
) -> Bunch:
    """Stack series into one array (n_series, n_timesteps, n_features), padded at the end.

    Parameters
    ----------
    data : pandas.DataFrame, list of arrays, or array
        A long table, a row for each series and time; or a list of arrays (n_timesteps_i,
        n_features), one for each series; or one array of all series. With ``channels_first``
        arrays have features before time, (n_features, n_timesteps), as in sktime and aeon.
    by : str, default=None
        Of a table: column of the series' id.
    time : str, default=None
        Of a table: column of the time, by which each series is sorted; None takes the rows in
        their order.
    target : str, default=None
        Of a table: column to predict. It must be constant within a series, or
        ``return_sequences=True``.
    features : list of str, default=None
        Of a table: input columns; by default all others. A column that is constant within each
        series, such as the altitude of a station, is a feature like any other.
    return_sequences : bool, default=False
        Give the target of every step, as estimators with ``return_sequences=True`` take it.
    mask_value : float, default=nan
        What padded steps hold. NaN survives scaling; give the same to the estimator.
    n_timesteps : int, default=None
        Steps to pad to; None is the length of the longest series.
    channels_first : bool, default=False
        Arrays in ``data`` have their features before time.

    Returns
    -------
    panel : sklearn.utils.Bunch
        ``data`` (n_series, n_timesteps, n_features), ``lengths`` (n_series,) and, of a table,
        ``target`` (n_series,) or (n_series, n_timesteps), ``feature_names``, and ``index``, the
        ids of the series, in the order in which they first occur.

    Raises
    ------
    TypeError
        If ``data`` is of another kind.
    ValueError
        If a column is missing, repeated or not numeric, a value is missing, two rows have the same
        id and time, or series differ in their features.

    Warns
    -----
    UserWarning
        If rows were not in the order of ``time`` and had to be sorted, or if data hold the mask
        value.

    See Also
    --------
    unstack_sequences : The way back.
    make_windows : Cuts long series into sequences of equal length.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfi import stack_sequences
    >>> visits = pd.DataFrame({"patient": ["a", "a", "b"], "day": [1, 2, 1],
    ...                        "pulse": [70.0, 72, 66], "age": [40, 40, 51], "ill": [1, 1, 0]})
    >>> panel = stack_sequences(visits, by="patient", time="day", target="ill")
    >>> panel.data
    array([[[70., 40.],
            [72., 40.]],
           [[66., 51.],
            [nan, nan]]])
    >>> panel.target
    array([1, 0])
    """
    more: dict[str, Any] = {}
    if isinstance(data, pd.DataFrame):
        series, more = _series_of_frame(data, by, time, target, features, return_sequences)
    elif isinstance(data, (list, tuple, np.ndarray)):
        if by is not None or time is not None or target is not None or features is not None:
            raise ValueError(
                "by, time, target and features name columns of a DataFrame; data is "
                f"a {type(data).__name__}."
            )
        series = [_as_series(array, i, channels_first) for i, array in enumerate(data)]
    else:
        raise TypeError(
            "data must be a DataFrame, a list of arrays (n_timesteps, n_features) or an array; got "
            f"{type(data).__name__}."
        )
    if not series:
        raise ValueError("data holds no series.")
    lengths = np.array([len(values) for values in series])
    steps = max(lengths) if n_timesteps is None else n_timesteps
    if steps < max(lengths):
        raise ValueError(
            f"n_timesteps={n_timesteps}, but series {lengths.argmax()} has {max(lengths)} steps. "
            "Shorten it first, or leave n_timesteps=None."
        )
    widths = {values.shape[1] for values in series}
    if len(widths) > 1:
        raise ValueError(f"The series differ in their number of features: {sorted(widths)}.")
    dtype = np.result_type(*series, np.float32 if np.isnan(mask_value) else np.int8)
    stacked = np.full((len(series), steps, widths.pop()), mask_value, dtype=dtype)
    for row, values in zip(stacked, series, strict=True):
        row[: len(values)] = values
    check_padding(stacked, mask_value, warn=bool((lengths < steps).any()))
    if "target" in more and return_sequences:
        more["target"] = _padded_targets(more["target"], steps)
    return Bunch(data=stacked, lengths=lengths, **more)


@validate_params(
    {"to": [StrOptions({"frame", "list", "array"})], "channels_first": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def unstack_sequences(
    X: np.ndarray,
    *,
    to: str = "frame",
    mask_value: float = np.nan,
    channels_first: bool = False,
    feature_names: Sequence[str] | None = None,
    index: Sequence[Any] | None = None,
) -> Any:
    """Turn a padded array back into a long table, a list of series, or another layout.

    Parameters
    ----------
    X : array-like of shape (n_series, n_timesteps, n_features)
        Padded series; also attributions of that shape, with the mask put in.
    to : {"frame", "list", "array"}, default="frame"
        A long table with the columns "id" and "time" (the number of the step); a list of arrays
        without their padding; or one padded array.
    mask_value : float, default=nan
        What padded steps hold.
    channels_first : bool, default=False
        Put features before time in the arrays, as in sktime and aeon.
    feature_names : sequence of str, default=None
        Names of the columns of the table; by default x0, x1, ...
    index : sequence, default=None
        Ids of the series; by default 0, 1, ...

    Returns
    -------
    data : pandas.DataFrame, list of ndarray, or ndarray
        As ``to`` says.

    Raises
    ------
    ValueError
        If ``X`` is not 3-D, or names do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import unstack_sequences
    >>> X = np.array([[[1.0], [2.0]], [[3.0], [np.nan]]])
    >>> unstack_sequences(X, feature_names=["pulse"], index=["a", "b"])
      id  time  pulse
    0  a     0    1.0
    1  a     1    2.0
    2  b     0    3.0
    """
    X = np.asarray(X)
    if X.ndim != 3:
        raise ValueError(
            f"X must have shape (n_series, n_timesteps, n_features); got shape {X.shape}."
        )
    if to == "array":
        return np.ascontiguousarray(X.transpose(0, 2, 1)) if channels_first else X
    real = real_steps(X, mask_value)
    if to == "list":
        series = [values[steps] for values, steps in zip(X, real, strict=True)]
        return [np.ascontiguousarray(s.T) for s in series] if channels_first else series
    names = [f"x{i}" for i in range(X.shape[2])] if feature_names is None else list(feature_names)
    ids = np.arange(len(X)) if index is None else np.asarray(index)
    if len(names) != X.shape[2] or len(ids) != len(X):
        raise ValueError(
            f"X has {X.shape[2]} features and {len(X)} series; got {len(names)} feature_names and "
            f"{len(ids)} ids in index."
        )
    row, step = np.nonzero(real)
    frame = pd.DataFrame(X[real], columns=names)
    frame.insert(0, "id", ids[row])
    frame.insert(1, "time", step)
    return frame


def _as_series(array: Any, i: int, channels_first: bool) -> np.ndarray:
    values = np.asarray(array)
    if values.ndim != 2 or not values.size or not np.issubdtype(values.dtype, np.number):
        raise ValueError(
            f"Series {i} has shape {values.shape} and type {values.dtype}; expected numbers of "
            "shape "
            + ("(n_features, n_timesteps)." if channels_first else "(n_timesteps, n_features).")
        )
    return values.T if channels_first else values


def _series_of_frame(
    frame: pd.DataFrame,
    by: str | None,
    time: str | None,
    target: str | None,
    features: Sequence[str] | None,
    return_sequences: bool,
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """The series of a long table, and what else is known of them."""
    if by is None:
        raise ValueError("data is a DataFrame: say in by= which column holds the series' id.")
    special = [column for column in (by, time, target) if column is not None]
    names = [c for c in frame.columns if c not in special] if features is None else list(features)
    check_columns(frame, names, [column for column in special if column not in names])
    if frame[special].isna().any(axis=None):
        raise ValueError(f"The columns {special} have missing values; drop or fill these rows.")
    values = numbers(frame[names])
    if not np.isfinite(values).all():
        columns = [name for name in names if not np.isfinite(numbers(frame[[name]])).all()]
        raise ValueError(
            f"{int((~np.isfinite(values)).sum())} values are missing or infinite, in the columns "
            f"{columns}. Fill them in, for instance with frame.groupby({by!r}).ffill()."
        )
    codes, ids = pd.factorize(frame[by])
    order = np.arange(len(frame)) if time is None else _order_in_time(frame, by, time)
    order = order[np.argsort(codes[order], kind="stable")]
    rows = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    more: dict[str, Any] = {"feature_names": [str(name) for name in names], "index": ids}
    if target is not None:
        of_series = [frame[target].to_numpy()[of_one] for of_one in rows]
        more["target"] = of_series if return_sequences else _constant(of_series, ids, target)
    return [values[of_one] for of_one in rows], more


def _order_in_time(frame: pd.DataFrame, by: str, time: str) -> np.ndarray:
    """Positions of the rows in the order of time; says so if they were in another."""
    repeated = frame.duplicated([by, time])
    if repeated.any():
        first = frame.loc[repeated, [by, time]].iloc[0].tolist()
        raise ValueError(
            f"{int(repeated.sum())} rows repeat an earlier row's {by} and {time}; the first is "
            f"{first[0]}, {first[1]}. Drop or average them."
        )
    in_order = frame.groupby(by, sort=False)[time].is_monotonic_increasing
    if not in_order.all():
        warnings.warn(
            f"The rows of {int((~in_order).sum())} of {len(in_order)} series were not in the order "
            f"of {time!r}; they have been sorted.",
            UserWarning,
            stacklevel=4,
        )
    return np.argsort(frame[time].to_numpy(), kind="stable")


def _constant(of_series: list[np.ndarray], ids: Any, target: str) -> np.ndarray:
    for name, values in zip(ids, of_series, strict=True):
        if (values != values[0]).any():
            raise ValueError(
                f"The target {target!r} changes within series {name!r}. For a target at every step "
                "pass return_sequences=True."
            )
    return np.array([values[0] for values in of_series])


def _padded_targets(of_series: list[np.ndarray], steps: int) -> np.ndarray:
    """Targets of every step; a padded one repeats the last: no estimator looks at it."""
    return np.stack([np.pad(y, (0, steps - len(y)), mode="edge") for y in of_series])
