"""Intervals and p-values of permutation importance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skfi.importance._inference._row_groups import group_codes
from skfi.importance._inference._t_tests import mean_over_rows
from skfi.importance._permutation._influence import donated
from skfi.importance._permutation._jackknife import jackknifed
from skfi.importance._permutation._predictions import CannotReplayError, Predicted, Replay


@dataclass(frozen=True)
class ScoredRows:
    """What intervals need to know of the rows that were scored."""

    donors: Sequence[np.ndarray] | None  # (n_units, n_repeats, n_samples)
    groups: np.ndarray | None
    sample_weight: Any
    window: int
    replay: Replay | None  # of the metrics whose rows have no values
    of_classes: Mapping[Any, np.ndarray] = field(default_factory=dict)  # weights, by metric

    def inference(self, of_repeats: np.ndarray, metric: Any) -> dict[str, Any]:
        """Intervals and p-values of differences (n_units, n_repeats, n_samples) of a metric."""
        of_rows, of_donors = of_repeats.mean(axis=1), None
        weights = self.of_classes.get(metric, self.sample_weight)
        if weights is not None:
            weights = np.asarray(weights, dtype=np.float64)
        if self.donors is not None:
            of_donors = donated(of_repeats, self.donors, weights, self.window)
        entries = mean_over_rows(of_rows, weights, self.groups, of_donors)
        entries |= {"sample_importances": of_rows, "sample_weight": weights}
        return entries | {"sample_groups": self.groups}

    def by_leaving_out(self, bunches: Any, baseline: Any, metrics: list[Any]) -> dict[Any, dict]:
        """Jackknife intervals of metrics, recomputed without each group of rows."""
        if self.replay is None:  # not all samples were scored, or too many
            return {metric: {} for metric in metrics}
        importances = {metric: bunches[metric].importances for metric in metrics}
        methods = [key for key in baseline if isinstance(key, Predicted)]
        before = {key.method: baseline[key] for key in methods}
        n_units, n_repeats = importances[metrics[0]].shape
        after = [
            [
                {key.method: -bunches[key].importances[unit, repeat] for key in methods}
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
        except Exception as error:  # a metric may raise anything on a part of the rows
            return {metric: {"without_intervals": _why_not(error)} for metric in metrics}
        return {metric: of_metrics[metric] | {"sample_groups": self.groups} for metric in metrics}


def _why_not(error: Exception) -> str:
    if isinstance(error, CannotReplayError):
        return "the metric is not a function of y and of what the estimator predicts alone."
    return f"the metric cannot be computed of some of the rows ({type(error).__name__}: {error})."
