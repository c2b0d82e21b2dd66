"""Record predictions, so that a metric can be recomputed on some of the rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from skfi._private import _safe_indexing
from skfi.importance._inputs._arrays import n_samples_of
from skfi.importance._inputs._kinds import Kind
from skfi.importance._stand_in import StandIn


@dataclass(frozen=True)
class Predicted:
    """The key of what a method of the estimator predicted for every row."""

    method: str


class CannotReplayError(RuntimeError):
    """A metric needs more of an estimator than its recorded predictions."""


class Recording(StandIn):
    """A proxy of an estimator that records its predictions."""

    def __init__(self, estimator: Any) -> None:
        super().__init__(estimator)
        self._kept: dict[str, Any] = {}

    def _predicting(self, method: Callable) -> Callable:
        @wraps(method)
        def predict(X: Any) -> Any:
            y_pred = method(X)
            before = self._kept.get(method.__name__, y_pred)
            same = before is y_pred or (before is not None and np.array_equal(before, y_pred))
            self._kept[method.__name__] = y_pred if same else None
            return y_pred

        return predict

    def predicted(self) -> dict[Predicted, np.ndarray]:
        """The recorded predictions as numbers, labels as their indices in ``classes_``."""
        classes = _labels(self._estimator)
        numbers = {
            Predicted(method): _as_numbers(np.asarray(values), classes)
            for method, values in self._kept.items()
            if values is not None
        }
        return {key: values for key, values in numbers.items() if values is not None}


def _labels(estimator: Any) -> np.ndarray | None:
    """The classes; None of a regressor, or if each of several outputs has its own."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or any(np.ndim(label) for label in classes):
        return None
    return np.asarray(classes)


def _as_numbers(values: np.ndarray, classes: np.ndarray | None) -> np.ndarray | None:
    if values.dtype.kind == "f":
        return values
    if values.dtype.kind in "biu":
        return values.astype(np.float64)
    if classes is None:
        return None
    places = np.searchsorted(classes, values)
    known = places < len(classes)
    if not known.all() or not (classes[places] == values).all():
        return None
    return places.astype(np.float64)


def zero_at_first(score: Any, first: Any) -> Any:
    """``score`` with the predictions of the first call as zeros.

    scikit-learn subtracts later scores from the first, which then leaves predictions exact. Missing
    later ones are NaN, and those that the first call lacks are dropped.
    """
    if not isinstance(score, dict):
        return score
    kept = {key: value for key, value in score.items() if not isinstance(key, Predicted)}
    for key, value in first.items():
        if isinstance(key, Predicted):
            later = np.full_like(value, np.nan) if score is not first else np.zeros_like(value)
            current = score.get(key) if score is not first else later
            kept[key] = current if current is not None and current.shape == value.shape else later
    return kept


@dataclass(frozen=True)
class Replay:
    """A scorer that is called again on some rows of recorded predictions."""

    scorer: Callable
    estimator: Any
    kind: Kind
    y: Any
    sample_weight: Any

    def __call__(self, predicted: Mapping[str, np.ndarray], rows: np.ndarray) -> Any:
        """The score of ``rows`` with what methods of the estimator ``predicted`` for all."""
        weight = {}
        if self.sample_weight is not None:
            weight["sample_weight"] = np.asarray(self.sample_weight)[rows]
        stand_in = _Replayed(self.estimator, {name: of[rows] for name, of in predicted.items()})
        X, y = _safe_indexing(self.kind.X, rows), _safe_indexing(self.y, rows)
        return self.scorer(stand_in, self.kind.given(X), y, **weight)

    def labels(self, predicted: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Predictions as the estimator made them, from the numbers that were kept."""
        result = dict(predicted)
        classes = _labels(self.estimator)
        if "predict" in result and classes is not None:
            numbers = classes.dtype.kind in "fbiu"
            of_kind = result["predict"].astype(classes.dtype if numbers else np.int64)
            result["predict"] = of_kind if numbers else classes[of_kind]
        return result


class _Replayed(StandIn):
    def __init__(self, estimator: Any, predicted: Mapping[str, np.ndarray]) -> None:
        super().__init__(estimator)
        self._predicted = predicted

    def _predicting(self, method: Callable) -> Callable:
        @wraps(method)
        def predict(X: Any) -> np.ndarray:
            y_pred = self._predicted.get(method.__name__)
            if y_pred is None or len(y_pred) != n_samples_of(X):
                raise CannotReplayError
            return y_pred

        return predict
