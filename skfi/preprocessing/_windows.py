"""Windows of a table with their targets."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params


@validate_params(
    {
        "frame": [pd.DataFrame],
        "window": [Interval(Integral, 1, None, closed="left")],
        "horizon": [Interval(Integral, 0, None, closed="left")],
        "step": [Interval(Integral, 1, None, closed="left")],
        "dropna": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_windows(
    frame: pd.DataFrame,
    target: str | Sequence[str],
    window: int,
    horizon: int = 0,
    *,
    features: Sequence[str] | None = None,
    step: int = 1,
    dropna: bool = False,
) -> Bunch:
    """Cut a table of time-ordered rows into sequences, each with the target that belongs to it.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Rows in time order, evenly spaced.
    target : str or list of str
        Column, or columns, to predict.
    window : int
        Rows in a sequence.
    horizon : int, default=0
        How many rows after a window's last row its target stands; 0 is the last row itself.
    features : list of str, default=None
        Input columns; by default all but the target. The target's own past may be among them when
        ``horizon`` is at least 1.
    step : int, default=1
        Rows from the start of one window to the next.
    dropna : bool, default=False
        Leave out windows with missing values, in place of an error.

    Returns
    -------
    windows : sklearn.utils.Bunch
        ``data`` (n_windows, window, n_features), ``target`` (n_windows,) or
        (n_windows, n_targets), ``feature_names``, and ``index``, the label in ``frame`` of each
        target's row.

    Raises
    ------
    ValueError
        If a column is missing or the target would be its own input, if rows are out of order, too
        few or not numeric, or if values are missing.

    See Also
    --------
    SlidingWindow : The same as a transformer that keeps every row.

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
    if isinstance(features, str):
        raise ValueError(
            f"features must be a list of columns; got {features!r}: write [{features!r}]."
        )
    targets = [target] if isinstance(target, str) or np.isscalar(target) else list(target)
    names = [c for c in frame.columns if c not in targets] if features is None else list(features)
    _check(frame, names, targets, horizon)
    n_windows = len(frame) - window - horizon + 1
    if n_windows < 1:
        raise ValueError(
            f"frame has {len(frame)} rows; a window of {window} with horizon {horizon} needs at "
            f"least {window + horizon}."
        )
    inputs = _numbers(frame[names])
    starts = np.arange(0, n_windows, step)
    data = np.lib.stride_tricks.sliding_window_view(inputs, window, axis=0)[starts]
    data = np.ascontiguousarray(data.transpose(0, 2, 1))
    rows = starts + window - 1 + horizon
    values = _numbers(frame[targets])[rows]
    index = frame.index[rows]
    missing = pd.isna(data).any(axis=(1, 2)) | pd.isna(values).any(axis=1)
    if missing.any():
        if not dropna:
            columns = [c for c in [*names, *targets] if frame[c].isna().any()]
            raise ValueError(
                f"{missing.sum()} of {len(missing)} windows have missing values, from the columns "
                f"{columns}. Fill them in, or leave these windows out with dropna=True."
            )
        data, values, index = data[~missing], values[~missing], index[~missing]
        if not len(data):
            raise ValueError("Every window has missing values: dropna=True leaves none.")
    return Bunch(
        data=data,
        target=values[:, 0] if np.isscalar(target) else values,
        feature_names=[str(name) for name in names],
        index=index,
    )


def _numbers(columns: pd.DataFrame) -> np.ndarray:
    """The columns as one array; pandas' own types, which know a missing value, become floats."""
    values = columns.to_numpy()
    return values if values.dtype != object else columns.to_numpy("float64", na_value=np.nan)


def _check(frame: pd.DataFrame, names: list, targets: list, horizon: int) -> None:
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].unique().tolist()
        raise ValueError(f"The columns of frame must differ from each other; repeated: {repeated}.")
    for column in [*names, *targets]:
        if column not in frame.columns:
            raise ValueError(
                f"frame has no column {column!r}; it has {', '.join(map(str, frame.columns))}."
            )
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise ValueError(
                f"The column {column!r} is of type {frame[column].dtype}; numbers are expected. "
                "Encode it first, for instance with pandas.get_dummies."
            )
    if not names:
        raise ValueError("No feature is left besides the target; name some in features=.")
    if horizon == 0 and set(names) & set(targets):
        raise ValueError(
            f"The target {sorted(set(names) & set(targets))} is among the features, and with "
            "horizon=0 the last row of each window holds the answer. Use horizon=1 or more."
        )
    if not frame.index.is_monotonic_increasing:
        raise ValueError("The rows of frame are not in time order; call frame.sort_index().")
