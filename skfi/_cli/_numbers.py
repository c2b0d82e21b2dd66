"""Columns of texts that hold numbers."""

import re
from argparse import Namespace
from pathlib import Path

import pandas as pd

from skfi._cli._dates import is_text, looks_like_dates
from skfi._cli._files import PARQUET, separator_of
from skfi._cli._talk import Talk, counted

_ENOUGH = 10  # one in so many values may be no number, and is then missing
_COMMA = re.compile(r"[-+]?\d+,\d+|[-+]?\d+")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[-+]?\d+(\.\d+)?")


def read_texts_as_numbers(
    frame: pd.DataFrame, path: Path, options: Namespace, talk: Talk
) -> pd.DataFrame:
    """The table with numbers in place of texts, where nearly all of a column are numbers."""
    separator = "," if path.name.lower().endswith(PARQUET) else separator_of(path)
    frame = frame.copy()
    for name in frame.columns:
        is_special = name in (options.time, options.by_id, options.text)
        if not is_special and not looks_like_dates(frame[name]):
            frame[name] = _read_numbers(frame[name], separator, talk)
    return frame


def _read_numbers(values: pd.Series, separator: str, talk: Talk) -> pd.Series:
    """A column of texts as numbers if nearly all of them are; else as it is."""
    if not is_text(values):
        return values
    present = values.dropna().astype(str).str.strip()
    if present.empty:
        return values
    # between columns that are separated by commas, one in a number groups its digits
    form, by = (_THOUSANDS, "") if separator == "," else (_COMMA, ".")
    of_form = present.str.fullmatch(form)
    has_comma = of_form & present.str.contains(",", regex=False)
    texts = present.where(~has_comma, present.str.replace(",", by, regex=False))
    numbers = pd.to_numeric(texts, errors="coerce")
    wrong = present[numbers.isna()]
    if len(wrong) * _ENOUGH > len(present):
        return values
    if has_comma.any():
        what = "a decimal comma" if by == "." else "commas between thousands"
        talk.note(
            f"The numbers of {values.name} have {what}, such as {present[has_comma].iloc[0]}."
        )
    if len(wrong):
        talk.note(
            f"Taken as missing: {counted(len(wrong), 'value')} of {values.name} that is no number, "
            f"such as {wrong.iloc[0]!r}."
        )
    return numbers.reindex(values.index)
