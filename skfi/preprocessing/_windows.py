"""Windows of a table with their targets."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skfi._constraints import Whole
from skfi._containers import as_pandas
from skfi._given import check_values, naming
from skfi._private import validate_params
from skfi.preprocessing._gaps import warn_of_gaps
from skfi.preprocessing._numbers import check_columns, check_labels, numbers


@validate_params(
    {
        "window": [Whole()],
        "horizon": [Whole(0), "array-like"],
        "step": [Whole()],
        "dropna": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_windows(
    frame: pd.DataFrame,
    target: str | Sequence[str],
    window: int,
    horizon: int | Sequence[int] = 0,
    *,
    by: str | None = None,
    features: Sequence[str] | None = None,
    step: int = 1,
    dropna: bool = False,
) -> Bunch:
    """Cut a table of time-ordered rows into sequences, each with the target that belongs to it.

    Parameters
    ----------
    frame : DataFrame, of pandas or polars, of shape (n_rows, n_columns)
        Rows in time order, evenly spaced.
    target : str or list of str
        Column, or columns, to predict: numbers, or the labels of a classifier.
    window : int
        Rows in a sequence.
    horizon : int or sequence of int, default=0
        How many rows after a window's last row its target stands; 0 is the last row itself.
        Several, such as ``range(1, 25)``, make a column of the target for each.
    by : str, default=None
        Column of the id of a series, if the table holds several one after the other, each in time
        order: no window goes from one into the next.
    features : list of str, default=None
        Input columns; by default all but the target and ``by``. The target's own past may be
        among them when ``horizon`` is at least 1.
    step : int, default=1
        Rows from the start of one window to the next.
    dropna : bool, default=False
        Leave out windows with missing values, in place of an error.

    Returns
    -------
    windows : sklearn.utils.Bunch
        ``data`` (n_windows, window, n_features), ``target`` (n_windows,) or
        (n_windows, n_targets), ``feature_names``, ``index``, the label in ``frame`` of each
        target's row, and with ``by`` ``groups`` (n_windows,), the series of each window. With
        several horizons ``target`` is a DataFrame with the columns ``flow+1``, ``flow+2``, ...,
        and ``index`` is of the first horizon's rows.

    Raises
    ------
    ValueError
        If a column is missing or the target would be its own input, if rows are out of order, not
        numeric, or too few for a window (in any series), or if values are missing.

    Warns
    -----
    UserWarning
        If the index of ``frame`` is of times, and windows reach over a gap in it.

    See Also
    --------
    SlidingWindow : The same as a transformer that keeps every row.
    stack_sequences : Whole series as sequences, padded to one length.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfi import make_windows
    >>> frame = pd.DataFrame({"rain": [0, 5, 0, 1], "flow": [1, 2, 4, 3]})
    >>> windows = make_windows(frame, target="flow", window=2)
    >>> windows.data[:, :, 0]
    array([[0, 5],
           [5, 0],
           [0, 1]])
    >>> windows.target
    array([2, 4, 3])
    """
    frame = as_pandas(frame)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a DataFrame; got {type(frame).__name__}.")
    check_labels(features, by=by)
    one = isinstance(target, str) or np.isscalar(target)
    if not one:
        check_values(target, "target", "a column, or a list of columns")
    targets: list[Any] = [target] if one else list(target)
    if not targets or len(set(map(repr, targets))) < len(targets):
        raise ValueError(f"target must be one column, or different ones; got {targets!r:.80}.")
    horizons = _horizons(horizon)
    not_input = [*targets, by]
    names = [c for c in frame.columns if c not in not_input] if features is None else list(features)
    _check(frame, names, targets, by, horizons[0])
    inputs = numbers(frame[names])
    starts = _starts(frame, by, window, horizons[-1], step)
    series = np.zeros(len(frame)) if by is None else pd.factorize(frame[by])[0]
    warn_of_gaps(frame.index, series, starts, window + horizons[-1])
    data = np.lib.stride_tricks.sliding_window_view(inputs, window, axis=0)[starts]
    data = np.ascontiguousarray(data.transpose(0, 2, 1))
    last = starts + window - 1
    of_rows = _target_values(frame[targets])
    # by target, then by horizon
    values = np.stack([of_rows[last + h] for h in horizons], axis=2).reshape(len(last), -1)
    index = frame.index[last + horizons[0]]
    groups = {} if by is None else {"groups": frame[by].to_numpy()[last]}
    missing = pd.isna(data).any(axis=(1, 2)) | pd.isna(values).any(axis=1)
    if missing.any():
        if not dropna:
            columns = [c for c in [*names, *targets] if frame[c].isna().any()]
            raise ValueError(
                f"{missing.sum()} of {len(missing)} windows have missing values, from the columns "
                f"{columns}. Fill them in, or leave these windows out with dropna=True."
            )
        data, values, index = data[~missing], values[~missing], index[~missing]
        groups = {name: values_of[~missing] for name, values_of in groups.items()}
        if not len(data):
            raise ValueError("Every window has missing values: dropna=True leaves none.")
    return Bunch(
        data=data,
        target=_named(values, targets, horizons, index)
        if np.ndim(horizon)
        else (values[:, 0] if np.isscalar(target) else values),
        feature_names=[str(name) for name in names],
        index=index,
        **groups,
    )


def _starts(
    frame: pd.DataFrame, by: str | None, window: int, horizon: int, step: int
) -> np.ndarray:
    """Row numbers at which windows begin."""
    needed = window + horizon
    if by is None or frame.empty:
        if len(frame) < needed:
            raise ValueError(
                f"frame has {len(frame)} rows; a window of {window} with horizon {horizon} needs "
                f"at least {needed}."
            )
        return np.arange(0, len(frame) - needed + 1, step)
    codes, ids = pd.factorize(frame[by])
    first = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    if len(first) != len(ids):
        raise ValueError(
            f"The rows of each series must stand together; those of {by!r} do not. Call "
            f"frame.sort_values({by!r}, kind='stable')."
        )
    lengths = np.diff(first, append=len(frame))
    for name, start, length in zip(ids, first, lengths, strict=True):
        if not frame.index[start : start + length].is_monotonic_increasing:
            raise ValueError(
                f"The rows of series {name!r} are not in time order, by the index of frame; call "
                f"frame.sort_index().sort_values({by!r}, kind='stable'). If the index is no time "
                "and the rows are in order, call frame.reset_index(drop=True)."
            )
    short = np.flatnonzero(lengths < needed)
    if len(short):
        raise ValueError(
            f"{len(short)} of {len(ids)} series are shorter than the window, which with horizon "
            f"{horizon} needs {needed} rows; series {ids[short[0]]!r} has {lengths[short[0]]}. "
            "Leave them out, or take a smaller window."
        )
    return np.concatenate(
        [
            np.arange(start, start + length - needed + 1, step)
            for start, length in zip(first, lengths, strict=True)
        ]
    )


def _horizons(horizon: int | Sequence[int]) -> list[int]:
    """The horizons in order."""
    if isinstance(horizon, Integral):
        return [int(horizon)]
    check_values(horizon, "horizon", "a whole number of rows, or several")
    with naming("horizon", horizon, "a whole number of rows, or several in ascending order"):
        given = np.asarray(horizon)
    whole = given.ndim == 1 and given.size > 0 and given.dtype.kind in "iu"
    if not whole or given[0] < 0 or (np.diff(given) <= 0).any():
        raise ValueError(
            f"horizon={horizon!r} must be a whole number of rows, or several in ascending order, "
            "such as range(1, 25)."
        )
    return given.tolist()


def _named(
    values: np.ndarray, targets: list[str], horizons: list[int], index: pd.Index
) -> pd.DataFrame:
    """Targets of several horizons."""
    names = [f"{target}+{horizon}" for target in targets for horizon in horizons]
    return pd.DataFrame(values, columns=names, index=index).infer_objects()


def _target_values(targets: pd.DataFrame) -> np.ndarray:
    if all(map(pd.api.types.is_numeric_dtype, targets.dtypes)):
        return numbers(targets)
    return targets.to_numpy(dtype=object) if targets.shape[1] > 1 else np.array(targets)


def _check(frame: pd.DataFrame, names: list, targets: list, by: str | None, horizon: int) -> None:
    check_columns(frame, names, [*targets, *([] if by is None else [by])])
    if horizon == 0 and set(names) & set(targets):
        raise ValueError(
            f"The target {sorted(set(names) & set(targets))} is among the features, and with "
            "horizon=0 the last row of each window holds the answer. Use horizon=1 or more."
        )
    if by is not None and frame[by].isna().any():
        raise ValueError(
            f"{int(frame[by].isna().sum())} rows have no value in the column {by!r} of by=; it is "
            f"not known to which series they belong. Call frame.dropna(subset=[{by!r}])."
        )
    if by is None and not frame.index.is_monotonic_increasing:
        raise ValueError("The rows of frame are not in time order; call frame.sort_index().")
