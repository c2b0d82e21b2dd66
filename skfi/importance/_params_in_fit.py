"""Parameters of an importance function that an estimator computes in its own ``fit``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import check_scoring

from skfi._given import check_scoring as check_metric_kind
from skfi._private import validate_parameter_constraints
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._units._cells import make_units

# feature_importances_ has one value for each feature, and fit knows these itself
_SET_BY_FIT = ("sample_weight", "by", "feature_groups", "per_output")


def check_params(
    estimator: Any, X: np.ndarray, constraints: Mapping[str, Any], params: Mapping[str, Any]
) -> None:
    """Raise ValueError for parameters that are unknown, or not what a function takes.

    ``constraints`` are the function's own, of all its parameters.
    """
    function = f"{estimator.importance}_importance"
    known = [name for name in constraints if name not in _SET_BY_FIT]
    for name in params:
        if name not in known:
            raise ValueError(
                f"importance_params has {name!r}, which importance={estimator.importance!r} does "
                f"not take in fit; known: {', '.join(known)}. For other time scales, groups and "
                f"single outputs call {function} on the fitted estimator."
            )
    validate_parameter_constraints(constraints, params, function)
    if not LastStep.of(estimator).takes_tokens:
        make_units(X.shape, feature_names=params.get("feature_names"))


def check_scoring_in_fit(estimator: Any, scoring: Any, X: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError for several metrics, and for one that does not fit the targets."""
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError("feature_importances_ needs one metric; scoring holds several.")
    check_metric_kind(scoring)
    if not isinstance(scoring, str):
        return
    if estimator.return_sequences:  # the metric is taken over the list of all steps
        X, y = np.zeros((y.size, 1)), y.ravel()
    stand_in = DummyRegressor() if LastStep.of(estimator).classes is None else DummyClassifier()
    scorer = check_scoring(estimator, scoring=scoring)
    try:
        scorer(stand_in.fit(X, y), X, y)
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"scoring={scoring!r} cannot score {type(estimator).__name__} on this y: {error}"
        ) from error
