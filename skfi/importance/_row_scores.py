"""Metrics that are a mean over rows, row by row: their spread tells how sure the mean is."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import is_classifier
from sklearn.metrics._scorer import _MultimetricScorer

from skfi.importance._scoring import OfRows
from skfi.metrics._step_scorer import last_of

_MOST_NUMBERS = 2**26  # rows x repeats x units x metrics that are kept
ONLY = None  # the name of a metric that has none, as it is the only one

# of targets and predictions, (n_rows, n_outputs), and the classes
RowLoss = Callable[[np.ndarray, np.ndarray, Any], np.ndarray]


def _absolute(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return np.abs(y - predicted).mean(axis=1)


def _squared(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return ((y - predicted) ** 2).mean(axis=1)


def _relative(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    size = np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return (np.abs(y - predicted) / size).mean(axis=1)


def _right(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return (y == predicted).all(axis=1).astype(np.float64)


def _log_loss(y: np.ndarray, probability: np.ndarray, classes: Any) -> np.ndarray:
    if probability.shape[1] == 1:  # of the second class
        probability = np.hstack([1 - probability, probability])
    tiny = np.finfo(probability.dtype).eps
    of_class = probability[np.arange(len(y)), np.searchsorted(classes, y[:, 0])]
    return -np.log(np.clip(of_class, tiny, 1 - tiny))


def _brier(y: np.ndarray, probability: np.ndarray, classes: Any) -> np.ndarray:
    if probability.shape[1] == 1:  # of the class that scikit-learn takes for the positive one
        known = np.unique(y).tolist() in ([0], [1], [-1], [0, 1], [-1, 1])
        return (probability[:, 0] - (y[:, 0] == (1 if known else y.max()))) ** 2
    of_rows = ((probability - (y == np.asarray(classes))) ** 2).sum(axis=1)
    return of_rows / 2 if probability.shape[1] == 2 else of_rows


_LOSSES: dict[Callable, RowLoss] = {
    metrics.mean_absolute_error: _absolute,
    metrics.mean_squared_error: _squared,
    metrics.mean_absolute_percentage_error: _relative,
    metrics.accuracy_score: _right,
    metrics.log_loss: _log_loss,
    metrics.brier_score_loss: _brier,
}
_OF_PROBABILITIES = (_log_loss, _brier)


@dataclass(frozen=True)
class RowScorer:
    """A scorer that also returns the score of each row, of metrics that are a mean over rows.

    A dict of each metric's score by its name, and of its rows' by ``OfRows`` of the name.
    """

    scorer: Any
    losses: dict[str | None, RowLoss]  # by the name of the metric

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> dict[Any, Any]:
        rows: dict[Any, np.ndarray] = {}
        several = isinstance(self.scorer, _MultimetricScorer)
        scorers = dict(self.scorer._scorers) if several else {ONLY: self.scorer}
        classes = getattr(estimator, "classes_", None)
        for name, loss in self.losses.items():
            scorers[name] = _keeping_rows(scorers[name], loss, classes, rows, OfRows(name))
        if several:
            scores = _MultimetricScorer(scorers=scorers)(estimator, X, y, **kwargs)
        else:
            scores = {ONLY: scorers[ONLY](estimator, X, y, **kwargs)}
        return scores | rows


def _keeping_rows(scorer: Any, loss: RowLoss, classes: Any, rows: dict, key: OfRows) -> Any:
    """The same scorer, which also puts the scores of rows into ``rows``."""

    @wraps(scorer._score_func)  # scorers look into its signature
    def measured(y_true: Any, y_pred: Any, **more: Any) -> float:
        mean = scorer._score_func(y_true, y_pred, **more)  # which also checks them
        truth, found = np.asarray(y_true), np.asarray(y_pred)
        n_rows = len(truth)
        of_row = loss(truth.reshape(n_rows, -1), found.reshape(n_rows, -1), classes)
        rows[key] = scorer._sign * of_row
        return mean

    found = copy(scorer)
    found._score_func = measured
    return found


def by_row(scorer: Any, estimator: Any, scoring: Any, y: Any, *, n_scores: int) -> Any:
    """A scorer of single rows too, if a metric is a mean over rows; otherwise the same scorer.

    Unless scores of so many rows, ``n_scores`` in all by each metric, are too many to be kept.
    """
    if scoring is None and _scores_accuracy(estimator):
        scorer = metrics.get_scorer("accuracy")
    shape = np.asarray(y).shape  # of what y converts to: y need not be an array
    if len(shape) > 2:
        return scorer
    several = len(shape) == 2 and shape[1] > 1
    losses: dict[str | None, RowLoss] = {}
    for name, one in getattr(scorer, "_scorers", {ONLY: scorer}).items():
        loss = _LOSSES.get(getattr(one, "_score_func", None))  # type: ignore[arg-type]
        if loss is not None and not one._kwargs and not (several and loss in _OF_PROBABILITIES):
            losses[name] = loss
    few = n_scores * len(losses) <= _MOST_NUMBERS
    return RowScorer(scorer, losses) if losses and few else scorer


def _scores_accuracy(estimator: Any) -> bool:
    """Whether the estimator's own ``score`` is the accuracy of one label for each row."""
    last = last_of(estimator)
    if not is_classifier(estimator) or getattr(last, "return_sequences", False):
        return False
    home = getattr(getattr(last, "score", None), "__module__", None) or ""
    return home.startswith(("sklearn.", "skfi.")) and home != "sklearn.multioutput"
