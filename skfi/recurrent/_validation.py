"""Input checks of the estimators: the errors of scikit-learn, extended to 3-D arrays."""

from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from skfi._sequences import fold


def check_sequences(estimator: BaseEstimator, X: Any, *, reset: bool) -> np.ndarray:
    """``X`` as floats, checked against what ``estimator`` was fitted on, in the rank it came in.

    With ``reset`` the estimator learns ``n_features_in_``, ``n_timesteps_in_`` and, from a
    DataFrame, ``feature_names_in_``. For 3-D input ``n_features_in_`` is the number of features of
    a step; scikit-learn's own check would take the number of steps.
    """
    dtype = np.dtype(keras.config.floatx())
    if not hasattr(X, "ndim"):  # a list, or whatever turns into an array
        X = np.asarray(X)
    if not reset and (X.ndim, estimator._n_dim_in) in ((2, 3), (3, 2)):
        raise ValueError(
            f"X is {X.ndim}-D, shape {X.shape}, but {type(estimator).__name__} was fitted on "
            f"{estimator._n_dim_in}-D X; expected {_expected(estimator)}."
        )
    if X.ndim <= 2:
        X = validate_data(estimator, X, dtype=dtype, reset=reset)
    else:
        X = check_array(X, dtype=dtype, allow_nd=True, estimator=estimator, input_name="X")
        if X.ndim != 3:
            raise ValueError(
                f"X has {X.ndim} dimensions, shape {X.shape}; expected (n_samples, n_timesteps, "
                "n_features), or 2-D with n_timesteps."
            )
        if 0 in X.shape[1:]:
            raise ValueError(f"X has no time steps or no features: shape {X.shape}.")
    if reset:
        _, steps, features = fold(X, estimator.n_timesteps).shape
        estimator._n_dim_in = X.ndim
        estimator.n_timesteps_in_ = steps
        if X.ndim == 3:
            estimator.n_features_in_ = features
            if hasattr(estimator, "feature_names_in_"):  # of an earlier fit on a DataFrame
                del estimator.feature_names_in_
    elif X.ndim == 3:
        _check_shape(estimator, X)
    return X


def _check_shape(estimator: BaseEstimator, X: np.ndarray) -> None:
    name = type(estimator).__name__
    if X.shape[2] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[2]} features, but {name} is expecting {estimator.n_features_in_} "
            f"features as input: {_expected(estimator)}."
        )
    if estimator.n_timesteps_in_ not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} time steps, but {name} is expecting "
            f"{estimator.n_timesteps_in_} time steps: {_expected(estimator)}."
        )


def _expected(estimator: BaseEstimator) -> str:
    if estimator._n_dim_in == 2:
        return f"(n_samples, {estimator.n_features_in_})"
    return f"(n_samples, {estimator.n_timesteps_in_ or 'any'}, {estimator.n_features_in_})"
