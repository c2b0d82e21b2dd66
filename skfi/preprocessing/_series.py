"""The series of a table or of arrays, before they are stacked."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skfi._given import naming
from skfi._padding import steps_to_the_end
from skfi.preprocessing._numbers import check_columns, check_labels, numbers


def as_series(array: Any, i: int, channels_first: bool) -> np.ndarray:
    """One array of a list as (n_timesteps, n_features); ValueError if it is anything else."""
    with naming("data", array, "a list of arrays (n_timesteps, n_features)"):
        values = np.asarray(array)
    if np.ma.is_masked(array):
        raise ValueError(f"Series {i} of data is a masked array; fill it in: filled(np.nan).")
    if values.dtype.kind == "c" or (values.dtype.kind == "f" and np.isinf(values).any()):
        raise ValueError(f"Series {i} of data holds infinity or complex numbers.")
    if values.ndim != 2 or not values.size or not np.issubdtype(values.dtype, np.number):
        raise ValueError(
            f"data: Series {i} has shape {values.shape} and type {values.dtype}; expected "
            "numbers of shape "
            + ("(n_features, n_timesteps)." if channels_first else "(n_timesteps, n_features).")
        )
    return values.T if channels_first else values


def series_of_frame(
    frame: pd.DataFrame,
    by: str | None,
    time: str | None,
    target: str | None,
    features: Sequence[str] | None,
    return_sequences: bool,
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """The series of a long table, and the other entries of the result."""
    if by is None:
        raise ValueError("data is a DataFrame: say in by= which column holds the series' id.")
    check_labels(features, by=by, time=time, target=target)
    if not len(frame):
        raise ValueError("data has no rows; a row for each series and time is expected.")
    special = [column for column in (by, time, target) if column is not None]
    names = [c for c in frame.columns if c not in special] if features is None else list(features)
    both = [column for column in special if column in names]
    if both:
        raise ValueError(
            f"The columns {both} are among the features, and by, time or target as well: a "
            "network would be told the answer, or the order of the rows. Leave them out of "
            "features; to have the time as a feature, copy it to a column of another name."
        )
    check_columns(frame, names, [column for column in special if column not in names])
    if frame[special].isna().any(axis=None):
        raise ValueError(
            f"The columns {special} of data have missing values; drop or fill these rows."
        )
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
    entries: dict[str, Any] = {"feature_names": [str(name) for name in names], "index": ids}
    if target is not None:
        of_series = [frame[target].to_numpy()[of_one] for of_one in rows]
        entries["target"] = of_series if return_sequences else _constant(of_series, ids, target)
    return [values[of_one] for of_one in rows], entries


def _order_in_time(frame: pd.DataFrame, by: str, time: str) -> np.ndarray:
    """Positions of the rows in time order; warns if they were not sorted."""
    repeated = frame.duplicated([by, time])
    if repeated.any():
        first = frame.loc[repeated, [by, time]].iloc[0].tolist()
        raise ValueError(
            f"{int(repeated.sum())} rows repeat an earlier row's {by} and {time}; the first is "
            f"{first[0]}, {first[1]}. Drop or average them."
        )
    times = frame[time]
    if isinstance(times.dtype, pd.CategoricalDtype) and times.dtype.ordered:
        times = times.cat.codes  # its own order, not that of the alphabet
    in_order = times.groupby(frame[by], sort=False).is_monotonic_increasing
    if not in_order.all():
        warnings.warn(
            f"The rows of {int((~in_order).sum())} of {len(in_order)} series were not in the order "
            f"of {time!r}; they have been sorted.",
            UserWarning,
            stacklevel=5,  # the caller of stack_sequences, which validate_params wraps
        )
    return np.argsort(times.to_numpy(), kind="stable")


def _constant(of_series: list[np.ndarray], ids: Any, target: str) -> np.ndarray:
    for name, values in zip(ids, of_series, strict=True):
        if (values != values[0]).any():
            raise ValueError(
                f"The target {target!r} changes within series {name!r}. For a target at every step "
                "pass return_sequences=True."
            )
    return np.array([values[0] for values in of_series])


def padded_targets(of_series: list[np.ndarray], steps: int) -> np.ndarray:
    """Targets of every step; a padded one is NaN, or repeats the last if that is no float."""
    stacked = np.stack([np.pad(y, (0, steps - len(y)), mode="edge") for y in of_series])
    if stacked.dtype.kind == "f":
        stacked[np.arange(steps) >= np.array([len(y) for y in of_series])[:, None]] = np.nan
    return stacked


def padded_type(series: list[np.ndarray], mask_value: float) -> np.dtype:
    """The type of an array that holds all series and the mask value."""
    types = {values.dtype for values in series}
    dtype = np.result_type(*types, np.float32 if np.isnan(mask_value) else np.int8)
    of_floats = dtype.kind == "f"
    for wider in (np.float32, np.float64):
        with np.errstate(over="ignore", invalid="ignore"):
            stored = np.asarray(mask_value).astype(dtype).item()
        # among floats the nearest value will do, which steps_to_the_end looks for, but not infinity
        fits = np.isfinite(stored) == np.isfinite(mask_value) if of_floats else stored == mask_value
        if not fits:
            dtype = np.result_type(dtype, wider)
    return dtype


def seen_lengths(
    stacked: np.ndarray, mask_value: float, lengths: np.ndarray, names: Sequence[Any]
) -> np.ndarray:
    """Lengths as an estimator with this mask value sees them; ValueError if it would cut data."""
    seen = steps_to_the_end(stacked, mask_value).sum(axis=1)
    cut = np.flatnonzero(seen < lengths)
    if len(cut) and not np.isnan(mask_value):
        first = cut[0]
        raise ValueError(
            f"The last {lengths[first] - seen[first]} steps of series {list(names)[first]!r} hold "
            f"mask_value={mask_value} only, and so do those of {len(cut) - 1} others: an estimator "
            "would take them for padding. Choose a mask_value that the data does not have, such as "
            "NaN. If they are padding, take them off first, with unstack_sequences(to='list')."
        )
    return seen
