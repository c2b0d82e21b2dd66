"""LOFO importances in ``fit``."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi.importance._inputs._last_step import LastStep
from skfi.importance._lofo._checks import folds_of_rows
from skfi.importance._lofo._input import check_fit_params
from skfi.importance._lofo._lofo_importance import PARAMETERS
from skfi.importance._params_in_fit import check_params, check_scoring_in_fit


def check_in_fit(estimator: Any, X: np.ndarray, y: np.ndarray, params: Mapping[str, Any]) -> None:
    """Raise now for parameters that would fail after the training."""
    check_params(estimator, X, PARAMETERS, params)
    check_scoring_in_fit(estimator, params.get("scoring"), X, y)
    if estimator.n_features_in_ < 2:
        raise ValueError("importance='lofo' needs at least two features to leave one out.")
    last = LastStep.of(estimator)
    folds = X.ndim == 2 and not last.takes_tokens
    if folds and estimator.n_timesteps_in_ > 1:
        raise ValueError(
            "importance='lofo' cannot leave out single columns of X that fold into "
            f"n_timesteps={estimator.n_timesteps_in_} steps. Pass 3-D X."
        )
    groups, cv = params.get("cv_groups"), params.get("cv")
    stratified = last.classes is not None and not last.per_step
    folds_of_rows(cv, X, y, groups, stratified=stratified)
    check_fit_params(estimator, params.get("fit_params"))
