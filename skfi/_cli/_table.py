"""``skfi explain`` of a table: read, train, explain."""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skfi._cli._answer import Answer, Places, give
from skfi._cli._columns import Columns, choose_columns
from skfi._cli._encoding import Inputs, encode
from skfi._cli._errors import CommandError, UsageError
from skfi._cli._files import read_table
from skfi._cli._importances import Asked, Lofo, importances, methods_of, together
from skfi._cli._network import Wishes, network_for, network_for_folds
from skfi._cli._numbers import read_texts_as_numbers
from skfi._cli._order import Ordered, in_order
from skfi._cli._score import metric_of, say_what_it_is_worth, score
from skfi._cli._sequences import Part, blocks, default_window, folds_for, two_parts, windows
from skfi._cli._split import Split, split_rows
from skfi._cli._talk import Talk, counted, listed
from skfi._cli._task import decide_task, labels_of, of_known_labels

_NEARLY_THE_TARGET = 0.999


def explain_file(path: Path, options: Namespace, places: Places, talk: Talk) -> None:
    """Explain a target in a CSV or Parquet file."""
    frame = read_table(path, talk)
    frame = read_texts_as_numbers(frame, path, options, talk)
    columns = choose_columns(
        frame, options.target, options.inputs, options.time, options.by_id, talk
    )
    explain_table(frame, columns, str(path), options, places, talk)


@dataclass(frozen=True)
class _Data:
    """A table as samples for a network."""

    task: str
    rows: Ordered
    split: Split
    window: int
    names: list[str]  # of the columns that are inputs
    inputs: Inputs  # and what these were encoded to
    train: Part
    held_out: Part


def explain_table(
    frame: pd.DataFrame,
    columns: Columns,
    source: str,
    options: Namespace,
    places: Places,
    talk: Talk,
) -> None:
    """Train a network on the first rows of a table, and explain it on the rest."""
    data = _read(frame, columns, options, talk)
    metric = metric_of(options.scoring, data.task)
    methods = methods_of(options.method, data.inputs.n_units, talk)
    folds = None
    if "lofo" in methods:
        folds = folds_for(
            data.train, data.rows, data.split, options.cv, data.task, options.seed, talk
        )
    elif options.cv is not None:
        raise UsageError("--cv is of LOFO: say --method lofo, or all.")
    estimator = network_for(
        data.task,
        len(data.train),
        data.window,
        ordered=data.split.by != "random",
        wishes=Wishes(options.units, options.epochs, options.seed),
        talk=talk,
    )
    shape = f"{len(data.train):,} samples of {data.window} rows and {len(data.inputs.names)} inputs"
    with talk.timed(f"Training on {shape}"):
        estimator.fit(data.train.X, data.train.y)
    seconds = talk.seconds
    of_held_out = score(estimator, data.held_out, metric)
    say_what_it_is_worth(
        estimator, data.task, data.train, data.held_out, columns.target, talk, metric=metric
    )
    asked = Asked(
        methods,
        data.inputs.names,
        metric,
        options.seed,
        groups=data.inputs.groups,
        blocks=blocks(data.held_out, data.rows, data.window),
        memory=options.resume,
        time_limit=options.time_limit,
    )
    lofo = None
    if folds is not None:
        of_folds = network_for_folds(estimator, folds, data.window, len(data.train), talk)
        lofo = Lofo(of_folds, data.train, folds)
        n_fits = (1 + data.inputs.n_units) * len(folds)
        end = " [--time-limit ends it]" if talk.hints else ""
        talk.say(f"LOFO will train {n_fits} networks; this one took {seconds:.1f} s.{end}")
    results = importances(estimator, data.held_out, lofo, asked, talk)
    about = _about(columns, data, options)
    answer = Answer(source, results, together(results), of_held_out, about)
    give(answer, places, options.title or f"What moves {columns.target}?", talk)


def _read(frame: pd.DataFrame, columns: Columns, options: Namespace, talk: Talk) -> _Data:
    """Samples to train on and to explain."""
    task = decide_task(frame[columns.target], options.task, talk)
    as_series = (options.window or 1) > 1 or options.horizon > 0 or options.past_target
    rows = in_order(
        frame,
        columns,
        talk,
        format=options.time_format,
        as_series=as_series,
        repeats=options.window == 1,
    )
    target = _target(rows.frame[columns.target], task, talk)
    labels = target.to_numpy() if task == "classification" and target.notna().all() else None
    split = split_rows(rows, options.seed, labels, talk)
    window = options.window or default_window(rows)
    _say_window(columns.target, window, options, rows, talk)
    _warn_of_the_target_among(rows.frame, target, columns, task, talk)
    table, names = _with_past(rows, columns, target, options, talk)
    inputs = encode(table, names, split.train, rows.ids, is_series=rows.is_series, talk=talk)
    # the target's past, as it stands beside a row, is of the row before
    before = int(options.past_target and not options.horizon)
    samples = windows(
        rows, inputs.values, target, window, options.horizon, talk, rows_before=before
    )
    train, held_out = two_parts(samples, split, talk)
    different = np.unique(train.y)
    if len(different) < 2:
        raise CommandError(
            f"The target {columns.target!r} has one value only in the rows to train on, "
            f"{different[0]}: there is nothing to learn. Pass rows in which it changes earlier."
        )
    if task == "classification":
        held_out = of_known_labels(train, held_out, talk)
    return _Data(task, rows, split, window, names, inputs, train, held_out)


def _about(columns: Columns, data: _Data, options: Namespace) -> dict[str, Any]:
    return {
        "target": columns.target,
        "task": data.task,
        "inputs": data.names,
        "window": data.window,
        "horizon": options.horizon,
        "time": columns.time,
        "period": data.rows.period,
        "by_id": columns.by,
        "rows_to_train_on": len(data.train),
    }


def _target(values: pd.Series, task: str, talk: Talk) -> pd.Series:
    target = labels_of(values) if task == "classification" else values.astype(float)
    if task == "regression" and np.isinf(target).any():
        raise CommandError(f"The target {values.name!r} holds infinity.")
    n_missing = int(target.isna().sum())
    if n_missing:
        rows = counted(n_missing, "row")
        talk.note(f"Nothing is predicted of {rows} without {values.name}, the target.")
    return target


def _say_window(target: str, window: int, options: Namespace, rows: Ordered, talk: Talk) -> None:
    if not rows.is_series:
        if window > 1:
            raise UsageError("--window needs rows in order: say --time COLUMN.")
        return
    ends = "its own" if options.horizon == 0 else f"{options.horizon} before it"
    talk.note(
        f"Each {target} is predicted from the inputs of {counted(window, 'row')}, the last of "
        f"which is {ends}.",
        "--window, --horizon",
    )


def _with_past(
    rows: Ordered, columns: Columns, target: pd.Series, options: Namespace, talk: Talk
) -> tuple[pd.DataFrame, list[str]]:
    """The table and its inputs, with the target's past if that is asked for."""
    name = columns.target
    if not options.past_target:
        if rows.is_series:
            talk.note(f"Earlier values of {name} are no input.", "--past-target")
        return rows.frame, columns.inputs
    shift = 0 if options.horizon else 1  # a window ends before its target, or with it
    past = target.groupby(rows.ids).shift(shift) if rows.ids is not None else target.shift(shift)
    past_name = f"past {name}"
    if past_name in rows.frame:
        raise CommandError(f"There is a column {past_name!r} already; rename it.")
    talk.note(
        f"Earlier values of {name} are an input, {past_name!r}: those of the rows before the one "
        "that is predicted."
    )
    return rows.frame.assign(**{past_name: past}), [*columns.inputs, past_name]


def _warn_of_the_target_among(
    frame: pd.DataFrame, target: pd.Series, columns: Columns, task: str, talk: Talk
) -> None:
    if task == "regression":
        numeric = [c for c in columns.inputs if pd.api.types.is_numeric_dtype(frame[c])]
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations = frame[numeric].astype(float).corrwith(target)
        same = correlations.index[correlations.abs() > _NEARLY_THE_TARGET].tolist()
        how = f"correlation above {_NEARLY_THE_TARGET}"
    else:
        same = [name for name in columns.inputs if _is_one_to_one(frame[name], target)]
        how = "each of its values goes with one label"
    if same:
        talk.warn(
            f"{listed(same)} tells the same as {columns.target} ({how}): if it is not known "
            "beforehand, leave it out of --inputs."
        )


def _is_one_to_one(values: pd.Series, target: pd.Series) -> bool:
    pairs = pd.DataFrame({"value": values, "label": target}).dropna().drop_duplicates()
    return 1 < len(pairs) == pairs["value"].nunique() == pairs["label"].nunique()
