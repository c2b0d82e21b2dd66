"""Values of rows whose mean is the metric.

Of some metrics these are the rows' own losses. Of the others a row's value is the metric plus the
row's influence on it: by how much the metric would change if rows like this one were more frequent
(the delta method; F. Hampel, "The influence curve and its role in robust estimation", 1974). Either
way the spread of the values tells how sure the metric is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn import metrics

from skfi._private import score_function, score_settings

_MOST_CLASSES = 20  # beyond it pairs of true and predicted labels are too many
_SHIFT = 1e-4  # of the weight of rows, to see how the metric changes


@dataclass(frozen=True)
class Scored:
    """Targets and predictions of rows as a metric gets them, and their weights (n_rows,)."""

    y: np.ndarray
    predicted: np.ndarray
    weights: np.ndarray
    classes: Any
    metric: Callable

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        """Targets and predictions (n_rows, n_outputs)."""
        return self.y.reshape(len(self.y), -1), self.predicted.reshape(len(self.y), -1)

    @property
    def errors(self) -> np.ndarray:
        """Targets less predictions (n_rows, n_outputs), also of small integers as numbers."""
        y, predicted = (of_rows.astype(np.float64) for of_rows in self.columns)
        return y - predicted

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The weighted mean over rows."""
        return np.average(values, axis=0, weights=self.weights)


RowValues = Callable[[Scored], np.ndarray]


def _absolute(rows: Scored) -> np.ndarray:
    return np.abs(rows.errors).mean(axis=1)


def _squared(rows: Scored) -> np.ndarray:
    return (rows.errors**2).mean(axis=1)


def _relative(rows: Scored) -> np.ndarray:
    y, _ = rows.columns
    size = np.maximum(np.abs(y.astype(np.float64)), np.finfo(np.float64).eps)
    return (np.abs(rows.errors) / size).mean(axis=1)


def _right(rows: Scored) -> np.ndarray:
    y, predicted = rows.columns
    return (y == predicted).all(axis=1).astype(np.float64)


def _log_loss(rows: Scored) -> np.ndarray:
    y, probability = rows.columns
    if probability.shape[1] == 1:  # of the second class
        probability = np.hstack([1 - probability, probability])
    tiny = np.finfo(probability.dtype).eps
    of_class = probability[np.arange(len(y)), np.searchsorted(rows.classes, y[:, 0])]
    return -np.log(np.clip(of_class, tiny, 1 - tiny))


def _brier(rows: Scored) -> np.ndarray:
    y, probability = rows.columns
    if probability.shape[1] == 1:  # of the class that scikit-learn takes for the positive one
        known = np.unique(y).tolist() in ([0], [1], [-1], [0, 1], [-1, 1])
        return (probability[:, 0] - (y[:, 0] == (1 if known else y.max()))) ** 2
    of_rows = ((probability - (y == np.asarray(rows.classes))) ** 2).sum(axis=1)
    return of_rows / 2 if probability.shape[1] == 2 else of_rows


def _root(rows: Scored) -> np.ndarray:
    squared = rows.errors**2
    mean = rows.mean(squared)
    root = np.sqrt(mean)
    slope = np.divide(0.5, root, out=np.zeros_like(root), where=root > 0)
    return (root + slope * (squared - mean)).mean(axis=1)


def _r2(rows: Scored) -> np.ndarray:
    """One less a ratio of means: of the squared errors, and of the targets' squared deviations."""
    y = rows.columns[0].astype(np.float64)
    errors, spread = rows.errors**2, (y - rows.mean(y)) ** 2
    error, variance = rows.mean(errors), rows.mean(spread)
    varies = variance > 0
    ratio = np.divide(error, variance, out=(error > 0).astype(np.float64), where=varies)
    scale = np.divide(1, variance, out=np.zeros_like(variance), where=varies)
    return (1 - ratio - scale * (errors - error - ratio * (spread - variance))).mean(axis=1)


def _area(rows: Scored, positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Components of the area under the ROC curve (DeLong, DeLong and Clarke-Pearson, 1988).

    Of a positive row the share of negatives that are scored lower, of a negative one that of
    positives that are scored higher; ties count half.
    """
    _, place = np.unique(score, return_inverse=True)
    of_side = [np.bincount(place, rows.weights * side) for side in (~positive, positive)]
    total = [of_scores.sum() for of_scores in of_side]
    below, above = (
        np.cumsum(of_scores) - of_scores if lower else of_scores.sum() - np.cumsum(of_scores)
        for of_scores, lower in zip(of_side, (True, False), strict=True)
    )
    part = np.where(
        positive,
        (below + of_side[0] / 2)[place] / total[0],
        (above + of_side[1] / 2)[place] / total[1],
    )
    area = np.average(part[positive], weights=rows.weights[positive])
    share = np.where(positive, total[1], total[0]) / sum(total)
    return area + (part - area) / share


def _roc_auc(rows: Scored, average: str = "macro") -> np.ndarray:
    """ROC AUC of two classes, or the mean over classes one-vs-rest."""
    if rows.predicted.ndim == 1:
        return _area(rows, rows.y == np.unique(rows.y)[-1], rows.predicted)
    is_class = rows.y[:, None] == np.asarray(rows.classes)
    areas = np.column_stack(
        [
            _area(rows, of_class, score)
            for of_class, score in zip(is_class.T, rows.predicted.T, strict=True)
        ]
    )
    if average == "macro":
        return areas.mean(axis=1)
    share, mean = rows.mean(is_class), rows.mean(areas)
    return (share * areas + (is_class - share) * mean).sum(axis=1)


def _of_labels(rows: Scored) -> np.ndarray:
    """Influence of rows on a metric of labels, the same for each pair of true and predicted label.

    It is the derivative of the metric with respect to the weight of these rows.
    """
    pairs = np.column_stack(
        [np.unique(labels, return_inverse=True)[1] for labels in (rows.y, rows.predicted)]
    )
    of_pairs, pair = np.unique(pairs, axis=0, return_inverse=True)
    value = rows.metric(rows.y, rows.predicted, sample_weight=rows.weights)
    slopes = np.zeros(len(of_pairs))
    for number in range(len(of_pairs)):
        chosen = pair.ravel() == number
        weight = rows.weights[chosen].sum()
        if weight > 0:
            shifted_weight = np.where(chosen, 1 + _SHIFT, 1) * rows.weights
            shifted = rows.metric(rows.y, rows.predicted, sample_weight=shifted_weight)
            slopes[number] = (shifted - value) / _SHIFT * rows.weights.sum() / weight
    influence = slopes[pair.ravel()]
    return value + influence - rows.mean(influence)  # which the finite step leaves above zero


_MEANS: dict[Callable, RowValues] = {
    metrics.mean_absolute_error: _absolute,
    metrics.mean_squared_error: _squared,
    metrics.mean_absolute_percentage_error: _relative,
    metrics.accuracy_score: _right,
    metrics.root_mean_squared_error: _root,
    metrics.r2_score: _r2,
}
_OF_PROBABILITIES: dict[Callable, RowValues] = {
    metrics.log_loss: _log_loss,
    metrics.brier_score_loss: _brier,
    metrics.roc_auc_score: _roc_auc,
}
_OF_LABELS = {
    metrics.balanced_accuracy_score,
    metrics.f1_score,
    metrics.jaccard_score,
    metrics.matthews_corrcoef,
    metrics.precision_score,
    metrics.recall_score,
}


def row_values(scorer: Any, classes: Any, n_targets: int) -> RowValues | None:
    """The function that computes the values of rows for a scorer; None if there is none."""
    metric, settings = score_function(scorer), score_settings(scorer)
    if metric in _OF_LABELS:
        few = classes is not None and len(classes) <= _MOST_CLASSES
        return _of_labels if few and n_targets == 1 else None
    if metric in _MEANS:
        return None if settings else _MEANS[metric]
    if metric not in _OF_PROBABILITIES or n_targets > 1:
        return None
    if metric is metrics.roc_auc_score and settings.get("multi_class") == "ovr":
        average = settings.get("average", "macro")
        known = set(settings) <= {"multi_class", "average"} and average in ("macro", "weighted")
        return partial(_roc_auc, average=average) if known else None
    return None if settings else _OF_PROBABILITIES[metric]
