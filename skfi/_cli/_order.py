"""The rows in order: of time, and of each series."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skfi._cli._columns import Columns
from skfi._cli._dates import times_of
from skfi._cli._errors import CommandError
from skfi._cli._talk import Talk, have_no


@dataclass(frozen=True)
class Ordered:
    """A table whose rows are in order."""

    frame: pd.DataFrame  # its index counts the rows
    moments: np.ndarray | None  # of each row the number of its time; None if rows have no order
    ids: np.ndarray | None  # of each row the id of its series
    times: pd.Series | None  # of each row, if a column tells them

    @property
    def period(self) -> str | None:
        """The first and the last time."""
        if self.times is None:
            return None
        return f"{shown_time(self.times.min())} to {shown_time(self.times.max())}"

    @property
    def is_series(self) -> bool:
        """Whether rows follow each other in time."""
        return self.moments is not None


def in_order(frame: pd.DataFrame, columns: Columns, talk: Talk, **options: object) -> Ordered:
    """Sort the rows by series and time; without a column of times they keep their order.

    ``as_series`` says whether rows without times are a series in the order of the file (None if
    they cannot be), ``repeats`` whether several rows may have one time, and ``format`` how dates
    are written.
    """
    ids = None
    if columns.by is not None:
        ids = frame[columns.by]
        if ids.isna().any():
            raise CommandError(
                f"{have_no(int(ids.isna().sum()))} {columns.by!r}: it is not known to which series "
                "they belong. Fill it in, or take these rows out."
            )
    if columns.time is None:
        return _in_the_order_of_the_file(frame, ids, options["as_series"], talk)
    format = options["format"]
    times = times_of(frame[columns.time], ids, None if format is None else str(format))
    if not options["repeats"]:
        _check_not_repeated(frame, times, columns)
    keys = pd.DataFrame({"time": times} if ids is None else {"id": _sortable(ids), "time": times})
    order = keys.sort_values(list(keys.columns), kind="stable")
    was_sorted = order.index.equals(frame.index)
    times = times.loc[order.index].reset_index(drop=True)
    frame = frame.loc[order.index].reset_index(drop=True)
    moments = pd.factorize(times, sort=True)[0]
    of_rows = None if ids is None else frame[columns.by].to_numpy()
    rows = Ordered(frame, moments, of_rows, times)
    talk.note(
        f"Rows are in the order of {columns.time}, from {rows.period}"
        f"{'' if was_sorted else ', by which they were sorted'}.",
        "another column: --time COLUMN; none: --time none",
    )
    _say_gaps(times, of_rows, talk)
    return rows


def _in_the_order_of_the_file(
    frame: pd.DataFrame, ids: pd.Series | None, as_series: object, talk: Talk
) -> Ordered:
    if ids is not None:
        frame = frame.loc[_sortable(ids).sort_values(kind="stable").index]
        ids = ids.loc[frame.index]
    if as_series:
        talk.note(
            "No column tells the time: the rows are taken as a series, in the order of the file.",
            "a column that tells it: --time COLUMN",
        )
    else:
        series = "" if as_series is None else "; a series in the order of the file: --window 30"
        talk.note(
            "No column tells an order in time: the rows are taken as independent of each other.",
            f"a column that tells it: --time COLUMN{series}",
        )
    frame = frame.reset_index(drop=True)
    of_rows = None if ids is None else ids.to_numpy()
    return Ordered(frame, np.arange(len(frame)) if as_series else None, of_rows, None)


def _sortable(ids: pd.Series) -> pd.Series:
    """Ids as numbers, if they are, or texts."""
    return ids if pd.api.types.is_numeric_dtype(ids) else ids.astype(str)


def _check_not_repeated(frame: pd.DataFrame, times: pd.Series, columns: Columns) -> None:
    keys = [times] if columns.by is None else [frame[columns.by], times]
    repeated = pd.concat(keys, axis=1, keys=range(len(keys))).duplicated()
    if not repeated.any():
        return
    first = shown_time(times[repeated].iloc[0])
    if columns.by is not None:
        raise CommandError(
            f"{int(repeated.sum()):,} rows repeat the {columns.by} and {columns.time} of an "
            f"earlier row; the first is {frame[columns.by][repeated].iloc[0]}, {first}. Take them "
            "out, or average them."
        )
    ids = [
        str(name)
        for name in frame.columns
        if name not in (columns.target, columns.time)
        and 1 < frame[name].nunique() <= len(frame) / 2
        and not pd.api.types.is_float_dtype(frame[name])
        and not pd.concat([frame[name], times], axis=1, keys=[0, 1]).duplicated().any()
    ]
    id_column = ids[0] if ids else "COLUMN"
    raise CommandError(
        f"{int(repeated.sum()):,} rows repeat the {columns.time} of an earlier row, the first "
        f"{first}. Are they of several series? Say --by-id {id_column}. If rows have nothing to do "
        "with each other, say --window 1."
    )


def _say_gaps(times: pd.Series, ids: np.ndarray | None, talk: Talk) -> None:
    steps = times.diff() if ids is None else times.groupby(ids).diff()
    steps = steps.dropna()
    if steps.empty:
        return
    usual = steps.median()
    wide = steps > 1.5 * usual
    if wide.any():
        talk.note(
            f"Rows are mostly {shown_time(usual)} apart, but {int(wide.sum()):,} times more, up to "
            f"{shown_time(steps.max())}; a window is a number of rows, whatever lies between them."
        )


def shown_time(time: object) -> str:
    """A time, or what lies between two, without parts that tell nothing."""
    return str(time).removesuffix(" 00:00:00").removesuffix(" 00:00:00+00:00")
