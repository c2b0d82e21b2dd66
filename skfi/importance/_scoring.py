"""What a metric is called in tables and pictures."""

from typing import Any

from sklearn.base import is_classifier, is_regressor


def scoring_name(estimator: Any, scoring: Any) -> str:
    """The name of ``scoring``, or of what the estimator's ``score`` measures."""
    if isinstance(scoring, str):
        return scoring
    if scoring is not None:
        function = getattr(scoring, "_score_func", scoring)
        sign = "neg_" if getattr(scoring, "_sign", 1) < 0 else ""
        return sign + getattr(function, "__name__", type(function).__name__)
    if is_classifier(estimator):
        return "accuracy"
    return "r2" if is_regressor(estimator) else "score"
