"""The scorer that scikit-learn's permutation importance calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skfi.importance._permutation._predictions import Predicted, zero_at_first
from skfi.importance._scoring import _check_score


@dataclass
class CheckedScorer:
    """Raises an error for scores that are no numbers, and remembers the first score.

    That is the baseline, which scikit-learn computes here before any shuffle.
    """

    scorer: Callable
    name: str
    baseline: Any = None

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Any:
        score = self.scorer(estimator, X, y, **kwargs)
        when = "on X as it is" if self.baseline is None else "after a shuffle"
        for name, one in score.items() if isinstance(score, dict) else [(None, score)]:
            if not isinstance(name, (OfRows, Predicted)):
                _check_score(self.name if name is None else name, one, when)
        if self.baseline is None:
            self.baseline = score
        return zero_at_first(score, self.baseline)


@dataclass(frozen=True)
class OfRows:
    """The key of each row's value of a metric beside that of the metric."""

    name: Any
