"""Results of what scikit-learn's function returns: one for each metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi.importance._correlation import strongly_correlated
from skfi.importance._dependence import group_codes
from skfi.importance._donated import donated
from skfi.importance._inference import mean_over_rows
from skfi.importance._jackknife import jackknifed
from skfi.importance._permuted_data import PermutedData
from skfi.importance._predicted import CannotReplayError, Predicted, Replay
from skfi.importance._result import ImportanceResult
from skfi.importance._row_scores import ONLY
from skfi.importance._scoring import OfRows
from skfi.importance._words import WordUnits


@dataclass(frozen=True)
class ScoredRows:
    """What intervals need to know of the rows that were scored."""

    donors: Sequence[np.ndarray] | None  # (n_units, n_repeats, n_samples)
    groups: np.ndarray | None
    sample_weight: Any
    window: int
    replay: Replay | None  # of the metrics whose rows have no values

    def inference(self, of_repeats: np.ndarray) -> dict[str, Any]:
        """Intervals and p-values of differences (n_units, n_repeats, n_samples)."""
        of_rows, given = of_repeats.mean(axis=1), None
        weights = self.sample_weight
        if weights is not None:
            weights = np.asarray(weights, dtype=np.float64)
        if self.donors is not None:
            given = donated(of_repeats, self.donors, weights, self.window)
        found = mean_over_rows(of_rows, weights, self.groups, given)
        found |= {"sample_importances": of_rows, "sample_weight": weights}
        return found | {"sample_groups": self.groups}

    def by_leaving_out(self, found: Any, baseline: Any, metrics: list[Any]) -> dict[Any, dict]:
        """The same of metrics that are computed again without groups of rows."""
        if self.replay is None:  # not all samples were scored, or too many
            return {metric: {} for metric in metrics}
        importances = {metric: found[metric].importances for metric in metrics}
        methods = [key for key in baseline if isinstance(key, Predicted)]
        before = {key.method: baseline[key] for key in methods}
        n_units, n_repeats = importances[metrics[0]].shape
        after = [
            [
                {key.method: -found[key].importances[unit, repeat] for key in methods}
                for repeat in range(n_repeats)
            ]
            for unit in range(n_units)
        ]
        n_rows = len(next(iter(before.values()), ()))
        donors = self.donors if self.window == 1 else None
        try:
            if not n_rows:  # nothing was predicted
                raise CannotReplayError
            codes = group_codes(self.groups, n_rows)
            of_metrics = jackknifed(self.replay, before, after, importances, codes, donors)
        except Exception as error:  # whatever a metric raises that is given some of the rows
            return {metric: {"without_intervals": _why_not(error)} for metric in metrics}
        return {metric: of_metrics[metric] | {"sample_groups": self.groups} for metric in metrics}


def _why_not(error: Exception) -> str:
    if isinstance(error, CannotReplayError):
        return "the metric is not a function of y and of what the estimator predicts alone."
    return f"the metric cannot be computed of some of the rows ({type(error).__name__}: {error})."


def permutation_results(
    found: Any, baseline: Any, name: str, data: PermutedData, rows: ScoredRows
) -> ImportanceResult | dict[str, ImportanceResult]:
    """One result, or one for each metric by its name if several, or a list of one, were asked."""
    more = _of_all_metrics(data)
    if not isinstance(baseline, dict):
        return _result(found, baseline, name, data, more)
    metrics = [metric for metric in baseline if not isinstance(metric, (OfRows, Predicted))]
    inference = {
        metric: rows.inference(found[OfRows(metric)].importances)
        for metric in metrics
        if OfRows(metric) in found
    }
    others = [metric for metric in metrics if metric not in inference]
    inference |= rows.by_leaving_out(found, baseline, others)
    results = {}
    for metric in metrics:
        label = name if metric is ONLY else metric
        of_metric = more | inference[metric]
        results[metric] = _result(found[metric], baseline[metric], label, data, of_metric)
    return results.get(ONLY, results)


def _of_all_metrics(data: PermutedData) -> dict[str, Any]:
    """How units were shuffled, and which are correlated."""
    units, exchange = data.units, data.exchange
    more: dict[str, Any] = {"conditional": exchange is not None, "shuffle": data.shuffle}
    if exchange is not None:
        more["conditional_by"] = exchange.by
    elif units.by == "feature" and len(units) == data.X.shape[-1] and data.tokens is None:
        more["correlated"] = strongly_correlated(data.X, list(units.names), data.real)
    if isinstance(units, WordUnits):
        return more | {"counts": units.counts}
    more |= units.origin
    if units.by != "cell" or len(units) == np.prod(units.shape):  # groups of cells are no grid
        more["axes"] = units.axes
    return more


def _result(
    found: Any, baseline: Any, scoring: str, data: PermutedData, more: dict[str, Any]
) -> ImportanceResult:
    return ImportanceResult.from_values(
        found.importances,
        feature_names=data.units.names,
        method="permutation",
        by=data.units.by,
        baseline_score=float(baseline),
        scoring=scoring,
        **more,
    )
