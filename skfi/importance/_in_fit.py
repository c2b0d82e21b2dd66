"""The importances that an estimator computes in its own ``fit``."""

import inspect
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.validation import check_consistent_length

from skfi._folding import fold
from skfi.importance._functions import FUNCTIONS
from skfi.importance._gradient._affordable import affordable_gradients
from skfi.importance._gradient._baseline import check_baseline
from skfi.importance._gradient._target import check_target
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._cells import make_units

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
    if not _reads_tokens(estimator):
        make_units(X.shape, feature_names=params.get("feature_names"))
    classes = getattr(estimator, "classes_", None)
    if estimator.importance == "gradient":
        if isinstance(params.get("target"), (list, tuple, np.ndarray)):
            raise ValueError(
                "importance_params['target'] must be one label or output for all rows."
            )
        n_outputs = 1 if y.ndim == 1 or estimator.return_sequences else y.shape[1]
        check_target(params.get("target"), len(X), classes, n_outputs)
        if not _reads_tokens(estimator):
            sequences = fold(X[:1], estimator.n_timesteps).shape
            baseline, method = params.get("baseline"), params.get("method", "integrated_gradients")
            nan = estimator.mask_value is not None and bool(np.isnan(estimator.mask_value))
            check_baseline(method, baseline, (1, *X.shape[1:]), sequences, nan=nan)
        return
    scoring = params.get("scoring")
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError("feature_importances_ needs one metric; scoring holds several.")
    if isinstance(scoring, str):
        _try_scoring(estimator, scoring, X, y)
    if estimator.importance == "lofo":
        if estimator.n_features_in_ < 2:
            raise ValueError("importance='lofo' needs at least two features to leave one out.")
        folds = X.ndim == 2 and not _reads_tokens(estimator)
        if folds and estimator.n_timesteps_in_ > 1:
            raise ValueError(
                "importance='lofo' cannot leave out single columns of X that fold into "
                f"n_timesteps={estimator.n_timesteps_in_} steps. Pass 3-D X."
            )
        groups = params.get("cv_groups")
        check_consistent_length(X, groups)
        cv = params.get("cv")
        list(
            check_cv(5 if cv is None else cv, y, classifier=classes is not None).split(X, y, groups)
        )


def _reads_tokens(estimator: Any) -> bool:
    return hasattr(estimator, "n_tokens_")


def _try_scoring(estimator: Any, scoring: str, X: np.ndarray, y: np.ndarray) -> None:
    """Score a stand-in: some metrics do not fit some targets."""
    if estimator.return_sequences:  # the metric is taken over the list of all steps
        X, y = np.zeros((y.size, 1)), y.ravel()
    stand_in = DummyClassifier() if hasattr(estimator, "classes_") else DummyRegressor()
    scorer = check_scoring(estimator, scoring=scoring)
    try:
        scorer(stand_in.fit(X, y), X, y)
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"scoring={scoring!r} cannot score {type(estimator).__name__} on this y: {error}"
        ) from error


def fitted_importances(
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    rows: np.ndarray,
    seed: int,
    *,
    n_trained: int,
) -> ImportanceResult:
    """Importances on ``rows`` (LOFO: on all) by the estimator's ``importance``.

    Gradients of as many as take less than a tenth of the time that training on ``n_trained`` took.
    """
    if hasattr(estimator, "feature_names_in_"):
        X = pd.DataFrame(X, columns=estimator.feature_names_in_)
    of_rows = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
    if callable(estimator.importance):
        return _from_callable(estimator.importance, estimator, of_rows, y[rows])
    params: dict[str, Any] = {"random_state": seed} | dict(estimator.importance_params or {})
    if _reads_tokens(estimator):  # a value for each column of X, which is a position
        params["by"] = "timestep"
    function = FUNCTIONS[estimator.importance]
    if estimator.importance == "lofo":
        plain = clone(estimator).set_params(importance=None, importance_params=None)
        return function(plain, X, y, sample_weight=sample_weight, **params)
    weight = None if sample_weight is None else sample_weight[rows]
    if estimator.importance == "gradient":
        return affordable_gradients(estimator, of_rows, n_trained, weight, params)
    return function(estimator, of_rows, y[rows], sample_weight=weight, **params)


def _from_callable(importance: Any, estimator: Any, X: Any, y: np.ndarray) -> ImportanceResult:
    found = importance(estimator, X, y)
    if not isinstance(found, ImportanceResult):
        found = np.asarray(found, dtype=np.float64)
    values = found.importances_mean if isinstance(found, ImportanceResult) else found
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
    if isinstance(found, ImportanceResult):
        return found
    names = getattr(estimator, "feature_names_in_", None)
    return ImportanceResult.from_values(
        found[:, None],
        feature_names=make_units(X.shape, feature_names=names).names,
        method=getattr(importance, "__name__", type(importance).__name__),
    )
