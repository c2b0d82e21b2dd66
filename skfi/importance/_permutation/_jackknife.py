"""Intervals of any metric: how an importance changes as groups of rows are left out.

The jackknife of groups (J. Tukey, 1958; J. Shao and C. Wu, "A general theory for jackknife variance
estimation", 1989). With each group of rows, those that received its values are left out too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skfi.importance._inference._t_tests import t_test
from skfi.importance._permutation._predictions import CannotReplayError, Replay
from skfi.importance._quiet import warnings_ignored

_MOST_SCORES = 10_000  # to compute, unless the fewest groups take more
_FEWEST_GROUPS, _MOST_GROUPS = 20, 30
_SEED = 0  # of who is left out together: any rows may be

Predictions = Mapping[str, np.ndarray]  # of each method of the estimator, (n_rows, ...)


def groups_to_leave_out(codes: np.ndarray, n_scores: int) -> np.ndarray:
    """The number of each row's group, fewer than ``codes`` has if it has many."""
    most = int(np.clip(_MOST_SCORES // n_scores, _FEWEST_GROUPS, _MOST_GROUPS))
    n_groups = codes.max() + 1
    order = np.random.default_rng(_SEED).permutation(n_groups) % most
    return np.unique(order[codes], return_inverse=True)[1]


def jackknifed(
    replay: Replay,
    before: Predictions,
    after: Sequence[Sequence[Predictions]],
    importances: Mapping[Any, np.ndarray],
    codes: np.ndarray,
    donors: Sequence[np.ndarray] | None,
) -> dict[Any, dict[str, np.ndarray]]:
    """Intervals and p-values of the importances (n_units, n_repeats) by each metric.

    ``before`` and ``after`` are the predictions before the shuffles and after each repeat of each
    unit's; ``codes`` the rows' groups and ``donors`` from which row each one got its values.

    Raises
    ------
    CannotReplayError
        If the metric cannot be computed from the predictions.
    """
    n_repeats = len(after[0])
    codes = groups_to_leave_out(codes, 1 + len(after) * n_repeats)
    n_groups = codes.max() + 1
    lost = {name: np.zeros((n_groups, len(after))) for name in importances}
    with warnings_ignored():  # of metrics of few rows
        score = _Memory(replay, replay.labels(before))
        for unit, repeats in enumerate(after):
            for repeat, predicted in enumerate(repeats):
                shuffled = _Memory(replay, replay.labels(predicted))
                if repeat == 0:
                    _check(score, shuffled, len(codes), importances, unit)
                donor_codes = codes if donors is None else codes[donors[unit][repeat]]
                for group in range(n_groups):
                    rows = np.flatnonzero((codes != group) & (donor_codes != group))
                    with_unit, without = score(rows), shuffled(rows)
                    for name in importances:
                        lost[name][group, unit] += with_unit[name] - without[name]
    return {
        name: _test(values.mean(axis=1), lost[name] / n_repeats, n_groups)
        for name, values in importances.items()
    }


class _Memory:
    """A cache of scores of subsets of rows."""

    def __init__(self, replay: Replay, predicted: Predictions) -> None:
        self.replay, self.predicted = replay, predicted
        self.scores: dict[bytes, Any] = {}

    def __call__(self, rows: np.ndarray) -> Any:
        key = rows.tobytes()
        if key not in self.scores:
            self.scores[key] = _by_name(self.replay(self.predicted, rows))
        return self.scores[key]


def _by_name(score: Any) -> Any:
    return score if isinstance(score, dict) else {None: score}


def _check(
    score: _Memory,
    shuffled: _Memory,
    n_rows: int,
    importances: Mapping[Any, np.ndarray],
    unit: int,
) -> None:
    """Raise CannotReplayError unless the scores reproduce the importances."""
    before, after = score(np.arange(n_rows)), shuffled(np.arange(n_rows))
    for name, values in importances.items():
        if not np.isclose(before[name] - after[name], values[unit, 0], rtol=1e-9, atol=1e-12):
            raise CannotReplayError


def _test(mean: np.ndarray, without: np.ndarray, n_groups: int) -> dict[str, np.ndarray]:
    if not np.isfinite(without).all():
        raise CannotReplayError
    error = np.sqrt((n_groups - 1) * without.var(axis=0))
    return t_test(mean, error, n_groups - 1)
