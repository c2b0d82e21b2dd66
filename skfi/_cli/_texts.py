"""``skfi explain`` of texts: which words decide the label."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skfi._cli._answer import Answer, Places, give
from skfi._cli._columns import Columns, choose_time, column
from skfi._cli._errors import CommandError, UsageError
from skfi._cli._files import read_table
from skfi._cli._importances import Asked, importances, together
from skfi._cli._network import Wishes, network_for
from skfi._cli._numbers import read_texts_as_numbers
from skfi._cli._order import Ordered, in_order
from skfi._cli._score import metric_of, say_what_it_is_worth, score
from skfi._cli._sequences import Part, blocks, two_parts
from skfi._cli._split import split_rows
from skfi._cli._talk import Talk, counted
from skfi._cli._task import decide_task, labels_of, of_known_labels

_EMBEDDING = 32
_MOST_WORDS = 200  # read of each text
_RARE = 100  # a word that occurs less than once in so many texts


def explain_texts(path: Path, options: Namespace, places: Places, talk: Talk) -> None:
    """Explain by the words of a text column what a network tells of it."""
    if options.method == "lofo":
        raise UsageError(
            "--method lofo leaves out groups of words, which only skfi.lofo_importance(..., "
            "feature_groups=) takes; say --method gradient, permutation or all."
        )
    rows, texts, task, target = _read(path, options, talk)
    metric = metric_of(options.scoring, task)
    labels = target.to_numpy() if task == "classification" else None
    split = split_rows(rows, options.seed, labels, talk)
    number = np.arange(len(texts))
    y = target.to_numpy(dtype=object if task == "classification" else float)
    train, held_out = two_parts(Part(texts, y, number, number), split, talk)
    if len(np.unique(train.y)) < 2:
        raise CommandError(f"The target {options.target!r} has one value only to train on.")
    if task == "classification":
        held_out = of_known_labels(train, held_out, talk)
    pipe = _pipeline(task, train, split.by != "random", options, talk)
    with talk.timed(f"Training on {len(train):,} texts"):
        pipe.fit(train.X, train.y)
    of_held_out = score(pipe, held_out, metric)
    say_what_it_is_worth(pipe, task, train, held_out, options.target, talk, metric=metric)
    methods = ("gradient", "permutation") if options.method in (None, "all") else (options.method,)
    min_count = max(2, len(held_out) // _RARE)
    talk.note(
        f"Gradients are of words that occur at least {min_count} times in the held-out texts, "
        "permutation is of the 50 most frequent ones; what is compared are words of both."
    )
    of_words = Asked(
        methods,
        None,
        metric,
        options.seed,
        blocks=blocks(held_out, rows, 1),
        memory=options.resume,
        gradient_params={"min_count": min_count},
    )
    results = importances(pipe, held_out, None, of_words, talk)
    whole = together(results)
    label, signed = _signed(pipe, held_out, task, min_count, methods, talk)
    about = {"target": options.target, "task": task, "text": options.text, "label": label}
    about |= {"period": rows.period, "rows_to_train_on": len(train)}
    shown = results if signed is None else {**results, "gradient": signed}
    answer = Answer(str(path), shown, whole, of_held_out, about, label if signed else None)
    more = () if signed is None else (signed,)
    give(answer, places, options.title or f"Which words decide {options.target}?", talk, *more)


def _read(path: Path, options: Namespace, talk: Talk) -> tuple[Ordered, np.ndarray, str, pd.Series]:
    """The rows that have a text and a target."""
    frame = read_table(path, talk)
    text = column(frame, options.text, "--text")
    if options.target is None:
        raise UsageError("Say what the texts are to tell: --target COLUMN.")
    target = column(frame, options.target, "--target")
    by = None if options.by_id is None else column(frame, options.by_id, "--by-id")
    if len({text, target, by}) < 3:
        raise UsageError("--text, --target and --by-id name different columns.")
    frame[target] = read_texts_as_numbers(frame[[target]], path, options, talk)[target]
    usable = frame[text].notna() & frame[target].notna()
    usable &= frame[text].astype(str).str.contains(r"\w")
    if not usable.all():
        n_unusable = counted(int((~usable).sum()), "row")
        talk.note(f"Left out: {n_unusable} without {text} or {target}.")
    frame = frame[usable].reset_index(drop=True)
    if frame.empty:
        raise CommandError(f"No row has words in {text!r} and a {target!r}.")
    task = decide_task(frame[target], options.task, talk)
    # texts are seldom a series: only a column that is named orders them
    time = choose_time(frame, options.time or "none", [], by)
    columns = Columns(target, [text], time, by)
    rows = in_order(frame, columns, talk, format=options.time_format, as_series=None, repeats=True)
    values = rows.frame[target]
    found = labels_of(values) if task == "classification" else values.astype(float)
    return rows, rows.frame[text].astype(str).to_numpy(dtype=object), task, found


def _pipeline(task: str, train: Part, ordered: bool, options: Namespace, talk: Talk) -> Any:
    from sklearn.pipeline import make_pipeline

    from skfi.preprocessing import TextSequencer

    lengths = [len(words.split()) for words in train.X]
    longest = int(np.clip(np.quantile(lengths, 0.95), 5, _MOST_WORDS))
    talk.note(f"Of each text the first {longest} words are read.")
    network = network_for(
        task,
        len(train),
        1,
        ordered=ordered,
        wishes=Wishes(options.units, options.epochs, options.seed),
        talk=talk,
        embedding_dim=_EMBEDDING,
    )
    return make_pipeline(TextSequencer(max_length=longest), network)


def _signed(
    pipe: Any, held_out: Part, task: str, min_count: int, methods: tuple[str, ...], talk: Talk
) -> tuple[str | None, Any]:
    """Of two labels: for which one each word speaks, with the signs; of numbers for larger ones."""
    from skfi.importance import gradient_importance

    if "gradient" not in methods:
        return None, None
    params: dict[str, Any] = {"aggregate": "mean", "min_count": min_count}
    label = "larger values"
    if task == "classification":
        if len(pipe.classes_) != 2:
            return None, None
        label = str(pipe.classes_[1])
        params["target"] = pipe.classes_[1]
    talk.note(f"Signed importances are for {label!r}: words below zero speak against it.")
    with talk.timed("Gradients with their signs"):
        return label, gradient_importance(pipe, held_out.X, **params)
