"""A proxy of an estimator whose predictions are made in another way."""

from collections.abc import Callable
from functools import wraps
from typing import Any

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


class StandIn:
    """A proxy of an estimator, also in its class, that overrides predictions."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._estimator)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._estimator, name)
        return self._predicting(attribute) if name in METHODS else attribute

    def __getitem__(self, step: Any) -> Any:  # of a Pipeline
        return self._estimator[step]

    def __len__(self) -> int:
        return len(self._estimator)

    def _predicting(self, method: Callable) -> Callable:
        raise NotImplementedError


class Once(StandIn):
    """A proxy of an estimator that predicts the same samples once."""

    def __init__(self, estimator: Any) -> None:
        super().__init__(estimator)
        self._kept: dict[str, tuple[Any, Any]] = {}

    def _predicting(self, method: Callable) -> Callable:
        @wraps(method)
        def predict(X: Any) -> Any:
            kept = self._kept.get(method.__name__)
            if kept is None or kept[0] is not X:
                kept = self._kept[method.__name__] = (X, method(X))
            return kept[1]

        return predict
