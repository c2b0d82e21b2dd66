"""Results from what scikit-learn's function returns."""

from collections.abc import Mapping, Sequence
from typing import Any

from skfi.importance._outputs import Output
from skfi.importance._permutation._intervals import ScoredRows
from skfi.importance._permutation._predictions import Predicted
from skfi.importance._permutation._row_scores import ONLY, OfRows
from skfi.importance._permutation._view import Shuffled
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._result import ImportanceResult


def permutation_results(
    bunches: Any, baseline: Any, name: str, data: Shuffled, rows: ScoredRows
) -> ImportanceResult | dict[str, ImportanceResult]:
    """One result, or a dict of one for each metric if ``scoring`` was a list or dict."""
    entries = data.entries
    if not isinstance(baseline, dict):
        return _result(bunches, baseline, name, data, entries)
    metrics = [metric for metric in baseline if not isinstance(metric, (OfRows, Predicted))]
    inference = {
        metric: rows.inference(bunches[OfRows(metric)].importances, metric)
        for metric in metrics
        if OfRows(metric) in bunches
    }
    others = [metric for metric in metrics if metric not in inference]
    inference |= rows.by_leaving_out(bunches, baseline, others)
    results = {}
    for metric in metrics:
        label = name if metric is ONLY else metric
        of_metric = entries | inference[metric]
        results[metric] = _result(bunches[metric], baseline[metric], label, data, of_metric)
    return results.get(ONLY, results)


def results_of_outputs(
    outputs: Sequence[Output], results: Mapping[str, ImportanceResult], scoring: str
) -> ImportancesByOutput:
    """The results of outputs, which were scored by number, by their names."""
    for result in results.values():
        result["scoring"] = scoring
    names = [output.name for output in outputs]
    return ImportancesByOutput.from_results(names, list(results.values()))


def _result(
    bunch: Any, baseline: Any, scoring: str, data: Shuffled, entries: dict[str, Any]
) -> ImportanceResult:
    return ImportanceResult.from_values(
        bunch.importances,
        feature_names=data.units.names,
        method="permutation",
        by=data.units.by,
        baseline_score=float(baseline),
        scoring=scoring,
        **entries,
    )
