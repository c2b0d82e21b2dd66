"""Results side by side: of several methods, of several outputs, of several runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from skfi.display import ComparisonDisplay, OutputImportanceDisplay
from skfi.display._outputs import strongest_rows
from skfi.importance import ImportanceComparison, ImportanceResult, ImportancesByOutput
from skfi.report._blocks import (
    MOST_ROWS,
    Cell,
    Choice,
    Option,
    Section,
    Table,
    Text,
    in_figures,
    number,
    word,
)
from skfi.report._lines import lines
from skfi.report._pictures import Pictures, cells_of
from skfi.report._result import bars, table
from skfi.report._words import answer, asked, method_name, unit_name

_MOST_LINES = 8
_MOST_MAP = 20


def of_comparison(comparison: ImportanceComparison, pictures: Pictures) -> Section:
    """Where methods agree, and what it usually means where they do not."""
    frame = comparison.to_frame()
    methods = list(comparison.results)
    picture = pictures.draw(
        lambda: ComparisonDisplay(comparison).plot(),
        alt=f"Bars of the shares of importance by {', '.join(methods)}. First by mean rank: "
        f"{', '.join(str(name) for name in frame.index[:3])}.",
        caption="Each method's importances as shares of their sum, so that they can be compared.",
    )
    columns = [frame.index.name or "unit"]
    said = f": the first {MOST_ROWS} of {len(frame):,}" if len(frame) > MOST_ROWS else ""
    columns += [f"{method}{what}" for method in methods for what in ("", ", rank")]
    rows = [
        [
            word(name),
            *(
                number(frame.loc[name, (method, what)])
                for method in methods
                for what in ("mean", "rank")
            ),
        ]
        for name in frame.index[:MOST_ROWS]
    ]
    agreement = comparison.agreement
    agreeing = [[word(name), *(number(value) for value in agreement.loc[name])] for name in methods]
    findings = list(comparison.findings) or [
        "No disagreement is seen that intervals show; where a method has none, it cannot be told."
    ]
    return Section(
        "What the methods agree on",
        [
            Text(findings, is_list=True),
            picture,
            Table(f"Importances and ranks (1 is the most important){said}", columns, rows),
            Table(
                "Agreement of the ranks (Kendall's tau: 1 the same order, 0 none)",
                ["method", *methods],
                agreeing,
            ),
        ],
    )


def of_outputs(results: ImportancesByOutput, pictures: Pictures) -> Section:
    """Each output: a heat map, a table, and the intervals of each one."""
    frame = results.to_frame()
    first = next(iter(results.values()))
    shown = strongest_rows(frame, _MOST_MAP)
    leading = [f"{name}: {frame.index[np.nanargmax(frame[name])]}" for name in frame.columns[:6]]
    picture = pictures.draw(
        lambda: OutputImportanceDisplay(results).plot(max_features=_MOST_MAP),
        alt=f"Heat map of importance by {unit_name(first)} and output. First for each output: "
        f"{'; '.join(leading)}.",
        caption=f"{method_name(first.method)} importance for each output.",
        cells=cells_of(shown.index, shown.columns, shown.to_numpy()),
    )
    rows, said = _largest(frame)
    columns = [unit_name(first), *(str(name) for name in frame.columns)]
    options = [
        Option(f"Output {name}", [Text([answer(one)]), table(one)]) for name, one in results.items()
    ]
    blocks: list[Any] = [Text([asked(first)])]
    if results.note:
        blocks.append(Text([results.note]))
    blocks += [picture, Table(f"Importance by output{said}", columns, rows)]
    blocks.append(Choice("Output", options))
    return Section(f"{method_name(first.method)} for each output", blocks)


def of_runs(runs: Mapping[str, ImportanceResult], pictures: Pictures) -> Section:
    """The same method for several networks, trainings or periods."""
    results = {str(name): one for name, one in runs.items()}
    frame = pd.DataFrame(
        {
            name: pd.Series(one.importances_mean, index=list(map(str, one.feature_names)))
            for name, one in results.items()
        }
    )
    first = next(iter(results.values()))
    largest = np.argsort(-np.nan_to_num(frame.max(axis=1).to_numpy()), kind="stable")[:_MOST_LINES]
    drawn = frame.iloc[largest]
    spread = np.stack([_intervals(one, drawn.index) for one in results.values()], axis=1)
    picture = pictures.draw(
        lambda: lines(drawn, "importance", "run", spread),
        alt=f"Importance by {unit_name(first)} over the runs {', '.join(results)}.",
        caption="Importance in each run; lines at the marks are intervals of 95%, where known.",
    )
    rows, said = _largest(frame)
    blocks: list[Any] = [Text(_changes(results, frame), is_list=True), picture]
    blocks.append(Table(f"Importance by run{said}", [unit_name(first), *frame.columns], rows))
    options = [
        Option(name, [Text([answer(one)]), bars(one, pictures), table(one)])
        for name, one in results.items()
    ]
    return Section(
        f"Run by run: {method_name(first.method)}",
        [Text([asked(first)]), *blocks, Choice("Run", options)],
    )


def check_runs(runs: Mapping[Any, Any]) -> None:
    """Raise an error unless all are results that can be compared."""
    if not runs or not all(isinstance(one, ImportanceResult) for one in runs.values()):
        kinds = sorted({type(one).__name__ for one in runs.values()})
        raise TypeError(
            "Runs must be a mapping of a name to an ImportanceResult; got values of type "
            f"{', '.join(kinds) or 'none'}."
        )
    asked_of = {(one.method, one.by, one.scoring) for one in runs.values()}
    if len(asked_of) > 1:
        raise ValueError(
            "Runs are compared by one method, one kind of units and one metric; got (method, by, "
            f"scoring) {sorted(map(str, asked_of))}. Pass results of several methods each on its "
            "own, or to ImportanceComparison.from_results."
        )


def _changes(results: Mapping[str, ImportanceResult], frame: pd.DataFrame) -> list[str]:
    """What differs between the first run and the last one, where intervals say so."""
    names = list(frame.columns)
    said = [f"{name}: {answer(one)}" for name, one in results.items()]
    if len(names) < 2:
        return said
    first, last = names[0], names[-1]
    both = frame[[first, last]].dropna()
    if len(both) > 2:
        tau = kendalltau(both[first], both[last]).statistic
        said.append(f"The order of {first} and that of {last} agree by {tau:.2f} (Kendall's tau).")
    before, after = (_intervals(results[name], frame.index) for name in (first, last))
    apart = (before[:, 0] > after[:, 1]) | (after[:, 0] > before[:, 1])
    for i in np.flatnonzero(apart):
        was, now = frame.iloc[i][first], frame.iloc[i][last]
        verb = "rose" if now > was else "fell"
        said.append(
            f"{frame.index[i]} {verb} from {in_figures(was)} in {first} to {in_figures(now)} in "
            f"{last}; the intervals of 95% do not overlap."
        )
    return said


def _largest(frame: pd.DataFrame) -> tuple[list[list[Cell]], str]:
    """Rows of the largest units in their order, and a word if others are left out."""
    order = np.argsort(-np.nan_to_num(frame.max(axis=1).to_numpy(), nan=-np.inf), kind="stable")
    shown = frame.iloc[np.sort(order[:MOST_ROWS])]
    rows = [[word(unit), *(number(value) for value in row)] for unit, *row in shown.itertuples()]
    said = f": the {MOST_ROWS} largest of {len(frame):,}" if len(frame) > MOST_ROWS else ""
    return rows, said


def _intervals(result: ImportanceResult, units: Any) -> np.ndarray:
    """(n_units, 2), NaN where it is not known."""
    if "confidence_intervals" not in result:
        return np.full((len(units), 2), np.nan)
    own = pd.DataFrame(result.confidence_intervals, index=list(map(str, result.feature_names)))
    return own.reindex(units).to_numpy()
