"""Results on one page."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from skfi._files import checked_path, written_whole
from skfi._given import described
from skfi.importance import (
    ImportanceComparison,
    ImportanceReport,
    ImportanceResult,
    ImportancesByOutput,
)
from skfi.importance._scoring import metric_of
from skfi.report._about import how, of_data, of_network
from skfi.report._blocks import Section, Text, in_figures
from skfi.report._checks import of_checks
from skfi.report._pictures import Pictures
from skfi.report._result import of_result
from skfi.report._several import check_runs, of_comparison, of_outputs, of_runs
from skfi.report._words import answer, method_name, not_said, score_name

_EXPECTED = (
    "an ImportanceResult, ImportancesByOutput, ImportanceComparison or ImportanceReport, or a "
    "mapping of the name of a run to an ImportanceResult"
)


def write_report(
    path: str | os.PathLike[str],
    *results: Any,
    title: str | None = None,
    notes: Sequence[str] | str | None = None,
) -> None:
    """Write a page that shows results: one HTML file that holds all that it needs.

    What was asked, of which network and on what data, the answers with tables and pictures, single
    samples, how it was computed, and what the numbers do not say. It can be sent and printed, reads
    nothing from elsewhere, and its JavaScript (sorting, picking a sample, values under the pointer)
    adds comfort only.

    Parameters
    ----------
    path : str or path
        Of the file, which is written whole or not at all.
    *results : ImportanceResult, ImportancesByOutput, ImportanceComparison, ImportanceReport or dict
        What to show, in this order. A dict of a name to an ImportanceResult holds several runs of
        one method: of several networks, of one before and after it was trained again, or of
        several periods; they are shown side by side. Results of several metrics, which permutation
        and LOFO return as a dict, are passed one by one.
    title : str, default=None
        The heading; None names the estimator.
    notes : str or list of str, default=None
        Sentences of your own, such as where the data come from, shown below the heading.

    Raises
    ------
    ImportError
        If jinja2 or matplotlib is not installed; the extra ``report`` brings both.
    TypeError, ValueError
        If there is no result, or something that is none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import permutation_importance
    >>> from skfi.report import write_report
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = LinearRegression().fit(X, 3 * X[:, 0])
    >>> result = permutation_importance(model, X, 3 * X[:, 0], feature_names=["rain", "noise"],
    ...                                 random_state=0)
    >>> path = Path(tempfile.mkdtemp(), "river.html")
    >>> write_report(path, result, title="The river", notes="Made-up rain.")
    >>> "Most important of 2 features: rain" in path.read_text(encoding="utf-8")
    True
    """
    path = checked_path(path)
    text = page(results, title=title, notes=notes)
    with written_whole(path) as file:
        file.write(text.encode())


def page(results: Sequence[Any], *, title: str | None = None, notes: Any = None) -> str:
    """The page as HTML."""
    results = [_checked(result) for result in results]
    if not results:
        raise ValueError("There is no result to show; pass one or several after the path.")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be a text; got {described(title)}.")
    notes = _checked_notes(notes)
    template = _template()
    single = [one for result in results for one in _single(result)]
    abouts = [one["about"] for one in _with_about(results)]
    pictures = Pictures()
    sections: list[Section] = []
    for result in results:
        sections += _sections(result, pictures)
    if abouts:
        apart = [one for each in results if type(each) is not dict for one in _single(each)]
        scores = dict.fromkeys(_scores(apart or single))
        sections += [of_network(abouts, list(scores)), of_data(abouts), how(abouts)]
    if single:
        sections.append(
            Section("What these numbers do not say", [Text([*not_said(single)], is_list=True)])
        )
    package = files("skfi.report") / "templates"
    return template.render(
        title=title or _title(abouts),
        answers=[(method_name(one.method), answer(one)) for one in _first(results)],
        notes=notes,
        sections=sections,
        style=(package / "style.css").read_text(encoding="utf-8"),
        script=(package / "page.js").read_text(encoding="utf-8"),
        computed=max((about["computed"] for about in abouts), default="")[:10],
        version=abouts[0]["versions"]["skfi"] if abouts else "",
    )


@cache
def _template() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("Pages need jinja2: pip install 'skfi[report]'.") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skfi.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _checked(result: Any) -> Any:
    kinds = (ImportanceResult, ImportancesByOutput, ImportanceComparison, ImportanceReport)
    if isinstance(result, kinds):
        return result
    if not isinstance(result, Mapping):
        raise TypeError(f"A result must be {_EXPECTED}; got {described(result)}.")
    check_runs(result)
    return result


def _checked_notes(notes: Any) -> list[str]:
    notes = [notes] if isinstance(notes, str) else list(notes or ())
    wrong = [note for note in notes if not isinstance(note, str)]
    if wrong:
        raise TypeError(f"notes must be a text or a list of texts; it holds {described(wrong[0])}.")
    return notes


def _sections(result: Any, pictures: Pictures) -> list[Section]:
    if isinstance(result, ImportanceComparison):
        methods = result.results.values()
        return [of_comparison(result, pictures), *(of_result(one, pictures) for one in methods)]
    if isinstance(result, ImportanceReport):
        return [of_checks(result, pictures)]
    if isinstance(result, ImportanceResult):
        return [of_result(result, pictures)]
    is_outputs = isinstance(result, ImportancesByOutput)
    return [(of_outputs if is_outputs else of_runs)(result, pictures)]


def _single(result: Any) -> list[ImportanceResult]:
    """The results inside of one."""
    if isinstance(result, ImportanceResult):
        return [result]
    if isinstance(result, ImportanceReport):
        return []
    inside = result.results if isinstance(result, ImportanceComparison) else result
    return list(inside.values())


def _first(results: Sequence[Any]) -> list[ImportanceResult]:
    """Those whose answers stand at the top: of each method by feature, at most four."""
    single = [
        one
        for result in results
        if not isinstance(result, ImportancesByOutput)
        for one in _single(result)
    ]
    return single[:4]


def _with_about(results: Sequence[Any]) -> list[Any]:
    """Results that say how they were computed, one of each call."""
    found: dict[str, Any] = {}
    for result in results:
        whole = [result] if isinstance(result, (ImportanceComparison, ImportanceReport)) else []
        for one in (*_single(result), *whole):
            if one.get("about") is not None:
                found.setdefault(repr(one["about"]), one)
    return list(found.values())


def _scores(results: Sequence[ImportanceResult]) -> Any:
    for one in results:
        if one.baseline_score is not None and one.get("output") is None:
            n_folds = one.importances.shape[1] if one.method == "lofo" else 0
            folds = f", mean over {n_folds} folds" if n_folds > 1 else ""
            value = in_figures(metric_of(one)[1] * one.baseline_score)
            yield f"{score_name(one)} {value} ({method_name(one.method)}{folds})"


def _title(abouts: Sequence[Mapping[str, Any]]) -> str:
    if not abouts:
        return "Feature importances"
    name = abouts[0]["estimator"].split("(")[0].strip("<> ")
    return f"What matters to this {name.split(' ')[0]}"
