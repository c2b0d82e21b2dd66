"""The scorer for an estimator, and what its metric is called in tables and pictures."""

from collections.abc import Callable
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring

from skfi.metrics import step_scorer
from skfi.metrics._step_scorer import last_of


def scorer_for(estimator: Any, scoring: Any) -> Callable:
    """scikit-learn's scorer; for an estimator with an output at every step one of all steps.

    A user's own function gets what the estimator predicts as it is.
    """
    scorer = check_scoring(estimator, scoring=scoring)
    per_step = getattr(last_of(estimator), "return_sequences", False)
    own_function = callable(scoring) and not hasattr(scoring, "_score_func")
    return step_scorer(scoring) if per_step and scoring is not None and not own_function else scorer


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
