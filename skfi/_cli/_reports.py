"""``skfi report``: a page of results that were saved."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skfi._cli._answer import Places, write_line
from skfi._cli._errors import CommandError
from skfi._cli._talk import Talk


def report(paths: list[Path], options: Namespace, places: Places, talk: Talk) -> None:
    """Write one page of saved results."""
    from skfi.importance._results._saved import load_result
    from skfi.report import write_report

    loaded: dict[str, Any] = {}
    for path in paths:
        name = path.stem if path.stem not in loaded else str(path)
        try:
            loaded[name] = load_result(path)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
    runs = as_runs(loaded)
    if runs:
        talk.say(f"{len(loaded)} runs of the same features, side by side.")
    shown = runs or list(loaded.values())
    with talk.timed(f"Writing {places.page}"):
        write_report(places.page, *shown, title=options.title)
    if places.as_json:
        files = [str(path) for path in paths]
        write_line(json.dumps({"results": files, "page": str(places.page)}))
    else:
        what = "1 result" if len(loaded) == 1 else f"{len(loaded)} results"
        write_line(f"{what} -> {places.page}")


def as_runs(loaded: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Results of the same features as runs, of each method; none if they are not to be compared."""
    from skfi.importance import ImportanceComparison, ImportanceResult

    values = list(loaded.values())
    if len(values) < 2:
        return []
    if all(isinstance(each, ImportanceResult) for each in values):
        return [dict(loaded)] if _are_alike(values) else []
    if not all(isinstance(each, ImportanceComparison) for each in values):
        return []
    methods = list(values[0].results)
    if any(list(each.results) != methods for each in values):
        return []
    by_method = [{name: one.results[each] for name, one in loaded.items()} for each in methods]
    return by_method if all(_are_alike(list(runs.values())) for runs in by_method) else []


def _are_alike(results: list[Any]) -> bool:
    """Whether results are of one method, one metric and the same units."""
    asked = [(each.method, each.by, each.scoring, list(each.feature_names)) for each in results]
    return all(one == asked[0] for one in asked)
