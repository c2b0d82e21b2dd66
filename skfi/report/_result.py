"""One result: its answer, bars, table, course over time, samples and groups of rows."""

from typing import Any

import numpy as np

from skfi.display import ImportanceDisplay, TemporalImportanceDisplay
from skfi.display._grid import is_over_time
from skfi.display._importance import largest_units
from skfi.importance import ImportanceResult
from skfi.report._blocks import (
    MOST_ROWS,
    Cell,
    Details,
    Section,
    Table,
    Text,
    in_figures,
    number,
    pvalue,
    word,
)
from skfi.report._groups import of_groups
from skfi.report._pictures import Pictures, cells_of
from skfi.report._samples import of_samples
from skfi.report._words import UNITS, answer, asked, importance_size, method_name, unit_name

_MOST_BARS = 20
_LONG = 25  # rows


def of_result(result: ImportanceResult, pictures: Pictures) -> Section:
    """All that a page shows of a result."""
    blocks: list[Any] = [Text([answer(result)], is_lead=True), Text([asked(result)])]
    if result.note:
        blocks.append(Text([result.note]))
    temporal = result.by in ("timestep", "cell") and is_over_time(result)
    if not temporal:
        blocks.append(bars(result, pictures))
    courses = _courses(result, pictures)
    values = table(result)
    if len(values.rows) > _LONG:  # what comes next should not be far away
        blocks += [*courses, Details(f"All values: {values.caption}", [values])]
    else:
        blocks += [values, *courses]
    blocks += of_groups(result, pictures)
    blocks += of_samples(result, pictures)
    by = "" if result.by == "feature" else f" by {unit_name(result)}"
    return Section(f"{method_name(result.method)}{by}", blocks)


def bars(result: ImportanceResult, pictures: Pictures) -> Any:
    """Bars of the largest importances, each with a title."""

    def titles(display: ImportanceDisplay) -> Any:
        order = largest_units(result, _MOST_BARS)
        boxes = display.ax_.patches[: len(order)]
        for box, i in zip(boxes, order, strict=True):
            value = in_figures(result.importances_mean[i])
            yield box, f"unit-{i}", f"{result.feature_names[i]}: {value}"

    n_units = len(result.importances_mean)
    shown = f"The {_MOST_BARS} largest of {n_units:,}." if n_units > _MOST_BARS else ""
    return pictures.draw(
        lambda: ImportanceDisplay(result).plot(max_features=_MOST_BARS),
        alt=f"Bars of {method_name(result.method)} importance. {answer(result)}",
        caption=shown,
        titles=titles,
    )


def table(result: ImportanceResult) -> Table:
    """The importances with what is known of their precision, the largest first."""
    frame = result.to_frame(sort=False)
    order = np.argsort(-result.importances_mean, kind="stable")
    n_units = len(order)
    if n_units > MOST_ROWS:
        kept = np.argsort(-importance_size(result), kind="stable")[:MOST_ROWS]
        order = order[np.isin(order, kept)]
    names = {
        "importance_mean": "importance",
        "importance_std": "standard deviation",
        "ci_low": "95% from",
        "ci_high": "to",
        "pvalue": "p (Holm)",
        "count": "occurs",
    }
    columns = [unit_name(result), *(names[column] for column in frame.columns)]
    rows = []
    for i in order:
        row: list[Cell] = [word(frame.index[i])]
        for column in frame.columns:
            value = frame[column].iloc[i]
            row.append(pvalue(value) if column == "pvalue" else number(value))
        rows.append(row)
    caption = f"{method_name(result.method)} importance by {unit_name(result)}"
    if n_units > MOST_ROWS:
        caption += f": the {MOST_ROWS} largest of {n_units:,} {UNITS.get(result.by, 'units')}"
    return Table(caption, columns, rows, [f"unit-{i}" for i in order])


def _courses(result: ImportanceResult, pictures: Pictures) -> list[Any]:
    """Heat maps over time; of several inputs one of each that has time steps."""
    inputs = result.get("inputs")
    if inputs is None:
        parts = {"": result}
    elif result.get("feature_groups") or result.by == "input":
        parts = {}
    else:
        parts = {f" of the input {name}": result.of_input(name) for name in inputs}
    return [
        _course(part, of_input, pictures) for of_input, part in parts.items() if is_over_time(part)
    ]


def _course(result: ImportanceResult, of_input: str, pictures: Pictures) -> Any:
    display = TemporalImportanceDisplay(result)
    steps, features = result.axes
    picture = pictures.draw(
        lambda: display.plot(X=False),
        alt=f"Heat map of importance{of_input} by feature and time step.",
        caption=f"By time step{of_input}: when does each feature matter?",
    )
    values = display.values_[0]
    rows = list(features) if len(features) == len(values) else [""] * len(values)
    if np.isfinite(values).any():
        where = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
        picture.alt += f" Largest for {rows[where[0]]} at {steps[where[1]]}."
    picture.cells = cells_of(rows, steps, values)
    return picture
