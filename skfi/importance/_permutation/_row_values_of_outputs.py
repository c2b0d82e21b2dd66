"""Values of rows of a metric that is of one output."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from skfi._private import score_function, score_settings, with_score_function
from skfi.importance._outputs import ClassMetric, ColumnMetric
from skfi.importance._permutation._row_values import RowValues, Scored, row_values


def values_of_rows(scorer: Any, classes: Any, n_targets: int) -> RowValues | None:
    """The function that computes the values of rows for a scorer; None if there is none."""
    metric = score_function(scorer)
    if isinstance(metric, ColumnMetric):
        return _of_columns(_of_whole(scorer), classes, metric)
    if isinstance(metric, ClassMetric):  # each row's own loss, of which a class takes its rows'
        return row_values(_of_whole(scorer), classes, n_targets)
    return row_values(scorer, classes, n_targets)


def weights_of_class(scorer: Any, y: Any, sample_weight: Any) -> np.ndarray | None:
    """The weights with which a scorer of a class takes the mean over rows; None of others."""
    metric = score_function(scorer)
    return metric.weights(y, sample_weight) if isinstance(metric, ClassMetric) else None


def _of_whole(scorer: Any) -> Any:
    return with_score_function(scorer, score_function(scorer).metric)


def _of_columns(whole: Any, classes: Any, of_output: ColumnMetric) -> RowValues | None:
    width = 1
    if isinstance(of_output.columns, slice):
        width = of_output.columns.stop - of_output.columns.start
    if classes is not None:  # of each label its own
        number = of_output.columns if isinstance(of_output.columns, int) else 0
        classes = classes[number] if np.ndim(classes[0]) else classes
    of_column = row_values(whole, classes, width)
    if of_column is None:
        return None

    def values(rows: Scored) -> np.ndarray:
        y, predicted = of_output.of(rows.y), of_output.of(rows.predicted)
        metric = partial(score_function(whole), **score_settings(whole))
        own = replace(rows, y=y, predicted=predicted, classes=classes, metric=metric)
        return of_column(own)

    return values
