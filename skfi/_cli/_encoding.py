"""Inputs as numbers that a network can take: by what the rows to train on tell, and only these."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from skfi._cli._errors import CommandError
from skfi._cli._talk import Talk, counted, listed

_MOST_CATEGORIES = 20
_MISSING = "(missing)"


@dataclass
class Inputs:
    """Numbers with their names; a column of categories has become several, which are a group."""

    values: pd.DataFrame
    groups: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.values.columns)

    @property
    def n_units(self) -> int:
        """How many importances there will be: a group counts as one."""
        return len(self.names) - sum(len(names) - 1 for names in self.groups.values())


def encode(
    frame: pd.DataFrame,
    names: list[str],
    train: np.ndarray,
    ids: np.ndarray | None,
    *,
    is_series: bool,
    talk: Talk,
) -> Inputs:
    """Fill in, encode and scale the columns ``names``; rows of ``train`` tell how."""
    numbers: dict[str, pd.Series] = {}
    categories: dict[str, pd.Series] = {}
    for name in names:
        values = frame[name]
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
            numbers[name] = values.astype(float)
        else:
            categories[name] = values
    numbers = {name: _filled(of, train, ids, is_series, talk) for name, of in numbers.items()}
    constant = [name for name, of in numbers.items() if of[train].nunique() < 2]
    constant += [name for name, of in categories.items() if of[train].nunique(dropna=False) < 2]
    if constant:
        talk.note(
            f"Left out, as they have one value only in the rows to train on: {listed(constant)}."
        )
    parts: dict[Hashable, pd.Series] = {}
    groups: dict[str, list[str]] = {}
    for name in names:
        if name in constant:
            continue
        if name in numbers:
            parts[name] = _scaled(numbers[name], train)
        else:
            columns = _one_hot(categories[name], train, talk)
            same = [each for each in columns if each in names]
            if same:
                raise CommandError(
                    f"A column has the name that a category of {name!r} gets, {same[0]!r}; "
                    "rename it."
                )
            groups[name] = [str(each) for each in columns]
            parts |= columns
    if not parts:
        raise CommandError("Every input has one value only in the rows to train on.")
    return Inputs(pd.DataFrame(parts), groups)


def _filled(
    values: pd.Series, train: np.ndarray, ids: np.ndarray | None, is_series: bool, talk: Talk
) -> pd.Series:
    """Numbers without gaps, which are filled from the past of a series, never from its future."""
    if np.isinf(values).any():
        raise CommandError(
            f"{int(np.isinf(values).sum()):,} values of {values.name} are infinite; mend them, or "
            "leave the column out of --inputs."
        )
    n_missing = int(values.isna().sum())
    if not n_missing:
        return values
    median = values[train].median()
    if np.isnan(median):  # there are none to train on
        return values.fillna(0.0)  # one value there, so that the column is left out
    what = "the median of the rows to train on"
    filled = values
    if is_series:
        filled = values.ffill() if ids is None else values.groupby(ids).ffill()
        first = f"; where there is none, with {what}" if filled.isna().any() else ""
        what = f"the value before{first}"
    share = f"{100 * n_missing / len(values):.2g}%"
    values_of = counted(n_missing, "missing value")
    talk.note(f"Filled in: {values_of} of {values.name} ({share}), with {what}.")
    return filled.fillna(median)


def _scaled(values: pd.Series, train: np.ndarray) -> pd.Series:
    column = values.to_numpy()[:, None]
    scaler = StandardScaler().fit(column[train])
    return pd.Series(scaler.transform(column)[:, 0], index=values.index, name=values.name)


def _one_hot(values: pd.Series, train: np.ndarray, talk: Talk) -> dict[Hashable, pd.Series]:
    """A column of 0 and 1 for each frequent category; all are 0 for another one."""
    texts = values.astype(object).where(values.notna(), _MISSING).astype(str)
    of_rows = texts[train].value_counts()
    kept = sorted(of_rows.index[:_MOST_CATEGORIES])
    rest = "" if len(of_rows) <= _MOST_CATEGORIES else ", all others as one"
    n_missing = int(values.isna().sum())
    missing = f"; {counted(n_missing, 'missing value')} as one of them" if n_missing else ""
    talk.note(
        f"{values.name} holds categories, and is encoded by {len(kept)} columns of 0 and 1 "
        f"({listed(kept, 5)}{rest}{missing})."
    )
    return {f"{values.name}={one}": (texts == one).astype(float) for one in kept}
