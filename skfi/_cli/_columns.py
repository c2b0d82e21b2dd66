"""Which column of a table is what."""

from dataclasses import dataclass

import pandas as pd

from skfi._cli._dates import is_text, looks_like_dates, time_column
from skfi._cli._errors import CommandError, UsageError, did_you_mean
from skfi._cli._files import listed_names
from skfi._cli._talk import Talk, listed


@dataclass(frozen=True)
class Columns:
    """The names of the columns by what they are for."""

    target: str
    inputs: list[str]
    time: str | None
    by: str | None  # the id of the series


def column(frame: pd.DataFrame, name: str, option: str) -> str:
    """A column that is there."""
    if name in frame.columns:
        return name
    known = [str(each) for each in frame.columns]
    raise UsageError(
        f"{option} {name}: there is no such column.{did_you_mean(name, known)} The columns are "
        f"{listed(known, 20)}."
    )


def split_names(frame: pd.DataFrame, text: str) -> list[str]:
    """Names with commas between them; one name may have a comma in it."""
    if text in frame.columns:
        return [text]
    names = [each.strip() for each in text.split(",") if each.strip()]
    repeated = sorted({each for each in names if names.count(each) > 1})
    if not names or repeated:
        raise UsageError(f"--inputs {text}: name different columns, with commas between them.")
    return [column(frame, each, "--inputs") for each in names]


def choose_time(
    frame: pd.DataFrame, asked: str | None, others: list[str], by: str | None
) -> str | None:
    """The column that orders the rows: the one that was asked for, or one that looks like it."""
    if asked == "none" and "none" not in frame.columns:
        return None
    if asked is not None:
        return column(frame, asked, "--time")
    return time_column(frame, [name for name in frame.columns if name not in others], by)


def choose_columns(
    frame: pd.DataFrame,
    target: str | None,
    inputs: str | None,
    time: str | None,
    by: str | None,
    talk: Talk,
) -> Columns:
    """The target, the inputs and what orders the rows."""
    if target is None:
        names = listed([str(each) for each in frame.columns], 20)
        raise UsageError(f"Say which column is to be explained: --target; the columns are {names}.")
    target = column(frame, target, "--target")
    by = None if by is None else column(frame, by, "--by-id")
    asked = None if inputs is None else split_names(frame, inputs)
    time = choose_time(frame, time, [each for each in (target, by) if each], by)
    special = {"--target": target, "--time": time, "--by-id": by}
    taken = [name for name in special.values() if name is not None]
    if len(set(taken)) < len(taken):
        said = ", ".join(f"{option} {name}" for option, name in special.items() if name)
        raise UsageError(f"One column cannot be two things at once: {said}.")
    if asked is None:
        return Columns(target, _all_inputs(frame, taken, talk), time, by)
    for option, name in special.items():
        if name in asked:
            hint = " Its past is an input with --past-target." if option == "--target" else ""
            raise UsageError(f"--inputs has {name!r}, which is that of {option}.{hint}")
    dates = [name for name in asked if looks_like_dates(frame[name])]
    if dates:
        raise UsageError(
            f"--inputs has {listed_names(dates)}, which are dates: they order the rows (--time), "
            "and are no input. Make columns of what they tell, such as the month."
        )
    return Columns(target, asked, time, by)


def _all_inputs(frame: pd.DataFrame, taken: list[str], talk: Talk) -> list[str]:
    """All columns but those that are something else, or tell nothing."""
    inputs, left_out = [], {}
    for name in frame.columns:
        if name in taken:
            continue
        reason = _no_input(frame[name])
        if reason is None:
            inputs.append(name)
        else:
            left_out[name] = reason
    if left_out:
        why = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
        talk.note(f"No inputs are: {why}.", "name inputs by --inputs a,b")
    if not inputs:
        raise CommandError("No column is left as an input.")
    return inputs


def _no_input(values: pd.Series) -> str | None:
    """Why a column is no input by itself; None if it is one."""
    present = values.dropna()
    if present.empty:
        return "empty"
    if looks_like_dates(values):
        return "dates"
    if pd.api.types.is_timedelta64_dtype(values):
        return "durations"
    n_different = present.nunique()
    if is_text(values):
        numbers = pd.to_numeric(present, errors="coerce").notna().mean()
        is_free = n_different > 50 and n_different > len(present) / 2 and numbers < 0.9
        return f"{n_different:,} different texts" if is_free else None
    counts = pd.api.types.is_integer_dtype(values) and len(values) > 2
    if counts and n_different == len(values) and _counts_rows(values):
        return "counts the rows"
    return None


def _counts_rows(values: pd.Series) -> bool:
    """Whether whole numbers that all differ hardly leave one out, in whichever order they stand."""
    is_index = str(values.name).startswith("Unnamed: ")  # the index that pandas writes
    return is_index or int(values.max()) - int(values.min()) < 1.1 * len(values)
