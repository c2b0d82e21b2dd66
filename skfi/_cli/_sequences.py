"""Windows of the rows, in the two parts, and what of them depends on each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

from skfi._cli._errors import CommandError, UsageError
from skfi._cli._order import Ordered
from skfi._cli._split import Split
from skfi._cli._talk import Talk, counted

N_FOLDS = 3  # the fewest that LOFO has intervals of
_FEWEST_TO_TRAIN, _FEWEST_TO_EXPLAIN = 20, 10
_BLOCK = 2  # windows in a block of rows that depend on each other, as permutation_importance says
_ENOUGH_BLOCKS = 20
_MOST_BYTES = 2**33  # of all windows, of which the parts are copies

Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Part:
    """Samples with their targets, and the rows that each of them reaches from and to."""

    X: Any
    y: np.ndarray
    first: np.ndarray  # of each sample the number of its first row
    last: np.ndarray  # and that of its target

    def __len__(self) -> int:
        return len(self.y)

    def taken(self, rows: np.ndarray) -> "Part":
        """Some of the samples."""
        return Part(self.X[rows], self.y[rows], self.first[rows], self.last[rows])


def default_window(rows: Ordered) -> int:
    """30 rows, or a twentieth of the shortest series; 1 if rows do not follow each other."""
    if not rows.is_series:
        return 1
    lengths = [len(rows.frame)] if rows.ids is None else pd.Series(rows.ids).value_counts()
    return int(np.clip(np.median(lengths) // 20, 1, 30))


def windows(
    rows: Ordered,
    inputs: pd.DataFrame,
    target: pd.Series,
    window: int,
    horizon: int,
    talk: Talk,
    *,
    rows_before: int = 0,
) -> Part:
    """All windows with a target, of series that are long enough.

    The inputs of a row are also of so many ``rows_before`` it.
    """
    from skfi.preprocessing import make_windows

    _check_fits_memory(len(inputs), window, inputs.shape[1])
    table = inputs.astype(np.float32)
    name, by = "the target", None
    while name in table:
        name += "'"
    table[name] = target
    needed = window + horizon
    if rows.ids is not None:
        by = f"the id of {name}"
        table[by] = rows.ids
        lengths = pd.Series(rows.ids).map(pd.Series(rows.ids).value_counts()).to_numpy()
        if (lengths < needed).any():
            short = pd.unique(rows.ids[lengths < needed])
            if len(short) == len(pd.unique(rows.ids)):
                smaller = max(1, lengths.max() // 4)
                raise CommandError(
                    f"Every series has fewer rows than a window, {needed} with its horizon; the "
                    f"longest has {lengths.max()}. Take a smaller one: --window {smaller}."
                )
            talk.note(
                f"{len(short):,} series have fewer rows than a window and are left out, such as "
                f"{short[0]}.",
                "a smaller window: --window N",
            )
            table = table[lengths >= needed]
    elif len(table) < needed:
        raise CommandError(
            f"There are {len(table)} rows, fewer than a window of {needed}. Take a smaller one: "
            f"--window {max(1, len(table) // 20)}."
        )
    made = make_windows(
        table, name, window, horizon, by=by, features=list(inputs.columns), dropna=True
    )
    last = np.asarray(made.index)
    first = last - needed + 1
    before = np.maximum(first - rows_before, 0)
    if rows.ids is not None:  # another series has no part in it
        before = np.where(rows.ids[before] == rows.ids[first], before, first)
    return Part(made.data, made.target, before, last)


def _check_fits_memory(n_rows: int, window: int, n_columns: int) -> None:
    n_bytes = 4.0 * n_rows * window * n_columns
    if n_bytes > _MOST_BYTES:
        raise CommandError(
            f"{n_rows:,} windows of {window} rows and {n_columns} inputs need "
            f"{n_bytes / 2**30:.0f} GB. Take a smaller --window, or fewer --inputs or rows."
        )


def two_parts(samples: Part, split: Split, talk: Talk) -> tuple[Part, Part]:
    """Samples to train on and to explain; those that reach into both parts are in neither."""
    first, last = split.train[samples.first], split.train[samples.last]
    train, held_out = samples.taken(first & last), samples.taken(~first & ~last)
    between = len(samples) - len(train) - len(held_out)
    if between:
        talk.note(f"In neither part: {counted(between, 'window')} that would reach into both.")
    for part, fewest, what in (
        (train, _FEWEST_TO_TRAIN, "to train on"),
        (held_out, _FEWEST_TO_EXPLAIN, "to explain"),
    ):
        if len(part) < fewest:
            raise CommandError(
                f"There are {len(part)} samples {what}, and at least {fewest} are needed: pass "
                "more rows, or take a smaller --window."
            )
    return train, held_out


def blocks(held_out: Part, rows: Ordered, window: int) -> np.ndarray | int | None:
    """Of each sample to explain the block of those that depend on each other."""
    if not rows.is_series and rows.ids is None:
        return None
    if rows.ids is None:
        series = np.zeros(len(held_out), dtype=int)
    else:
        series = np.unique(rows.ids[held_out.last].astype(str), return_inverse=True)[1]
    n_series = series.max() + 1
    if n_series >= _ENOUGH_BLOCKS or not rows.is_series:
        return series if n_series > 1 else None
    for length in (_BLOCK * window, window):
        number = held_out.last // length
        codes = np.unique(np.column_stack([series, number]), axis=0, return_inverse=True)[1]
        codes = codes.ravel()
        if codes.max() + 1 >= _ENOUGH_BLOCKS:
            break
    return codes if codes.max() > 0 else None


def folds_for(
    train: Part, rows: Ordered, split: Split, cv: str | None, task: str, seed: int, talk: Talk
) -> Folds:
    """Folds of LOFO among the samples to train on."""
    ids = None if rows.ids is None else rows.ids[train.last].astype(str)
    several = ids is not None and len(np.unique(ids)) > 1
    if cv is None:
        cv = "group" if several else "time" if rows.is_series else str(N_FOLDS)
    if cv == "group":
        folds = _by_group(ids, train)
        said = f"{len(folds)} folds of whole groups"
    elif cv == "time":
        if rows.moments is None:
            raise UsageError("--cv time needs an order in time: say --time COLUMN, or --window N.")
        folds = _in_time(train, rows.moments)
        said = f"{len(folds)} folds in time, each later than what it is trained on"
    elif rows.moments is not None:
        folds = _in_blocks(train, rows.moments, int(cv))
        said = f"{cv} stretches of time, trained on all that do not overlap with them"
    else:
        kind = StratifiedKFold if task == "classification" else KFold
        folds = list(kind(int(cv), shuffle=True, random_state=seed).split(train.y, train.y))
        said = f"{cv} random folds"
    usable = [(a, b) for a, b in folds if _can_be_trained(train, a, b, task)]
    if len(usable) < len(folds):
        talk.note(f"{len(folds) - len(usable)} folds are too small, or have one label only.")
    if len(usable) < 2:
        raise CommandError(
            f"LOFO needs two folds, and --cv {cv} gives {len(usable)} that can be used. Pass more "
            "rows, another --cv, or another --method."
        )
    talk.note(f"LOFO is by {said}, among the rows to train on.", "or --cv time, group or a number")
    return usable


def _by_group(ids: np.ndarray | None, train: Part) -> Folds:
    if ids is None:
        raise UsageError("--cv group needs the groups: --by-id COLUMN.")
    n_groups = len(np.unique(ids))
    if n_groups < 2:
        raise CommandError("--cv group: there is one group only to train on; say --cv time.")
    return list(GroupKFold(min(N_FOLDS, n_groups)).split(train.y, groups=ids))


def _in_time(train: Part, moments: np.ndarray) -> Folds:
    first, last = moments[train.first], moments[train.last]
    times = np.unique(last)
    if len(times) <= N_FOLDS:
        raise CommandError(f"--cv time: there are {len(times)} times only to train on.")
    folds = []
    for _, test in TimeSeriesSplit(N_FOLDS).split(times):
        start, end = times[test[0]], times[test[-1]]
        folds.append(
            (np.flatnonzero(last < start), np.flatnonzero((first >= start) & (last <= end)))
        )
    return folds


def _in_blocks(train: Part, moments: np.ndarray, n_folds: int) -> Folds:
    first, last = moments[train.first], moments[train.last]
    times = np.unique(last)
    if len(times) < n_folds:
        raise CommandError(f"--cv {n_folds}: there are {len(times)} times only to train on.")
    folds = []
    for test in np.array_split(times, n_folds):
        start, end = test[0], test[-1]
        outside = (last < start) | (first > end)
        folds.append((np.flatnonzero(outside), np.flatnonzero((first >= start) & (last <= end))))
    return folds


def _can_be_trained(train: Part, fitted: np.ndarray, tested: np.ndarray, task: str) -> bool:
    if len(fitted) < _FEWEST_TO_TRAIN // 2 or len(tested) < 2:
        return False
    different = len(np.unique(train.y[fitted].astype(str)))
    return different > 1
