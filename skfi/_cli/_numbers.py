"""Columns of texts that hold numbers."""

import re
from argparse import Namespace
from pathlib import Path

import pandas as pd

from skfi._cli._dates import is_text, looks_like_dates
from skfi._cli._files import PARQUET, separator_of
from skfi._cli._talk import Talk, counted, listed

_ENOUGH = 10  # one in so many values may be no number, and is then missing
_DECIMAL_COMMA = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[-+]?\d+(\.\d+)?")


def read_texts_as_numbers(
    frame: pd.DataFrame, path: Path, options: Namespace, talk: Talk
) -> pd.DataFrame:
    """The table with numbers in place of texts, where nearly all of a column are numbers."""
    # between columns that are separated by commas, one in a number groups its digits
    groups = path.name.lower().endswith(PARQUET) or separator_of(path) == ","
    read = _with_thousands if groups else _with_decimal_comma
    with_point = [name for name in frame.columns if _has_fractions(frame[name])]
    with_comma = []
    frame = frame.copy()
    for name in frame.columns:
        is_special = name in (options.time, options.by_id, options.text)
        if is_special or not is_text(frame[name]) or looks_like_dates(frame[name]):
            continue
        present = frame[name].dropna().astype(str).str.strip()
        numbers, has_comma = read(present)
        wrong = present[numbers.isna()]
        if present.empty or len(wrong) * _ENOUGH > len(present):
            continue
        if has_comma.any():
            with_comma.append(name)
            what = "commas between thousands" if groups else "a decimal comma"
            talk.note(f"The numbers of {name} have {what}, such as {present[has_comma].iloc[0]}.")
        if len(wrong):
            talk.note(
                f"Taken as missing: {counted(len(wrong), 'value')} of {name} that is no number, "
                f"such as {wrong.iloc[0]!r}."
            )
        frame[name] = numbers.reindex(frame.index)
    if with_comma and with_point and not groups:
        talk.note(
            f"The numbers of {listed(with_comma)} have a decimal comma, but a point in those of "
            f"{listed(with_point)} was read as a decimal point. If it groups thousands, take it "
            "out of the file."
        )
    return frame


def _with_thousands(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers such as 1,234.5, missing where a text is none, and which of them have a comma."""
    has_comma = texts.str.contains(",", regex=False) & texts.str.fullmatch(_THOUSANDS)
    plain = texts.where(~has_comma, texts.str.replace(",", "", regex=False))
    return pd.to_numeric(plain, errors="coerce"), has_comma


def _with_decimal_comma(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers such as 1.234,5 or, if none has a comma, 1234.5; and which of them have a comma."""
    of_form = texts.str.fullmatch(_DECIMAL_COMMA)
    has_comma = texts.str.contains(",", regex=False) & of_form
    if not has_comma.any():
        return pd.to_numeric(texts, errors="coerce"), has_comma
    plain = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(plain.where(of_form), errors="coerce"), has_comma


def _has_fractions(values: pd.Series) -> bool:
    """Whether a column is of floats that are not all whole."""
    return values.dtype.kind == "f" and bool((values.dropna() % 1 > 0).any())
