"""What is given back: the page, the file, and one line or one JSON object."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from skfi._cli._errors import CommandError
from skfi._cli._score import Score
from skfi._cli._talk import Talk

_SHOWN_BEST = ("permutation", "gradient", "lofo")  # whose shares are in the line
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Answer:
    """Results, and what they are of."""

    source: str
    results: Mapping[str, Any]  # by method
    whole: Any  # one result, or the comparison of several
    score: Score | None
    about: Mapping[str, Any] = field(default_factory=dict)  # further entries of the JSON object
    signed: str | None = None  # of words: for which label they speak
    rows: str = "held-out rows"  # which the score is of


@dataclass(frozen=True)
class Places:
    """Where the answer goes."""

    page: Path
    saved: Path | None
    as_json: bool


def check_can_be_written() -> None:
    """Raise CommandError if what writes pages is missing, before anything takes time."""
    missing = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"Pages are written with {' and '.join(missing)}, which is not installed: pip install "
            "'skfi[report]'."
        )


def give(answer: Answer, places: Places, title: str, talk: Talk, *more: Any) -> None:
    """Write the page and the file, then say the answer on standard output."""
    from skfi.report import write_report

    if places.saved is not None:
        answer.whole.save(places.saved)
    with talk.timed(f"Writing {places.page}"):
        write_report(places.page, answer.whole, *more, title=title, notes=talk.notes)
    if places.as_json:
        write_line(json.dumps(_as_object(answer, places, talk), allow_nan=False))
    else:
        write_line(f"{_in_words(answer)} -> {places.page}")


def write_line(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _in_words(answer: Answer) -> str:
    shown = next(name for name in _SHOWN_BEST if name in answer.results)
    result = answer.results[shown]
    if answer.signed is None:
        values, form = _shares(result), "{:.2f}"
    else:
        shown = "gradient"
        result = answer.results[shown]
        values, form = result.importances_mean, "{:+.2g}"
    if np.isnan(values).any():
        n_known = int(np.isfinite(result.importances_mean).sum())
        said = f"{n_known} of {len(values)} importances by {shown} are known, so no shares"
        return said if answer.score is None else f"{said} ({answer.score} {answer.rows})"
    order = np.argsort(-np.abs(values), kind="stable")[:_MOST_SHOWN]
    said = ", ".join(f"{result.feature_names[i]} {form.format(values[i])}" for i in order)
    low = result.get("confidence_intervals")
    if low is not None and not (low[:, 0] > 0).any():
        said = f"nothing is shown to matter: {said}"
    if len(values) > _MOST_SHOWN:
        said += f" and {len(values) - _MOST_SHOWN} more"
    if answer.signed is not None:
        said += f" for {answer.signed!r}"
    elif len(answer.results) > 1:
        said += f" by {shown}"
    return said if answer.score is None else f"{said} ({answer.score} {answer.rows})"


def _as_object(answer: Answer, places: Places, talk: Talk) -> dict[str, Any]:
    score = answer.score
    return {
        "data": answer.source,
        **answer.about,
        "score": None
        if score is None
        else {"metric": score.metric, "value": _number(score.value), "rows": score.n_rows},
        "importances": {name: _units(result) for name, result in answer.results.items()},
        "findings": list(getattr(answer.whole, "findings", [])),
        "notes": talk.notes,
        "page": str(places.page),
        "saved": None if places.saved is None else str(places.saved),
    }


def _shares(result: Any) -> np.ndarray:
    from skfi.importance._results._shares import positive_shares

    return positive_shares(result.importances_mean)


def _units(result: Any) -> list[dict[str, Any]]:
    """The units of a result, the most important first."""
    shares = _shares(result)
    frame = result.to_frame(sort=False)
    columns = {"importance": "importance_mean"} | {
        name: name for name in ("ci_low", "ci_high", "pvalue", "count") if name in frame
    }
    order = np.argsort(-np.nan_to_num(result.importances_mean, nan=-np.inf), kind="stable")
    return [
        {
            "name": str(result.feature_names[i]),
            **{key: _number(frame[column].iloc[i]) for key, column in columns.items()},
            "share": _number(shares[i]),
        }
        for i in order
    ]


def _number(value: Any) -> float | int | None:
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if np.isfinite(value) else None
