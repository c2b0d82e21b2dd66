"""The importances that an estimator computes in its own ``fit``."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from skfi.importance._functions import FUNCTIONS
from skfi.importance._gradient._in_fit import affordable_gradients
from skfi.importance._gradient._in_fit import check_in_fit as check_gradient
from skfi.importance._inputs._read import kind_of
from skfi.importance._lofo._in_fit import check_in_fit as check_lofo
from skfi.importance._permutation._in_fit import check_in_fit as check_permutation
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._cells import make_units

_CHECKS = {"gradient": check_gradient, "permutation": check_permutation, "lofo": check_lofo}


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
    _CHECKS[estimator.importance](estimator, X, y, params)


def fitted_importances(
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    train: np.ndarray,
    held_out: np.ndarray,
    seed: int,
) -> ImportanceResult:
    """Importances of the rows ``held_out``, or those of ``train``, by the estimator's parameter.

    Gradients use as many rows as take less than a tenth of the time of the training. LOFO trains
    and scores on all rows by folds of its own.
    """
    rows = held_out if len(held_out) else train
    if hasattr(estimator, "feature_names_in_"):
        X = pd.DataFrame(X, columns=estimator.feature_names_in_)
    of_rows = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
    if callable(estimator.importance):
        return _from_callable(estimator.importance, estimator, of_rows, y[rows])
    params: dict[str, Any] = {"random_state": seed} | dict(estimator.importance_params or {})
    params["by"] = kind_of(estimator).column  # a value for each column of X
    function = FUNCTIONS[estimator.importance]
    if estimator.importance == "lofo":
        plain = clone(estimator).set_params(importance=None, importance_params=None)
        return function(plain, X, y, sample_weight=sample_weight, **params)
    weight = None if sample_weight is None else sample_weight[rows]
    if estimator.importance == "gradient":
        return affordable_gradients(estimator, of_rows, len(train), weight, params)
    return function(estimator, of_rows, y[rows], sample_weight=weight, **params)


def _from_callable(importance: Any, estimator: Any, X: Any, y: np.ndarray) -> ImportanceResult:
    returned = importance(estimator, X, y)
    if not isinstance(returned, ImportanceResult):
        returned = np.asarray(returned, dtype=np.float64)
    values = returned.importances_mean if isinstance(returned, ImportanceResult) else returned
    shape = values.shape
    if shape != (estimator.n_features_in_,):
        raise ValueError(
            f"The importance function returned values of shape {shape}; one for each of the "
            f"{estimator.n_features_in_} features is expected."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            f"The importance function returned NaN or infinity: {values.tolist()}. A number is "
            "expected for each feature; 0 for one that does not matter."
        )
    if isinstance(returned, ImportanceResult):
        return returned
    names = getattr(estimator, "feature_names_in_", None)
    return ImportanceResult.from_values(
        returned[:, None],
        feature_names=make_units(X.shape, feature_names=names).names,
        method=getattr(importance, "__name__", type(importance).__name__),
    )
