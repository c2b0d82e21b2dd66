"""What stands at the end of a Pipeline, and how its input folds."""

from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def last_step(estimator: Any) -> Any:
    """The estimator inside searches, frozen estimators and at the end of Pipelines."""
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        else:
            return estimator


def columns_fold_into(estimator: Any, X: Any) -> int | None:
    """How many time steps the columns of 2-D ``X`` fold into; None if they do not fold.

    Behind the steps of a Pipeline that is known only if each leaves a column where it was.
    """
    if len(X.shape) != 2:
        return None
    while isinstance(estimator, FrozenEstimator) or hasattr(estimator, "best_estimator_"):
        inner = "estimator" if isinstance(estimator, FrozenEstimator) else "best_estimator_"
        estimator = getattr(estimator, inner)
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            if step not in (None, "passthrough") and not isinstance(step, OneToOneFeatureMixin):
                return None
    last = last_step(estimator)
    return getattr(last, "n_timesteps_in_", None) or getattr(last, "n_timesteps", None)


def input_names(estimator: Any, X: Any) -> list[str] | None:
    """Column names of ``X``, or those that ``estimator`` was fitted on."""
    if hasattr(X, "columns"):
        return [str(name) for name in X.columns]
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None or len(names) != X.shape[-1] else np.asarray(names).tolist()
