"""Metrics that are a mean over rows, row by row: their spread tells how sure the mean is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import is_classifier

from skfi.metrics._step_scorer import last_of

_MOST_NUMBERS = 2**26  # rows x repeats x units that are kept

RowLoss = Callable[[np.ndarray, np.ndarray, Any], np.ndarray]


def _absolute(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return np.abs(y - predicted)


def _squared(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return (y - predicted) ** 2


def _right(y: np.ndarray, predicted: np.ndarray, _: Any) -> np.ndarray:
    return (y == predicted).astype(np.float64)


def _log_loss(y: np.ndarray, probability: np.ndarray, classes: Any) -> np.ndarray:
    if probability.ndim == 1:  # of the second class
        probability = np.column_stack([1 - probability, probability])
    tiny = np.finfo(probability.dtype).eps
    of_class = probability[np.arange(len(y)), np.searchsorted(classes, y)]
    return -np.log(np.clip(of_class, tiny, 1 - tiny))


_LOSSES: dict[Callable, RowLoss] = {
    metrics.mean_absolute_error: _absolute,
    metrics.mean_squared_error: _squared,
    metrics.accuracy_score: _right,
    metrics.log_loss: _log_loss,
}


@dataclass(frozen=True)
class RowScorer:
    """A scorer that also returns the score of each row: ``{"score": float, "rows": array}``."""

    scorer: Any
    loss: RowLoss

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> dict[str, Any]:
        rows: list[np.ndarray] = []

        def measured(y_true: Any, y_pred: Any, **more: Any) -> float:
            mean = self.scorer._score_func(y_true, y_pred, **more)  # which also checks them
            truth, found = np.asarray(y_true), np.asarray(y_pred)
            of_row = self.loss(truth, found, getattr(estimator, "classes_", None))
            rows.append(self.scorer._sign * of_row.reshape(len(of_row), -1).mean(axis=1))
            return mean

        score = type(self.scorer)(
            measured, self.scorer._sign, self.scorer._kwargs, self.scorer._response_method
        )
        return {"score": score(estimator, X, y, **kwargs), "rows": rows[0]}


def by_row(scorer: Any, estimator: Any, scoring: Any, y: Any) -> Any:
    """A scorer of single rows too, if the metric is a mean over rows; otherwise the same scorer."""
    per_step = getattr(last_of(estimator), "return_sequences", False)
    if scoring is None and is_classifier(estimator) and not per_step:
        scorer = metrics.get_scorer("accuracy")
    loss = _LOSSES.get(getattr(scorer, "_score_func", None))  # type: ignore[arg-type]
    if loss is None or scorer._kwargs or getattr(y, "ndim", 1) > 2:
        return scorer
    return RowScorer(scorer, loss)


def are_few(n_units: int, n_repeats: int, n_rows: int) -> bool:
    """Whether the scores of all rows can be kept."""
    return n_units * n_repeats * n_rows <= _MOST_NUMBERS
