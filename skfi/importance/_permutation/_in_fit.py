"""Permutation importances in ``fit``."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi.importance._inference._row_groups import groups_of_rows
from skfi.importance._params_in_fit import check_params, check_scoring_in_fit
from skfi.importance._permutation._checks import check_rows
from skfi.importance._permutation._permutation_importance import PARAMETERS


def check_in_fit(estimator: Any, X: np.ndarray, y: np.ndarray, params: Mapping[str, Any]) -> None:
    """Raise now for parameters that would fail after the training."""
    check_params(estimator, X, PARAMETERS, params)
    check_rows(X, y, None, params.get("max_samples", 1.0))
    groups_of_rows(params.get("sample_groups"), len(X), 1)
    check_scoring_in_fit(estimator, params.get("scoring"), X, y)
