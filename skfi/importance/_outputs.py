"""Each output of an estimator on its own: what it is called, and how it is scored.

An output is a column of the target, one of a network's named outputs, a time step of a network with
an output at every step, or a class of a classifier, which is scored on that class's rows.
"""

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import is_classifier

from skfi._given import check_values, described, naming
from skfi._keras import heads_of
from skfi._private import joined_scorer, score_function, score_settings, with_score_function
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._model_heads import metric_of
from skfi.importance._inputs._targets import target_columns
from skfi.importance._scoring import own_metric, scorer_for
from skfi.importance._stand_in import Once
from skfi.metrics._step_scorer import StepScorer, real_output_steps

# metrics that are means over rows, so that those of one class can be scored on their own
_MEANS_OVER_ROWS = (
    metrics.accuracy_score,
    metrics.brier_score_loss,
    metrics.log_loss,
    metrics.top_k_accuracy_score,
    metrics.zero_one_loss,
)


@dataclass(frozen=True)
class ColumnMetric:
    """A metric of one column of the targets and predictions, or of several next to each other."""

    metric: Callable
    columns: int | slice

    def of(self, values: Any) -> np.ndarray:
        """The columns of targets or predictions."""
        values = np.asarray(values)
        return (values if values.ndim > 1 else values[:, None])[:, self.columns]

    def __call__(self, y_true: Any, y_pred: Any, **params: Any) -> Any:
        if isinstance(y_pred, list):  # scikit-learn's probabilities of several labels
            return self.metric(self.of(y_true), y_pred[self.columns], **params)
        return self.metric(self.of(y_true), self.of(y_pred), **params)

    @property
    def __signature__(self) -> inspect.Signature:  # scorers look into it
        return inspect.signature(self.metric)


@dataclass(frozen=True)
class ClassMetric:
    """A metric that is a mean over rows, over those of one class."""

    metric: Callable
    label: Any

    def weights(self, y_true: Any, sample_weight: Any = None) -> np.ndarray:
        """The weights of rows, 0 for those of other classes."""
        of_class = np.asarray(y_true).reshape(len(y_true)) == self.label
        return of_class * (1.0 if sample_weight is None else np.asarray(sample_weight, float))

    def __call__(
        self, y_true: Any, y_pred: Any, *, sample_weight: Any = None, **params: Any
    ) -> Any:
        weights = self.weights(y_true, sample_weight)
        if not weights.any():
            raise ValueError(f"No row of the class {self.label!r} is among those that are scored.")
        return self.metric(y_true, y_pred, sample_weight=weights, **params)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.metric)


@dataclass(frozen=True)
class Column:
    """A column of the target, or the columns of one of a network's outputs."""

    name: Any
    columns: int | slice
    own_metric: Callable | None = None  # of an output that no one metric of the network fits

    def scorer(self, estimator: Any, scoring: Any) -> Any:
        """What scores this output."""
        if self.own_metric is not None and scoring is None:
            whole = metrics.make_scorer(self.own_metric)
        else:
            whole = _of_predictions(estimator, scoring)
        if score_settings(whole).get("multioutput") == "raw_values":
            raise ValueError(
                "per_output=True scores each output on its own, and a scorer with "
                "multioutput='raw_values' returns an array; leave multioutput out."
            )
        return with_score_function(whole, ColumnMetric(score_function(whole), self.columns))


@dataclass(frozen=True)
class OfClass:
    """A class, of which a score is taken on its own rows."""

    name: Any

    def scorer(self, estimator: Any, scoring: Any) -> Any:
        """What scores this class's rows."""
        whole = _of_predictions(estimator, scoring)
        if score_function(whole) not in _MEANS_OVER_ROWS:
            known = ", ".join(metric.__name__ for metric in _MEANS_OVER_ROWS)
            raise ValueError(
                f"per_output=True scores the rows of each class, and scoring={scoring!r} is not "
                f"defined on a single class. Use a metric that is a mean over rows ({known}), "
                "such as scoring='neg_log_loss'."
            )
        return with_score_function(whole, ClassMetric(score_function(whole), self.name))


@dataclass(frozen=True)
class OfStep:
    """A time step of a network with an output at each."""

    name: int

    def scorer(self, estimator: Any, scoring: Any) -> Any:
        """What scores this step of the sequences that reach it."""
        if callable(scoring) and score_function(scoring) is None:
            raise _not_by_output(scoring)
        if scoring is None:
            scoring = "accuracy" if is_classifier(estimator) else "r2"
        return StepScorer(scoring, self.name)


Output = Column | OfClass | OfStep


def outputs_of(estimator: Any, y: Any) -> list[Output]:
    """The outputs of a fitted or unfitted estimator, as the targets ``y`` name them.

    Raises
    ------
    ValueError
        If ``y`` has no columns that belong to outputs.
    """
    last = LastStep.at_end_of(estimator)
    if last.has_several_outputs:
        return _heads(last)
    check_values(y, "y", "an array-like of a target for each row of X")
    if last.per_step:
        return [OfStep(step) for step in range(np.shape(y)[1])]
    with naming("y", y, "an array-like of a target for each row of X"):
        return _of_one_network(last, estimator, y)


def _of_one_network(last: LastStep, estimator: Any, y: Any) -> list[Output]:
    classes = last.classes
    one_column = np.ndim(y) == 1 or np.shape(y)[1:] == (1,)
    if classes is None and is_classifier(estimator) and one_column:
        classes = np.unique(np.asarray(y))
    if classes is not None and not any(np.ndim(label) for label in classes):
        labels = np.asarray(classes).tolist()
        values = np.asarray(y)
        if values.size != len(values) or values.dtype.kind == "V":
            raise ValueError(f"A label for each row is expected, not {described(values)}.")
        of_class = [values == label for label in labels]
        absent = without_rows(labels, of_class, "in y")
        return [OfClass(label) for label in labels if label not in absent]
    return [Column(name, i) for i, name in enumerate(names_of_columns(y))]


def reached(outputs: list[Output], real: np.ndarray | None) -> list[Output]:
    """The outputs without the steps that no sequence reaches, by its ``real`` steps."""
    if real is None:
        return outputs
    return [
        output for output in outputs if not isinstance(output, OfStep) or real[:, output.name].any()
    ]


def names_of_columns(y: Any) -> list[Any]:
    """The names of the columns of a target; their numbers if it has no names."""
    if hasattr(y, "columns"):
        return [name if isinstance(name, str) else str(name) for name in y.columns]
    name = getattr(y, "name", None)
    if name is not None:
        return [str(name)]
    shape = np.shape(y)
    if len(shape) > 2:
        raise ValueError(
            f"per_output=True needs targets (n_samples, n_outputs); got y of shape {shape}."
        )
    return list(range(shape[1] if len(shape) == 2 else 1))


def without_rows(labels: list[Any], of_class: list[np.ndarray], where: str) -> list[Any]:
    """The labels of classes without a sample, which have no importances; with a warning."""
    absent = [label for label, rows in zip(labels, of_class, strict=True) if not rows.any()]
    if len(absent) == len(labels):
        raise ValueError(f"None of the classes {labels} is {where}.")
    if absent:
        warnings.warn(
            f"No sample of the classes {absent} is {where}: they have no importances.",
            UserWarning,
            stacklevel=6,
        )
    return absent


def scorer_of_outputs(outputs: list[Output], estimator: Any, scoring: Any) -> Any:
    """One scorer of all outputs, by number, for which an estimator predicts once; None of none.

    Raises
    ------
    ValueError
        If the metric cannot be taken of one output.
    """
    if not outputs:
        return None
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError(f"per_output=True takes one metric; got scoring={scoring!r}.")
    scorers = {str(i): output.scorer(estimator, scoring) for i, output in enumerate(outputs)}
    if isinstance(outputs[0], OfStep):
        return _StepScorers(scorers)
    return joined_scorer(scorers)


@dataclass(frozen=True)
class _StepScorers:
    """The scorers of steps, which share the predictions."""

    scorers: dict[str, StepScorer]

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> dict[str, float]:
        once, real = Once(estimator), real_output_steps(estimator, X)
        return {i: score.of_steps(real, once, X, y, **kwargs) for i, score in self.scorers.items()}


def _heads(last: LastStep) -> list[Output]:
    heads = heads_of(last.network)
    all_values = all(head.kind == "values" for head in heads)
    return [
        Column(head.name, columns, None if all_values else metric_of(head))
        for head, columns in zip(heads, target_columns(heads), strict=True)
    ]


def _of_predictions(estimator: Any, scoring: Any) -> Any:
    """The scorer, or ValueError if it is none of predictions alone."""
    name = own_metric(estimator) if scoring is None else scoring
    scorer = None if name is None else scorer_for(estimator, name)
    if score_function(scorer) is None:
        raise _not_by_output(scoring)
    return scorer


def _not_by_output(scoring: Any) -> ValueError:
    what = "the estimator's own score" if scoring is None else f"scoring={scoring!r}"
    return ValueError(
        f"per_output=True scores each output's targets and predictions, which {what} does not "
        "show. Pass the name of a metric, such as scoring='neg_mean_absolute_error', or one made "
        "by sklearn.metrics.make_scorer."
    )
