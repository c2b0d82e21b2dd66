"""The importances that an estimator computes in its own ``fit``."""

import inspect
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import validate_parameter_constraints

from skfi._sequences import make_units
from skfi.importance._gradient import gradient_importance
from skfi.importance._lofo import lofo_importance
from skfi.importance._permutation import permutation_importance
from skfi.importance._result import ImportanceResult

FUNCTIONS = {
    "gradient": gradient_importance,
    "permutation": permutation_importance,
    "lofo": lofo_importance,
}
# feature_importances_ has one value for each feature, and fit knows these itself
_SET_BY_FIT = ("estimator", "X", "y", "sample_weight", "by", "feature_groups")


def check_importance(estimator: Any, X: np.ndarray, y: np.ndarray) -> None:
    """Raise now for importance parameters that would fail after the training."""
    params = dict(estimator.importance_params or {})
    if not isinstance(estimator.importance, str):
        if params:
            raise ValueError(
                "importance_params are for importance='gradient', 'permutation' or 'lofo'; got "
                f"importance={estimator.importance!r}."
            )
        return
    function = FUNCTIONS[estimator.importance]
    known = [name for name in inspect.signature(function).parameters if name not in _SET_BY_FIT]
    for name in params:
        if name not in known:
            raise ValueError(
                f"importance_params has {name!r}, which importance={estimator.importance!r} does "
                f"not take in fit; known: {', '.join(known)}. For other time scales and groups "
                f"call {function.__name__} on the fitted estimator."
            )
    validate_parameter_constraints(function._skl_parameter_constraints, params, function.__name__)
    make_units(X.shape, feature_names=params.get("feature_names"))
    if "scoring" in params:
        if isinstance(params["scoring"], (list, tuple, set, dict)):
            raise ValueError("feature_importances_ needs one metric; scoring holds several.")
        check_scoring(estimator, scoring=params["scoring"])
    if estimator.importance == "lofo":
        if estimator.n_features_in_ < 2:
            raise ValueError("importance='lofo' needs at least two features to leave one out.")
        if X.ndim == 2 and estimator.n_timesteps_in_ > 1:
            raise ValueError(
                "importance='lofo' cannot leave out single columns of X that fold into "
                f"n_timesteps={estimator.n_timesteps_in_} steps. Pass 3-D X."
            )
        splitter = check_cv(params.get("cv"), y, classifier=hasattr(estimator, "classes_"))
        splitter.get_n_splits(X[:, 0] if X.ndim == 3 else X, y, params.get("cv_groups"))


def fitted_importances(
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    rows: np.ndarray,
    seed: int,
) -> ImportanceResult:
    """Importances on ``rows`` (LOFO: on all) by the estimator's ``importance``."""
    if hasattr(estimator, "feature_names_in_"):
        X = pd.DataFrame(X, columns=estimator.feature_names_in_)
    of_rows = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
    if callable(estimator.importance):
        return _from_callable(estimator.importance, estimator, of_rows, y[rows])
    params = {"random_state": seed} | dict(estimator.importance_params or {})
    function = FUNCTIONS[estimator.importance]
    if estimator.importance == "lofo":
        plain = clone(estimator).set_params(importance=None, importance_params=None)
        return function(plain, X, y, sample_weight=sample_weight, **params)
    weight = None if sample_weight is None else sample_weight[rows]
    return function(estimator, of_rows, y[rows], sample_weight=weight, **params)


def _from_callable(importance: Any, estimator: Any, X: Any, y: np.ndarray) -> ImportanceResult:
    found = importance(estimator, X, y)
    if isinstance(found, ImportanceResult):
        shape = found.importances_mean.shape
    else:
        found = np.asarray(found, dtype=np.float64)
        shape = found.shape
    if shape != (estimator.n_features_in_,):
        raise ValueError(
            f"The importance function returned values of shape {shape}; one for each of the "
            f"{estimator.n_features_in_} features is expected."
        )
    if isinstance(found, ImportanceResult):
        return found
    names = getattr(estimator, "feature_names_in_", None)
    return ImportanceResult.from_values(
        found[:, None],
        feature_names=make_units(X.shape, feature_names=names).names,
        method=getattr(importance, "__name__", type(importance).__name__),
    )
