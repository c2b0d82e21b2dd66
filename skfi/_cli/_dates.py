"""Columns of dates, and which of them tells the order of the rows."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd

from skfi._cli._errors import CommandError, UsageError
from skfi._cli._files import listed_names
from skfi._cli._talk import have_no

_NAMES = ("date", "time", "datetime", "timestamp", "day", "month", "year", "hour", "period")
_LOOKS_LIKE_A_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?|\d{4}[-/](0?[1-9]|1[0-2])|"
    r"(?=.*\d{4})(?=.*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)).*\d.*",
    re.IGNORECASE | re.DOTALL,
)


def is_text(values: pd.Series) -> bool:
    """Whether a column holds texts."""
    return values.dtype == object or isinstance(values.dtype, pd.StringDtype)


def looks_like_dates(values: pd.Series) -> bool:
    """Whether a column is of dates, or of texts that all look like dates."""
    if pd.api.types.is_datetime64_any_dtype(values) or isinstance(values.dtype, pd.PeriodDtype):
        return True
    present = values.dropna()
    if not is_text(values) or present.empty:
        return False
    return all(_LOOKS_LIKE_A_DATE.fullmatch(str(each).strip()) for each in present.unique())


def time_column(frame: pd.DataFrame, candidates: list[str], by: str | None) -> str | None:
    """The column that tells the order of the rows; None if there is none.

    It is of dates, or has the name of a time and whole numbers, and no two rows (of one id) share
    a value.
    """
    dates = [name for name in candidates if looks_like_dates(frame[name])]
    if not dates:
        dates = [
            name
            for name in candidates
            if name.lower() in _NAMES
            and pd.api.types.is_integer_dtype(frame[name])
            and not frame.duplicated([name] if by is None else [by, name]).any()
        ]
    if len(dates) < 2:
        return dates[0] if dates else None
    named = [name for name in dates if name.lower() in _NAMES]
    if len(named) == 1:
        return named[0]
    raise UsageError(
        f"The columns {listed_names(dates)} hold dates; say which of them orders the rows, such as "
        f"--time {dates[0]}, or --time none."
    )


def times_of(values: pd.Series, ids: pd.Series | None, format: str | None) -> pd.Series:
    """The times of a column, as dates or numbers."""
    name = values.name
    if values.isna().any():
        rows = have_no(int(values.isna().sum()))
        raise CommandError(
            f"{rows} {name!r}, which orders the rows; fill it in, or take these rows out."
        )
    if format is not None:
        return _parsed_by(values, format)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if isinstance(values.dtype, pd.PeriodDtype):
        return values.dt.to_timestamp()
    if pd.api.types.is_numeric_dtype(values):
        return _of_numbers(values)
    return _of_texts(values.astype(str).str.strip(), ids)


def _of_numbers(values: pd.Series) -> pd.Series:
    """Numbers as they are, but for whole ones such as 20240131, which are dates."""
    if pd.api.types.is_integer_dtype(values) and values.between(18000101, 22001231).all():
        dates = pd.to_datetime(values.astype(str), format="%Y%m%d", errors="coerce")
        if dates.notna().all():
            return dates
    if not np.isfinite(values.astype(float)).all():
        raise CommandError(f"The column {values.name!r}, which orders the rows, holds infinity.")
    return values


def _of_texts(values: pd.Series, ids: pd.Series | None) -> pd.Series:
    if re.match(r"\d{4}\D", values.iloc[0]):
        ways = [_parsed(values, format="ISO8601"), _parsed(values)]
        ways = [dates for dates in ways if dates.notna().all()][:1] or ways[:1]
    elif re.match(r"\d{1,2}\.", values.iloc[0]):
        ways = [_parsed(values, dayfirst=True)]  # nobody writes dots behind the month
    else:
        ways = [_parsed(values), _parsed(values, dayfirst=True)]
    parsed = [dates for dates in ways if dates.notna().all()]
    if not parsed:
        _refuse_texts(values, max(ways, key=lambda dates: dates.notna().sum()))
    if len(parsed) == 1 or parsed[0].equals(parsed[1]):
        return parsed[0]
    in_order = [dates for dates in parsed if _is_in_order(dates, ids)]
    if len(in_order) == 1:
        return in_order[0]
    raise UsageError(
        f"Dates such as {values.iloc[0]!r} in the column {values.name!r} may have the month or the "
        "day first; say which: --time-format %d/%m/%Y, with the signs that stand between them."
    )


def _parsed(values: pd.Series, **options: Any) -> pd.Series:
    """The dates, all of one format, that of the first; NaT for what is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dates that tell by themselves that the day is first
        # else each is read on its own, some with the day first and others with the month
        warnings.filterwarnings("error", message="Could not infer format")
        for utc in (False, True):  # times of several offsets have UTC in common
            try:
                return pd.to_datetime(values, errors="coerce", utc=utc, **options)
            except (ValueError, TypeError, UserWarning):
                continue
    return pd.Series(pd.NaT, index=values.index, name=values.name)


def _parsed_by(values: pd.Series, format: str) -> pd.Series:
    try:
        dates = pd.to_datetime(values.astype(str).str.strip(), format=format, errors="coerce")
    except ValueError as error:
        raise UsageError(f"--time-format {format} is no format of dates: {error}.") from error
    if dates.isna().any():
        _refuse_texts(values.astype(str), dates, f" of the format {format}")
    return dates


def _refuse_texts(values: pd.Series, dates: pd.Series, what: str = "") -> None:
    wrong = values[dates.isna()]
    n_wrong = f"{len(wrong):,} of the {len(values):,}" if len(wrong) < len(values) else "The"
    row = int(np.flatnonzero(dates.isna())[0]) + 1
    raise CommandError(
        f"{n_wrong} values in the column {values.name!r} are no dates{what}: the first is "
        f"{wrong.iloc[0]!r}, in row {row:,}. Mend them, say their format (--time-format "
        "%d.%m.%Y), or take the rows in the order of the file: --time none."
    )


def _is_in_order(dates: pd.Series, ids: pd.Series | None) -> bool:
    if ids is None:
        return bool(dates.is_monotonic_increasing)
    return bool(dates.groupby(ids.to_numpy(), sort=False).is_monotonic_increasing.all())
