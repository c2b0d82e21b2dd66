"""How the input of an estimator, or of a Pipeline around one, folds and is named."""

from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi.preprocessing import SlidingWindow


def columns_fold_into(estimator: Any, X: Any) -> int | None:
    """How many time steps the columns of 2-D ``X`` fold into; None if they do not fold.

    Behind the steps of a Pipeline that is known only if each leaves a column where it was.
    """
    if len(X.shape) != 2:
        return None
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, BaseSearchCV):
            estimator = estimator.estimator
        elif isinstance(estimator, Pipeline):
            *before, (_, estimator) = estimator.steps
            if not all(_keeps_columns(step) for _, step in before):
                return None
        else:
            break
    return getattr(estimator, "n_timesteps_in_", None) or getattr(estimator, "n_timesteps", None)


def _keeps_columns(step: Any) -> bool:
    return step in (None, "passthrough") or isinstance(step, OneToOneFeatureMixin)


def input_features_stay(estimator: Any, *, held: bool = False) -> bool:
    """Whether each feature of ``X`` reaches the last step of a Pipeline as itself.

    ``held`` asks for samples in which no feature is missing: then steps may address columns, and
    those that are frozen or learn nothing do to the other columns what they did.
    """
    if not isinstance(estimator, Pipeline):
        return True
    *before, (_, last) = estimator.steps
    stay = all(keeps_features(step, held=held) for _, step in before)
    return stay and input_features_stay(last, held=held)


def keeps_features(step: Any, *, held: bool = False) -> bool:
    """Whether each feature that enters a step of a Pipeline leaves it as itself."""
    if isinstance(step, Pipeline):
        return all(keeps_features(inner, held=held) for _, inner in step.steps)
    if held and isinstance(step, ColumnTransformer):
        parts = [part for _, part, _ in step.transformers] + [step.remainder]
        return all(part == "drop" or keeps_features(part, held=held) for part in parts)
    if held and isinstance(step, (FrozenEstimator, FunctionTransformer)):
        return True
    return _keeps_columns(step) or isinstance(step, SlidingWindow)


def input_names(estimator: Any, X: Any) -> list[str] | None:
    """Column names of ``X``, or those that ``estimator`` was fitted on."""
    if hasattr(X, "columns"):
        return [str(name) for name in X.columns]
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None or len(names) != X.shape[-1] else np.asarray(names).tolist()
