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
        talk.say(f"{len(runs)} runs of the same features, side by side.")
    shown = [runs] if runs else list(loaded.values())
    with talk.timed(f"Writing {places.page}"):
        write_report(places.page, *shown, title=options.title)
    if places.as_json:
        files = [str(path) for path in paths]
        write_line(json.dumps({"results": files, "page": str(places.page)}))
    else:
        what = "1 result" if len(loaded) == 1 else f"{len(loaded)} results"
        write_line(f"{what} -> {places.page}")


def as_runs(loaded: Mapping[str, Any]) -> dict[str, Any] | None:
    """Results of one method for the same features, which are compared as runs; else None."""
    from skfi.importance import ImportanceResult

    first, *others = loaded.values()
    if not others or not all(isinstance(each, ImportanceResult) for each in loaded.values()):
        return None
    same = all(
        (each.method, each.by, list(each.feature_names))
        == (first.method, first.by, list(first.feature_names))
        for each in others
    )
    return dict(loaded) if same else None
