"""Scorers that also return what intervals need: each row's value of a metric, or predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError

from skfi._pipelines import Chain
from skfi._private import joined_scorer, score_function, score_sign, scorers_of, with_score_function
from skfi.importance._inputs._kinds import Kind
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._permutation._predictions import Predicted, Recording, Replay, zero_at_first
from skfi.importance._permutation._row_values import RowValues, Scored
from skfi.importance._permutation._row_values_of_outputs import values_of_rows, weights_of_class
from skfi.importance._scoring import number_of, own_metric

_MOST_NUMBERS = 2**26  # rows x repeats x units x metrics, or columns of predictions, that are kept
ONLY = None  # the name of a metric that has none, as it is the only one


@dataclass(frozen=True)
class OfRows:
    """The key of each row's value of a metric beside that of the metric."""

    name: Any


@dataclass(frozen=True)
class RowScorer:
    """A scorer that also returns the value of each row, of metrics that have such values.

    A dict of each metric's score by its name, and of its rows' by ``OfRows`` of the name. If not
    all metrics have them, also predictions, by ``Predicted`` of the method that made them.
    """

    scorer: Any
    values: dict[str | None, RowValues]  # by the name of the metric
    keeps_predictions: bool

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> dict[Any, Any]:
        kept: dict[Any, np.ndarray] = {}
        scorer = self._keeping_rows(getattr(estimator, "classes_", None), kept)
        if not self.keeps_predictions:
            return _scores_by_name(scorer(estimator, X, y, **kwargs)) | kept
        recording = Recording(estimator)
        scores = _scores_by_name(scorer(recording, X, y, **kwargs))
        return scores | kept | recording.predicted()

    def _keeping_rows(self, classes: Any, kept: dict) -> Any:
        if not self.values:
            return self.scorer
        scorers = scorers_of(self.scorer)
        if scorers is None:
            return _keeping_rows(self.scorer, self.values[ONLY], classes, kept, OfRows(ONLY))
        for name, values in self.values.items():
            scorers[name] = _keeping_rows(scorers[name], values, classes, kept, OfRows(name))
        return joined_scorer(scorers)

    def rest(self) -> Any:
        """The scorer of the metrics whose rows have no values; None if all have."""
        if not self.keeps_predictions or not self.values:
            return self.scorer if self.keeps_predictions else None
        scorers = (scorers_of(self.scorer) or {}).items()
        return joined_scorer({name: one for name, one in scorers if name not in self.values})


def _scores_by_name(scores: Any) -> dict[Any, Any]:
    return dict(scores) if isinstance(scores, dict) else {ONLY: scores}


def _keeping_rows(scorer: Any, values: RowValues, classes: Any, kept: dict, key: OfRows) -> Any:
    """A copy of the scorer that also stores the values of rows in ``kept``."""

    function = score_function(scorer)

    @wraps(function)  # scorers look into its signature
    def measured(y_true: Any, y_pred: Any, *, sample_weight: Any = None, **kwargs: Any) -> float:
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        score = function(y_true, y_pred, **weighted, **kwargs)  # which also checks them
        truth, predicted = np.asarray(y_true), np.asarray(y_pred)
        truth = truth.ravel() if truth.ndim == 2 and truth.shape[1] == 1 else truth
        weights = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, float)
        metric = partial(function, **kwargs)
        kept[key] = score_sign(scorer) * values(Scored(truth, predicted, weights, classes, metric))
        return score

    return with_score_function(scorer, measured)


def by_row(scorer: Any, estimator: Any, scoring: Any, y: Any, *, n_scores: int) -> Any:
    """A scorer that also keeps what intervals need; unchanged if that is too much to keep.

    The estimator's own ``score`` is replaced by the metric that it computes.
    """
    targets = np.asarray(y)  # y need not be an array
    if scoring is None and targets.ndim < 3 and scorers_of(scorer) is None:
        scorer = metrics.get_scorer(own_metric(estimator) or scorer)
    n_targets = int(np.prod(targets.shape[1:]))
    classes = LastStep.at_end_of(estimator).classes
    scorers = scorers_of(scorer) or {ONLY: scorer}
    per_scorer = {name: values_of_rows(each, classes, n_targets) for name, each in scorers.items()}
    values = {name: of_rows for name, of_rows in per_scorer.items() if of_rows is not None}
    if targets.ndim > 2:
        values = {}
    some_missing = len(values) < len(scorers)
    n_columns = max(
        n_targets, len(classes) if is_classifier(estimator) and classes is not None else 1
    )
    few = n_scores * (len(values) + some_missing * n_columns) <= _MOST_NUMBERS
    return RowScorer(scorer, values, keeps_predictions=some_missing) if few else scorer


def is_scored_by_row(scorer: Any) -> bool:
    """Whether a scorer keeps what intervals need."""
    return isinstance(scorer, RowScorer)


def weights_of_classes(scorer: Any, y: Any, sample_weight: Any) -> dict[Any, np.ndarray]:
    """The weights of rows in the scores of single classes, by the name of the scorer."""
    scorers = scorers_of(getattr(scorer, "scorer", None)) or {}
    of_classes = {n: weights_of_class(each, y, sample_weight) for n, each in scorers.items()}
    return {name: weights for name, weights in of_classes.items() if weights is not None}


def replay_of(scorer: Any, estimator: Any, kind: Kind, y: Any, sample_weight: Any) -> Replay | None:
    """Replays the metrics that have no values of rows; None if there are none, or too many."""
    rest = scorer.rest() if is_scored_by_row(scorer) else None
    return None if rest is None else Replay(rest, estimator, kind, y, sample_weight)


@dataclass
class CheckedScorer:
    """Raises an error for scores that are no numbers, and remembers the first score.

    That is the baseline, which scikit-learn computes here before any shuffle.
    """

    scorer: Callable
    name: str
    baseline: Any = None

    def __sizeof__(self) -> int:
        """Large, as it holds the samples: Dask sends what is large to each worker once."""
        return object.__sizeof__(self) + 2**20

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Any:
        try:
            score = self.scorer(estimator, X, y, **kwargs)
        except (ValueError, TypeError, AttributeError) as error:
            if self.baseline is not None or isinstance(error, NotFittedError):
                raise
            Chain(estimator).check_is_fitted()
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"scoring={self.name!r} cannot score this X and y: {error}") from error
        when = "on X as it is" if self.baseline is None else "after a shuffle"
        for name, value in score.items() if isinstance(score, dict) else [(None, score)]:
            if not isinstance(name, (OfRows, Predicted)):
                _check_score(self.name if name is None else name, value, when)
        if self.baseline is None:
            self.baseline = score
        return zero_at_first(score, self.baseline)


def _check_score(name: Any, score: Any, when: str) -> None:
    number = number_of(score)
    if number is None:
        raise TypeError(
            f"The scorer {name!r} of scoring returned {score!r:.80} ({type(score).__name__}) "
            f"{when}; expected "
            "a single number, or a dict of them by name."
        )
    if not np.isfinite(number):
        raise ValueError(
            f"The scorer {name!r} of scoring returned {score} {when}, no finite number, so that no "
            "importance can be computed from it. The metric may not be defined for these rows, "
            "such as for a single class, or the network predicts NaN."
        )
