"""What is predicted: a number or a label."""

import numpy as np
import pandas as pd

from skfi._cli._errors import CommandError, UsageError
from skfi._cli._sequences import Part
from skfi._cli._talk import Talk, counted, listed

_MOST_LABELS = 10  # of whole numbers: more are taken for amounts


def decide_task(target: pd.Series, asked: str, talk: Talk) -> str:
    """ "regression" or "classification", as asked or as the target tells."""
    present = target.dropna()
    if present.empty:
        raise CommandError(f"The target {target.name!r} has no values.")
    n_different = present.nunique()
    if n_different == 1:
        raise CommandError(
            f"The target {target.name!r} has one value only, {present.iloc[0]}: there is nothing "
            "to explain."
        )
    is_number = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    if asked != "auto":
        if asked == "regression" and not is_number:
            raise UsageError(
                f"--task regression: the target {target.name!r} holds no numbers, but for instance "
                f"{present.iloc[0]!r}. Labels are for --task classification."
            )
        if asked == "classification" and n_different > max(_MOST_LABELS, len(present) / 5):
            raise UsageError(
                f"--task classification: the target {target.name!r} has {n_different:,} different "
                f"values in {len(present):,} rows. Amounts are for --task regression."
            )
        return asked
    if not is_number:
        if n_different > len(present) / 2 and n_different > 2 * _MOST_LABELS:
            raise CommandError(
                f"The target {target.name!r} is no number, and its {n_different:,} different "
                f"values in {len(present):,} rows are no labels either: {present.iloc[0]!r}, ..."
            )
        task, why = "classification", f"labels: {_shown(present)}"
    elif n_different <= _MOST_LABELS and bool((present == present.round()).all()):
        task, why = "classification", f"{n_different} whole numbers: {_shown(present)}"
    else:
        task, why = "regression", f"numbers, {n_different:,} different ones"
    other = "classification" if task == "regression" else "regression"
    talk.note(f"The target {target.name} is {why}. The task is {task}.", f"or --task {other}")
    return task


def _shown(present: pd.Series) -> str:
    return listed([_as_text(value) for value in sorted(present.unique())], 6)


def labels_of(target: pd.Series) -> pd.Series:
    """Labels as texts; missing ones stay missing."""
    present = target.dropna()
    return present.map(_as_text).astype(object).reindex(target.index)


def _as_text(label: object) -> str:
    if isinstance(label, float):
        return str(int(label)) if label.is_integer() else repr(label)
    return str(label)


def of_known_labels(train: Part, held_out: Part, talk: Talk) -> Part:
    """The samples to explain whose labels were there to learn."""
    known = np.isin(held_out.y, train.y)
    if known.all():
        return held_out
    unknown = sorted(set(held_out.y[~known]))
    rows = counted(int((~known).sum()), "held-out row")
    talk.note(f"Left out: {rows} with labels that no row to train on has ({listed(unknown)}).")
    if known.sum() < 2:
        raise CommandError("No held-out row has a label that could be learnt.")
    return held_out.taken(known)
