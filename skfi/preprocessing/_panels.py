"""Many series of unequal lengths, as one padded array and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skfi._constraints import Missing, Whole
from skfi._containers import as_pandas, check_kinds
from skfi._given import check_names, check_values, described, naming
from skfi._padding import check_padding, steps_to_the_end
from skfi._private import StrOptions, validate_params
from skfi.preprocessing._series import (
    as_series,
    padded_targets,
    padded_type,
    seen_lengths,
    series_of_frame,
)


@validate_params(
    {
        "return_sequences": ["boolean"],
        "mask_value": [Missing()],
        "n_timesteps": [Whole(), None],
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
    data : DataFrame (of pandas or polars), list of arrays, or array
        A long table, a row for each series and time; or a list of arrays (n_timesteps_i,
        n_features), one for each series; or one array of all series. Arrays may be padded with
        NaN at their end. With ``channels_first`` they have features before time, (n_features,
        n_timesteps), as in sktime and aeon.
    by : str, default=None
        Of a table: column of the series' id.
    time : str, default=None
        Of a table: column of the time, by which each series is sorted (an ordered categorical one
        by its own order); None takes the rows in their order.
    target : str, default=None
        Of a table: column to predict. It must be constant within a series, or
        ``return_sequences=True``.
    features : list of str, default=None
        Of a table: input columns; by default all but ``by``, ``time`` and ``target``. A column
        that is constant within each series, such as the altitude of a station, is a feature like
        any other.
    return_sequences : bool, default=False
        Give the target of every step, as estimators with ``return_sequences=True`` take it. Of
        padded steps it is NaN; labels, and numbers that are no floats, repeat the last one there.
    mask_value : float, default=nan
        What padded steps hold. NaN survives scaling; give the same to the estimator. Integers
        become floats if it is none of theirs.
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
        id and time, series differ in their features, a feature is also ``by``, ``time`` or
        ``target``, or a series ends with steps that hold a ``mask_value`` other than NaN only.

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
    entries: dict[str, Any] = {}
    data = as_pandas(data)
    if isinstance(data, pd.DataFrame):
        series, entries = series_of_frame(data, by, time, target, features, return_sequences)
    elif isinstance(data, (list, tuple, np.ndarray)):
        if by is not None or time is not None or target is not None or features is not None:
            raise ValueError(
                "by, time, target and features name columns of a DataFrame; data is "
                f"a {type(data).__name__}."
            )
        series = [as_series(array, i, channels_first) for i, array in enumerate(data)]
    else:
        raise TypeError(
            "data must be a DataFrame, a list of arrays (n_timesteps, n_features) or an array; got "
            f"{type(data).__name__}."
        )
    if not series:
        raise ValueError(f"data holds no series: {described(data)}.")
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
    dtype = padded_type(series, mask_value)
    stacked = np.full((len(series), steps, widths.pop()), mask_value, dtype=dtype)
    for row, values in zip(stacked, series, strict=True):
        row[: len(values)] = values
    lengths = seen_lengths(stacked, mask_value, lengths, entries.get("index", range(len(series))))
    check_padding(stacked, mask_value, warn=bool((lengths < steps).any()))
    if "target" in entries and return_sequences:
        entries["target"] = padded_targets(entries["target"], steps)
    return Bunch(data=stacked, lengths=lengths, **entries)


@validate_params(
    {
        "to": [StrOptions({"frame", "list", "array"})],
        "mask_value": [Missing()],
        "channels_first": ["boolean"],
    },
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
        If ``X`` is not 3-D, or names do not fit, or are those of the columns "id" and "time".

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
    expected = "numbers of shape (n_series, n_timesteps, n_features)"
    check_values(X, "X", expected)
    with naming("X", X, expected):
        X = np.asarray(X)
        check_kinds(X)
        if X.dtype.kind not in "fiub" or not X.size:
            raise ValueError("There are no numbers.")
    if X.ndim != 3:
        raise ValueError(
            f"X must have shape (n_series, n_timesteps, n_features); got shape {X.shape}."
        )
    if to == "array":
        return np.ascontiguousarray(X.transpose(0, 2, 1)) if channels_first else X
    real = steps_to_the_end(X, mask_value)
    if to == "list":
        series = [values[steps] for values, steps in zip(X, real, strict=True)]
        return [np.ascontiguousarray(s.T) for s in series] if channels_first else series
    names = (
        [f"x{i}" for i in range(X.shape[2])]
        if feature_names is None
        else check_names(feature_names)
    )
    if index is not None:
        check_values(index, "index", "a list of ids, one for each series")
    with naming("index", index, "a list of ids, one for each series"):
        ids = np.arange(len(X)) if index is None else np.asarray(index)
    if ids.ndim != 1 or len(pd.unique(ids)) < len(ids) or pd.isna(ids).any():
        raise ValueError(f"index must be {len(X)} different ids; got {described(ids)}.")
    if len(names) != X.shape[2] or len(ids) != len(X):
        raise ValueError(
            f"X has {X.shape[2]} features and {len(X)} series; got {len(names)} feature_names and "
            f"{len(ids)} ids in index."
        )
    reserved = [name for name in names if name in ("id", "time")]
    if reserved:
        raise ValueError(
            f"feature_names has {reserved}, but the table gets columns 'id' and 'time' of its own. "
            "Give these features other names."
        )
    row, step = np.nonzero(real)
    frame = pd.DataFrame(X[real], columns=names)
    frame.insert(0, "id", ids[row])
    frame.insert(1, "time", step)
    return frame
